/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-pass.h"

#include <gio/gunixfdmessage.h>
#include <sys/socket.h>
#include <unistd.h>

/* A head, and what was read beyond it. */
#define DATA_MAX (32 * 1024)

void
vs_http_passed_clear (VsHttpPassed *self)
{
  self->kind = VS_HTTP_PASS_NOTHING;
  g_clear_object (&self->connection);
  g_clear_pointer (&self->data, g_byte_array_unref);
}

gboolean
vs_http_pass_pair (GSocket *ends[2], GError **error)
{
  gint pair[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
          pair) != 0) {
    g_set_error_literal (
        error, G_IO_ERROR, g_io_error_from_errno (errno), g_strerror (errno));
    return FALSE;
  }
  for (guint i = 0; i < 2; i++) {
    ends[i] = g_socket_new_from_fd (pair[i], NULL);
    g_socket_set_blocking (ends[i], FALSE);
  }
  return TRUE;
}

gboolean
vs_http_pass_send (GSocket *channel, VsHttpPassKind kind, gconstpointer data,
    gsize size, GSocket *connection)
{
  const guint8 first = (guint8) kind;
  GOutputVector parts[] = { { &first, 1 }, { data, size } };
  g_autoptr (GSocketControlMessage) descriptor = NULL;

  if (size > DATA_MAX)
    return FALSE;
  if (connection != NULL) {
    descriptor = g_unix_fd_message_new ();
    if (!g_unix_fd_message_append_fd (
            G_UNIX_FD_MESSAGE (descriptor), g_socket_get_fd (connection), NULL))
      return FALSE;
  }
  return g_socket_send_message (channel, NULL, parts, G_N_ELEMENTS (parts),
             &descriptor, descriptor != NULL ? 1 : 0, G_SOCKET_MSG_NONE, NULL,
             NULL) > 0;
}

/* The socket that came with the message; all else that came is closed. */
static GSocket *
take_connection (GSocketControlMessage **messages, gint count)
{
  GSocket *socket = NULL;

  for (gint i = 0; i < count; i++) {
    gint length = 0;
    g_autofree gint *descriptors =
        G_IS_UNIX_FD_MESSAGE (messages[i])
            ? g_unix_fd_message_steal_fds (
                  G_UNIX_FD_MESSAGE (messages[i]), &length)
            : NULL;

    for (gint n = 0; n < length; n++) {
      GSocket *one =
          socket == NULL ? g_socket_new_from_fd (descriptors[n], NULL) : NULL;

      if (one == NULL)
        close (descriptors[n]);
      else
        socket = one;
    }
    g_object_unref (messages[i]);
  }
  g_free (messages);
  return socket;
}

gboolean
vs_http_pass_receive (GSocket *channel, VsHttpPassed *passed)
{
  GSocketControlMessage **messages = NULL;
  guint8 first = VS_HTTP_PASS_NOTHING;
  g_autoptr (GError) error = NULL;
  GInputVector parts[] = { { &first, 1 }, { NULL, DATA_MAX } };
  gint flags = 0;
  gint count = 0;
  gssize got;

  vs_http_passed_clear (passed);
  passed->data = g_byte_array_sized_new (DATA_MAX);
  parts[1].buffer = passed->data->data;
  got = g_socket_receive_message (channel, NULL, parts, G_N_ELEMENTS (parts),
      &messages, &count, &flags, NULL, &error);
  passed->connection = take_connection (messages, count);
  if (got <= 0)
    return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  passed->kind = (VsHttpPassKind) first;
  g_byte_array_set_size (passed->data, (guint) got - 1);
  return TRUE;
}
