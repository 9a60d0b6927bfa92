/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-service: the launcher without a preset: starts its parts in order, runs
 * them, and stops them in the opposite order. Main thread only.
 *
 * A first SIGTERM or SIGINT drains: nothing new is begun, workers end and
 * their jobs go back into the queue, requests that run are answered. A second
 * one ends at once; nothing that was acknowledged is lost by it. */
#pragma once

#include "app/vs-config.h"

G_BEGIN_DECLS

/* Returns the exit code, of sysexits.h. */
gint vs_service_run (const VsConfig *config);

G_END_DECLS
