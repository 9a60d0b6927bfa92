/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether the values of a preset go together, and those that follow from
 * others. Each fault is told at the line that an operator would change. */
#include "core/vs-preset-private.h"
#include "core/vs-scte35.h"

/* The line of @key in @group, else of the group, else 0. */
static guint
line_of (const VsIni *ini, const gchar *group_name, const gchar *key)
{
  const VsIniGroup *group = vs_ini_find_group (ini, group_name);
  const VsIniEntry *entry = key ? vs_ini_find_entry (group, key) : NULL;

  if (entry != NULL)
    return entry->line;
  return group ? group->line : 0;
}

static gboolean
is_given (const VsIni *ini, const gchar *group_name, const gchar *key)
{
  return vs_ini_find_entry (vs_ini_find_group (ini, group_name), key) != NULL;
}

static gboolean
check_type (const VsIni *ini, VsPreset *preset, GError **error)
{
  guint line = line_of (ini, "segment", "type");

  if (!is_given (ini, "vstream", "type"))
    return vs_ini_refuse (ini, line_of (ini, "vstream", NULL), error,
        "type in [vstream] is missing; write type=vod, type=live or "
        "type=channel");
  if (!is_given (ini, "segment", "type"))
    preset->presentation = preset->type == VS_PRESET_VOD ? VS_PRESENTATION_VOD
                                                         : VS_PRESENTATION_LIVE;
  if (preset->type != VS_PRESET_VOD &&
      preset->presentation == VS_PRESENTATION_VOD)
    return vs_ini_refuse (ini, line, error,
        "type=vod in [segment] does not go with type=%s in [vstream]; to "
        "list all there ever was write type=event",
        preset->type == VS_PRESET_LIVE ? "live" : "channel");
  if (preset->type == VS_PRESET_VOD &&
      preset->presentation == VS_PRESENTATION_LIVE)
    return vs_ini_refuse (ini, line, error,
        "type=live in [segment] does not go with type=vod in [vstream], "
        "whose segments would be gone before anyone has played them");
  return TRUE;
}

/* What belongs to another type has no effect, and is told. */
static gboolean
check_groups (const VsIni *ini, const VsPreset *preset, GError **error)
{
  gboolean channel = preset->type == VS_PRESET_CHANNEL;

  for (guint i = 0; i < ini->groups->len; i++) {
    const VsIniGroup *group = g_ptr_array_index (ini->groups, i);

    if (channel && g_str_equal (group->kind, "input"))
      return vs_ini_refuse (ini, group->line, error,
          "[input] has no effect with type=channel, whose programmes come out "
          "of its queue; write [item NAME] groups");
    if (channel && g_str_equal (group->kind, "text"))
      return vs_ini_refuse (ini, group->line, error,
          "[%s] does not go with type=channel, whose queue gives pictures and "
          "sound; take it out",
          group->name);
    if (channel && g_str_equal (group->kind, "pipeline"))
      return vs_ini_refuse (ini, group->line, error,
          "[pipeline] does not go with type=channel; write type=live");
    if (!channel && (g_str_equal (group->kind, "queue") ||
                        g_str_equal (group->kind, "item")))
      return vs_ini_refuse (ini, group->line, error,
          "[%s] has no effect without type=channel in [vstream]", group->name);
  }
  return TRUE;
}

static gboolean
check_ad (const VsIni *ini, const VsPresetItem *item, const gchar *name,
    GError **error)
{
  const gchar *without = item->ad_scte35             ? "ad-scte35"
                         : item->ad_duration_us != 0 ? "ad-duration"
                                                     : NULL;
  g_autoptr (GError) fault = NULL;
  g_autoptr (GBytes) section = NULL;

  if (item->ad == NULL && without != NULL)
    return vs_ini_refuse (ini, line_of (ini, name, without), error,
        "%s in [%s] has no effect without ad, the id of the advertisement",
        without, name);
  if (item->ad_scte35 == NULL)
    return TRUE;
  section = vs_scte35_parse (item->ad_scte35, &fault);
  return section != NULL ||
         vs_ini_refuse (ini, line_of (ini, name, "ad-scte35"), error,
             "ad-scte35 in [%s]: %s", name, fault->message);
}

static gboolean
check_item (const VsIni *ini, const VsPresetItem *item, GError **error)
{
  g_autofree gchar *name = g_strdup_printf ("item %s", item->name);

  if (item->uri == NULL)
    return vs_ini_refuse (
        ini, line_of (ini, name, NULL), error, "uri in [%s] is missing", name);
  if (item->out_us != 0 && item->out_us <= item->in_us)
    return vs_ini_refuse (ini, line_of (ini, name, "out"), error,
        "out in [%s] is not after in", name);
  return check_ad (ini, item, name, error);
}

static gboolean
check_queue (const VsIni *ini, const VsPreset *preset, GError **error)
{
  if (preset->type != VS_PRESET_CHANNEL)
    return TRUE;
  if (!preset->video || !preset->with_audio)
    return vs_ini_refuse (ini,
        line_of (ini, preset->video ? "audio" : "video", "enabled"), error,
        "a channel has pictures and sound; take enabled=false out");
  for (guint i = 0; i < preset->items->len; i++)
    if (!check_item (ini, g_ptr_array_index (preset->items, i), error))
      return FALSE;
  return TRUE;
}

/* With launch= the pipeline is all there is; what would be ignored beside it
 * is an error. */
static gboolean
check_launch (const VsIni *ini, const VsPreset *preset, GError **error)
{
  static const gchar *const compatible[] = { "vstream", "pipeline", "output",
    "s3", "http", "element", NULL };

  if (vs_ini_find_group (ini, "pipeline") == NULL)
    return TRUE;
  if (preset->launch == NULL)
    return vs_ini_refuse (ini, line_of (ini, "pipeline", NULL), error,
        "launch in [pipeline] is missing");
  for (guint i = 0; i < ini->groups->len; i++) {
    const VsIniGroup *group = g_ptr_array_index (ini->groups, i);
    gboolean is_uri_alone = g_str_equal (group->kind, "input") &&
                            group->entries->len == 1 &&
                            vs_ini_find_entry (group, "uri") != NULL;

    if (!is_uri_alone && !g_strv_contains (compatible, group->kind))
      return vs_ini_refuse (ini, group->line, error,
          "[%s] has no effect beside launch in [pipeline], which is the whole "
          "pipeline; take one of them out",
          group->name);
  }
  return TRUE;
}

/* A copied stream is taken as it is, from a file. @keys: what has a meaning
 * for an encoder alone. */
static gboolean
check_copy (const VsIni *ini, const VsPreset *preset, const gchar *group,
    const gchar *const *keys, GError **error)
{
  if (preset->type == VS_PRESET_CHANNEL)
    return vs_ini_refuse (ini, line_of (ini, group, "codec"), error,
        "codec=copy in [%s] does not go with type=channel, which makes one "
        "stream of many items and so has to encode it; name a codec",
        group);
  if (preset->type == VS_PRESET_LIVE)
    return vs_ini_refuse (ini, line_of (ini, group, "codec"), error,
        "codec=copy in [%s] does not go with type=live, which puts a held "
        "picture and a slate into the stream and so has to encode it; name a "
        "codec",
        group);
  if (preset->container == VS_CONTAINER_TS)
    return vs_ini_refuse (ini, line_of (ini, group, "codec"), error,
        "codec=copy in [%s] needs format=cmaf in [segment]", group);
  for (; *keys != NULL; keys++)
    if (is_given (ini, group, *keys))
      return vs_ini_refuse (ini, line_of (ini, group, *keys), error,
          "%s in [%s] has no effect with codec=copy, which takes the stream "
          "as it is; take one of them out",
          *keys, group);
  return TRUE;
}

static gboolean
check_copied_rung (
    const VsIni *ini, const VsPreset *preset, const gchar *name, GError **error)
{
  static const gchar *const keys[] = { "width", "height", "framerate",
    "bitrate", "max-bitrate", "buffer", "encoder-preset", NULL };

  if (preset->ladder->rungs->len > 1)
    return vs_ini_refuse (ini, line_of (ini, name, "codec"), error,
        "codec=copy in [%s] stands alone: its key frames lie where they lie, "
        "and those of other renditions would not fall on them; take the other "
        "[video …] groups out, or name a codec",
        name);
  return check_copy (ini, preset, name, keys, error);
}

static gboolean
check_rung (const VsIni *ini, const VsPreset *preset, const VsRung *rung,
    GError **error)
{
  g_autofree gchar *name = g_strdup_printf ("video %s", rung->name);

  if (rung->copy)
    return check_copied_rung (ini, preset, name, error);
  if (rung->width != 0 && rung->height == 0)
    return vs_ini_refuse (ini, line_of (ini, name, "width"), error,
        "width in [%s] needs a height; give both, or the height alone", name);
  if (rung->max_bitrate != 0 && rung->max_bitrate < rung->bitrate)
    return vs_ini_refuse (ini, line_of (ini, name, "max-bitrate"), error,
        "max-bitrate in [%s] is below bitrate; it is the peak, so write %uk "
        "or more",
        name, (rung->bitrate + 999) / 1000);
  return TRUE;
}

static gboolean
check_renditions (const VsIni *ini, const VsPreset *preset, GError **error)
{
  if (!preset->video && !preset->with_audio)
    return vs_ini_refuse (ini, line_of (ini, "audio", "enabled"), error,
        "neither [video] nor [audio] is enabled, so there is nothing to "
        "publish; enable one");
  for (guint i = 0; i < preset->ladder->rungs->len; i++) {
    const VsRung *rung = g_ptr_array_index (preset->ladder->rungs, i);
    g_autofree gchar *name = g_strdup_printf ("video %s", rung->name);

    if (!preset->video)
      return vs_ini_refuse (ini, line_of (ini, name, NULL), error,
          "[%s] has no effect, for [video] says enabled=false; take one of "
          "them out",
          name);
    if (!check_rung (ini, preset, rung, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_rate_known (const VsPresetAudio *audio)
{
  /* ISO/IEC 14496-3 table 1.18; RFC 6716 2 */
  static const guint aac[] = { 8000, 11025, 12000, 16000, 22050, 24000, 32000,
    44100, 48000, 64000, 88200, 96000 };
  static const guint opus[] = { 8000, 12000, 16000, 24000, 48000 };
  gboolean is_opus = audio->codec == VS_CODEC_OPUS;
  const guint *rates = is_opus ? opus : aac;

  for (guint i = 0; i < (is_opus ? G_N_ELEMENTS (opus) : G_N_ELEMENTS (aac));
       i++)
    if (rates[i] == audio->rate)
      return TRUE;
  return FALSE;
}

static gboolean
check_copied_audio (
    const VsIni *ini, const VsPreset *preset, const gchar *name, GError **error)
{
  static const gchar *const keys[] = { "bitrate", "channels", "rate", NULL };

  for (guint i = 0; i < preset->audio->len; i++)
    if (!((VsPresetAudio *) g_ptr_array_index (preset->audio, i))->copy)
      return vs_ini_refuse (ini, line_of (ini, name, "codec"), error,
          "codec=copy in [%s] does not go with encoded audio renditions; "
          "write it in all [audio …] groups, or in none",
          name);
  return check_copy (ini, preset, name, keys, error);
}

static gboolean
check_audio (const VsIni *ini, const VsPreset *preset, GError **error)
{
  for (guint i = 0; i < preset->audio->len; i++) {
    const VsPresetAudio *audio = g_ptr_array_index (preset->audio, i);
    g_autofree gchar *name = g_strdup_printf ("audio %s", audio->name);

    if (!preset->with_audio)
      return vs_ini_refuse (ini, line_of (ini, name, NULL), error,
          "[%s] has no effect, for [audio] says enabled=false; take one of "
          "them out",
          name);
    if (audio->copy && !check_copied_audio (ini, preset, name, error))
      return FALSE;
    if (!audio->copy && !is_rate_known (audio))
      return vs_ini_refuse (ini, line_of (ini, name, "rate"), error,
          "rate in [%s]: %s does not know %u samples a second; write 48000%s",
          name, audio->codec == VS_CODEC_OPUS ? "Opus" : "AAC", audio->rate,
          audio->codec == VS_CODEC_OPUS ? "" : " or 44100");
  }
  return TRUE;
}

/* Subtitles come from a file, and go into WebVTT of their own. */
static gboolean
check_text (const VsIni *ini, const VsPreset *preset, GError **error)
{
  const VsPresetText *shown = NULL;

  for (guint i = 0; i < preset->text->len; i++) {
    const VsPresetText *text = g_ptr_array_index (preset->text, i);
    g_autofree gchar *name = g_strdup_printf ("text %s", text->name);

    if (preset->type != VS_PRESET_VOD)
      return vs_ini_refuse (ini, line_of (ini, name, NULL), error,
          "[%s] does not go with type=%s in [vstream]: subtitles are taken "
          "from files alone; take the group out",
          name, preset->type == VS_PRESET_LIVE ? "live" : "channel");
    if (preset->container == VS_CONTAINER_TS)
      return vs_ini_refuse (ini, line_of (ini, name, NULL), error,
          "[%s] needs format=cmaf in [segment]; take the group out, or write "
          "format=cmaf",
          name);
    if (text->is_default && shown != NULL)
      return vs_ini_refuse (ini, line_of (ini, name, "default"), error,
          "default=true in [%s]: [text %s] is the default already; one is "
          "shown, so take one of them out",
          name, shown->name);
    if (text->is_default)
      shown = text;
  }
  return TRUE;
}

/* The longest GOP of whole microseconds, at most @most, that divides
 * @segment. */
static gint64
choose_gop (gint64 segment, gint64 most)
{
  for (gint64 n = (segment + most - 1) / most; n < 100; n++)
    if (segment % n == 0)
      return segment / n;
  return segment;
}

static gboolean
check_times (const VsIni *ini, VsPreset *preset, GError **error)
{
  /* Two seconds, with room for 2.002 of NTSC rates. */
  const gint64 usual_gop = 2100 * 1000;
  gint64 below, above;

  if (!is_given (ini, "segment", "gop-duration"))
    preset->gop_us = choose_gop (preset->segment_us, usual_gop);
  else if (!is_given (ini, "segment", "duration"))
    preset->segment_us = (preset->segment_us + preset->gop_us - 1) /
                         preset->gop_us * preset->gop_us;
  if (preset->gop_us > preset->segment_us)
    return vs_ini_refuse (ini, line_of (ini, "segment", "gop-duration"), error,
        "gop-duration in [segment] is longer than duration; a segment begins "
        "with a key frame, so it is at most as long");
  below = preset->segment_us / preset->gop_us * preset->gop_us;
  above = below + preset->gop_us;
  if (below != preset->segment_us)
    return vs_ini_refuse (ini, line_of (ini, "segment", "duration"), error,
        "duration in [segment] is not a multiple of gop-duration, and "
        "segments begin with key frames; write %" G_GINT64_FORMAT
        "ms or %" G_GINT64_FORMAT "ms",
        below / 1000, above / 1000);
  if (preset->presentation != VS_PRESENTATION_LIVE)
    preset->window_us = 0;
  /* RFC 8216bis 6.2.2: a live playlist holds three target durations. */
  else if (preset->window_us < 3 * preset->segment_us)
    return vs_ini_refuse (ini, line_of (ini, "segment", "window"), error,
        "window in [segment] is less than three segments, which players need; "
        "write %" G_GINT64_FORMAT "s or more",
        (3 * preset->segment_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
  return TRUE;
}

/* hlssink2's muxer and Apple's rule 1.5: HEVC goes into fMP4 alone. */
static gboolean
check_ts_codecs (const VsIni *ini, const VsPreset *preset, GError **error)
{
  if (preset->codec != VS_CODEC_H264)
    return vs_ini_refuse (ini, line_of (ini, "video", "codec"), error,
        "codec in [video] is not h264, which format=ts needs; write "
        "format=cmaf in [segment] or codec=h264");
  for (guint i = 0; i < preset->ladder->rungs->len; i++) {
    const VsRung *rung = g_ptr_array_index (preset->ladder->rungs, i);
    g_autofree gchar *name = g_strdup_printf ("video %s", rung->name);

    if (rung->codec != VS_CODEC_NONE && rung->codec != VS_CODEC_H264)
      return vs_ini_refuse (ini, line_of (ini, name, "codec"), error,
          "codec in [%s] is not h264, which format=ts needs; write "
          "format=cmaf in [segment] or codec=h264",
          name);
  }
  for (guint i = 0; i < preset->audio->len; i++) {
    const VsPresetAudio *audio = g_ptr_array_index (preset->audio, i);
    g_autofree gchar *name = g_strdup_printf ("audio %s", audio->name);

    if (audio->codec != VS_CODEC_AAC && !audio->copy)
      return vs_ini_refuse (ini, line_of (ini, name, "codec"), error,
          "codec in [%s] is not aac, which format=ts needs; write format=cmaf "
          "in [segment] or codec=aac",
          name);
  }
  return TRUE;
}

static gboolean
check_manifests (const VsIni *ini, VsPreset *preset, GError **error)
{
  gboolean is_ts = preset->container == VS_CONTAINER_TS;

  if (!is_given (ini, "dash", "enabled"))
    preset->dash = !is_ts;
  if (is_ts && preset->dash)
    return vs_ini_refuse (ini, line_of (ini, "dash", "enabled"), error,
        "enabled=true in [dash] does not go with format=ts in [segment], which "
        "no browser plays as DASH; write format=cmaf or enabled=false");
  if (is_ts && g_strcmp0 (preset->discontinuity, "none") != 0 &&
      is_given (ini, "segment", "discontinuity"))
    return vs_ini_refuse (ini, line_of (ini, "segment", "discontinuity"), error,
        "discontinuity=%s in [segment] needs format=cmaf; in MPEG-TS segments "
        "do not begin at cuts",
        preset->discontinuity);
  if (!preset->hls && !preset->dash)
    return vs_ini_refuse (ini, line_of (ini, "hls", "enabled"), error,
        "neither [hls] nor [dash] is enabled, so there is nothing to play; "
        "enable one");
  if (g_str_equal (preset->hls_name, preset->dash_name))
    return vs_ini_refuse (ini, line_of (ini, "dash", "name"), error,
        "[hls] and [dash] both call their manifest “%s”; change one",
        preset->dash_name);
  return !is_ts || check_ts_codecs (ini, preset, error);
}

gboolean
vs_preset_check (const VsIni *ini, VsPreset *preset, GError **error)
{
  if (!check_type (ini, preset, error) || !check_groups (ini, preset, error) ||
      !check_queue (ini, preset, error) || !check_launch (ini, preset, error))
    return FALSE;
  if (preset->launch != NULL)
    return TRUE;
  return check_renditions (ini, preset, error) &&
         check_audio (ini, preset, error) && check_text (ini, preset, error) &&
         check_times (ini, preset, error) &&
         check_manifests (ini, preset, error);
}
