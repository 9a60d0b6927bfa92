/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-ask.h"
#include "vs-http-send.h"
#include "vs-http-upload.h"

#include "api/vs-later.h"

#define UPLOAD "/v1/uploads/"

struct _VsHttpAsk {
  VsApi *api;
  GPtrArray *waiting; /* Waiting */
};

typedef struct {
  VsHttpAsk *ask;
  SoupServerMessage *message;
  VsLater *later;
} Waiting;

static void
waiting_free (Waiting *waiting)
{
  g_signal_handlers_disconnect_by_data (waiting->message, waiting);
  vs_later_forget (waiting->later);
  vs_later_unref (waiting->later);
  g_object_unref (waiting->message);
  g_free (waiting);
}

VsHttpAsk *
vs_http_ask_new (VsApi *api)
{
  VsHttpAsk *self = g_new0 (VsHttpAsk, 1);

  self->api = api;
  self->waiting =
      g_ptr_array_new_with_free_func ((GDestroyNotify) waiting_free);
  return self;
}

void
vs_http_ask_free (VsHttpAsk *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->waiting);
  g_free (self);
}

static const gchar *
get_header (gpointer wire, const gchar *name)
{
  return soup_message_headers_get_one (
      soup_server_message_get_request_headers (wire), name);
}

/* tus 1.0.0, "X-HTTP-Method-Override": for clients that know GET and POST
 * alone. Nowhere else, and only from a POST, which no cache and no form sends
 * so. */
static const gchar *
get_method (SoupServerMessage *message, const gchar *path)
{
  static const gchar *const meant[] = { "PATCH", "DELETE" };
  const gchar *method = soup_server_message_get_method (message);
  const gchar *other = get_header (message, "X-HTTP-Method-Override");

  if (!other || method != SOUP_METHOD_POST || !g_str_has_prefix (path, UPLOAD))
    return method;
  for (guint i = 0; i < G_N_ELEMENTS (meant); i++)
    if (g_str_equal (other, meant[i]))
      return meant[i];
  return method;
}

void
vs_http_ask_fill (VsApiRequest *request, SoupServerMessage *message,
    const gchar *path, GHashTable *query)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  request->method = get_method (message, path);
  request->path = path;
  request->query = query;
  request->body = body->data ? body->data : "";
  request->body_size = (gsize) body->length;
  request->content_type = get_header (message, "Content-Type");
  request->authorization = get_header (message, "Authorization");
  request->idempotency_key = get_header (message, "Idempotency-Key");
  request->host = get_header (message, "Host");
  request->body_length = vs_http_upload_get_length (message);
  request->get_header = get_header;
  request->wire = message;
}

/* Its client has hung up. */
static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  Waiting *waiting = user_data;

  g_ptr_array_remove_fast (waiting->ask->waiting, waiting);
}

static void
on_ready (VsApiReply *reply, gpointer user_data)
{
  Waiting *waiting = user_data;
  g_autoptr (SoupServerMessage) message = g_object_ref (waiting->message);

  vs_http_send_reply (message, reply);
  g_ptr_array_remove_fast (waiting->ask->waiting, waiting);
  soup_server_message_unpause (message);
}

void
vs_http_ask_answer (
    VsHttpAsk *self, SoupServerMessage *message, VsApiReply *reply)
{
  Waiting *waiting;

  if (reply->intake) {
    vs_http_upload_start (message, self->api, g_steal_pointer (&reply->intake));
    return;
  }
  if (!reply->later) {
    vs_http_send_reply (message, reply);
    return;
  }
  waiting = g_new0 (Waiting, 1);
  waiting->ask = self;
  waiting->message = g_object_ref (message);
  waiting->later = vs_later_ref (reply->later);
  g_ptr_array_add (self->waiting, waiting);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), waiting);
  soup_server_message_pause (message);
  vs_later_listen (waiting->later, on_ready, waiting);
}

void
vs_http_ask_serve (VsHttpAsk *self, SoupServerMessage *message,
    const gchar *path, GHashTable *query)
{
  g_auto (VsApiReply) reply = { 0 };
  VsApiRequest request = { 0 };

  vs_http_ask_fill (&request, message, path, query);
  vs_api_handle (self->api, &request, &reply);
  vs_http_ask_answer (self, message, &reply);
}
