/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "http-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define SILENCE_SECONDS 10

static gboolean
on_started (gpointer user_data)
{
  HttpFixture *self = user_data;

  g_mutex_lock (&self->lock);
  g_cond_signal (&self->started);
  self->url = vs_http_get_url (self->http);
  g_mutex_unlock (&self->lock);
  return G_SOURCE_REMOVE;
}

static gpointer
serve (gpointer user_data)
{
  HttpFixture *self = user_data;
  g_autoptr (GSource) source = g_idle_source_new ();
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (self->context);
  self->http =
      vs_http_new_full ("127.0.0.1:0", self->served, &self->options, &error);
  g_assert_no_error (error);
  g_source_set_callback (source, on_started, self, NULL);
  g_source_attach (source, self->context);
  g_main_loop_run (self->loop);
  vs_http_free (self->http);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

HttpFixture *
http_fixture_new (const VsHttpLimits *limits)
{
  return http_fixture_new_below (limits, NULL);
}

static HttpFixture *
prepare (void)
{
  HttpFixture *self = g_new0 (HttpFixture, 1);
  g_autoptr (GError) error = NULL;

  self->root = g_dir_make_tmp ("vs-http-XXXXXX", &error);
  g_assert_no_error (error);
  return self;
}

static HttpFixture *
start (HttpFixture *self)
{
  g_autoptr (GUri) uri = NULL;
  g_autoptr (GError) error = NULL;

  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  g_mutex_init (&self->lock);
  g_cond_init (&self->started);
  self->thread = g_thread_new ("server", serve, self);
  g_mutex_lock (&self->lock);
  while (self->url == NULL)
    g_cond_wait (&self->started, &self->lock);
  g_mutex_unlock (&self->lock);
  uri = g_uri_parse (self->url, G_URI_FLAGS_NONE, &error);
  g_assert_no_error (error);
  self->port = (guint16) g_uri_get_port (uri);
  return self;
}

HttpFixture *
http_fixture_new_below (const VsHttpLimits *limits, const gchar *name)
{
  HttpFixture *self = prepare ();

  if (limits != NULL)
    self->options.limits = *limits;
  self->served = g_build_filename (self->root, name, NULL);
  return start (self);
}

HttpFixture *
http_fixture_new_of_store (const gchar *uri, gboolean redirect, guint processes)
{
  HttpFixture *self = prepare ();

  self->options.redirect = redirect;
  self->options.processes = processes;
  self->served = g_strdup (uri);
  return start (self);
}

static void
remove_folder (const gchar *path)
{
  g_autoptr (GDir) entries = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL) {
    g_autofree gchar *inner = g_build_filename (path, name, NULL);

    if (!g_file_test (inner, G_FILE_TEST_IS_SYMLINK) &&
        g_file_test (inner, G_FILE_TEST_IS_DIR))
      remove_folder (inner);
    else
      g_unlink (inner);
  }
  g_rmdir (path);
}

void
http_fixture_free (HttpFixture *self)
{
  g_main_loop_quit (self->loop);
  g_thread_join (self->thread);
  remove_folder (self->root);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->started);
  g_free (self->root);
  g_free (self->served);
  g_free (self);
}

void
http_fixture_put (
    HttpFixture *self, const gchar *name, const gchar *data, gssize size)
{
  g_autofree gchar *path = g_build_filename (self->root, name, NULL);
  g_autofree gchar *folder = g_path_get_dirname (path);
  g_autofree gchar *part = g_build_filename (folder, ".put.part", NULL);
  g_autoptr (GError) error = NULL;

  /* As the store does it, under a name that nobody is told of: that of
   * g_file_set_contents () is public. */
  g_mkdir_with_parents (folder, 0755);
  g_file_set_contents (part, data, size, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_rename (part, path), ==, 0);
}

typedef struct {
  HttpFixture *fixture;
  gchar *json;
} SetJob;

static gboolean
on_set_job (gpointer user_data)
{
  SetJob *task = user_data;

  vs_http_set_job (task->fixture->http, task->json);
  g_free (task->json);
  g_free (task);
  return G_SOURCE_REMOVE;
}

void
http_fixture_set_job (HttpFixture *self, const gchar *json)
{
  SetJob *task = g_new (SetJob, 1);

  task->fixture = self;
  task->json = g_strdup (json);
  g_main_context_invoke (self->context, on_set_job, task);
}

void
http_reply_free (HttpReply *self)
{
  g_free (self->head);
  g_byte_array_unref (self->body);
  g_free (self);
}

gchar *
http_reply_get (HttpReply *self, const gchar *header)
{
  g_auto (GStrv) lines = g_strsplit (self->head, "\r\n", -1);
  gsize length = strlen (header);

  for (guint i = 1; lines[i] != NULL; i++) {
    if (g_ascii_strncasecmp (lines[i], header, length) == 0 &&
        lines[i][length] == ':')
      return g_strstrip (g_strdup (lines[i] + length + 1));
  }
  return NULL;
}

GSocketConnection *
http_connect (HttpFixture *self)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection;

  g_socket_client_set_timeout (client, SILENCE_SECONDS);
  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (
      client, "127.0.0.1", self->port, NULL, &error);
  g_assert_no_error (error);
  return connection;
}

gboolean
http_send (GSocketConnection *to, const gchar *data, gssize size)
{
  return g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (to)), data,
      size < 0 ? strlen (data) : (gsize) size, NULL, NULL, NULL);
}

static gssize
receive_some (GSocketConnection *from, gpointer buffer, gsize size)
{
  g_autoptr (GError) error = NULL;
  gssize got =
      g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (from)),
          buffer, size, NULL, &error);

  /* A server that is silent for so long has forgotten us. */
  g_assert_false (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  return got;
}

static gboolean
receive_head (GSocketConnection *from, HttpReply *reply)
{
  g_autoptr (GString) head = g_string_new (NULL);
  gchar byte;

  while (receive_some (from, &byte, 1) == 1) {
    g_string_append_c (head, byte);
    if (g_str_has_suffix (head->str, "\r\n\r\n")) {
      reply->head = g_strdup (head->str);
      reply->status = (guint) g_ascii_strtoull (head->str + 9, NULL, 10);
      return TRUE;
    }
  }
  return FALSE;
}

HttpReply *
http_receive (GSocketConnection *from, gboolean has_body)
{
  HttpReply *self = g_new0 (HttpReply, 1);
  g_autofree gchar *length = NULL;
  guint64 left = 0;

  self->body = g_byte_array_new ();
  if (!receive_head (from, self)) {
    self->head = g_strdup ("");
    return self;
  }
  length = http_reply_get (self, "Content-Length");
  if (length != NULL && has_body && self->status != 304)
    left = g_ascii_strtoull (length, NULL, 10);
  while (left > 0) {
    guint8 part[64 * 1024];
    gssize got = receive_some (from, part, MIN (left, sizeof part));

    if (got <= 0)
      break;
    g_byte_array_append (self->body, part, (guint) got);
    left -= (guint64) got;
  }
  self->whole = left == 0;
  return self;
}

gchar *
http_drain (GSocketConnection *from)
{
  g_autoptr (GString) all = g_string_new (NULL);
  gchar part[4096];
  gssize got;

  while ((got = receive_some (from, part, sizeof part)) > 0)
    g_string_append_len (all, part, got);
  return got < 0 ? NULL : g_string_free (g_steal_pointer (&all), FALSE);
}

HttpReply *
http_ask (HttpFixture *self, const gchar *method, const gchar *target,
    const gchar *headers)
{
  g_autoptr (GSocketConnection) connection = http_connect (self);
  g_autofree gchar *request = g_strdup_printf (
      "%s %s HTTP/1.1\r\nHost: test\r\n%s\r\n", method, target, headers);

  g_assert_true (http_send (connection, request, -1));
  return http_receive (connection, strcmp (method, "HEAD") != 0);
}
