/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-store-s3: objects below a prefix of a bucket.
 *
 * A put or a removal arrives … stands in the line of each of its keys … is
 * begun when it is the first in all of them and fewer than ACTIVE_MAX are under
 * way … is acknowledged by the service … its callback runs … and what stood
 * behind it moves up. So on one key everything happens in the order asked for,
 * and nothing else waits for anything. A put that is called back ends at once.
 *
 * Threading: `lock` guards all; the client is never called, and no callback
 * run, under it. */
#include <string.h>

#include <gio/gio.h>

#include "core/vs-error.h"
#include "store/vs-store-private.h"
#include "store/vs-store-s3-lease.h"

#define ACTIVE_MAX 16
#define BATCH_MAX 1000

typedef struct {
  VsS3Client *client;
  gchar *bucket;
  gchar *prefix; /* "" or "show/" */
  VsS3Lease *lease;

  GMutex lock;
  GCond cond;        /* `pending` */
  GHashTable *lines; /* key: GQueue of Op */
  GQueue ready;      /* Op: the first in all their lines */
  guint active;
  GQueue pending; /* Op: all that are not done, in their order */
  guint64 last_number;
  gboolean lost; /* the lease */
} S3Store;

typedef struct {
  S3Store *store;
  guint64 number;
  gchar **keys;      /* whole; one for a put */
  guint n_before;    /* lines in which it is not the first */
  GPtrArray *chunks; /* GBytes; NULL: a removal */
  gchar *content_type, *cache_control;
  guint removed; /* keys of a removal that are done or under way */
  VsS3Call call; /* of a put that is under way; 0: not known yet */
  gboolean called_back;
  guint holds; /* who may still touch it; it is pending until then */
  GError *error;
  VsStoreDone done;
  gpointer user_data;
} Op;

static void
op_free (Op *op)
{
  g_strfreev (op->keys);
  g_clear_pointer (&op->chunks, g_ptr_array_unref);
  g_free (op->content_type);
  g_free (op->cache_control);
  g_clear_error (&op->error);
  g_free (op);
}

/* The lines --------------------------------------------------------------- */

/* A key that is named twice in one removal stands there once. */
static void
enter_lines_locked (S3Store *self, Op *op)
{
  for (guint i = 0; op->keys[i] != NULL; i++) {
    GQueue *line = g_hash_table_lookup (self->lines, op->keys[i]);

    if (line == NULL) {
      line = g_queue_new ();
      g_hash_table_insert (self->lines, g_strdup (op->keys[i]), line);
    }
    if (g_queue_peek_tail (line) == op)
      continue;
    op->n_before += !g_queue_is_empty (line);
    g_queue_push_tail (line, op);
  }
  if (op->n_before == 0)
    g_queue_push_tail (&self->ready, op);
}

static void
leave_lines_locked (S3Store *self, Op *op)
{
  for (guint i = 0; op->keys[i] != NULL; i++) {
    GQueue *line = g_hash_table_lookup (self->lines, op->keys[i]);
    Op *next;

    if (line == NULL || g_queue_peek_head (line) != op)
      continue;
    g_queue_pop_head (line);
    next = g_queue_peek_head (line);
    if (next == NULL)
      g_hash_table_remove (self->lines, op->keys[i]);
    else if (--next->n_before == 0)
      g_queue_push_tail (&self->ready, next);
  }
}

static void begin (Op *op);

static void
pump (S3Store *self)
{
  gboolean more = TRUE;

  while (more) {
    Op *op = NULL;

    g_mutex_lock (&self->lock);
    if (self->active < ACTIVE_MAX)
      op = g_queue_pop_head (&self->ready);
    if (op != NULL) {
      self->active++;
      op->holds++;
    }
    g_mutex_unlock (&self->lock);
    more = op != NULL;
    if (more)
      begin (op);
  }
}

/* The store may be freed when the last operation is let go of. */
static void
let_go (Op *op)
{
  S3Store *self = op->store;
  gboolean last;

  g_mutex_lock (&self->lock);
  last = --op->holds == 0;
  if (last) {
    g_queue_remove (&self->pending, op);
    g_cond_broadcast (&self->cond);
  }
  g_mutex_unlock (&self->lock);
  if (last)
    op_free (op);
}

/* The callback first: what waits for the operation to be over may rely on it
 * to have run. */
static void
finish (Op *op)
{
  S3Store *self = op->store;

  if (op->done != NULL)
    op->done (op->error, op->user_data);
  g_mutex_lock (&self->lock);
  self->active--;
  leave_lines_locked (self, op);
  g_mutex_unlock (&self->lock);
  pump (self);
  let_go (op);
}

static void
submit (S3Store *self, Op *op)
{
  op->store = self;
  op->holds = 1;
  g_mutex_lock (&self->lock);
  op->number = ++self->last_number;
  g_queue_push_tail (&self->pending, op);
  enter_lines_locked (self, op);
  g_mutex_unlock (&self->lock);
  pump (self);
}

/* Requests ---------------------------------------------------------------- */

static void
on_put (const VsS3Result *result, gpointer user_data)
{
  Op *op = user_data;

  if (result->error != NULL)
    op->error = g_error_copy (result->error);
  finish (op);
}

static void on_removed (const VsS3Result *result, gpointer user_data);

/* One key is removed by itself: not every user may remove many. */
static void
remove_next (Op *op)
{
  S3Store *self = op->store;
  guint left = g_strv_length (op->keys) - op->removed;
  guint n = MIN (left, BATCH_MAX);
  g_autofree const gchar **batch = g_new0 (const gchar *, n + 1);

  if (n == 0) {
    finish (op);
    return;
  }
  for (guint i = 0; i < n; i++)
    batch[i] = op->keys[op->removed + i];
  op->removed += n;
  if (n == 1)
    vs_s3_delete (self->client, batch[0], NULL, on_removed, op);
  else
    vs_s3_delete_many (self->client, batch, on_removed, op);
}

static void
on_removed (const VsS3Result *result, gpointer user_data)
{
  Op *op = user_data;

  if (result->error != NULL && op->error == NULL)
    op->error = g_error_copy (result->error);
  remove_next (op);
}

static gboolean
is_lost (S3Store *self)
{
  gboolean lost;

  g_mutex_lock (&self->lock);
  lost = self->lost;
  g_mutex_unlock (&self->lock);
  return lost;
}

static gboolean
is_called_back (Op *op)
{
  gboolean called_back;

  g_mutex_lock (&op->store->lock);
  called_back = op->called_back;
  g_mutex_unlock (&op->store->lock);
  return called_back;
}

static GError *
new_called_back (void)
{
  return g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "It was called back.");
}

/* It may be over, or called back, before its call is known. */
static void
put (Op *op)
{
  S3Store *self = op->store;
  const VsS3PutOptions options = { .content_type = op->content_type,
    .cache_control = op->cache_control };
  VsS3Call call =
      vs_s3_put (self->client, op->keys[0], (GBytes *const *) op->chunks->pdata,
          op->chunks->len, &options, on_put, op);
  gboolean called_back;

  g_mutex_lock (&self->lock);
  op->call = call;
  called_back = op->called_back;
  g_mutex_unlock (&self->lock);
  if (called_back)
    vs_s3_cancel (self->client, call);
}

static void
begin (Op *op)
{
  S3Store *self = op->store;

  if (is_lost (self)) {
    g_set_error (&op->error, VS_ERROR, VS_ERROR_NO_OUTPUT,
        "Another vstream has taken over “s3://%s/%s”; this one writes no "
        "more.",
        self->bucket, self->prefix);
    finish (op);
  } else if (op->chunks != NULL && is_called_back (op)) {
    op->error = new_called_back ();
    finish (op);
  } else if (op->chunks != NULL) {
    put (op);
  } else {
    remove_next (op);
  }
  let_go (op);
}

/* The vtable -------------------------------------------------------------- */

/* @key below the prefix; NULL: it is too long. */
static gchar *
dup_key (S3Store *self, const gchar *key, GError **error)
{
  g_autofree gchar *whole = g_strconcat (self->prefix, key, NULL);

  if (!vs_s3_check_key (whole, error))
    return NULL;
  return g_steal_pointer (&whole);
}

static void
s3_store_put (gpointer data, const gchar *key, GBytes *const *chunks,
    guint n_chunks, const VsStoreMeta *meta, VsStoreDone done,
    gpointer user_data)
{
  S3Store *self = data;
  g_autoptr (GError) error = NULL;
  gchar *whole = dup_key (self, key, &error);
  Op *op;

  if (whole == NULL) {
    done (error, user_data);
    return;
  }
  op = g_new0 (Op, 1);
  op->keys = g_new0 (gchar *, 2);
  op->keys[0] = whole;
  op->chunks = g_ptr_array_new_full (n_chunks, (GDestroyNotify) g_bytes_unref);
  for (guint i = 0; i < n_chunks; i++)
    g_ptr_array_add (op->chunks, g_bytes_ref (chunks[i]));
  op->content_type = g_strdup (meta->content_type);
  op->cache_control = g_strdup (meta->cache_control);
  op->done = done;
  op->user_data = user_data;
  submit (self, op);
}

/* A put that has not begun, and stands in no line behind another. */
static gboolean
take_from_ready_locked (S3Store *self, Op *op)
{
  if (!g_queue_remove (&self->ready, op))
    return FALSE;
  self->active++;
  return TRUE;
}

static void
s3_store_call_back (gpointer data, const gchar *key)
{
  S3Store *self = data;
  g_autofree gchar *whole = g_strconcat (self->prefix, key, NULL);
  VsS3Call call = 0;
  Op *idle = NULL;
  GQueue *line;

  g_mutex_lock (&self->lock);
  line = g_hash_table_lookup (self->lines, whole);
  for (GList *l = line != NULL ? line->head : NULL; l != NULL; l = l->next) {
    Op *op = l->data;

    if (op->chunks == NULL || op->called_back)
      continue;
    op->called_back = TRUE;
    call = MAX (call, op->call); /* the first of the line alone has one */
    if (take_from_ready_locked (self, op))
      idle = op;
  }
  g_mutex_unlock (&self->lock);
  vs_s3_cancel (self->client, call);
  if (idle != NULL) {
    idle->error = new_called_back ();
    finish (idle);
  }
}

static void
s3_store_remove (gpointer data, const gchar *const *keys, VsStoreDone done,
    gpointer user_data)
{
  S3Store *self = data;
  guint n = g_strv_length ((gchar **) keys);
  Op *op = g_new0 (Op, 1);

  op->keys = g_new0 (gchar *, n + 1);
  for (guint i = 0; i < n; i++)
    op->keys[i] = g_strconcat (self->prefix, keys[i], NULL);
  op->done = done;
  op->user_data = user_data;
  submit (self, op);
}

static GBytes *
s3_store_get (gpointer data, const gchar *key, gsize max_size, GError **error)
{
  S3Store *self = data;
  g_autofree gchar *whole = dup_key (self, key, error);
  g_autoptr (VsS3Waiter) waiter = NULL;
  g_autoptr (VsS3Result) result = NULL;

  if (whole == NULL)
    return NULL;
  waiter = vs_s3_waiter_new (self->client);
  result =
      vs_s3_waiter_wait (waiter, vs_s3_get (self->client, whole, 0, 0, max_size,
                                     NULL, vs_s3_waiter_done, waiter));
  if (result->error == NULL)
    return g_bytes_ref (result->body);
  /* a bucket that is not there is no missing object */
  if (g_strcmp0 (result->code, "NoSuchBucket") == 0)
    g_set_error_literal (
        error, VS_ERROR, VS_ERROR_NO_OUTPUT, result->error->message);
  else
    g_propagate_error (error, g_error_copy (result->error));
  return NULL;
}

/* What keeps house is not an object of the store. */
static gboolean
is_own (const gchar *name)
{
  return strcmp (name, VS_S3_LEASE_NAME) == 0 ||
         g_str_has_prefix (name, VS_S3_PROBE_NAME);
}

static gchar **
s3_store_list (gpointer data, const gchar *prefix, GError **error)
{
  S3Store *self = data;
  g_autofree gchar *whole = g_strconcat (self->prefix, prefix, NULL);
  g_autoptr (GStrvBuilder) found = g_strv_builder_new ();
  g_autofree gchar *token = NULL;
  gsize skip = strlen (self->prefix);
  gboolean more = TRUE;

  while (more) {
    g_autoptr (VsS3Waiter) waiter = vs_s3_waiter_new (self->client);
    g_autoptr (VsS3Result) result =
        vs_s3_waiter_wait (waiter, vs_s3_list (self->client, whole, NULL, token,
                                       vs_s3_waiter_done, waiter));
    const GPtrArray *objects;

    if (result->error != NULL) {
      g_propagate_error (error, g_error_copy (result->error));
      return NULL;
    }
    objects = result->answer->objects;
    for (guint i = 0; i < objects->len; i++) {
      const VsS3Object *object = objects->pdata[i];

      if (g_str_has_prefix (object->key, whole) && !is_own (object->key + skip))
        g_strv_builder_add (found, object->key + skip);
    }
    more = result->answer->truncated && result->answer->next_token != NULL &&
           g_strcmp0 (token, result->answer->next_token) != 0;
    g_free (token);
    token = g_strdup (result->answer->next_token);
  }
  return g_strv_builder_end (found); /* S3 sorts by bytes, as we do */
}

static void
on_lease_lost (gpointer user_data)
{
  S3Store *self = user_data;

  g_mutex_lock (&self->lock);
  self->lost = TRUE;
  g_mutex_unlock (&self->lock);
}

/* The uploads that a killed run left go as well; where the user may not list
 * or abort them, they stay. */
static gboolean
s3_store_lock (gpointer data, GError **error)
{
  S3Store *self = data;
  gint64 now_us = 0;

  if (self->lease != NULL)
    return TRUE;
  self->lease = vs_s3_lease_take (
      self->client, self->prefix, on_lease_lost, self, &now_us, error);
  if (self->lease == NULL)
    return FALSE;
  (void) vs_s3_clean_uploads (self->client, self->prefix, now_us, NULL, NULL);
  return TRUE;
}

/* Waits for all that was asked before; what the service has acknowledged is
 * durable. */
static gboolean
s3_store_flush (gpointer data, GError **error)
{
  S3Store *self = data;
  guint64 last;

  g_mutex_lock (&self->lock);
  last = self->last_number;
  while (!g_queue_is_empty (&self->pending) &&
         ((Op *) g_queue_peek_head (&self->pending))->number <= last)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static void
s3_store_free (gpointer data)
{
  S3Store *self = data;

  s3_store_flush (self, NULL);
  vs_s3_lease_free (self->lease);
  vs_s3_client_free (self->client);
  g_hash_table_unref (self->lines);
  g_free (self->bucket);
  g_free (self->prefix);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static const VsStoreClass s3_store_class = {
  .put = s3_store_put,
  .remove = s3_store_remove,
  .get = s3_store_get,
  .list = s3_store_list,
  .call_back = s3_store_call_back,
  .lock = s3_store_lock,
  .flush = s3_store_flush,
  .free = s3_store_free,
};

/* Opening ----------------------------------------------------------------- */

/* "show" and "show/" are the same place. */
static gchar *
dup_prefix (const gchar *key)
{
  if (*key == '\0' || g_str_has_suffix (key, "/"))
    return g_strdup (key);
  return g_strconcat (key, "/", NULL);
}

VsStore *
vs_store_s3_open (const gchar *uri, const VsS3Config *base, GError **error)
{
  g_autoptr (VsS3Config) config =
      base != NULL ? vs_s3_config_copy (base) : vs_s3_config_new ();
  g_autofree gchar *key = NULL;
  VsS3Client *client;
  S3Store *self;

  if (!vs_s3_config_set_uri (config, uri, &key, error))
    return NULL;
  client = vs_s3_client_new (config, error);
  if (client == NULL)
    return NULL;
  self = g_new0 (S3Store, 1);
  self->client = client;
  self->bucket = g_strdup (config->bucket);
  self->prefix = dup_prefix (key);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->lines = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_queue_free);
  return vs_store_new (&s3_store_class, self);
}
