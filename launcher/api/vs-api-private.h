/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the handlers of the API share. Private to launcher/api. */
#pragma once

#include "api/vs-api.h"
#include "api/vs-order.h"
#include "jobs/vs-repeat.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

struct _VsApi {
  VsJobStore *jobs;
  VsDb *db;
  VsScheduler *scheduler;
  VsFolders *folders;
  VsOutputs *outputs;
  const VsSigner *signer;
  VsUploads *uploads;
  VsChannels *channels;
  gboolean open; /* of one job: whoever comes is answered */
  const VsConfig *config;
  gboolean draining;
  GHashTable *requests; /* "route status" → how many (guint64 *) */
  void (*hooks_changed) (gpointer); /* or NULL */
  gpointer hooks_data;
};

/* A request on its way through a handler. */
typedef struct {
  VsApi *api;
  const VsApiRequest *request;
  VsPrincipal principal;
  gchar *id, *item; /* of the path, or NULL */
  VsApiReply *reply;
} VsCall;

/* Takes @object. */
void vs_call_reply (VsCall *call, guint status, JsonObject *object);

/* The one place where an error becomes a status. */
void vs_call_refuse (VsCall *call, const GError *error);
void vs_call_refuse_as (VsCall *call, guint status, const gchar *detail);

/* Headers of the request, or NULL, and of the reply. */
const gchar *vs_call_get_header (const VsCall *call, const gchar *name);
void vs_call_set_header (VsCall *call, const gchar *name, const gchar *value);

/* Whose things may be seen: NULL for everybody's. */
const gchar *vs_call_get_owner (const VsCall *call);

/* ?limit= and ?cursor=; FALSE: refused. */
gboolean vs_call_read_page (
    VsCall *call, const gchar *prefix, guint *limit, gchar **after);

/* Is what came said to be JSON? FALSE: refused. */
gboolean vs_call_check_json (VsCall *call);

/* The value of ?@name=, or NULL; @call may have no others than those that
 * @known names, NULL-terminated. */
gboolean vs_call_check_query (VsCall *call, const gchar *const *known);
const gchar *vs_call_get_query (const VsCall *call, const gchar *name);

/* Fills @repeat, which is empty, where the request has an Idempotency-Key;
 * @subject: the id of what the same request made before, or NULL. FALSE:
 * refused. */
gboolean vs_call_find_repeat (VsCall *call, VsRepeat *repeat, gchar **subject);

/* RFC 3339, or null for 0. */
void vs_json_set_time (JsonObject *object, const gchar *name, gint64 us);

/* A page of a list: {"data": […], "next_cursor": …}. Takes @array. */
void vs_call_reply_list (VsCall *call, JsonArray *array, const gchar *last_id);

/* Where @id is played, signed where that is asked for. */
gchar *vs_api_dup_play_url (VsApi *self, const gchar *id);

/* The answer to POST …/playback of @id. */
void vs_call_reply_playback (VsCall *call, const gchar *id);

JsonObject *vs_api_build_job (VsApi *self, const VsJob *job);

/* {"url": …} or {"upload": …}, of a job's or an asset's input. */
JsonObject *vs_api_build_input (const gchar *input);

JsonObject *vs_api_build_upload (const VsUpload *upload);
void vs_api_set_upload_headers (VsCall *call, const VsUpload *upload);

JsonObject *vs_api_build_channel (VsApi *self, VsChannel *channel);

/* The channel that the path names; NULL: refused. */
VsChannel *vs_api_find_channel (VsCall *call);

/* The document of @call, with the rules that its items have to follow. */
VsOrderSource vs_api_get_source (VsCall *call);

/* The address of the film @id of the library, with its place; NULL: @error
 * says why there is none. @title: of the asset, or NULL: not asked for. */
gchar *vs_api_find_asset (
    VsCall *call, const gchar *id, gchar **title, GError **error);

/* The handlers. */
void vs_api_post_job (VsCall *call);
void vs_api_list_jobs (VsCall *call);
void vs_api_get_job (VsCall *call);
void vs_api_delete_job (VsCall *call);
void vs_api_stop_job (VsCall *call);
void vs_api_pause_job (VsCall *call);
void vs_api_resume_job (VsCall *call);
void vs_api_cancel_job (VsCall *call);
void vs_api_retry_job (VsCall *call);
void vs_api_get_log (VsCall *call);
void vs_api_post_asset (VsCall *call);
void vs_api_list_assets (VsCall *call);
void vs_api_get_asset (VsCall *call);
void vs_api_delete_asset (VsCall *call);
void vs_api_sign_job (VsCall *call);
void vs_api_sign_asset (VsCall *call);
void vs_api_post_hook (VsCall *call);
void vs_api_list_hooks (VsCall *call);
void vs_api_get_hook (VsCall *call);
void vs_api_delete_hook (VsCall *call);
void vs_api_list_deliveries (VsCall *call);
void vs_api_enable_hook (VsCall *call);
void vs_api_ping_hook (VsCall *call);
void vs_api_post_upload (VsCall *call);
void vs_api_list_uploads (VsCall *call);
void vs_api_describe_uploads (VsCall *call);
void vs_api_get_upload (VsCall *call);
void vs_api_patch_upload (VsCall *call);
void vs_api_delete_upload (VsCall *call);
void vs_api_sign_channel (VsCall *call);
void vs_api_post_channel (VsCall *call);
void vs_api_list_channels (VsCall *call);
void vs_api_get_channel (VsCall *call);
void vs_api_patch_channel (VsCall *call);
void vs_api_delete_channel (VsCall *call);
void vs_api_start_channel (VsCall *call);
void vs_api_stop_channel (VsCall *call);
void vs_api_skip_channel (VsCall *call);
void vs_api_get_channel_health (VsCall *call);
void vs_api_get_queue (VsCall *call);
void vs_api_post_queue (VsCall *call);
void vs_api_put_queue (VsCall *call);
void vs_api_patch_item (VsCall *call);
void vs_api_delete_item (VsCall *call);
void vs_api_post_event (VsCall *call);
void vs_api_list_workers (VsCall *call);
void vs_api_list_presets (VsCall *call);
void vs_api_get_health (VsCall *call);
void vs_api_get_metrics (VsCall *call);
void vs_api_get_openapi (VsCall *call);

G_END_DECLS
