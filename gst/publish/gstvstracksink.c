/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Life of a buffer: it is rendered … its times become running time, signed …
 * it goes into the session as a packet that keeps the buffer mapped until its
 * segment is stored.
 *
 * Threading: `session` and `track` change only while no data flows; all else
 * belongs to the streaming thread. */
#include "publish/gstvstracksink.h"

#include <string.h>

#include <gst/audio/audio.h>

#include "core/vs-codec-config.h"
#include "core/vs-scte35.h"
#include "core/vs-webvtt.h"
#include "publish/gstabrsinkpad.h"
#include "publish/vs-caps.h"

GST_DEBUG_CATEGORY_STATIC (track_sink_debug);
#define GST_CAT_DEFAULT track_sink_debug

struct _GstVsTrackSink {
  GstBaseSink parent;

  VsMedia media;
  VsSession *session;
  guint track;

  VsStream *stream;   /* of text: NULL */
  gboolean is_markup; /* text */
  GstTagList *tags;
  gboolean stream_changed;
  guint64 dropped;
};

G_DEFINE_TYPE (GstVsTrackSink, gst_vs_track_sink, GST_TYPE_BASE_SINK)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (VS_VIDEO_CAPS "; " VS_AUDIO_CAPS "; " VS_TEXT_CAPS));

static gboolean
set_text_caps (GstVsTrackSink *self, const GstCaps *caps)
{
  const GstStructure *s = gst_caps_get_structure (caps, 0);

  self->is_markup =
      g_strcmp0 (gst_structure_get_string (s, "format"), "pango-markup") == 0;
  self->stream_changed = TRUE;
  return TRUE;
}

static gboolean
gst_vs_track_sink_set_caps (GstBaseSink *sink, GstCaps *caps)
{
  GstVsTrackSink *self = GST_VS_TRACK_SINK (sink);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *codec = NULL;
  VsStream *stream;

  if (self->media == VS_MEDIA_TEXT)
    return set_text_caps (self, caps);
  stream = vs_caps_to_stream (caps, &error);
  if (stream != NULL && stream->codec_data != NULL)
    codec = vs_codec_string (stream, &error);
  if (error != NULL) {
    vs_stream_free (stream);
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", error->message), (NULL));
    return FALSE;
  }
  g_clear_pointer (&self->stream, vs_stream_free);
  self->stream = stream;
  self->stream_changed = TRUE;
  return TRUE;
}

static void
take_tags (GstVsTrackSink *self, GstEvent *event)
{
  GstTagList *tags;
  GstTagList *merged;

  gst_event_parse_tag (event, &tags);
  merged = gst_tag_list_merge (self->tags, tags, GST_TAG_MERGE_REPLACE);
  if (self->tags != NULL)
    gst_tag_list_unref (self->tags);
  self->tags = merged;
}

static gboolean
end_track (GstVsTrackSink *self)
{
  g_autoptr (GError) error = NULL;

  if (self->dropped > 0 && self->media == VS_MEDIA_TEXT)
    GST_ELEMENT_WARNING (self, STREAM, DEMUX,
        ("%" G_GUINT64_FORMAT " cues of %s were dropped: they came too late, "
         "or were more than can be held.",
            self->dropped, GST_OBJECT_NAME (self)),
        (NULL));
  else if (self->dropped > 0)
    GST_ELEMENT_WARNING (self, STREAM, DEMUX,
        ("%" G_GUINT64_FORMAT " buffers of %s were dropped: they came when it "
         "was not waited for any longer, or their times went backwards.",
            self->dropped, GST_OBJECT_NAME (self)),
        (NULL));
  if (self->session == NULL)
    return TRUE;
  if (vs_session_end (self->session, self->track, &error))
    return TRUE;
  if (error != NULL)
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("%s", error->message), (NULL));
  return FALSE;
}

static gint64
running_time (const GstSegment *segment, GstClockTime time)
{
  guint64 value;
  gint sign =
      gst_segment_to_running_time_full (segment, GST_FORMAT_TIME, time, &value);

  return sign >= 0 ? (gint64) value : -(gint64) value;
}

typedef struct {
  GstBuffer *buffer;
  GstMapInfo map;
} MappedBuffer;

static void
mapped_buffer_free (gpointer data)
{
  MappedBuffer *mapped = data;

  gst_buffer_unmap (mapped->buffer, &mapped->map);
  gst_buffer_unref (mapped->buffer);
  g_free (mapped);
}

static GBytes *
map_bytes (GstBuffer *buffer)
{
  MappedBuffer *mapped = g_new0 (MappedBuffer, 1);

  mapped->buffer = gst_buffer_ref (buffer);
  if (!gst_buffer_map (buffer, &mapped->map, GST_MAP_READ)) {
    gst_buffer_unref (buffer);
    g_free (mapped);
    return NULL;
  }
  return g_bytes_new_with_free_func (
      mapped->map.data, mapped->map.size, mapped_buffer_free, mapped);
}

static guint
clip_of (const GstVsTrackSink *self, GstBuffer *buffer)
{
  const GstAudioClippingMeta *meta =
      gst_buffer_get_audio_clipping_meta (buffer);

  if (meta == NULL)
    return 0;
  if (meta->format == GST_FORMAT_DEFAULT)
    return (guint) meta->start;
  if (meta->format == GST_FORMAT_TIME)
    return (guint) gst_util_uint64_scale_round (
        meta->start, self->stream->timescale, GST_SECOND);
  return 0;
}

/* The bin's pad that leads here has properties that people set. */
static GstAbrSinkPad *
dup_outer_pad (GstVsTrackSink *self)
{
  g_autoptr (GstPad) inner = gst_pad_get_peer (GST_BASE_SINK_PAD (self));
  g_autoptr (GstObject) ghost =
      inner != NULL ? gst_object_get_parent (GST_OBJECT (inner)) : NULL;

  return ghost != NULL && GST_IS_ABR_SINK_PAD (ghost)
             ? GST_ABR_SINK_PAD (g_steal_pointer (&ghost))
             : NULL;
}

static void
announce_stream (GstVsTrackSink *self)
{
  g_autoptr (GstAbrSinkPad) pad = dup_outer_pad (self);
  g_autofree gchar *label =
      pad != NULL ? gst_abr_sink_pad_dup_label (pad) : NULL;

  if (vs_caps_is_live (GST_BASE_SINK_PAD (self)))
    vs_session_set_live (self->session);

  if (self->tags != NULL)
    vs_caps_apply_tags (self->stream, self->tags);
  vs_session_set_stream (self->session, self->track, self->stream, label);
  self->stream_changed = FALSE;
}

/* --- text --- */

static void
announce_text (GstVsTrackSink *self)
{
  g_autoptr (GstAbrSinkPad) pad = dup_outer_pad (self);
  g_autofree gchar *label =
      pad != NULL ? gst_abr_sink_pad_dup_label (pad) : NULL;
  g_autofree gchar *language = NULL;

  if (!self->stream_changed || self->session == NULL)
    return;
  if (self->tags != NULL)
    gst_tag_list_get_string (self->tags, GST_TAG_LANGUAGE_CODE, &language);
  vs_session_set_text (self->session, self->track, language, label,
      pad != NULL && gst_abr_sink_pad_is_default (pad),
      pad != NULL && gst_abr_sink_pad_is_forced (pad));
  self->stream_changed = FALSE;
}

/* A gap says how far the text has come; a silent track is known to be there by
 * it, or by its end. */
static void
see_text_event (GstVsTrackSink *self, GstEvent *event)
{
  const GstSegment *segment = &GST_BASE_SINK (self)->segment;
  GstClockTime start, duration;

  if (self->session == NULL)
    return;
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    announce_text (self);
  if (GST_EVENT_TYPE (event) != GST_EVENT_GAP)
    return;
  announce_text (self);
  gst_event_parse_gap (event, &start, &duration);
  if (GST_CLOCK_TIME_IS_VALID (duration))
    start += duration;
  if (segment->format == GST_FORMAT_TIME)
    vs_session_advance_text (
        self->session, self->track, running_time (segment, start));
}

static GstFlowReturn
render_text (GstVsTrackSink *self, GstBuffer *buffer)
{
  const GstSegment *segment = &GST_BASE_SINK (self)->segment;
  GstMapInfo map;
  gint64 start, end = G_MININT64;
  gchar *payload;

  if (self->session == NULL) /* MPEG-TS: it is only taken */
    return GST_FLOW_OK;
  if (!GST_BUFFER_PTS_IS_VALID (buffer) ||
      !gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    self->dropped++;
    return GST_FLOW_OK;
  }
  announce_text (self);
  payload = (self->is_markup ? vs_webvtt_from_markup : vs_webvtt_from_plain) (
      (const gchar *) map.data,
      (gssize) strnlen ((const gchar *) map.data, map.size));
  gst_buffer_unmap (buffer, &map);
  start = running_time (segment, GST_BUFFER_PTS (buffer));
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    end = start + (gint64) GST_BUFFER_DURATION (buffer);
  if (*payload == '\0') { /* how some say that nothing is shown */
    g_free (payload);
    vs_session_advance_text (self->session, self->track, start);
    return GST_FLOW_OK;
  }
  switch (
      vs_session_push_cue (self->session, self->track, start, end, payload)) {
    case VS_PUSH_DROPPED:
      self->dropped++;
      return GST_FLOW_OK;
    case VS_PUSH_TAKEN:
      return GST_FLOW_OK;
    case VS_PUSH_STOPPED:
    case VS_PUSH_ERROR:
    default:
      return GST_FLOW_FLUSHING;
  }
}

/* --- cuts of the programme, as playbackqueuesrc tells of them --- */

static VsAd *
make_ad (GstVsTrackSink *self, const GstStructure *s)
{
  const gchar *id = gst_structure_get_string (s, "ad-id");
  const gchar *text = gst_structure_get_string (s, "ad-scte35");
  guint64 duration = 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) section = NULL;

  if (id == NULL)
    return NULL;
  gst_structure_get_uint64 (s, "ad-duration", &duration);
  if (text != NULL)
    section = vs_scte35_parse (text, &error);
  if (error != NULL)
    GST_ELEMENT_WARNING (
        self, STREAM, FORMAT, ("Ad “%s”: %s", id, error->message), (NULL));
  return vs_ad_new (id, duration / 1000, section);
}

static void
see_cut (GstVsTrackSink *self, GstEvent *event)
{
  const GstStructure *s = gst_event_get_structure (event);
  const gchar *reason;
  guint64 time;
  VsAd *ad;

  if (self->session == NULL || !gst_structure_has_name (s, "vstream-cut") ||
      !gst_structure_get_uint64 (s, "running-time", &time))
    return;
  reason = gst_structure_get_string (s, "reason");
  ad = make_ad (self, s);
  vs_session_mark (self->session, (gint64) time,
      g_strcmp0 (reason, "interrupt") == 0 || g_strcmp0 (reason, "return") == 0
          ? VS_SESSION_CUT
          : VS_SESSION_JOIN,
      ad);
  vs_ad_free (ad);
}

/* --- key frames that an encoder knows of before they come --- */

static void
see_key (GstVsTrackSink *self, GstEvent *event)
{
  const GstStructure *s = gst_event_get_structure (event);
  const GstSegment *segment = &GST_BASE_SINK (self)->segment;
  g_autoptr (GError) error = NULL;
  guint64 pts, dts;

  if (self->session == NULL || self->media != VS_MEDIA_VIDEO ||
      self->stream == NULL || self->stream_changed ||
      segment->format != GST_FORMAT_TIME ||
      !gst_structure_has_name (s, "vstream-key") ||
      !gst_structure_get (
          s, "pts", G_TYPE_UINT64, &pts, "dts", G_TYPE_UINT64, &dts, NULL))
    return;
  vs_session_expect_key (self->session, self->track,
      running_time (segment, pts), running_time (segment, dts), &error);
  if (error != NULL)
    GST_ELEMENT_ERROR (self, STREAM, MUX, ("%s", error->message), (NULL));
}

static gboolean
gst_vs_track_sink_event (GstBaseSink *sink, GstEvent *event)
{
  GstVsTrackSink *self = GST_VS_TRACK_SINK (sink);

  if (GST_EVENT_TYPE (event) == GST_EVENT_TAG)
    take_tags (self, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_DOWNSTREAM_STICKY)
    see_cut (self, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_DOWNSTREAM)
    see_key (self, event);
  if (self->media == VS_MEDIA_TEXT)
    see_text_event (self, event);
  /* All is stored before the EOS message: who waits for it may go home. */
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && !end_track (self)) {
    gst_event_unref (event);
    return FALSE;
  }
  return GST_BASE_SINK_CLASS (gst_vs_track_sink_parent_class)
      ->event (sink, event);
}

/* Makes the codec data that the caps did not bring from @data, a key frame. */
static gboolean
ensure_codec_data (GstVsTrackSink *self, GBytes *data, GError **error)
{
  gsize size;
  const guint8 *frame;

  if (self->stream->codec_data != NULL)
    return TRUE;
  frame = g_bytes_get_data (data, &size);
  self->stream->codec_data =
      vs_codec_config_from_frame (self->stream, frame, size, error);
  return self->stream->codec_data != NULL;
}

/* A sample of AV1 has no temporal delimiter (AV1 in ISOBMFF 2.4). */
static GBytes *
strip_delimiter (const GstVsTrackSink *self, GBytes *data)
{
  gsize size, skip;
  const guint8 *unit = g_bytes_get_data (data, &size);
  GBytes *rest;

  if (self->stream->codec != VS_CODEC_AV1)
    return data;
  skip = vs_codec_config_av1_delimiter (unit, size);
  rest = g_bytes_new_from_bytes (data, skip, size - skip);
  g_bytes_unref (data);
  return rest;
}

static void
fill_packet (GstVsTrackSink *self, GstBuffer *buffer, VsPacket *packet)
{
  const GstSegment *segment = &GST_BASE_SINK (self)->segment;

  packet->pts = running_time (segment, GST_BUFFER_PTS (buffer));
  packet->dts = GST_BUFFER_DTS_IS_VALID (buffer)
                    ? running_time (segment, GST_BUFFER_DTS (buffer))
                    : G_MININT64;
  packet->duration = GST_BUFFER_DURATION_IS_VALID (buffer)
                         ? (gint64) GST_BUFFER_DURATION (buffer)
                         : -1;
  packet->sync = self->media == VS_MEDIA_AUDIO ||
                 !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  packet->clip = self->media == VS_MEDIA_AUDIO ? clip_of (self, buffer) : 0;
  packet->data = map_bytes (buffer);
  if (packet->data != NULL)
    packet->data = strip_delimiter (self, packet->data);
}

static GstFlowReturn
push_packet (GstVsTrackSink *self, VsPacket *packet)
{
  g_autoptr (GError) error = NULL;

  switch (vs_session_push (self->session, self->track, packet, &error)) {
    case VS_PUSH_TAKEN:
      return GST_FLOW_OK;
    case VS_PUSH_DROPPED:
      self->dropped++;
      GST_DEBUG_OBJECT (
          self, "dropped a packet of %" G_GINT64_FORMAT " ns", packet->pts);
      return GST_FLOW_OK;
    case VS_PUSH_STOPPED:
      return GST_FLOW_FLUSHING;
    case VS_PUSH_ERROR:
    default:
      GST_ELEMENT_ERROR (self, STREAM, MUX, ("%s", error->message), (NULL));
      return GST_FLOW_ERROR;
  }
}

static GstFlowReturn
gst_vs_track_sink_render (GstBaseSink *sink, GstBuffer *buffer)
{
  GstVsTrackSink *self = GST_VS_TRACK_SINK (sink);
  g_autoptr (GError) error = NULL;
  VsPacket packet = { 0 };

  if (self->media == VS_MEDIA_TEXT)
    return render_text (self, buffer);
  if (self->stream == NULL || self->session == NULL)
    return GST_FLOW_NOT_NEGOTIATED;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER) &&
      !GST_BUFFER_PTS_IS_VALID (buffer))
    return GST_FLOW_OK; /* stream headers travel in caps as well */
  if (!GST_BUFFER_PTS_IS_VALID (buffer)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("A buffer of %s has no timestamp; put a parser before abrsink.",
            GST_OBJECT_NAME (self)),
        (NULL));
    return GST_FLOW_ERROR;
  }
  fill_packet (self, buffer, &packet);
  if (packet.data == NULL)
    return GST_FLOW_ERROR;
  if (self->stream->codec_data == NULL && !packet.sync) {
    g_bytes_unref (packet.data); /* nothing can be decoded before a key frame */
    self->dropped++;
    return GST_FLOW_OK;
  }
  if (!ensure_codec_data (self, packet.data, &error)) {
    g_bytes_unref (packet.data);
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", error->message), (NULL));
    return GST_FLOW_ERROR;
  }
  if (self->stream_changed)
    announce_stream (self);
  return push_packet (self, &packet);
}

static gboolean
gst_vs_track_sink_stop (GstBaseSink *sink)
{
  GstVsTrackSink *self = GST_VS_TRACK_SINK (sink);

  g_clear_pointer (&self->stream, vs_stream_free);
  g_clear_pointer (&self->tags, gst_tag_list_unref);
  self->stream_changed = FALSE;
  self->dropped = 0;
  return TRUE;
}

static void
gst_vs_track_sink_finalize (GObject *object)
{
  GstVsTrackSink *self = GST_VS_TRACK_SINK (object);

  gst_vs_track_sink_stop (GST_BASE_SINK (self));
  G_OBJECT_CLASS (gst_vs_track_sink_parent_class)->finalize (object);
}

static void
gst_vs_track_sink_class_init (GstVsTrackSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *sink_class = GST_BASE_SINK_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      track_sink_debug, "abrtracksink", 0, "one track of abrsink");
  object_class->finalize = gst_vs_track_sink_finalize;
  sink_class->set_caps = gst_vs_track_sink_set_caps;
  sink_class->event = gst_vs_track_sink_event;
  sink_class->render = gst_vs_track_sink_render;
  sink_class->stop = gst_vs_track_sink_stop;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "Track of abrsink",
      "Sink/Network", "Takes the packets of one track", "vstream");
}

/* async=FALSE: a track that never gets data must not hold up the others.
 * Buffers outside of the segment are the encoder's delay, and wanted. */
static void
gst_vs_track_sink_init (GstVsTrackSink *self)
{
  GstBaseSink *sink = GST_BASE_SINK (self);

  gst_base_sink_set_sync (sink, FALSE);
  gst_base_sink_set_async_enabled (sink, FALSE);
  gst_base_sink_set_drop_out_of_segment (sink, FALSE);
  gst_base_sink_set_last_sample_enabled (sink, FALSE);
  gst_base_sink_set_qos_enabled (sink, FALSE);
}

GstElement *
gst_vs_track_sink_new (VsMedia media, const gchar *name)
{
  GstVsTrackSink *self =
      g_object_new (GST_TYPE_VS_TRACK_SINK, "name", name, NULL);

  self->media = media;
  return GST_ELEMENT (self);
}

void
gst_vs_track_sink_set_session (GstVsTrackSink *self, VsSession *session)
{
  guint track = session != NULL ? vs_session_add_track (session, self->media,
                                      GST_OBJECT_NAME (self))
                                : 0;

  self->session = session;
  self->track = track;
}

void
gst_vs_track_sink_release (GstVsTrackSink *self)
{
  g_autoptr (GError) error = NULL;

  if (self->session == NULL)
    return;
  if (!vs_session_is_started (self->session))
    vs_session_remove_track (self->session, self->track);
  else if (!vs_session_end (self->session, self->track, &error) &&
           error != NULL)
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("%s", error->message), (NULL));
}
