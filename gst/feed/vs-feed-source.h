/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-feed-source: keeps one feed open. It opens an item, sees that it fails,
 * ends or says nothing for too long, closes it and opens the next, at once
 * (a file that loops) or after a wait that grows.
 *
 * Belongs to one thread, which calls vs_feed_source_run once a tick; time is
 * an argument. */
#pragma once

#include "playout/vs-play-buffer.h"
#include "feed/vs-feed-engine.h"

G_BEGIN_DECLS

typedef struct _VsFeedSource VsFeedSource;

VsFeedSource *vs_feed_source_new (
    const VsFeedSettings *settings, const gchar *uri, VsPlayReaper *reaper);
void vs_feed_source_free (VsFeedSource *source);

/* Fills @buffer from the item of the moment, and looks after it. */
void vs_feed_source_run (
    VsFeedSource *source, VsPlayBuffer *buffer, GstClockTime now);

/* The pipeline pauses: a live feed is left, a file waits. */
void vs_feed_source_pause (VsFeedSource *source);

/* Why there is no data, or NULL. */
const gchar *vs_feed_source_get_reason (const VsFeedSource *source);
guint vs_feed_source_get_reconnects (const VsFeedSource *source);

G_END_DECLS
