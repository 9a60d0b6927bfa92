/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-out.h"

#include "playout/vs-play-format.h"

#define GST_CAT_DEFAULT vs_play_debug ()
/* How often downstream is called too slow, at most. */
#define COMPLAIN_EVERY (60 * G_USEC_PER_SEC)
#define MAX_EVENTS 64 /* that wait; an application could send more */

struct _VsPlayOut {
  GstElement *element; /* owns us */
  GstPad *pad;
  GstClockTime max_time;

  GMutex lock;
  GCond cond;
  /* under lock */
  GQueue queue; /* GstMiniObject */
  guint n_events;
  gboolean flushing, discont, fresh;
  gboolean ended; /* EOS waits, or has gone; nothing comes after it */
  GstCaps *caps;
  gchar *stream_id;
  guint group;
  GstClockTime min_latency;
  guint64 dropped;

  /* of the pad's task */
  guint64 complained; /* of so many dropped */
  gint64 complained_us;
};

static void
clear_queue (VsPlayOut *out)
{
  g_queue_clear_full (
      &out->queue, (GDestroyNotify) (void *) gst_mini_object_unref);
  out->n_events = 0;
}

/* The events that every stream starts with. */
static void
push_start (VsPlayOut *out)
{
  g_autoptr (GstCaps) caps = NULL;
  GstEvent *start;
  GstSegment segment;

  g_mutex_lock (&out->lock);
  caps = gst_caps_ref (out->caps);
  start = gst_event_new_stream_start (out->stream_id);
  gst_event_set_group_id (start, out->group);
  g_mutex_unlock (&out->lock);
  gst_event_set_stream_flags (start, GST_STREAM_FLAG_NONE);
  gst_pad_push_event (out->pad, start);
  gst_pad_push_event (out->pad, gst_event_new_caps (caps));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (out->pad, gst_event_new_segment (&segment));
}

/* The next of the queue, or NULL when flushing. */
static GstMiniObject *
wait_for_data (VsPlayOut *out, gboolean *fresh)
{
  GstMiniObject *data = NULL;

  g_mutex_lock (&out->lock);
  while (!out->flushing && g_queue_is_empty (&out->queue))
    g_cond_wait (&out->cond, &out->lock);
  if (!out->flushing) {
    data = g_queue_pop_head (&out->queue);
    *fresh = out->fresh;
    out->fresh = FALSE;
    out->n_events -= GST_IS_EVENT (data);
  }
  if (data && GST_IS_BUFFER (data) && out->discont) {
    data = GST_MINI_OBJECT_CAST (
        gst_buffer_make_writable (GST_BUFFER_CAST (data)));
    GST_BUFFER_FLAG_SET (data, GST_BUFFER_FLAG_DISCONT);
    out->discont = FALSE;
  }
  g_mutex_unlock (&out->lock);
  return data;
}

static void
fail (VsPlayOut *out, GstFlowReturn ret, gboolean ended)
{
  GstElement *element = out->element;

  GST_INFO_OBJECT (out->pad, "stops: %s", gst_flow_get_name (ret));
  if (ret < GST_FLOW_EOS)
    GST_ELEMENT_FLOW_ERROR (element, ret);
  if (ret <= GST_FLOW_EOS && !ended) /* downstream has enough, or broke */
    gst_pad_push_event (out->pad, gst_event_new_eos ());
  gst_pad_pause_task (out->pad);
}

/* Whoever runs a ladder that is too large for the machine should hear of it,
 * but not at every frame. */
static void
complain (VsPlayOut *out)
{
  guint64 dropped = vs_play_out_get_dropped (out);
  gint64 now = g_get_monotonic_time ();

  if (dropped <= out->complained ||
      (out->complained > 0 && now - out->complained_us < COMPLAIN_EVERY))
    return;
  GST_ELEMENT_WARNING (out->element, STREAM, FAILED,
      ("This machine is too slow for what it is to do: %s could not be taken "
       "in time (lost so far: %" G_GUINT64_FORMAT " buffers); choose fewer or "
       "smaller renditions, or a faster encoder preset.",
          GST_OBJECT_NAME (out->pad), dropped),
      (NULL));
  out->complained = dropped;
  out->complained_us = now;
}

static void
loop (gpointer data)
{
  VsPlayOut *out = gst_pad_get_element_private (data);
  gboolean fresh = FALSE;
  GstMiniObject *next = wait_for_data (out, &fresh);
  GstFlowReturn ret = GST_FLOW_OK;
  gboolean eos = FALSE;

  if (!next) {
    gst_pad_pause_task (out->pad);
    return;
  }
  if (fresh)
    push_start (out);
  if (GST_IS_BUFFER (next)) {
    complain (out);
    ret = gst_pad_push (out->pad, GST_BUFFER_CAST (next));
  } else {
    eos = GST_EVENT_TYPE (next) == GST_EVENT_EOS;
    gst_pad_push_event (out->pad, GST_EVENT_CAST (next));
    if (eos)
      ret = GST_FLOW_EOS;
  }
  if (ret != GST_FLOW_OK && ret != GST_FLOW_NOT_LINKED)
    fail (out, ret, eos);
}

static void
set_flushing (VsPlayOut *out, gboolean flushing)
{
  g_mutex_lock (&out->lock);
  out->flushing = flushing;
  clear_queue (out);
  out->ended = FALSE;
  out->discont = out->fresh = TRUE;
  g_cond_broadcast (&out->cond);
  g_mutex_unlock (&out->lock);
}

static gboolean
activate_mode (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  VsPlayOut *out = gst_pad_get_element_private (pad);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  set_flushing (out, !active);
  if (active)
    return gst_pad_start_task (pad, loop, pad, NULL);
  return gst_pad_stop_task (pad);
}

static gboolean
answer_caps (VsPlayOut *out, GstQuery *query)
{
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstCaps) answer = NULL;
  GstCaps *filter;

  g_mutex_lock (&out->lock);
  if (out->caps)
    caps = gst_caps_ref (out->caps);
  g_mutex_unlock (&out->lock);
  if (!caps)
    caps = gst_pad_get_pad_template_caps (out->pad);
  gst_query_parse_caps (query, &filter);
  answer =
      filter ? gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST)
             : gst_caps_ref (caps);
  gst_query_set_caps_result (query, answer);
  return TRUE;
}

static gboolean
on_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  VsPlayOut *out = gst_pad_get_element_private (pad);
  GstClockTime min;
  GstFormat format;

  switch ((guint) GST_QUERY_TYPE (query)) {
    case GST_QUERY_LATENCY:
      g_mutex_lock (&out->lock);
      min = out->min_latency;
      g_mutex_unlock (&out->lock);
      gst_query_set_latency (query, TRUE, min, min + out->max_time);
      return TRUE;
    case GST_QUERY_CAPS:
      return answer_caps (out, query);
    case GST_QUERY_SEEKING:
      gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
      gst_query_set_seeking (query, format, FALSE, 0, -1);
      return TRUE;
    case GST_QUERY_SCHEDULING:
      gst_query_set_scheduling (
          query, GST_SCHEDULING_FLAG_SEQUENTIAL, 1, -1, 0);
      gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
      return TRUE;
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  gboolean handled;

  switch ((guint) GST_EVENT_TYPE (event)) {
    case GST_EVENT_LATENCY:
    case GST_EVENT_QOS:
    case GST_EVENT_RECONFIGURE:
      handled = TRUE;
      break;
    default:
      handled = FALSE; /* there is nothing to seek in */
      break;
  }
  gst_event_unref (event);
  return handled;
}

VsPlayOut *
vs_play_out_new (
    GstElement *element, GstPadTemplate *template, GstClockTime max_time)
{
  VsPlayOut *out = g_new0 (VsPlayOut, 1);

  out->element = element;
  out->max_time = max_time;
  out->flushing = TRUE;
  g_mutex_init (&out->lock);
  g_cond_init (&out->cond);
  g_queue_init (&out->queue);
  out->pad = gst_pad_new_from_template (
      template, GST_PAD_TEMPLATE_NAME_TEMPLATE (template));
  gst_pad_set_element_private (out->pad, out);
  gst_pad_set_activatemode_function (out->pad, activate_mode);
  gst_pad_set_query_function (out->pad, on_query);
  gst_pad_set_event_function (out->pad, on_event);
  gst_pad_use_fixed_caps (out->pad);
  gst_element_add_pad (element, gst_object_ref (out->pad));
  return out;
}

void
vs_play_out_free (VsPlayOut *out)
{
  clear_queue (out);
  gst_object_unref (out->pad);
  gst_clear_caps (&out->caps);
  g_mutex_clear (&out->lock);
  g_cond_clear (&out->cond);
  g_free (out->stream_id);
  g_free (out);
}

GstPad *
vs_play_out_get_pad (VsPlayOut *out)
{
  return out->pad;
}

void
vs_play_out_prepare (VsPlayOut *out, GstCaps *caps, const gchar *stream_id,
    guint group, GstClockTime min_latency)
{
  g_mutex_lock (&out->lock);
  gst_caps_replace (&out->caps, caps);
  g_free (out->stream_id);
  out->stream_id = g_strdup (stream_id);
  out->group = group;
  out->min_latency = min_latency;
  out->dropped = out->complained = 0;
  g_mutex_unlock (&out->lock);
}

/* Lets the oldest buffers go until no more than @max_time waits. */
static void
drop_oldest_locked (VsPlayOut *out, GstClockTime newest)
{
  GList *l = out->queue.head;

  while (l) {
    GList *next = l->next;

    if (GST_IS_BUFFER (l->data)) {
      if (GST_BUFFER_PTS (l->data) + out->max_time > newest)
        return;
      gst_mini_object_unref (l->data);
      g_queue_delete_link (&out->queue, l);
      out->discont = TRUE;
      out->dropped++;
    }
    l = next;
  }
}

void
vs_play_out_push (VsPlayOut *out, GstMiniObject *data)
{
  g_mutex_lock (&out->lock);
  gboolean refused = out->flushing || out->ended ||
                     (GST_IS_EVENT (data) && out->n_events >= MAX_EVENTS);
  if (!refused) {
    if (GST_IS_BUFFER (data))
      drop_oldest_locked (out, GST_BUFFER_PTS (data));
    else
      out->n_events++;
    out->ended = GST_IS_EVENT (data) && GST_EVENT_TYPE (data) == GST_EVENT_EOS;
    g_queue_push_tail (&out->queue, data);
    g_cond_signal (&out->cond);
  }
  g_mutex_unlock (&out->lock);
  if (refused)
    gst_mini_object_unref (data);
}

guint64
vs_play_out_get_dropped (VsPlayOut *out)
{
  g_mutex_lock (&out->lock);
  guint64 dropped = out->dropped;
  g_mutex_unlock (&out->lock);
  return dropped;
}
