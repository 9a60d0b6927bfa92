/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * [text NAME] of presets. */
#include "core/vs-error.h"
#include "core/vs-preset-keys.h"
#include "core/vs-preset.h"

#include <string.h>

#define VOD "[vstream]\ntype=vod\n"

static VsPreset *
parse (const gchar *text, GError **error)
{
  return vs_preset_parse (text, strlen (text), "a.ini", NULL, NULL, error);
}

static void
test_values (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsPreset) none = parse (VOD, &error);
  g_autoptr (VsPreset) preset = parse (VOD "[text all]\n"
                                           "[text signs]\nlanguage=pt-BR\n"
                                           "default=true\nforced=true\n",
      &error);
  g_autofree const gchar **keys = vs_preset_list_keys ("text NAME");
  const VsPresetText *text;

  g_assert_no_error (error);
  g_assert_cmpuint (none->text->len, ==, 0);
  g_assert_cmpuint (g_strv_length ((gchar **) keys), ==, 3);
  g_assert_cmpuint (preset->text->len, ==, 2);
  text = g_ptr_array_index (preset->text, 0);
  g_assert_cmpstr (text->name, ==, "all");
  g_assert_null (text->language);
  g_assert_false (text->is_default || text->is_forced);
  text = g_ptr_array_index (preset->text, 1);
  g_assert_cmpstr (text->name, ==, "signs");
  g_assert_cmpstr (text->language, ==, "pt-BR");
  g_assert_true (text->is_default && text->is_forced);
}

static void
test_faults (void)
{
  static const struct {
    const gchar *text, *expected;
  } rows[] = {
    { VOD "[text]\n", "a.ini:3: [text] needs a name, like [text english]" },
    { VOD "[text a/b]\n", "a.ini:3: the name in [text a/b] is not usable" },
    { VOD "[text a]\nlangage=en\n", "a.ini:4: unknown key “langage” in [text "
                                    "a]; did you mean “language”?" },
    { VOD "[text a]\nforced=perhaps\n", "a.ini:4: forced in [text a]" },
    { "[vstream]\ntype=live\n[text a]\n",
        "a.ini:3: [text a] does not go with type=live" },
    { "[vstream]\ntype=channel\n[text a]\n",
        "a.ini:3: [text a] does not go with type=channel" },
    { VOD "[segment]\nformat=ts\n[text a]\n",
        "a.ini:5: [text a] needs format=cmaf in [segment]" },
    { VOD "[text a]\ndefault=true\n[text b]\ndefault=true\n",
        "a.ini:6: default=true in [text b]: [text a] is the default already" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (VsPreset) preset = parse (rows[i].text, &error);

    g_assert_null (preset);
    g_assert_nonnull (error);
    if (!g_str_has_prefix (error->message, rows[i].expected))
      g_error ("%s, not %s", error->message, rows[i].expected);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/preset-text/values", test_values);
  g_test_add_func ("/preset-text/faults", test_faults);
  return g_test_run ();
}
