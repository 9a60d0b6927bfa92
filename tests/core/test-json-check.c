/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-json-check.h"

#include <string.h>

#define DEPTH 8

static void
test_good (void)
{
  static const gchar *const cases[] = { "{}", "[]", " {\"a\": [1, 2.5e-3]} \n",
    "\"\\u00e4 \\ud83c\\udfac \\n\"", "-0", "0.5", "1E+2", "true", "null",
    "9223372036854775807", "-9223372036854775808", "1e-999",
    "{\"a\":1,\"A\":2,\"\":3}", "[[[[[[[[]]]]]]]]", "\"/\\/\"" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", cases[i]);
    vs_json_check (cases[i], strlen (cases[i]), DEPTH, &error);
    g_assert_no_error (error);
  }
}

static void
test_bad (void)
{
  static const struct {
    const gchar *text, *part;
  } cases[] = {
    { "", "column 1: it ends" },
    { "  ", "column 3" },
    { "{", "name" },
    { "{\"a\"", "colon" },
    { "{\"a\":", "it ends" },
    { "{\"a\":1", "comma" },
    { "{\"a\":1,}", "name" },
    { "[1,]", "no JSON value" },
    { "[1 2]", "comma" },
    { "{\n \"a\": 1,\n \"a\": 2}", "line 3, column 2: “a”" },
    { "{\"a\":1,\"\\u0061\":2}", "“a” stands there twice" },
    { "{'a':1}", "name" },
    { "{a:1}", "name" },
    { "// x\n1", "no JSON value" },
    { "/* x */1", "no JSON value" },
    { "NaN", "no JSON value" },
    { "Infinity", "no JSON value" },
    { "1e999", "too large" },
    { "-1e999", "too large" },
    { "9223372036854775808", "too large" },
    { "01", "begins with 0" },
    { "1.", "point" },
    { "1e", "exponent" },
    { ".5", "no JSON value" },
    { "+1", "no JSON value" },
    { "0x10", "follows" },
    { "-", "no JSON value" },
    { "tru", "no JSON value" },
    { "\"a", "without its end" },
    { "\"\\x\"", "escape" },
    { "\"\\", "escape" },
    { "\"\\u12\"", "\\u escape" },
    { "\"\\ud800\"", "surrogate" },
    { "\"\\udc00\"", "\\u escape" },
    { "\"\\ud800\\u0041\"", "surrogate" },
    { "\"\\u0000\"", "NUL" },
    { "\"\t\"", "control" },
    { "\"\xff\"", "UTF-8" },
    { "\"\xc0\x80\"", "UTF-8" },
    { "{} {}", "follows" },
    { "[[[[[[[[[]]]]]]]]]", "deeply" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *shown = g_strescape (cases[i].text, NULL);

    g_test_message ("%s", shown);
    g_assert_false (
        vs_json_check (cases[i].text, strlen (cases[i].text), DEPTH, &error));
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
    g_assert_nonnull (strstr (error->message, cases[i].part));
  }
}

/* What would overflow the stack of a parser that recurses. */
static void
test_nesting (void)
{
  g_autofree gchar *deep = g_strnfill (1000000, '[');
  g_autoptr (GError) error = NULL;

  g_assert_false (vs_json_check (deep, 1000000, 16, &error));
  g_assert_nonnull (strstr (error->message, "column 17"));
  g_assert_false (vs_json_check ("1\0", 2, DEPTH, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-check/good", test_good);
  g_test_add_func ("/json-check/bad", test_bad);
  g_test_add_func ("/json-check/nesting", test_nesting);
  return g_test_run ();
}
