/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/vs-api-private.h"

#include "core/vs-id.h"
#include "jobs/vs-hook-store.h"

#include <string.h>

#define OPEN 0 /* a scope that everybody has */

/* "*" stands for one id, a second one for an item's. */
static const struct {
  const gchar *method, *pattern, *prefix;
  guint scope;
  void (*handle) (VsCall *call);
  gboolean alone; /* of one job, too */
} routes[] = {
  { "POST", "/v1/jobs", NULL, VS_SCOPE_WRITE, vs_api_post_job },
  { "GET", "/v1/jobs", NULL, VS_SCOPE_READ, vs_api_list_jobs },
  { "GET", "/v1/jobs/*", "job", VS_SCOPE_READ, vs_api_get_job },
  { "DELETE", "/v1/jobs/*", "job", VS_SCOPE_WRITE, vs_api_delete_job },
  { "GET", "/v1/jobs/*/log", "job", VS_SCOPE_READ, vs_api_get_log },
  { "POST", "/v1/jobs/*/stop", "job", VS_SCOPE_WRITE, vs_api_stop_job },
  { "POST", "/v1/jobs/*/pause", "job", VS_SCOPE_WRITE, vs_api_pause_job },
  { "POST", "/v1/jobs/*/resume", "job", VS_SCOPE_WRITE, vs_api_resume_job },
  { "POST", "/v1/jobs/*/cancel", "job", VS_SCOPE_WRITE, vs_api_cancel_job },
  { "POST", "/v1/jobs/*/retry", "job", VS_SCOPE_WRITE, vs_api_retry_job },
  { "POST", "/v1/jobs/*/playback", "job", VS_SCOPE_READ, vs_api_sign_job },
  { "POST", "/v1/assets", NULL, VS_SCOPE_WRITE, vs_api_post_asset },
  { "GET", "/v1/assets", NULL, VS_SCOPE_READ, vs_api_list_assets },
  { "GET", "/v1/assets/*", "asset", VS_SCOPE_READ, vs_api_get_asset },
  { "DELETE", "/v1/assets/*", "asset", VS_SCOPE_WRITE, vs_api_delete_asset },
  { "POST", "/v1/assets/*/playback", "asset", VS_SCOPE_READ,
      vs_api_sign_asset },
  { "POST", "/v1/webhooks", NULL, VS_SCOPE_WRITE, vs_api_post_hook },
  { "GET", "/v1/webhooks", NULL, VS_SCOPE_READ, vs_api_list_hooks },
  { "GET", "/v1/webhooks/*", VS_HOOK_PREFIX, VS_SCOPE_READ, vs_api_get_hook },
  { "DELETE", "/v1/webhooks/*", VS_HOOK_PREFIX, VS_SCOPE_WRITE,
      vs_api_delete_hook },
  { "GET", "/v1/webhooks/*/deliveries", VS_HOOK_PREFIX, VS_SCOPE_READ,
      vs_api_list_deliveries },
  { "POST", "/v1/webhooks/*/enable", VS_HOOK_PREFIX, VS_SCOPE_WRITE,
      vs_api_enable_hook },
  { "POST", "/v1/webhooks/*/ping", VS_HOOK_PREFIX, VS_SCOPE_WRITE,
      vs_api_ping_hook },
  { "OPTIONS", "/v1/uploads", NULL, OPEN, vs_api_describe_uploads },
  { "POST", "/v1/uploads", NULL, VS_SCOPE_WRITE, vs_api_post_upload },
  { "GET", "/v1/uploads", NULL, VS_SCOPE_READ, vs_api_list_uploads },
  { "OPTIONS", "/v1/uploads/*", "upload", OPEN, vs_api_describe_uploads },
  { "GET", "/v1/uploads/*", "upload", VS_SCOPE_READ, vs_api_get_upload },
  { "PATCH", "/v1/uploads/*", "upload", VS_SCOPE_WRITE, vs_api_patch_upload },
  { "DELETE", "/v1/uploads/*", "upload", VS_SCOPE_WRITE, vs_api_delete_upload },
  { "POST", "/v1/channels", NULL, VS_SCOPE_WRITE, vs_api_post_channel },
  { "GET", "/v1/channels", NULL, VS_SCOPE_READ, vs_api_list_channels, TRUE },
  { "GET", "/v1/channels/*", "channel", VS_SCOPE_READ, vs_api_get_channel,
      TRUE },
  { "PATCH", "/v1/channels/*", "channel", VS_SCOPE_WRITE,
      vs_api_patch_channel },
  { "DELETE", "/v1/channels/*", "channel", VS_SCOPE_WRITE,
      vs_api_delete_channel },
  { "POST", "/v1/channels/*/start", "channel", VS_SCOPE_WRITE,
      vs_api_start_channel },
  { "POST", "/v1/channels/*/stop", "channel", VS_SCOPE_WRITE,
      vs_api_stop_channel },
  { "POST", "/v1/channels/*/skip", "channel", VS_SCOPE_WRITE,
      vs_api_skip_channel, TRUE },
  { "POST", "/v1/channels/*/playback", "channel", VS_SCOPE_READ,
      vs_api_sign_channel },
  { "GET", "/v1/channels/*/health", "channel", VS_SCOPE_READ,
      vs_api_get_channel_health, TRUE },
  { "GET", "/v1/channels/*/queue", "channel", VS_SCOPE_READ, vs_api_get_queue,
      TRUE },
  { "POST", "/v1/channels/*/queue", "channel", VS_SCOPE_WRITE,
      vs_api_post_queue, TRUE },
  { "PUT", "/v1/channels/*/queue", "channel", VS_SCOPE_WRITE, vs_api_put_queue,
      TRUE },
  { "PATCH", "/v1/channels/*/queue/*", "channel", VS_SCOPE_WRITE,
      vs_api_patch_item, TRUE },
  { "DELETE", "/v1/channels/*/queue/*", "channel", VS_SCOPE_WRITE,
      vs_api_delete_item, TRUE },
  { "POST", "/v1/channels/*/events", "channel", VS_SCOPE_WRITE,
      vs_api_post_event, TRUE },
  { "GET", "/v1/presets", NULL, VS_SCOPE_READ, vs_api_list_presets },
  { "GET", "/v1/workers", NULL, VS_SCOPE_READ, vs_api_list_workers },
  { "GET", "/healthz", NULL, OPEN, vs_api_get_health },
  { "GET", "/metrics", NULL, VS_SCOPE_READ, vs_api_get_metrics },
  { "GET", "/openapi.json", NULL, OPEN, vs_api_get_openapi },
};

static VsApi *
new_api (VsChannels *channels)
{
  VsApi *self = g_new0 (VsApi, 1);

  self->channels = channels;
  self->requests =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

VsApi *
vs_api_new_alone (VsChannels *channels, gboolean open)
{
  VsApi *self = new_api (channels);

  self->open = open;
  return self;
}

VsApi *
vs_api_new (VsJobStore *jobs, VsScheduler *scheduler, VsFolders *folders,
    VsOutputs *outputs, VsChannels *channels, const VsSigner *signer,
    VsUploads *uploads, const VsConfig *config)
{
  VsApi *self = new_api (channels);

  self->jobs = jobs;
  self->db = vs_job_store_get_db (jobs);
  self->scheduler = scheduler;
  self->folders = folders;
  self->outputs = outputs;
  self->signer = signer;
  self->uploads = uploads;
  self->config = config;
  return self;
}

void
vs_api_free (VsApi *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->requests);
  g_free (self);
}

void
vs_api_set_draining (VsApi *self)
{
  self->draining = TRUE;
}

void
vs_api_set_hook_listener (
    VsApi *self, void (*changed) (gpointer), gpointer user_data)
{
  self->hooks_changed = changed;
  self->hooks_data = user_data;
}

void
vs_api_count (VsApi *self, const gchar *route, guint status)
{
  g_autofree gchar *key = g_strdup_printf ("%s %u", route, status);
  guint64 *count = g_hash_table_lookup (self->requests, key);

  if (!count) {
    count = g_new0 (guint64, 1);
    g_hash_table_insert (self->requests, g_steal_pointer (&key), count);
  }
  (*count)++;
}

/* Does @path have the shape of @pattern? @words: what stands for "*". */
static gboolean
match (const gchar *pattern, const gchar *path, gchar **words)
{
  guint n = 0;

  for (; *pattern; pattern++) {
    gsize length = strcspn (path, "/");

    if (*pattern != '*') {
      if (*path++ != *pattern)
        return FALSE;
      continue;
    }
    if (length == 0)
      return FALSE;
    g_free (words[n]);
    words[n++] = g_strndup (path, length);
    path += length;
  }
  return *path == '\0';
}

/* A name in a browser's address bar may lead to this machine without its
 * user's will (DNS rebinding); without tokens only names of the machine's own
 * are answered. */
static gboolean
is_local_name (const gchar *host)
{
  static const gchar *const names[] = { "localhost", "127.0.0.1", "[::1]" };

  for (guint i = 0; host && i < G_N_ELEMENTS (names); i++) {
    gsize length = strlen (names[i]);

    if (g_ascii_strncasecmp (host, names[i], length) == 0 &&
        (host[length] == '\0' || host[length] == ':'))
      return TRUE;
  }
  return FALSE;
}

/* A page of another origin can have a browser send what needs no preflight,
 * and the browser then says whose page it was. */
static gboolean
is_own_origin (const VsCall *call)
{
  const gchar *origin = vs_call_get_header (call, "Origin");
  const gchar *host = origin ? strstr (origin, "://") : NULL;

  return !origin ||
         (host && g_ascii_strcasecmp (host + strlen ("://"),
                      call->request->host ? call->request->host : "") == 0);
}

static guint
identify (VsCall *call)
{
  const gchar *header = call->request->authorization;
  gboolean alone = call->api->db == NULL;

  if (alone || vs_token_store_is_empty (call->api->db)) {
    call->principal.owner = g_strdup ("local");
    call->principal.scopes = VS_SCOPE_READ | VS_SCOPE_WRITE | VS_SCOPE_ADMIN;
    if (!call->api->open && !is_local_name (call->request->host))
      return 421;
    return is_own_origin (call) ? 200 : 403;
  }
  if (!header || g_ascii_strncasecmp (header, "Bearer ", 7) != 0)
    return 401;
  return vs_token_store_check (
             call->api->db, header + 7, g_get_real_time (), &call->principal)
             ? 200
             : 401;
}

static gboolean
authorize (VsCall *call, guint scope)
{
  guint status = scope == OPEN ? 200 : identify (call);

  if (status == 401)
    vs_call_refuse_as (call, 401,
        "Send “Authorization: Bearer TOKEN” with a token that “vstream-"
        "launcher token create” has made.");
  else if (status == 421)
    vs_call_refuse_as (call, 421,
        "Without tokens only localhost, 127.0.0.1 and [::1] are answered.");
  else if (status == 403)
    vs_call_refuse_as (call, 403, "Pages of other origins are not answered.");
  else if ((call->principal.scopes & scope) != scope)
    vs_call_refuse_as (
        call, 403, "The token does not have the scope for this.");
  else
    return TRUE;
  return FALSE;
}

guint
vs_api_authorize (VsApi *self, const VsApiRequest *request, guint scope,
    VsPrincipal *principal, VsApiReply *reply)
{
  VsCall call = { .api = self, .request = request, .reply = reply };

  if (!authorize (&call, scope)) {
    vs_principal_clear (&call.principal);
    return reply->status;
  }
  *principal = call.principal;
  return 200;
}

static void
run (VsCall *call, guint route)
{
  call->reply->route = routes[route].pattern;
  if (!authorize (call, routes[route].scope))
    return;
  if (call->id && call->api->db &&
      !vs_id_check (call->id, routes[route].prefix))
    vs_call_refuse_as (call, 404, "There is no such thing.");
  else if (call->api->draining && strcmp (call->request->method, "GET") != 0)
    vs_call_refuse_as (call, 503, "The service is being stopped.");
  else
    routes[route].handle (call);
}

static void
refuse_route (VsCall *call, const GString *allowed)
{
  call->reply->route = "none";
  if (allowed->len == 0) {
    vs_call_refuse_as (call, 404, "There is nothing at this address.");
    return;
  }
  vs_call_refuse_as (call, 405, "This address knows other methods.");
  call->reply->allow = g_strdup (allowed->str);
}

/* Those that match the path: the right method is run, others are listed. */
static void
try_route (VsCall *call, guint route, const gchar *method, GString *allowed)
{
  gchar *words[2] = { NULL };

  if (match (routes[route].pattern, call->request->path, words)) {
    g_string_append_printf (
        allowed, "%s%s", allowed->len ? ", " : "", routes[route].method);
    if (strcmp (routes[route].method, method) == 0) {
      call->id = g_steal_pointer (&words[0]);
      call->item = g_steal_pointer (&words[1]);
      run (call, route);
    }
  }
  g_free (words[0]);
  g_free (words[1]);
}

void
vs_api_handle (VsApi *self, const VsApiRequest *request, VsApiReply *reply)
{
  VsCall call = { .api = self, .request = request, .reply = reply };
  g_autoptr (GString) allowed = g_string_new (NULL);
  const gchar *method =
      strcmp (request->method, "HEAD") == 0 ? "GET" : request->method;

  for (guint i = 0; i < G_N_ELEMENTS (routes); i++) {
    if (reply->route)
      break;
    if (self->db || routes[i].alone)
      try_route (&call, i, method, allowed);
  }
  if (!reply->route)
    refuse_route (&call, allowed);
  if (!reply->later && !reply->intake)
    vs_api_count (self, reply->route, reply->status);
  vs_principal_clear (&call.principal);
  g_free (call.id);
  g_free (call.item);
}
