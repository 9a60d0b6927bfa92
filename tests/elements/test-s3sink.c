/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * s3sink on radosgw: what is stored is what was sent, under exactly that key,
 * and EOS comes after it; whatever state changes come, nothing stays behind. */
#include <string.h>

#include "s3-fixture.h"

#define BUCKET "sink"

/* Sizes and keys --------------------------------------------------------- */

static void
test_sizes (void)
{
  static const gsize sizes[] = { 0, 1, PART - 1, PART, PART + 1, 5 * PART + 3 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autofree gchar *key = g_strdup_printf ("sizes/%u.mp4", i);
    g_autoptr (GBytes) bytes = s3_make_bytes (sizes[i]);
    g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, key, bytes);
    g_autofree gchar *head = NULL;

    s3_run_well (pipeline);
    s3_assert_object (BUCKET, key, bytes);
    head = s3_ask ("head " BUCKET " %s", key);
    g_assert_nonnull (strstr (head, "\"content-type\": \"video/mp4\""));
  }
  g_assert_cmpuint (s3_length ("uploads " BUCKET), ==, 0);
}

static void
test_keys (void)
{
  static const gchar *const keys[] = { "a b", "+", "a=b&c", "100%", "%41",
    "ü/日本語", "a//b", "../x", "a/./b", "?x=1", "#", "/lead", "~-._!*'()",
    "a\"b<c>", "$,:;@[]" };
  g_autoptr (GBytes) bytes = s3_make_bytes (100);
  g_autofree gchar *longest = g_strnfill (1024, 'k');
  g_autofree gchar *longer = g_strnfill (1025, 'k');

  for (guint i = 0; i <= G_N_ELEMENTS (keys); i++) {
    const gchar *key = i < G_N_ELEMENTS (keys) ? keys[i] : longest;
    g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, key, bytes);

    s3_run_well (pipeline);
    s3_assert_object (BUCKET, key, bytes);
  }
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstElement) pipeline =
        s3_make_upload (BUCKET, i == 0 ? longer : "", bytes);
    gint code = -1;
    g_autofree gchar *error = s3_run (pipeline, &code);

    g_assert_cmpint (code, ==, GST_RESOURCE_ERROR_SETTINGS);
    g_assert_nonnull (strstr (error, i == 0 ? "1024" : "key"));
  }
}

/* As another implementation reads it. */
static void
test_s3cmd (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (2 * PART + 5);
  g_autoptr (GstElement) pipeline =
      s3_make_upload (BUCKET, "for s3cmd.bin", bytes);
  g_autofree gchar *host = g_strdup (s3_fact ("endpoint") + strlen ("http://"));
  g_autofree gchar *access =
      g_strconcat ("--access_key=", s3_fact ("access-key"), NULL);
  g_autofree gchar *secret =
      g_strconcat ("--secret_key=", s3_fact ("secret-key"), NULL);
  g_autofree gchar *host_option = g_strconcat ("--host=", host, NULL);
  g_autofree gchar *bucket_option = g_strconcat ("--host-bucket=", host, NULL);
  g_autoptr (GSubprocess) s3cmd = NULL;
  g_autoptr (GBytes) found = NULL;
  g_autofree gchar *program = g_find_program_in_path ("s3cmd");

  if (program == NULL) {
    g_test_skip ("s3cmd is not installed");
    return;
  }
  s3_run_well (pipeline);
  s3cmd = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL,
      program, "-c", "/dev/null", "--no-ssl", "--no-progress", access, secret,
      host_option, bucket_option, "get", "s3://" BUCKET "/for s3cmd.bin", "-",
      NULL);
  g_assert_nonnull (s3cmd);
  g_assert_true (
      g_subprocess_communicate (s3cmd, NULL, NULL, &found, NULL, NULL));
  g_assert_true (g_bytes_equal (found, bytes));
}

/* Properties ------------------------------------------------------------- */

static void
test_location (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (1000);
  g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, "unused", bytes);
  g_autoptr (GstElement) s3 = gst_bin_get_by_name (GST_BIN (pipeline), "s3");
  g_autofree gchar *secret = g_strdup (s3_fact ("secret-key"));
  g_autofree gchar *uri = NULL;
  GParamSpec *spec;

  s3_set (pipeline, "bucket", "other", "location",
      "s3://" BUCKET "/by%20location?parallel=2&part-size=6MiB", NULL);
  uri = gst_uri_handler_get_uri (GST_URI_HANDLER (s3));
  g_assert_cmpstr (uri, ==, "s3://" BUCKET "/by%20location");
  s3_run_well (pipeline);
  s3_assert_object (BUCKET, "by location", bytes);

  spec = g_object_class_find_property (
      G_OBJECT_GET_CLASS (s3), "secret-access-key");
  g_assert_false (spec->flags & G_PARAM_READABLE);
}

static void
test_bad_settings (void)
{
  static const struct {
    const gchar *property, *value, *said;
  } cases[] = {
    { "location", "http://host/x", "s3://BUCKET/KEY" },
    { "location", "s3://id:secret@" BUCKET "/x", "credentials" },
    { "location", "s3://" BUCKET "/x?regoin=a", "region" },
    { "bucket", "no such bucket!", "bucket" },
    { "bucket", NULL, "bucket" },
    { "key", NULL, "key" },
    { "endpoint", "ftp://x", "ftp" },
    { "ca-file", "/no/such.pem", "/no/such.pem" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) bytes = s3_make_bytes (10);
    g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, "bad", bytes);
    g_autofree gchar *error = NULL;

    s3_set (pipeline, cases[i].property, cases[i].value, NULL);
    if (g_str_equal (cases[i].property, "ca-file"))
      s3_set (pipeline, "endpoint", s3_fact ("tls"), NULL);
    error = s3_run (pipeline, NULL);
    g_assert_nonnull (error);
    if (strstr (error, cases[i].said) == NULL)
      g_error ("%s=%s: no “%s” in “%s”", cases[i].property, cases[i].value,
          cases[i].said, error);
    g_assert_null (strstr (error, "secret@"));
  }
  s3_assert_absent (BUCKET, "bad");
}

static void
test_headers (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (PART + 7);
  g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, "meta", bytes);
  g_autoptr (GstStructure) metadata =
      gst_structure_new ("m", "title", G_TYPE_STRING, "News", NULL);
  static const gchar *const wanted[] = { "\"content-type\": \"text/x-one\"",
    "\"cache-control\": \"max-age=7\"", "\"x-amz-meta-title\": \"News\"" };
  g_autofree gchar *head = NULL;

  s3_set (pipeline, "content-type", "text/x-one", "cache-control", "max-age=7",
      "metadata", metadata, "acl", "public-read", NULL);
  s3_run_well (pipeline);
  head = s3_ask ("head " BUCKET " meta");
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    g_assert_nonnull (strstr (head, wanted[i]));
}

static guint64
find_stat (const GstStructure *stats, const gchar *name)
{
  guint64 value;

  g_assert_true (gst_structure_get_uint64 (stats, name, &value));
  return value;
}

static void
test_messages (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (3 * PART);
  g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, "told", bytes);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstElement) s3 = gst_bin_get_by_name (GST_BIN (pipeline), "s3");
  g_autoptr (GstStructure) stats = NULL;
  guint progress = 0, stored = 0;
  GstMessage *message;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
              GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT)) &&
         GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT) {
    const GstStructure *said = gst_message_get_structure (message);

    if (gst_structure_has_name (said, "s3sink-progress"))
      progress++;
    if (gst_structure_has_name (said, "s3sink-object")) {
      stored++;
      g_assert_cmpstr (gst_structure_get_string (said, "location"), ==,
          "s3://" BUCKET "/told");
      g_assert_cmpuint (find_stat (said, "size"), ==, 3 * PART);
    }
    gst_message_unref (message);
  }
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_message_unref (message);
  g_assert_cmpuint (progress, ==, 3);
  g_assert_cmpuint (stored, ==, 1);
  g_object_get (s3, "stats", &stats, NULL);
  g_assert_cmpuint (find_stat (stats, "objects"), ==, 1);
  g_assert_cmpuint (find_stat (stats, "bytes-stored"), ==, 3 * PART);
  g_assert_cmpuint (find_stat (stats, "max-buffered"), <=, 5 * PART);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Series ----------------------------------------------------------------- */

static void
test_series (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (2500);
  g_autoptr (GstElement) pipeline =
      s3_make_upload (BUCKET, "series/%%-%03d", bytes);
  g_autoptr (GstElement) file =
      gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_autoptr (GstElement) s3 = gst_bin_get_by_name (GST_BIN (pipeline), "s3");

  g_object_set (file, "blocksize", 100, NULL);
  s3_set (
      pipeline, "index", (guint64) 7, "max-file-size", (guint64) 1000, NULL);
  gst_util_set_object_arg (G_OBJECT (s3), "next-file", "max-size");
  s3_run_well (pipeline);
  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *key = g_strdup_printf ("series/%%-%03u", 7 + i);
    g_autoptr (GBytes) piece =
        g_bytes_new_from_bytes (bytes, i * 1000, i < 2 ? 1000 : 500);

    s3_assert_object (BUCKET, key, piece);
  }
}

static void
test_bad_series (void)
{
  static const gchar *const keys[] = { "plain", "%s", "%d%d", "%", "%n", "%99d",
    "%*d", "%5$d" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autoptr (GBytes) bytes = s3_make_bytes (10);
    g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, keys[i], bytes);
    g_autoptr (GstElement) s3 = gst_bin_get_by_name (GST_BIN (pipeline), "s3");
    g_autofree gchar *error = NULL;

    gst_util_set_object_arg (G_OBJECT (s3), "next-file", "buffer");
    error = s3_run (pipeline, NULL);
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error, "%d"));
  }
}

static void
test_splitmuxsink (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *sink_properties = g_strdup_printf (
      "p,bucket=" BUCKET ",endpoint=\"%s\",force-path-style=true,"
      "access-key=%s,secret-access-key=%s",
      s3_fact ("proxy"), s3_fact ("access-key"), s3_fact ("secret-key"));
  g_autofree gchar *launch = g_strdup_printf (
      "videotestsrc num-buffers=75 ! video/x-raw,width=160,height=90,"
      "framerate=25/1 ! x264enc speed-preset=ultrafast key-int-max=25 ! "
      "h264parse ! splitmuxsink async-finalize=true sink-factory=s3sink "
      "sink-properties=\"%s\" location=split/%%02d.mp4 "
      "max-size-time=1000000000 send-keyframe-requests=false "
      "muxer-factory=mp4mux "
      "muxer-properties=\"m,fragment-duration=500,streamable=true\"",
      sink_properties);
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);

  g_assert_no_error (error);
  s3_run_well (pipeline);
  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *head = s3_ask ("head " BUCKET " split/%02u.mp4", i);

    g_assert_nonnull (strstr (head, "video/mp4"));
  }
  g_assert_cmpuint (s3_length ("uploads " BUCKET), ==, 0);
}

/* A muxer that would write over its head hears that it cannot, and writes
 * fragments. */
static void
test_muxer (void)
{
  g_autoptr (GstElement) pipeline = s3_make_pipeline (
      "videotestsrc num-buffers=25 ! x264enc speed-preset=ultrafast ! "
      "mp4mux ! s3sink name=s3",
      BUCKET);
  g_autoptr (GstElement) reader = s3_make_pipeline (
      "s3src name=s3 ! qtdemux ! h264parse ! avdec_h264 ! fakesink", BUCKET);

  s3_set (pipeline, "key", "muxed.mp4", NULL);
  s3_run_well (pipeline);
  s3_set (reader, "key", "muxed.mp4", NULL);
  s3_run_well (reader);
}

/* States ----------------------------------------------------------------- */

/* NULL in the middle returns soon, and nothing is left. */
static void
test_stop_midway (void)
{
  static const gchar *const rules[] = { "rules", "rules PUT => stall",
    "rules PUT => stuck", "rules PUT => rate=100000" };

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++) {
    g_autoptr (GstElement) pipeline = s3_make_pipeline (
        "fakesrc sizetype=fixed sizemax=65536 ! s3sink name=s3", BUCKET);
    g_autofree gchar *answer = s3_ask ("%s", rules[i]);
    gint64 begun;

    s3_set (pipeline, "key", "midway", "part-size", (guint64) PART, NULL);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    s3_wait_for_part (pipeline);
    begun = g_get_monotonic_time ();
    gst_element_set_state (pipeline, GST_STATE_NULL);
    g_assert_cmpint (
        g_get_monotonic_time () - begun, <, 5 * G_TIME_SPAN_SECOND);
    s3_assert_absent (BUCKET, "midway");
    g_assert_cmpuint (s3_length ("uploads " BUCKET), ==, 0);
  }
  g_free (s3_ask ("rules"));
}

/* EOS is not heard before the object is there, however long that takes. */
static void
test_eos_waits (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (PART + 1);
  g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, "late", bytes);
  g_autofree gchar *answer = s3_ask ("rules POST .*uploadId => delay=2");
  gint64 begun = g_get_monotonic_time ();

  s3_run_well (pipeline);
  g_assert_cmpint (g_get_monotonic_time () - begun, >=, 2 * G_TIME_SPAN_SECOND);
  s3_assert_object (BUCKET, "late", bytes);
  g_free (s3_ask ("rules"));
}

static void
test_pause (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (4 * PART);
  g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, "paused", bytes);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  s3_wait_for_part (pipeline);
  for (guint i = 0; i < 5; i++) {
    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
  }
  s3_run_well (pipeline);
  s3_assert_object (BUCKET, "paused", bytes);
}

/* A flush drops what was written, as with filesink. */
static void
test_flush (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (3 * PART + 9);
  g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, "flushed", bytes);

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  g_assert_cmpint (
      gst_element_get_state (pipeline, NULL, NULL, 60 * GST_SECOND), ==,
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  s3_wait_for_part (pipeline);
  g_assert_true (gst_element_seek_simple (
      pipeline, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH, 0));
  s3_run_well (pipeline);
  s3_assert_object (BUCKET, "flushed", bytes);
  g_assert_cmpuint (s3_length ("uploads " BUCKET), ==, 0);
}

static void
test_states (void)
{
  static const GstState states[] = { GST_STATE_NULL, GST_STATE_READY,
    GST_STATE_PAUSED, GST_STATE_PLAYING };
  g_autoptr (GBytes) bytes = s3_make_bytes (PART + 3);
  g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, "walked", bytes);
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (guint i = 0; i < 40; i++)
    g_assert_cmpint (gst_element_set_state (
                         pipeline, states[g_rand_int_range (random, 0, 4)]),
        !=, GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (s3_length ("uploads " BUCKET), ==, 0);
  s3_run_well (pipeline);
  s3_assert_object (BUCKET, "walked", bytes);
}

/* Many ------------------------------------------------------------------- */

static guint
count_entries (const gchar *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint count = 0;

  while (g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

static void
note_most (guint64 *most_threads, guint64 *most_fds)
{
  *most_threads = MAX (*most_threads, count_entries ("/proc/self/task"));
  *most_fds = MAX (*most_fds, count_entries ("/proc/self/fd"));
}

/* VS_S3_OBJECTS objects, one after the other, by one pipeline: threads and
 * descriptors are as many at the end as after the first. */
static void
test_many (void)
{
  const gchar *wanted = g_getenv ("VS_S3_OBJECTS");
  guint64 count = wanted ? g_ascii_strtoull (wanted, NULL, 10) : 500;
  g_autofree gchar *launch = g_strdup_printf (
      "fakesrc sizetype=fixed sizemax=2000 num-buffers=%" G_GUINT64_FORMAT
      " ! s3sink name=s3 next-file=buffer",
      count);
  g_autoptr (GstElement) pipeline = s3_make_pipeline (launch, BUCKET);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  guint64 threads = 0, fds = 0, most_threads = 0, most_fds = 0, stored = 0;
  GstMessage *message;

  s3_set (pipeline, "key", "many/%d", "endpoint", s3_fact ("endpoint"), NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
              GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT)) &&
         GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT) {
    if (++stored % 50 == 0)
      note_most (&most_threads, &most_fds);
    if (stored == 50) {
      threads = most_threads;
      fds = most_fds;
    }
    gst_message_unref (message);
  }
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (stored, ==, count);
  g_assert_cmpuint (s3_length ("list " BUCKET), >=, count);
  g_test_message ("%" G_GUINT64_FORMAT " objects: %" G_GUINT64_FORMAT
                  " threads, %" G_GUINT64_FORMAT " descriptors",
      stored, most_threads, most_fds);
  g_assert_cmpuint (most_threads, <=, threads + 1);
  g_assert_cmpuint (most_fds, <=, fds + 2);
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
  g_test_add_func ("/s3sink/sizes", test_sizes);
  g_test_add_func ("/s3sink/keys", test_keys);
  g_test_add_func ("/s3sink/s3cmd", test_s3cmd);
  g_test_add_func ("/s3sink/location", test_location);
  g_test_add_func ("/s3sink/bad-settings", test_bad_settings);
  g_test_add_func ("/s3sink/headers", test_headers);
  g_test_add_func ("/s3sink/messages", test_messages);
  g_test_add_func ("/s3sink/series", test_series);
  g_test_add_func ("/s3sink/bad-series", test_bad_series);
  g_test_add_func ("/s3sink/splitmuxsink", test_splitmuxsink);
  g_test_add_func ("/s3sink/muxer", test_muxer);
  g_test_add_func ("/s3sink/stop-midway", test_stop_midway);
  g_test_add_func ("/s3sink/eos-waits", test_eos_waits);
  g_test_add_func ("/s3sink/pause", test_pause);
  g_test_add_func ("/s3sink/flush", test_flush);
  g_test_add_func ("/s3sink/states", test_states);
  g_test_add_func ("/s3sink/many", test_many);
  result = g_test_run ();
  s3_stop ();
  gst_deinit ();
  return result;
}
