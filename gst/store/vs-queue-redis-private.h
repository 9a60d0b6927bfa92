/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-queue-redis-private: what the files of the Redis backend share. */
#pragma once

#include "store/vs-queue-backend.h"
#include "store/vs-redis-link.h"

G_BEGIN_DECLS

#define VS_REDIS_TRIES 20

typedef struct {
  gchar *id, *text;
} VsRedisEntry;

typedef struct {
  VsRedisLink *link;
  gchar *key, *state_key, *refused_key;
  gchar *run;
  guint64 next; /* of ids for foreign items */

  GSequence *mirror; /* VsRedisEntry */
  GHashTable *by_id; /* id → GSequenceIter */
  gchar *cursor;     /* last stored */
  gchar *batch;      /* in KEY:state, as far as we know; or NULL */
  gboolean dirty;    /* the mirror has edits that may not be stored */
  gboolean untold;   /* the mirror was read, and nobody was told */
} VsQueueRedis;

void vs_redis_entry_free (gpointer entry);

void vs_redis_mirror_add (VsQueueRedis *self, const gchar *id,
    const gchar *text, GSequenceIter *before);
void vs_redis_mirror_remove (VsQueueRedis *self, const gchar *id);
void vs_redis_mirror_clear (VsQueueRedis *self);
/* The text of an entry, or NULL. */
const gchar *vs_redis_mirror_get (VsQueueRedis *self, const gchar *id);

/* -1: an error. */
gint64 vs_redis_get_length (VsQueueRedis *self, GError **error);
/* Entries from @from on, as they stand there. */
gboolean vs_redis_read_texts (
    VsQueueRedis *self, gint64 from, GPtrArray *texts, GError **error);
/* RPUSH of many within a transaction. */
void vs_redis_push_texts (VsQueueRedis *self, GPtrArray *texts, guint from);
/* The list from @from on, adopted, into @items and the mirror. */
gboolean vs_redis_read_list (VsQueueRedis *self, gint64 from, GPtrArray *items,
    GPtrArray *refused, GError **error);

G_END_DECLS
