/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-event-log.h"

#include <json-glib/json-glib.h>

#define KEPT 10000

/* How many come between two clean-ups. */
#define CLEAN_EACH 256

gchar *
vs_event_log_describe_job (const VsJob *job)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", job->id);
  json_object_set_string_member (
      object, "type", job->life == VS_LIFE_LIVE ? "live" : "vod");
  json_object_set_string_member (object, "state", vs_state_name (job->state));
  json_object_set_int_member (object, "attempts", job->attempts);
  if (job->asset)
    json_object_set_string_member (object, "asset_id", job->asset);
  if (job->error)
    json_object_set_string_member (object, "message", job->error);
  json_node_take_object (root, object);
  return json_to_string (root, FALSE);
}

gint64
vs_event_log_get_last (VsDb *db)
{
  VsDbRows *rows = vs_db_query (db, "SELECT max (id) FROM events", "");
  gint64 id = vs_db_rows_next (rows) ? vs_db_rows_int (rows, 0) : 0;

  (void) vs_db_rows_free (rows, NULL);
  return id;
}

gint64
vs_event_log_add (VsDb *db, const gchar *type, const gchar *owner,
    const gchar *data, GError **error)
{
  gint64 id;

  if (!vs_db_run (db, error,
          "INSERT INTO events (time, type, owner, data) VALUES (?, ?, ?, ?)",
          "isss", g_get_real_time (), type, owner, data))
    return 0;
  id = vs_event_log_get_last (db);
  if (id % CLEAN_EACH == 0 &&
      !vs_db_run (
          db, error, "DELETE FROM events WHERE id <= ?", "i", id - KEPT))
    return 0;
  return id;
}

gint64
vs_event_log_add_job (VsDb *db, const VsJob *job, GError **error)
{
  g_autofree gchar *data = vs_event_log_describe_job (job);

  return vs_event_log_add (db, "job", job->owner, data, error);
}

void
vs_event_log_read (
    VsDb *db, gint64 after, gint64 limit, VsEventFunc func, gpointer user_data)
{
  VsDbRows *rows = vs_db_query (db,
      "SELECT id, type, data FROM events WHERE id > ? ORDER BY id LIMIT ?",
      "ii", after, limit);

  while (vs_db_rows_next (rows))
    func (vs_db_rows_int (rows, 0), vs_db_rows_text (rows, 1),
        vs_db_rows_text (rows, 2), user_data);
  (void) vs_db_rows_free (rows, NULL);
}
