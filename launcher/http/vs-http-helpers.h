/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-helpers: further processes that serve the output, for the one that
 * listens. Whoever connects goes to the process that has the fewest
 * connections; a helper gives back what asks for anything but the output, so
 * all that changes is known by one process alone (vs-http-helper.h).
 *
 * Life: the helpers start with new (), and are given connections from when
 * they say that they are there. One that ends is started again: at once, or
 * after a pause where it did not live long; meanwhile the others serve. One
 * that hangs, which a question every ten seconds shows, is ended.
 * free () ends all of them, and takes their exit codes.
 *
 * Threading: one thread, that of the thread-default context of new (). */
#pragma once

#include "vs-http-door.h"

G_BEGIN_DECLS

typedef struct _VsHttpHelpers VsHttpHelpers;

/* @settings: of vs-http-settings.h. @door: outlives them; newcomers are taken
 * from it, and what is given back goes in there. */
VsHttpHelpers *vs_http_helpers_new (
    guint count, GBytes *settings, VsHttpDoor *door);
void vs_http_helpers_free (VsHttpHelpers *self);

G_END_DECLS
