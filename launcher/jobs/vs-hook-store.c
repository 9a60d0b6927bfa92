/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Webhooks; their deliveries are in vs-hook-queue.c. */
#include "jobs/vs-hook-store.h"

#define COLUMNS                                                                \
  "id, url, events, secret, owner, everyone, configured, enabled, reason, "    \
  "failures, failing_since, ready, created"

void
vs_hook_free (VsHook *self)
{
  if (!self)
    return;
  g_free (self->id);
  g_free (self->url);
  g_free (self->events);
  g_free (self->secret);
  g_free (self->owner);
  g_free (self->reason);
  g_free (self);
}

static VsHook *
read_hook (VsDbRows *rows)
{
  VsHook *self = g_new0 (VsHook, 1);

  self->id = g_strdup (vs_db_rows_text (rows, 0));
  self->url = g_strdup (vs_db_rows_text (rows, 1));
  self->events = g_strdup (vs_db_rows_text (rows, 2));
  self->secret = g_strdup (vs_db_rows_text (rows, 3));
  self->owner = g_strdup (vs_db_rows_text (rows, 4));
  self->everyone = vs_db_rows_int (rows, 5) != 0;
  self->configured = vs_db_rows_int (rows, 6) != 0;
  self->enabled = vs_db_rows_int (rows, 7) != 0;
  self->reason = g_strdup (vs_db_rows_text (rows, 8));
  self->failures = vs_db_rows_int (rows, 9);
  self->failing_since = vs_db_rows_int (rows, 10);
  self->ready = vs_db_rows_int (rows, 11);
  self->created = vs_db_rows_int (rows, 12);
  return self;
}

static gboolean
insert (VsDb *db, const VsHook *hook, GError **error)
{
  return vs_db_run (db, error,
      "INSERT INTO webhooks (id, url, events, secret, owner, everyone, "
      "configured, enabled, failures, failing_since, ready, created) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, 0, 0, ?)",
      "sssssiii", hook->id, hook->url, hook->events, hook->secret, hook->owner,
      (gint64) hook->everyone, (gint64) hook->configured, hook->created);
}

gboolean
vs_hook_store_add (
    VsDb *db, const VsHook *hook, const VsRepeat *repeat, GError **error)
{
  if (!vs_db_begin (db, error))
    return FALSE;
  if (insert (db, hook, error) &&
      vs_repeat_note (db, repeat, hook->id, hook->created, error))
    return vs_db_commit (db, error);
  vs_db_rollback (db);
  return FALSE;
}

static VsHook *
find_configured (VsDb *db, GError **error)
{
  VsDbRows *rows = vs_db_query (
      db, "SELECT " COLUMNS " FROM webhooks WHERE configured = 1", "");
  g_autoptr (VsHook) hook = vs_db_rows_next (rows) ? read_hook (rows) : NULL;

  return vs_db_rows_free (rows, error) ? g_steal_pointer (&hook) : NULL;
}

/* What waits for the same endpoint goes on waiting. */
gboolean
vs_hook_store_configure (VsDb *db, const VsHook *hook, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (VsHook) old = find_configured (db, &reason);

  if (reason) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  if (old && hook && g_str_equal (old->url, hook->url))
    return vs_db_run (db, error,
        "UPDATE webhooks SET events = ?, secret = ? WHERE id = ?", "sss",
        hook->events, hook->secret, old->id);
  if (old && !vs_hook_store_remove (db, old->id, error))
    return FALSE;
  return !hook || insert (db, hook, error);
}

VsHook *
vs_hook_store_get (VsDb *db, const gchar *id, GError **error)
{
  VsDbRows *rows = vs_db_query (
      db, "SELECT " COLUMNS " FROM webhooks WHERE id = ?", "s", id);
  g_autoptr (VsHook) hook = vs_db_rows_next (rows) ? read_hook (rows) : NULL;

  if (!vs_db_rows_free (rows, error))
    return NULL;
  if (!hook)
    g_set_error_literal (
        error, VS_ERROR, VS_ERROR_NOT_FOUND, "There is no such webhook.");
  return g_steal_pointer (&hook);
}

GPtrArray *
vs_hook_store_list (VsDb *db, const gchar *owner, const gchar *after,
    guint limit, GError **error)
{
  g_autoptr (GPtrArray) hooks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_hook_free);
  VsDbRows *rows = vs_db_query (db,
      "SELECT " COLUMNS " FROM webhooks WHERE (?1 IS NULL OR owner = ?1) AND "
      "(?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3",
      "ssi", owner, after, (gint64) limit);

  while (vs_db_rows_next (rows))
    g_ptr_array_add (hooks, read_hook (rows));
  return vs_db_rows_free (rows, error) ? g_steal_pointer (&hooks) : NULL;
}

gint64
vs_hook_store_count (VsDb *db)
{
  VsDbRows *rows = vs_db_query (db, "SELECT count (*) FROM webhooks", "");
  gint64 count = vs_db_rows_next (rows) ? vs_db_rows_int (rows, 0) : 0;

  (void) vs_db_rows_free (rows, NULL);
  return count;
}

gboolean
vs_hook_store_remove (VsDb *db, const gchar *id, GError **error)
{
  if (!vs_db_begin (db, error))
    return FALSE;
  if (vs_db_run (
          db, error, "DELETE FROM deliveries WHERE webhook = ?", "s", id) &&
      vs_db_run (db, error, "DELETE FROM webhooks WHERE id = ?", "s", id))
    return vs_db_commit (db, error);
  vs_db_rollback (db);
  return FALSE;
}

gboolean
vs_hook_store_enable (VsDb *db, const gchar *id, GError **error)
{
  return vs_db_run (db, error,
      "UPDATE webhooks SET enabled = 1, reason = NULL, failures = 0, "
      "failing_since = 0, ready = 0 WHERE id = ?",
      "s", id);
}
