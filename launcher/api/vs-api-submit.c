/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * POST /v1/jobs and /v1/assets: from a document to a job in the queue. */
#include "api/vs-api-private.h"
#include "api/vs-body.h"

#include "app/vs-presets.h"
#include "app/vs-spec.h"
#include "core/vs-title.h"
#include "jobs/vs-asset-store.h"
#include "jobs/vs-url-policy.h"

#include <string.h>

typedef struct {
  gint64 priority;
  const gchar *preset, *url, *upload; /* one of the two */
  const gchar *given_title;
  gchar *title; /* of an asset */
  VsRepeat repeat;
  JsonObject *root;
  gboolean asset;
} Order;

static void
order_clear (Order *self)
{
  vs_repeat_clear (&self->repeat);
  g_free (self->title);
  g_clear_pointer (&self->root, json_object_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Order, order_clear)

static gboolean
read_order (const VsApiRequest *request, Order *order, GError **error)
{
  JsonObject *input = NULL;
  const VsField fields[] = {
    { "preset", VS_FIELD_STRING, FALSE, 1, 64, &order->preset },
    { "input", VS_FIELD_OBJECT, TRUE, 0, 0, &input },
    { "priority", VS_FIELD_INT, FALSE, 0, VS_JOB_PRIORITY_MAX,
        &order->priority },
    /* Of an asset only, so the last one. */
    { "title", VS_FIELD_STRING, FALSE, 1, 1024, &order->given_title },
  };
  guint n_fields = G_N_ELEMENTS (fields) - (order->asset ? 0 : 1);
  const VsField input_fields[] = {
    { "url", VS_FIELD_STRING, FALSE, 1, 2048, &order->url },
    { "upload", VS_FIELD_STRING, FALSE, 1, 64, &order->upload },
  };

  order->preset = "vod";
  order->priority = VS_JOB_PRIORITY_DEFAULT;
  order->root = vs_body_parse (request->body, request->body_size, error);
  if (!order->root ||
      !vs_body_read (order->root, "", fields, n_fields, error) ||
      !vs_body_read (
          input, "input.", input_fields, G_N_ELEMENTS (input_fields), error))
    return FALSE;
  if (!order->url == !order->upload) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“input” must have “url” or “upload”, and not both.");
    return FALSE;
  }
  return TRUE;
}

/* The last part of a path, of a URL. */
static gchar *
make_title (const Order *order, const VsUpload *upload)
{
  g_autoptr (GUri) uri =
      order->url ? g_uri_parse (order->url, G_URI_FLAGS_NONE, NULL) : NULL;
  const gchar *raw = order->given_title ? order->given_title
                     : upload           ? upload->title
                     : uri              ? g_uri_get_path (uri)
                                        : order->url;

  return vs_title_clean (raw, strlen (raw));
}

/* The input of a job; NULL: refused. */
static gchar *
find_input (VsCall *call, Order *order)
{
  const gchar *owner = vs_call_get_owner (call);
  g_autoptr (VsUpload) upload = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *detail = NULL;

  if (order->url) {
    gchar *uri = vs_url_policy_check (call->api->config, order->url, &error);

    if (!uri)
      vs_call_refuse (call, error);
    order->title = make_title (order, NULL);
    return uri;
  }
  upload = vs_upload_store_get (call->api->db, order->upload, NULL);
  if (!upload || (owner && !g_str_equal (upload->owner, owner)))
    vs_call_refuse_as (call, 422, "There is no such upload.");
  else if (!vs_upload_is_whole (upload))
    vs_call_refuse_as (call, 409, "The upload is not whole yet.");
  else if (upload->job) {
    detail = g_strdup_printf ("The upload belongs to %s already.", upload->job);
    vs_call_refuse_as (call, 409, detail);
  } else {
    order->title = make_title (order, upload);
    return g_strconcat (VS_UPLOAD_SCHEME, upload->id, NULL);
  }
  return NULL;
}

/* A name, never a path: presets are the operator's. */
static VsPreset *
load_preset (const gchar *name, GError **error)
{
  g_auto (GStrv) known = vs_presets_list ();
  g_autofree gchar *list = NULL;
  VsPreset *preset;

  if (!g_strv_contains ((const gchar *const *) known, name)) {
    list = g_strjoinv (", ", known);
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "There is no preset “%s”: there are %s.", name, list);
    return NULL;
  }
  preset = vs_presets_load (name, error);
  if (preset && preset->type == VS_PRESET_CHANNEL) {
    vs_preset_free (preset);
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The preset “%s” is one for a channel, not for a job.", name);
    return NULL;
  }
  if (preset && preset->launch) {
    vs_preset_free (preset);
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The preset “%s” is a pipeline written out: it runs by "
        "vstream-launcher "
        "--preset, not as a job of the service.",
        name);
    return NULL;
  }
  return preset;
}

/* NULL: refused. */
static VsJob *
build_job (VsCall *call, Order *order)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsPreset) preset = load_preset (order->preset, &error);
  g_autofree gchar *uri = preset ? find_input (call, order) : NULL;
  VsJob *job;

  if (!preset)
    vs_call_refuse (call, error);
  if (!uri)
    return NULL;
  g_free (preset->input_uri);
  preset->input_uri = g_strdup (uri);
  g_clear_pointer (&preset->listen, g_free);
  g_clear_pointer (&preset->output_location, g_free);
  job = g_new0 (VsJob, 1);
  job->id = vs_job_make_id (VS_JOB_PREFIX);
  job->life = preset->type == VS_PRESET_LIVE ? VS_LIFE_LIVE : VS_LIFE_VOD;
  job->state = VS_STATE_QUEUED;
  job->owner = g_strdup (call->principal.owner);
  job->priority = (gint) order->priority;
  job->preset = g_strdup (order->preset);
  job->input = g_strdup (order->url ? order->url : uri);
  job->spec = vs_spec_to_json (preset, FALSE);
  if (order->asset)
    job->asset = vs_job_make_id (VS_ASSET_PREFIX);
  return job;
}

static gboolean
add_extra (VsDb *db, const VsJob *job, gpointer user_data, GError **error)
{
  const Order *order = user_data;

  if (job->asset && !vs_asset_store_add (db, job, order->title, error))
    return FALSE;
  if (order->upload &&
      !vs_upload_store_claim (db, order->upload, job->id, error))
    return FALSE;
  return vs_repeat_note (db, &order->repeat, job->asset ? job->asset : job->id,
      job->created, error);
}

static void
reply_again (VsCall *call, const gchar *subject)
{
  g_free (call->id);
  call->id = g_strdup (subject);
  call->reply->location = g_strconcat (call->request->path, "/", subject, NULL);
  if (g_str_has_prefix (subject, VS_ASSET_PREFIX "_"))
    vs_api_get_asset (call);
  else
    vs_api_get_job (call);
  if (call->reply->status == 200)
    call->reply->status = 202;
}

static void
submit (VsCall *call, gboolean asset)
{
  static const gchar *const known[] = { "dry_run", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (VsJob) job = NULL;
  g_autofree gchar *subject = NULL;
  g_auto (Order) order = { 0 };
  const gchar *dry = vs_call_get_query (call, "dry_run");

  if (!vs_call_check_query (call, known))
    return;
  if (!vs_call_check_json (call))
    return;
  order.asset = asset;
  if (!read_order (call->request, &order, &error)) {
    vs_call_refuse (call, error);
    return;
  }
  if (!vs_call_find_repeat (call, &order.repeat, &subject))
    return;
  if (subject) {
    reply_again (call, subject);
    return;
  }
  job = build_job (call, &order);
  if (!job)
    return;
  if (dry && !g_str_equal (dry, "0")) {
    vs_call_reply (call, 200, vs_api_build_job (call->api, job));
    return;
  }
  if (!vs_job_store_add (call->api->jobs, job, add_extra, &order, &error)) {
    vs_call_refuse (call, error);
    return;
  }
  vs_scheduler_wake (call->api->scheduler);
  reply_again (call, asset ? job->asset : job->id);
}

void
vs_api_post_job (VsCall *call)
{
  submit (call, FALSE);
}

void
vs_api_post_asset (VsCall *call)
{
  submit (call, TRUE);
}
