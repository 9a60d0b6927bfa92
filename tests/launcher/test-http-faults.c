/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The server among strangers: slow, greedy, malformed, too many. */
#include "http-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB (1024 * 1024)

static void
assert_served (HttpFixture *fixture)
{
  g_autoptr (HttpReply) reply = http_ask (fixture, "GET", "/status", "");

  g_assert_cmpuint (reply->status, ==, 200);
}

static void
assert_refused (
    HttpFixture *fixture, const gchar *data, gsize size, guint status)
{
  g_autoptr (GSocketConnection) connection = http_connect (fixture);
  g_autoptr (HttpReply) reply = NULL;
  g_autofree gchar *rest = NULL;

  http_send (connection, data, (gssize) size);
  reply = http_receive (connection, TRUE);
  g_assert_cmpuint (reply->status, ==, status);
  rest = http_drain (connection); /* ends: nothing more is read as a request */
  g_assert_cmpstr (rest != NULL ? rest : "", ==, "");
}

static void
test_malformed (void)
{
  static const struct {
    const gchar *data;
    guint status;
  } CASES[] = {
    { "GET /status\r\n\r\n", 400 },
    { "GET /status\n", 400 },
    { "GET /status HTTP/1.1\nHost: a\n\n", 400 },
    { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /status HTTP/1.1\r\n"
      "Host: a\r\n\r\n",
        400 },
    { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
      "Content-Length: 30\r\n\r\nGET /status HTTP/1.1\r\nHost: a\r\n\r\n",
        400 },
    { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "GET /status HTTP/1.1\r\nHost: a\r\n\r\n",
        413 },
    { "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501 },
    { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505 },
    { "\026\003\001\002", 400 },
  };
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_test_message ("%s", CASES[i].data);
    assert_refused (
        fixture, CASES[i].data, strlen (CASES[i].data), CASES[i].status);
  }
  assert_served (fixture);
}

/* A good request, then a bad one on the same connection: the first is
 * answered, the second refused, and nothing is taken for a third. */
static void
test_bad_follows_good (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autoptr (GSocketConnection) connection = http_connect (fixture);
  g_autoptr (HttpReply) first = NULL;
  g_autoptr (HttpReply) second = NULL;
  g_autofree gchar *rest = NULL;

  http_send (connection,
      "\r\nGET /status HTTP/1.1\r\nHost: a\r\n\r\nGET /status\r\n\r\n"
      "GET /status HTTP/1.1\r\nHost: a\r\n\r\n",
      -1);
  first = http_receive (connection, TRUE);
  second = http_receive (connection, TRUE);
  rest = http_drain (connection);
  g_assert_cmpuint (first->status, ==, 200);
  g_assert_cmpuint (second->status, ==, 400);
  g_assert_cmpstr (rest, ==, "");
}

static void
test_header_flood (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autofree gchar *fill = g_strnfill (4 * MIB, 'a');
  g_autoptr (GString) large = g_string_new ("GET / HTTP/1.1\r\nX: ");
  g_autoptr (GString) many = g_string_new ("GET / HTTP/1.1\r\nHost: a\r\n");

  g_string_append (large, fill);
  assert_refused (fixture, large->str, large->len, 431);
  for (guint i = 0; i < 10000; i++)
    g_string_append_printf (many, "X%u: y\r\n", i);
  assert_refused (fixture, many->str, many->len, 431);
  g_string_assign (large, "GET /");
  g_string_append (large, fill);
  assert_refused (fixture, large->str, large->len, 414);
  assert_served (fixture);
}

static gsize
get_resident (void)
{
  g_autofree gchar *text = NULL;
  const gchar *second;

  g_file_get_contents ("/proc/self/statm", &text, NULL, NULL);
  second = strchr (text, ' ');
  return (gsize) g_ascii_strtoull (second, NULL, 10) *
         (gsize) sysconf (_SC_PAGESIZE);
}

/* 300 MB announced or without an end: refused before it is read, whoever goes
 * on sending; and none of it is kept. */
static void
test_large_body (void)
{
  static const gchar *const HEADS[] = {
    "POST /status HTTP/1.1\r\nHost: a\r\nContent-Length: 314572800\r\n\r\n",
    "POST /status HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "FFFFFFF\r\n",
    "POST /status HTTP/1.1\r\nHost: a\r\nContent-Length: 314572800\r\n"
    "Expect: 100-continue\r\n\r\n",
  };
  VsHttpLimits limits = { .linger_ms = 500 };
  g_autoptr (HttpFixture) fixture = http_fixture_new (&limits);
  g_autofree gchar *part = g_malloc0 (MIB);
  gsize before;

  assert_served (fixture);
  before = get_resident ();
  for (guint i = 0; i < G_N_ELEMENTS (HEADS); i++) {
    g_autoptr (GSocketConnection) connection = http_connect (fixture);
    g_autoptr (HttpReply) reply = NULL;

    http_send (connection, HEADS[i], -1);
    for (guint n = 0; n < 300 && http_send (connection, part, MIB); n++)
      ;
    reply = http_receive (connection, TRUE);
    /* 0: the reset that answers our stubbornness was faster */
    if (reply->status != 0)
      g_assert_cmpuint (reply->status, ==, 413);
  }
  g_assert_cmpuint (get_resident (), <, before + 3 * MIB);
  /* Who waits for the answer gets it. */
  assert_refused (fixture, HEADS[0], strlen (HEADS[0]), 413);
  assert_served (fixture);
}

static void
test_slow_head (void)
{
  VsHttpLimits limits = { .header_ms = 150, .idle_ms = 5000 };
  g_autoptr (HttpFixture) fixture = http_fixture_new (&limits);
  g_autoptr (GSocketConnection) silent = http_connect (fixture);
  g_autoptr (GSocketConnection) slow = http_connect (fixture);
  g_autoptr (GSocketConnection) later = http_connect (fixture);
  g_autoptr (HttpReply) good = NULL;
  g_autoptr (HttpReply) refused = NULL;
  g_autoptr (HttpReply) refused_later = NULL;
  g_autofree gchar *nothing = NULL;
  gint64 start = g_get_monotonic_time ();

  http_send (later, "GET /status HTTP/1.1\r\nHost: a\r\n\r\n", -1);
  good = http_receive (later, TRUE);
  http_send (later, "GET /sta", -1);
  http_send (slow, "GET /status HTTP/1.1\r\nX-", -1);
  refused = http_receive (slow, TRUE);
  g_assert_cmpuint (refused->status, ==, 408);
  refused_later = http_receive (later, TRUE);
  g_assert_cmpuint (refused_later->status, ==, 408);
  nothing = http_drain (silent);
  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpint (g_get_monotonic_time () - start, <, 4 * G_USEC_PER_SEC);
}

static void
test_idle (void)
{
  VsHttpLimits limits = { .header_ms = 5000, .idle_ms = 150 };
  g_autoptr (HttpFixture) fixture = http_fixture_new (&limits);
  g_autoptr (GSocketConnection) connection = http_connect (fixture);
  g_autoptr (HttpReply) reply = NULL;
  g_autofree gchar *nothing = NULL;
  gint64 start = g_get_monotonic_time ();

  http_send (connection, "GET /status HTTP/1.1\r\nHost: a\r\n\r\n", -1);
  reply = http_receive (connection, TRUE);
  nothing = http_drain (connection);
  g_assert_cmpuint (reply->status, ==, 200);
  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpint (g_get_monotonic_time () - start, <, 4 * G_USEC_PER_SEC);
}

/* A reader of a large segment that stops reading is let go. The end of a
 * connection that says nothing, and has longer to live, is the clock. */
static void
test_slow_reader (void)
{
  VsHttpLimits limits = { .header_ms = 1000, .send_ms = 150 };
  g_autoptr (HttpFixture) fixture = http_fixture_new (&limits);
  g_autofree gchar *data = g_malloc0 (32 * MIB);
  g_autoptr (GSocketConnection) slow = http_connect (fixture);
  g_autoptr (GSocketConnection) clock = http_connect (fixture);
  g_autoptr (HttpReply) reply = NULL;

  http_fixture_put (fixture, "a.m4s", data, 32 * MIB);
  http_send (slow, "GET /media/a.m4s HTTP/1.1\r\nHost: a\r\n\r\n", -1);
  g_free (http_drain (clock));
  reply = http_receive (slow, TRUE);
  g_assert_cmpuint (reply->status, ==, 200);
  g_assert_false (reply->whole);
  assert_served (fixture);
}

/* One that takes what it is given is served whole. */
static void
test_patient_reader (void)
{
  VsHttpLimits limits = { .send_ms = 5000 };
  g_autoptr (HttpFixture) fixture = http_fixture_new (&limits);
  g_autofree gchar *data = g_malloc0 (32 * MIB);
  g_autoptr (HttpReply) reply = NULL;

  http_fixture_put (fixture, "a.m4s", data, 32 * MIB);
  reply = http_ask (fixture, "GET", "/media/a.m4s", "");
  g_assert_true (reply->whole);
  g_assert_cmpuint (reply->body->len, ==, 32 * MIB);
}

/* The file is cut short while it is being sent: that reply breaks off. */
static void
test_truncated (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autofree gchar *data = g_malloc0 (32 * MIB);
  g_autofree gchar *path = g_build_filename (fixture->root, "a.m4s", NULL);
  g_autoptr (GSocketConnection) connection = http_connect (fixture);
  g_autoptr (HttpReply) reply = NULL;
  gchar first;

  http_fixture_put (fixture, "a.m4s", data, 32 * MIB);
  http_send (connection, "GET /media/a.m4s HTTP/1.1\r\nHost: a\r\n\r\n", -1);
  g_assert_cmpint (g_input_stream_read (
                       g_io_stream_get_input_stream (G_IO_STREAM (connection)),
                       &first, 1, NULL, NULL),
      ==, 1);
  g_assert_cmpint (truncate (path, 0), ==, 0);
  reply = http_receive (connection, TRUE);
  g_assert_false (reply->whole);
  assert_served (fixture);
}

/* More connections that wait than there are places: newcomers are served,
 * and those that waited longest make room. */
static void
test_crowd (void)
{
  VsHttpLimits limits = { .max_connections = 32 };
  g_autoptr (HttpFixture) fixture = http_fixture_new (&limits);
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree gchar *end = NULL;

  for (guint i = 0; i < 200; i++) {
    GSocketConnection *connection = http_connect (fixture);

    g_ptr_array_add (crowd, connection);
    http_send (connection, "GET / HTTP/1.1\r\n", -1);
    if (i % 20 == 0)
      assert_served (fixture);
  }
  assert_served (fixture);
  end = http_drain (g_ptr_array_index (crowd, 0));
  g_assert_cmpstr (end != NULL ? end : "", ==, "");
}

/* Every place is taken by someone who is being served. */
static void
test_full (void)
{
  VsHttpLimits limits = { .max_connections = 4 };
  g_autoptr (HttpFixture) fixture = http_fixture_new (&limits);
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (HttpReply) reply = NULL;
  g_autofree gchar *retry = NULL;

  for (guint i = 0; i < 4; i++) {
    GSocketConnection *connection = http_connect (fixture);
    g_autoptr (HttpReply) head = NULL;

    g_ptr_array_add (crowd, connection);
    http_send (connection, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n", -1);
    head = http_receive (connection, FALSE);
    g_assert_cmpuint (head->status, ==, 200);
  }
  reply = http_ask (fixture, "GET", "/status", "");
  g_assert_cmpuint (reply->status, ==, 503);
  retry = http_reply_get (reply, "Retry-After");
  g_assert_cmpstr (retry, ==, "1");
}

#define DESCRIPTORS 64

static void
limit_descriptors (gpointer user_data)
{
  struct rlimit limit = { DESCRIPTORS, DESCRIPTORS };
  gint taken = GPOINTER_TO_INT (user_data);

  /* What is left of them, a program that has other things open has taken. */
  for (gint i = 0; i < taken; i++)
    dup (0);
  setrlimit (RLIMIT_NOFILE, &limit);
}

static GSubprocess *
spawn_server (const gchar *root, gint taken, gchar **url)
{
  g_autofree gchar *program = g_build_filename (
      g_getenv ("VS_BUILD_ROOT"), "tests", "launcher", "serve-folder", NULL);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GDataInputStream) lines = NULL;
  g_autoptr (GError) error = NULL;
  GSubprocess *server;

  g_subprocess_launcher_set_child_setup (
      launcher, limit_descriptors, GINT_TO_POINTER (taken), NULL);
  server = g_subprocess_launcher_spawn (
      launcher, &error, program, "127.0.0.1:0", root, NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (server));
  *url = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  return server;
}

/* With no descriptor left the server turns visitors away, and serves again
 * when they have gone. */
static void
test_descriptors (void)
{
  static const gint TAKEN[] = { 0, 44 };
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  guint16 own_port = fixture->port;

  http_fixture_put (fixture, "a.m4s", "data", -1);
  for (guint i = 0; i < G_N_ELEMENTS (TAKEN); i++) {
    g_autofree gchar *url = NULL;
    g_autoptr (GSubprocess) server =
        spawn_server (fixture->root, TAKEN[i], &url);
    g_autoptr (GPtrArray) crowd =
        g_ptr_array_new_with_free_func (g_object_unref);
    g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
    g_autoptr (HttpReply) reply = NULL;
    gint64 start;

    fixture->port = (guint16) g_uri_get_port (uri);
    for (guint n = 0; n < 120; n++) {
      g_ptr_array_add (crowd, http_connect (fixture));
      http_send (g_ptr_array_index (crowd, n), "GET / HTTP/1.1\r\n", -1);
    }
    start = g_get_monotonic_time ();
    g_ptr_array_set_size (crowd, 0);
    /* The queue of those who have gone is worked off first. */
    while (reply == NULL || reply->status != 200) {
      g_clear_pointer (&reply, http_reply_free);
      g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
      reply = http_ask (fixture, "GET", "/media/a.m4s", "");
    }
    g_test_message ("served after %" G_GINT64_FORMAT " ms",
        (g_get_monotonic_time () - start) / 1000);
    g_subprocess_force_exit (server);
    g_subprocess_wait (server, NULL, NULL);
  }
  fixture->port = own_port;
}

/* Says @said on each of so many connections and hangs up: what stays of one,
 * in bytes. */
static gdouble
measure_rest (HttpFixture *fixture, const gchar *said)
{
  const guint count = 400;
  gsize before = 0;

  for (guint n = 0; n < count * 2; n++) {
    g_autoptr (GSocketConnection) connection = http_connect (fixture);

    if (n == count) {
      assert_served (fixture);
      before = mallinfo2 ().uordblks;
    }
    http_send (connection, said, -1);
    if (g_str_has_suffix (said, "\r\n\r\n"))
      http_reply_free (http_receive (connection, TRUE));
  }
  assert_served (fixture);
  return ((gdouble) mallinfo2 ().uordblks - (gdouble) before) / count;
}

/* However a reader ends, libsoup keeps nothing of the connection. */
static void
test_nothing_stays (void)
{
  static const gchar *const ENDS[] = {
    "GET /status HTTP/1.1\r\nHost: a\r\n\r\n", /* after a reply */
    "GET / HTTP/1.1\r\n",                      /* in a head */
    "GET / HTTP/1.1\r\n\r\n",                  /* refused */
    "",
  };
  const VsHttpLimits limits = { .linger_ms = 10 };
  g_autoptr (HttpFixture) fixture = http_fixture_new (&limits);

  if (mallinfo2 ().uordblks == 0) {
    g_test_skip ("this allocator does not say what is in use");
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (ENDS); i++) {
    gdouble rest = measure_rest (fixture, ENDS[i]);

    g_test_message ("“%s”: %.0f bytes of each stay", ENDS[i], rest);
    g_assert_cmpfloat (rest, <, 500);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/faults/malformed", test_malformed);
  g_test_add_func ("/http/faults/bad-follows-good", test_bad_follows_good);
  g_test_add_func ("/http/faults/header-flood", test_header_flood);
  g_test_add_func ("/http/faults/large-body", test_large_body);
  g_test_add_func ("/http/faults/slow-head", test_slow_head);
  g_test_add_func ("/http/faults/idle", test_idle);
  g_test_add_func ("/http/faults/slow-reader", test_slow_reader);
  g_test_add_func ("/http/faults/patient-reader", test_patient_reader);
  g_test_add_func ("/http/faults/truncated", test_truncated);
  g_test_add_func ("/http/faults/crowd", test_crowd);
  g_test_add_func ("/http/faults/full", test_full);
  g_test_add_func ("/http/faults/descriptors", test_descriptors);
  g_test_add_func ("/http/faults/nothing-stays", test_nothing_stays);
  return g_test_run ();
}
