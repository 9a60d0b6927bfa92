/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The client's thread: takes what was submitted, gives it credentials and
 * room, hands it to curl, and waits in vs_s3_curl.multi_poll () until something
 * moves, a pause is over, or somebody wakes it. */
#include <string.h>

#include <gio/gio.h>

#include "store/vs-s3-private.h"

/* More would not make a link faster; what waits here does not time out. */
#define ACTIVE_MAX 64
#define WAIT_MOST_MS 60000
/* Credentials are renewed so long before they expire, and are no more used
 * for new requests so shortly before. */
#define RENEW_BEFORE_US (5 * 60 * G_USEC_PER_SEC)
#define UNUSABLE_BEFORE_US (10 * G_USEC_PER_SEC)
/* A failed early renewal is tried again so much later. */
#define RENEW_AGAIN_US (30 * G_USEC_PER_SEC)

typedef struct {
  VsS3Call call;
  gboolean retries_only;
} Cancel;

const VsS3Verb vs_s3_verb_credentials = { NULL, "sign for" };

gint64
vs_s3_wall_us (const VsS3Client *client)
{
  const VsS3Chance *chance = &client->config->chance;

  return chance->wall_us != NULL ? chance->wall_us (chance->user_data)
                                 : g_get_real_time ();
}

/* Any thread -------------------------------------------------------------- */

VsS3Call
vs_s3_submit (VsS3Request *request)
{
  VsS3Client *client = request->client;
  VsS3Call id;

  g_mutex_lock (&client->lock);
  id = ++client->last_id;
  request->id = id;
  g_queue_push_tail (&client->incoming, request);
  g_mutex_unlock (&client->lock);
  vs_s3_curl.multi_wakeup (client->multi);
  return id;
}

/* Of all clients there have been. */
static struct {
  GMutex lock;
  guint64 requests, retries;
} totals;

static void
ask_cancel (VsS3Client *client, VsS3Call call, gboolean retries_only)
{
  const Cancel cancel = { call, retries_only };

  if (call == 0)
    return;
  g_mutex_lock (&client->lock);
  g_array_append_val (client->cancels, cancel);
  g_mutex_unlock (&client->lock);
  vs_s3_curl.multi_wakeup (client->multi);
}

void
vs_s3_cancel (VsS3Client *client, VsS3Call call)
{
  ask_cancel (client, call, FALSE);
}

void
vs_s3_cancel_retries (VsS3Client *client, VsS3Call call)
{
  ask_cancel (client, call, TRUE);
}

const VsS3Config *
vs_s3_client_get_config (VsS3Client *client)
{
  return client->config;
}

gboolean
vs_s3_client_sends_unchecked (VsS3Client *client)
{
  VsS3Checksum checksum = client->config->checksum;

  return checksum == VS_S3_CHECKSUM_NONE ||
         (checksum == VS_S3_CHECKSUM_AUTO && client->tls);
}

void
vs_s3_get_totals (guint64 *requests, guint64 *retries)
{
  g_mutex_lock (&totals.lock);
  *requests = totals.requests;
  *retries = totals.retries;
  g_mutex_unlock (&totals.lock);
}

/* Credentials ------------------------------------------------------------- */

static gpointer
renewal_main (gpointer data)
{
  VsS3Client *client = data;
  g_autoptr (GError) error = NULL;
  VsS3Credentials *credentials =
      vs_s3_credential_source_load (client->source, &error);

  g_mutex_lock (&client->lock);
  client->renewed = credentials;
  client->renewal_error = g_steal_pointer (&error);
  client->renewal_over = TRUE;
  g_mutex_unlock (&client->lock);
  vs_s3_curl.multi_wakeup (client->multi);
  return NULL;
}

void
vs_s3_client_renew (VsS3Client *client)
{
  if (client->renewal == NULL)
    client->renewal = g_thread_new ("vs-s3-keys", renewal_main, client);
}

/* Requests that waited get what they waited for, or its error. */
static void
end_renewal (VsS3Client *client)
{
  g_autoptr (GError) error = NULL;
  gboolean over;

  g_mutex_lock (&client->lock);
  over = client->renewal_over;
  if (over) {
    client->renewal_over = FALSE;
    error = g_steal_pointer (&client->renewal_error);
    if (client->renewed != NULL) {
      g_clear_pointer (&client->credentials, vs_s3_credentials_unref);
      client->credentials = g_steal_pointer (&client->renewed);
      client->stats.renewals++;
    }
  }
  g_mutex_unlock (&client->lock);
  if (!over)
    return;
  g_thread_join (g_steal_pointer (&client->renewal));
  client->renew_after_us = g_get_monotonic_time () + RENEW_AGAIN_US;
  while (!g_queue_is_empty (&client->unsigned_yet)) {
    VsS3Request *request = g_queue_pop_head (&client->unsigned_yet);

    if (error == NULL)
      g_queue_push_tail (&client->ready, request);
    else
      vs_s3_fail (request, g_error_copy (error));
  }
}

/* FALSE: the request waits for credentials. */
static gboolean
give_credentials (VsS3Client *client, VsS3Request *request)
{
  gint64 now = vs_s3_wall_us (client);
  gboolean usable, fresh;

  if (client->config->anonymous)
    return TRUE;
  g_mutex_lock (&client->lock);
  usable =
      vs_s3_credentials_last (client->credentials, now, UNUSABLE_BEFORE_US);
  fresh = vs_s3_credentials_last (client->credentials, now, RENEW_BEFORE_US);
  if (usable)
    request->signed_with = vs_s3_credentials_ref (client->credentials);
  g_mutex_unlock (&client->lock);
  if (!usable || (!fresh && g_get_monotonic_time () >= client->renew_after_us))
    vs_s3_client_renew (client);
  return usable;
}

/* The queues -------------------------------------------------------------- */

void
vs_s3_client_queue (VsS3Client *client, VsS3Request *request)
{
  g_queue_push_tail (
      request->ready_us > 0 ? &client->delayed : &client->ready, request);
}

static void
start (VsS3Client *client, VsS3Request *request)
{
  g_autoptr (GError) error = NULL;

  if (!give_credentials (client, request)) {
    g_queue_push_tail (&client->unsigned_yet, request);
    return;
  }
  if (request->verb->method == NULL) {
    vs_s3_succeed (request);
    return;
  }
  request->attempt++;
  if (!vs_s3_request_begin (request, &error)) {
    vs_s3_fail (request, g_steal_pointer (&error));
    return;
  }
  g_mutex_lock (&client->lock);
  client->stats.requests++;
  client->stats.retries += request->attempt > 1;
  g_mutex_unlock (&client->lock);
  g_mutex_lock (&totals.lock);
  totals.requests++;
  totals.retries += request->attempt > 1;
  g_mutex_unlock (&totals.lock);
  g_hash_table_add (client->active, request);
  vs_s3_curl.multi_add_handle (client->multi, request->easy);
}

static void
start_ready (VsS3Client *client)
{
  while (!g_queue_is_empty (&client->ready) &&
         g_hash_table_size (client->active) < ACTIVE_MAX)
    start (client, g_queue_pop_head (&client->ready));
}

static GError *
new_cancelled (void)
{
  return g_error_new (
      G_IO_ERROR, G_IO_ERROR_CANCELLED, "The request was cancelled.");
}

/* What was submitted goes in; what was found wrong before comes out. TRUE:
 * there was something. Cancels are taken in the same moment, so that none is
 * looked for before the request that it is for. */
static gboolean
take_incoming (VsS3Client *client, gboolean *quit)
{
  GQueue taken;
  gboolean roused;

  g_mutex_lock (&client->lock);
  roused = client->roused;
  client->roused = FALSE;
  taken = client->incoming;
  g_queue_init (&client->incoming);
  g_array_append_vals (
      client->due_cancels, client->cancels->data, client->cancels->len);
  g_array_set_size (client->cancels, 0);
  *quit = client->quit;
  g_mutex_unlock (&client->lock);
  if (roused)
    vs_s3_hasten (client);
  if (g_queue_is_empty (&taken))
    return FALSE;
  while (!g_queue_is_empty (&taken)) {
    VsS3Request *request = g_queue_pop_head (&taken);

    if (request->refused != NULL)
      vs_s3_fail (request, g_steal_pointer (&request->refused));
    else if (*quit)
      vs_s3_fail (request, new_cancelled ());
    else
      g_queue_push_tail (&client->ready, request);
  }
  return TRUE;
}

/* Moves what is due, and says for how long the rest may sleep. */
static gint
take_delayed (VsS3Client *client)
{
  gint64 now = g_get_monotonic_time ();
  gint64 next = now + WAIT_MOST_MS * (gint64) 1000;

  for (GList *link = client->delayed.head, *after; link != NULL; link = after) {
    VsS3Request *request = link->data;

    after = link->next;
    if (request->ready_us <= now) {
      g_queue_delete_link (&client->delayed, link);
      request->ready_us = 0;
      g_queue_push_tail (&client->ready, request);
    } else {
      next = MIN (next, request->ready_us);
    }
  }
  return (gint) ((next - now + 999) / 1000);
}

/* Cancelling -------------------------------------------------------------- */

static VsS3Request *
steal_from_queue (GQueue *queue, VsS3Call call)
{
  for (GList *link = queue->head; link != NULL; link = link->next) {
    VsS3Request *request = link->data;

    if (call == 0 || request->id == call) {
      g_queue_delete_link (queue, link);
      return request;
    }
  }
  return NULL;
}

static VsS3Request *
steal_active (VsS3Client *client, VsS3Call call)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, client->active);
  while (g_hash_table_iter_next (&iter, &value, NULL)) {
    VsS3Request *request = value;

    if (call == 0 || request->id == call) {
      g_hash_table_iter_remove (&iter);
      vs_s3_curl.multi_remove_handle (client->multi, request->easy);
      return request;
    }
  }
  return NULL;
}

static VsS3Request *
steal_from_queues (VsS3Client *client, VsS3Call call)
{
  GQueue *queues[] = { &client->ready, &client->delayed,
    &client->unsigned_yet };
  VsS3Request *request = NULL;

  for (guint i = 0; request == NULL && i < G_N_ELEMENTS (queues); i++)
    request = steal_from_queue (queues[i], call);
  return request;
}

/* @call 0: any. */
static VsS3Request *
steal_request (VsS3Client *client, VsS3Call call)
{
  VsS3Request *request = steal_from_queues (client, call);

  return request != NULL ? request : steal_active (client, call);
}

static void
mark_last (VsS3Client *client, VsS3Call call)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, client->active);
  while (g_hash_table_iter_next (&iter, &value, NULL)) {
    VsS3Request *request = value;

    if (request->id == call)
      request->is_last = TRUE;
  }
}

static void
take_cancels (VsS3Client *client)
{
  for (guint i = 0; i < client->due_cancels->len; i++) {
    Cancel cancel = g_array_index (client->due_cancels, Cancel, i);
    VsS3Request *request = cancel.retries_only
                               ? steal_from_queues (client, cancel.call)
                               : steal_request (client, cancel.call);

    if (request != NULL)
      vs_s3_fail (request, new_cancelled ());
    else if (cancel.retries_only)
      mark_last (client, cancel.call);
  }
  g_array_set_size (client->due_cancels, 0);
}

/* The thread -------------------------------------------------------------- */

static void
take_outcomes (VsS3Client *client)
{
  CURLMsg *message;
  int left;

  while (
      (message = vs_s3_curl.multi_info_read (client->multi, &left)) != NULL) {
    CURLcode result = message->data.result;
    CURL *easy = message->easy_handle;
    VsS3Request *request = NULL;

    vs_s3_curl.easy_getinfo (easy, CURLINFO_PRIVATE, &request);
    vs_s3_curl.multi_remove_handle (client->multi, easy);
    g_hash_table_remove (client->active, request);
    vs_s3_outcome (request, result);
  }
}

static gpointer
client_main (gpointer data)
{
  VsS3Client *client = data;
  VsS3Request *request;
  gboolean quit = FALSE;
  int running;
  gint wait_ms;

  while (!quit) {
    take_incoming (client, &quit);
    take_cancels (client);
    end_renewal (client);
    start_ready (client);
    vs_s3_curl.multi_perform (client->multi, &running);
    take_outcomes (client);
    wait_ms = take_delayed (client); /* outcomes may have delayed some */
    if (!g_queue_is_empty (&client->ready) &&
        g_hash_table_size (client->active) < ACTIVE_MAX)
      continue;
    if (!quit)
      vs_s3_curl.multi_poll (client->multi, NULL, 0, wait_ms, NULL);
  }
  do {
    while ((request = steal_request (client, 0)) != NULL)
      vs_s3_fail (request, new_cancelled ());
  } while (take_incoming (client, &quit));
  return NULL;
}

/* Life -------------------------------------------------------------------- */

static void
fill_defaults (VsS3Config *config)
{
  const struct {
    guint *field;
    guint value;
  } fields[] = {
    { &config->connect_ms, 10000 },
    { &config->stall_ms, 30000 },
    { &config->request_ms, 60000 },
    { &config->min_rate, 4096 },
    { &config->attempts, VS_S3_ATTEMPTS_DEFAULT },
    { &config->parallel, VS_S3_PARALLEL_DEFAULT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (*fields[i].field == 0)
      *fields[i].field = fields[i].value;
  if (config->part_size == 0)
    config->part_size = VS_S3_PART_SIZE_DEFAULT;
  config->part_size = MAX (config->part_size, VS_S3_PART_SIZE_MIN);
  config->parallel = MIN (config->parallel, VS_S3_PARALLEL_MAX);
}

static gboolean
check_config (const VsS3Config *config, GError **error)
{
  if (!vs_s3_check_bucket (config->bucket, error))
    return FALSE;
  if ((config->access_key != NULL) != (config->secret_key != NULL)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The S3 %s is set without the %s; set both or none.",
        config->access_key != NULL ? "access key" : "secret key",
        config->access_key != NULL ? "secret key" : "access key");
    return FALSE;
  }
  if (config->ca_file != NULL &&
      !g_file_test (config->ca_file, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The file of certificate authorities “%s” is not there.",
        config->ca_file);
    return FALSE;
  }
  return TRUE;
}

void
vs_s3_client_start (VsS3Client *client)
{
  g_mutex_init (&client->lock);
  client->cancels = g_array_new (FALSE, FALSE, sizeof (Cancel));
  client->due_cancels = g_array_new (FALSE, FALSE, sizeof (Cancel));
  client->active = g_hash_table_new (NULL, NULL);
  client->multi = vs_s3_curl.multi_init ();
  vs_s3_curl.multi_setopt (
      client->multi, CURLMOPT_MAXCONNECTS, (long) ACTIVE_MAX);
  client->thread = g_thread_new ("vs-s3", client_main, client);
}

VsS3Client *
vs_s3_client_new (const VsS3Config *config, GError **error)
{
  g_autoptr (VsS3Config) copy = vs_s3_config_copy (config);
  VsS3CredentialSource *source;
  VsS3Endpoint *endpoint;
  VsS3Credentials *fixed;
  VsS3Client *client;

  fill_defaults (copy);
  if (!check_config (copy, error) || !vs_s3_curl_load (error))
    return NULL;
  source = vs_s3_credential_source_new (copy);
  vs_s3_config_wipe (copy);
  if (copy->region == NULL)
    copy->region = vs_s3_credential_source_dup_region (source);
  endpoint = vs_s3_endpoint_parse (copy->endpoint, copy->region, error);
  if (endpoint == NULL) {
    vs_s3_credential_source_free (source);
    return NULL;
  }
  client = g_new0 (VsS3Client, 1);
  client->config = g_steal_pointer (&copy);
  client->endpoint = endpoint;
  client->tls = strcmp (endpoint->scheme, "https") == 0;
  client->source = source;
  client->region = g_strdup (client->config->region);
  fixed = vs_s3_credential_source_get_fixed (source);
  client->credentials = fixed != NULL ? vs_s3_credentials_ref (fixed) : NULL;
  vs_s3_client_start (client);
  return client;
}

/* A helper's calls may ask @client for others when they end. */
static void
free_helper (VsS3Client *client)
{
  VsS3Client *helper;

  g_mutex_lock (&client->lock);
  client->closing = TRUE;
  helper = g_steal_pointer (&client->helper);
  g_mutex_unlock (&client->lock);
  vs_s3_client_free (helper);
}

void
vs_s3_client_free (VsS3Client *client)
{
  if (client == NULL)
    return;
  vs_s3_credential_source_cancel (client->source);
  free_helper (client);
  g_mutex_lock (&client->lock);
  client->quit = TRUE;
  g_mutex_unlock (&client->lock);
  vs_s3_curl.multi_wakeup (client->multi);
  g_thread_join (client->thread);
  if (client->renewal != NULL)
    g_thread_join (client->renewal);
  vs_s3_curl.multi_cleanup (client->multi);
  g_clear_pointer (&client->renewed, vs_s3_credentials_unref);
  g_clear_pointer (&client->credentials, vs_s3_credentials_unref);
  g_clear_error (&client->renewal_error);
  if (client->helped == NULL)
    vs_s3_credential_source_free (client->source);
  vs_s3_endpoint_free (client->endpoint);
  vs_s3_config_free (client->config);
  g_array_unref (client->cancels);
  g_array_unref (client->due_cancels);
  g_hash_table_unref (client->active);
  g_free (client->region);
  g_mutex_clear (&client->lock);
  g_free (client);
}
