/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The thread between an owner that never waits and a backend that does. What
 * is committed while the backend is busy or away is merged: edits in their
 * order, of cursors the last one. One batch at a time is under way; it is
 * asked for again, under the same number, until it is stored. */
#include "store/vs-queue-store.h"

#include "core/vs-error.h"
#include "store/vs-queue-backend.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RETRY_FIRST_US (100 * 1000)
#define RETRY_MAX_US (5 * G_USEC_PER_SEC)
#define CLOSE_US (3 * G_USEC_PER_SEC)
#define CHANGES_MAX 64 /* that nobody takes */

struct _VsQueueStore {
  VsQueueBackend backend;
  gchar *run;
  GThread *thread;
  gint wake_fd;

  /* the thread's own */
  gboolean loaded;
  gint64 retry_at_us; /* monotonic; 0: nothing to retry */
  gint64 retry_us;
  gint64 look_at_us;
  GPtrArray *busy_edits; /* of the batch under way */
  gchar *busy_cursor;
  guint64 busy_number; /* 0: none under way */

  GMutex lock;
  GCond cond;
  /* under lock */
  VsQueueNotify notify;
  gpointer notify_data;
  gboolean in_notify;
  GQueue changes;
  GPtrArray *edits;
  gchar *cursor;
  guint64 number;      /* of the last commit */
  guint64 stored;      /* of the last one that is durable */
  guint64 edit_number; /* of the last one with edits */
  gboolean look;       /* the list has to be read anew */
  gboolean degraded;
  gchar *problem;
  gint64 close_at_us; /* 0: open */
};

/* A change, and the last commit with edits that it has in it. */
typedef struct {
  VsQueueChange change;
  guint64 edit_number;
} Told;

void
vs_queue_change_free (VsQueueChange *change)
{
  if (change == NULL)
    return;
  g_clear_pointer (&change->items, g_ptr_array_unref);
  g_free (change->cursor);
  g_free (change->message);
  g_free (change);
}

static void
wake (VsQueueStore *store)
{
  guint64 one = 1;

  while (write (store->wake_fd, &one, sizeof (one)) < 0 && errno == EINTR)
    ;
}

static GPtrArray *
new_items (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_item_unref);
}

/* ---- telling ---- */

static void
call_notify (VsQueueStore *store)
{
  VsQueueNotify notify;
  gpointer data;

  g_mutex_lock (&store->lock);
  notify = g_queue_is_empty (&store->changes) ? NULL : store->notify;
  data = store->notify_data;
  store->in_notify = notify != NULL;
  g_mutex_unlock (&store->lock);
  if (notify == NULL)
    return;
  notify (store, data);
  g_mutex_lock (&store->lock);
  store->in_notify = FALSE;
  g_cond_broadcast (&store->cond);
  g_mutex_unlock (&store->lock);
}

static gboolean
is_list (const Told *told)
{
  return told->change.kind == VS_QUEUE_CHANGE_LIST ||
         told->change.kind == VS_QUEUE_CHANGE_APPENDED;
}

/* Where nobody takes what is told, lists are read anew later, and of
 * sentences the oldest go. */
static void
make_room_locked (VsQueueStore *store)
{
  for (GList *link = store->changes.head; link != NULL; link = link->next) {
    Told *told = link->data;

    if (told->change.kind == VS_QUEUE_CHANGE_LOADED)
      continue;
    if (is_list (told))
      store->look = TRUE;
    g_queue_delete_link (&store->changes, link);
    vs_queue_change_free (&told->change);
    return;
  }
}

/* Takes @items, @cursor. */
static void
tell (VsQueueStore *store, VsQueueChangeKind kind, GPtrArray *items,
    gchar *cursor, const gchar *message, guint64 edit_number)
{
  Told *told = g_new0 (Told, 1);

  told->change.kind = kind;
  told->change.items = items;
  told->change.cursor = cursor;
  told->change.message = g_strdup (message);
  told->edit_number = edit_number;
  g_mutex_lock (&store->lock);
  if (g_queue_get_length (&store->changes) >= CHANGES_MAX)
    make_room_locked (store);
  g_queue_push_tail (&store->changes, told);
  g_mutex_unlock (&store->lock);
}

static void
tell_refused (VsQueueStore *store, GPtrArray *refused)
{
  for (guint i = 0; i < refused->len; i++)
    tell (store, VS_QUEUE_CHANGE_REFUSED, NULL, NULL,
        g_ptr_array_index (refused, i), 0);
}

VsQueueChange *
vs_queue_store_take (VsQueueStore *store)
{
  Told *told;

  g_mutex_lock (&store->lock);
  while ((told = g_queue_pop_head (&store->changes)) != NULL) {
    if (!is_list (told) || told->edit_number == store->edit_number)
      break;
    /* read before the owner's last edits were made to it */
    vs_queue_change_free (&told->change);
    store->look = TRUE;
    wake (store);
  }
  g_mutex_unlock (&store->lock);
  return told != NULL ? &told->change : NULL;
}

void
vs_queue_store_set_notify (
    VsQueueStore *store, VsQueueNotify notify, gpointer user_data)
{
  g_mutex_lock (&store->lock);
  store->notify = notify;
  store->notify_data = user_data;
  while (
      notify == NULL && store->in_notify && g_thread_self () != store->thread)
    g_cond_wait (&store->cond, &store->lock);
  g_mutex_unlock (&store->lock);
  wake (store);
}

/* ---- the thread ---- */

/* The backend is away, or back. */
static void
judge (VsQueueStore *store, const GError *error)
{
  gboolean was, changed;

  g_mutex_lock (&store->lock);
  was = store->degraded;
  store->degraded = error != NULL;
  changed = was != store->degraded ||
            (error != NULL && g_strcmp0 (store->problem, error->message) != 0);
  g_free (store->problem);
  store->problem = error != NULL ? g_strdup (error->message) : NULL;
  if (was && error == NULL)
    store->look = TRUE;
  g_cond_broadcast (&store->cond);
  g_mutex_unlock (&store->lock);

  if (error == NULL) {
    store->retry_at_us = 0;
    store->retry_us = RETRY_FIRST_US;
  } else {
    store->retry_at_us = g_get_monotonic_time () + store->retry_us;
    store->retry_us = MIN (store->retry_us * 2, RETRY_MAX_US);
  }
  if (changed)
    tell (store,
        error != NULL ? VS_QUEUE_CHANGE_DEGRADED : VS_QUEUE_CHANGE_RESTORED,
        NULL, NULL, error != NULL ? error->message : NULL, 0);
}

static void
load (VsQueueStore *store)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) items = new_items ();
  g_autoptr (GPtrArray) refused = g_ptr_array_new_with_free_func (g_free);
  gchar *cursor = NULL;

  store->loaded = store->backend.klass->load (
      store->backend.self, items, &cursor, refused, &error);
  judge (store, error);
  if (!store->loaded)
    return;
  tell (
      store, VS_QUEUE_CHANGE_LOADED, g_steal_pointer (&items), cursor, NULL, 0);
  tell_refused (store, refused);
  g_mutex_lock (&store->lock);
  store->look = FALSE;
  g_mutex_unlock (&store->lock);
}

/* TRUE: there is a batch to be stored. */
static gboolean
take_batch (VsQueueStore *store)
{
  g_mutex_lock (&store->lock);
  if (store->busy_number == 0 && store->stored < store->number) {
    store->busy_edits = g_steal_pointer (&store->edits);
    store->busy_cursor = g_steal_pointer (&store->cursor);
    store->busy_number = store->number;
  }
  g_mutex_unlock (&store->lock);
  return store->busy_number != 0;
}

static void
commit (VsQueueStore *store)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = store->backend.klass->commit (store->backend.self,
      store->busy_edits, store->busy_cursor, store->busy_number, &error);

  if (ok) {
    g_clear_pointer (&store->busy_edits, g_ptr_array_unref);
    g_clear_pointer (&store->busy_cursor, g_free);
    g_mutex_lock (&store->lock);
    store->stored = store->busy_number;
    store->busy_number = 0;
    g_cond_broadcast (&store->cond);
    g_mutex_unlock (&store->lock);
  }
  judge (store, error);
}

static void
look (VsQueueStore *store, gboolean force)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) items = new_items ();
  g_autoptr (GPtrArray) refused = g_ptr_array_new_with_free_func (g_free);
  guint64 edit_number;
  VsQueueLook seen;

  g_mutex_lock (&store->lock);
  store->look = FALSE;
  edit_number = store->edit_number;
  g_mutex_unlock (&store->lock);
  seen = store->backend.klass->look (
      store->backend.self, force, items, refused, &error);
  if (seen == VS_QUEUE_LOOK_FAILED) {
    g_mutex_lock (&store->lock);
    store->look = TRUE;
    g_mutex_unlock (&store->lock);
  }
  judge (store, error);
  if (seen == VS_QUEUE_LOOK_LIST || seen == VS_QUEUE_LOOK_APPENDED)
    tell (store,
        seen == VS_QUEUE_LOOK_LIST ? VS_QUEUE_CHANGE_LIST
                                   : VS_QUEUE_CHANGE_APPENDED,
        g_steal_pointer (&items), NULL, NULL, edit_number);
  tell_refused (store, refused);
}

/* One step; FALSE: nothing was there to do. */
static gboolean
work (VsQueueStore *store, gboolean readable)
{
  gint64 now = g_get_monotonic_time ();
  gint64 interval = store->backend.klass->get_interval (store->backend.self);
  gboolean force;

  if (store->retry_at_us > now)
    return FALSE;
  if (!store->loaded) {
    load (store);
    return TRUE;
  }
  if (take_batch (store)) {
    commit (store);
    return TRUE;
  }
  g_mutex_lock (&store->lock);
  force = store->look;
  g_mutex_unlock (&store->lock);
  if (!force && !readable && (interval < 0 || now < store->look_at_us))
    return FALSE;
  look (store, force);
  store->look_at_us = g_get_monotonic_time () + MAX (interval, 0);
  return TRUE;
}

/* When there is something to do without being woken; -1: never. */
static gint64
get_next_us (VsQueueStore *store)
{
  gint64 interval = store->backend.klass->get_interval (store->backend.self);

  if (store->retry_at_us != 0)
    return store->retry_at_us;
  return interval >= 0 ? store->look_at_us : -1;
}

/* TRUE: the backend has something to read. */
static gboolean
wait_for_work (VsQueueStore *store, gint64 until_us)
{
  GPollFD fds[2] = { { store->wake_fd, G_IO_IN, 0 },
    { store->backend.klass->get_fd (store->backend.self), G_IO_IN, 0 } };
  guint n = fds[1].fd >= 0 && store->retry_at_us == 0 ? 2 : 1;
  gint64 left_us = until_us - g_get_monotonic_time ();
  guint64 count;

  g_poll (fds, n,
      until_us < 0 ? -1 : (gint) (CLAMP (left_us, 0, G_MAXINT32) / 1000 + 1));
  if (fds[0].revents != 0 && read (store->wake_fd, &count, sizeof (count)) < 0)
    return FALSE;
  return n > 1 && fds[1].revents != 0;
}

static gboolean
is_closing (VsQueueStore *store, gint64 *close_at_us)
{
  gboolean closing, idle;

  g_mutex_lock (&store->lock);
  *close_at_us = store->close_at_us;
  closing = *close_at_us != 0;
  idle = store->stored == store->number || !store->loaded;
  g_mutex_unlock (&store->lock);
  return closing && (idle || g_get_monotonic_time () >= *close_at_us);
}

static gpointer
run_thread (gpointer data)
{
  VsQueueStore *store = data;
  gboolean readable = FALSE;
  gint64 close_at_us, next_us;
  sigset_t pipe;

  /* hiredis writes to sockets that the server has closed */
  sigemptyset (&pipe);
  sigaddset (&pipe, SIGPIPE);
  pthread_sigmask (SIG_BLOCK, &pipe, NULL);
  while (!is_closing (store, &close_at_us)) {
    gboolean worked = work (store, readable);

    call_notify (store);
    readable = FALSE;
    if (worked)
      continue;
    next_us = get_next_us (store);
    if (close_at_us != 0 && (next_us < 0 || close_at_us < next_us))
      next_us = close_at_us;
    readable = wait_for_work (store, next_us);
  }
  return NULL;
}

/* ---- the owner's side ---- */

static const struct {
  const gchar *scheme;
  VsQueueBackendOpen open;
} kinds[] = {
  { "memory:", vs_queue_memory_open },
  { "sqlite:", vs_queue_sqlite_open },
#ifdef VS_HAVE_REDIS
  { "redis:", vs_queue_redis_open },
  { "redis+unix:", vs_queue_redis_open },
#endif
};

static gboolean
open_backend (VsQueueBackend *backend, const gchar *location, const gchar *run,
    GError **error)
{
  g_autofree gchar *masked = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (g_str_has_prefix (location, kinds[i].scheme))
      return kinds[i].open (backend, location, run, error);
  }
  masked = vs_queue_store_mask (location);
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "“%s” is no place for a queue in this build: write memory:, "
      "sqlite:///folder/channel.db or redis://host/0?key=channel.",
      masked);
  return FALSE;
}

VsQueueStore *
vs_queue_store_open (const gchar *location, const gchar *run, GError **error)
{
  VsQueueBackend backend;
  VsQueueStore *store;

  if (!open_backend (&backend, location, run, error))
    return NULL;
  store = g_new0 (VsQueueStore, 1);
  store->backend = backend;
  store->run = g_strdup (run);
  store->retry_us = RETRY_FIRST_US;
  store->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  g_mutex_init (&store->lock);
  g_cond_init (&store->cond);
  g_queue_init (&store->changes);
  store->thread = g_thread_new ("vs-queue-store", run_thread, store);
  return store;
}

void
vs_queue_store_free (VsQueueStore *store)
{
  Told *told;

  if (store == NULL)
    return;
  g_mutex_lock (&store->lock);
  store->notify = NULL;
  store->close_at_us = g_get_monotonic_time () + CLOSE_US;
  g_mutex_unlock (&store->lock);
  wake (store);
  g_thread_join (store->thread);
  store->backend.klass->free (store->backend.self);
  while ((told = g_queue_pop_head (&store->changes)) != NULL)
    vs_queue_change_free (&told->change);
  g_clear_pointer (&store->edits, g_ptr_array_unref);
  g_clear_pointer (&store->busy_edits, g_ptr_array_unref);
  g_free (store->cursor);
  g_free (store->busy_cursor);
  g_free (store->problem);
  g_free (store->run);
  close (store->wake_fd);
  g_mutex_clear (&store->lock);
  g_cond_clear (&store->cond);
  g_free (store);
}

guint64
vs_queue_store_commit (VsQueueStore *store, GPtrArray *edits, gchar *cursor)
{
  guint64 number;

  g_mutex_lock (&store->lock);
  number = ++store->number;
  if (edits != NULL) {
    store->edit_number = number;
    if (store->edits == NULL)
      store->edits = edits;
    else
      g_ptr_array_extend_and_steal (store->edits, edits);
  }
  if (cursor != NULL) {
    g_free (store->cursor);
    store->cursor = cursor;
  }
  g_mutex_unlock (&store->lock);
  wake (store);
  return number;
}

gboolean
vs_queue_store_is_stored (VsQueueStore *store, guint64 number)
{
  gboolean stored;

  g_mutex_lock (&store->lock);
  stored = store->stored >= number;
  g_mutex_unlock (&store->lock);
  return stored;
}

gboolean
vs_queue_store_flush (VsQueueStore *store, gint64 timeout_us)
{
  gint64 until = g_get_monotonic_time () + timeout_us;
  guint64 number;
  gboolean stored;

  g_mutex_lock (&store->lock);
  number = store->number;
  while (store->stored < number && !store->degraded) {
    if (!g_cond_wait_until (&store->cond, &store->lock, until))
      break;
  }
  stored = store->stored >= number;
  g_mutex_unlock (&store->lock);
  return stored;
}

gchar *
vs_queue_store_dup_problem (VsQueueStore *store)
{
  gchar *problem;

  g_mutex_lock (&store->lock);
  problem = g_strdup (store->problem);
  g_mutex_unlock (&store->lock);
  return problem;
}

gchar *
vs_queue_store_mask (const gchar *location)
{
  const gchar *start = strstr (location, "://");
  const gchar *at, *colon, *end;

  if (start == NULL)
    return g_strdup (location);
  start += 3;
  end = start + strcspn (start, "/?#");
  at = g_strrstr_len (start, end - start, "@");
  /* a password may hold a slash that was not escaped */
  if (at == NULL)
    at = strrchr (start, '@');
  colon = at != NULL ? memchr (start, ':', (gsize) (at - start)) : NULL;
  if (colon == NULL)
    return g_strdup (location);
  return g_strdup_printf (
      "%.*s…%s", (gint) (colon + 1 - location), location, at);
}
