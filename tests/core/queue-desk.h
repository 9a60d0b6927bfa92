/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * queue-desk: a queue and its store, as a channel holds them, for tests. */
#pragma once

#include "store/vs-queue-store.h"

#include <string.h>

#define DESK_START (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)
#define DESK_WAIT_US (20 * G_USEC_PER_SEC)

typedef struct {
  VsQueue *queue;
  VsQueueStore *store;
  gboolean loaded;
  guint seen[VS_QUEUE_CHANGE_RESTORED + 1]; /* changes of each kind */
  gchar *message;                           /* the last one */
  gchar *cursor_error;
  GMutex lock;
  GCond cond;
  guint told;
} Desk;

static inline void
desk_on_store (VsQueueStore *store, gpointer data)
{
  Desk *desk = data;

  g_mutex_lock (&desk->lock);
  desk->told++;
  g_cond_broadcast (&desk->cond);
  g_mutex_unlock (&desk->lock);
}

static inline void
desk_apply (Desk *desk, VsQueueChange *change)
{
  g_autoptr (GError) error = NULL;

  desk->seen[change->kind]++;
  if (change->message != NULL) {
    g_free (desk->message);
    desk->message = g_strdup (change->message);
  }
  if (change->kind == VS_QUEUE_CHANGE_LOADED) {
    desk->loaded = TRUE;
    vs_queue_load (
        desk->queue, change->items, change->cursor, FALSE, DESK_START, &error);
    desk->cursor_error = error != NULL ? g_strdup (error->message) : NULL;
  } else if (change->kind == VS_QUEUE_CHANGE_LIST)
    vs_queue_sync (desk->queue, change->items);
  else if (change->kind == VS_QUEUE_CHANGE_APPENDED)
    vs_queue_sync_appended (desk->queue, change->items);
}

/* Takes changes until one of @kind has come since the last call. */
static inline void
desk_wait (Desk *desk, VsQueueChangeKind kind)
{
  gint64 until = g_get_monotonic_time () + DESK_WAIT_US;
  guint before = desk->seen[kind];

  while (desk->seen[kind] == before) {
    VsQueueChange *change;
    guint told;

    g_mutex_lock (&desk->lock);
    told = desk->told;
    g_mutex_unlock (&desk->lock);
    while ((change = vs_queue_store_take (desk->store)) != NULL) {
      desk_apply (desk, change);
      vs_queue_change_free (change);
    }
    if (desk->seen[kind] != before)
      return;
    g_mutex_lock (&desk->lock);
    while (desk->told == told) {
      if (!g_cond_wait_until (&desk->cond, &desk->lock, until))
        g_error ("no change of kind %d came; problem: %s", kind,
            vs_queue_store_dup_problem (desk->store));
    }
    g_mutex_unlock (&desk->lock);
  }
}

static inline Desk *
desk_try (const gchar *location, const gchar *run, GError **error)
{
  VsQueueStore *store = vs_queue_store_open (location, run, error);
  Desk *desk;

  if (store == NULL)
    return NULL;
  desk = g_new0 (Desk, 1);
  g_mutex_init (&desk->lock);
  g_cond_init (&desk->cond);
  desk->store = store;
  desk->queue = vs_queue_new (run, 25, 1);
  vs_queue_store_set_notify (store, desk_on_store, desk);
  return desk;
}

static inline Desk *
desk_open (const gchar *location, const gchar *run)
{
  g_autoptr (GError) error = NULL;
  Desk *desk = desk_try (location, run, &error);

  g_assert_no_error (error);
  desk_wait (desk, VS_QUEUE_CHANGE_LOADED);
  return desk;
}

static inline void
desk_close (Desk *desk)
{
  vs_queue_store_set_notify (desk->store, NULL, NULL);
  vs_queue_store_free (desk->store);
  vs_queue_free (desk->queue);
  g_mutex_clear (&desk->lock);
  g_cond_clear (&desk->cond);
  g_free (desk->message);
  g_free (desk->cursor_error);
  g_free (desk);
}

static inline guint64
desk_commit (Desk *desk)
{
  return vs_queue_store_commit (desk->store, vs_queue_take_edits (desk->queue),
      vs_queue_save (desk->queue, DESK_START));
}

static inline void
desk_flush (Desk *desk)
{
  desk_commit (desk);
  g_assert_true (vs_queue_store_flush (desk->store, DESK_WAIT_US));
}

static inline void
desk_add (Desk *desk, const gchar *id, guint index)
{
  g_autofree gchar *json =
      g_strdup_printf ("{\"id\": \"%s\", \"uri\": \"file:///%s\"}", id, id);
  g_autoptr (VsQueueItem) item = vs_queue_item_parse (json, -1, NULL);

  g_assert_nonnull (vs_queue_insert (desk->queue, item, index, NULL));
}

/* "on | line": ids of what is on air and what waits; foreign ids as "*URI". */
static inline gchar *
desk_describe (const Desk *desk)
{
  const VsQueueAir *air = vs_queue_get_air (desk->queue);
  GString *out = g_string_new (air != NULL ? air->item->id : "");

  g_string_append (out, "|");
  for (guint i = 0; i < vs_queue_get_length (desk->queue); i++) {
    const VsQueueItem *item = vs_queue_get_nth (desk->queue, i);

    if (i > 0)
      g_string_append_c (out, ' ');
    if (strstr (item->id, "-x") != NULL)
      g_string_append_printf (out, "*%s", strrchr (item->uri, '/') + 1);
    else
      g_string_append (out, item->id);
  }
  return g_string_free (out, FALSE);
}

static inline void
desk_assert (const Desk *desk, const gchar *expected)
{
  g_autofree gchar *found = desk_describe (desk);

  g_assert_cmpstr (found, ==, expected);
}
