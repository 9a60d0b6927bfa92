/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --serve over a bucket: the same answers as from a folder, from radosgw and
 * through the proxy that misbehaves. */
#include "http-fixture.h"
#include "http/vs-http-helper.h"
#include "servers/s3-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define BUCKET "served"
#define BIG (5 * 1024 * 1024 + 7)
#define PLAYLIST "#EXTM3U\n#EXT-X-VERSION:7\n"

static S3Fixture *servers;
static gchar *folder;

static void
put (const gchar *key, const gchar *data, gssize size)
{
  g_autofree gchar *path = g_build_filename (folder, "object", NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, data, size, &error);
  g_assert_no_error (error);
  s3_fixture_do (servers, "put " BUCKET " %s show/%s", path, key);
}

static guint8
byte_at (gsize position)
{
  return (guint8) (position * 2654435761u >> 13);
}

static HttpFixture *
serve_from (gboolean redirect, guint processes)
{
  g_autofree gchar *uri =
      g_strdup_printf ("s3://" BUCKET "/show?endpoint=%s&addressing=path",
          s3_fixture_get (servers, "proxy"));

  s3_fixture_do (servers, "rules");
  s3_fixture_do (servers, "clear");
  return http_fixture_new_of_store (uri, redirect, processes);
}

static HttpFixture *
serve (gboolean redirect)
{
  return serve_from (redirect, 1);
}

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

/* How many requests the store has seen. */
static guint
count_requests (void)
{
  g_autofree gchar *log = s3_fixture_command (servers, "log");
  guint n = 0;

  for (const gchar *at = log; (at = strstr (at, "HTTP/1.1")) != NULL; at++)
    n++;
  return n;
}

static void
test_whole (void)
{
  static const gchar SEGMENT[] = "public, max-age=31536000, immutable";
  static const struct {
    const gchar *key, *type, *cache, *data;
  } CASES[] = {
    { "main.m3u8", "application/vnd.apple.mpegurl", "no-cache", PLAYLIST },
    { "manifest.mpd", "application/dash+xml", "no-cache", "<MPD/>" },
    { "video_0/1.m4s", "video/iso.segment", SEGMENT, "0123456789" },
    { "video_0/empty.m4s", "video/iso.segment", SEGMENT, "" },
  };
  g_autoptr (HttpFixture) fixture = serve (FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree gchar *target = g_strconcat ("/media/", CASES[i].key, NULL);
    g_autoptr (HttpReply) reply = NULL;
    g_autoptr (HttpReply) head = NULL;
    g_autofree gchar *size = g_strdup_printf ("%zu", strlen (CASES[i].data));

    head = http_ask (fixture, "HEAD", target, "");
    reply = http_ask (fixture, "GET", target, "");
    g_test_message ("%s", CASES[i].key);
    g_assert_cmpuint (head->status, ==, 200);
    g_assert_cmpuint (reply->status, ==, 200);
    assert_header (head, "Content-Length", size);
    assert_header (reply, "Content-Type", CASES[i].type);
    assert_header (reply, "Cache-Control", CASES[i].cache);
    assert_header (reply, "Access-Control-Allow-Origin", "*");
    assert_header (reply, "Accept-Ranges", "bytes");
    assert_body (reply, CASES[i].data);
  }
}

static void
test_parts (void)
{
  static const struct {
    const gchar *range;
    guint status;
    const gchar *content_range, *body;
  } CASES[] = {
    { "bytes=2-4", 206, "bytes 2-4/10", "234" },
    { "bytes=-3", 206, "bytes 7-9/10", "789" },
    { "bytes=8-", 206, "bytes 8-9/10", "89" },
    { "bytes=10-", 416, "bytes */10", NULL },
    { "lines=1-2", 200, NULL, "0123456789" },
  };

  /* What was read before is kept; a range of what was not is passed on. */
  for (guint i = 0; i < 2 * G_N_ELEMENTS (CASES); i++) {
    g_autoptr (HttpFixture) fixture = serve (FALSE);
    g_autofree gchar *header =
        g_strdup_printf ("Range: %s\r\n", CASES[i / 2].range);
    g_autoptr (HttpReply) reply = NULL;

    if (i % 2 == 1)
      http_reply_free (http_ask (fixture, "GET", "/media/video_0/1.m4s", ""));
    reply = http_ask (fixture, "GET", "/media/video_0/1.m4s", header);
    g_test_message ("%s", header);
    g_assert_cmpuint (reply->status, ==, CASES[i / 2].status);
    assert_header (reply, "Content-Range", CASES[i / 2].content_range);
    if (CASES[i / 2].body != NULL)
      assert_body (reply, CASES[i / 2].body);
  }
}

static void
test_conditions (void)
{
  static const gchar *const KEYS[] = { "video_0/1.m4s", "main.m3u8" };
  g_autoptr (HttpFixture) fixture = serve (FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (KEYS); i++) {
    g_autofree gchar *target = g_strconcat ("/media/", KEYS[i], NULL);
    g_autoptr (HttpReply) first = http_ask (fixture, "GET", target, "");
    g_autofree gchar *tag = http_reply_get (first, "ETag");
    g_autofree gchar *unless = g_strdup_printf ("If-None-Match: %s\r\n", tag);
    g_autoptr (HttpReply) again = http_ask (fixture, "GET", target, unless);
    g_autoptr (HttpReply) other =
        http_ask (fixture, "GET", target, "If-Match: \"other\"\r\n");

    g_assert_nonnull (tag);
    g_assert_cmpuint (again->status, ==, 304);
    assert_header (again, "ETag", tag);
    g_assert_cmpuint (other->status, ==, 412);
  }
}

static void
test_big (void)
{
  g_autoptr (HttpFixture) fixture = serve (FALSE);
  g_autoptr (HttpReply) all =
      http_ask (fixture, "GET", "/media/video_0/big.mp4", "");
  g_autoptr (HttpReply) part = http_ask (fixture, "GET",
      "/media/video_0/big.mp4", "Range: bytes=1000000-4194310\r\n");

  g_assert_cmpuint (all->status, ==, 200);
  g_assert_true (all->whole);
  g_assert_cmpuint (all->body->len, ==, BIG);
  for (gsize i = 0; i < BIG; i++)
    if (all->body->data[i] != byte_at (i))
      g_error ("byte %zu is another", i);
  g_assert_cmpuint (part->status, ==, 206);
  g_assert_cmpmem (part->body->data, part->body->len, all->body->data + 1000000,
      4194311 - 1000000);
}

/* A reader who goes away, and a store that fails in the middle. */
static void
test_broken (void)
{
  g_autoptr (HttpFixture) fixture = serve (FALSE);
  g_autoptr (GSocketConnection) hasty = http_connect (fixture);
  g_autoptr (HttpReply) head =
      http_ask (fixture, "HEAD", "/media/video_0/big.mp4", "");
  g_autoptr (HttpReply) reply = NULL;
  g_autoptr (HttpReply) after = NULL;
  static const gchar REQUEST[] =
      "GET /media/video_0/big.mp4 HTTP/1.1\r\nHost: a\r\n\r\n";

  g_assert_cmpuint (head->status, ==, 200);
  g_assert_true (http_send (hasty, REQUEST, -1));
  g_io_stream_close (G_IO_STREAM (hasty), NULL, NULL);
  s3_fixture_do (servers, "rules GET .*big => status=403");
  reply = http_ask (fixture, "GET", "/media/video_0/big.mp4", "");
  g_assert_false (reply->whole);
  s3_fixture_do (servers, "rules");
  after = http_ask (fixture, "GET", "/media/video_0/1.m4s", "");
  assert_body (after, "0123456789");
}

static void
test_absent (void)
{
  static const struct {
    const gchar *target;
    guint status;
  } CASES[] = {
    { "/media/none.m4s", 404 },
    { "/media/none.m3u8", 404 },
    { "/media/presentation.state", 404 },
    { "/media/secret.txt", 404 },
    { "/media/.vstream-lease", 400 },
    { "/media/../other/1.m4s", 404 },
    { "/media/", 400 },
  };
  g_autoptr (HttpFixture) fixture = serve (FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autoptr (HttpReply) reply =
        http_ask (fixture, "GET", CASES[i].target, "");
    g_autoptr (HttpReply) ranged =
        http_ask (fixture, "GET", CASES[i].target, "Range: bytes=0-1\r\n");

    g_test_message ("%s", CASES[i].target);
    g_assert_cmpuint (reply->status, ==, CASES[i].status);
    g_assert_cmpuint (ranged->status, ==, CASES[i].status);
  }
}

/* A segment is asked for once; a manifest again, when it may be another. */
static void
test_kept (void)
{
  g_autoptr (HttpFixture) fixture = serve (FALSE);
  guint n;

  http_reply_free (http_ask (fixture, "GET", "/media/video_0/1.m4s", ""));
  n = count_requests ();
  for (guint i = 0; i < 5; i++)
    http_reply_free (http_ask (fixture, "GET", "/media/video_0/1.m4s", ""));
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (count_requests (), ==, n);
  put ("live.m3u8", "one", -1);
  http_reply_free (http_ask (fixture, "GET", "/media/live.m3u8", ""));
  put ("live.m3u8", "other", -1);
  while (TRUE) { /* ends by the test's time limit where it fails */
    g_autoptr (HttpReply) reply =
        http_ask (fixture, "GET", "/media/live.m3u8", "");

    if (reply->body->len == strlen ("other"))
      break;
    assert_body (reply, "one");
  }
}

static void
test_away (void)
{
  g_autoptr (HttpFixture) fixture = serve (FALSE);
  g_autoptr (HttpReply) kept = NULL;
  g_autoptr (HttpReply) away = NULL;
  g_autoptr (HttpReply) refused = NULL;
  g_autoptr (HttpReply) back = NULL;

  http_reply_free (http_ask (fixture, "GET", "/media/video_0/1.m4s", ""));
  s3_fixture_do (servers, "away");
  kept = http_ask (fixture, "GET", "/media/video_0/1.m4s", "");
  assert_body (kept, "0123456789");
  away = http_ask (fixture, "GET", "/media/main.m3u8", "");
  g_assert_cmpuint (away->status, ==, 502);
  assert_header (away, "Access-Control-Allow-Origin", "*");
  assert_header (away, "Cache-Control", "no-store");
  assert_body (away, "502 Bad Gateway: the object store does not answer\n");
  s3_fixture_do (servers, "back");
  s3_fixture_do (servers, "rules GET => status=403");
  refused = http_ask (fixture, "GET", "/media/main.m3u8", "");
  g_assert_cmpuint (refused->status, ==, 502);
  assert_body (refused, "502 Bad Gateway: the object store refuses\n");
  s3_fixture_do (servers, "rules");
  back = http_ask (fixture, "GET", "/media/main.m3u8", "");
  assert_body (back, PLAYLIST);
}

/* Readers who wait for a store that says nothing, when the server ends. */
static void
test_end (void)
{
  static const gchar REQUEST[] =
      "GET /media/main.m3u8 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /media/video_0/1.m4s HTTP/1.1\r\nHost: a\r\n\r\n";
  g_autoptr (HttpFixture) fixture = serve (FALSE);
  g_autoptr (GSocketConnection) one = http_connect (fixture);
  g_autoptr (GSocketConnection) two = http_connect (fixture);
  guint n = count_requests ();

  s3_fixture_do (servers, "rules GET => latency=30");
  g_assert_true (http_send (one, REQUEST, -1));
  g_assert_true (http_send (two, REQUEST, -1));
  while (count_requests () == n)
    continue;
}

/* What a presigned URL gives. */
static HttpReply *
follow (const gchar *url)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, &error);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree gchar *request = NULL;
  HttpFixture store = { 0 };

  g_assert_no_error (error);
  store.port = (guint16) g_uri_get_port (uri);
  connection = http_connect (&store);
  request = g_strdup_printf ("GET %s?%s HTTP/1.1\r\nHost: %s:%u\r\n\r\n",
      g_uri_get_path (uri), g_uri_get_query (uri), g_uri_get_host (uri),
      store.port);
  g_assert_true (http_send (connection, request, -1));
  return http_receive (connection, TRUE);
}

static void
test_redirect (void)
{
  g_autoptr (HttpFixture) fixture = serve (TRUE);
  g_autoptr (HttpReply) manifest =
      http_ask (fixture, "GET", "/media/main.m3u8", "");
  g_autoptr (HttpReply) segment =
      http_ask (fixture, "GET", "/media/video_0/1.m4s", "");
  g_autoptr (HttpReply) head =
      http_ask (fixture, "HEAD", "/media/video_0/1.m4s", "");
  g_autoptr (HttpReply) none =
      http_ask (fixture, "GET", "/media/video_0/none.m4s", "");
  g_autoptr (HttpReply) page = http_ask (fixture, "GET", "/", "");
  g_autofree gchar *policy = http_reply_get (page, "Content-Security-Policy");
  g_autofree gchar *url = http_reply_get (segment, "Location");
  g_autoptr (HttpReply) followed = NULL;

  assert_body (manifest, PLAYLIST);
  g_assert_cmpuint (segment->status, ==, 302);
  assert_header (segment, "Cache-Control", "no-store");
  assert_header (segment, "Access-Control-Allow-Origin", "*");
  g_assert_cmpuint (head->status, ==, 200);
  assert_header (head, "Content-Length", "10");
  g_assert_cmpuint (none->status, ==, 404);
  g_assert_nonnull (strstr (policy, s3_fixture_get (servers, "proxy")));
  g_assert_nonnull (strstr (url, "X-Amz-Expires=3600"));
  followed = follow (url);
  g_assert_cmpuint (followed->status, ==, 200);
  assert_body (followed, "0123456789");
}

/* Each of two processes asks the store for the segment, and keeps it. */
static void
test_processes (void)
{
  g_autoptr (HttpFixture) fixture = serve_from (FALSE, 2);
  gint64 until = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  while (count_requests () < 2) {
    g_autoptr (HttpReply) reply =
        http_ask (fixture, "GET", "/media/video_0/1.m4s", "");

    g_assert_cmpuint (reply->status, ==, 200);
    assert_body (reply, "0123456789");
    assert_header (reply, "Access-Control-Allow-Origin", "*");
    g_assert_cmpint (g_get_monotonic_time (), <, until);
  }
}

static void
fill (void)
{
  g_autofree guint8 *big = g_malloc (BIG);

  for (gsize i = 0; i < BIG; i++)
    big[i] = byte_at (i);
  s3_fixture_do (servers, "bucket " BUCKET);
  put ("main.m3u8", PLAYLIST, -1);
  put ("manifest.mpd", "<MPD/>", -1);
  put ("video_0/1.m4s", "0123456789", -1);
  put ("video_0/empty.m4s", "", -1);
  put ("video_0/big.mp4", (const gchar *) big, BIG);
  put ("presentation.state", "private", -1);
  put ("secret.txt", "private", -1);
}

int
main (int argc, char **argv)
{
  g_autofree gchar *object = NULL;
  int result;

  if (argc == 2 && g_str_equal (argv[1], VS_HTTP_HELPER))
    return vs_http_helper_run ();
  g_test_init (&argc, &argv, NULL);
  servers = s3_fixture_start ();
  if (servers == NULL)
    return s3_fixture_skip ();
  g_setenv ("AWS_ACCESS_KEY_ID", s3_fixture_get (servers, "access-key"), TRUE);
  g_setenv (
      "AWS_SECRET_ACCESS_KEY", s3_fixture_get (servers, "secret-key"), TRUE);
  folder = g_dir_make_tmp ("vs-http-store-XXXXXX", NULL);
  object = g_build_filename (folder, "object", NULL);
  fill ();
  g_test_add_func ("/http-store/whole", test_whole);
  g_test_add_func ("/http-store/parts", test_parts);
  g_test_add_func ("/http-store/conditions", test_conditions);
  g_test_add_func ("/http-store/big", test_big);
  g_test_add_func ("/http-store/broken", test_broken);
  g_test_add_func ("/http-store/absent", test_absent);
  g_test_add_func ("/http-store/kept", test_kept);
  g_test_add_func ("/http-store/away", test_away);
  g_test_add_func ("/http-store/end", test_end);
  g_test_add_func ("/http-store/redirect", test_redirect);
  g_test_add_func ("/http-store/processes", test_processes);
  result = g_test_run ();
  (void) g_remove (object);
  (void) g_rmdir (folder);
  g_free (folder);
  s3_fixture_stop (servers);
  return result;
}
