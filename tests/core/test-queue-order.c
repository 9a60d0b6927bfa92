/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Orders to a queue: each obeyed, and refused with what is wrong. */
#include "core/vs-error.h"
#include "core/vs-queue-order.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define NOW (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)

static const VsQueueTerms terms = { VS_QUEUE_CUT_FRAME, VS_QUEUE_RESUME, TRUE };

static VsQueue *
make_queue (void)
{
  VsQueue *queue = vs_queue_new ("r", 25, 1);
  g_autofree gchar *answer = vs_queue_order (queue,
      "{\"op\": \"enqueue\", \"items\": [{\"id\": \"a\", \"uri\": \"file:/a\"},"
      "{\"id\": \"b\", \"uri\": \"file:/b\"},"
      "{\"id\": \"c\", \"uri\": \"file:/c\"}]}",
      -1, &terms, NULL);

  g_assert_nonnull (answer);
  return queue;
}

static JsonObject *
obey (VsQueue *queue, const gchar *order)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *answer = vs_queue_order (queue, order, -1, &terms, &error);
  g_autoptr (JsonNode) root = NULL;

  g_assert_no_error (error);
  root = json_from_string (answer, NULL);
  g_assert_true (root && JSON_NODE_HOLDS_OBJECT (root));
  return json_node_dup_object (root);
}

/* The ids of the line, each a letter. */
static void
assert_line (VsQueue *queue, const gchar *ids)
{
  g_assert_cmpuint (vs_queue_get_length (queue), ==, strlen (ids));
  for (guint i = 0; ids[i]; i++)
    g_assert_cmpint (vs_queue_get_nth (queue, i)->id[0], ==, ids[i]);
}

static void
test_line (void)
{
  static const struct {
    const gchar *order, *line;
  } steps[] = {
    { "{\"op\": \"move\", \"id\": \"c\", \"index\": 0}", "cab" },
    { "{\"op\": \"move\", \"id\": \"c\", \"index\": 99}", "abc" },
    { "{\"op\": \"remove\", \"id\": \"b\"}", "ac" },
    { "{\"op\": \"enqueue\", \"index\": 1, \"items\": "
      "[{\"id\": \"x\", \"uri\": \"file:/x\"},"
      " {\"id\": \"y\", \"uri\": \"file:/y\"}]}",
        "axyc" },
    { "{\"op\": \"replace\", \"items\": [{\"id\": \"n\", \"uri\": "
      "\"file:/n\"}]}",
        "n" },
    { "{\"op\": \"replace\", \"items\": []}", "" },
  };
  g_autoptr (VsQueue) queue = make_queue ();

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autoptr (JsonObject) answer = obey (queue, steps[i].order);

    assert_line (queue, steps[i].line);
    g_assert_true (json_object_has_member (answer, "version"));
  }
}

static void
test_list (void)
{
  g_autoptr (VsQueue) queue = make_queue ();
  g_autoptr (JsonObject) answer = NULL;
  JsonArray *items;

  g_assert_true (vs_queue_cut (queue, NOW));
  vs_queue_set_position (queue, 50, 0);
  answer = obey (queue, "{\"op\": \"list\", \"index\": 1, \"limit\": 1}");
  g_assert_cmpstr (json_object_get_string_member (answer, "kind"), ==, "item");
  g_assert_cmpint (
      json_object_get_int_member (answer, "position_ms"), ==, 2000);
  g_assert_cmpint (json_object_get_int_member (answer, "queue_length"), ==, 2);
  items = json_object_get_array_member (answer, "items");
  g_assert_cmpuint (json_array_get_length (items), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (
                       json_array_get_object_element (items, 0), "id"),
      ==, "c");
}

static void
test_air (void)
{
  g_autoptr (VsQueue) queue = make_queue ();
  g_autoptr (JsonObject) first = NULL;
  g_autoptr (JsonObject) second = NULL;
  g_autoptr (JsonObject) third = NULL;
  g_autoptr (JsonObject) slate = NULL;

  g_assert_true (vs_queue_cut (queue, NOW));
  first = obey (queue, "{\"op\": \"interrupt\", \"item\": {\"uri\": "
                       "\"file:/i\", \"id\": \"i\"}, \"resume\": \"skip\"}");
  g_assert_cmpstr (json_object_get_string_member (first, "id"), ==, "i");
  g_assert_true (vs_queue_cut (queue, NOW));
  g_assert_cmpstr (vs_queue_get_air (queue)->item->id, ==, "i");
  g_assert_cmpint (vs_queue_get_air (queue)->resume, ==, VS_QUEUE_SKIP);
  second = obey (queue, "{\"op\": \"return\"}");
  g_assert_cmpstr (json_object_get_string_member (second, "id"), ==, "i");
  g_assert_true (vs_queue_cut (queue, NOW));
  g_assert_cmpstr (vs_queue_get_air (queue)->item->id, ==, "b");
  third = obey (queue, "{\"op\": \"slate\", \"at\": \"2030-01-01T00:00:00Z\"}");
  g_assert_cmpint (json_object_get_int_member (third, "at_us"), ==,
      G_GINT64_CONSTANT (1893456000) * G_USEC_PER_SEC);
  g_assert_false (vs_queue_cut (queue, NOW));
  slate = obey (queue, "{\"op\": \"slate\"}");
  g_assert_true (vs_queue_cut (queue, NOW));
  g_assert_cmpstr (vs_queue_get_air (queue)->item->uri, ==, VS_QUEUE_SLATE_URI);
}

static const struct {
  const gchar *order;
  VsError code;
  const gchar *says;
} bad[] = {
  { "", VS_ERROR_BAD_VALUE, "line 1" },
  { "[]", VS_ERROR_BAD_VALUE, "op" },
  { "{}", VS_ERROR_BAD_VALUE, "op" },
  { "{\"op\": \"mov\"}", VS_ERROR_BAD_VALUE, "op" },
  { "{\"op\": \"move\", \"id\": \"a\"}", VS_ERROR_BAD_VALUE, "index" },
  { "{\"op\": \"move\", \"id\": \"a\", \"indx\": 1}", VS_ERROR_BAD_VALUE,
      "did you mean “index”" },
  { "{\"op\": \"move\", \"id\": 1, \"index\": 1}", VS_ERROR_BAD_VALUE, "id" },
  { "{\"op\": \"move\", \"id\": \"a\", \"index\": -1}", VS_ERROR_BAD_VALUE,
      "index" },
  { "{\"op\": \"move\", \"id\": \"q\", \"index\": 0}", VS_ERROR_NOT_FOUND,
      "“q”" },
  { "{\"op\": \"move\", \"id\": \"a\", \"index\": 0}", VS_ERROR_CONFLICT,
      "“a” is on air" },
  { "{\"op\": \"remove\", \"id\": \"q\"}", VS_ERROR_NOT_FOUND, "“q”" },
  { "{\"op\": \"return\"}", VS_ERROR_CONFLICT, "return" },
  { "{\"op\": \"interrupt\"}", VS_ERROR_BAD_VALUE, "item" },
  { "{\"op\": \"interrupt\", \"item\": {}}", VS_ERROR_BAD_VALUE, "uri" },
  { "{\"op\": \"interrupt\", \"item\": {\"uri\": \"file:/i\"}, "
    "\"cut\": \"at\"}",
      VS_ERROR_BAD_VALUE, "at" },
  { "{\"op\": \"slate\", \"at\": \"tomorrow\"}", VS_ERROR_BAD_VALUE, "at" },
  { "{\"op\": \"slate\", \"resume\": \"maybe\"}", VS_ERROR_BAD_VALUE,
      "resume" },
  { "{\"op\": \"replace\", \"items\": [], \"cut\": \"at\"}", VS_ERROR_BAD_VALUE,
      "item-end" },
  { "{\"op\": \"enqueue\", \"items\": 1}", VS_ERROR_BAD_VALUE, "list" },
  /* all or nothing */
  { "{\"op\": \"enqueue\", \"items\": [{\"uri\": \"file:/x\"}, "
    "{\"id\": \"b\", \"uri\": \"file:/b\"}]}",
      VS_ERROR_BAD_VALUE, "item 2" },
  { "{\"op\": \"skip\", \"if_match\": \"\\\"r-0\\\"\"}", VS_ERROR_STALE,
      "changed" },
  { "{\"op\": \"skip\", \"if_match\": \"W/\\\"r-4\\\"\"}", VS_ERROR_STALE,
      "changed" },
};

static void
test_bad (void)
{
  g_autoptr (VsQueue) queue = make_queue ();

  g_assert_true (vs_queue_cut (queue, NOW));
  g_ptr_array_unref (vs_queue_take_edits (queue));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (vs_queue_order (queue, bad[i].order, -1, &terms, &error));
    g_assert_error (error, VS_ERROR, (gint) bad[i].code);
    g_assert_nonnull (strstr (error->message, bad[i].says));
    assert_line (queue, "bc");
    g_assert_null (vs_queue_take_edits (queue));
  }
}

static void
test_version (void)
{
  g_autoptr (VsQueue) queue = make_queue ();
  g_autoptr (JsonObject) before = obey (queue, "{\"op\": \"status\"}");
  g_autofree gchar *order =
      g_strdup_printf ("{\"op\": \"remove\", \"id\": \"a\", \"if_match\": "
                       "\"\\\"other\\\", \\\"%s\\\"\"}",
          json_object_get_string_member (before, "version"));
  g_autoptr (JsonObject) after = obey (queue, order);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (json_object_get_string_member (before, "version"), !=,
      json_object_get_string_member (after, "version"));
  g_assert_null (vs_queue_order (queue, order, -1, &terms, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_STALE);
}

/* A queue that nobody plays can be edited, and that is all. */
static void
test_silent (void)
{
  const VsQueueTerms silent = { VS_QUEUE_CUT_FRAME, VS_QUEUE_RESUME, FALSE };
  g_autoptr (VsQueue) queue = make_queue ();
  g_autofree gchar *answer = vs_queue_order (
      queue, "{\"op\": \"remove\", \"id\": \"a\"}", -1, &silent, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (answer);
  g_assert_null (
      vs_queue_order (queue, "{\"op\": \"slate\"}", -1, &silent, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_CONFLICT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/queue-order/line", test_line);
  g_test_add_func ("/queue-order/list", test_list);
  g_test_add_func ("/queue-order/air", test_air);
  g_test_add_func ("/queue-order/bad", test_bad);
  g_test_add_func ("/queue-order/version", test_version);
  g_test_add_func ("/queue-order/silent", test_silent);
  return g_test_run ();
}
