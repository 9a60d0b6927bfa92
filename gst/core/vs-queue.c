/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The queue and its commands; vs-queue-air.c tells what is on air. */
#include "core/vs-queue.h"

#include "core/vs-error.h"
#include "core/vs-queue-private.h"
#include "core/vs-text.h"

#include <string.h>

static const gchar *const cut_names[] = { "frame", "item-end", "at" };
static const gchar *const resume_names[] = { "resume", "restart", "skip",
  "join" };
static const gchar *const reason_names[] = { "ended", "failed", "skipped",
  "returned", "removed", "cut-off", "missed" };

const gchar *
vs_queue_cut_name (VsQueueCut cut)
{
  return cut_names[cut];
}

const gchar *
vs_queue_resume_name (VsQueueResume resume)
{
  return resume_names[resume];
}

const gchar *
vs_queue_reason_name (VsQueueReason reason)
{
  return reason_names[reason];
}

static gboolean
parse_name (const gchar *name, const gchar *const *names, guint n, guint *value)
{
  for (guint i = 0; i < n; i++) {
    if (g_str_equal (name, names[i])) {
      *value = i;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
vs_queue_parse_cut (const gchar *name, VsQueueCut *cut)
{
  return parse_name (name, cut_names, G_N_ELEMENTS (cut_names), cut);
}

gboolean
vs_queue_parse_resume (const gchar *name, VsQueueResume *resume)
{
  return parse_name (name, resume_names, G_N_ELEMENTS (resume_names), resume);
}

/* ---- life ---- */

void
vs_queue_entry_free (VsQueueEntry *entry)
{
  vs_queue_item_unref (entry->item);
  g_free (entry);
}

void
vs_queue_waiting_free (VsQueueWaiting *waiting)
{
  vs_queue_item_unref (waiting->item);
  g_free (waiting);
}

void
vs_queue_edit_free (VsQueueEdit *edit)
{
  vs_queue_item_unref (edit->item);
  g_free (edit->id);
  g_free (edit);
}

void
vs_queue_event_free (VsQueueEvent *event)
{
  vs_queue_item_unref (event->item);
  g_free (event);
}

static GSequence *
new_line (void)
{
  return g_sequence_new ((GDestroyNotify) vs_queue_item_unref);
}

VsQueue *
vs_queue_new (const gchar *run, guint fps_n, guint fps_d)
{
  VsQueue *queue = g_new0 (VsQueue, 1);

  queue->run = g_strdup (run);
  queue->fps_n = fps_n;
  queue->fps_d = MAX (fps_d, 1);
  queue->line = new_line ();
  queue->timed = new_line ();
  queue->index = g_hash_table_new (g_str_hash, g_str_equal);
  queue->stack =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_entry_free);
  queue->waiting =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_waiting_free);
  return queue;
}

void
vs_queue_free (VsQueue *queue)
{
  if (queue == NULL)
    return;
  g_hash_table_unref (queue->index);
  g_sequence_free (queue->line);
  g_sequence_free (queue->timed);
  g_ptr_array_unref (queue->stack);
  g_ptr_array_unref (queue->waiting);
  g_clear_pointer (&queue->edits, g_ptr_array_unref);
  g_clear_pointer (&queue->events, g_ptr_array_unref);
  g_free (queue->run);
  g_free (queue);
}

/* ---- what is told ---- */

void
vs_queue_add_edit (VsQueue *queue, VsQueueEditKind kind,
    const VsQueueItem *item, const gchar *id)
{
  VsQueueEdit *edit = g_new0 (VsQueueEdit, 1);

  if (queue->edits == NULL)
    queue->edits =
        g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_edit_free);
  edit->kind = kind;
  edit->item = item != NULL ? vs_queue_item_ref (item) : NULL;
  edit->id = g_strdup (id);
  g_ptr_array_add (queue->edits, edit);
}

void
vs_queue_add_event (VsQueue *queue, VsQueueEventKind kind,
    const VsQueueItem *item, guint64 position)
{
  VsQueueEvent *event = g_new0 (VsQueueEvent, 1);

  if (queue->events == NULL)
    queue->events =
        g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_event_free);
  event->kind = kind;
  event->item = item != NULL ? vs_queue_item_ref (item) : NULL;
  event->position = position;
  g_ptr_array_add (queue->events, event);
}

void
vs_queue_add_finished (VsQueue *queue, const VsQueueItem *item,
    guint64 position, VsQueueReason reason, gboolean was_on_air)
{
  VsQueueEvent *event;

  vs_queue_add_event (queue, VS_QUEUE_EVENT_FINISHED, item, position);
  event = g_ptr_array_index (queue->events, queue->events->len - 1);
  event->reason = reason;
  event->was_on_air = was_on_air;
}

GPtrArray *
vs_queue_take_edits (VsQueue *queue)
{
  return g_steal_pointer (&queue->edits);
}

GPtrArray *
vs_queue_take_events (VsQueue *queue)
{
  return g_steal_pointer (&queue->events);
}

/* ---- looking ---- */

VsQueueEntry *
vs_queue_top (const VsQueue *queue)
{
  guint n = queue->stack->len;

  return n > 0 ? g_ptr_array_index (queue->stack, n - 1) : NULL;
}

gboolean
vs_queue_is_programme (const VsQueueEntry *entry)
{
  return !entry->air.interrupt;
}

guint64
vs_queue_elapsed (const VsQueue *queue, gint64 us)
{
  if (us <= 0)
    return 0;
  return (
      guint64) ((gdouble) us / G_USEC_PER_SEC * queue->fps_n / queue->fps_d +
                0.5);
}

VsQueueState
vs_queue_get_state (const VsQueue *queue)
{
  const VsQueueEntry *top = vs_queue_top (queue);

  if (top == NULL)
    return VS_QUEUE_IDLE;
  return top->air.interrupt ? VS_QUEUE_INTERRUPT : VS_QUEUE_PROGRAMME;
}

const VsQueueAir *
vs_queue_get_air (const VsQueue *queue)
{
  const VsQueueEntry *top = vs_queue_top (queue);

  return top != NULL ? &top->air : NULL;
}

guint
vs_queue_get_depth (const VsQueue *queue)
{
  return queue->stack->len;
}

const VsQueueAir *
vs_queue_get_air_at (const VsQueue *queue, guint level)
{
  const VsQueueEntry *entry;

  if (level >= queue->stack->len)
    return NULL;
  entry = g_ptr_array_index (queue->stack, level);
  return &entry->air;
}

guint
vs_queue_get_length (const VsQueue *queue)
{
  return g_hash_table_size (queue->index);
}

guint
vs_queue_get_timed (const VsQueue *queue)
{
  return (guint) g_sequence_get_length (queue->timed);
}

guint64
vs_queue_get_version (const VsQueue *queue)
{
  return queue->version;
}

const VsQueueItem *
vs_queue_get_nth (const VsQueue *queue, guint index)
{
  guint n = (guint) g_sequence_get_length (queue->line);
  GSequence *from = index < n ? queue->line : queue->timed;
  GSequenceIter *iter =
      g_sequence_get_iter_at_pos (from, (gint) (index < n ? index : index - n));

  return g_sequence_iter_is_end (iter) ? NULL : g_sequence_get (iter);
}

static VsQueueEntry *
find_entry (const VsQueue *queue, const gchar *id)
{
  for (guint i = 0; i < queue->stack->len; i++) {
    VsQueueEntry *entry = g_ptr_array_index (queue->stack, i);

    if (g_str_equal (entry->item->id, id))
      return entry;
  }
  return NULL;
}

static VsQueueWaiting *
find_waiting (const VsQueue *queue, const gchar *id)
{
  for (guint i = 0; i < queue->waiting->len; i++) {
    VsQueueWaiting *waiting = g_ptr_array_index (queue->waiting, i);

    if (g_str_equal (waiting->item->id, id))
      return waiting;
  }
  return NULL;
}

const VsQueueItem *
vs_queue_find (const VsQueue *queue, const gchar *id)
{
  GSequenceIter *iter = g_hash_table_lookup (queue->index, id);
  const VsQueueEntry *entry;
  const VsQueueWaiting *waiting;

  if (iter != NULL)
    return g_sequence_get (iter);
  entry = find_entry (queue, id);
  if (entry != NULL)
    return entry->item;
  waiting = find_waiting (queue, id);
  return waiting != NULL ? waiting->item : NULL;
}

/* ---- the line ---- */

static gint
compare_at (gconstpointer a, gconstpointer b, gpointer data)
{
  const VsQueueItem *one = a, *other = b;

  (void) data;
  return one->at_us < other->at_us ? -1 : one->at_us > other->at_us;
}

void
vs_queue_place (VsQueue *queue, VsQueueItem *item, GSequenceIter *before)
{
  GSequenceIter *iter;

  if (item->at_us != VS_QUEUE_NO_TIME)
    iter = g_sequence_insert_sorted (queue->timed, item, compare_at, NULL);
  else
    iter = g_sequence_insert_before (before, item);
  g_hash_table_insert (queue->index, item->id, iter);
}

VsQueueItem *
vs_queue_pull (VsQueue *queue, GSequenceIter *iter)
{
  VsQueueItem *item = vs_queue_item_ref (g_sequence_get (iter));

  g_hash_table_remove (queue->index, item->id);
  g_sequence_remove (iter);
  return item;
}

static gboolean
refuse (GError **error, VsError code, const gchar *format, const gchar *id)
{
  /* @format is one of this file's own, with one %s */
  g_autofree gchar *text = NULL;
  g_auto (GStrv) parts = g_strsplit (format, "%s", 2);

  text = parts[1] != NULL ? g_strconcat (parts[0], id, parts[1], NULL)
                          : g_strdup (format);
  g_set_error_literal (error, VS_ERROR, code, text);
  return FALSE;
}

/* With an id that nothing else here has; NULL where its own is taken. */
static VsQueueItem *
name_item (VsQueue *queue, const VsQueueItem *item, GError **error)
{
  g_autofree gchar *id = NULL;

  if (item->id != NULL) {
    if (vs_queue_find (queue, item->id) == NULL)
      return vs_queue_item_with_id (item, item->id);
    refuse (error, VS_ERROR_BAD_VALUE,
        "“%s” is in the queue already; give another id, or none", item->id);
    return NULL;
  }
  do {
    g_free (id);
    id =
        g_strdup_printf ("%s-%" G_GUINT64_FORMAT, queue->run, ++queue->next_id);
  } while (vs_queue_find (queue, id) != NULL);
  return vs_queue_item_with_id (item, id);
}

/* Before which place of the line an item goes that is to follow @id. */
static GSequenceIter *
find_after (const VsQueue *queue, const gchar *id, GError **error)
{
  GSequenceIter *iter = g_hash_table_lookup (queue->index, id);
  const VsQueueEntry *entry;

  if (iter != NULL && g_sequence_iter_get_sequence (iter) == queue->line)
    return g_sequence_iter_next (iter);
  entry = find_entry (queue, id);
  if (entry != NULL && vs_queue_is_programme (entry))
    return g_sequence_get_begin_iter (queue->line);
  refuse (error, VS_ERROR_NOT_FOUND,
      "“after”: there is no “%s” in the queue, or it has a time of its own",
      id);
  return NULL;
}

static const VsQueueItem *
add (VsQueue *queue, const VsQueueItem *item, GSequenceIter *before,
    GError **error)
{
  VsQueueItem *named;
  const gchar *before_id = NULL;

  if (vs_queue_get_length (queue) >= VS_QUEUE_LENGTH_MAX) {
    refuse (error, VS_ERROR_NO_SPACE,
        "The queue is full: it holds two million items.", NULL);
    return NULL;
  }
  named = name_item (queue, item, error);
  if (named == NULL)
    return NULL;
  if (named->at_us == VS_QUEUE_NO_TIME && !g_sequence_iter_is_end (before))
    before_id = ((VsQueueItem *) g_sequence_get (before))->id;
  vs_queue_add_edit (queue, VS_QUEUE_EDIT_INSERT, named, before_id);
  vs_queue_place (queue, named, before);
  queue->version++;
  return named;
}

const VsQueueItem *
vs_queue_enqueue (VsQueue *queue, const VsQueueItem *item, GError **error)
{
  GSequenceIter *before = g_sequence_get_end_iter (queue->line);

  if (item->after != NULL) {
    before = find_after (queue, item->after, error);
    if (before == NULL)
      return NULL;
  }
  return add (queue, item, before, error);
}

const VsQueueItem *
vs_queue_insert (
    VsQueue *queue, const VsQueueItem *item, guint index, GError **error)
{
  return add (queue, item,
      g_sequence_get_iter_at_pos (
          queue->line, (gint) MIN (index, (guint) G_MAXINT)),
      error);
}

static gboolean
refuse_unknown (GError **error, const gchar *id)
{
  return refuse (
      error, VS_ERROR_NOT_FOUND, "There is no “%s” in the queue.", id);
}

gboolean
vs_queue_move (VsQueue *queue, const gchar *id, guint index, GError **error)
{
  GSequenceIter *iter = g_hash_table_lookup (queue->index, id), *next;
  const VsQueueItem *item;
  gint target = (gint) MIN (index, (guint) G_MAXINT - 1);

  if (iter == NULL)
    return vs_queue_find (queue, id) == NULL
               ? refuse_unknown (error, id)
               : refuse (error, VS_ERROR_BAD_VALUE,
                     "“%s” is on air, or interrupts: it has no place in the "
                     "line.",
                     id);
  if (g_sequence_iter_get_sequence (iter) != queue->line)
    return refuse (error, VS_ERROR_BAD_VALUE,
        "“%s” has a time of its own, and no place in the line.", id);
  /* the place counts in the line without the item itself */
  if (target > g_sequence_iter_get_position (iter) ||
      target == g_sequence_iter_get_position (iter))
    target++;
  next = g_sequence_get_iter_at_pos (queue->line, target);
  item = g_sequence_get (iter);
  g_sequence_move (iter, next);
  vs_queue_add_edit (queue, VS_QUEUE_EDIT_REMOVE, NULL, id);
  next = g_sequence_iter_next (iter);
  vs_queue_add_edit (queue, VS_QUEUE_EDIT_INSERT, item,
      g_sequence_iter_is_end (next)
          ? NULL
          : ((VsQueueItem *) g_sequence_get (next))->id);
  queue->version++;
  return TRUE;
}

static void
ask_to_leave (VsQueueEntry *entry, VsQueueLeave leave, VsQueueReason reason)
{
  if (entry->leave == VS_QUEUE_LEAVE_NOW)
    return;
  entry->leave = leave;
  entry->leave_reason = reason;
}

gboolean
vs_queue_remove (VsQueue *queue, const gchar *id, GError **error)
{
  VsQueueEntry *entry;

  if (vs_queue_drop (queue, id, VS_QUEUE_REMOVED))
    return TRUE;
  entry = find_entry (queue, id);
  if (entry == NULL)
    return refuse_unknown (error, id);
  ask_to_leave (entry, VS_QUEUE_LEAVE_NOW, VS_QUEUE_REMOVED);
  queue->version++;
  return TRUE;
}

gboolean
vs_queue_drop (VsQueue *queue, const gchar *id, VsQueueReason reason)
{
  GSequenceIter *iter = g_hash_table_lookup (queue->index, id);
  VsQueueWaiting *waiting;

  if (iter != NULL) {
    g_autoptr (VsQueueItem) item = vs_queue_pull (queue, iter);

    vs_queue_add_edit (queue, VS_QUEUE_EDIT_REMOVE, NULL, item->id);
    vs_queue_add_finished (queue, item, 0, reason, FALSE);
    queue->version++;
    return TRUE;
  }
  waiting = find_waiting (queue, id);
  if (waiting == NULL)
    return FALSE;
  vs_queue_add_finished (queue, waiting->item, 0, reason, FALSE);
  g_ptr_array_remove (queue->waiting, waiting);
  queue->version++;
  return TRUE;
}
