/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/vs-order.h"

#include "core/vs-error.h"
#include "core/vs-json.h"
#include "core/vs-queue-order.h"
#include "core/vs-text.h"
#include "core/vs-units.h"

#include <string.h>

#define VALUES_MAX (VS_QUEUE_ORDER_ITEMS_MAX * 32)
#define MEMBERS_MAX 8

typedef struct {
  const gchar *name;
  VsJsonKind kind;
  gboolean required;
  const VsJson **at;
} Member;

static VsJson *
parse (const VsOrderSource *source, GError **error)
{
  g_autoptr (VsJson) root = vs_json_parse (
      source->body, (gssize) source->body_size, VALUES_MAX, error);

  if (!root || root->kind == VS_JSON_OBJECT)
    return g_steal_pointer (&root);
  (void) vs_json_refuse (root, error, "the document must be an object");
  return NULL;
}

static gboolean
take_member (
    const VsJson *value, const Member *members, guint n, GError **error)
{
  static const gchar *const kinds[] = { "null", "true or false", "a number",
    "a text", "a list", "an object" };
  const gchar *names[MEMBERS_MAX + 1] = { NULL };
  const gchar *nearest;

  for (guint i = 0; i < n; i++) {
    names[i] = members[i].name;
    if (!g_str_equal (value->key, members[i].name))
      continue;
    *members[i].at = value;
    return value->kind == members[i].kind ||
           vs_json_refuse (value, error, "“%s” must be %s", value->key,
               kinds[members[i].kind]);
  }
  nearest = vs_units_nearest (value->key, names);
  return vs_json_refuse (value, error, "“%.60s” is not known here%s%s%s",
      value->key, nearest ? "; did you mean “" : "", nearest ? nearest : "",
      nearest ? "”?" : "");
}

static gboolean
read_members (
    const VsJson *root, const Member *members, guint n, GError **error)
{
  for (guint i = 0; i < root->children->len; i++)
    if (!take_member (root->children->pdata[i], members, n, error))
      return FALSE;
  for (guint i = 0; i < n; i++)
    if (members[i].required && !*members[i].at)
      return vs_json_refuse (root, error, "“%s” is missing", members[i].name);
  return TRUE;
}

/* ---- writing ---- */

static GString *
begin (const gchar *op)
{
  GString *out = g_string_new ("{\"op\": ");

  vs_json_append_string (out, op);
  return out;
}

static void
add_text (GString *out, const gchar *name, const gchar *text)
{
  if (!text)
    return;
  g_string_append (out, ", ");
  vs_json_append_string (out, name);
  g_string_append (out, ": ");
  vs_json_append_string (out, text);
}

static gchar *
end (GString *out, const gchar *if_match)
{
  add_text (out, "if_match", if_match);
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

static gboolean
add_index (GString *out, const VsJson *value, GError **error)
{
  gint64 index;

  if (!value)
    return TRUE;
  if (!vs_json_get_int (value, 0, G_MAXINT, &index))
    return vs_json_refuse (
        value, error, "“index” must be a whole number from 0");
  g_string_append (out, ", \"index\": ");
  vs_text_append_int (out, index);
  return TRUE;
}

static gboolean
add_item (GString *out, const VsJson *value, const VsOrderSource *source,
    GError **error)
{
  VsQueueItem *read = vs_queue_item_read_json (value, error);
  g_autoptr (VsQueueItem) item = NULL;
  g_autofree gchar *json = NULL;

  if (read && source->check)
    read = source->check (read, source->user_data, error);
  item = read;
  if (!item)
    return FALSE;
  json = vs_queue_item_to_json (item);
  g_string_append (out, json);
  return TRUE;
}

static gboolean
add_items (GString *out, const VsJson *list, const VsOrderSource *source,
    GError **error)
{
  if (list->children->len > VS_QUEUE_ORDER_ITEMS_MAX)
    return vs_json_refuse (list, error,
        "“items” has more than %d items: send them in parts",
        VS_QUEUE_ORDER_ITEMS_MAX);
  g_string_append (out, ", \"items\": [");
  for (guint i = 0; i < list->children->len; i++) {
    g_string_append (out, i ? ", " : "");
    if (!add_item (out, list->children->pdata[i], source, error)) {
      g_prefix_error (error, "item %u: ", i + 1);
      return FALSE;
    }
  }
  g_string_append_c (out, ']');
  return TRUE;
}

static gboolean
add_cut (GString *out, const VsJson *value, GError **error)
{
  VsQueueCut cut;

  if (!value)
    return TRUE;
  if (!vs_queue_parse_cut (value->string, &cut))
    return vs_json_refuse (
        value, error, "“cut” must be “frame”, “item-end” or “at”");
  add_text (out, "cut", value->string);
  return TRUE;
}

/* ---- documents ---- */

/* An item that stands alone may have "index" among its own members. */
static gboolean
read_alone (
    GString *out, VsJson *root, const VsOrderSource *source, GError **error)
{
  const VsJson *index = vs_json_get (root, "index");

  if (!add_index (out, index, error))
    return FALSE;
  if (index)
    g_ptr_array_remove (root->children, (gpointer) index);
  g_string_append (out, ", \"items\": [");
  if (!add_item (out, root, source, error))
    return FALSE;
  g_string_append_c (out, ']');
  return TRUE;
}

static gboolean
read_list (GString *out, const VsJson *root, const VsOrderSource *source,
    GError **error)
{
  const VsJson *items = NULL;
  const VsJson *index = NULL;
  const Member members[] = {
    { "items", VS_JSON_ARRAY, TRUE, &items },
    { "index", VS_JSON_NUMBER, FALSE, &index },
  };

  return read_members (root, members, G_N_ELEMENTS (members), error) &&
         add_index (out, index, error) && add_items (out, items, source, error);
}

gchar *
vs_order_enqueue (const VsOrderSource *source, GError **error)
{
  g_autoptr (VsJson) root = parse (source, error);
  g_autoptr (GString) out = begin ("enqueue");

  if (!root)
    return NULL;
  if (vs_json_get (root, "items") ? !read_list (out, root, source, error)
                                  : !read_alone (out, root, source, error))
    return NULL;
  return end (g_steal_pointer (&out), source->if_match);
}

gchar *
vs_order_replace (const VsOrderSource *source, GError **error)
{
  g_autoptr (VsJson) root = parse (source, error);
  g_autoptr (GString) out = begin ("replace");
  const VsJson *items = NULL;
  const VsJson *cut = NULL;
  const Member members[] = {
    { "items", VS_JSON_ARRAY, TRUE, &items },
    { "cut", VS_JSON_STRING, FALSE, &cut },
  };

  if (!root || !read_members (root, members, G_N_ELEMENTS (members), error) ||
      !add_cut (out, cut, error) || !add_items (out, items, source, error))
    return NULL;
  return end (g_steal_pointer (&out), source->if_match);
}

gchar *
vs_order_move (const VsOrderSource *source, GError **error)
{
  g_autoptr (VsJson) root = parse (source, error);
  g_autoptr (GString) out = begin ("move");
  const VsJson *index = NULL;
  const Member members[] = { { "index", VS_JSON_NUMBER, TRUE, &index } };

  if (!root || !read_members (root, members, G_N_ELEMENTS (members), error) ||
      !add_index (out, index, error))
    return NULL;
  add_text (out, "id", source->item);
  return end (g_steal_pointer (&out), source->if_match);
}

static gboolean
add_times (GString *out, const VsJson *at, const VsJson *resume, GError **error)
{
  VsQueueResume mode;
  gint64 us;

  if (at && !vs_queue_parse_date (at->string, &us))
    return vs_json_refuse (at, error,
        "“at” must be a date and time with its zone, like "
        "2026-11-20T20:00:00Z");
  if (resume && !vs_queue_parse_resume (resume->string, &mode))
    return vs_json_refuse (resume, error,
        "“resume” must be “resume”, “restart”, “skip” or “join”");
  add_text (out, "at", at ? at->string : NULL);
  add_text (out, "resume", resume ? resume->string : NULL);
  return TRUE;
}

gchar *
vs_order_event (const VsOrderSource *source, GError **error)
{
  static const gchar *const types[] = { "interrupt", "slate", "return", "skip",
    NULL };
  g_autoptr (VsJson) root = parse (source, error);
  const VsJson *type = NULL, *item = NULL, *cut = NULL, *at = NULL,
               *resume = NULL;
  const Member members[] = {
    { "type", VS_JSON_STRING, TRUE, &type },
    { "item", VS_JSON_OBJECT, FALSE, &item },
    { "cut", VS_JSON_STRING, FALSE, &cut },
    { "at", VS_JSON_STRING, FALSE, &at },
    { "resume", VS_JSON_STRING, FALSE, &resume },
  };
  g_autoptr (GString) out = NULL;
  gboolean interrupts, cuts;

  if (!root || !read_members (root, members, G_N_ELEMENTS (members), error))
    return NULL;
  if (!g_strv_contains (types, type->string)) {
    (void) vs_json_refuse (
        type, error, "“type” must be “interrupt”, “slate”, “return” or “skip”");
    return NULL;
  }
  interrupts = g_str_equal (type->string, "interrupt");
  cuts = interrupts || g_str_equal (type->string, "slate");
  if (interrupts != (item != NULL) || (!cuts && (cut || at || resume))) {
    (void) vs_json_refuse (item ? item : root, error,
        interrupts ? "“item” is missing"
                   : "“item”, “cut”, “at” and “resume” are of an interrupt");
    return NULL;
  }
  out = begin (type->string);
  if (!add_cut (out, cut, error) || !add_times (out, at, resume, error))
    return NULL;
  if (item) {
    g_string_append (out, ", \"item\": ");
    if (!add_item (out, item, source, error))
      return NULL;
  }
  return end (g_steal_pointer (&out), source->if_match);
}

gchar *
vs_order_plain (const gchar *op, const gchar *id, const gchar *if_match)
{
  GString *out = begin (op);

  add_text (out, "id", id);
  return end (out, if_match);
}

gchar *
vs_order_items (const VsOrderSource *source, GError **error)
{
  g_autoptr (VsJson) root = parse (source, error);
  g_autoptr (GString) out = g_string_new (NULL);
  const VsJson *items = root ? vs_json_get (root, "items") : NULL;
  gsize head;

  if (!items || !add_items (out, items, source, error))
    return NULL;
  head = (gsize) (strchr (out->str, '[') - out->str);
  g_string_erase (out, 0, (gssize) head);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
