/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feed/vs-feed-engine.h"

#include <string.h>

#include "playout/vs-play-slate.h"
#include "feed/vs-feed-source.h"
#include "playout/vs-play-stamp.h"
#include "playout/vs-play-ticker.h"

#define GST_CAT_DEFAULT vs_play_debug ()

/* Data older than this: the feed is not streaming. */
#define FRESH (400 * GST_MSECOND)
#define STOP_WAIT (10 * G_USEC_PER_SEC)

struct _VsFeedEngine {
  VsFeedSettings settings; /* never changed, but uri is not used after new */
  VsFeedEngineFuncs funcs;
  gpointer data;
  VsPlayTicker *ticker;
  VsPlayReaper *reaper;

  GMutex lock;
  /* under lock */
  gboolean uri_changed;
  gchar *uri;
  gboolean paused;
  VsFeedStats stats;

  /* the ticker's */
  VsPlaySlate *slate;
  VsFeedSource *source;
  VsPlayBuffer *buffer;
  GstBuffer *picture;
  GstClockTime picture_at, data_at;
  VsFeedStats now; /* copied to stats once a tick */
  guint reconnects_before;
  gchar *told;     /* the reason */
  gboolean hidden; /* paused, in this tick */
  gfloat *samples;
};

const gchar *
vs_feed_state_get_name (VsFeedState state)
{
  static const gchar *const names[] = { "connecting", "streaming", "holding",
    "slate", "paused" };

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
  if (engine->hidden) {
    state = VS_FEED_PAUSED;
    reason = "It was paused.";
  } else if (state == VS_FEED_STREAMING)
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
  if (age <= hold && !engine->hidden) {
    engine->now.duplicated += picture == NULL;
  } else {
    gst_clear_buffer (&engine->picture);
    engine->now.slate_frames++;
  }
  out = engine->picture ? engine->picture : vs_play_slate_get (engine->slate);
  engine->now.frames++;
  engine->funcs.video (
      vs_play_stamp_picture (&engine->settings.format, out, n), engine->data);
}

static void
give_samples (VsFeedEngine *engine, guint64 tick, GstClockTime time)
{
  const VsPlayFormat *format = &engine->settings.format;
  guint64 first = vs_play_format_tick_sample (format, tick);
  guint n = vs_play_format_tick_sample (format, tick + 1) - first;
  guint silent =
      vs_play_buffer_read (engine->buffer, time, first, engine->samples, n);

  if (silent < n)
    engine->data_at = time;
  if (engine->hidden) {
    memset (engine->samples, 0, sizeof (gfloat) * n * format->audio.channels);
    silent = n;
  }
  engine->now.samples += n;
  engine->now.silence_samples += silent;
  engine->funcs.audio (
      vs_play_stamp_sound (format, engine->samples, tick), engine->data);
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

static void
on_begin (gpointer data)
{
  replace_source (data);
}

static void
on_rest (gpointer data)
{
  vs_feed_source_pause (((VsFeedEngine *) data)->source);
}

static void
on_end (gpointer data)
{
  VsFeedEngine *engine = data;

  g_clear_pointer (&engine->source, vs_feed_source_free);
  g_clear_pointer (&engine->buffer, vs_play_buffer_free);
  gst_clear_buffer (&engine->picture);
}

static void
on_tick (guint64 n, GstClockTime time, gpointer data)
{
  VsFeedEngine *engine = data;
  g_autofree gchar *failure = vs_play_slate_steal_failure (engine->slate);
  gboolean changed;

  g_mutex_lock (&engine->lock);
  changed = engine->uri_changed;
  engine->hidden = engine->paused;
  g_mutex_unlock (&engine->lock);
  if (changed)
    replace_source (engine);
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
  vs_play_ticker_get_counts (
      engine->ticker, &engine->now.late_ticks, &engine->now.skipped_ticks);
  g_mutex_lock (&engine->lock);
  engine->stats = engine->now;
  g_mutex_unlock (&engine->lock);
}

VsFeedEngine *
vs_feed_engine_new (const VsFeedSettings *settings,
    const VsFeedEngineFuncs *funcs, gpointer data)
{
  static const VsPlayTickerFuncs ticks = { on_begin, on_tick, on_rest, on_end };
  VsFeedEngine *engine = g_new0 (VsFeedEngine, 1);
  const VsPlayFormat *format = &settings->format;

  settings_copy (&engine->settings, settings);
  engine->funcs = *funcs;
  engine->data = data;
  engine->uri = g_strdup (settings->uri);
  engine->paused = settings->paused;
  g_mutex_init (&engine->lock);
  engine->reaper = vs_play_reaper_new ();
  engine->slate = vs_play_slate_new (settings->slate, format, engine->reaper);
  engine->data_at = GST_CLOCK_TIME_NONE;
  engine->samples = g_new0 (gfloat,
      (vs_play_format_tick_sample (format, 1) + 2) * format->audio.channels);
  engine->ticker = vs_play_ticker_new (format, &ticks, engine);
  return engine;
}

void
vs_feed_engine_stop (VsFeedEngine *engine)
{
  if (!vs_play_ticker_stop (engine->ticker))
    return;
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
  vs_play_ticker_free (engine->ticker);
  g_mutex_clear (&engine->lock);
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
  vs_play_ticker_play (engine->ticker, clock, base_time);
}

void
vs_feed_engine_pause (VsFeedEngine *engine)
{
  vs_play_ticker_pause (engine->ticker);
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
vs_feed_engine_set_paused (VsFeedEngine *engine, gboolean paused)
{
  g_mutex_lock (&engine->lock);
  engine->paused = paused;
  g_mutex_unlock (&engine->lock);
}

void
vs_feed_engine_get_stats (VsFeedEngine *engine, VsFeedStats *stats)
{
  g_mutex_lock (&engine->lock);
  *stats = engine->stats;
  g_mutex_unlock (&engine->lock);
}
