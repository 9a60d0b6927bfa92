/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-upload-writer: puts the bytes of one upload on the disk, one piece at a
 * time.
 *
 * Life: opened where the upload stands; what lies beyond that place was never
 * acknowledged and is cut off. Each piece is written in a thread, so a slow
 * disk holds up nobody else; now and then, and at the end, it is flushed, and
 * `durable` moves on. With a checksum that is only at the end, where it is
 * right. After an error nothing more is taken.
 *
 * Threading: the thread that made it, in whose default main context `done`
 * is called, once for each call; not before one has ended may the next begin.
 * May be freed while the disk is at work: `done` is not called then. */
#pragma once

#include "core/vs-error.h"
#include "core/vs-tus.h"

G_BEGIN_DECLS

typedef struct _VsUploadWriter VsUploadWriter;

typedef enum {
  VS_WRITTEN_WELL,
  VS_WRITTEN_NO_SPACE,
  VS_WRITTEN_BADLY,        /* the disk refused */
  VS_WRITTEN_NO_MEDIA,     /* its first bytes show it */
  VS_WRITTEN_BAD_CHECKSUM, /* what came with it is gone again */
} VsWritten;

typedef void (*VsUploadWritten) (VsWritten result, gpointer user_data);

typedef struct {
  const gchar *path;
  gint64 offset;                 /* where it goes on */
  gint64 length;                 /* -1: not known */
  const VsTusChecksum *checksum; /* of what follows, or NULL */
  gboolean looked_at;            /* its first bytes are known */
} VsUploadPlace;

VsUploadWriter *vs_upload_writer_open (
    const VsUploadPlace *place, GError **error);
void vs_upload_writer_free (VsUploadWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsUploadWriter, vs_upload_writer_free)

void vs_upload_writer_give (VsUploadWriter *self, GBytes *piece,
    VsUploadWritten done, gpointer user_data);

/* No more comes. @whole: as much as was announced. */
void vs_upload_writer_end (VsUploadWriter *self, gboolean whole,
    VsUploadWritten done, gpointer user_data);

/* Where it stands, and how much of that no crash takes away. */
gint64 vs_upload_writer_get_offset (const VsUploadWriter *self);
gint64 vs_upload_writer_get_durable (const VsUploadWriter *self);

/* Of its first bytes; NULL: not seen yet, or looked at before. */
const gchar *vs_upload_writer_get_type (const VsUploadWriter *self);

G_END_DECLS
