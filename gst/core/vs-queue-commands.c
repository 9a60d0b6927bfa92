/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands that concern more than one place of the line. */
#include "core/vs-error.h"
#include "core/vs-queue-private.h"

static void
swap_item (VsQueueItem **at, const VsQueueItem *item)
{
  VsQueueItem *old = *at;

  *at = vs_queue_item_with_id (item, old->id);
  vs_queue_item_unref (old);
}

static gboolean
is_same_media (const VsQueueItem *a, const VsQueueItem *b)
{
  if (g_strcmp0 (a->uri, b->uri) != 0 || a->count != b->count ||
      a->first != b->first || a->in_us != b->in_us)
    return FALSE;
  if (a->variants == NULL || b->variants == NULL)
    return a->variants == b->variants;
  if (a->variants->len != b->variants->len)
    return FALSE;
  for (guint i = 0; i < a->variants->len; i++) {
    const VsQueueVariant *one = g_ptr_array_index (a->variants, i);
    const VsQueueVariant *other = g_ptr_array_index (b->variants, i);

    if (!g_str_equal (one->format, other->format))
      return FALSE;
  }
  return TRUE;
}

static gboolean
update_entry (VsQueue *queue, const VsQueueItem *item, GError **error)
{
  for (guint i = 0; i < queue->stack->len; i++) {
    VsQueueEntry *entry = g_ptr_array_index (queue->stack, i);

    if (!g_str_equal (entry->item->id, item->id))
      continue;
    if (!is_same_media (entry->item, item)) {
      g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
          "“%s” is on air: its media and its in point cannot be changed.",
          item->id);
      return FALSE;
    }
    swap_item (&entry->item, item);
    entry->air.item = entry->item;
    if (vs_queue_is_programme (entry))
      vs_queue_add_edit (queue, VS_QUEUE_EDIT_UPDATE, entry->item, NULL);
    queue->version++;
    return TRUE;
  }
  for (guint i = 0; i < queue->waiting->len; i++) {
    VsQueueWaiting *waiting = g_ptr_array_index (queue->waiting, i);

    if (g_str_equal (waiting->item->id, item->id)) {
      swap_item (&waiting->item, item);
      queue->version++;
      return TRUE;
    }
  }
  g_set_error (error, VS_ERROR, VS_ERROR_NOT_FOUND,
      "There is no “%s” in the queue.", item->id);
  return FALSE;
}

gboolean
vs_queue_update (VsQueue *queue, const VsQueueItem *item, GError **error)
{
  GSequenceIter *iter, *before;
  g_autoptr (VsQueueItem) old = NULL;
  VsQueueItem *made;

  if (item->id == NULL) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "An item that is to be changed needs its id.");
    return FALSE;
  }
  iter = g_hash_table_lookup (queue->index, item->id);
  if (iter == NULL)
    return update_entry (queue, item, error);

  made = vs_queue_item_with_id (item, item->id);
  before = g_sequence_iter_next (iter);
  old = vs_queue_pull (queue, iter);
  if ((old->at_us == VS_QUEUE_NO_TIME) == (made->at_us == VS_QUEUE_NO_TIME))
    vs_queue_add_edit (queue, VS_QUEUE_EDIT_UPDATE, made, NULL);
  else {
    /* from a time to the end of the line, or the other way */
    before = g_sequence_get_end_iter (queue->line);
    vs_queue_add_edit (queue, VS_QUEUE_EDIT_REMOVE, NULL, made->id);
    vs_queue_add_edit (queue, VS_QUEUE_EDIT_INSERT, made, NULL);
  }
  vs_queue_place (queue, made, before);
  queue->version++;
  return TRUE;
}

static void
empty_line (VsQueue *queue)
{
  g_hash_table_remove_all (queue->index);
  g_sequence_remove_range (g_sequence_get_begin_iter (queue->line),
      g_sequence_get_end_iter (queue->line));
  g_sequence_remove_range (g_sequence_get_begin_iter (queue->timed),
      g_sequence_get_end_iter (queue->timed));
}

static void
let_programme_go (VsQueue *queue, VsQueueCut cut)
{
  for (guint i = 0; i < queue->stack->len; i++) {
    VsQueueEntry *entry = g_ptr_array_index (queue->stack, i);

    if (!vs_queue_is_programme (entry) || entry->leave == VS_QUEUE_LEAVE_NOW)
      continue;
    entry->leave =
        cut == VS_QUEUE_CUT_FRAME ? VS_QUEUE_LEAVE_NOW : VS_QUEUE_LEAVE_AT_END;
    entry->leave_reason = VS_QUEUE_REMOVED;
  }
}

void
vs_queue_clear (VsQueue *queue, VsQueueCut cut)
{
  empty_line (queue);
  let_programme_go (queue, cut);
  vs_queue_add_edit (queue, VS_QUEUE_EDIT_CLEAR, NULL, NULL);
  queue->version++;
}

/* ---- replacing ---- */

typedef struct {
  GSequence *line, *timed;
  GHashTable *index;
} Line;

/* Puts @other in the place of the queue's line, and the line into @other. */
static void
swap_line (VsQueue *queue, Line *other)
{
  Line own = { queue->line, queue->timed, queue->index };

  queue->line = other->line;
  queue->timed = other->timed;
  queue->index = other->index;
  *other = own;
}

static VsQueueEntry *
get_programme (const VsQueue *queue)
{
  VsQueueEntry *first =
      queue->stack->len > 0 ? g_ptr_array_index (queue->stack, 0) : NULL;

  return first != NULL && vs_queue_is_programme (first) ? first : NULL;
}

/* One of the new list. The programme on air, named by its id, stays on air:
 * a list that was read, edited and written back does not cut it. */
static gboolean
take_one (VsQueue *queue, const VsQueueItem *item, VsQueueEntry *programme,
    const VsQueueItem **stays, GError **error)
{
  if (programme == NULL || item->id == NULL ||
      !g_str_equal (programme->item->id, item->id))
    return vs_queue_enqueue (queue, item, error) != NULL;
  if (*stays != NULL || !is_same_media (programme->item, item)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” is on air: it occurs once, and its media and its in point "
        "cannot be changed.",
        item->id);
    return FALSE;
  }
  *stays = item;
  vs_queue_add_edit (queue, VS_QUEUE_EDIT_INSERT, item, NULL);
  return TRUE;
}

static gboolean
take_all (VsQueue *queue, GPtrArray *items, VsQueueEntry *programme,
    const VsQueueItem **stays, GError **error)
{
  for (guint i = 0; i < items->len; i++) {
    if (!take_one (
            queue, g_ptr_array_index (items, i), programme, stays, error)) {
      g_prefix_error (error, "item %u: ", i + 1);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
vs_queue_replace (
    VsQueue *queue, GPtrArray *items, VsQueueCut cut, GError **error)
{
  Line other = { g_sequence_new ((GDestroyNotify) vs_queue_item_unref),
    g_sequence_new ((GDestroyNotify) vs_queue_item_unref),
    g_hash_table_new (g_str_hash, g_str_equal) };
  VsQueueEntry *programme = get_programme (queue);
  const VsQueueItem *stays = NULL;
  guint64 version = queue->version;
  guint n_edits = queue->edits != NULL ? queue->edits->len : 0;
  gboolean ok;

  swap_line (queue, &other);
  vs_queue_add_edit (queue, VS_QUEUE_EDIT_CLEAR, NULL, NULL);
  ok = take_all (queue, items, programme, &stays, error);
  queue->version = version;
  if (!ok) {
    swap_line (queue, &other);
    g_ptr_array_set_size (queue->edits, (gint) n_edits);
  } else {
    queue->version++;
    if (stays == NULL)
      let_programme_go (queue, cut);
    else {
      swap_item (&programme->item, stays);
      programme->air.item = programme->item;
      programme->leave = VS_QUEUE_STAY;
    }
  }
  g_hash_table_unref (other.index);
  g_sequence_free (other.line);
  g_sequence_free (other.timed);
  return ok;
}

/* ---- interrupts ---- */

const VsQueueItem *
vs_queue_interrupt (VsQueue *queue, const VsQueueItem *item, VsQueueCut cut,
    gint64 at_us, VsQueueResume resume, GError **error)
{
  VsQueueWaiting *waiting;
  g_autofree gchar *id = NULL;

  if (queue->stack->len + queue->waiting->len >= VS_QUEUE_DEPTH_MAX) {
    g_set_error (error, VS_ERROR, VS_ERROR_CONFLICT,
        "There are %d interrupts already, on air or waiting: return from one "
        "first.",
        VS_QUEUE_DEPTH_MAX);
    return NULL;
  }
  if (item->id != NULL && vs_queue_find (queue, item->id) != NULL) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” is in the queue already; give another id, or none", item->id);
    return NULL;
  }
  id = g_strdup (item->id);
  while (id == NULL || vs_queue_find (queue, id) != NULL) {
    g_free (id);
    id =
        g_strdup_printf ("%s-%" G_GUINT64_FORMAT, queue->run, ++queue->next_id);
  }
  waiting = g_new0 (VsQueueWaiting, 1);
  waiting->item = vs_queue_item_with_id (item, id);
  waiting->cut = cut;
  waiting->at_us = cut == VS_QUEUE_CUT_AT ? at_us : VS_QUEUE_NO_TIME;
  waiting->resume = resume;
  g_ptr_array_add (queue->waiting, waiting);
  queue->version++;
  return waiting->item;
}

static gboolean
let_go (VsQueue *queue, VsQueueReason reason)
{
  VsQueueEntry *top = vs_queue_top (queue);

  if (top->leave != VS_QUEUE_LEAVE_NOW) {
    top->leave = VS_QUEUE_LEAVE_NOW;
    top->leave_reason = reason;
    queue->version++;
  }
  return TRUE;
}

gboolean
vs_queue_skip (VsQueue *queue, GError **error)
{
  if (vs_queue_get_state (queue) != VS_QUEUE_IDLE)
    return let_go (queue, VS_QUEUE_SKIPPED);
  g_set_error_literal (error, VS_ERROR, VS_ERROR_CONFLICT,
      "Nothing of the queue is on air that could be skipped.");
  return FALSE;
}

gboolean
vs_queue_return (VsQueue *queue, GError **error)
{
  if (vs_queue_get_state (queue) == VS_QUEUE_INTERRUPT)
    return let_go (queue, VS_QUEUE_RETURNED);
  g_set_error_literal (error, VS_ERROR, VS_ERROR_CONFLICT,
      "Nothing interrupts the queue, so there is nothing to return from.");
  return FALSE;
}

/* ---- what the engine tells ---- */

void
vs_queue_set_position (VsQueue *queue, guint64 position, guint64 counter)
{
  VsQueueEntry *top = vs_queue_top (queue);

  if (top == NULL)
    return;
  top->air.position = position;
  top->air.counter = counter;
}

void
vs_queue_set_started (VsQueue *queue, gint64 now_us)
{
  VsQueueEntry *top = vs_queue_top (queue);

  if (top != NULL && top->air.started_us == VS_QUEUE_NO_TIME)
    top->air.started_us = now_us;
}
