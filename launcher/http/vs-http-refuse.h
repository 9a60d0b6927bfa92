/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-refuse: one whole refusal, without libsoup: for a connection whose
 * request it never saw.
 *
 * Threading: the thread of the socket, which need not block. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Nothing more is sent after it. */
void vs_http_refuse (GSocket *socket, guint status);

G_END_DECLS
