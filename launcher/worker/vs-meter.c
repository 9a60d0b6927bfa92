/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-meter.h"

/* Shared by the meter and the probes, which may outlive it for a moment. */
typedef struct {
  GMutex lock;
  GHashTable *positions; /* GstPad (a key only) to Position */
} Shared;

typedef struct {
  GstClockTime reached;
  gboolean ended;
} Position;

struct _VsMeter {
  GstElement *sink;
  Shared *shared; /* atomic box */
  gulong added_id, removed_id;
};

static void
shared_clear (gpointer data)
{
  Shared *shared = data;

  g_hash_table_unref (shared->positions);
  g_mutex_clear (&shared->lock);
}

static void
shared_release (gpointer data)
{
  g_atomic_rc_box_release_full (data, shared_clear);
}

static GstClockTime
get_running_time (GstPad *pad, GstBuffer *buffer)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment = NULL;
  GstClockTime end = GST_BUFFER_PTS (buffer);

  if (!event || !GST_CLOCK_TIME_IS_VALID (end))
    return GST_CLOCK_TIME_NONE;
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    end += GST_BUFFER_DURATION (buffer);
  gst_event_parse_segment (event, &segment);
  if (segment->format != GST_FORMAT_TIME)
    return GST_CLOCK_TIME_NONE;
  return gst_segment_to_running_time (segment, GST_FORMAT_TIME, end);
}

static GstPadProbeReturn
on_data (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Shared *shared = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gboolean ended = !buffer && GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (
                                  info)) == GST_EVENT_EOS;
  GstClockTime reached =
      buffer ? get_running_time (pad, buffer) : GST_CLOCK_TIME_NONE;
  Position *position;

  g_mutex_lock (&shared->lock);
  position = g_hash_table_lookup (shared->positions, pad);
  if (position && ended)
    position->ended = TRUE;
  if (position && GST_CLOCK_TIME_IS_VALID (reached))
    position->reached = MAX (position->reached, reached);
  g_mutex_unlock (&shared->lock);
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement *sink, GstPad *pad, gpointer user_data)
{
  VsMeter *self = user_data;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SINK)
    return;
  g_mutex_lock (&self->shared->lock);
  g_hash_table_insert (self->shared->positions, pad, g_new0 (Position, 1));
  g_mutex_unlock (&self->shared->lock);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_data,
      g_atomic_rc_box_acquire (self->shared), shared_release);
}

static void
on_pad_removed (GstElement *sink, GstPad *pad, gpointer user_data)
{
  VsMeter *self = user_data;

  g_mutex_lock (&self->shared->lock);
  g_hash_table_remove (self->shared->positions, pad);
  g_mutex_unlock (&self->shared->lock);
}

static gboolean
on_each_pad (GstElement *sink, GstPad *pad, gpointer user_data)
{
  on_pad_added (sink, pad, user_data);
  return TRUE;
}

VsMeter *
vs_meter_new (GstElement *sink)
{
  VsMeter *self = g_new0 (VsMeter, 1);

  self->sink = gst_object_ref (sink);
  self->shared = g_atomic_rc_box_new0 (Shared);
  g_mutex_init (&self->shared->lock);
  self->shared->positions = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->added_id =
      g_signal_connect (sink, "pad-added", G_CALLBACK (on_pad_added), self);
  self->removed_id =
      g_signal_connect (sink, "pad-removed", G_CALLBACK (on_pad_removed), self);
  (void) gst_element_foreach_sink_pad (sink, on_each_pad, self);
  return self;
}

void
vs_meter_free (VsMeter *self)
{
  if (!self)
    return;
  g_signal_handler_disconnect (self->sink, self->added_id);
  g_signal_handler_disconnect (self->sink, self->removed_id);
  gst_object_unref (self->sink);
  shared_release (self->shared);
  g_free (self);
}

/* The slowest stream that still goes, or the end of the longest. */
GstClockTime
vs_meter_get_position (VsMeter *self)
{
  GstClockTime slowest = GST_CLOCK_TIME_NONE;
  GstClockTime longest = 0;
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&self->shared->lock);
  g_hash_table_iter_init (&iter, self->shared->positions);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Position *position = value;

    longest = MAX (longest, position->reached);
    if (!position->ended)
      slowest = MIN (slowest, position->reached);
  }
  g_mutex_unlock (&self->shared->lock);
  if (longest == 0)
    return GST_CLOCK_TIME_NONE;
  return GST_CLOCK_TIME_IS_VALID (slowest) ? slowest : longest;
}
