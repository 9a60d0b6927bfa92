/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-upload-store.h"

#define SELECT                                                                 \
  "SELECT id, owner, length, offset, title, metadata, type, job, archived, "   \
  "created, expires FROM uploads "

void
vs_upload_free (VsUpload *self)
{
  if (!self)
    return;
  g_free (self->id);
  g_free (self->owner);
  g_free (self->title);
  g_free (self->metadata);
  g_free (self->type);
  g_free (self->job);
  g_free (self);
}

gboolean
vs_upload_is_whole (const VsUpload *self)
{
  return self->length >= 0 && self->offset == self->length;
}

static VsUpload *
read_upload (VsDbRows *rows)
{
  VsUpload *self = g_new0 (VsUpload, 1);

  self->id = g_strdup (vs_db_rows_text (rows, 0));
  self->owner = g_strdup (vs_db_rows_text (rows, 1));
  self->length = vs_db_rows_int (rows, 2);
  self->offset = vs_db_rows_int (rows, 3);
  self->title = g_strdup (vs_db_rows_text (rows, 4));
  self->metadata = g_strdup (vs_db_rows_text (rows, 5));
  self->type = g_strdup (vs_db_rows_text (rows, 6));
  self->job = g_strdup (vs_db_rows_text (rows, 7));
  self->archived = vs_db_rows_int (rows, 8) != 0;
  self->created = vs_db_rows_int (rows, 9);
  self->expires = vs_db_rows_int (rows, 10);
  return self;
}

gboolean
vs_upload_store_add (VsDb *db, const VsUpload *upload, GError **error)
{
  return vs_db_run (db, error,
      "INSERT INTO uploads (id, owner, length, offset, title, metadata, "
      "archived, created, expires) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)",
      "ssiissii", upload->id, upload->owner, upload->length, upload->offset,
      upload->title, upload->metadata, upload->created, upload->expires);
}

gboolean
vs_upload_store_note (VsDb *db, const VsUpload *upload, GError **error)
{
  return vs_db_run (db, error,
      "UPDATE uploads SET length = ?, offset = ?, title = ?, type = ?, "
      "expires = ? WHERE id = ?",
      "iissis", upload->length, upload->offset, upload->title, upload->type,
      upload->expires, upload->id);
}

gboolean
vs_upload_store_claim (
    VsDb *db, const gchar *id, const gchar *job, GError **error)
{
  if (!vs_db_run (db, error,
          "UPDATE uploads SET job = ?, expires = 0 WHERE id = ? AND job IS "
          "NULL AND offset = length",
          "ss", job, id))
    return FALSE;
  if (vs_db_get_changes (db) == 1)
    return TRUE;
  g_set_error_literal (error, VS_ERROR, VS_ERROR_NOT_FOUND,
      "The upload is not there any more, or belongs to another job.");
  return FALSE;
}

gboolean
vs_upload_store_set_archived (VsDb *db, const gchar *id, GError **error)
{
  return vs_db_run (
      db, error, "UPDATE uploads SET archived = 1 WHERE id = ?", "s", id);
}

gboolean
vs_upload_store_remove (VsDb *db, const gchar *id, GError **error)
{
  return vs_db_run (db, error, "DELETE FROM uploads WHERE id = ?", "s", id);
}

static VsUpload *
take_one (VsDbRows *rows, GError **error)
{
  g_autoptr (VsUpload) upload =
      vs_db_rows_next (rows) ? read_upload (rows) : NULL;

  if (!vs_db_rows_free (rows, error))
    return NULL;
  if (!upload)
    g_set_error_literal (
        error, VS_ERROR, VS_ERROR_NOT_FOUND, "There is no such upload.");
  return g_steal_pointer (&upload);
}

VsUpload *
vs_upload_store_get (VsDb *db, const gchar *id, GError **error)
{
  return take_one (vs_db_query (db, SELECT "WHERE id = ?", "s", id), error);
}

VsUpload *
vs_upload_store_get_of_job (VsDb *db, const gchar *job)
{
  return take_one (vs_db_query (db, SELECT "WHERE job = ?", "s", job), NULL);
}

static GPtrArray *
take_all (VsDbRows *rows, GError **error)
{
  g_autoptr (GPtrArray) uploads =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_upload_free);

  while (vs_db_rows_next (rows))
    g_ptr_array_add (uploads, read_upload (rows));
  return vs_db_rows_free (rows, error) ? g_steal_pointer (&uploads) : NULL;
}

GPtrArray *
vs_upload_store_list (VsDb *db, const gchar *owner, const gchar *after,
    guint limit, GError **error)
{
  return take_all (vs_db_query (db,
                       SELECT "WHERE (?1 IS NULL OR owner = ?1) AND (?2 IS "
                              "NULL OR id < ?2) ORDER BY id DESC LIMIT ?3",
                       "ssi", owner, after, (gint64) limit),
      error);
}

GPtrArray *
vs_upload_store_list_expired (VsDb *db, gint64 time)
{
  return take_all (
      vs_db_query (db, SELECT "WHERE expires > 0 AND expires <= ?", "i", time),
      NULL);
}

static gint64
take_number (VsDbRows *rows)
{
  gint64 number = vs_db_rows_next (rows) ? vs_db_rows_int (rows, 0) : 0;

  (void) vs_db_rows_free (rows, NULL);
  return number;
}

gint64
vs_upload_store_count_free (VsDb *db, const gchar *owner)
{
  return take_number (vs_db_query (db,
      "SELECT COUNT(*) FROM uploads WHERE owner = ? AND job IS NULL", "s",
      owner));
}

gint64
vs_upload_store_next_expiry (VsDb *db)
{
  return take_number (vs_db_query (
      db, "SELECT MIN(expires) FROM uploads WHERE expires > 0", ""));
}
