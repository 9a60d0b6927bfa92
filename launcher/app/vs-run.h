/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-run: one job from start to exit code.
 *
 * Life: the worker is spawned with the job; its events go into the status,
 * the progress and the caller's hook; the first stop asks the worker to end
 * (a live job closes its playlists, a VOD job just stops), the second kills
 * it; when the worker is gone the exit code is known. Main thread only. */
#pragma once

#include "app/vs-progress.h"
#include "core/vs-preset.h"

G_BEGIN_DECLS

typedef struct _VsRun VsRun;

/* The status has changed. */
typedef void (*VsRunChanged) (const VsStatus *status, gpointer user_data);

/* An object is whole and readable under @key. */
typedef void (*VsRunPublished) (
    const gchar *key, gint64 size, gpointer user_data);

/* What the worker has told; NULL: it has gone. */
typedef void (*VsRunTold) (JsonObject *event, gpointer user_data);

/* @preset and @progress must outlive it. @check: check and describe only. */
VsRun *vs_run_new (const VsPreset *preset, gboolean check, VsProgress *progress,
    VsRunChanged changed, gpointer user_data);
void vs_run_free (VsRun *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsRun, vs_run_free)

/* With the user_data of vs_run_new (). */
void vs_run_set_published (VsRun *self, VsRunPublished published);

void vs_run_set_told (VsRun *self, VsRunTold told);

/* One line of JSON for the worker; FALSE: it takes none. */
gboolean vs_run_send (VsRun *self, const gchar *line);

/* Runs the main loop until the worker is gone; the exit code. */
gint vs_run_execute (VsRun *self);

/* SIGINT or SIGTERM has come. */
void vs_run_signal (VsRun *self, gint signum);

/* Whether a signal came before its end. */
gboolean vs_run_was_stopped (const VsRun *self);

G_END_DECLS
