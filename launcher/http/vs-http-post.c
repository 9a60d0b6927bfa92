/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-post.h"

#include "vs-http-gate.h"

#include "config.h"
#include "core/vs-retry.h"
#include "core/vs-webhook.h"

#include <libsoup/soup.h>
#include <string.h>

/* Of answers that say that another follows (1xx). */
#define INFORMATIONAL_MAX 8

struct _VsHttpPost {
  SoupSession *session;
  SoupMessage *message;
  VsHttpGate *gate;
  GCancellable *cancellable;
  guint limit_id;
  gint64 started, limit_us;
  gboolean late;
  guint informational;
  VsHttpPostDone done; /* NULL: nobody wants to know any more */
  gpointer user_data;
};

static void
destroy (VsHttpPost *self)
{
  g_clear_handle_id (&self->limit_id, g_source_remove);
  g_signal_handlers_disconnect_by_data (self->message, self);
  soup_session_abort (self->session);
  g_object_unref (self->session);
  g_object_unref (self->message);
  g_object_unref (self->gate);
  g_object_unref (self->cancellable);
  g_free (self);
}

static gboolean
on_late (gpointer user_data)
{
  VsHttpPost *self = user_data;

  self->limit_id = 0;
  self->late = TRUE;
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

/* Without an end they would be read for ever, and nothing else done. */
static void
on_informational (SoupMessage *message, gpointer user_data)
{
  VsHttpPost *self = user_data;

  if (++self->informational > INFORMATIONAL_MAX)
    g_cancellable_cancel (self->cancellable);
}

static gchar *
explain (VsHttpPost *self, guint status, const GError *error)
{
  if (status >= 200 && status < 300)
    return NULL;
  if (status >= 300 && status < 400)
    return g_strdup_printf (
        "It answered with a redirect (%u), which is not followed.", status);
  if (status > 0)
    return g_strdup_printf ("It answered with %u.", status);
  if (self->informational > INFORMATIONAL_MAX)
    return g_strdup ("It answered with 1xx again and again.");
  if (self->late)
    return g_strdup_printf (
        "It did not answer within %.3g s.", (gdouble) self->limit_us / 1e6);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) &&
      vs_http_gate_has_refused (self->gate))
    return g_strdup ("It leads to an address that is not public: [webhook] "
                     "allow-addresses= would have to name it.");
  return g_strdup_printf ("It cannot be reached: %s.", error->message);
}

static gint64
get_asked (SoupMessage *message)
{
  const gchar *text = soup_message_headers_get_one (
      soup_message_get_response_headers (message), "Retry-After");

  return MAX (vs_retry_parse_after (text), 0);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  VsHttpPost *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream =
      soup_session_send_finish (SOUP_SESSION (source), result, &error);
  g_autofree gchar *sentence = NULL;
  VsHttpPostResult answer = { 0 };

  if (self->done) {
    if (stream) {
      answer.status = soup_message_get_status (self->message);
      answer.asked_us = get_asked (self->message);
    }
    answer.duration_us = g_get_monotonic_time () - self->started;
    sentence = explain (self, answer.status, error);
    answer.error = sentence;
    self->done (&answer, self->user_data);
  }
  destroy (self);
}

static void
set_headers (SoupMessage *message, const VsHttpPostOrder *order)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  gsize length = strlen (order->body);
  g_autoptr (GBytes) body = g_bytes_new (order->body, length);
  g_autofree gchar *time =
      g_strdup_printf ("%" G_GINT64_FORMAT, order->timestamp_s);
  g_autofree gchar *signature = vs_webhook_sign (
      order->secret, order->id, order->timestamp_s, order->body, length);

  soup_message_headers_replace (headers, "Webhook-Id", order->id);
  soup_message_headers_replace (headers, "Webhook-Timestamp", time);
  soup_message_headers_replace (headers, "Webhook-Signature", signature);
  soup_message_set_request_body_from_bytes (message, "application/json", body);
}

VsHttpPost *
vs_http_post_start (
    const VsHttpPostOrder *order, VsHttpPostDone done, gpointer user_data)
{
  VsHttpPost *self = g_new0 (VsHttpPost, 1);
  g_autoptr (GUri) uri = g_uri_parse (order->url, SOUP_HTTP_URI_FLAGS, NULL);

  self->gate = vs_http_gate_new (g_uri_get_host (uri),
      (guint16) g_uri_get_port (uri), g_uri_get_scheme (uri), order->networks);
  self->session =
      soup_session_new_with_options ("remote-connectable", self->gate,
          "proxy-resolver", NULL, "user-agent", "vstream/" VERSION, NULL);
  self->message = soup_message_new_from_uri (SOUP_METHOD_POST, uri);
  soup_message_add_flags (
      self->message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_NEW_CONNECTION);
  set_headers (self->message, order);
  g_signal_connect (
      self->message, "got-informational", G_CALLBACK (on_informational), self);
  self->cancellable = g_cancellable_new ();
  self->done = done;
  self->user_data = user_data;
  self->started = g_get_monotonic_time ();
  self->limit_us = order->limit_us;
  self->limit_id =
      g_timeout_add ((guint) (order->limit_us / 1000), on_late, self);
  soup_session_send_async (self->session, self->message, G_PRIORITY_DEFAULT,
      self->cancellable, on_sent, self);
  return self;
}

void
vs_http_post_free (VsHttpPost *self)
{
  if (!self)
    return;
  self->done = NULL;
  g_cancellable_cancel (self->cancellable);
}
