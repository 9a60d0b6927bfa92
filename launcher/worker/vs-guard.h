/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-guard: where this process may connect to. A job's URL came from a
 * stranger; names resolve to what their owners like, servers redirect to where
 * they like. So the address is judged where it cannot change any more: in
 * connect(), which this executable defines before the C library's, for every
 * library that is loaded into it, whatever its protocol.
 *
 * Life: vs_guard_start () reads the environment that the service gives
 * (VS_GUARD=1, VS_GUARD_ALLOW with networks that may be read though they are
 * not public, VS_GUARD_PEERS with "ADDRESS PORT" lines of the store that is
 * written to) before there is any thread; from then on nothing changes. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void vs_guard_start (void);

/* The last address that was refused, for people, or NULL. */
const gchar *vs_guard_get_refused (void);

G_END_DECLS
