/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Uploads against radosgw: every size, memory and waiting, faults, and what is
 * left behind when one ends early. */
#include <string.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "servers/s3-fixture.h"

#include "core/vs-error.h"
#include "store/vs-s3-upload.h"

#define BUCKET "uploads"
#define PART VS_S3_PART_SIZE_MIN

static S3Fixture *fixture;
static gchar *folder;

typedef struct {
  VsS3Client *client;
  VsS3Upload *upload;
  gint failures; /* atomic */
} Run;

static void
on_failed (const GError *error, gpointer user_data)
{
  Run *run = user_data;

  g_assert_nonnull (error);
  g_atomic_int_inc (&run->failures);
}

static void
run_begin (Run *run, const gchar *key, guint parallel, const gchar *rules)
{
  g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);
  VsS3UploadOptions options = { .part_size = PART,
    .parallel = parallel,
    .failed = on_failed,
    .user_data = run };
  g_autoptr (GError) error = NULL;

  config->stall_ms = 2000;
  config->min_rate = 1000;
  s3_fixture_do (fixture, "rules %s", rules);
  run->client = vs_s3_client_new (config, &error);
  g_assert_no_error (error);
  run->upload = vs_s3_upload_new (run->client, key, &options, &error);
  g_assert_no_error (error);
}

static void
run_end (Run *run)
{
  vs_s3_upload_free (run->upload);
  vs_s3_client_free (run->client);
  s3_fixture_do (fixture, "rules");
}

/* Bytes that say where they are. */
static GBytes *
make_bytes (guint64 offset, gsize size)
{
  guint8 *data = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++) {
    guint64 at = offset + i;

    data[i] = (guint8) (at * 31 + (at >> 8) * 7 + (at >> 16));
  }
  return g_bytes_new_take (data, size);
}

/* Pushes @size bytes in chunks of @chunk; stops at what is not OK. */
static VsS3UploadReturn
push_all (Run *run, guint64 size, gsize chunk, GError **error)
{
  VsS3UploadReturn answer = VS_S3_UPLOAD_OK;

  for (guint64 at = 0; at < size && answer == VS_S3_UPLOAD_OK; at += chunk) {
    g_autoptr (GBytes) bytes = make_bytes (at, MIN (chunk, size - at));

    answer = vs_s3_upload_push (run->upload, bytes, error);
  }
  return answer;
}

static void
assert_nothing_left (void)
{
  g_autofree gchar *left = s3_fixture_command (fixture, "uploads " BUCKET);

  g_assert_cmpstr (left, ==, "[]");
}

static void
assert_no_object (const gchar *key)
{
  g_autofree gchar *list = s3_fixture_command (fixture, "list " BUCKET);
  g_autofree gchar *quoted = g_strdup_printf ("\"%s\"", key);

  g_assert_null (strstr (list, quoted));
}

static void
assert_stored (const gchar *key, guint64 size)
{
  g_autofree gchar *path = g_build_filename (folder, "object", NULL);
  g_autoptr (GMappedFile) file = NULL;
  g_autoptr (GBytes) wanted = make_bytes (0, size);

  s3_fixture_do (fixture, "get " BUCKET " %s %s", path, key);
  file = g_mapped_file_new (path, FALSE, NULL);
  g_assert_cmpuint (g_mapped_file_get_length (file), ==, size);
  if (size > 0)
    g_assert_cmpint (memcmp (g_mapped_file_get_contents (file),
                         g_bytes_get_data (wanted, NULL), size),
        ==, 0);
}

/* Sizes ------------------------------------------------------------------- */

static const struct {
  guint64 size;
  gsize chunk;
  guint parts;
} sizes[] = {
  { 0, 1, 1 },
  { 1, 1, 1 },
  { 100000, 188, 1 },
  { PART - 1, 65536, 1 },
  { PART, 65536, 1 },
  { PART + 1, 65536, 2 },
  { PART + 1, 188, 2 },
  { 5 * PART + 3, 100000, 6 },
  { 5 * PART + 3, 1000, 6 },
  { 5 * PART + 3, 5 * PART + 3, 6 },
  { 4 * PART, PART, 4 },
  { 4 * PART, 2 * PART + 1, 4 },
};

static void
test_sizes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (GError) error = NULL;
    VsS3UploadStats stats;
    Run run = { 0 };

    g_test_message ("%" G_GUINT64_FORMAT " in %" G_GSIZE_FORMAT, sizes[i].size,
        sizes[i].chunk);
    run_begin (&run, "size.bin", 2, "");
    g_assert_cmpint (push_all (&run, sizes[i].size, sizes[i].chunk, &error), ==,
        VS_S3_UPLOAD_OK);
    g_assert_cmpint (
        vs_s3_upload_finish (run.upload, &error), ==, VS_S3_UPLOAD_OK);
    g_assert_no_error (error);
    g_assert_cmpint (
        vs_s3_upload_finish (run.upload, &error), ==, VS_S3_UPLOAD_OK);
    g_assert_cmpuint (strlen (vs_s3_upload_get_etag (run.upload)), >=, 32);
    vs_s3_upload_get_stats (run.upload, &stats);
    g_assert_cmpuint (stats.bytes_in, ==, sizes[i].size);
    g_assert_cmpuint (stats.bytes_stored, ==, sizes[i].size);
    g_assert_cmpuint (stats.parts, ==, sizes[i].parts);
    g_assert_cmpuint (stats.buffered, ==, 0);
    if (sizes[i].chunk < PART)
      g_assert_cmpuint (stats.max_buffered, <=, 3 * PART);
    g_assert_cmpint (run.failures, ==, 0);
    run_end (&run);
    assert_stored ("size.bin", sizes[i].size);
  }
  assert_nothing_left ();
}

/* Faults that pass -------------------------------------------------------- */

static const gchar *const passing[] = {
  "PUT .*partNumber => status=503 every 4 retry-after=0",
  "PUT .*partNumber => status=500 x3",
  "PUT .*partNumber => reset=100000 every 3",
  "PUT .*partNumber => corrupt every 3",
  "PUT .*partNumber => early=503 every 3",
  "PUT .*partNumber => stall x1",
  "PUT .*partNumber => cut=10 x2",
  "POST .*uploads => status=503 x1",
  "POST .*uploadId => status=500 x1",
  "POST .*uploadId => ok-error x1",
  "POST .*uploadId => cut=10 x1",
};

static void
test_passing (gconstpointer data)
{
  const gchar *rule = data;
  g_autoptr (GError) error = NULL;
  VsS3UploadStats stats;
  Run run = { 0 };

  run_begin (&run, "passing.bin", 3, rule);
  g_assert_cmpint (
      push_all (&run, 4 * PART + 5, 500000, &error), ==, VS_S3_UPLOAD_OK);
  g_assert_cmpint (
      vs_s3_upload_finish (run.upload, &error), ==, VS_S3_UPLOAD_OK);
  g_assert_no_error (error);
  vs_s3_upload_get_stats (run.upload, &stats);
  g_assert_cmpuint (stats.retries, >, 0);
  g_assert_cmpuint (stats.max_buffered, <=, 4 * PART);
  run_end (&run);
  assert_stored ("passing.bin", 4 * PART + 5);
  assert_nothing_left ();
}

/* Faults that stay -------------------------------------------------------- */

static const struct {
  const gchar *rule, *says;
  guint64 size;
} lasting[] = {
  { "PUT => status=500", "InternalError", 100 },
  { "POST .*uploads => status=403", "AccessDenied", 3 * PART },
  { "PUT .*partNumber=2 => status=500", "Part 2: ", 4 * PART },
  { "PUT .*partNumber => status=404:NoSuchUpload", "NoSuchUpload", 4 * PART },
  { "POST .*uploadId => ok-error", "InternalError", 3 * PART },
  { "POST .*uploadId => status=400:InvalidPart", "InvalidPart", 3 * PART },
};

static void
test_lasting (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (lasting); i++) {
    g_autoptr (GError) error = NULL;
    VsS3UploadReturn answer;
    Run run = { 0 };

    g_test_message ("%s", lasting[i].rule);
    run_begin (&run, "lasting.bin", 2, lasting[i].rule);
    answer = push_all (&run, lasting[i].size, 500000, &error);
    if (answer == VS_S3_UPLOAD_OK)
      answer = vs_s3_upload_finish (run.upload, &error);
    g_assert_cmpint (answer, ==, VS_S3_UPLOAD_ERROR);
    g_assert_nonnull (strstr (error->message, lasting[i].says));
    g_clear_error (&error);
    g_assert_false (
        vs_s3_upload_close (run.upload, VS_S3_CLOSE_ABORT, 20000, &error));
    g_assert_nonnull (error);
    run_end (&run);
    g_assert_cmpint (run.failures, ==, 1);
    assert_no_object ("lasting.bin");
    assert_nothing_left ();
  }
}

/* Ending early ------------------------------------------------------------ */

static gpointer
flush_main (gpointer data)
{
  Run *run = data;

  vs_s3_upload_set_flushing (run->upload, TRUE);
  return NULL;
}

/* S3-12: whoever waits is let go at once, and goes on where it was. */
static void
test_flushing (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) more = make_bytes (0, 10);
  VsS3UploadStats stats;
  GThread *thread;
  Run run = { 0 };

  run_begin (&run, "flushed.bin", 2, "PUT => stall");
  g_assert_cmpint (
      push_all (&run, 3 * PART - 10, 500000, &error), ==, VS_S3_UPLOAD_OK);
  /* two parts are on their way, the third would be full: push must wait */
  thread = g_thread_new ("flush", flush_main, &run);
  g_assert_cmpint (
      vs_s3_upload_push (run.upload, more, &error), ==, VS_S3_UPLOAD_FLUSHING);
  g_thread_join (thread);
  vs_s3_upload_get_stats (run.upload, &stats);
  g_assert_cmpuint (stats.max_buffered, <=, 3 * PART);
  g_assert_cmpint (
      vs_s3_upload_push (run.upload, more, &error), ==, VS_S3_UPLOAD_FLUSHING);
  g_assert_cmpint (
      vs_s3_upload_finish (run.upload, &error), ==, VS_S3_UPLOAD_FLUSHING);
  s3_fixture_do (fixture, "rules");
  vs_s3_upload_set_flushing (run.upload, FALSE);
  g_assert_cmpint (
      vs_s3_upload_finish (run.upload, &error), ==, VS_S3_UPLOAD_OK);
  run_end (&run);
  assert_stored ("flushed.bin", stats.bytes_in);
  assert_nothing_left ();
}

/* Closed at many moments: no object, no upload, no callback of failure. */
static void
test_abort (void)
{
  for (guint i = 0; i < 12; i++) {
    g_autoptr (GError) error = NULL;
    guint64 size = (guint64) i * PART / 3;
    Run run = { 0 };

    run_begin (&run, "aborted.bin", 2, i % 2 == 0 ? "" : "PUT => rate=5000000");
    g_assert_cmpint (
        push_all (&run, size, 300000, &error), ==, VS_S3_UPLOAD_OK);
    g_assert_true (
        vs_s3_upload_close (run.upload, VS_S3_CLOSE_ABORT, 20000, &error));
    g_assert_no_error (error);
    g_assert_true (
        vs_s3_upload_close (run.upload, VS_S3_CLOSE_ABORT, 0, &error));
    run_end (&run);
    g_assert_cmpint (run.failures, ==, 0);
    assert_no_object ("aborted.bin");
    assert_nothing_left ();
  }
}

static void
test_close_modes (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *left = NULL;
  Run complete = { 0 }, leave = { 0 };

  /* with one part at a time, the fourth is full when three are stored */
  run_begin (&complete, "half.bin", 1, "PUT .*partNumber=4 => stall");
  g_assert_cmpint (
      push_all (&complete, 4 * PART, 500000, &error), ==, VS_S3_UPLOAD_OK);
  g_assert_true (vs_s3_upload_close (
      complete.upload, VS_S3_CLOSE_COMPLETE, 20000, &error));
  run_end (&complete);
  assert_stored ("half.bin", 3 * PART);

  run_begin (&leave, "left.bin", 2, "");
  g_assert_cmpint (
      push_all (&leave, 2 * PART, 500000, &error), ==, VS_S3_UPLOAD_OK);
  g_assert_true (
      vs_s3_upload_close (leave.upload, VS_S3_CLOSE_LEAVE, 20000, &error));
  run_end (&leave);
  left = s3_fixture_command (fixture, "uploads " BUCKET);
  g_assert_nonnull (strstr (left, "left.bin"));
  s3_fixture_do (fixture, "abort-uploads " BUCKET);
}

/* S3-3: a store that stalls for ever; closing gives up in time. */
static void
test_stalled_close (void)
{
  g_autoptr (GError) error = NULL;
  gint64 before;
  Run run = { 0 };

  run_begin (&run, "stalled.bin", 2, "PUT|DELETE => stall");
  g_assert_cmpint (
      push_all (&run, 2 * PART, 500000, &error), ==, VS_S3_UPLOAD_OK);
  before = g_get_monotonic_time ();
  vs_s3_upload_close (run.upload, VS_S3_CLOSE_ABORT, 500, NULL);
  g_assert_cmpint (g_get_monotonic_time () - before, <, 10 * G_USEC_PER_SEC);
  run_end (&run);
  s3_fixture_do (fixture, "abort-uploads " BUCKET);
}

int
main (int argc, char **argv)
{
  int code;

  g_test_init (&argc, &argv, NULL);
  fixture = s3_fixture_start ();
  if (fixture == NULL)
    return s3_fixture_skip ();
  folder = g_dir_make_tmp ("vs-upload-XXXXXX", NULL);
  s3_fixture_do (fixture, "bucket " BUCKET);
  g_test_add_func ("/s3-upload/sizes", test_sizes);
  for (guint i = 0; i < G_N_ELEMENTS (passing); i++) {
    g_autofree gchar *path = g_strdup_printf ("/s3-upload/passing/%u", i);

    g_test_add_data_func (path, passing[i], test_passing);
  }
  g_test_add_func ("/s3-upload/lasting", test_lasting);
  g_test_add_func ("/s3-upload/flushing", test_flushing);
  g_test_add_func ("/s3-upload/abort", test_abort);
  g_test_add_func ("/s3-upload/close-modes", test_close_modes);
  g_test_add_func ("/s3-upload/stalled-close", test_stalled_close);
  code = g_test_run ();
  {
    g_autofree gchar *path = g_build_filename (folder, "object", NULL);

    g_unlink (path);
    g_rmdir (folder);
    g_free (folder);
  }
  s3_fixture_stop (fixture);
  return code;
}
