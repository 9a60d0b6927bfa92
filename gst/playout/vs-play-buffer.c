/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-buffer.h"

#include "playout/vs-play-audio.h"
#include "playout/vs-play-timeline.h"

#define GST_CAT_DEFAULT vs_play_debug ()

/* What a live feed may be ahead beyond its latency: a burst. More waits in the
 * item, and where it stays, the timeline skips it. */
#define BURST (2 * (gint64) GST_SECOND)
/* A stream that is announced but does not come holds up the others so long. */
#define READY_WAIT (1 * GST_SECOND)
/* One stream so far ahead of the other has jumped alone. */
#define RUNAWAY (10 * (gint64) GST_SECOND)
/* … if the other does not follow in the time that its own data last. */
#define RUNAWAY_WAIT (3 * (gint64) GST_SECOND)
/* What a codec adds to the sound at its end, at most. */
#define PADDING (100 * (gint64) GST_MSECOND)
#define MAX_PICTURE_TIME (60 * GST_SECOND)
/* One stream is waited for no longer at a time: it may be held up by the other,
 * which is taken meanwhile. */
#define AWAIT_STEP (2 * GST_MSECOND)

typedef struct {
  gint64 due;
  GstBuffer *buffer;
} Picture;

struct _VsPlayBuffer {
  VsPlayFormat format;
  VsPlayTimeline tl;
  gint64 frame;   /* ns */
  gboolean fresh; /* the item is not anchored */
  gboolean hurried;
  GstClockTime first_seen;
  GQueue pictures; /* Picture */
  gint64 last_due;
  gint64 picture_time;
  gint64 alone_since[VS_PLAY_N_STREAMS]; /* 0: not far ahead */
  gboolean in_step;                      /* the last tick took a picture */
  VsPlayAudio *audio;
  gint64 hole;
};

static void
picture_free (gpointer data)
{
  Picture *picture = data;

  gst_buffer_unref (picture->buffer);
  g_free (picture);
}

VsPlayBuffer *
vs_play_buffer_new (const VsPlayFormat *format, GstClockTime latency)
{
  VsPlayBuffer *b = g_new0 (VsPlayBuffer, 1);

  vs_play_format_copy (&b->format, format);
  vs_play_timeline_init (
      &b->tl, latency, format->video.fps_n, format->video.fps_d);
  b->frame = vs_play_format_tick_time (format, 1);
  b->picture_time = b->frame;
  b->audio = vs_play_audio_new (format->audio.rate, format->audio.channels);
  g_queue_init (&b->pictures);
  vs_play_buffer_next_item (b);
  return b;
}

void
vs_play_buffer_free (VsPlayBuffer *b)
{
  g_queue_clear_full (&b->pictures, picture_free);
  vs_play_audio_free (b->audio);
  vs_play_format_clear (&b->format);
  g_free (b);
}

void
vs_play_buffer_next_item (VsPlayBuffer *b)
{
  b->fresh = TRUE;
  b->first_seen = GST_CLOCK_TIME_NONE;
}

static gint64
to_samples (const VsPlayBuffer *b, gint64 time)
{
  guint64 n = gst_util_uint64_scale_round (
      ABS (time), b->format.audio.rate, GST_SECOND);

  return time < 0 ? -(gint64) n : (gint64) n;
}

static gint64
to_time (const VsPlayBuffer *b, gint64 samples)
{
  guint64 t =
      gst_util_uint64_scale (ABS (samples), GST_SECOND, b->format.audio.rate);

  return samples < 0 ? -(gint64) t : (gint64) t;
}

static void
push_picture (VsPlayBuffer *b, GstSample *sample, gint64 due, gint64 duration)
{
  Picture *picture = g_new (Picture, 1);
  gint64 step = due - b->last_due;

  b->picture_time = step > 0 && step < (gint64) MAX_PICTURE_TIME
                        ? step
                        : MAX (duration, b->frame);
  b->last_due = due;
  picture->due = due;
  picture->buffer = gst_buffer_ref (gst_sample_get_buffer (sample));
  g_queue_push_tail (&b->pictures, picture);
}

static void
push_sound (VsPlayBuffer *b, GstSample *sample, gint64 due)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  gsize frame = sizeof (gfloat) * b->format.audio.channels;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  vs_play_audio_push (b->audio, to_samples (b, due), (const gfloat *) map.data,
      map.size / frame);
  gst_buffer_unmap (buffer, &map);
}

/* Has the stream enough? Where its last data lie counts, not how much there
 * is, so that a hole in one stream does not let the other run ahead. */
static gboolean
is_full (VsPlayBuffer *b, VsPlayStream stream, gint64 now)
{
  const VsPlayTimelineStream *s = &b->tl.stream[stream];
  gint64 ahead = s->tail - vs_play_timeline_position (&b->tl, now);

  return s->known &&
         ahead > MAX (b->tl.latency, 2 * b->frame) + (b->tl.live ? BURST : 0);
}

static gboolean
fill_stream (VsPlayBuffer *b, VsPlayItem *item, VsPlayStream stream, gint64 now)
{
  GstClockTimeDiff time, duration;
  gboolean any = FALSE;

  while (!is_full (b, stream, now) &&
         vs_play_item_peek (item, stream, 0, &time, &duration)) {
    g_autoptr (GstSample) sample = vs_play_item_take (item, stream);
    gint64 due;

    if (stream == VS_PLAY_AUDIO)
      duration =
          to_time (b, gst_buffer_get_size (gst_sample_get_buffer (sample)) /
                          (sizeof (gfloat) * b->format.audio.channels));
    due = vs_play_timeline_map (&b->tl, stream, time, duration, now);
    if (stream == VS_PLAY_VIDEO)
      push_picture (b, sample, due, duration);
    else
      push_sound (b, sample, due);
    any = TRUE;
  }
  return any;
}

static gboolean
anchor (VsPlayBuffer *b, VsPlayItem *item, gboolean live, GstClockTime now)
{
  GstClockTimeDiff first, video;
  gboolean ready = vs_play_item_is_ready (item, &first, &video);

  if (!GST_CLOCK_STIME_IS_VALID (first))
    return FALSE;
  if (!GST_CLOCK_TIME_IS_VALID (b->first_seen))
    b->first_seen = now;
  if (!ready && !b->hurried && now - b->first_seen < READY_WAIT)
    return FALSE;
  vs_play_timeline_anchor (&b->tl, live, first, video, now);
  b->fresh = FALSE;
  return TRUE;
}

gboolean
vs_play_buffer_fill (
    VsPlayBuffer *b, VsPlayItem *item, gboolean live, GstClockTime now)
{
  gboolean any = FALSE;

  if (b->fresh && !anchor (b, item, live, now))
    return GST_CLOCK_TIME_IS_VALID (b->first_seen);
  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++)
    any |= fill_stream (b, item, i, now);
  return any;
}

gint
vs_play_buffer_find_late (
    const VsPlayBuffer *b, VsPlayItem *item, GstClockTime now)
{
  for (gint i = 0; i < VS_PLAY_N_STREAMS; i++) {
    if (vs_play_buffer_get_stream_ahead (b, i, now) <= 0 &&
        !vs_play_item_has_ended (item, i))
      return i;
  }
  return -1;
}

void
vs_play_buffer_await (
    VsPlayBuffer *b, VsPlayItem *item, GstClockTime now, GstClockTime wait)
{
  GstClockTimeDiff time, duration;
  gint late;

  for (; wait >= AWAIT_STEP; wait -= AWAIT_STEP) {
    late = vs_play_buffer_find_late (b, item, now);
    if (late < 0)
      return;
    vs_play_item_peek (item, late, AWAIT_STEP, &time, &duration);
    vs_play_buffer_fill (b, item, FALSE, now);
  }
}

static gboolean
get_head (const VsPlayBuffer *b, VsPlayStream stream, gint64 *due)
{
  const Picture *picture = g_queue_peek_head ((GQueue *) &b->pictures);

  if (stream == VS_PLAY_AUDIO) {
    if (!vs_play_audio_get_head (b->audio, due))
      return FALSE;
    *due = to_time (b, *due);
    return TRUE;
  }
  if (picture)
    *due = picture->due;
  return picture != NULL;
}

/* The stream's offset is made as if it went on now. */
static void
bring_back (VsPlayBuffer *b, VsPlayStream stream, gint64 position)
{
  VsPlayTimelineStream *s = &b->tl.stream[stream];

  GST_INFO ("one stream of the feed jumped alone, brought back");
  if (stream == VS_PLAY_VIDEO)
    g_queue_clear_full (&b->pictures, picture_free);
  else
    vs_play_audio_clear (b->audio);
  s->offset = position + b->tl.latency - s->raw_end;
  s->tail = position + b->tl.latency;
  b->alone_since[stream] = 0;
}

/* Where all that is there lies far ahead, the feed's times have jumped and the
 * hole is skipped. Where only one stream's have, it is brought back. */
static void
follow_jumps (VsPlayBuffer *b, gint64 now)
{
  gint64 position = vs_play_timeline_position (&b->tl, now);
  gint64 next = G_MAXINT64, due;
  guint waiting = 0;

  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++) {
    if (get_head (b, i, &due))
      next = MIN (next, due);
    else if (vs_play_timeline_is_active (&b->tl, i, now))
      waiting++;
  }
  if (next == G_MAXINT64 || next - position <= b->hole)
    return;
  if (!waiting && vs_play_timeline_skip_to (&b->tl, next, now)) {
    GST_INFO ("feed times jumped, went on after them");
    return;
  }
  for (guint i = 0; i < VS_PLAY_N_STREAMS; i++) {
    gboolean alone = get_head (b, i, &due) &&
                     due - position > RUNAWAY + BURST &&
                     vs_play_timeline_is_active (&b->tl, !i, now);

    if (!alone)
      b->alone_since[i] = 0;
    else if (b->alone_since[i] == 0)
      b->alone_since[i] = now;
    else if (now - b->alone_since[i] > RUNAWAY_WAIT)
      bring_back (b, i, position);
  }
}

/* In step with the feed, a picture may be up to three quarters of a frame off
 * its tick before one is shown twice or left out; the plain rule (a half)
 * would do both by turns when the feed's phase wanders over the half. */
GstBuffer *
vs_play_buffer_pick (VsPlayBuffer *b, GstClockTime now, guint *skipped)
{
  gint64 position = vs_play_timeline_position (&b->tl, now);
  gint64 limit = position + (b->in_step ? 3 * b->frame / 4 : b->frame / 2);
  GstBuffer *taken = NULL;
  Picture *picture;

  *skipped = 0;
  while (
      (picture = g_queue_peek_head (&b->pictures)) && picture->due <= limit) {
    if (taken) {
      gst_buffer_unref (taken);
      ++*skipped;
    }
    g_queue_pop_head (&b->pictures);
    taken = picture->buffer;
    g_free (picture);
    limit = position + b->frame / 4;
  }
  b->in_step = taken != NULL;
  return taken;
}

guint
vs_play_buffer_read (
    VsPlayBuffer *b, GstClockTime now, guint64 position, gfloat *out, guint n)
{
  return vs_play_audio_read (
      b->audio, (gint64) position - to_samples (b, b->tl.shift), out, n);
}

void
vs_play_buffer_tick (VsPlayBuffer *b, GstClockTime now)
{
  vs_play_timeline_tick (&b->tl, now);
  follow_jumps (b, now);
}

gboolean
vs_play_buffer_is_empty (const VsPlayBuffer *b)
{
  gint64 due;

  return !get_head (b, VS_PLAY_VIDEO, &due) &&
         !get_head (b, VS_PLAY_AUDIO, &due);
}

GstClockTime
vs_play_buffer_get_picture_time (const VsPlayBuffer *b)
{
  return b->picture_time;
}

GstClockTimeDiff
vs_play_buffer_get_drift (const VsPlayBuffer *b)
{
  return b->tl.steered;
}

gboolean
vs_play_buffer_is_anchored (const VsPlayBuffer *b)
{
  return !b->fresh;
}

void
vs_play_buffer_hurry (VsPlayBuffer *b)
{
  b->hurried = TRUE;
}

void
vs_play_buffer_set_hole (VsPlayBuffer *b, GstClockTime hole)
{
  b->hole = hole;
}

/* Sound ends a little after the pictures where its codec pads its last block;
 * that is no reason for a picture more. */
gint64
vs_play_buffer_get_ahead (const VsPlayBuffer *b, GstClockTime now)
{
  const VsPlayTimelineStream *video = &b->tl.stream[VS_PLAY_VIDEO];
  const VsPlayTimelineStream *audio = &b->tl.stream[VS_PLAY_AUDIO];
  gint64 tail = G_MININT64;

  if (video->known)
    tail = video->tail;
  if (audio->known)
    tail = MAX (tail, video->known ? audio->tail - PADDING : audio->tail);
  return tail == G_MININT64 ? G_MININT64
                            : tail - vs_play_timeline_position (&b->tl, now);
}

gint64
vs_play_buffer_get_stream_ahead (
    const VsPlayBuffer *b, VsPlayStream stream, GstClockTime now)
{
  const VsPlayTimelineStream *s = &b->tl.stream[stream];

  return s->known ? s->tail - vs_play_timeline_position (&b->tl, now)
                  : G_MAXINT64;
}

GstBuffer *
vs_play_buffer_peek_picture (
    const VsPlayBuffer *b, GstClockTime now, gint64 *due)
{
  const Picture *picture = g_queue_peek_head ((GQueue *) &b->pictures);

  if (!picture)
    return NULL;
  *due = picture->due - vs_play_timeline_position (&b->tl, now);
  return picture->buffer;
}

guint
vs_play_buffer_count_pictures (const VsPlayBuffer *b)
{
  return b->pictures.length;
}

gboolean
vs_play_buffer_has_sound (const VsPlayBuffer *b)
{
  return b->tl.stream[VS_PLAY_AUDIO].known;
}
