/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-queue-order.h"

#include "core/vs-error.h"
#include "core/vs-queue-item-private.h"
#include "core/vs-queue-private.h"
#include "core/vs-text.h"
#include "core/vs-units.h"

#include <string.h>

#define VALUES_MAX (VS_QUEUE_ORDER_ITEMS_MAX * 32)
#define LIMIT_DEFAULT 500
#define LIMIT_MAX 10000
#define LIST_MAX (1024 * 1024) /* bytes of one answer */
#define INDEX_MAX G_MAXINT

typedef enum {
  KEY_ITEMS = 1 << 0,
  KEY_ITEM = 1 << 1,
  KEY_ID = 1 << 2,
  KEY_INDEX = 1 << 3,
  KEY_LIMIT = 1 << 4,
  KEY_CUT = 1 << 5,
  KEY_AT = 1 << 6,
  KEY_RESUME = 1 << 7
} Keys;

/* The order as it was read. */
typedef struct {
  VsQueue *queue;
  const VsQueueTerms *terms;
  Keys given;
  GPtrArray *items; /* VsQueueItem; of "item" one */
  const gchar *id;
  gint64 index, limit, at_us;
  VsQueueCut cut;
  VsQueueResume resume;
} Order;

typedef gboolean (*Obey) (Order *order, GString *out, GError **error);

static void
order_clear (Order *order)
{
  g_clear_pointer (&order->items, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Order, order_clear)

/* ---- answers ---- */

static void
append_key (GString *out, const gchar *key)
{
  if (out->str[out->len - 1] != '{')
    g_string_append (out, ", ");
  vs_json_append_string (out, key);
  g_string_append (out, ": ");
}

static void
append_int (GString *out, const gchar *key, gint64 value)
{
  append_key (out, key);
  vs_text_append_int (out, value);
}

static void
append_item (GString *out, const gchar *key, const VsQueueItem *item)
{
  g_autofree gchar *json = item ? vs_queue_item_to_json (item) : NULL;

  append_key (out, key);
  g_string_append (out, json ? json : "null");
}

/* Ids are of A-Za-z0-9._-, and so is the version. */
static gchar *
format_version (const VsQueue *queue)
{
  return g_strdup_printf (
      "%s-%" G_GUINT64_FORMAT, queue->run, vs_queue_get_version (queue));
}

static const gchar *
get_kind (const VsQueueAir *air)
{
  if (!air)
    return "none";
  if (g_strcmp0 (air->item->uri, VS_QUEUE_SLATE_URI) == 0)
    return "slate";
  return air->interrupt ? "interrupt" : "item";
}

/* Of the whole item, in ms, as far as it says so. */
static gint64
get_duration_ms (const VsQueueItem *item)
{
  if (item->duration_us != VS_QUEUE_NO_TIME)
    return item->duration_us / 1000;
  if (item->out_us != VS_QUEUE_NO_TIME && !item->variants)
    return (item->out_us - item->in_us) / 1000;
  return -1;
}

static void
append_air (GString *out, const VsQueue *queue)
{
  const VsQueueAir *air = vs_queue_get_air (queue);
  gint64 duration_ms = air ? get_duration_ms (air->item) : -1;

  append_key (out, "kind");
  vs_json_append_string (out, get_kind (air));
  append_item (out, "item", air ? air->item : NULL);
  append_int (out, "position_ms",
      air ? (gint64) (air->position * 1000 * queue->fps_d / queue->fps_n) : 0);
  append_int (out, "duration_ms", duration_ms);
  append_int (out, "playback_counter", air ? (gint64) air->position : 0);
  append_item (out, "next", vs_queue_get_nth (queue, 0));
  append_int (out, "queue_length", vs_queue_get_length (queue));
}

/* ---- obeying ---- */

static gboolean
show_status (Order *order, GString *out, GError **error)
{
  append_air (out, order->queue);
  return TRUE;
}

static gboolean
show_list (Order *order, GString *out, GError **error)
{
  guint index = order->given & KEY_INDEX ? (guint) order->index : 0;
  guint limit = order->given & KEY_LIMIT ? (guint) order->limit : LIMIT_DEFAULT;
  guint n = vs_queue_get_length (order->queue);

  append_air (out, order->queue);
  append_int (out, "index", index);
  append_key (out, "items");
  g_string_append_c (out, '[');
  for (guint i = index; i < n && i - index < limit && out->len < LIST_MAX;
       i++) {
    g_autofree gchar *json =
        vs_queue_item_to_json (vs_queue_get_nth (order->queue, i));

    g_string_append (out, i > index ? ", " : "");
    g_string_append (out, json);
  }
  g_string_append_c (out, ']');
  return TRUE;
}

static const VsQueueItem *
take_one (Order *order, guint i, GError **error)
{
  const VsQueueItem *item = g_ptr_array_index (order->items, i);
  guint index = (guint) MIN (order->index + i, INDEX_MAX);

  return order->given & KEY_INDEX
             ? vs_queue_insert (order->queue, item, index, error)
             : vs_queue_enqueue (order->queue, item, error);
}

/* As if they had never been there. */
static void
take_back (VsQueue *queue, GPtrArray *taken, guint n_edits, guint64 version)
{
  for (guint i = 0; i < taken->len; i++) {
    const VsQueueItem *item = g_ptr_array_index (taken, i);

    vs_queue_item_unref (
        vs_queue_pull (queue, g_hash_table_lookup (queue->index, item->id)));
  }
  queue->version = version;
  if (n_edits == 0)
    g_clear_pointer (&queue->edits, g_ptr_array_unref);
  else
    g_ptr_array_set_size (queue->edits, (gint) n_edits);
}

static gboolean
enqueue (Order *order, GString *out, GError **error)
{
  VsQueue *queue = order->queue;
  guint n_edits = queue->edits ? queue->edits->len : 0;
  guint64 version = vs_queue_get_version (queue);
  g_autoptr (GPtrArray) taken = g_ptr_array_new ();

  for (guint i = 0; i < order->items->len; i++) {
    const VsQueueItem *item = take_one (order, i, error);

    if (!item) {
      g_prefix_error (error, "item %u: ", i + 1);
      take_back (queue, taken, n_edits, version);
      return FALSE;
    }
    g_ptr_array_add (taken, (gpointer) item);
  }
  append_key (out, "items");
  g_string_append_c (out, '[');
  for (guint i = 0; i < taken->len; i++) {
    g_autofree gchar *json = vs_queue_item_to_json (taken->pdata[i]);

    g_string_append (out, i ? ", " : "");
    g_string_append (out, json);
  }
  g_string_append_c (out, ']');
  return TRUE;
}

static gboolean
replace (Order *order, GString *out, GError **error)
{
  if (order->cut == VS_QUEUE_CUT_AT) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“cut” of a replacement is “frame” or “item-end”.");
    return FALSE;
  }
  return vs_queue_replace (order->queue, order->items, order->cut, error) &&
         show_list (order, out, error);
}

static gboolean
move (Order *order, GString *out, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (vs_queue_move (order->queue, order->id, (guint) order->index, &reason)) {
    order->given &= (Keys) ~KEY_INDEX; /* the list is shown from its start */
    return show_list (order, out, error);
  }
  /* Whatever is not in the line is there, but cannot be moved now. */
  if (reason->code != VS_ERROR_NOT_FOUND)
    reason->code = VS_ERROR_CONFLICT;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

static gboolean
remove_item (Order *order, GString *out, GError **error)
{
  return vs_queue_remove (order->queue, order->id, error);
}

static gboolean
skip (Order *order, GString *out, GError **error)
{
  const VsQueueAir *air = vs_queue_get_air (order->queue);

  if (!vs_queue_skip (order->queue, error))
    return FALSE;
  append_key (out, "id");
  vs_json_append_string (out, air->item->id);
  return TRUE;
}

static gboolean
go_back (Order *order, GString *out, GError **error)
{
  const VsQueueAir *air = vs_queue_get_air (order->queue);

  if (!vs_queue_return (order->queue, error))
    return FALSE;
  append_key (out, "id");
  vs_json_append_string (out, air->item->id);
  return TRUE;
}

static gboolean
interrupt_with (
    Order *order, const VsQueueItem *item, GString *out, GError **error)
{
  const VsQueueItem *made;

  if ((order->given & KEY_AT) != 0 && !(order->given & KEY_CUT))
    order->cut = VS_QUEUE_CUT_AT;
  if ((order->cut == VS_QUEUE_CUT_AT) != ((order->given & KEY_AT) != 0)) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“at” and “cut”: “at” belong together.");
    return FALSE;
  }
  made = vs_queue_interrupt (
      order->queue, item, order->cut, order->at_us, order->resume, error);
  if (!made)
    return FALSE;
  append_key (out, "id");
  vs_json_append_string (out, made->id);
  append_key (out, "cut");
  vs_json_append_string (out, vs_queue_cut_name (order->cut));
  if (order->cut == VS_QUEUE_CUT_AT)
    append_int (out, "at_us", order->at_us);
  return TRUE;
}

static gboolean
interrupt (Order *order, GString *out, GError **error)
{
  return interrupt_with (order, order->items->pdata[0], out, error);
}

static gboolean
slate (Order *order, GString *out, GError **error)
{
  g_autoptr (VsQueueItem) item = vs_queue_item_new ();

  item->uri = g_strdup (VS_QUEUE_SLATE_URI);
  return interrupt_with (order, item, out, error);
}

static const struct {
  const gchar *name;
  Keys needed, known;
  gboolean live; /* of what is on air */
  Obey obey;
} ops[] = {
  { "status", 0, 0, FALSE, show_status },
  { "list", 0, KEY_INDEX | KEY_LIMIT, FALSE, show_list },
  { "enqueue", KEY_ITEMS, KEY_ITEMS | KEY_INDEX, FALSE, enqueue },
  { "replace", KEY_ITEMS, KEY_ITEMS | KEY_CUT, FALSE, replace },
  { "move", KEY_ID | KEY_INDEX, KEY_ID | KEY_INDEX, FALSE, move },
  { "remove", KEY_ID, KEY_ID, FALSE, remove_item },
  { "skip", 0, 0, TRUE, skip },
  { "return", 0, 0, TRUE, go_back },
  { "interrupt", KEY_ITEM, KEY_ITEM | KEY_CUT | KEY_AT | KEY_RESUME, TRUE,
      interrupt },
  { "slate", 0, KEY_CUT | KEY_AT | KEY_RESUME, TRUE, slate },
};

/* ---- reading ---- */

static gboolean
read_items (Order *order, const VsJson *value, GError **error)
{
  if (value->kind != VS_JSON_ARRAY)
    return vs_json_refuse (value, error, "“items” must be a list");
  if (value->children->len > VS_QUEUE_ORDER_ITEMS_MAX)
    return vs_json_refuse (value, error,
        "“items” has more than %d items: send them in parts",
        VS_QUEUE_ORDER_ITEMS_MAX);
  for (guint i = 0; i < value->children->len; i++) {
    VsQueueItem *item =
        vs_queue_item_read_json (value->children->pdata[i], error);

    if (!item) {
      g_prefix_error (error, "item %u: ", i + 1);
      return FALSE;
    }
    g_ptr_array_add (order->items, item);
  }
  return TRUE;
}

static gboolean
read_item (Order *order, const VsJson *value, GError **error)
{
  VsQueueItem *item = vs_queue_item_read_json (value, error);

  if (item)
    g_ptr_array_add (order->items, item);
  return item != NULL;
}

static gboolean
read_id (Order *order, const VsJson *value, GError **error)
{
  order->id = value->string;
  return value->kind == VS_JSON_STRING ||
         vs_json_refuse (value, error, "“id” must be a text");
}

static gboolean
read_index (Order *order, const VsJson *value, GError **error)
{
  return vs_json_get_int (value, 0, INDEX_MAX, &order->index) ||
         vs_json_refuse (value, error, "“index” must be a whole number");
}

static gboolean
read_limit (Order *order, const VsJson *value, GError **error)
{
  return vs_json_get_int (value, 0, LIMIT_MAX, &order->limit) ||
         vs_json_refuse (
             value, error, "“limit” must be a number up to %d", LIMIT_MAX);
}

static gboolean
read_cut (Order *order, const VsJson *value, GError **error)
{
  return (value->kind == VS_JSON_STRING &&
             vs_queue_parse_cut (value->string, &order->cut)) ||
         vs_json_refuse (
             value, error, "“cut” must be “frame”, “item-end” or “at”");
}

static gboolean
read_at (Order *order, const VsJson *value, GError **error)
{
  return (value->kind == VS_JSON_STRING &&
             vs_queue_parse_date (value->string, &order->at_us)) ||
         vs_json_refuse (value, error,
             "“at” must be a date and time with its zone, like "
             "2026-11-20T20:00:00Z");
}

static gboolean
read_resume (Order *order, const VsJson *value, GError **error)
{
  return (value->kind == VS_JSON_STRING &&
             vs_queue_parse_resume (value->string, &order->resume)) ||
         vs_json_refuse (value, error,
             "“resume” must be “resume”, “restart”, “skip” or “join”");
}

static const struct {
  const gchar *name;
  Keys key;
  gboolean (*read) (Order *order, const VsJson *value, GError **error);
} keys[] = {
  { "items", KEY_ITEMS, read_items },
  { "item", KEY_ITEM, read_item },
  { "id", KEY_ID, read_id },
  { "index", KEY_INDEX, read_index },
  { "limit", KEY_LIMIT, read_limit },
  { "cut", KEY_CUT, read_cut },
  { "at", KEY_AT, read_at },
  { "resume", KEY_RESUME, read_resume },
};

static gboolean
is_own_key (const gchar *name)
{
  return g_str_equal (name, "op") || g_str_equal (name, "if_match");
}

static gboolean
read_member (Order *order, Keys known, const VsJson *value, GError **error)
{
  const gchar *names[G_N_ELEMENTS (keys) + 1] = { NULL };
  const gchar *nearest;
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    if (!(known & keys[i].key))
      continue;
    names[n++] = keys[i].name;
    if (!g_str_equal (value->key, keys[i].name))
      continue;
    order->given |= keys[i].key;
    return keys[i].read (order, value, error);
  }
  nearest = vs_units_nearest (value->key, names);
  return vs_json_refuse (value, error, "“%.60s” is not known here%s%s%s",
      value->key, nearest ? "; did you mean “" : "", nearest ? nearest : "",
      nearest ? "”?" : "");
}

static gboolean
read_order (
    Order *order, const VsJson *root, Keys needed, Keys known, GError **error)
{
  for (guint i = 0; i < root->children->len; i++) {
    const VsJson *value = root->children->pdata[i];

    if (!is_own_key (value->key) && !read_member (order, known, value, error))
      return FALSE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if ((needed & keys[i].key) && !(order->given & keys[i].key))
      return vs_json_refuse (root, error, "“%s” is missing", keys[i].name);
  return TRUE;
}

/* Versions have no quotation mark in them, so a tag is found by its text; a
 * weak one names nothing here (RFC 9110 section 13.1.1). */
static gboolean
check_version (const VsQueue *queue, const VsJson *root, GError **error)
{
  const VsJson *value = vs_json_get (root, "if_match");
  g_autofree gchar *version = format_version (queue);
  g_autofree gchar *tag = g_strdup_printf ("\"%s\"", version);
  const gchar *found;

  if (!value)
    return TRUE;
  if (value->kind != VS_JSON_STRING)
    return vs_json_refuse (value, error, "“if_match” must be a text");
  if (g_str_equal (value->string, "*"))
    return TRUE;
  found = strstr (value->string, tag);
  if (found && (found == value->string || found[-1] != '/'))
    return TRUE;
  g_set_error_literal (error, VS_ERROR, VS_ERROR_STALE,
      "The queue has changed since it was read: read it again.");
  return FALSE;
}

static gint
find_op (const VsJson *root, GError **error)
{
  const gchar *names[G_N_ELEMENTS (ops) + 1] = { NULL };
  const VsJson *op =
      root->kind == VS_JSON_OBJECT ? vs_json_get (root, "op") : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++) {
    names[i] = ops[i].name;
    if (op && g_strcmp0 (op->string, names[i]) == 0)
      return (gint) i;
  }
  (void) vs_json_refuse (op ? op : root, error,
      "“op” must be one of status, list, enqueue, replace, move, remove, skip, "
      "return, interrupt, slate");
  return -1;
}

gchar *
vs_queue_order (VsQueue *queue, const gchar *text, gssize length,
    const VsQueueTerms *terms, GError **error)
{
  g_autoptr (VsJson) root = vs_json_parse (text, length, VALUES_MAX, error);
  gint op = root ? find_op (root, error) : -1;
  g_autoptr (GString) out = g_string_new ("{");
  g_autofree gchar *version = NULL;
  g_auto (Order) order = { .queue = queue,
    .terms = terms,
    .at_us = VS_QUEUE_NO_TIME,
    .cut = terms->cut,
    .resume = terms->resume };

  if (op < 0)
    return NULL;
  order.items =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_item_unref);
  if (!read_order (&order, root, ops[op].needed, ops[op].known, error))
    return NULL;
  if (ops[op].live && !terms->playing) {
    g_set_error (error, VS_ERROR, VS_ERROR_CONFLICT,
        "The channel is not on air: “%s” is for one that is.", ops[op].name);
    return NULL;
  }
  if (!check_version (queue, root, error) || !ops[op].obey (&order, out, error))
    return NULL;
  version = format_version (queue);
  append_key (out, "version");
  vs_json_append_string (out, version);
  g_string_append_c (out, '}');
  return g_string_free (g_steal_pointer (&out), FALSE);
}
