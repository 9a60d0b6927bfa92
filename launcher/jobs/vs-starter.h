/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-starter: makes ready what a worker needs and starts it: folders, limits,
 * environment, walls; and tidies up after it. Threading: one thread. */
#pragma once

#include "app/vs-config.h"
#include "jobs/vs-attempt.h"
#include "jobs/vs-folders.h"
#include "jobs/vs-outputs.h"

G_BEGIN_DECLS

typedef struct _VsStarter VsStarter;

VsStarter *vs_starter_new (VsFolders *folders, VsOutputs *outputs,
    const VsConfig *config, GError **error);
void vs_starter_free (VsStarter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsStarter, vs_starter_free)

/* Has GStreamer look at its plugins once, outside of any wall, so that no
 * worker does. @ready is called when that is done, well or not. */
void vs_starter_warm_up (
    VsStarter *self, void (*ready) (gpointer), gpointer user_data);

/* Takes @job. */
VsAttempt *vs_starter_start (VsStarter *self, VsJob *job,
    const VsAttemptHandlers *handlers, gpointer user_data, GError **error);

/* Removes the scratch folder of an attempt, and what it published unless
 * @keep. */
void vs_starter_tidy (VsStarter *self, const VsJob *job, gboolean keep);

const gchar *vs_starter_get_sandbox (const VsStarter *self);

G_END_DECLS
