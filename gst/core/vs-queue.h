/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-queue: what a linear channel plays: the queue, what is on air, what has
 * interrupted it. A pure model: no clock, no I/O; @now_us is the wall clock in
 * µs since 1970.
 *
 * The model never switches by itself. It says what comes next; whoever plays
 * (the engine) prerolls that, and tells the model on which frame it switched:
 *
 *   vs_queue_peek_end ()   what follows when what is on air ends
 *   vs_queue_peek_cut ()   what cuts in, and when: preroll it as well
 *   vs_queue_cut ()        the cut is made, on this frame
 *   vs_queue_end ()        what was on air has ended, failed, was skipped …
 *   vs_queue_drop ()       what was to come cannot be played
 *
 * Life of an item: enqueued → head of the line → on air (it stays in the
 * store's list: the head is inspected, not popped) → ended: only now popped,
 * the counter set to 0, the next one taken. A looping item is not popped at
 * its end; skip, remove, replace or failure let it go. Nothing in the line:
 * nothing is on air, and the engine shows filler.
 *
 * Items with "at" stand beside the line, by time. When one is due it takes
 * over: what it cuts is ended, and popped. Of several that are due the latest
 * is played, and the earlier ones have been missed. One that is due during an
 * interrupt waits for its end, and then takes the interrupted item's place.
 *
 * Interrupts lie on a stack over the programme; each remembers how to come
 * back to what it covers. They go before everything, and keep the queue.
 *
 * Every change is told twice: as edits for the store (vs_queue_take_edits (),
 * vs_queue_save ()) and as events for messages and the as-run log
 * (vs_queue_take_events ()). Commit the edits and the saved cursor together.
 *
 * Threading: none of its own; one owner, or a lock around it. */
#pragma once

#include "core/vs-queue-item.h"

G_BEGIN_DECLS

#define VS_QUEUE_DEPTH_MAX 16 /* interrupts over one another, or waiting */
#define VS_QUEUE_LENGTH_MAX 2000000 /* items */

typedef struct _VsQueue VsQueue;

typedef enum {
  VS_QUEUE_IDLE,      /* nothing: filler or slate */
  VS_QUEUE_PROGRAMME, /* an item of the queue */
  VS_QUEUE_INTERRUPT, /* something that interrupts it */
  VS_QUEUE_N_STATES
} VsQueueState;

typedef enum {
  VS_QUEUE_CUT_FRAME,    /* as soon as it is ready */
  VS_QUEUE_CUT_ITEM_END, /* when what is on air ends */
  VS_QUEUE_CUT_AT        /* at a time */
} VsQueueCut;

typedef enum {
  VS_QUEUE_RESUME,  /* at the frame after the last one shown */
  VS_QUEUE_RESTART, /* from its beginning */
  VS_QUEUE_SKIP,    /* not at all: it is popped, the next one comes */
  VS_QUEUE_JOIN     /* where it would be by now */
} VsQueueResume;

/* Why something went off air. */
typedef enum {
  VS_QUEUE_ENDED,    /* it came to its end, or to its out point */
  VS_QUEUE_FAILED,   /* it cannot be played, or not any more */
  VS_QUEUE_SKIPPED,  /* "skip" */
  VS_QUEUE_RETURNED, /* "return": the interrupt alone */
  VS_QUEUE_REMOVED,  /* removed, or replaced */
  VS_QUEUE_CUT_OFF,  /* another item's time had come */
  VS_QUEUE_MISSED,   /* its own time had passed before it could start */
  VS_QUEUE_N_REASONS
} VsQueueReason;

/* "resume", "item-end", "failed" …, and back. */
const gchar *vs_queue_cut_name (VsQueueCut cut);
const gchar *vs_queue_resume_name (VsQueueResume resume);
const gchar *vs_queue_reason_name (VsQueueReason reason);
gboolean vs_queue_parse_cut (const gchar *name, VsQueueCut *cut);
gboolean vs_queue_parse_resume (const gchar *name, VsQueueResume *resume);

/* What is on air, or under an interrupt. */
typedef struct {
  const VsQueueItem *item;
  guint64 serial;    /* another one whenever something goes on air */
  guint64 position;  /* frames of the channel's rate from the item's in point:
                        the next one to be shown */
  guint64 counter;   /* segments of a segmented item that were played */
  guint64 passes;    /* times it has looped */
  gint64 started_us; /* its first frame of this pass; VS_QUEUE_NO_TIME: none */
  gboolean interrupt;
  VsQueueResume resume; /* of an interrupt: how to come back from it */
} VsQueueAir;

/* What is to come. */
typedef struct {
  const VsQueueItem *item; /* NULL: filler */
  guint64 position;        /* where to begin, in frames from its in point */
  guint64 counter;
  gint64 time_us; /* of a cut: due; at or before now: when ready */
  gboolean interrupt;
  gboolean again; /* the item on air, once more (loop) */
  gboolean back;  /* an item that was interrupted */
} VsQueueNext;

/* @run: prefix of the ids that are given to items without one, another for
 * every run of a channel. Frames of @fps_n / @fps_d a second. */
VsQueue *vs_queue_new (const gchar *run, guint fps_n, guint fps_d);
void vs_queue_free (VsQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsQueue, vs_queue_free)

/* ---- looking ---- */

VsQueueState vs_queue_get_state (const VsQueue *queue);

/* What is on air; NULL: nothing. Valid until the next change. */
const VsQueueAir *vs_queue_get_air (const VsQueue *queue);

/* What is on air and what lies under it; entry 0 is the programme or, where
 * there was none, the first interrupt. */
guint vs_queue_get_depth (const VsQueue *queue);
const VsQueueAir *vs_queue_get_air_at (const VsQueue *queue, guint level);

/* Waiting in the line and beside it, without what is on air. */
guint vs_queue_get_length (const VsQueue *queue);
guint vs_queue_get_timed (const VsQueue *queue);

/* The item at a place of the line (0: next); beyond it those with a time, by
 * time. O(log n). */
const VsQueueItem *vs_queue_get_nth (const VsQueue *queue, guint index);
/* Also what is on air, interrupts, and interrupts that wait. */
const VsQueueItem *vs_queue_find (const VsQueue *queue, const gchar *id);

/* Another number after every change of the queue: for ETag and If-Match.
 * Position and counter do not change it. */
guint64 vs_queue_get_version (const VsQueue *queue);

/* FALSE: nothing follows, filler. */
gboolean vs_queue_peek_end (
    const VsQueue *queue, gint64 now_us, VsQueueNext *next);

/* FALSE: nothing will cut in. TRUE with an item of NULL: what is on air is to
 * end at once, and nothing follows. */
gboolean vs_queue_peek_cut (
    const VsQueue *queue, gint64 now_us, VsQueueNext *next);

/* ---- commands: a sentence in @error where refused, and nothing changed ----
 */

/* At the end of the line, or after the item "after" names; one with "at" by
 * its time. Returns the item as it is queued, with its id. */
const VsQueueItem *vs_queue_enqueue (
    VsQueue *queue, const VsQueueItem *item, GError **error);
/* At a place of the line; beyond its end: at its end. */
const VsQueueItem *vs_queue_insert (
    VsQueue *queue, const VsQueueItem *item, guint index, GError **error);
/* Within the line: not what is on air, nor what has a time. */
gboolean vs_queue_move (
    VsQueue *queue, const gchar *id, guint index, GError **error);
/* What is on air is cut as soon as its follower is ready. */
gboolean vs_queue_remove (VsQueue *queue, const gchar *id, GError **error);
/* Another item in its place, with the same id. On air: out point, loop, title
 * and the like take effect at once; another uri is refused. */
gboolean vs_queue_update (
    VsQueue *queue, const VsQueueItem *item, GError **error);
/* Drops the line and what has a time. FRAME: the programme as well; ITEM_END:
 * when it ends, even if it loops. Interrupts stay. */
void vs_queue_clear (VsQueue *queue, VsQueueCut cut);
/* Clears, then enqueues: all or nothing. The programme on air stays where the
 * list names its id. */
gboolean vs_queue_replace (
    VsQueue *queue, GPtrArray *items, VsQueueCut cut, GError **error);
/* @at_us counts with VS_QUEUE_CUT_AT alone. */
const VsQueueItem *vs_queue_interrupt (VsQueue *queue, const VsQueueItem *item,
    VsQueueCut cut, gint64 at_us, VsQueueResume resume, GError **error);
/* These two ask; the cut is made as soon as the follower is ready. */
gboolean vs_queue_skip (VsQueue *queue, GError **error);
gboolean vs_queue_return (VsQueue *queue, GError **error);

/* ---- what the engine tells ---- */

/* The frame of the item that comes next, and its segments that were played. */
void vs_queue_set_position (VsQueue *queue, guint64 position, guint64 counter);
/* The first frame of what is on air was shown. */
void vs_queue_set_started (VsQueue *queue, gint64 now_us);

/* The cut that vs_queue_peek_cut () announced is made now. FALSE: there is
 * none (any more), or not yet. */
gboolean vs_queue_cut (VsQueue *queue, gint64 now_us);
/* What is on air is over (ENDED, FAILED; others by command); what follows is
 * on air. FALSE: nothing was on air. */
gboolean vs_queue_end (VsQueue *queue, gint64 now_us, VsQueueReason reason);
/* An item that is not on air is given up. FALSE: it is on air or not there. */
gboolean vs_queue_drop (VsQueue *queue, const gchar *id, VsQueueReason reason);

/* ---- what the store and the log get ---- */

typedef enum {
  VS_QUEUE_EDIT_INSERT, /* item; before id @before, or at the end (NULL) */
  VS_QUEUE_EDIT_REMOVE, /* id */
  VS_QUEUE_EDIT_UPDATE, /* item */
  VS_QUEUE_EDIT_CLEAR   /* all */
} VsQueueEditKind;

typedef struct {
  VsQueueEditKind kind;
  VsQueueItem *item; /* INSERT, UPDATE */
  gchar *id;         /* REMOVE; or of INSERT: before it, NULL: at the end */
} VsQueueEdit;

void vs_queue_edit_free (VsQueueEdit *edit);

typedef enum {
  VS_QUEUE_EVENT_STARTED,     /* goes on air, from @position */
  VS_QUEUE_EVENT_FINISHED,    /* went off air for good, by @reason */
  VS_QUEUE_EVENT_LOOPED,      /* begins again */
  VS_QUEUE_EVENT_INTERRUPTED, /* another lies over it now; @position is next */
  VS_QUEUE_EVENT_RESUMED,     /* back on air, from @position */
  VS_QUEUE_EVENT_EMPTY        /* nothing on air; item is NULL */
} VsQueueEventKind;

typedef struct {
  VsQueueEventKind kind;
  VsQueueItem *item;
  guint64 position;
  VsQueueReason reason; /* of FINISHED */
  gboolean was_on_air;  /* of FINISHED: FALSE for a missed or dropped one */
} VsQueueEvent;

void vs_queue_event_free (VsQueueEvent *event);

/* What was collected since the last call; NULL: nothing. Element types
 * VsQueueEdit, VsQueueEvent. */
GPtrArray *vs_queue_take_edits (VsQueue *queue);
GPtrArray *vs_queue_take_events (VsQueue *queue);

/* The cursor: what is on air with position, counter and start, interrupts,
 * and @now_us; as JSON. The line is not in it. */
gchar *vs_queue_save (const VsQueue *queue, gint64 now_us);

/* A queue as it was: @items as the store lists them (the one on air among
 * them), @cursor or NULL. Items that are still on air are taken off the line.
 * With @join the position is where it would be by now, else where it was. A
 * cursor that cannot be read is told by @error, and the items are taken
 * nevertheless. What is on air again is told as RESUMED. The queue must be
 * new. */
gboolean vs_queue_load (VsQueue *queue, GPtrArray *items, const gchar *cursor,
    gboolean join, gint64 now_us, GError **error);

/* Somebody else has changed the list in the store: it is now @items (each
 * with an id). What is on air stays on air; its removal is a wish to cut it.
 * Makes no edits. */
void vs_queue_sync (VsQueue *queue, GPtrArray *items);
/* The same where items were added at the end alone. */
void vs_queue_sync_appended (VsQueue *queue, GPtrArray *items);

G_END_DECLS
