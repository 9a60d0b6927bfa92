/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-gate: a host that may be connected to, and only where its addresses
 * may be. Names resolve to what their owners like, and to something else the
 * second time; so each address is judged as it is handed out to be connected
 * to, and those that are neither public nor allowed are not handed out.
 *
 * Life: made for one connection; given to a client as where to connect to.
 * TLS checks the certificate against its host name.
 *
 * Threading: the thread of the client. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define VS_TYPE_HTTP_GATE (vs_http_gate_get_type ())
G_DECLARE_FINAL_TYPE (VsHttpGate, vs_http_gate, VS, HTTP_GATE, GNetworkAddress)

/* @networks: that are not public and may be connected to, or NULL; they outlive
 * the gate. */
VsHttpGate *vs_http_gate_new (
    const gchar *host, guint16 port, const gchar *scheme, gchar **networks);

/* An address was refused, and there was no other. */
gboolean vs_http_gate_has_refused (VsHttpGate *self);

G_END_DECLS
