/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pure rules of the server, as tables. */
#include "http/vs-http-address.h"
#include "http/vs-http-head.h"
#include "http/vs-http-path.h"
#include "http/vs-http-rules.h"

#include "core/vs-error.h"

#include <string.h>

static void
test_path (void)
{
  static const struct {
    const gchar *raw, *name;
  } CASES[] = {
    { "multivariant.m3u8", "multivariant.m3u8" },
    { "video_0/12.m4s", "video_0/12.m4s" },
    { "a%20b/%c3%a4.m4s", "a b/ä.m4s" },
    { "100%25.m4s", "100%.m4s" },
    { "%252e%252e/x", "%2e%2e/x" },
    { "a+b", "a+b" },
    { "...x/y", NULL },
    { "", NULL },
    { "/etc/passwd", NULL },
    { "..", NULL },
    { "../x", NULL },
    { "a/../x", NULL },
    { "a/./x", NULL },
    { "a/..", NULL },
    { "%2e%2e/x", NULL },
    { "%2E%2e%2Fx", NULL },
    { ".%2e/x", NULL },
    { "a%2fb", NULL },
    { "a//b", NULL },
    { "a/", NULL },
    { "a\\b", NULL },
    { "a%5cb", NULL },
    { "a%00.m4s", NULL },
    { "a%0d%0aX: y", NULL },
    { "a%7f", NULL },
    { "%", NULL },
    { "%4", NULL },
    { "%zz", NULL },
    { "%c3", NULL },
    { "%c0%ae%c0%ae/x", NULL },
    { ".vstream-lock", NULL },
    { "video_0/.tmp-1", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree gchar *name = vs_http_path_decode (CASES[i].raw);

    g_test_message ("%s", CASES[i].raw);
    g_assert_cmpstr (name, ==, CASES[i].name);
  }
}

static void
test_path_length (void)
{
  g_autofree gchar *most = g_strnfill (VS_HTTP_PATH_MAX, 'a');
  g_autofree gchar *more = g_strnfill (VS_HTTP_PATH_MAX + 1, 'a');
  g_autofree gchar *name = vs_http_path_decode (most);

  g_assert_cmpstr (name, ==, most);
  g_assert_null (vs_http_path_decode (more));
}

static void
test_range (void)
{
  static const struct {
    const gchar *value;
    guint64 size;
    VsHttpRangeKind kind;
    guint64 first, last;
  } CASES[] = {
    { NULL, 100, VS_HTTP_RANGE_NONE, 0, 0 },
    { "bytes=0-9", 100, VS_HTTP_RANGE_ONE, 0, 9 },
    { "Bytes=0-0", 100, VS_HTTP_RANGE_ONE, 0, 0 },
    { "bytes=90-", 100, VS_HTTP_RANGE_ONE, 90, 99 },
    { "bytes=90-400", 100, VS_HTTP_RANGE_ONE, 90, 99 },
    { "bytes=-10", 100, VS_HTTP_RANGE_ONE, 90, 99 },
    { "bytes=-400", 100, VS_HTTP_RANGE_ONE, 0, 99 },
    { "bytes= 1-2 ", 100, VS_HTTP_RANGE_ONE, 1, 2 },
    { "bytes=0-99999999999999999999999", 100, VS_HTTP_RANGE_ONE, 0, 99 },
    { "bytes=100-", 100, VS_HTTP_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=99999999999999999999999-", 100, VS_HTTP_RANGE_UNSATISFIABLE, 0,
        0 },
    { "bytes=-0", 100, VS_HTTP_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=0-", 0, VS_HTTP_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=-5", 0, VS_HTTP_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=9-1", 100, VS_HTTP_RANGE_NONE, 0, 0 },
    { "bytes=0-1,5-6", 100, VS_HTTP_RANGE_NONE, 0, 0 },
    { "bytes=-", 100, VS_HTTP_RANGE_NONE, 0, 0 },
    { "bytes=", 100, VS_HTTP_RANGE_NONE, 0, 0 },
    { "bytes", 100, VS_HTTP_RANGE_NONE, 0, 0 },
    { "bytes=a-b", 100, VS_HTTP_RANGE_NONE, 0, 0 },
    { "bytes=--5", 100, VS_HTTP_RANGE_NONE, 0, 0 },
    { "items=0-9", 100, VS_HTTP_RANGE_NONE, 0, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    VsHttpRange range = vs_http_range_parse (CASES[i].value, CASES[i].size);

    g_test_message ("%s", CASES[i].value);
    g_assert_cmpint (range.kind, ==, CASES[i].kind);
    g_assert_cmpuint (range.first, ==, CASES[i].first);
    g_assert_cmpuint (range.last, ==, CASES[i].last);
  }
}

static void
test_etag (void)
{
  static const struct {
    const gchar *list;
    gboolean strong, weak;
  } CASES[] = {
    { NULL, FALSE, FALSE },
    { "\"a\"", TRUE, TRUE },
    { "W/\"a\"", FALSE, TRUE },
    { "*", TRUE, TRUE },
    { "\"b\", \"a\"", TRUE, TRUE },
    { "\"b\" ,W/\"a\"", FALSE, TRUE },
    { "\"b\"", FALSE, FALSE },
    { "\"aa\"", FALSE, FALSE },
    { "\"b,\\\"a\"", FALSE, FALSE },
    { "a", FALSE, FALSE },
    { "\"a", FALSE, FALSE },
    { "", FALSE, FALSE },
    { ",,,", FALSE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_test_message ("%s", CASES[i].list);
    g_assert_cmpint (vs_http_etag_matches (CASES[i].list, "\"a\"", FALSE), ==,
        CASES[i].strong);
    g_assert_cmpint (
        vs_http_etag_matches (CASES[i].list, "\"a\"", TRUE), ==, CASES[i].weak);
  }
}

static void
test_accepts (void)
{
  static const struct {
    const gchar *value;
    gboolean accepts;
  } CASES[] = {
    { NULL, FALSE },
    { "", FALSE },
    { "gzip", TRUE },
    { "gzip, deflate, br", TRUE },
    { "br;q=1.0, GZIP;q=0.5", TRUE },
    { "gzip;q=0", FALSE },
    { "gzip; q=0.000", FALSE },
    { "*", TRUE },
    { "*;q=0", FALSE },
    { "gzip;q=0, *", FALSE },
    { "*;q=0, gzip", TRUE },
    { "identity", FALSE },
    { "xgzip", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_test_message ("%s", CASES[i].value);
    g_assert_cmpint (
        vs_http_accepts (CASES[i].value, "gzip"), ==, CASES[i].accepts);
  }
}

static void
test_date (void)
{
  g_autofree gchar *text = vs_http_date_format (784111777);

  g_assert_cmpstr (text, ==, "Sun, 06 Nov 1994 08:49:37 GMT");
  g_assert_cmpint (vs_http_date_parse (text), ==, 784111777);
  g_assert_cmpint (vs_http_date_parse (NULL), ==, -1);
  g_assert_cmpint (vs_http_date_parse ("yesterday"), ==, -1);
  g_assert_cmpint (
      vs_http_date_parse ("Sun, 99 Nov 1994 08:49:37 GMT"), ==, -1);
  g_assert_cmpint (
      vs_http_date_parse ("Sun, 06 Xyz 1994 08:49:37 GMT"), ==, -1);
  g_assert_cmpint (
      vs_http_date_parse ("Sunday, 06-Nov-94 08:49:37 GMT"), ==, -1);
}

static void
test_conditions (void)
{
  const gchar *then = "Sun, 06 Nov 1994 08:49:37 GMT";
  const gchar *later = "Sun, 06 Nov 1994 08:49:38 GMT";
  const gchar *sooner = "Sun, 06 Nov 1994 08:49:36 GMT";
  const struct {
    VsHttpConditions conditions;
    guint status;
  } CASES[] = {
    { { NULL, NULL, NULL, NULL }, 200 },
    { { "\"a\"", NULL, NULL, NULL }, 200 },
    { { "\"b\"", NULL, NULL, NULL }, 412 },
    { { "W/\"a\"", NULL, NULL, NULL }, 412 },
    { { NULL, "\"a\"", NULL, NULL }, 304 },
    { { NULL, "W/\"a\"", NULL, NULL }, 304 },
    { { NULL, "\"b\"", NULL, NULL }, 200 },
    { { NULL, NULL, then, NULL }, 304 },
    { { NULL, NULL, later, NULL }, 304 },
    { { NULL, NULL, sooner, NULL }, 200 },
    { { NULL, NULL, "junk", NULL }, 200 },
    { { NULL, "\"b\"", later, NULL }, 200 }, /* the tag decides */
    { { NULL, NULL, NULL, then }, 200 },
    { { NULL, NULL, NULL, sooner }, 412 },
    { { "\"a\"", NULL, NULL, sooner }, 200 },
    { { NULL, NULL, NULL, "junk" }, 200 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_test_message ("case %u", i);
    g_assert_cmpuint (
        vs_http_evaluate (&CASES[i].conditions, "\"a\"", 784111777), ==,
        CASES[i].status);
  }
  g_assert_true (vs_http_if_range (NULL, "\"a\"", 784111777));
  g_assert_true (vs_http_if_range ("\"a\"", "\"a\"", 784111777));
  g_assert_true (vs_http_if_range (then, "\"a\"", 784111777));
  g_assert_false (vs_http_if_range ("\"b\"", "\"a\"", 784111777));
  g_assert_false (vs_http_if_range ("W/\"a\"", "\"a\"", 784111777));
  g_assert_false (vs_http_if_range (later, "\"a\"", 784111777));
}

#define HOST "Host: a\r\n"

static const struct {
  const gchar *head;
  guint status;
} HEADS[] = {
  { "GET / HTTP/1.1\r\n" HOST "\r\n", 200 },
  { "GET / HTTP/1.0\r\n\r\n", 200 },
  { "GET http://a/x HTTP/1.1\r\n" HOST "\r\n", 200 },
  { "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 200 },
  { "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 200 },
  { "GET / HTTP/1.1\r\nHost: [::1]:80\r\nX:\r\nY: \t z \r\n\r\n", 200 },
  { "GET / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n", 200 },
  /* bodies */
  { "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n", 413 },
  { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 413 },
  /* two meanings */
  { "GET / HTTP/1.1\r\n\r\n", 400 },
  { "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400 },
  { "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
  { "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400 },
  { "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400 },
  { "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 0\r\n"
    "\r\n",
      400 },
  { "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n"
    "Transfer-Encoding: chunked\r\n\r\n",
      400 },
  { "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n", 400 },
  { "POST / HTTP/1.1\r\n" HOST "Content-Length: 0, 0\r\n\r\n", 400 },
  { "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400 },
  { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501 },
  { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 501 },
  { "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
  { "GET / HTTP/1.1\r\n" HOST "X : y\r\n\r\n", 400 },
  { "GET / HTTP/1.1\r\n" HOST " folded\r\n\r\n", 400 },
  { "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", 400 },
  { "GET / HTTP/1.1\n" HOST "\r\n", 400 },
  { "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", 400 },
  { "GET / HTTP/1.1\r\n" HOST "X: \001\r\n\r\n", 400 },
  { "GET  / HTTP/1.1\r\n" HOST "\r\n", 400 },
  { "GET / HTTP/1.1 \r\n" HOST "\r\n", 400 },
  { "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400 },
  { "GET /\303\244 HTTP/1.1\r\n" HOST "\r\n", 400 },
  { "GET /#x HTTP/1.1\r\n" HOST "\r\n", 400 },
  { "GET x HTTP/1.1\r\n" HOST "\r\n", 400 },
  { "GET * HTTP/1.1\r\n" HOST "\r\n", 400 },
  { "GET https://a/ HTTP/1.1\r\n" HOST "\r\n", 400 },
  { "GET /\r\n\r\n", 400 },
  /* not ours */
  { "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n", 501 },
  { "BREW / HTTP/1.1\r\n" HOST "\r\n", 501 },
  { "get / HTTP/1.1\r\n" HOST "\r\n", 501 },
  { "PRI * HTTP/2.0\r\n\r\n", 505 },
  { "GET / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", 417 },
};

static void
test_head (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (HEADS); i++) {
    gsize length = strlen (HEADS[i].head);
    gsize scanned = 0;

    g_test_message ("%s", HEADS[i].head);
    g_assert_cmpuint (
        vs_http_head_check (HEADS[i].head, length, NULL), ==, HEADS[i].status);
    g_assert_cmpuint (
        vs_http_head_find_end (HEADS[i].head, length, &scanned), ==, length);
  }
}

/* However a head is cut into pieces, its end is found, and it is refused no
 * sooner than it has to be. */
static void
test_head_pieces (void)
{
  const gchar *head = "GET / HTTP/1.1\r\n" HOST "X: y\r\n\r\n";
  gsize length = strlen (head);
  gsize scanned = 0;

  for (gsize i = 1; i < length; i++) {
    g_assert_cmpuint (vs_http_head_find_end (head, i, &scanned), ==, 0);
    g_assert_cmpuint (vs_http_head_check_start (head, i), ==, 0);
  }
  g_assert_cmpuint (vs_http_head_find_end (head, length, &scanned), ==, length);
  g_assert_cmpuint (vs_http_head_check_start ("GET /\n", 6), ==, 400);
  g_assert_cmpuint (vs_http_head_check_start ("\026\003\001", 3), ==, 400);
  g_assert_cmpuint (vs_http_head_check_start ("GET \0", 5), ==, 400);
}

static void
test_head_limits (void)
{
  g_autofree gchar *fill = g_strnfill (VS_HTTP_HEAD_MAX, 'a');
  g_autoptr (GString) many = g_string_new ("GET / HTTP/1.1\r\n" HOST);
  g_autoptr (GString) target = g_string_new ("GET /");

  g_string_append_len (target, fill, VS_HTTP_TARGET_MAX);
  g_assert_cmpuint (
      vs_http_head_check_start (target->str, target->len), ==, 414);
  g_string_append (target, " HTTP/1.1\r\n" HOST "\r\n");
  g_assert_cmpuint (
      vs_http_head_check (target->str, target->len, NULL), ==, 414);

  for (guint i = 0; i < VS_HTTP_HEAD_FIELDS_MAX; i++)
    g_string_append (many, "X: y\r\n");
  g_string_append (many, "\r\n");
  g_assert_cmpuint (vs_http_head_check (many->str, many->len, NULL), ==, 431);
  g_string_assign (many, "GET / HTTP/1.1\r\n" HOST "X: ");
  g_string_append_len (many, fill, VS_HTTP_HEAD_MAX);
  g_assert_cmpuint (vs_http_head_check_start (many->str, many->len), ==, 431);
}

static void
test_address (void)
{
  static const struct {
    const gchar *listen, *host;
    gint port; /* -1: refused */
  } CASES[] = {
    { "127.0.0.1:8080", "127.0.0.1", 8080 },
    { "[::1]:8080", "::1", 8080 },
    { "localhost:0", "localhost", 0 },
    { ":8080", NULL, 8080 },
    { "*:8080", NULL, 8080 },
    { "8080", NULL, 8080 },
    { "", NULL, -1 },
    { "localhost", NULL, -1 },
    { "localhost:", NULL, -1 },
    { "localhost:http", NULL, -1 },
    { "127.0.0.1:65536", NULL, -1 },
    { "127.0.0.1:-1", NULL, -1 },
    { "::1:8080", NULL, -1 },
    { "[::1]", NULL, -1 },
    { "[nonsense]:80", NULL, -1 },
    { "a b:80", NULL, -1 },
    { "http://127.0.0.1:80", NULL, -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree gchar *host = NULL;
    g_autoptr (GError) error = NULL;
    guint16 port = 0;
    gboolean good =
        vs_http_address_split (CASES[i].listen, &host, &port, &error);

    g_test_message ("%s", CASES[i].listen);
    g_assert_cmpint (good, ==, CASES[i].port >= 0);
    if (!good) {
      g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
      continue;
    }
    g_assert_cmpstr (host, ==, CASES[i].host);
    g_assert_cmpint (port, ==, CASES[i].port);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/path", test_path);
  g_test_add_func ("/http/path/length", test_path_length);
  g_test_add_func ("/http/range", test_range);
  g_test_add_func ("/http/etag", test_etag);
  g_test_add_func ("/http/accepts", test_accepts);
  g_test_add_func ("/http/date", test_date);
  g_test_add_func ("/http/conditions", test_conditions);
  g_test_add_func ("/http/head", test_head);
  g_test_add_func ("/http/head/pieces", test_head_pieces);
  g_test_add_func ("/http/head/limits", test_head_limits);
  g_test_add_func ("/http/address", test_address);
  return g_test_run ();
}
