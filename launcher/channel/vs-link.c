/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/vs-link.h"

#include "core/vs-asset-uri.h"

#include <string.h>

/* A worker waits eight seconds for a cut, and one for its store. */
#define PATIENCE_S 15

#define QUESTIONS_MAX 256

struct _VsLink {
  VsLinkSend send;
  VsLinkTold told;
  gpointer user_data;
  GHashTable *questions; /* number → Question */
  gint64 last;           /* number */
  JsonObject *air;       /* or NULL */
  gchar *told_air;       /* what was told last, but for its times */
};

typedef struct {
  VsLink *link;
  gint64 id;
  VsLinkDone done;
  gpointer user_data;
  guint timeout_id;
} Question;

static void
question_free (Question *question)
{
  g_clear_handle_id (&question->timeout_id, g_source_remove);
  g_free (question);
}

VsLink *
vs_link_new (VsLinkSend send, VsLinkTold told, gpointer user_data)
{
  VsLink *self = g_new0 (VsLink, 1);

  self->send = send;
  self->told = told;
  self->user_data = user_data;
  self->questions = g_hash_table_new_full (
      g_int64_hash, g_int64_equal, NULL, (GDestroyNotify) question_free);
  return self;
}

/* The question is forgotten before its asker hears, who may ask again. */
static void
settle (Question *question, JsonObject *result, const GError *error)
{
  VsLinkDone done = question->done;
  gpointer user_data = question->user_data;

  g_hash_table_remove (question->link->questions, &question->id);
  done (result, error, user_data);
}

void
vs_link_break (VsLink *self, const gchar *reason)
{
  g_autoptr (GError) error =
      g_error_new_literal (VS_ERROR, VS_ERROR_UNAVAILABLE, reason);
  g_autoptr (GList) questions = g_hash_table_get_values (self->questions);

  for (GList *l = questions; l; l = l->next)
    settle (l->data, NULL, error);
  g_clear_pointer (&self->air, json_object_unref);
  g_clear_pointer (&self->told_air, g_free);
}

void
vs_link_free (VsLink *self)
{
  if (!self)
    return;
  vs_link_break (self, "The channel is being stopped.");
  g_hash_table_unref (self->questions);
  g_free (self);
}

static gboolean
on_timeout (gpointer user_data)
{
  Question *question = user_data;
  g_autoptr (GError) error = g_error_new (VS_ERROR, VS_ERROR_UNAVAILABLE,
      "The worker has not answered within %d s; what was asked for may "
      "still happen.",
      PATIENCE_S);

  question->timeout_id = 0;
  settle (question, NULL, error);
  return G_SOURCE_REMOVE;
}

static void
ask (VsLink *self, const gchar *command, const gchar *order, VsLinkDone done,
    gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *line = NULL;
  Question *question;

  if (g_hash_table_size (self->questions) >= QUESTIONS_MAX) {
    error = g_error_new_literal (VS_ERROR, VS_ERROR_UNAVAILABLE,
        "Too many commands wait for the worker.");
    done (NULL, error, user_data);
    return;
  }
  question = g_new0 (Question, 1);
  question->link = self;
  question->id = ++self->last;
  question->done = done;
  question->user_data = user_data;
  question->timeout_id =
      g_timeout_add_seconds (PATIENCE_S, on_timeout, question);
  g_hash_table_insert (self->questions, &question->id, question);
  line = g_strdup_printf ("{\"command\": \"%s\", \"id\": %" G_GINT64_FORMAT
                          "%s%s}",
      command, question->id, order ? ", \"order\": " : "", order ? order : "");
  if (self->send (line, self->user_data))
    return;
  error = g_error_new_literal (
      VS_ERROR, VS_ERROR_UNAVAILABLE, "The worker takes no commands now.");
  settle (question, NULL, error);
}

void
vs_link_order (
    VsLink *self, const gchar *order, VsLinkDone done, gpointer user_data)
{
  ask (self, "queue", order, done, user_data);
}

void
vs_link_command (
    VsLink *self, const gchar *command, VsLinkDone done, gpointer user_data)
{
  ask (self, command, NULL, done, user_data);
}

static void
take_answer (VsLink *self, JsonObject *event)
{
  gint64 id = json_object_get_int_member_with_default (event, "id", 0);
  Question *question = g_hash_table_lookup (self->questions, &id);
  JsonNode *result = json_object_get_member (event, "result");
  g_autoptr (GError) error = NULL;

  if (!question) /* its time was over */
    return;
  if (result && JSON_NODE_HOLDS_OBJECT (result)) {
    settle (question, json_node_get_object (result), NULL);
    return;
  }
  error = g_error_new_literal (VS_ERROR,
      vs_error_from_name (
          json_object_get_string_member_with_default (event, "code", "")),
      json_object_get_string_member_with_default (event, "message", ""));
  settle (question, NULL, error);
}

static JsonObject *
copy_object (JsonObject *object)
{
  JsonObject *copy = json_object_new ();
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *l = members; l; l = l->next)
    json_object_set_member (
        copy, l->data, json_object_dup_member (object, l->data));
  return copy;
}

JsonObject *
vs_link_show_item (JsonObject *item)
{
  const gchar *kept =
      json_object_get_string_member_with_default (item, "uri", NULL);
  g_autofree gchar *uri = vs_asset_uri_dup_shown (kept);
  JsonObject *shown;

  if (g_strcmp0 (uri, kept) == 0)
    return json_object_ref (item);
  shown = copy_object (item);
  json_object_set_string_member (shown, "uri", uri);
  return shown;
}

/* Also of a format of segments, which is no URI: without what stands before
 * the host. NULL: nothing does. */
static gchar *
hide_user (const gchar *uri)
{
  const gchar *host = uri ? strstr (uri, "://") : NULL;
  const gchar *at;

  if (!host)
    return NULL;
  host += strlen ("://");
  at = g_strrstr_len (host, (gssize) strcspn (host, "/?#"), "@");
  return at ? g_strdup_printf ("%.*s%s", (gint) (host - uri), uri, at + 1)
            : NULL;
}

JsonObject *
vs_link_mask_item (JsonObject *item)
{
  static const gchar *const names[] = { "uri", "segments" };
  g_autoptr (JsonObject) known = vs_link_show_item (item);
  JsonObject *masked = copy_object (known);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *shown = hide_user (
        json_object_get_string_member_with_default (known, names[i], NULL));

    if (shown)
      json_object_set_string_member (masked, names[i], shown);
  }
  if (json_object_has_member (item, "variants"))
    json_object_remove_member (masked, "variants");
  return masked;
}

static void
set_masked (
    JsonObject *to, const gchar *name, JsonObject *from, const gchar *from_name)
{
  JsonNode *node = json_object_get_member (from, from_name);

  if (node && JSON_NODE_HOLDS_OBJECT (node))
    json_object_set_object_member (
        to, name, vs_link_mask_item (json_node_get_object (node)));
  else
    json_object_set_null_member (to, name);
}

static JsonObject *
build_on_air (JsonObject *answer)
{
  JsonObject *air = json_object_new ();
  gint64 duration =
      json_object_get_int_member_with_default (answer, "duration_ms", -1);

  set_masked (air, "item", answer, "item");
  json_object_set_string_member (air, "kind",
      json_object_get_string_member_with_default (answer, "kind", "slate"));
  json_object_set_double_member (air, "position",
      (gdouble) json_object_get_int_member_with_default (
          answer, "position_ms", 0) /
          1000.0);
  if (duration >= 0)
    json_object_set_double_member (air, "duration", (gdouble) duration / 1000);
  else
    json_object_set_null_member (air, "duration");
  return air;
}

JsonObject *
vs_link_build_air (JsonObject *answer)
{
  JsonObject *object = json_object_new ();
  gboolean playing = g_strcmp0 (json_object_get_string_member_with_default (
                                    answer, "kind", "none"),
                         "none") != 0;

  if (playing)
    json_object_set_object_member (object, "on_air", build_on_air (answer));
  else
    json_object_set_null_member (object, "on_air");
  set_masked (object, "next", answer, "next");
  json_object_set_int_member (object, "queue_length",
      json_object_get_int_member_with_default (answer, "queue_length", 0));
  json_object_set_int_member (object, "playback_counter",
      json_object_get_int_member_with_default (answer, "playback_counter", 0));
  return object;
}

/* What says whether there is news: kind, items and length, not the time. */
static gchar *
summarize (JsonObject *answer)
{
  static const gchar *const names[] = { "kind", "item", "next", "duration_ms",
    "queue_length" };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    JsonNode *node = json_object_get_member (answer, names[i]);
    g_autofree gchar *part = node ? json_to_string (node, FALSE) : NULL;

    g_string_append_printf (text, "%s\n", part ? part : "");
  }
  return g_string_free (text, FALSE);
}

static void
take_air (VsLink *self, JsonObject *event)
{
  g_autofree gchar *summary = summarize (event);
  gboolean news = g_strcmp0 (summary, self->told_air) != 0;

  g_clear_pointer (&self->air, json_object_unref);
  self->air = vs_link_build_air (event);
  if (!news)
    return;
  g_free (self->told_air);
  self->told_air = g_steal_pointer (&summary);
  if (self->told)
    self->told (self, self->user_data);
}

void
vs_link_take (VsLink *self, JsonObject *event)
{
  const gchar *name =
      json_object_get_string_member_with_default (event, "event", "");

  if (g_str_equal (name, "answer"))
    take_answer (self, event);
  else if (g_str_equal (name, "on_air"))
    take_air (self, event);
}

JsonObject *
vs_link_get_air (VsLink *self)
{
  return self->air;
}
