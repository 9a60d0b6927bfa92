/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the service says of itself: workers, presets, health, metrics. */
#include "api/vs-api-private.h"

#include "app/vs-presets.h"
#include "config.h"
#include "store/vs-s3.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
set_cost (JsonObject *object, const gchar *name, VsCost cost)
{
  JsonObject *inner = json_object_new ();

  json_object_set_double_member (inner, "cores", cost.cores);
  json_object_set_int_member (inner, "memory", (gint64) cost.memory);
  json_object_set_object_member (object, name, inner);
}

/* @id_name: whose worker it is, a job's or a channel's. */
static void
add_worker (JsonArray *array, const gchar *id_name, VsAttempt *attempt,
    VsState state, guint number)
{
  const VsJob *job = vs_attempt_get_job (attempt);
  JsonObject *worker = json_object_new ();

  json_object_set_string_member (worker, id_name, job->id);
  json_object_set_string_member (worker, "state", vs_state_name (state));
  json_object_set_int_member (worker, "pid", vs_attempt_get_pid (attempt));
  json_object_set_int_member (worker, "attempt", number);
  vs_json_set_time (worker, "started_at", job->started);
  vs_json_set_time (worker, "lease_until", job->lease);
  set_cost (worker, "expected", vs_attempt_get_cost (attempt));
  json_array_add_object_element (array, worker);
}

void
vs_api_list_workers (VsCall *call)
{
  VsScheduler *scheduler = call->api->scheduler;
  g_autoptr (GPtrArray) attempts = vs_scheduler_get_attempts (scheduler);
  const gchar *owner = vs_call_get_owner (call);
  g_autoptr (GPtrArray) channels =
      vs_channels_list (call->api->channels, owner, NULL, G_MAXINT);
  JsonObject *object = json_object_new ();
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < attempts->len; i++) {
    const VsJob *job = vs_attempt_get_job (attempts->pdata[i]);

    if (!owner || g_str_equal (owner, job->owner))
      add_worker (
          array, "job_id", attempts->pdata[i], job->state, job->attempts);
  }
  for (guint i = 0; i < channels->len; i++) {
    const VsChannel *channel = channels->pdata[i];

    if (channel->attempt)
      add_worker (array, "channel_id", channel->attempt, channel->state,
          channel->losses + 1);
  }
  json_object_set_array_member (object, "data", array);
  set_cost (object, "used", vs_scheduler_get_used (scheduler));
  set_cost (object, "channels", vs_scheduler_get_others (scheduler));
  set_cost (object, "capacity", vs_scheduler_get_all (scheduler));
  json_object_set_string_member (
      object, "sandbox", vs_scheduler_get_sandbox (scheduler));
  vs_call_reply (call, 200, object);
}

void
vs_api_list_presets (VsCall *call)
{
  g_auto (GStrv) names = vs_presets_list ();
  JsonObject *object = json_object_new ();
  JsonArray *array = json_array_new ();

  for (guint i = 0; names[i]; i++)
    json_array_add_string_element (array, names[i]);
  json_object_set_array_member (object, "data", array);
  vs_call_reply (call, 200, object);
}

/* The database answers, so jobs can be taken. */
void
vs_api_get_health (VsCall *call)
{
  VsDbRows *rows = vs_db_query (call->api->db, "SELECT 1", "");
  gboolean ok = vs_db_rows_next (rows);
  g_autoptr (GError) error = NULL;
  JsonObject *object;

  if (!vs_db_rows_free (rows, &error) || !ok || call->api->draining) {
    vs_call_refuse_as (call, 503,
        call->api->draining ? "The service is being stopped."
                            : "The database does not answer.");
    return;
  }
  object = json_object_new ();
  json_object_set_string_member (object, "status", "ok");
  json_object_set_string_member (object, "version", VERSION);
  vs_call_reply (call, 200, object);
}

static void
add_head (
    GString *text, const gchar *name, const gchar *type, const gchar *help)
{
  g_string_append_printf (
      text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
add_value (GString *text, const gchar *name, const gchar *labels, gdouble value)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (text, "%s%s %s\n", name, labels,
      g_ascii_dtostr (number, sizeof number, value));
}

static void
add_one (GString *text, const gchar *name, const gchar *type, const gchar *help,
    gdouble value)
{
  add_head (text, name, type, help);
  add_value (text, name, "", value);
}

static void
add_jobs (GString *text, VsApi *api)
{
  add_head (text, "vstream_jobs", "gauge", "Jobs by state.");
  for (guint state = 1; state < VS_N_STATES; state++) {
    g_autofree gchar *labels = NULL;

    if (!vs_state_belongs (VS_LIFE_VOD, state) &&
        !vs_state_belongs (VS_LIFE_LIVE, state))
      continue;
    labels = g_strdup_printf ("{state=\"%s\"}", vs_state_name (state));
    add_value (text, "vstream_jobs", labels,
        (gdouble) vs_job_store_count (api->jobs, state));
  }
}

static void
add_channels (GString *text, VsApi *api)
{
  add_head (text, "vstream_channels", "gauge", "Channels by state.");
  for (guint state = 1; state < VS_N_STATES; state++) {
    g_autofree gchar *labels = NULL;

    if (!vs_state_belongs (VS_LIFE_CHANNEL, state))
      continue;
    labels = g_strdup_printf ("{state=\"%s\"}", vs_state_name (state));
    add_value (text, "vstream_channels", labels,
        (gdouble) vs_channels_count (api->channels, state));
  }
  add_one (text, "vstream_channel_cores_used", "gauge",
      "Cores that the channels that run take.",
      vs_channels_get_cost (api->channels).cores);
}

static void
add_requests (GString *text, VsApi *api)
{
  GHashTableIter iter;
  gpointer key, count;

  add_head (text, "vstream_http_requests_total", "counter",
      "Requests by route and status.");
  g_hash_table_iter_init (&iter, api->requests);
  while (g_hash_table_iter_next (&iter, &key, &count)) {
    g_auto (GStrv) parts = g_strsplit (key, " ", 2);
    g_autofree gchar *labels =
        g_strdup_printf ("{route=\"%s\",code=\"%s\"}", parts[0], parts[1]);

    add_value (text, "vstream_http_requests_total", labels,
        (gdouble) * (guint64 *) count);
  }
}

/* Of the process, from /proc; 0 where it cannot be read. */
static gdouble
get_resident_bytes (void)
{
  g_autofree gchar *text = NULL;
  guint64 pages = 0;
  const gchar *second;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL)) {
    second = strchr (text, ' ');
    pages = second ? g_ascii_strtoull (second, NULL, 10) : 0;
  }
  return (gdouble) pages * (gdouble) sysconf (_SC_PAGESIZE);
}

static void
add_running (GString *text, VsApi *api)
{
  g_autoptr (GPtrArray) attempts = vs_scheduler_get_attempts (api->scheduler);
  gint64 now = g_get_monotonic_time ();
  gdouble speed = 0.0;
  guint64 waiting = 0;
  gint64 age = 0;

  for (guint i = 0; i < attempts->len; i++) {
    VsPublished published = vs_attempt_get_published (attempts->pdata[i]);

    speed +=
        vs_status_get_speed (vs_attempt_get_status (attempts->pdata[i]), now);
    waiting += published.waiting;
    age = MAX (age, now - published.last_us);
  }
  add_one (
      text, "vstream_workers", "gauge", "Workers that run.", attempts->len);
  add_one (text, "vstream_encode_speed_ratio", "gauge",
      "Seconds of media a second, of all running jobs together.", speed);
  add_one (text, "vstream_publish_waiting_bytes", "gauge",
      "Bytes that running jobs have made and the store has not acknowledged.",
      (gdouble) waiting);
  add_one (text, "vstream_publish_lag_seconds", "gauge",
      "Since a running job's last object was stored (since its start before "
      "the first); of the one for which that is longest.",
      (gdouble) age / G_USEC_PER_SEC);
}

static void
add_published (GString *text, const VsSchedulerCounts *counts)
{
  guint64 requests = 0, retries = 0;

  vs_s3_get_totals (&requests, &retries);
  add_one (text, "vstream_published_objects_total", "counter",
      "Objects that jobs have published.", (gdouble) counts->objects);
  add_one (text, "vstream_published_bytes_total", "counter",
      "Bytes of objects that jobs have published.", (gdouble) counts->bytes);
  add_one (text, "vstream_published_gaps_total", "counter",
      "Segments that are not there, for any reason.", (gdouble) counts->gaps);
  add_one (text, "vstream_published_dropped_total", "counter",
      "Segments for which the store was too slow.", (gdouble) counts->dropped);
  add_one (text, "vstream_s3_requests_total", "counter",
      "Requests to object stores, of jobs and of playback.",
      (gdouble) (counts->s3_requests + requests));
  add_one (text, "vstream_s3_retries_total", "counter",
      "Of these, those that were made again.",
      (gdouble) (counts->s3_retries + retries));
}

/* A number of rows that stand in the database. */
static gdouble
count_rows (VsApi *api, const gchar *sql)
{
  VsDbRows *rows = vs_db_query (api->db, sql, "");
  gint64 count = vs_db_rows_next (rows) ? vs_db_rows_int (rows, 0) : 0;

  (void) vs_db_rows_free (rows, NULL);
  return (gdouble) count;
}

static void
add_waiting (GString *text, VsApi *api)
{
  add_one (text, "vstream_webhook_deliveries_pending", "gauge",
      "Deliveries to webhooks that wait.",
      count_rows (api, "SELECT count (*) FROM deliveries WHERE done = 0"));
  add_one (text, "vstream_webhooks_disabled", "gauge",
      "Webhooks whose endpoints took nothing for too long.",
      count_rows (api, "SELECT count (*) FROM webhooks WHERE enabled = 0"));
  add_one (text, "vstream_outputs_to_remove", "gauge",
      "Places in the object store that are still to be removed.",
      count_rows (api, "SELECT count (*) FROM outputs WHERE due > 0"));
}

void
vs_api_get_metrics (VsCall *call)
{
  VsApi *api = call->api;
  VsSchedulerCounts counts = vs_scheduler_get_counts (api->scheduler);
  VsCost used = vs_scheduler_get_used (api->scheduler);
  VsCost all = vs_scheduler_get_all (api->scheduler);
  GString *text = g_string_new (NULL);

  add_head (text, "vstream_build_info", "gauge", "The version, as a label.");
  add_value (text, "vstream_build_info", "{version=\"" VERSION "\"}", 1);
  add_jobs (text, api);
  add_channels (text, api);
  add_running (text, api);
  add_published (text, &counts);
  add_waiting (text, api);
  add_one (text, "vstream_attempts_started_total", "counter",
      "Attempts at jobs that were begun.", (gdouble) counts.started);
  add_one (text, "vstream_attempts_lost_total", "counter",
      "Attempts that were put back into the queue.", (gdouble) counts.lost);
  add_one (text, "vstream_jobs_finished_total", "counter",
      "Jobs that came out whole.", (gdouble) counts.finished);
  add_one (text, "vstream_jobs_failed_total", "counter",
      "Jobs that ended as failed.", (gdouble) counts.failed);
  add_one (text, "vstream_queue_wait_seconds_total", "counter",
      "Seconds that jobs have waited before they were begun.", counts.waited);
  add_one (text, "vstream_cores_used", "gauge",
      "Cores that running jobs are expected to take.", used.cores);
  add_one (text, "vstream_cores", "gauge", "Cores for jobs.", all.cores);
  add_one (text, "vstream_resident_memory_bytes", "gauge",
      "Memory of this process, without its workers.", get_resident_bytes ());
  add_requests (text, api);
  call->reply->status = 200;
  call->reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
  call->reply->body = g_string_free (text, FALSE);
}
