/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-asset-store.h"

#include "jobs/vs-hook-store.h"

/* Before there were titles, assets had none. */
#define SELECT                                                                 \
  "SELECT assets.id, assets.state, assets.owner, assets.preset, "              \
  "assets.input, assets.job, assets.created, assets.error_code, "              \
  "assets.error, IFNULL (assets.title, 'untitled'), jobs.result FROM assets "  \
  "LEFT JOIN jobs ON jobs.id = assets.job "

void
vs_asset_free (VsAsset *self)
{
  if (!self)
    return;
  g_free (self->id);
  g_free (self->owner);
  g_free (self->preset);
  g_free (self->input);
  g_free (self->job);
  g_free (self->error_code);
  g_free (self->error);
  g_free (self->title);
  g_free (self->result);
  g_free (self);
}

static VsAsset *
read_asset (VsDbRows *rows)
{
  VsAsset *self = g_new0 (VsAsset, 1);

  self->id = g_strdup (vs_db_rows_text (rows, 0));
  self->state = vs_state_from_name (vs_db_rows_text (rows, 1));
  self->owner = g_strdup (vs_db_rows_text (rows, 2));
  self->preset = g_strdup (vs_db_rows_text (rows, 3));
  self->input = g_strdup (vs_db_rows_text (rows, 4));
  self->job = g_strdup (vs_db_rows_text (rows, 5));
  self->created = vs_db_rows_int (rows, 6);
  self->error_code = g_strdup (vs_db_rows_text (rows, 7));
  self->error = g_strdup (vs_db_rows_text (rows, 8));
  self->title = g_strdup (vs_db_rows_text (rows, 9));
  self->result = g_strdup (vs_db_rows_text (rows, 10));
  return self;
}

gboolean
vs_asset_store_add (
    VsDb *db, const VsJob *job, const gchar *title, GError **error)
{
  return vs_db_run (db, error,
      "INSERT INTO assets (id, state, owner, preset, input, job, created, "
      "title) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      "ssssssis", job->asset, vs_state_name (vs_state_first (VS_LIFE_ASSET)),
      job->owner, job->preset, job->input, job->id, job->created, title);
}

/* What a job's state means for its asset; FALSE: nothing. */
static gboolean
get_event (const VsJob *job, VsEvent *event)
{
  if (job->state == VS_STATE_QUEUED)
    *event = VS_EVENT_RETRY;
  else if (job->state == VS_STATE_SUCCEEDED)
    *event = VS_EVENT_FINISH;
  else if (vs_state_is_final (job->life, job->state))
    *event = VS_EVENT_FAIL;
  else
    return FALSE;
  return TRUE;
}

gboolean
vs_asset_store_follow (VsDb *db, const VsJob *job, GError **error)
{
  g_autoptr (VsAsset) asset = NULL;
  VsEvent event;
  VsState next;

  if (!job->asset || !get_event (job, &event))
    return TRUE;
  asset = vs_asset_store_get (db, job->asset, NULL);
  next = asset ? vs_state_next (VS_LIFE_ASSET, asset->state, event, NULL)
               : VS_STATE_ILLEGAL;
  if (next == VS_STATE_ILLEGAL) /* gone, or prepared again by a lost worker */
    return TRUE;
  return vs_db_run (db, error,
             "UPDATE assets SET state = ?, error_code = ?, error = ? WHERE id "
             "= ?",
             "ssss", vs_state_name (next), job->error_code, job->error,
             job->asset) &&
         vs_hook_store_tell_asset (db, asset, next, error);
}

VsAsset *
vs_asset_store_get (VsDb *db, const gchar *id, GError **error)
{
  VsDbRows *rows = vs_db_query (db, SELECT "WHERE assets.id = ?", "s", id);
  g_autoptr (VsAsset) asset = vs_db_rows_next (rows) ? read_asset (rows) : NULL;

  if (!vs_db_rows_free (rows, error))
    return NULL;
  if (!asset)
    g_set_error_literal (
        error, VS_ERROR, VS_ERROR_NOT_FOUND, "There is no such asset.");
  return g_steal_pointer (&asset);
}

GPtrArray *
vs_asset_store_list (VsDb *db, const gchar *owner, const gchar *after,
    guint limit, GError **error)
{
  g_autoptr (GPtrArray) assets =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_asset_free);
  VsDbRows *rows = vs_db_query (db,
      SELECT "WHERE (?1 IS NULL OR assets.owner = ?1) AND (?2 IS NULL OR "
             "assets.id < ?2) ORDER BY assets.id DESC LIMIT ?3",
      "ssi", owner, after, (gint64) limit);

  while (vs_db_rows_next (rows))
    g_ptr_array_add (assets, read_asset (rows));
  return vs_db_rows_free (rows, error) ? g_steal_pointer (&assets) : NULL;
}

gboolean
vs_asset_store_remove (VsDb *db, const gchar *id, GError **error)
{
  return vs_db_run (db, error, "DELETE FROM assets WHERE id = ?", "s", id);
}
