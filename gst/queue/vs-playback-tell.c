/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the engine gives and tells: buffers to the pads, cuts downstream,
 * events to the bus and to the as-run log. In the engine's thread. */
#include "queue/vs-playback.h"

#define GST_CAT_DEFAULT vs_play_debug ()

static void
give_video (GstBuffer *buffer, gpointer data)
{
  vs_play_out_push (
      GST_VS_PLAYBACK_QUEUE_SRC (data)->video, GST_MINI_OBJECT_CAST (buffer));
}

static void
give_audio (GstBuffer *buffer, gpointer data)
{
  vs_play_out_push (
      GST_VS_PLAYBACK_QUEUE_SRC (data)->audio, GST_MINI_OBJECT_CAST (buffer));
}

/* What is told when an item has gone off air, by reason. */
static const gchar *
get_name (const VsQueueEvent *event)
{
  static const gchar *const names[] = {
    [VS_QUEUE_EVENT_STARTED] = "item-started",
    [VS_QUEUE_EVENT_FINISHED] = "item-finished",
    [VS_QUEUE_EVENT_LOOPED] = "item-looped",
    [VS_QUEUE_EVENT_INTERRUPTED] = "item-interrupted",
    [VS_QUEUE_EVENT_RESUMED] = "item-resumed",
    [VS_QUEUE_EVENT_EMPTY] = "queue-empty",
  };

  if (event->kind == VS_QUEUE_EVENT_FINISHED &&
      event->reason == VS_QUEUE_FAILED)
    return "item-failed";
  return names[event->kind];
}

static void
note_asrun (GstVsPlaybackQueueSrc *self, const VsOnairEvent *told)
{
  g_autofree gchar *problem = vs_asrun_steal_problem (self->asrun);

  vs_asrun_note (self->asrun, told);
  if (problem)
    GST_ELEMENT_WARNING (self, RESOURCE, WRITE, ("%s", problem), (NULL));
}

/* The address is not in it: it may hold a password. */
static void
tell_event (const VsOnairEvent *told, gpointer data)
{
  GstVsPlaybackQueueSrc *self = data;
  const VsQueueEvent *event = told->event;
  GstStructure *s = gst_structure_new ("vstream-playback", "event",
      G_TYPE_STRING, get_name (event), "frame", G_TYPE_UINT64, told->frame,
      "running-time", G_TYPE_UINT64, told->time, NULL);

  if (event->item) {
    g_autofree gchar *title = vs_queue_item_dup_name (event->item);

    gst_structure_set (s, "id", G_TYPE_STRING, event->item->id, "title",
        G_TYPE_STRING, title, "position", G_TYPE_UINT64, event->position, NULL);
  }
  if (event->kind == VS_QUEUE_EVENT_FINISHED)
    gst_structure_set (s, "reason", G_TYPE_STRING,
        vs_queue_reason_name (event->reason), "on-air", G_TYPE_BOOLEAN,
        event->was_on_air, NULL);
  if (told->failure)
    gst_structure_set (s, "failure", G_TYPE_STRING, told->failure, NULL);
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, s);
  if (self->asrun)
    note_asrun (self, told);
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), s));
}

static GstStructure *
describe_cut (const VsOnairCut *cut)
{
  GstStructure *s = gst_structure_new ("vstream-cut", "frame", G_TYPE_UINT64,
      cut->frame, "running-time", G_TYPE_UINT64, cut->time, "source",
      G_TYPE_STRING, cut->source, "reason", G_TYPE_STRING, cut->reason, NULL);
  const VsQueueAd *ad = cut->item ? cut->item->ad : NULL;

  if (cut->item && cut->item->id)
    gst_structure_set (s, "id", G_TYPE_STRING, cut->item->id, NULL);
  if (!ad)
    return s;
  gst_structure_set (s, "ad-id", G_TYPE_STRING, ad->id, NULL);
  if (ad->duration_us != VS_QUEUE_NO_TIME)
    gst_structure_set (s, "ad-duration", G_TYPE_UINT64,
        (guint64) ad->duration_us * GST_USECOND, NULL);
  if (ad->scte35)
    gst_structure_set (s, "ad-scte35", G_TYPE_STRING, ad->scte35, NULL);
  return s;
}

/* A key unit is asked for by an event that goes before its frame. */
static void
tell_cut (const VsOnairCut *cut, gpointer data)
{
  GstVsPlaybackQueueSrc *self = data;
  GstEvent *event = gst_event_new_custom (
      GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, describe_cut (cut));

  if (self->force_key_units && cut->frame >= self->first_key_unit)
    vs_play_out_push (self->video,
        GST_MINI_OBJECT_CAST (gst_video_event_new_downstream_force_key_unit (
            cut->time, cut->time, cut->time, TRUE, ++self->n_key_units)));
  vs_play_out_push (self->video, GST_MINI_OBJECT_CAST (gst_event_ref (event)));
  vs_play_out_push (self->audio, GST_MINI_OBJECT_CAST (event));
}

static void
tell_warning (const gchar *message, gpointer data)
{
  GstVsPlaybackQueueSrc *self = data;

  GST_ELEMENT_WARNING (self, RESOURCE, READ, ("%s", message), (NULL));
}

const VsOnairFuncs vs_playback_funcs = { give_video, give_audio, tell_event,
  tell_cut, tell_warning };

GstStructure *
vs_playback_make_stats (GstVsPlaybackQueueSrc *self)
{
  VsOnairStats stats = { 0 };
  guint64 asrun_lost;

  GST_OBJECT_LOCK (self);
  if (self->onair)
    vs_onair_get_stats (self->onair, &stats);
  asrun_lost = self->asrun ? vs_asrun_get_lost (self->asrun) : 0;
  GST_OBJECT_UNLOCK (self);
  return gst_structure_new ("vstream-playback-stats", "frames", G_TYPE_UINT64,
      stats.frames, "held", G_TYPE_UINT64, stats.held, "filler-frames",
      G_TYPE_UINT64, stats.filler_frames, "slate-frames", G_TYPE_UINT64,
      stats.slate_frames, "dropped", G_TYPE_UINT64, stats.dropped, "samples",
      G_TYPE_UINT64, stats.samples, "silence-samples", G_TYPE_UINT64,
      stats.silence_samples, "late-ticks", G_TYPE_UINT64, stats.late_ticks,
      "skipped-ticks", G_TYPE_UINT64, stats.skipped_ticks, "cuts",
      G_TYPE_UINT64, stats.cuts, "programmes", G_TYPE_UINT, stats.programmes,
      "jobs", G_TYPE_UINT, stats.jobs, "asrun-lost", G_TYPE_UINT64, asrun_lost,
      "source", G_TYPE_STRING, stats.source, "remaining", G_TYPE_UINT64,
      stats.remaining, "video-lost", G_TYPE_UINT64,
      vs_play_out_get_dropped (self->video), "audio-lost", G_TYPE_UINT64,
      vs_play_out_get_dropped (self->audio), NULL);
}
