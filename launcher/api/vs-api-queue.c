/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /v1/channels/ID/queue and /events: a document becomes an order to the
 * channel, and the order's answer the reply, which comes when it comes. */
#include "api/vs-api-private.h"
#include "api/vs-later.h"
#include "api/vs-order.h"

#include <string.h>

#define INDEX_MAX G_MAXINT
#define LIMIT_MAX 10000

typedef void (*Answer) (VsCall *call, JsonObject *result);

/* A call that waits for its channel. */
typedef struct {
  VsApi *api;
  VsLater *later;
  Answer answer;
  gchar *id;
  VsPrincipal principal;
} Asked;

static void
asked_free (Asked *asked)
{
  vs_later_unref (asked->later);
  vs_principal_clear (&asked->principal);
  g_free (asked->id);
  g_free (asked);
}

static void
on_answer (JsonObject *result, const GError *error, gpointer user_data)
{
  Asked *asked = user_data;
  const VsApiRequest request = { .method = "order" };
  VsCall call = { .api = asked->api,
    .request = &request,
    .principal = asked->principal,
    .id = asked->id,
    .reply = vs_later_get_reply (asked->later) };

  if (error)
    vs_call_refuse (&call, error);
  else
    asked->answer (&call, result);
  vs_later_send (asked->later);
  asked_free (asked);
}

/* Takes @order; NULL: it has been refused, by @error. */
static void
ask (VsCall *call, VsChannel *channel, gchar *order, GError **error,
    Answer answer)
{
  g_autofree gchar *text = order;
  Asked *asked;

  if (!order) {
    vs_call_refuse (call, *error);
    return;
  }
  asked = g_new0 (Asked, 1);
  asked->api = call->api;
  asked->later = vs_later_new (call->api, call->reply->route);
  asked->answer = answer;
  asked->id = g_strdup (call->id);
  asked->principal.owner = g_strdup (call->principal.owner);
  asked->principal.scopes = call->principal.scopes;
  call->reply->later = vs_later_ref (asked->later);
  vs_channels_order (call->api->channels, channel, text, on_answer, asked);
}

/* ---- answers ---- */

static void
set_version (VsCall *call, JsonObject *result)
{
  g_autofree gchar *tag = g_strdup_printf ("\"%s\"",
      json_object_get_string_member_with_default (result, "version", ""));

  vs_call_set_header (call, "ETag", tag);
}

static gboolean
may_see_all (const VsCall *call)
{
  return (call->principal.scopes & VS_SCOPE_WRITE) != 0;
}

/* Who may not change the queue has no use for the passwords in it. */
static void
set_items (VsCall *call, JsonObject *object, JsonObject *result)
{
  JsonArray *items = json_object_get_array_member (result, "items");
  JsonArray *shown = json_array_new ();

  for (guint i = 0; items && i < json_array_get_length (items); i++) {
    JsonObject *item = json_array_get_object_element (items, i);

    json_array_add_object_element (shown, may_see_all (call)
                                              ? vs_link_show_item (item)
                                              : vs_link_mask_item (item));
  }
  json_object_set_array_member (object, "items", shown);
}

static void
copy_member (JsonObject *to, JsonObject *from, const gchar *name)
{
  if (json_object_has_member (from, name))
    json_object_set_member (to, name, json_object_dup_member (from, name));
}

static void
answer_queue (VsCall *call, JsonObject *result)
{
  JsonObject *object = vs_link_build_air (result);

  set_items (call, object, result);
  copy_member (object, result, "index");
  copy_member (object, result, "stored");
  set_version (call, result);
  vs_call_reply (call, 200, object);
}

static void
answer_items (VsCall *call, JsonObject *result)
{
  JsonObject *object = json_object_new ();

  set_items (call, object, result);
  copy_member (object, result, "stored");
  set_version (call, result);
  vs_call_reply (call, 201, object);
}

static void
answer_nothing (VsCall *call, JsonObject *result)
{
  set_version (call, result);
  call->reply->status = 204;
}

/* With the frame where the cut has been made; else it is to come. */
static void
answer_cut (VsCall *call, JsonObject *result)
{
  JsonObject *object = json_object_new ();
  gboolean made = json_object_has_member (result, "frame");

  copy_member (object, result, "id");
  copy_member (object, result, "frame");
  copy_member (object, result, "running_time");
  copy_member (object, result, "stored");
  if (json_object_has_member (result, "at_us"))
    vs_json_set_time (
        object, "at", json_object_get_int_member (result, "at_us"));
  set_version (call, result);
  vs_call_reply (call, made ? 200 : 202, object);
}

static void
answer_channel (VsCall *call, JsonObject *result)
{
  VsChannel *channel = vs_channels_find (call->api->channels, call->id);

  if (channel)
    vs_call_reply (call, 202, vs_api_build_channel (call->api, channel));
  else
    vs_call_refuse_as (call, 404, "There is no such channel.");
}

/* ---- requests ---- */

VsChannel *
vs_api_find_channel (VsCall *call)
{
  VsChannel *channel = vs_channels_find (call->api->channels, call->id);
  const gchar *owner = vs_call_get_owner (call);

  if (channel && (!owner || g_str_equal (channel->owner, owner)))
    return channel;
  vs_call_refuse_as (call, 404, "There is no such channel.");
  return NULL;
}

/* An order that the document of @call is; @write: one of vs-order.h. */
static void
ask_by_document (VsCall *call,
    gchar *(*write) (const VsOrderSource *source, GError **error),
    Answer answer)
{
  static const gchar *const known[] = { NULL };
  const VsOrderSource source = vs_api_get_source (call);
  VsChannel *channel = NULL;
  g_autoptr (GError) error = NULL;

  if (vs_call_check_query (call, known) && vs_call_check_json (call))
    channel = vs_api_find_channel (call);
  if (channel)
    ask (call, channel, write (&source, &error), &error, answer);
}

/* One without a document, about the item that the path names, if it does. */
static void
ask_plainly (VsCall *call, const gchar *op, Answer answer)
{
  VsChannel *channel = vs_api_find_channel (call);

  if (channel)
    ask (call, channel,
        vs_order_plain (op, call->item, vs_call_get_header (call, "If-Match")),
        NULL, answer);
}

static gboolean
read_number (VsCall *call, const gchar *name, guint64 max, GString *order)
{
  const gchar *text = vs_call_get_query (call, name);
  guint64 number;

  if (!text)
    return TRUE;
  if (!g_ascii_string_to_unsigned (text, 10, 0, max, &number, NULL)) {
    g_autofree gchar *detail = g_strdup_printf (
        "“?%s=” must be a number up to %" G_GUINT64_FORMAT ".", name, max);

    vs_call_refuse_as (call, 400, detail);
    return FALSE;
  }
  g_string_append_printf (order, ", \"%s\": %" G_GUINT64_FORMAT, name, number);
  return TRUE;
}

void
vs_api_get_queue (VsCall *call)
{
  static const gchar *const known[] = { "index", "limit", NULL };
  g_autoptr (GString) order = g_string_new ("{\"op\": \"list\"");
  VsChannel *channel;

  if (!vs_call_check_query (call, known) ||
      !read_number (call, "index", INDEX_MAX, order) ||
      !read_number (call, "limit", LIMIT_MAX, order))
    return;
  channel = vs_api_find_channel (call);
  g_string_append_c (order, '}');
  if (channel)
    ask (call, channel, g_string_free (g_steal_pointer (&order), FALSE), NULL,
        answer_queue);
}

void
vs_api_post_queue (VsCall *call)
{
  ask_by_document (call, vs_order_enqueue, answer_items);
}

void
vs_api_put_queue (VsCall *call)
{
  ask_by_document (call, vs_order_replace, answer_queue);
}

void
vs_api_patch_item (VsCall *call)
{
  ask_by_document (call, vs_order_move, answer_queue);
}

void
vs_api_post_event (VsCall *call)
{
  ask_by_document (call, vs_order_event, answer_cut);
}

void
vs_api_delete_item (VsCall *call)
{
  ask_plainly (call, "remove", answer_nothing);
}

void
vs_api_skip_channel (VsCall *call)
{
  ask_plainly (call, "skip", answer_channel);
}
