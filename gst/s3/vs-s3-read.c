/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3/vs-s3-read.h"

#include <string.h>

#include "core/vs-error.h"

/* Besides those fetched ahead: the places that a demuxer goes back and forth
 * between (index, sound, picture). */
#define HELD_BLOCKS 6

/* Numbers of blocks that are none. */
#define HEAD G_MAXUINT64
#define FIRST_BYTE (G_MAXUINT64 - 1)

/* A range that was asked for. Until it has a result the client will call
 * back, so it is not freed before. */
typedef struct {
  VsS3Read *owner;
  guint64 number; /* of the block, or one of those above */
  VsS3Call call;
  VsS3Result *result; /* NULL: under way */
  guint64 used;       /* when last, in reads */
} Block;

struct _VsS3Read {
  VsS3Client *client;
  gchar *key;
  gsize block_size;
  guint ahead;

  GMutex lock;
  GCond cond;
  /* under the lock */
  GPtrArray *blocks; /* Block */
  guint64 reads;
  guint64 size;
  gchar *etag;
  gboolean flushing;
};

VsS3Read *
vs_s3_read_new (
    VsS3Client *client, const gchar *key, gsize block_size, guint ahead)
{
  VsS3Read *self = g_new0 (VsS3Read, 1);

  self->client = client;
  self->key = g_strdup (key);
  self->block_size = block_size;
  self->ahead = ahead;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->blocks = g_ptr_array_new ();
  return self;
}

static void
on_done (const VsS3Result *result, gpointer user_data)
{
  Block *block = user_data;
  VsS3Read *self = block->owner;

  g_mutex_lock (&self->lock);
  block->result = vs_s3_result_ref (result);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
block_free (Block *block)
{
  vs_s3_result_unref (block->result);
  g_free (block);
}

void
vs_s3_read_free (VsS3Read *self)
{
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->blocks->len; i++) {
    Block *block = g_ptr_array_index (self->blocks, i);
    VsS3Call call = block->call;

    if (block->result != NULL)
      continue;
    g_mutex_unlock (&self->lock);
    vs_s3_cancel (self->client, call);
    g_mutex_lock (&self->lock);
    while (block->result == NULL)
      g_cond_wait (&self->cond, &self->lock);
  }
  g_mutex_unlock (&self->lock);
  g_ptr_array_set_free_func (self->blocks, (GDestroyNotify) block_free);
  g_ptr_array_unref (self->blocks);
  g_free (self->key);
  g_free (self->etag);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
vs_s3_read_set_flushing (VsS3Read *self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

guint64
vs_s3_read_get_size (VsS3Read *self)
{
  return self->size;
}

static Block *
find_block_locked (VsS3Read *self, guint64 number)
{
  for (guint i = 0; i < self->blocks->len; i++) {
    Block *block = g_ptr_array_index (self->blocks, i);

    if (block->number == number)
      return block;
  }
  return NULL;
}

static Block *
find_oldest_locked (VsS3Read *self)
{
  Block *oldest = NULL;

  for (guint i = 0; i < self->blocks->len; i++) {
    Block *block = g_ptr_array_index (self->blocks, i);

    if (block->result != NULL && (oldest == NULL || block->used < oldest->used))
      oldest = block;
  }
  return oldest;
}

/* Lets go of the blocks that were not used for longest. */
static void
make_room_locked (VsS3Read *self)
{
  Block *oldest;

  while (self->blocks->len >= HELD_BLOCKS + self->ahead &&
         (oldest = find_oldest_locked (self)) != NULL) {
    g_ptr_array_remove_fast (self->blocks, oldest);
    block_free (oldest);
  }
}

/* The client may call back before it returns, so the lock is not held. */
static void
ask (VsS3Read *self, Block *block)
{
  guint64 offset = block->number * self->block_size;
  VsS3Call call;

  if (block->number == HEAD)
    call = vs_s3_head (self->client, self->key, on_done, block);
  else if (block->number == FIRST_BYTE)
    call = vs_s3_get (
        self->client, self->key, 0, 1, self->block_size, NULL, on_done, block);
  else
    call = vs_s3_get (self->client, self->key, offset,
        MIN (self->block_size, self->size - offset), self->block_size,
        self->etag, on_done, block);
  g_mutex_lock (&self->lock);
  block->call = call;
  g_mutex_unlock (&self->lock);
}

static Block *
ensure_block (VsS3Read *self, guint64 number)
{
  Block *block;

  g_mutex_lock (&self->lock);
  block = find_block_locked (self, number);
  if (block != NULL) {
    block->used = ++self->reads;
    g_mutex_unlock (&self->lock);
    return block;
  }
  make_room_locked (self);
  block = g_new0 (Block, 1);
  block->owner = self;
  block->number = number;
  block->used = ++self->reads;
  g_ptr_array_add (self->blocks, block);
  g_mutex_unlock (&self->lock);
  ask (self, block);
  return block;
}

/* What has failed is asked for anew by the next read. */
static VsS3ReadReturn
wait_for_block (
    VsS3Read *self, Block *block, VsS3Result **result, GError **error)
{
  VsS3ReadReturn got = VS_S3_READ_OK;

  g_mutex_lock (&self->lock);
  while (block->result == NULL && !self->flushing)
    g_cond_wait (&self->cond, &self->lock);
  if (self->flushing) {
    got = VS_S3_READ_FLUSHING;
  } else {
    block->used = ++self->reads;
    *result = vs_s3_result_ref (block->result);
    if (block->result->error != NULL) {
      got = VS_S3_READ_ERROR;
      g_ptr_array_remove_fast (self->blocks, block);
      block_free (block);
    }
  }
  g_mutex_unlock (&self->lock);
  if (got == VS_S3_READ_ERROR && (*result)->status == 412)
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "“%s” was replaced while it was read; start again.", self->key);
  else if (got == VS_S3_READ_ERROR)
    g_propagate_error (error, g_error_copy ((*result)->error));
  return got;
}

/* The answer to a HEAD has no body, so no word of what is wrong; that to a GET
 * has. */
static VsS3ReadReturn
ask_for_reason (VsS3Read *self, GError **error)
{
  g_autoptr (VsS3Result) result = NULL;
  g_autoptr (GError) fault = NULL;
  VsS3ReadReturn got =
      wait_for_block (self, ensure_block (self, FIRST_BYTE), &result, &fault);

  if (got != VS_S3_READ_ERROR || error == NULL)
    return got;
  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&fault));
  return got;
}

VsS3ReadReturn
vs_s3_read_open (VsS3Read *self, GError **error)
{
  g_autoptr (VsS3Result) result = NULL;
  Block *block = ensure_block (self, HEAD);
  VsS3ReadReturn got = wait_for_block (self, block, &result, error);

  if (got == VS_S3_READ_OK && self->etag == NULL) {
    self->size = result->size;
    self->etag = g_strdup (result->etag);
  }
  if (got == VS_S3_READ_ERROR && result->status / 100 == 4 &&
      ask_for_reason (self, error) == VS_S3_READ_FLUSHING)
    got = VS_S3_READ_FLUSHING;
  return got;
}

/* One block alone may be a look at an index; one after another is reading. */
static void
fetch_ahead (VsS3Read *self, guint64 number)
{
  guint64 last = (self->size - 1) / self->block_size;
  gboolean is_reading_on;

  g_mutex_lock (&self->lock);
  is_reading_on = number == 0 || find_block_locked (self, number - 1) != NULL;
  g_mutex_unlock (&self->lock);
  for (guint i = 1; is_reading_on && i <= self->ahead; i++)
    if (number + i <= last)
      ensure_block (self, number + i);
}

VsS3ReadReturn
vs_s3_read_get (VsS3Read *self, guint64 offset, gsize length, GBytes **bytes,
    GError **error)
{
  g_autoptr (VsS3Result) result = NULL;
  guint64 number = offset / self->block_size;
  gsize start = offset % self->block_size;
  VsS3ReadReturn got;
  Block *block;
  gsize size;

  if (offset >= self->size)
    return VS_S3_READ_END;
  block = ensure_block (self, number);
  fetch_ahead (self, number);
  got = wait_for_block (self, block, &result, error);
  if (got != VS_S3_READ_OK)
    return got;
  size = result->body ? g_bytes_get_size (result->body) : 0;
  if (size < MIN (self->block_size, self->size - number * self->block_size)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "“%s” came short: %" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT
        "; the service did not keep to the range that was asked for.",
        self->key, size, number * (guint64) self->block_size);
    return VS_S3_READ_ERROR;
  }
  *bytes =
      g_bytes_new_from_bytes (result->body, start, MIN (length, size - start));
  return VS_S3_READ_OK;
}
