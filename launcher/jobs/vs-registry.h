/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-registry: GStreamer's list of its plugins, which all workers read.
 *
 * A worker without a job makes it, outside of any wall. GStreamer would look
 * through all plugins again in each worker, whose HOME is another (a plugin may
 * depend on what lies there), and could not keep what it found; so while no
 * plugin folder has changed, workers are told to take the list as it is.
 *
 * After it a second, small list is made, of the plugins that a job needs which
 * only copies (worker/vs-plugins.h). The first one stands in for it until then.
 * Threading: one thread. */
#pragma once

#include "app/vs-child.h"

G_BEGIN_DECLS

typedef struct _VsRegistry VsRegistry;

/* In @folder, which is there. */
VsRegistry *vs_registry_new (const gchar *folder);
void vs_registry_free (VsRegistry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsRegistry, vs_registry_free)

/* Makes the list. @done (or NULL) is called when that has come to an end, well
 * or not; not after the registry is freed. Nothing while it is being made. */
void vs_registry_make (VsRegistry *self, const VsChildLimits *limits,
    void (*done) (gpointer), gpointer user_data);

/* The environment of a worker, which reads the list, or the small one where it
 * only @copies. FALSE in @current: some
 * plugin folder has changed since it was made; the worker looks for itself, and
 * it should be made again. */
GStrv vs_registry_dup_environment (const VsRegistry *self, const gchar *home,
    gboolean copies, gboolean *current);

G_END_DECLS
