/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bytes are taken for the head of a request, and for everything that a
 * head can hold: a path, a range, tags, codings, a date, an address. */
#include <glib.h>
#include <string.h>

#include "fuzz.h"
#include "http/vs-http-address.h"
#include "http/vs-http-head.h"
#include "http/vs-http-path.h"
#include "http/vs-http-rules.h"

/* A head that is good as a whole is refused at none of its prefixes, and its
 * end is the same however it arrives. */
static void
check_head (const gchar *data, gsize size)
{
  gsize scanned = 0;
  gsize end = vs_http_head_find_end (data, size, &scanned);

  vs_http_head_check (data, size, NULL);
  if (end == 0 || vs_http_head_check (data, end, NULL) != 200)
    return;
  scanned = 0;
  for (gsize i = 0; i < end; i++) {
    g_assert_cmpuint (vs_http_head_check_start (data, i), ==, 0);
    g_assert_cmpuint (vs_http_head_find_end (data, i, &scanned), ==, 0);
  }
  g_assert_cmpuint (vs_http_head_find_end (data, end, &scanned), ==, end);
  g_assert_null (memchr (data, '\0', end));
}

static void
check_path (const gchar *text)
{
  g_autofree gchar *name = vs_http_path_decode (text);
  g_autofree gchar *framed = NULL;

  if (name == NULL)
    return;
  framed = g_strconcat ("/", name, "/", NULL);
  g_assert_true (g_utf8_validate (name, -1, NULL));
  g_assert_null (strstr (framed, "/../"));
  g_assert_null (strstr (framed, "/./"));
  g_assert_null (strstr (framed, "//"));
  g_assert_null (strpbrk (name, "\\\r\n"));
}

static void
check_values (const gchar *text)
{
  VsHttpRange range = vs_http_range_parse (text, 1000);
  gint64 date = vs_http_date_parse (text);

  if (range.kind == VS_HTTP_RANGE_ONE)
    g_assert_true (range.first <= range.last && range.last < 1000);
  if (date >= 0) {
    g_autofree gchar *again = vs_http_date_format (date);

    g_assert_cmpint (vs_http_date_parse (again), ==, date);
  }
  if (vs_http_etag_matches (text, "\"a\"", FALSE))
    g_assert_true (vs_http_etag_matches (text, "\"a\"", TRUE));
  vs_http_accepts (text, "gzip");
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree gchar *text = NULL;
  g_autofree gchar *host = NULL;
  guint16 port;

  if (size == 0)
    return 0;
  text = g_strndup ((const gchar *) data, size);
  check_head ((const gchar *) data, size);
  check_path (text);
  check_values (text);
  vs_http_address_split (text, &host, &port, NULL);
  return 0;
}
