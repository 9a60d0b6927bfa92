/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One attempt of a request: addressed, signed for now, put into curl's hands,
 * its answer collected. */
#include "store/vs-s3-private.h"

#include <string.h>

#include <openssl/evp.h>

#include "core/vs-crc32c.h"
#include "core/vs-retry.h"

/* curl sends, and waits, once a buffer: with large ones the receiver is woken
 * less often. But it makes one anew for every request, and larger ones gain
 * nothing more (docs/performance.md). */
#define UPLOAD_BUFFER_MOST (512 * 1024)
#define UPLOAD_BUFFER_LEAST (64 * 1024)
#define DOWNLOAD_BUFFER (256 * 1024L)
#define FIRST_ROOM (64 * 1024) /* of an answer whose length is not said */

/* Life -------------------------------------------------------------------- */

VsS3Request *
vs_s3_request_new (VsS3Client *client, const VsS3Verb *verb, const gchar *key,
    VsS3Done done, gpointer user_data)
{
  VsS3Request *request = g_new0 (VsS3Request, 1);

  request->client = client;
  request->verb = verb;
  request->key = g_strdup (key);
  request->query = vs_pairs_new ();
  request->headers = vs_pairs_new ();
  request->done = done;
  request->user_data = user_data;
  request->payload = g_strdup (VS_SIGV4_EMPTY_SHA256);
  request->max_answer = VS_S3_ANSWER_SIZE_MAX;
  return request;
}

void
vs_s3_headers_clear (VsS3Headers *headers)
{
  g_free (headers->etag);
  g_free (headers->request_id);
  g_free (headers->content_type);
  g_free (headers->region);
  g_free (headers->location);
  *headers = (VsS3Headers){ 0 };
}

void
vs_s3_request_end (VsS3Request *request)
{
  g_clear_pointer (&request->easy, vs_s3_curl.easy_cleanup);
  g_clear_pointer (&request->lines, vs_s3_curl.slist_free_all);
  g_clear_pointer (&request->answer, g_byte_array_unref);
  g_clear_pointer (&request->signed_with, vs_s3_credentials_unref);
  vs_s3_headers_clear (&request->got);
}

void
vs_s3_request_free (VsS3Request *request)
{
  vs_s3_request_end (request);
  for (guint i = 0; i < request->n_chunks; i++)
    g_bytes_unref (request->chunks[i]);
  g_free (request->chunks);
  g_free (request->key);
  g_free (request->payload);
  g_ptr_array_unref (request->query);
  g_ptr_array_unref (request->headers);
  g_clear_error (&request->refused);
  g_clear_error (&request->doubt);
  g_clear_error (&request->unread);
  vs_s3_endpoint_free (request->elsewhere);
  g_free (request);
}

/* The body ---------------------------------------------------------------- */

/* With OpenSSL: five times as fast as GChecksum. */
static guint
digest_chunks (
    const EVP_MD *kind, GBytes *const *chunks, guint n_chunks, guint8 *out)
{
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  guint size = 0;

  EVP_DigestInit_ex (context, kind, NULL);
  for (guint i = 0; i < n_chunks; i++) {
    gsize length;
    gconstpointer data = g_bytes_get_data (chunks[i], &length);

    EVP_DigestUpdate (context, data, length);
  }
  EVP_DigestFinal_ex (context, out, &size);
  EVP_MD_CTX_free (context);
  return size;
}

static gchar *
dup_sha256 (GBytes *const *chunks, guint n_chunks)
{
  guint8 digest[EVP_MAX_MD_SIZE];
  guint size = digest_chunks (EVP_sha256 (), chunks, n_chunks, digest);
  GString *out = g_string_sized_new (2 * size);

  for (guint i = 0; i < size; i++)
    g_string_append_printf (out, "%02x", digest[i]);
  return g_string_free (out, FALSE);
}

static void
add_md5 (VsS3Request *request)
{
  guint8 digest[EVP_MAX_MD_SIZE];
  guint size =
      digest_chunks (EVP_md5 (), request->chunks, request->n_chunks, digest);
  g_autofree gchar *text = g_base64_encode (digest, size);

  vs_pairs_add (request->headers, "content-md5", text);
}

static void
add_crc32c (VsS3Request *request)
{
  g_autofree gchar *text = NULL;
  guint32 crc = 0;

  for (guint i = 0; i < request->n_chunks; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (request->chunks[i], &size);

    crc = vs_crc32c (crc, data, size);
  }
  text = vs_crc32c_dup_base64 (crc);
  vs_pairs_add (request->headers, VS_S3_CRC32C_HEADER, text);
}

void
vs_s3_request_set_body (VsS3Request *request, GBytes *const *chunks,
    guint n_chunks, VsS3Checksum checksum)
{
  request->chunks = g_new (GBytes *, n_chunks);
  request->n_chunks = n_chunks;
  for (guint i = 0; i < n_chunks; i++) {
    request->chunks[i] = g_bytes_ref (chunks[i]);
    request->body_size += g_bytes_get_size (chunks[i]);
  }
  if (checksum == VS_S3_CHECKSUM_AUTO)
    checksum =
        request->client->tls ? VS_S3_CHECKSUM_NONE : VS_S3_CHECKSUM_SHA256;
  if (checksum == VS_S3_CHECKSUM_MD5)
    add_md5 (request);
  else if (checksum == VS_S3_CHECKSUM_CRC32C)
    add_crc32c (request);
  g_free (request->payload);
  request->payload = checksum == VS_S3_CHECKSUM_SHA256
                         ? dup_sha256 (chunks, n_chunks)
                         : g_strdup (VS_SIGV4_UNSIGNED);
}

void
vs_s3_request_set_source (
    VsS3Request *request, const VsS3Source *source, guint64 size)
{
  request->source = *source;
  request->body_size = size;
  g_free (request->payload);
  request->payload = g_strdup (VS_SIGV4_UNSIGNED);
}

/* Straight into curl's buffer. */
static size_t
on_read_source (char *buffer, size_t size, size_t n, void *data)
{
  VsS3Request *request = data;
  guint64 left = request->body_size - request->taken;
  gsize room = (gsize) MIN (left, size * n);
  gssize got;

  if (room == 0)
    return 0;
  got = request->source.read (request->source.user_data, request->taken,
      (guint8 *) buffer, room, &request->unread);
  if (got <= 0)
    return got == 0 ? CURL_READFUNC_PAUSE : CURL_READFUNC_ABORT;
  request->taken += (guint64) got;
  return (size_t) got;
}

/* What is to be sent next. */
static size_t
on_read (char *buffer, size_t size, size_t n, void *data)
{
  VsS3Request *request = data;
  gsize room = size * n, done = 0;

  while (room > 0 && request->chunk < request->n_chunks) {
    gsize length;
    const guint8 *bytes =
        g_bytes_get_data (request->chunks[request->chunk], &length);
    gsize part = MIN (room, length - request->offset);

    if (part > 0)
      memcpy (buffer + done, bytes + request->offset, part);
    done += part;
    room -= part;
    request->offset += part;
    if (request->offset == length) {
      request->chunk++;
      request->offset = 0;
    }
  }
  return done;
}

/* A connection that was kept open may prove dead: curl begins anew. */
static int
on_seek (void *data, curl_off_t offset, int origin)
{
  VsS3Request *request = data;

  if (origin != SEEK_SET || offset != 0)
    return CURL_SEEKFUNC_CANTSEEK;
  request->chunk = 0;
  request->offset = 0;
  request->taken = 0;
  return CURL_SEEKFUNC_OK;
}

/* The answer -------------------------------------------------------------- */

/* An error's answer may be longer than the object that was asked for. */
static gsize
get_most (const VsS3Request *request)
{
  long status = 0;

  vs_s3_curl.easy_getinfo (request->easy, CURLINFO_RESPONSE_CODE, &status);
  return status >= 300 ? VS_S3_ANSWER_SIZE_MAX : request->max_answer;
}

static size_t
on_write (char *bytes, size_t size, size_t n, void *data)
{
  VsS3Request *request = data;
  gsize length = size * n;

  if (request->answer == NULL) {
    request->room = get_most (request);
    request->answer = g_byte_array_sized_new (
        (guint) MIN (MAX (request->got.length, FIRST_ROOM), request->room));
  }
  if (length > request->room) {
    request->too_long = TRUE;
    return 0;
  }
  request->room -= length;
  g_byte_array_append (request->answer, (const guint8 *) bytes, (guint) length);
  return length;
}

static void
take_text (gchar **field, const gchar *value)
{
  g_free (*field);
  *field = g_strdup (value);
}

static void
take_etag (gchar **field, gchar *value)
{
  gsize length = strlen (value);

  if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
    value[length - 1] = '\0';
    value++;
  }
  take_text (field, value);
}

static guint64
to_number (const gchar *text)
{
  guint64 number = 0;

  (void) g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &number, NULL);
  return number;
}

static gint64
to_time (const gchar *text)
{
  time_t time = vs_s3_curl.getdate (text, NULL);

  return time > 0 ? (gint64) time : 0;
}

static void
take_header (VsS3Headers *got, const gchar *name, gchar *value)
{
  const gchar *slash;

  if (strcmp (name, "etag") == 0)
    take_etag (&got->etag, value);
  else if (strcmp (name, "x-amz-request-id") == 0)
    take_text (&got->request_id, value);
  else if (strcmp (name, "content-type") == 0)
    take_text (&got->content_type, value);
  else if (strcmp (name, "x-amz-bucket-region") == 0)
    take_text (&got->region, value);
  else if (strcmp (name, "location") == 0)
    take_text (&got->location, value);
  else if (strcmp (name, "content-length") == 0)
    got->length = to_number (value);
  else if (strcmp (name, "last-modified") == 0)
    got->modified_us = to_time (value) * G_USEC_PER_SEC;
  else if (strcmp (name, "date") == 0)
    got->date_s = to_time (value);
  else if (strcmp (name, "retry-after") == 0)
    got->retry_after_us = MAX (0, vs_retry_parse_after (value));
  else if (strcmp (name, "content-range") == 0) {
    slash = strchr (value, '/');
    got->whole = slash != NULL ? to_number (slash + 1) : 0;
  }
}

static size_t
on_header (char *bytes, size_t size, size_t n, void *data)
{
  VsS3Request *request = data;
  g_autofree gchar *line = g_strndup (bytes, size * n);
  gchar *colon = strchr (line, ':');

  if (g_str_has_prefix (line, "HTTP/")) { /* after a 100 it begins anew */
    vs_s3_headers_clear (&request->got);
  } else if (colon != NULL) {
    g_autofree gchar *name = g_ascii_strdown (line, colon - line);
    gchar *value = g_strstrip (colon + 1);

    take_header (&request->got, name, value);
  }
  return size * n;
}

/* Address and signature --------------------------------------------------- */

typedef struct {
  gchar *host, *path, *query, *region;
  gint64 time_s;
} Place;

static void
place_clear (Place *place)
{
  g_free (place->host);
  g_free (place->path);
  g_free (place->query);
  g_free (place->region);
}

static void
find_place (VsS3Request *request, Place *place)
{
  VsS3Client *client = request->client;

  g_mutex_lock (&client->lock);
  vs_s3_endpoint_locate (
      request->elsewhere != NULL ? request->elsewhere : client->endpoint,
      request->elsewhere != NULL ? VS_S3_ADDRESSING_PATH
                                 : client->config->addressing,
      client->config->bucket, request->key, &place->host, &place->path);
  place->region = g_strdup (client->region);
  place->time_s = vs_s3_wall_us (client) / G_USEC_PER_SEC + client->skew_s;
  g_mutex_unlock (&client->lock);
  place->query = vs_sigv4_dup_query (request->query);
}

static void
add_line (VsS3Request *request, const gchar *name, const gchar *value)
{
  /* curl: "name;" is a header without a value, "name:" would remove it */
  g_autofree gchar *line = *value != '\0'
                               ? g_strconcat (name, ": ", value, NULL)
                               : g_strconcat (name, ";", NULL);

  request->lines = vs_s3_curl.slist_append (request->lines, line);
}

/* All headers of the attempt, and what of them is signed. */
static void
sign (VsS3Request *request, const Place *place)
{
  const VsS3Credentials *credentials = request->signed_with;
  g_autoptr (GPtrArray) headers = vs_pairs_new ();
  g_autofree gchar *date = vs_sigv4_dup_date (place->time_s);
  g_autofree gchar *authorization = NULL;
  VsSigv4Identity identity = { 0 };
  VsSigv4Request form = { request->verb->method, place->path, request->query,
    headers, request->payload };

  for (guint i = 0; i < request->headers->len; i++) {
    const VsPair *pair = request->headers->pdata[i];

    vs_pairs_add (headers, pair->name, pair->value);
  }
  if (credentials != NULL) {
    vs_pairs_add (headers, "x-amz-date", date);
    vs_pairs_add (headers, "x-amz-content-sha256", request->payload);
    if (credentials->session_token != NULL)
      vs_pairs_add (
          headers, "x-amz-security-token", credentials->session_token);
  }
  for (guint i = 0; i < headers->len; i++) {
    const VsPair *pair = headers->pdata[i];

    add_line (request, pair->name, pair->value);
  }
  request->lines = vs_s3_curl.slist_append (request->lines, "Expect:");
  if (vs_pairs_get (headers, "content-type") == NULL)
    request->lines = vs_s3_curl.slist_append (request->lines, "Content-Type:");
  if (credentials == NULL)
    return;
  vs_pairs_add (headers, "host", place->host);
  identity =
      (VsSigv4Identity){ credentials->access_key, credentials->secret_key,
        credentials->session_token, place->region, "s3", place->time_s };
  authorization = vs_sigv4_authorize (&identity, &form);
  add_line (request, "Authorization", authorization);
}

gchar *
vs_s3_presign_with (VsS3Client *client, const VsS3Credentials *credentials,
    const gchar *method, const gchar *key, guint seconds)
{
  static const VsS3Verb verb = { "GET", "presign" };
  VsS3Request *request = vs_s3_request_new (client, &verb, key, NULL, NULL);
  g_autoptr (GPtrArray) headers = vs_pairs_new ();
  g_autofree gchar *query = NULL;
  Place place = { 0 };
  VsSigv4Identity identity;
  VsSigv4Request form;
  gchar *url;

  find_place (request, &place);
  vs_pairs_add (headers, "host", place.host);
  if (credentials != NULL) {
    identity =
        (VsSigv4Identity){ credentials->access_key, credentials->secret_key,
          credentials->session_token, place.region, "s3", place.time_s };
    form = (VsSigv4Request){ method, place.path, NULL, headers,
      VS_SIGV4_UNSIGNED };
    query = vs_sigv4_presign (&identity, &form, seconds);
  }
  url = g_strconcat (client->tls ? "https://" : "http://", place.host,
      place.path, query != NULL ? "?" : NULL, query, NULL);
  place_clear (&place);
  vs_s3_request_free (request);
  return url;
}

/* Curl -------------------------------------------------------------------- */

static void
set_method (VsS3Request *request)
{
  const gchar *method = request->verb->method;
  CURL *easy = request->easy;

  if (strcmp (method, "HEAD") == 0) {
    vs_s3_curl.easy_setopt (easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (strcmp (method, "PUT") == 0 || strcmp (method, "POST") == 0) {
    vs_s3_curl.easy_setopt (easy, CURLOPT_UPLOAD, 1L);
    vs_s3_curl.easy_setopt (
        easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t) request->body_size);
    vs_s3_curl.easy_setopt (easy, CURLOPT_READFUNCTION,
        request->source.read != NULL ? on_read_source : on_read);
    vs_s3_curl.easy_setopt (easy, CURLOPT_READDATA, request);
    vs_s3_curl.easy_setopt (easy, CURLOPT_SEEKFUNCTION, on_seek);
    vs_s3_curl.easy_setopt (easy, CURLOPT_SEEKDATA, request);
    vs_s3_curl.easy_setopt (easy, CURLOPT_UPLOAD_BUFFERSIZE,
        (long) CLAMP (
            request->body_size, UPLOAD_BUFFER_LEAST, UPLOAD_BUFFER_MOST));
  }
  vs_s3_curl.easy_setopt (easy, CURLOPT_CUSTOMREQUEST, method);
}

static void
set_limits (VsS3Request *request)
{
  const VsS3Config *config = request->client->config;
  CURL *easy = request->easy;
  guint64 size = request->body_size;
  guint64 total = config->request_ms;

  if (strcmp (request->verb->method, "GET") == 0)
    size += request->max_answer;
  total += size * 1000 / config->min_rate;
  if (request->verb->slow)
    total *= 5;
  vs_s3_curl.easy_setopt (
      easy, CURLOPT_CONNECTTIMEOUT_MS, (long) config->connect_ms);
  vs_s3_curl.easy_setopt (
      easy, CURLOPT_TIMEOUT_MS, (long) MIN (total, (guint64) G_MAXINT));
  if (request->verb->slow)
    return;
  vs_s3_curl.easy_setopt (
      easy, CURLOPT_LOW_SPEED_LIMIT, (long) config->min_rate);
  vs_s3_curl.easy_setopt (
      easy, CURLOPT_LOW_SPEED_TIME, (long) ((config->stall_ms + 999) / 1000));
}

static void
set_transport (VsS3Request *request)
{
  const VsS3Config *config = request->client->config;
  CURL *easy = request->easy;

  vs_s3_curl.easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
  /* a cancel does not wait for a name server that does not answer */
  vs_s3_curl.easy_setopt (easy, CURLOPT_QUICK_EXIT, 1L);
  vs_s3_curl.easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "http,https");
  vs_s3_curl.easy_setopt (easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
  vs_s3_curl.easy_setopt (easy, CURLOPT_PATH_AS_IS, 1L);
  vs_s3_curl.easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 0L);
  vs_s3_curl.easy_setopt (easy, CURLOPT_TCP_NODELAY, 1L);
  vs_s3_curl.easy_setopt (easy, CURLOPT_TCP_KEEPALIVE, 1L);
  vs_s3_curl.easy_setopt (easy, CURLOPT_BUFFERSIZE, DOWNLOAD_BUFFER);
  vs_s3_curl.easy_setopt (easy, CURLOPT_USERAGENT, "vstream");
  if (config->ca_file != NULL)
    vs_s3_curl.easy_setopt (easy, CURLOPT_CAINFO, config->ca_file);
  vs_s3_curl.easy_setopt (
      easy, CURLOPT_SSL_VERIFYPEER, config->insecure ? 0L : 1L);
  vs_s3_curl.easy_setopt (
      easy, CURLOPT_SSL_VERIFYHOST, config->insecure ? 0L : 2L);
}

gboolean
vs_s3_request_begin (VsS3Request *request, GError **error)
{
  g_autofree gchar *url = NULL;
  Place place = { 0 };

  request->easy = vs_s3_curl.easy_init ();
  if (request->easy == NULL) {
    g_set_error (error, VS_ERROR, VS_ERROR_INTERNAL,
        "libcurl gave no handle; is memory used up?");
    return FALSE;
  }
  request->chunk = 0;
  request->offset = 0;
  request->taken = 0;
  request->too_long = FALSE;
  request->trouble[0] = '\0';
  find_place (request, &place);
  sign (request, &place);
  url = g_strconcat (request->client->tls ? "https://" : "http://", place.host,
      place.path, *place.query != '\0' ? "?" : NULL, place.query, NULL);
  place_clear (&place);
  vs_s3_curl.easy_setopt (request->easy, CURLOPT_URL, url);
  vs_s3_curl.easy_setopt (request->easy, CURLOPT_PRIVATE, request);
  vs_s3_curl.easy_setopt (request->easy, CURLOPT_HTTPHEADER, request->lines);
  vs_s3_curl.easy_setopt (request->easy, CURLOPT_ERRORBUFFER, request->trouble);
  vs_s3_curl.easy_setopt (request->easy, CURLOPT_WRITEFUNCTION, on_write);
  vs_s3_curl.easy_setopt (request->easy, CURLOPT_WRITEDATA, request);
  vs_s3_curl.easy_setopt (request->easy, CURLOPT_HEADERFUNCTION, on_header);
  vs_s3_curl.easy_setopt (request->easy, CURLOPT_HEADERDATA, request);
  set_transport (request);
  set_method (request);
  set_limits (request);
  return TRUE;
}
