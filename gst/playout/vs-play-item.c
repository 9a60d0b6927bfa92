/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-item.h"

#include <gst/app/gstappsink.h>

#include "core/vs-error.h"
#include "playout/vs-play-chain.h"

#define GST_CAT_DEFAULT vs_play_debug ()

typedef struct {
  GstAppSink *sink; /* under lock until all pads are known */
  gboolean eos;     /* under lock */
  gboolean linked;  /* a stream of this kind is taken; under lock */
  gchar *stream_id; /* of the one we take; under lock */
  /* the owner's */
  GstSample *next;
  GstClockTimeDiff next_time, end;
} Stream;

struct _VsPlayItem {
  gatomicrefcount refs;
  VsPlayFormat format;
  gchar *uri;
  VsPlayKind kind;
  GstClockTime timeout;
  gboolean ranged; /* has a range, and wants to know its length */
  gboolean in_may_miss;
  GstClockTime in, out;
  VsPlayReaper *reaper;
  GstElement *pipeline;

  GMutex state_lock; /* held while the pipeline's state changes */
  gboolean closed;   /* under state_lock */

  GMutex lock;
  Stream stream[VS_PLAY_N_STREAMS];
  gboolean all_known;    /* under lock: no more pads */
  gboolean settling;     /* under lock: on its way to its in point */
  gboolean settled;      /* under lock: has been, or is, settling */
  GstClockTime duration; /* under lock */
  gboolean closing;      /* under lock: nobody takes data any more */
  gchar *failure;        /* under lock */
};

static VsPlayItem *
item_ref (VsPlayItem *item)
{
  g_atomic_ref_count_inc (&item->refs);
  return item;
}

static void
item_unref (gpointer data)
{
  VsPlayItem *item = data;

  if (!g_atomic_ref_count_dec (&item->refs))
    return;
  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++) {
    g_clear_pointer (&item->stream[i].next, gst_sample_unref);
    gst_clear_object (&item->stream[i].sink);
    g_free (item->stream[i].stream_id);
  }
  gst_clear_object (&item->pipeline);
  vs_play_format_clear (&item->format);
  vs_play_reaper_unref (item->reaper);
  g_mutex_clear (&item->state_lock);
  g_mutex_clear (&item->lock);
  g_free (item->failure);
  g_free (item->uri);
  g_free (item);
}

static void
item_fail (VsPlayItem *item, const gchar *message)
{
  g_mutex_lock (&item->lock);
  if (!item->failure)
    item->failure = g_strdup (message);
  g_mutex_unlock (&item->lock);
}

static void
on_eos (GstAppSink *sink, gpointer data)
{
  VsPlayItem *item = data;

  g_mutex_lock (&item->lock);
  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++) {
    if (item->stream[i].sink == sink)
      item->stream[i].eos = TRUE;
  }
  g_mutex_unlock (&item->lock);
}

/* A stream that was at its end before the seek to the in point is not. */
static GstPadProbeReturn
on_flush (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  VsPlayItem *item = data;

  if (GST_EVENT_TYPE (info->data) != GST_EVENT_FLUSH_STOP)
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&item->lock);
  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++) {
    if (GST_OBJECT_PARENT (pad) == GST_OBJECT_CAST (item->stream[i].sink))
      item->stream[i].eos = FALSE;
  }
  g_mutex_unlock (&item->lock);
  return GST_PAD_PROBE_OK;
}

static void
watch_flush (VsPlayItem *item, GstElement *sink)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_FLUSH, on_flush,
      item_ref (item), item_unref);
}

static gboolean
link_stream (VsPlayItem *item, GstPad *pad, VsPlayStream stream, GError **error)
{
  GstAppSinkCallbacks callbacks = { .eos = on_eos };
  GstElement *chain = vs_play_chain_new_sink (&item->format, stream, error);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) to = NULL;

  if (!chain)
    return FALSE;
  sink = gst_bin_get_by_name (GST_BIN (chain), "sink");
  gst_app_sink_set_callbacks (
      GST_APP_SINK (sink), &callbacks, item_ref (item), item_unref);
  gst_bin_add (GST_BIN (item->pipeline), chain);
  gst_object_unref (chain); /* the bin's now */
  to = gst_element_get_static_pad (chain, "sink");
  if (GST_PAD_LINK_FAILED (gst_pad_link (pad, to))) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The feed's %s is of a form that cannot be converted.",
        stream == VS_PLAY_VIDEO ? "video" : "audio");
    return FALSE;
  }
  g_mutex_lock (&item->lock);
  item->stream[stream].sink = GST_APP_SINK (g_steal_pointer (&sink));
  gst_app_sink_set_drop (item->stream[stream].sink, item->closing);
  g_mutex_unlock (&item->lock);
  if (item->in > 0)
    watch_flush (item, GST_ELEMENT (item->stream[stream].sink));
  gst_element_sync_state_with_parent (chain);
  return TRUE;
}

static gboolean
claim_stream (VsPlayItem *item, VsPlayStream stream)
{
  g_mutex_lock (&item->lock);
  gboolean taken = item->stream[stream].linked;
  item->stream[stream].linked = TRUE;
  g_mutex_unlock (&item->lock);
  return !taken;
}

static void
on_pad_added (GstElement *source, GstPad *pad, gpointer data)
{
  VsPlayItem *item = data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  g_autoptr (GError) error = NULL;
  const gchar *media;

  if (!caps)
    caps = gst_pad_query_caps (pad, NULL);
  if (gst_caps_is_empty (caps) || gst_caps_is_any (caps)) {
    vs_play_chain_swallow (GST_BIN (item->pipeline), pad);
    return;
  }
  media = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++) {
    if (!g_str_equal (
            media, i == VS_PLAY_VIDEO ? "video/x-raw" : "audio/x-raw") ||
        !claim_stream (item, i))
      continue;
    if (!link_stream (item, pad, i, &error))
      item_fail (item, error->message);
    return;
  }
  vs_play_chain_swallow (GST_BIN (item->pipeline), pad);
}

/* A seek is asked of one appsink alone: the demuxer takes all streams along,
 * and would be asked twice. */
static void
go_to_in_point (VsPlayItem *item)
{
  GstAppSink *sink = item->stream[VS_PLAY_VIDEO].sink
                         ? item->stream[VS_PLAY_VIDEO].sink
                         : item->stream[VS_PLAY_AUDIO].sink;
  gboolean bounded = GST_CLOCK_TIME_IS_VALID (item->out);
  GstEvent *seek = gst_event_new_seek (1.0, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET, item->in,
      bounded ? GST_SEEK_TYPE_SET : GST_SEEK_TYPE_NONE,
      bounded ? item->out : GST_CLOCK_TIME_NONE);

  if (!sink)
    gst_event_unref (seek);
  else if (!gst_element_send_event (GST_ELEMENT (sink), seek))
    item_fail (item, "The in point cannot be reached: the input cannot seek.");
}

/* All streams are known: how long is it, and, where it has an in point, go
 * there. In a thread of its own, since both may block. */
static void
run_settle (gpointer data)
{
  VsPlayItem *item = data;
  gint64 duration = -1;

  g_mutex_lock (&item->state_lock);
  if (!item->closed) {
    if (!gst_element_query_duration (
            item->pipeline, GST_FORMAT_TIME, &duration) ||
        duration <= 0)
      duration = -1;
    g_mutex_lock (&item->lock);
    item->duration = (GstClockTime) duration;
    g_mutex_unlock (&item->lock);
    if (item->in > 0 && duration > 0 && item->in >= (GstClockTime) duration)
      item_fail (item, "The in point lies at or behind the end.");
    else if (item->in > 0 && (duration > 0 || !item->in_may_miss))
      go_to_in_point (item);
  }
  g_mutex_unlock (&item->state_lock);
  g_mutex_lock (&item->lock);
  item->settling = FALSE;
  g_mutex_unlock (&item->lock);
  item_unref (item);
}

static void
on_no_more_pads (GstElement *source, gpointer data)
{
  VsPlayItem *item = data;
  gboolean settle;

  g_mutex_lock (&item->lock);
  item->all_known = TRUE;
  settle = item->ranged && !item->settled;
  item->settled |= settle;
  item->settling |= settle && item->in > 0;
  g_mutex_unlock (&item->lock);
  if (settle)
    vs_play_reaper_run (
        item->reaper, "vs-play-settle", run_settle, item_ref (item));
}

/* Is the stream of @pad one that we play? The first of each kind is; nothing
 * else is worth a decoder. */
static gboolean
on_autoplug_continue (
    GstElement *source, GstPad *pad, GstCaps *caps, gpointer data)
{
  VsPlayItem *item = data;
  const gchar *media =
      gst_structure_get_name (gst_caps_get_structure (caps, 0));
  g_autofree gchar *id = gst_pad_get_stream_id (pad);
  VsPlayStream stream = vs_play_chain_get_stream (caps);
  gboolean ours;

  if (g_str_has_prefix (media, "text/") ||
      g_str_has_prefix (media, "subpicture/") ||
      g_str_has_prefix (media, "closedcaption/"))
    return FALSE;
  if (stream == VS_PLAY_N_STREAMS || !id)
    return TRUE;
  g_mutex_lock (&item->lock);
  if (!item->stream[stream].stream_id)
    item->stream[stream].stream_id = g_strdup (id);
  ours = g_str_equal (item->stream[stream].stream_id, id);
  g_mutex_unlock (&item->lock);
  return ours;
}

static void
on_source_setup (GstElement *decoder, GstElement *source, gpointer data)
{
  vs_play_chain_set_up_source (source, ((VsPlayItem *) data)->timeout);
}

/* Nobody reads the bus: what matters is noted, and nothing piles up. */
static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  VsPlayItem *item = data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *debug = NULL;

    gst_message_parse_error (message, &error, &debug);
    GST_INFO ("item failed: %s (%s)", error->message, debug);
    item_fail (item, error->message);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static GstElement *
make_source (VsPlayItem *item, const gchar *uri, GError **error)
{
  GstElement *source;

  if (item->kind == VS_PLAY_KIND_TEST)
    return vs_play_chain_new_test (&item->format, error);
  if (g_ascii_strncasecmp (uri, "rtp:", 4) == 0)
    return vs_play_chain_new_rtp (uri, error);
  if (item->kind == VS_PLAY_KIND_FILE && !vs_play_chain_check_file (uri, error))
    return NULL;
  source = gst_element_factory_make ("uridecodebin", NULL);
  if (!source) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "The GStreamer element “uridecodebin” is missing; install the plugin "
        "set base.");
    return NULL;
  }
  vs_play_chain_limit_reach (source, uri);
  g_object_set (source, "uri", uri, NULL);
  g_signal_connect_data (source, "autoplug-continue",
      G_CALLBACK (on_autoplug_continue), item_ref (item),
      (GClosureNotify) (void *) item_unref, 0);
  g_signal_connect_data (source, "source-setup", G_CALLBACK (on_source_setup),
      item_ref (item), (GClosureNotify) (void *) item_unref, 0);
  return gst_object_ref_sink (source);
}

/* The signal handlers hold the item, and the item its pipeline: the circle is
 * cut when the pipeline goes down. */
static gboolean
build (VsPlayItem *item, const gchar *uri, GError **error)
{
  g_autoptr (GstBus) bus = gst_pipeline_get_bus (GST_PIPELINE (item->pipeline));
  g_autoptr (GstElement) source = make_source (item, uri, error);

  if (!source)
    return FALSE;
  gst_bus_set_sync_handler (bus, on_message, item_ref (item), item_unref);
  vs_play_chain_set_up_decoders (item->pipeline);
  gst_bin_add (GST_BIN (item->pipeline), source);
  g_signal_connect_data (source, "pad-added", G_CALLBACK (on_pad_added),
      item_ref (item), (GClosureNotify) (void *) item_unref, 0);
  g_signal_connect_data (source, "no-more-pads", G_CALLBACK (on_no_more_pads),
      item_ref (item), (GClosureNotify) (void *) item_unref, 0);
  if (item->kind == VS_PLAY_KIND_TEST) {
    GST_OBJECT_LOCK (source);
    g_autoptr (GList) pads =
        g_list_copy_deep (source->pads, (GCopyFunc) (void *) gst_object_ref, 0);
    GST_OBJECT_UNLOCK (source);
    for (GList *l = pads; l; l = l->next) {
      on_pad_added (source, l->data, item);
      gst_object_unref (l->data);
    }
    on_no_more_pads (source, item);
  }
  return TRUE;
}

static void
run_open (gpointer data)
{
  VsPlayItem *item = data;
  g_autoptr (GError) error = NULL;
  gboolean opened = TRUE;

  g_mutex_lock (&item->state_lock);
  if (!item->closed && build (item, item->uri, &error))
    opened = gst_element_set_state (item->pipeline, GST_STATE_PLAYING) !=
             GST_STATE_CHANGE_FAILURE;
  g_mutex_unlock (&item->state_lock);
  if (error)
    item_fail (item, error->message);
  else if (!opened)
    item_fail (item, "The feed cannot be opened.");
  item_unref (item);
}

static void
run_close (gpointer data)
{
  VsPlayItem *item = data;
  g_autoptr (GstBus) bus = gst_pipeline_get_bus (GST_PIPELINE (item->pipeline));

  g_mutex_lock (&item->state_lock);
  item->closed = TRUE;
  gst_element_set_state (item->pipeline, GST_STATE_NULL);
  g_mutex_unlock (&item->state_lock);
  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++) {
    if (item->stream[i].sink) {
      GstAppSinkCallbacks none = { 0 };
      gst_app_sink_set_callbacks (item->stream[i].sink, &none, NULL, NULL);
      gst_clear_object (&item->stream[i].sink); /* its probe holds us */
    }
  }
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_clear_object (&item->pipeline);
  item_unref (item);
}

static VsPlayItem *
open_item (const gchar *uri, VsPlayKind kind, const VsPlayFormat *format,
    GstClockTime timeout, VsPlayReaper *reaper, const VsPlayRange *range)
{
  VsPlayItem *item = g_new0 (VsPlayItem, 1);
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();

  g_atomic_ref_count_init (&item->refs);
  g_mutex_init (&item->lock);
  g_mutex_init (&item->state_lock);
  vs_play_format_copy (&item->format, format);
  item->uri = g_strdup (uri);
  item->kind = kind;
  item->timeout = timeout;
  item->duration = GST_CLOCK_TIME_NONE;
  if (range) {
    item->ranged = TRUE;
    item->in = range->in;
    item->in_may_miss = range->in_may_miss;
    item->out = range->out;
  }
  item->reaper = vs_play_reaper_ref (reaper);
  item->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  gst_pipeline_use_clock (GST_PIPELINE (item->pipeline), clock);
  vs_play_reaper_run (reaper, "vs-play-open", run_open, item_ref (item));
  return item;
}

VsPlayItem *
vs_play_item_open (const gchar *uri, VsPlayKind kind,
    const VsPlayFormat *format, GstClockTime timeout, VsPlayReaper *reaper)
{
  return open_item (uri, kind, format, timeout, reaper, NULL);
}

VsPlayItem *
vs_play_item_open_range (const gchar *uri, VsPlayKind kind,
    const VsPlayFormat *format, GstClockTime timeout, VsPlayReaper *reaper,
    VsPlayRange range)
{
  return open_item (uri, kind, format, timeout, reaper, &range);
}

GstClockTime
vs_play_item_get_duration (VsPlayItem *item)
{
  g_mutex_lock (&item->lock);
  GstClockTime duration = item->duration;
  g_mutex_unlock (&item->lock);
  return duration;
}

/* A full appsink holds its preroll lock, and with it any change of state that
 * is under way: it has to let data go before the pipeline can go down. */
void
vs_play_item_close (VsPlayItem *item)
{
  g_autoptr (VsPlayReaper) reaper = vs_play_reaper_ref (item->reaper);

  g_mutex_lock (&item->lock);
  item->closing = TRUE;
  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++) {
    if (item->stream[i].sink)
      gst_app_sink_set_drop (item->stream[i].sink, TRUE);
  }
  g_mutex_unlock (&item->lock);
  vs_play_reaper_run (reaper, "vs-play-close", run_close, item);
}

gchar *
vs_play_item_dup_failure (VsPlayItem *item)
{
  g_mutex_lock (&item->lock);
  gchar *failure = g_strdup (item->failure);
  g_mutex_unlock (&item->lock);
  return failure;
}

/* The appsink of @stream, or NULL, and whether it has ended. What comes before
 * the in point is reached is not to be seen. */
static GstAppSink *
get_sink (VsPlayItem *item, VsPlayStream stream, gboolean *ended)
{
  g_mutex_lock (&item->lock);
  GstAppSink *sink = item->settling ? NULL : item->stream[stream].sink;
  *ended = !item->settling &&
           (item->stream[stream].eos || (!sink && item->all_known));
  g_mutex_unlock (&item->lock);
  return sink;
}

static gboolean
lies_before_in (GstClockTimeDiff time, GstBuffer *buffer)
{
  return time < 0 && GST_BUFFER_DURATION_IS_VALID (buffer) &&
         time + (GstClockTimeDiff) GST_BUFFER_DURATION (buffer) <= 0;
}

GstSample *
vs_play_item_peek (VsPlayItem *item, VsPlayStream stream, GstClockTime wait,
    GstClockTimeDiff *time, GstClockTimeDiff *duration)
{
  Stream *s = &item->stream[stream];
  gboolean ended;
  GstAppSink *sink = get_sink (item, stream, &ended);
  GstBuffer *buffer;
  guint64 running;
  gint sign;

  while (sink && !s->next) {
    s->next = gst_app_sink_try_pull_sample (sink, wait);
    if (!s->next)
      return NULL;
    buffer = gst_sample_get_buffer (s->next);
    s->next_time = s->end;
    if (!GST_BUFFER_PTS_IS_VALID (buffer))
      break;
    sign = gst_segment_to_running_time_full (gst_sample_get_segment (s->next),
        GST_FORMAT_TIME, GST_BUFFER_PTS (buffer), &running);
    s->next_time = sign * (GstClockTimeDiff) running;
    if (sign == 0 || (item->in > 0 && lies_before_in (s->next_time, buffer)))
      g_clear_pointer (&s->next, gst_sample_unref);
  }
  if (!s->next)
    return NULL;
  buffer = gst_sample_get_buffer (s->next);
  *time = s->next_time;
  *duration =
      GST_BUFFER_DURATION_IS_VALID (buffer) ? GST_BUFFER_DURATION (buffer) : 1;
  s->end = *time + *duration;
  return s->next;
}

GstSample *
vs_play_item_take (VsPlayItem *item, VsPlayStream stream)
{
  return g_steal_pointer (&item->stream[stream].next);
}

gboolean
vs_play_item_is_ready (
    VsPlayItem *item, GstClockTimeDiff *first, GstClockTimeDiff *video)
{
  GstClockTimeDiff duration;
  gboolean complete;

  *first = *video = GST_CLOCK_STIME_NONE;
  g_mutex_lock (&item->lock);
  complete = item->all_known;
  g_mutex_unlock (&item->lock);
  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++) {
    GstClockTimeDiff time;
    gboolean ended;

    get_sink (item, i, &ended); /* before the look: data come before the end */
    if (!vs_play_item_peek (item, i, 0, &time, &duration)) {
      complete = complete && ended;
      continue;
    }
    if (i == VS_PLAY_VIDEO)
      *video = time;
    if (!GST_CLOCK_STIME_IS_VALID (*first) || time < *first)
      *first = time;
  }
  return complete && GST_CLOCK_STIME_IS_VALID (*first);
}

gboolean
vs_play_item_has_ended (VsPlayItem *item, VsPlayStream stream)
{
  GstClockTimeDiff time, duration;
  gboolean ended;

  get_sink (item, stream, &ended); /* before the look, as above */
  return ended && !vs_play_item_peek (item, stream, 0, &time, &duration);
}

gboolean
vs_play_item_is_done (VsPlayItem *item)
{
  return vs_play_item_has_ended (item, VS_PLAY_VIDEO) &&
         vs_play_item_has_ended (item, VS_PLAY_AUDIO);
}
