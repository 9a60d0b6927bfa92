/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-out: a source pad with a bounded queue and a task of its own, so
 * that who fills it never waits for downstream. A full queue lets its oldest
 * data go (counted; the next buffer says DISCONT), whose timestamps are then
 * missing and all others right. An unlinked pad loses its data and is no
 * fault: it may be linked later.
 *
 * The pad is made with the element and lives as long; the queue works between
 * activation and deactivation of the pad, which the element's state changes
 * do. All functions may be called from any thread. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _VsPlayOut VsPlayOut;

/* Adds a pad of @template to @element. */
VsPlayOut *vs_play_out_new (
    GstElement *element, GstPadTemplate *template, GstClockTime max_time);
void vs_play_out_free (VsPlayOut *out);

GstPad *vs_play_out_get_pad (VsPlayOut *out);

/* Before activation: what it will give. @stream_id tells the stream, @group
 * those that belong together. @min_latency is answered to queries. */
void vs_play_out_prepare (VsPlayOut *out, GstCaps *caps, const gchar *stream_id,
    guint group, GstClockTime min_latency);

/* Takes @data: a buffer or a serialised event (EOS ends the pad). */
void vs_play_out_push (VsPlayOut *out, GstMiniObject *data);

guint64 vs_play_out_get_dropped (VsPlayOut *out);

G_END_DECLS
