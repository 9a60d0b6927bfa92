/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /v1/jobs, but for the POST that makes one. */
#include "api/vs-api-private.h"

#include "app/vs-location.h"
#include "jobs/vs-asset-store.h"

#include <string.h>

static void
set_progress (JsonObject *object, const VsStatus *status)
{
  gdouble speed = vs_status_get_speed (status, g_get_monotonic_time ());
  gdouble position = (gdouble) status->position_us / G_USEC_PER_SEC;
  gdouble duration = (gdouble) status->duration_us / G_USEC_PER_SEC;

  json_object_set_double_member (object, "position", position);
  if (speed > 0.0)
    json_object_set_double_member (object, "speed", speed);
  if (duration <= 0.0)
    return;
  json_object_set_double_member (object, "duration", duration);
  json_object_set_double_member (
      object, "progress", MIN (position / duration, 1.0));
  if (speed > 0.0)
    json_object_set_double_member (
        object, "eta", MAX (duration - position, 0.0) / speed);
}

gchar *
vs_api_describe_progress (VsAttempt *attempt)
{
  const VsJob *job = vs_attempt_get_job (attempt);
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", job->id);
  json_object_set_string_member (object, "state", vs_state_name (job->state));
  set_progress (object, vs_attempt_get_status (attempt));
  json_node_take_object (root, object);
  return json_to_string (root, FALSE);
}

static JsonObject *
parse_result (const VsJob *job)
{
  g_autoptr (JsonNode) root =
      job->result ? json_from_string (job->result, NULL) : NULL;

  return root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_dup_object (root)
                                               : NULL;
}

static void
copy_members (JsonObject *to, JsonObject *from, const gchar *const *names)
{
  for (guint i = 0; names[i]; i++)
    if (json_object_has_member (from, names[i]))
      json_object_set_member (
          to, names[i], json_object_dup_member (from, names[i]));
}

/* What can be played, and since when: a VOD when it is whole, a live job as
 * soon as it streams. */
static void
set_output (VsApi *self, JsonObject *object, const VsJob *job)
{
  static const gchar *const names[] = { "duration", "objects", "bytes",
    "tracks", NULL };
  g_autoptr (JsonObject) result = parse_result (job);
  JsonObject *output;
  g_autofree gchar *url = NULL;

  if (!result && job->state != VS_STATE_STREAMING &&
      job->state != VS_STATE_PAUSED && job->state != VS_STATE_RECOVERING) {
    json_object_set_null_member (object, "output");
    return;
  }
  output = json_object_new ();
  url = vs_api_dup_play_url (self, job->asset ? job->asset : job->id);
  json_object_set_string_member (output, "play_url", url);
  if (result)
    copy_members (output, result, names);
  json_object_set_object_member (object, "output", output);
}

static void
set_error (JsonObject *object, const VsJob *job)
{
  JsonObject *error;

  if (!job->error) {
    json_object_set_null_member (object, "error");
    return;
  }
  error = json_object_new ();
  json_object_set_string_member (error, "code", job->error_code);
  json_object_set_string_member (error, "message", job->error);
  json_object_set_object_member (object, "error", error);
}

JsonObject *
vs_api_build_input (const gchar *input)
{
  JsonObject *object = json_object_new ();
  g_autofree gchar *shown =
      strstr (input, "@") ? vs_location_display (input) : NULL;

  if (g_str_has_prefix (input, VS_UPLOAD_SCHEME))
    json_object_set_string_member (
        object, "upload", input + strlen (VS_UPLOAD_SCHEME));
  else
    json_object_set_string_member (object, "url", shown ? shown : input);
  return object;
}

JsonObject *
vs_api_build_job (VsApi *self, const VsJob *job)
{
  JsonObject *object = json_object_new ();
  VsAttempt *attempt = vs_scheduler_find (self->scheduler, job->id);

  json_object_set_string_member (object, "id", job->id);
  json_object_set_string_member (
      object, "type", job->life == VS_LIFE_LIVE ? "live" : "vod");
  json_object_set_string_member (object, "state", vs_state_name (job->state));
  json_object_set_string_member (object, "preset", job->preset);
  json_object_set_object_member (
      object, "input", vs_api_build_input (job->input));
  json_object_set_string_member (object, "owner", job->owner);
  json_object_set_int_member (object, "priority", job->priority);
  json_object_set_int_member (object, "attempts", job->attempts);
  if (job->asset)
    json_object_set_string_member (object, "asset_id", job->asset);
  vs_json_set_time (object, "created_at", job->created);
  vs_json_set_time (object, "started_at", job->started);
  vs_json_set_time (object, "finished_at", job->finished);
  if (attempt)
    set_progress (object, vs_attempt_get_status (attempt));
  set_error (object, job);
  set_output (self, object, job);
  return object;
}

/* The job that the path names; NULL: refused. Somebody else's is not there. */
static VsJob *
get_job (VsCall *call)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsJob) job = vs_job_store_get (call->api->jobs, call->id, &error);
  const gchar *owner = vs_call_get_owner (call);

  if (job && owner && !g_str_equal (job->owner, owner)) {
    vs_call_refuse_as (call, 404, "There is no such job.");
    return NULL;
  }
  if (!job)
    vs_call_refuse (call, error);
  return g_steal_pointer (&job);
}

void
vs_api_list_jobs (VsCall *call)
{
  static const gchar *const known[] = { "state", "limit", "cursor", NULL };
  const gchar *state = vs_call_get_query (call, "state");
  g_autofree gchar *after = NULL;
  g_autoptr (GPtrArray) jobs = NULL;
  g_autoptr (GError) error = NULL;
  VsJobFilter filter = { VS_STATE_ILLEGAL, vs_call_get_owner (call), NULL, 0 };
  JsonArray *array;
  VsJob *last;

  if (!vs_call_check_query (call, known) ||
      !vs_call_read_page (call, VS_JOB_PREFIX, &filter.limit, &after))
    return;
  filter.state = vs_state_from_name (state);
  if (state && !vs_state_belongs (VS_LIFE_VOD, filter.state) &&
      !vs_state_belongs (VS_LIFE_LIVE, filter.state)) {
    vs_call_refuse_as (call, 400, "“?state=” names no state of a job.");
    return;
  }
  filter.after = after;
  filter.limit++; /* one more shows whether there are more */
  jobs = vs_job_store_list (call->api->jobs, &filter, &error);
  if (!jobs) {
    vs_call_refuse (call, error);
    return;
  }
  array = json_array_new ();
  for (guint i = 0; i + 1 < filter.limit && i < jobs->len; i++)
    json_array_add_object_element (
        array, vs_api_build_job (call->api, jobs->pdata[i]));
  last = jobs->len == filter.limit ? jobs->pdata[filter.limit - 2] : NULL;
  vs_call_reply_list (call, array, last ? last->id : NULL);
}

void
vs_api_get_job (VsCall *call)
{
  g_autoptr (VsJob) job = get_job (call);

  if (job)
    vs_call_reply (call, 200, vs_api_build_job (call->api, job));
}

void
vs_api_delete_job (VsCall *call)
{
  g_autoptr (VsJob) job = get_job (call);
  g_autoptr (VsAsset) asset = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *log = NULL;

  if (!job)
    return;
  asset =
      job->asset ? vs_asset_store_get (call->api->db, job->asset, NULL) : NULL;
  if (asset) {
    vs_call_refuse_as (
        call, 409, "The job belongs to an asset: remove that instead.");
    return;
  }
  if (vs_state_next (job->life, job->state, VS_EVENT_REMOVE, &error) ==
      VS_STATE_ILLEGAL) {
    vs_call_refuse_as (call, 409, error->message);
    return;
  }
  if (!vs_outputs_doom (call->api->outputs, job->id, &error) ||
      !vs_job_store_remove (call->api->jobs, job, &error)) {
    vs_call_refuse (call, error);
    return;
  }
  vs_uploads_forget_job (call->api->uploads, job->id);
  log = g_strconcat (job->id, ".log", NULL);
  vs_outputs_discard (call->api->outputs, job->id);
  vs_folders_discard (call->api->folders, "logs", log);
  call->reply->status = 204;
}

static void
command (VsCall *call, VsEvent event)
{
  g_autoptr (VsJob) job = get_job (call);
  g_autoptr (GError) error = NULL;
  g_autoptr (VsJob) fresh = NULL;

  if (!job)
    return;
  if (vs_state_next (job->life, job->state, event, &error) ==
      VS_STATE_ILLEGAL) {
    vs_call_refuse_as (call, 409, error->message);
    return;
  }
  if (!vs_scheduler_command (call->api->scheduler, job, event, &error)) {
    vs_call_refuse (call, error);
    return;
  }
  fresh = vs_job_store_get (call->api->jobs, call->id, NULL);
  vs_call_reply (call, 202, vs_api_build_job (call->api, fresh ? fresh : job));
}

void
vs_api_stop_job (VsCall *call)
{
  command (call, VS_EVENT_STOP);
}

void
vs_api_pause_job (VsCall *call)
{
  command (call, VS_EVENT_PAUSE);
}

void
vs_api_resume_job (VsCall *call)
{
  command (call, VS_EVENT_RESUME);
}

void
vs_api_cancel_job (VsCall *call)
{
  command (call, VS_EVENT_CANCEL);
}

void
vs_api_retry_job (VsCall *call)
{
  command (call, VS_EVENT_RETRY);
}

void
vs_api_sign_job (VsCall *call)
{
  g_autoptr (VsJob) job = get_job (call);

  if (job)
    vs_call_reply_playback (call, job->id);
}

void
vs_api_get_log (VsCall *call)
{
  g_autoptr (VsJob) job = get_job (call);
  g_autofree gchar *name = NULL;
  g_autofree gchar *path = NULL;

  if (!job)
    return;
  name = g_strconcat (job->id, ".log", NULL);
  path = vs_folders_get_path (call->api->folders, "logs", name);
  call->reply->status = 200;
  call->reply->content_type = "text/plain; charset=utf-8";
  /* No more than a megabyte: vs-log-file.c. */
  if (!g_file_get_contents (path, &call->reply->body, NULL, NULL))
    call->reply->body = g_strdup ("");
}

/* Where a live job's would be: vs-channels.c makes it one. */
static gchar *
find_channel_media (const gchar *id, gchar **hls, gchar **dash)
{
  const VsJob job = { .id = (gchar *) id, .life = VS_LIFE_LIVE };

  *hls = g_strdup ("multivariant.m3u8");
  *dash = g_strdup ("manifest.mpd");
  return vs_job_get_folder (&job);
}

/* NULL where the worker has said that it writes none. */
static gchar *
dup_manifest (JsonObject *result, const gchar *name, const gchar *otherwise)
{
  if (!result || !json_object_has_member (result, name))
    return g_strdup (otherwise);
  if (json_object_get_null_member (result, name))
    return NULL;
  return g_strdup (
      json_object_get_string_member_with_default (result, name, otherwise));
}

gchar *
vs_api_find_media (VsApi *self, const gchar *id, gchar **hls, gchar **dash)
{
  g_autoptr (VsAsset) asset = vs_asset_store_get (self->db, id, NULL);
  g_autoptr (VsJob) job =
      vs_job_store_get (self->jobs, asset ? asset->job : id, NULL);
  g_autoptr (JsonObject) result = job ? parse_result (job) : NULL;
  gboolean live = job && job->life == VS_LIFE_LIVE;

  if (vs_channels_find (self->channels, id))
    return find_channel_media (id, hls, dash);
  if (!job || (!result && !live))
    return NULL;
  *hls = dup_manifest (result, "hls", "multivariant.m3u8");
  *dash = dup_manifest (result, "dash", "manifest.mpd");
  return vs_job_get_folder (job);
}
