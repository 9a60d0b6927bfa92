/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /v1/assets, but for the POST that makes one. */
#include "api/vs-api-private.h"

#include "jobs/vs-asset-store.h"

#include <string.h>

static void
set_error (JsonObject *object, const VsAsset *asset)
{
  JsonObject *error;

  if (asset->state != VS_STATE_ERRORED || !asset->error) {
    json_object_set_null_member (object, "error");
    return;
  }
  error = json_object_new ();
  json_object_set_string_member (error, "code", asset->error_code);
  json_object_set_string_member (error, "message", asset->error);
  json_object_set_object_member (object, "error", error);
}

/* What there is to be played: null until there is. */
static void
set_output (VsApi *self, JsonObject *object, const VsAsset *asset)
{
  static const gchar *const names[] = { "play_url", "poster_url", "duration",
    "bytes" };
  g_autoptr (JsonNode) root =
      asset->result ? json_from_string (asset->result, NULL) : NULL;
  JsonObject *result = root && JSON_NODE_HOLDS_OBJECT (root)
                           ? json_node_get_object (root)
                           : NULL;
  g_autofree gchar *play = vs_api_dup_play_url (self, asset->id);
  const gchar *poster;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    json_object_set_null_member (object, names[i]);
  if (asset->state != VS_STATE_READY)
    return;
  json_object_set_string_member (object, "play_url", play);
  if (!result)
    return;
  for (guint i = 2; i < G_N_ELEMENTS (names); i++)
    if (json_object_has_member (result, names[i]))
      json_object_set_member (
          object, names[i], json_object_dup_member (result, names[i]));
  poster = json_object_get_string_member_with_default (result, "poster", NULL);
  if (poster) {
    g_autofree gchar *url = g_strconcat (play, "/", poster, NULL);

    json_object_set_string_member (object, "poster_url", url);
  }
}

static JsonObject *
build_asset (VsApi *self, const VsAsset *asset)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", asset->id);
  json_object_set_string_member (object, "title", asset->title);
  json_object_set_string_member (object, "state", vs_state_name (asset->state));
  json_object_set_string_member (object, "preset", asset->preset);
  json_object_set_object_member (
      object, "input", vs_api_build_input (asset->input));
  json_object_set_string_member (object, "owner", asset->owner);
  json_object_set_string_member (object, "job_id", asset->job);
  vs_json_set_time (object, "created_at", asset->created);
  set_output (self, object, asset);
  set_error (object, asset);
  return object;
}

static VsAsset *
get_asset (VsCall *call)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsAsset) asset =
      vs_asset_store_get (call->api->db, call->id, &error);
  const gchar *owner = vs_call_get_owner (call);

  if (asset && owner && !g_str_equal (asset->owner, owner)) {
    vs_call_refuse_as (call, 404, "There is no such asset.");
    return NULL;
  }
  if (!asset)
    vs_call_refuse (call, error);
  return g_steal_pointer (&asset);
}

void
vs_api_list_assets (VsCall *call)
{
  static const gchar *const known[] = { "limit", "cursor", NULL };
  g_autofree gchar *after = NULL;
  g_autoptr (GPtrArray) assets = NULL;
  g_autoptr (GError) error = NULL;
  guint limit = 0;
  JsonArray *array;
  VsAsset *last;

  if (!vs_call_check_query (call, known) ||
      !vs_call_read_page (call, VS_ASSET_PREFIX, &limit, &after))
    return;
  assets = vs_asset_store_list (
      call->api->db, vs_call_get_owner (call), after, limit + 1, &error);
  if (!assets) {
    vs_call_refuse (call, error);
    return;
  }
  array = json_array_new ();
  for (guint i = 0; i < MIN (limit, assets->len); i++)
    json_array_add_object_element (
        array, build_asset (call->api, assets->pdata[i]));
  last = assets->len > limit ? assets->pdata[limit - 1] : NULL;
  vs_call_reply_list (call, array, last ? last->id : NULL);
}

void
vs_api_get_asset (VsCall *call)
{
  g_autoptr (VsAsset) asset = get_asset (call);

  if (asset)
    vs_call_reply (call, 200, build_asset (call->api, asset));
}

void
vs_api_sign_asset (VsCall *call)
{
  g_autoptr (VsAsset) asset = get_asset (call);

  if (asset)
    vs_call_reply_playback (call, asset->id);
}

/* The asset goes, and with it the job that prepared it and what it made. */
void
vs_api_delete_asset (VsCall *call)
{
  g_autoptr (VsAsset) asset = get_asset (call);
  g_autoptr (VsJob) job = NULL;
  g_autoptr (GError) error = NULL;

  if (!asset)
    return;
  if (vs_state_next (VS_LIFE_ASSET, asset->state, VS_EVENT_REMOVE, &error) ==
      VS_STATE_ILLEGAL) {
    vs_call_refuse_as (call, 409, error->message);
    return;
  }
  if (!vs_asset_store_remove (call->api->db, asset->id, &error)) {
    vs_call_refuse (call, error);
    return;
  }
  g_free (call->id);
  call->id = g_strdup (asset->job);
  job = vs_job_store_get (call->api->jobs, asset->job, NULL);
  if (job)
    vs_api_delete_job (call);
  else
    call->reply->status = 204;
}
