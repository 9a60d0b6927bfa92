/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an item of a channel's queue may be, where there is a service: addresses
 * follow the rules for the input of a job, and "asset:ID" is a film of the
 * library, of which the queue is told where it is. */
#include "api/vs-api-private.h"

#include "core/vs-asset-uri.h"
#include "core/vs-id.h"
#include "jobs/vs-asset-store.h"
#include "jobs/vs-url-policy.h"

#include <string.h>

/* Numbered files on this machine would each have to be looked at. */
static gboolean
check_segments (const VsQueueItem *item, const VsConfig *config, GError **error)
{
  for (guint i = 0; i < item->variants->len; i++) {
    g_autofree gchar *first = vs_queue_item_dup_segment (item, i, 0);
    g_autofree gchar *uri = NULL;

    if (g_ascii_strncasecmp (first, "file:", strlen ("file:")) == 0) {
      g_set_error_literal (error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
          "Segments are taken from servers only, not from files here.");
      return FALSE;
    }
    uri = vs_url_policy_check (config, first, error);
    if (!uri)
      return FALSE;
  }
  return TRUE;
}

/* Somebody else's is not there. */
static VsAsset *
find_asset (VsCall *call, const gchar *id, GError **error)
{
  const gchar *owner = vs_call_get_owner (call);
  g_autoptr (VsAsset) asset = vs_id_check (id, VS_ASSET_PREFIX)
                                  ? vs_asset_store_get (call->api->db, id, NULL)
                                  : NULL;

  if (!asset || (owner && !g_str_equal (asset->owner, owner)))
    g_set_error (
        error, VS_ERROR, VS_ERROR_NO_INPUT, "There is no asset “%.60s”.", id);
  else if (asset->state != VS_STATE_READY)
    g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
        "The asset “%s” is %s: it can be an item when it is ready.", id,
        vs_state_name (asset->state));
  else
    return g_steal_pointer (&asset);
  return NULL;
}

/* The address with the place of its manifest in it. What is not in our folder
 * is in the bucket: to ask the store would take its time. */
static gchar *
make_address (VsCall *call, const VsAsset *asset, GError **error)
{
  g_autofree gchar *hls = NULL, *dash = NULL, *place = NULL, *path = NULL;
  g_autofree gchar *folder =
      vs_api_find_media (call->api, asset->id, &hls, &dash);
  gboolean here;

  if (folder && (hls || dash)) {
    place = g_build_filename (folder, hls ? hls : dash, NULL);
    path = vs_folders_get_path (call->api->folders, "media", place);
    here = g_file_test (path, G_FILE_TEST_IS_REGULAR);
    if (here || vs_outputs_is_remote (call->api->outputs))
      return vs_asset_uri_make (asset->id, place, !here);
  }
  g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
      "What was published of the asset “%s” is not in the service's folder, "
      "and there is no bucket in its configuration ([output] location=).",
      asset->id);
  return NULL;
}

/* The item with members of @object in the place of its own. */
static VsQueueItem *
patch_item (const VsQueueItem *item, JsonObject *object, GError **error)
{
  g_autoptr (JsonNode) patch = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *text = NULL;

  json_node_set_object (patch, object);
  text = json_to_string (patch, FALSE);
  return vs_queue_item_patch (item, text, -1, error);
}

gchar *
vs_api_find_asset (VsCall *call, const gchar *id, gchar **title, GError **error)
{
  g_autoptr (VsAsset) asset = find_asset (call, id, error);
  g_autofree gchar *uri = asset ? make_address (call, asset, error) : NULL;

  if (uri && title)
    *title = g_strdup (asset->title);
  return g_steal_pointer (&uri);
}

static VsQueueItem *
take_asset (
    VsCall *call, const VsQueueItem *item, const gchar *id, GError **error)
{
  g_autofree gchar *title = NULL;
  g_autofree gchar *uri = vs_api_find_asset (call, id, &title, error);
  g_autoptr (JsonObject) object = NULL;

  if (!uri)
    return NULL;
  object = json_object_new ();
  json_object_set_string_member (object, "uri", uri);
  if (!item->title && title)
    json_object_set_string_member (object, "title", title);
  return patch_item (item, object, error);
}

static VsQueueItem *
take_address (VsCall *call, const VsQueueItem *item, GError **error)
{
  g_autofree gchar *uri =
      vs_url_policy_check (call->api->config, item->uri, error);
  g_autoptr (JsonObject) object = NULL;

  if (!uri)
    return NULL;
  object = json_object_new ();
  json_object_set_string_member (object, "uri", uri);
  return patch_item (item, object, error);
}

static VsQueueItem *
check_item (VsQueueItem *item, gpointer user_data, GError **error)
{
  VsCall *call = user_data;
  g_autoptr (VsQueueItem) given = item;
  g_autofree gchar *asset = vs_asset_uri_dup_id (given->uri);

  if (given->variants)
    return check_segments (given, call->api->config, error)
               ? g_steal_pointer (&given)
               : NULL;
  if (g_str_equal (given->uri, VS_QUEUE_SLATE_URI))
    return g_steal_pointer (&given);
  return asset ? take_asset (call, given, asset, error)
               : take_address (call, given, error);
}

VsOrderSource
vs_api_get_source (VsCall *call)
{
  const VsApiRequest *request = call->request;
  VsOrderSource source = { request->body, request->body_size,
    vs_call_get_header (call, "If-Match"), call->item, NULL, NULL };

  if (call->api->config) {
    source.check = check_item;
    source.user_data = call;
  }
  return source;
}
