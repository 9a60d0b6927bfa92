/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-poster.h"

#include "store/vs-store.h"
#include "worker/vs-plugins.h"

/* The first key frame from here on: films begin in black. */
#define WANTED (5 * GST_SECOND)
#define PATIENCE (10 * GST_SECOND)

/* Decoders hold frames back until they are told that no more come. */
#define LINE                                                                   \
  "appsrc name=in format=time ! decodebin ! videoconvert ! videoscale ! "      \
  "capsfilter name=size ! jpegenc quality=80 ! "                               \
  "appsink name=out sync=false max-buffers=1 drop=false"

/* Of one rendition. */
typedef struct {
  GstSample *sample;
  GstClockTime first; /* time of the first frame */
  gboolean settled;   /* it is late enough */
} Frame;

/* Shared with the probes, which may outlive the poster for a moment. */
typedef struct {
  GMutex lock;
  GHashTable *frames; /* GstPad (a key only) to Frame */
} Shared;

struct _VsPoster {
  GstElement *publisher;
  Shared *shared; /* atomic box */
  gulong added_id;
};

static void
frame_free (gpointer data)
{
  Frame *self = data;

  g_clear_pointer (&self->sample, gst_sample_unref);
  g_free (self);
}

static void
shared_clear (gpointer data)
{
  Shared *shared = data;

  g_hash_table_unref (shared->frames);
  g_mutex_clear (&shared->lock);
}

static void
shared_release (gpointer data)
{
  g_atomic_rc_box_release_full (data, shared_clear);
}

static void
take_frame (Frame *frame, GstPad *pad, GstBuffer *buffer)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  GstClockTime pts = GST_BUFFER_PTS (buffer);

  if (!caps || !GST_CLOCK_TIME_IS_VALID (pts))
    return;
  if (!frame->sample)
    frame->first = pts;
  frame->settled = pts >= frame->first + WANTED;
  g_clear_pointer (&frame->sample, gst_sample_unref);
  frame->sample = gst_sample_new (buffer, caps, NULL, NULL);
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Shared *shared = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gboolean settled = FALSE;
  Frame *frame;

  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&shared->lock);
  frame = g_hash_table_lookup (shared->frames, pad);
  if (frame)
    take_frame (frame, pad, buffer);
  settled = !frame || frame->settled;
  g_mutex_unlock (&shared->lock);
  return settled ? GST_PAD_PROBE_REMOVE : GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement *publisher, GstPad *pad, gpointer user_data)
{
  VsPoster *self = user_data;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SINK ||
      !g_str_has_prefix (GST_PAD_NAME (pad), "video"))
    return;
  g_mutex_lock (&self->shared->lock);
  g_hash_table_insert (self->shared->frames, pad, g_new0 (Frame, 1));
  g_mutex_unlock (&self->shared->lock);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer,
      g_atomic_rc_box_acquire (self->shared), shared_release);
}

static gboolean
on_each_pad (GstElement *publisher, GstPad *pad, gpointer user_data)
{
  on_pad_added (publisher, pad, user_data);
  return TRUE;
}

VsPoster *
vs_poster_new (GstElement *publisher)
{
  VsPoster *self = g_new0 (VsPoster, 1);

  self->publisher = gst_object_ref (publisher);
  self->shared = g_atomic_rc_box_new0 (Shared);
  g_mutex_init (&self->shared->lock);
  self->shared->frames = g_hash_table_new_full (NULL, NULL, NULL, frame_free);
  self->added_id = g_signal_connect (
      publisher, "pad-added", G_CALLBACK (on_pad_added), self);
  (void) gst_element_foreach_sink_pad (publisher, on_each_pad, self);
  return self;
}

void
vs_poster_free (VsPoster *self)
{
  if (!self)
    return;
  g_signal_handler_disconnect (self->publisher, self->added_id);
  gst_object_unref (self->publisher);
  shared_release (self->shared);
  g_free (self);
}

static gint
get_width (GstSample *sample)
{
  gint width = 0;

  (void) gst_structure_get_int (
      gst_caps_get_structure (gst_sample_get_caps (sample), 0), "width",
      &width);
  return width;
}

/* The smallest that need not be enlarged, or the largest. */
static GstSample *
choose (VsPoster *self)
{
  GstSample *best = NULL;
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&self->shared->lock);
  g_hash_table_iter_init (&iter, self->shared->frames);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    GstSample *sample = ((Frame *) value)->sample;
    gint width = sample ? get_width (sample) : 0;
    gint before = best ? get_width (best) : 0;

    if (width > 0 &&
        (before < VS_POSTER_WIDTH ? width > before
                                  : width < before && width >= VS_POSTER_WIDTH))
      best = sample;
  }
  if (best)
    gst_sample_ref (best);
  g_mutex_unlock (&self->shared->lock);
  return best;
}

/* Square pixels, even, no wider than a poster is. */
static GstCaps *
get_size (GstSample *sample)
{
  GstStructure *from = gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  gint width = 0, height = 0, par_n = 1, par_d = 1;
  gint64 shown;

  (void) gst_structure_get_int (from, "width", &width);
  (void) gst_structure_get_int (from, "height", &height);
  (void) gst_structure_get_fraction (
      from, "pixel-aspect-ratio", &par_n, &par_d);
  if (width <= 0 || height <= 0 || par_n <= 0 || par_d <= 0)
    return NULL;
  shown = MAX ((gint64) width * par_n / par_d, 2);
  if (shown > VS_POSTER_WIDTH) {
    height = (gint) MAX ((gint64) height * VS_POSTER_WIDTH / shown, 2);
    shown = VS_POSTER_WIDTH;
  }
  return gst_caps_new_simple ("video/x-raw", "width", G_TYPE_INT,
      (gint) shown & ~1, "height", G_TYPE_INT, height & ~1,
      "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
}

static void
feed (GstElement *in, GstSample *sample)
{
  g_autoptr (GstBuffer) buffer =
      gst_buffer_copy (gst_sample_get_buffer (sample));
  GstFlowReturn flow = GST_FLOW_OK;

  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = 0;
  g_signal_emit_by_name (in, "push-buffer", buffer, &flow);
  g_signal_emit_by_name (in, "end-of-stream", &flow);
}

static GBytes *
take_picture (GstElement *out)
{
  g_autoptr (GstSample) sample = NULL;
  GstMapInfo map;
  GBytes *bytes = NULL;

  g_signal_emit_by_name (out, "try-pull-sample", (guint64) PATIENCE, &sample);
  if (sample &&
      gst_buffer_map (gst_sample_get_buffer (sample), &map, GST_MAP_READ)) {
    bytes = g_bytes_new (map.data, map.size);
    gst_buffer_unmap (gst_sample_get_buffer (sample), &map);
  }
  return bytes;
}

/* libav's decoders of GStreamer 1.26 now and then take a downstream buffer for
 * a picture with its padding, and the process ends by g_error (). */
static void
on_deep_element_added (
    GstBin *pipeline, GstBin *parent, GstElement *element, gpointer user_data)
{
  GObjectClass *class = G_OBJECT_GET_CLASS (element);

  if (g_object_class_find_property (class, "direct-rendering"))
    g_object_set (element, "direct-rendering", FALSE, NULL);
}

static void
set_up_decoders (GstElement *pipeline)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  if (minor >= 24)
    g_signal_connect (pipeline, "deep-element-added",
        G_CALLBACK (on_deep_element_added), NULL);
}

GBytes *
vs_poster_make (VsPoster *self)
{
  g_autoptr (GstSample) sample = choose (self);
  g_autoptr (GstCaps) size = sample ? get_size (sample) : NULL;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) in = NULL;
  g_autoptr (GstElement) filter = NULL;
  g_autoptr (GstElement) out = NULL;
  GBytes *bytes = NULL;

  if (!size)
    return NULL;
  vs_plugins_add_decoders ();
  pipeline = gst_parse_launch (LINE, NULL);
  if (!pipeline)
    return NULL;
  set_up_decoders (pipeline);
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  filter = gst_bin_get_by_name (GST_BIN (pipeline), "size");
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  if (in && filter && out) {
    g_object_set (in, "caps", gst_sample_get_caps (sample), NULL);
    g_object_set (filter, "caps", size, NULL);
    (void) gst_element_set_state (pipeline, GST_STATE_PLAYING);
    feed (in, sample);
    bytes = take_picture (out);
  }
  (void) gst_element_set_state (pipeline, GST_STATE_NULL);
  return bytes;
}

static void
on_stored (const GError *error, gpointer user_data)
{
  GError **first = user_data;

  if (error && !*first)
    *first = g_error_copy (error);
}

gboolean
vs_poster_store (GBytes *picture, const gchar *location, GError **error)
{
  g_autoptr (VsStore) store = vs_store_open (location, error);
  g_autoptr (GError) failed = NULL;
  gboolean flushed;

  if (!store)
    return FALSE;
  vs_store_put (store, VS_POSTER_KEY, &picture, 1, NULL, on_stored, &failed);
  /* Flushed, all that was put has been told of. */
  flushed = vs_store_flush (store, error);
  if (flushed && failed)
    g_propagate_error (error, g_steal_pointer (&failed));
  return flushed && (!error || !*error);
}
