/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The caller's side of an upload: chunks in, waits, the end. */
#include "store/vs-s3-upload.h"

#include <string.h>

#include <gio/gio.h>

#include "core/vs-error.h"
#include "core/vs-part-plan.h"
#include "store/vs-s3-upload-private.h"

/* Chunks below this are copied together: a reference would cost as much, and
 * a part of 188-byte chunks would take more memory than its bytes. */
#define SMALL 8192
#define FREE_MS 5000

/* Life -------------------------------------------------------------------- */

static void
copy_options (VsS3PutOptions *copy, const VsS3PutOptions *options)
{
  copy->content_type = g_strdup (options->content_type);
  copy->cache_control = g_strdup (options->cache_control);
  copy->acl = g_strdup (options->acl);
  copy->storage_class = g_strdup (options->storage_class);
  copy->if_match = g_strdup (options->if_match);
  copy->if_none_match = options->if_none_match;
  copy->metadata =
      (const gchar *const *) g_strdupv ((gchar **) options->metadata);
}

static void
clear_options (VsS3PutOptions *copy)
{
  g_free ((gchar *) copy->content_type);
  g_free ((gchar *) copy->cache_control);
  g_free ((gchar *) copy->acl);
  g_free ((gchar *) copy->storage_class);
  g_free ((gchar *) copy->if_match);
  g_strfreev ((gchar **) copy->metadata);
}

VsS3Upload *
vs_s3_upload_new (VsS3Client *client, const gchar *key,
    const VsS3UploadOptions *options, GError **error)
{
  static const VsS3UploadOptions none = { 0 };
  const VsS3Config *config = vs_s3_client_get_config (client);
  VsS3Upload *self;

  if (!vs_s3_check_key (key, error))
    return NULL;
  if (options == NULL)
    options = &none;
  self = g_new0 (VsS3Upload, 1);
  self->refs = 1;
  self->client = client;
  self->key = g_strdup (key);
  self->first_size =
      options->part_size > 0 ? options->part_size : config->part_size;
  self->plan = options->plan != NULL ? options->plan : vs_part_plan_size;
  self->parallel = options->parallel > 0 ? options->parallel : config->parallel;
  self->parallel = MIN (self->parallel, VS_S3_PARALLEL_MAX);
  copy_options (&self->put, &options->put);
  self->source = options->source;
  self->alone = self->source.read != NULL;
  self->failed = options->failed;
  self->user_data = options->user_data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->chunks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->block = g_byte_array_sized_new (VS_S3_BLOCK);
  self->active = g_ptr_array_new ();
  self->done =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_s3_part_free);
  self->next_number = 1;
  return self;
}

VsS3Upload *
vs_s3_upload_ref (VsS3Upload *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
vs_s3_upload_unref (VsS3Upload *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  clear_options (&self->put);
  g_free (self->key);
  g_free (self->upload_id);
  g_free (self->etag);
  g_clear_error (&self->error);
  g_ptr_array_unref (self->chunks);
  g_byte_array_unref (self->block);
  g_ptr_array_unref (self->active);
  g_ptr_array_unref (self->done);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
vs_s3_upload_free (VsS3Upload *self)
{
  gboolean given_up;

  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  given_up = self->given_up;
  g_mutex_unlock (&self->lock);
  if (!given_up)
    vs_s3_upload_close (self, VS_S3_CLOSE_ABORT, FREE_MS, NULL);
  g_mutex_lock (&self->lock);
  self->failed = NULL;
  while (self->telling)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
  vs_s3_upload_unref (self);
}

/* Filling ----------------------------------------------------------------- */

static void
append_piece_locked (VsS3Upload *self, GBytes *chunk, gsize offset, gsize size)
{
  if (size >= SMALL) {
    vs_s3_upload_flush_block_locked (self);
    g_ptr_array_add (
        self->chunks, g_bytes_new_from_bytes (chunk, offset, size));
    return;
  }
  if (self->block->len + size > VS_S3_BLOCK)
    vs_s3_upload_flush_block_locked (self);
  g_byte_array_append (self->block,
      (const guint8 *) g_bytes_get_data (chunk, NULL) + offset, (guint) size);
}

/* @chunk NULL: of the source. */
static void
append_locked (VsS3Upload *self, GBytes *chunk, guint64 size)
{
  guint64 offset = 0;

  while (offset < size && self->error == NULL) {
    guint64 room = vs_s3_upload_get_size_locked (self) - self->filled;
    guint64 piece = MIN (room, size - offset);

    if (chunk != NULL)
      append_piece_locked (self, chunk, (gsize) offset, (gsize) piece);
    self->filled += piece;
    offset += piece;
    if (piece == room)
      vs_s3_upload_seal_locked (self);
    if (self->next_number > VS_PART_COUNT_MAX && self->filled > 0)
      vs_s3_upload_fail_locked (
          self, g_error_new (VS_ERROR, VS_ERROR_BAD_VALUE,
                    "“%s” has more than the %d parts that S3 takes; set a "
                    "larger part-size.",
                    self->key, VS_PART_COUNT_MAX));
  }
  self->stats.bytes_in += size;
  self->stats.buffered += vs_s3_upload_weigh (self, size);
  self->stats.max_buffered =
      MAX (self->stats.max_buffered, self->stats.buffered);
  self->stats.part_size = vs_s3_upload_get_size_locked (self);
}

/* Is there room for the parts that @size more bytes make full? A chunk that
 * makes more than all of them full goes alone. */
static gboolean
has_room_locked (const VsS3Upload *self, guint64 size)
{
  guint64 full = (self->filled + size) / vs_s3_upload_get_size_locked (self);
  guint count = vs_s3_upload_count_sending_locked (self) +
                g_queue_get_length ((GQueue *) &self->waiting);

  return full == 0 || count == 0 ||
         count + MIN (full, self->parallel) <= self->parallel;
}

static VsS3UploadReturn
answer_locked (VsS3Upload *self, GError **error)
{
  if (self->error != NULL) {
    g_propagate_error (error, g_error_copy (self->error));
    return VS_S3_UPLOAD_ERROR;
  }
  return self->flushing ? VS_S3_UPLOAD_FLUSHING : VS_S3_UPLOAD_OK;
}

static VsS3UploadReturn
take_locked (VsS3Upload *self, GBytes *chunk, guint64 size, GError **error)
{
  gint64 since = 0;
  VsS3UploadReturn answer;

  if (self->step != VS_S3_STEP_FILLING && self->error == NULL) {
    g_set_error (error, VS_ERROR, VS_ERROR_INTERNAL,
        "“%s” is finished already.", self->key);
    return VS_S3_UPLOAD_ERROR;
  }
  if (self->stats.bytes_in + size > VS_PART_OBJECT_MAX)
    vs_s3_upload_fail_locked (
        self, g_error_new (VS_ERROR, VS_ERROR_BAD_VALUE,
                  "“%s” is larger than the 5 TiB that S3 takes.", self->key));
  while (
      self->error == NULL && !self->flushing && !has_room_locked (self, size)) {
    if (since == 0)
      since = g_get_monotonic_time ();
    g_cond_wait (&self->cond, &self->lock);
  }
  if (since != 0)
    self->stats.waited_us += (guint64) (g_get_monotonic_time () - since);
  answer = answer_locked (self, error);
  if (answer == VS_S3_UPLOAD_OK)
    append_locked (self, chunk, size);
  return answer;
}

static VsS3UploadReturn
take (VsS3Upload *self, GBytes *chunk, guint64 size, GError **error)
{
  VsS3UploadReturn answer;
  gboolean due;

  g_mutex_lock (&self->lock);
  answer = take_locked (self, chunk, size, error);
  due = self->error != NULL || !g_queue_is_empty (&self->waiting);
  g_mutex_unlock (&self->lock);
  if (due) /* not for every small chunk */
    vs_s3_upload_advance (self);
  return answer;
}

VsS3UploadReturn
vs_s3_upload_push (VsS3Upload *self, GBytes *chunk, GError **error)
{
  g_return_val_if_fail (self->source.read == NULL, VS_S3_UPLOAD_ERROR);
  return take (self, chunk, g_bytes_get_size (chunk), error);
}

VsS3UploadReturn
vs_s3_upload_add (VsS3Upload *self, guint64 size, GError **error)
{
  g_return_val_if_fail (self->source.read != NULL, VS_S3_UPLOAD_ERROR);
  return take (self, NULL, size, error);
}

/* The end ----------------------------------------------------------------- */

VsS3UploadReturn
vs_s3_upload_finish (VsS3Upload *self, GError **error)
{
  VsS3UploadReturn answer;

  g_mutex_lock (&self->lock);
  if (self->step == VS_S3_STEP_FILLING && !self->flushing) {
    if (self->next_number > 1 && self->filled > 0)
      vs_s3_upload_seal_locked (self);
    vs_s3_upload_flush_block_locked (self);
    self->step = VS_S3_STEP_FINISHING;
  }
  g_mutex_unlock (&self->lock);
  vs_s3_upload_advance (self);
  g_mutex_lock (&self->lock);
  while (self->step == VS_S3_STEP_FINISHING && !self->flushing)
    g_cond_wait (&self->cond, &self->lock);
  answer = self->step == VS_S3_STEP_FINISHED ? VS_S3_UPLOAD_OK
                                             : answer_locked (self, error);
  if (answer == VS_S3_UPLOAD_OK && self->step != VS_S3_STEP_FINISHED) {
    g_set_error (error, VS_ERROR, VS_ERROR_INTERNAL,
        "“%s” was closed before it was finished.", self->key);
    answer = VS_S3_UPLOAD_ERROR;
  }
  g_mutex_unlock (&self->lock);
  return answer;
}

const gchar *
vs_s3_upload_get_etag (VsS3Upload *self)
{
  const gchar *etag;

  g_mutex_lock (&self->lock);
  etag = self->etag;
  g_mutex_unlock (&self->lock);
  return etag;
}

void
vs_s3_upload_set_flushing (VsS3Upload *self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

gboolean
vs_s3_upload_close (
    VsS3Upload *self, VsS3CloseMode mode, guint timeout_ms, GError **error)
{
  gint64 end = g_get_monotonic_time () + (gint64) timeout_ms * 1000;
  gboolean in_time = TRUE, good;

  g_mutex_lock (&self->lock);
  if (self->step < VS_S3_STEP_FINISHED) {
    self->step = VS_S3_STEP_CLOSING;
    self->mode = mode;
    self->failed = NULL; /* it is no failure */
  }
  g_mutex_unlock (&self->lock);
  vs_s3_upload_advance (self);
  g_mutex_lock (&self->lock);
  while (in_time && self->step == VS_S3_STEP_CLOSING)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  good = self->step != VS_S3_STEP_CLOSING;
  self->given_up = !good;
  if (!good)
    g_set_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE,
        "The upload of “%s” could not be ended within %u ms; its parts stay "
        "until the next start cleans them.",
        self->key, timeout_ms);
  else if (self->step == VS_S3_STEP_CLOSED && self->error != NULL) {
    good = FALSE;
    g_propagate_error (error, g_error_copy (self->error));
  }
  g_mutex_unlock (&self->lock);
  return good;
}

void
vs_s3_upload_get_stats (VsS3Upload *self, VsS3UploadStats *stats)
{
  g_mutex_lock (&self->lock);
  *stats = self->stats;
  if (stats->part_size == 0)
    stats->part_size = vs_s3_upload_get_size_locked (self);
  g_mutex_unlock (&self->lock);
}
