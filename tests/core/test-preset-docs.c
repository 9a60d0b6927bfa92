/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The presets that are shipped, and the page that tells of them. */
#include "core/vs-error.h"
#include "core/vs-preset-keys.h"
#include "core/vs-preset.h"

#include <string.h>

static void
test_shipped (void)
{
  const gchar *folder = g_getenv ("VS_PRESET_DIR");
  g_autoptr (GDir) dir = NULL;
  const gchar *name;
  guint n = 0;

  if (folder == NULL) {
    g_test_skip ("VS_PRESET_DIR is not set");
    return;
  }
  dir = g_dir_open (folder, 0, NULL);
  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);
    g_autofree gchar *text = NULL;
    g_autoptr (VsPreset) preset = NULL;
    g_autoptr (GError) error = NULL;
    gsize length = 0;

    if (!g_str_has_suffix (name, ".ini"))
      continue;
    n++;
    g_assert_true (g_file_get_contents (path, &text, &length, NULL));
    preset = vs_preset_parse (text, length, name, NULL, NULL, &error);
    g_assert_no_error (error);
    if (preset->ladder->rungs->len > 0)
      vs_ladder_validate (preset->ladder, &error);
    g_assert_no_error (error);
  }
  g_assert_cmpuint (n, ==, 9);
}

/* "[segment]" has its heading and its rows in docs/presets.md, and no other
 * rows. */
static gchar *
render_group (const gchar *group)
{
  GString *text = g_string_new (NULL);
  guint n_keys;
  const VsPresetKey *keys = vs_preset_get_keys (&n_keys);

  g_string_append (text, "| Key | Value | Default | |\n|---|---|---|---|\n");
  for (guint i = 0; i < n_keys; i++) {
    g_autofree gchar *value = NULL;

    if (!g_str_equal (keys[i].group, group))
      continue;
    value = vs_preset_key_describe (&keys[i]);
    g_string_append_printf (text, "| `%s` | %s | ", keys[i].key, value);
    if (keys[i].initial != NULL)
      g_string_append_printf (text, "`%s`", keys[i].initial);
    else
      g_string_append (text, keys[i].otherwise);
    g_string_append_printf (text, " | %s |\n", keys[i].blurb);
  }
  return g_string_free (text, FALSE);
}

/* The lines of the table under "### [group]", to the next heading. */
static gchar *
find_table (const gchar *page, const gchar *group)
{
  g_autofree gchar *heading = g_strdup_printf ("\n### [%s]\n", group);
  const gchar *start = strstr (page, heading);
  g_auto (GStrv) lines = NULL;
  GString *table = g_string_new (NULL);

  lines = g_strsplit (start ? start + strlen (heading) : "", "\n", -1);
  for (gchar **line = lines; *line && !g_str_has_prefix (*line, "##"); line++)
    if (**line == '|')
      g_string_append_printf (table, "%s\n", *line);
  return g_string_free (table, FALSE);
}

static void
test_docs (void)
{
  const gchar *root = g_getenv ("VS_SOURCE_ROOT");
  g_autofree const gchar **groups = vs_preset_list_groups ();
  g_autofree gchar *path = NULL;
  g_autofree gchar *page = NULL;
  guint n_headings = 0;

  if (root == NULL) {
    g_test_skip ("VS_SOURCE_ROOT is not set");
    return;
  }
  path = g_build_filename (root, "docs", "presets.md", NULL);
  g_assert_true (g_file_get_contents (path, &page, NULL, NULL));
  for (guint i = 0; groups[i] != NULL; i++) {
    g_autofree gchar *rows = render_group (groups[i]);
    g_autofree gchar *table = find_table (page, groups[i]);

    if (g_str_equal (groups[i], "element FACTORY"))
      continue;
    if (!g_str_equal (rows, table))
      g_error ("docs/presets.md has under ### [%s]\n%s\nand should have\n%s",
          groups[i], table, rows);
  }
  for (const gchar *p = page; (p = strstr (p, "\n### [")) != NULL; p++)
    n_headings++;
  g_assert_cmpuint (n_headings, ==, g_strv_length ((gchar **) groups));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/preset/shipped", test_shipped);
  g_test_add_func ("/preset/docs", test_docs);
  return g_test_run ();
}
