/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-timeline.h"

#define NOT_LATE G_MININT64
#define MS GST_MSECOND
#define BACK (500 * (gint64) MS)        /* going back by more is a restart */
#define LATE_RUN (500 * (gint64) MS)    /* late for so long: not a backlog */
#define AGREE (2 * (gint64) GST_SECOND) /* streams of one restart */
#define ACTIVE (2 * (gint64) GST_SECOND)
#define EXCESS                                                                 \
  (500 * (gint64) MS) /* more waiting than the latency asks for                \
                       */
#define WINDOW (5 * (gint64) GST_SECOND)
#define STEER_FROM (15 * (gint64) MS)
#define STEER_TO (3 * (gint64) MS)
#define STEER_PPM 500

void
vs_play_timeline_init (
    VsPlayTimeline *tl, gint64 latency, gint fps_n, gint fps_d)
{
  *tl = (VsPlayTimeline){ .latency = latency, .fps_n = fps_n, .fps_d = fps_d };
}

gint64
vs_play_timeline_position (const VsPlayTimeline *tl, gint64 now)
{
  return now - tl->shift;
}

gboolean
vs_play_timeline_is_active (
    const VsPlayTimeline *tl, VsPlayStream stream, gint64 now)
{
  const VsPlayTimelineStream *s = &tl->stream[stream];

  return s->known && s->tail > vs_play_timeline_position (tl, now) - ACTIVE;
}

static gint64
frame_duration (const VsPlayTimeline *tl)
{
  return gst_util_uint64_scale_int (GST_SECOND, tl->fps_d, tl->fps_n);
}

/* @time rounded up to the grid of ticks. */
static gint64
ceil_tick (const VsPlayTimeline *tl, gint64 time)
{
  guint64 second = GST_SECOND * tl->fps_d;

  if (time <= 0)
    return -(gint64) gst_util_uint64_scale (
        gst_util_uint64_scale (-time, tl->fps_n, second), second, tl->fps_n);
  return gst_util_uint64_scale (
      gst_util_uint64_scale_ceil (time, tl->fps_n, second), second, tl->fps_n);
}

static void
restart_window (VsPlayTimeline *tl, gint64 now)
{
  tl->window_start = now;
  tl->margin_sum = tl->margin_n = 0;
  tl->margin_min = G_MAXINT64;
  tl->has_reference = tl->steering = FALSE;
  tl->steer = 0;
}

static void
jump (VsPlayTimeline *tl, gint64 by, gint64 now)
{
  tl->shift += ceil_tick (tl, by);
  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++)
    tl->stream[i].late_since = NOT_LATE;
  restart_window (tl, now);
}

/* Where data that start anew should be due: after all that is there, but not
 * before it can be in time. */
static gint64
restart_due (const VsPlayTimeline *tl, gint64 tail, gint64 now)
{
  gint64 position = vs_play_timeline_position (tl, now);

  return tail > position ? tail : position + tl->latency;
}

void
vs_play_timeline_anchor (
    VsPlayTimeline *tl, gboolean live, gint64 raw, gint64 video, gint64 now)
{
  gint64 tail = G_MININT64, due, picture;

  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++) {
    if (tl->stream[i].known)
      tail = MAX (tail, tl->stream[i].tail);
    tl->stream[i].known = FALSE;
    tl->stream[i].late_since = NOT_LATE;
  }
  tl->live = live;
  due = restart_due (tl, tail, now);
  if (live)
    due = MAX (due, vs_play_timeline_position (tl, now) + tl->latency);
  tl->offset = due - raw;
  if (GST_CLOCK_STIME_IS_VALID (video)) {
    picture = video + tl->offset + tl->shift;
    tl->offset += ceil_tick (tl, picture) - picture;
  }
  tl->epoch++;
  restart_window (tl, now);
}

static void
follow_restart (
    VsPlayTimeline *tl, VsPlayTimelineStream *s, gint64 raw, gint64 now)
{
  gint64 due = restart_due (tl, s->tail, now);

  if (s->epoch == tl->epoch || ABS (raw + tl->offset - due) > AGREE) {
    tl->offset = due - raw;
    tl->epoch++;
  }
  s->offset = tl->offset;
  s->epoch = tl->epoch;
  s->late_since = NOT_LATE;
  restart_window (tl, now);
}

/* Data of @stream is late by @by: more shift, or none. */
static void
follow_stall (VsPlayTimeline *tl, VsPlayStream stream, gint64 by, gint64 now)
{
  VsPlayTimelineStream *s = &tl->stream[stream];
  const VsPlayTimelineStream *other = &tl->stream[!stream];
  gboolean leads =
      stream == VS_PLAY_AUDIO || !vs_play_timeline_is_active (tl, !stream, now);

  if (s->late_since == NOT_LATE)
    s->late_since = now;
  if (tl->live && now - s->late_since < LATE_RUN)
    return;
  /* a decoder too slow for its pictures is no reason to break the sound */
  if (!leads && (!tl->live || other->tail + by >
                                  vs_play_timeline_position (tl, now) + AGREE))
    return;
  jump (tl, tl->latency + by, now);
}

static void
note_margin (VsPlayTimeline *tl, VsPlayStream stream, gint64 margin, gint64 now)
{
  if (stream == VS_PLAY_VIDEO &&
      vs_play_timeline_is_active (tl, VS_PLAY_AUDIO, now))
    return;
  tl->margin_sum += margin;
  tl->margin_min = MIN (tl->margin_min, margin);
  tl->margin_n++;
}

gint64
vs_play_timeline_map (VsPlayTimeline *tl, VsPlayStream stream, gint64 raw,
    gint64 duration, gint64 now)
{
  VsPlayTimelineStream *s = &tl->stream[stream];
  gint64 due, margin;

  if (!s->known) {
    s->known = TRUE;
    s->offset = tl->offset;
    s->epoch = tl->epoch;
    s->late_since = NOT_LATE;
  } else if (raw < s->raw_end - BACK) {
    follow_restart (tl, s, raw, now);
  }
  due = raw + s->offset;
  s->raw_end = raw + duration;
  s->tail = due + duration;
  margin = due - vs_play_timeline_position (tl, now);
  if (margin + MAX (duration, frame_duration (tl)) < 0) {
    follow_stall (tl, stream, -margin, now);
  } else {
    s->late_since = NOT_LATE;
    note_margin (tl, stream, margin, now);
  }
  return due;
}

static void
close_window (VsPlayTimeline *tl, gint64 now)
{
  gint64 mean = tl->margin_sum / tl->margin_n;
  gint64 off = mean - tl->reference, excess = tl->margin_min - tl->latency;

  if (excess > EXCESS) {
    jump (tl, -excess, now);
    return;
  }
  if (!tl->has_reference)
    tl->reference = mean;
  else
    tl->steering = ABS (off) > (tl->steering ? STEER_TO : STEER_FROM);
  tl->steer = tl->has_reference && tl->steering ? off : 0;
  tl->has_reference = TRUE;
  tl->window_start = now;
  tl->margin_sum = tl->margin_n = 0;
  tl->margin_min = G_MAXINT64;
}

void
vs_play_timeline_tick (VsPlayTimeline *tl, gint64 now)
{
  gint64 step = frame_duration (tl) * STEER_PPM / 1000000;

  if (!tl->live)
    return;
  step = CLAMP (tl->steer, -step, step);
  tl->steer -= step;
  tl->shift -= step;
  tl->steered += step;
  if (now - tl->window_start >= WINDOW && tl->margin_n > 0)
    close_window (tl, now);
}

gboolean
vs_play_timeline_skip_to (VsPlayTimeline *tl, gint64 due, gint64 now)
{
  gint64 ahead = due - vs_play_timeline_position (tl, now);

  if (ahead <= tl->latency + EXCESS)
    return FALSE;
  jump (tl, -(ahead - tl->latency), now);
  return TRUE;
}
