/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-queue-store: where a channel's queue lives outside the process: memory,
 * SQLite or Redis, behind one small vtable. docs/queue.md tells the layouts,
 * the order of writes, and what wins after an outage.
 *
 * Life: opened; its thread connects and loads; the first change tells the
 * items and the cursor. Then the owner commits its own edits, and takes
 * changes that others made, until it closes.
 *
 *   store = vs_queue_store_open ("sqlite:///srv/channel.db", "r1", &error);
 *   vs_queue_store_set_notify (store, on_store, self);
 *   … on_store: wakes the owner, who calls
 *   while ((change = vs_queue_store_take (store)) != NULL) …
 *     LOADED:   vs_queue_load (queue, change->items, change->cursor, …)
 *     LIST:     vs_queue_sync (queue, change->items)
 *     APPENDED: vs_queue_sync_appended (queue, change->items)
 *   … after each command, and about once a second for the position:
 *   vs_queue_store_commit (store, vs_queue_take_edits (queue),
 *       vs_queue_save (queue, now));
 *
 * A store that is away is no error of the owner's: commits are kept and
 * merged, the channel plays on, and when the store is back its list is taken
 * over with the kept edits made to it.
 *
 * Threading: any thread may call. Nothing here waits for a disk or a network
 * but vs_queue_store_flush () and vs_queue_store_free (), each with a limit.
 * The notify callback runs on the state's own thread, without a lock; it is not
 * to call back but vs_queue_store_take () and vs_queue_store_commit (). */
#pragma once

#include "core/vs-queue.h"

G_BEGIN_DECLS

typedef struct _VsQueueStore VsQueueStore;

typedef enum {
  VS_QUEUE_CHANGE_LOADED, /* items and cursor, once, before all others */
  VS_QUEUE_CHANGE_LIST,   /* the list is now items: somebody else changed it */
  VS_QUEUE_CHANGE_APPENDED, /* items were added at its end by somebody else */
  VS_QUEUE_CHANGE_REFUSED, /* message: an entry that is no item was put aside */
  VS_QUEUE_CHANGE_DEGRADED, /* message: the store is away, and why */
  VS_QUEUE_CHANGE_RESTORED  /* it is back */
} VsQueueChangeKind;

typedef struct {
  VsQueueChangeKind kind;
  GPtrArray *items; /* VsQueueItem, each with an id, or NULL */
  gchar *cursor;    /* of LOADED, or NULL: there was none */
  gchar *message;   /* one sentence, without secrets, or NULL */
} VsQueueChange;

void vs_queue_change_free (VsQueueChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsQueueChange, vs_queue_change_free)

typedef void (*VsQueueNotify) (VsQueueStore *store, gpointer user_data);

/* "memory:", "sqlite:///path", "redis://[[user]:password@]host[:port][/db]
 * ?key=name", "redis+unix:///path?key=name[&db=n]". @run: prefix of the ids
 * that foreign items get. Fails for a location that cannot be right, and for a
 * file that cannot be opened; a server that is away is no failure. */
VsQueueStore *vs_queue_store_open (
    const gchar *location, const gchar *run, GError **error);

/* Waits until all is stored, but no longer than a few seconds. */
void vs_queue_store_free (VsQueueStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsQueueStore, vs_queue_store_free)

/* Called whenever there is something to take. Set once, before anything
 * else; it is called at once where something is there already. NULL ends the
 * calls: when that returns, none is running. */
void vs_queue_store_set_notify (
    VsQueueStore *store, VsQueueNotify notify, gpointer user_data);

/* The next change, or NULL. Changes are about a list that has all commits up
 * to now in it. */
VsQueueChange *vs_queue_store_take (VsQueueStore *store);

/* Takes both; either may be NULL. Edits and cursor are stored together or not
 * at all, after all earlier ones. Returns a number for vs_queue_store_is_stored
 * ().
 */
guint64 vs_queue_store_commit (
    VsQueueStore *store, GPtrArray *edits, gchar *cursor);

/* Durable: what commit @number and those before it said survives a crash. */
gboolean vs_queue_store_is_stored (VsQueueStore *store, guint64 number);

/* Waits for it. FALSE: not within @timeout_us, or the store is away. */
gboolean vs_queue_store_flush (VsQueueStore *store, gint64 timeout_us);

/* The last problem, for a health report, or NULL. */
gchar *vs_queue_store_dup_problem (VsQueueStore *store);

/* @location with the password replaced by "…": for logs and properties. */
gchar *vs_queue_store_mask (const gchar *location);

G_END_DECLS
