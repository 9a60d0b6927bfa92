/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-ticker: the thread that plays: it waits for the pipeline's clock and
 * calls once for each frame of the output, numbered from running time 0.
 *
 * Its life: it starts with its owner's READY to PAUSED and rests; it is told
 * to play by a clock, to pause, and to stop, which waits for its thread. A
 * tick that comes late is made up for; after a break of more than ten seconds
 * (the process was stopped) the ticks in between are left out.
 *
 * Threads: the functions in VsPlayTickerFuncs run in the ticker's thread,
 * under no lock, and must not block. All others may be called from any thread
 * but that one. */
#pragma once

#include "playout/vs-play-format.h"

G_BEGIN_DECLS

typedef struct _VsPlayTicker VsPlayTicker;

typedef struct {
  void (*begin) (gpointer data); /* once, before all others */
  void (*tick) (guint64 n, GstClockTime time, gpointer data);
  void (*rest) (gpointer data); /* the pipeline pauses */
  void (*end) (gpointer data);  /* once, after all others */
} VsPlayTickerFuncs;

VsPlayTicker *vs_play_ticker_new (
    const VsPlayFormat *format, const VsPlayTickerFuncs *funcs, gpointer data);
/* Stops it, too. */
void vs_play_ticker_free (VsPlayTicker *ticker);

void vs_play_ticker_play (
    VsPlayTicker *ticker, GstClock *clock, GstClockTime base_time);
void vs_play_ticker_pause (VsPlayTicker *ticker);
/* TRUE: it ran until now. */
gboolean vs_play_ticker_stop (VsPlayTicker *ticker);

/* @late: ticks given out more than a frame late; @skipped: left out. */
void vs_play_ticker_get_counts (
    VsPlayTicker *ticker, guint64 *late, guint64 *skipped);

G_END_DECLS
