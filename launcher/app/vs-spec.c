/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-spec.h"

#include "core/vs-error.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define SPEC_VERSION 1

typedef enum { FIELD_STRING, FIELD_UINT, FIELD_INT64, FIELD_BOOL } FieldKind;

typedef struct {
  const gchar *name;
  FieldKind kind;
  gsize offset;
} Field;

#define F(type, kind, field)                                                   \
  {                                                                            \
#field, FIELD_##kind, G_STRUCT_OFFSET(type, field)                         \
  }

/* An enum is an unsigned number here; the version guards its meaning. */
G_STATIC_ASSERT (sizeof (VsPresetType) == sizeof (guint));
G_STATIC_ASSERT (sizeof (VsCodec) == sizeof (guint));

static const Field preset_fields[] = {
  F (VsPreset, UINT, type),
  F (VsPreset, STRING, input_uri),
  F (VsPreset, INT64, input_timeout_us),
  F (VsPreset, STRING, slate),
  F (VsPreset, INT64, hold_us),
  F (VsPreset, STRING, queue_location),
  F (VsPreset, STRING, queue_filler),
  F (VsPreset, STRING, queue_slate),
  F (VsPreset, STRING, queue_asrun),
  F (VsPreset, STRING, queue_assets),
  F (VsPreset, STRING, queue_cut),
  F (VsPreset, STRING, queue_resume),
  F (VsPreset, STRING, queue_restart),
  F (VsPreset, BOOL, queue_normalize),
  F (VsPreset, STRING, queue_transition),
  F (VsPreset, INT64, queue_transition_us),
  F (VsPreset, STRING, queue_items),
  F (VsPreset, BOOL, video),
  F (VsPreset, UINT, codec),
  F (VsPreset, STRING, encoder),
  F (VsPreset, STRING, speed),
  F (VsPreset, BOOL, with_audio),
  F (VsPreset, UINT, container),
  F (VsPreset, INT64, segment_us),
  F (VsPreset, INT64, gop_us),
  F (VsPreset, INT64, window_us),
  F (VsPreset, INT64, keep_us),
  F (VsPreset, UINT, presentation),
  F (VsPreset, STRING, discontinuity),
  F (VsPreset, STRING, hls_ad_markers),
  F (VsPreset, BOOL, dash_ad_markers),
  F (VsPreset, STRING, output_location),
  F (VsPreset, BOOL, poster),
  F (VsPreset, BOOL, hls),
  F (VsPreset, BOOL, dash),
  F (VsPreset, STRING, hls_name),
  F (VsPreset, STRING, dash_name),
  F (VsPreset, STRING, listen),
  F (VsPreset, STRING, launch),
};

static const Field rung_fields[] = {
  F (VsRung, STRING, name),
  F (VsRung, UINT, codec),
  F (VsRung, BOOL, copy),
  F (VsRung, UINT, width),
  F (VsRung, UINT, height),
  F (VsRung, UINT, fps_n),
  F (VsRung, UINT, fps_d),
  F (VsRung, UINT, bitrate),
  F (VsRung, UINT, max_bitrate),
  F (VsRung, UINT, buffer),
  F (VsRung, STRING, speed),
};

static const Field audio_fields[] = {
  F (VsPresetAudio, STRING, name),
  F (VsPresetAudio, UINT, codec),
  F (VsPresetAudio, BOOL, copy),
  F (VsPresetAudio, UINT, bitrate),
  F (VsPresetAudio, UINT, channels),
  F (VsPresetAudio, UINT, rate),
  F (VsPresetAudio, STRING, language),
};

static const Field property_fields[] = {
  F (VsPresetProperty, STRING, factory),
  F (VsPresetProperty, STRING, property),
  F (VsPresetProperty, STRING, value),
  F (VsPresetProperty, UINT, line),
};

static void
write_fields (
    JsonObject *object, const Field *fields, guint n_fields, gconstpointer data)
{
  for (guint i = 0; i < n_fields; i++) {
    gconstpointer at = G_STRUCT_MEMBER_P (data, fields[i].offset);

    switch (fields[i].kind) {
      case FIELD_STRING:
        json_object_set_string_member (
            object, fields[i].name, *(gchar *const *) at);
        break;
      case FIELD_UINT:
        json_object_set_int_member (
            object, fields[i].name, *(const guint *) at);
        break;
      case FIELD_INT64:
        json_object_set_int_member (
            object, fields[i].name, *(const gint64 *) at);
        break;
      case FIELD_BOOL:
      default:
        json_object_set_boolean_member (
            object, fields[i].name, *(const gboolean *) at);
        break;
    }
  }
}

/* A member that is absent or null leaves the field at zero. */
static void
read_fields (
    JsonObject *object, const Field *fields, guint n_fields, gpointer data)
{
  for (guint i = 0; i < n_fields; i++) {
    gpointer at = G_STRUCT_MEMBER_P (data, fields[i].offset);
    const gchar *name = fields[i].name;

    switch (fields[i].kind) {
      case FIELD_STRING:
        g_free (*(gchar **) at);
        *(gchar **) at = g_strdup (
            json_object_get_string_member_with_default (object, name, NULL));
        break;
      case FIELD_UINT:
        *(guint *) at =
            (guint) json_object_get_int_member_with_default (object, name, 0);
        break;
      case FIELD_INT64:
        *(gint64 *) at =
            json_object_get_int_member_with_default (object, name, 0);
        break;
      case FIELD_BOOL:
      default:
        *(gboolean *) at =
            json_object_get_boolean_member_with_default (object, name, FALSE);
        break;
    }
  }
}

static void
write_list (JsonObject *object, const gchar *name, const GPtrArray *items,
    const Field *fields, guint n_fields)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; items && i < items->len; i++) {
    JsonObject *item = json_object_new ();

    write_fields (item, fields, n_fields, items->pdata[i]);
    json_array_add_object_element (array, item);
  }
  json_object_set_array_member (object, name, array);
}

static void
read_list (JsonObject *object, const gchar *name, GPtrArray *items,
    gsize item_size, const Field *fields, guint n_fields)
{
  JsonArray *array = NULL;

  g_ptr_array_set_size (items, 0);
  if (json_object_has_member (object, name))
    array = json_object_get_array_member (object, name);
  for (guint i = 0; array && i < json_array_get_length (array); i++) {
    gpointer item = g_malloc0 (item_size);

    read_fields (
        json_array_get_object_element (array, i), fields, n_fields, item);
    g_ptr_array_add (items, item);
  }
}

gchar *
vs_spec_to_json (const VsPreset *preset, gboolean check)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "version", SPEC_VERSION);
  json_object_set_boolean_member (object, "check", check);
  write_fields (object, preset_fields, G_N_ELEMENTS (preset_fields), preset);
  write_list (object, "rungs", preset->ladder ? preset->ladder->rungs : NULL,
      rung_fields, G_N_ELEMENTS (rung_fields));
  write_list (object, "audio", preset->audio, audio_fields,
      G_N_ELEMENTS (audio_fields));
  write_list (object, "properties", preset->properties, property_fields,
      G_N_ELEMENTS (property_fields));
  json_node_take_object (root, object);
  return json_to_string (root, FALSE);
}

static JsonObject *
parse_object (const gchar *text, JsonNode **root, GError **error)
{
  g_autoptr (GError) reason = NULL;

  *root = json_from_string (text, &reason);
  if (!*root || !JSON_NODE_HOLDS_OBJECT (*root)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The job document cannot be read: %s.",
        reason ? reason->message : "it is not a JSON object");
    return NULL;
  }
  return json_node_get_object (*root);
}

VsPreset *
vs_spec_from_json (const gchar *text, gboolean *check, GError **error)
{
  static const gchar empty[] = "[vstream]\ntype=vod\n";
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (VsPreset) preset = NULL;
  JsonObject *object = parse_object (text, &root, error);

  if (!object)
    return NULL;
  if (json_object_get_int_member_with_default (object, "version", 0) !=
      SPEC_VERSION) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The job document is of another version: launcher and worker are not "
        "from the same build.");
    return NULL;
  }
  /* The parser alone knows how a preset is made, so it makes an empty one. */
  preset = vs_preset_parse (empty, strlen (empty), "job", NULL, NULL, error);
  if (!preset)
    return NULL;
  *check = json_object_get_boolean_member_with_default (object, "check", FALSE);
  read_fields (object, preset_fields, G_N_ELEMENTS (preset_fields), preset);
  read_list (object, "rungs", preset->ladder->rungs, sizeof (VsRung),
      rung_fields, G_N_ELEMENTS (rung_fields));
  read_list (object, "audio", preset->audio, sizeof (VsPresetAudio),
      audio_fields, G_N_ELEMENTS (audio_fields));
  read_list (object, "properties", preset->properties,
      sizeof (VsPresetProperty), property_fields,
      G_N_ELEMENTS (property_fields));
  return g_steal_pointer (&preset);
}
