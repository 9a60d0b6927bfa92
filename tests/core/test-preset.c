/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-error.h"
#include "core/vs-preset-keys.h"
#include "core/vs-preset.h"

#include <string.h>

static const gchar *
lookup (const gchar *name, gpointer data)
{
  if (g_str_equal (name, "FOLDER"))
    return "/tmp/an output";
  return g_str_equal (name, "RATE") ? "720k" : NULL;
}

static VsPreset *
parse (const gchar *text, GError **error)
{
  return vs_preset_parse (text, strlen (text), "a.ini", lookup, NULL, error);
}

#define VOD "[vstream]\ntype=vod\n"
#define CHANNEL "[vstream]\ntype=channel\n"
#define LIVE "[vstream]\ntype=live\n"

static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsPreset) preset = parse (VOD, &error);
  const VsPresetAudio *audio;

  g_assert_no_error (error);
  g_assert_true (preset->type == VS_PRESET_VOD);
  g_assert_true (preset->presentation == VS_PRESENTATION_VOD);
  g_assert_true (preset->container == VS_CONTAINER_CMAF);
  g_assert_true (preset->codec == VS_CODEC_H264);
  g_assert_null (preset->input_uri);
  g_assert_cmpint (preset->input_timeout_us, ==, 10000000);
  g_assert_cmpint (preset->hold_us, ==, 2000000);
  g_assert_cmpstr (preset->slate, ==, "black");
  g_assert_true (preset->video && preset->with_audio);
  g_assert_cmpuint (preset->ladder->rungs->len, ==, 0);
  g_assert_cmpuint (preset->audio->len, ==, 1);
  audio = g_ptr_array_index (preset->audio, 0);
  g_assert_cmpstr (audio->name, ==, "main");
  g_assert_true (audio->codec == VS_CODEC_AAC);
  g_assert_cmpuint (audio->bitrate, ==, 128000);
  g_assert_cmpuint (audio->rate, ==, 48000);
  g_assert_cmpuint (audio->channels, ==, 0);
  g_assert_cmpint (preset->segment_us, ==, 4000000);
  g_assert_cmpint (preset->gop_us, ==, 2000000);
  g_assert_cmpint (preset->window_us, ==, 0);
  g_assert_true (preset->hls && preset->dash);
  g_assert_cmpstr (preset->hls_name, ==, "multivariant.m3u8");
  g_assert_cmpstr (preset->dash_name, ==, "manifest.mpd");
  g_assert_null (preset->output_location);
  g_assert_null (preset->listen);
  g_assert_null (preset->launch);
  g_assert_cmpuint (preset->properties->len, ==, 0);
}

/* Every key that the format has. */
static const gchar whole[] =
    "[vstream]\ntype=live\n"
    "[input]\nuri=srt://:9000?mode=listener\ntimeout=5s\nhold=500ms\n"
    "slate=bars\n"
    "[video]\nenabled=yes\ncodec=h265\nencoder=x265enc\n"
    "encoder-preset=fast\n"
    "[video 1080p]\ncodec=h264\nwidth=1920\nheight=1080\n"
    "framerate=29.97\nbitrate=5000k\nmax-bitrate=5350k\nbuffer=7500k\n"
    "encoder-preset=veryfast\n"
    "[video low]\nheight=360\nbitrate=${RATE}\n"
    "[audio]\nenabled=true\n"
    "[audio main]\ncodec=aac\nbitrate=192k\nchannels=6\nrate=44100\n"
    "language=pt-BR\n"
    "[audio opus]\ncodec=opus\n"
    "[segment]\nformat=cmaf\nduration=6s\ngop-duration=3s\ntype=event\n"
    "window=2m\nkeep=0\n"
    "[output]\nlocation=out\nposter=true\n"
    "[hls]\nenabled=true\nname=index.m3u8\n"
    "[dash]\nenabled=false\nname=index.mpd\n"
    "[http]\nstore=redirect\ncontrol=open\nlisten=[::1]:8080\nprocesses=4\n"
    "[element x264enc]\noption-string=aq-mode=2\nbframes=0\n"
    "[s3]\nendpoint=https://s3.example\nregion=eu-1\naddressing=path\n"
    "profile=show\nca-file=/ca.pem\n";

static void
test_whole (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsPreset) preset = parse (whole, &error);
  const VsRung *rung;
  const VsPresetAudio *audio;
  const VsPresetProperty *property;

  g_assert_no_error (error);
  g_assert_true (preset->type == VS_PRESET_LIVE);
  g_assert_cmpstr (preset->input_uri, ==, "srt://:9000?mode=listener");
  g_assert_cmpint (preset->input_timeout_us, ==, 5000000);
  g_assert_cmpint (preset->hold_us, ==, 500000);
  g_assert_cmpstr (preset->slate, ==, "bars");
  g_assert_true (preset->codec == VS_CODEC_H265);
  g_assert_cmpstr (preset->encoder, ==, "x265enc");
  g_assert_cmpstr (preset->speed, ==, "fast");
  g_assert_cmpuint (preset->ladder->rungs->len, ==, 2);
  rung = g_ptr_array_index (preset->ladder->rungs, 0);
  g_assert_cmpstr (rung->name, ==, "1080p");
  g_assert_true (rung->codec == VS_CODEC_H264);
  g_assert_cmpuint (rung->width, ==, 1920);
  g_assert_cmpuint (rung->height, ==, 1080);
  g_assert_cmpuint (rung->fps_n, ==, 30000);
  g_assert_cmpuint (rung->fps_d, ==, 1001);
  g_assert_cmpuint (rung->bitrate, ==, 5000000);
  g_assert_cmpuint (rung->max_bitrate, ==, 5350000);
  g_assert_cmpuint (rung->buffer, ==, 7500000);
  g_assert_cmpstr (rung->speed, ==, "veryfast");
  rung = g_ptr_array_index (preset->ladder->rungs, 1);
  g_assert_true (rung->codec == VS_CODEC_NONE);
  g_assert_cmpuint (rung->bitrate, ==, 720000);
  g_assert_cmpuint (rung->fps_n, ==, 0);
  g_assert_cmpuint (rung->fps_d, ==, 1);
  g_assert_cmpuint (preset->audio->len, ==, 2);
  audio = g_ptr_array_index (preset->audio, 0);
  g_assert_cmpuint (audio->channels, ==, 6);
  g_assert_cmpuint (audio->rate, ==, 44100);
  g_assert_cmpstr (audio->language, ==, "pt-BR");
  audio = g_ptr_array_index (preset->audio, 1);
  g_assert_true (audio->codec == VS_CODEC_OPUS);
  g_assert_true (preset->presentation == VS_PRESENTATION_EVENT);
  g_assert_cmpint (preset->segment_us, ==, 6000000);
  g_assert_cmpint (preset->gop_us, ==, 3000000);
  g_assert_cmpint (preset->keep_us, ==, 0);
  g_assert_cmpstr (preset->output_location, ==, "out");
  g_assert_true (preset->poster && !preset->dash);
  g_assert_cmpstr (preset->hls_name, ==, "index.m3u8");
  g_assert_cmpstr (preset->listen, ==, "[::1]:8080");
  g_assert_cmpstr (preset->serve_store, ==, "redirect");
  g_assert_cmpstr (preset->serve_control, ==, "open");
  g_assert_cmpuint (preset->serve_processes, ==, 4);
  g_assert_cmpuint (preset->properties->len, ==, 2);
  property = g_ptr_array_index (preset->properties, 0);
  g_assert_cmpstr (property->factory, ==, "x264enc");
  g_assert_cmpstr (property->property, ==, "option-string");
  g_assert_cmpstr (property->value, ==, "aq-mode=2");
  g_assert_cmpuint (property->line, ==, 57);
}

/* And every key of a channel. */
/* A splice_insert () of SCTE's own examples (ANSI/SCTE 35 2023r1 14.2). */
#define SPLICE_INSERT                                                          \
  "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo="

static const gchar channel[] =
    "[vstream]\ntype=channel\n"
    "[queue]\nlocation=redis://h/0?key=c\nfiller=/filler\nslate=bars\n"
    "cut=item-end\nresume=join\nrestart=join\nnormalize-audio=true\n"
    "as-run=as.log\ntransition=crossfade\ntransition-duration=2s\n"
    "[item one]\nuri=a.mp4\ntitle=One\nin=1s\nout=2m\nloop=true\n"
    "[item two]\nuri=b.png\nduration=3s\nad=spot\nad-duration=5s\n"
    "ad-scte35=" SPLICE_INSERT "\n"
    "[segment]\ndiscontinuity=item\n"
    "[hls]\nad-markers=both\n"
    "[dash]\nad-markers=false\n";

static void
test_channel (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsPreset) preset = parse (channel, &error);
  const VsPresetItem *item;

  g_assert_no_error (error);
  g_assert_true (preset->type == VS_PRESET_CHANNEL);
  g_assert_true (preset->presentation == VS_PRESENTATION_LIVE);
  g_assert_cmpint (preset->window_us, ==, 120000000);
  g_assert_cmpstr (preset->queue_location, ==, "redis://h/0?key=c");
  g_assert_cmpstr (preset->queue_filler, ==, "/filler");
  g_assert_cmpstr (preset->queue_slate, ==, "bars");
  g_assert_cmpstr (preset->queue_cut, ==, "item-end");
  g_assert_cmpstr (preset->queue_resume, ==, "join");
  g_assert_cmpstr (preset->queue_restart, ==, "join");
  g_assert_cmpstr (preset->queue_asrun, ==, "as.log");
  g_assert_true (preset->queue_normalize);
  g_assert_cmpstr (preset->queue_transition, ==, "crossfade");
  g_assert_cmpint (preset->queue_transition_us, ==, 2000000);
  g_assert_cmpstr (preset->discontinuity, ==, "item");
  g_assert_cmpstr (preset->hls_ad_markers, ==, "both");
  g_assert_false (preset->dash_ad_markers);
  g_assert_cmpuint (preset->items->len, ==, 2);
  item = preset->items->pdata[0];
  g_assert_cmpstr (item->name, ==, "one");
  g_assert_cmpstr (item->uri, ==, "a.mp4");
  g_assert_cmpstr (item->title, ==, "One");
  g_assert_cmpint (item->in_us, ==, 1000000);
  g_assert_cmpint (item->out_us, ==, 120000000);
  g_assert_true (item->loop);
  item = preset->items->pdata[1];
  g_assert_cmpstr (item->ad, ==, "spot");
  g_assert_cmpint (item->ad_duration_us, ==, 5000000);
  g_assert_cmpstr (item->ad_scte35, ==, SPLICE_INSERT);
  g_assert_cmpint (item->duration_us, ==, 3000000);
  g_assert_false (item->loop);
}

static void
test_s3 (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsPreset) preset = parse (whole, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (preset->s3_endpoint, ==, "https://s3.example");
  g_assert_cmpstr (preset->s3_region, ==, "eu-1");
  g_assert_cmpstr (preset->s3_addressing, ==, "path");
  g_assert_cmpstr (preset->s3_profile, ==, "show");
  g_assert_cmpstr (preset->s3_ca_file, ==, "/ca.pem");
}

static gboolean
has_key (const gchar *text, const VsPresetKey *key)
{
  g_autoptr (VsIni) ini = vs_ini_parse (text, strlen (text), "a", NULL);

  for (guint i = 0; i < ini->groups->len; i++) {
    const VsIniGroup *group = g_ptr_array_index (ini->groups, i);
    g_autofree gchar *template = group->label
                                     ? g_strdup_printf ("%s NAME", group->kind)
                                     : g_strdup (group->kind);

    if (g_str_equal (template, key->group) &&
        vs_ini_find_entry (group, key->key))
      return TRUE;
  }
  return FALSE;
}

/* The keys of @whole and of @channel are those of the table. */
static void
test_whole_is_whole (void)
{
  guint n_keys;
  const VsPresetKey *keys = vs_preset_get_keys (&n_keys);

  /* those of text are in test-preset-text.c */
  for (guint i = 0; i < n_keys; i++)
    if (!has_key (whole, &keys[i]) && !has_key (channel, &keys[i]) &&
        !g_str_equal (keys[i].group, "pipeline") &&
        !g_str_equal (keys[i].group, "text NAME"))
      g_error ("no test of %s in [%s]", keys[i].key, keys[i].group);
}

static void
test_copies (void)
{
  static const struct {
    const gchar *text;
    gboolean copies;
  } cases[] = {
    { VOD, FALSE },
    { VOD "[video a]\ncodec=copy\n", FALSE },
    { VOD "[audio a]\ncodec=copy\n", FALSE },
    { VOD "[video a]\ncodec=copy\n[audio a]\ncodec=copy\n", TRUE },
    { VOD "[video a]\ncodec=copy\n[audio]\nenabled=false\n", TRUE },
    { VOD "[video]\nenabled=false\n[audio a]\ncodec=copy\n", TRUE },
    { CHANNEL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (VsPreset) preset = parse (cases[i].text, &error);

    g_assert_no_error (error);
    g_assert_true (vs_preset_copies (preset) == cases[i].copies);
  }
}

static void
test_launch (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsPreset) preset = parse (VOD
      "[pipeline]\nlaunch=filesrc location=${FOLDER} ! fakesink\n"
      "[output]\nlocation=out\n[input]\nuri=a.mp4\n[http]\nlisten=:8080\n"
      "[element fakesink]\nsync=true\n",
      &error);

  g_assert_no_error (error);
  g_assert_cmpstr (
      preset->launch, ==, "filesrc location=/tmp/an\\ output ! fakesink");
  g_assert_cmpstr (preset->listen, ==, ":8080");
  g_assert_cmpuint (preset->properties->len, ==, 1);
}

static void
test_times (void)
{
  static const struct {
    const gchar *text;
    gint64 segment_us, gop_us;
  } cases[] = {
    { "duration=3s", 3000000, 1500000 },
    { "duration=1s", 1000000, 1000000 },
    { "duration=5s", 5000000, 1250000 },
    { "duration=6s", 6000000, 2000000 },
    { "duration=7s", 7000000, 1750000 },
    { "duration=4.004s", 4004000, 2002000 },
    { "duration=100ms", 100000, 100000 },
    { "duration=60s", 60000000, 2000000 },
    { "gop-duration=3s", 6000000, 3000000 },
    { "gop-duration=1s", 4000000, 1000000 },
    { "gop-duration=10s", 10000000, 10000000 },
    { "duration=2.002s\ngop-duration=1.001s", 2002000, 1001000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *text =
        g_strconcat (VOD "[segment]\n", cases[i].text, "\n", NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (VsPreset) preset = parse (text, &error);

    g_test_message ("%s", cases[i].text);
    g_assert_no_error (error);
    g_assert_cmpint (preset->segment_us, ==, cases[i].segment_us);
    g_assert_cmpint (preset->gop_us, ==, cases[i].gop_us);
  }
}

static void
test_follow_ups (void)
{
  g_autoptr (VsPreset) live = parse (LIVE "[input]\nuri=\n", NULL);
  g_autoptr (VsPreset) ts = parse (VOD "[segment]\nformat=ts\n", NULL);
  g_autoptr (VsPreset) audio = parse (VOD "[video]\nenabled=no\n", NULL);
  g_autoptr (VsPreset) silent = parse (VOD "[audio]\nenabled=no\n", NULL);

  g_assert_true (live->presentation == VS_PRESENTATION_LIVE);
  g_assert_cmpint (live->window_us, ==, 120 * G_USEC_PER_SEC);
  g_assert_null (live->input_uri);
  g_assert_true (ts->hls);
  g_assert_false (ts->dash);
  g_assert_false (audio->video);
  g_assert_cmpuint (audio->audio->len, ==, 1);
  g_assert_false (silent->with_audio);
  g_assert_cmpuint (silent->audio->len, ==, 0);
}

static const struct {
  const gchar *text, *error;
} faults[] = {
  /* names */
  { LIVE "[segment]\nsegmnt-duration=4s\n",
      "a.ini:4: unknown key “segmnt-duration” in [segment]; did you mean "
      "“duration”?" },
  { VOD "[video 720p]\nbirate=1M\n",
      "a.ini:4: unknown key “birate” in [video 720p]; did you mean "
      "“bitrate”?" },
  { VOD "[hls]\nzzzzz=1\n",
      "a.ini:4: unknown key “zzzzz” in [hls]; known are: enabled, name" },
  { VOD "[video]\nbitrate=1M\n",
      "a.ini:4: “bitrate” belongs to one rendition: put it into a group with "
      "a name, like [video 720p]" },
  { VOD "[vidoe 1080p]\n",
      "a.ini:3: unknown group [vidoe 1080p]; did you mean [video 1080p]?" },
  { VOD "[segmnt]\n",
      "a.ini:3: unknown group [segmnt]; did you mean [segment]?" },
  { VOD "[hls 2]\n", "a.ini:3: [hls 2]: [hls] takes no name; write [hls]" },
  { VOD "[frobnicate]\n", "a.ini:3: unknown group [frobnicate]; known are: "
                          "vstream, input, queue, item NAME," },
  { VOD "[video NAME]\n[video NAME]\n",
      "a.ini:4: [video NAME] is given a second time" },
  { VOD "[video a/b]\n", "a.ini:3: the name in [video a/b] is not usable" },
  { VOD "[video ..]\n", "a.ini:3: the name in [video ..] is not usable" },
  { VOD "[element]\n", "a.ini:3: [element] needs the name of an element" },
  /* later versions */
  { VOD "[s3]\naddressing=pth\n", "a.ini:4: addressing in [s3]" },
  { VOD "[s3]\nsecret-access-key=x\n", "a.ini:4: unknown key" },
  { VOD "[queue]\nslate=bars\n",
      "a.ini:3: [queue] has no effect without type=channel in [vstream]" },
  { VOD "[item 1]\n",
      "a.ini:3: [item 1] has no effect without type=channel in [vstream]" },
  { CHANNEL "[queue]\nx=1\n", "a.ini:4: unknown key “x” in [queue]" },
  { CHANNEL "[queue]\ncut=at\n", "a.ini:4: cut in [queue]: “at” is not" },
  { CHANNEL "[item 1]\n", "a.ini:3: uri in [item 1] is missing" },
  { CHANNEL "[item]\n", "a.ini:3: unknown group [item]" },
  { CHANNEL "[item 1]\nuri=a\nin=5s\nout=4s\n",
      "a.ini:6: out in [item 1] is not after in" },
  { CHANNEL "[item 1]\nuri=a\nad-duration=4s\n",
      "a.ini:5: ad-duration in [item 1] has no effect without ad" },
  { CHANNEL "[item 1]\nuri=a\nad=b\nad-scte35=0xFC30ZZ\n",
      "a.ini:6: ad-scte35 in [item 1]: " },
  { CHANNEL "[input]\nuri=a\n", "a.ini:3: [input] has no effect with" },
  { CHANNEL "[pipeline]\nlaunch=a\n", "a.ini:3: [pipeline] does not go with" },
  { CHANNEL "[audio]\nenabled=false\n",
      "a.ini:4: a channel has pictures and sound" },
  { CHANNEL "[segment]\ntype=vod\n", "a.ini:4: type=vod in [segment] does not "
                                     "go with type=channel" },
  { CHANNEL "[video a]\ncodec=copy\n", "a.ini:4: codec=copy in [video a] does "
                                       "not go with type=channel" },
  { VOD "[worker]\n", "a.ini:3: [worker] is not available in this version" },
  { VOD "[webhook]\n", "a.ini:3: [webhook] is not available in this version" },
  /* type */
  { "", "a.ini: type in [vstream] is missing" },
  { "# nothing\n[vstream]\n", "a.ini:2: type in [vstream] is missing" },
  { "[vstream]\ntype=vods\n",
      "a.ini:2: type in [vstream]: “vods” is not vod, live or channel; did you "
      "mean “vod”?" },
  { "[vstream]\ntype=vod   # vod, live\n",
      "a.ini:2: type in [vstream]: “vod   # vod, live” is not vod, live or "
      "channel (a comment stands on a line of its own)" },
  { LIVE "[segment]\ntype=vod\n",
      "a.ini:4: type=vod in [segment] does not go" },
  { VOD "[segment]\ntype=live\n",
      "a.ini:4: type=live in [segment] does not go" },
  /* values */
  { VOD "[video 720p]\nbitrate=50x\n",
      "a.ini:4: bitrate in [video 720p]: “50x” is not a bit rate: write" },
  { VOD "[video 720p]\nbitrate=0\n",
      "a.ini:4: bitrate in [video 720p]: “0” is out of range, which is 10k to "
      "1000M" },
  { VOD "[video 720p]\nbitrate=2G\n", "a.ini:4: bitrate in [video 720p]: “2G” "
                                      "is out of range" },
  { VOD "[video 720p]\nheight=719\n",
      "a.ini:4: height in [video 720p]: 719 is odd, and encoders take even "
      "sizes only; write 718 or 720" },
  { VOD "[video 720p]\nheight=8\n",
      "a.ini:4: height in [video 720p]: “8” is out of range, which is 16 to "
      "16384" },
  { VOD "[video 720p]\nheight=720p\n",
      "a.ini:4: height in [video 720p]: “720p” is not an even number, 16 to "
      "16384" },
  { VOD "[video 720p]\nheight=\n", "a.ini:4: height in [video 720p]: “” is" },
  { VOD "[video 720p]\nwidth=1280\n",
      "a.ini:4: width in [video 720p] needs a height" },
  { VOD "[video 720p]\nframerate=ntsc\n",
      "a.ini:4: framerate in [video 720p]: “ntsc” is not a frame rate" },
  { VOD "[video 720p]\nbitrate=2M\n\nmax-bitrate=1M\n",
      "a.ini:6: max-bitrate in [video 720p] is below bitrate; it is the peak, "
      "so write 2000k or more" },
  { VOD "[video 720p]\ncodec=h246\n",
      "a.ini:4: codec in [video 720p]: “h246” is not h264, h265, av1, vp9 or "
      "copy; did you mean “h264”?" },
  { VOD "[video 720p]\ncodec=copy\nheight=720\n",
      "a.ini:5: height in [video 720p] has no effect with codec=copy" },
  { VOD "[video a]\ncodec=copy\n[video 720p]\nheight=720\n",
      "a.ini:4: codec=copy in [video a] stands alone" },
  { VOD "[audio a]\ncodec=copy\nbitrate=64k\n",
      "a.ini:5: bitrate in [audio a] has no effect with codec=copy" },
  { VOD "[audio a]\ncodec=copy\n[audio b]\ncodec=aac\n",
      "a.ini:4: codec=copy in [audio a] does not go with encoded audio" },
  { VOD "[video a]\ncodec=copy\n[segment]\nformat=ts\n",
      "a.ini:4: codec=copy in [video a] needs format=cmaf in [segment]" },
  { "[vstream]\ntype=live\n[video a]\ncodec=copy\n",
      "a.ini:4: codec=copy in [video a] does not go with type=live" },
  { VOD "[audio a]\nchannels=9\n", "a.ini:4: channels in [audio a]: “9” is out "
                                   "of range, which is 1 to 8" },
  { VOD "[audio a]\nrate=44000\n",
      "a.ini:4: rate in [audio a]: AAC does not know 44000 samples a second; "
      "write 48000 or 44100" },
  { VOD "[audio a]\nrate=44100\ncodec=opus\n",
      "a.ini:4: rate in [audio a]: Opus does not know 44100 samples a second; "
      "write 48000" },
  { VOD "[audio a]\nlanguage=english!\n",
      "a.ini:4: language in [audio a]: “english!” is not a language tag" },
  { VOD "[input]\ntimeout=5 minutes\n",
      "a.ini:4: timeout in [input]: “5 minutes” is not a duration" },
  { VOD "[input]\ntimeout=1h\n", "a.ini:4: timeout in [input]: “1h” is out of "
                                 "range, which is 100ms to 10m" },
  { VOD "[hls]\nenabled=maybe\n",
      "a.ini:4: enabled in [hls]: “maybe” is not true or false" },
  { VOD "[hls]\nname=../x.m3u8\n", "a.ini:4: name in [hls]: “../x.m3u8” is not "
                                   "a file name without folders" },
  { VOD "[hls]\nname=\n", "a.ini:4: name in [hls]: the value is empty" },
  { VOD "[http]\nlisten=8080\n",
      "a.ini:4: listen in [http]: “8080” is not HOST:PORT" },
  { VOD "[http]\nstore=mirror\n",
      "a.ini:4: store in [http]: “mirror” is not proxy or redirect" },
  { VOD "[http]\nlisten=::1:8080\n", "a.ini:4: listen in [http]: “::1:8080”" },
  { VOD "[http]\nlisten=a:70000\n", "a.ini:4: listen in [http]: “a:70000”" },
  /* variables */
  { VOD "[input]\nuri=${SOURCE}\n",
      "a.ini:4: uri in [input] uses ${SOURCE}, which is not set; set it in the "
      "environment" },
  { VOD "[input]\nuri=${SOURCE\n",
      "a.ini:4: uri in [input]: “${” has no closing “}”; a dollar is written "
      "$$" },
  { VOD "[element x]\na=${B}\n", "a.ini:4: a in [element x] uses ${B}" },
  /* what does not go together */
  { VOD "[segment]\nduration=4s\ngop-duration=5s\n",
      "a.ini:5: gop-duration in [segment] is longer than duration" },
  { VOD "[segment]\nduration=5s\ngop-duration=2s\n",
      "a.ini:4: duration in [segment] is not a multiple of gop-duration, and "
      "segments begin with key frames; write 4000ms or 6000ms" },
  { VOD "[segment]\nduration=50ms\n",
      "a.ini:4: duration in [segment]: “50ms” is out of range, which is 100ms "
      "to 60s" },
  { LIVE "[segment]\nformat=ts\ndiscontinuity=cut\n",
      "a.ini:5: discontinuity=cut in [segment] needs format=cmaf" },
  { LIVE "[segment]\nwindow=10s\n",
      "a.ini:4: window in [segment] is less than three segments, which players "
      "need; write 12s or more" },
  { VOD "[segment]\nformat=ts\n[dash]\nenabled=true\n",
      "a.ini:6: enabled=true in [dash] does not go with format=ts" },
  { VOD "[segment]\nformat=ts\n[video]\ncodec=h265\n",
      "a.ini:6: codec in [video] is not h264" },
  { VOD "[segment]\nformat=ts\n[video a]\ncodec=av1\n",
      "a.ini:6: codec in [video a] is not h264" },
  { VOD "[segment]\nformat=ts\n[audio a]\ncodec=opus\n",
      "a.ini:6: codec in [audio a] is not aac" },
  { VOD "[segment]\nformat=ts\n[hls]\nenabled=false\n",
      "a.ini:6: neither [hls] nor [dash] is enabled" },
  { VOD "[hls]\nname=a\n[dash]\nname=a\n",
      "a.ini:6: [hls] and [dash] both call their manifest “a”" },
  { VOD "[video]\nenabled=no\n[audio]\nenabled=no\n",
      "a.ini:6: neither [video] nor [audio] is enabled" },
  { VOD "[video]\nenabled=no\n[video 720p]\n",
      "a.ini:5: [video 720p] has no effect" },
  { VOD "[audio]\nenabled=no\n[audio main]\n",
      "a.ini:5: [audio main] has no effect" },
  { VOD "[pipeline]\n", "a.ini:3: launch in [pipeline] is missing" },
  { VOD "[pipeline]\nlaunch=a ! b\n[segment]\nduration=4s\n",
      "a.ini:5: [segment] has no effect beside launch in [pipeline]" },
  { VOD "[pipeline]\nlaunch=a ! b\n[input]\nuri=x\nhold=1s\n",
      "a.ini:5: [input] has no effect beside launch in [pipeline]" },
  { VOD "[video]\nencoder-preset=veryfsat\n",
      "a.ini:4: encoder-preset in [video]: “veryfsat” is not ultrafast, " },
  { VOD "[video 720p]\n[pipeline]\nlaunch=a ! b\n",
      "a.ini:3: [video 720p] has no effect beside launch in [pipeline]" },
};

static void
test_faults (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (VsPreset) preset = parse (faults[i].text, &error);

    g_test_message ("%s", faults[i].error);
    g_assert_null (preset);
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
    if (!g_str_has_prefix (error->message, faults[i].error))
      g_error ("got: %s", error->message);
  }
}

static void
test_counts (void)
{
  g_autoptr (GString) text = g_string_new (VOD);
  g_autoptr (GError) error = NULL;
  g_autoptr (VsPreset) preset = NULL;

  for (guint i = 1; i <= 17; i++)
    g_string_append_printf (text, "[video v%u]\n", i);
  preset = parse (text->str, &error);
  g_assert_null (preset);
  g_assert_cmpstr (error->message, ==,
      "a.ini:19: [video v17] is one too many; there are at most 16 renditions "
      "of a kind");
}

/* Whatever is cut off or changed: an error or a preset, never a crash. */
static void
test_damaged (void)
{
  gsize length = strlen (whole);
  g_autofree gchar *copy = g_strdup (whole);

  for (gsize i = 0; i < length; i++) {
    g_autoptr (VsPreset) cut =
        vs_preset_parse (whole, i, "a.ini", lookup, NULL, NULL);
    g_autoptr (VsPreset) changed = NULL;

    for (guint k = 0; k < 4; k++) {
      copy[i] = "[=\n\xc3"[k];
      g_clear_pointer (&changed, vs_preset_free);
      changed = vs_preset_parse (copy, length, "a.ini", lookup, NULL, NULL);
    }
    copy[i] = whole[i];
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/preset/defaults", test_defaults);
  g_test_add_func ("/preset/whole", test_whole);
  g_test_add_func ("/preset/s3", test_s3);
  g_test_add_func ("/preset/channel", test_channel);
  g_test_add_func ("/preset/whole/keys", test_whole_is_whole);
  g_test_add_func ("/preset/copies", test_copies);
  g_test_add_func ("/preset/launch", test_launch);
  g_test_add_func ("/preset/times", test_times);
  g_test_add_func ("/preset/follow-ups", test_follow_ups);
  g_test_add_func ("/preset/faults", test_faults);
  g_test_add_func ("/preset/counts", test_counts);
  g_test_add_func ("/preset/damaged", test_damaged);
  return g_test_run ();
}
