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

/* A request with headers of its own, and a body that is read as it is sent. */
typedef struct {
  const gchar *method, *path;
  const gchar *const *headers; /* a name, its value, …, NULL */
  const gchar *type;           /* of the body */
  GInputStream *body;          /* or NULL */
  gint64 length;
  void (*sent) (gint64 bytes, gpointer user_data); /* of the body, in all */
  gpointer user_data;
} VsHttpSending;

typedef struct {
  guint status;
  gchar *body, *location;
  gint64 offset; /* Upload-Offset; -1: none */
} VsHttpAnswer;

void vs_http_answer_clear (VsHttpAnswer *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VsHttpAnswer, vs_http_answer_clear)

/* FALSE where nobody answers, or the connection breaks. */
gboolean vs_http_client_send (VsHttpClient *self, const VsHttpSending *sending,
    VsHttpAnswer *answer, GError **error);

/* An answer that does not end: its lines, as they come. */
GDataInputStream *vs_http_client_listen (
    VsHttpClient *self, const gchar *path, guint *status, GError **error);

G_END_DECLS
