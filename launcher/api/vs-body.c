/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/vs-body.h"

#include "core/vs-json-check.h"
#include "core/vs-units.h"

#include <string.h>

#define FIELDS_MAX 32
#define SHOWN_MAX 60

JsonObject *
vs_body_parse (const gchar *text, gsize length, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  JsonNode *root;

  if (length > VS_BODY_MAX) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The document is larger than %d bytes.", VS_BODY_MAX);
    return NULL;
  }
  if (!vs_json_check (text, length, VS_BODY_DEPTH, error))
    return NULL;
  parser = json_parser_new ();
  if (!json_parser_load_from_data (parser, text, (gssize) length, error))
    return NULL;
  root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The document must be a JSON object.");
    return NULL;
  }
  return json_node_dup_object (root);
}

static const VsField *
find_field (const VsField *fields, guint n_fields, const gchar *name)
{
  for (guint i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].name, name))
      return &fields[i];
  return NULL;
}

static gboolean
refuse_unknown (const gchar *where, const gchar *name, const VsField *fields,
    guint n_fields, GError **error)
{
  const gchar *names[FIELDS_MAX + 1] = { NULL };
  g_autofree gchar *shown =
      g_utf8_substring (name, 0, MIN (g_utf8_strlen (name, -1), SHOWN_MAX));
  const gchar *nearest;

  for (guint i = 0; i < MIN (n_fields, FIELDS_MAX); i++)
    names[i] = fields[i].name;
  nearest = vs_units_nearest (name, names);
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE, "“%s%s” is not known%s%s%s",
      where, shown, nearest ? "; did you mean “" : "", nearest ? nearest : "",
      nearest ? "”?" : ".");
  return FALSE;
}

static gboolean
check_names (JsonObject *object, const gchar *where, const VsField *fields,
    guint n_fields, GError **error)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *l = members; l; l = l->next)
    if (!find_field (fields, n_fields, l->data))
      return refuse_unknown (where, l->data, fields, n_fields, error);
  return TRUE;
}

static gboolean
refuse_value (const VsField *field, const gchar *where, GError **error)
{
  if (field->kind == VS_FIELD_OBJECT)
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s%s” must be an object.", where, field->name);
  else if (field->kind == VS_FIELD_ARRAY)
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s%s” must be an array of %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
        " items.",
        where, field->name, field->min, field->max);
  else if (field->kind == VS_FIELD_INT)
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s%s” must be a whole number from %" G_GINT64_FORMAT
        " to %" G_GINT64_FORMAT ".",
        where, field->name, field->min, field->max);
  else
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s%s” must be a string of %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
        " bytes.",
        where, field->name, field->min, field->max);
  return FALSE;
}

static gboolean
take_value (const VsField *field, JsonNode *node)
{
  gint64 size;

  switch (field->kind) {
    case VS_FIELD_OBJECT:
      if (!JSON_NODE_HOLDS_OBJECT (node))
        return FALSE;
      *(JsonObject **) field->at = json_node_get_object (node);
      return TRUE;
    case VS_FIELD_ARRAY:
      if (!JSON_NODE_HOLDS_ARRAY (node))
        return FALSE;
      *(JsonArray **) field->at = json_node_get_array (node);
      size = (gint64) json_array_get_length (json_node_get_array (node));
      return size >= field->min && size <= field->max;
    case VS_FIELD_INT:
      if (json_node_get_value_type (node) != G_TYPE_INT64)
        return FALSE;
      size = json_node_get_int (node);
      *(gint64 *) field->at = size;
      return size >= field->min && size <= field->max;
    case VS_FIELD_STRING:
    default:
      if (json_node_get_value_type (node) != G_TYPE_STRING)
        return FALSE;
      *(const gchar **) field->at = json_node_get_string (node);
      size = (gint64) strlen (json_node_get_string (node));
      return size >= field->min && size <= field->max;
  }
}

gboolean
vs_body_read (JsonObject *object, const gchar *where, const VsField *fields,
    guint n_fields, GError **error)
{
  if (!check_names (object, where, fields, n_fields, error))
    return FALSE;
  for (guint i = 0; i < n_fields; i++) {
    JsonNode *node = json_object_get_member (object, fields[i].name);

    if (node && !take_value (&fields[i], node))
      return refuse_value (&fields[i], where, error);
    if (!node && fields[i].required) {
      g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE, "“%s%s” is missing.",
          where, fields[i].name);
      return FALSE;
    }
  }
  return TRUE;
}
