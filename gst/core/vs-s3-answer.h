/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-answer: what S3 answers, read from XML with bounds on size, depth and
 * count, and what is asked of it in XML. Pure.
 *
 * Life: an answer is read whole into one VsS3Answer, whatever its kind; the
 * fields that its kind has are set. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_S3_ANSWER_SIZE_MAX (8 * 1024 * 1024)
#define VS_S3_ANSWER_DEPTH_MAX 8
#define VS_S3_ANSWER_ENTRIES_MAX 10000

typedef struct {
  gchar *key;
  gchar *etag; /* without its quotes */
  guint64 size;
  gint64 modified_us;
} VsS3Object;

typedef struct {
  gchar *key;
  gchar *upload_id;
  gint64 initiated_us;
} VsS3PendingUpload;

typedef struct {
  guint number; /* from 1 */
  gchar *etag;
  guint64 size;
  gchar *crc32c; /* base64, or NULL */
} VsS3Part;

/* An entry of DeleteObjects that failed. */
typedef struct {
  gchar *key;
  gchar *code;
  gchar *message;
} VsS3DeleteFault;

typedef struct {
  gchar *root; /* the name of the outermost element */

  /* Error: also inside of a 200 answer */
  gchar *code;
  gchar *message;
  gchar *request_id;
  gchar *region;   /* of AuthorizationHeaderMalformed */
  gchar *endpoint; /* of PermanentRedirect */

  gchar *etag;      /* CompleteMultipartUploadResult, without its quotes */
  gchar *upload_id; /* InitiateMultipartUploadResult */

  gboolean truncated;
  gchar *next_token;     /* ListBucketResult: NextContinuationToken */
  gchar *next_key;       /* ListMultipartUploadsResult: NextKeyMarker */
  gchar *next_upload_id; /* and NextUploadIdMarker */
  guint next_part;       /* ListPartsResult: NextPartNumberMarker */

  GPtrArray *objects;  /* VsS3Object */
  GPtrArray *prefixes; /* gchar: CommonPrefixes */
  GPtrArray *uploads;  /* VsS3PendingUpload */
  GPtrArray *parts;    /* VsS3Part */
  GPtrArray *faults;   /* VsS3DeleteFault */
} VsS3Answer;

/* VS_ERROR_BAD_DATA where it is no XML, or is beyond a bound. */
VsS3Answer *vs_s3_answer_parse (
    const gchar *text, gsize length, GError **error);
void vs_s3_answer_free (VsS3Answer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsS3Answer, vs_s3_answer_free)

VsS3Part *vs_s3_part_new (guint number, const gchar *etag, guint64 size);
void vs_s3_part_free (VsS3Part *part);

/* Bodies of requests. */
gchar *vs_s3_write_complete (const GPtrArray *parts); /* VsS3Part */
gchar *vs_s3_write_delete (const gchar *const *keys);

G_END_DECLS
