/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Deliveries: written with what they tell of, settled after each attempt. */
#include "jobs/vs-hook-store.h"

#include "core/vs-retry.h"
#include "core/vs-webhook.h"
#include "jobs/vs-event-log.h"

#define COLUMNS                                                                \
  "seq, id, webhook, event, type, body, state, attempts, status, duration, "   \
  "error, created, attempted"

/* A delivery is tried again for so long. */
#define DAY_US (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)

static const VsRetryPolicy retries = { G_MAXUINT, 5 * G_USEC_PER_SEC,
  G_GINT64_CONSTANT (4) * 3600 * G_USEC_PER_SEC };

#define STATUS_GONE 410

void
vs_delivery_free (VsDelivery *self)
{
  if (!self)
    return;
  g_free (self->id);
  g_free (self->hook);
  g_free (self->event);
  g_free (self->type);
  g_free (self->body);
  g_free (self->state);
  g_free (self->error);
  g_free (self);
}

static VsDelivery *
read_delivery (VsDbRows *rows)
{
  VsDelivery *self = g_new0 (VsDelivery, 1);

  self->seq = vs_db_rows_int (rows, 0);
  self->id = g_strdup (vs_db_rows_text (rows, 1));
  self->hook = g_strdup (vs_db_rows_text (rows, 2));
  self->event = g_strdup (vs_db_rows_text (rows, 3));
  self->type = g_strdup (vs_db_rows_text (rows, 4));
  self->body = g_strdup (vs_db_rows_text (rows, 5));
  self->state = g_strdup (vs_db_rows_text (rows, 6));
  self->attempts = vs_db_rows_int (rows, 7);
  self->status = vs_db_rows_int (rows, 8);
  self->duration_us = vs_db_rows_int (rows, 9);
  self->error = g_strdup (vs_db_rows_text (rows, 10));
  self->created = vs_db_rows_int (rows, 11);
  self->attempted = vs_db_rows_int (rows, 12);
  return self;
}

static GPtrArray *
read_all (VsDbRows *rows, GError **error)
{
  g_autoptr (GPtrArray) all =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_delivery_free);

  while (vs_db_rows_next (rows))
    g_ptr_array_add (all, read_delivery (rows));
  return vs_db_rows_free (rows, error) ? g_steal_pointer (&all) : NULL;
}

/* Writing ----------------------------------------------------------------- */

static gchar *
write_body (const gchar *type, gint64 now, JsonObject *data)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (GDateTime) second =
      g_date_time_new_from_unix_utc (now / G_USEC_PER_SEC);
  g_autoptr (GDateTime) time = g_date_time_add (second, now % G_USEC_PER_SEC);
  g_autofree gchar *text = g_date_time_format_iso8601 (time);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "type", type);
  json_object_set_string_member (object, "timestamp", text);
  json_object_set_object_member (object, "data", json_object_ref (data));
  json_node_take_object (root, object);
  return json_to_string (root, FALSE);
}

static gint64
count_pending (VsDb *db, const gchar *hook)
{
  VsDbRows *rows = vs_db_query (db,
      "SELECT count (*) FROM deliveries WHERE webhook = ? AND done = 0", "s",
      hook);
  gint64 count = vs_db_rows_next (rows) ? vs_db_rows_int (rows, 0) : 0;

  (void) vs_db_rows_free (rows, NULL);
  return count;
}

/* Of too many, the oldest is worth the least. */
static gboolean
make_room (VsDb *db, const gchar *hook, GError **error)
{
  if (count_pending (db, hook) < VS_HOOK_PENDING_MAX)
    return TRUE;
  return vs_db_run (db, error,
      "UPDATE deliveries SET done = 1, state = 'dropped', error = 'Too many "
      "were waiting.' WHERE seq = (SELECT min (seq) FROM deliveries WHERE "
      "webhook = ? AND done = 0)",
      "s", hook);
}

static gboolean
insert (VsDb *db, const gchar *hook, const gchar *event, const gchar *type,
    const gchar *body, GError **error)
{
  g_autofree gchar *id = vs_job_make_id (VS_DELIVERY_PREFIX);

  return make_room (db, hook, error) &&
         vs_db_run (db, error,
             "INSERT INTO deliveries (id, webhook, event, type, body, state, "
             "done, attempts, status, duration, created, attempted) "
             "VALUES (?, ?, ?, ?, ?, 'pending', 0, 0, 0, 0, ?, 0)",
             "sssssi", id, hook, event, type, body, g_get_real_time ());
}

/* Ids of the webhooks that want to hear of @type. */
static GPtrArray *
list_takers (VsDb *db, const gchar *type, const gchar *owner, GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  VsDbRows *rows = vs_db_query (db,
      "SELECT id, events FROM webhooks WHERE enabled = 1 AND "
      "(everyone = 1 OR owner = ?)",
      "s", owner);

  while (vs_db_rows_next (rows))
    if (vs_webhook_wants (vs_db_rows_text (rows, 1), type))
      g_ptr_array_add (ids, g_strdup (vs_db_rows_text (rows, 0)));
  return vs_db_rows_free (rows, error) ? g_steal_pointer (&ids) : NULL;
}

gboolean
vs_hook_store_tell (VsDb *db, const gchar *type, const gchar *owner,
    JsonObject *data, GError **error)
{
  g_autoptr (GPtrArray) takers = list_takers (db, type, owner, error);
  g_autofree gchar *event = NULL;
  g_autofree gchar *body = NULL;

  if (!takers)
    return FALSE;
  if (takers->len == 0)
    return TRUE;
  event = vs_job_make_id ("event");
  body = write_body (type, g_get_real_time (), data);
  for (guint i = 0; i < takers->len; i++)
    if (!insert (db, takers->pdata[i], event, type, body, error))
      return FALSE;
  return TRUE;
}

gboolean
vs_hook_store_tell_job (VsDb *db, const VsJob *job, GError **error)
{
  g_autofree gchar *type =
      g_strconcat ("job.", vs_state_name (job->state), NULL);
  g_autofree gchar *text = vs_event_log_describe_job (job);
  g_autoptr (JsonNode) data = json_from_string (text, NULL);

  json_object_set_string_member (
      json_node_get_object (data), "preset", job->preset);
  return vs_hook_store_tell (
      db, type, job->owner, json_node_get_object (data), error);
}

gboolean
vs_hook_store_tell_asset (
    VsDb *db, const VsAsset *asset, VsState state, GError **error)
{
  g_autofree gchar *type = g_strconcat ("asset.", vs_state_name (state), NULL);
  g_autoptr (JsonObject) data = json_object_new ();

  json_object_set_string_member (data, "id", asset->id);
  json_object_set_string_member (data, "state", vs_state_name (state));
  json_object_set_string_member (data, "preset", asset->preset);
  json_object_set_string_member (data, "job_id", asset->job);
  return vs_hook_store_tell (db, type, asset->owner, data, error);
}

gboolean
vs_hook_store_ping (VsDb *db, const VsHook *hook, GError **error)
{
  static const gchar TYPE[] = "webhook.ping";
  g_autoptr (JsonObject) data = json_object_new ();
  g_autofree gchar *event = vs_job_make_id ("event");
  g_autofree gchar *body = NULL;

  json_object_set_string_member (data, "id", hook->id);
  body = write_body (TYPE, g_get_real_time (), data);
  return insert (db, hook->id, event, TYPE, body, error);
}

/* Reading ----------------------------------------------------------------- */

GPtrArray *
vs_hook_store_list_deliveries (VsDb *db, const gchar *hook, const gchar *after,
    guint limit, GError **error)
{
  return read_all (
      vs_db_query (db,
          "SELECT " COLUMNS " FROM deliveries WHERE webhook = ?1 AND "
          "(?2 IS NULL OR seq < (SELECT seq FROM deliveries WHERE id = ?2)) "
          "ORDER BY seq DESC LIMIT ?3",
          "ssi", hook, after, (gint64) limit),
      error);
}

/* A clock that was set back does not make anybody wait longer than the longest
 * pause. */
#define READY                                                                  \
  "webhooks.enabled = 1 AND (webhooks.ready <= ?1 OR webhooks.ready > ?1 + "   \
  "?2)"

GPtrArray *
vs_hook_store_list_due (VsDb *db, gint64 now, GError **error)
{
  return read_all (
      vs_db_query (db,
          "SELECT " COLUMNS " FROM deliveries WHERE seq IN (SELECT (SELECT "
          "min (seq) FROM deliveries AS first WHERE first.webhook = "
          "webhooks.id AND first.done = 0) FROM webhooks WHERE " READY ")",
          "ii", now, retries.most_us),
      error);
}

gint64
vs_hook_store_next_ready (VsDb *db, gint64 now)
{
  VsDbRows *rows = vs_db_query (db,
      "SELECT min (ready) FROM webhooks WHERE enabled = 1 AND ready > ? AND "
      "EXISTS (SELECT 1 FROM deliveries WHERE webhook = webhooks.id AND "
      "done = 0)",
      "i", now);
  gint64 ready = vs_db_rows_next (rows) ? vs_db_rows_int (rows, 0) : 0;

  (void) vs_db_rows_free (rows, NULL);
  return ready;
}

/* Settling ---------------------------------------------------------------- */

static gboolean
write_attempt (VsDb *db, const VsDelivery *delivery, const gchar *state,
    const VsHookOutcome *outcome, GError **error)
{
  gboolean done = !g_str_equal (state, "pending");

  return vs_db_run (db, error,
      "UPDATE deliveries SET state = ?, done = ?, attempts = attempts + 1, "
      "status = ?, duration = ?, error = ?, attempted = ? WHERE seq = ? AND "
      "done = 0",
      "siiisii", state, (gint64) done, (gint64) outcome->status,
      outcome->duration_us, outcome->error, outcome->now, delivery->seq);
}

static gboolean
trim_log (VsDb *db, const gchar *hook, GError **error)
{
  return vs_db_run (db, error,
      "DELETE FROM deliveries WHERE webhook = ?1 AND done = 1 AND seq <= "
      "(SELECT seq FROM deliveries WHERE webhook = ?1 AND done = 1 "
      "ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
      "si", hook, (gint64) VS_HOOK_LOG_MAX);
}

static gboolean
take_success (VsDb *db, const VsDelivery *delivery,
    const VsHookOutcome *outcome, GError **error)
{
  return write_attempt (db, delivery, "delivered", outcome, error) &&
         vs_db_run (db, error,
             "UPDATE webhooks SET failures = 0, failing_since = 0, ready = 0 "
             "WHERE id = ?",
             "s", delivery->hook);
}

static gboolean
disable (
    VsDb *db, const VsHook *hook, const VsHookOutcome *outcome, GError **error)
{
  g_autoptr (GDateTime) since = g_date_time_new_from_unix_utc (
      (hook->failing_since ? hook->failing_since : outcome->now) /
      G_USEC_PER_SEC);
  g_autofree gchar *date = g_date_time_format (since, "%Y-%m-%d %H:%M");
  g_autofree gchar *reason =
      outcome->status == STATUS_GONE
          ? g_strdup ("The endpoint says that it has gone (410).")
          : g_strdup_printf ("The endpoint has taken nothing since %s UTC. %s",
                date, outcome->error);

  return vs_db_run (db, error,
             "UPDATE webhooks SET enabled = 0, reason = ? WHERE id = ?", "ss",
             reason, hook->id) &&
         vs_db_run (db, error,
             "UPDATE deliveries SET done = 1, state = 'dropped', error = "
             "ifnull (error, 'The webhook is disabled.') WHERE webhook = ? AND "
             "done = 0",
             "s", hook->id);
}

/* What has waited for a day is not worth telling any more. */
static gboolean
give_up (VsDb *db, const gchar *hook, gint64 now, GError **error)
{
  return vs_db_run (db, error,
      "UPDATE deliveries SET done = 1, state = 'failed', error = ifnull "
      "(error, 'The endpoint took none before it for a day.') WHERE webhook = "
      "? AND done = 0 AND created < ?",
      "si", hook, now - DAY_US);
}

static gboolean
take_failure (VsDb *db, const VsDelivery *delivery,
    const VsHookOutcome *outcome, GError **error)
{
  g_autoptr (VsHook) hook = vs_hook_store_get (db, delivery->hook, error);
  gint64 since, pause = 0;

  if (!hook || !write_attempt (db, delivery, "pending", outcome, error))
    return FALSE;
  since = hook->failing_since ? MIN (hook->failing_since, outcome->now)
                              : outcome->now;
  hook->failing_since = since;
  if (outcome->status == STATUS_GONE ||
      (hook->failures > 0 && outcome->now - since >= outcome->give_up))
    return disable (db, hook, outcome, error);
  (void) vs_retry_next (&retries, (guint) MIN (hook->failures + 1, 64),
      outcome->asked_us, outcome->jitter, &pause);
  return give_up (db, hook->id, outcome->now, error) &&
         vs_db_run (db, error,
             "UPDATE webhooks SET failures = failures + 1, failing_since = ?, "
             "ready = ? WHERE id = ?",
             "iis", since, outcome->now + pause, hook->id);
}

gboolean
vs_hook_store_settle (VsDb *db, const VsDelivery *delivery,
    const VsHookOutcome *outcome, GError **error)
{
  if (!vs_db_begin (db, error))
    return FALSE;
  if ((outcome->error ? take_failure (db, delivery, outcome, error)
                      : take_success (db, delivery, outcome, error)) &&
      trim_log (db, delivery->hook, error))
    return vs_db_commit (db, error);
  vs_db_rollback (db);
  return FALSE;
}
