/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/vs-desk-file.h"

#include "core/vs-error.h"
#include "store/vs-queue-store.h"

/* Positions are in frames of the channel's worker; nothing here plays. */
#define FPS 30

#define WAIT_US (3 * G_USEC_PER_SEC)
#define FIRST_MAX 10000

struct _VsDeskFile {
  VsQueueStore *store;
  VsQueue *queue;

  GMutex lock;
  GCond cond;
  gboolean there; /* under lock: the store has something to tell */
};

static void
on_store (VsQueueStore *store, gpointer user_data)
{
  VsDeskFile *self = user_data;

  g_mutex_lock (&self->lock);
  self->there = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* FALSE: nothing was told in time. */
static gboolean
wait_for_store (VsDeskFile *self)
{
  gint64 until = g_get_monotonic_time () + WAIT_US;
  gboolean there;

  g_mutex_lock (&self->lock);
  while (!self->there && g_cond_wait_until (&self->cond, &self->lock, until))
    continue;
  there = self->there;
  self->there = FALSE;
  g_mutex_unlock (&self->lock);
  return there;
}

static void
take_change (VsDeskFile *self, const VsQueueChange *change)
{
  if (change->kind == VS_QUEUE_CHANGE_LIST)
    vs_queue_sync (self->queue, change->items);
  else if (change->kind == VS_QUEUE_CHANGE_APPENDED)
    vs_queue_sync_appended (self->queue, change->items);
}

/* What others have written meanwhile. */
static void
take_changes (VsDeskFile *self)
{
  VsQueueChange *change;

  while ((change = vs_queue_store_take (self->store)) != NULL) {
    take_change (self, change);
    vs_queue_change_free (change);
  }
}

static void
enqueue_first (VsDeskFile *self, const gchar *first)
{
  g_autoptr (GPtrArray) items =
      first ? vs_queue_item_parse_list (first, -1, FIRST_MAX, NULL) : NULL;

  for (guint i = 0; items && i < items->len; i++)
    (void) vs_queue_enqueue (self->queue, items->pdata[i], NULL);
}

/* Nobody plays: what is on air stands still, whenever that is. */
static gboolean
commit (VsDeskFile *self)
{
  vs_queue_store_commit (self->store, vs_queue_take_edits (self->queue),
      vs_queue_save (self->queue, g_get_real_time ()));
  return vs_queue_store_flush (self->store, WAIT_US);
}

static gboolean
load (VsDeskFile *self, const gchar *first, GError **error)
{
  g_autoptr (VsQueueChange) change = NULL;
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autofree gchar *problem = NULL;

  while (!change && wait_for_store (self)) {
    change = vs_queue_store_take (self->store);
    if (change && change->kind != VS_QUEUE_CHANGE_LOADED)
      g_clear_pointer (&change, vs_queue_change_free);
  }
  if (!change) {
    problem = vs_queue_store_dup_problem (self->store);
    g_set_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE,
        "The channel's queue cannot be read now%s%s", problem ? ": " : ".",
        problem ? problem : "");
    return FALSE;
  }
  (void) vs_queue_load (self->queue, change->items ? change->items : none,
      change->cursor, FALSE, g_get_real_time (), NULL);
  if (!change->cursor && (!change->items || change->items->len == 0)) {
    enqueue_first (self, first);
    (void) commit (self);
  }
  return TRUE;
}

VsDeskFile *
vs_desk_file_open (const gchar *path, const gchar *first, GError **error)
{
  g_autofree gchar *location = g_strconcat ("sqlite://", path, NULL);
  g_autofree gchar *uuid = g_uuid_string_random ();
  g_autofree gchar *run = g_strndup (uuid, 8);
  VsQueueStore *store = vs_queue_store_open (location, run, error);
  g_autoptr (VsDeskFile) self = NULL;

  if (!store)
    return NULL;
  self = g_new0 (VsDeskFile, 1);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->store = store;
  self->queue = vs_queue_new (run, FPS, 1);
  vs_queue_store_set_notify (store, on_store, self);
  return load (self, first, error) ? g_steal_pointer (&self) : NULL;
}

void
vs_desk_file_close (VsDeskFile *self)
{
  if (!self)
    return;
  vs_queue_store_set_notify (self->store, NULL, NULL);
  vs_queue_store_free (self->store);
  vs_queue_free (self->queue);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

gchar *
vs_desk_file_order (VsDeskFile *self, const gchar *order, GError **error)
{
  static const VsQueueTerms terms = { VS_QUEUE_CUT_FRAME, VS_QUEUE_RESUME,
    FALSE };
  guint64 version;
  g_autofree gchar *answer = NULL;
  g_autoptr (GString) text = NULL;
  g_autoptr (GPtrArray) events = NULL;
  gboolean stored;

  take_changes (self);
  version = vs_queue_get_version (self->queue);
  answer = vs_queue_order (self->queue, order, -1, &terms, error);
  events = vs_queue_take_events (self->queue); /* nobody is told */
  if (!answer || vs_queue_get_version (self->queue) == version)
    return g_steal_pointer (&answer);
  stored = commit (self);
  text = g_string_new (answer);
  g_string_truncate (text, text->len - 1);
  g_string_append_printf (text, ", \"stored\": %s}", stored ? "true" : "false");
  return g_string_free (g_steal_pointer (&text), FALSE);
}
