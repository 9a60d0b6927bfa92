/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "core/vs-error.h"
#include "core/vs-s3-url.h"

typedef struct {
  const gchar *uri;
  const gchar *bucket, *key; /* NULL: refused */
} UriCase;

static const UriCase uris[] = {
  { "s3://bucket/key", "bucket", "key" },
  { "S3://bucket/a/b/c.mp4", "bucket", "a/b/c.mp4" },
  { "s3://bucket", "bucket", "" },
  { "s3://bucket/", "bucket", "" },
  { "s3://bucket?region=x", "bucket", "" },
  { "s3://b.u-c.k3t/k", "b.u-c.k3t", "k" },
  { "s3://Old_Bucket/k", "Old_Bucket", "k" },
  { "s3://bucket//k", "bucket", "/k" },
  { "s3://bucket/a//b", "bucket", "a//b" },
  { "s3://bucket/../k", "bucket", "../k" },
  { "s3://bucket/a b", "bucket", "a b" },
  { "s3://bucket/a%20b", "bucket", "a b" },
  { "s3://bucket/a+b=c", "bucket", "a+b=c" },
  { "s3://bucket/100%25", "bucket", "100%" },
  { "s3://bucket/a%3Fb", "bucket", "a?b" },
  { "s3://bucket/a#b", "bucket", "a#b" },
  { "s3://bucket/%C3%A9", "bucket", "é" },
  { "s3://bucket/ሴ", "bucket", "ሴ" },
  { "s3://bucket/a@b:c", "bucket", "a@b:c" },
  { "s3://bucket/k%2Fl", "bucket", "k/l" },
  { "s3://", NULL, NULL },
  { "s3:///key", NULL, NULL },
  { "s3://bu", NULL, NULL },
  { "s3://-bucket/key", NULL, NULL },
  { "s3://buc..ket/key", NULL, NULL },
  { "s3://buc%2Fket/key", NULL, NULL },
  { "s3://ID:SECRET@bucket/key", NULL, NULL },
  { "s3://bucket/a%2", NULL, NULL },
  { "s3://bucket/a%", NULL, NULL },
  { "s3://bucket/a%zz", NULL, NULL },
  { "s3://bucket/a%00b", NULL, NULL },
  { "s3://bucket/%ff", NULL, NULL },
  { "http://bucket/key", NULL, NULL },
  { "", NULL, NULL },
};

static void
test_uris (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (VsS3Uri) uri = vs_s3_uri_parse (uris[i].uri, &error);

    g_test_message ("%s", uris[i].uri);
    if (uris[i].bucket == NULL) {
      g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
      g_assert_null (strstr (error->message, "SECRET"));
      continue;
    }
    g_assert_no_error (error);
    g_assert_cmpstr (uri->bucket, ==, uris[i].bucket);
    g_assert_cmpstr (uri->key, ==, uris[i].key);
  }
}

static void
test_parameters (void)
{
  g_autoptr (VsS3Uri) uri = vs_s3_uri_parse (
      "s3://bucket/a?endpoint=http%3A%2F%2F127.0.0.1%3A80&region=x-1&&flag"
      "&part-size=5+M&more=a=b",
      NULL);

  g_assert_cmpstr (
      vs_s3_uri_get_parameter (uri, "endpoint"), ==, "http://127.0.0.1:80");
  g_assert_cmpstr (vs_s3_uri_get_parameter (uri, "region"), ==, "x-1");
  g_assert_cmpstr (vs_s3_uri_get_parameter (uri, "flag"), ==, "");
  g_assert_cmpstr (vs_s3_uri_get_parameter (uri, "part-size"), ==, "5+M");
  g_assert_cmpstr (vs_s3_uri_get_parameter (uri, "more"), ==, "a=b");
  g_assert_null (vs_s3_uri_get_parameter (uri, "none"));
}

/* What is formatted is read back, whatever the key. */
static void
test_round (void)
{
  static const gchar *const keys[] = { "a", "a b+c=d%e?f#g&h", "//x/../y/",
    "..", "é/ሴ/😀", "\x01\x7f", "'\"<>\\^`{|}" };
  g_autofree gchar *longest = g_strnfill (VS_S3_KEY_MAX, '%');

  for (guint i = 0; i <= G_N_ELEMENTS (keys); i++) {
    const gchar *key = i < G_N_ELEMENTS (keys) ? keys[i] : longest;
    g_autofree gchar *text = vs_s3_uri_format ("bucket", key);
    g_autoptr (GError) error = NULL;
    g_autoptr (VsS3Uri) uri = vs_s3_uri_parse (text, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (uri->bucket, ==, "bucket");
    g_assert_cmpstr (uri->key, ==, key);
  }
}

static void
test_keys (void)
{
  g_autofree gchar *longest = g_strnfill (VS_S3_KEY_MAX, 'k');
  g_autofree gchar *too_long = g_strnfill (VS_S3_KEY_MAX + 1, 'k');
  g_autoptr (GError) error = NULL;

  g_assert_true (vs_s3_check_key (longest, NULL));
  g_assert_true (vs_s3_check_key ("/", NULL));
  g_assert_false (vs_s3_check_key ("", NULL));
  g_assert_false (vs_s3_check_key (NULL, NULL));
  g_assert_false (vs_s3_check_key ("\xc3", NULL));
  g_assert_false (vs_s3_check_key (too_long, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
  g_assert_cmpuint (strlen (error->message), <, 200);
}

typedef struct {
  const gchar *endpoint, *region, *bucket, *key;
  VsS3Addressing addressing;
  const gchar *scheme, *host, *path; /* NULL: refused */
} Place;

static const Place places[] = {
  { NULL, "eu-west-1", "bucket", "a b", VS_S3_ADDRESSING_AUTO, "https",
      "bucket.s3.eu-west-1.amazonaws.com", "/a%20b" },
  { "", "us-east-1", "my.bucket", "k", VS_S3_ADDRESSING_AUTO, "https",
      "s3.us-east-1.amazonaws.com", "/my.bucket/k" },
  { NULL, "us-east-1", "Old_Bucket", "k", VS_S3_ADDRESSING_AUTO, "https",
      "s3.us-east-1.amazonaws.com", "/Old_Bucket/k" },
  { NULL, "cn-north-1", "bucket", "k", VS_S3_ADDRESSING_AUTO, "https",
      "bucket.s3.cn-north-1.amazonaws.com.cn", "/k" },
  { NULL, "us-east-1", "bucket", NULL, VS_S3_ADDRESSING_PATH, "https",
      "s3.us-east-1.amazonaws.com", "/bucket" },
  { NULL, "us-east-1", "bucket", "", VS_S3_ADDRESSING_VIRTUAL, "https",
      "bucket.s3.us-east-1.amazonaws.com", "/" },
  { "http://127.0.0.1:8000", "x", "bucket", "k", VS_S3_ADDRESSING_AUTO, "http",
      "127.0.0.1:8000", "/bucket/k" },
  { "http://127.0.0.1:8000/", "x", NULL, NULL, VS_S3_ADDRESSING_AUTO, "http",
      "127.0.0.1:8000", "/" },
  { "https://GW.example.com/s3/", "x", "bucket", "//k/../l",
      VS_S3_ADDRESSING_AUTO, "https", "gw.example.com", "/s3/bucket///k/../l" },
  { "gw.example.com:443", "x", "bucket", "+=%", VS_S3_ADDRESSING_VIRTUAL,
      "https", "bucket.gw.example.com", "/%2B%3D%25" },
  { "http://[::1]:80", "x", "bucket", "k", VS_S3_ADDRESSING_PATH, "http",
      "[::1]", "/bucket/k" },
  { "http://h:8080", "x", "bucket", "é", VS_S3_ADDRESSING_PATH, "http",
      "h:8080", "/bucket/%C3%A9" },
  { "http://", "x" },
  { "http://host:0", "x" },
  { "http://host:99999", "x" },
  { "http://host:port", "x" },
  { "http://user:pass@host", "x" },
  { "ftp://host", "x" },
  { "http://host?x", "x" },
  { "http://ho st", "x" },
};

static void
test_places (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    const Place *place = &places[i];
    g_autoptr (GError) error = NULL;
    g_autoptr (VsS3Endpoint) endpoint =
        vs_s3_endpoint_parse (place->endpoint, place->region, &error);
    g_autofree gchar *host = NULL;
    g_autofree gchar *path = NULL;

    g_test_message ("%s %s", place->endpoint, place->bucket);
    if (place->host == NULL) {
      g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
      g_assert_null (strstr (error->message, "pass"));
      continue;
    }
    g_assert_no_error (error);
    vs_s3_endpoint_locate (
        endpoint, place->addressing, place->bucket, place->key, &host, &path);
    g_assert_cmpstr (endpoint->scheme, ==, place->scheme);
    g_assert_cmpstr (host, ==, place->host);
    g_assert_cmpstr (path, ==, place->path);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/s3-url/uris", test_uris);
  g_test_add_func ("/s3-url/parameters", test_parameters);
  g_test_add_func ("/s3-url/round", test_round);
  g_test_add_func ("/s3-url/keys", test_keys);
  g_test_add_func ("/s3-url/places", test_places);
  return g_test_run ();
}
