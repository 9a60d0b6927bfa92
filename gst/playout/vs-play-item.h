/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-item: one feed or file, in a pipeline of its own, as a row of
 * pictures and one of samples in a fixed format, with the feed's own times.
 *
 * Its life: it is made, and opened by a thread of its own, since to open an
 * address may block. uridecodebin finds the streams; the first video and the
 * first audio are brought to the format and end in bounded appsinks, all
 * others are left undecoded. Its owner looks at the next data and takes them,
 * without ever waiting; what is not taken holds up the item, not its owner.
 * It fails or ends, alone, and says so. It is closed, which returns at once;
 * the pipeline goes down in a thread of its own.
 *
 * Threads: one owner, which alone calls the functions here. The pipeline's
 * threads touch only what stands under the item's lock. */
#pragma once

#include "playout/vs-play-format.h"
#include "playout/vs-play-reaper.h"
#include "playout/vs-play-uri.h"

G_BEGIN_DECLS

typedef struct _VsPlayItem VsPlayItem;

/* @timeout: ns, for those sources that have one of their own. */
VsPlayItem *vs_play_item_open (const gchar *uri, VsPlayKind kind,
    const VsPlayFormat *format, GstClockTime timeout, VsPlayReaper *reaper);
void vs_play_item_close (VsPlayItem *item);

/* The same, from one time of the media to another; feed time 0 is the in
 * point then. */
typedef struct {
  GstClockTime in;  /* 0: from where it starts */
  GstClockTime out; /* NONE: to its end. Without an in point the owner stops */
  gboolean in_may_miss; /* an input that has no length, as live HLS, starts
                           where it is */
} VsPlayRange;

VsPlayItem *vs_play_item_open_range (const gchar *uri, VsPlayKind kind,
    const VsPlayFormat *format, GstClockTime timeout, VsPlayReaper *reaper,
    VsPlayRange range);

/* Of the whole medium, where a range was asked for and it is known; or NONE. */
GstClockTime vs_play_item_get_duration (VsPlayItem *item);

/* NULL, or why it is of no use any more: a sentence. */
gchar *vs_play_item_dup_failure (VsPlayItem *item);

/* All streams are known, and each has data or has ended: time to anchor it.
 * @first: the first time of all that is there, or NONE (also where FALSE is
 * returned, since a stream may be announced and never come); @video: of the
 * first picture, or NONE. */
gboolean vs_play_item_is_ready (
    VsPlayItem *item, GstClockTimeDiff *first, GstClockTimeDiff *video);

/* All was taken and no more comes. */
gboolean vs_play_item_is_done (VsPlayItem *item);

/* All of one stream was taken and no more comes, or there is none. */
gboolean vs_play_item_has_ended (VsPlayItem *item, VsPlayStream stream);

/* The next data of @stream, still the item's, or NULL: not within @wait, or no
 * more. @time: feed time, as signed running time; @duration: at least 1. */
GstSample *vs_play_item_peek (VsPlayItem *item, VsPlayStream stream,
    GstClockTime wait, GstClockTimeDiff *time, GstClockTimeDiff *duration);
/* Takes what peek showed. */
GstSample *vs_play_item_take (VsPlayItem *item, VsPlayStream stream);

G_END_DECLS
