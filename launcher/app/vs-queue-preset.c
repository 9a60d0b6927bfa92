/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-queue-preset.h"

#include "app/vs-location.h"
#include "core/vs-error.h"
#include "core/vs-queue-item.h"

#include <json-glib/json-glib.h>

static void
set_time (JsonObject *object, const gchar *name, gint64 us)
{
  if (us > 0)
    json_object_set_double_member (object, name, (gdouble) us / G_USEC_PER_SEC);
}

static JsonObject *
build_ad (const VsPresetItem *item)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", item->ad);
  set_time (object, "duration", item->ad_duration_us);
  if (item->ad_scte35)
    json_object_set_string_member (object, "scte35", item->ad_scte35);
  return object;
}

/* The name of the group is the id, so that commands can name it. */
static JsonObject *
build_item (const VsPresetItem *item, const gchar *uri)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", item->name);
  json_object_set_string_member (object, "uri", uri);
  if (item->title)
    json_object_set_string_member (object, "title", item->title);
  set_time (object, "in", item->in_us);
  set_time (object, "out", item->out_us);
  set_time (object, "duration", item->duration_us);
  if (item->loop)
    json_object_set_boolean_member (object, "loop", TRUE);
  if (item->ad)
    json_object_set_object_member (object, "ad", build_ad (item));
  return object;
}

static gchar *
build_items (const VsPreset *preset, GError **error)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);
  g_autoptr (JsonArray) array = json_array_new ();
  g_autoptr (GPtrArray) items = NULL;
  g_autofree gchar *text = NULL;

  for (guint i = 0; i < preset->items->len; i++) {
    const VsPresetItem *item = preset->items->pdata[i];
    g_autofree gchar *uri = vs_location_input_uri (item->uri, error);

    if (!uri || !vs_location_check_input (uri, error)) {
      g_prefix_error (error, "[item %s]: ", item->name);
      return NULL;
    }
    json_array_add_object_element (array, build_item (item, uri));
  }
  json_node_set_array (root, array);
  text = json_to_string (root, FALSE);
  items = vs_queue_item_parse_list (text, -1, preset->items->len, error);
  return items ? g_steal_pointer (&text) : NULL;
}

static void
make_absolute (gchar **path)
{
  g_autofree gchar *given = *path;

  *path = given ? g_canonicalize_filename (given, NULL) : NULL;
}

static gboolean
is_path (const gchar *text)
{
  g_autofree gchar *scheme = text ? g_uri_parse_scheme (text) : NULL;

  return text && !scheme;
}

gboolean
vs_queue_settle (VsPreset *preset, GError **error)
{
  if (is_path (preset->queue_location)) {
    make_absolute (&preset->queue_location);
    g_autofree gchar *path = preset->queue_location;
    preset->queue_location = g_strconcat ("sqlite://", path, NULL);
  }
  if (is_path (preset->queue_filler))
    make_absolute (&preset->queue_filler);
  make_absolute (&preset->queue_asrun);
  g_clear_pointer (&preset->queue_items, g_free);
  if (preset->items->len == 0)
    return TRUE;
  preset->queue_items = build_items (preset, error);
  return preset->queue_items != NULL;
}
