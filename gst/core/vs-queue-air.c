/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is on air and what follows. plan () looks and changes nothing, so that
 * what vs_queue_peek_… () announce is what vs_queue_cut () and _end () do. */
#include "core/vs-queue-private.h"

/* What happens to that which is on air; 0 is illegal. */
typedef enum {
  ILLEGAL = 0,
  POP,         /* it leaves for good, its follower comes */
  LOOP_OR_POP, /* once more, where it loops and was not told to leave */
  BACK,        /* an interrupt leaves; what it covers comes back */
  LOOP_OR_BACK,
  N_ACTIONS
} Action;

static const Action actions[VS_QUEUE_N_STATES][VS_QUEUE_N_REASONS] = {
  [VS_QUEUE_PROGRAMME] = {
    [VS_QUEUE_ENDED] = LOOP_OR_POP,
    [VS_QUEUE_FAILED] = POP,
    [VS_QUEUE_SKIPPED] = POP,
    [VS_QUEUE_REMOVED] = POP,
    [VS_QUEUE_CUT_OFF] = POP,
  },
  [VS_QUEUE_INTERRUPT] = {
    [VS_QUEUE_ENDED] = LOOP_OR_BACK,
    [VS_QUEUE_FAILED] = BACK,
    [VS_QUEUE_SKIPPED] = BACK,
    [VS_QUEUE_RETURNED] = BACK,
    [VS_QUEUE_REMOVED] = BACK,
  },
};

typedef enum {
  PLAN_NOTHING, /* filler */
  PLAN_WAITING, /* an interrupt that waits */
  PLAN_AGAIN,   /* what is on air, from its beginning */
  PLAN_BACK,    /* the entry at level */
  PLAN_TIMED,   /* the latest that is due */
  PLAN_LINE     /* the head of the line */
} PlanKind;

typedef struct {
  PlanKind kind;
  guint index;      /* of what waits */
  guint level;      /* entries of the stack that stay, 0: none */
  guint64 position; /* of the entry that comes back */
} Plan;

/* ---- looking ---- */

static gboolean
is_due (const VsQueueWaiting *waiting, gint64 now_us, gboolean at_end)
{
  if (waiting->cut == VS_QUEUE_CUT_AT)
    return waiting->at_us <= now_us;
  return at_end || waiting->cut == VS_QUEUE_CUT_FRAME;
}

static gboolean
find_waiting (
    const VsQueue *queue, gint64 now_us, gboolean at_end, guint *index)
{
  for (guint i = 0; i < queue->waiting->len; i++) {
    if (is_due (g_ptr_array_index (queue->waiting, i), now_us, at_end)) {
      *index = i;
      return TRUE;
    }
  }
  return FALSE;
}

static const VsQueueItem *
get_first (GSequence *sequence)
{
  GSequenceIter *iter = g_sequence_get_begin_iter (sequence);

  return g_sequence_iter_is_end (iter) ? NULL : g_sequence_get (iter);
}

/* @data, the time, stands in for the item that is looked for. */
static gint
compare_time (gconstpointer a, gconstpointer b, gpointer data)
{
  const VsQueueItem *item = a == data ? b : a;
  gint order = item->at_us <= *(const gint64 *) data ? -1 : 1;

  return a == data ? -order : order;
}

/* The last one of timed that is due, or NULL. */
static GSequenceIter *
find_due (const VsQueue *queue, gint64 now_us)
{
  GSequenceIter *iter =
      g_sequence_search (queue->timed, &now_us, compare_time, &now_us);

  return g_sequence_iter_is_begin (iter) ? NULL : g_sequence_iter_prev (iter);
}

/* Where an entry that was covered goes on. FALSE: it is over. */
static gboolean
can_come_back (const VsQueue *queue, const VsQueueEntry *entry,
    VsQueueResume resume, gint64 now_us, guint64 *position)
{
  const VsQueueItem *item = entry->item;
  guint64 length = G_MAXUINT64;

  *position = resume == VS_QUEUE_RESTART ? 0 : entry->air.position;
  if (entry->leave != VS_QUEUE_STAY || resume == VS_QUEUE_SKIP)
    return FALSE;
  if (vs_queue_is_programme (entry) && find_due (queue, now_us) != NULL)
    return FALSE;
  if (resume != VS_QUEUE_JOIN)
    return TRUE;
  *position += vs_queue_elapsed (queue, now_us - entry->cut_us);
  if (item->uri != NULL && item->out_us != VS_QUEUE_NO_TIME)
    length = MAX (vs_queue_elapsed (queue, item->out_us - item->in_us), 1);
  if (*position < length)
    return TRUE;
  if (!item->loop)
    return FALSE;
  *position %= length;
  return TRUE;
}

/* What follows when that which is on air leaves; with @keep it wants to come
 * again. @at_end: interrupts that wait for an end may come. */
static Plan
plan (const VsQueue *queue, gint64 now_us, gboolean keep)
{
  Plan result = { .level = queue->stack->len };
  gboolean waiting = find_waiting (queue, now_us, TRUE, &result.index);
  const VsQueueEntry *above = vs_queue_top (queue);
  GSequenceIter *due = find_due (queue, now_us);

  if (keep && above->air.interrupt == FALSE && due != NULL)
    keep = FALSE; /* its time is over */
  if (!keep && above != NULL) {
    for (result.level--; result.level > 0; result.level--) {
      const VsQueueEntry *entry =
          g_ptr_array_index (queue->stack, result.level - 1);

      if (can_come_back (
              queue, entry, above->air.resume, now_us, &result.position))
        break;
      above = entry;
    }
  }

  if (waiting)
    result.kind = PLAN_WAITING;
  else if (keep)
    result.kind = PLAN_AGAIN;
  else if (result.level > 0)
    result.kind = PLAN_BACK;
  else if (due != NULL)
    result.kind = PLAN_TIMED;
  else if (!g_sequence_is_empty (queue->line))
    result.kind = PLAN_LINE;
  else
    result.kind = PLAN_NOTHING;
  return result;
}

static gboolean
describe (
    const VsQueue *queue, const Plan *plan, gint64 now_us, VsQueueNext *next)
{
  const VsQueueEntry *entry;

  *next = (VsQueueNext){ .time_us = now_us };
  switch (plan->kind) {
    case PLAN_WAITING:
      next->item =
          ((VsQueueWaiting *) g_ptr_array_index (queue->waiting, plan->index))
              ->item;
      next->interrupt = TRUE;
      return TRUE;
    case PLAN_AGAIN:
      entry = vs_queue_top (queue);
      next->item = entry->item;
      next->interrupt = entry->air.interrupt;
      next->again = TRUE;
      return TRUE;
    case PLAN_BACK:
      entry = g_ptr_array_index (queue->stack, plan->level - 1);
      next->item = entry->item;
      next->interrupt = entry->air.interrupt;
      next->position = plan->position;
      next->counter = plan->position == 0 ? 0 : entry->air.counter;
      next->back = TRUE;
      return TRUE;
    case PLAN_TIMED:
      next->item = g_sequence_get (find_due (queue, now_us));
      return TRUE;
    case PLAN_LINE:
      next->item = get_first (queue->line);
      return TRUE;
    case PLAN_NOTHING:
    default:
      return FALSE;
  }
}

static gboolean
may_loop (const VsQueueEntry *entry)
{
  return entry != NULL && entry->item->loop && entry->leave == VS_QUEUE_STAY;
}

gboolean
vs_queue_peek_end (const VsQueue *queue, gint64 now_us, VsQueueNext *next)
{
  Plan result = plan (queue, now_us, may_loop (vs_queue_top (queue)));

  return describe (queue, &result, now_us, next);
}

/* The earliest of what has a time, and may cut in then. */
static gboolean
describe_later (const VsQueue *queue, VsQueueNext *next)
{
  const VsQueueItem *timed = get_first (queue->timed);

  *next = (VsQueueNext){ .time_us = G_MAXINT64 };
  if (timed != NULL && vs_queue_get_state (queue) != VS_QUEUE_INTERRUPT) {
    next->item = timed;
    next->time_us = timed->at_us;
  }
  for (guint i = 0; i < queue->waiting->len; i++) {
    const VsQueueWaiting *one = g_ptr_array_index (queue->waiting, i);

    if (one->cut == VS_QUEUE_CUT_AT && one->at_us < next->time_us) {
      next->item = one->item;
      next->time_us = one->at_us;
      next->interrupt = TRUE;
    }
  }
  return next->item != NULL;
}

/* TRUE: something is to cut in now. */
static gboolean
describe_now (const VsQueue *queue, gint64 now_us, VsQueueNext *next)
{
  const VsQueueEntry *top = vs_queue_top (queue);
  Plan result = { 0 };

  if (find_waiting (queue, now_us, top == NULL, &result.index)) {
    result.kind = PLAN_WAITING;
    return describe (queue, &result, now_us, next);
  }
  if (top == NULL || top->leave == VS_QUEUE_LEAVE_NOW) {
    result = plan (queue, now_us, FALSE);
    return describe (queue, &result, now_us, next) || top != NULL;
  }
  if (top->air.interrupt || find_due (queue, now_us) == NULL)
    return FALSE;
  result = plan (queue, now_us, FALSE);
  return describe (queue, &result, now_us, next);
}

gboolean
vs_queue_peek_cut (const VsQueue *queue, gint64 now_us, VsQueueNext *next)
{
  return describe_now (queue, now_us, next) || describe_later (queue, next);
}

/* ---- acting ---- */

static void
go_on_air (VsQueue *queue, VsQueueEventKind kind)
{
  VsQueueEntry *top = vs_queue_top (queue);

  top->air.serial = ++queue->serial;
  vs_queue_add_event (queue, kind, top->item, top->air.position);
}

static VsQueueEntry *
push (VsQueue *queue, VsQueueItem *item)
{
  VsQueueEntry *entry = g_new0 (VsQueueEntry, 1);

  entry->item = item;
  entry->air.item = item;
  entry->air.started_us = VS_QUEUE_NO_TIME;
  entry->cut_us = VS_QUEUE_NO_TIME;
  g_ptr_array_add (queue->stack, entry);
  return entry;
}

static void
take_waiting (VsQueue *queue, guint index, gint64 now_us)
{
  VsQueueEntry *under = vs_queue_top (queue), *entry;
  VsQueueWaiting *waiting = g_ptr_array_steal_index (queue->waiting, index);

  if (under != NULL && under->cut_us == VS_QUEUE_NO_TIME) {
    under->cut_us = now_us;
    vs_queue_add_event (
        queue, VS_QUEUE_EVENT_INTERRUPTED, under->item, under->air.position);
  }
  entry = push (queue, g_steal_pointer (&waiting->item));
  entry->air.interrupt = TRUE;
  entry->air.resume = waiting->resume;
  vs_queue_waiting_free (waiting);
  go_on_air (queue, VS_QUEUE_EVENT_STARTED);
}

/* The earlier ones that are due have been missed. */
static void
take_timed (VsQueue *queue, gint64 now_us)
{
  GSequenceIter *due = find_due (queue, now_us);
  GSequenceIter *first;

  while ((first = g_sequence_get_begin_iter (queue->timed)) != due) {
    g_autoptr (VsQueueItem) missed = vs_queue_pull (queue, first);

    vs_queue_add_edit (queue, VS_QUEUE_EDIT_REMOVE, NULL, missed->id);
    vs_queue_add_finished (queue, missed, 0, VS_QUEUE_MISSED, FALSE);
  }
  push (queue, vs_queue_pull (queue, due));
  go_on_air (queue, VS_QUEUE_EVENT_STARTED);
}

static void
follow (VsQueue *queue, const Plan *plan, gint64 now_us)
{
  VsQueueEntry *top;

  queue->version++;
  switch (plan->kind) {
    case PLAN_WAITING:
      take_waiting (queue, plan->index, now_us);
      break;
    case PLAN_AGAIN:
      go_on_air (queue, VS_QUEUE_EVENT_LOOPED);
      break;
    case PLAN_BACK:
      top = vs_queue_top (queue);
      top->cut_us = VS_QUEUE_NO_TIME;
      go_on_air (queue, VS_QUEUE_EVENT_RESUMED);
      break;
    case PLAN_TIMED:
      take_timed (queue, now_us);
      break;
    case PLAN_LINE:
      push (queue,
          vs_queue_pull (queue, g_sequence_get_begin_iter (queue->line)));
      go_on_air (queue, VS_QUEUE_EVENT_STARTED);
      break;
    case PLAN_NOTHING:
    default:
      vs_queue_add_event (queue, VS_QUEUE_EVENT_EMPTY, NULL, 0);
      break;
  }
}

/* The uppermost entry leaves for good: only now is it popped. */
static void
finish_top (VsQueue *queue, VsQueueReason reason)
{
  VsQueueEntry *top = vs_queue_top (queue);

  if (vs_queue_is_programme (top))
    vs_queue_add_edit (queue, VS_QUEUE_EDIT_REMOVE, NULL, top->item->id);
  vs_queue_add_finished (queue, top->item, top->air.position, reason, TRUE);
  g_ptr_array_set_size (queue->stack, (gint) queue->stack->len - 1);
}

/* Why an entry under an interrupt does not come back. */
static VsQueueReason
why_gone (const VsQueue *queue, const VsQueueEntry *entry, VsQueueResume resume,
    gint64 now_us)
{
  if (entry->leave != VS_QUEUE_STAY)
    return entry->leave_reason;
  if (resume == VS_QUEUE_SKIP)
    return VS_QUEUE_SKIPPED;
  if (vs_queue_is_programme (entry) && find_due (queue, now_us) != NULL)
    return VS_QUEUE_CUT_OFF;
  return VS_QUEUE_ENDED;
}

static void
leave (VsQueue *queue, const Plan *plan, gint64 now_us, VsQueueReason reason)
{
  VsQueueResume resume = vs_queue_top (queue)->air.resume;
  VsQueueEntry *top;

  finish_top (queue, reason);
  while (queue->stack->len > plan->level) {
    VsQueueResume own = vs_queue_top (queue)->air.resume;

    finish_top (queue, why_gone (queue, vs_queue_top (queue), resume, now_us));
    resume = own;
  }
  top = vs_queue_top (queue);
  if (top == NULL)
    return;
  if (resume != VS_QUEUE_RESUME && plan->position == 0)
    top->air.counter = 0;
  top->air.position = plan->position;
  top->cut_us = now_us;
}

static void
rewind_top (VsQueue *queue)
{
  VsQueueEntry *top = vs_queue_top (queue);

  top->air.position = 0;
  top->air.counter = 0;
  top->air.passes++;
  top->air.started_us = VS_QUEUE_NO_TIME;
}

gboolean
vs_queue_end (VsQueue *queue, gint64 now_us, VsQueueReason reason)
{
  VsQueueEntry *top = vs_queue_top (queue);
  Action action = actions[vs_queue_get_state (queue)][reason];
  gboolean keep =
      (action == LOOP_OR_POP || action == LOOP_OR_BACK) && may_loop (top);
  Plan result;

  if (action == ILLEGAL)
    return FALSE;
  result = plan (queue, now_us, keep);
  keep = keep && result.level == queue->stack->len;
  if (keep)
    rewind_top (queue);
  else
    leave (queue, &result, now_us,
        top->item->loop && action == LOOP_OR_POP && top->leave == VS_QUEUE_STAY
            ? VS_QUEUE_CUT_OFF
            : reason);
  follow (queue, &result, now_us);
  return TRUE;
}

gboolean
vs_queue_cut (VsQueue *queue, gint64 now_us)
{
  const VsQueueEntry *top = vs_queue_top (queue);
  VsQueueNext next;
  Plan result = { .level = queue->stack->len };

  if (!describe_now (queue, now_us, &next))
    return FALSE;
  if (find_waiting (queue, now_us, top == NULL, &result.index)) {
    result.kind = PLAN_WAITING;
    follow (queue, &result, now_us);
    return TRUE;
  }
  if (top != NULL)
    return vs_queue_end (queue, now_us,
        top->leave == VS_QUEUE_LEAVE_NOW ? top->leave_reason
                                         : VS_QUEUE_CUT_OFF);
  result = plan (queue, now_us, FALSE);
  follow (queue, &result, now_us);
  return TRUE;
}
