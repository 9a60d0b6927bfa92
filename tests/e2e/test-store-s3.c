/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The store on a bucket: what vs-store.h promises, against radosgw and what
 * the proxy makes of it; and who may write there. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "servers/s3-fixture.h"

#include "core/vs-error.h"
#include "store/vs-store.h"

#define BUCKET "stores"

static S3Fixture *fixture;

static VsStore *
open_store (const gchar *prefix)
{
  g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);
  VsStoreOptions options = { config };
  g_autofree gchar *uri = g_strconcat ("s3://" BUCKET "/", prefix, NULL);
  g_autoptr (GError) error = NULL;
  VsStore *store;

  config->attempts = 20; /* a put of test_order may be a third one often */
  store = vs_store_open_with (uri, &options, &error);
  g_assert_no_error (error);
  return store;
}

typedef struct {
  GMutex lock;
  GCond cond;
  guint n, failed;
} Sink;

static void
on_done (const GError *error, gpointer user_data)
{
  Sink *sink = user_data;

  g_mutex_lock (&sink->lock);
  sink->n++;
  sink->failed += error != NULL;
  if (error != NULL)
    g_test_message ("%s", error->message);
  g_cond_signal (&sink->cond);
  g_mutex_unlock (&sink->lock);
}

static void
wait_for (Sink *sink, guint n)
{
  g_mutex_lock (&sink->lock);
  while (sink->n < n)
    g_cond_wait (&sink->cond, &sink->lock);
  g_mutex_unlock (&sink->lock);
}

static void
put_text (VsStore *store, const gchar *key, const gchar *text, Sink *sink)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  vs_store_put (store, key, &bytes, 1, NULL, on_done, sink);
}

static void
assert_text (VsStore *store, const gchar *key, const gchar *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = vs_store_get (store, key, 1000, &error);
  gsize size;
  const gchar *data;

  if (text == NULL) {
    g_assert_error (error, VS_ERROR, VS_ERROR_NOT_FOUND);
    return;
  }
  g_assert_no_error (error);
  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpmem (data, size, text, strlen (text));
}

static void
test_objects (void)
{
  static const gchar *const doomed[] = { "v0/1.m4s", "v0/none.m4s", "v0/2.m4s",
    NULL };
  g_autoptr (VsStore) store = open_store ("show/one");
  g_auto (GStrv) keys = NULL;
  g_auto (GStrv) left = NULL;
  g_autofree gchar *segment = NULL;
  g_autofree gchar *manifest = NULL;
  Sink sink = { 0 };

  s3_fixture_do (fixture, "rules");
  put_text (store, "v0/1.m4s", "one", &sink);
  put_text (store, "v0/2.m4s", "two", &sink);
  put_text (store, "main.m3u8", "list", &sink);
  put_text (store, "../no", "bad", &sink);
  g_assert_true (vs_store_flush (store, NULL));
  g_assert_cmpuint (sink.n, ==, 4);
  g_assert_cmpuint (sink.failed, ==, 1);
  assert_text (store, "v0/2.m4s", "two");
  assert_text (store, "none", NULL);
  keys = vs_store_list (store, "v0/", NULL);
  g_assert_cmpuint (g_strv_length (keys), ==, 2);
  g_assert_cmpstr (keys[0], ==, "v0/1.m4s");
  segment = s3_fixture_command (fixture, "head " BUCKET " show/one/v0/1.m4s");
  g_assert_nonnull (strstr (segment, "video/iso.segment"));
  g_assert_nonnull (strstr (segment, "immutable"));
  manifest = s3_fixture_command (fixture, "head " BUCKET " show/one/main.m3u8");
  g_assert_nonnull (strstr (manifest, "application/vnd.apple.mpegurl"));
  g_assert_nonnull (strstr (manifest, "no-cache"));
  vs_store_remove (store, doomed, on_done, &sink);
  wait_for (&sink, 5);
  g_assert_cmpuint (sink.failed, ==, 1);
  left = vs_store_list (store, "", NULL);
  g_assert_cmpuint (g_strv_length (left), ==, 1);
}

/* On one key the last that was asked for is what stays, whatever is retried. */
static void
test_order (void)
{
  g_autoptr (VsStore) store = open_store ("order/");
  Sink sink = { 0 };

  s3_fixture_do (fixture, "rules PUT => status=503 every 3 retry-after=0");
  for (guint i = 0; i < 60; i++) {
    g_autofree gchar *key = g_strdup_printf ("k%u", i % 3);
    g_autofree gchar *text = g_strdup_printf ("%u", i);
    const gchar *keys[] = { key, "k0", NULL };

    put_text (store, key, text, &sink);
    if (i % 10 == 9)
      vs_store_remove (store, keys, on_done, &sink);
  }
  put_text (store, "k0", "last", &sink);
  g_assert_true (vs_store_flush (store, NULL));
  s3_fixture_do (fixture, "rules");
  g_assert_cmpuint (sink.n, ==, 67);
  g_assert_cmpuint (sink.failed, ==, 0);
  assert_text (store, "k0", "last");
  assert_text (store, "k1", "58");
  assert_text (store, "k2", NULL);
}

/* More than a batch removes, more than a page lists. */
static void
test_many (void)
{
  g_autoptr (VsStore) store = open_store ("many");
  g_auto (GStrv) listed = NULL;
  g_auto (GStrv) left = NULL;
  Sink sink = { 0 };
  const guint n = 1005;

  for (guint i = 0; i < n; i++) {
    g_autofree gchar *key = g_strdup_printf ("%04u.m4s", i);

    put_text (store, key, "x", &sink);
  }
  g_assert_true (vs_store_flush (store, NULL));
  g_assert_cmpuint (sink.failed, ==, 0);
  listed = vs_store_list (store, "", NULL);
  g_assert_cmpuint (g_strv_length (listed), ==, n);
  vs_store_remove (store, (const gchar *const *) listed, on_done, &sink);
  wait_for (&sink, n + 1);
  g_assert_cmpuint (sink.failed, ==, 0);
  left = vs_store_list (store, "", NULL);
  g_assert_cmpuint (g_strv_length (left), ==, 0);
}

/* A put that fails for good says so, and holds nothing up. */
static void
test_failure (void)
{
  g_autoptr (VsStore) store = open_store ("failure");
  Sink sink = { 0 };

  s3_fixture_do (fixture, "rules PUT .*bad => status=403");
  put_text (store, "bad", "1", &sink);
  put_text (store, "bad", "2", &sink);
  put_text (store, "good", "3", &sink);
  g_assert_true (vs_store_flush (store, NULL));
  s3_fixture_do (fixture, "rules");
  g_assert_cmpuint (sink.n, ==, 3);
  g_assert_cmpuint (sink.failed, ==, 2);
  assert_text (store, "good", "3");
}

/* The lease --------------------------------------------------------------- */

static void
test_lock (void)
{
  g_autoptr (GError) error = NULL;
  VsStore *first = open_store ("locked");
  VsStore *second = open_store ("locked");
  g_autoptr (VsStore) beside = open_store ("locked-not");
  g_autofree gchar *list = NULL;
  g_auto (GStrv) keys = NULL;

  g_assert_true (vs_store_lock (first, &error));
  g_assert_no_error (error);
  g_assert_true (vs_store_lock (first, &error));
  g_assert_true (vs_store_lock (beside, &error));
  keys = vs_store_list (first, "", NULL);
  g_assert_cmpuint (g_strv_length (keys), ==, 0);
  g_assert_false (vs_store_lock (second, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT);
  g_assert_nonnull (strstr (error->message, "s3://" BUCKET "/locked/"));
  g_clear_error (&error);
  vs_store_free (first);
  g_assert_true (vs_store_lock (second, &error));
  g_assert_no_error (error);
  vs_store_free (second);
  list = s3_fixture_command (fixture, "list " BUCKET);
  g_assert_null (strstr (list, "locked/"));
}

static void
write_lease (const gchar *prefix, const gchar *owner)
{
  g_autofree gchar *path = NULL;
  gint file = g_file_open_tmp ("vs-lease-XXXXXX", &path, NULL);

  close (file);
  g_assert_true (g_file_set_contents (path, owner, -1, NULL));
  s3_fixture_do (fixture, "put " BUCKET " %s %s/.vstream-lease", path, prefix);
  g_unlink (path);
}

/* A process of this machine that is gone is not waited for, nor are the
 * uploads that it left kept. */
static void
test_dead_owner (void)
{
  g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);
  g_autoptr (GError) error = NULL;
  g_autoptr (VsStore) store = open_store ("dead");
  VsS3Client *client = vs_s3_client_new (config, &error);
  g_autofree gchar *boot = NULL;
  g_autofree gchar *owner = NULL;
  g_autofree gchar *left = NULL;
  struct stat info;

  g_assert_true (g_file_get_contents (
      "/proc/sys/kernel/random/boot_id", &boot, NULL, NULL));
  g_assert_cmpint (stat ("/proc/self/ns/pid", &info), ==, 0);
  owner = g_strdup_printf ("some-id %s/%" G_GUINT64_FORMAT " %d\n1\n",
      g_strstrip (boot), (guint64) info.st_ino, G_MAXINT);
  write_lease ("dead", owner);
  {
    g_autoptr (VsS3Waiter) waiter = vs_s3_waiter_new (client);
    g_autoptr (VsS3Result) result = vs_s3_waiter_wait (
        waiter, vs_s3_create_multipart (client, "dead/orphan.mp4", NULL,
                    vs_s3_waiter_done, waiter));

    g_assert_no_error (result->error);
    vs_s3_client_free (client);
  }
  /* uploads of the second in which the lease is taken are spared */
  s3_fixture_do (fixture, "rules PUT .*lease => latency=1.5 x1");
  vs_store_lock (store, &error);
  g_assert_no_error (error);
  s3_fixture_do (fixture, "rules");
  left = s3_fixture_command (fixture, "uploads " BUCKET);
  g_assert_cmpstr (left, ==, "[]");
}

/* One of the same name is not waited for, wherever it ran. */
static void
test_named_owner (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsStore) store = open_store ("named?lease-owner=news%20one");
  gint64 start = g_get_monotonic_time ();

  write_lease ("named", "other elsewhere/1 1 news%20one\n1\n");
  vs_store_lock (store, &error);
  g_assert_no_error (error);
  /* to see that nobody renews it takes 7 s */
  g_assert_cmpint (g_get_monotonic_time () - start, <, 6 * G_USEC_PER_SEC);
}

/* Another one's lease that nobody renews runs out. Who lost it writes no
 * more. */
static void
test_takeover (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsStore) first = open_store ("taken");
  Sink sink = { 0 };

  g_assert_true (vs_store_lock (first, &error));
  put_text (first, "a", "mine", &sink);
  g_assert_true (vs_store_flush (first, NULL));
  g_assert_cmpuint (sink.failed, ==, 0);
  write_lease ("taken", "other elsewhere/1 1\n1\n");
  {
    /* the second waits until the lease of nobody has run out; long before
     * that the first has found it */
    g_autoptr (VsStore) second = open_store ("taken");

    g_assert_true (vs_store_lock (second, &error));
    g_assert_no_error (error);
    put_text (first, "a", "late", &sink);
    g_assert_true (vs_store_flush (first, NULL));
    g_assert_cmpuint (sink.failed, ==, 1);
    assert_text (second, "a", "mine");
  }
}

/* Opening ----------------------------------------------------------------- */

static void
test_open (void)
{
  static const gchar *const bad[] = { "s3://", "s3://b", "s3://bucket?x=1",
    "s3://bucket?parallel=0", "s3://ID:SECRET@bucket/p",
    "s3://bucket?endpoint=http://", "s3://bucket?ca-file=/none/there" };
  g_autofree gchar *uri = NULL;
  g_autoptr (VsStore) store = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) refused = NULL;

    g_assert_null (vs_store_open (bad[i], &refused));
    g_assert_error (refused, VS_ERROR, VS_ERROR_BAD_VALUE);
    g_assert_null (strstr (refused->message, "SECRET"));
  }
  g_setenv ("AWS_ACCESS_KEY_ID", s3_fixture_get (fixture, "access-key"), TRUE);
  g_setenv (
      "AWS_SECRET_ACCESS_KEY", s3_fixture_get (fixture, "secret-key"), TRUE);
  uri = g_strdup_printf ("s3://" BUCKET "/by uri?endpoint=%s&retry-attempts=2",
      s3_fixture_get (fixture, "proxy"));
  store = vs_store_open (uri, &error);
  g_assert_no_error (error);
  g_assert_true (vs_store_lock (store, &error));
  g_assert_no_error (error);
}

/* More than are made at a time, into a store that does not answer: what is
 * called back ends now, and what comes after it is made. */
static void
test_call_back (void)
{
  g_autoptr (VsStore) store = open_store ("back");
  gint64 begun = g_get_monotonic_time ();
  Sink sink = { 0 }, other = { 0 };

  s3_fixture_do (fixture, "rules PUT .*/old/ => stall");
  for (guint i = 0; i < 40; i++) {
    g_autofree gchar *key = g_strdup_printf ("old/%u.m4s", i);

    put_text (store, key, "old", &sink);
  }
  put_text (store, "new.m4s", "new", &other);
  put_text (store, "old/39.m4s", "again", &sink); /* in line behind the other */
  for (guint i = 40; i-- > 0;) {
    g_autofree gchar *key = g_strdup_printf ("old/%u.m4s", i);

    vs_store_call_back (store, key);
  }
  vs_store_call_back (store, "never.m4s");
  wait_for (&other, 1);
  wait_for (&sink, 41);
  g_assert_cmpint (
      g_get_monotonic_time () - begun, <, 15 * (gint64) G_USEC_PER_SEC);
  g_assert_cmpuint (sink.failed, ==, 41);
  g_assert_cmpuint (other.failed, ==, 0);
  vs_store_call_back (store, "new.m4s"); /* too late: it is there */
  s3_fixture_do (fixture, "rules");
  put_text (store, "old/39.m4s", "once more", &sink);
  g_assert_true (vs_store_flush (store, NULL));
  g_assert_cmpuint (sink.failed, ==, 41);
  assert_text (store, "new.m4s", "new");
  assert_text (store, "old/39.m4s", "once more");
}

int
main (int argc, char **argv)
{
  int code;

  g_test_init (&argc, &argv, NULL);
  fixture = s3_fixture_start ();
  if (fixture == NULL)
    return s3_fixture_skip ();
  s3_fixture_do (fixture, "bucket " BUCKET);
  g_test_add_func ("/store-s3/objects", test_objects);
  g_test_add_func ("/store-s3/order", test_order);
  g_test_add_func ("/store-s3/many", test_many);
  g_test_add_func ("/store-s3/failure", test_failure);
  g_test_add_func ("/store-s3/call-back", test_call_back);
  g_test_add_func ("/store-s3/lock", test_lock);
  g_test_add_func ("/store-s3/dead-owner", test_dead_owner);
  g_test_add_func ("/store-s3/named-owner", test_named_owner);
  g_test_add_func ("/store-s3/takeover", test_takeover);
  g_test_add_func ("/store-s3/open", test_open);
  code = g_test_run ();
  s3_fixture_stop (fixture);
  return code;
}
