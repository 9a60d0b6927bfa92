/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The operations: each makes a request that owns all it needs, and submits
 * it. What is wrong with the arguments is said through the callback as well. */
#include <string.h>

#include "store/vs-s3-private.h"
#include "store/vs-store.h"

#define PAGE "1000"
#define DELETE_MAX 1000

static const VsS3Verb verb_put = { "PUT", "put", .etag = TRUE };
static const VsS3Verb verb_get = { "GET", "read" };
static const VsS3Verb verb_head = { "HEAD", "look at" };
static const VsS3Verb verb_delete = { "DELETE", "remove",
  .gone_is_good = TRUE };
static const VsS3Verb verb_delete_many = { "POST", "remove objects of",
  .xml = TRUE };
static const VsS3Verb verb_list = { "GET", "list", .xml = TRUE };
static const VsS3Verb verb_create = { "POST", "begin the upload of",
  .xml = TRUE };
static const VsS3Verb verb_part = { "PUT", "store a part of", .etag = TRUE };
static const VsS3Verb verb_complete = { "POST", "complete the upload of",
  .xml = TRUE, .slow = TRUE };
static const VsS3Verb verb_abort = { "DELETE", "abort the upload of",
  .gone_is_good = TRUE };
static const VsS3Verb verb_parts = { "GET", "list the parts of", .xml = TRUE };
static const VsS3Verb verb_uploads = { "GET", "list the uploads of",
  .xml = TRUE };
const VsS3Verb vs_s3_verb_check = { "HEAD", "look at", .check = TRUE };

/* @key must be one. */
static VsS3Request *
new_of_key (VsS3Client *client, const VsS3Verb *verb, const gchar *key,
    VsS3Done done, gpointer user_data)
{
  VsS3Request *request = vs_s3_request_new (client, verb, key, done, user_data);

  vs_s3_check_key (key, &request->refused);
  return request;
}

static void
add_query (VsS3Request *request, const gchar *name, const gchar *value)
{
  if (value != NULL)
    vs_pairs_add (request->query, name, value);
}

/* A line break in a value would be a header of its own. */
static void
add_header (VsS3Request *request, const gchar *name, const gchar *value)
{
  if (value == NULL)
    return;
  for (const gchar *c = value; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c) && request->refused == NULL)
      g_set_error (&request->refused, VS_ERROR, VS_ERROR_BAD_VALUE,
          "The value of %s has a control character in it.", name);
  vs_pairs_add (request->headers, name, value);
}

static void
add_metadata (VsS3Request *request, const gchar *const *metadata)
{
  for (guint i = 0; metadata != NULL && metadata[i] != NULL; i += 2) {
    g_autofree gchar *name = g_strconcat ("x-amz-meta-", metadata[i], NULL);

    if ((*metadata[i] == '\0' ||
            strspn (metadata[i], G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS
                "-_.") != strlen (metadata[i])) &&
        request->refused == NULL)
      g_set_error (&request->refused, VS_ERROR, VS_ERROR_BAD_VALUE,
          "“%s” is no name of S3 metadata: it may have letters, digits, “-”, "
          "“_” and “.”.",
          metadata[i]);
    add_header (request, name, metadata[i + 1]);
  }
}

static void
add_quoted (VsS3Request *request, const gchar *name, const gchar *etag)
{
  g_autofree gchar *quoted =
      etag != NULL ? g_strconcat ("\"", etag, "\"", NULL) : NULL;

  add_header (request, name, quoted);
}

static void
add_conditions (VsS3Request *request, const VsS3PutOptions *options)
{
  VsS3Client *client = request->client;
  gboolean bare;

  g_mutex_lock (&client->lock);
  bare = (client->conditions & VS_S3_BARE_ETAGS) != 0;
  g_mutex_unlock (&client->lock);
  if (bare)
    add_header (request, "if-match", options->if_match);
  else
    add_quoted (request, "if-match", options->if_match);
  if (options->if_none_match)
    add_header (request, "if-none-match", "*");
}

/* What belongs to the object rather than to one request. */
static void
add_options (VsS3Request *request, const VsS3PutOptions *options)
{
  const gchar *type = options != NULL ? options->content_type : NULL;

  add_header (request, "content-type",
      type != NULL ? type : vs_store_content_type (request->key));
  if (options == NULL)
    return;
  add_header (request, "cache-control", options->cache_control);
  add_header (request, "x-amz-acl", options->acl);
  add_header (request, "x-amz-storage-class", options->storage_class);
  add_metadata (request, options->metadata);
}

static VsS3Request *
new_put (VsS3Client *client, const gchar *key, const VsS3PutOptions *options,
    VsS3Done done, gpointer user_data)
{
  VsS3Request *request = new_of_key (client, &verb_put, key, done, user_data);

  if (request->refused == NULL)
    add_options (request, options);
  if (options != NULL)
    add_conditions (request, options);
  return request;
}

VsS3Call
vs_s3_put (VsS3Client *client, const gchar *key, GBytes *const *chunks,
    guint n_chunks, const VsS3PutOptions *options, VsS3Done done,
    gpointer user_data)
{
  VsS3Request *request = new_put (client, key, options, done, user_data);

  vs_s3_request_set_body (request, chunks, n_chunks, client->config->checksum);
  return vs_s3_submit (request);
}

VsS3Call
vs_s3_put_source (VsS3Client *client, const gchar *key,
    const VsS3Source *source, guint64 size, const VsS3PutOptions *options,
    VsS3Done done, gpointer user_data)
{
  VsS3Request *request = new_put (client, key, options, done, user_data);

  vs_s3_request_set_source (request, source, size);
  return vs_s3_submit (request);
}

VsS3Call
vs_s3_get (VsS3Client *client, const gchar *key, guint64 offset, guint64 length,
    gsize max_size, const gchar *if_match, VsS3Done done, gpointer user_data)
{
  VsS3Request *request = new_of_key (client, &verb_get, key, done, user_data);
  g_autofree gchar *range = NULL;

  request->max_answer = max_size;
  if (length > 0)
    range = g_strdup_printf ("bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT,
        offset, offset + length - 1);
  else if (offset > 0)
    range = g_strdup_printf ("bytes=%" G_GUINT64_FORMAT "-", offset);
  add_header (request, "range", range);
  add_quoted (request, "if-match", if_match);
  return vs_s3_submit (request);
}

VsS3Call
vs_s3_head (
    VsS3Client *client, const gchar *key, VsS3Done done, gpointer user_data)
{
  return vs_s3_submit (new_of_key (client, &verb_head, key, done, user_data));
}

VsS3Call
vs_s3_delete (VsS3Client *client, const gchar *key, const gchar *if_match,
    VsS3Done done, gpointer user_data)
{
  VsS3Request *request =
      new_of_key (client, &verb_delete, key, done, user_data);

  add_quoted (request, "if-match", if_match);
  return vs_s3_submit (request);
}

static void
set_xml (VsS3Request *request, gchar *text)
{
  g_autoptr (GBytes) body = g_bytes_new_take (text, strlen (text));
  GBytes *chunks[] = { body };

  add_header (request, "content-type", "application/xml");
  vs_s3_request_set_body (request, chunks, 1, VS_S3_CHECKSUM_SHA256);
}

VsS3Call
vs_s3_delete_many (VsS3Client *client, const gchar *const *keys, VsS3Done done,
    gpointer user_data)
{
  VsS3Request *request =
      vs_s3_request_new (client, &verb_delete_many, NULL, done, user_data);
  g_autofree gchar *md5 = NULL;
  g_autofree gchar *text = vs_s3_write_delete (keys);
  guint n = g_strv_length ((gchar **) keys);
  guint8 digest[16];
  gsize size = sizeof digest;
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_MD5);

  for (guint i = 0; i < n && request->refused == NULL; i++)
    vs_s3_check_key (keys[i], &request->refused);
  if ((n == 0 || n > DELETE_MAX) && request->refused == NULL)
    g_set_error (&request->refused, VS_ERROR, VS_ERROR_BAD_VALUE,
        "%u objects cannot be removed at once; 1 to %d can.", n, DELETE_MAX);
  add_query (request, "delete", "");
  /* S3 wants Content-MD5 here whatever else guards the body */
  g_checksum_update (sum, (const guchar *) text, (gssize) strlen (text));
  g_checksum_get_digest (sum, digest, &size);
  md5 = g_base64_encode (digest, size);
  add_header (request, "content-md5", md5);
  set_xml (request, g_steal_pointer (&text));
  return vs_s3_submit (request);
}

VsS3Call
vs_s3_list (VsS3Client *client, const gchar *prefix, const gchar *delimiter,
    const gchar *token, VsS3Done done, gpointer user_data)
{
  VsS3Request *request =
      vs_s3_request_new (client, &verb_list, NULL, done, user_data);

  add_query (request, "list-type", "2");
  add_query (request, "encoding-type", "url");
  add_query (request, "max-keys", PAGE);
  add_query (request, "prefix", prefix);
  add_query (request, "delimiter", delimiter);
  add_query (request, "continuation-token", token);
  return vs_s3_submit (request);
}

VsS3Call
vs_s3_create_multipart (VsS3Client *client, const gchar *key,
    const VsS3PutOptions *options, VsS3Done done, gpointer user_data)
{
  VsS3Request *request =
      new_of_key (client, &verb_create, key, done, user_data);

  add_query (request, "uploads", "");
  if (request->refused == NULL)
    add_options (request, options);
  if (client->config->checksum == VS_S3_CHECKSUM_CRC32C)
    add_header (request, "x-amz-checksum-algorithm", "CRC32C");
  return vs_s3_submit (request);
}

static VsS3Request *
new_part (VsS3Client *client, const gchar *key, const gchar *upload_id,
    guint number, VsS3Done done, gpointer user_data)
{
  VsS3Request *request = new_of_key (client, &verb_part, key, done, user_data);
  g_autofree gchar *text = g_strdup_printf ("%u", number);

  add_query (request, "partNumber", text);
  add_query (request, "uploadId", upload_id);
  return request;
}

VsS3Call
vs_s3_upload_part (VsS3Client *client, const gchar *key, const gchar *upload_id,
    guint number, GBytes *const *chunks, guint n_chunks, VsS3Done done,
    gpointer user_data)
{
  VsS3Request *request =
      new_part (client, key, upload_id, number, done, user_data);

  vs_s3_request_set_body (request, chunks, n_chunks, client->config->checksum);
  return vs_s3_submit (request);
}

VsS3Call
vs_s3_upload_part_source (VsS3Client *client, const gchar *key,
    const gchar *upload_id, guint number, const VsS3Source *source,
    guint64 size, VsS3Done done, gpointer user_data)
{
  VsS3Request *request =
      new_part (client, key, upload_id, number, done, user_data);

  vs_s3_request_set_source (request, source, size);
  return vs_s3_submit (request);
}

VsS3Call
vs_s3_complete_multipart (VsS3Client *client, const gchar *key,
    const gchar *upload_id, const GPtrArray *parts,
    const VsS3PutOptions *options, VsS3Done done, gpointer user_data)
{
  VsS3Request *request =
      new_of_key (client, &verb_complete, key, done, user_data);

  add_query (request, "uploadId", upload_id);
  for (guint i = 0; i < parts->len; i++)
    request->object_size += ((const VsS3Part *) parts->pdata[i])->size;
  request->n_parts = parts->len;
  if (parts->len == 0 && request->refused == NULL)
    g_set_error (&request->refused, VS_ERROR, VS_ERROR_BAD_VALUE,
        "An upload without parts cannot be completed.");
  if (options != NULL)
    add_conditions (request, options);
  set_xml (request, vs_s3_write_complete (parts));
  return vs_s3_submit (request);
}

VsS3Call
vs_s3_abort_multipart (VsS3Client *client, const gchar *key,
    const gchar *upload_id, VsS3Done done, gpointer user_data)
{
  VsS3Request *request = new_of_key (client, &verb_abort, key, done, user_data);

  add_query (request, "uploadId", upload_id);
  return vs_s3_submit (request);
}

VsS3Call
vs_s3_list_parts (VsS3Client *client, const gchar *key, const gchar *upload_id,
    guint after, VsS3Done done, gpointer user_data)
{
  VsS3Request *request = new_of_key (client, &verb_parts, key, done, user_data);
  g_autofree gchar *marker = after > 0 ? g_strdup_printf ("%u", after) : NULL;

  add_query (request, "uploadId", upload_id);
  add_query (request, "max-parts", PAGE);
  add_query (request, "part-number-marker", marker);
  return vs_s3_submit (request);
}

VsS3Call
vs_s3_list_uploads (VsS3Client *client, const gchar *prefix,
    const gchar *key_marker, const gchar *id_marker, VsS3Done done,
    gpointer user_data)
{
  VsS3Request *request =
      vs_s3_request_new (client, &verb_uploads, NULL, done, user_data);

  /* no encoding-type: radosgw encodes for it and does not say so */
  add_query (request, "uploads", "");
  add_query (request, "max-uploads", PAGE);
  add_query (request, "prefix", prefix);
  add_query (request, "key-marker", key_marker);
  add_query (request, "upload-id-marker", id_marker);
  return vs_s3_submit (request);
}
