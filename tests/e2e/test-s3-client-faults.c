/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a server does wrong, and what the client makes of it: the storage rows
 * S3-1 … S3-11 of faults. */
#include <string.h>

#include <gio/gio.h>

#include "s3-calls.h"

#include "core/vs-error.h"

/* Faults ------------------------------------------------------------------ */

typedef struct {
  const gchar *name, *rule;
  guint attempts; /* 0: ends in an error */
  gint code;      /* then */
  const gchar *says;
} Fault;

static const Fault faults[] = {
  { "slow-down", "PUT => status=503 x2 retry-after=0", 3 },
  { "internal", "PUT => status=500 x3", 4 },
  { "too-many", "PUT => status=429 x1", 2 },
  { "permanent", "PUT => status=500", 0, VS_ERROR_UNAVAILABLE,
      "InternalError (HTTP 500" },
  { "reset", "PUT => reset x1", 2 },
  { "reset-body", "PUT => reset=100000 x1", 2 },
  { "cut", "PUT => cut=10 x1", 2 },
  { "garbage", "PUT => garbage x1", 2 },
  { "early", "PUT => early=503 x2", 3 },
  { "corrupt", "PUT => corrupt x1", 2 },
  { "corrupt-always", "PUT => corrupt", 0, VS_ERROR_BAD_DATA, "damaged" },
  { "denied", "PUT => status=403", 0, VS_ERROR_NOT_PERMITTED,
      "AccessDenied (HTTP 403" },
  { "expired", "PUT => status=400:ExpiredToken", 0, VS_ERROR_NOT_PERMITTED,
      "expired" },
  { "stall", "PUT => stall x1", 2 },
  { "stuck", "PUT => stuck x1", 2 },
  { "skewed-always", "PUT => status=403:RequestTimeTooSkewed", 0,
      VS_ERROR_NOT_PERMITTED, "clock" },
};

static void
test_fault (gconstpointer data)
{
  const Fault *fault = data;
  g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);
  g_autoptr (VsS3Client) client = NULL;
  g_autoptr (GBytes) bytes = make_bytes (1000000);
  g_autoptr (VsS3Result) result = NULL;
  VsS3Stats stats;

  config->stall_ms = 2000;
  config->min_rate = 1000;
  client = new_client (config);
  s3_fixture_do (fixture, "rules %s", fault->rule);
  result = put_bytes (client, fault->name, bytes, NULL);
  s3_fixture_do (fixture, "rules");
  vs_s3_client_get_stats (client, &stats);
  if (fault->attempts == 0) {
    g_assert_error (result->error, VS_ERROR, fault->code);
    g_test_message ("%s", result->error->message);
    g_assert_nonnull (strstr (result->error->message, fault->says));
    g_assert_null (strstr (
        result->error->message, s3_fixture_get (fixture, "secret-key")));
    return;
  }
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->attempts, ==, fault->attempts);
  g_assert_cmpuint (stats.retries, ==, fault->attempts - 1);
  assert_stored (client, fault->name, bytes);
}

static gint64
tell_wrong_time (gpointer user_data)
{
  return g_get_real_time () + *(const gint64 *) user_data * G_USEC_PER_SEC;
}

/* S3-8: a clock that is wrong; radosgw itself says by how much. */
static void
test_clock (void)
{
  static const gint64 wrong[] = { 7200, -7200 };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);
    g_autoptr (VsS3Client) client = NULL;
    g_autoptr (GBytes) bytes = make_bytes (1000);
    VsS3Stats stats;

    config->chance.wall_us = tell_wrong_time;
    config->chance.user_data = (gpointer) &wrong[i];
    client = new_client (config);
    assert_put (client, "clock", bytes);
    assert_put (client, "clock", bytes);
    vs_s3_client_get_stats (client, &stats);
    g_assert_cmpuint (stats.requests, ==, 3);
  }
}

/* S3-11: nobody there, and a name that nobody has. */
static void
test_away (void)
{
  static const gchar *const endpoints[] = { "http://127.0.0.1:1",
    "http://nobody.invalid" };

  for (guint i = 0; i < G_N_ELEMENTS (endpoints); i++) {
    g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);
    g_autoptr (VsS3Client) client = NULL;
    g_autoptr (VsS3Result) result = NULL;

    g_free (config->endpoint);
    config->endpoint = g_strdup (endpoints[i]);
    client = new_client (config);
    result = WAIT (client, vs_s3_head (client, "k", DONE));
    g_test_message ("%s", result->error->message);
    g_assert_error (result->error, VS_ERROR, VS_ERROR_UNAVAILABLE);
    g_assert_true (vs_s3_result_is_transient (result));
    g_assert_nonnull (strstr (result->error->message, endpoints[i]));
  }
}

/* S3-9 */
static void
test_redirect (void)
{
  g_autoptr (VsS3Client) client = new_plain ();
  g_autoptr (GBytes) bytes = make_bytes (100000);
  g_autoptr (VsS3Result) looped = NULL;

  s3_fixture_do (fixture, "rules PUT => redirect=307,%s",
      s3_fixture_get (fixture, "endpoint"));
  assert_put (client, "elsewhere", bytes);
  s3_fixture_do (fixture, "rules PUT => redirect=307,%s",
      s3_fixture_get (fixture, "proxy"));
  looped = put_bytes (client, "looped", bytes, NULL);
  g_assert_nonnull (looped->error);
  s3_fixture_do (fixture, "rules");
  assert_stored (client, "elsewhere", bytes);
}

/* S3-6, S3-10 */
static void
test_complete (void)
{
  static const struct {
    const gchar *rule;
    gboolean good;
  } cases[] = {
    { "POST .*uploadId => status=500 x1", TRUE },
    { "POST .*uploadId => ok-error x1", TRUE },
    { "POST .*uploadId => cut=10 x1", TRUE },
    { "POST .*uploadId => ok-error", FALSE },
    { "POST .*uploadId => status=404:NoSuchUpload", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (VsS3Client) client = new_plain ();
    g_autoptr (GBytes) bytes = make_bytes (1000);
    g_autoptr (GPtrArray) parts =
        g_ptr_array_new_with_free_func ((GDestroyNotify) vs_s3_part_free);
    g_autoptr (VsS3Result) made =
        WAIT (client, vs_s3_create_multipart (client, "c", NULL, DONE));
    g_autoptr (VsS3Result) part = WAIT (client,
        vs_s3_upload_part (client, "c", made->upload_id, 1, &bytes, 1, DONE));
    g_autoptr (VsS3Result) done = NULL;

    g_test_message ("%s", cases[i].rule);
    g_assert_no_error (part->error);
    g_ptr_array_add (parts, vs_s3_part_new (1, part->etag, 1000));
    s3_fixture_do (fixture, "rules %s", cases[i].rule);
    done = WAIT (client, vs_s3_complete_multipart (
                             client, "c", made->upload_id, parts, NULL, DONE));
    s3_fixture_do (fixture, "rules");
    if (cases[i].good) {
      g_assert_no_error (done->error);
      g_assert_true (g_str_has_suffix (done->etag, "-1"));
      assert_stored (client, "c", bytes);
    } else {
      g_assert_nonnull (done->error);
      s3_fixture_do (fixture, "abort-uploads %s", BUCKET);
    }
  }
}

/* Refusals ---------------------------------------------------------------- */

static void
test_refusals (void)
{
  static const struct {
    const gchar *bucket, *access_key, *secret_key, *code;
    gint error;
  } cases[] = {
    { "no-such-bucket", NULL, NULL, "NoSuchBucket", VS_ERROR_NOT_FOUND },
    { BUCKET, "UNKNOWN", NULL, "InvalidAccessKeyId", VS_ERROR_NOT_PERMITTED },
    { BUCKET, NULL, "wrong", "SignatureDoesNotMatch", VS_ERROR_NOT_PERMITTED },
    { BUCKET, "other-access-key", "other-secret-key", "AccessDenied",
        VS_ERROR_NOT_PERMITTED },
  };
  g_autoptr (GBytes) bytes = make_bytes (10);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (VsS3Config) config =
        s3_fixture_new_config (fixture, cases[i].bucket);
    g_autoptr (VsS3Client) client = NULL;
    g_autoptr (VsS3Result) result = NULL;
    gboolean other = g_strcmp0 (cases[i].access_key, "other-access-key") == 0;

    if (cases[i].access_key != NULL) {
      g_free (config->access_key);
      config->access_key =
          g_strdup (other ? s3_fixture_get (fixture, "other-access-key")
                          : cases[i].access_key);
    }
    if (cases[i].secret_key != NULL) {
      g_free (config->secret_key);
      config->secret_key =
          g_strdup (other ? s3_fixture_get (fixture, "other-secret-key")
                          : cases[i].secret_key);
    }
    client = new_client (config);
    result = put_bytes (client, "k", bytes, NULL);
    g_test_message (
        "%s", result->error != NULL ? result->error->message : "no error");
    g_assert_error (result->error, VS_ERROR, cases[i].error);
    g_assert_cmpstr (result->code, ==, cases[i].code);
    g_assert_cmpuint (result->attempts, ==, 1);
  }
}

typedef struct {
  GMutex lock;
  GCond cond;
  guint n;
} Pauses;

static gdouble
count_pause (gpointer user_data)
{
  Pauses *pauses = user_data;

  g_mutex_lock (&pauses->lock);
  pauses->n++;
  g_cond_signal (&pauses->cond);
  g_mutex_unlock (&pauses->lock);
  return 0.999;
}

/* Who waits for an endpoint that was away does not sit out its pause once
 * another has been answered, be it in the client's other thread. */
static void
test_back (gconstpointer with_helper)
{
  Pauses pauses = { .n = 0 };
  g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);
  g_autoptr (VsS3Client) client = NULL;
  g_autoptr (GBytes) bytes = make_bytes (1000);
  g_autoptr (VsS3Result) missing = NULL;
  g_autoptr (VsS3Result) result = NULL;
  g_autoptr (VsS3Waiter) waiting = NULL;
  gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC, back;
  VsS3Client *waits;
  VsS3Call call;

  config->attempts = 12;
  config->chance.jitter = count_pause;
  config->chance.user_data = &pauses;
  client = new_client (config);
  missing = WAIT (client, vs_s3_get (client, "none", 0, 0, 1000, NULL, DONE));
  g_assert_cmpuint (missing->status, ==, 404);

  waits = with_helper != NULL ? vs_s3_client_get_helper (client) : client;
  if (waits == NULL) {
    g_test_skip ("one processor");
    return;
  }

  s3_fixture_do (fixture, "rules PUT => reset");
  waiting = vs_s3_waiter_new (waits);
  call =
      vs_s3_put (waits, "waiting", &bytes, 1, NULL, vs_s3_waiter_done, waiting);
  g_mutex_lock (&pauses.lock);
  while (pauses.n < 6)
    g_assert_true (g_cond_wait_until (&pauses.cond, &pauses.lock, end));
  g_mutex_unlock (&pauses.lock);

  s3_fixture_do (fixture, "rules");
  back = g_get_monotonic_time ();
  assert_put (client, "other", bytes);
  result = vs_s3_waiter_wait (waiting, call);
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->attempts, ==, 7);
  /* its own pause is 3.2 s */
  g_assert_cmpint (g_get_monotonic_time () - back, <, 2500000);
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
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autofree gchar *path =
        g_strconcat ("/s3-faults/fault/", faults[i].name, NULL);

    g_test_add_data_func (path, &faults[i], test_fault);
  }
  g_test_add_func ("/s3-faults/clock", test_clock);
  g_test_add_func ("/s3-faults/away", test_away);
  g_test_add_data_func ("/s3-faults/back", NULL, test_back);
  g_test_add_data_func ("/s3-faults/back-both", "", test_back);
  g_test_add_func ("/s3-faults/redirect", test_redirect);
  g_test_add_func ("/s3-faults/complete", test_complete);
  g_test_add_func ("/s3-faults/refusals", test_refusals);
  code = g_test_run ();
  s3_fixture_stop (fixture);
  return code;
}
