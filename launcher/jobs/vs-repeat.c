/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-repeat.h"

#define KEPT_US (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)

void
vs_repeat_clear (VsRepeat *self)
{
  g_clear_pointer (&self->owner, g_free);
  g_clear_pointer (&self->key, g_free);
  g_clear_pointer (&self->digest, g_free);
}

gchar *
vs_repeat_find (VsDb *db, const VsRepeat *self, gint64 now, gboolean *same)
{
  VsDbRows *rows = vs_db_query (db,
      "SELECT digest, subject FROM replies WHERE owner = ? AND key = ? AND "
      "created >= ?",
      "ssi", self->owner, self->key, now - KEPT_US);
  gchar *subject = NULL;

  if (vs_db_rows_next (rows)) {
    *same = g_str_equal (vs_db_rows_text (rows, 0), self->digest);
    subject = g_strdup (vs_db_rows_text (rows, 1));
  }
  (void) vs_db_rows_free (rows, NULL);
  return subject;
}

gboolean
vs_repeat_note (VsDb *db, const VsRepeat *self, const gchar *subject,
    gint64 now, GError **error)
{
  if (!self || !self->key)
    return TRUE;
  return vs_db_run (db, error, "DELETE FROM replies WHERE created < ?", "i",
             now - KEPT_US) &&
         vs_db_run (db, error,
             "INSERT INTO replies (owner, key, digest, subject, created) "
             "VALUES (?, ?, ?, ?, ?)",
             "ssssi", self->owner, self->key, self->digest, subject, now);
}
