/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-timeline: how the times of a feed become times of the output. Pure:
 * times are arguments, nanoseconds.
 *
 * A feed's time plus an offset is its due time; the output's time minus a
 * shift is the play position; what is due at the position is shown and heard.
 * Video and audio share offset and shift, so their sync is the feed's.
 *
 * A new item is anchored: its first data is due after @latency, or where the
 * last item ends. A feed whose times go back (restarted at 0, wrapped) gets a
 * new offset that goes on where it was, and its other stream takes the same
 * one when it goes back too. A feed that stalled and goes on late gets a
 * larger shift (a live one after it has been late for half a second: until
 * then a backlog may still be on its way, and is skipped). Data that wait far
 * in the future with nothing to play before them get a smaller one. A live
 * feed's clock is followed by at most 500 ppm: the mean time that data wait is
 * held where it was.
 *
 * Shifts by jumps are whole frames, so that frames keep falling in the middle
 * of their ticks. */
#pragma once

#include "playout/vs-play-format.h"

G_BEGIN_DECLS

typedef struct {
  gboolean known;
  guint epoch; /* of the offset in use */
  gint64 offset;
  gint64 raw_end;    /* where the stream stands, feed time */
  gint64 tail;       /* the same, due time */
  gint64 late_since; /* output time, or G_MININT64: not late */
} VsPlayTimelineStream;

typedef struct {
  gint64 latency;
  gint fps_n, fps_d;
  gboolean live;

  gint64 shift;
  guint epoch; /* 0: nothing is anchored yet */
  gint64 offset;
  VsPlayTimelineStream stream[VS_PLAY_N_STREAMS];

  /* the feed's clock against ours, over a window */
  gint64 window_start, margin_sum, margin_min;
  guint margin_n;
  gboolean has_reference, steering;
  gint64 reference; /* the mean margin to hold */
  gint64 steer;     /* left to steer */
  gint64 steered;   /* all that was, for statistics */
} VsPlayTimeline;

void vs_play_timeline_init (
    VsPlayTimeline *tl, gint64 latency, gint fps_n, gint fps_d);

/* A new item: @raw is its first time of all streams, @video that of its first
 * picture or GST_CLOCK_STIME_NONE. */
void vs_play_timeline_anchor (
    VsPlayTimeline *tl, gboolean live, gint64 raw, gint64 video, gint64 now);

/* Data of @stream has come at @now: when it is due. */
gint64 vs_play_timeline_map (VsPlayTimeline *tl, VsPlayStream stream,
    gint64 raw, gint64 duration, gint64 now);

/* One tick has passed: steers. */
void vs_play_timeline_tick (VsPlayTimeline *tl, gint64 now);

gint64 vs_play_timeline_position (const VsPlayTimeline *tl, gint64 now);

/* Nothing is to be played before @due: goes there where that is further than
 * the latency explains. Returns TRUE where it did. */
gboolean vs_play_timeline_skip_to (VsPlayTimeline *tl, gint64 due, gint64 now);

/* Is data of @stream still coming, as far as we can tell? */
gboolean vs_play_timeline_is_active (
    const VsPlayTimeline *tl, VsPlayStream stream, gint64 now);

G_END_DECLS
