/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The job on /status and /events. */
#include "http-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

/* Reads from a stream of events until @expected has been read. */
static void
await_text (GSocketConnection *connection, const gchar *expected)
{
  g_autoptr (GString) tail = g_string_new (NULL);
  GInputStream *stream =
      g_io_stream_get_input_stream (G_IO_STREAM (connection));

  g_test_message ("waiting for %s", expected);
  while (strstr (tail->str, expected) == NULL) {
    gchar part[32 * 1024];
    g_autoptr (GError) error = NULL;
    gssize got = g_input_stream_read (stream, part, sizeof part, NULL, &error);

    g_assert_no_error (error);
    g_assert_cmpint (got, >, 0);
    if (tail->len > strlen (expected))
      g_string_erase (tail, 0, (gssize) (tail->len - strlen (expected)));
    g_string_append_len (tail, part, got);
  }
}

static GSocketConnection *
listen_to_events (HttpFixture *fixture, const gchar *version)
{
  GSocketConnection *connection = http_connect (fixture);
  g_autofree gchar *request =
      g_strdup_printf ("GET /events HTTP/%s\r\nHost: a\r\n\r\n", version);

  g_assert_true (http_send (connection, request, -1));
  return connection;
}

static void
test_status (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autoptr (GSocketConnection) events = listen_to_events (fixture, "1.1");
  g_autoptr (HttpReply) none = http_ask (fixture, "GET", "/status", "");
  g_autoptr (HttpReply) some = NULL;
  g_autofree gchar *type = http_reply_get (none, "Content-Type");

  g_assert_cmpstr (type, ==, "application/json");
  g_assert_cmpmem (none->body->data, none->body->len, "{}", 2);
  http_fixture_set_job (fixture, "{\"state\":\"running\"}");
  await_text (events, "running");
  some = http_ask (fixture, "GET", "/status", "");
  g_assert_cmpmem (
      some->body->data, some->body->len, "{\"state\":\"running\"}", 19);
}

static void
test_job (void)
{
  static const gchar *const VERSIONS[] = { "1.1", "1.0" };
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (VERSIONS); i++) {
    g_autoptr (GSocketConnection) events = NULL;

    http_fixture_set_job (fixture, NULL);
    events = listen_to_events (fixture, VERSIONS[i]);
    await_text (events, "event: job\ndata: {}\n\n");
    http_fixture_set_job (fixture, "{\"state\":\n\"running\"}");
    await_text (
        events, "event: job\ndata: {\"state\":\ndata: \"running\"}\n\n");
    http_fixture_set_job (fixture, "{\"state\":\"finished\"}");
    await_text (events, "finished");
  }
}

static void
test_objects (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autoptr (GSocketConnection) events = listen_to_events (fixture, "1.1");
  g_autoptr (GSocketConnection) second = NULL;
  g_autofree gchar *path =
      g_build_filename (fixture->root, "video_0", "1.m4s", NULL);

  await_text (events, "event: job");
  http_fixture_put (fixture, "video_0/1.m4s", "12345", -1);
  await_text (events, "event: object\nid: 1\ndata: "
                      "{\"key\":\"video_0/1.m4s\",\"size\":5,\"time\":");
  http_fixture_put (fixture, "a \"b\".m3u8", "#EXTM3U\n", -1);
  await_text (events, "{\"key\":\"a \\\"b\\\".m3u8\",\"size\":8,");
  g_unlink (path);
  await_text (events, "{\"key\":\"video_0/1.m4s\",\"gone\":true,");
  /* Who comes late is told as well. */
  second = listen_to_events (fixture, "1.1");
  await_text (second, "{\"key\":\"video_0/1.m4s\",\"gone\":true,");
}

/* A reader that takes nothing gets the newest state when it does, and no
 * queue has grown in the meantime. */
static void
test_slow_reader (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autoptr (GSocketConnection) slow = listen_to_events (fixture, "1.1");
  g_autoptr (GSocketConnection) other = listen_to_events (fixture, "1.1");
  g_autofree gchar *filler = g_strnfill (100 * 1000, 'x');

  await_text (other, "event: job");
  for (guint i = 0; i < 200; i++) {
    g_autofree gchar *json = g_strdup_printf ("[\"%s\", %u]", filler, i);
    g_autofree gchar *end = g_strdup_printf ("\", %u]\n\n", i);

    http_fixture_set_job (fixture, json);
    await_text (other, end);
  }
  await_text (slow, "\", 199]\n\n");
}

static void
test_heartbeat (void)
{
  VsHttpLimits limits = { .heartbeat_ms = 20 };
  g_autoptr (HttpFixture) fixture = http_fixture_new (&limits);
  g_autoptr (GSocketConnection) events = listen_to_events (fixture, "1.1");

  await_text (events, ":\n\n");
}

/* So many listeners and no more; who hangs up makes room. */
static void
test_crowd (void)
{
  VsHttpLimits limits = { .heartbeat_ms = 10 };
  g_autoptr (HttpFixture) fixture = http_fixture_new (&limits);
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (HttpReply) refused = NULL;
  gboolean served = FALSE;
  gint64 start;

  for (guint i = 0; i < 64; i++) {
    g_ptr_array_add (crowd, listen_to_events (fixture, "1.1"));
    await_text (g_ptr_array_index (crowd, i), "event: job");
  }
  refused = http_ask (fixture, "GET", "/events", "");
  g_assert_cmpuint (refused->status, ==, 503);
  g_ptr_array_set_size (crowd, 0);
  /* A heartbeat or two tells the server; until then it may refuse. */
  start = g_get_monotonic_time ();
  while (!served) {
    g_autoptr (GSocketConnection) after = listen_to_events (fixture, "1.1");
    gchar part[12];

    g_assert_true (g_input_stream_read_all (
        g_io_stream_get_input_stream (G_IO_STREAM (after)), part, sizeof part,
        NULL, NULL, NULL));
    served = memcmp (part + 9, "200", 3) == 0;
    g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/events/status", test_status);
  g_test_add_func ("/http/events/job", test_job);
  g_test_add_func ("/http/events/objects", test_objects);
  g_test_add_func ("/http/events/slow-reader", test_slow_reader);
  g_test_add_func ("/http/events/heartbeat", test_heartbeat);
  g_test_add_func ("/http/events/crowd", test_crowd);
  return g_test_run ();
}
