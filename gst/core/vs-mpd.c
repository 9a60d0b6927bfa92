/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sections are those of ISO/IEC 23009-1:2022; IOP is DASH-IF's guidelines for
 * interoperability.
 *
 * One Period a discontinuity, with the numbers of the HLS discontinuity
 * sequence as ids. In a Period one AdaptationSet for all that a player may
 * switch between: the same media, codec, language, label, channels and
 * colour. */
#include "core/vs-mpd.h"

#include "core/vs-bandwidth.h"
#include "core/vs-mpd-event.h"
#include "core/vs-mpd-template.h"
#include "core/vs-text.h"
#include "core/vs-xml.h"

#include <string.h>

/* How far behind the live edge a player should stay, in segments: what HLS
 * players do (RFC 8216bis 6.3.3). */
#define DELAY_SEGMENTS 3

/* Levels of the AdaptationSet's and the Representation's children. */
#define SET_LEVEL 3
#define REPRESENTATION_LEVEL 4

/* Tracks of one AdaptationSet in one Period. */
typedef struct {
  const VsPresentation *presentation;
  const VsPeriod *period;
  const VsTrack *giver;   /* the first track of the set */
  const VsStream *stream; /* its stream in this Period */
  GArray *runs;           /* VsMpdRun */
} Set;

static gboolean
is_same_colour (const VsColour *a, const VsColour *b)
{
  return a->primaries == b->primaries && a->transfer == b->transfer &&
         a->matrix == b->matrix && a->full_range == b->full_range;
}

static gboolean
is_same_set (const VsTrack *a, const VsTrack *b, const VsPeriod *period)
{
  const VsStream *x = vs_mpd_stream_of (a, period);
  const VsStream *y = vs_mpd_stream_of (b, period);

  if (a == b)
    return TRUE;
  if (a->media != b->media || x == NULL || y == NULL || x->codec != y->codec ||
      g_strcmp0 (x->language, y->language) != 0)
    return FALSE;
  if (a->media == VS_MEDIA_AUDIO)
    return x->channels == y->channels && g_strcmp0 (a->label, b->label) == 0;
  return is_same_colour (&x->colour, &y->colour);
}

/* Whether or not it has stored anything yet: its id is the set's, and that
 * does not change while the Period grows. */
static const VsTrack *
find_giver (
    const VsPresentation *self, const VsTrack *track, const VsPeriod *period)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    const VsTrack *other = g_ptr_array_index (self->tracks, i);

    if (is_same_set (other, track, period))
      return other;
  }
  return track;
}

/* ---- descriptors ---- */

static void
write_descriptor (
    VsXml *xml, const gchar *element, const gchar *scheme, const gchar *value)
{
  vs_xml_open (xml, element);
  vs_xml_attribute (xml, "schemeIdUri", scheme);
  vs_xml_attribute (xml, "value", value);
  vs_xml_close (xml);
}

/* ISO/IEC 23091-3 (CICP) ChannelConfiguration. Eight channels are taken for
 * the usual 7.1 with two at the back (12), not for the wide front (7). */
static void
write_channels (VsXml *xml, guint channels)
{
  static const guint8 configurations[] = { 0, 1, 2, 3, 4, 5, 6, 11, 12 };
  g_autofree gchar *value = NULL;

  if (channels == 0 || channels >= G_N_ELEMENTS (configurations))
    return;
  value = g_strdup_printf ("%u", configurations[channels]);
  write_descriptor (xml, "AudioChannelConfiguration",
      "urn:mpeg:mpegB:cicp:ChannelConfiguration", value);
}

/* IOP, HDR: a player that does not know PQ must leave it (Essential); HLG and
 * the rest can be shown, if not as well. BT.709 (1) and unspecified (2) are
 * what is taken without a word. */
static void
write_colour (VsXml *xml, const VsColour *colour)
{
  static const gchar *const schemes[] = {
    "urn:mpeg:mpegB:cicp:ColourPrimaries",
    "urn:mpeg:mpegB:cicp:TransferCharacteristics",
    "urn:mpeg:mpegB:cicp:MatrixCoefficients",
    "urn:mpeg:mpegB:cicp:VideoFullRangeFlag",
  };
  const guint values[] = { colour->primaries, colour->transfer, colour->matrix,
    colour->full_range ? 1 : 2 };
  const guint defaults[] = { 1, 1, 1, 2 };
  const gchar *element =
      colour->transfer == 16 ? "EssentialProperty" : "SupplementalProperty";

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++) {
    g_autofree gchar *value = g_strdup_printf ("%u", values[i]);

    if (values[i] != 2 && values[i] != defaults[i])
      write_descriptor (xml, element, schemes[i], value);
  }
}

/* 5.8.5.5: exactly the audio that plays unless another is asked for is main. */
static const gchar *
get_role (const Set *set)
{
  const VsPresentation *self = set->presentation;
  const VsTrack *giver = set->giver, *standard = NULL;

  if (giver->media != VS_MEDIA_AUDIO)
    return "main";
  for (guint i = 0; i < self->tracks->len; i++) {
    const VsTrack *track = g_ptr_array_index (self->tracks, i);

    if (track->media == VS_MEDIA_AUDIO && track->stream != NULL &&
        (standard == NULL || (track->is_default && !standard->is_default)))
      standard = track;
  }
  return standard == NULL || (g_strcmp0 (standard->stream->language,
                                  set->stream->language) == 0 &&
                                 g_strcmp0 (standard->label, giver->label) == 0)
             ? "main"
             : "alternate";
}

/* ---- Representation ---- */

static gchar *
format_ratio (guint n, guint d, const gchar *separator)
{
  return d == 1 && *separator == '/'
             ? g_strdup_printf ("%u", n)
             : g_strdup_printf ("%u%s%u", n, separator, d);
}

static void
write_representation_attributes (VsXml *xml, const VsMpdRun *run)
{
  const VsTrack *track = run->track;
  const VsStream *stream = run->stream;
  g_autofree gchar *id = vs_mpd_dup_representation_id (track);
  g_autofree gchar *codecs = vs_codec_string (stream, NULL);

  vs_xml_attribute (xml, "id", id);
  vs_xml_attribute_uint (xml, "bandwidth", vs_bandwidth_peak (track));
  vs_xml_attribute (xml, "codecs", codecs);
  if (track->media == VS_MEDIA_VIDEO) {
    g_autofree gchar *rate = format_ratio (stream->fps_n, stream->fps_d, "/");
    g_autofree gchar *sar =
        format_ratio (MAX (stream->par_n, 1), MAX (stream->par_d, 1), ":");

    vs_xml_attribute_uint (xml, "width", stream->width);
    vs_xml_attribute_uint (xml, "height", stream->height);
    vs_xml_attribute (xml, "frameRate", stream->fps_n > 0 ? rate : NULL);
    vs_xml_attribute (xml, "sar", sar);
  } else if (track->media == VS_MEDIA_AUDIO && stream->rate > 0)
    vs_xml_attribute_uint (xml, "audioSamplingRate", stream->rate);
}

/* ---- AdaptationSet ---- */

static const VsMpdRun *
get_run (const Set *set, guint n)
{
  return &g_array_index (set->runs, VsMpdRun, n);
}

static gdouble
frame_rate (const VsStream *stream)
{
  return stream->fps_d > 0 ? (gdouble) stream->fps_n / stream->fps_d : 0;
}

/* 5.3.3.2: what the best of the Representations has. */
static void
write_maxima (VsXml *xml, const Set *set)
{
  const VsStream *fastest = get_run (set, 0)->stream;
  guint width = 0, height = 0;

  for (guint i = 0; i < set->runs->len; i++) {
    const VsStream *stream = get_run (set, i)->stream;

    width = MAX (width, stream->width);
    height = MAX (height, stream->height);
    if (frame_rate (stream) > frame_rate (fastest))
      fastest = stream;
  }
  vs_xml_attribute_uint (xml, "maxWidth", width);
  vs_xml_attribute_uint (xml, "maxHeight", height);
  if (fastest->fps_n > 0 && fastest->fps_d > 0) {
    g_autofree gchar *rate = format_ratio (fastest->fps_n, fastest->fps_d, "/");

    vs_xml_attribute (xml, "maxFrameRate", rate);
  }
}

static void
write_set_attributes (VsXml *xml, const Set *set)
{
  const VsTrack *giver = set->giver;
  const gchar *media = vs_media_name (giver->media);
  g_autofree gchar *mime = g_strconcat (media, "/mp4", NULL);

  vs_xml_attribute_uint (xml, "id", giver->id);
  vs_xml_attribute (xml, "contentType", media);
  vs_xml_attribute (xml, "mimeType", mime);
  vs_xml_attribute (xml, "lang", set->stream->language);
  vs_xml_attribute (xml, "segmentAlignment", "true");
  vs_xml_attribute (xml, "startWithSAP", "1");
  if (giver->media == VS_MEDIA_VIDEO)
    write_maxima (xml, set);
}

static GString *
dup_template (const VsMpdRun *run, guint level)
{
  VsXml xml;

  vs_xml_init (&xml, level);
  vs_mpd_run_write_template (run, &xml);
  return xml.out;
}

/* The template that all Representations share, or NULL. */
static GString *
dup_common_template (const Set *set)
{
  GString *common = dup_template (get_run (set, 0), SET_LEVEL);

  for (guint i = 1; i < set->runs->len; i++) {
    GString *own = dup_template (get_run (set, i), SET_LEVEL);
    gboolean equal = g_string_equal (common, own);

    g_string_free (own, TRUE);
    if (!equal) {
      g_string_free (common, TRUE);
      return NULL;
    }
  }
  return common;
}

/* The children in the order of the schema (5.3.3.3, 5.3.7.3). */
static void
write_set (VsXml *xml, const Set *set)
{
  const VsTrack *giver = set->giver;
  GString *common = dup_common_template (set);

  vs_xml_open (xml, "AdaptationSet");
  write_set_attributes (xml, set);
  if (giver->media == VS_MEDIA_AUDIO)
    write_channels (xml, set->stream->channels);
  else if (giver->media == VS_MEDIA_VIDEO)
    write_colour (xml, &set->stream->colour);
  if (giver->media == VS_MEDIA_AUDIO && giver->label != NULL) {
    vs_xml_open (xml, "Label");
    vs_xml_text (xml, giver->label);
    vs_xml_close (xml);
  }
  write_descriptor (xml, "Role", "urn:mpeg:dash:role:2011", get_role (set));
  if (common != NULL)
    vs_xml_raw (xml, common);

  for (guint i = 0; i < set->runs->len; i++) {
    vs_xml_open (xml, "Representation");
    write_representation_attributes (xml, get_run (set, i));
    if (common == NULL) {
      GString *own = dup_template (get_run (set, i), REPRESENTATION_LEVEL);

      vs_xml_raw (xml, own);
      g_string_free (own, TRUE);
    }
    vs_xml_close (xml);
  }
  vs_xml_close (xml);
  if (common != NULL)
    g_string_free (common, TRUE);
}

/* ---- Period ---- */

static void
collect_runs (Set *set)
{
  for (guint i = 0; i < set->presentation->tracks->len; i++) {
    const VsTrack *track = g_ptr_array_index (set->presentation->tracks, i);
    VsMpdRun run;

    if (is_same_set (track, set->giver, set->period) &&
        vs_mpd_run_find (&run, track, set->period))
      g_array_append_val (set->runs, run);
  }
}

/* Text of a VOD is one file beside the media (5.3.7: a Representation that is
 * its BaseURL); cue times are those of the Period, so of the only one. */
static void
write_text_set (VsXml *xml, const VsTrack *track)
{
  g_autofree gchar *id = vs_mpd_dup_representation_id (track);
  g_autoptr (GString) url = g_string_new (NULL);

  vs_text_append_uri (url, "", track->whole);
  vs_xml_open (xml, "AdaptationSet");
  vs_xml_attribute_uint (xml, "id", track->id);
  vs_xml_attribute (xml, "contentType", "text");
  vs_xml_attribute (xml, "mimeType", "text/vtt");
  vs_xml_attribute (xml, "lang", track->stream->language);
  if (track->label != NULL) {
    vs_xml_open (xml, "Label");
    vs_xml_text (xml, track->label);
    vs_xml_close (xml);
  }
  write_descriptor (xml, "Role", "urn:mpeg:dash:role:2011",
      track->is_forced ? "forced-subtitle" : "subtitle");
  if (track->is_default)
    write_descriptor (xml, "Role", "urn:mpeg:dash:role:2011", "main");
  vs_xml_open (xml, "Representation");
  vs_xml_attribute (xml, "id", id);
  vs_xml_attribute_uint (xml, "bandwidth", vs_bandwidth_peak (track));
  vs_xml_open (xml, "BaseURL");
  vs_xml_text (xml, url->str);
  vs_xml_close (xml);
  vs_xml_close (xml);
  vs_xml_close (xml);
}

static void
write_texts (VsXml *xml, const VsPresentation *self)
{
  for (guint i = 0; self->periods->len == 1 && i < self->tracks->len; i++) {
    const VsTrack *track = g_ptr_array_index (self->tracks, i);

    if (track->whole != NULL && track->stream != NULL &&
        track->segments->len > 0)
      write_text_set (xml, track);
  }
}

/* All AdaptationSets of @period; FALSE where there is none. */
static gboolean
write_sets (VsXml *xml, const VsPresentation *self, const VsPeriod *period)
{
  g_autoptr (GArray) runs = g_array_new (FALSE, FALSE, sizeof (VsMpdRun));
  gboolean any = FALSE;

  for (guint i = 0; i < self->tracks->len; i++) {
    const VsTrack *track = g_ptr_array_index (self->tracks, i);
    Set set = { self, period, track, vs_mpd_stream_of (track, period), runs };

    if (track->media == VS_MEDIA_TEXT || set.stream == NULL ||
        find_giver (self, track, period) != track)
      continue;
    g_array_set_size (runs, 0);
    collect_runs (&set);
    if (runs->len == 0)
      continue;
    write_set (xml, &set);
    any = TRUE;
  }
  if (any)
    write_texts (xml, self);
  return any;
}

/* 5.3.2: it lasts until the next one starts. */
static gboolean
write_period (VsXml *xml, const VsPresentation *self, guint n)
{
  const VsPeriod *period = &g_array_index (self->periods, VsPeriod, n);
  const VsPeriod *next = n + 1 < self->periods->len ? period + 1 : NULL;
  g_autofree gchar *id = g_strdup_printf ("%" G_GUINT64_FORMAT, period->number);
  gsize before = xml->out->len;
  gboolean was_in_tag = xml->in_tag;

  vs_xml_open (xml, "Period");
  vs_xml_attribute (xml, "id", id);
  vs_xml_attribute_duration (xml, "start", period->start_us);
  vs_mpd_write_events (xml, self, period, next);
  if (write_sets (xml, self, period)) {
    vs_xml_close (xml);
    return TRUE;
  }

  /* nothing in it: as if it had never been opened */
  g_string_truncate (xml->out, before);
  xml->in_tag = was_in_tag;
  xml->depth--;
  return FALSE;
}

/* ---- MPD ---- */

static guint64
newest_end_us (const VsPresentation *self)
{
  guint64 end = 0;

  for (guint i = 0; i < self->tracks->len; i++) {
    const VsTrack *track = g_ptr_array_index (self->tracks, i);
    const VsSegment *last;

    if (track->segments->len == 0 || track->media == VS_MEDIA_TEXT)
      continue;
    last = g_ptr_array_index (track->segments, track->segments->len - 1);
    end = MAX (end,
        vs_text_ticks_to_us (last->start + last->duration, last->timescale));
  }
  return end;
}

/* 5.3.1.2, IOP 4: how a player follows what is still growing. */
static void
write_dynamic (VsXml *xml, const VsPresentation *self, gint64 now_us)
{
  guint64 target_us = self->target_duration_ms * (guint64) 1000;
  guint64 depth_us = MAX (self->window_us,
      DELAY_SEGMENTS * self->target_duration_s * (guint64) G_USEC_PER_SEC);

  vs_xml_attribute_date (xml, "availabilityStartTime", self->epoch_us);
  vs_xml_attribute_date (
      xml, "publishTime", self->changed_us != 0 ? self->changed_us : now_us);
  vs_xml_attribute_duration (xml, "minimumUpdatePeriod", target_us);
  if (self->type == VS_PRESENTATION_LIVE && self->window_us > 0)
    vs_xml_attribute_duration (xml, "timeShiftBufferDepth", depth_us);
  vs_xml_attribute_duration (
      xml, "suggestedPresentationDelay", DELAY_SEGMENTS * target_us);
}

/* 5.8.5.7: the clock that the segments' availability is told in. */
static void
write_timing (VsXml *xml, const VsPresentation *self, gint64 now_us)
{
  g_autoptr (GString) now = g_string_new (NULL);

  if (self->timing_url != NULL) {
    write_descriptor (xml, "UTCTiming", "urn:mpeg:dash:utc:http-xsdate:2014",
        self->timing_url);
    return;
  }
  vs_text_append_date (now, now_us);
  write_descriptor (
      xml, "UTCTiming", "urn:mpeg:dash:utc:direct:2014", now->str);
}

static void
write_head (
    VsXml *xml, const VsPresentation *self, gboolean is_dynamic, gint64 now_us)
{
  vs_xml_open (xml, "MPD");
  vs_xml_attribute (xml, "xmlns", "urn:mpeg:dash:schema:mpd:2011");
  vs_xml_attribute (xml, "profiles",
      "urn:mpeg:dash:profile:isoff-live:2011,"
      "urn:mpeg:dash:profile:cmaf:2019");
  vs_xml_attribute (xml, "type", is_dynamic ? "dynamic" : "static");
  /* @bandwidth is the peak of a segment: one that is fetched at that rate is
   * there after its own duration */
  vs_xml_attribute_duration (
      xml, "minBufferTime", self->target_duration_ms * (guint64) 1000);
  if (is_dynamic)
    write_dynamic (xml, self, now_us);
  else
    vs_xml_attribute_duration (
        xml, "mediaPresentationDuration", newest_end_us (self));
}

gchar *
vs_mpd_write (const VsPresentation *self, gint64 now_us)
{
  gboolean is_dynamic = !self->ended;
  gboolean any = FALSE;
  VsXml xml;

  /* a static MPD says that all is there */
  if (self->container != VS_CONTAINER_CMAF ||
      (self->type == VS_PRESENTATION_VOD && !self->ended))
    return NULL;

  vs_xml_init (&xml, 0);
  g_string_append (xml.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  write_head (&xml, self, is_dynamic, now_us);
  for (guint i = 0; i < self->periods->len; i++)
    any |= write_period (&xml, self, i);
  if (is_dynamic)
    write_timing (&xml, self, now_us);
  vs_xml_close (&xml);

  return g_string_free (xml.out, !any);
}
