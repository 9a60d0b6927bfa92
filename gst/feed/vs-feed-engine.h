/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-feed-engine: one feed as an endless output. One thread waits for the
 * clock, tick by tick, and at each tick gives out one picture and the samples
 * that belong to it: the feed's where they are there, else the last picture
 * for a while, then the slate, and silence. It opens the feed, and opens it
 * again, with growing waits, when it fails, ends or says nothing.
 *
 * Its life: made, played (which opens the feed the first time), paused and
 * played again as the pipeline says, stopped, freed. Time spent in pause is
 * not made up for.
 *
 * Threads: play, pause, stop, set_uri, set_paused, get_stats are for any
 * thread. The functions in VsFeedEngineFuncs are called by the engine's thread,
 * under no lock, and must not block. After stop has returned none of them is
 * called. */
#pragma once

#include "playout/vs-play-format.h"

G_BEGIN_DECLS

typedef struct _VsFeedEngine VsFeedEngine;

typedef enum {
  VS_FEED_CONNECTING, /* nothing has come yet */
  VS_FEED_STREAMING,
  VS_FEED_HOLDING, /* nothing comes, the last picture is shown */
  VS_FEED_SLATE,   /* nothing has come for longer than the hold time */
  VS_FEED_PAUSED   /* the slate, whatever comes */
} VsFeedState;

/* "connecting", "streaming", … */
const gchar *vs_feed_state_get_name (VsFeedState state);

typedef struct {
  VsPlayFormat format;
  gchar *uri;   /* NULL: none yet, slate */
  gchar *slate; /* see vs-play-slate.h */
  GstClockTime timeout, hold_time, latency;
  GstClockTime reconnect_delay, reconnect_delay_max;
  gboolean loop;   /* a file starts again at its end */
  gboolean paused; /* at start; then vs_feed_engine_set_paused () */
} VsFeedSettings;

typedef struct {
  /* Both take the buffer; timestamps are running time. */
  void (*video) (GstBuffer *buffer, gpointer data);
  void (*audio) (GstBuffer *buffer, gpointer data);
  void (*state) (VsFeedState state, VsFeedState previous, const gchar *reason,
      gpointer data);
  /* @message: what is not as it was asked for, and does not stop us. */
  void (*warning) (const gchar *message, gpointer data);
} VsFeedEngineFuncs;

typedef struct {
  guint64 frames, duplicated, dropped, slate_frames, skipped_ticks, late_ticks;
  guint64 samples, silence_samples;
  guint reconnects;
  GstClockTimeDiff drift;
  VsFeedState state;
} VsFeedStats;

/* Copies @settings. */
VsFeedEngine *vs_feed_engine_new (const VsFeedSettings *settings,
    const VsFeedEngineFuncs *funcs, gpointer data);
/* Stops it, too. */
void vs_feed_engine_free (VsFeedEngine *engine);

void vs_feed_engine_play (
    VsFeedEngine *engine, GstClock *clock, GstClockTime base_time);
void vs_feed_engine_pause (VsFeedEngine *engine);
void vs_feed_engine_stop (VsFeedEngine *engine);

/* Another feed, from now on; NULL: none. */
void vs_feed_engine_set_uri (VsFeedEngine *engine, const gchar *uri);

/* The slate and silence from now on, while the feed stays open and goes on
 * unseen; or the feed as it is by now. */
void vs_feed_engine_set_paused (VsFeedEngine *engine, gboolean paused);

void vs_feed_engine_get_stats (VsFeedEngine *engine, VsFeedStats *stats);

G_END_DECLS
