/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The client against radosgw: every operation, odd keys, conditions, TLS,
 * buckets in the host's name, HTTP/2, cancelling. */
#include <string.h>

#include <gio/gio.h>

#include "s3-calls.h"

#include "core/vs-error.h"
#include "store/vs-s3-upload.h"

/* Operations -------------------------------------------------------------- */

static void
test_object (void)
{
  static const gchar *const metadata[] = { "Colour", "blue sky", "empty", "",
    NULL };
  const VsS3PutOptions options = { .content_type = "text/x-test",
    .cache_control = "no-cache",
    .metadata = metadata };
  g_autoptr (VsS3Client) client = new_plain ();
  g_autoptr (GBytes) bytes = make_bytes (100000);
  g_autoptr (GBytes) slice = g_bytes_new_from_bytes (bytes, 1000, 500);
  g_autoptr (VsS3Result) put = put_bytes (client, "a/o", bytes, &options);
  g_autoptr (VsS3Result) head = WAIT (client, vs_s3_head (client, "a/o", DONE));
  g_autoptr (VsS3Result) range =
      WAIT (client, vs_s3_get (client, "a/o", 1000, 500, 500, NULL, DONE));
  g_autoptr (VsS3Result) beyond =
      WAIT (client, vs_s3_get (client, "a/o", 100000, 1, 10, NULL, DONE));
  g_autoptr (VsS3Result) small =
      WAIT (client, vs_s3_get (client, "a/o", 0, 0, 99999, NULL, DONE));
  g_autoptr (VsS3Result) gone = NULL;
  g_autoptr (VsS3Result) again = NULL;
  g_autoptr (VsS3Result) none = NULL;
  g_autofree gchar *headers = NULL;

  g_assert_no_error (put->error);
  g_assert_cmpuint (strlen (put->etag), ==, 32);
  g_assert_no_error (head->error);
  g_assert_cmpuint (head->size, ==, 100000);
  g_assert_cmpstr (head->etag, ==, put->etag);
  g_assert_cmpstr (head->content_type, ==, "text/x-test");
  g_assert_cmpint (head->modified_us, >, 0);
  g_assert_no_error (range->error);
  g_assert_true (g_bytes_equal (range->body, slice));
  g_assert_cmpuint (range->size, ==, 100000);
  g_assert_cmpuint (beyond->status, ==, 416);
  g_assert_error (beyond->error, VS_ERROR, VS_ERROR_BAD_VALUE);
  g_assert_error (small->error, VS_ERROR, VS_ERROR_BAD_DATA);
  headers = s3_fixture_command (fixture, "head %s a/o", BUCKET);
  g_assert_nonnull (strstr (headers, "\"x-amz-meta-colour\": \"blue sky\""));
  g_assert_nonnull (strstr (headers, "\"cache-control\": \"no-cache\""));
  gone = WAIT (client, vs_s3_delete (client, "a/o", NULL, DONE));
  g_assert_no_error (gone->error);
  again = WAIT (client, vs_s3_delete (client, "a/o", NULL, DONE));
  g_assert_no_error (again->error);
  none = WAIT (client, vs_s3_get (client, "a/o", 0, 0, 10, NULL, DONE));
  g_assert_error (none->error, VS_ERROR, VS_ERROR_NOT_FOUND);
  g_assert_cmpstr (none->code, ==, "NoSuchKey");
  g_assert_nonnull (none->request_id);
}

static void
test_many (void)
{
  g_autoptr (VsS3Client) client = new_plain ();
  g_autoptr (GBytes) bytes = make_bytes (10);
  static const gchar *const keys[] = { "m/a b", "m/c+d", "m/sub/é", "m/x&<y>",
    NULL };
  g_autoptr (VsS3Result) list = NULL;
  g_autoptr (VsS3Result) folders = NULL;
  g_autoptr (VsS3Result) removed = NULL;
  g_autoptr (VsS3Result) empty = NULL;

  for (guint i = 0; keys[i] != NULL; i++)
    assert_put (client, keys[i], bytes);
  list = WAIT (client, vs_s3_list (client, "m/", NULL, NULL, DONE));
  g_assert_no_error (list->error);
  g_assert_cmpuint (list->answer->objects->len, ==, 4);
  for (guint i = 0; keys[i] != NULL; i++) {
    const VsS3Object *object = list->answer->objects->pdata[i];

    g_assert_cmpstr (object->key, ==, keys[i]);
    g_assert_cmpuint (object->size, ==, 10);
  }
  folders = WAIT (client, vs_s3_list (client, "m/", "/", NULL, DONE));
  g_assert_cmpuint (folders->answer->objects->len, ==, 3);
  g_assert_cmpuint (folders->answer->prefixes->len, ==, 1);
  g_assert_cmpstr (folders->answer->prefixes->pdata[0], ==, "m/sub/");
  removed = WAIT (client, vs_s3_delete_many (client, keys, DONE));
  g_assert_no_error (removed->error);
  empty = WAIT (client, vs_s3_list (client, "m/", NULL, NULL, DONE));
  g_assert_cmpuint (empty->answer->objects->len, ==, 0);
}

/* S3-13 */
static void
test_keys (void)
{
  static const gchar *const keys[] = { "k", "with space", "a+b=c&d", "100%",
    "%41", "q?x", "h#y", "../up", "a/../b", "//x", "/lead", "trail/", "é/ሴ/😀",
    "~!*'()", "\"quoted\"", "semi;colon:@$," };
  g_autofree gchar *longest = g_strnfill (VS_S3_KEY_MAX, '%');
  g_autofree gchar *too_long = g_strnfill (VS_S3_KEY_MAX + 1, 'k');
  g_autoptr (VsS3Client) client = new_plain ();
  VsS3Stats before, after;
  g_autoptr (VsS3Result) refused = NULL;

  for (guint i = 0; i <= G_N_ELEMENTS (keys); i++) {
    const gchar *key = i < G_N_ELEMENTS (keys) ? keys[i] : longest;
    g_autoptr (GBytes) bytes = make_bytes (20 + i);
    g_autofree gchar *list = NULL;

    g_test_message ("%s", key);
    assert_put (client, key, bytes);
    assert_stored (client, key, bytes);
  }
  vs_s3_client_get_stats (client, &before);
  refused = WAIT (client, vs_s3_head (client, too_long, DONE));
  g_assert_error (refused->error, VS_ERROR, VS_ERROR_BAD_VALUE);
  vs_s3_client_get_stats (client, &after);
  g_assert_cmpuint (before.requests, ==, after.requests);
}

static void
test_multipart (void)
{
  g_autoptr (VsS3Client) client = new_plain ();
  g_autoptr (GBytes) whole = make_bytes (VS_S3_PART_SIZE_MIN + 10);
  g_autoptr (GBytes) first =
      g_bytes_new_from_bytes (whole, 0, VS_S3_PART_SIZE_MIN);
  g_autoptr (GBytes) second =
      g_bytes_new_from_bytes (whole, VS_S3_PART_SIZE_MIN, 10);
  g_autoptr (GPtrArray) parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_s3_part_free);
  g_autoptr (VsS3Result) made =
      WAIT (client, vs_s3_create_multipart (client, "mp.mp4", NULL, DONE));
  g_autoptr (VsS3Result) uploads = NULL;
  g_autoptr (VsS3Result) listed = NULL;
  g_autoptr (VsS3Result) done = NULL;
  g_autoptr (VsS3Result) aborted = NULL;

  g_assert_no_error (made->error);
  for (guint i = 1; i <= 2; i++) {
    GBytes *chunk = i == 1 ? first : second;
    g_autoptr (VsS3Result) part =
        WAIT (client, vs_s3_upload_part (client, "mp.mp4", made->upload_id, i,
                          &chunk, 1, DONE));

    g_assert_no_error (part->error);
    g_ptr_array_add (
        parts, vs_s3_part_new (i, part->etag, g_bytes_get_size (chunk)));
  }
  uploads = WAIT (client, vs_s3_list_uploads (client, "mp", NULL, NULL, DONE));
  g_assert_cmpuint (uploads->answer->uploads->len, ==, 1);
  listed = WAIT (
      client, vs_s3_list_parts (client, "mp.mp4", made->upload_id, 1, DONE));
  g_assert_no_error (listed->error);
  g_assert_cmpuint (listed->answer->parts->len, ==, 1);
  g_assert_cmpuint (
      ((VsS3Part *) listed->answer->parts->pdata[0])->number, ==, 2);
  done = WAIT (client, vs_s3_complete_multipart (client, "mp.mp4",
                           made->upload_id, parts, NULL, DONE));
  g_assert_no_error (done->error);
  g_assert_true (g_str_has_suffix (done->etag, "-2"));
  assert_stored (client, "mp.mp4", whole);
  aborted = WAIT (
      client, vs_s3_abort_multipart (client, "mp.mp4", made->upload_id, DONE));
  g_assert_no_error (aborted->error);
}

static void
test_conditions (void)
{
  g_autoptr (VsS3Client) client = new_plain ();
  g_autoptr (GError) error = NULL;
  VsS3Conditions honoured = 0;
  VsS3Stats before, after;

  g_assert_true (vs_s3_probe_conditions (client, "probe", &honoured, &error));
  g_assert_no_error (error);
  vs_s3_client_get_stats (client, &before);
  g_assert_true (vs_s3_probe_conditions (client, "probe", &honoured, &error));
  vs_s3_client_get_stats (client, &after);
  g_assert_cmpuint (before.requests, ==, after.requests);
  /* radosgw 16 honours both, each in its way */
  g_assert_cmpint (
      honoured, ==, VS_S3_CONDITION_NONE_MATCH | VS_S3_CONDITION_MATCH);
}

static void
test_presign (void)
{
  g_autoptr (VsS3Client) client = new_plain ();
  g_autoptr (GBytes) bytes = make_bytes (1000);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *url = NULL;
  g_autofree gchar *fetched = NULL;

  assert_put (client, "pre sign+ed", bytes);
  url = vs_s3_presign (client, "GET", "pre sign+ed", 60, &error);
  g_assert_no_error (error);
  g_assert_null (strstr (url, s3_fixture_get (fixture, "secret-key")));
  {
    g_autoptr (GSubprocess) curl = g_subprocess_new (
        G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL, "curl", "-sf", url, NULL);
    g_autoptr (GBytes) out = NULL;

    g_subprocess_communicate (curl, NULL, NULL, &out, NULL, NULL);
    g_assert_true (g_bytes_equal (out, bytes));
  }
  g_assert_null (vs_s3_presign (client, "GET", "k", 0, NULL));
  g_assert_null (vs_s3_presign (client, "GET", "k", 604801, NULL));
}

/* S3-11 */
static void
test_tls (void)
{
  g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);
  g_autoptr (GBytes) bytes = make_bytes (100000);

  g_free (config->endpoint);
  config->endpoint = g_strdup (s3_fixture_get (fixture, "tls"));
  for (guint i = 0; i < 4; i++) {
    g_autoptr (VsS3Client) client = NULL;
    g_autoptr (VsS3Result) result = NULL;

    g_free (config->ca_file);
    config->ca_file = i == 0   ? g_strdup (s3_fixture_get (fixture, "ca"))
                      : i == 1 ? g_strdup (s3_fixture_get (fixture, "other-ca"))
                               : NULL;
    config->insecure = i == 3;
    client = new_client (config);
    result = put_bytes (client, "tls", bytes, NULL);
    if (i == 0 || i == 3) {
      g_assert_no_error (result->error);
      assert_stored (client, "tls", bytes);
    } else {
      g_assert_error (result->error, VS_ERROR, VS_ERROR_NOT_PERMITTED);
      g_assert_nonnull (strstr (result->error->message, "certificate"));
      g_assert_cmpuint (result->attempts, ==, 1);
    }
  }
}

static void
test_checksums (void)
{
  g_autoptr (GBytes) bytes = make_bytes (100000);

  for (guint i = VS_S3_CHECKSUM_NONE; i <= VS_S3_CHECKSUM_CRC32C; i++) {
    g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);
    g_autoptr (VsS3Client) client = NULL;

    config->checksum = (VsS3Checksum) i;
    client = new_client (config);
    assert_put (client, "sum", bytes);
    assert_stored (client, "sum", bytes);
  }
}

/* Ways there ------------------------------------------------------------- */

/* @fact with its host's name: all below localhost is this machine. */
static VsS3Client *
new_by_name (const gchar *fact, VsS3Addressing addressing)
{
  g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);
  const gchar *endpoint = s3_fixture_get (fixture, fact);
  const gchar *port = strrchr (endpoint, ':');
  gsize scheme = (gsize) (strstr (endpoint, "://") - endpoint);

  g_free (config->endpoint);
  config->endpoint =
      g_strdup_printf ("%.*s://localhost%s", (gint) scheme, endpoint, port);
  config->addressing = addressing;
  config->ca_file = g_strdup (s3_fixture_get (fixture, "ca"));
  return new_client (config);
}

/* All kinds of requests, one after the other. */
static void
use_all (VsS3Client *client)
{
  static const gchar *const keys[] = { "way/a b+c%", "way/é", "way//x", NULL };
  g_autoptr (GBytes) bytes = make_bytes (1000);
  g_autoptr (GBytes) large = make_bytes (3 * VS_S3_PART_SIZE_MIN);
  const VsS3UploadOptions options = { .part_size = VS_S3_PART_SIZE_MIN };
  g_autoptr (GError) error = NULL;
  g_autoptr (VsS3Upload) upload = NULL;
  g_autoptr (VsS3Result) listed = NULL;
  g_autoptr (VsS3Result) deleted = NULL;
  g_autoptr (VsS3Result) none = NULL;

  for (guint i = 0; keys[i] != NULL; i++) {
    assert_put (client, keys[i], bytes);
    assert_stored (client, keys[i], bytes);
  }
  upload = vs_s3_upload_new (client, "way/parts", &options, &error);
  g_assert_no_error (error);
  vs_s3_upload_push (upload, large, &error);
  g_assert_no_error (error);
  vs_s3_upload_finish (upload, &error);
  g_assert_no_error (error);
  assert_stored (client, "way/parts", large);
  listed = WAIT (client, vs_s3_list (client, "way/", NULL, NULL, DONE));
  g_assert_no_error (listed->error);
  g_assert_cmpuint (listed->answer->objects->len, ==, 4);
  deleted = WAIT (client, vs_s3_delete_many (client, keys, DONE));
  g_assert_no_error (deleted->error);
  none = WAIT (client, vs_s3_head (client, keys[1], DONE));
  g_assert_error (none->error, VS_ERROR, VS_ERROR_NOT_FOUND);
}

static void
test_virtual (gconstpointer fact)
{
  g_autoptr (VsS3Client) client = new_by_name (fact, VS_S3_ADDRESSING_VIRTUAL);
  g_autofree gchar *url = vs_s3_presign (client, "GET", "k", 60, NULL);

  g_assert_nonnull (strstr (url, "://" BUCKET ".localhost:"));
  use_all (client);
}

static guint
count_http2 (void)
{
  g_autofree gchar *text = s3_fixture_command (fixture, "protocols");
  const gchar *at = strstr (text, "\"HTTP/2.0\": ");

  return at != NULL ? (guint) g_ascii_strtoull (
                          at + strlen ("\"HTTP/2.0\": "), NULL, 10)
                    : 0;
}

/* It is offered, and taken; with TLS alone. */
static void
test_http2 (void)
{
  g_autoptr (VsS3Client) client = NULL;
  VsS3Stats stats;
  guint before;

  if (g_str_equal (s3_fixture_get (fixture, "h2"), "none")) {
    g_test_skip ("nginx is not installed");
    return;
  }
  before = count_http2 ();
  client = new_by_name ("h2", VS_S3_ADDRESSING_PATH);
  use_all (client);
  vs_s3_client_get_stats (client, &stats);
  g_assert_cmpuint (stats.retries, ==, 0);
  g_assert_cmpuint (count_http2 () - before, ==, stats.requests);
}

/* Cancelling and cleaning ------------------------------------------------- */

typedef struct {
  GMutex lock;
  GCond cond;
  guint n, cancelled;
} Counter;

static void
on_counted (const VsS3Result *result, gpointer user_data)
{
  Counter *counter = user_data;

  g_mutex_lock (&counter->lock);
  counter->n++;
  counter->cancelled +=
      g_error_matches (result->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_cond_signal (&counter->cond);
  g_mutex_unlock (&counter->lock);
}

/* Every callback runs once, whatever ends the call. */
static void
test_cancel (void)
{
  VsS3Client *client = new_plain ();
  g_autoptr (GBytes) bytes = make_bytes (200000);
  Counter counter = { 0 };

  s3_fixture_do (fixture, "rules PUT => stall");
  for (guint i = 0; i < 100; i++) {
    VsS3Call call =
        vs_s3_put (client, "cancelled", &bytes, 1, NULL, on_counted, &counter);

    if (i % 2 == 0)
      vs_s3_cancel (client, call);
    vs_s3_cancel (client, call + 1000000);
  }
  g_mutex_lock (&counter.lock);
  while (counter.n < 50)
    g_cond_wait (&counter.cond, &counter.lock);
  g_assert_cmpuint (counter.n, ==, 50);
  g_mutex_unlock (&counter.lock);
  vs_s3_client_free (client);
  g_assert_cmpuint (counter.n, ==, 100);
  g_assert_cmpuint (counter.cancelled, ==, 100);
  s3_fixture_do (fixture, "rules");
}

static void
test_clean (void)
{
  g_autoptr (VsS3Client) client = new_plain ();
  g_autoptr (GError) error = NULL;
  g_autofree gchar *left = NULL;
  guint n = 0;

  for (guint i = 0; i < 3; i++) {
    g_autoptr (VsS3Result) made =
        WAIT (client, vs_s3_create_multipart (
                          client, i < 2 ? "old/a b+c" : "other", NULL, DONE));

    g_assert_no_error (made->error);
  }
  g_assert_true (
      vs_s3_clean_uploads (client, "old/", G_USEC_PER_SEC, &n, &error));
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (vs_s3_clean_uploads (client, "old/",
      g_get_real_time () + (gint64) 3600 * G_USEC_PER_SEC, &n, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 2);
  left = s3_fixture_command (fixture, "uploads %s", BUCKET);
  g_test_message ("%s", left);
  g_assert_nonnull (strstr (left, "other"));
  g_assert_null (strstr (left, "old"));
  s3_fixture_do (fixture, "abort-uploads %s", BUCKET);
}

/* Sends with the same credentials, counts as its client, and ends with it. */
static void
test_helper (void)
{
  VsS3Client *client = new_plain ();
  g_autoptr (GBytes) bytes = make_bytes (1000);
  Counter counter = { 0 };
  VsS3Stats before, after;
  VsS3Client *helper;

  g_mutex_init (&counter.lock);
  g_cond_init (&counter.cond);
  assert_put (client, "mine", bytes);
  helper = vs_s3_client_get_helper (client);
  g_assert_true ((helper != NULL) == (g_get_num_processors () > 1));
  g_assert_true (helper == vs_s3_client_get_helper (client));
  if (helper != NULL) {
    vs_s3_client_get_stats (client, &before);
    assert_put (helper, "its", bytes);
    assert_stored (client, "its", bytes);
    vs_s3_client_get_stats (client, &after);
    g_assert_cmpuint (after.requests, ==, before.requests + 2);
    g_assert_cmpuint (after.sent, ==, before.sent + 1000);
    for (guint i = 0; i < 100; i++)
      vs_s3_put (helper, "cancelled", &bytes, 1, NULL, on_counted, &counter);
  }
  vs_s3_client_free (client); /* every callback has run then */
  g_assert_cmpuint (counter.n, ==, helper != NULL ? 100 : 0);
  g_cond_clear (&counter.cond);
  g_mutex_clear (&counter.lock);
}

int
main (int argc, char **argv)
{
  int code = 0;

  g_test_init (&argc, &argv, NULL);
  fixture = s3_fixture_start ();
  if (fixture == NULL)
    return s3_fixture_skip ();
  s3_fixture_do (fixture, "bucket " BUCKET);
  g_test_add_func ("/s3-client/object", test_object);
  g_test_add_func ("/s3-client/many", test_many);
  g_test_add_func ("/s3-client/keys", test_keys);
  g_test_add_func ("/s3-client/multipart", test_multipart);
  g_test_add_func ("/s3-client/conditions", test_conditions);
  g_test_add_func ("/s3-client/presign", test_presign);
  g_test_add_func ("/s3-client/tls", test_tls);
  g_test_add_func ("/s3-client/checksums", test_checksums);
  g_test_add_data_func ("/s3-client/virtual/http", "endpoint", test_virtual);
  g_test_add_data_func ("/s3-client/virtual/https", "tls", test_virtual);
  g_test_add_func ("/s3-client/http2", test_http2);
  g_test_add_func ("/s3-client/cancel", test_cancel);
  g_test_add_func ("/s3-client/helper", test_helper);
  g_test_add_func ("/s3-client/clean", test_clean);
  code = g_test_run ();
  s3_fixture_stop (fixture);
  return code;
}
