/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/vs-intake.h"

#include "api/vs-api-private.h"
#include "core/vs-form.h"
#include "core/vs-title.h"

#include <string.h>

/* Which part of a form is looked at. */
typedef enum { NO_FILE, IN_FILE, PAST_FILE } FormPlace;

struct _VsIntake {
  VsApi *api;
  VsIntakeKind kind;
  VsUpload *upload;
  VsUploadWriter *writer;
  VsApiReply reply;
  VsIntakeListener listener;
  gpointer user_data;

  VsForm *form;
  FormPlace place;
  GByteArray *file; /* of the piece that is dealt with */

  gboolean ending, whole, answered;
  guint refused; /* status, where something is wrong; @reason says what */
  gchar *reason;
};

static void
on_begin (const gchar *name, const gchar *filename, gpointer user_data)
{
  VsIntake *self = user_data;

  if (self->place != NO_FILE || !filename)
    return;
  self->place = IN_FILE;
  g_free (self->upload->title);
  self->upload->title = vs_title_clean (filename, strlen (filename));
}

static void
on_data (const guint8 *data, gsize size, gpointer user_data)
{
  VsIntake *self = user_data;

  if (self->place == IN_FILE)
    g_byte_array_append (self->file, data, (guint) size);
}

static void
on_end_of_part (gpointer user_data)
{
  VsIntake *self = user_data;

  if (self->place == IN_FILE)
    self->place = PAST_FILE;
}

static const VsFormHandlers form_handlers = { on_begin, on_data,
  on_end_of_part };

VsIntake *
vs_intake_new (VsApi *api, VsIntakeKind kind, VsUpload *upload,
    const gchar *content_type, const VsTusChecksum *checksum, GError **error)
{
  g_autoptr (VsIntake) self = g_new0 (VsIntake, 1);
  g_autofree gchar *path = vs_uploads_get_path (api->uploads, upload->id);
  VsUploadPlace place = { path, upload->offset, upload->length, checksum,
    upload->type != NULL };

  self->api = api;
  self->kind = kind;
  self->upload = upload;
  self->writer = vs_upload_writer_open (&place, error);
  self->file = g_byte_array_new ();
  if (kind == VS_INTAKE_FORM)
    self->form = vs_form_new (content_type, &form_handlers, self);
  if (!self->writer)
    return NULL;
  vs_uploads_set_busy (api->uploads, upload->id, TRUE);
  return g_steal_pointer (&self);
}

void
vs_intake_free (VsIntake *self)
{
  if (!self)
    return;
  if (self->writer)
    vs_uploads_set_busy (self->api->uploads, self->upload->id, FALSE);
  vs_upload_writer_free (self->writer);
  vs_upload_free (self->upload);
  vs_form_free (self->form);
  g_byte_array_unref (self->file);
  vs_api_reply_clear (&self->reply);
  g_free (self->reason);
  g_free (self);
}

void
vs_intake_set_listener (
    VsIntake *self, VsIntakeListener listener, gpointer user_data)
{
  self->listener = listener;
  self->user_data = user_data;
}

/* The first reason is the cause. */
static void
set_refused (VsIntake *self, guint status, const gchar *reason)
{
  if (self->refused)
    return;
  self->refused = status;
  self->reason = g_strdup (reason);
}

static void
judge (VsIntake *self, VsWritten result)
{
  g_autofree gchar *reason = NULL;

  switch (result) {
    case VS_WRITTEN_NO_SPACE:
      set_refused (self, 507,
          "The disk of the service is full. What has come so far is kept.");
      break;
    case VS_WRITTEN_BADLY:
      set_refused (self, 500, "The upload cannot be written to the disk.");
      break;
    case VS_WRITTEN_NO_MEDIA:
      reason = g_strdup_printf ("This is no video and no audio: it looks like "
                                "%s.",
          vs_upload_writer_get_type (self->writer));
      set_refused (self, 415, reason);
      break;
    case VS_WRITTEN_BAD_CHECKSUM:
      set_refused (self, 460,
          "The checksum is not that of what has come: send it again.");
      break;
    case VS_WRITTEN_WELL:
    default:
      break;
  }
}

/* What is certain now is written down. */
static void
note (VsIntake *self)
{
  const gchar *type = vs_upload_writer_get_type (self->writer);
  g_autoptr (GError) error = NULL;

  self->upload->offset = vs_upload_writer_get_durable (self->writer);
  if (type && !self->upload->type)
    self->upload->type = g_strdup (type);
  if (vs_uploads_note (self->api->uploads, self->upload, &error))
    return;
  g_warning ("%s: %s", self->upload->id, error->message);
  set_refused (self, error->code == VS_ERROR_NO_SPACE ? 507 : 500,
      "The database of the service cannot be written.");
}

static void
reply_success (VsIntake *self, VsCall *call)
{
  if (self->kind == VS_INTAKE_PATCH) {
    self->reply.status = 204;
  } else {
    self->reply.status = 201;
    self->reply.location = g_strconcat ("/v1/uploads/", self->upload->id, NULL);
  }
  if (self->kind == VS_INTAKE_FORM)
    vs_call_reply (call, 201, vs_api_build_upload (self->upload));
  else
    vs_api_set_upload_headers (call, self->upload);
}

static void
answer (VsIntake *self)
{
  VsApiRequest request = { .method = "POST", .path = "/v1/uploads" };
  VsCall call = {
    .api = self->api, .request = &request, .reply = &self->reply
  };

  self->answered = TRUE;
  self->reply.route =
      self->kind == VS_INTAKE_PATCH ? "/v1/uploads/*" : "/v1/uploads";
  if (self->refused)
    vs_call_refuse_as (&call, self->refused, self->reason);
  else if (!self->whole)
    vs_call_refuse_as (&call, 400, "The body broke off.");
  else
    reply_success (self, &call);
  if (self->kind != VS_INTAKE_FORM)
    vs_call_set_header (&call, "Tus-Resumable", VS_TUS_VERSION);
}

/* A form is there as a whole or not at all; what is no media goes as well. */
static void
conclude (VsIntake *self)
{
  gboolean drop = self->refused == 415;

  if (self->form && (!vs_form_is_whole (self->form) || self->place == NO_FILE ||
                        vs_upload_writer_get_durable (self->writer) == 0))
    set_refused (self, 400,
        "The form has no file with anything in it, or it broke off.");
  if (self->form && !self->refused)
    self->upload->length = vs_upload_writer_get_durable (self->writer);
  if (!drop && !(self->form && self->refused))
    note (self);
  drop = drop || (self->form && self->refused);
  if (drop)
    (void) vs_uploads_remove (self->api->uploads, self->upload, NULL);
  answer (self);
}

static void
tell (VsIntake *self, VsIntakeStep step)
{
  if (self->listener)
    self->listener (step, self->user_data);
}

static void
on_ended (VsWritten result, gpointer user_data)
{
  VsIntake *self = user_data;

  judge (self, result);
  conclude (self);
  tell (self, VS_INTAKE_ANSWERED);
}

static VsIntakeStep
begin_end (VsIntake *self, gboolean whole)
{
  self->ending = TRUE;
  self->whole = whole;
  vs_upload_writer_end (self->writer, whole, on_ended, self);
  return VS_INTAKE_WAIT;
}

static void
on_written (VsWritten result, gpointer user_data)
{
  VsIntake *self = user_data;

  judge (self, result);
  if (!self->refused &&
      vs_upload_writer_get_durable (self->writer) > self->upload->offset)
    note (self);
  if (self->refused)
    (void) begin_end (self, FALSE);
  else
    tell (self, VS_INTAKE_MORE);
}

static gint64
get_max (const VsIntake *self)
{
  return (gint64) MIN (
      self->api->config->upload_max_size, (guint64) G_MAXINT64 / 2);
}

static VsIntakeStep
give_form (VsIntake *self, GBytes *piece)
{
  gsize size = 0;
  const guint8 *data = g_bytes_get_data (piece, &size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (!vs_form_give (self->form, data, size, &error))
    set_refused (self, 400, error->message);
  if (vs_upload_writer_get_offset (self->writer) + self->file->len >
      get_max (self))
    set_refused (self, 413, "The file is larger than [uploads] max-size=.");
  if (self->refused)
    return begin_end (self, FALSE);
  if (self->file->len == 0)
    return VS_INTAKE_MORE;
  bytes = g_byte_array_free_to_bytes (self->file);
  self->file = g_byte_array_new ();
  vs_upload_writer_give (self->writer, bytes, on_written, self);
  return VS_INTAKE_WAIT;
}

VsIntakeStep
vs_intake_give (VsIntake *self, GBytes *piece)
{
  if (self->answered)
    return VS_INTAKE_ANSWERED;
  if (self->form)
    return give_form (self, piece);
  vs_upload_writer_give (self->writer, piece, on_written, self);
  return VS_INTAKE_WAIT;
}

VsIntakeStep
vs_intake_end (VsIntake *self, gboolean whole)
{
  if (self->answered)
    return VS_INTAKE_ANSWERED;
  return self->ending ? VS_INTAKE_WAIT : begin_end (self, whole);
}

VsApiReply *
vs_intake_get_reply (VsIntake *self)
{
  return &self->reply;
}
