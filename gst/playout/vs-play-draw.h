/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-draw: colour bars, boxes and digits on an I420 picture, so that the
 * slate and the test picture need no text plugin. Pure, on mapped frames. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct {
  guint8 y, u, v;
} VsPlayColour;

extern const VsPlayColour vs_play_black, vs_play_white;

/* Clipped to the picture; even positions and sizes are meant. */
void vs_play_draw_box (GstVideoFrame *frame, gint x, gint y, gint width,
    gint height, VsPlayColour colour);

/* Seven bars of 75 per cent, BT.709. */
void vs_play_draw_bars (GstVideoFrame *frame);

/* @text of digits, ':' and '.' in seven segments, @height tall, white on
 * black. Returns its width. */
gint vs_play_draw_digits (
    GstVideoFrame *frame, gint x, gint y, gint height, const gchar *text);

G_END_DECLS
