/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-client: asks a service. Waits for each answer; for a command line,
 * not for a server. Threading: one thread. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _VsHttpClient VsHttpClient;

/* @server: "http://127.0.0.1:8080". @token: or NULL. */
VsHttpClient *vs_http_client_new (
    const gchar *server, const gchar *token, GError **error);
void vs_http_client_free (VsHttpClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHttpClient, vs_http_client_free)

/* The body of the answer and its @status; NULL where nobody answers.
 * @json: what is sent, or NULL. */
gchar *vs_http_client_ask (VsHttpClient *self, const gchar *method,
    const gchar *path, const gchar *json, guint *status, GError **error);

/* An answer that does not end: its lines, as they come. */
GDataInputStream *vs_http_client_listen (
    VsHttpClient *self, const gchar *path, guint *status, GError **error);

G_END_DECLS
