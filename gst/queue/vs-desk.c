/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-desk.h"

#include "core/vs-error.h"
#include "store/vs-queue-store.h"

/* Items that may wait for the store, or come in one list. */
#define MAX_ITEMS 100000

struct _VsDesk {
  VsDeskNotice notice;
  gpointer data;
  gboolean join;
  gchar *run;
  VsQueueStore *store;

  GMutex lock;
  /* under lock */
  VsQueue *queue;
  gboolean loaded;
  GPtrArray *waiting; /* VsQueueItem, until loaded */
  GPtrArray *first;   /* VsQueueItem, for a queue that is empty; or NULL */
  guint64 committed;  /* number of the last commit */
};

static void
commit_locked (VsDesk *desk, gboolean save)
{
  GPtrArray *edits = vs_queue_take_edits (desk->queue);

  if (edits || save)
    desk->committed = vs_queue_store_commit (
        desk->store, edits, vs_queue_save (desk->queue, g_get_real_time ()));
}

static gboolean
is_empty (const VsQueue *queue)
{
  return !vs_queue_get_air (queue) && vs_queue_get_length (queue) == 0 &&
         vs_queue_get_timed (queue) == 0;
}

/* Returns what was refused, or NULL. */
static gchar *
enqueue_all_locked (VsDesk *desk, GPtrArray *items)
{
  gchar *refused = NULL;

  for (guint i = 0; items && i < items->len; i++) {
    g_autoptr (GError) error = NULL;

    if (!vs_queue_enqueue (desk->queue, g_ptr_array_index (items, i), &error) &&
        !refused)
      refused = g_strdup (error->message);
  }
  return refused;
}

/* What came before the store did. */
static gchar *
take_waiting_locked (VsDesk *desk)
{
  g_autofree gchar *first =
      is_empty (desk->queue) ? enqueue_all_locked (desk, desk->first) : NULL;
  gchar *refused = enqueue_all_locked (desk, desk->waiting);

  g_ptr_array_set_size (desk->waiting, 0);
  g_clear_pointer (&desk->first, g_ptr_array_unref);
  return refused ? refused : g_steal_pointer (&first);
}

static gchar *
load_locked (VsDesk *desk, const VsQueueChange *change)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  gchar *refused;

  vs_queue_load (desk->queue, change->items ? change->items : none,
      change->cursor, desk->join, g_get_real_time (), &error);
  desk->loaded = TRUE;
  if (change->cursor) /* it has run before, and may have come to its end */
    g_clear_pointer (&desk->first, g_ptr_array_unref);
  refused = take_waiting_locked (desk);
  commit_locked (desk, FALSE);
  if (error) {
    g_free (refused);
    refused = g_strdup (error->message);
  }
  return refused;
}

static void
take_change (VsDesk *desk, const VsQueueChange *change)
{
  g_autofree gchar *message = g_strdup (change->message);

  g_mutex_lock (&desk->lock);
  switch (change->kind) {
    case VS_QUEUE_CHANGE_LOADED:
      g_free (message);
      message = load_locked (desk, change);
      break;
    case VS_QUEUE_CHANGE_LIST:
      vs_queue_sync (desk->queue, change->items);
      break;
    case VS_QUEUE_CHANGE_APPENDED:
      vs_queue_sync_appended (desk->queue, change->items);
      break;
    case VS_QUEUE_CHANGE_REFUSED:
    case VS_QUEUE_CHANGE_DEGRADED:
    case VS_QUEUE_CHANGE_RESTORED:
    default:
      break;
  }
  g_mutex_unlock (&desk->lock);
  if (message || change->kind == VS_QUEUE_CHANGE_RESTORED)
    desk->notice (message ? message : "The queue's store is back.",
        change->kind != VS_QUEUE_CHANGE_RESTORED, desk->data);
}

static void
on_store (VsQueueStore *store, gpointer data)
{
  VsQueueChange *change;

  while ((change = vs_queue_store_take (store)) != NULL) {
    take_change (data, change);
    vs_queue_change_free (change);
  }
}

VsDesk *
vs_desk_new (const VsDeskSettings *settings, VsDeskNotice notice, gpointer data,
    GError **error)
{
  VsDesk *desk;
  g_autofree gchar *uuid = g_uuid_string_random ();
  g_autofree gchar *run = g_strndup (uuid, 8);
  VsQueueStore *store = vs_queue_store_open (
      settings->location ? settings->location : "memory:", run, error);

  if (!store)
    return NULL;
  desk = g_new0 (VsDesk, 1);
  desk->notice = notice;
  desk->data = data;
  desk->join = settings->join;
  desk->run = g_steal_pointer (&run);
  desk->store = store;
  desk->queue = vs_queue_new (desk->run, settings->fps_n, settings->fps_d);
  desk->waiting =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_item_unref);
  g_mutex_init (&desk->lock);
  vs_queue_store_set_notify (store, on_store, desk);
  return desk;
}

void
vs_desk_free (VsDesk *desk)
{
  vs_queue_store_set_notify (desk->store, NULL, NULL);
  g_mutex_lock (&desk->lock);
  if (desk->loaded)
    commit_locked (desk, TRUE);
  g_mutex_unlock (&desk->lock);
  vs_queue_store_free (desk->store);
  vs_queue_free (desk->queue);
  g_ptr_array_unref (desk->waiting);
  g_clear_pointer (&desk->first, g_ptr_array_unref);
  g_mutex_clear (&desk->lock);
  g_free (desk->run);
  g_free (desk);
}

VsQueue *
vs_desk_lock (VsDesk *desk)
{
  g_mutex_lock (&desk->lock);
  if (desk->loaded)
    return desk->queue;
  g_mutex_unlock (&desk->lock);
  return NULL;
}

void
vs_desk_unlock (VsDesk *desk, gboolean save)
{
  commit_locked (desk, save);
  g_mutex_unlock (&desk->lock);
}

static VsQueue *
lock_or_refuse (VsDesk *desk, GError **error)
{
  VsQueue *queue = vs_desk_lock (desk);

  if (!queue)
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The queue's store has not loaded yet; items can be enqueued, "
        "anything else has to wait.");
  return queue;
}

/* Before the store has loaded an item gets its id from us. */
static gchar *
wait_locked (VsDesk *desk, VsQueueItem *item, GError **error)
{
  if (desk->waiting->len >= MAX_ITEMS) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "Too many items wait for the queue's store.");
    return NULL;
  }
  if (!item->id) {
    g_autofree gchar *id =
        g_strdup_printf ("%s-w%u", desk->run, desk->waiting->len);

    g_ptr_array_add (desk->waiting, vs_queue_item_with_id (item, id));
    return g_steal_pointer (&id);
  }
  g_ptr_array_add (desk->waiting, vs_queue_item_ref (item));
  return g_strdup (item->id);
}

gchar *
vs_desk_enqueue (VsDesk *desk, const gchar *json, GError **error)
{
  g_autoptr (VsQueueItem) item = vs_queue_item_parse (json, -1, error);
  const VsQueueItem *queued;
  gchar *id = NULL;

  if (!item)
    return NULL;
  g_mutex_lock (&desk->lock);
  if (desk->loaded) {
    queued = vs_queue_enqueue (desk->queue, item, error);
    id = queued ? g_strdup (queued->id) : NULL;
    commit_locked (desk, FALSE);
  } else {
    id = wait_locked (desk, item, error);
  }
  g_mutex_unlock (&desk->lock);
  return id;
}

gboolean
vs_desk_enqueue_first (VsDesk *desk, const gchar *json, GError **error)
{
  g_autoptr (GPtrArray) items =
      vs_queue_item_parse_list (json, -1, MAX_ITEMS, error);

  if (!items)
    return FALSE;
  g_mutex_lock (&desk->lock);
  if (!desk->loaded) {
    g_clear_pointer (&desk->first, g_ptr_array_unref);
    desk->first = g_ptr_array_ref (items);
  } else if (is_empty (desk->queue)) {
    g_free (enqueue_all_locked (desk, items));
    commit_locked (desk, FALSE);
  }
  g_mutex_unlock (&desk->lock);
  return TRUE;
}

gchar *
vs_desk_insert (VsDesk *desk, const gchar *json, guint index, GError **error)
{
  g_autoptr (VsQueueItem) item = vs_queue_item_parse (json, -1, error);
  VsQueue *queue = item ? lock_or_refuse (desk, error) : NULL;
  const VsQueueItem *queued;
  gchar *id;

  if (!queue)
    return NULL;
  queued = vs_queue_insert (queue, item, index, error);
  id = queued ? g_strdup (queued->id) : NULL;
  vs_desk_unlock (desk, FALSE);
  return id;
}

gchar *
vs_desk_interrupt (VsDesk *desk, const gchar *json, VsQueueCut cut,
    gint64 at_us, VsQueueResume resume, GError **error)
{
  g_autoptr (VsQueueItem) item = vs_queue_item_parse (json, -1, error);
  VsQueue *queue = item ? lock_or_refuse (desk, error) : NULL;
  const VsQueueItem *queued;
  gchar *id;

  if (!queue)
    return NULL;
  queued = vs_queue_interrupt (queue, item, cut, at_us, resume, error);
  id = queued ? g_strdup (queued->id) : NULL;
  vs_desk_unlock (desk, FALSE);
  return id;
}

gboolean
vs_desk_replace (
    VsDesk *desk, const gchar *json, VsQueueCut cut, GError **error)
{
  g_autoptr (GPtrArray) items =
      vs_queue_item_parse_list (json, -1, MAX_ITEMS, error);
  VsQueue *queue = items ? lock_or_refuse (desk, error) : NULL;
  gboolean ok;

  if (!queue)
    return FALSE;
  ok = vs_queue_replace (queue, items, cut, error);
  vs_desk_unlock (desk, FALSE);
  return ok;
}

gboolean
vs_desk_remove (VsDesk *desk, const gchar *id, GError **error)
{
  VsQueue *queue = lock_or_refuse (desk, error);
  gboolean ok;

  if (!queue)
    return FALSE;
  ok = vs_queue_remove (queue, id, error);
  vs_desk_unlock (desk, FALSE);
  return ok;
}

gboolean
vs_desk_clear (VsDesk *desk, VsQueueCut cut, GError **error)
{
  VsQueue *queue = lock_or_refuse (desk, error);

  if (!queue)
    return FALSE;
  vs_queue_clear (queue, cut);
  vs_desk_unlock (desk, FALSE);
  return TRUE;
}

gboolean
vs_desk_skip (VsDesk *desk, GError **error)
{
  VsQueue *queue = lock_or_refuse (desk, error);
  gboolean ok;

  if (!queue)
    return FALSE;
  ok = vs_queue_skip (queue, error);
  vs_desk_unlock (desk, FALSE);
  return ok;
}

gboolean
vs_desk_return (VsDesk *desk, GError **error)
{
  VsQueue *queue = lock_or_refuse (desk, error);
  gboolean ok;

  if (!queue)
    return FALSE;
  ok = vs_queue_return (queue, error);
  vs_desk_unlock (desk, FALSE);
  return ok;
}

gchar *
vs_desk_order (VsDesk *desk, const gchar *order, const VsQueueTerms *terms,
    gboolean *changed, GError **error)
{
  VsQueue *queue = vs_desk_lock (desk);
  guint64 version;
  gchar *answer;

  *changed = FALSE;
  if (!queue) {
    g_set_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE,
        "The queue's store has not loaded yet.");
    return NULL;
  }
  version = vs_queue_get_version (queue);
  answer = vs_queue_order (queue, order, -1, terms, error);
  *changed = vs_queue_get_version (queue) != version;
  /* an interrupt is in the cursor, and makes no edit */
  vs_desk_unlock (desk, *changed);
  return answer;
}

gboolean
vs_desk_flush (VsDesk *desk, gint64 timeout_us)
{
  guint64 number;

  g_mutex_lock (&desk->lock);
  number = desk->committed;
  g_mutex_unlock (&desk->lock);
  return vs_queue_store_flush (desk->store, timeout_us) ||
         vs_queue_store_is_stored (desk->store, number);
}

gchar *
vs_desk_dup_current (VsDesk *desk, guint64 *position)
{
  VsQueue *queue = vs_desk_lock (desk);
  const VsQueueAir *air = queue ? vs_queue_get_air (queue) : NULL;
  gchar *json = air ? vs_queue_item_to_json (air->item) : NULL;

  *position = air ? air->position : 0;
  if (queue)
    g_mutex_unlock (&desk->lock);
  return json;
}

gchar *
vs_desk_dup_queue (VsDesk *desk, guint max, guint *length)
{
  VsQueue *queue = vs_desk_lock (desk);
  GString *json = g_string_new ("[");
  guint n = 0;

  if (queue) {
    n = vs_queue_get_length (queue) + vs_queue_get_timed (queue);
    for (guint i = 0; i < MIN (n, max); i++) {
      g_autofree gchar *one =
          vs_queue_item_to_json (vs_queue_get_nth (queue, i));

      g_string_append_printf (json, "%s%s", i ? "," : "", one);
    }
    g_mutex_unlock (&desk->lock);
  }
  *length = n;
  g_string_append_c (json, ']');
  return g_string_free (json, FALSE);
}
