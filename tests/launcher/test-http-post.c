/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a webhook may connect to, with a resolver that says what it is told. */
#include "http/vs-http-post.h"

#include <gio/gio.h>
#include <string.h>

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

#define LIAR_TYPE (liar_get_type ())
G_DECLARE_FINAL_TYPE (Liar, liar, TEST, LIAR, GResolver)

struct _Liar {
  GResolver parent;
  const gchar *answers; /* addresses, blanks between */
};

G_DEFINE_TYPE (Liar, liar, G_TYPE_RESOLVER)

static void
lookup_async (GResolver *resolver, const gchar *name,
    GResolverNameLookupFlags flags, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task =
      g_task_new (resolver, cancellable, callback, user_data);
  g_auto (GStrv) words = g_strsplit (TEST_LIAR (resolver)->answers, " ", -1);
  GList *list = NULL;

  for (guint i = 0; words[i]; i++) {
    gboolean v6 = strchr (words[i], ':') != NULL;

    if (flags != (v6 ? G_RESOLVER_NAME_LOOKUP_FLAGS_IPV4_ONLY
                     : G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY))
      list = g_list_append (list, g_inet_address_new_from_string (words[i]));
  }
  if (list)
    g_task_return_pointer (task, list, NULL);
  else
    g_task_return_new_error (
        task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "none");
}

static GList *
lookup_finish (GResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
liar_class_init (LiarClass *klass)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (klass);

  resolver_class->lookup_by_name_with_flags_async = lookup_async;
  resolver_class->lookup_by_name_with_flags_finish = lookup_finish;
}

static void
liar_init (Liar *self)
{
}

typedef struct {
  GMainLoop *loop;
  GSocketConnection *connection;
  guint connections;
  guint status;
  gchar *error;
} Fixture;

static gboolean
on_connection (GSocketService *service, GSocketConnection *connection,
    GObject *source, gpointer user_data)
{
  static const gchar ANSWER[] = "HTTP/1.1 204 No Content\r\n\r\n";
  Fixture *self = user_data;

  self->connections++;
  /* Kept open: closed with something unread it would be reset. */
  g_set_object (&self->connection, connection);
  (void) g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (connection)), ANSWER,
      strlen (ANSWER), NULL, NULL, NULL);
  return TRUE;
}

static void
on_posted (const VsHttpPostResult *result, gpointer user_data)
{
  Fixture *self = user_data;

  self->status = result->status;
  self->error = g_strdup (result->error);
  g_main_loop_quit (self->loop);
}

static void
post (Fixture *self, guint16 port, gchar **networks)
{
  g_autofree gchar *url = g_strdup_printf ("http://example.org:%u/", port);
  const VsHttpPostOrder order = { url, "event_1", "{}", SECRET, 1,
    20 * G_USEC_PER_SEC, networks };

  self->connections = 0;
  g_clear_pointer (&self->error, g_free);
  (void) vs_http_post_start (&order, on_posted, self);
  g_main_loop_run (self->loop);
}

static void
test_where (void)
{
  static const struct {
    const gchar *answers;
    gboolean allowed; /* 127.0.0.0/8 is */
    gboolean reached;
  } cases[] = {
    { "127.0.0.1", TRUE, TRUE },
    { "127.0.0.1", FALSE, FALSE },
    { "::1", TRUE, FALSE },
    { "::ffff:127.0.0.1", FALSE, FALSE },
    { "10.0.0.1 169.254.169.254", FALSE, FALSE },
    { "10.0.0.1 127.0.0.1", TRUE, TRUE }, /* the one that is allowed */
    { "fd00::1 127.0.0.1", TRUE, TRUE },
  };
  gchar *networks[] = { "127.0.0.0/8", NULL };
  g_autoptr (Liar) liar = g_object_new (LIAR_TYPE, NULL);
  g_autoptr (GSocketService) service = g_socket_service_new ();
  Fixture self = { g_main_loop_new (NULL, FALSE), NULL, 0, 0, NULL };
  guint16 port = g_socket_listener_add_any_inet_port (
      G_SOCKET_LISTENER (service), NULL, NULL);

  g_signal_connect (service, "incoming", G_CALLBACK (on_connection), &self);
  g_resolver_set_default (G_RESOLVER (liar));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    liar->answers = cases[i].answers;
    post (&self, port, cases[i].allowed ? networks : NULL);
    g_test_message ("%s: %u %s", cases[i].answers, self.status,
        self.error ? self.error : "");
    g_assert_cmpuint (self.connections, ==, cases[i].reached ? 1 : 0);
    g_assert_cmpuint (self.status, ==, cases[i].reached ? 204 : 0);
    if (!cases[i].reached)
      g_assert_nonnull (strstr (self.error, "not public"));
  }
  g_clear_object (&self.connection);
  g_free (self.error);
  g_main_loop_unref (self.loop);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-post/where", test_where);
  return g_test_run ();
}
