/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The folder store: objects come whole or not at all, in order, and nowhere
 * but below its root. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>

#include "core/vs-error.h"
#include "store/vs-store.h"

#include "tree.h"

typedef struct {
  gchar *path;
  VsStore *store;
  GMutex lock;
  GCond cond;
  guint done;
  GError *error;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->path = g_dir_make_tmp ("vs-store-XXXXXX", &error);
  g_assert_no_error (error);
  f->store = vs_store_open (f->path, &error);
  g_assert_no_error (error);
  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  vs_store_free (f->store);
  remove_tree (f->path);
  g_clear_error (&f->error);
  g_free (f->path);
  g_mutex_clear (&f->lock);
  g_cond_clear (&f->cond);
}

static void
on_done (const GError *error, gpointer data)
{
  Fixture *f = data;

  g_mutex_lock (&f->lock);
  f->done++;
  if (error != NULL && f->error == NULL)
    f->error = g_error_copy (error);
  g_cond_signal (&f->cond);
  g_mutex_unlock (&f->lock);
}

static void
wait_for (Fixture *f, guint n)
{
  g_mutex_lock (&f->lock);
  while (f->done < n)
    g_cond_wait (&f->cond, &f->lock);
  g_mutex_unlock (&f->lock);
}

static void
put_text (Fixture *f, const gchar *key, const gchar *a, const gchar *b)
{
  g_autoptr (GBytes) first = g_bytes_new (a, strlen (a));
  g_autoptr (GBytes) second = g_bytes_new (b, strlen (b));
  GBytes *chunks[] = { first, second };

  vs_store_put (f->store, key, chunks, 2, NULL, on_done, f);
}

static void
assert_text (Fixture *f, const gchar *key, const gchar *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = vs_store_get (f->store, key, 1000, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
      expected, strlen (expected));
}

static void
test_round_trip (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) keys = NULL;
  const gchar *gone[] = { "a/b/c.m4s", "not there", NULL };

  put_text (f, "a/b/c.m4s", "one ", "object");
  put_text (f, "top 100% ünï.txt", "", "x");
  put_text (f, "top 100% ünï.txt", "the ", "last");
  wait_for (f, 3);
  g_assert_no_error (f->error);
  assert_text (f, "a/b/c.m4s", "one object");
  assert_text (f, "top 100% ünï.txt", "the last");
  keys = vs_store_list (f->store, "", &error);
  g_assert_cmpuint (g_strv_length (keys), ==, 2);
  g_assert_true (vs_store_flush (f->store, &error));
  g_assert_no_error (error);

  vs_store_remove (f->store, gone, on_done, f);
  wait_for (f, 4);
  g_assert_no_error (f->error);
  g_assert_null (vs_store_get (f->store, "a/b/c.m4s", 1000, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_NOT_FOUND);
}

static void
test_bad_keys (Fixture *f, gconstpointer data)
{
  static const gchar *const bad[] = { "", "/etc/passwd", "../x", "a/../../x",
    "a//b", "a/./b", "a/" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_clear_error (&f->error);
    put_text (f, bad[i], "x", "");
    wait_for (f, i + 1);
    g_assert_error (f->error, VS_ERROR, VS_ERROR_BAD_VALUE);
  }
}

static void
test_one_writer (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsStore) second = vs_store_open (f->path, &error);

  g_assert_true (vs_store_lock (f->store, &error));
  g_assert_false (vs_store_lock (second, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT);
}

/* A full disk: /dev/full cannot be renamed into place, but a part file that
 * is a link to it would be followed; the store must refuse it instead. */
static void
test_part_is_no_link (Fixture *f, gconstpointer data)
{
  g_autofree gchar *link = g_build_filename (f->path, ".x.part", NULL);

  g_assert_cmpint (symlink ("/dev/full", link), ==, 0);
  put_text (f, "x", "data", "");
  wait_for (f, 1);
  g_assert_error (f->error, VS_ERROR, VS_ERROR_NO_OUTPUT);
}

static void
test_bad_locations (void)
{
  static const struct {
    const gchar *location;
    VsError code;
  } rows[] = {
    { "", VS_ERROR_BAD_VALUE },
    { "gopher://x/y", VS_ERROR_BAD_VALUE },
    { "/dev/null/folder", VS_ERROR_NO_OUTPUT },
    { "/proc/vs-nothing", VS_ERROR_NO_OUTPUT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (vs_store_open (rows[i].location, &error));
    g_assert_error (error, VS_ERROR, (gint) rows[i].code);
  }
}

static void
test_types (void)
{
  g_assert_cmpstr (vs_store_content_type ("a/playlist.m3u8"), ==,
      "application/vnd.apple.mpegurl");
  g_assert_cmpstr (
      vs_store_content_type ("x.unknown"), ==, "application/octet-stream");
  g_assert_cmpstr (vs_store_cache_control ("manifest.mpd"), ==, "no-cache");
  g_assert_cmpstr (vs_store_cache_control ("v/0.m4s"), ==,
      "public, max-age=31536000, immutable");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add (
      "/store/round-trip", Fixture, NULL, set_up, test_round_trip, tear_down);
  g_test_add (
      "/store/bad-keys", Fixture, NULL, set_up, test_bad_keys, tear_down);
  g_test_add (
      "/store/one-writer", Fixture, NULL, set_up, test_one_writer, tear_down);
  g_test_add ("/store/part-is-no-link", Fixture, NULL, set_up,
      test_part_is_no_link, tear_down);
  g_test_add_func ("/store/bad-locations", test_bad_locations);
  g_test_add_func ("/store/types", test_types);
  return g_test_run ();
}
