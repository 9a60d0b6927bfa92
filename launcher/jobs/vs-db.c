/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-db.h"

#include "jobs/vs-schema.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Another process holds the file for a token's insert and no longer; meanwhile
 * nobody is answered. */
#define BUSY_MS 1000

/* The launcher is to stay small: pages kept in memory, KiB. */
#define CACHE_KIB 1024

struct _VsDb {
  sqlite3 *handle;
  gchar *path;
  GHashTable *statements; /* SQL literal → sqlite3_stmt */
};

struct _VsDbRows {
  VsDb *db;
  sqlite3_stmt *statement;
  GError *error;
};

static VsError
code_of (gint code)
{
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return VS_ERROR_UNAVAILABLE;
    case SQLITE_FULL:
      return VS_ERROR_NO_SPACE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return VS_ERROR_BAD_DATA;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_IOERR:
      return VS_ERROR_NO_OUTPUT;
    default:
      return VS_ERROR_INTERNAL;
  }
}

static gboolean
refuse (VsDb *self, gint code, GError **error)
{
  g_set_error (error, VS_ERROR, code_of (code),
      "The database “%s” cannot be used: %s.", self->path,
      self->handle ? sqlite3_errmsg (self->handle) : sqlite3_errstr (code));
  return FALSE;
}

static gboolean
execute (VsDb *self, const gchar *sql, GError **error)
{
  gint code = sqlite3_exec (self->handle, sql, NULL, NULL, NULL);

  return code == SQLITE_OK || refuse (self, code, error);
}

static gint64
read_number (VsDb *self, const gchar *sql, gint *code)
{
  sqlite3_stmt *statement = NULL;
  gint64 value = -1;

  *code = sqlite3_prepare_v2 (self->handle, sql, -1, &statement, NULL);
  if (*code == SQLITE_OK)
    *code = sqlite3_step (statement);
  if (*code == SQLITE_ROW) {
    value = sqlite3_column_int64 (statement, 0);
    *code = SQLITE_OK;
  }
  sqlite3_finalize (statement);
  return value;
}

static gboolean
migrate_step (VsDb *self, guint version, GError **error)
{
  g_autofree gchar *mark =
      g_strdup_printf ("PRAGMA user_version=%u", version + 1);

  if (!execute (self, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (execute (self, vs_schema_get_step (version), error) &&
      execute (self, mark, error))
    return vs_db_commit (self, error);
  vs_db_rollback (self);
  return FALSE;
}

static gboolean
migrate (VsDb *self, GError **error)
{
  gint code;
  gint64 version = read_number (self, "PRAGMA user_version", &code);

  if (code != SQLITE_OK)
    return refuse (self, code, error);
  if (version > (gint64) vs_schema_count_steps ()) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The database “%s” was written by a later vstream (schema %d, this one "
        "knows %u): use that version, or another state folder.",
        self->path, (gint) version, vs_schema_count_steps ());
    return FALSE;
  }
  for (guint i = (guint) version; i < vs_schema_count_steps (); i++)
    if (!migrate_step (self, i, error))
      return FALSE;
  return TRUE;
}

static gboolean
prepare_file (VsDb *self, GError **error)
{
  g_autofree gchar *cache =
      g_strdup_printf ("PRAGMA cache_size=-%d", CACHE_KIB);

  (void) sqlite3_busy_timeout (self->handle, BUSY_MS);
  return execute (self, "PRAGMA journal_mode=WAL", error) &&
         execute (self, "PRAGMA synchronous=FULL", error) &&
         execute (self, "PRAGMA foreign_keys=ON", error) &&
         execute (self, cache, error) && migrate (self, error);
}

static void
finalize (gpointer statement)
{
  (void) sqlite3_finalize (statement);
}

/* Nobody else may read it: secrets of webhooks are in it. What SQLite puts
 * beside it has its mode. What cannot be made is said by SQLite. */
static void
claim_file (const gchar *path)
{
  gboolean memory = g_str_equal (path, ":memory:");
  gint fd = memory ? -1 : open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (fd >= 0) {
    (void) fchmod (fd, 0600);
    (void) close (fd);
  }
}

VsDb *
vs_db_open (const gchar *path, GError **error)
{
  g_autoptr (VsDb) self = g_new0 (VsDb, 1);
  gint code;

  self->path = g_strdup (path);
  self->statements =
      g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, finalize);
  claim_file (path);
  code = sqlite3_open_v2 (path, &self->handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
  if (code != SQLITE_OK) {
    (void) refuse (self, code, error);
    return NULL;
  }
  return prepare_file (self, error) ? g_steal_pointer (&self) : NULL;
}

void
vs_db_close (VsDb *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->statements);
  (void) sqlite3_close (self->handle);
  g_free (self->path);
  g_free (self);
}

static sqlite3_stmt *
prepare (VsDb *self, const gchar *sql, GError **error)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->statements, sql);
  gint code;

  if (statement)
    return statement;
  code = sqlite3_prepare_v3 (
      self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
  if (code != SQLITE_OK) {
    (void) refuse (self, code, error);
    return NULL;
  }
  g_hash_table_insert (self->statements, (gpointer) sql, statement);
  return statement;
}

static void
bind (sqlite3_stmt *statement, const gchar *types, va_list args)
{
  for (gint i = 0; types[i]; i++) {
    if (types[i] == 'i') {
      (void) sqlite3_bind_int64 (statement, i + 1, va_arg (args, gint64));
    } else if (types[i] == 'd') {
      (void) sqlite3_bind_double (statement, i + 1, va_arg (args, gdouble));
    } else {
      const gchar *text = va_arg (args, const gchar *);

      (void) sqlite3_bind_text (statement, i + 1, text, -1, SQLITE_TRANSIENT);
    }
  }
}

gboolean
vs_db_run (
    VsDb *self, GError **error, const gchar *sql, const gchar *types, ...)
{
  sqlite3_stmt *statement = prepare (self, sql, error);
  gboolean ok = TRUE;
  va_list args;
  gint code;

  if (!statement)
    return FALSE;
  va_start (args, types);
  bind (statement, types, args);
  va_end (args);
  code = sqlite3_step (statement);
  if (code != SQLITE_DONE && code != SQLITE_ROW)
    ok = refuse (self, code, error);
  (void) sqlite3_reset (statement);
  (void) sqlite3_clear_bindings (statement);
  return ok;
}

gint
vs_db_get_changes (VsDb *self)
{
  return sqlite3_changes (self->handle);
}

VsDbRows *
vs_db_query (VsDb *self, const gchar *sql, const gchar *types, ...)
{
  VsDbRows *rows = g_new0 (VsDbRows, 1);
  va_list args;

  rows->db = self;
  rows->statement = prepare (self, sql, &rows->error);
  if (!rows->statement)
    return rows;
  va_start (args, types);
  bind (rows->statement, types, args);
  va_end (args);
  return rows;
}

gboolean
vs_db_rows_next (VsDbRows *self)
{
  gint code;

  if (self->error)
    return FALSE;
  code = sqlite3_step (self->statement);
  if (code == SQLITE_ROW)
    return TRUE;
  if (code != SQLITE_DONE)
    (void) refuse (self->db, code, &self->error);
  return FALSE;
}

const gchar *
vs_db_rows_text (VsDbRows *self, gint column)
{
  return (const gchar *) sqlite3_column_text (self->statement, column);
}

gint64
vs_db_rows_int (VsDbRows *self, gint column)
{
  return sqlite3_column_int64 (self->statement, column);
}

gdouble
vs_db_rows_double (VsDbRows *self, gint column)
{
  return sqlite3_column_double (self->statement, column);
}

gboolean
vs_db_rows_free (VsDbRows *self, GError **error)
{
  gboolean ok = self->error == NULL;

  if (self->statement) {
    (void) sqlite3_reset (self->statement);
    (void) sqlite3_clear_bindings (self->statement);
  }
  if (!ok)
    g_propagate_error (error, self->error);
  g_free (self);
  return ok;
}

gboolean
vs_db_begin (VsDb *self, GError **error)
{
  return vs_db_run (self, error, "BEGIN IMMEDIATE", "");
}

gboolean
vs_db_commit (VsDb *self, GError **error)
{
  if (vs_db_run (self, error, "COMMIT", ""))
    return TRUE;
  vs_db_rollback (self);
  return FALSE;
}

void
vs_db_rollback (VsDb *self)
{
  if (!sqlite3_get_autocommit (self->handle))
    (void) vs_db_run (self, NULL, "ROLLBACK", "");
}
