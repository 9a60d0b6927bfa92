/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What --serve answers, over a real socket. */
#include "http-fixture.h"

#include "core/vs-error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PLAYLIST "#EXTM3U\n#EXT-X-VERSION:7\n"

static void
assert_header (HttpReply *reply, const gchar *name, const gchar *value)
{
  g_autofree gchar *is = http_reply_get (reply, name);

  g_test_message ("%s", name);
  g_assert_cmpstr (is, ==, value);
}

static void
assert_body (HttpReply *reply, const gchar *body)
{
  g_assert_cmpmem (reply->body->data, reply->body->len, body, strlen (body));
}

static void
test_types (void)
{
  static const gchar MANIFEST[] = "no-cache";
  static const gchar SEGMENT[] = "public, max-age=31536000, immutable";
  static const gchar *const CASES[][3] = {
    { "a.m3u8", "application/vnd.apple.mpegurl", MANIFEST },
    { "a.mpd", "application/dash+xml", MANIFEST },
    { "v/1.m4s", "video/iso.segment", SEGMENT },
    { "v/init.mp4", "video/mp4", SEGMENT },
    { "v/1.ts", "video/mp2t", SEGMENT },
    { "t/1.vtt", "text/vtt", SEGMENT },
  };
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree gchar *target = g_strconcat ("/media/", CASES[i][0], NULL);
    g_autoptr (HttpReply) reply = NULL;

    http_fixture_put (fixture, CASES[i][0], "data", -1);
    reply = http_ask (fixture, "GET", target, "");
    g_assert_cmpuint (reply->status, ==, 200);
    assert_header (reply, "Content-Type", CASES[i][1]);
    assert_header (reply, "Cache-Control", CASES[i][2]);
    assert_header (reply, "Access-Control-Allow-Origin", "*");
    assert_header (reply, "Accept-Ranges", "bytes");
    assert_body (reply, "data");
  }
}

static void
test_head (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autoptr (HttpReply) head = NULL;
  g_autoptr (HttpReply) get = NULL;
  g_autofree gchar *tag = NULL;

  http_fixture_put (fixture, "a.m4s", "0123456789", -1);
  head = http_ask (fixture, "HEAD", "/media/a.m4s", "");
  get = http_ask (fixture, "GET", "/media/a.m4s", "");
  tag = http_reply_get (get, "ETag");
  g_assert_cmpuint (head->status, ==, 200);
  assert_header (head, "Content-Length", "10");
  assert_header (head, "ETag", tag);
  g_assert_cmpuint (tag[0], ==, '"');
}

static void
test_methods (void)
{
  static const struct {
    const gchar *method, *target;
    guint status;
  } CASES[] = {
    { "GET", "/media/none.m4s", 404 },
    { "GET", "/none", 404 },
    { "GET", "/assets/none.js", 404 },
    { "POST", "/media/a.m4s", 405 },
    { "DELETE", "/media/a.m4s", 405 },
    { "PUT", "/status", 405 },
    { "TRACE", "/", 405 },
    { "CONNECT", "a:80", 501 },
    { "OPTIONS", "/media/a.m4s", 204 },
    { "GET", "/status", 200 },
    { "GET", "/", 200 },
    { "HEAD", "/events", 200 },
  };
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);

  http_fixture_put (fixture, "a.m4s", "data", -1);
  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autoptr (HttpReply) reply =
        http_ask (fixture, CASES[i].method, CASES[i].target, "");

    g_test_message ("%s %s", CASES[i].method, CASES[i].target);
    g_assert_cmpuint (reply->status, ==, CASES[i].status);
    if (reply->status == 405 || reply->status == 204)
      assert_header (reply, "Allow", "GET, HEAD, OPTIONS");
  }
}

static void
test_preflight (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autoptr (HttpReply) reply = http_ask (fixture, "OPTIONS", "/media/any.m4s",
      "Origin: http://example.org\r\n"
      "Access-Control-Request-Method: GET\r\n"
      "Access-Control-Request-Headers: range\r\n");
  g_autofree gchar *headers =
      http_reply_get (reply, "Access-Control-Allow-Headers");
  g_autofree gchar *exposed =
      http_reply_get (reply, "Access-Control-Expose-Headers");

  g_assert_cmpuint (reply->status, ==, 204);
  assert_header (reply, "Access-Control-Allow-Origin", "*");
  assert_header (reply, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
  assert_header (reply, "Access-Control-Max-Age", "86400");
  g_assert_nonnull (strstr (headers, "Range"));
  g_assert_nonnull (strstr (exposed, "Content-Range"));
}

static void
test_range (void)
{
  static const struct {
    const gchar *headers;
    guint status;
    const gchar *range, *body;
  } CASES[] = {
    { "Range: bytes=2-4\r\n", 206, "bytes 2-4/10", "234" },
    { "Range: bytes=7-\r\n", 206, "bytes 7-9/10", "789" },
    { "Range: bytes=-2\r\n", 206, "bytes 8-9/10", "89" },
    { "Range: bytes=0-99\r\n", 206, "bytes 0-9/10", "0123456789" },
    { "Range: bytes=10-\r\n", 416, "bytes */10", NULL },
    { "Range: bytes=0-1,4-5\r\n", 200, NULL, "0123456789" },
    { "Range: nonsense\r\n", 200, NULL, "0123456789" },
    { "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n", 200, NULL, "0123456789" },
  };
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);

  http_fixture_put (fixture, "a.m4s", "0123456789", -1);
  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autoptr (HttpReply) reply =
        http_ask (fixture, "GET", "/media/a.m4s", CASES[i].headers);

    g_test_message ("%s", CASES[i].headers);
    g_assert_cmpuint (reply->status, ==, CASES[i].status);
    assert_header (reply, "Content-Range", CASES[i].range);
    if (CASES[i].body != NULL)
      assert_body (reply, CASES[i].body);
  }
}

static void
test_if_range (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autoptr (HttpReply) first = NULL;
  g_autoptr (HttpReply) second = NULL;
  g_autofree gchar *tag = NULL;
  g_autofree gchar *headers = NULL;

  http_fixture_put (fixture, "a.m4s", "0123456789", -1);
  first = http_ask (fixture, "GET", "/media/a.m4s", "");
  tag = http_reply_get (first, "ETag");
  headers = g_strdup_printf ("Range: bytes=1-1\r\nIf-Range: %s\r\n", tag);
  second = http_ask (fixture, "GET", "/media/a.m4s", headers);
  g_assert_cmpuint (second->status, ==, 206);
  assert_body (second, "1");
}

/* One tag, one version: the same one as long as the file is, another for
 * another content, whatever its size and time. */
static void
test_versions (void)
{
  static const gchar *const NAMES[] = { "a.m3u8", "a.m4s" };
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (NAMES); i++) {
    g_autofree gchar *target = g_strconcat ("/media/", NAMES[i], NULL);
    g_autoptr (HttpReply) first = NULL;
    g_autoptr (HttpReply) again = NULL;
    g_autoptr (HttpReply) next = NULL;
    g_autofree gchar *tag = NULL;
    g_autofree gchar *seen = NULL;

    http_fixture_put (fixture, NAMES[i], PLAYLIST "1", -1);
    first = http_ask (fixture, "GET", target, "");
    tag = http_reply_get (first, "ETag");
    seen = g_strdup_printf ("If-None-Match: %s\r\n", tag);
    again = http_ask (fixture, "GET", target, seen);
    g_assert_cmpuint (again->status, ==, 304);
    assert_header (again, "ETag", tag);
    g_assert_cmpuint (again->body->len, ==, 0);
    http_fixture_put (fixture, NAMES[i], PLAYLIST "2", -1);
    next = http_ask (fixture, "GET", target, seen);
    g_assert_cmpuint (next->status, ==, 200);
    assert_body (next, PLAYLIST "2");
  }
}

static gchar *
unzip (GByteArray *data)
{
  g_autoptr (GConverter) gunzip =
      G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  g_autoptr (GInputStream) memory =
      g_memory_input_stream_new_from_data (data->data, data->len, NULL);
  g_autoptr (GInputStream) plain =
      g_converter_input_stream_new (memory, gunzip);
  g_autofree gchar *text = g_malloc0 (64 * 1024);

  g_assert_true (
      g_input_stream_read_all (plain, text, 64 * 1024 - 1, NULL, NULL, NULL));
  return g_steal_pointer (&text);
}

static void
test_gzip (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autoptr (HttpReply) plain = NULL;
  g_autoptr (HttpReply) packed = NULL;
  g_autoptr (HttpReply) part = NULL;
  g_autoptr (HttpReply) seen = NULL;
  g_autofree gchar *filler = g_strnfill (20000, 'x');
  g_autofree gchar *text = g_strconcat (PLAYLIST "#", filler, "\n", NULL);
  g_autofree gchar *plain_tag = NULL;
  g_autofree gchar *packed_tag = NULL;
  g_autofree gchar *unpacked = NULL;
  g_autofree gchar *condition = NULL;

  http_fixture_put (fixture, "a.m3u8", text, -1);
  plain = http_ask (fixture, "GET", "/media/a.m3u8", "");
  packed = http_ask (
      fixture, "GET", "/media/a.m3u8", "Accept-Encoding: gzip, br\r\n");
  assert_header (plain, "Content-Encoding", NULL);
  assert_header (plain, "Vary", "Accept-Encoding");
  assert_header (packed, "Content-Encoding", "gzip");
  assert_header (packed, "Vary", "Accept-Encoding");
  unpacked = unzip (packed->body);
  g_assert_cmpstr (unpacked, ==, text);
  g_assert_cmpuint (packed->body->len, <, 1000);
  /* A strong tag names these bytes and no others. */
  plain_tag = http_reply_get (plain, "ETag");
  packed_tag = http_reply_get (packed, "ETag");
  g_assert_cmpstr (plain_tag, !=, packed_tag);
  condition = g_strdup_printf (
      "Accept-Encoding: gzip\r\nIf-None-Match: %s\r\n", packed_tag);
  seen = http_ask (fixture, "GET", "/media/a.m3u8", condition);
  g_assert_cmpuint (seen->status, ==, 304);
  part = http_ask (fixture, "GET", "/media/a.m3u8",
      "Accept-Encoding: gzip\r\nRange: bytes=0-6\r\n");
  g_assert_cmpuint (part->status, ==, 206);
  assert_body (part, "#EXTM3U");
}

static void
test_empty (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  static const gchar *const NAMES[] = { "a.m3u8", "a.m4s" };

  for (guint i = 0; i < G_N_ELEMENTS (NAMES); i++) {
    g_autofree gchar *target = g_strconcat ("/media/", NAMES[i], NULL);
    g_autoptr (HttpReply) reply = NULL;

    http_fixture_put (fixture, NAMES[i], "", 0);
    reply = http_ask (fixture, "GET", target, "Accept-Encoding: gzip\r\n");
    g_assert_cmpuint (reply->status, ==, 200);
    assert_header (reply, "Content-Length", "0");
  }
}

/* Without it (an old kernel, a sandbox, valgrind) no link is followed. */
static gboolean
has_openat2 (void)
{
  struct open_how how = { .flags = O_PATH };
  glong fd = syscall (SYS_openat2, AT_FDCWD, ".", &how, sizeof how);

  if (fd >= 0)
    close ((gint) fd);
  return fd >= 0;
}

/* Nothing but files below the folder, whatever is asked for. */
static void
test_outside (void)
{
  const struct {
    const gchar *target;
    guint status; /* 0: 400 or 404, as dots are resolved or not */
  } CASES[] = {
    { "/media/../secret", 0 },
    { "/media/%2e%2e/secret", 0 },
    { "/media/%2e%2e%2fsecret", 400 },
    { "/media/..%5csecret", 400 },
    { "/media/%252e%252e/secret", 404 },
    { "/media/v/../../secret", 0 },
    { "/media//etc/passwd", 400 },
    { "/media/%2fetc/passwd", 400 },
    { "/media/a%00.m4s", 400 },
    { "/media/out", 404 },       /* a link to a file outside */
    { "/media/up/secret", 404 }, /* a link to a folder outside */
    { "/media/root", 404 },      /* an absolute link */
    { "/media/in", has_openat2 () ? 200 : 404 }, /* a link that stays inside */
    { "/media/v", 404 },                         /* a folder */
    { "/media/v/", 400 },
    { "/media/", 400 },
    { "/media", 404 },
    { "/media/fifo", 404 },
    { "/media/.hidden", 400 },
    { "/media/a.m4s/x", 404 },
    { "/../../etc/passwd", 404 },
    { "/assets/../../etc/passwd", 404 },
  };
  g_autoptr (HttpFixture) fixture = http_fixture_new_below (NULL, "m");
  const gchar *const links[][2] = { { "../secret", "m/out" }, { "..", "m/up" },
    { "/etc/passwd", "m/root" }, { "a.m4s", "m/in" } };
  g_autofree gchar *fifo = g_build_filename (fixture->served, "fifo", NULL);

  http_fixture_put (fixture, "secret", "SECRET", -1);
  http_fixture_put (fixture, "m/a.m4s", "data", -1);
  http_fixture_put (fixture, "m/.hidden", "SECRET", -1);
  http_fixture_put (fixture, "m/v/1.m4s", "data", -1);
  for (guint i = 0; i < G_N_ELEMENTS (links); i++) {
    g_autofree gchar *path =
        g_build_filename (fixture->root, links[i][1], NULL);

    g_assert_cmpint (symlink (links[i][0], path), ==, 0);
  }
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autoptr (HttpReply) reply =
        http_ask (fixture, "GET", CASES[i].target, "");

    g_test_message ("%s", CASES[i].target);
    if (CASES[i].status != 0)
      g_assert_cmpuint (reply->status, ==, CASES[i].status);
    else
      g_assert_true (reply->status == 400 || reply->status == 404);
    g_assert_null (
        g_strstr_len ((gchar *) reply->body->data, reply->body->len, "SECRET"));
  }
}

/* What a publisher keeps for its next run is nobody's business. */
static void
test_private (void)
{
  const gchar *const targets[] = { "/media/presentation.state",
    "/media/presentation%2estate", "/media/v/presentation.state" };
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);

  http_fixture_put (fixture, "presentation.state", "SECRET", -1);
  http_fixture_put (fixture, "v/presentation.state", "SECRET", -1);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++) {
    g_autoptr (HttpReply) reply = http_ask (fixture, "GET", targets[i], "");

    g_assert_cmpuint (reply->status, ==, 404);
    g_assert_null (
        g_strstr_len ((gchar *) reply->body->data, reply->body->len, "SECRET"));
  }
}

static void
test_keep_alive (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autoptr (GSocketConnection) connection = http_connect (fixture);
  g_autoptr (GString) requests = g_string_new (NULL);

  http_fixture_put (fixture, "0.m4s", "zero", -1);
  http_fixture_put (fixture, "1.m4s", "one", -1);
  for (guint i = 0; i < 100; i++)
    g_string_append_printf (
        requests, "GET /media/%u.m4s HTTP/1.1\r\nHost: a\r\n\r\n", i % 2);
  /* All at once: the answers come one by one, in order. */
  g_assert_true (http_send (connection, requests->str, -1));
  for (guint i = 0; i < 100; i++) {
    g_autoptr (HttpReply) reply = http_receive (connection, TRUE);

    g_assert_cmpuint (reply->status, ==, 200);
    assert_body (reply, i % 2 == 0 ? "zero" : "one");
  }
}

static void
test_folder_comes_late (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new_below (NULL, "out");
  g_autoptr (HttpReply) before = NULL;
  g_autoptr (HttpReply) after = NULL;
  g_autoptr (HttpReply) renewed = NULL;
  g_autofree gchar *old = g_build_filename (fixture->root, "old", NULL);

  before = http_ask (fixture, "GET", "/media/a.m4s", "");
  g_assert_cmpuint (before->status, ==, 404);
  http_fixture_put (fixture, "out/a.m4s", "data", -1);
  after = http_ask (fixture, "GET", "/media/a.m4s", "");
  assert_body (after, "data");
  g_assert_cmpint (g_rename (fixture->served, old), ==, 0);
  http_fixture_put (fixture, "out/b.m4s", "more", -1);
  renewed = http_ask (fixture, "GET", "/media/b.m4s", "");
  assert_body (renewed, "more");
}

static void
test_page (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autoptr (HttpReply) page = http_ask (fixture, "GET", "/", "");
  g_autofree gchar *policy = http_reply_get (page, "Content-Security-Policy");

  g_assert_cmpuint (page->status, ==, 200);
  assert_header (page, "Content-Type", "text/html; charset=utf-8");
  assert_header (page, "Cache-Control", "no-cache");
  assert_header (page, "X-Content-Type-Options", "nosniff");
  g_assert_nonnull (strstr (policy, "default-src 'none'"));
  g_assert_nonnull (strstr (policy, "script-src 'self';"));
}

static void
assert_listen_fails (const gchar *listen, const gchar *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsHttp) http = vs_http_new (listen, NULL, &error);

  g_test_message ("%s: %s", listen, error ? error->message : "listens");
  g_assert_null (http);
  g_assert_true (error->domain == VS_ERROR);
  g_assert_nonnull (strstr (error->message, listen));
  g_assert_nonnull (strstr (error->message, expected));
}

static void
test_listen (void)
{
  g_autoptr (HttpFixture) fixture = http_fixture_new (NULL);
  g_autofree gchar *taken = g_strdup_printf ("127.0.0.1:%u", fixture->port);
  g_autoptr (GError) error = NULL;
  g_autoptr (VsHttp) everywhere = vs_http_new (":0", NULL, &error);
  g_autoptr (VsHttp) named = NULL;

  g_assert_no_error (error);
  g_assert_true (
      g_str_has_prefix (vs_http_get_url (everywhere), "http://localhost:"));
  g_assert_false (g_str_has_suffix (vs_http_get_url (everywhere), ":0/"));
  named = vs_http_new ("localhost:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (
      g_str_has_prefix (vs_http_get_url (named), "http://localhost:"));
  assert_listen_fails (taken, "choose another port");
  assert_listen_fails ("nonsense", "HOST:PORT");
  assert_listen_fails ("192.0.2.1:0", "192.0.2.1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/types", test_types);
  g_test_add_func ("/http/head", test_head);
  g_test_add_func ("/http/methods", test_methods);
  g_test_add_func ("/http/preflight", test_preflight);
  g_test_add_func ("/http/range", test_range);
  g_test_add_func ("/http/if-range", test_if_range);
  g_test_add_func ("/http/versions", test_versions);
  g_test_add_func ("/http/gzip", test_gzip);
  g_test_add_func ("/http/empty", test_empty);
  g_test_add_func ("/http/outside", test_outside);
  g_test_add_func ("/http/private", test_private);
  g_test_add_func ("/http/keep-alive", test_keep_alive);
  g_test_add_func ("/http/folder-comes-late", test_folder_comes_late);
  g_test_add_func ("/http/page", test_page);
  g_test_add_func ("/http/listen", test_listen);
  return g_test_run ();
}
