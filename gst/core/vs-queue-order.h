/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-queue-order: a command to a queue as one JSON object, for whoever drives
 * a channel from another process. Pure. A member that is not known, or of
 * another type, is refused, and nothing is done in part.
 *
 *   {"op": "status"}    what is on air, what comes next, how many wait
 *   {"op": "list", "index": 0, "limit": 500}    the same, and the items
 *   {"op": "enqueue", "items": […]}             with "index": at that place
 *   {"op": "replace", "items": […], "cut": "frame"}    answers as "list"
 *   {"op": "move", "id": "r1-3", "index": 0}            so does this
 *   {"op": "remove", "id": "r1-3"}
 *   {"op": "skip"}      {"op": "return"}
 *   {"op": "interrupt", "item": {…}, "cut": "at", "at": "2026-…Z",
 *    "resume": "join"}  the id of the interrupt is in the answer
 *   {"op": "slate"}     an interrupt without an end: the slate of the channel
 *
 * With "if_match", a list of entity tags as HTTP has it, the order is obeyed
 * only while the queue has the version that one of them names. Answers have
 * the "version" after it. */
#pragma once

#include "core/vs-queue.h"

G_BEGIN_DECLS

#define VS_QUEUE_ORDER_ITEMS_MAX 10000

/* What an order does not say. */
typedef struct {
  VsQueueCut cut;
  VsQueueResume resume;
  gboolean playing; /* FALSE: nobody plays the queue, which can be edited */
} VsQueueTerms;

/* @length may be -1. A JSON object, or NULL: BAD_VALUE, NOT_FOUND (an id),
 * STALE ("if_match") or CONFLICT (not now). */
gchar *vs_queue_order (VsQueue *queue, const gchar *order, gssize length,
    const VsQueueTerms *terms, GError **error);

G_END_DECLS
