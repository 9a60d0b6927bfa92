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

#define KEY_MAX 255
#define REPLY_KEPT_US (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)

typedef struct {
  gint64 priority;
  const gchar *preset, *url, *upload; /* one of the two */
  const gchar *given_title;
  gchar *title;  /* of an asset */
  gchar *digest; /* of the request, where it has a key */
  const gchar *key;
  JsonObject *root;
  gboolean asset;
} Order;

static void
order_clear (Order *self)
{
  g_free (self->digest);
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
  if (!order->key)
    return TRUE;
  return vs_db_run (db, error, "DELETE FROM replies WHERE created < ?", "i",
             job->created - REPLY_KEPT_US) &&
         vs_db_run (db, error,
             "INSERT INTO replies (owner, key, digest, subject, created) "
             "VALUES (?, ?, ?, ?, ?)",
             "ssssi", job->owner, order->key, order->digest,
             job->asset ? job->asset : job->id, job->created);
}

/* What was made of the same request before, or NULL. FALSE: refused. */
static gboolean
find_reply (VsCall *call, Order *order, gchar **subject)
{
  const VsApiRequest *request = call->request;
  g_autoptr (GChecksum) checksum = NULL;
  VsDbRows *rows;
  gboolean same = TRUE;

  order->key = request->idempotency_key;
  if (!order->key)
    return TRUE;
  if (strlen (order->key) > KEY_MAX || *order->key == '\0') {
    vs_call_refuse_as (
        call, 400, "Idempotency-Key must have 1 to 255 characters.");
    return FALSE;
  }
  checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (checksum, (const guchar *) request->path, -1);
  g_checksum_update (
      checksum, (const guchar *) request->body, (gssize) request->body_size);
  order->digest = g_strdup (g_checksum_get_string (checksum));
  rows = vs_db_query (call->api->db,
      "SELECT digest, subject FROM replies WHERE owner = ? AND key = ?", "ss",
      call->principal.owner, order->key);
  if (vs_db_rows_next (rows)) {
    same = g_str_equal (vs_db_rows_text (rows, 0), order->digest);
    *subject = g_strdup (vs_db_rows_text (rows, 1));
  }
  (void) vs_db_rows_free (rows, NULL);
  if (!same)
    vs_call_refuse_as (
        call, 422, "This Idempotency-Key was used for another request.");
  return same;
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
  if (!find_reply (call, &order, &subject))
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
