/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-url: where an object lives: s3:// URIs, endpoints, bucket names, and
 * the URL and canonical path of a request. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_S3_KEY_MAX 1024 /* bytes, S3's own limit */

/* s3://BUCKET/KEY?name=value&…: the bucket and the key are percent-decoded,
 * and kept as they are otherwise: "//", ".." and a leading "/" of the key
 * ("s3://b//k") are part of it. A "+" is a plus. The key ends at the first
 * "?", and "#" is part of it; write "?" in a key as %3F. */
typedef struct {
  gchar *bucket;
  gchar *key;         /* "" where the URI names a bucket only */
  gchar **parameters; /* name, value, name, value, …, NULL; decoded */
} VsS3Uri;

/* VS_ERROR_BAD_VALUE with a sentence. User info in a URI (s3://ID:SECRET@…) is
 * refused: URIs are logged. */
VsS3Uri *vs_s3_uri_parse (const gchar *uri, GError **error);
void vs_s3_uri_free (VsS3Uri *uri);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsS3Uri, vs_s3_uri_free)

const gchar *vs_s3_uri_get_parameter (const VsS3Uri *uri, const gchar *name);

/* "s3://bucket/key", percent-encoded so that vs_s3_uri_parse () reads it back;
 * without parameters. */
gchar *vs_s3_uri_format (const gchar *bucket, const gchar *key);

/* 3 to 63 of a-z, 0-9, "-" and "."; also the older capitals and "_" that other
 * servers allow (up to 255). */
gboolean vs_s3_check_bucket (const gchar *bucket, GError **error);

/* 1 to 1,024 bytes of UTF-8 without NUL. */
gboolean vs_s3_check_key (const gchar *key, GError **error);

typedef enum {
  VS_S3_ADDRESSING_AUTO, /* virtual on AWS where the name allows, else path */
  VS_S3_ADDRESSING_PATH,
  VS_S3_ADDRESSING_VIRTUAL
} VsS3Addressing;

typedef struct {
  gchar *scheme; /* "http" or "https" */
  gchar *host;   /* with ":PORT" where that is not the scheme's own */
  gchar *path;   /* "" or "/prefix", of a gateway below a path */
  gboolean aws;  /* amazonaws.com */
} VsS3Endpoint;

/* @text: "https://host[:port][/path]" or "host[:port]" (https); NULL or "":
 * the AWS endpoint of @region. */
VsS3Endpoint *vs_s3_endpoint_parse (
    const gchar *text, const gchar *region, GError **error);
VsS3Endpoint *vs_s3_endpoint_copy (const VsS3Endpoint *endpoint);
void vs_s3_endpoint_free (VsS3Endpoint *endpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsS3Endpoint, vs_s3_endpoint_free)

/* The Host header and the path, percent-encoded as SigV4 for S3 wants it, of
 * @key ("" or NULL: the bucket itself) in @bucket (NULL: the service). */
void vs_s3_endpoint_locate (const VsS3Endpoint *endpoint,
    VsS3Addressing addressing, const gchar *bucket, const gchar *key,
    gchar **host, gchar **path);

/* RFC 3986 unreserved characters stay, all else is %XX, capitals; "/" stays
 * where @keep_slash. */
void vs_s3_append_encoded (
    GString *out, const gchar *text, gboolean keep_slash);

G_END_DECLS
