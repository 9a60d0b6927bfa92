/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /v1/uploads: tus 1.0.0, forms, and what there is of both as JSON. What a
 * body brings is vs-intake's. */
#include "api/vs-api-private.h"
#include "api/vs-intake.h"

#include "core/vs-form.h"
#include "core/vs-title.h"

#include <string.h>

#define BYTES_TYPE "application/offset+octet-stream"
#define EXTENSIONS                                                             \
  "creation,creation-with-upload,expiration,checksum,termination"

static void
set_number (VsCall *call, const gchar *name, guint64 value)
{
  g_autofree gchar *text = g_strdup_printf ("%" G_GUINT64_FORMAT, value);

  vs_call_set_header (call, name, text);
}

/* RFC 9110 section 5.6.7, in English wherever we are. */
static gchar *
format_date (GDateTime *time)
{
  static const gchar *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat",
    "Sun" };
  static const gchar *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autofree gchar *clock = g_date_time_format (time, "%H:%M:%S");

  return g_strdup_printf ("%s, %02d %s %04d %s GMT",
      days[g_date_time_get_day_of_week (time) - 1],
      g_date_time_get_day_of_month (time),
      months[g_date_time_get_month (time) - 1], g_date_time_get_year (time),
      clock);
}

void
vs_api_set_upload_headers (VsCall *call, const VsUpload *upload)
{
  g_autoptr (GDateTime) end =
      upload->expires > 0 && !vs_upload_is_whole (upload)
          ? g_date_time_new_from_unix_utc (upload->expires / G_USEC_PER_SEC)
          : NULL;
  g_autofree gchar *date = end ? format_date (end) : NULL;

  set_number (call, "Upload-Offset", (guint64) upload->offset);
  if (date)
    vs_call_set_header (call, "Upload-Expires", date);
}

JsonObject *
vs_api_build_upload (const VsUpload *upload)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", upload->id);
  json_object_set_string_member (
      object, "state", vs_upload_is_whole (upload) ? "complete" : "uploading");
  json_object_set_string_member (object, "filename", upload->title);
  if (upload->length >= 0)
    json_object_set_int_member (object, "length", upload->length);
  else
    json_object_set_null_member (object, "length");
  json_object_set_int_member (object, "offset", upload->offset);
  if (upload->type)
    json_object_set_string_member (object, "content_type", upload->type);
  else
    json_object_set_null_member (object, "content_type");
  json_object_set_string_member (object, "owner", upload->owner);
  if (upload->job)
    json_object_set_string_member (object, "job_id", upload->job);
  else
    json_object_set_null_member (object, "job_id");
  vs_json_set_time (object, "created_at", upload->created);
  vs_json_set_time (object, "expires_at", upload->expires);
  return object;
}

/* FALSE: refused. What is no tus at all may be so where it is @optional. */
static gboolean
check_version (VsCall *call, gboolean optional)
{
  const gchar *version = vs_call_get_header (call, "Tus-Resumable");

  if (version)
    vs_call_set_header (call, "Tus-Resumable", VS_TUS_VERSION);
  if (version ? g_str_equal (version, VS_TUS_VERSION) : optional)
    return TRUE;
  vs_call_refuse_as (call, 412,
      "Send “Tus-Resumable: 1.0.0”, or a form (multipart/form-data).");
  vs_call_set_header (call, "Tus-Version", VS_TUS_VERSION);
  return FALSE;
}

static VsUpload *
get_upload (VsCall *call)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsUpload) upload =
      vs_upload_store_get (call->api->db, call->id, &error);
  const gchar *owner = vs_call_get_owner (call);

  if (upload && owner && !g_str_equal (upload->owner, owner)) {
    vs_call_refuse_as (call, 404, "There is no such upload.");
    return NULL;
  }
  if (!upload)
    vs_call_refuse (call, error);
  return g_steal_pointer (&upload);
}

void
vs_api_list_uploads (VsCall *call)
{
  static const gchar *const known[] = { "limit", "cursor", NULL };
  g_autofree gchar *after = NULL;
  g_autoptr (GPtrArray) uploads = NULL;
  g_autoptr (GError) error = NULL;
  guint limit = 0;
  JsonArray *array;
  VsUpload *last;

  if (!vs_call_check_query (call, known) ||
      !vs_call_read_page (call, VS_UPLOAD_PREFIX, &limit, &after))
    return;
  uploads = vs_upload_store_list (
      call->api->db, vs_call_get_owner (call), after, limit + 1, &error);
  if (!uploads) {
    vs_call_refuse (call, error);
    return;
  }
  array = json_array_new ();
  for (guint i = 0; i < MIN (limit, uploads->len); i++)
    json_array_add_object_element (
        array, vs_api_build_upload (uploads->pdata[i]));
  last = uploads->len > limit ? uploads->pdata[limit - 1] : NULL;
  vs_call_reply_list (call, array, last ? last->id : NULL);
}

void
vs_api_get_upload (VsCall *call)
{
  gboolean head = strcmp (call->request->method, "HEAD") == 0;
  g_autoptr (VsUpload) upload = NULL;

  if (!check_version (call, TRUE))
    return;
  upload = get_upload (call);
  if (!upload)
    return;
  if (!head) {
    vs_call_reply (call, 200, vs_api_build_upload (upload));
    return;
  }
  call->reply->status = 200;
  vs_api_set_upload_headers (call, upload);
  if (upload->length >= 0)
    set_number (call, "Upload-Length", (guint64) upload->length);
  if (upload->metadata)
    vs_call_set_header (call, "Upload-Metadata", upload->metadata);
}

void
vs_api_delete_upload (VsCall *call)
{
  g_autoptr (VsUpload) upload = NULL;
  g_autoptr (GError) error = NULL;

  if (!check_version (call, TRUE))
    return;
  upload = get_upload (call);
  if (!upload)
    return;
  if (upload->job)
    vs_call_refuse_as (call, 409,
        "The upload belongs to a job or an asset: remove that instead.");
  else if (vs_uploads_is_busy (call->api->uploads, upload->id))
    vs_call_refuse_as (call, 423, "Somebody is sending this upload now.");
  else if (!vs_uploads_remove (call->api->uploads, upload, &error))
    vs_call_refuse (call, error);
  else
    call->reply->status = 204;
}

void
vs_api_describe_uploads (VsCall *call)
{
  call->reply->status = 204;
  vs_call_set_header (call, "Tus-Resumable", VS_TUS_VERSION);
  vs_call_set_header (call, "Tus-Version", VS_TUS_VERSION);
  vs_call_set_header (call, "Tus-Extension", EXTENSIONS);
  vs_call_set_header (call, "Tus-Checksum-Algorithm", vs_tus_get_algorithms ());
  set_number (call, "Tus-Max-Size", call->api->config->upload_max_size);
}

static gboolean
is_bytes (VsCall *call)
{
  const gchar *type = call->request->content_type;

  if (type && g_ascii_strcasecmp (type, BYTES_TYPE) == 0)
    return TRUE;
  vs_call_refuse_as (call, 415, "Send “Content-Type: " BYTES_TYPE "”.");
  return FALSE;
}

/* TRUE: there is none, or it is in @checksum. */
static gboolean
read_checksum (VsCall *call, VsTusChecksum *checksum, gboolean *there)
{
  const gchar *text = vs_call_get_header (call, "Upload-Checksum");
  g_autoptr (GError) error = NULL;

  *there = text != NULL;
  if (!text || vs_tus_parse_checksum (text, checksum, &error))
    return TRUE;
  vs_call_refuse (call, error);
  return FALSE;
}

/* From here on the body is the answer's. */
static void
take_body (VsCall *call, VsIntakeKind kind, VsUpload *upload,
    const VsTusChecksum *checksum)
{
  g_autoptr (GError) error = NULL;

  call->reply->intake = vs_intake_new (
      call->api, kind, upload, call->request->content_type, checksum, &error);
  if (!call->reply->intake)
    vs_call_refuse (call, error);
}

static gboolean
read_length (VsCall *call, VsUpload *upload)
{
  guint64 length = 0;
  g_autofree gchar *detail = NULL;

  if (!vs_tus_parse_number (
          vs_call_get_header (call, "Upload-Length"), &length) ||
      length == 0) {
    vs_call_refuse_as (call, 400,
        "Upload-Length must be the size of the file in bytes, which is not "
        "empty.");
    return FALSE;
  }
  if (length > call->api->config->upload_max_size) {
    detail =
        g_strdup_printf ("A file may have %" G_GUINT64_FORMAT " bytes at most.",
            call->api->config->upload_max_size);
    vs_call_refuse_as (call, 413, detail);
    return FALSE;
  }
  if (call->request->body_length > length) {
    vs_call_refuse_as (
        call, 413, "The body is larger than Upload-Length says.");
    return FALSE;
  }
  upload->length = (gint64) length;
  return TRUE;
}

static gboolean
read_metadata (VsCall *call, VsUpload *upload)
{
  const gchar *text = vs_call_get_header (call, "Upload-Metadata");
  g_auto (VsTusMetadata) metadata = { NULL };
  g_autoptr (GError) error = NULL;

  if (!vs_tus_parse_metadata (text, &metadata, &error)) {
    vs_call_refuse (call, error);
    return FALSE;
  }
  upload->metadata = g_strdup (text);
  upload->title = vs_title_clean (
      metadata.filename ? metadata.filename : "", metadata.length);
  return TRUE;
}

/* Takes what @upload has. */
static VsUpload *
create (VsCall *call, VsUpload *upload)
{
  g_autoptr (GError) error = NULL;

  upload->owner = g_strdup (call->principal.owner);
  if (vs_uploads_create (call->api->uploads, upload, &error))
    return upload;
  vs_call_refuse (call, error);
  vs_upload_free (upload);
  return NULL;
}

static void
post_tus (VsCall *call)
{
  g_autoptr (VsUpload) upload = g_new0 (VsUpload, 1);
  gboolean with_bytes = call->request->body_length > 0;
  gboolean summed = FALSE;
  VsTusChecksum checksum;

  if (!check_version (call, FALSE) || (with_bytes && !is_bytes (call)) ||
      !read_length (call, upload) || !read_metadata (call, upload) ||
      !read_checksum (call, &checksum, &summed))
    return;
  upload = create (call, g_steal_pointer (&upload));
  if (!upload)
    return;
  if (with_bytes) {
    take_body (call, VS_INTAKE_CREATE, g_steal_pointer (&upload),
        summed ? &checksum : NULL);
    return;
  }
  call->reply->status = 201;
  call->reply->location = g_strconcat ("/v1/uploads/", upload->id, NULL);
  vs_api_set_upload_headers (call, upload);
}

/* A page of another origin can make a browser send a form, but not a document
 * or a header that is not its own. */
static gboolean
is_same_origin (VsCall *call)
{
  const gchar *origin = vs_call_get_header (call, "Origin");
  const gchar *host = call->request->host;
  const gchar *name = origin ? strstr (origin, "://") : NULL;

  return !origin || call->request->authorization ||
         (name && host && g_ascii_strcasecmp (name + 3, host) == 0);
}

static void
post_form (VsCall *call)
{
  VsUpload *upload;

  if (!is_same_origin (call)) {
    vs_call_refuse_as (
        call, 403, "Forms are taken from this service's own pages only.");
    return;
  }
  if (call->request->body_length == 0) {
    vs_call_refuse_as (call, 400, "The form is empty.");
    return;
  }
  upload = g_new0 (VsUpload, 1);
  upload->length = -1;
  upload->title = vs_title_clean ("", 0);
  upload = create (call, upload);
  if (upload)
    take_body (call, VS_INTAKE_FORM, upload, NULL);
}

void
vs_api_post_upload (VsCall *call)
{
  g_autoptr (VsForm) form =
      vs_form_new (call->request->content_type, NULL, NULL);

  if (form)
    post_form (call);
  else
    post_tus (call);
}

/* May these bytes be appended to @upload? */
static gboolean
check_patch (VsCall *call, const VsUpload *upload, guint64 offset)
{
  g_autofree gchar *detail = NULL;

  if (vs_uploads_is_busy (call->api->uploads, upload->id)) {
    vs_call_refuse_as (call, 423, "Somebody is sending this upload now.");
    return FALSE;
  }
  if (upload->length < 0) {
    vs_call_refuse_as (call, 409, "The upload is one by a form.");
    return FALSE;
  }
  if (offset != (guint64) upload->offset) {
    detail = g_strdup_printf ("The upload stands at %" G_GINT64_FORMAT
                              ", not at %" G_GUINT64_FORMAT ".",
        upload->offset, offset);
    vs_call_refuse_as (call, 409, detail);
    return FALSE;
  }
  if (call->request->body_length >
      (guint64) (upload->length - upload->offset)) {
    vs_call_refuse_as (
        call, 413, "The body is larger than what is missing of the upload.");
    return FALSE;
  }
  return TRUE;
}

void
vs_api_patch_upload (VsCall *call)
{
  g_autoptr (VsUpload) upload = NULL;
  VsTusChecksum checksum;
  gboolean summed = FALSE;
  guint64 offset = 0;

  if (!check_version (call, FALSE) || !is_bytes (call))
    return;
  if (!vs_tus_parse_number (
          vs_call_get_header (call, "Upload-Offset"), &offset)) {
    vs_call_refuse_as (
        call, 400, "Upload-Offset must be the place where the body begins.");
    return;
  }
  if (!read_checksum (call, &checksum, &summed))
    return;
  upload = get_upload (call);
  if (!upload || !check_patch (call, upload, offset))
    return;
  if (call->request->body_length > 0) {
    take_body (call, VS_INTAKE_PATCH, g_steal_pointer (&upload),
        summed ? &checksum : NULL);
    return;
  }
  call->reply->status = 204;
  vs_api_set_upload_headers (call, upload);
}
