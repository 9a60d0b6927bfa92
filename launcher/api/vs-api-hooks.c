/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /v1/webhooks and their deliveries. */
#include "api/vs-api-private.h"
#include "api/vs-body.h"

#include "core/vs-webhook.h"
#include "jobs/vs-hook-setup.h"
#include "jobs/vs-hook-store.h"
#include "jobs/vs-url-policy.h"

/* Each change is written once for each: a bound on what a job costs. */
#define HOOKS_MAX 100
#define EVENTS_MAX 32
#define URL_MAX 2048

static JsonArray *
build_events (const gchar *events)
{
  g_auto (GStrv) words = g_strsplit (events, " ", -1);
  JsonArray *array = json_array_new ();

  for (guint i = 0; words[i]; i++)
    json_array_add_string_element (array, words[i]);
  return array;
}

static void
set_text (JsonObject *object, const gchar *name, const gchar *text)
{
  if (text)
    json_object_set_string_member (object, name, text);
  else
    json_object_set_null_member (object, name);
}

static JsonObject *
build_hook (const VsHook *hook)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", hook->id);
  json_object_set_string_member (object, "url", hook->url);
  json_object_set_array_member (object, "events", build_events (hook->events));
  json_object_set_string_member (object, "owner", hook->owner);
  json_object_set_boolean_member (object, "configured", hook->configured);
  json_object_set_string_member (
      object, "state", hook->enabled ? "enabled" : "disabled");
  set_text (object, "reason", hook->reason);
  json_object_set_int_member (object, "failures", hook->failures);
  vs_json_set_time (object, "failing_since", hook->failing_since);
  vs_json_set_time (object, "next_attempt_at", hook->ready);
  vs_json_set_time (object, "created_at", hook->created);
  return object;
}

static JsonObject *
build_delivery (const VsDelivery *delivery)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", delivery->id);
  json_object_set_string_member (object, "event_id", delivery->event);
  json_object_set_string_member (object, "type", delivery->type);
  json_object_set_string_member (object, "state", delivery->state);
  json_object_set_int_member (object, "attempts", delivery->attempts);
  if (delivery->status)
    json_object_set_int_member (object, "status", delivery->status);
  else
    json_object_set_null_member (object, "status");
  json_object_set_double_member (
      object, "duration", (gdouble) delivery->duration_us / G_USEC_PER_SEC);
  set_text (object, "error", delivery->error);
  vs_json_set_time (object, "created_at", delivery->created);
  vs_json_set_time (object, "attempted_at", delivery->attempted);
  return object;
}

/* Somebody else's is not there. */
static VsHook *
get_hook (VsCall *call)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsHook) hook = vs_hook_store_get (call->api->db, call->id, &error);
  const gchar *owner = vs_call_get_owner (call);

  if (hook && owner && !g_str_equal (hook->owner, owner)) {
    vs_call_refuse_as (call, 404, "There is no such webhook.");
    return NULL;
  }
  if (!hook)
    vs_call_refuse (call, error);
  return g_steal_pointer (&hook);
}

static void
tell_listener (VsCall *call)
{
  if (call->api->hooks_changed)
    call->api->hooks_changed (call->api->hooks_data);
}

/* The patterns of @array (NULL: all), blanks between. */
static gchar *
read_events (JsonArray *array, GError **error)
{
  GString *text = g_string_new (array ? NULL : "*");

  for (guint i = 0; array && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    gboolean is_text = json_node_get_value_type (node) == G_TYPE_STRING;
    const gchar *pattern = is_text ? json_node_get_string (node) : "";

    if (!vs_webhook_check_pattern (pattern, error)) {
      (void) g_string_free (text, TRUE);
      return NULL;
    }
    g_string_append_printf (text, "%s%s", text->len ? " " : "", pattern);
  }
  return g_string_free (text, FALSE);
}

static VsHook *
read_hook (VsCall *call, GError **error)
{
  const VsApiRequest *request = call->request;
  const gchar *url = NULL, *secret = NULL;
  JsonArray *events = NULL;
  const VsField fields[] = {
    { "url", VS_FIELD_STRING, TRUE, 1, URL_MAX, &url },
    { "events", VS_FIELD_ARRAY, FALSE, 1, EVENTS_MAX, &events },
    { "secret", VS_FIELD_STRING, FALSE, 1, 128, &secret },
  };
  g_autoptr (JsonObject) root =
      vs_body_parse (request->body, request->body_size, error);
  g_autofree gchar *patterns = NULL;
  VsHook *hook;

  if (!root || !vs_body_read (root, "", fields, G_N_ELEMENTS (fields), error) ||
      !vs_url_policy_check_hook (call->api->config, url, error) ||
      (secret && !vs_webhook_check_secret (secret, error)))
    return NULL;
  patterns = read_events (events, error);
  if (!patterns)
    return NULL;
  hook = g_new0 (VsHook, 1);
  hook->id = vs_job_make_id (VS_HOOK_PREFIX);
  hook->url = g_strdup (url);
  hook->events = g_steal_pointer (&patterns);
  hook->secret = secret ? g_strdup (secret) : vs_hook_make_secret ();
  hook->owner = g_strdup (call->principal.owner);
  hook->everyone = vs_call_get_owner (call) == NULL;
  hook->enabled = TRUE;
  hook->created = g_get_real_time ();
  return hook;
}

/* With its secret, which nobody is shown but the one who makes it. */
static void
reply_made (VsCall *call, const VsHook *hook)
{
  JsonObject *object = build_hook (hook);

  json_object_set_string_member (object, "secret", hook->secret);
  vs_call_reply (call, 201, object);
  call->reply->location = g_strconcat ("/v1/webhooks/", hook->id, NULL);
}

static void
reply_again (VsCall *call, const gchar *subject)
{
  g_autoptr (VsHook) hook = NULL;

  g_free (call->id);
  call->id = g_strdup (subject);
  hook = get_hook (call);
  if (hook)
    reply_made (call, hook);
}

void
vs_api_post_hook (VsCall *call)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsHook) hook = NULL;
  g_autofree gchar *subject = NULL;
  g_auto (VsRepeat) repeat = { NULL };

  if (!vs_call_check_json (call) ||
      !vs_call_find_repeat (call, &repeat, &subject))
    return;
  if (subject) {
    reply_again (call, subject);
    return;
  }
  if (vs_hook_store_count (call->api->db) >= HOOKS_MAX) {
    vs_call_refuse_as (call, 409,
        "There are as many webhooks as there may "
        "be: remove one.");
    return;
  }
  hook = read_hook (call, &error);
  if (hook && vs_hook_store_add (call->api->db, hook, &repeat, &error))
    reply_made (call, hook);
  else
    vs_call_refuse (call, error);
}

void
vs_api_list_hooks (VsCall *call)
{
  static const gchar *const known[] = { "limit", "cursor", NULL };
  g_autofree gchar *after = NULL;
  g_autoptr (GPtrArray) hooks = NULL;
  g_autoptr (GError) error = NULL;
  guint limit = 0;
  JsonArray *array;
  VsHook *last;

  if (!vs_call_check_query (call, known) ||
      !vs_call_read_page (call, VS_HOOK_PREFIX, &limit, &after))
    return;
  hooks = vs_hook_store_list (
      call->api->db, vs_call_get_owner (call), after, limit + 1, &error);
  if (!hooks) {
    vs_call_refuse (call, error);
    return;
  }
  array = json_array_new ();
  for (guint i = 0; i < MIN (limit, hooks->len); i++)
    json_array_add_object_element (array, build_hook (hooks->pdata[i]));
  last = hooks->len > limit ? hooks->pdata[limit - 1] : NULL;
  vs_call_reply_list (call, array, last ? last->id : NULL);
}

void
vs_api_get_hook (VsCall *call)
{
  g_autoptr (VsHook) hook = get_hook (call);

  if (hook)
    vs_call_reply (call, 200, build_hook (hook));
}

void
vs_api_delete_hook (VsCall *call)
{
  g_autoptr (VsHook) hook = get_hook (call);
  g_autoptr (GError) error = NULL;

  if (!hook)
    return;
  if (hook->configured)
    vs_call_refuse_as (
        call, 409, "This webhook is in the configuration: take it out there.");
  else if (!vs_hook_store_remove (call->api->db, hook->id, &error))
    vs_call_refuse (call, error);
  else
    call->reply->status = 204;
}

void
vs_api_list_deliveries (VsCall *call)
{
  static const gchar *const known[] = { "limit", "cursor", NULL };
  g_autoptr (VsHook) hook = get_hook (call);
  g_autofree gchar *after = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GError) error = NULL;
  guint limit = 0;
  JsonArray *array;
  VsDelivery *last;

  if (!hook || !vs_call_check_query (call, known) ||
      !vs_call_read_page (call, VS_DELIVERY_PREFIX, &limit, &after))
    return;
  all = vs_hook_store_list_deliveries (
      call->api->db, hook->id, after, limit + 1, &error);
  if (!all) {
    vs_call_refuse (call, error);
    return;
  }
  array = json_array_new ();
  for (guint i = 0; i < MIN (limit, all->len); i++)
    json_array_add_object_element (array, build_delivery (all->pdata[i]));
  last = all->len > limit ? all->pdata[limit - 1] : NULL;
  vs_call_reply_list (call, array, last ? last->id : NULL);
}

void
vs_api_enable_hook (VsCall *call)
{
  g_autoptr (VsHook) hook = get_hook (call);
  g_autoptr (VsHook) fresh = NULL;
  g_autoptr (GError) error = NULL;

  if (!hook)
    return;
  if (vs_hook_store_enable (call->api->db, hook->id, &error))
    fresh = vs_hook_store_get (call->api->db, hook->id, &error);
  if (!fresh) {
    vs_call_refuse (call, error);
    return;
  }
  vs_call_reply (call, 200, build_hook (fresh));
  tell_listener (call);
}

void
vs_api_ping_hook (VsCall *call)
{
  g_autoptr (VsHook) hook = get_hook (call);
  g_autoptr (GError) error = NULL;

  if (!hook)
    return;
  if (!hook->enabled) {
    vs_call_refuse_as (
        call, 409, "A webhook cannot be pinged while it is disabled.");
    return;
  }
  if (!vs_hook_store_ping (call->api->db, hook, &error)) {
    vs_call_refuse (call, error);
    return;
  }
  vs_call_reply (call, 202, build_hook (hook));
  tell_listener (call);
}
