/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What waits: for one call, for credentials to presign with, for what a probe
 * or a cleaning finds out. */
#include <string.h>

#include <gio/gio.h>

#include "store/vs-s3-private.h"

#define PRESIGN_MAX_S 604800

struct _VsS3Waiter {
  VsS3Client *client;
  GMutex lock;
  GCond cond;
  VsS3Call call;
  gboolean cancelled;
  VsS3Result *result;
};

VsS3Waiter *
vs_s3_waiter_new (VsS3Client *client)
{
  VsS3Waiter *self = g_new0 (VsS3Waiter, 1);

  self->client = client;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  return self;
}

void
vs_s3_waiter_done (const VsS3Result *result, gpointer waiter)
{
  VsS3Waiter *self = waiter;

  g_mutex_lock (&self->lock);
  self->result = vs_s3_result_ref (result);
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

VsS3Result *
vs_s3_waiter_wait (VsS3Waiter *self, VsS3Call call)
{
  VsS3Result *result;
  gboolean cancelled;

  g_mutex_lock (&self->lock);
  self->call = call;
  cancelled = self->cancelled;
  g_mutex_unlock (&self->lock);
  if (cancelled)
    vs_s3_cancel (self->client, call);
  g_mutex_lock (&self->lock);
  while (self->result == NULL)
    g_cond_wait (&self->cond, &self->lock);
  result = g_steal_pointer (&self->result);
  self->call = 0;
  g_mutex_unlock (&self->lock);
  return result;
}

void
vs_s3_waiter_cancel (VsS3Waiter *self)
{
  VsS3Call call;

  g_mutex_lock (&self->lock);
  self->cancelled = TRUE;
  call = self->call;
  g_mutex_unlock (&self->lock);
  vs_s3_cancel (self->client, call);
}

void
vs_s3_waiter_free (VsS3Waiter *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->result, vs_s3_result_unref);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The result's error, for a GError of the caller's. */
static gboolean
take_error (const VsS3Result *result, GError **error)
{
  if (result->error == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (result->error));
  return FALSE;
}

/* Presigning -------------------------------------------------------------- */

static gboolean
wait_for_credentials (VsS3Client *client, GError **error)
{
  g_autoptr (VsS3Waiter) waiter = vs_s3_waiter_new (client);
  VsS3Call call = vs_s3_submit (vs_s3_request_new (
      client, &vs_s3_verb_credentials, NULL, vs_s3_waiter_done, waiter));
  g_autoptr (VsS3Result) result = vs_s3_waiter_wait (waiter, call);

  return take_error (result, error);
}

gchar *
vs_s3_presign (VsS3Client *client, const gchar *method, const gchar *key,
    guint seconds, GError **error)
{
  g_autoptr (VsS3Credentials) credentials = NULL;

  if (seconds == 0 || seconds > PRESIGN_MAX_S) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "A presigned URL is good for 1 to %d seconds, not for %u.",
        PRESIGN_MAX_S, seconds);
    return NULL;
  }
  if (!vs_s3_check_key (key, error) || !wait_for_credentials (client, error))
    return NULL;
  g_mutex_lock (&client->lock);
  if (client->credentials != NULL)
    credentials = vs_s3_credentials_ref (client->credentials);
  g_mutex_unlock (&client->lock);
  return vs_s3_presign_with (client, credentials, method, key, seconds);
}

/* Conditions -------------------------------------------------------------- */

static VsS3Result *
put_text (VsS3Client *client, const gchar *key, const gchar *text,
    const VsS3PutOptions *options)
{
  g_autoptr (VsS3Waiter) waiter = vs_s3_waiter_new (client);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  GBytes *chunks[] = { bytes };

  return vs_s3_waiter_wait (waiter,
      vs_s3_put (client, key, chunks, 1, options, vs_s3_waiter_done, waiter));
}

/* Is a put under this condition refused? */
static gboolean
is_refused (VsS3Client *client, const gchar *key, const VsS3PutOptions *options,
    GError **error)
{
  g_autoptr (VsS3Result) result = put_text (client, key, "2", options);

  if (result->status == 412 || result->status == 409)
    return TRUE;
  /* a store that does not know conditions ignores or refuses them */
  if (result->status != 501 && result->status != 400)
    (void) take_error (result, error);
  return FALSE;
}

static void
set_found (VsS3Client *client, guint found)
{
  g_mutex_lock (&client->lock);
  client->conditions = found;
  g_mutex_unlock (&client->lock);
}

/* A wrong ETag must be refused and the right one not; radosgw (16) compares
 * them with their quotes, so that only the bare one is right. */
static guint
probe_match (
    VsS3Client *client, const gchar *key, const gchar *etag, GError **error)
{
  static const VsS3PutOptions wrong = {
    .if_match = "00000000000000000000000000000000"
  };
  const VsS3PutOptions right = { .if_match = etag };
  g_autoptr (GError) local_error = NULL;
  guint found = 0;

  if (is_refused (client, key, &wrong, &local_error)) {
    if (!is_refused (client, key, &right, &local_error))
      found = VS_S3_CONDITION_MATCH;
    set_found (client, VS_S3_BARE_ETAGS);
    if (found == 0 && local_error == NULL &&
        !is_refused (client, key, &right, &local_error))
      found = VS_S3_CONDITION_MATCH | VS_S3_BARE_ETAGS;
  }
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return found;
}

/* @key is there, with @etag. */
static guint
probe_object (
    VsS3Client *client, const gchar *key, const gchar *etag, GError **error)
{
  static const VsS3PutOptions none_match = { .if_none_match = TRUE };
  g_autoptr (GError) local_error = NULL;
  guint found = VS_S3_PROBED;

  if (is_refused (client, key, &none_match, &local_error)) {
    found |= VS_S3_CONDITION_NONE_MATCH;
    if (local_error == NULL)
      found |= probe_match (client, key, etag, &local_error);
  }
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return found;
}

gboolean
vs_s3_probe_conditions (VsS3Client *client, const gchar *key,
    VsS3Conditions *honoured, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (VsS3Result) first = NULL;
  g_autoptr (VsS3Result) removed = NULL;
  g_autoptr (VsS3Waiter) waiter = NULL;
  guint found;

  g_mutex_lock (&client->lock);
  found = client->conditions;
  g_mutex_unlock (&client->lock);
  *honoured = (VsS3Conditions) (found & VS_S3_CONDITIONS_ALL);
  if ((found & VS_S3_PROBED) != 0)
    return TRUE;
  first = put_text (client, key, "1", NULL);
  if (!take_error (first, error))
    return FALSE;
  found = probe_object (client, key, first->etag, &local_error);
  waiter = vs_s3_waiter_new (client);
  removed = vs_s3_waiter_wait (
      waiter, vs_s3_delete (client, key, NULL, vs_s3_waiter_done, waiter));
  if (local_error != NULL) {
    set_found (client, 0);
    g_propagate_error (error, g_steal_pointer (&local_error));
    return FALSE;
  }
  set_found (client, found);
  *honoured = (VsS3Conditions) (found & VS_S3_CONDITIONS_ALL);
  return TRUE;
}

/* Cleaning ---------------------------------------------------------------- */

static gboolean
abort_upload (
    VsS3Client *client, const VsS3PendingUpload *upload, GError **error)
{
  g_autoptr (VsS3Waiter) waiter = vs_s3_waiter_new (client);
  g_autoptr (VsS3Result) result = vs_s3_waiter_wait (
      waiter, vs_s3_abort_multipart (client, upload->key, upload->upload_id,
                  vs_s3_waiter_done, waiter));

  return take_error (result, error);
}

gboolean
vs_s3_clean_uploads (VsS3Client *client, const gchar *prefix, gint64 before_us,
    guint *n_aborted, GError **error)
{
  g_autofree gchar *key_marker = NULL;
  g_autofree gchar *id_marker = NULL;
  gboolean more = TRUE;

  if (n_aborted != NULL)
    *n_aborted = 0;
  while (more) {
    g_autoptr (VsS3Waiter) waiter = vs_s3_waiter_new (client);
    g_autoptr (VsS3Result) result = vs_s3_waiter_wait (
        waiter, vs_s3_list_uploads (client, prefix, key_marker, id_marker,
                    vs_s3_waiter_done, waiter));

    if (!take_error (result, error))
      return FALSE;
    for (guint i = 0; i < result->answer->uploads->len; i++) {
      const VsS3PendingUpload *upload = result->answer->uploads->pdata[i];

      if (!g_str_has_prefix (upload->key, prefix) ||
          upload->initiated_us == 0 || upload->initiated_us >= before_us)
        continue;
      if (!abort_upload (client, upload, error))
        return FALSE;
      if (n_aborted != NULL)
        (*n_aborted)++;
    }
    more = result->answer->truncated && result->answer->next_key != NULL &&
           (g_strcmp0 (key_marker, result->answer->next_key) != 0 ||
               g_strcmp0 (id_marker, result->answer->next_upload_id) != 0);
    g_free (key_marker);
    g_free (id_marker);
    key_marker = g_strdup (result->answer->next_key);
    id_marker = g_strdup (result->answer->next_upload_id);
  }
  return TRUE;
}
