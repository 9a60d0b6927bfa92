/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The multivariant playlist. Sections are those of RFC 8216bis
 * (draft-pantos-hls-rfc8216bis), "Apple n.m" is a rule of Apple's HLS
 * Authoring Specification.
 *
 * Every video track is a variant, once for each audio group; without video,
 * every audio group is one. An audio group is a set of tracks of one codec
 * and bit rate that differ in language or label. All text is one group, which
 * goes with every variant. */
#include "core/vs-hls.h"

#include "core/vs-bandwidth.h"
#include "core/vs-text.h"

#include <math.h>
#include <string.h>

/* Apple 1.32: the first variant, with which a player starts, should be the
 * one of 2000 kbit/s. */
#define START_BANDWIDTH 2000000

typedef struct {
  gchar *id;
  VsCodec codec;
  GPtrArray *tracks; /* VsTrack, not owned; the default first */
} Group;

static void
free_group (gpointer data)
{
  Group *group = data;

  g_free (group->id);
  g_ptr_array_unref (group->tracks);
  g_free (group);
}

static gboolean
is_listed (const VsTrack *track, VsMedia media)
{
  return track->media == media && track->stream != NULL &&
         track->segments->len > 0;
}

static GPtrArray *
list_tracks (const VsPresentation *self, VsMedia media)
{
  GPtrArray *tracks = g_ptr_array_new ();

  for (guint i = 0; i < self->tracks->len; i++) {
    VsTrack *track = g_ptr_array_index (self->tracks, i);

    if (is_listed (track, media))
      g_ptr_array_add (tracks, track);
  }
  return tracks;
}

static gboolean
is_same_content (const VsTrack *a, const VsTrack *b)
{
  return g_strcmp0 (a->stream->language, b->stream->language) == 0 &&
         g_strcmp0 (a->label, b->label) == 0;
}

static gboolean
takes (const Group *group, const VsTrack *track)
{
  if (group->codec != track->stream->codec)
    return FALSE;
  for (guint i = 0; i < group->tracks->len; i++) {
    if (is_same_content (g_ptr_array_index (group->tracks, i), track))
      return FALSE;
  }
  return TRUE;
}

/* 4.4.6.1.1: the members of a group are alternatives to each other in
 * content; the same content at another bit rate is another group. */
static GPtrArray *
group_audio (const GPtrArray *tracks)
{
  GPtrArray *groups = g_ptr_array_new_with_free_func (free_group);

  for (guint i = 0; i < tracks->len; i++) {
    VsTrack *track = g_ptr_array_index (tracks, i);
    Group *group = NULL;

    for (guint n = 0; n < groups->len && group == NULL; n++) {
      if (takes (g_ptr_array_index (groups, n), track))
        group = g_ptr_array_index (groups, n);
    }
    if (group == NULL) {
      group = g_new0 (Group, 1);
      group->codec = track->stream->codec;
      group->id = g_strdup_printf ("audio-%u", groups->len);
      group->tracks = g_ptr_array_new ();
      g_ptr_array_add (groups, group);
    }
    g_ptr_array_insert (group->tracks, track->is_default ? 0 : -1, track);
  }

  return groups;
}

typedef guint64 (*Bandwidth) (const VsTrack *);

static guint64
largest (const Group *group, Bandwidth bandwidth)
{
  guint64 value = 0;

  for (guint i = 0; group != NULL && i < group->tracks->len; i++)
    value = MAX (value, bandwidth (g_ptr_array_index (group->tracks, i)));
  return value;
}

/* ---- attributes ---- */

static void
append_number (GString *out, const gchar *name, guint64 value)
{
  g_string_append (out, name);
  vs_text_append_uint (out, value);
}

static void
append_quoted (GString *out, const gchar *name, const gchar *value)
{
  g_string_append (out, name);
  g_string_append_c (out, '"');
  vs_text_append_quotable (out, value);
  g_string_append_c (out, '"');
}

static gboolean
add_codec (GPtrArray *codecs, const VsStream *stream)
{
  gchar *codec;

  if (stream == NULL)
    return TRUE;
  codec = vs_codec_string (stream, NULL);
  if (codec == NULL)
    return FALSE;
  if (g_ptr_array_find_with_equal_func (codecs, codec, g_str_equal, NULL))
    g_free (codec);
  else
    g_ptr_array_add (codecs, codec);
  return TRUE;
}

/* Apple 9.1, 9.3. A list with one missing would be a wrong list: then none. */
static void
append_codecs (
    GString *out, const VsTrack *track, const Group *group, gboolean with_audio)
{
  g_autoptr (GPtrArray) codecs = g_ptr_array_new_with_free_func (g_free);
  gboolean known = add_codec (codecs, track->stream) &&
                   add_codec (codecs, with_audio ? track->muxed_audio : NULL);
  g_autofree gchar *list = NULL;

  for (guint i = 0; known && group != NULL && i < group->tracks->len; i++) {
    const VsTrack *audio = g_ptr_array_index (group->tracks, i);

    known = add_codec (codecs, audio->stream);
  }
  if (!known)
    return;
  g_ptr_array_add (codecs, NULL);
  list = g_strjoinv (",", (gchar **) codecs->pdata);
  append_quoted (out, ",CODECS=", list);
}

/* Apple 9.2, 9.4, 9.15, 9.16. RESOLUTION is how large the picture is shown:
 * 4.4.6.2 speaks of the optimal display size. */
static void
append_picture (GString *out, const VsStream *stream, gboolean with_rate)
{
  guint par_n = MAX (stream->par_n, 1), par_d = MAX (stream->par_d, 1);

  if (stream->width > 0 && stream->height > 0) {
    append_number (out,
        ",RESOLUTION=", ((guint64) stream->width * par_n + par_d / 2) / par_d);
    append_number (out, "x", stream->height);
  }
  if (with_rate && stream->fps_n > 0 && stream->fps_d > 0) {
    g_string_append (out, ",FRAME-RATE=");
    vs_text_append_milli (out,
        ((guint64) stream->fps_n * 1000 + stream->fps_d / 2) / stream->fps_d);
  }
  g_string_append (out, ",VIDEO-RANGE=");
  g_string_append (out, vs_media_video_range (stream));
}

/* 4.4.6.1.1: NAMEs of a group differ. */
static void
append_name (GString *out, const Group *group, const VsTrack *track)
{
  const gchar *language = track->stream->language;
  g_autofree gchar *longer = NULL;

  if (track->label == NULL) {
    append_quoted (out, ",NAME=", language != NULL ? language : "Audio");
    return;
  }
  for (guint i = 0; i < group->tracks->len; i++) {
    const VsTrack *other = g_ptr_array_index (group->tracks, i);

    if (other != track && longer == NULL &&
        g_strcmp0 (other->label, track->label) == 0)
      longer = g_strdup_printf (
          "%s (%s)", track->label, language != NULL ? language : track->name);
  }
  append_quoted (out, ",NAME=", longer != NULL ? longer : track->label);
}

static const gchar *
text_name (const VsTrack *track)
{
  if (track->label != NULL)
    return track->label;
  return track->stream->language != NULL ? track->stream->language
                                         : "Subtitles";
}

/* The same for text, of which two are often of one language. */
static void
append_text_name (GString *out, const Group *group, const VsTrack *track)
{
  const gchar *name = text_name (track);
  g_autofree gchar *longer = NULL;

  for (guint i = 0; i < group->tracks->len; i++) {
    const VsTrack *other = g_ptr_array_index (group->tracks, i);

    if (other != track && longer == NULL &&
        strcmp (text_name (other), name) == 0)
      longer = g_strdup_printf ("%s (%s)", name, track->name);
  }
  append_quoted (out, ",NAME=", longer != NULL ? longer : name);
}

/* 4.4.6.1: members that a player may choose by itself differ in language. */
static gboolean
is_first_of_language (const Group *group, const VsTrack *track)
{
  for (guint i = 0; i < group->tracks->len; i++) {
    const VsTrack *other = g_ptr_array_index (group->tracks, i);

    if (g_strcmp0 (other->stream->language, track->stream->language) == 0)
      return other == track;
  }
  return TRUE;
}

/* Apple 8.9, 8.10 (LANGUAGE always: "und" of RFC 5646 where it is unknown). */
static void
append_media (GString *out, const Group *group, const VsTrack *track)
{
  const VsStream *stream = track->stream;
  gboolean is_default = track == g_ptr_array_index (group->tracks, 0);

  append_quoted (out, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=", group->id);
  append_quoted (
      out, ",LANGUAGE=", stream->language != NULL ? stream->language : "und");
  append_name (out, group, track);
  g_string_append (out, is_default ? ",DEFAULT=YES" : ",DEFAULT=NO");
  g_string_append (out, is_default || is_first_of_language (group, track)
                            ? ",AUTOSELECT=YES"
                            : ",AUTOSELECT=NO");
  if (stream->channels > 0) {
    append_number (out, ",CHANNELS=\"", stream->channels);
    g_string_append_c (out, '"');
  }
  g_string_append (out, ",URI=\"");
  vs_text_append_uri (out, "", track->playlist);
  g_string_append (out, "\"\n");
}

/* 4.4.6.1.1: one member of a group at most. */
static const VsTrack *
default_text (const Group *group)
{
  for (guint i = 0; i < group->tracks->len; i++) {
    const VsTrack *track = g_ptr_array_index (group->tracks, i);

    if (track->is_default)
      return track;
  }
  return NULL;
}

/* The first of a language that a player may take by itself: what is forced is
 * no translation of all that is said. */
static gboolean
is_first_text (const Group *group, const VsTrack *track)
{
  for (guint i = 0; i < group->tracks->len; i++) {
    const VsTrack *other = g_ptr_array_index (group->tracks, i);

    if (!other->is_forced &&
        g_strcmp0 (other->stream->language, track->stream->language) == 0)
      return other == track;
  }
  return FALSE;
}

/* 4.4.6.1: FORCED belongs to text, DEFAULT and FORCED want AUTOSELECT. */
static void
append_text (GString *out, const Group *group, const VsTrack *track)
{
  const gchar *language = track->stream->language;
  gboolean automatic =
      track->is_default || track->is_forced || is_first_text (group, track);

  append_quoted (out, "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=", group->id);
  append_quoted (out, ",LANGUAGE=", language != NULL ? language : "und");
  append_text_name (out, group, track);
  g_string_append (
      out, track == default_text (group) ? ",DEFAULT=YES" : ",DEFAULT=NO");
  g_string_append (out, automatic ? ",AUTOSELECT=YES" : ",AUTOSELECT=NO");
  g_string_append (out, track->is_forced ? ",FORCED=YES" : ",FORCED=NO");
  g_string_append (out, ",URI=\"");
  vs_text_append_uri (out, "", track->playlist);
  g_string_append (out, "\"\n");
}

/* 4.4.6.2. @group: whose audio goes with @track; it is named where @named. */
static void
append_variant (GString *out, const VsTrack *track, const Group *group,
    gboolean named, const Group *texts)
{
  gboolean is_video = track->media == VS_MEDIA_VIDEO;
  guint64 peak = is_video ? vs_bandwidth_peak (track) : 0;
  guint64 average = is_video ? vs_bandwidth_average (track) : 0;

  peak += largest (group, vs_bandwidth_peak);
  average += largest (group, vs_bandwidth_average);
  peak += largest (texts, vs_bandwidth_peak);
  average += largest (texts, vs_bandwidth_average);
  append_number (out, "#EXT-X-STREAM-INF:BANDWIDTH=", peak);
  append_number (out, ",AVERAGE-BANDWIDTH=", average);
  append_codecs (out, track, group, TRUE);
  if (is_video)
    append_picture (out, track->stream, TRUE);
  if (named)
    append_quoted (out, ",AUDIO=", group->id);
  if (texts != NULL)
    append_quoted (out, ",SUBTITLES=", texts->id);
  /* no captions are carried: said, or players look for them */
  if (is_video)
    g_string_append (out, ",CLOSED-CAPTIONS=NONE");
  g_string_append_c (out, '\n');
  vs_text_append_uri (out, "", track->playlist);
  g_string_append_c (out, '\n');
}

/* 4.4.6.3, Apple 6.1, 6.9. */
static void
append_iframes (GString *out, const VsTrack *track)
{
  guint64 average = vs_bandwidth_iframe_average (track);

  if (track->iframe_playlist == NULL || average == 0)
    return;
  append_number (out,
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=", vs_bandwidth_iframe_peak (track));
  append_number (out, ",AVERAGE-BANDWIDTH=", average);
  append_codecs (out, track, NULL, FALSE);
  append_picture (out, track->stream, FALSE);
  g_string_append (out, ",URI=\"");
  vs_text_append_uri (out, "", track->iframe_playlist);
  g_string_append (out, "\"\n");
}

/* Apple 1.32. By what was asked for where that is known, so that the order of
 * a live presentation never changes. */
static guint
choose_start (const GPtrArray *videos)
{
  gdouble nearest = G_MAXDOUBLE;
  guint start = 0;

  for (guint i = 0; i < videos->len; i++) {
    const VsTrack *track = g_ptr_array_index (videos, i);
    gdouble distance =
        fabs (log ((gdouble) vs_bandwidth_nominal (track) / START_BANDWIDTH));

    if (distance < nearest) {
      nearest = distance;
      start = i;
    }
  }
  return start;
}

static void
append_video (GString *out, const GPtrArray *videos, const GPtrArray *groups,
    const Group *texts)
{
  GPtrArray *order = g_ptr_array_new ();
  guint start = choose_start (videos);

  g_ptr_array_add (order, g_ptr_array_index (videos, start));
  for (guint i = 0; i < videos->len; i++) {
    if (i != start)
      g_ptr_array_add (order, g_ptr_array_index (videos, i));
  }

  /* "a group of variants having compatible audio" (Apple 1.32) has its own
   * first one: groups outside, tracks inside */
  for (guint g = 0; g < MAX (groups->len, 1); g++) {
    const Group *group = groups->len > 0 ? g_ptr_array_index (groups, g) : NULL;

    for (guint i = 0; i < order->len; i++)
      append_variant (
          out, g_ptr_array_index (order, i), group, group != NULL, texts);
  }
  for (guint i = 0; i < order->len; i++)
    append_iframes (out, g_ptr_array_index (order, i));
  g_ptr_array_unref (order);
}

/* Without video the first of a group is the variant itself, and the group is
 * named only where there is something to choose. */
static void
append_audio (GString *out, const GPtrArray *groups, const Group *texts)
{
  for (guint g = 0; g < groups->len; g++) {
    const Group *group = g_ptr_array_index (groups, g);

    append_variant (out, g_ptr_array_index (group->tracks, 0), group,
        group->tracks->len > 1, texts);
  }
}

gchar *
vs_hls_write_multivariant (const VsPresentation *self)
{
  g_autoptr (GPtrArray) videos = list_tracks (self, VS_MEDIA_VIDEO);
  g_autoptr (GPtrArray) audios = list_tracks (self, VS_MEDIA_AUDIO);
  g_autoptr (GPtrArray) groups = group_audio (audios);
  g_autoptr (GPtrArray) texts = list_tracks (self, VS_MEDIA_TEXT);
  const Group subtitles = { (gchar *) "subtitles", VS_CODEC_NONE, texts };
  const Group *text = texts->len > 0 ? &subtitles : NULL;
  GString *out;

  if (videos->len == 0 && audios->len == 0)
    return NULL;

  /* Apple 9.11 */
  out = g_string_new ("#EXTM3U\n#EXT-X-VERSION:7\n"
                      "#EXT-X-INDEPENDENT-SEGMENTS\n");
  for (guint g = 0; g < groups->len; g++) {
    const Group *group = g_ptr_array_index (groups, g);

    if (videos->len == 0 && group->tracks->len == 1)
      continue;
    for (guint i = 0; i < group->tracks->len; i++)
      append_media (out, group, g_ptr_array_index (group->tracks, i));
  }
  for (guint i = 0; i < texts->len; i++)
    append_text (out, text, g_ptr_array_index (texts, i));
  if (videos->len > 0)
    append_video (out, videos, groups, text);
  else
    append_audio (out, groups, text);

  return g_string_free (out, FALSE);
}
