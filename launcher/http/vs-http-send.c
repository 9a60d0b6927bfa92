/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-send.h"

#include "vs-http-upload.h"

#include <string.h>

static void
set_header (SoupServerMessage *message, const gchar *name, const gchar *value)
{
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), name, value);
}

/* libsoup 3.2 forgets that 204 has no body once it has taken the length away,
 * takes the end of the connection for its end, and closes. */
static void
on_wrote_headers (SoupServerMessage *message, gpointer user_data)
{
  soup_message_headers_set_encoding (
      soup_server_message_get_response_headers (message), SOUP_ENCODING_NONE);
}

static void
set_optional (SoupServerMessage *message, const VsApiReply *reply)
{
  if (reply->location)
    set_header (message, "Location", reply->location);
  if (reply->allow)
    set_header (message, "Allow", reply->allow);
  if (reply->status == SOUP_STATUS_UNAUTHORIZED)
    set_header (message, "WWW-Authenticate", "Bearer");
  if (reply->retry_after > 0) {
    g_autofree gchar *seconds = g_strdup_printf ("%u", reply->retry_after);

    set_header (message, "Retry-After", seconds);
  }
  for (guint i = 0; reply->headers && i < reply->headers->len; i += 2)
    set_header (
        message, reply->headers->pdata[i], reply->headers->pdata[i + 1]);
  /* What is left of the body will not be read. */
  if (vs_http_upload_get_length (message) > 0)
    set_header (message, "Connection", "close");
}

void
vs_http_send_reply (SoupServerMessage *message, VsApiReply *reply)
{
  gsize length = reply->body ? strlen (reply->body) : 0;

  soup_server_message_set_status (message, reply->status, NULL);
  set_header (message, "Cache-Control", "no-store");
  set_header (message, "X-Content-Type-Options", "nosniff");
  set_optional (message, reply);
  if (reply->status == SOUP_STATUS_NO_CONTENT)
    g_signal_connect (
        message, "wrote-headers", G_CALLBACK (on_wrote_headers), NULL);
  if (reply->body)
    soup_server_message_set_response (message, reply->content_type,
        SOUP_MEMORY_TAKE, g_steal_pointer (&reply->body), length);
}
