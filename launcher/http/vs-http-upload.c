/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-upload.h"

#include "vs-http-send.h"
#include "vs-http-stream.h"

/* What one upload has in memory. */
#define PIECE (64 * 1024)

typedef struct {
  SoupServerMessage *message; /* NULL: its connection has gone */
  VsHttpStream *stream;
  VsApi *api;
  VsIntake *intake;
  GSource *watch; /* while nothing is there to be read */
  gboolean waiting, ended;
  gulong finished_id;
} Upload;

static VsHttpStream *
find_stream (SoupServerMessage *message)
{
  return vs_http_stream_find (soup_server_message_get_remote_address (message));
}

guint64
vs_http_upload_get_length (SoupServerMessage *message)
{
  VsHttpStream *stream = find_stream (message);

  return stream ? vs_http_stream_get_body (stream) : 0;
}

static void
stop_watch (Upload *self)
{
  if (self->watch)
    g_source_destroy (self->watch);
  g_clear_pointer (&self->watch, g_source_unref);
}

static void
finish (Upload *self)
{
  VsApiReply *reply = vs_intake_get_reply (self->intake);

  stop_watch (self);
  vs_api_count (self->api, reply->route, reply->status);
  if (self->message) {
    g_clear_signal_handler (&self->finished_id, self->message);
    vs_http_send_reply (self->message, reply);
    soup_server_message_unpause (self->message);
    g_object_unref (self->message);
  }
  vs_intake_free (self->intake);
  g_object_unref (self->stream);
  g_free (self);
}

/* All that can be had now, up to a piece. NULL: nothing; @gone: nor ever. */
static GBytes *
read_piece (Upload *self, gboolean *gone)
{
  g_autofree guint8 *data = g_malloc (PIECE);
  gsize used = 0;
  gssize got = 1;

  while (got > 0 && used < PIECE) {
    g_autoptr (GError) error = NULL;

    got = vs_http_stream_read_body (
        self->stream, data + used, PIECE - used, &error);
    used += (gsize) MAX (got, 0);
    *gone = got == 0 || (got < 0 && !g_error_matches (error, G_IO_ERROR,
                                        G_IO_ERROR_WOULD_BLOCK));
  }
  return used > 0 ? g_bytes_new_take (g_steal_pointer (&data), used) : NULL;
}

static void pump (Upload *self);

static gboolean
on_readable (gpointer user_data)
{
  Upload *self = user_data;

  stop_watch (self);
  pump (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_socket (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  return on_readable (user_data);
}

static void
wait_for_more (Upload *self)
{
  gboolean held = FALSE;

  self->watch = vs_http_stream_watch_body (self->stream, &held);
  g_source_set_callback (
      self->watch, held ? on_readable : G_SOURCE_FUNC (on_socket), self, NULL);
  g_source_attach (self->watch, g_main_context_get_thread_default ());
}

/* One step of many. FALSE: there is no next one for now. */
static gboolean
take_step (Upload *self)
{
  gboolean gone = !self->message;
  g_autoptr (GBytes) piece = gone ? NULL : read_piece (self, &gone);
  gboolean all = vs_http_stream_get_body (self->stream) == 0;
  VsIntakeStep step;

  if (piece) {
    step = vs_intake_give (self->intake, piece);
  } else if (all || gone) {
    self->ended = TRUE;
    step = vs_intake_end (self->intake, all);
  } else {
    wait_for_more (self);
    return FALSE;
  }
  self->waiting = step == VS_INTAKE_WAIT;
  if (step == VS_INTAKE_ANSWERED)
    finish (self);
  return step == VS_INTAKE_MORE;
}

static void
pump (Upload *self)
{
  while (take_step (self))
    continue;
}

static void
on_step (VsIntakeStep step, gpointer user_data)
{
  Upload *self = user_data;

  self->waiting = FALSE;
  if (step == VS_INTAKE_ANSWERED)
    finish (self);
  else
    pump (self);
}

/* The connection has gone: what has come is put away. */
static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  Upload *self = user_data;

  g_clear_signal_handler (&self->finished_id, self->message);
  g_clear_object (&self->message);
  stop_watch (self);
  if (!self->waiting && !self->ended)
    pump (self);
}

void
vs_http_upload_start (SoupServerMessage *message, VsApi *api, VsIntake *intake)
{
  Upload *self = g_new0 (Upload, 1);

  self->message = g_object_ref (message);
  self->stream = g_object_ref (find_stream (message));
  self->api = api;
  self->intake = intake;
  self->finished_id =
      g_signal_connect (message, "finished", G_CALLBACK (on_finished), self);
  vs_intake_set_listener (intake, on_step, self);
  soup_server_message_pause (message);
  pump (self);
}
