/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Key frames that were asked for. A request comes in (from any thread), waits
 * for the first frame at or after its running time, goes with that frame
 * through the encoder, and is answered by an event when the frame comes out.
 *
 * Why not GstVideoEncoder's own: 1.22 takes the running time of the frames by
 * its output segment, which is not moved yet before the first output; one
 * request then makes it take all later ones for done.
 *
 * No lock of its own: the element holds its object lock. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _VsX264Keys VsX264Keys;

VsX264Keys *vs_x264_keys_new (void);
void vs_x264_keys_free (VsX264Keys *self);
void vs_x264_keys_clear (VsX264Keys *self);

/* FALSE: @event, of either direction, asks for no key frame. */
gboolean vs_x264_keys_add (VsX264Keys *self, GstEvent *event);
/* The frame @number at @time goes in; TRUE: make it a key frame. At least
 * @interval lies between two that were forced. */
gboolean vs_x264_keys_take (
    VsX264Keys *self, GstClockTime time, guint32 number, GstClockTime interval);
/* The key frame @number at @time comes out. TRUE, again and again until there
 * is none: one request it answers. */
gboolean vs_x264_keys_answer (VsX264Keys *self, GstClockTime time,
    guint32 number, gboolean *headers, guint *count);

G_END_DECLS
