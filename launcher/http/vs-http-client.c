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
  return g_strndup (g_bytes_get_data (answer, NULL), g_bytes_get_size (answer));
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
