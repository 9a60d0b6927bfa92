/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-error.h"
#include "core/vs-json.h"
#include "core/vs-queue-item.h"

#include <string.h>

/* ---- JSON ---- */

static const struct {
  const gchar *text, *expected; /* NULL: taken */
} json_cases[] = {
  { "{}", NULL },
  { " [1, -0.5e3, true, null, \"\\u00e9\\ud83d\\ude00\"] ", NULL },
  { "", "line 1, column 1: the text ends too early" },
  { "{\"a\": 1,}", "line 1, column 9: expected a key" },
  { "{\"a\": 1\n \"b\": 2}", "line 2, column 2: expected “,” or “}”" },
  { "{\"a\": 1, \"a\": 2}", "line 1, column 10: “a” occurs twice" },
  { "[1 2]", "line 1, column 4: expected “,” or “]”" },
  { "NaN", "no JSON value" },
  { "01", "no JSON value" },
  { "-", "no JSON value" },
  { "1.", "no JSON value" },
  { "1e999", "too large" },
  { "\"\\x\"", "an escape" },
  { "\"\\u0000\"", "an escape" },
  { "\"\\ud800\"", "an escape" },
  { "\"a\nb\"", "control character" },
  { "\"a", "does not end" },
  { "{} {}", "something follows" },
  { "\"\xff\"", "line 1, column 2: not UTF-8" },
  { "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "nested too deeply" },
  { "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "too many values" },
};

static void
test_json (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (json_cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (VsJson) json =
        vs_json_parse (json_cases[i].text, -1, 21, &error);

    if (json_cases[i].expected == NULL)
      g_assert_no_error (error);
    else {
      g_assert_null (json);
      g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
      if (strstr (error->message, json_cases[i].expected) == NULL)
        g_error ("%s: %s", json_cases[i].text, error->message);
    }
  }
}

/* ---- items ---- */

static const gchar *const good[] = {
  "{\"uri\": \"file:///a.mp4\"}",
  "{\"id\": \"x.1_-\", \"uri\": \"http://h/a%20b.mp4?q=1\", \"title\": "
  "\"\\u201cA\\u201d \\\\ \\\"b\\\"\", \"in\": 1.5, \"out\": \"1m30s\", "
  "\"loop\": true}",
  "{\"uri\": \"file:///a.png\", \"duration\": 10}",
  "{\"uri\": \"srt://h:9000\", \"timeout\": \"2500ms\", \"at\": "
  "\"2026-11-20T20:00:00.25+01:00\"}",
  "{\"uri\": \"file:///a.mp4\", \"after\": \"x\"}",
  "{\"segments\":\"http://h/seg_%05d.ts\",\"count\":120,\"loop\":true}",
  "{\"count\": 3, \"first\": 7, \"variants\": [{\"segments\": "
  "\"http://h/a/%d\", "
  "\"bandwidth\": 100}, {\"segments\": \"http://h/b/%d\", \"bandwidth\": 900, "
  "\"width\": 1280, \"height\": 720}]}",
  "{\"uri\": \"file:///ad.mp4\", \"ad\": {\"id\": \"spot\", \"duration\": 30, "
  "\"scte35\": \"0xFC301B00000000000000FFF00A05000000057F5F0000000000001DEB6652"
  "\"}}",
  "{\"uri\": \"file:///ad.mp4\", \"ad\": {\"id\": \"spot\", \"scte35\": "
  "\"/DAgAAAAAAAAAP/wDwUAAAAFf//+AAbd0AAAAAAAAJTboqU=\"}}",
};

static void
test_round_trip (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (VsQueueItem) item = vs_queue_item_parse (good[i], -1, &error);
    g_autoptr (VsQueueItem) again = NULL;
    g_autofree gchar *first = NULL, *second = NULL;

    g_assert_no_error (error);
    first = vs_queue_item_to_json (item);
    again = vs_queue_item_parse (first, -1, &error);
    g_assert_no_error (error);
    second = vs_queue_item_to_json (again);
    g_assert_cmpstr (first, ==, second);
    g_assert_cmpint (item->at_us, ==, again->at_us);
    g_assert_cmpint (item->in_us, ==, again->in_us);
    g_assert_cmpint (item->out_us, ==, again->out_us);
    g_assert_cmpint (item->loop, ==, again->loop);
    g_assert_cmpstr (item->title, ==, again->title);
  }
}

static const struct {
  const gchar *text, *expected;
} bad_items[] = {
  { "7", "line 1, column 1: an item is an object" },
  { "{}", "has “uri” or “segments”" },
  { "{\"url\": \"file:///a\"}", "“url” is not known; is “uri” meant?" },
  { "{\"uri\": \"file:///a\",\n \"frobnicate\": 1}",
      "line 2, column 16: “frobnicate” is not known" },
  { "{\"uri\": 5}", "“uri” is a number, where a text belongs" },
  { "{\"uri\": null}", "“uri” is null" },
  { "{\"uri\": \"a.mp4\"}", "“uri” is no URI" },
  { "{\"uri\": \"file:///a b\"}", "blank" },
  { "{\"uri\": \"file:///a\\u000a\"}", "control character" },
  { "{\"uri\": \"file:///a\", \"in\": -1}", "“in” is no time" },
  { "{\"uri\": \"file:///a\", \"in\": \"soon\"}", "“in” is no time" },
  { "{\"uri\": \"file:///a\", \"in\": true}", "“in” is true or false" },
  { "{\"uri\": \"file:///a\", \"out\": 1e12}", "“out” is no time" },
  { "{\"uri\": \"file:///a\", \"in\": 9, \"out\": 3}", "“out” is not after" },
  { "{\"uri\": \"file:///a\", \"duration\": 0}", "“duration” is 0" },
  { "{\"uri\": \"file:///a\", \"loop\": \"yes\"}", "“loop” is a text" },
  { "{\"uri\": \"file:///a\", \"at\": \"tomorrow\"}", "“at” is no date" },
  { "{\"uri\": \"file:///a\", \"at\": \"2026-02-30T00:00:00Z\"}",
      "“at” is no date" },
  { "{\"uri\": \"file:///a\", \"at\": \"2026-11-20T20:00:00\"}",
      "“at” is no date" },
  { "{\"uri\": \"file:///a\", \"at\": \"2026-11-20T20:00:00Z\", \"after\": "
    "\"x\"}",
      "not both" },
  { "{\"uri\": \"file:///a\", \"id\": \"a b\"}", "“id” is made of letters" },
  { "{\"uri\": \"file:///a\", \"id\": \"\"}", "“id” is empty" },
  { "{\"uri\": \"file:///a\", \"count\": 3}", "belong to “segments”" },
  { "{\"uri\": \"file:///a\", \"segments\": \"http://h/%d\", \"count\": 1}",
      "not both" },
  { "{\"segments\": \"http://h/%d\"}", "needs a “count”" },
  { "{\"segments\": \"http://h/%d\", \"count\": 1.5}", "whole number" },
  { "{\"segments\": \"http://h/%d\", \"count\": 100000000}", "whole number" },
  { "{\"count\": 1, \"variants\": []}", "1 to 32 variants" },
  { "{\"count\": 1, \"variants\": [7]}", "a variant is an object" },
  { "{\"count\": 1, \"variants\": [{\"bandwidth\": 7}]}", "lacks “segments”" },
  { "{\"uri\": \"file:///a\", \"ad\": {}}", "lacks its “id”" },
  { "{\"uri\": \"file:///a\", \"ad\": {\"id\": \"x\", \"scte35\": \"FC\"}}",
      "0xFC30" },
  { "{\"uri\": \"file:///a\", \"ad\": {\"id\": \"x\", \"scte35\": "
    "\"0xFC301B00000000000000FFF00A05000000057F5F0000000000001DEB6653\"}}",
      "“scte35”: The SCTE 35 data is damaged" },
};

static void
test_bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_items); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (VsQueueItem) item =
        vs_queue_item_parse (bad_items[i].text, -1, &error);

    g_assert_null (item);
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
    if (strstr (error->message, bad_items[i].expected) == NULL)
      g_error ("%s: %s", bad_items[i].text, error->message);
  }
}

static void
test_large (void)
{
  g_autofree gchar *filling = g_strnfill (VS_QUEUE_ITEM_SIZE_MAX, ' ');
  g_autofree gchar *text = g_strconcat ("{}", filling, NULL);
  g_autofree gchar *path = g_strnfill (9000, 'a');
  g_autofree gchar *uri = g_strdup_printf ("{\"uri\": \"file:///%s\"}", path);
  g_autoptr (GError) error = NULL, longer = NULL;

  g_assert_null (vs_queue_item_parse (text, -1, &error));
  g_assert_nonnull (strstr (error->message, "larger than 64 KiB"));
  g_assert_null (vs_queue_item_parse (uri, -1, &longer));
  g_assert_nonnull (strstr (longer->message, "longer than 8192 bytes"));
}

/* ---- formats (FMT) ---- */

static const struct {
  const gchar *format, *expected; /* of number 42, or NULL: refused */
} formats[] = {
  { "seg_%05d.ts", "seg_00042.ts" },
  { "%d", "42" },
  { "%i", "42" },
  { "%u", "42" },
  { "%1d", "42" },
  { "%4d", "  42" },
  { "%010d", "0000000042" },
  { "100%%/%d%%", "100%/42%" },
  { "%%d%d", "%d42" },
  { "seg", NULL },
  { "%%", NULL },
  { "%%d", NULL },
  { "%s", NULL },
  { "%s%n", NULL },
  { "%n", NULL },
  { "%d%d", NULL },
  { "%d%s", NULL },
  { "%99999999d", NULL },
  { "%011d", NULL },
  { "%-5d", NULL },
  { "%+d", NULL },
  { "%ld", NULL },
  { "%*d", NULL },
  { "%1$d", NULL },
  { "%.5d", NULL },
  { "%x", NULL },
  { "%", NULL },
  { "%d%", NULL },
};

static void
test_formats (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autoptr (GError) error = NULL;
    gboolean ok = vs_queue_format_check (formats[i].format, &error);
    g_autofree gchar *text = vs_queue_format_expand (formats[i].format, 42);

    g_assert_cmpstr (text, ==, formats[i].expected);
    g_assert_cmpint (ok, ==, formats[i].expected != NULL);
    g_assert_cmpint (error == NULL, ==, ok);
  }
}

static void
test_segments (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsQueueItem) item = vs_queue_item_parse (good[6], -1, &error);
  g_autofree gchar *best = vs_queue_item_dup_segment (item, 0, 0);
  g_autofree gchar *last = vs_queue_item_dup_segment (item, 1, 2);

  g_assert_no_error (error);
  g_assert_cmpstr (best, ==, "http://h/b/7");
  g_assert_cmpstr (last, ==, "http://h/a/9");
  g_assert_null (vs_queue_item_dup_segment (item, 0, 3));
  g_assert_null (vs_queue_item_dup_segment (item, 2, 0));
}

static void
test_patch (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsQueueItem) item = vs_queue_item_parse (good[1], -1, &error);
  g_autoptr (VsQueueItem) made = vs_queue_item_patch (item,
      "{\"loop\": null, \"title\": \"B\", \"out\": null, \"id\": \"x.1_-\"}",
      -1, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (made->title, ==, "B");
  g_assert_false (made->loop);
  g_assert_cmpint (made->out_us, ==, VS_QUEUE_NO_TIME);
  g_assert_cmpint (made->in_us, ==, item->in_us);
  g_assert_true (item->loop);
  g_assert_null (vs_queue_item_patch (item, "{\"id\": \"y\"}", -1, NULL));
  g_assert_null (vs_queue_item_patch (item, "{\"uri\": null}", -1, NULL));
  g_assert_null (vs_queue_item_patch (item, "[]", -1, NULL));
}

static void
test_names (void)
{
  static const struct {
    const gchar *uri, *name;
  } cases[] = { { "file:///a/b.mp4", "b.mp4" },
    { "http://u:secret@host/x/y.m3u8?token=secret", "y.m3u8" },
    { "rtmp://u:secret@host/", "host" }, { "testsrc:", "testsrc:" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *json =
        g_strdup_printf ("{\"uri\": \"%s\"}", cases[i].uri);
    g_autoptr (VsQueueItem) item = vs_queue_item_parse (json, -1, NULL);
    g_autofree gchar *name = vs_queue_item_dup_name (item);

    g_assert_cmpstr (name, ==, cases[i].name);
  }
}

static void
test_list (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) items = vs_queue_item_parse_list (
      "[{\"uri\": \"a:\"}, {\"uri\": \"b:\"}]", -1, 2, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (items->len, ==, 2);
  g_assert_null (vs_queue_item_parse_list (
      "[{\"uri\": \"a:\"},\n {\"uri\": 3}]", -1, 2, &error));
  g_assert_nonnull (strstr (error->message, "item 2: line 2, column 10"));
  g_assert_null (vs_queue_item_parse_list ("[1,2,3]", -1, 2, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/queue-item/json", test_json);
  g_test_add_func ("/queue-item/round-trip", test_round_trip);
  g_test_add_func ("/queue-item/bad", test_bad);
  g_test_add_func ("/queue-item/large", test_large);
  g_test_add_func ("/queue-item/formats", test_formats);
  g_test_add_func ("/queue-item/segments", test_segments);
  g_test_add_func ("/queue-item/patch", test_patch);
  g_test_add_func ("/queue-item/names", test_names);
  g_test_add_func ("/queue-item/list", test_list);
  return g_test_run ();
}
