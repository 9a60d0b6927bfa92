/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feed/vs-feed-engine.h"

#include <math.h>

#include "playout/vs-play-slate.h"
#include "feed/vs-feed-source.h"

#define GST_CAT_DEFAULT vs_play_debug ()

/* Data older than this: the feed is not streaming. */
#define FRESH (400 * GST_MSECOND)
/* A pipeline that starts gets its first frame at 0; one that has run for longer
 * when we are added gets it now. Less than the pads' queues hold. */
#define START_AT_ZERO (1900 * GST_MSECOND)
/* Ticks missed by less are made up for; by more (the process was stopped) they
 * are left out, with their timestamps. */
#define CATCH_UP (10 * GST_SECOND)
#define STOP_WAIT (10 * G_USEC_PER_SEC)

struct _VsFeedEngine {
  VsFeedSettings settings; /* never changed, but uri is not used after new */
  VsFeedEngineFuncs funcs;
  gpointer data;
  GThread *thread;
  VsPlayReaper *reaper;

  GMutex lock;
  GCond cond;
  /* under lock */
  gboolean playing, stopping, uri_changed;
  gchar *uri;
  GstClock *clock;
  GstClockTime base_time;
  GstClockID wait;
  VsFeedStats stats;

  /* the thread's */
  VsPlaySlate *slate;
  VsFeedSource *source;
  VsPlayBuffer *buffer;
  guint64 tick;
  gboolean started, paused;
  GstBuffer *picture;
  GstClockTime picture_at, data_at;
  VsFeedStats now; /* copied to stats once a tick */
  guint reconnects_before;
  gchar *told; /* the reason */
  gfloat *samples;
};

const gchar *
vs_feed_state_get_name (VsFeedState state)
{
  static const gchar *const names[] = { "connecting", "streaming", "holding",
    "slate" };

  return names[state];
}

static void
settings_copy (VsFeedSettings *to, const VsFeedSettings *from)
{
  *to = *from;
  vs_play_format_copy (&to->format, &from->format);
  to->uri = NULL;
  to->slate = g_strdup (from->slate);
}

/* The state follows from when data were last played. A reason that is new is
 * told as well, though the state is the same: the feed was tried again. */
static void
update_state (VsFeedEngine *engine, GstClockTime time)
{
  VsFeedState state = VS_FEED_CONNECTING, previous = engine->now.state;
  const gchar *reason = vs_feed_source_get_reason (engine->source);

  if (GST_CLOCK_TIME_IS_VALID (engine->data_at)) {
    GstClockTime age = time - engine->data_at;

    state = age <= FRESH                        ? VS_FEED_STREAMING
            : age <= engine->settings.hold_time ? VS_FEED_HOLDING
                                                : VS_FEED_SLATE;
  }
  if (state == VS_FEED_STREAMING)
    reason = "Data are coming.";
  else if (!reason)
    reason = state == VS_FEED_CONNECTING ? "No data have come yet."
                                         : "Data stopped coming.";
  if (state == previous &&
      (state == VS_FEED_STREAMING || g_strcmp0 (reason, engine->told) == 0))
    return;
  g_free (engine->told);
  engine->told = g_strdup (reason);
  engine->now.state = state;
  engine->funcs.state (state, previous, reason, engine->data);
}

/* Repeated pictures share their memory; each buffer has its own times. */
static void
give_picture (VsFeedEngine *engine, guint64 n, GstClockTime time)
{
  guint skipped;
  GstBuffer *picture = vs_play_buffer_pick (engine->buffer, time, &skipped);
  GstClockTime hold = engine->settings.hold_time, age;
  GstBuffer *out;

  engine->now.dropped += skipped;
  if (picture) {
    gst_buffer_replace (&engine->picture, picture);
    gst_buffer_unref (picture);
    engine->picture_at = engine->data_at = time;
  }
  age = engine->picture ? time - engine->picture_at : GST_CLOCK_TIME_NONE;
  hold = MAX (hold, vs_play_buffer_get_picture_time (engine->buffer) + FRESH);
  if (age <= hold) {
    engine->now.duplicated += picture == NULL;
  } else {
    gst_clear_buffer (&engine->picture);
    engine->now.slate_frames++;
  }
  out = engine->picture ? engine->picture : vs_play_slate_get (engine->slate);
  out = gst_buffer_copy (out);
  GST_BUFFER_FLAGS (out) = 0;
  GST_BUFFER_PTS (out) = time;
  GST_BUFFER_DTS (out) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (out) =
      vs_play_format_tick_time (&engine->settings.format, n + 1) - time;
  GST_BUFFER_OFFSET (out) = n;
  GST_BUFFER_OFFSET_END (out) = n + 1;
  engine->now.frames++;
  engine->funcs.video (out, engine->data);
}

static void
to_s16 (gint16 *to, const gfloat *from, gsize n)
{
  for (gsize i = 0; i < n; i++)
    to[i] = (gint16) CLAMP (lrintf (from[i] * 32768.0f), -32768, 32767);
}

static void
give_samples (VsFeedEngine *engine, guint64 tick, GstClockTime time)
{
  const VsPlayFormat *format = &engine->settings.format;
  guint64 first = vs_play_format_tick_sample (format, tick);
  guint n = vs_play_format_tick_sample (format, tick + 1) - first;
  gsize size = (gsize) n * format->audio.bpf;
  GstBuffer *out = gst_buffer_new_allocate (NULL, size, NULL);
  guint silent =
      vs_play_buffer_read (engine->buffer, time, first, engine->samples, n);
  GstMapInfo map;

  if (silent < n)
    engine->data_at = time;
  if (format->audio.finfo->format == GST_AUDIO_FORMAT_S16LE) {
    gst_buffer_map (out, &map, GST_MAP_WRITE);
    to_s16 ((gint16 *) map.data, engine->samples,
        (gsize) n * format->audio.channels);
    gst_buffer_unmap (out, &map);
  } else {
    gst_buffer_fill (out, 0, engine->samples, size);
  }
  GST_BUFFER_PTS (out) =
      gst_util_uint64_scale (first, GST_SECOND, format->audio.rate);
  GST_BUFFER_DURATION (out) =
      gst_util_uint64_scale (first + n, GST_SECOND, format->audio.rate) -
      GST_BUFFER_PTS (out);
  GST_BUFFER_OFFSET (out) = first;
  GST_BUFFER_OFFSET_END (out) = first + n;
  engine->now.samples += n;
  engine->now.silence_samples += silent;
  engine->funcs.audio (out, engine->data);
}

static void
run_tick (VsFeedEngine *engine, guint64 n)
{
  GstClockTime time = vs_play_format_tick_time (&engine->settings.format, n);
  g_autofree gchar *failure = vs_play_slate_steal_failure (engine->slate);

  if (failure)
    engine->funcs.warning (failure, engine->data);
  vs_feed_source_run (engine->source, engine->buffer, time);
  give_picture (engine, n, time);
  give_samples (engine, n, time);
  vs_play_buffer_tick (engine->buffer, time);
  update_state (engine, time);
  engine->now.drift = vs_play_buffer_get_drift (engine->buffer);
  engine->now.reconnects = engine->reconnects_before +
                           vs_feed_source_get_reconnects (engine->source);
}

/* Decides which tick is next, given the running time; counts those missed. */
static guint64
choose_tick (VsFeedEngine *engine, GstClockTime running)
{
  const VsPlayFormat *format = &engine->settings.format;
  guint64 due = vs_play_format_tick_at (format, running);
  GstClockTime time = vs_play_format_tick_time (format, engine->tick);

  if (!engine->started) {
    engine->tick = running < START_AT_ZERO ? 0 : due;
  } else if (running > time + CATCH_UP) {
    GST_WARNING (
        "%" G_GUINT64_FORMAT " ticks are left out", due - engine->tick);
    engine->now.skipped_ticks += due - engine->tick;
    engine->tick = due;
  } else if (due > engine->tick + 1) {
    engine->now.late_ticks++;
  }
  engine->started = TRUE;
  return engine->tick;
}

/* Waits until the tick is due. Returns FALSE where it is not to be given: we
 * pause, stop, or play by another clock. Called with the lock. */
static gboolean
wait_for_tick (VsFeedEngine *engine)
{
  GstClockTime running = gst_clock_get_time (engine->clock);
  GstClockReturn ret;
  GstClockID id;
  guint64 n;

  running = running > engine->base_time ? running - engine->base_time : 0;
  n = choose_tick (engine, running);
  id = engine->wait = gst_clock_new_single_shot_id (engine->clock,
      engine->base_time +
          vs_play_format_tick_time (&engine->settings.format, n));
  g_mutex_unlock (&engine->lock);
  ret = gst_clock_id_wait (id, NULL);
  g_mutex_lock (&engine->lock);
  engine->wait = NULL;
  gst_clock_id_unref (id);
  return ret != GST_CLOCK_UNSCHEDULED && engine->playing && !engine->stopping;
}

static void
replace_source (VsFeedEngine *engine)
{
  g_autofree gchar *uri = NULL;

  g_mutex_lock (&engine->lock);
  engine->uri_changed = FALSE;
  uri = g_strdup (engine->uri);
  g_mutex_unlock (&engine->lock);
  if (engine->source) {
    engine->reconnects_before += vs_feed_source_get_reconnects (engine->source);
    vs_feed_source_free (engine->source);
  }
  engine->source = vs_feed_source_new (&engine->settings, uri, engine->reaper);
  g_clear_pointer (&engine->buffer, vs_play_buffer_free);
  engine->buffer =
      vs_play_buffer_new (&engine->settings.format, engine->settings.latency);
}

/* Called with the lock, which is let go meanwhile. */
static void
rest (VsFeedEngine *engine)
{
  if (engine->started && !engine->paused) {
    g_mutex_unlock (&engine->lock);
    vs_feed_source_pause (engine->source);
    g_mutex_lock (&engine->lock);
  }
  engine->paused = TRUE;
  while (!engine->playing && !engine->stopping)
    g_cond_wait (&engine->cond, &engine->lock);
  engine->paused = FALSE;
}

static gpointer
run (gpointer data)
{
  VsFeedEngine *engine = data;

  replace_source (engine);
  g_mutex_lock (&engine->lock);
  while (!engine->stopping) {
    if (!engine->playing) {
      rest (engine);
      continue;
    }
    if (!wait_for_tick (engine))
      continue;
    gboolean changed = engine->uri_changed;
    g_mutex_unlock (&engine->lock);
    if (changed)
      replace_source (engine);
    run_tick (engine, engine->tick++);
    g_mutex_lock (&engine->lock);
    engine->stats = engine->now;
  }
  g_mutex_unlock (&engine->lock);
  g_clear_pointer (&engine->source, vs_feed_source_free);
  g_clear_pointer (&engine->buffer, vs_play_buffer_free);
  gst_clear_buffer (&engine->picture);
  return NULL;
}

VsFeedEngine *
vs_feed_engine_new (const VsFeedSettings *settings,
    const VsFeedEngineFuncs *funcs, gpointer data)
{
  VsFeedEngine *engine = g_new0 (VsFeedEngine, 1);
  const VsPlayFormat *format = &settings->format;

  settings_copy (&engine->settings, settings);
  engine->funcs = *funcs;
  engine->data = data;
  engine->uri = g_strdup (settings->uri);
  g_mutex_init (&engine->lock);
  g_cond_init (&engine->cond);
  engine->reaper = vs_play_reaper_new ();
  engine->slate = vs_play_slate_new (settings->slate, format, engine->reaper);
  engine->data_at = GST_CLOCK_TIME_NONE;
  engine->samples = g_new0 (gfloat,
      (vs_play_format_tick_sample (format, 1) + 2) * format->audio.channels);
  engine->thread = g_thread_new ("vs-feed-engine", run, engine);
  return engine;
}

void
vs_feed_engine_stop (VsFeedEngine *engine)
{
  g_mutex_lock (&engine->lock);
  engine->stopping = TRUE;
  if (engine->wait)
    gst_clock_id_unschedule (engine->wait);
  g_cond_broadcast (&engine->cond);
  g_mutex_unlock (&engine->lock);
  if (!engine->thread)
    return;
  g_thread_join (g_steal_pointer (&engine->thread));
  GST_INFO ("stopped after %" G_GUINT64_FORMAT " frames, %" G_GUINT64_FORMAT
            " repeated, %" G_GUINT64_FORMAT " left out, %" G_GUINT64_FORMAT
            " slate, %" G_GUINT64_FORMAT " late; %" G_GUINT64_FORMAT
            " samples, %" G_GUINT64_FORMAT " silent; %u reconnects",
      engine->now.frames, engine->now.duplicated, engine->now.dropped,
      engine->now.slate_frames, engine->now.late_ticks, engine->now.samples,
      engine->now.silence_samples, engine->now.reconnects);
  if (!vs_play_reaper_wait (engine->reaper, STOP_WAIT))
    GST_WARNING ("a feed's pipeline does not go down; left to itself");
}

void
vs_feed_engine_free (VsFeedEngine *engine)
{
  vs_feed_engine_stop (engine);
  vs_play_slate_free (engine->slate);
  vs_play_reaper_unref (engine->reaper);
  vs_play_format_clear (&engine->settings.format);
  gst_clear_object (&engine->clock);
  g_mutex_clear (&engine->lock);
  g_cond_clear (&engine->cond);
  g_free (engine->settings.slate);
  g_free (engine->uri);
  g_free (engine->told);
  g_free (engine->samples);
  g_free (engine);
}

void
vs_feed_engine_play (
    VsFeedEngine *engine, GstClock *clock, GstClockTime base_time)
{
  g_mutex_lock (&engine->lock);
  gst_object_replace ((GstObject **) &engine->clock, GST_OBJECT (clock));
  engine->base_time = base_time;
  engine->playing = TRUE;
  if (engine->wait)
    gst_clock_id_unschedule (engine->wait);
  g_cond_broadcast (&engine->cond);
  g_mutex_unlock (&engine->lock);
}

void
vs_feed_engine_pause (VsFeedEngine *engine)
{
  g_mutex_lock (&engine->lock);
  engine->playing = FALSE;
  if (engine->wait)
    gst_clock_id_unschedule (engine->wait);
  g_mutex_unlock (&engine->lock);
}

void
vs_feed_engine_set_uri (VsFeedEngine *engine, const gchar *uri)
{
  g_mutex_lock (&engine->lock);
  g_free (engine->uri);
  engine->uri = g_strdup (uri);
  engine->uri_changed = TRUE;
  g_mutex_unlock (&engine->lock);
}

void
vs_feed_engine_get_stats (VsFeedEngine *engine, VsFeedStats *stats)
{
  g_mutex_lock (&engine->lock);
  *stats = engine->stats;
  g_mutex_unlock (&engine->lock);
}
