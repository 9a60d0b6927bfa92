/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-upload: a stream of unknown length, up to 5 TiB, into one object.
 *
 * Chunks are pushed … collected by reference into a part … a full part is sent
 * while the next is filled, up to `parallel` at a time … finish sends the last
 * one and completes. What stays below one part is a single PUT, an empty
 * object included. Part sizes grow as part numbers are used up, so that 10,000
 * parts are enough for 5 TiB. Nothing is visible under the key until finish
 * has succeeded; then it is whole and durable.
 *
 * Or the bytes are not pushed but read from a source when they are sent: then
 * nothing is held, and what a retry sends is read again. Such an upload sends
 * one part after the other in each thread where that fills the way, which takes
 * the least CPU, and `parallel` in all at a time as soon as it proves not to.
 * Where answers are slow, parts that only wait for theirs do not count among
 * those, up to four times `parallel` in all.
 *
 * Parts are sent by two threads, the client's and its helper's, unless
 * `parallel` is 1.
 *
 * Memory: at most (parallel + 1) × the part size of the moment.
 *
 * Threading: push, finish and close are for one thread at a time; they wait,
 * and every wait ends when vs_s3_upload_set_flushing () is called, which any
 * thread may do, as it may ask for statistics. `failed` and the source's
 * `read` run on the client's thread or its helper's, `failed` under no lock,
 * once at most, `read` on both at a time. The client must outlive the upload.
 */
#pragma once

#include "store/vs-s3.h"

G_BEGIN_DECLS

typedef struct _VsS3Upload VsS3Upload;

/* The size of part @number, from 1, when the first is of @first bytes. */
typedef guint64 (*VsS3PartPlan) (guint64 first, guint number);

typedef struct {
  guint64 part_size; /* 0: the client's */
  guint parallel;    /* 0: the client's */
  VsS3PartPlan plan; /* NULL: vs_part_plan_size () */
  VsS3PutOptions put;
  VsS3Source source; /* `read` NULL: chunks are pushed */
  /* The upload has failed; the next push says so as well. May be NULL. */
  void (*failed) (const GError *error, gpointer user_data);
  gpointer user_data;
} VsS3UploadOptions;

typedef enum {
  VS_S3_UPLOAD_OK,
  VS_S3_UPLOAD_FLUSHING, /* nothing was taken */
  VS_S3_UPLOAD_ERROR     /* for good; @error says why */
} VsS3UploadReturn;

typedef enum {
  VS_S3_CLOSE_ABORT,    /* the object is not made, no part stays */
  VS_S3_CLOSE_COMPLETE, /* the object is made of what was stored without a
                         * hole from the beginning */
  VS_S3_CLOSE_LEAVE     /* parts stay for someone to go on with */
} VsS3CloseMode;

typedef struct {
  guint64 bytes_in;     /* pushed */
  guint64 bytes_stored; /* acknowledged */
  guint64 parts;        /* acknowledged; 1 for a single PUT */
  guint64 requests, retries;
  guint64 part_size; /* of now */
  guint64 buffered;  /* bytes held now */
  guint64 max_buffered;
  guint64 waited_us; /* push was held up by the store for so long */
} VsS3UploadStats;

/* Copies what it needs of @options (may be NULL). Nothing is sent yet. */
VsS3Upload *vs_s3_upload_new (VsS3Client *client, const gchar *key,
    const VsS3UploadOptions *options, GError **error);

/* Takes a reference; a chunk may be of any size, 0 included. Waits for room. */
VsS3UploadReturn vs_s3_upload_push (
    VsS3Upload *upload, GBytes *chunk, GError **error);

/* Instead of push, where there is a source: its next @size bytes. */
VsS3UploadReturn vs_s3_upload_add (
    VsS3Upload *upload, guint64 size, GError **error);

/* Waits until the object is durable. May be called again after FLUSHING. The
 * etag of the object is vs_s3_upload_get_etag () then. */
VsS3UploadReturn vs_s3_upload_finish (VsS3Upload *upload, GError **error);
const gchar *vs_s3_upload_get_etag (VsS3Upload *upload);

/* TRUE: whoever waits returns FLUSHING at once, and nothing waits any more. */
void vs_s3_upload_set_flushing (VsS3Upload *upload, gboolean flushing);

/* Ends an upload that is not finished: cancels what is under way, then does
 * what @mode says. Waits for at most @timeout_ms; does not heed flushing. TRUE:
 * it was done (or there was nothing to do). After a failure the parts have
 * been aborted already. */
gboolean vs_s3_upload_close (
    VsS3Upload *upload, VsS3CloseMode mode, guint timeout_ms, GError **error);

void vs_s3_upload_get_stats (VsS3Upload *upload, VsS3UploadStats *stats);

/* An upload that was neither finished nor closed is closed with ABORT and
 * 5 s. */
void vs_s3_upload_free (VsS3Upload *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsS3Upload, vs_s3_upload_free)

G_END_DECLS
