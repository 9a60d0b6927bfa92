/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "x264/vs-x264-ahead.h"

/* x264's delay between pictures and decoding, at most (with B-pyramid). */
#define MOST_DELAY 2

typedef struct {
  guint64 number;
  GstClockTime pts, dts;
} Key;

struct _VsX264Ahead {
  gboolean closed; /* GOPs: no frame before a key frame is coded after it */
  gboolean begins; /* a segment, with the next picture */
  guint interval;  /* pictures between key frames that nobody asked for; 0: not
                      known */
  guint delay;
  guint64 in, out;                 /* pictures, frames */
  guint64 last;                    /* key frame that went in */
  GstClockTime before[MOST_DELAY]; /* the last pictures' times */
  GQueue keys;                     /* Key, those that have not come out */
};

VsX264Ahead *
vs_x264_ahead_new (void)
{
  VsX264Ahead *self = g_new0 (VsX264Ahead, 1);

  g_queue_init (&self->keys);
  return self;
}

void
vs_x264_ahead_free (VsX264Ahead *self)
{
  g_queue_clear_full (&self->keys, g_free);
  g_free (self);
}

void
vs_x264_ahead_start (VsX264Ahead *self, x264_t *x264)
{
  x264_param_t param; /* as they are, not as they were asked for */

  x264_encoder_parameters (x264, &param);
  g_queue_clear_full (&self->keys, g_free);
  /* A second pass has its key frames from the first. */
  self->closed =
      !param.b_open_gop && !param.b_intra_refresh && !param.rc.b_stat_read;
  /* Where scenes are looked for, a key frame may come sooner. */
  self->interval =
      param.i_scenecut_threshold == 0 ? (guint) param.i_keyint_max : 0;
  self->delay = param.i_bframe == 0           ? 0
                : param.i_bframe_pyramid == 0 ? 1
                                              : MOST_DELAY;
  self->in = self->out = self->last = 0;
}

void
vs_x264_ahead_segment (VsX264Ahead *self)
{
  self->begins = TRUE;
}

static void
expect_key (VsX264Ahead *self, GstClockTime pts)
{
  Key *key;

  self->last = self->in;
  /* A decoding time is that of the picture so far before it. */
  if (!self->closed || self->begins || self->in <= MOST_DELAY)
    return;
  key = g_new (Key, 1);
  key->number = self->in;
  key->pts = pts;
  key->dts = self->delay == 0
                 ? pts
                 : self->before[(self->in - self->delay) % MOST_DELAY];
  g_queue_push_tail (&self->keys, key);
}

void
vs_x264_ahead_in (VsX264Ahead *self, GstClockTime pts, gboolean forced)
{
  if (forced || (self->interval > 0 && self->in - self->last >= self->interval))
    expect_key (self, pts);
  self->begins = FALSE;
  self->before[self->in % MOST_DELAY] = pts;
  self->in++;
}

GstEvent *
vs_x264_ahead_out (VsX264Ahead *self)
{
  g_autofree Key *key = NULL;

  self->out++;
  while (!g_queue_is_empty (&self->keys) &&
         ((Key *) g_queue_peek_head (&self->keys))->number <= self->out) {
    g_free (key);
    key = g_queue_pop_head (&self->keys);
  }
  if (key == NULL || key->number != self->out)
    return NULL;
  return gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
      gst_structure_new ("vstream-key", "pts", G_TYPE_UINT64, key->pts, "dts",
          G_TYPE_UINT64, key->dts, NULL));
}
