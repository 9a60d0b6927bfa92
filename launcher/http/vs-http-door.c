/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-door.h"
#include "vs-http-refuse.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define RETRY_MS 100

struct _VsHttpDoor {
  SoupServer *server;
  VsHttpLimits limits;
  GPtrArray *listeners; /* GSocket */
  GPtrArray *sources;   /* GSource, one a listener */
  GSource *retry;       /* while no descriptor could be had */
  gint reserve;         /* the descriptor that is kept; -1: lost */
  gint nowhere;         /* the other end of the server's own listener */
  const VsHttpDoorHooks *hooks;
  gpointer hooks_data;

  GQueue waiting; /* Guest, the longest first */
  GQueue serving;
  GQueue leaving; /* asked to go */
};

/* One connection inside. */
typedef struct {
  VsHttpDoor *door;
  VsHttpStream *stream; /* not ours: libsoup holds it */
  GQueue *queue;
  GList link;
} Guest;

static void start_accepting (VsHttpDoor *self);

static void
move_guest (Guest *guest, GQueue *queue)
{
  if (guest->queue != NULL)
    g_queue_unlink (guest->queue, &guest->link);
  guest->queue = queue;
  if (queue != NULL)
    g_queue_push_tail_link (queue, &guest->link);
}

static void
note_left (VsHttpDoor *self)
{
  if (self->hooks->left != NULL)
    self->hooks->left (self->hooks_data);
}

static void
on_changed (VsHttpStream *stream, VsHttpStreamPhase phase, gpointer user_data)
{
  Guest *guest = user_data;
  VsHttpDoor *self = guest->door;

  if (phase == VS_HTTP_STREAM_ENDED) {
    move_guest (guest, NULL);
    g_free (guest);
    note_left (self);
  } else if (guest->queue != &self->leaving) {
    move_guest (guest,
        phase == VS_HTTP_STREAM_WAITING ? &self->waiting : &self->serving);
  }
}

static guint
count_guests (VsHttpDoor *self)
{
  return self->waiting.length + self->serving.length + self->leaving.length;
}

static gboolean
make_room (VsHttpDoor *self)
{
  Guest *guest = g_queue_peek_head (&self->waiting);

  if (guest == NULL)
    return FALSE;
  move_guest (guest, &self->leaving);
  vs_http_stream_abort (guest->stream);
  return TRUE;
}

/* FALSE: gone again. */
static gboolean
admit (VsHttpDoor *self, GSocket *socket, const guint8 *data, gsize size)
{
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, NULL);
  g_autoptr (GSocketAddress) remote =
      g_socket_get_remote_address (socket, NULL);
  g_autoptr (VsHttpStream) stream = NULL;
  Guest *guest;

  if (local == NULL || remote == NULL)
    return FALSE;
  guest = g_new0 (Guest, 1);
  guest->door = self;
  guest->link.data = guest;
  stream = vs_http_stream_new (socket, &self->limits, on_changed, guest);
  guest->stream = stream;
  vs_http_stream_mark (stream, remote);
  vs_http_stream_set_divert (stream, self->hooks->divert, self->hooks_data);
  vs_http_stream_prepend (stream, data, size);
  move_guest (guest, &self->waiting);
  soup_server_accept_iostream (
      self->server, G_IO_STREAM (stream), local, remote, NULL);
  return TRUE;
}

/* FALSE: it is not in here. */
static gboolean
let_in (VsHttpDoor *self, GSocket *socket, const guint8 *data, gsize size)
{
  if (count_guests (self) < self->limits.max_connections || make_room (self))
    return admit (self, socket, data, size);
  vs_http_refuse (socket, SOUP_STATUS_SERVICE_UNAVAILABLE);
  return FALSE;
}

void
vs_http_door_take (
    VsHttpDoor *self, GSocket *socket, const guint8 *data, gsize size)
{
  if (!let_in (self, socket, data, size))
    note_left (self);
}

static gboolean
is_passed (VsHttpDoor *self, GSocket *socket)
{
  return self->hooks->pass != NULL &&
         self->hooks->pass (socket, count_guests (self), self->hooks_data);
}

static gboolean
on_retry (gpointer user_data)
{
  VsHttpDoor *self = user_data;

  g_clear_pointer (&self->retry, g_source_unref);
  start_accepting (self);
  return G_SOURCE_REMOVE;
}

static void
stop_accepting (VsHttpDoor *self)
{
  for (guint i = 0; i < self->sources->len; i++)
    g_source_destroy (g_ptr_array_index (self->sources, i));
  g_ptr_array_set_size (self->sources, 0);
}

/* Not even the reserve is left: somebody else took it. A listener that stays
 * readable would turn the loop round and round, so look away for a moment. */
static void
pause_accepting (VsHttpDoor *self)
{
  stop_accepting (self);
  if (self->retry != NULL)
    return;
  self->retry = g_timeout_source_new (RETRY_MS);
  g_source_set_callback (self->retry, on_retry, self, NULL);
  g_source_attach (self->retry, g_main_context_get_thread_default ());
}

static gint
open_reserve (void)
{
  return open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
turn_away (VsHttpDoor *self, GSocket *listener)
{
  g_autoptr (GSocket) socket = NULL;

  make_room (self);
  if (self->reserve < 0) {
    self->reserve = open_reserve ();
    if (self->reserve < 0)
      pause_accepting (self);
    return;
  }
  close (self->reserve);
  socket = g_socket_accept (listener, NULL, NULL);
  if (socket != NULL)
    g_socket_close (socket, NULL);
  self->reserve = open_reserve ();
}

static gboolean
on_connection (GSocket *listener, GIOCondition condition, gpointer user_data)
{
  VsHttpDoor *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_accept (listener, NULL, &error);

  if (socket != NULL && is_passed (self, socket))
    return G_SOURCE_CONTINUE;
  if (socket != NULL)
    (void) let_in (self, socket, NULL, 0);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES))
    turn_away (self, listener);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    g_debug (
        "A connection was lost before it was accepted: %s", error->message);
  return G_SOURCE_CONTINUE;
}

static void
start_accepting (VsHttpDoor *self)
{
  for (guint i = 0; i < self->listeners->len; i++) {
    GSource *source = g_socket_create_source (
        g_ptr_array_index (self->listeners, i), G_IO_IN, NULL);

    g_source_set_callback (source, G_SOURCE_FUNC (on_connection), self, NULL);
    g_source_attach (source, g_main_context_get_thread_default ());
    g_ptr_array_add (self->sources, source);
  }
}

/* Of the process's descriptors, so many for connections: the rest is for the
 * files that are sent, the job's child and what else the process does. */
static guint
spare_descriptors (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return G_MAXUINT;
  return (guint) MIN (limit.rlim_cur / 8 * 5, G_MAXUINT);
}

static void
set_default (guint *value, guint preset)
{
  if (*value == 0)
    *value = preset;
}

static VsHttpLimits
complete_limits (const VsHttpLimits *given)
{
  VsHttpLimits limits = { 0 };

  if (given != NULL)
    limits = *given;
  set_default (&limits.max_connections, 1000);
  set_default (&limits.header_ms, 10 * 1000);
  set_default (&limits.idle_ms, 30 * 1000);
  set_default (&limits.send_ms, 30 * 1000);
  set_default (&limits.linger_ms, 2 * 1000);
  set_default (&limits.min_rate, 4096);
  set_default (&limits.heartbeat_ms, 15 * 1000);
  limits.max_connections =
      CLAMP (limits.max_connections, 1, MAX (spare_descriptors (), 1));
  return limits;
}

/* SoupServer keeps connections alive only while it has a listener of its own.
 * One end of a pair that nobody writes to never has a visitor. */
static gint
listen_nowhere (SoupServer *server)
{
  g_autoptr (GSocket) socket = NULL;
  gint pair[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return -1;
  socket = g_socket_new_from_fd (pair[0], NULL);
  if (socket == NULL)
    close (pair[0]);
  else
    soup_server_listen_socket (server, socket, 0, NULL);
  return pair[1];
}

VsHttpDoor *
vs_http_door_new (
    SoupServer *server, GPtrArray *sockets, const VsHttpLimits *limits)
{
  static const VsHttpDoorHooks none = { NULL };
  VsHttpDoor *self = g_new0 (VsHttpDoor, 1);

  self->server = g_object_ref (server);
  self->hooks = &none;
  self->limits = complete_limits (limits);
  self->listeners = g_ptr_array_ref (sockets);
  self->sources =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  self->reserve = open_reserve ();
  g_queue_init (&self->waiting);
  g_queue_init (&self->serving);
  g_queue_init (&self->leaving);
  self->nowhere = listen_nowhere (server);
  start_accepting (self);
  return self;
}

void
vs_http_door_set_hooks (
    VsHttpDoor *self, const VsHttpDoorHooks *hooks, gpointer user_data)
{
  self->hooks = hooks;
  self->hooks_data = user_data;
}

const VsHttpLimits *
vs_http_door_get_limits (VsHttpDoor *self)
{
  return &self->limits;
}

static void
forget_guests (GQueue *queue)
{
  GList *link;

  while ((link = g_queue_pop_head_link (queue)) != NULL) {
    Guest *guest = link->data;

    vs_http_stream_forget (guest->stream);
    g_free (guest);
  }
}

void
vs_http_door_free (VsHttpDoor *self)
{
  if (self == NULL)
    return;
  stop_accepting (self);
  if (self->retry != NULL)
    g_source_destroy (self->retry);
  g_clear_pointer (&self->retry, g_source_unref);
  forget_guests (&self->waiting);
  forget_guests (&self->serving);
  forget_guests (&self->leaving);
  soup_server_disconnect (self->server);
  for (guint i = 0; i < self->listeners->len; i++)
    g_socket_close (g_ptr_array_index (self->listeners, i), NULL);
  g_ptr_array_unref (self->listeners);
  g_ptr_array_unref (self->sources);
  if (self->reserve >= 0)
    close (self->reserve);
  if (self->nowhere >= 0)
    close (self->nowhere);
  g_object_unref (self->server);
  g_free (self);
}
