/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-look: watches one socket for as long as it is open.
 *
 * A GSource with a descriptor costs two writes to the main loop's own each
 * time it is dispatched, as often again for each source around it, and one
 * when it is attached: with libsoup eight system calls a request, of eleven.
 * So the descriptor is given to the loop once, and those who wait for it are
 * sources that have none.
 *
 * Life: new () attaches it; each wait is one source of vs_http_look_wait ();
 * close () comes before the socket is closed, and makes all who wait ready.
 * What is readable while nobody waits is looked away from until somebody does.
 *
 * Threading: one thread, that of the thread-default context of new (). */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _VsHttpLook VsHttpLook;

VsHttpLook *vs_http_look_new (GSocket *socket);

/* A child for g_pollable_source_new_full (), ready when the socket has
 * something to read, was hung up, or is no longer looked at. */
GSource *vs_http_look_wait (VsHttpLook *self);

void vs_http_look_close (VsHttpLook *self);

/* Closes; who waits keeps what it needs. */
void vs_http_look_free (VsHttpLook *self);

G_END_DECLS
