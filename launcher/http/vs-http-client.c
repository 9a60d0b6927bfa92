/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-client.h"

#include "core/vs-error.h"

#include <libsoup/soup.h>
#include <string.h>

#define SILENCE_S 60

struct _VsHttpClient {
  SoupSession *session;
  GUri *server;
  gchar *authorization; /* or NULL */
};

VsHttpClient *
vs_http_client_new (const gchar *server, const gchar *token, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (server, SOUP_HTTP_URI_FLAGS, NULL);
  VsHttpClient *self;

  if (!uri || !g_uri_get_host (uri)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” is no server: write http://127.0.0.1:8080.", server);
    return NULL;
  }
  self = g_new0 (VsHttpClient, 1);
  self->server = g_steal_pointer (&uri);
  self->session = soup_session_new_with_options (
      "user-agent", "vstream-launcher", "timeout", SILENCE_S, NULL);
  if (token)
    self->authorization = g_strconcat ("Bearer ", token, NULL);
  return self;
}

void
vs_http_client_free (VsHttpClient *self)
{
  if (!self)
    return;
  g_object_unref (self->session);
  g_uri_unref (self->server);
  g_free (self->authorization);
  g_free (self);
}

static SoupMessage *
make_message (VsHttpClient *self, const gchar *method, const gchar *path)
{
  g_autoptr (GUri) uri =
      g_uri_parse_relative (self->server, path, SOUP_HTTP_URI_FLAGS, NULL);
  SoupMessage *message = soup_message_new_from_uri (method, uri);

  if (self->authorization)
    soup_message_headers_replace (soup_message_get_request_headers (message),
        "Authorization", self->authorization);
  return message;
}

static void
explain (VsHttpClient *self, GError *reason, GError **error)
{
  g_autofree gchar *server = g_uri_to_string (self->server);

  g_set_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE,
      "The service at %s does not answer: %s. Start it with "
      "“vstream-launcher”, or name another one with --server.",
      server, reason->message);
  g_error_free (reason);
}

gchar *
vs_http_client_ask (VsHttpClient *self, const gchar *method, const gchar *path,
    const gchar *json, guint *status, GError **error)
{
  g_autoptr (SoupMessage) message = make_message (self, method, path);
  g_autoptr (GBytes) answer = NULL;
  GError *reason = NULL;
  const gchar *data;
  gsize size = 0;

  if (json) {
    g_autoptr (GBytes) body = g_bytes_new (json, strlen (json));

    soup_message_set_request_body_from_bytes (
        message, "application/json", body);
  }
  answer = soup_session_send_and_read (self->session, message, NULL, &reason);
  if (!answer) {
    explain (self, reason, error);
    return NULL;
  }
  *status = soup_message_get_status (message);
  data = g_bytes_get_data (answer, &size);
  return g_strndup (data ? data : "", size);
}

void
vs_http_answer_clear (VsHttpAnswer *self)
{
  g_clear_pointer (&self->body, g_free);
  g_clear_pointer (&self->location, g_free);
}

typedef struct {
  const VsHttpSending *sending;
  gint64 bytes;
} Sent;

static void
on_wrote (SoupMessage *message, guint size, gpointer user_data)
{
  Sent *sent = user_data;

  sent->bytes += size;
  if (sent->sending->sent)
    sent->sending->sent (sent->bytes, sent->sending->user_data);
}

static void
take_answer (SoupMessage *message, GBytes *body, VsHttpAnswer *answer)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  const gchar *offset = soup_message_headers_get_one (headers, "Upload-Offset");
  gsize size = 0;
  const gchar *data = g_bytes_get_data (body, &size);

  answer->status = soup_message_get_status (message);
  answer->body = g_strndup (data ? data : "", size);
  answer->location =
      g_strdup (soup_message_headers_get_one (headers, "Location"));
  answer->offset = offset ? g_ascii_strtoll (offset, NULL, 10) : -1;
}

gboolean
vs_http_client_send (VsHttpClient *self, const VsHttpSending *sending,
    VsHttpAnswer *answer, GError **error)
{
  g_autoptr (SoupMessage) message =
      make_message (self, sending->method, sending->path);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  g_autoptr (GBytes) body = NULL;
  Sent sent = { sending, 0 };
  GError *reason = NULL;

  for (guint i = 0; sending->headers && sending->headers[i]; i += 2)
    soup_message_headers_replace (
        headers, sending->headers[i], sending->headers[i + 1]);
  if (sending->body)
    soup_message_set_request_body (
        message, sending->type, sending->body, sending->length);
  g_signal_connect (message, "wrote-body-data", G_CALLBACK (on_wrote), &sent);
  body = soup_session_send_and_read (self->session, message, NULL, &reason);
  g_signal_handlers_disconnect_by_data (message, &sent);
  if (!body) {
    explain (self, reason, error);
    return FALSE;
  }
  take_answer (message, body, answer);
  return TRUE;
}

GDataInputStream *
vs_http_client_listen (
    VsHttpClient *self, const gchar *path, guint *status, GError **error)
{
  g_autoptr (SoupMessage) message = make_message (self, "GET", path);
  g_autoptr (GInputStream) stream = NULL;
  GError *reason = NULL;

  stream = soup_session_send (self->session, message, NULL, &reason);
  if (!stream) {
    explain (self, reason, error);
    return NULL;
  }
  *status = soup_message_get_status (message);
  return g_data_input_stream_new (stream);
}
