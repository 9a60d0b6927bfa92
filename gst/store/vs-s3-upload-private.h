/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-upload-private: what vs-s3-upload.c (the caller's side),
 * vs-s3-upload-parts.c (the clients' side) and vs-s3-upload-pace.c share. All
 * is guarded by `lock` unless said otherwise; the client is never called under
 * it. */
#pragma once

#include "store/vs-s3-upload.h"

G_BEGIN_DECLS

#define VS_S3_BLOCK 65536 /* of small chunks, copied together */

typedef struct {
  VsS3Upload *upload;
  guint number;
  GPtrArray *chunks; /* GBytes */
  guint64 size;
  guint64 offset; /* in the object */
  gint64 begun_us;
  gint64 read_us; /* to its end, from a source: it waits for its answer; or 0 */
  guint64 read;   /* of it so far, at most */
  VsS3Client *client; /* who sends it; once it is active */
  VsS3Call call;      /* 0: not known yet */
} VsS3UploadPart;

typedef enum {
  VS_S3_STEP_FILLING,
  VS_S3_STEP_FINISHING, /* the put or the Complete is under way, or due */
  VS_S3_STEP_FINISHED,
  VS_S3_STEP_CLOSING, /* by close (), or after an error */
  VS_S3_STEP_CLOSED
} VsS3Step;

struct _VsS3Upload {
  gint refs; /* atomic: the caller's, and one of every call under way */

  /* constant */
  VsS3Client *client;
  gchar *key;
  guint64 first_size;
  VsS3PartPlan plan;
  guint parallel;
  VsS3PutOptions put; /* its strings are ours */
  VsS3Source source;
  gpointer user_data;

  GMutex lock;
  GCond cond; /* every change */
  VsS3Step step;
  gboolean flushing;
  GError *error;
  void (*failed) (const GError *error, gpointer user_data);
  gboolean telling; /* `failed` runs */

  GPtrArray *chunks; /* GBytes: the part that is filled */
  GByteArray *block; /* small chunks, the end of it */
  guint64 filled;
  guint next_number;
  guint64 sealed;     /* bytes in parts */
  VsS3Client *helper; /* sends as well; or NULL */
  gboolean alone;     /* one part on its way for each client is enough */
  gint64 create_us;
  guint64 pace_bytes; /* read of the source since pace_us; 0: not yet */
  gint64 pace_us;
  gboolean waits; /* an answer is long in coming, for what it is an answer to */

  gchar *upload_id;
  gboolean creating;
  VsS3Call create_call; /* 0: not known yet, or called off */
  GQueue waiting;       /* VsS3UploadPart: to be sent */
  GPtrArray *active;    /* VsS3UploadPart: sent; not owned */
  GPtrArray *done;      /* VsS3Part */

  VsS3CloseMode mode;
  gboolean given_up;   /* nobody waits any more for the end */
  gboolean last_asked; /* the put, Complete or abort is asked for */
  gboolean last_active;
  VsS3Call last_call;
  gchar *etag;
  VsS3UploadStats stats;
};

VsS3Upload *vs_s3_upload_ref (VsS3Upload *self);
void vs_s3_upload_unref (VsS3Upload *self);

/* How big the part is that is filled now. */
guint64 vs_s3_upload_get_size_locked (const VsS3Upload *self);
/* The part that is filled goes to those that wait. */
void vs_s3_upload_seal_locked (VsS3Upload *self);
void vs_s3_upload_flush_block_locked (VsS3Upload *self);
/* Parts on their way, but for those that are read to their end. */
guint vs_s3_upload_count_sending_locked (const VsS3Upload *self);
/* For one more part to be sent. */
gboolean vs_s3_upload_has_place_locked (const VsS3Upload *self);
VsS3Client *vs_s3_upload_choose_client_locked (const VsS3Upload *self);
/* The Create, or @part, was answered. */
void vs_s3_upload_note_created_locked (VsS3Upload *self, guint attempts);
void vs_s3_upload_note_answer_locked (
    VsS3Upload *self, const VsS3UploadPart *part, guint attempts);
/* @part has been read up to @end. TRUE: there may be more to do. */
gboolean vs_s3_upload_note_read_locked (
    VsS3Upload *self, VsS3UploadPart *part, guint64 end);
/* What @size bytes take up. */
guint64 vs_s3_upload_weigh (const VsS3Upload *self, guint64 size);
/* The first error; takes it. */
void vs_s3_upload_fail_locked (VsS3Upload *self, GError *error);

/* Does all that the state calls for now; called without the lock, after every
 * change. */
void vs_s3_upload_advance (VsS3Upload *self);

G_END_DECLS
