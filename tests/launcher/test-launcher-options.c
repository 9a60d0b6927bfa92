/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the launcher finds out before anything runs: real processes, exit
 * codes and sentences. */
#include "launch.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static void
test_version (void)
{
  g_auto (Result) result = run_launcher ("--version", NULL);

  assert_result (&result, EX_OK, NULL);
  g_assert_true (g_str_has_prefix (result.out, "vstream-launcher "));
}

static void
test_help (void)
{
  g_auto (Result) result = run_launcher ("--help", NULL);

  assert_result (&result, EX_OK, NULL);
  g_assert_nonnull (strstr (result.out, "--dry-run"));
}

static void
test_usage (void)
{
  static const struct {
    const gchar *a, *b, *said;
  } cases[] = {
    { "--input", "film.mp4", "--preset" },
    { "--nonsense", NULL, "--nonsense" },
    { "film.mp4", NULL, "--input" },
    { "--log-level=loud", NULL, "loud" },
    { "--preset", NULL, "--preset" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (Result) result = run_launcher (cases[i].a, cases[i].b, NULL);

    assert_result (&result, EX_USAGE, cases[i].said);
  }
}

static void
test_presets_are_listed (void)
{
  g_autofree gchar *folder = make_folder ();
  g_autofree gchar *path =
      write_file (folder, "mine.ini", "[vstream]\ntype=vod\n");
  g_autofree gchar *old = g_strdup (g_getenv ("VS_PRESET_DIR"));

  g_setenv ("VS_PRESET_DIR", folder, TRUE);
  {
    g_auto (Result) none = run_launcher ("--input", path, NULL);
    g_auto (Result) wrong = run_launcher ("--preset", "yours", NULL);
    g_auto (Result) bare = run_launcher ("--preset", "mine", NULL);
    g_auto (Result) full = run_launcher ("--preset", "mine.ini", NULL);

    assert_result (&none, EX_USAGE, "--preset");
    assert_result (&wrong, EX_NOINPUT, "mine");
    assert_result (&bare, EX_NOINPUT, "There is no input");
    assert_result (&full, EX_NOINPUT, "There is no input");
  }
  g_setenv ("VS_PRESET_DIR", old, TRUE);
  remove_folder (g_steal_pointer (&folder));
}

static void
test_bad_presets (void)
{
  static const struct {
    const gchar *text, *said;
  } cases[] = {
    { "[vstream]\ntype=vod\n[segment]\nduratoin=4s\n", "duration" },
    { "[vstream]\ntype=vod\n[segment]\nduratoin=4s\n", "test.ini:4" },
    { "[vstream]\ntype=vod\n[segmnt]\nduration=4s\n", "segment" },
    { "[vstream]\ntype=vod\n[segment]\nduration=soon\n", "soon" },
    { "[vstream]\ntype=film\n", "film" },
    { "no key file\n", "test.ini" },
    { "", "test.ini" },
  };
  g_autofree gchar *folder = make_folder ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path = write_file (folder, "test.ini", cases[i].text);
    g_auto (Result) result = run_launcher ("--preset", path, NULL);

    assert_result (&result, EX_CONFIG, cases[i].said);
  }
  remove_folder (g_steal_pointer (&folder));
}

static void
test_bad_inputs (void)
{
  g_autofree gchar *folder = make_folder ();
  g_autofree gchar *preset =
      write_file (folder, "test.ini", "[vstream]\ntype=vod\n");
  g_autofree gchar *empty = write_file (folder, "empty.mp4", "");
  g_autofree gchar *out = g_build_filename (folder, "out", NULL);
  const struct {
    const gchar *input;
    gint code;
    const gchar *said;
  } cases[] = {
    { "/nowhere/film.mp4", EX_NOINPUT, "/nowhere/film.mp4" },
    { "file:///nowhere/100%25.mp4", EX_NOINPUT, "/nowhere/100%.mp4" },
    { "file:///nowhere/100%.mp4", EX_NOINPUT, "file URI" },
    { folder, EX_NOINPUT, "is a folder" },
    { empty, EX_DATAERR, "empty" },
    { "", EX_USAGE, "empty" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (Result) result = run_launcher (
        "--preset", preset, "--input", cases[i].input, "--output", out, NULL);

    assert_result (&result, cases[i].code, cases[i].said);
    g_assert_false (g_file_test (out, G_FILE_TEST_EXISTS));
  }
  remove_folder (g_steal_pointer (&folder));
}

static void
test_bad_outputs (void)
{
  g_autofree gchar *folder = make_folder ();
  g_autofree gchar *preset =
      write_file (folder, "test.ini", "[vstream]\ntype=vod\n");
  g_autofree gchar *below = g_build_filename (preset, "out", NULL);
  const struct {
    const gchar *output;
    gint code;
    const gchar *said;
  } cases[] = {
    { preset, EX_CANTCREAT, "not a folder" },
    { below, EX_CANTCREAT, "not a folder" },
    { "gopher://host/out", EX_USAGE, "gopher" },
    { "", EX_USAGE, "empty" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (Result) result = run_launcher ("--preset", preset, "--input",
        preset, "--output", cases[i].output, NULL);

    assert_result (&result, cases[i].code, cases[i].said);
  }
  remove_folder (g_steal_pointer (&folder));
}

static void
test_unwritable_output (void)
{
  g_autofree gchar *folder = NULL;
  g_autofree gchar *preset = NULL;

  if (geteuid () == 0) {
    g_test_skip ("root may write everywhere");
    return;
  }
  folder = make_folder ();
  preset = write_file (folder, "test.ini", "[vstream]\ntype=vod\n");
  {
    g_auto (Result) result = run_launcher ("--preset", preset, "--input",
        preset, "--output", "/usr/vstream-test", NULL);

    assert_result (&result, EX_CANTCREAT, "Permission denied");
  }
  remove_folder (g_steal_pointer (&folder));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/launcher/options/version", test_version);
  g_test_add_func ("/launcher/options/help", test_help);
  g_test_add_func ("/launcher/options/usage", test_usage);
  g_test_add_func ("/launcher/options/presets", test_presets_are_listed);
  g_test_add_func ("/launcher/options/bad-presets", test_bad_presets);
  g_test_add_func ("/launcher/options/bad-inputs", test_bad_inputs);
  g_test_add_func ("/launcher/options/bad-outputs", test_bad_outputs);
  g_test_add_func ("/launcher/options/unwritable", test_unwritable_output);
  return g_test_run ();
}
