/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-address: from "HOST:PORT" to sockets that listen. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Splits "HOST:PORT", "[V6]:PORT", ":PORT" or "PORT". @host is NULL for every
 * address. Pure. */
gboolean vs_http_address_split (
    const gchar *listen, gchar **host, guint16 *port, GError **error);

/* GSockets that listen, one an address of the host; @url is where a browser
 * on this machine finds the first. */
GPtrArray *vs_http_address_bind (
    const gchar *listen, gchar **url, GError **error);

G_END_DECLS
