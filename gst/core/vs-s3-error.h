/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-error: what an S3 error code (or, without one, an HTTP status) calls
 * for, and what it says to a person. Pure. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

typedef enum {
  VS_S3_CLASS_OK,
  VS_S3_CLASS_RETRY,       /* try again after a pause */
  VS_S3_CLASS_CREDENTIALS, /* get new ones, then try once */
  VS_S3_CLASS_REGION,      /* another region or endpoint: sign for that */
  VS_S3_CLASS_CLOCK,       /* take the server's time, then try once */
  VS_S3_CLASS_PERMANENT
} VsS3Class;

/* @code may be NULL. */
VsS3Class vs_s3_classify (guint status, const gchar *code);

/* Sets a sentence: @what ("put", "complete the upload of"), where, the code,
 * the server's own words, what to do. @key may be NULL. */
void vs_s3_set_error (GError **error, const gchar *what, const gchar *bucket,
    const gchar *key, guint status, const gchar *code, const gchar *message,
    const gchar *request_id);

G_END_DECLS
