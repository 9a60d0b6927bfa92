/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The list in Redis, and the mirror of it. */
#include "core/vs-error.h"
#include "store/vs-queue-redis-private.h"

#include <string.h>

#define CHUNK 500
#define REFUSED_KEPT "100"

/* Entries that are too large to be items come as their size. */
static const gchar read_script[] =
    "local r = redis.call ('LRANGE', KEYS[1], ARGV[1], ARGV[2]) "
    "for i, v in ipairs (r) do "
    "if #v > tonumber (ARGV[3]) then r[i] = 'an entry of ' .. #v .. ' bytes' "
    "end end return r";

void
vs_redis_entry_free (gpointer data)
{
  VsRedisEntry *entry = data;

  g_free (entry->id);
  g_free (entry->text);
  g_free (entry);
}

/* ---- the mirror ---- */

void
vs_redis_mirror_add (VsQueueRedis *self, const gchar *id, const gchar *text,
    GSequenceIter *before)
{
  VsRedisEntry *entry = g_new0 (VsRedisEntry, 1);

  entry->id = g_strdup (id);
  entry->text = g_strdup (text);
  g_hash_table_insert (
      self->by_id, entry->id, g_sequence_insert_before (before, entry));
}

void
vs_redis_mirror_remove (VsQueueRedis *self, const gchar *id)
{
  GSequenceIter *iter = g_hash_table_lookup (self->by_id, id);

  if (iter == NULL)
    return;
  g_hash_table_remove (self->by_id, id);
  g_sequence_remove (iter);
}

void
vs_redis_mirror_clear (VsQueueRedis *self)
{
  g_hash_table_remove_all (self->by_id);
  g_sequence_remove_range (g_sequence_get_begin_iter (self->mirror),
      g_sequence_get_end_iter (self->mirror));
}

const gchar *
vs_redis_mirror_get (VsQueueRedis *self, const gchar *id)
{
  GSequenceIter *iter =
      id != NULL ? g_hash_table_lookup (self->by_id, id) : NULL;

  return iter != NULL ? ((VsRedisEntry *) g_sequence_get (iter))->text : NULL;
}

/* ---- reading ---- */

gint64
vs_redis_get_length (VsQueueRedis *self, GError **error)
{
  g_autoptr (VsRedisReply) reply =
      vs_redis_link_run (self->link, error, "LLEN", self->key, NULL);

  return reply != NULL && reply->type == REDIS_REPLY_INTEGER ? reply->integer
                                                             : -1;
}

/* Entries from @from on, as they stand there. */
gboolean
vs_redis_read_texts (
    VsQueueRedis *self, gint64 from, GPtrArray *texts, GError **error)
{
  for (;;) {
    g_autofree gchar *first = g_strdup_printf ("%" G_GINT64_FORMAT, from);
    g_autofree gchar *last =
        g_strdup_printf ("%" G_GINT64_FORMAT, from + CHUNK - 1);
    g_autoptr (VsRedisReply) reply =
        vs_redis_link_run (self->link, error, "EVAL", read_script, "1",
            self->key, first, last, G_STRINGIFY (65536), NULL);

    if (reply == NULL)
      return FALSE;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0)
      return TRUE;
    for (gsize i = 0; i < reply->elements; i++)
      g_ptr_array_add (texts, g_strdup (reply->element[i]->str));
    from += (gint64) reply->elements;
    if (texts->len >= VS_QUEUE_LENGTH_MAX)
      return TRUE;
  }
}

/* RPUSH of many, in commands of a bounded size. */
void
vs_redis_push_texts (VsQueueRedis *self, GPtrArray *texts, guint from)
{
  for (guint i = from; i < texts->len; i += CHUNK) {
    GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

    g_ptr_array_add (words, g_strdup ("RPUSH"));
    g_ptr_array_add (words, g_strdup (self->key));
    for (guint n = i; n < MIN (i + CHUNK, texts->len); n++)
      g_ptr_array_add (words, g_strdup (g_ptr_array_index (texts, n)));
    vs_redis_link_add (self->link, words);
  }
}

typedef struct {
  GPtrArray *items; /* VsQueueItem */
  GPtrArray *texts; /* one for each */
  GPtrArray *aside; /* texts that are no items */
  GPtrArray *refused;
  guint first_changed; /* in items; G_MAXUINT: none */
} Adopted;

static void
adopt (VsQueueRedis *self, GPtrArray *texts, GHashTable *known, Adopted *out)
{
  g_autoptr (GHashTable) seen =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  out->first_changed = G_MAXUINT;
  for (guint i = 0; i < texts->len; i++) {
    const gchar *text = g_ptr_array_index (texts, i);
    gboolean changed;
    VsQueueItem *item = vs_queue_adopt (
        text, -1, self->run, &self->next, seen, known, &changed, out->refused);

    if (changed)
      out->first_changed = MIN (out->first_changed, out->items->len);
    if (item == NULL) {
      g_ptr_array_add (out->aside, g_strdup (text));
      continue;
    }
    g_ptr_array_add (out->items, item);
    g_ptr_array_add (
        out->texts, changed ? vs_queue_item_to_json (item) : g_strdup (text));
  }
}

/* The tail from @from on becomes what was adopted: with ids, and without what
 * is no item. FALSE and no error: the list was changed in between. */
static gboolean
write_back (
    VsQueueRedis *self, gint64 from, const Adopted *adopted, GError **error)
{
  gint64 keep = from + (gint64) adopted->first_changed;
  g_autofree gchar *last = g_strdup_printf ("%" G_GINT64_FORMAT, keep - 1);

  if (adopted->first_changed != G_MAXUINT) {
    if (keep == 0)
      vs_redis_link_add_words (self->link, "DEL", self->key, NULL);
    else
      vs_redis_link_add_words (self->link, "LTRIM", self->key, "0", last, NULL);
    vs_redis_push_texts (self, adopted->texts, adopted->first_changed);
  }
  for (guint i = 0; i < adopted->aside->len; i++)
    vs_redis_link_add_words (self->link, "RPUSH", self->refused_key,
        g_ptr_array_index (adopted->aside, i), NULL);
  if (adopted->aside->len > 0)
    vs_redis_link_add_words (
        self->link, "LTRIM", self->refused_key, "-" REFUSED_KEPT, "-1", NULL);
  vs_redis_link_add_words (self->link, "LLEN", self->key, NULL);
  return vs_redis_link_exec (self->link, error);
}

/* One try. TRUE: done; FALSE and no error: again. */
static gboolean
try_read (VsQueueRedis *self, gint64 from, Adopted *out, GError **error)
{
  g_autoptr (VsRedisReply) watch =
      vs_redis_link_run (self->link, error, "WATCH", self->key, NULL);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  if (watch == NULL || !vs_redis_read_texts (self, from, texts, error))
    return FALSE;
  adopt (self, texts, from > 0 ? self->by_id : NULL, out);
  return write_back (self, from, out, error);
}

/* The list from @from on, adopted, into @items and the mirror. */
gboolean
vs_redis_read_list (VsQueueRedis *self, gint64 from, GPtrArray *items,
    GPtrArray *refused, GError **error)
{
  g_autoptr (GError) reason = NULL;

  for (guint i = 0; i < VS_REDIS_TRIES; i++) {
    g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GPtrArray) aside = g_ptr_array_new_with_free_func (g_free);
    Adopted out = { items, texts, aside, refused, 0 };

    g_ptr_array_set_size (items, 0);
    g_ptr_array_set_size (refused, 0);
    if (!try_read (self, from, &out, &reason)) {
      if (reason == NULL)
        continue;
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
    if (from == 0)
      vs_redis_mirror_clear (self);
    for (guint n = 0; n < items->len; n++)
      vs_redis_mirror_add (self,
          ((VsQueueItem *) g_ptr_array_index (items, n))->id,
          g_ptr_array_index (texts, n), g_sequence_get_end_iter (self->mirror));
    return TRUE;
  }
  g_set_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE,
      "The queue “%s” in Redis changes faster than it can be read.", self->key);
  return FALSE;
}
