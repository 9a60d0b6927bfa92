/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-feed-reaper: work that may block (to open an address, to tear a pipeline
 * down) off the thread that must not. Each job has a thread of its own; the
 * owner waits for all of them at its end, but not for ever: a library that
 * hangs in a connect keeps its thread and this object, not the owner.
 *
 * All functions may be called from any thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _VsFeedReaper VsFeedReaper;

VsFeedReaper *vs_feed_reaper_new (void);
VsFeedReaper *vs_feed_reaper_ref (VsFeedReaper *reaper);
void vs_feed_reaper_unref (VsFeedReaper *reaper);

/* @job owns @data. */
void vs_feed_reaper_run (VsFeedReaper *reaper, const gchar *name,
    void (*job) (gpointer data), gpointer data);

/* How many jobs are not done. */
guint vs_feed_reaper_count (VsFeedReaper *reaper);

/* Waits until all are done; FALSE after @timeout_us. */
gboolean vs_feed_reaper_wait (VsFeedReaper *reaper, gint64 timeout_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsFeedReaper, vs_feed_reaper_unref)

G_END_DECLS
