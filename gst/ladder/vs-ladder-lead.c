/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sound lets the picture go first. A demuxer has many seconds of sound ready
 * before the first picture is decoded; encoding them takes the cores from the
 * first segment, which waits for the picture. So of a file, sound that is more
 * than a GOP ahead waits once, until the first GOP of pictures is out and has
 * had time to be published.
 *
 * Nothing can hang on this: the wait happens once, has a limit, and ends with
 * the picture's end and with the run. */
#include "config.h"

#include "ladder/vs-ladder-bin.h"

#define HEAD_START (2 * G_TIME_SPAN_SECOND)
/* A segment of sound ends with the frame after it has come out of an encoder.
 */
#define MORE_THAN_A_GOP (150 * GST_MSECOND)

typedef struct {
  GstAbrLadder *ladder; /* outlives its pads */
  GstClockTime first;
} Hold;

static void
wait_for_picture (GstAbrLadder *self)
{
  gint64 end = g_get_monotonic_time () + HEAD_START;

  g_mutex_lock (&self->lead_lock);
  while (!self->lead_over &&
         g_cond_wait_until (&self->lead_cond, &self->lead_lock, end))
    ;
  self->lead_over = TRUE;
  g_mutex_unlock (&self->lead_lock);
}

static GstPadProbeReturn
on_sound (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Hold *hold = user_data;
  GstAbrLadder *self = hold->ladder;
  GstClockTime time = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));

  if (!GST_CLOCK_TIME_IS_VALID (time))
    return GST_PAD_PROBE_OK;
  if (!GST_CLOCK_TIME_IS_VALID (hold->first))
    hold->first = time;
  if (time < hold->first + self->run.gop_duration + MORE_THAN_A_GOP)
    return GST_PAD_PROBE_OK;
  wait_for_picture (self);
  return GST_PAD_PROBE_REMOVE;
}

void
vs_ladder_lead_begin (GstAbrLadder *self, gboolean wanted)
{
  gint64 size;

  self->lead_over =
      !wanted || self->decode == NULL ||
      !gst_pad_peer_query_duration (self->sink, GST_FORMAT_BYTES, &size);
}

void
vs_ladder_lead_hold (GstAbrLadder *self, GstElement *queue)
{
  g_autoptr (GstPad) pad = NULL;
  Hold *hold;

  if (self->lead_over)
    return;
  pad = gst_element_get_static_pad (queue, "src");
  hold = g_new0 (Hold, 1);
  hold->ladder = self;
  hold->first = GST_CLOCK_TIME_NONE;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_sound, hold, g_free);
}

void
vs_ladder_lead_end (GstAbrLadder *self)
{
  g_mutex_lock (&self->lead_lock);
  self->lead_over = TRUE;
  g_cond_broadcast (&self->lead_cond);
  g_mutex_unlock (&self->lead_lock);
}
