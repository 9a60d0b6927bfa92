/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * redis://: a queue in a Redis list that anybody may push to.
 *
 *   KEY          list: the items as JSON, the next one first
 *   KEY:state    hash: cursor, and batch: the last transaction of the channel
 *   KEY:refused  list: entries that are no items, the last hundred
 *
 * The mirror is the list as it was after the last transaction or look. Each
 * transaction is guarded by WATCH and says its number; so one whose answer
 * was lost is not made twice, and a server that has lost its data (restarted
 * without them, or flushed) is noticed, and written anew from the mirror. */
#include "core/vs-error.h"
#include "store/vs-queue-redis-private.h"

#include <string.h>

#define INTERVAL_US (30 * G_USEC_PER_SEC)
#define DEAF_INTERVAL_US G_USEC_PER_SEC

/* ---- state ---- */

static gchar *
dup_field (redisReply *reply)
{
  return reply->type == REDIS_REPLY_STRING ? g_strndup (reply->str, reply->len)
                                           : NULL;
}

static gboolean
get_field (
    VsQueueRedis *self, const gchar *field, gchar **value, GError **error)
{
  g_autoptr (VsRedisReply) reply = vs_redis_link_run (
      self->link, error, "HGET", self->state_key, field, NULL);

  if (reply == NULL)
    return FALSE;
  *value = dup_field (reply);
  return TRUE;
}

static void
add_state (VsQueueRedis *self, const gchar *batch, const gchar *cursor)
{
  vs_redis_link_add_words (
      self->link, "HSET", self->state_key, "batch", batch, NULL);
  if (cursor != NULL)
    vs_redis_link_add_words (
        self->link, "HSET", self->state_key, "cursor", cursor, NULL);
}

/* Redis has forgotten: our list is written, and behind it what others have
 * pushed since (entries without an id). */
static gboolean
write_anew (VsQueueRedis *self, GError **error)
{
  g_autoptr (GPtrArray) theirs = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (VsRedisReply) watch = vs_redis_link_run (
      self->link, error, "WATCH", self->key, self->state_key, NULL);

  if (watch == NULL || !vs_redis_read_texts (self, 0, theirs, error))
    return FALSE;
  for (GSequenceIter *iter = g_sequence_get_begin_iter (self->mirror);
       !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    g_ptr_array_add (
        texts, g_strdup (((VsRedisEntry *) g_sequence_get (iter))->text));
  for (guint i = 0; i < theirs->len; i++) {
    const gchar *text = g_ptr_array_index (theirs, i);
    g_autoptr (VsQueueItem) item = vs_queue_item_parse (text, -1, NULL);

    if (item == NULL || item->id == NULL)
      g_ptr_array_add (texts, g_strdup (text));
  }
  vs_redis_link_add_words (self->link, "DEL", self->key, NULL);
  vs_redis_push_texts (self, texts, 0);
  add_state (self, self->batch, self->cursor);
  return vs_redis_link_exec (self->link, error);
}

/* Connected, and what we know of is there. @trying, where given, may be there
 * as well: *@applied then. */
static gboolean
make_sure (
    VsQueueRedis *self, const gchar *trying, gboolean *applied, GError **error)
{
  g_autoptr (GError) reason = NULL;

  for (guint i = 0; i < VS_REDIS_TRIES; i++) {
    g_autofree gchar *found = NULL;
    g_autoptr (VsRedisReply) fresh = NULL;
    g_autoptr (VsRedisReply) watch = NULL;

    if (!vs_redis_link_ensure (self->link, self->key, error))
      return FALSE;
    /* a look that found nothing new has left its WATCH */
    fresh = vs_redis_link_run (self->link, error, "UNWATCH", NULL);
    if (fresh == NULL)
      return FALSE;
    watch = vs_redis_link_run (
        self->link, error, "WATCH", self->key, self->state_key, NULL);
    /* a command of the wrong type would fail within EXEC, and undo nothing */
    if (watch == NULL || vs_redis_get_length (self, error) < 0 ||
        !get_field (self, "batch", &found, error))
      return FALSE;
    *applied = trying != NULL && g_strcmp0 (found, trying) == 0;
    if (*applied || self->batch == NULL || g_strcmp0 (found, self->batch) == 0)
      return TRUE;
    if (!write_anew (self, &reason) && reason != NULL) {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  }
  g_set_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE,
      "The queue “%s” in Redis is written by another channel as well; one of "
      "them has to stop.",
      self->key);
  return FALSE;
}

/* ---- writing ---- */

static void
add_remove (VsQueueRedis *self, const gchar *id)
{
  const gchar *text = vs_redis_mirror_get (self, id);

  if (text != NULL)
    vs_redis_link_add_words (self->link, "LREM", self->key, "1", text, NULL);
  vs_redis_mirror_remove (self, id);
}

static void
add_insert (VsQueueRedis *self, const VsQueueItem *item, const gchar *before)
{
  g_autofree gchar *json = vs_queue_item_to_json (item);
  const gchar *pivot = vs_redis_mirror_get (self, before);

  if (pivot == NULL)
    vs_redis_link_add_words (self->link, "RPUSH", self->key, json, NULL);
  else
    vs_redis_link_add_words (
        self->link, "LINSERT", self->key, "BEFORE", pivot, json, NULL);
  vs_redis_mirror_add (self, item->id, json,
      pivot != NULL ? g_hash_table_lookup (self->by_id, before)
                    : g_sequence_get_end_iter (self->mirror));
}

static void
add_update (VsQueueRedis *self, const VsQueueItem *item)
{
  g_autofree gchar *json = vs_queue_item_to_json (item);
  GSequenceIter *iter = g_hash_table_lookup (self->by_id, item->id);
  VsRedisEntry *entry = iter != NULL ? g_sequence_get (iter) : NULL;

  if (entry == NULL || g_str_equal (entry->text, json))
    return;
  vs_redis_link_add_words (
      self->link, "LINSERT", self->key, "BEFORE", entry->text, json, NULL);
  vs_redis_link_add_words (
      self->link, "LREM", self->key, "1", entry->text, NULL);
  g_free (entry->text);
  entry->text = g_strdup (json);
}

/* The mirror goes along; where the transaction is not made, it is read anew. */
static void
add_edits (VsQueueRedis *self, GPtrArray *edits)
{
  for (guint i = 0; edits != NULL && i < edits->len; i++) {
    const VsQueueEdit *edit = g_ptr_array_index (edits, i);

    switch (edit->kind) {
      case VS_QUEUE_EDIT_INSERT:
        add_remove (self, edit->item->id);
        add_insert (self, edit->item, edit->id);
        break;
      case VS_QUEUE_EDIT_REMOVE:
        add_remove (self, edit->id);
        break;
      case VS_QUEUE_EDIT_UPDATE:
        add_update (self, edit->item);
        break;
      case VS_QUEUE_EDIT_CLEAR:
      default:
        vs_redis_link_add_words (self->link, "DEL", self->key, NULL);
        vs_redis_mirror_clear (self);
        break;
    }
  }
}

/* What a failed try has left in the mirror is replaced by what is there. */
static gboolean
refresh (VsQueueRedis *self, GError **error)
{
  g_autoptr (GPtrArray) items =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_item_unref);
  g_autoptr (GPtrArray) refused = g_ptr_array_new_with_free_func (g_free);

  if (!self->dirty)
    return TRUE;
  if (!vs_redis_read_list (self, 0, items, refused, error))
    return FALSE;
  self->dirty = FALSE;
  self->untold = TRUE;
  return TRUE;
}

/* One try. TRUE: stored; FALSE and no error: again. */
static gboolean
try_commit (VsQueueRedis *self, GPtrArray *edits, const gchar *cursor,
    const gchar *trying, GError **error)
{
  gboolean applied;

  if (!make_sure (self, trying, &applied, error))
    return FALSE;
  if (applied) {
    /* the answer was lost, and the mirror has it */
    self->dirty = FALSE;
    return TRUE;
  }
  if (self->dirty) {
    if (!refresh (self, error) || !make_sure (self, trying, &applied, error))
      return FALSE;
  }
  self->dirty = TRUE;
  add_edits (self, edits);
  add_state (self, trying, cursor);
  if (!vs_redis_link_exec (self->link, error))
    return FALSE;
  self->dirty = FALSE;
  return TRUE;
}

static gboolean
commit (gpointer data, GPtrArray *edits, const gchar *cursor, guint64 batch,
    GError **error)
{
  VsQueueRedis *self = data;
  g_autofree gchar *trying =
      g_strdup_printf ("%s:%" G_GUINT64_FORMAT, self->run, batch);
  g_autoptr (GError) reason = NULL;

  for (guint i = 0; i < VS_REDIS_TRIES; i++) {
    if (try_commit (self, edits, cursor, trying, &reason)) {
      g_free (self->batch);
      self->batch = g_steal_pointer (&trying);
      if (cursor != NULL) {
        g_free (self->cursor);
        self->cursor = g_strdup (cursor);
      }
      return TRUE;
    }
    if (reason != NULL) {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  }
  g_set_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE,
      "The queue “%s” in Redis changes faster than it can be written.",
      self->key);
  return FALSE;
}

/* ---- looking ---- */

static gboolean
is_at (
    VsQueueRedis *self, const gchar *index, GSequenceIter *iter, GError **error)
{
  g_autoptr (VsRedisReply) reply =
      vs_redis_link_run (self->link, error, "LINDEX", self->key, index, NULL);
  const VsRedisEntry *entry = g_sequence_get (iter);

  return reply != NULL && reply->type == REDIS_REPLY_STRING &&
         g_str_equal (reply->str, entry->text);
}

/* Where the list has grown, and both ends of what we know are where they
 * were, only its tail is read. */
static gboolean
has_grown (VsQueueRedis *self, gint64 length, GError **error)
{
  gint known = g_sequence_get_length (self->mirror);
  g_autofree gchar *last = g_strdup_printf ("%d", known - 1);

  if (length <= known)
    return FALSE;
  return known == 0 ||
         (is_at (self, "0", g_sequence_get_begin_iter (self->mirror), error) &&
             is_at (self, last,
                 g_sequence_get_iter_at_pos (self->mirror, known - 1), error));
}

static gboolean
is_same (VsQueueRedis *self, gint64 length, GError **error)
{
  gint known = g_sequence_get_length (self->mirror);

  if (length != known)
    return FALSE;
  return known == 0 ||
         (is_at (self, "0", g_sequence_get_begin_iter (self->mirror), error) &&
             is_at (self, "-1",
                 g_sequence_get_iter_at_pos (self->mirror, known - 1), error));
}

static VsQueueLook
look (gpointer data, gboolean force, GPtrArray *items, GPtrArray *refused,
    GError **error)
{
  VsQueueRedis *self = data;
  gboolean heard = vs_redis_link_hear (self->link), applied;
  g_autoptr (GError) reason = NULL;
  gint64 length;

  if (!make_sure (self, NULL, &applied, error))
    return VS_QUEUE_LOOK_FAILED;
  length = vs_redis_get_length (self, error);
  if (length < 0)
    return VS_QUEUE_LOOK_FAILED;
  force = force || self->untold || self->dirty;
  if (!force && !heard && is_same (self, length, &reason))
    return VS_QUEUE_LOOK_SAME;
  if (!force && has_grown (self, length, &reason)) {
    gint64 known = g_sequence_get_length (self->mirror);

    return vs_redis_read_list (self, known, items, refused, error)
               ? VS_QUEUE_LOOK_APPENDED
               : VS_QUEUE_LOOK_FAILED;
  }
  if (reason != NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return VS_QUEUE_LOOK_FAILED;
  }
  if (!vs_redis_read_list (self, 0, items, refused, error))
    return VS_QUEUE_LOOK_FAILED;
  self->untold = FALSE;
  self->dirty = FALSE;
  return VS_QUEUE_LOOK_LIST;
}

static gboolean
load (gpointer data, GPtrArray *items, gchar **cursor, GPtrArray *refused,
    GError **error)
{
  VsQueueRedis *self = data;
  gboolean applied;

  g_clear_pointer (&self->batch, g_free);
  g_clear_pointer (&self->cursor, g_free);
  if (!make_sure (self, NULL, &applied, error) ||
      !get_field (self, "batch", &self->batch, error) ||
      !get_field (self, "cursor", &self->cursor, error) ||
      !vs_redis_read_list (self, 0, items, refused, error))
    return FALSE;
  *cursor = g_strdup (self->cursor);
  return TRUE;
}

/* ---- life ---- */

static gint
get_fd (gpointer data)
{
  return vs_redis_link_get_fd (((VsQueueRedis *) data)->link);
}

static gint64
get_interval (gpointer data)
{
  return vs_redis_link_is_listening (((VsQueueRedis *) data)->link)
             ? INTERVAL_US
             : DEAF_INTERVAL_US;
}

static void
close_redis (gpointer data)
{
  VsQueueRedis *self = data;

  vs_redis_link_free (self->link);
  g_hash_table_unref (self->by_id);
  g_sequence_free (self->mirror);
  g_free (self->key);
  g_free (self->state_key);
  g_free (self->refused_key);
  g_free (self->run);
  g_free (self->cursor);
  g_free (self->batch);
  g_free (self);
}

gboolean
vs_queue_redis_open (VsQueueBackend *backend, const gchar *location,
    const gchar *run, GError **error)
{
  static const VsQueueBackendClass klass = { load, commit, look, get_fd,
    get_interval, close_redis };
  gchar *key = NULL;
  VsRedisLink *link = vs_redis_link_new (location, &key, error);
  VsQueueRedis *self;

  if (link == NULL)
    return FALSE;
  self = g_new0 (VsQueueRedis, 1);
  self->link = link;
  self->key = key;
  self->state_key = g_strconcat (key, ":state", NULL);
  self->refused_key = g_strconcat (key, ":refused", NULL);
  self->run = g_strdup (run);
  self->mirror = g_sequence_new (vs_redis_entry_free);
  self->by_id = g_hash_table_new (g_str_hash, g_str_equal);
  backend->klass = &klass;
  backend->self = self;
  return TRUE;
}
