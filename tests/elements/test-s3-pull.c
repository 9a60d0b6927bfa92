/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * s3sink that reads its file itself. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "s3-fixture.h"

#define BUCKET "pull"

static GstElement *
make_pull (const gchar *key, GBytes *bytes)
{
  GstElement *pipeline = s3_make_upload (BUCKET, key, bytes);
  g_autoptr (GstElement) s3 = gst_bin_get_by_name (GST_BIN (pipeline), "s3");

  gst_util_set_object_arg (G_OBJECT (s3), "checksum", "none");
  return pipeline;
}

static gchar *
dup_path (GstElement *pipeline)
{
  g_autoptr (GstElement) file =
      gst_bin_get_by_name (GST_BIN (pipeline), "file");
  gchar *path;

  g_object_get (file, "location", &path, NULL);
  return path;
}

static GstPadMode
get_mode (GstElement *pipeline)
{
  g_autoptr (GstElement) s3 = gst_bin_get_by_name (GST_BIN (pipeline), "s3");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (s3, "sink");

  return GST_PAD_MODE (pad);
}

static void
preroll (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  g_assert_cmpint (
      gst_element_get_state (pipeline, NULL, NULL, 60 * GST_SECOND), ==,
      GST_STATE_CHANGE_SUCCESS);
}

static void
assert_nothing_left (const gchar *key)
{
  s3_assert_absent (BUCKET, key);
  g_assert_cmpuint (s3_length ("uploads " BUCKET), ==, 0);
}

/* When -------------------------------------------------------------------- */

/* What is no plain file into one object without a checksum is pushed. */
static void
test_modes (void)
{
  static const struct {
    const gchar *launch;
    GstPadMode mode;
  } cases[] = {
    { "filesrc name=file ! s3sink name=s3 checksum=none", GST_PAD_MODE_PULL },
    { "filesrc name=file ! s3sink name=s3", GST_PAD_MODE_PUSH },
    { "filesrc name=file ! s3sink name=s3 checksum=crc32c", GST_PAD_MODE_PUSH },
    { "filesrc name=file ! queue ! s3sink name=s3 checksum=none",
        GST_PAD_MODE_PUSH },
    { "filesrc name=file ! identity ! s3sink name=s3 checksum=none",
        GST_PAD_MODE_PUSH },
    { "filesrc name=file num-buffers=1 blocksize=200000 ! "
      "s3sink name=s3 checksum=none",
        GST_PAD_MODE_PUSH },
    { "filesrc name=file ! s3sink name=s3 checksum=none next-file=max-size "
      "max-file-size=500000",
        GST_PAD_MODE_PUSH },
  };
  g_autoptr (GBytes) bytes = s3_make_bytes (200000);
  g_autoptr (GstElement) first = make_pull ("modes", bytes);
  g_autofree gchar *path = dup_path (first);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstElement) pipeline =
        s3_make_pipeline (cases[i].launch, BUCKET);
    g_autoptr (GstElement) file =
        gst_bin_get_by_name (GST_BIN (pipeline), "file");

    g_test_message ("%s", cases[i].launch);
    g_object_set (file, "location", path, NULL);
    s3_set (pipeline, "key",
        strstr (cases[i].launch, "next-file") ? "modes%d" : "modes", NULL);
    preroll (pipeline);
    g_assert_cmpint (get_mode (pipeline), ==, cases[i].mode);
    s3_run_well (pipeline);
    s3_assert_object (BUCKET,
        strstr (cases[i].launch, "next-file") ? "modes0" : "modes", bytes);
  }
}

static void
test_sizes (void)
{
  static const gsize sizes[] = { 0, 1, 65537, PART - 1, PART, PART + 1,
    5 * PART + 3 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autofree gchar *key = g_strdup_printf ("sizes/%u", i);
    g_autoptr (GBytes) bytes = s3_make_bytes (sizes[i]);
    g_autoptr (GstElement) pipeline = make_pull (key, bytes);

    preroll (pipeline);
    g_assert_cmpint (get_mode (pipeline), ==,
        sizes[i] > 65536 ? GST_PAD_MODE_PULL : GST_PAD_MODE_PUSH);
    s3_run_well (pipeline);
    s3_assert_object (BUCKET, key, bytes);
  }
  g_assert_cmpuint (s3_length ("uploads " BUCKET), ==, 0);
}

/* Over TLS, where it is the default. */
static void
test_tls (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (2 * PART + 1);
  g_autoptr (GstElement) pipeline = s3_make_upload (BUCKET, "tls", bytes);

  s3_set (
      pipeline, "endpoint", s3_fact ("tls"), "ca-file", s3_fact ("ca"), NULL);
  preroll (pipeline);
  g_assert_cmpint (get_mode (pipeline), ==, GST_PAD_MODE_PULL);
  s3_run_well (pipeline);
  s3_assert_object (BUCKET, "tls", bytes);
}

/* Faults ------------------------------------------------------------------ */

/* What is sent again is read again. */
static void
test_again (void)
{
  static const gchar *const rules[] = {
    "PUT .*partNumber => status=503 every 3",
    "PUT .*partNumber => reset=100000 x2",
    "PUT .*partNumber => early=503 x3",
    "PUT .*partNumber => cut=10 x2",
    "PUT .*partNumber => stuck x1",
    "PUT .*partNumber => latency=0.1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++) {
    g_autofree gchar *key = g_strdup_printf ("again-%u", i);
    g_autoptr (GBytes) bytes = s3_make_bytes (4 * PART + 1);
    g_autoptr (GstElement) pipeline = make_pull (key, bytes);
    g_autofree gchar *answer = s3_ask ("rules %s", rules[i]);

    s3_set (pipeline, "request-timeout", 1500, NULL);
    s3_run_well (pipeline);
    g_free (s3_ask ("rules"));
    s3_assert_object (BUCKET, key, bytes);
  }
  g_assert_cmpuint (s3_length ("uploads " BUCKET), ==, 0);
}

static guint64
wait_for_part_size (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
  guint64 size = 0;

  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
  g_assert_true (gst_structure_get_uint64 (
      gst_message_get_structure (message), "part-size", &size));
  return size;
}

/* Not set, it is of the length of the file; a set one is what it is. */
static void
test_part_size (void)
{
  static const guint64 mib = 1024 * 1024;
  const struct {
    guint64 length, set, size;
  } rows[] = {
    { 100 * mib, 0, 8 * mib },
    { 640 * mib + 1, 0, 20 * mib },
    { 640 * mib, 8 * mib, 8 * mib },
    { 5000 * mib, 0, 64 * mib },
  };
  g_autoptr (GBytes) bytes = s3_make_bytes (1000);
  g_autoptr (GstElement) first = make_pull ("part-size", bytes);
  g_autofree gchar *path = dup_path (first);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GstElement) pipeline = s3_make_pipeline (
        "filesrc name=file ! s3sink name=s3 checksum=none", BUCKET);
    g_autoptr (GstElement) file =
        gst_bin_get_by_name (GST_BIN (pipeline), "file");

    g_object_set (file, "location", path, NULL);
    s3_set (pipeline, "key", "part-size", NULL);
    if (rows[i].set != 0)
      s3_set (pipeline, "part-size", rows[i].set, NULL);
    g_assert_cmpint (truncate (path, (off_t) rows[i].length), ==, 0);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    g_assert_cmpuint (wait_for_part_size (pipeline), ==, rows[i].size);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    assert_nothing_left ("part-size");
  }
  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* Parts that wait for their answer do not hold up the others. */
static void
test_slow_answers (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (24 * PART);
  g_autoptr (GstElement) pipeline = make_pull ("slow-answers", bytes);
  g_autofree gchar *answer = s3_ask ("clear");

  g_free (s3_ask ("rules PUT .*partNumber => delay=0.5"));
  s3_set (pipeline, "parallel", 2, NULL);
  s3_run_well (pipeline);
  g_free (s3_ask ("rules"));
  g_assert_cmpint (s3_count ("connections"), >, 4);
  /* Eight parts are on their way at a time, but a connection that one of the
   * two threads has open the other cannot use. */
  g_assert_cmpint (s3_count ("connections"), <=, 2 * 2 * 4 + 2);
  s3_assert_object (BUCKET, "slow-answers", bytes);
}

static void
test_refused (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (4 * PART + 1);
  g_autoptr (GstElement) pipeline = make_pull ("refused", bytes);
  g_autofree gchar *answer =
      s3_ask ("rules PUT .*partNumber=2 => status=403:AccessDenied");
  gint code = -1;
  g_autofree gchar *error = s3_run (pipeline, &code);

  g_free (s3_ask ("rules"));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error, "AccessDenied"));
  g_assert_cmpint (code, ==, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  assert_nothing_left ("refused");
}

/* The file ends before the length it had: no object of it. */
static void
test_shrinks (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (5 * PART);
  g_autoptr (GstElement) pipeline = make_pull ("shrinks", bytes);
  g_autofree gchar *answer = s3_ask ("rules PUT => rate=4000000");
  g_autofree gchar *path = dup_path (pipeline);
  g_autofree gchar *error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  s3_wait_for_part (pipeline);
  g_assert_cmpint (truncate (path, 1000), ==, 0);
  error = s3_run (pipeline, NULL);
  g_free (s3_ask ("rules"));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error, "before the length it had"));
  assert_nothing_left ("shrinks");
}

/* Ended from outside, as by gst-launch-1.0 -e: as if it were pushed, what was
 * begun by then is the object, to the last byte. */
static void
test_ended (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (20 * PART);
  g_autoptr (GstElement) pipeline = make_pull ("ended", bytes);
  g_autofree gchar *answer = s3_ask ("rules PUT => rate=16000000");
  g_autoptr (GBytes) begun = NULL;
  g_autofree gchar *list = NULL;
  const gchar *mark = "\"ended\": ";
  gsize size;

  s3_set (pipeline, "parallel", 1, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  s3_wait_for_part (pipeline);
  g_assert_true (gst_element_send_event (pipeline, gst_event_new_eos ()));
  s3_run_well (pipeline);
  g_free (s3_ask ("rules"));
  list = s3_ask ("list " BUCKET);
  g_assert_nonnull (strstr (list, mark));
  size = g_ascii_strtoull (strstr (list, mark) + strlen (mark), NULL, 10);
  g_assert_cmpuint (size, >=, PART);
  g_assert_cmpuint (size, <=, 8 * PART); /* on their way, and waiting */
  begun = g_bytes_new_from_bytes (bytes, 0, size);
  s3_assert_object (BUCKET, "ended", begun);
  s3_run_well (pipeline); /* an end is for once */
  s3_assert_object (BUCKET, "ended", bytes);
}

static GstPadProbeReturn
end_stream (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  gst_element_send_event (user_data, gst_event_new_eos ());
  return GST_PAD_PROBE_REMOVE;
}

static void
test_ended_early (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (PART);
  g_autoptr (GBytes) none = g_bytes_new_static ("", 0);
  g_autoptr (GstElement) pipeline = make_pull ("early", bytes);
  g_autoptr (GstElement) file =
      gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (file, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_PULL | GST_PAD_PROBE_TYPE_BLOCK,
      end_stream, file, NULL);
  s3_run_well (pipeline);
  s3_assert_object (BUCKET, "early", none);
}

/* What was written to it meanwhile comes along. */
static void
test_grows (void)
{
  g_autoptr (GBytes) whole = s3_make_bytes (7 * PART + 5);
  g_autoptr (GBytes) begun = g_bytes_new_from_bytes (whole, 0, 6 * PART);
  g_autoptr (GstElement) pipeline = make_pull ("grows", begun);
  g_autofree gchar *answer = s3_ask ("rules PUT => rate=16000000");
  g_autofree gchar *path = dup_path (pipeline);
  FILE *file = g_fopen (path, "ab");

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  s3_wait_for_part (pipeline);
  g_assert_cmpuint (
      fwrite ((const gchar *) g_bytes_get_data (whole, NULL) + 6 * PART, 1,
          PART + 5, file),
      ==, PART + 5);
  fclose (file);
  s3_run_well (pipeline);
  g_free (s3_ask ("rules"));
  s3_assert_object (BUCKET, "grows", whole);
}

/* A file put in its place is another file. */
static void
test_replaced (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (5 * PART);
  g_autoptr (GstElement) pipeline = make_pull ("replaced", bytes);
  g_autofree gchar *answer = s3_ask ("rules PUT => rate=16000000");
  g_autofree gchar *path = dup_path (pipeline);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  s3_wait_for_part (pipeline);
  g_assert_true (g_file_set_contents (path, "other", 5, NULL)); /* renames */
  s3_run_well (pipeline);
  g_free (s3_ask ("rules"));
  s3_assert_object (BUCKET, "replaced", bytes);
}

/* States ------------------------------------------------------------------ */

static void
test_stop_midway (void)
{
  static const gchar *const rules[] = { "rules", "rules PUT => stall",
    "rules PUT => stuck", "rules PUT => rate=100000",
    "rules PUT => status=503" };
  g_autoptr (GBytes) bytes = s3_make_bytes (20 * PART);

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++) {
    g_autoptr (GstElement) pipeline = make_pull ("midway", bytes);
    g_autofree gchar *answer = s3_ask ("%s", rules[i]);
    gint64 begun;

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    s3_wait_for_part (pipeline);
    begun = g_get_monotonic_time ();
    gst_element_set_state (pipeline, GST_STATE_NULL);
    g_assert_cmpint (
        g_get_monotonic_time () - begun, <, 5 * G_TIME_SPAN_SECOND);
    g_free (s3_ask ("rules"));
    assert_nothing_left ("midway");
  }
}

/* A stop does not wait for what is tried again and again, pushed or pulled. */
static void
test_storm (void)
{
  static const gchar *const checksums[] = { "none", "sha256" };
  g_autoptr (GBytes) bytes = s3_make_bytes (4 * PART);
  g_autofree gchar *answer = s3_ask ("rules . => status=503");

  for (guint i = 0; i < G_N_ELEMENTS (checksums); i++) {
    g_autoptr (GstElement) pipeline = make_pull ("storm", bytes);
    g_autoptr (GstElement) s3 = gst_bin_get_by_name (GST_BIN (pipeline), "s3");
    gint64 begun;

    gst_util_set_object_arg (G_OBJECT (s3), "checksum", checksums[i]);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    s3_wait_for_part (pipeline);
    begun = g_get_monotonic_time ();
    gst_element_set_state (pipeline, GST_STATE_NULL);
    g_assert_cmpint (
        g_get_monotonic_time () - begun, <, 3 * G_TIME_SPAN_SECOND);
  }
  g_free (s3_ask ("rules"));
  assert_nothing_left ("storm");
}

/* Stopped by way of READY, and begun again from there. */
static void
test_states (void)
{
  static const GstState states[] = { GST_STATE_NULL, GST_STATE_READY,
    GST_STATE_PAUSED, GST_STATE_PLAYING };
  g_autoptr (GBytes) bytes = s3_make_bytes (PART + 3);
  g_autoptr (GstElement) pipeline = make_pull ("walked", bytes);
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (guint i = 0; i < 60; i++)
    g_assert_cmpint (gst_element_set_state (
                         pipeline, states[g_rand_int_range (random, 0, 4)]),
        !=, GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (s3_length ("uploads " BUCKET), ==, 0);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  s3_wait_for_part (pipeline);
  gst_element_set_state (pipeline, GST_STATE_READY);
  s3_run_well (pipeline);
  s3_assert_object (BUCKET, "walked", bytes);
}

static void
test_pause (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (6 * PART);
  g_autoptr (GstElement) pipeline = make_pull ("paused", bytes);
  gint64 position = -1, duration = -1;

  preroll (pipeline);
  g_assert_true (
      gst_element_query_position (pipeline, GST_FORMAT_BYTES, &position));
  g_assert_cmpint (position, ==, 0);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  s3_wait_for_part (pipeline);
  for (guint i = 0; i < 5; i++) {
    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
  }
  g_assert_true (
      gst_element_query_position (pipeline, GST_FORMAT_BYTES, &position));
  g_assert_cmpint (position, >=, PART);
  g_assert_true (
      gst_element_query_duration (pipeline, GST_FORMAT_BYTES, &duration));
  g_assert_cmpint (duration, ==, 6 * PART);
  s3_run_well (pipeline);
  s3_assert_object (BUCKET, "paused", bytes);
}

/* A flushing seek begins the object anew; another kind is refused. */
static void
test_seek (void)
{
  g_autoptr (GBytes) bytes = s3_make_bytes (3 * PART + 9);
  g_autoptr (GBytes) rest =
      g_bytes_new_from_bytes (bytes, 1000, 3 * PART + 9 - 1000);
  g_autoptr (GstElement) pipeline = make_pull ("sought", bytes);

  preroll (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  s3_wait_for_part (pipeline);
  g_assert_false (gst_element_seek_simple (
      pipeline, GST_FORMAT_BYTES, GST_SEEK_FLAG_NONE, 0));
  for (gint64 at = 3000; at >= 1000; at -= 1000)
    g_assert_true (gst_element_seek_simple (
        pipeline, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH, at));
  s3_run_well (pipeline);
  s3_assert_object (BUCKET, "sought", rest);
  g_assert_cmpuint (s3_length ("uploads " BUCKET), ==, 0);
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
  g_test_add_func ("/s3pull/modes", test_modes);
  g_test_add_func ("/s3pull/sizes", test_sizes);
  g_test_add_func ("/s3pull/tls", test_tls);
  g_test_add_func ("/s3pull/again", test_again);
  g_test_add_func ("/s3pull/part-size", test_part_size);
  g_test_add_func ("/s3pull/slow-answers", test_slow_answers);
  g_test_add_func ("/s3pull/refused", test_refused);
  g_test_add_func ("/s3pull/shrinks", test_shrinks);
  g_test_add_func ("/s3pull/ended", test_ended);
  g_test_add_func ("/s3pull/ended-early", test_ended_early);
  g_test_add_func ("/s3pull/replaced", test_replaced);
  g_test_add_func ("/s3pull/storm", test_storm);
  g_test_add_func ("/s3pull/grows", test_grows);
  g_test_add_func ("/s3pull/stop-midway", test_stop_midway);
  g_test_add_func ("/s3pull/states", test_states);
  g_test_add_func ("/s3pull/pause", test_pause);
  g_test_add_func ("/s3pull/seek", test_seek);
  result = g_test_run ();
  s3_stop ();
  gst_deinit ();
  return result;
}
