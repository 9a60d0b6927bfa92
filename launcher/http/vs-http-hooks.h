/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-hooks: makes the deliveries that wait (jobs/vs-hook-store.h).
 *
 * Life: woken when something has happened; of each webhook that is ready the
 * first delivery is posted, so many webhooks at once; what came of it is
 * written down, and the next one follows. A source with a ready time wakes it
 * when a back-off is over. What is under way when it ends is pending still, and
 * made again by the next service under the same id.
 *
 * Threading: the thread of the database and of the default main context. */
#pragma once

#include "jobs/vs-hook-store.h"

#include "app/vs-config.h"

G_BEGIN_DECLS

typedef struct _VsHttpHooks VsHttpHooks;

VsHttpHooks *vs_http_hooks_new (VsDb *db, const VsConfig *config);
void vs_http_hooks_free (VsHttpHooks *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHttpHooks, vs_http_hooks_free)

void vs_http_hooks_wake (VsHttpHooks *self);

G_END_DECLS
