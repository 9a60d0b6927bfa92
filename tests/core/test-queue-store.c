/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Queues in memory and in SQLite files. */
#include "core/vs-error.h"
#include "queue-desk.h"
#include "queue-kill.h"

#include <glib/gstdio.h>

static gchar *self_path;

typedef struct {
  gchar *folder, *file, *location;
} Place;

static void
set_up (Place *place, gconstpointer data)
{
  place->folder = g_dir_make_tmp ("vs-queue-XXXXXX", NULL);
  place->file = g_build_filename (place->folder, "channel.db", NULL);
  place->location = g_strconcat ("sqlite://", place->file, NULL);
}

static void
tear_down (Place *place, gconstpointer data)
{
  static const gchar *const ends[] = { "", "-wal", "-shm", ".lock" };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_autofree gchar *path = g_strconcat (place->file, ends[i], NULL);

    g_unlink (path);
  }
  g_rmdir (place->folder);
  g_free (place->folder);
  g_free (place->file);
  g_free (place->location);
}

static void
test_memory (void)
{
  Desk *desk = desk_open ("memory:", "r");

  desk_add (desk, "a", 0);
  g_assert_true (vs_queue_cut (desk->queue, DESK_START));
  desk_flush (desk);
  desk_assert (desk, "a|");
  desk_close (desk);
}

static void
test_comes_back (Place *place, gconstpointer data)
{
  Desk *desk = desk_open (place->location, "r1");
  g_autoptr (VsQueueItem) x =
      vs_queue_item_parse ("{\"uri\": \"file:///x\"}", -1, NULL);

  for (guint i = 0; i < 5; i++) {
    const gchar id[] = { (gchar) ('a' + i), '\0' };

    desk_add (desk, id, i);
  }
  g_assert_true (vs_queue_cut (desk->queue, DESK_START));
  g_assert_true (vs_queue_end (desk->queue, DESK_START, VS_QUEUE_ENDED));
  vs_queue_set_position (desk->queue, 77, 3);
  g_assert_true (vs_queue_move (desk->queue, "e", 0, NULL));
  g_assert_true (vs_queue_remove (desk->queue, "c", NULL));
  g_assert_nonnull (vs_queue_interrupt (
      desk->queue, x, VS_QUEUE_CUT_FRAME, 0, VS_QUEUE_RESUME, NULL));
  g_assert_true (vs_queue_cut (desk->queue, DESK_START));
  vs_queue_set_position (desk->queue, 9, 0);
  desk_assert (desk, "r1-1|e d");
  desk_flush (desk);
  desk_close (desk);

  desk = desk_open (place->location, "r2");
  desk_assert (desk, "r1-1|e d");
  g_assert_cmpuint (vs_queue_get_air (desk->queue)->position, ==, 9);
  g_assert_true (vs_queue_end (desk->queue, DESK_START, VS_QUEUE_ENDED));
  desk_assert (desk, "b|e d");
  g_assert_cmpuint (vs_queue_get_air (desk->queue)->position, ==, 77);
  g_assert_cmpuint (vs_queue_get_air (desk->queue)->counter, ==, 3);
  desk_close (desk);
}

/* More inserts at one place than there is room for between two rows. */
static void
test_renumbering (Place *place, gconstpointer data)
{
  Desk *desk = desk_open (place->location, "r1");
  g_autofree gchar *before = NULL, *after = NULL;

  desk_add (desk, "first", 0);
  desk_add (desk, "last", 1);
  for (guint i = 0; i < 100; i++) {
    g_autofree gchar *id = g_strdup_printf ("n%u", i);

    desk_add (desk, id, 1);
  }
  before = desk_describe (desk);
  desk_flush (desk);
  desk_close (desk);
  desk = desk_open (place->location, "r2");
  after = desk_describe (desk);
  g_assert_cmpstr (before, ==, after);
  desk_close (desk);
}

static void
run_sqlite (const Place *place, const gchar *sql)
{
  const gchar *argv[] = { "python3", "-c",
    "import sqlite3, sys\n"
    "db = sqlite3.connect (sys.argv[1], timeout=10)\n"
    "db.executescript (sys.argv[2])\n",
    place->file, sql, NULL };
  g_autoptr (GError) error = NULL;
  gint status;

  g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
      NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

static void
test_foreign (Place *place, gconstpointer data)
{
  Desk *desk = desk_open (place->location, "r1");

  desk_add (desk, "a", 0);
  desk_add (desk, "b", 1);
  g_assert_true (vs_queue_cut (desk->queue, DESK_START));
  desk_flush (desk);
  run_sqlite (place,
      "BEGIN; INSERT INTO items (json) VALUES ('{\"uri\": \"file:///y\"}');"
      "INSERT INTO items (json) VALUES ('{\"url\": 7}'); COMMIT;");
  desk_wait (desk, VS_QUEUE_CHANGE_REFUSED);
  g_assert_nonnull (strstr (desk->message, "is “uri” meant?"));
  desk_assert (desk, "a|b *y");
  run_sqlite (place, "DELETE FROM items WHERE id = 'b'");
  desk_wait (desk, VS_QUEUE_CHANGE_LIST);
  desk_assert (desk, "a|*y");
  desk_close (desk);

  desk = desk_open (place->location, "r2");
  desk_assert (desk, "a|*y");
  desk_close (desk);
}

static void
test_other_owner (Place *place, gconstpointer data)
{
  Desk *desk = desk_open (place->location, "r1");
  g_autoptr (GError) error = NULL;

  g_assert_null (desk_try (place->location, "r2", &error));
  g_assert_nonnull (strstr (error->message, "played by another channel"));
  desk_close (desk);
}

static void
test_bad_files (Place *place, gconstpointer data)
{
  static const gchar *const places[] = { "sqlite:", "sqlite://",
    "sqlite://host/x", "sqlite:///no/such/folder/x.db", "ftp://x", "" };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_assert_null (desk_try (places[i], "r", &error));
    g_assert_nonnull (error);
    g_clear_error (&error);
  }
  g_assert_true (g_file_set_contents (place->file,
      "this is no database at all, by far "
      "not, not even if one squints at it",
      -1, NULL));
  g_assert_null (desk_try (place->location, "r", &error));
  g_assert_nonnull (strstr (error->message, "not a database"));
  g_clear_error (&error);
  g_unlink (place->file);
  run_sqlite (place, "CREATE TABLE mine (x); PRAGMA user_version = 3;");
  g_assert_null (desk_try (place->location, "r", &error));
  g_assert_nonnull (strstr (error->message, "no queue that this version"));
}

static void
test_masks (void)
{
  static const struct {
    const gchar *location, *masked;
  } cases[] = { { "memory:", "memory:" },
    { "redis://h/0?key=k", "redis://h/0?key=k" },
    { "redis://:pw@h:1/0?key=k", "redis://:…@h:1/0?key=k" },
    { "redis://u:p@w@h/0?key=k", "redis://u:…@h/0?key=k" },
    { "redis://u:p/w@h/0?key=k", "redis://u:…@h/0?key=k" },
    { "sqlite:///a/b@c.db", "sqlite:///a/b@c.db" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *masked = vs_queue_store_mask (cases[i].location);

    g_assert_cmpstr (masked, ==, cases[i].masked);
  }
}

/* ---- killed at any moment ---- */

static void
test_killed (Place *place, gconstpointer data)
{
  kill_many (self_path, place->location);
}

int
main (int argc, char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "--play"))
    return kill_play (argv[2], argv[3]);
  self_path = g_strdup (argv[0]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/queue-store/memory", test_memory);
  g_test_add_func ("/queue-store/masks", test_masks);
#define ADD(path, func) g_test_add (path, Place, NULL, set_up, func, tear_down)
  ADD ("/queue-store/sqlite/comes-back", test_comes_back);
  ADD ("/queue-store/sqlite/renumbering", test_renumbering);
  ADD ("/queue-store/sqlite/foreign", test_foreign);
  ADD ("/queue-store/sqlite/other-owner", test_other_owner);
  ADD ("/queue-store/sqlite/bad-files", test_bad_files);
  ADD ("/queue-store/sqlite/killed", test_killed);
  return g_test_run ();
}
