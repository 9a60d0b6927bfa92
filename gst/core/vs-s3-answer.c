/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-s3-answer.h"

#include <string.h>

#include "core/vs-error.h"

/* Amazon S3 API Reference: ListObjectsV2, ListMultipartUploads, ListParts,
 * CreateMultipartUpload, CompleteMultipartUpload, DeleteObjects and "Error
 * responses". */

#define TEXT_MAX 8192

typedef struct {
  VsS3Answer *answer;
  gchar *path[VS_S3_ANSWER_DEPTH_MAX]; /* names of the open elements */
  guint depth;
  GString *text; /* of the innermost */
  guint entries;
  gboolean url_encoded;

  VsS3Object *object; /* the entry that is open */
  VsS3PendingUpload *upload;
  VsS3Part *part;
  VsS3DeleteFault *fault;
} Reader;

static void
object_free (gpointer data)
{
  VsS3Object *object = data;

  g_free (object->key);
  g_free (object->etag);
  g_free (object);
}

static void
upload_free (gpointer data)
{
  VsS3PendingUpload *upload = data;

  g_free (upload->key);
  g_free (upload->upload_id);
  g_free (upload);
}

VsS3Part *
vs_s3_part_new (guint number, const gchar *etag, guint64 size)
{
  VsS3Part *part = g_new0 (VsS3Part, 1);

  part->number = number;
  part->etag = g_strdup (etag);
  part->size = size;
  return part;
}

void
vs_s3_part_free (VsS3Part *part)
{
  g_free (part->etag);
  g_free (part->crc32c);
  g_free (part);
}

static void
fault_free (gpointer data)
{
  VsS3DeleteFault *fault = data;

  g_free (fault->key);
  g_free (fault->code);
  g_free (fault->message);
  g_free (fault);
}

static VsS3Answer *
answer_new (void)
{
  VsS3Answer *answer = g_new0 (VsS3Answer, 1);

  answer->objects = g_ptr_array_new_with_free_func (object_free);
  answer->prefixes = g_ptr_array_new_with_free_func (g_free);
  answer->uploads = g_ptr_array_new_with_free_func (upload_free);
  answer->parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_s3_part_free);
  answer->faults = g_ptr_array_new_with_free_func (fault_free);
  return answer;
}

void
vs_s3_answer_free (VsS3Answer *answer)
{
  if (answer == NULL)
    return;
  g_free (answer->root);
  g_free (answer->code);
  g_free (answer->message);
  g_free (answer->request_id);
  g_free (answer->region);
  g_free (answer->endpoint);
  g_free (answer->etag);
  g_free (answer->upload_id);
  g_free (answer->next_token);
  g_free (answer->next_key);
  g_free (answer->next_upload_id);
  g_ptr_array_unref (answer->objects);
  g_ptr_array_unref (answer->prefixes);
  g_ptr_array_unref (answer->uploads);
  g_ptr_array_unref (answer->parts);
  g_ptr_array_unref (answer->faults);
  g_free (answer);
}

/* Values ------------------------------------------------------------------ */

static void
set_text (gchar **field, const gchar *text)
{
  g_free (*field);
  *field = g_strdup (text);
}

static void
set_etag (gchar **field, const gchar *text)
{
  g_autofree gchar *copy = g_strdup (text);
  gsize length;

  g_strstrip (copy);
  length = strlen (copy);
  if (length >= 2 && copy[0] == '"' && copy[length - 1] == '"') {
    copy[length - 1] = '\0';
    set_text (field, copy + 1);
  } else {
    set_text (field, copy);
  }
}

static guint64
to_number (const gchar *text)
{
  guint64 number = 0;

  (void) g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &number, NULL);
  return number;
}

static gint64
to_time (const gchar *text)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, NULL);

  if (time == NULL)
    return 0;
  return g_date_time_to_unix (time) * G_USEC_PER_SEC +
         g_date_time_get_microsecond (time);
}

/* What encoding-type=url made of a key; a space may have become "+". */
static void
decode_key (gchar **field)
{
  gchar *decoded;

  if (*field == NULL)
    return;
  for (gchar *c = *field; *c != '\0'; c++)
    if (*c == '+')
      *c = ' ';
  decoded = g_uri_unescape_string (*field, NULL);
  if (decoded != NULL) {
    g_free (*field);
    *field = decoded;
  }
}

static void
decode_keys (VsS3Answer *answer)
{
  for (guint i = 0; i < answer->objects->len; i++)
    decode_key (&((VsS3Object *) answer->objects->pdata[i])->key);
  for (guint i = 0; i < answer->uploads->len; i++)
    decode_key (&((VsS3PendingUpload *) answer->uploads->pdata[i])->key);
  for (guint i = 0; i < answer->prefixes->len; i++)
    decode_key ((gchar **) &answer->prefixes->pdata[i]);
  decode_key (&answer->next_key);
}

/* Elements ---------------------------------------------------------------- */

/* What an element of each kind of entry holds. */
static void
take_object (VsS3Object *object, const gchar *name, const gchar *text)
{
  if (strcmp (name, "Key") == 0)
    set_text (&object->key, text);
  else if (strcmp (name, "ETag") == 0)
    set_etag (&object->etag, text);
  else if (strcmp (name, "Size") == 0)
    object->size = to_number (text);
  else if (strcmp (name, "LastModified") == 0)
    object->modified_us = to_time (text);
}

static void
take_upload (VsS3PendingUpload *upload, const gchar *name, const gchar *text)
{
  if (strcmp (name, "Key") == 0)
    set_text (&upload->key, text);
  else if (strcmp (name, "UploadId") == 0)
    set_text (&upload->upload_id, text);
  else if (strcmp (name, "Initiated") == 0)
    upload->initiated_us = to_time (text);
}

static void
take_part (VsS3Part *part, const gchar *name, const gchar *text)
{
  if (strcmp (name, "PartNumber") == 0)
    part->number = (guint) to_number (text);
  else if (strcmp (name, "ETag") == 0)
    set_etag (&part->etag, text);
  else if (strcmp (name, "Size") == 0)
    part->size = to_number (text);
  else if (strcmp (name, "ChecksumCRC32C") == 0)
    set_text (&part->crc32c, text);
}

static void
take_fault (VsS3DeleteFault *fault, const gchar *name, const gchar *text)
{
  if (strcmp (name, "Key") == 0)
    set_text (&fault->key, text);
  else if (strcmp (name, "Code") == 0)
    set_text (&fault->code, text);
  else if (strcmp (name, "Message") == 0)
    set_text (&fault->message, text);
}

/* A child of the outermost element. */
static void
take_field (Reader *self, const gchar *name, const gchar *text)
{
  VsS3Answer *answer = self->answer;
  const struct {
    const gchar *name;
    gchar **field;
  } fields[] = {
    { "Code", &answer->code },
    { "Message", &answer->message },
    { "RequestId", &answer->request_id },
    { "Region", &answer->region },
    { "Endpoint", &answer->endpoint },
    { "UploadId", &answer->upload_id },
    { "NextContinuationToken", &answer->next_token },
    { "NextKeyMarker", &answer->next_key },
    { "NextUploadIdMarker", &answer->next_upload_id },
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (strcmp (fields[i].name, name) == 0)
      set_text (fields[i].field, text);
  if (strcmp (name, "ETag") == 0)
    set_etag (&answer->etag, text);
  else if (strcmp (name, "IsTruncated") == 0)
    answer->truncated = g_ascii_strcasecmp (text, "true") == 0;
  else if (strcmp (name, "NextPartNumberMarker") == 0)
    answer->next_part = (guint) to_number (text);
  else if (strcmp (name, "EncodingType") == 0)
    self->url_encoded = strcmp (text, "url") == 0;
}

static void
open_entry (Reader *self, const gchar *name)
{
  const gchar *root = self->answer->root;

  if (strcmp (name, "Contents") == 0)
    self->object = g_new0 (VsS3Object, 1);
  else if (strcmp (name, "Upload") == 0)
    self->upload = g_new0 (VsS3PendingUpload, 1);
  else if (strcmp (name, "Part") == 0)
    self->part = vs_s3_part_new (0, NULL, 0);
  else if (strcmp (name, "Error") == 0 && strcmp (root, "DeleteResult") == 0)
    self->fault = g_new0 (VsS3DeleteFault, 1);
}

static gboolean
has_entry (const Reader *self)
{
  return self->object != NULL || self->upload != NULL || self->part != NULL ||
         self->fault != NULL;
}

/* An entry without its key is none. */
static void
close_entry (Reader *self)
{
  if (self->object != NULL && self->object->key != NULL)
    g_ptr_array_add (self->answer->objects, g_steal_pointer (&self->object));
  if (self->upload != NULL && self->upload->key != NULL &&
      self->upload->upload_id != NULL)
    g_ptr_array_add (self->answer->uploads, g_steal_pointer (&self->upload));
  if (self->part != NULL && self->part->number > 0)
    g_ptr_array_add (self->answer->parts, g_steal_pointer (&self->part));
  if (self->fault != NULL)
    g_ptr_array_add (self->answer->faults, g_steal_pointer (&self->fault));
  g_clear_pointer (&self->object, object_free);
  g_clear_pointer (&self->upload, upload_free);
  g_clear_pointer (&self->part, vs_s3_part_free);
}

/* Reading ----------------------------------------------------------------- */

static void
refuse (GError **error, const gchar *why)
{
  g_set_error (
      error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, "it has %s", why);
}

static void
on_start (GMarkupParseContext *context, const gchar *name,
    const gchar **attribute_names, const gchar **attribute_values,
    gpointer data, GError **error)
{
  Reader *self = data;
  const gchar *colon = strchr (name, ':');

  name = colon != NULL ? colon + 1 : name;
  if (self->depth == VS_S3_ANSWER_DEPTH_MAX) {
    refuse (error, "elements in too many others");
    return;
  }
  self->path[self->depth++] = g_strdup (name);
  g_string_truncate (self->text, 0);
  if (self->depth == 1) {
    set_text (&self->answer->root, name);
  } else if (self->depth == 2) {
    if (++self->entries > VS_S3_ANSWER_ENTRIES_MAX)
      refuse (error, "too many entries");
    open_entry (self, name);
  }
}

static void
take_element (Reader *self, const gchar *name, const gchar *text)
{
  if (self->depth == 2 && !has_entry (self))
    take_field (self, name, text);
  else if (self->depth == 3 && self->object != NULL)
    take_object (self->object, name, text);
  else if (self->depth == 3 && self->upload != NULL)
    take_upload (self->upload, name, text);
  else if (self->depth == 3 && self->part != NULL)
    take_part (self->part, name, text);
  else if (self->depth == 3 && self->fault != NULL)
    take_fault (self->fault, name, text);
  else if (self->depth == 3 && strcmp (self->path[1], "CommonPrefixes") == 0 &&
           strcmp (name, "Prefix") == 0)
    g_ptr_array_add (self->answer->prefixes, g_strdup (text));
}

static void
on_end (GMarkupParseContext *context, const gchar *name, gpointer data,
    GError **error)
{
  Reader *self = data;

  take_element (self, self->path[self->depth - 1], self->text->str);
  if (self->depth == 2)
    close_entry (self);
  self->depth--;
  g_clear_pointer (&self->path[self->depth], g_free);
  g_string_truncate (self->text, 0);
}

static void
on_text (GMarkupParseContext *context, const gchar *text, gsize length,
    gpointer data, GError **error)
{
  Reader *self = data;

  if (self->text->len + length > TEXT_MAX)
    refuse (error, "a text that is too long");
  else
    g_string_append_len (self->text, text, (gssize) length);
}

static void
reader_clear (Reader *self)
{
  close_entry (self);
  for (guint i = 0; i < VS_S3_ANSWER_DEPTH_MAX; i++)
    g_free (self->path[i]);
  g_string_free (self->text, TRUE);
  g_clear_pointer (&self->answer, vs_s3_answer_free);
}

static gboolean
read_all (Reader *self, const gchar *text, gsize length, GError **error)
{
  static const GMarkupParser parser = { on_start, on_end, on_text, NULL, NULL };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (
      &parser, G_MARKUP_TREAT_CDATA_AS_TEXT, self, NULL);

  if (length == 0 || length > VS_S3_ANSWER_SIZE_MAX) {
    refuse (error, length == 0 ? "nothing in it" : "too many bytes");
    return FALSE;
  }
  /* GMarkup forgets that a CDATA section was none */
  if (!g_utf8_validate (text, (gssize) length, NULL)) {
    refuse (error, "bytes that are no UTF-8");
    return FALSE;
  }
  return g_markup_parse_context_parse (context, text, (gssize) length, error) &&
         g_markup_parse_context_end_parse (context, error);
}

VsS3Answer *
vs_s3_answer_parse (const gchar *text, gsize length, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  VsS3Answer *answer = NULL;
  Reader self = { .answer = answer_new (), .text = g_string_new (NULL) };

  if (read_all (&self, text, length, &local_error)) {
    answer = g_steal_pointer (&self.answer);
    if (self.url_encoded)
      decode_keys (answer);
  } else {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The store's answer cannot be read: %s.", local_error->message);
  }
  reader_clear (&self);
  return answer;
}
