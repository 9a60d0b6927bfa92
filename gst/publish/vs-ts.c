/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/vs-ts.h"

#include <gio/gio.h>

#include "core/vs-error.h"
#include "publish/vs-caps.h"

/* ISO/IEC 13818-1 section 2.4.2.1: the system clock of PTS. */
#define TS_TIMESCALE 90000

typedef struct {
  VsTs *ts;
  guint track; /* of the publisher */
  gchar *name;
  GstElement *sink;      /* hlssink2; owned by the bin */
  GQueue fragments;      /* GMemoryOutputStream, oldest first */
  GMutex lock;           /* guards fragments, last_end, announced */
  GstClockTime opened;   /* running time of the fragment under way */
  GstClockTime last_end; /* running time behind the newest frame */
  gboolean announced;
  guint64 index;
  GBytes *closed; /* the fragment whose end is not known yet */
} Variant;

struct _VsTs {
  GstBin *bin;
  VsPublisher *publisher;
  guint target_s;
  gboolean dated; /* event, live */
  VsTsEpoch get_epoch;
  gpointer user_data;
  GMutex lock; /* guards started, offset and the array of variants */
  gboolean started;
  gint64 offset;         /* ns, from running time to the timeline */
  GPtrArray *variants;   /* Variant */
  GPtrArray *elements;   /* GstElement added to the bin, to be removed */
  GstElement *audio_tee; /* NULL: no audio */
};

static void
variant_free (gpointer data)
{
  Variant *variant = data;

  g_queue_clear_full (&variant->fragments, g_object_unref);
  g_clear_pointer (&variant->closed, g_bytes_unref);
  g_mutex_clear (&variant->lock);
  g_free (variant->name);
  g_free (variant);
}

VsTs *
vs_ts_new (GstBin *bin, VsPublisher *publisher, const VsPublisherConfig *config,
    VsTsEpoch get_epoch, gpointer user_data, GError **error)
{
  VsTs *self;
  const gchar *const needed[] = { "hlssink2", "mpegtsmux", "h264parse",
    "aacparse" };

  for (guint i = 0; i < G_N_ELEMENTS (needed); i++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (needed[i]);

    if (factory == NULL) {
      g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
          "MPEG-TS needs the element “%s”, which is not installed (Debian: "
          "gstreamer1.0-plugins-bad, gstreamer1.0-plugins-good).",
          needed[i]);
      vs_publisher_free (publisher);
      return NULL;
    }
  }
  self = g_new0 (VsTs, 1);
  self->bin = bin;
  self->publisher = publisher;
  self->target_s = MAX ((config->segment_ms + 500) / 1000, 1);
  self->dated = config->type != VS_PRESENTATION_VOD;
  self->get_epoch = get_epoch;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  self->variants = g_ptr_array_new_with_free_func (variant_free);
  self->elements = g_ptr_array_new ();
  return self;
}

/* splitmuxsink (1.22) wakes its threads once when it is stopped; one that was
 * just opening or closing a fragment then takes its “stopped” for its own next
 * state and waits for ever, and the state change for it. What it does not
 * forget is that a pad is flushing. */
static void
flush_variant (const Variant *variant)
{
  GList *pads;

  GST_OBJECT_LOCK (variant->sink);
  pads = g_list_copy_deep (variant->sink->sinkpads,
      (GCopyFunc) (void (*) (void)) gst_object_ref, NULL);
  GST_OBJECT_UNLOCK (variant->sink);
  for (GList *l = pads; l != NULL; l = l->next)
    gst_pad_send_event (l->data, gst_event_new_flush_start ());
  g_list_free_full (pads, gst_object_unref);
}

void
vs_ts_free (VsTs *self)
{
  if (self == NULL)
    return;
  vs_ts_flush (self);
  for (guint i = 0; i < self->elements->len; i++) {
    GstElement *element = self->elements->pdata[i];

    gst_element_set_locked_state (element, TRUE);
    gst_element_set_state (element, GST_STATE_NULL);
    gst_bin_remove (self->bin, element);
  }
  vs_publisher_free (self->publisher);
  g_ptr_array_unref (self->elements);
  g_ptr_array_unref (self->variants);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static GstElement *
add_element (VsTs *self, const gchar *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  gst_bin_add (self->bin, element);
  g_ptr_array_add (self->elements, element);
  return element;
}

/* --- a variant's hlssink2 --- */

static GOutputStream *
on_get_fragment_stream (
    GstElement *sink, const gchar *location, Variant *variant)
{
  GOutputStream *stream = g_memory_output_stream_new_resizable ();

  g_mutex_lock (&variant->lock);
  g_queue_push_tail (&variant->fragments, g_object_ref (stream));
  g_mutex_unlock (&variant->lock);
  return stream;
}

static GOutputStream *
on_get_playlist_stream (GstElement *sink, const gchar *location, gpointer data)
{
  return g_memory_output_stream_new_resizable ();
}

/* Connected, since hlssink2 would otherwise look for a file. */
static void
on_delete_fragment (GstElement *sink, const gchar *location, gpointer data)
{
}

static Variant *
add_variant (VsTs *self, VsMedia media, const gchar *name)
{
  Variant *variant = g_new0 (Variant, 1);

  variant->ts = self;
  variant->name = g_strdup (name);
  g_queue_init (&variant->fragments);
  g_mutex_init (&variant->lock);
  variant->track = vs_publisher_add_track (self->publisher, media, name);
  variant->opened = variant->last_end = GST_CLOCK_TIME_NONE;
  variant->sink = add_element (self, "hlssink2");
  /* async-handling: without it gst 1.22 loses the EOS message in half of the
   * runs. No key frame requests: x264enc stamps wrongly after one that comes
   * before its first frame; the input brings its key frames. */
  g_object_set (variant->sink, "location", "%05d.ts", "playlist-length", 1,
      "max-files", 0, "target-duration", self->target_s,
      "send-keyframe-requests", FALSE, "async-handling", TRUE, NULL);
  g_signal_connect (variant->sink, "get-fragment-stream",
      G_CALLBACK (on_get_fragment_stream), variant);
  g_signal_connect (variant->sink, "get-playlist-stream",
      G_CALLBACK (on_get_playlist_stream), NULL);
  g_signal_connect (
      variant->sink, "delete-fragment", G_CALLBACK (on_delete_fragment), NULL);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->variants, variant);
  g_mutex_unlock (&self->lock);
  return variant;
}

/* --- what flows in --- */

static void
announce (Variant *variant, GstPad *pad, const GstCaps *caps)
{
  VsTs *self = variant->ts;
  g_autoptr (VsStream) stream = vs_caps_to_stream (caps, NULL);

  if (stream == NULL)
    return;
  stream->timescale = TS_TIMESCALE;
  stream->priming = 0;
  if (!variant->announced && vs_caps_is_live (pad))
    vs_publisher_set_live (self->publisher);
  if (!variant->announced)
    vs_publisher_set_stream (
        self->publisher, variant->track, variant->index, stream, NULL);
  variant->announced = TRUE;
}

static void
announce_audio (VsTs *self, const GstCaps *caps)
{
  g_autoptr (VsStream) stream = vs_caps_to_stream (caps, NULL);

  for (guint i = 0; stream != NULL && i < self->variants->len; i++)
    vs_publisher_set_muxed_audio (
        self->publisher, ((Variant *) self->variants->pdata[i])->track, stream);
}

static void
note_end (Variant *variant, GstPad *pad, GstBuffer *buffer)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;
  GstClockTime end;

  if (event == NULL || !GST_BUFFER_PTS_IS_VALID (buffer))
    return;
  gst_event_parse_segment (event, &segment);
  end = gst_segment_to_running_time (
      segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  if (!GST_CLOCK_TIME_IS_VALID (end))
    return;
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    end += GST_BUFFER_DURATION (buffer);
  g_mutex_lock (&variant->lock);
  if (!GST_CLOCK_TIME_IS_VALID (variant->last_end) || end > variant->last_end)
    variant->last_end = end;
  g_mutex_unlock (&variant->lock);
}

static GstPadProbeReturn
on_main_data (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    note_end (data, pad, GST_PAD_PROBE_INFO_BUFFER (info));
  } else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) ==
             GST_EVENT_CAPS) {
    GstCaps *caps;

    gst_event_parse_caps (GST_PAD_PROBE_INFO_EVENT (info), &caps);
    announce (data, pad, caps);
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_audio_event (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_CAPS) {
    GstCaps *caps;

    gst_event_parse_caps (GST_PAD_PROBE_INFO_EVENT (info), &caps);
    announce_audio (data, caps);
  }
  return GST_PAD_PROBE_OK;
}

/* --- pads --- */

static void
link_audio (VsTs *self, Variant *variant)
{
  GstElement *queue = add_element (self, "queue");

  /* Audio waits for whole GOPs of video in the multiplexer. */
  g_object_set (queue, "max-size-time", 60 * GST_SECOND, "max-size-buffers", 0,
      "max-size-bytes", 0, NULL);
  gst_element_link_pads (self->audio_tee, "src_%u", queue, "sink");
  gst_element_link_pads (queue, "src", variant->sink, "audio");
  gst_element_sync_state_with_parent (queue);
}

static GstPad *
add_video_pad (VsTs *self, const gchar *name)
{
  Variant *variant = add_variant (self, VS_MEDIA_VIDEO, name);
  GstElement *parse = add_element (self, "h264parse");
  GstPad *pad = gst_element_get_static_pad (parse, "sink");

  gst_element_link_pads (parse, "src", variant->sink, "video");
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_main_data, variant, NULL);
  if (self->audio_tee != NULL)
    link_audio (self, variant);
  gst_element_sync_state_with_parent (variant->sink);
  gst_element_sync_state_with_parent (parse);
  return pad;
}

/* One audio goes into every variant; where there is none yet, it is one. */
static GstPad *
add_audio_pad (VsTs *self, const gchar *name)
{
  GstElement *parse;
  GstPad *pad;

  if (self->audio_tee != NULL)
    return NULL;
  self->audio_tee = add_element (self, "tee");
  parse = add_element (self, "aacparse");
  pad = gst_element_get_static_pad (parse, "sink");
  gst_element_link (parse, self->audio_tee);
  if (self->variants->len == 0) {
    Variant *variant = add_variant (self, VS_MEDIA_AUDIO, name);

    gst_pad_add_probe (pad,
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        on_main_data, variant, NULL);
  } else {
    gst_pad_add_probe (
        pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_audio_event, self, NULL);
  }
  for (guint i = 0; i < self->variants->len; i++)
    link_audio (self, self->variants->pdata[i]);
  for (guint i = 0; i < self->variants->len; i++)
    gst_element_sync_state_with_parent (
        ((Variant *) self->variants->pdata[i])->sink);
  gst_element_sync_state_with_parent (self->audio_tee);
  gst_element_sync_state_with_parent (parse);
  return pad;
}

GstPad *
vs_ts_add_pad (VsTs *self, VsMedia media, const gchar *name)
{
  return media == VS_MEDIA_VIDEO ? add_video_pad (self, name)
                                 : add_audio_pad (self, name);
}

/* --- what the variants say --- */

static Variant *
find_variant (VsTs *self, GstObject *source)
{
  Variant *found = NULL;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->variants->len && found == NULL; i++) {
    Variant *variant = self->variants->pdata[i];

    if (source == GST_OBJECT (variant->sink) ||
        gst_object_has_as_ancestor (source, GST_OBJECT (variant->sink)))
      found = variant;
  }
  g_mutex_unlock (&self->lock);
  return found;
}

/* Running time on the presentation's timeline, which earlier runs began. */
static guint64
timeline_ticks (VsTs *self, GstClockTime time)
{
  gint64 offset;

  g_mutex_lock (&self->lock);
  if (!self->started && self->dated)
    self->offset = vs_publisher_set_epoch (
        self->publisher, self->get_epoch (self->user_data));
  self->started = TRUE;
  offset = self->offset;
  g_mutex_unlock (&self->lock);
  return gst_util_uint64_scale_round (time + offset, TS_TIMESCALE, GST_SECOND);
}

/* The fragment closed before now is one from `opened` to @end. */
static void
publish_closed (Variant *variant, GstClockTime end)
{
  const VsIFrame none = { 0 };
  guint64 start;

  if (variant->closed == NULL)
    return;
  if (GST_CLOCK_TIME_IS_VALID (variant->opened) &&
      GST_CLOCK_TIME_IS_VALID (end) && end > variant->opened) {
    start = timeline_ticks (variant->ts, variant->opened);
    vs_publisher_put_segment (variant->ts->publisher, variant->track,
        variant->index++, start, timeline_ticks (variant->ts, end) - start,
        none, &variant->closed, 1);
  }
  g_clear_pointer (&variant->closed, g_bytes_unref);
}

static void
close_fragment (Variant *variant)
{
  g_autoptr (GMemoryOutputStream) stream = NULL;

  g_mutex_lock (&variant->lock);
  stream = g_queue_pop_head (&variant->fragments);
  g_mutex_unlock (&variant->lock);
  if (stream == NULL)
    return;
  g_clear_pointer (&variant->closed, g_bytes_unref);
  /* A copy: hlssink2 may flush the stream again before it lets go of it. */
  variant->closed = g_bytes_new (g_memory_output_stream_get_data (stream),
      g_memory_output_stream_get_data_size (stream));
}

static void
handle_element (Variant *variant, GstMessage *message)
{
  const GstStructure *s = gst_message_get_structure (message);
  GstClockTime time = GST_CLOCK_TIME_NONE;

  gst_structure_get_clock_time (s, "running-time", &time);
  if (gst_structure_has_name (s, "splitmuxsink-fragment-opened")) {
    publish_closed (variant, time);
    variant->opened = time;
  } else if (gst_structure_has_name (s, "splitmuxsink-fragment-closed")) {
    close_fragment (variant);
  }
}

static gboolean
end_variant (Variant *variant, GError **error)
{
  VsTs *self = variant->ts;
  GstClockTime end;
  gboolean last;

  g_mutex_lock (&variant->lock);
  end = variant->last_end;
  g_mutex_unlock (&variant->lock);
  publish_closed (variant, end);
  last =
      vs_publisher_end_track (self->publisher, variant->track, variant->index);
  return !last || vs_publisher_finish (self->publisher, error);
}

gboolean
vs_ts_handle_message (VsTs *self, GstMessage *message, GError **error)
{
  Variant *variant;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT &&
      GST_MESSAGE_TYPE (message) != GST_MESSAGE_EOS)
    return TRUE;
  variant = find_variant (self, GST_MESSAGE_SRC (message));
  if (variant == NULL)
    return TRUE;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT)
    handle_element (variant, message);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return end_variant (variant, error);
  return TRUE;
}

void
vs_ts_flush (VsTs *self)
{
  vs_publisher_set_flushing (self->publisher, TRUE);
  for (guint i = 0; i < self->variants->len; i++)
    flush_variant (self->variants->pdata[i]);
}

void
vs_ts_get_stats (VsTs *self, VsPublisherStats *stats)
{
  vs_publisher_get_stats (self->publisher, stats);
}
