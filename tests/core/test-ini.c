/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-error.h"
#include "core/vs-ini.h"

#include <string.h>

static void
test_lines (void)
{
  static const gchar text[] = "\xef\xbb\xbf# head\r\n"
                              "\r\n"
                              "[video  1080p]\r\n"
                              "  bitrate = 5000k  \r\n"
                              "# height=1\n"
                              "height=1080\n"
                              "[ element x264enc ]\n"
                              "option-string=a=1:b=\\2 # \"x\"\n"
                              "child::property=\n"
                              "[hls]";
  g_autoptr (GError) error = NULL;
  g_autoptr (VsIni) ini = vs_ini_parse (text, strlen (text), "a.ini", &error);
  const VsIniGroup *group;
  const VsIniEntry *entry;

  g_assert_no_error (error);
  g_assert_cmpuint (ini->groups->len, ==, 3);
  group = vs_ini_find_group (ini, "video 1080p");
  g_assert_cmpstr (group->kind, ==, "video");
  g_assert_cmpstr (group->label, ==, "1080p");
  g_assert_cmpuint (group->line, ==, 3);
  g_assert_cmpuint (group->entries->len, ==, 2);
  entry = vs_ini_find_entry (group, "bitrate");
  g_assert_cmpstr (entry->value, ==, "5000k");
  g_assert_cmpuint (entry->line, ==, 4);
  g_assert_cmpuint (vs_ini_find_entry (group, "height")->line, ==, 6);
  group = vs_ini_find_group (ini, "element x264enc");
  entry = vs_ini_find_entry (group, "option-string");
  g_assert_cmpstr (entry->value, ==, "a=1:b=\\2 # \"x\"");
  g_assert_cmpstr (vs_ini_find_entry (group, "child::property")->value, ==, "");
  g_assert_null (vs_ini_find_group (ini, "hls")->label);
  g_assert_null (vs_ini_find_group (ini, "dash"));
  g_assert_null (vs_ini_find_entry (NULL, "x"));
}

static const struct {
  const gchar *text, *error;
} faults[] = {
  { "a=1", "f:1: “a” stands before the first group; a preset begins with "
           "[vstream]" },
  { "[a]\n\nb\n", "f:3: “b” is neither KEY=VALUE nor a [group] nor a comment "
                  "(which begins with #)" },
  { "[a]\n=1\n", "f:2: “=1” is neither" },
  { "[a]\nb c=1\n", "f:2: “b c=1” is neither" },
  { "[a]\n; b=1\n", "f:2: “; b=1” is neither" },
  { "[a]\nb[de]=1\n", "f:2: “b[de]=1” is neither" },
  { "[a\n", "f:1: “[a” is no group" },
  { "[]\n", "f:1: “[]” is no group" },
  { "[a] # b\n", "f:1: “[a] # b” is no group" },
  { "[a]\n[[b]]\n", "f:2: “[[b]]” is no group" },
  { "[a]\nb=1\nc=1\nb=2\n",
      "f:4: “b” in [a] is given a second time; it stands in line 2 already" },
  { "[a b]\n[c]\n[a   b]\n",
      "f:3: [a b] is given a second time; it stands in line 1 already" },
  { "[a]\nb=\x1b[2J\n", "f:2: there is a control character in the line" },
  { "[a]\nb=\x7f\n", "f:2: there is a control character in the line" },
  { "[a]\nééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé\n",
      "f:2: “ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…” is "
      "neither" },
  { "[a]\nb=\xff\n", "f:2: this is not UTF-8 text" },
};

static void
test_faults (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (VsIni) ini =
        vs_ini_parse (faults[i].text, strlen (faults[i].text), "f", &error);

    g_test_message ("%s", faults[i].error);
    g_assert_null (ini);
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
    if (!g_str_has_prefix (error->message, faults[i].error))
      g_error ("got: %s", error->message);
  }
}

static void
test_limits (void)
{
  g_autofree gchar *large = g_strnfill (VS_INI_SIZE_MAX + 1, '#');
  g_autoptr (GError) error = NULL;
  g_autoptr (VsIni) empty = vs_ini_parse ("", 0, NULL, NULL);

  g_assert_nonnull (empty);
  g_assert_cmpuint (empty->groups->len, ==, 0);
  g_assert_null (vs_ini_parse (large, VS_INI_SIZE_MAX + 1, "f", &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
  g_clear_error (&error);
  g_assert_null (vs_ini_parse ("[a]\nb=1\0\n", 9, "f", &error));
  g_assert_cmpstr (error->message, ==,
      "f:2: this is not UTF-8 text; is it a preset at all?");
}

static const gchar *
lookup (const gchar *name, gpointer data)
{
  if (g_str_equal (name, "A"))
    return "one";
  if (g_str_equal (name, "PATH_WITH"))
    return "a b\"c\\d!é\n${A}";
  return g_str_equal (name, "EMPTY") ? "" : NULL;
}

static void
test_expand (void)
{
  static const struct {
    const gchar *value;
    gboolean for_launch;
    const gchar *expanded, *missing;
  } cases[] = {
    { "", FALSE, "", NULL },
    { "plain", FALSE, "plain", NULL },
    { "x${A}y${A}", FALSE, "xoneyone", NULL },
    { "${EMPTY}", FALSE, "", NULL },
    { "$A $ 5$", FALSE, "$A $ 5$", NULL },
    { "$${A} $$", FALSE, "${A} $", NULL },
    { "$$${A}", FALSE, "$one", NULL },
    { "${PATH_WITH}", FALSE, "a b\"c\\d!é\n${A}", NULL },
    { "f location=${PATH_WITH} ! g", TRUE,
        "f location=a\\ b\\\"c\\\\d\\!é\\ \\$\\{A\\} ! g", NULL },
    { "${B}", FALSE, NULL, "B" },
    { "${}", FALSE, NULL, "" },
    { "x${A", FALSE, NULL, "A" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *missing = NULL;
    g_autofree gchar *out = vs_ini_expand (
        cases[i].value, cases[i].for_launch, lookup, NULL, &missing);

    g_test_message ("%s", cases[i].value);
    g_assert_cmpstr (out, ==, cases[i].expanded);
    g_assert_cmpstr (missing, ==, cases[i].missing);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ini/lines", test_lines);
  g_test_add_func ("/ini/faults", test_faults);
  g_test_add_func ("/ini/limits", test_limits);
  g_test_add_func ("/ini/expand", test_expand);
  return g_test_run ();
}
