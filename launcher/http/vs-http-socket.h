/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-socket: what a connection is told when it comes in. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* @socket, connected, does not block, sends small pieces at once, and holds no
 * more than a near reader needs: the kernel lets a reader on the same machine
 * or network have megabytes in the way, which leave the processor's cache
 * before they are read. A far one gets what the kernel thinks right for it. */
void vs_http_socket_prepare (GSocket *socket);

G_END_DECLS
