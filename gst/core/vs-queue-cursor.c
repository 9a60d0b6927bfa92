/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The cursor as JSON and back, and lists that others have changed. */
#include "core/vs-error.h"
#include "core/vs-json.h"
#include "core/vs-queue-item-private.h"
#include "core/vs-queue-private.h"
#include "core/vs-text.h"

#include <string.h>

#define CURSOR_VERSION 1
#define NUMBER_MAX G_GINT64_CONSTANT (9007199254740992)
#define VALUES_MAX (VS_QUEUE_DEPTH_MAX * 600)

static const gchar *const leave_names[] = { "stay", "at-end", "now" };

/* ---- saving ---- */

static void
append_int (GString *out, const gchar *key, gint64 value)
{
  if (out->str[out->len - 1] != '{')
    g_string_append (out, ", ");
  vs_json_append_string (out, key);
  g_string_append (out, ": ");
  vs_text_append_int (out, value);
}

static void
append_word (GString *out, const gchar *key, const gchar *word)
{
  g_string_append (out, ", ");
  vs_json_append_string (out, key);
  g_string_append (out, ": ");
  vs_json_append_string (out, word);
}

static void
append_item (GString *out, const VsQueueItem *item)
{
  g_autofree gchar *json = vs_queue_item_to_json (item);

  g_string_append (out, "{\"item\": ");
  g_string_append (out, json);
}

static void
append_entry (GString *out, const VsQueueEntry *entry)
{
  append_item (out, entry->item);
  append_int (out, "position", (gint64) entry->air.position);
  append_int (out, "counter", (gint64) entry->air.counter);
  append_int (out, "passes", (gint64) entry->air.passes);
  if (entry->air.started_us != VS_QUEUE_NO_TIME)
    append_int (out, "started", entry->air.started_us);
  if (entry->cut_us != VS_QUEUE_NO_TIME)
    append_int (out, "cut", entry->cut_us);
  if (entry->air.interrupt)
    append_word (out, "interrupt", vs_queue_resume_name (entry->air.resume));
  if (entry->leave != VS_QUEUE_STAY) {
    append_word (out, "leave", leave_names[entry->leave]);
    append_word (out, "reason", vs_queue_reason_name (entry->leave_reason));
  }
  g_string_append_c (out, '}');
}

static void
append_waiting (GString *out, const VsQueueWaiting *waiting)
{
  append_item (out, waiting->item);
  append_word (out, "cut", vs_queue_cut_name (waiting->cut));
  if (waiting->cut == VS_QUEUE_CUT_AT)
    append_int (out, "at", waiting->at_us);
  append_word (out, "resume", vs_queue_resume_name (waiting->resume));
  g_string_append_c (out, '}');
}

gchar *
vs_queue_save (const VsQueue *queue, gint64 now_us)
{
  GString *out = g_string_new ("{");

  append_int (out, "version", CURSOR_VERSION);
  append_int (out, "saved", now_us);
  append_int (out, "changes", (gint64) queue->version);
  append_int (out, "serial", (gint64) queue->serial);
  g_string_append (out, ", \"on\": [");
  for (guint i = 0; i < queue->stack->len; i++) {
    if (i > 0)
      g_string_append (out, ", ");
    append_entry (out, g_ptr_array_index (queue->stack, i));
  }
  g_string_append (out, "], \"waiting\": [");
  for (guint i = 0; i < queue->waiting->len; i++) {
    if (i > 0)
      g_string_append (out, ", ");
    append_waiting (out, g_ptr_array_index (queue->waiting, i));
  }
  g_string_append (out, "]}");
  return g_string_free (out, FALSE);
}

/* ---- loading ---- */

/* A number that may be missing: @value stays as it is then. */
static gboolean
get_int (const VsJson *object, const gchar *key, gint64 *value, GError **error)
{
  const VsJson *member = vs_json_get (object, key);

  if (member == NULL || vs_json_get_int (member, 0, NUMBER_MAX, value))
    return TRUE;
  return vs_json_refuse (member, error, "“%s” is no whole number", key);
}

static gboolean
get_count (
    const VsJson *object, const gchar *key, guint64 *value, GError **error)
{
  gint64 number = 0;

  if (!get_int (object, key, &number, error))
    return FALSE;
  *value = (guint64) number;
  return TRUE;
}

static const gchar *
get_word (const VsJson *object, const gchar *key)
{
  const VsJson *member = vs_json_get (object, key);

  return member != NULL && member->kind == VS_JSON_STRING ? member->string : "";
}

static VsQueueItem *
load_item (const VsJson *object, GError **error)
{
  const VsJson *json = vs_json_get (object, "item");
  g_autoptr (VsQueueItem) item = NULL;

  if (json == NULL) {
    vs_json_refuse (object, error, "“item” is missing");
    return NULL;
  }
  item = vs_queue_item_read_json (json, error);
  if (item != NULL && item->id == NULL) {
    vs_json_refuse (json, error, "the item has no id");
    return NULL;
  }
  return g_steal_pointer (&item);
}

static void
load_leave (VsQueueEntry *entry, const VsJson *object)
{
  const gchar *leave = get_word (object, "leave");
  const gchar *reason = get_word (object, "reason");

  for (guint i = 0; i < G_N_ELEMENTS (leave_names); i++) {
    if (g_str_equal (leave_names[i], leave))
      entry->leave = (VsQueueLeave) i;
  }
  entry->leave_reason = VS_QUEUE_REMOVED;
  for (guint i = 0; i < VS_QUEUE_N_REASONS; i++) {
    if (g_str_equal (vs_queue_reason_name ((VsQueueReason) i), reason))
      entry->leave_reason = (VsQueueReason) i;
  }
}

static gboolean
load_entry (VsQueue *queue, const VsJson *object, GError **error)
{
  VsQueueEntry *entry = g_new0 (VsQueueEntry, 1);

  g_ptr_array_add (queue->stack, entry);
  entry->air.started_us = VS_QUEUE_NO_TIME;
  entry->cut_us = VS_QUEUE_NO_TIME;
  entry->item = load_item (object, error);
  if (entry->item == NULL)
    return FALSE;
  entry->air.item = entry->item;
  entry->air.interrupt = vs_queue_parse_resume (
      get_word (object, "interrupt"), &entry->air.resume);
  load_leave (entry, object);
  if (!entry->air.interrupt && queue->stack->len > 1)
    return vs_json_refuse (object, error, "a programme lies over another");
  return get_count (object, "position", &entry->air.position, error) &&
         get_count (object, "counter", &entry->air.counter, error) &&
         get_count (object, "passes", &entry->air.passes, error) &&
         get_int (object, "started", &entry->air.started_us, error) &&
         get_int (object, "cut", &entry->cut_us, error);
}

static gboolean
load_waiting (VsQueue *queue, const VsJson *object, GError **error)
{
  VsQueueWaiting *waiting = g_new0 (VsQueueWaiting, 1);

  g_ptr_array_add (queue->waiting, waiting);
  waiting->item = load_item (object, error);
  if (waiting->item == NULL)
    return FALSE;
  if (!vs_queue_parse_cut (get_word (object, "cut"), &waiting->cut) ||
      !vs_queue_parse_resume (get_word (object, "resume"), &waiting->resume))
    return vs_json_refuse (object, error, "how it cuts in is not said");
  waiting->at_us = VS_QUEUE_NO_TIME;
  return get_int (object, "at", &waiting->at_us, error);
}

static gboolean
load_each (VsQueue *queue, const VsJson *json, const gchar *key,
    gboolean (*load) (VsQueue *, const VsJson *, GError **), GError **error)
{
  const VsJson *list = vs_json_get (json, key);

  if (list == NULL || list->kind != VS_JSON_ARRAY ||
      list->children->len > VS_QUEUE_DEPTH_MAX)
    return vs_json_refuse (json, error, "“%s” is no list", key);
  for (guint i = 0; i < list->children->len; i++) {
    if (!load (queue, g_ptr_array_index (list->children, i), error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_twins (const VsQueue *queue)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < queue->stack->len; i++) {
    VsQueueEntry *entry = g_ptr_array_index (queue->stack, i);

    if (!g_hash_table_add (seen, entry->item->id))
      return TRUE;
  }
  for (guint i = 0; i < queue->waiting->len; i++) {
    VsQueueWaiting *waiting = g_ptr_array_index (queue->waiting, i);

    if (!g_hash_table_add (seen, waiting->item->id))
      return TRUE;
  }
  return FALSE;
}

static gboolean
load_json (VsQueue *queue, const VsJson *json, gint64 *saved, GError **error)
{
  guint64 version = 0;

  if (json->kind != VS_JSON_OBJECT)
    return vs_json_refuse (json, error, "it is no object");
  if (!get_count (json, "version", &version, error))
    return FALSE;
  if (version != CURSOR_VERSION)
    return vs_json_refuse (
        json, error, "it is of another version of this program");
  if (!get_int (json, "saved", saved, error) ||
      !get_count (json, "changes", &queue->version, error) ||
      !get_count (json, "serial", &queue->serial, error) ||
      !load_each (queue, json, "on", load_entry, error) ||
      !load_each (queue, json, "waiting", load_waiting, error))
    return FALSE;
  if (has_twins (queue))
    return vs_json_refuse (json, error, "an item is in it twice");
  return TRUE;
}

static gboolean
load_cursor (VsQueue *queue, const gchar *cursor, gint64 *saved, GError **error)
{
  g_autoptr (VsJson) json = vs_json_parse (cursor, -1, VALUES_MAX, error);

  if (json != NULL && load_json (queue, json, saved, error))
    return TRUE;
  g_prefix_error (error, "The saved cursor cannot be used: ");
  /* an entry that was half read has no item yet */
  g_ptr_array_set_size (queue->stack, 0);
  g_ptr_array_set_size (queue->waiting, 0);
  return FALSE;
}

/* The time in which nothing ran, as frames, for what was on air. */
static void
join_now (VsQueue *queue, gint64 saved_us, gint64 now_us)
{
  VsQueueEntry *top = vs_queue_top (queue);
  const VsQueueItem *item;
  guint64 length;

  if (top == NULL)
    return;
  item = top->item;
  top->air.position += vs_queue_elapsed (queue, now_us - saved_us);
  if (item->uri == NULL || item->out_us == VS_QUEUE_NO_TIME)
    return;
  length = MAX (vs_queue_elapsed (queue, item->out_us - item->in_us), 1);
  if (top->air.position >= length && item->loop)
    top->air.position %= length;
  else if (top->air.position >= length)
    vs_queue_end (queue, now_us, VS_QUEUE_ENDED);
}

gboolean
vs_queue_load (VsQueue *queue, GPtrArray *items, const gchar *cursor,
    gboolean join, gint64 now_us, GError **error)
{
  gint64 saved_us = now_us;
  gboolean ok = TRUE;

  g_return_val_if_fail (queue->stack->len == 0, FALSE);
  if (cursor != NULL)
    ok = load_cursor (queue, cursor, &saved_us, error);
  vs_queue_sync (queue, items);
  if (ok && join)
    join_now (queue, saved_us, now_us);
  if (queue->stack->len > 0) {
    const VsQueueEntry *top =
        g_ptr_array_index (queue->stack, queue->stack->len - 1);

    vs_queue_add_event (
        queue, VS_QUEUE_EVENT_RESUMED, top->item, top->air.position);
  }
  return ok;
}

/* ---- what others have changed ---- */

static VsQueueEntry *
get_programme (const VsQueue *queue)
{
  VsQueueEntry *first =
      queue->stack->len > 0 ? g_ptr_array_index (queue->stack, 0) : NULL;

  return first != NULL && vs_queue_is_programme (first) ? first : NULL;
}

/* TRUE: the programme is among them. */
static gboolean
append_foreign (VsQueue *queue, GPtrArray *items)
{
  const VsQueueEntry *programme = get_programme (queue);
  gboolean found = FALSE;

  for (guint i = 0; i < items->len; i++) {
    VsQueueItem *item = g_ptr_array_index (items, i);

    if (programme != NULL && g_str_equal (programme->item->id, item->id))
      found = TRUE;
    else if (vs_queue_get_length (queue) < VS_QUEUE_LENGTH_MAX &&
             vs_queue_find (queue, item->id) == NULL)
      vs_queue_place (queue, vs_queue_item_ref (item),
          g_sequence_get_end_iter (queue->line));
  }
  return found;
}

void
vs_queue_sync (VsQueue *queue, GPtrArray *items)
{
  VsQueueEntry *programme = get_programme (queue);

  g_hash_table_remove_all (queue->index);
  g_sequence_remove_range (g_sequence_get_begin_iter (queue->line),
      g_sequence_get_end_iter (queue->line));
  g_sequence_remove_range (g_sequence_get_begin_iter (queue->timed),
      g_sequence_get_end_iter (queue->timed));
  if (!append_foreign (queue, items) && programme != NULL &&
      programme->leave == VS_QUEUE_STAY) {
    programme->leave = VS_QUEUE_LEAVE_NOW;
    programme->leave_reason = VS_QUEUE_REMOVED;
  }
  queue->version++;
}

void
vs_queue_sync_appended (VsQueue *queue, GPtrArray *items)
{
  append_foreign (queue, items);
  queue->version++;
}
