/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which frame comes out next. A GOP is closed, so the frames before a key frame
 * are coded before it, and its place is known as soon as its picture goes in:
 * many frames before it comes out. With the last frame of a GOP an event says
 * so, and who cuts at key frames need not wait for the next one.
 *
 * Life: new … start, for each x264 … in and out for each of its frames … free.
 * The encoder's streaming thread. */
#pragma once

#include <gst/gst.h>
#include <stdint.h>
#include <x264.h>

G_BEGIN_DECLS

typedef struct _VsX264Ahead VsX264Ahead;

VsX264Ahead *vs_x264_ahead_new (void);
void vs_x264_ahead_free (VsX264Ahead *self);

void vs_x264_ahead_start (VsX264Ahead *self, x264_t *x264);
/* A segment begins: its event comes with the next picture's frame, and what
 * was told before it would be read by the old one. */
void vs_x264_ahead_segment (VsX264Ahead *self);
/* The next picture goes in; @forced: as a key frame. */
void vs_x264_ahead_in (VsX264Ahead *self, GstClockTime pts, gboolean forced);
/* The next frame has come out. The event that is due now ("vstream-key", with
 * the times of the buffer that follows it as "pts" and "dts"), or NULL. */
GstEvent *vs_x264_ahead_out (VsX264Ahead *self);

G_END_DECLS
