/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Part plan, retry, errors and the checksum. */
#include <string.h>

#include "core/vs-crc32c.h"
#include "core/vs-part-plan.h"
#include "core/vs-retry.h"
#include "core/vs-s3-error.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)

/* 5 TiB fit whatever the first size; sizes never shrink, and stay allowed. */
static void
test_plan (void)
{
  static const guint64 firsts[] = { 0, 5 * MIB, 5 * MIB + 1, 8 * MIB, 16 * MIB,
    1000 * MIB, VS_PART_SIZE_MOST, G_MAXUINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (firsts); i++) {
    guint64 sum = 0, before = 0;

    for (guint n = 1; n <= VS_PART_COUNT_MAX; n++) {
      guint64 size = vs_part_plan_size (firsts[i], n);

      g_assert_cmpuint (size, >=, VS_PART_SIZE_LEAST);
      g_assert_cmpuint (size, <=, VS_PART_SIZE_MOST);
      g_assert_cmpuint (size, >=, before);
      before = size;
      sum += size;
    }
    g_assert_cmpuint (sum, >=, VS_PART_OBJECT_MAX);
  }
  g_assert_cmpuint (vs_part_plan_size (8 * MIB, 1), ==, 8 * MIB);
  g_assert_cmpuint (vs_part_plan_size (8 * MIB, 500), ==, 8 * MIB);
  g_assert_cmpuint (vs_part_plan_size (8 * MIB, 501), ==, 12 * MIB);
}

static void
test_retry (void)
{
  static const struct {
    guint attempt;
    gint64 asked;
    gdouble jitter;
    gint64 pause; /* -1: enough */
  } cases[] = {
    { 1, 0, 0.0, 50 },
    { 1, 0, 0.5, 75 },
    { 2, 0, 0.0, 100 },
    { 3, 0, 0.0, 200 },
    { 4, 0, 0.0, 400 },
    { 5, 0, 0.0, 500 },
    { 8, 0, 0.5, 750 },
    { 1, 700, 0.0, 700 },
    { 1, 5000, 0.0, 1000 },
    { 5, 10, 0.0, 500 },
    { 9, 0, 0.0, -1 },
    { 100, 0, 0.0, -1 },
  };
  const VsRetryPolicy policy = { 9, 100, 1000 };
  const VsRetryPolicy once = { 1, 100, 1000 };
  gint64 pause = 0;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gboolean again = vs_retry_next (
        &policy, cases[i].attempt, cases[i].asked, cases[i].jitter, &pause);

    g_assert_cmpint (again, ==, cases[i].pause >= 0);
    if (again)
      g_assert_cmpint (pause, ==, cases[i].pause);
  }
  g_assert_false (vs_retry_next (&once, 1, 0, 0, &pause));
  g_assert_cmpint (vs_retry_parse_after ("3"), ==, 3000000);
  g_assert_cmpint (vs_retry_parse_after ("0"), ==, 0);
  g_assert_cmpint (vs_retry_parse_after (NULL), ==, -1);
  g_assert_cmpint (vs_retry_parse_after ("-1"), ==, -1);
  g_assert_cmpint (vs_retry_parse_after ("99999999999999999"), ==, -1);
  g_assert_cmpint (
      vs_retry_parse_after ("Fri, 20 Nov 2026 21:00:00 GMT"), ==, -1);
}

static void
test_classes (void)
{
  static const struct {
    guint status;
    const gchar *code;
    VsS3Class klass;
  } cases[] = {
    { 200, NULL, VS_S3_CLASS_OK },
    { 204, NULL, VS_S3_CLASS_OK },
    { 206, NULL, VS_S3_CLASS_OK },
    { 200, "InternalError", VS_S3_CLASS_RETRY },
    { 200, "Unheard", VS_S3_CLASS_RETRY },
    { 200, "AccessDenied", VS_S3_CLASS_PERMANENT },
    { 500, NULL, VS_S3_CLASS_RETRY },
    { 502, "Unheard", VS_S3_CLASS_RETRY },
    { 503, "SlowDown", VS_S3_CLASS_RETRY },
    { 429, NULL, VS_S3_CLASS_RETRY },
    { 408, NULL, VS_S3_CLASS_RETRY },
    { 400, "RequestTimeout", VS_S3_CLASS_RETRY },
    { 400, "XAmzContentSHA256Mismatch", VS_S3_CLASS_RETRY },
    { 400, "BadDigest", VS_S3_CLASS_RETRY },
    { 400, "ExpiredToken", VS_S3_CLASS_CREDENTIALS },
    { 400, "AuthorizationHeaderMalformed", VS_S3_CLASS_REGION },
    { 301, NULL, VS_S3_CLASS_REGION },
    { 307, "TemporaryRedirect", VS_S3_CLASS_REGION },
    { 403, "RequestTimeTooSkewed", VS_S3_CLASS_CLOCK },
    { 403, "AccessDenied", VS_S3_CLASS_PERMANENT },
    { 403, NULL, VS_S3_CLASS_PERMANENT },
    { 404, "NoSuchUpload", VS_S3_CLASS_PERMANENT },
    { 404, "NoSuchBucket", VS_S3_CLASS_PERMANENT },
    { 412, "PreconditionFailed", VS_S3_CLASS_PERMANENT },
    { 501, "NotImplemented", VS_S3_CLASS_PERMANENT },
    { 418, NULL, VS_S3_CLASS_PERMANENT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (
        vs_s3_classify (cases[i].status, cases[i].code), ==, cases[i].klass);
}

static void
test_sentences (void)
{
  g_autoptr (GError) denied = NULL;
  g_autoptr (GError) hostile = NULL;
  g_autoptr (GError) bare = NULL;
  g_autofree gchar *longest = g_strnfill (100000, 'x');

  vs_s3_set_error (
      &denied, "put", "b", "k k", 403, "AccessDenied", "Access Denied.", "tx1");
  g_assert_error (denied, VS_ERROR, VS_ERROR_NOT_PERMITTED);
  g_assert_cmpstr (denied->message, ==,
      "Could not put “s3://b/k%20k”: AccessDenied (HTTP 403, request tx1): "
      "Access Denied. The credentials do not allow this; look at the policies "
      "of user and bucket.");
  vs_s3_set_error (&hostile, "read", "b", NULL, 500, "A\nB\x1b", longest, NULL);
  g_assert_null (strpbrk (hostile->message, "\n\x1b"));
  g_assert_cmpuint (strlen (hostile->message), <, 600);
  vs_s3_set_error (&bare, "read", "b", "k", 502, NULL, NULL, NULL);
  g_assert_cmpstr (bare->message, ==, "Could not read “s3://b/k”: HTTP 502.");
  g_assert_error (bare, VS_ERROR, VS_ERROR_UNAVAILABLE);
}

/* RFC 3720 B.4, and whatever way it is cut. */
static void
test_crc (void)
{
  guint8 bytes[48] = { 0 };
  g_autofree gchar *text = NULL;

  g_assert_cmphex (vs_crc32c (0, bytes, 32), ==, 0x8a9136aa);
  memset (bytes, 0xff, 32);
  g_assert_cmphex (vs_crc32c (0, bytes, 32), ==, 0x62a8ab43);
  for (guint i = 0; i < 32; i++)
    bytes[i] = (guint8) i;
  g_assert_cmphex (vs_crc32c (0, bytes, 32), ==, 0x46dd794e);
  for (guint cut = 0; cut <= 32; cut++)
    g_assert_cmphex (
        vs_crc32c (vs_crc32c (0, bytes, cut), bytes + cut, 32 - cut), ==,
        0x46dd794e);
  text = vs_crc32c_dup_base64 (0x46dd794e);
  g_assert_cmpstr (text, ==, "Rt15Tg==");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/s3-rules/part-plan", test_plan);
  g_test_add_func ("/s3-rules/retry", test_retry);
  g_test_add_func ("/s3-rules/classes", test_classes);
  g_test_add_func ("/s3-rules/sentences", test_sentences);
  g_test_add_func ("/s3-rules/crc32c", test_crc);
  return g_test_run ();
}
