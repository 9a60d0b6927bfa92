/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-desk: the channel's queue with a lock around it and its store behind it.
 * Who commands speaks to the desk; the engine looks at the model between
 * vs_desk_lock () and vs_desk_unlock (), and switches it.
 *
 * Its life: opened with the store's location; items that come before the store
 * has loaded wait, and are taken then. Each change is handed to the store at
 * once, in order; the store writes in its own thread.
 *
 * Any thread may call. Nothing here waits for a disk or a network, but
 * vs_desk_flush () and vs_desk_free (), with a limit. */
#pragma once

#include "core/vs-queue-order.h"

G_BEGIN_DECLS

typedef struct _VsDesk VsDesk;

typedef struct {
  const gchar *location; /* see vs-queue-store.h */
  guint fps_n, fps_d;
  gboolean join; /* after a restart: where it would be by now */
} VsDeskSettings;

/* Told from the store's thread, under no lock: one sentence of what is amiss
 * with the store, or that it is well again. */
typedef void (*VsDeskNotice) (
    const gchar *message, gboolean problem, gpointer data);

VsDesk *vs_desk_new (const VsDeskSettings *settings, VsDeskNotice notice,
    gpointer data, GError **error);
void vs_desk_free (VsDesk *desk);

/* The model, locked; NULL (and not locked) while the store has not loaded. */
VsQueue *vs_desk_lock (VsDesk *desk);
/* With @save the position goes to the store as well. */
void vs_desk_unlock (VsDesk *desk, gboolean save);

/* Commands. Items are JSON, see vs-queue-item.h. Where refused, a sentence in
 * @error. */
gchar *vs_desk_enqueue (VsDesk *desk, const gchar *json, GError **error);
/* A list, before the store has loaded, for a queue that is new: where the
 * store has items already, it is forgotten. */
gboolean vs_desk_enqueue_first (
    VsDesk *desk, const gchar *json, GError **error);
gchar *vs_desk_insert (
    VsDesk *desk, const gchar *json, guint index, GError **error);
gchar *vs_desk_interrupt (VsDesk *desk, const gchar *json, VsQueueCut cut,
    gint64 at_us, VsQueueResume resume, GError **error);
gboolean vs_desk_replace (
    VsDesk *desk, const gchar *json, VsQueueCut cut, GError **error);
gboolean vs_desk_remove (VsDesk *desk, const gchar *id, GError **error);
gboolean vs_desk_clear (VsDesk *desk, VsQueueCut cut, GError **error);
gboolean vs_desk_skip (VsDesk *desk, GError **error);
gboolean vs_desk_return (VsDesk *desk, GError **error);

/* A command of vs-queue-order.h. @changed: whether the queue is another now. */
gchar *vs_desk_order (VsDesk *desk, const gchar *order,
    const VsQueueTerms *terms, gboolean *changed, GError **error);
/* Waits until all is stored that has been changed. FALSE: not in time. */
gboolean vs_desk_flush (VsDesk *desk, gint64 timeout_us);

/* What is on air: its JSON, or NULL. @position: the frame that comes next. */
gchar *vs_desk_dup_current (VsDesk *desk, guint64 *position);
/* The queue, without what is on air: a JSON array of at most @max items. */
gchar *vs_desk_dup_queue (VsDesk *desk, guint max, guint *length);

G_END_DECLS
