/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-outputs: where what jobs publish goes: the media folder, or below a prefix
 * of a bucket.
 *
 * Life of a place ("JOB/N") in a bucket: written down before its worker is
 * started; forgotten when what is there is to be kept; otherwise due to be
 * removed. A thread lists what is there, removes it in batches, and looks again
 * a minute later, since what a killed worker had sent may arrive after it. What
 * cannot be removed is tried again, with a back-off, also by the next service:
 * so nothing is left by a crash. In the media folder the trash of vs-folders
 * does that.
 *
 * Threading: one thread, that of the database and of the default main context;
 * inside, one more that sweeps. */
#pragma once

#include "app/vs-config.h"
#include "jobs/vs-db.h"
#include "jobs/vs-folders.h"
#include "jobs/vs-job-store.h"

G_BEGIN_DECLS

typedef struct _VsOutputs VsOutputs;

/* What a service before us left is put in order. */
VsOutputs *vs_outputs_new (VsJobStore *jobs, VsFolders *folders,
    const VsConfig *config, GError **error);
void vs_outputs_free (VsOutputs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsOutputs, vs_outputs_free)

gboolean vs_outputs_is_remote (const VsOutputs *self);

/* "s3://…" below which all places are, or NULL. */
const gchar *vs_outputs_get_location (const VsOutputs *self);

/* Where a worker is to publish. */
gchar *vs_outputs_make (VsOutputs *self, const gchar *place, GError **error);

/* The attempt at @place has ended. */
void vs_outputs_keep (VsOutputs *self, const gchar *place);
void vs_outputs_discard (VsOutputs *self, const gchar *place);

/* All of @job's is about to be forgotten: written down now, so that a crash
 * does not forget the objects alone; discarded once the job has gone. */
gboolean vs_outputs_doom (VsOutputs *self, const gchar *job, GError **error);

/* "ADDRESS PORT" of the store, lines, for a worker's guard; "": none is
 * needed. */
const gchar *vs_outputs_get_peers (const VsOutputs *self);

G_END_DECLS
