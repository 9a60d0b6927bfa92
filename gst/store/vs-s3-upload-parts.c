/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The client's side of an upload: what is to be asked next, and what the
 * answers change. vs_s3_upload_advance () looks at the state and does one thing
 * after the other until nothing is due. */
#include <string.h>

#include <gio/gio.h>

#include "core/vs-error.h"
#include "core/vs-part-plan.h"
#include "store/vs-s3-upload-private.h"

static void
part_free (VsS3UploadPart *part)
{
  g_ptr_array_unref (part->chunks);
  vs_s3_upload_unref (part->upload);
  g_free (part);
}

static void
count_result_locked (VsS3Upload *self, const VsS3Result *result)
{
  self->stats.requests += result->attempts;
  self->stats.retries += result->attempts > 0 ? result->attempts - 1 : 0;
}

/* Parts ------------------------------------------------------------------- */

guint64
vs_s3_upload_get_size_locked (const VsS3Upload *self)
{
  return self->plan (
      self->first_size, MIN (self->next_number, VS_PART_COUNT_MAX));
}

guint64
vs_s3_upload_weigh (const VsS3Upload *self, guint64 size)
{
  return self->source.read == NULL ? size : 0;
}

void
vs_s3_upload_flush_block_locked (VsS3Upload *self)
{
  if (self->block->len == 0)
    return;
  if (self->block->len < VS_S3_BLOCK / 2) { /* so that its room is not lost */
    g_ptr_array_add (
        self->chunks, g_bytes_new (self->block->data, self->block->len));
    g_byte_array_set_size (self->block, 0);
    return;
  }
  g_ptr_array_add (self->chunks, g_byte_array_free_to_bytes (self->block));
  self->block = g_byte_array_sized_new (VS_S3_BLOCK);
}

void
vs_s3_upload_seal_locked (VsS3Upload *self)
{
  VsS3UploadPart *part = g_new0 (VsS3UploadPart, 1);

  vs_s3_upload_flush_block_locked (self);
  part->upload = vs_s3_upload_ref (self);
  part->number = self->next_number++;
  part->chunks = self->chunks;
  part->size = self->filled;
  part->offset = self->sealed;
  self->sealed += self->filled;
  self->chunks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->filled = 0;
  g_queue_push_tail (&self->waiting, part);
}

static gint
compare_parts (gconstpointer a, gconstpointer b)
{
  const VsS3Part *left = *(const VsS3Part *const *) a;
  const VsS3Part *right = *(const VsS3Part *const *) b;

  return left->number < right->number ? -1 : 1;
}

/* Sorted; those after a hole go. */
static void
sort_done_locked (VsS3Upload *self)
{
  guint whole = 0;

  g_ptr_array_sort (self->done, compare_parts);
  while (whole < self->done->len &&
         ((VsS3Part *) self->done->pdata[whole])->number == whole + 1)
    whole++;
  g_ptr_array_set_size (self->done, (gint) whole);
}

/* Bytes of a part, for its client; a slow one is not waited for, and one that
 * is read leaves its place to the next. */
static gssize
read_part (gpointer user_data, guint64 offset, guint8 *buffer, gsize size,
    GError **error)
{
  VsS3UploadPart *part = user_data;
  VsS3Upload *self = part->upload;
  gssize got = self->source.read (
      self->source.user_data, part->offset + offset, buffer, size, error);
  gboolean is_due;

  if (got <= 0)
    return got;
  g_mutex_lock (&self->lock);
  is_due = vs_s3_upload_note_read_locked (self, part, offset + (guint64) got);
  g_mutex_unlock (&self->lock);
  if (is_due)
    vs_s3_upload_advance (self);
  return got;
}

/* Errors ------------------------------------------------------------------ */

void
vs_s3_upload_fail_locked (VsS3Upload *self, GError *error)
{
  if (self->error != NULL || self->step >= VS_S3_STEP_FINISHED) {
    g_error_free (error);
    return;
  }
  self->error = error;
  self->step = VS_S3_STEP_CLOSING;
  self->mode = VS_S3_CLOSE_ABORT;
}

/* Tells the owner, once, under no lock. */
static void
tell_failure (VsS3Upload *self)
{
  void (*failed) (const GError *, gpointer);
  g_autoptr (GError) error = NULL;

  g_mutex_lock (&self->lock);
  failed = self->error != NULL ? self->failed : NULL;
  if (failed != NULL) {
    self->failed = NULL;
    self->telling = TRUE;
    error = g_error_copy (self->error);
  }
  g_mutex_unlock (&self->lock);
  if (failed == NULL)
    return;
  failed (error, self->user_data);
  g_mutex_lock (&self->lock);
  self->telling = FALSE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Answers ----------------------------------------------------------------- */

static void
on_created (const VsS3Result *result, gpointer user_data)
{
  VsS3Upload *self = user_data;
  VsS3Client *helper = NULL;

  if (self->parallel > 1 && result->error == NULL)
    helper = vs_s3_client_get_helper (self->client);
  g_mutex_lock (&self->lock);
  count_result_locked (self, result);
  self->helper = helper;
  self->creating = FALSE;
  self->create_call = 0;
  vs_s3_upload_note_created_locked (self, result->attempts);
  if (result->error != NULL)
    vs_s3_upload_fail_locked (self, g_error_copy (result->error));
  else if (result->upload_id == NULL)
    vs_s3_upload_fail_locked (
        self, g_error_new (VS_ERROR, VS_ERROR_BAD_DATA,
                  "The store began an upload and gave no id for it."));
  else
    self->upload_id = g_strdup (result->upload_id);
  g_mutex_unlock (&self->lock);
  vs_s3_upload_advance (self);
  vs_s3_upload_unref (self);
}

static void
on_part (const VsS3Result *result, gpointer user_data)
{
  VsS3UploadPart *part = user_data;
  VsS3Upload *self = vs_s3_upload_ref (part->upload);

  g_mutex_lock (&self->lock);
  count_result_locked (self, result);
  g_ptr_array_remove_fast (self->active, part);
  self->stats.buffered -= vs_s3_upload_weigh (self, part->size);
  if (result->error == NULL) {
    VsS3Part *stored = vs_s3_part_new (part->number, result->etag, part->size);

    /* An upload begun with an algorithm is completed with every sum. */
    stored->crc32c = g_strdup (result->crc32c);
    g_ptr_array_add (self->done, stored);
    self->stats.bytes_stored += part->size;
    self->stats.parts++;
    vs_s3_upload_note_answer_locked (self, part, result->attempts);
  } else if (self->step < VS_S3_STEP_FINISHED) {
    GError *error = g_error_copy (result->error);

    g_prefix_error (&error, "Part %u: ", part->number);
    vs_s3_upload_fail_locked (self, error);
  }
  g_mutex_unlock (&self->lock);
  part_free (part);
  vs_s3_upload_advance (self);
  vs_s3_upload_unref (self);
}

/* The put or the Complete. */
static void
on_stored (const VsS3Result *result, gpointer user_data)
{
  VsS3Upload *self = user_data;
  gboolean was_put;

  g_mutex_lock (&self->lock);
  count_result_locked (self, result);
  self->last_active = FALSE;
  was_put = self->upload_id == NULL;
  if (result->error == NULL) {
    self->etag = g_strdup (result->etag != NULL ? result->etag : "");
    self->step = self->step == VS_S3_STEP_FINISHING ? VS_S3_STEP_FINISHED
                                                    : VS_S3_STEP_CLOSED;
  } else if (self->step == VS_S3_STEP_FINISHING) {
    vs_s3_upload_fail_locked (self, g_error_copy (result->error));
  } else if (self->mode == VS_S3_CLOSE_COMPLETE) {
    self->mode = VS_S3_CLOSE_ABORT;
    if (self->error == NULL)
      self->error = g_error_copy (result->error);
  }
  if (was_put) {
    if (result->error == NULL) {
      self->stats.bytes_stored = self->filled;
      self->stats.parts = 1;
    }
    self->stats.buffered -= vs_s3_upload_weigh (self, self->filled);
    self->filled = 0;
    g_ptr_array_set_size (self->chunks, 0);
  }
  self->last_asked = FALSE; /* an abort may be due */
  g_mutex_unlock (&self->lock);
  vs_s3_upload_advance (self);
  vs_s3_upload_unref (self);
}

static void
on_aborted (const VsS3Result *result, gpointer user_data)
{
  VsS3Upload *self = user_data;

  g_mutex_lock (&self->lock);
  count_result_locked (self, result);
  self->last_active = FALSE;
  self->step = VS_S3_STEP_CLOSED;
  if (result->error != NULL && self->error == NULL)
    self->error = g_error_copy (result->error);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  tell_failure (self);
  vs_s3_upload_unref (self);
}

/* What is due ------------------------------------------------------------- */

typedef enum {
  DUE_NOTHING,
  DUE_CREATE,
  DUE_PART,
  DUE_PUT,
  DUE_COMPLETE,
  DUE_ABORT
} Due;

static Due
find_due_filling_locked (VsS3Upload *self)
{
  gboolean waiting = !g_queue_is_empty (&self->waiting);

  if (waiting && self->upload_id == NULL)
    return self->creating ? DUE_NOTHING : DUE_CREATE;
  if (waiting && vs_s3_upload_has_place_locked (self))
    return DUE_PART;
  if (self->step != VS_S3_STEP_FINISHING || waiting || self->active->len > 0 ||
      self->last_asked)
    return DUE_NOTHING;
  return self->upload_id != NULL ? DUE_COMPLETE : DUE_PUT;
}

/* A Create that is being sent is waited for, not cancelled: an upload whose id
 * nobody knows could not be aborted. */
static Due
find_due_closing_locked (VsS3Upload *self)
{
  if (self->creating || self->active->len > 0 || self->last_active)
    return DUE_NOTHING;
  if (self->upload_id == NULL || self->mode == VS_S3_CLOSE_LEAVE) {
    self->step = VS_S3_STEP_CLOSED;
    return DUE_NOTHING;
  }
  if (self->mode == VS_S3_CLOSE_COMPLETE)
    sort_done_locked (self);
  return self->mode == VS_S3_CLOSE_COMPLETE && self->done->len > 0
             ? DUE_COMPLETE
             : DUE_ABORT;
}

/* Parts that wait are given up when an upload ends early. */
static GPtrArray *
give_up_locked (VsS3Upload *self)
{
  GPtrArray *parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) part_free);
  VsS3UploadPart *part;

  while ((part = g_queue_pop_head (&self->waiting)) != NULL) {
    self->stats.buffered -= vs_s3_upload_weigh (self, part->size);
    g_ptr_array_add (parts, part);
  }
  if (!self->last_active) { /* what is being put is counted when it ends */
    self->stats.buffered -= vs_s3_upload_weigh (self, self->filled);
    self->filled = 0;
    g_ptr_array_set_size (self->chunks, 0);
    g_byte_array_set_size (self->block, 0);
  }
  return parts;
}

typedef struct {
  VsS3Client *client;
  VsS3Call call;
} Sent;

/* Calls that are to end now; each is cancelled once. */
static GArray *
steal_calls_locked (VsS3Upload *self)
{
  GArray *calls = g_array_new (FALSE, FALSE, sizeof (Sent));
  const Sent last = { self->client, self->last_call };

  for (guint i = 0; i < self->active->len; i++) {
    VsS3UploadPart *part = self->active->pdata[i];
    const Sent sent = { part->client, part->call };

    if (part->call != 0)
      g_array_append_val (calls, sent);
    part->call = 0;
  }
  if (self->last_active && self->last_call != 0 &&
      self->mode != VS_S3_CLOSE_COMPLETE)
    g_array_append_val (calls, last);
  self->last_call = 0;
  return calls;
}

static void
cancel_all (VsS3Upload *self)
{
  g_autoptr (GPtrArray) given_up = NULL;
  g_autoptr (GArray) calls = NULL;
  VsS3Call create;

  g_mutex_lock (&self->lock);
  given_up = give_up_locked (self);
  calls = steal_calls_locked (self);
  create = self->create_call;
  self->create_call = 0;
  g_mutex_unlock (&self->lock);
  vs_s3_cancel_retries (self->client, create);
  for (guint i = 0; i < calls->len; i++) {
    const Sent *sent = &g_array_index (calls, Sent, i);

    vs_s3_cancel (sent->client, sent->call);
  }
}

static void
send_create (VsS3Upload *self)
{
  VsS3Call call = vs_s3_create_multipart (
      self->client, self->key, &self->put, on_created, vs_s3_upload_ref (self));
  gboolean too_late;

  g_mutex_lock (&self->lock);
  too_late = self->step >= VS_S3_STEP_CLOSING;
  if (self->creating && !too_late)
    self->create_call = call;
  g_mutex_unlock (&self->lock);
  if (too_late)
    vs_s3_cancel_retries (self->client, call);
}

/* Remembers the call, unless it is over already. */
static void
send_part (VsS3Upload *self, VsS3UploadPart *part)
{
  const VsS3Source source = { read_part, part };
  VsS3Client *client = part->client;
  guint number = part->number;
  VsS3Call call =
      self->source.read != NULL
          ? vs_s3_upload_part_source (client, self->key, self->upload_id,
                number, &source, part->size, on_part, part)
          : vs_s3_upload_part (client, self->key, self->upload_id, number,
                (GBytes *const *) part->chunks->pdata, part->chunks->len,
                on_part, part);
  gboolean too_late = FALSE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->active->len; i++)
    if (self->active->pdata[i] == part && part->number == number) {
      part->call = call;
      too_late = self->step >= VS_S3_STEP_CLOSING;
    }
  g_mutex_unlock (&self->lock);
  if (too_late)
    vs_s3_cancel (client, call);
}

static void
send_last (VsS3Upload *self, Due due)
{
  GPtrArray *parts = self->done;
  GPtrArray *chunks = self->chunks;
  gboolean too_late;
  VsS3Call call;

  vs_s3_upload_ref (self);
  if (due == DUE_PUT && self->source.read != NULL)
    call = vs_s3_put_source (self->client, self->key, &self->source,
        self->filled, &self->put, on_stored, self);
  else if (due == DUE_PUT)
    call = vs_s3_put (self->client, self->key, (GBytes *const *) chunks->pdata,
        chunks->len, &self->put, on_stored, self);
  else if (due == DUE_COMPLETE)
    call = vs_s3_complete_multipart (self->client, self->key, self->upload_id,
        parts, &self->put, on_stored, self);
  else
    call = vs_s3_abort_multipart (
        self->client, self->key, self->upload_id, on_aborted, self);
  g_mutex_lock (&self->lock);
  if (self->last_active && due != DUE_ABORT)
    self->last_call = call;
  too_late = due != DUE_ABORT && self->step == VS_S3_STEP_CLOSING &&
             self->mode != VS_S3_CLOSE_COMPLETE;
  g_mutex_unlock (&self->lock);
  if (too_late)
    vs_s3_cancel (self->client, call);
}

/* Takes one thing that is due, in such a way that nobody else does it too. */
static Due
claim_locked (VsS3Upload *self, VsS3UploadPart **part)
{
  Due due = DUE_NOTHING;

  if (self->step < VS_S3_STEP_FINISHED)
    due = find_due_filling_locked (self);
  else if (self->step == VS_S3_STEP_CLOSING)
    due = find_due_closing_locked (self);
  if (due == DUE_CREATE) {
    self->creating = TRUE;
    self->create_us = g_get_monotonic_time ();
  } else if (due == DUE_PART) {
    *part = g_queue_pop_head (&self->waiting);
    (*part)->client = vs_s3_upload_choose_client_locked (self);
    g_ptr_array_add (self->active, *part);
    (*part)->begun_us = g_get_monotonic_time ();
  } else if (due != DUE_NOTHING) {
    if (due == DUE_COMPLETE)
      sort_done_locked (self);
    self->last_asked = TRUE;
    self->last_active = TRUE;
  }
  return due;
}

void
vs_s3_upload_advance (VsS3Upload *self)
{
  gboolean closing;

  g_mutex_lock (&self->lock);
  closing = self->step == VS_S3_STEP_CLOSING;
  g_mutex_unlock (&self->lock);
  if (closing)
    cancel_all (self);
  for (Due due = DUE_CREATE; due != DUE_NOTHING;) {
    VsS3UploadPart *part = NULL;

    g_mutex_lock (&self->lock);
    due = claim_locked (self, &part);
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->lock);
    if (due == DUE_CREATE)
      send_create (self);
    else if (due == DUE_PART)
      send_part (self, part);
    else if (due != DUE_NOTHING)
      send_last (self, due);
  }
  tell_failure (self);
}
