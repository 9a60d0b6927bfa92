/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/vs-channel-store.h"

#include "jobs/vs-event-log.h"
#include "jobs/vs-hook-store.h"

static VsChannel *
read_channel (VsDbRows *rows)
{
  VsChannel *self = g_new0 (VsChannel, 1);

  self->id = g_strdup (vs_db_rows_text (rows, 0));
  self->name = g_strdup (vs_db_rows_text (rows, 1));
  self->owner = g_strdup (vs_db_rows_text (rows, 2));
  self->preset = g_strdup (vs_db_rows_text (rows, 3));
  self->spec = g_strdup (vs_db_rows_text (rows, 4));
  self->filler = g_strdup (vs_db_rows_text (rows, 5));
  self->state = vs_state_from_name (vs_db_rows_text (rows, 6));
  self->wanted = vs_db_rows_int (rows, 7) != 0;
  self->version = vs_db_rows_int (rows, 8);
  self->created = vs_db_rows_int (rows, 9);
  self->error_code = g_strdup (vs_db_rows_text (rows, 10));
  self->error = g_strdup (vs_db_rows_text (rows, 11));
  return self;
}

GPtrArray *
vs_channel_store_load (VsDb *db, GError **error)
{
  g_autoptr (GPtrArray) channels =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_channel_free);
  VsDbRows *rows = vs_db_query (db,
      "SELECT id, name, owner, preset, spec, filler, state, wanted, version, "
      "created, error_code, error FROM channels ORDER BY id DESC",
      "");

  while (vs_db_rows_next (rows))
    g_ptr_array_add (channels, read_channel (rows));
  return vs_db_rows_free (rows, error) ? g_steal_pointer (&channels) : NULL;
}

static JsonObject *
describe (const VsChannel *channel)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", channel->id);
  json_object_set_string_member (object, "name", channel->name);
  json_object_set_string_member (
      object, "state", vs_state_name (channel->state));
  if (channel->error)
    json_object_set_string_member (object, "message", channel->error);
  return object;
}

gchar *
vs_channel_store_describe (const VsChannel *channel)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (root, describe (channel));
  return json_to_string (root, FALSE);
}

/* What it was before, as the database says. */
static VsState
get_state (VsDb *db, const gchar *id)
{
  VsDbRows *rows =
      vs_db_query (db, "SELECT state FROM channels WHERE id = ?", "s", id);
  VsState state = vs_db_rows_next (rows)
                      ? vs_state_from_name (vs_db_rows_text (rows, 0))
                      : VS_STATE_ILLEGAL;

  (void) vs_db_rows_free (rows, NULL);
  return state;
}

static gboolean
tell_hooks (VsDb *db, const VsChannel *channel, GError **error)
{
  g_autoptr (JsonObject) data = describe (channel);
  g_autofree gchar *type =
      g_strconcat ("channel.", vs_state_name (channel->state), NULL);

  return vs_hook_store_tell (db, type, channel->owner, data, error);
}

/* In a transaction that is open; ends it. @news: its state is another. */
static gboolean
finish (VsDb *db, const VsChannel *channel, gboolean ok, gboolean news,
    gint64 *event_id, GError **error)
{
  g_autofree gchar *data = vs_channel_store_describe (channel);

  if (ok)
    *event_id = vs_event_log_add (db, "channel", channel->owner, data, error);
  if (ok && *event_id != 0 && (!news || tell_hooks (db, channel, error)))
    return vs_db_commit (db, error);
  vs_db_rollback (db);
  return FALSE;
}

gboolean
vs_channel_store_add (VsDb *db, const VsChannel *channel,
    const VsRepeat *repeat, gint64 *event_id, GError **error)
{
  gboolean ok;

  if (!vs_db_begin (db, error))
    return FALSE;
  ok =
      vs_db_run (db, error,
          "INSERT INTO channels (id, name, owner, preset, spec, filler, state, "
          "wanted, version, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          "sssssssiii", channel->id, channel->name, channel->owner,
          channel->preset, channel->spec, channel->filler,
          vs_state_name (channel->state), (gint64) channel->wanted,
          channel->version, channel->created) &&
      vs_repeat_note (db, repeat, channel->id, channel->created, error);
  return finish (db, channel, ok, TRUE, event_id, error);
}

gboolean
vs_channel_store_update (
    VsDb *db, const VsChannel *channel, gint64 *event_id, GError **error)
{
  VsState before;
  gboolean ok;

  if (!vs_db_begin (db, error))
    return FALSE;
  before = get_state (db, channel->id);
  ok = vs_db_run (db, error,
      "UPDATE channels SET name = ?, filler = ?, state = ?, wanted = ?, "
      "version = ?, error_code = ?, error = ? WHERE id = ?",
      "sssiisss", channel->name, channel->filler,
      vs_state_name (channel->state), (gint64) channel->wanted,
      channel->version, channel->error_code, channel->error, channel->id);
  return finish (db, channel, ok, before != channel->state, event_id, error);
}

gboolean
vs_channel_store_remove (VsDb *db, const gchar *id, GError **error)
{
  return vs_db_run (db, error, "DELETE FROM channels WHERE id = ?", "s", id);
}
