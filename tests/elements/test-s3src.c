/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * s3src on radosgw: what is read is what is stored, at any place, while the
 * connection breaks, and never two versions in one. */
#include <gst/base/gstbasesrc.h>
#include <string.h>

#include "s3-fixture.h"

#define BUCKET "source"
#define RANGE ((guint) MIB)

static gchar *folder;

static void
put (const gchar *key, GBytes *bytes)
{
  g_autofree gchar *path = g_build_filename (folder, "put", NULL);

  g_assert_true (g_file_set_contents (
      path, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL));
  g_free (s3_ask ("put " BUCKET " %s %s", path, key));
}

static GstElement *
make_download (const gchar *key)
{
  g_autofree gchar *launch =
      g_strdup_printf ("s3src name=s3 ! filesink location=%s/got", folder);
  GstElement *pipeline = s3_make_pipeline (launch, BUCKET);

  s3_set (pipeline, "key", key, "range-size", RANGE, NULL);
  return pipeline;
}

static void
assert_got (GBytes *bytes)
{
  g_autofree gchar *path = g_build_filename (folder, "got", NULL);
  g_autofree gchar *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  g_assert_cmpuint (size, ==, g_bytes_get_size (bytes));
  g_assert_cmpint (memcmp (data, g_bytes_get_data (bytes, NULL), size), ==, 0);
}

static void
test_sizes (void)
{
  static const gsize sizes[] = { 0, 1, MIB - 1, MIB, MIB + 1, 9 * MIB + 3 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (GBytes) bytes = s3_make_bytes (sizes[i]);
    g_autoptr (GstElement) pipeline = make_download ("a b/ü+%.bin");

    put ("a b/ü+%.bin", bytes);
    g_free (s3_ask ("clear"));
    s3_run_well (pipeline);
    assert_got (bytes);
    /* few large ranges: the head, and each range once */
    g_assert_cmpint (
        s3_count ("requests"), <=, 1 + (sizes[i] + RANGE - 1) / RANGE);
  }
}

static const gchar *const broken[] = {
  "GET => cut=300000 x2",
  "GET => reset=300000 x2",
  "GET => reset x1",
  "GET => status=503 every 3",
  "GET => stall x1",
  "HEAD => status=500 x1",
  "GET => garbage x1",
};

static void
test_broken (gconstpointer data)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (5 * MIB + 3);
  g_autoptr (GstElement) pipeline = make_download ("broken");

  put ("broken", bytes);
  g_free (s3_ask ("rules %s", (const gchar *) data));
  s3_set (pipeline, "request-timeout", 5000, NULL);
  s3_run_well (pipeline);
  g_free (s3_ask ("rules"));
  assert_got (bytes);
}

/* Replaced in the middle: an error, not a mix. */
static void
test_replaced (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (20 * MIB);
  g_autoptr (GBytes) other = s3_make_bytes (19 * MIB);
  g_autoptr (GstElement) pipeline = make_download ("replaced");
  g_autofree gchar *error = NULL;

  put ("replaced", bytes);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  g_assert_cmpint (
      gst_element_get_state (pipeline, NULL, NULL, 60 * GST_SECOND), ==,
      GST_STATE_CHANGE_SUCCESS);
  put ("replaced", other);
  error = s3_run (pipeline, NULL);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error, "replaced"));
}

static void
test_errors (void)
{
  static const struct {
    const gchar *property, *value, *said;
    gint code;
  } cases[] = {
    { "key", "not there", "NoSuchKey", GST_RESOURCE_ERROR_NOT_FOUND },
    { "secret-access-key", "wrong", "SignatureDoesNotMatch",
        GST_RESOURCE_ERROR_NOT_AUTHORIZED },
    { "endpoint", "http://127.0.0.1:1", "127.0.0.1:1",
        GST_RESOURCE_ERROR_BUSY },
    { "location", "s3:/" BUCKET, "", -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstElement) pipeline = make_download ("errors");
    g_autofree gchar *error = NULL;
    gint code = -1;

    s3_set (
        pipeline, cases[i].property, cases[i].value, "retry-attempts", 2, NULL);
    error = s3_run (pipeline, &code);
    g_assert_nonnull (error);
    g_test_message ("%s", error);
    g_assert_nonnull (strstr (error, cases[i].said));
    if (cases[i].code >= 0)
      g_assert_cmpint (code, ==, cases[i].code);
  }
}

/* Ranges back and forth, as a demuxer asks for them, against the bytes. */
static void
test_pull (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (12 * MIB + 77);
  const guint8 *data = g_bytes_get_data (bytes, NULL);
  g_autoptr (GstElement) pipeline =
      s3_make_pipeline ("s3src name=s3 identity", BUCKET);
  g_autoptr (GstElement) s3 = gst_bin_get_by_name (GST_BIN (pipeline), "s3");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (s3, "src");
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  gint size = (gint) g_bytes_get_size (bytes);

  put ("pulled", bytes);
  s3_set (pipeline, "key", "pulled", "range-size", RANGE, NULL);
  g_assert_true (gst_pad_activate_mode (pad, GST_PAD_MODE_PULL, TRUE));
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  for (guint i = 0; i < 200; i++) {
    guint64 offset = (guint64) g_rand_int_range (random, 0, size);
    guint length = (guint) g_rand_int_range (random, 1, 3 * MIB);
    guint wanted = (guint) MIN (length, (guint64) size - offset);
    g_autoptr (GstBuffer) buffer = NULL;

    g_assert_cmpint (
        gst_pad_get_range (pad, offset, length, &buffer), ==, GST_FLOW_OK);
    g_assert_cmpuint (gst_buffer_get_size (buffer), ==, wanted);
    g_assert_cmpint (
        gst_buffer_memcmp (buffer, 0, data + offset, wanted), ==, 0);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Stopped while the service says nothing. */
static void
test_stop (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (9 * MIB);
  g_autoptr (GstElement) pipeline = make_download ("stopped");
  gint64 begun;

  put ("stopped", bytes);
  g_free (s3_ask ("rules GET => stall"));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  begun = g_get_monotonic_time ();
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpint (g_get_monotonic_time () - begun, <, 5 * G_TIME_SPAN_SECOND);
  g_free (s3_ask ("rules"));
}

/* The index at the end of the file, and a seek, by a demuxer. */
static void
test_uridecodebin (void)
{
  g_autofree gchar *clip = g_build_filename (folder, "clip.mp4", NULL);
  g_autofree gchar *make = g_strdup_printf (
      "videotestsrc num-buffers=250 pattern=snow ! video/x-raw,width=320,"
      "height=180,framerate=25/1 ! x264enc speed-preset=ultrafast "
      "key-int-max=25 bitrate=4000 ! h264parse ! mp4mux ! filesink location=%s",
      clip);
  g_autoptr (GstElement) maker = gst_parse_launch (make, NULL);
  g_autofree gchar *endpoint =
      g_uri_escape_string (s3_fact ("proxy"), NULL, FALSE);
  g_autofree gchar *launch =
      g_strdup_printf ("uridecodebin uri=\"s3://" BUCKET
                       "/clip.mp4?addressing=path&endpoint=%s\""
                       " ! fakesink",
          endpoint);
  g_autoptr (GstElement) pipeline = NULL;
  gint64 duration;

  s3_run_well (maker);
  g_free (s3_ask ("put " BUCKET " %s clip.mp4", clip));
  g_setenv ("AWS_ACCESS_KEY_ID", s3_fact ("access-key"), TRUE);
  g_setenv ("AWS_SECRET_ACCESS_KEY", s3_fact ("secret-key"), TRUE);
  pipeline = gst_parse_launch (launch, NULL);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  g_assert_cmpint (
      gst_element_get_state (pipeline, NULL, NULL, 60 * GST_SECOND), ==,
      GST_STATE_CHANGE_SUCCESS);
  g_assert_true (
      gst_element_query_duration (pipeline, GST_FORMAT_TIME, &duration));
  g_assert_cmpint (duration, ==, 10 * GST_SECOND);
  g_assert_true (gst_element_seek_simple (pipeline, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 7 * GST_SECOND));
  s3_run_well (pipeline);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  if (!s3_start ())
    return 0;
  folder = s3_make_folder ();
  g_free (s3_ask ("bucket " BUCKET));
  g_test_add_func ("/s3src/sizes", test_sizes);
  for (guint i = 0; i < G_N_ELEMENTS (broken); i++) {
    g_autofree gchar *path = g_strdup_printf ("/s3src/broken/%u", i);

    g_test_add_data_func (path, broken[i], test_broken);
  }
  g_test_add_func ("/s3src/replaced", test_replaced);
  g_test_add_func ("/s3src/errors", test_errors);
  g_test_add_func ("/s3src/pull", test_pull);
  g_test_add_func ("/s3src/stop", test_stop);
  g_test_add_func ("/s3src/uridecodebin", test_uridecodebin);
  result = g_test_run ();
  s3_stop ();
  g_free (folder);
  gst_deinit ();
  return result;
}
