/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * abrsink into a bucket of radosgw, told by its properties where that is: what
 * they do, what goes before them, and what never comes out of them. */
#include <string.h>

#include "s3-fixture.h"

#define BUCKET "abrsink"
#define LAUNCH                                                                 \
  "videotestsrc num-buffers=75 ! "                                             \
  "video/x-raw,width=64,height=36,framerate=25/1"                              \
  " ! x264enc key-int-max=25 tune=zerolatency ! abrsink name=s3 "              \
  "segment-duration=1000000000 location=%s"

static GstElement *
make_job (const gchar *location)
{
  g_autofree gchar *launch = g_strdup_printf (LAUNCH, location);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);

  g_assert_no_error (error);
  s3_set (pipeline, "endpoint", s3_fact ("proxy"), "access-key",
      s3_fact ("access-key"), "secret-access-key", s3_fact ("secret-key"),
      "region", "us-east-1", "force-path-style", TRUE, NULL);
  return pipeline;
}

static void
assert_show (const gchar *prefix)
{
  static const gchar *const names[] = { "multivariant.m3u8", "manifest.mpd",
    "video_0/playlist.m3u8", "video_0/init_0.mp4", "video_0/0.m4s" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_free (s3_ask ("head " BUCKET " %s/%s", prefix, names[i]));
  g_assert_cmpuint (s3_length ("uploads " BUCKET), ==, 0);
}

static void
test_published (void)
{
  g_autoptr (GstElement) pipeline = make_job ("s3://" BUCKET "/plain");

  s3_run_well (pipeline);
  assert_show ("plain");
}

/* MPEG-TS opens its store in another way. */
static void
test_ts (void)
{
  g_autoptr (GstElement) pipeline = make_job ("s3://" BUCKET "/ts format=ts");

  s3_run_well (pipeline);
  g_free (s3_ask ("head " BUCKET " ts/multivariant.m3u8"));
  g_free (s3_ask ("head " BUCKET " ts/video_0/00000.ts"));
}

static void
test_tls (void)
{
  g_autoptr (GstElement) pipeline = make_job ("s3://" BUCKET "/tls");
  g_autofree gchar *error = NULL;

  s3_set (pipeline, "endpoint", s3_fact ("tls"), "ca-file",
      s3_fact ("other-ca"), NULL);
  error = s3_run (pipeline, NULL);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error, "certificate"));
  s3_set (pipeline, "ca-file", s3_fact ("ca"), NULL);
  s3_run_well (pipeline);
  assert_show ("tls");
}

/* What the URI says goes before what the properties say. */
static void
test_parameters (void)
{
  g_autofree gchar *location =
      g_strdup_printf ("s3://" BUCKET "/named?endpoint=%s", s3_fact ("proxy"));
  g_autoptr (GstElement) pipeline = make_job (location);

  s3_set (pipeline, "endpoint", "http://127.0.0.1:1", NULL);
  s3_run_well (pipeline);
  assert_show ("named");
}

static void
test_secrets (void)
{
  static const gchar *const names[] = { "access-key", "secret-access-key",
    "session-token" };
  g_autoptr (GstElement) pipeline = make_job ("s3://" BUCKET "/secrets");
  g_autoptr (GstElement) s3 = gst_bin_get_by_name (GST_BIN (pipeline), "s3");
  g_autofree gchar *error = NULL, *region = NULL;
  gboolean path_style = FALSE;
  gint code = -1;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    GParamSpec *spec =
        g_object_class_find_property (G_OBJECT_GET_CLASS (s3), names[i]);

    g_assert_nonnull (spec);
    g_assert_false (spec->flags & G_PARAM_READABLE);
  }
  g_object_get (s3, "region", &region, "force-path-style", &path_style, NULL);
  g_assert_cmpstr (region, ==, "us-east-1");
  g_assert_true (path_style);

  s3_set (pipeline, "secret-access-key", "not-the-secret", NULL);
  error = s3_run (pipeline, &code);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error, "SignatureDoesNotMatch"));
  g_assert_null (strstr (error, "not-the-secret"));
  g_assert_null (strstr (error, s3_fact ("access-key")));
  s3_assert_absent (BUCKET, "secrets/multivariant.m3u8");
}

static void
test_half_a_key (void)
{
  g_autoptr (GstElement) pipeline = make_job ("s3://" BUCKET "/half");
  g_autofree gchar *error = NULL;

  s3_set (pipeline, "secret-access-key", NULL, NULL);
  error = s3_run (pipeline, NULL);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error, "secret key"));
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  if (!s3_start ())
    return 0;
  g_free (s3_ask ("bucket " BUCKET));
  g_test_add_func ("/abrsink/s3/published", test_published);
  g_test_add_func ("/abrsink/s3/ts", test_ts);
  g_test_add_func ("/abrsink/s3/tls", test_tls);
  g_test_add_func ("/abrsink/s3/parameters", test_parameters);
  g_test_add_func ("/abrsink/s3/secrets", test_secrets);
  g_test_add_func ("/abrsink/s3/half-a-key", test_half_a_key);
  result = g_test_run ();
  s3_stop ();
  return result;
}
