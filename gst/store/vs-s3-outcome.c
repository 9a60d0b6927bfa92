/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an attempt has come to. On the client's thread alone.
 *
 * An answer is read … classed … and the request is done, or goes back into the
 * queue: after a pause, with new credentials, with the server's clock, or to
 * another region. Each of the last three helps once, redirects three times;
 * none of them counts as an attempt. */
#include <string.h>

#include <gio/gio.h>

#include "core/vs-retry.h"
#include "store/vs-s3-private.h"

#define PAUSE_LEAST_US (100 * 1000)
#define PAUSE_MOST_US (20 * G_USEC_PER_SEC)
/* An endpoint that has been silent for so long was away, … */
#define SILENCE_US (3 * G_USEC_PER_SEC)
/* … and those who waited for it come back within this. */
#define HASTEN_OVER_US (G_USEC_PER_SEC / 2)
#define REDIRECTS_MAX 3
/* An endpoint that has never answered is perhaps none: say so soon. */
#define ATTEMPTS_UNHEARD 4

typedef struct {
  VsS3Result base; /* its strings are ours */
  gint refs;
  GError *error;
  VsS3Answer *answer;
  GBytes *body;
} OwnedResult;

/* Results ----------------------------------------------------------------- */

VsS3Result *
vs_s3_result_ref (const VsS3Result *result)
{
  OwnedResult *self = (OwnedResult *) result;

  g_atomic_int_inc (&self->refs);
  return &self->base;
}

void
vs_s3_result_unref (VsS3Result *result)
{
  OwnedResult *self = (OwnedResult *) result;

  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_free ((gchar *) self->base.code);
  g_free ((gchar *) self->base.request_id);
  g_free ((gchar *) self->base.etag);
  g_free ((gchar *) self->base.crc32c);
  g_free ((gchar *) self->base.upload_id);
  g_free ((gchar *) self->base.content_type);
  g_clear_error (&self->error);
  vs_s3_answer_free (self->answer);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self);
}

gboolean
vs_s3_result_is_transient (const VsS3Result *result)
{
  return g_error_matches (result->error, VS_ERROR, VS_ERROR_UNAVAILABLE);
}

static OwnedResult *
result_new (VsS3Request *request, GError *error)
{
  OwnedResult *self = g_new0 (OwnedResult, 1);

  self->refs = 1;
  self->error = error;
  self->base.error = error;
  self->base.attempts =
      request->completes > 0 ? request->completes : request->attempt;
  self->base.crc32c =
      g_strdup (vs_pairs_get (request->headers, VS_S3_CRC32C_HEADER));
  return self;
}

static void
set_answer (OwnedResult *self, VsS3Request *request, VsS3Answer *answer)
{
  const VsS3Headers *got = &request->got;
  const gchar *etag = got->etag;
  const gchar *id = got->request_id;

  if (answer != NULL && answer->etag != NULL)
    etag = answer->etag;
  if (answer != NULL && answer->request_id != NULL)
    id = answer->request_id;
  self->answer = answer;
  self->base.answer = answer;
  self->base.code = answer != NULL ? g_strdup (answer->code) : NULL;
  self->base.upload_id = answer != NULL ? g_strdup (answer->upload_id) : NULL;
  self->base.etag = g_strdup (etag);
  self->base.request_id = g_strdup (id);
  self->base.content_type = g_strdup (got->content_type);
  self->base.size = got->whole > 0 ? got->whole : got->length;
  self->base.modified_us = got->modified_us;
  self->base.server_us = got->date_s * G_USEC_PER_SEC;
  if (request->easy != NULL) {
    long status = 0;

    vs_s3_curl.easy_getinfo (request->easy, CURLINFO_RESPONSE_CODE, &status);
    self->base.status = (guint) status;
  }
}

/* Takes both. Nothing of the request is touched after its callback. */
static void
deliver (VsS3Request *request, OwnedResult *result)
{
  VsS3Client *client = request->client;

  if (result->error != NULL) {
    g_mutex_lock (&client->lock);
    client->stats.failures++;
    g_mutex_unlock (&client->lock);
  }
  if (request->done != NULL)
    request->done (&result->base, request->user_data);
  vs_s3_result_unref (&result->base);
  vs_s3_request_free (request);
}

void
vs_s3_fail (VsS3Request *request, GError *error)
{
  deliver (request, result_new (request, error));
}

void
vs_s3_succeed (VsS3Request *request)
{
  deliver (request, result_new (request, NULL));
}

/* Again ------------------------------------------------------------------- */

static gdouble
draw (const VsS3Client *client)
{
  const VsS3Chance *chance = &client->config->chance;

  return chance->jitter != NULL ? chance->jitter (chance->user_data)
                                : g_random_double ();
}

/* FALSE: it has been tried often enough. */
static gboolean
try_later (VsS3Request *request)
{
  VsS3Client *client = request->client;
  VsRetryPolicy policy = { client->config->attempts, PAUSE_LEAST_US,
    PAUSE_MOST_US };
  gint64 pause;

  if (request->is_last)
    return FALSE;
  if (!client->answered)
    policy.attempts = MIN (policy.attempts, ATTEMPTS_UNHEARD);
  if (!vs_retry_next (&policy, request->attempt, request->got.retry_after_us,
          draw (client), &pause))
    return FALSE;
  request->ready_us = g_get_monotonic_time () + pause;
  vs_s3_request_end (request);
  vs_s3_client_queue (client, request);
  return TRUE;
}

static gboolean
try_now (VsS3Request *request)
{
  request->attempt--; /* it was not its fault */
  request->ready_us = 0;
  vs_s3_request_end (request);
  vs_s3_client_queue (request->client, request);
  return TRUE;
}

static gboolean
try_new_credentials (VsS3Request *request)
{
  VsS3Client *client = request->client;

  if (request->renewed ||
      vs_s3_credential_source_get_fixed (client->source) != NULL)
    return FALSE;
  request->renewed = TRUE;
  g_mutex_lock (&client->lock);
  /* unless somebody was faster */
  if (client->credentials == request->signed_with)
    g_clear_pointer (&client->credentials, vs_s3_credentials_unref);
  g_mutex_unlock (&client->lock);
  return try_now (request);
}

static gboolean
try_their_clock (VsS3Request *request)
{
  VsS3Client *client = request->client;

  if (request->reset_clock || request->got.date_s == 0)
    return FALSE;
  request->reset_clock = TRUE;
  g_mutex_lock (&client->lock);
  client->skew_s =
      request->got.date_s - vs_s3_wall_us (client) / G_USEC_PER_SEC;
  g_mutex_unlock (&client->lock);
  return try_now (request);
}

/* The endpoint of a temporary redirect; never from TLS to none. */
static VsS3Endpoint *
parse_location (VsS3Request *request)
{
  const gchar *location = request->got.location;
  g_autoptr (VsS3Endpoint) endpoint = NULL;
  g_autofree gchar *start = NULL;
  const gchar *host;

  host = location != NULL ? strstr (location, "://") : NULL;
  if (host == NULL)
    return NULL;
  start = g_strndup (
      location, (gsize) (host - location) + 3 + strcspn (host + 3, "/?#"));
  endpoint = vs_s3_endpoint_parse (start, "us-east-1", NULL);
  if (endpoint == NULL ||
      (strcmp (endpoint->scheme, "https") == 0) != request->client->tls)
    return NULL;
  return g_steal_pointer (&endpoint);
}

static gboolean
learn_region (VsS3Client *client, const gchar *region)
{
  gboolean is_new;

  if (region == NULL || *region == '\0' || strlen (region) > 64 ||
      strspn (region, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_") !=
          strlen (region))
    return FALSE;
  g_mutex_lock (&client->lock);
  is_new = strcmp (client->region, region) != 0;
  if (is_new) {
    g_free (client->region);
    client->region = g_strdup (region);
  }
  if (is_new && client->config->endpoint == NULL) {
    vs_s3_endpoint_free (client->endpoint);
    client->endpoint = vs_s3_endpoint_parse (NULL, region, NULL);
  }
  g_mutex_unlock (&client->lock);
  return is_new;
}

static gboolean
try_elsewhere (VsS3Request *request, const VsS3Result *result)
{
  const gchar *region = request->got.region;
  VsS3Endpoint *elsewhere;

  if (++request->redirects > REDIRECTS_MAX)
    return FALSE;
  if (region == NULL && result->answer != NULL)
    region = result->answer->region;
  if (learn_region (request->client, region))
    return try_now (request);
  elsewhere = parse_location (request);
  if (elsewhere == NULL)
    return FALSE;
  vs_s3_endpoint_free (request->elsewhere);
  request->elsewhere = elsewhere;
  return try_now (request);
}

static gboolean
try_again (VsS3Request *request, VsS3Class klass, const VsS3Result *result)
{
  switch (klass) {
    case VS_S3_CLASS_RETRY:
      return try_later (request);
    case VS_S3_CLASS_CREDENTIALS:
      return try_new_credentials (request);
    case VS_S3_CLASS_CLOCK:
      return try_their_clock (request);
    case VS_S3_CLASS_REGION:
      return try_elsewhere (request, result);
    case VS_S3_CLASS_OK:
    case VS_S3_CLASS_PERMANENT:
    default:
      return FALSE;
  }
}

/* Without an answer ------------------------------------------------------- */

static gboolean
is_lasting (CURLcode code)
{
  static const CURLcode lasting[] = { CURLE_PEER_FAILED_VERIFICATION,
    CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
    CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_URL_MALFORMAT,
    CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY, CURLE_NOT_BUILT_IN,
    CURLE_COULDNT_RESOLVE_PROXY };

  for (guint i = 0; i < G_N_ELEMENTS (lasting); i++)
    if (lasting[i] == code)
      return TRUE;
  return FALSE;
}

static const gchar *
advise (CURLcode code)
{
  switch ((gint) code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return " Look at the name of the endpoint and at the network.";
    case CURLE_COULDNT_CONNECT:
      return " Look at the endpoint's address and port.";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return " The certificate is not trusted; name the authority's file with "
             "ca-file.";
    default:
      return "";
  }
}

static void
end_without_answer (VsS3Request *request, CURLcode code)
{
  const VsS3Client *client = request->client;
  g_autofree gchar *uri = vs_s3_uri_format (
      client->config->bucket, request->key != NULL ? request->key : "");
  const gchar *why = *request->trouble != '\0'
                         ? request->trouble
                         : vs_s3_curl.easy_strerror (code);
  VsError kind = VS_ERROR_UNAVAILABLE;

  if (request->unread != NULL) {
    vs_s3_fail (request, g_steal_pointer (&request->unread));
    return;
  }
  if (request->too_long) {
    vs_s3_fail (request, g_error_new (VS_ERROR, VS_ERROR_BAD_DATA,
                             "Could not %s “%s”: the answer is longer than "
                             "the %" G_GSIZE_FORMAT " bytes expected.",
                             request->verb->what, uri, request->max_answer));
    return;
  }
  request->unheard = TRUE;
  if (!is_lasting (code) && try_later (request))
    return;
  if (code == CURLE_PEER_FAILED_VERIFICATION)
    kind = VS_ERROR_NOT_PERMITTED;
  else if (is_lasting (code))
    kind = VS_ERROR_BAD_VALUE;
  vs_s3_fail (
      request, g_error_new (VS_ERROR, (gint) kind,
                   "Could not %s “%s” at %s://%s: %s (tried %u time%s).%s",
                   request->verb->what, uri, client->endpoint->scheme,
                   client->endpoint->host, why, request->attempt,
                   request->attempt == 1 ? "" : "s", advise (code)));
}

/* After a Complete -------------------------------------------------------- */

/* Looks whether the object is there: the first answer was lost, or had no
 * ETag. */
static void
check_object (VsS3Request *request, GError *doubt)
{
  request->completes = request->attempt;
  request->doubt = doubt;
  request->verb = &vs_s3_verb_check;
  g_ptr_array_set_size (request->query, 0);
  g_ptr_array_set_size (request->headers, 0);
  for (guint i = 0; i < request->n_chunks; i++)
    g_bytes_unref (request->chunks[i]);
  request->n_chunks = 0;
  request->body_size = 0;
  g_free (request->payload);
  request->payload = g_strdup (VS_SIGV4_EMPTY_SHA256);
  request->attempt = 0;
  request->ready_us = 0;
  vs_s3_request_end (request);
  vs_s3_client_queue (request->client, request);
}

/* An ETag of a multipart object ends in the number of its parts. */
static gboolean
is_what_was_completed (const VsS3Request *request, const VsS3Result *result)
{
  g_autofree gchar *end = g_strdup_printf ("-%u", request->n_parts);

  return result->size == request->object_size && result->etag != NULL &&
         g_str_has_suffix (result->etag, end);
}

/* The HEAD is over: @result says what it found. TRUE: delivered. */
static void
end_check (VsS3Request *request, OwnedResult *result)
{
  gboolean there = result->error == NULL;
  GError *doubt = g_steal_pointer (&request->doubt);

  if (doubt != NULL &&
      !(there && is_what_was_completed (request, &result->base))) {
    vs_s3_result_unref (&result->base);
    deliver (request, result_new (request, doubt));
    return;
  }
  /* Completed, and without an ETag; that the HEAD failed changes nothing. */
  g_clear_error (&doubt);
  g_clear_error (&result->error);
  result->base.error = NULL;
  deliver (request, result);
}

/* With an answer ---------------------------------------------------------- */

/* XML where there is or should be some; NULL where there is none. */
static VsS3Answer *
read_answer (VsS3Request *request, guint status, GError **error)
{
  const GByteArray *bytes = request->answer;
  gboolean good = status >= 200 && status < 300;

  if (bytes == NULL || bytes->len == 0 || (good && !request->verb->xml))
    return NULL;
  return vs_s3_answer_parse ((const gchar *) bytes->data, bytes->len, error);
}

/* Is what calls itself good an answer of S3 at all? */
static gboolean
is_whole (const VsS3Request *request, const OwnedResult *result)
{
  if (request->verb->xml && result->answer == NULL)
    return FALSE;
  return !request->verb->etag || result->base.etag != NULL;
}

static void
set_error (VsS3Request *request, OwnedResult *result)
{
  const VsS3Answer *answer = result->answer;

  vs_s3_set_error (&result->error, request->verb->what,
      request->client->config->bucket, request->key, result->base.status,
      result->base.code, answer != NULL ? answer->message : NULL,
      result->base.request_id);
  result->base.error = result->error;
}

static void
set_faults (VsS3Request *request, OwnedResult *result)
{
  const VsS3DeleteFault *fault = result->answer->faults->pdata[0];

  vs_s3_set_error (&result->error, request->verb->what,
      request->client->config->bucket, fault->key, result->base.status,
      fault->code, fault->message, result->base.request_id);
  result->base.error = result->error;
}

static void
end_well (VsS3Request *request, OwnedResult *result)
{
  if (result->answer != NULL && result->answer->faults->len > 0)
    set_faults (request, result);
  if (request->n_parts > 0 && !request->verb->check &&
      (result->base.etag == NULL || *result->base.etag == '\0')) {
    vs_s3_result_unref (&result->base);
    check_object (request, NULL);
    return;
  }
  if (request->verb->check) {
    end_check (request, result);
    return;
  }
  if (!request->verb->xml && strcmp (request->verb->method, "GET") == 0) {
    result->body =
        request->answer != NULL
            ? g_byte_array_free_to_bytes (g_steal_pointer (&request->answer))
            : g_bytes_new (NULL, 0);
    result->base.body = result->body;
  }
  deliver (request, result);
}

static void
end_badly (VsS3Request *request, OwnedResult *result)
{
  if (request->verb->gone_is_good && result->base.status == 404 &&
      g_strcmp0 (result->base.code, "NoSuchBucket") != 0) {
    deliver (request, result);
    return;
  }
  set_error (request, result);
  if (request->verb->check) {
    end_check (request, result);
  } else if (request->n_parts > 0 && request->attempt > 1 &&
             g_strcmp0 (result->base.code, "NoSuchUpload") == 0) {
    GError *doubt = g_steal_pointer (&result->error);

    vs_s3_result_unref (&result->base);
    check_object (request, doubt);
  } else {
    deliver (request, result);
  }
}

static void
count (VsS3Request *request)
{
  VsS3Client *client = request->client;
  curl_off_t sent = 0, received = 0;
  long connections = 0;

  vs_s3_curl.easy_getinfo (request->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  vs_s3_curl.easy_getinfo (request->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
  vs_s3_curl.easy_getinfo (request->easy, CURLINFO_NUM_CONNECTS, &connections);
  g_mutex_lock (&client->lock);
  client->stats.sent += (guint64) sent;
  client->stats.received += (guint64) received;
  client->stats.connections += (guint64) connections;
  g_mutex_unlock (&client->lock);
}

void
vs_s3_hasten (VsS3Client *client)
{
  gint64 now = g_get_monotonic_time ();

  for (GList *link = client->delayed.head; link != NULL; link = link->next) {
    VsS3Request *request = link->data;
    gint64 soon = now + (gint64) (draw (client) * HASTEN_OVER_US);

    if (request->unheard)
      request->ready_us = MIN (request->ready_us, soon);
  }
}

/* It has answered well. After a silence, pauses have grown long for those who
 * heard nothing: they need not wait any more, but do not come all at once. */
static void
end_silence (VsS3Client *client)
{
  gint64 now = g_get_monotonic_time ();
  gboolean was_silent = now - client->heard_us > SILENCE_US;

  client->heard_us = now;
  if (!was_silent)
    return;
  vs_s3_hasten (client);
  vs_s3_client_rouse_other (client);
}

void
vs_s3_outcome (VsS3Request *request, CURLcode code)
{
  g_autoptr (GError) unreadable = NULL;
  OwnedResult *result;
  VsS3Class klass;
  long status = 0;

  count (request);
  vs_s3_curl.easy_getinfo (request->easy, CURLINFO_RESPONSE_CODE, &status);
  /* an early error ends the sending of the body: the answer counts */
  if (code != CURLE_OK && !(code == CURLE_SEND_ERROR && status >= 400)) {
    end_without_answer (request, code);
    return;
  }
  request->client->answered = TRUE;
  request->unheard = FALSE;
  result = result_new (request, NULL);
  set_answer (
      result, request, read_answer (request, (guint) status, &unreadable));
  klass = vs_s3_classify ((guint) status, result->base.code);
  if (klass == VS_S3_CLASS_OK && !is_whole (request, result))
    klass = VS_S3_CLASS_RETRY;
  if (klass == VS_S3_CLASS_OK) {
    end_silence (request->client);
    end_well (request, result);
  } else if (try_again (request, klass, &result->base)) {
    vs_s3_result_unref (&result->base);
  } else {
    end_badly (request, result);
  }
}
