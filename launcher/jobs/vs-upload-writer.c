/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-upload-writer.h"

#include "jobs/vs-sniff.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* So much may be lost with the service: it would have to be sent again. */
#define CHECKPOINT (8 * 1024 * 1024)

/* Disks that are written to at once. */
#define THREADS 4

struct _VsUploadWriter {
  gint refs; /* atomic: the owner's, and the thread's */
  GMainContext *context;
  gint fd;
  gint64 start, length;
  GChecksum *checksum;
  VsTusChecksum expected;

  /* Of the thread while it is at work, of the owner else. */
  gint64 offset, durable;
  gchar *type;
  gboolean looked_at;
  VsWritten failed; /* the first failure stays */

  /* What the thread is to do. */
  GBytes *piece; /* NULL: end */
  gboolean whole;
  VsWritten result;

  VsUploadWritten done; /* NULL: the owner has gone */
  gpointer user_data;
};

static void
writer_unref (VsUploadWriter *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  if (self->fd >= 0)
    (void) close (self->fd);
  g_clear_pointer (&self->checksum, g_checksum_free);
  g_clear_pointer (&self->piece, g_bytes_unref);
  g_main_context_unref (self->context);
  g_free (self->type);
  g_free (self);
}

static VsWritten
judge (gint code)
{
  return code == ENOSPC || code == EDQUOT || code == EFBIG ? VS_WRITTEN_NO_SPACE
                                                           : VS_WRITTEN_BADLY;
}

static VsWritten
flush (VsUploadWriter *self)
{
  if (fdatasync (self->fd) != 0) {
    self->offset = self->durable;
    return judge (errno);
  }
  self->durable = self->offset;
  return VS_WRITTEN_WELL;
}

static VsWritten
write_piece (VsUploadWriter *self)
{
  gsize left = 0;
  const guint8 *data = g_bytes_get_data (self->piece, &left);

  while (left > 0) {
    gssize written = pwrite (self->fd, data, left, self->offset);

    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return judge (errno);
    if (self->checksum)
      g_checksum_update (self->checksum, data, written);
    data += written;
    left -= (gsize) written;
    self->offset += written;
  }
  return VS_WRITTEN_WELL;
}

/* Looks at the first bytes, as soon as there are enough; they stay. */
static VsWritten
look (VsUploadWriter *self, gboolean at_end)
{
  guint8 first[VS_SNIFF_SIZE];
  gssize size;

  if (self->looked_at || self->offset == 0 ||
      (self->offset < VS_SNIFF_SIZE && !at_end && self->offset != self->length))
    return VS_WRITTEN_WELL;
  size = pread (self->fd, first, sizeof first, 0);
  if (size <= 0)
    return VS_WRITTEN_BADLY;
  self->looked_at = TRUE;
  self->type = vs_sniff_type (first, (gsize) size);
  return vs_sniff_is_media (self->type) ? VS_WRITTEN_WELL : VS_WRITTEN_NO_MEDIA;
}

/* What came with a checksum counts as a whole or not at all. */
static VsWritten
check_sum (VsUploadWriter *self)
{
  guint8 digest[VS_TUS_DIGEST_MAX];
  gsize length = sizeof digest;

  if (!self->checksum)
    return VS_WRITTEN_WELL;
  g_checksum_get_digest (self->checksum, digest, &length);
  if (self->whole && length == self->expected.length &&
      memcmp (digest, self->expected.digest, length) == 0)
    return VS_WRITTEN_WELL;
  self->offset = self->start;
  return ftruncate (self->fd, self->start) != 0 ? judge (errno)
         : self->whole                          ? VS_WRITTEN_BAD_CHECKSUM
                                                : VS_WRITTEN_WELL;
}

static VsWritten
take_piece (VsUploadWriter *self)
{
  VsWritten result = write_piece (self);

  if (result == VS_WRITTEN_WELL)
    result = look (self, FALSE);
  if (result == VS_WRITTEN_WELL && !self->checksum &&
      self->offset - self->durable >= CHECKPOINT)
    result = flush (self);
  return result;
}

static VsWritten
finish (VsUploadWriter *self)
{
  VsWritten result = check_sum (self);
  VsWritten flushed;

  if (result == VS_WRITTEN_WELL && self->length < 0)
    result = look (self, TRUE);
  flushed = flush (self);
  return result != VS_WRITTEN_WELL ? result : flushed;
}

static gboolean
on_done (gpointer user_data)
{
  VsUploadWriter *self = user_data;
  VsUploadWritten done = self->done;

  self->done = NULL;
  g_clear_pointer (&self->piece, g_bytes_unref);
  if (done)
    done (self->result, self->user_data);
  return G_SOURCE_REMOVE;
}

/* In a thread of the pool. */
static void
on_work (gpointer data, gpointer user_data)
{
  VsUploadWriter *self = data;
  g_autoptr (GSource) source = g_idle_source_new ();
  VsWritten result = self->piece ? VS_WRITTEN_WELL : finish (self);

  if (self->piece && self->failed == VS_WRITTEN_WELL)
    result = take_piece (self);
  if (self->failed == VS_WRITTEN_WELL)
    self->failed = result;
  self->result = self->failed;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_done, self, (GDestroyNotify) writer_unref);
  g_source_attach (source, self->context);
}

static GThreadPool *
get_pool (void)
{
  static GThreadPool *pool;

  if (g_once_init_enter (&pool)) {
    GThreadPool *made = g_thread_pool_new (on_work, NULL, THREADS, FALSE, NULL);

    g_once_init_leave (&pool, made);
  }
  return pool;
}

static void
start_work (VsUploadWriter *self, VsUploadWritten done, gpointer user_data)
{
  g_assert (!self->done);
  self->done = done;
  self->user_data = user_data;
  g_atomic_int_inc (&self->refs);
  g_thread_pool_push (get_pool (), self, NULL);
}

VsUploadWriter *
vs_upload_writer_open (const VsUploadPlace *place, GError **error)
{
  g_autoptr (VsUploadWriter) self = g_new0 (VsUploadWriter, 1);

  self->refs = 1;
  self->context = g_main_context_ref_thread_default ();
  self->fd = open (place->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  self->start = self->offset = self->durable = place->offset;
  self->length = place->length;
  self->looked_at = place->looked_at;
  if (place->checksum) {
    self->expected = *place->checksum;
    self->checksum = g_checksum_new (place->checksum->type);
  }
  if (self->fd >= 0 && lseek (self->fd, 0, SEEK_END) >= place->offset &&
      ftruncate (self->fd, place->offset) == 0)
    return g_steal_pointer (&self);
  g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
      "What came of the upload before cannot be found on the disk: %s.",
      g_strerror (errno));
  return NULL;
}

void
vs_upload_writer_free (VsUploadWriter *self)
{
  if (!self)
    return;
  self->done = NULL;
  writer_unref (self);
}

void
vs_upload_writer_give (VsUploadWriter *self, GBytes *piece,
    VsUploadWritten done, gpointer user_data)
{
  self->piece = g_bytes_ref (piece);
  start_work (self, done, user_data);
}

void
vs_upload_writer_end (VsUploadWriter *self, gboolean whole,
    VsUploadWritten done, gpointer user_data)
{
  self->whole = whole;
  start_work (self, done, user_data);
}

gint64
vs_upload_writer_get_offset (const VsUploadWriter *self)
{
  return self->offset;
}

gint64
vs_upload_writer_get_durable (const VsUploadWriter *self)
{
  return self->durable;
}

const gchar *
vs_upload_writer_get_type (const VsUploadWriter *self)
{
  return self->type;
}
