/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /v1/channels, but for queues and events. */
#include "api/vs-api-private.h"
#include "api/vs-body.h"

#include "app/vs-presets.h"
#include "app/vs-queue-preset.h"
#include "app/vs-spec.h"
#include "core/vs-asset-uri.h"
#include "core/vs-json.h"
#include "jobs/vs-url-policy.h"

#include <string.h>

#define NAME_MAX_BYTES 200
#define URL_MAX_BYTES 2048

static void
set_air (JsonObject *object, VsChannel *channel)
{
  static const gchar *const names[] = { "on_air", "next", "queue_length",
    "playback_counter" };
  JsonObject *air = channel->link ? vs_link_get_air (channel->link) : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (air)
      json_object_set_member (
          object, names[i], json_object_dup_member (air, names[i]));
    else if (i < 2)
      json_object_set_null_member (object, names[i]);
    else
      json_object_set_int_member (object, names[i], 0);
  }
}

JsonObject *
vs_api_build_channel (VsApi *self, VsChannel *channel)
{
  JsonObject *object = json_object_new ();
  g_autofree gchar *url = channel->spec
                              ? vs_api_dup_play_url (self, channel->id)
                              : g_strdup ("/media/multivariant.m3u8");
  g_autofree gchar *filler = vs_asset_uri_dup_shown (channel->filler);

  json_object_set_string_member (object, "id", channel->id);
  json_object_set_string_member (object, "name", channel->name);
  json_object_set_string_member (
      object, "state", vs_state_name (channel->state));
  json_object_set_string_member (object, "preset", channel->preset);
  json_object_set_string_member (object, "owner", channel->owner);
  if (channel->filler)
    json_object_set_string_member (object, "filler", filler);
  else
    json_object_set_null_member (object, "filler");
  vs_json_set_time (object, "created_at", channel->created);
  json_object_set_string_member (object, "play_url", url);
  set_air (object, channel);
  if (channel->error) {
    JsonObject *error = json_object_new ();

    json_object_set_string_member (error, "code", channel->error_code);
    json_object_set_string_member (error, "message", channel->error);
    json_object_set_object_member (object, "error", error);
  } else {
    json_object_set_null_member (object, "error");
  }
  return object;
}

gchar *
vs_api_describe_air (VsChannel *channel)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", channel->id);
  set_air (object, channel);
  json_node_take_object (root, object);
  return json_to_string (root, FALSE);
}

static void
reply_channel (VsCall *call, guint status, VsChannel *channel)
{
  g_autofree gchar *tag =
      g_strdup_printf ("\"%" G_GINT64_FORMAT "\"", channel->version);

  vs_call_set_header (call, "ETag", tag);
  vs_call_reply (call, status, vs_api_build_channel (call->api, channel));
}

void
vs_api_list_channels (VsCall *call)
{
  static const gchar *const known[] = { "limit", "cursor", NULL };
  g_autofree gchar *after = NULL;
  g_autoptr (GPtrArray) channels = NULL;
  guint limit = 0;
  JsonArray *array;
  VsChannel *last;

  if (!vs_call_check_query (call, known) ||
      !vs_call_read_page (call, VS_CHANNEL_PREFIX, &limit, &after))
    return;
  channels = vs_channels_list (
      call->api->channels, vs_call_get_owner (call), after, limit + 1);
  array = json_array_new ();
  for (guint i = 0; i < MIN (limit, channels->len); i++)
    json_array_add_object_element (
        array, vs_api_build_channel (call->api, channels->pdata[i]));
  last = channels->len > limit ? channels->pdata[limit - 1] : NULL;
  vs_call_reply_list (call, array, last ? last->id : NULL);
}

void
vs_api_get_channel (VsCall *call)
{
  VsChannel *channel = vs_api_find_channel (call);

  if (channel)
    reply_channel (call, 200, channel);
}

/* ---- making one ---- */

static VsPreset *
load_preset (const gchar *name, GError **error)
{
  g_auto (GStrv) known = vs_presets_list ();
  g_autoptr (VsPreset) preset = NULL;

  if (!g_strv_contains ((const gchar *const *) known, name)) {
    g_autofree gchar *list = g_strjoinv (", ", known);

    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "There is no preset “%s”: there are %s.", name, list);
    return NULL;
  }
  preset = vs_presets_load (name, error);
  if (preset && preset->type != VS_PRESET_CHANNEL) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The preset “%s” is not one for a channel: it says type=channel.",
        name);
    return NULL;
  }
  return g_steal_pointer (&preset);
}

/* The preset's own items are for its own channel, not for this one. */
static gchar *
make_spec (const gchar *name, GError **error)
{
  g_autoptr (VsPreset) preset = load_preset (name, error);

  if (!preset)
    return NULL;
  g_ptr_array_set_size (preset->items, 0);
  if (!vs_queue_settle (preset, error))
    return NULL;
  g_clear_pointer (&preset->listen, g_free);
  g_clear_pointer (&preset->output_location, g_free);
  return vs_spec_to_json (preset, FALSE);
}

typedef struct {
  const gchar *name, *preset, *filler;
  JsonArray *items;
} Order;

/* The items as an order has them: looked at by the same rules. */
static gchar *
read_items (VsCall *call, JsonObject *root, GError **error)
{
  JsonNode *node = json_object_get_member (root, "items");
  g_autoptr (JsonNode) document = NULL;
  g_autoptr (JsonObject) object = NULL;
  g_autofree gchar *text = NULL;
  VsOrderSource source = vs_api_get_source (call);

  if (!node)
    return g_strdup ("[]");
  object = json_object_new ();
  json_object_set_member (object, "items", json_node_copy (node));
  document = json_node_new (JSON_NODE_OBJECT);
  json_node_set_object (document, object);
  text = json_to_string (document, FALSE);
  source.body = text;
  source.body_size = strlen (text);
  return vs_order_items (&source, error);
}

static gchar *
check_filler (VsCall *call, const gchar *filler, GError **error)
{
  g_autofree gchar *asset = vs_asset_uri_dup_id (filler);

  if (*filler == '\0')
    return g_strdup ("");
  if (asset)
    return vs_api_find_asset (call, asset, NULL, error);
  return vs_url_policy_check (call->api->config, filler, error);
}

static VsChannel *
build_channel (VsCall *call, const Order *order, GError **error)
{
  g_autoptr (VsChannel) channel = g_new0 (VsChannel, 1);

  channel->spec = make_spec (order->preset, error);
  if (!channel->spec)
    return NULL;
  if (order->filler) {
    channel->filler = check_filler (call, order->filler, error);
    if (!channel->filler)
      return NULL;
  }
  channel->id = vs_job_make_id (VS_CHANNEL_PREFIX);
  channel->name = g_strdup (order->name);
  channel->owner = g_strdup (call->principal.owner);
  channel->preset = g_strdup (order->preset);
  return g_steal_pointer (&channel);
}

static void
reply_made (VsCall *call, VsChannel *channel)
{
  call->reply->location = g_strconcat ("/v1/channels/", channel->id, NULL);
  reply_channel (call, 201, channel);
}

static void
reply_again (VsCall *call, const gchar *subject)
{
  VsChannel *channel;

  g_free (call->id);
  call->id = g_strdup (subject);
  channel = vs_api_find_channel (call);
  if (channel)
    reply_made (call, channel);
}

void
vs_api_post_channel (VsCall *call)
{
  static const gchar *const known[] = { NULL };
  Order order = { NULL, "channel", NULL, NULL };
  const VsField fields[] = {
    { "name", VS_FIELD_STRING, TRUE, 1, NAME_MAX_BYTES, &order.name },
    { "preset", VS_FIELD_STRING, FALSE, 1, 64, &order.preset },
    { "filler", VS_FIELD_STRING, FALSE, 0, URL_MAX_BYTES, &order.filler },
    { "items", VS_FIELD_ARRAY, FALSE, 0, G_MAXINT, &order.items },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) root = NULL;
  g_autoptr (VsChannel) built = NULL;
  g_autofree gchar *items = NULL;
  g_autofree gchar *subject = NULL;
  g_auto (VsRepeat) repeat = { NULL };
  VsChannel *channel;

  if (!vs_call_check_query (call, known) || !vs_call_check_json (call) ||
      !vs_call_find_repeat (call, &repeat, &subject))
    return;
  if (subject) {
    reply_again (call, subject);
    return;
  }
  root = vs_body_parse (call->request->body, call->request->body_size, &error);
  if (root && vs_body_read (root, "", fields, G_N_ELEMENTS (fields), &error))
    items = read_items (call, root, &error);
  if (items)
    built = build_channel (call, &order, &error);
  channel = built ? vs_channels_add (call->api->channels,
                        g_steal_pointer (&built), items, &repeat, &error)
                  : NULL;
  if (channel)
    reply_made (call, channel);
  else
    vs_call_refuse (call, error);
}

/* ---- changing one ---- */

static gboolean
check_version (VsCall *call, const VsChannel *channel)
{
  const gchar *wanted = vs_call_get_header (call, "If-Match");
  g_autofree gchar *tag =
      g_strdup_printf ("\"%" G_GINT64_FORMAT "\"", channel->version);
  const gchar *found = wanted ? strstr (wanted, tag) : NULL;

  if (!wanted || g_str_equal (wanted, "*") ||
      (found && (found == wanted || found[-1] != '/')))
    return TRUE;
  vs_call_refuse_as (
      call, 412, "The channel has changed since it was read: read it again.");
  return FALSE;
}

void
vs_api_patch_channel (VsCall *call)
{
  const gchar *name = NULL;
  const gchar *filler = NULL;
  const VsField fields[] = {
    { "name", VS_FIELD_STRING, FALSE, 1, NAME_MAX_BYTES, &name },
    { "filler", VS_FIELD_STRING, FALSE, 0, URL_MAX_BYTES, &filler },
  };
  VsChannel *channel =
      vs_call_check_json (call) ? vs_api_find_channel (call) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) root = NULL;
  g_autofree gchar *uri = NULL;

  if (!channel || !check_version (call, channel))
    return;
  root = vs_body_parse (call->request->body, call->request->body_size, &error);
  if (!root ||
      !vs_body_read (root, "", fields, G_N_ELEMENTS (fields), &error) ||
      (filler && !(uri = check_filler (call, filler, &error)))) {
    vs_call_refuse (call, error);
    return;
  }
  if (name) {
    g_free (channel->name);
    channel->name = g_strdup (name);
  }
  if (uri) {
    g_free (channel->filler);
    channel->filler = g_steal_pointer (&uri);
  }
  if (vs_channels_update (call->api->channels, channel, &error))
    reply_channel (call, 200, channel);
  else
    vs_call_refuse (call, error);
}

void
vs_api_delete_channel (VsCall *call)
{
  VsChannel *channel = vs_api_find_channel (call);
  g_autoptr (GError) error = NULL;

  if (!channel || !check_version (call, channel))
    return;
  if (vs_channels_remove (call->api->channels, channel, &error))
    call->reply->status = 204;
  else
    vs_call_refuse (call, error);
}

static void
command (VsCall *call, VsEvent event)
{
  VsChannel *channel = vs_api_find_channel (call);
  g_autoptr (GError) error = NULL;

  if (!channel)
    return;
  if (vs_channels_command (call->api->channels, channel, event, &error))
    reply_channel (call, 202, channel);
  else
    vs_call_refuse (call, error);
}

void
vs_api_start_channel (VsCall *call)
{
  command (call, VS_EVENT_START);
}

void
vs_api_stop_channel (VsCall *call)
{
  command (call, VS_EVENT_STOP);
}

void
vs_api_sign_channel (VsCall *call)
{
  VsChannel *channel = vs_api_find_channel (call);

  if (channel)
    vs_call_reply_playback (call, channel->id);
}

/* Is it as it should be? 200 or 503, for who looks at the status alone. */
void
vs_api_get_channel_health (VsCall *call)
{
  VsChannel *channel = vs_api_find_channel (call);
  JsonObject *object;
  gboolean well;

  if (!channel)
    return;
  well = channel->state == VS_STATE_RUNNING ||
         (channel->state == VS_STATE_IDLE && !channel->error);
  object = json_object_new ();
  json_object_set_string_member (object, "id", channel->id);
  json_object_set_string_member (
      object, "state", vs_state_name (channel->state));
  json_object_set_boolean_member (object, "healthy", well);
  json_object_set_int_member (object, "losses", channel->losses);
  set_air (object, channel);
  if (channel->error)
    json_object_set_string_member (object, "message", channel->error);
  else
    json_object_set_null_member (object, "message");
  vs_call_reply (call, well ? 200 : 503, object);
}
