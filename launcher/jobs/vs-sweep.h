/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-sweep: removes all objects below a place of a bucket, in batches.
 *
 * Life: started, one place at a time; a thread asks the store; `done` is
 * called in the default main context. Freed, it lets go of what it is at, and
 * `done` is not called.
 *
 * Threading: the functions belong to the main thread. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

typedef struct _VsSweep VsSweep;

/* @location: "s3://bucket/prefix?…" with the credentials of the environment. */
VsSweep *vs_sweep_new (const gchar *location, GError **error);
void vs_sweep_free (VsSweep *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsSweep, vs_sweep_free)

/* @error: NULL where nothing is there any more. */
typedef void (*VsSweepDone) (const GError *error, gpointer user_data);
void vs_sweep_start (
    VsSweep *self, const gchar *place, VsSweepDone done, gpointer user_data);

/* Where the store is, where that is not public: "ADDRESS PORT", lines. Looks
 * the name up, and waits for it. */
gchar *vs_sweep_dup_peers (VsSweep *self);

G_END_DECLS
