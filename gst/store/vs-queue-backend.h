/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-queue-backend: what stands behind a VsQueueStore. Each is plain blocking
 * code that is only ever called on the store's own thread, but open, which
 * runs where the store is opened and may touch files, not the network. */
#pragma once

#include "store/vs-queue-store.h"

G_BEGIN_DECLS

typedef enum {
  VS_QUEUE_LOOK_FAILED,
  VS_QUEUE_LOOK_SAME,
  VS_QUEUE_LOOK_LIST,    /* the whole list, anew */
  VS_QUEUE_LOOK_APPENDED /* what others have added at its end */
} VsQueueLook;

/* @refused collects sentences (gchar) on entries that were put aside. An
 * operation that fails has changed nothing, or is asked for again. */
typedef struct {
  gboolean (*load) (gpointer self, GPtrArray *items, gchar **cursor,
      GPtrArray *refused, GError **error);
  /* Edits and cursor (each may be NULL) at once, durably. @batch counts up;
   * asked for again with the same number after a failure. */
  gboolean (*commit) (gpointer self, GPtrArray *edits, const gchar *cursor,
      guint64 batch, GError **error);
  /* What others have changed; @force: the list even if nothing changed. */
  VsQueueLook (*look) (gpointer self, gboolean force, GPtrArray *items,
      GPtrArray *refused, GError **error);
  /* Readable when it is time to look; -1: none. */
  gint (*get_fd) (gpointer self);
  /* Looks after this time at the latest; -1: never. */
  gint64 (*get_interval) (gpointer self);
  void (*free) (gpointer self);
} VsQueueBackendClass;

typedef struct {
  const VsQueueBackendClass *klass;
  gpointer self;
} VsQueueBackend;

/* Fails where the location cannot be right. */
typedef gboolean (*VsQueueBackendOpen) (VsQueueBackend *backend,
    const gchar *location, const gchar *run, GError **error);

gboolean vs_queue_memory_open (VsQueueBackend *backend, const gchar *location,
    const gchar *run, GError **error);
gboolean vs_queue_sqlite_open (VsQueueBackend *backend, const gchar *location,
    const gchar *run, GError **error);
gboolean vs_queue_redis_open (VsQueueBackend *backend, const gchar *location,
    const gchar *run, GError **error);

/* One entry that somebody else may have written. With an id that neither
 * @seen nor @known (or NULL) has yet (its own, or RUN-xN), which is added to
 * @seen; *@changed where it differs from the
 * text. NULL: no item; a sentence goes to @refused. */
VsQueueItem *vs_queue_adopt (const gchar *text, gssize length, const gchar *run,
    guint64 *next, GHashTable *seen, GHashTable *known, gboolean *changed,
    GPtrArray *refused);

G_END_DECLS
