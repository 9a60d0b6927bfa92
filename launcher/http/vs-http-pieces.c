/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-pieces.h"

#include "vs-http-call.h"

#define PIECE (1024 * 1024)

struct _VsHttpPieces {
  VsS3Client *client;
  SoupServerMessage *message;
  gchar *key, *etag;
  guint64 at, left;
  VsHttpCall *call; /* the piece under way */
  gulong wrote_id;
};

/* What is promised cannot be sent. */
static void
break_off (VsHttpPieces *self)
{
  g_autoptr (GIOStream) stream = NULL;

  g_clear_signal_handler (&self->wrote_id, self->message);
  stream = soup_server_message_steal_connection (self->message);
  if (stream != NULL)
    g_io_stream_close (stream, NULL, NULL);
}

static void
on_piece (const VsS3Result *result, gpointer user_data)
{
  VsHttpPieces *self = user_data;
  SoupMessageBody *body = soup_server_message_get_response_body (self->message);
  gsize size = result != NULL && result->body != NULL
                   ? g_bytes_get_size (result->body)
                   : 0;

  self->call = NULL;
  if (result == NULL || result->error != NULL || size == 0 ||
      size > self->left) {
    break_off (self);
    return;
  }
  self->at += size;
  self->left -= size;
  soup_message_body_append_bytes (body, result->body);
  if (self->left == 0)
    soup_message_body_complete (body);
  soup_server_message_unpause (self->message);
}

static void
ask (VsHttpPieces *self)
{
  self->call = vs_http_call_get (self->client, self->key, self->at,
      MIN (self->left, PIECE), self->etag, on_piece, self);
}

static void
on_wrote_chunk (SoupServerMessage *message, gpointer user_data)
{
  VsHttpPieces *self = user_data;

  if (self->left > 0 && self->call == NULL)
    ask (self);
}

VsHttpPieces *
vs_http_pieces_new (VsS3Client *client, SoupServerMessage *message,
    const gchar *key, const gchar *etag, guint64 first, guint64 length)
{
  VsHttpPieces *self = g_new0 (VsHttpPieces, 1);

  self->client = client;
  self->message = message;
  self->key = g_strdup (key);
  self->etag = g_strdup (etag);
  self->at = first;
  self->left = length;
  self->wrote_id = g_signal_connect (
      message, "wrote-chunk", G_CALLBACK (on_wrote_chunk), self);
  ask (self);
  return self;
}

void
vs_http_pieces_free (VsHttpPieces *self)
{
  if (self == NULL)
    return;
  g_clear_signal_handler (&self->wrote_id, self->message);
  vs_http_call_cancel (self->call);
  g_free (self->key);
  g_free (self->etag);
  g_free (self);
}
