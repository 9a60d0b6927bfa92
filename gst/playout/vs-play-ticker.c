/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-ticker.h"

#define GST_CAT_DEFAULT vs_play_debug ()

/* A pipeline that starts gets its first frame at 0; one that has run for longer
 * when we are added gets it now. Less than the pads' queues hold. */
#define START_AT_ZERO (1900 * GST_MSECOND)
/* Ticks missed by less are made up for; by more (the process was stopped) they
 * are left out, with their timestamps. */
#define CATCH_UP (10 * GST_SECOND)

struct _VsPlayTicker {
  VsPlayFormat format;
  VsPlayTickerFuncs funcs;
  gpointer data;
  GThread *thread;

  GMutex lock;
  GCond cond;
  /* under lock */
  gboolean playing, stopping;
  GstClock *clock;
  GstClockTime base_time;
  GstClockID wait;
  guint64 late, skipped;

  /* the thread's */
  guint64 tick;
  gboolean started, paused;
};

/* Decides which tick is next, given the running time; counts those missed. */
static guint64
choose_tick (VsPlayTicker *ticker, GstClockTime running)
{
  guint64 due = vs_play_format_tick_at (&ticker->format, running);
  GstClockTime time = vs_play_format_tick_time (&ticker->format, ticker->tick);

  if (!ticker->started) {
    ticker->tick = running < START_AT_ZERO ? 0 : due;
  } else if (running > time + CATCH_UP) {
    GST_WARNING (
        "%" G_GUINT64_FORMAT " ticks are left out", due - ticker->tick);
    ticker->skipped += due - ticker->tick;
    ticker->tick = due;
  } else if (due > ticker->tick + 1) {
    ticker->late++;
  }
  ticker->started = TRUE;
  return ticker->tick;
}

/* Waits until the tick is due. Returns FALSE where it is not to be given: we
 * pause, stop, or play by another clock. Called with the lock. */
static gboolean
wait_for_tick (VsPlayTicker *ticker)
{
  GstClockTime running = gst_clock_get_time (ticker->clock);
  GstClockReturn ret;
  GstClockID id;
  guint64 n;

  running = running > ticker->base_time ? running - ticker->base_time : 0;
  n = choose_tick (ticker, running);
  id = ticker->wait = gst_clock_new_single_shot_id (ticker->clock,
      ticker->base_time + vs_play_format_tick_time (&ticker->format, n));
  g_mutex_unlock (&ticker->lock);
  ret = gst_clock_id_wait (id, NULL);
  g_mutex_lock (&ticker->lock);
  ticker->wait = NULL;
  gst_clock_id_unref (id);
  return ret != GST_CLOCK_UNSCHEDULED && ticker->playing && !ticker->stopping;
}

/* Called with the lock, which is let go meanwhile. */
static void
rest (VsPlayTicker *ticker)
{
  if (ticker->started && !ticker->paused) {
    g_mutex_unlock (&ticker->lock);
    ticker->funcs.rest (ticker->data);
    g_mutex_lock (&ticker->lock);
  }
  ticker->paused = TRUE;
  while (!ticker->playing && !ticker->stopping)
    g_cond_wait (&ticker->cond, &ticker->lock);
  ticker->paused = FALSE;
}

static gpointer
run (gpointer data)
{
  VsPlayTicker *ticker = data;

  ticker->funcs.begin (ticker->data);
  g_mutex_lock (&ticker->lock);
  while (!ticker->stopping) {
    if (!ticker->playing) {
      rest (ticker);
      continue;
    }
    if (!wait_for_tick (ticker))
      continue;
    guint64 n = ticker->tick++;
    g_mutex_unlock (&ticker->lock);
    ticker->funcs.tick (
        n, vs_play_format_tick_time (&ticker->format, n), ticker->data);
    g_mutex_lock (&ticker->lock);
  }
  g_mutex_unlock (&ticker->lock);
  ticker->funcs.end (ticker->data);
  return NULL;
}

VsPlayTicker *
vs_play_ticker_new (
    const VsPlayFormat *format, const VsPlayTickerFuncs *funcs, gpointer data)
{
  VsPlayTicker *ticker = g_new0 (VsPlayTicker, 1);

  vs_play_format_copy (&ticker->format, format);
  ticker->funcs = *funcs;
  ticker->data = data;
  g_mutex_init (&ticker->lock);
  g_cond_init (&ticker->cond);
  ticker->thread = g_thread_new ("vs-play-ticker", run, ticker);
  return ticker;
}

static void
wake_locked (VsPlayTicker *ticker)
{
  if (ticker->wait)
    gst_clock_id_unschedule (ticker->wait);
  g_cond_broadcast (&ticker->cond);
}

void
vs_play_ticker_play (
    VsPlayTicker *ticker, GstClock *clock, GstClockTime base_time)
{
  g_mutex_lock (&ticker->lock);
  gst_object_replace ((GstObject **) &ticker->clock, GST_OBJECT (clock));
  ticker->base_time = base_time;
  ticker->playing = TRUE;
  wake_locked (ticker);
  g_mutex_unlock (&ticker->lock);
}

void
vs_play_ticker_pause (VsPlayTicker *ticker)
{
  g_mutex_lock (&ticker->lock);
  ticker->playing = FALSE;
  wake_locked (ticker);
  g_mutex_unlock (&ticker->lock);
}

gboolean
vs_play_ticker_stop (VsPlayTicker *ticker)
{
  g_mutex_lock (&ticker->lock);
  ticker->stopping = TRUE;
  wake_locked (ticker);
  g_mutex_unlock (&ticker->lock);
  if (!ticker->thread)
    return FALSE;
  g_thread_join (g_steal_pointer (&ticker->thread));
  return TRUE;
}

void
vs_play_ticker_free (VsPlayTicker *ticker)
{
  vs_play_ticker_stop (ticker);
  vs_play_format_clear (&ticker->format);
  gst_clear_object (&ticker->clock);
  g_mutex_clear (&ticker->lock);
  g_cond_clear (&ticker->cond);
  g_free (ticker);
}

void
vs_play_ticker_get_counts (
    VsPlayTicker *ticker, guint64 *late, guint64 *skipped)
{
  g_mutex_lock (&ticker->lock);
  *late = ticker->late;
  *skipped = ticker->skipped;
  g_mutex_unlock (&ticker->lock);
}
