/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-sandbox: the walls around a worker, made by bubblewrap: name spaces of
 * its own, a file system that is read-only and without the service's state
 * and people's homes, its scratch and output folders, and a network only
 * where the job's input needs one.
 *
 * Life: probed once at start, since a kernel or a container may not allow
 * all of it, or any; then asked for words to put before each worker's.
 * Threading: one thread. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

typedef struct _VsSandbox VsSandbox;

/* @mode: "auto", "none" or "required"; NULL and @error where it is required
 * and does not work. */
VsSandbox *vs_sandbox_new (
    const gchar *mode, const gchar *state_folder, GError **error);
void vs_sandbox_free (VsSandbox *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsSandbox, vs_sandbox_free)

/* Ends what a service before us left half made on the same state folder, which
 * we hold now: a bubblewrap that is killed with its parent before it has set
 * up its child leaves that waiting for ever. */
void vs_sandbox_reap (const VsSandbox *self);

/* "bubblewrap" or "none". */
const gchar *vs_sandbox_get_kind (const VsSandbox *self);

typedef struct {
  const gchar *scratch, *output; /* writable; no output: NULL */
  const gchar *queue;            /* writable, or NULL */
  const gchar *cache;            /* to be read */
  const gchar *const *files;     /* to be read, NULL-terminated */
  gboolean network;
} VsSandboxNeeds;

/* What stands before the worker's path; NULL: nothing. */
GStrv vs_sandbox_dup_words (
    const VsSandbox *self, const gchar *worker, const VsSandboxNeeds *needs);

/* What a worker gets as its environment. @scratch: its home. */
GStrv vs_sandbox_dup_environment (const gchar *scratch, const gchar *registry);

G_END_DECLS
