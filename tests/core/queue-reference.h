/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * queue-reference: the rules of the queue once more, slow and obvious: flat
 * arrays that are searched from the front, no tables, no plan. What
 * vs-queue does is compared with it. */
#pragma once

#include "core/vs-queue.h"

#include <string.h>

typedef struct {
  gchar id[16];
  gint64 at; /* 0: none */
  gboolean loop;
  gint64 length; /* frames, 0: not known */
  /* on air */
  gint64 position, passes, cut_at;
  gboolean interrupt, leave_now, leave_at_end;
  VsQueueResume resume;
  /* an interrupt that waits */
  VsQueueCut cut;
  gint64 cut_time;
} RefItem;

typedef struct {
  RefItem list[512];
  guint n;
} RefList;

typedef struct {
  RefList line, timed, stack, waiting;
} Reference;

static inline void
ref_insert (RefList *list, guint at, RefItem item)
{
  g_assert_cmpuint (list->n, <, G_N_ELEMENTS (list->list));
  at = MIN (at, list->n);
  memmove (
      list->list + at + 1, list->list + at, (list->n - at) * sizeof (item));
  list->list[at] = item;
  list->n++;
}

static inline RefItem
ref_take (RefList *list, guint at)
{
  RefItem item = list->list[at];

  memmove (
      list->list + at, list->list + at + 1, (list->n - at - 1) * sizeof (item));
  list->n--;
  return item;
}

static inline gint
ref_find (const RefList *list, const gchar *id)
{
  for (guint i = 0; i < list->n; i++) {
    if (strcmp (list->list[i].id, id) == 0)
      return (gint) i;
  }
  return -1;
}

static inline RefItem *
ref_air (Reference *ref)
{
  return ref->stack.n > 0 ? &ref->stack.list[ref->stack.n - 1] : NULL;
}

static inline void
ref_add (Reference *ref, guint index, RefItem item)
{
  guint at = 0;

  if (item.at == 0) {
    ref_insert (&ref->line, index, item);
    return;
  }
  while (at < ref->timed.n && ref->timed.list[at].at <= item.at)
    at++;
  ref_insert (&ref->timed, at, item);
}

static inline gint
ref_due (const Reference *ref, gint64 now)
{
  gint due = -1;

  for (guint i = 0; i < ref->timed.n; i++) {
    if (ref->timed.list[i].at <= now)
      due = (gint) i;
  }
  return due;
}

/* Of the interrupts that wait, the first that may come now. */
static inline gint
ref_coming (const Reference *ref, gint64 now, gboolean at_end)
{
  for (guint i = 0; i < ref->waiting.n; i++) {
    const RefItem *one = &ref->waiting.list[i];

    if (one->cut == VS_QUEUE_CUT_FRAME ||
        (one->cut == VS_QUEUE_CUT_ITEM_END && at_end) ||
        (one->cut == VS_QUEUE_CUT_AT && one->cut_time <= now))
      return (gint) i;
  }
  return -1;
}

static inline void
ref_start (Reference *ref, RefItem item, gboolean interrupt)
{
  item.position = item.passes = 0;
  item.interrupt = interrupt;
  item.cut_at = item.leave_now = item.leave_at_end = 0;
  ref_insert (&ref->stack, ref->stack.n, item);
}

static inline gboolean
ref_start_waiting (Reference *ref, gint64 now, gboolean at_end)
{
  gint coming = ref_coming (ref, now, at_end);

  if (coming < 0)
    return FALSE;
  if (ref_air (ref) != NULL)
    ref_air (ref)->cut_at = now;
  ref_start (ref, ref_take (&ref->waiting, (guint) coming), TRUE);
  return TRUE;
}

static inline void
ref_start_queued (Reference *ref, gint64 now)
{
  gint due = ref_due (ref, now);

  if (due >= 0) {
    for (; due > 0; due--)
      ref_take (&ref->timed, 0); /* missed */
    ref_start (ref, ref_take (&ref->timed, 0), FALSE);
  } else if (ref->line.n > 0)
    ref_start (ref, ref_take (&ref->line, 0), FALSE);
}

/* FALSE: what lies under the interrupt that has ended does not come back. */
static inline gboolean
ref_come_back (Reference *ref, RefItem *item, VsQueueResume resume, gint64 now)
{
  if (item->leave_now || item->leave_at_end || resume == VS_QUEUE_SKIP)
    return FALSE;
  if (!item->interrupt && ref_due (ref, now) >= 0)
    return FALSE;
  if (resume == VS_QUEUE_RESTART)
    item->position = 0;
  if (resume == VS_QUEUE_JOIN) {
    item->position += (now - item->cut_at) * 25 / G_USEC_PER_SEC;
    if (item->length > 0 && item->position >= item->length) {
      if (!item->loop)
        return FALSE;
      item->position %= item->length;
    }
  }
  return TRUE;
}

static inline gboolean
ref_end (Reference *ref, gint64 now, VsQueueReason reason)
{
  RefItem *air = ref_air (ref);
  gboolean keep;

  if (air == NULL || reason == VS_QUEUE_MISSED)
    return FALSE;
  if (air->interrupt ? reason == VS_QUEUE_CUT_OFF : reason == VS_QUEUE_RETURNED)
    return FALSE;
  keep = reason == VS_QUEUE_ENDED && air->loop && !air->leave_now &&
         !air->leave_at_end && (air->interrupt || ref_due (ref, now) < 0);
  if (keep) {
    air->position = 0;
    air->passes++;
  } else {
    VsQueueResume resume = air->resume;

    ref_take (&ref->stack, ref->stack.n - 1);
    while ((air = ref_air (ref)) != NULL &&
           !ref_come_back (ref, air, resume, now)) {
      resume = air->resume;
      ref_take (&ref->stack, ref->stack.n - 1);
    }
    if (air != NULL)
      air->cut_at = now;
  }
  if (!ref_start_waiting (ref, now, TRUE) && ref_air (ref) == NULL)
    ref_start_queued (ref, now);
  return TRUE;
}

static inline gboolean
ref_cut (Reference *ref, gint64 now)
{
  RefItem *air = ref_air (ref);

  if (ref_start_waiting (ref, now, air == NULL))
    return TRUE;
  if (air == NULL) {
    ref_start_queued (ref, now);
    return ref_air (ref) != NULL;
  }
  if (air->leave_now)
    return ref_end (ref, now, VS_QUEUE_SKIPPED);
  if (!air->interrupt && ref_due (ref, now) >= 0)
    return ref_end (ref, now, VS_QUEUE_CUT_OFF);
  return FALSE;
}
