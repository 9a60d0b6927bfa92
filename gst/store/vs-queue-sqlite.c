/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sqlite:///path: a queue in a file. WAL and synchronous=FULL: what is
 * committed has survived when commit () returns. One channel at a time has
 * the file (a lock beside it, which the kernel lets go of when the process
 * dies); anybody may read it, and insert items with the sqlite3 tool. */
#include "core/vs-error.h"
#include "store/vs-queue-backend.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define STEP "4294967296" /* between places: room to insert */
#define BUSY_MS 2000
#define LOOK_US G_USEC_PER_SEC
#define APPLICATION_ID 1450406737 /* "VsqQ" */

/* The schema, step by step; user_version is the number of steps made. */
static const gchar *const steps[] = {
  "CREATE TABLE items (place INTEGER PRIMARY KEY, id TEXT UNIQUE, "
  "json TEXT NOT NULL);"
  "CREATE TABLE cursor (one INTEGER PRIMARY KEY CHECK (one = 1), "
  "json TEXT NOT NULL);"
  "CREATE TABLE refused (json TEXT NOT NULL, "
  "at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);",
};

typedef struct {
  gchar *path;
  gchar *run;
  guint64 next; /* of ids for foreign items */
  gint lock_fd;
  sqlite3 *db;
  gint64 data_version;
} Sqlite;

static gboolean
fail (Sqlite *self, const gchar *what, GError **error)
{
  gint code = sqlite3_errcode (self->db);

  g_set_error (error, VS_ERROR,
      code == SQLITE_FULL                            ? VS_ERROR_NO_SPACE
      : code == SQLITE_BUSY || code == SQLITE_LOCKED ? VS_ERROR_UNAVAILABLE
                                                     : VS_ERROR_NO_OUTPUT,
      "The queue in “%s” cannot be %s: %s.", self->path, what,
      sqlite3_errmsg (self->db));
  return FALSE;
}

static gboolean
run_sql (Sqlite *self, const gchar *sql, GError **error)
{
  return sqlite3_exec (self->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
         fail (self, "written", error);
}

/* One statement with up to two texts; all rows are passed over. */
static gboolean
run_with (Sqlite *self, const gchar *sql, const gchar *one, const gchar *other,
    GError **error)
{
  sqlite3_stmt *statement = NULL;
  gint code = sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL);

  if (code == SQLITE_OK && one != NULL)
    code = sqlite3_bind_text (statement, 1, one, -1, SQLITE_STATIC);
  if (code == SQLITE_OK && other != NULL)
    code = sqlite3_bind_text (statement, 2, other, -1, SQLITE_STATIC);
  if (code == SQLITE_OK) {
    do
      code = sqlite3_step (statement);
    while (code == SQLITE_ROW);
  }
  if (code != SQLITE_DONE)
    fail (self, "written", error);
  sqlite3_finalize (statement);
  return code == SQLITE_DONE;
}

/* The first number of the first row; -1 where there is none. */
static gint64
get_number (Sqlite *self, const gchar *sql, const gchar *text)
{
  sqlite3_stmt *statement = NULL;
  gint64 number = -1;

  if (sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL) == SQLITE_OK &&
      (text == NULL || sqlite3_bind_text (statement, 1, text, -1,
                           SQLITE_STATIC) == SQLITE_OK) &&
      sqlite3_step (statement) == SQLITE_ROW)
    number = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return number;
}

static gboolean
finish (Sqlite *self, gboolean ok, GError **error)
{
  if (ok && sqlite3_exec (self->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  if (ok)
    fail (self, "written", error);
  sqlite3_exec (self->db, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}

/* ---- reading ---- */

static gboolean
put_aside (Sqlite *self, sqlite3_stmt *row, GError **error)
{
  g_autofree gchar *place =
      g_strdup_printf ("%lld", sqlite3_column_int64 (row, 0));

  return run_with (self,
             "INSERT INTO refused (json) SELECT json FROM items "
             "WHERE place = CAST (?1 AS INTEGER)",
             place, NULL, error) &&
         run_with (self, "DELETE FROM items WHERE place = CAST (?1 AS INTEGER)",
             place, NULL, error);
}

static gboolean
write_back (
    Sqlite *self, sqlite3_stmt *row, const VsQueueItem *item, GError **error)
{
  g_autofree gchar *json = vs_queue_item_to_json (item);
  g_autofree gchar *sql = g_strdup_printf (
      "UPDATE OR REPLACE items SET id = ?1, json = ?2 WHERE place = %lld",
      sqlite3_column_int64 (row, 0));

  return run_with (self, sql, item->id, json, error);
}

/* A row is changed or removed after it was read, and only that row. */
static gboolean
read_rows (Sqlite *self, GPtrArray *items, GPtrArray *refused, GError **error)
{
  g_autoptr (GHashTable) seen =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sqlite3_stmt *rows = NULL;
  gint code = sqlite3_prepare_v2 (self->db,
      "SELECT place, id, json FROM items ORDER BY place", -1, &rows, NULL);
  gboolean ok = code == SQLITE_OK;

  while (ok && (code = sqlite3_step (rows)) == SQLITE_ROW) {
    const gchar *id = (const gchar *) sqlite3_column_text (rows, 1);
    const gchar *json = (const gchar *) sqlite3_column_text (rows, 2);
    gboolean changed;
    VsQueueItem *item = vs_queue_adopt (json != NULL ? json : "",
        sqlite3_column_bytes (rows, 2), self->run, &self->next, seen, NULL,
        &changed, refused);

    if (item == NULL)
      ok = put_aside (self, rows, error);
    else {
      g_ptr_array_add (items, item);
      if (changed || g_strcmp0 (id, item->id) != 0)
        ok = write_back (self, rows, item, error);
    }
  }
  if (ok && code != SQLITE_DONE)
    ok = fail (self, "read", error);
  sqlite3_finalize (rows);
  return ok;
}

static gboolean
read_list (Sqlite *self, GPtrArray *items, GPtrArray *refused, GError **error)
{
  if (!run_sql (self, "BEGIN IMMEDIATE", error))
    return FALSE;
  self->data_version = get_number (self, "PRAGMA data_version", NULL);
  return finish (self, read_rows (self, items, refused, error), error);
}

static gchar *
read_cursor (Sqlite *self)
{
  sqlite3_stmt *row = NULL;
  gchar *cursor = NULL;

  if (sqlite3_prepare_v2 (
          self->db, "SELECT json FROM cursor", -1, &row, NULL) == SQLITE_OK &&
      sqlite3_step (row) == SQLITE_ROW)
    cursor = g_strdup ((const gchar *) sqlite3_column_text (row, 0));
  sqlite3_finalize (row);
  return cursor;
}

static gboolean
load (gpointer data, GPtrArray *items, gchar **cursor, GPtrArray *refused,
    GError **error)
{
  if (!read_list (data, items, refused, error))
    return FALSE;
  *cursor = read_cursor (data);
  return TRUE;
}

static VsQueueLook
look (gpointer data, gboolean force, GPtrArray *items, GPtrArray *refused,
    GError **error)
{
  Sqlite *self = data;

  if (!force &&
      get_number (self, "PRAGMA data_version", NULL) == self->data_version)
    return VS_QUEUE_LOOK_SAME;
  return read_list (self, items, refused, error) ? VS_QUEUE_LOOK_LIST
                                                 : VS_QUEUE_LOOK_FAILED;
}

/* ---- writing ---- */

static gboolean
make_room (Sqlite *self, GError **error)
{
  return run_sql (self,
      "CREATE TEMP TABLE moved AS SELECT id, json FROM items ORDER BY place;"
      "DELETE FROM items;"
      "INSERT INTO items (place, id, json) SELECT rowid * " STEP
      ", id, json FROM temp.moved ORDER BY rowid;"
      "DROP TABLE temp.moved;",
      error);
}

static gboolean
insert_before (Sqlite *self, const VsQueueItem *item, const gchar *json,
    const gchar *before, GError **error)
{
  static const gchar above[] = "SELECT place FROM items WHERE id = ?1";
  static const gchar below[] = "SELECT max (place) FROM items WHERE place < "
                               "(SELECT place FROM items WHERE id = ?1)";
  static const gchar has_below[] =
      "SELECT count (*) FROM (SELECT 1 FROM items WHERE place < "
      "(SELECT place FROM items WHERE id = ?1) LIMIT 1)";
  g_autofree gchar *sql = NULL;
  gint64 high = get_number (self, above, before), low, place;

  if (get_number (self, has_below, before) > 0) {
    low = get_number (self, below, before);
    if (high - low < 2) {
      if (!make_room (self, error))
        return FALSE;
      high = get_number (self, above, before);
      low = get_number (self, below, before);
    }
    place = low + (high - low) / 2;
  } else
    place = high - g_ascii_strtoll (STEP, NULL, 10);
  sql = g_strdup_printf ("INSERT INTO items (place, id, json) VALUES "
                         "(%" G_GINT64_FORMAT ", ?1, ?2)",
      place);
  return run_with (self, sql, item->id, json, error);
}

static gboolean
insert (Sqlite *self, const VsQueueEdit *edit, GError **error)
{
  g_autofree gchar *json = vs_queue_item_to_json (edit->item);

  /* asked for again after a failure, it may be there already */
  if (!run_with (
          self, "DELETE FROM items WHERE id = ?1", edit->item->id, NULL, error))
    return FALSE;
  if (edit->id != NULL &&
      get_number (self, "SELECT 1 FROM items WHERE id = ?1", edit->id) == 1)
    return insert_before (self, edit->item, json, edit->id, error);
  return run_with (self,
      "INSERT INTO items (place, id, json) VALUES ((SELECT "
      "coalesce (max (place), 0) FROM items) + " STEP ", ?1, ?2)",
      edit->item->id, json, error);
}

static gboolean
make_edit (Sqlite *self, const VsQueueEdit *edit, GError **error)
{
  g_autofree gchar *json = NULL;

  switch (edit->kind) {
    case VS_QUEUE_EDIT_INSERT:
      return insert (self, edit, error);
    case VS_QUEUE_EDIT_UPDATE:
      json = vs_queue_item_to_json (edit->item);
      return run_with (self, "UPDATE items SET json = ?2 WHERE id = ?1",
          edit->item->id, json, error);
    case VS_QUEUE_EDIT_REMOVE:
      return run_with (
          self, "DELETE FROM items WHERE id = ?1", edit->id, NULL, error);
    case VS_QUEUE_EDIT_CLEAR:
    default:
      return run_sql (self, "DELETE FROM items", error);
  }
}

static gboolean
commit (gpointer data, GPtrArray *edits, const gchar *cursor, guint64 batch,
    GError **error)
{
  Sqlite *self = data;
  gboolean edited = edits != NULL && edits->len > 0;
  gboolean ok = TRUE;

  /* a position alone may be lost with the machine, not with the process */
  if (!run_sql (self,
          edited ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
          error))
    return FALSE;
  if (!run_sql (self, "BEGIN IMMEDIATE", error))
    return FALSE;
  for (guint i = 0; edits != NULL && i < edits->len && ok; i++)
    ok = make_edit (self, g_ptr_array_index (edits, i), error);
  if (ok && cursor != NULL)
    ok = run_with (self, "INSERT OR REPLACE INTO cursor VALUES (1, ?1)", cursor,
        NULL, error);
  return finish (self, ok, error);
}

/* ---- life ---- */

static gint
get_fd (gpointer data)
{
  return -1;
}

static gint64
get_interval (gpointer data)
{
  return LOOK_US;
}

static void
close_file (gpointer data)
{
  Sqlite *self = data;

  sqlite3_close (self->db);
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_free (self->path);
  g_free (self->run);
  g_free (self);
}

static gboolean
lock_file (Sqlite *self, GError **error)
{
  g_autofree gchar *path = g_strconcat (self->path, ".lock", NULL);

  self->lock_fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (self->lock_fd < 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
        "The queue's lock “%s” cannot be made: %s.", path, g_strerror (errno));
    return FALSE;
  }
  if (flock (self->lock_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
      "The queue in “%s” is played by another channel; stop that one first.",
      self->path);
  return FALSE;
}

static gboolean
migrate (Sqlite *self, GError **error)
{
  gint64 version = get_number (self, "PRAGMA user_version", NULL);
  gint64 owner = get_number (self, "PRAGMA application_id", NULL);

  if (version < 0 || owner < 0)
    return fail (self, "read", error);
  if ((owner != APPLICATION_ID && (owner != 0 || version != 0)) ||
      version > (gint64) G_N_ELEMENTS (steps)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "“%s” is no queue that this version of vstream can read.", self->path);
    return FALSE;
  }
  for (; version < (gint64) G_N_ELEMENTS (steps); version++) {
    g_autofree gchar *sql =
        g_strdup_printf ("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; "
                         "PRAGMA application_id = %d; COMMIT;",
            steps[version], (gint) version + 1, APPLICATION_ID);

    if (!run_sql (self, sql, error)) {
      sqlite3_exec (self->db, "ROLLBACK", NULL, NULL, NULL);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
vs_queue_sqlite_open (VsQueueBackend *backend, const gchar *location,
    const gchar *run, GError **error)
{
  static const VsQueueBackendClass klass = { load, commit, look, get_fd,
    get_interval, close_file };
  const gchar *path = location + strlen ("sqlite:");
  Sqlite *self;

  if (g_str_has_prefix (path, "//"))
    path += 2;
  if (*path == '\0' ||
      (g_str_has_prefix (location, "sqlite://") && *path != '/')) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” names no file: write sqlite:///folder/channel.db.", location);
    return FALSE;
  }
  self = g_new0 (Sqlite, 1);
  self->path = g_uri_unescape_string (path, NULL);
  if (self->path == NULL)
    self->path = g_strdup (path);
  self->run = g_strdup (run);
  self->lock_fd = -1;
  backend->klass = &klass;
  backend->self = self;
  if (!lock_file (self, error)) {
    close_file (self);
    return FALSE;
  }
  if (sqlite3_open_v2 (self->path, &self->db,
          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK) {
    fail (self, "opened", error);
    close_file (self);
    return FALSE;
  }
  sqlite3_busy_timeout (self->db, BUSY_MS);
  if (!run_sql (self, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
          error) ||
      !migrate (self, error)) {
    close_file (self);
    return FALSE;
  }
  return TRUE;
}
