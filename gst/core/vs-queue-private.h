/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-queue-private: what the files of vs-queue share. */
#pragma once

#include "core/vs-queue.h"

G_BEGIN_DECLS

typedef enum {
  VS_QUEUE_STAY,
  VS_QUEUE_LEAVE_AT_END, /* even if it loops */
  VS_QUEUE_LEAVE_NOW     /* as soon as the follower is ready */
} VsQueueLeave;

/* On air, or under an interrupt. */
typedef struct {
  VsQueueAir air;
  VsQueueItem *item; /* owned; air.item is the same */
  gint64 cut_us;     /* when it was covered */
  VsQueueLeave leave;
  VsQueueReason leave_reason;
} VsQueueEntry;

/* An interrupt that is to come. */
typedef struct {
  VsQueueItem *item;
  VsQueueCut cut;
  gint64 at_us;
  VsQueueResume resume;
} VsQueueWaiting;

struct _VsQueue {
  gchar *run;
  guint64 next_id;
  guint fps_n, fps_d;

  GSequence *line;   /* VsQueueItem, without what is on air */
  GSequence *timed;  /* VsQueueItem, by time; first come first of one time */
  GHashTable *index; /* id → GSequenceIter of line or timed */

  GPtrArray *stack;   /* VsQueueEntry; the last one is on air */
  GPtrArray *waiting; /* VsQueueWaiting, in the order of asking */

  guint64 version;
  guint64 serial;
  GPtrArray *edits;
  GPtrArray *events;
};

void vs_queue_entry_free (VsQueueEntry *entry);
void vs_queue_waiting_free (VsQueueWaiting *waiting);

VsQueueEntry *vs_queue_top (const VsQueue *queue);
gboolean vs_queue_is_programme (const VsQueueEntry *entry);
guint64 vs_queue_elapsed (const VsQueue *queue, gint64 us);

/* The item put into line or timed, and the index; takes it. */
void vs_queue_place (VsQueue *queue, VsQueueItem *item, GSequenceIter *before);
/* Out of line or timed and the index; the caller owns it. */
VsQueueItem *vs_queue_pull (VsQueue *queue, GSequenceIter *iter);

void vs_queue_add_edit (VsQueue *queue, VsQueueEditKind kind,
    const VsQueueItem *item, const gchar *id);
void vs_queue_add_event (VsQueue *queue, VsQueueEventKind kind,
    const VsQueueItem *item, guint64 position);
void vs_queue_add_finished (VsQueue *queue, const VsQueueItem *item,
    guint64 position, VsQueueReason reason, gboolean was_on_air);

G_END_DECLS
