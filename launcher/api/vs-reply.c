/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Replies and refusals, and what queries say. */
#include "api/vs-api-private.h"
#include "api/vs-intake.h"
#include "api/vs-later.h"

#include "app/vs-exit.h"
#include "core/vs-id.h"
#include "core/vs-units.h"

#include <string.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 500
#define SHOWN_MAX 60 /* of what was not understood */

#define JSON_TYPE "application/json"
#define PROBLEM_TYPE "application/problem+json"

void
vs_api_reply_clear (VsApiReply *self)
{
  g_clear_pointer (&self->body, g_free);
  g_clear_pointer (&self->location, g_free);
  g_clear_pointer (&self->allow, g_free);
  g_clear_pointer (&self->headers, g_ptr_array_unref);
  g_clear_pointer (&self->intake, vs_intake_free);
  g_clear_pointer (&self->later, vs_later_unref);
}

const gchar *
vs_call_get_header (const VsCall *call, const gchar *name)
{
  const VsApiRequest *request = call->request;

  return request->get_header ? request->get_header (request->wire, name) : NULL;
}

void
vs_call_set_header (VsCall *call, const gchar *name, const gchar *value)
{
  if (!call->reply->headers)
    call->reply->headers = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (call->reply->headers, g_strdup (name));
  g_ptr_array_add (call->reply->headers, g_strdup (value));
}

static gchar *
write_json (JsonObject *object)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *text = NULL;

  json_node_take_object (root, object);
  text = json_to_string (root, FALSE);
  return g_strconcat (text, "\n", NULL);
}

void
vs_call_reply (VsCall *call, guint status, JsonObject *object)
{
  g_free (call->reply->body);
  call->reply->status = status;
  call->reply->content_type = JSON_TYPE;
  call->reply->body = write_json (object);
}

static const gchar *
get_title (guint status)
{
  static const struct {
    guint status;
    const gchar *title;
  } titles[] = {
    { 400, "Bad request" },
    { 401, "Not authenticated" },
    { 403, "Not allowed" },
    { 404, "Not found" },
    { 405, "Method not allowed" },
    { 409, "Wrong state" },
    { 412, "Another version" },
    { 413, "Too large" },
    { 415, "Wrong type" },
    { 421, "Another host's request" },
    { 422, "Cannot be done" },
    { 423, "In use" },
    { 460, "Wrong checksum" },
    { 503, "Not now" },
    { 507, "No room" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (titles); i++)
    if (titles[i].status == status)
      return titles[i].title;
  return "A fault of the server";
}

static void
refuse (VsCall *call, guint status, const gchar *code, const gchar *detail)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "type", "about:blank");
  json_object_set_string_member (object, "title", get_title (status));
  json_object_set_int_member (object, "status", status);
  json_object_set_string_member (object, "detail", detail);
  if (code)
    json_object_set_string_member (object, "code", code);
  vs_call_reply (call, status, object);
  call->reply->content_type = PROBLEM_TYPE;
  if (status == 503)
    call->reply->retry_after = 5;
}

void
vs_call_refuse_as (VsCall *call, guint status, const gchar *detail)
{
  refuse (call, status, NULL, detail);
}

static guint
get_status (gint code)
{
  switch (code) {
    case VS_ERROR_BAD_VALUE:
    case VS_ERROR_BAD_DATA:
      return 400;
    case VS_ERROR_NOT_FOUND:
      return 404;
    case VS_ERROR_CONFLICT:
      return 409;
    case VS_ERROR_STALE:
      return 412;
    case VS_ERROR_NOT_PERMITTED:
    case VS_ERROR_NO_INPUT:
    case VS_ERROR_NO_PLUGIN:
      return 422;
    case VS_ERROR_UNAVAILABLE:
      return 503;
    case VS_ERROR_NO_SPACE:
      return 507;
    default:
      return 500;
  }
}

void
vs_call_refuse (VsCall *call, const GError *error)
{
  gint code = error->domain == VS_ERROR ? error->code : VS_ERROR_INTERNAL;

  if (get_status (code) >= 500)
    g_warning (
        "%s %s: %s", call->request->method, call->reply->route, error->message);
  refuse (call, get_status (code), vs_exit_error_name (code), error->message);
}

const gchar *
vs_call_get_owner (const VsCall *call)
{
  return call->principal.scopes & VS_SCOPE_ADMIN ? NULL : call->principal.owner;
}

const gchar *
vs_call_get_query (const VsCall *call, const gchar *name)
{
  return call->request->query ? g_hash_table_lookup (call->request->query, name)
                              : NULL;
}

gboolean
vs_call_check_query (VsCall *call, const gchar *const *known)
{
  GHashTableIter iter;
  gpointer name;

  if (!call->request->query)
    return TRUE;
  g_hash_table_iter_init (&iter, call->request->query);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_strv_contains (known, name)) {
      g_autofree gchar *valid =
          g_utf8_make_valid (name, (gssize) strnlen (name, SHOWN_MAX));
      const gchar *nearest = vs_units_nearest (valid, known);
      g_autofree gchar *detail =
          g_strdup_printf ("“?%s=” is not known here%s%s%s", valid,
              nearest ? "; did you mean “?" : "", nearest ? nearest : "",
              nearest ? "=”?" : ".");

      vs_call_refuse_as (call, 400, detail);
      return FALSE;
    }
  return TRUE;
}

gboolean
vs_call_check_json (VsCall *call)
{
  const gchar *type = call->request->content_type;
  gsize length = strlen (JSON_TYPE);

  if (type && g_ascii_strncasecmp (type, JSON_TYPE, length) == 0 &&
      (type[length] == '\0' || strchr ("; ", type[length])))
    return TRUE;
  vs_call_refuse_as (call, 415, "Send “Content-Type: application/json”.");
  return FALSE;
}

gboolean
vs_call_read_page (
    VsCall *call, const gchar *prefix, guint *limit, gchar **after)
{
  const gchar *text = vs_call_get_query (call, "limit");
  const gchar *cursor = vs_call_get_query (call, "cursor");
  g_autoptr (GError) error = NULL;
  guint64 number = LIMIT_DEFAULT;

  if (text &&
      !g_ascii_string_to_unsigned (text, 10, 1, LIMIT_MAX, &number, NULL)) {
    vs_call_refuse_as (call, 400, "“?limit=” must be a number from 1 to 500.");
    return FALSE;
  }
  *limit = (guint) number;
  if (cursor) {
    *after = vs_cursor_decode (cursor, prefix, &error);
    if (!*after) {
      vs_call_refuse (call, error);
      return FALSE;
    }
  }
  return TRUE;
}

void
vs_json_set_time (JsonObject *object, const gchar *name, gint64 us)
{
  g_autoptr (GDateTime) time =
      us > 0 ? g_date_time_new_from_unix_utc (us / G_USEC_PER_SEC) : NULL;
  g_autofree gchar *date =
      time ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%S") : NULL;
  g_autofree gchar *text = NULL;

  if (!date) {
    json_object_set_null_member (object, name);
    return;
  }
  text = g_strdup_printf ("%s.%03dZ", date, (gint) (us / 1000 % 1000));
  json_object_set_string_member (object, name, text);
}

void
vs_call_reply_list (VsCall *call, JsonArray *array, const gchar *last_id)
{
  JsonObject *object = json_object_new ();

  json_object_set_array_member (object, "data", array);
  if (last_id) {
    g_autofree gchar *cursor = vs_cursor_encode (last_id);

    json_object_set_string_member (object, "next_cursor", cursor);
  } else {
    json_object_set_null_member (object, "next_cursor");
  }
  vs_call_reply (call, 200, object);
}
