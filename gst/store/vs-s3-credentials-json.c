/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-glib/json-glib.h>

#include "core/vs-error.h"
#include "store/vs-s3-credentials.h"

static const gchar *
get_string (JsonObject *object, const gchar *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

/* 0: never; −1: no date. */
static gint64
parse_expiry (const gchar *text)
{
  g_autoptr (GDateTime) time = NULL;

  if (text == NULL)
    return 0;
  time = g_date_time_new_from_iso8601 (text, NULL);
  return time != NULL ? g_date_time_to_unix (time) * G_USEC_PER_SEC : -1;
}

VsS3Credentials *
vs_s3_credentials_parse (const gchar *text, gsize length, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object = NULL;
  const gchar *access_key = NULL, *secret_key = NULL;
  gint64 expires = -1;

  if (json_parser_load_from_data (parser, text, (gssize) length, NULL) &&
      json_parser_get_root (parser) != NULL &&
      JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser))) {
    object = json_node_get_object (json_parser_get_root (parser));
    access_key = get_string (object, "AccessKeyId");
    secret_key = get_string (object, "SecretAccessKey");
    expires = parse_expiry (get_string (object, "Expiration"));
  }
  if (access_key == NULL || secret_key == NULL || expires < 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
        "The role's credentials cannot be read: the answer has no "
        "AccessKeyId, SecretAccessKey and Expiration.");
    return NULL;
  }
  return vs_s3_credentials_new (
      access_key, secret_key, get_string (object, "Token"), expires);
}
