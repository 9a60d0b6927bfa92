/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-reaper: work that may block (to open an address, to tear a pipeline
 * down) off the thread that must not. Each job has a thread of its own; the
 * owner waits for all of them at its end, but not for ever: a library that
 * hangs in a connect keeps its thread and this object, not the owner.
 *
 * All functions may be called from any thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _VsPlayReaper VsPlayReaper;

VsPlayReaper *vs_play_reaper_new (void);
VsPlayReaper *vs_play_reaper_ref (VsPlayReaper *reaper);
void vs_play_reaper_unref (VsPlayReaper *reaper);

/* @job owns @data. */
void vs_play_reaper_run (VsPlayReaper *reaper, const gchar *name,
    void (*job) (gpointer data), gpointer data);

/* How many jobs are not done. */
guint vs_play_reaper_count (VsPlayReaper *reaper);

/* Waits until all are done; FALSE after @timeout_us. */
gboolean vs_play_reaper_wait (VsPlayReaper *reaper, gint64 timeout_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsPlayReaper, vs_play_reaper_unref)

G_END_DECLS
