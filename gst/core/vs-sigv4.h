/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-sigv4: AWS Signature Version 4 of a request, in its headers or in its
 * query. Pure: the time is an argument.
 *
 * The canonical path is the caller's affair: S3 wants it encoded once and not
 * normalised (vs_s3_endpoint_locate ()). The query of the URL should be the
 * canonical one, so that what is signed is what is sent. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"
#define VS_SIGV4_EMPTY_SHA256                                                  \
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

typedef struct {
  gchar *name;
  gchar *value;
} VsPair;

/* Names and values, in their order; a name may occur more than once. */
GPtrArray *vs_pairs_new (void);
void vs_pairs_add (GPtrArray *pairs, const gchar *name, const gchar *value);
const gchar *vs_pairs_get (const GPtrArray *pairs, const gchar *name);

typedef struct {
  const gchar *access_key, *secret_key;
  const gchar *session_token; /* or NULL */
  const gchar *region, *service;
  gint64 time_s; /* since 1970 */
} VsSigv4Identity;

typedef struct {
  const gchar *method;
  const gchar *path;        /* canonical */
  const GPtrArray *query;   /* VsPair, not encoded */
  const GPtrArray *headers; /* VsPair: all that are to be signed, host too */
  const gchar *payload;     /* hexadecimal SHA-256, or VS_SIGV4_UNSIGNED */
} VsSigv4Request;

/* Sorted and encoded: "a=1&b=". */
gchar *vs_sigv4_dup_query (const GPtrArray *query);

gchar *vs_sigv4_dup_canonical (const VsSigv4Request *request);

/* "20150830T123600Z", the value of x-amz-date. */
gchar *vs_sigv4_dup_date (gint64 time_s);

/* The Authorization header. @request's headers hold x-amz-date (and
 * x-amz-security-token where there is one) already. */
gchar *vs_sigv4_authorize (
    const VsSigv4Identity *identity, const VsSigv4Request *request);

/* The query of a presigned URL that is good for @seconds. */
gchar *vs_sigv4_presign (const VsSigv4Identity *identity,
    const VsSigv4Request *request, guint seconds);

G_END_DECLS
