/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-read: reads one object at any place, in a few large ranges.
 *
 * A read asks for bytes … the block they lie in is fetched, where it is not
 * held … whoever reads on from one block into the next has the next few
 * fetched ahead … blocks that were not used for longest are let go. Every
 * range is asked for under the ETag that was seen first, so what is read is one
 * version of the object, or an error.
 *
 * Threading: open and read are for one thread at a time; they wait, and every
 * wait ends when vs_s3_read_set_flushing () is called, which any thread may
 * do. The client must outlive the reader. */
#pragma once

#include "store/vs-s3.h"

G_BEGIN_DECLS

typedef struct _VsS3Read VsS3Read;

typedef enum {
  VS_S3_READ_OK,
  VS_S3_READ_END,      /* the place is at or after the end */
  VS_S3_READ_FLUSHING, /* nothing was read */
  VS_S3_READ_ERROR
} VsS3ReadReturn;

VsS3Read *vs_s3_read_new (
    VsS3Client *client, const gchar *key, gsize block_size, guint ahead);

/* Asks for size and version of the object. */
VsS3ReadReturn vs_s3_read_open (VsS3Read *self, GError **error);
guint64 vs_s3_read_get_size (VsS3Read *self);

/* At least one byte from @offset on, at most @length, without a copy. */
VsS3ReadReturn vs_s3_read_get (VsS3Read *self, guint64 offset, gsize length,
    GBytes **bytes, GError **error);

void vs_s3_read_set_flushing (VsS3Read *self, gboolean flushing);

/* Cancels what is under way. */
void vs_s3_read_free (VsS3Read *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsS3Read, vs_s3_read_free)

G_END_DECLS
