/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-buffer: what has come from an item and is not played yet, with the
 * timeline that says when it is to be played. A feed keeps one buffer for all
 * its items, so that the end of one runs into the start of the next; a queue
 * of programmes has one an item.
 *
 * Belongs to one thread, which fills it and plays from it once a tick. */
#pragma once

#include "playout/vs-play-item.h"

G_BEGIN_DECLS

typedef struct _VsPlayBuffer VsPlayBuffer;

VsPlayBuffer *vs_play_buffer_new (
    const VsPlayFormat *format, GstClockTime latency);
void vs_play_buffer_free (VsPlayBuffer *buffer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsPlayBuffer, vs_play_buffer_free)

/* The next data come from another item. */
void vs_play_buffer_next_item (VsPlayBuffer *buffer);

/* Takes what @item has and there is room for. Returns TRUE where data came. */
gboolean vs_play_buffer_fill (
    VsPlayBuffer *buffer, VsPlayItem *item, gboolean live, GstClockTime now);

/* A stream that has nothing for @now though it has not ended, or -1. */
gint vs_play_buffer_find_late (
    const VsPlayBuffer *buffer, VsPlayItem *item, GstClockTime now);

/* Takes more of a file whose data are late, for about @wait: until there is
 * something of each stream for @now. */
void vs_play_buffer_await (VsPlayBuffer *buffer, VsPlayItem *item,
    GstClockTime now, GstClockTime wait);

/* Has it begun: is it known when its first data are due? */
gboolean vs_play_buffer_is_anchored (const VsPlayBuffer *buffer);
/* A stream that has not come is waited for no longer. */
void vs_play_buffer_hurry (VsPlayBuffer *buffer);

/* A hole in the times is played as it is unless it is longer than this, ns;
 * by default all holes beyond the latency are skipped. */
void vs_play_buffer_set_hole (VsPlayBuffer *buffer, GstClockTime hole);

/* How far behind @now the last of the data lies that have come, ns; negative:
 * there is nothing any more. */
gint64 vs_play_buffer_get_ahead (const VsPlayBuffer *buffer, GstClockTime now);

/* The same of one stream; G_MAXINT64 where there is none. */
gint64 vs_play_buffer_get_stream_ahead (
    const VsPlayBuffer *buffer, VsPlayStream stream, GstClockTime now);

/* The first picture waits: it may be shown although it is not due. Still the
 * buffer's; @due: how long before. */
GstBuffer *vs_play_buffer_peek_picture (
    const VsPlayBuffer *buffer, GstClockTime now, gint64 *due);
guint vs_play_buffer_count_pictures (const VsPlayBuffer *buffer);
/* Has any sound come? */
gboolean vs_play_buffer_has_sound (const VsPlayBuffer *buffer);

/* The picture for the tick at @now, or NULL: the one before goes on.
 * @skipped: how many were never shown. */
GstBuffer *vs_play_buffer_pick (
    VsPlayBuffer *buffer, GstClockTime now, guint *skipped);

/* The @n samples from output sample @position, the tick at @now; returns how
 * many are silence that was not in the feed. */
guint vs_play_buffer_read (VsPlayBuffer *buffer, GstClockTime now,
    guint64 position, gfloat *out, guint n);

/* A tick is over. */
void vs_play_buffer_tick (VsPlayBuffer *buffer, GstClockTime now);

/* Is anything left to play? */
gboolean vs_play_buffer_is_empty (const VsPlayBuffer *buffer);

/* How long a picture of this feed stands by itself, ns. */
GstClockTime vs_play_buffer_get_picture_time (const VsPlayBuffer *buffer);

/* What the feed's clock has been followed by, ns. */
GstClockTimeDiff vs_play_buffer_get_drift (const VsPlayBuffer *buffer);

G_END_DECLS
