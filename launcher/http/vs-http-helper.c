/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-helper.h"

#include "vs-http-door.h"
#include "vs-http-media.h"
#include "vs-http-pass.h"
#include "vs-http-reply.h"
#include "vs-http-settings.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

typedef struct {
  GMainLoop *loop;
  GSocket *channel;
  SoupServer *server;
  VsHttpDoor *door;
  VsHttpMedia *media;
  guint64 gone; /* connections */
} Helper;

static void
on_request (SoupServer *server, SoupServerMessage *message, const gchar *path,
    GHashTable *query, gpointer user_data)
{
  Helper *self = user_data;

  vs_http_media_answer (
      self->media, message, path + strlen (VS_HTTP_MEDIA_PATH));
}

/* Is it the output that is asked for? As it was sent: whatever is written in
 * another way is for the other process to judge. */
static gboolean
is_ours (const gchar *head, gsize size)
{
  const gchar *target = memchr (head, ' ', size);
  gsize length = strlen (VS_HTTP_MEDIA_PATH);

  return target != NULL && (gsize) (head + size - target - 1) >= length &&
         memcmp (target + 1, VS_HTTP_MEDIA_PATH, length) == 0;
}

static guint
divert (GSocket *connection, const gchar *head, gsize size, gpointer user_data)
{
  Helper *self = user_data;

  if (is_ours (head, size))
    return 0;
  return vs_http_pass_send (
             self->channel, VS_HTTP_PASS_CONNECTION, head, size, connection)
             ? SOUP_STATUS_OK
             : SOUP_STATUS_SERVICE_UNAVAILABLE;
}

/* The sum, so that one that could not be said is said with the next. */
static void
say_count (Helper *self)
{
  (void) vs_http_pass_send (
      self->channel, VS_HTTP_PASS_COUNT, &self->gone, sizeof self->gone, NULL);
}

static void
on_left (gpointer user_data)
{
  Helper *self = user_data;

  self->gone++;
  say_count (self);
}

static gboolean
on_passed (GSocket *channel, GIOCondition condition, gpointer user_data)
{
  Helper *self = user_data;
  g_auto (VsHttpPassed) passed = { 0 };

  if (!vs_http_pass_receive (channel, &passed)) {
    g_main_loop_quit (self->loop);
    return G_SOURCE_REMOVE;
  }
  if (passed.kind == VS_HTTP_PASS_CONNECTION && passed.connection != NULL)
    vs_http_door_take (self->door, passed.connection, NULL, 0);
  else if (passed.kind == VS_HTTP_PASS_CONNECTION)
    on_left (self);
  else if (passed.kind == VS_HTTP_PASS_QUESTION)
    say_count (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_terminate (gpointer user_data)
{
  Helper *self = user_data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
start (Helper *self, GError **error)
{
  static const VsHttpDoorHooks hooks = { .divert = divert, .left = on_left };
  g_auto (VsHttpPassed) first = { 0 };
  g_autoptr (GPtrArray) no_sockets = g_ptr_array_new ();
  g_auto (VsHttpSettings) settings = { 0 };

  self->channel = g_socket_new_from_fd (STDIN_FILENO, error);
  if (self->channel == NULL)
    return FALSE;
  g_socket_set_blocking (self->channel, TRUE);
  if (!vs_http_pass_receive (self->channel, &first) ||
      first.kind != VS_HTTP_PASS_SETTINGS ||
      !vs_http_settings_read (&settings, first.data)) {
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no settings came");
    return FALSE;
  }
  g_socket_set_blocking (self->channel, FALSE);
  self->media = vs_http_media_new (settings.location, settings.redirect, error);
  if (self->media == NULL)
    return FALSE;
  self->server = soup_server_new ("raw-paths", TRUE, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  self->door = vs_http_door_new (self->server, no_sockets, &settings.limits);
  vs_http_door_set_hooks (self->door, &hooks, self);
  return TRUE;
}

static void
set_manners (void)
{
  (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
  (void) prctl (PR_SET_NAME, "vstream-serve");
  (void) setpgid (0, 0);
  (void) signal (SIGPIPE, SIG_IGN);
  (void) signal (SIGINT, SIG_IGN);
}

static void
serve (Helper *self)
{
  g_autoptr (GSource) source =
      g_socket_create_source (self->channel, G_IO_IN, NULL);
  guint terminate_id = g_unix_signal_add (SIGTERM, on_terminate, self);

  set_manners ();
  self->loop = g_main_loop_new (NULL, FALSE);
  g_source_set_callback (source, G_SOURCE_FUNC (on_passed), self, NULL);
  g_source_attach (source, NULL);
  say_count (self); /* from here on connections may come */
  g_main_loop_run (self->loop);
  g_source_destroy (source);
  g_source_remove (terminate_id);
  g_main_loop_unref (self->loop);
}

gint
vs_http_helper_run (void)
{
  Helper self = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean started;

  started = start (&self, &error);
  if (started)
    serve (&self);
  else
    (void) fprintf (stderr,
        "vstream-launcher: %s is not for people: --serve-processes starts it "
        "(%s).\n",
        VS_HTTP_HELPER, error->message);
  vs_http_door_free (self.door);
  vs_http_media_free (self.media);
  g_clear_object (&self.server);
  g_clear_object (&self.channel);
  return started ? EX_OK : EX_USAGE;
}
