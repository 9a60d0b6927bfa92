/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Jobs with a pipeline that is written out: progress, exit codes, signals,
 * crashes, overrides and the line that --dry-run prints. */
#include "launch.h"

#include <signal.h>
#include <string.h>
#include <sysexits.h>

#define ENDLESS "videotestsrc is-live=true ! fakesink sync=true"

static gchar *folder;

static gchar *
write_preset (const gchar *type, const gchar *launch, const gchar *more)
{
  g_autofree gchar *text = g_strdup_printf (
      "[vstream]\ntype=%s\n[pipeline]\nlaunch=%s\n%s", type, launch, more);

  return write_file (folder, "job.ini", text);
}

static void
test_whole (void)
{
  g_autofree gchar *preset = write_preset ("vod",
      "videotestsrc num-buffers=30 ! video/x-raw,framerate=30/1 ! fakesink",
      "");
  g_auto (Result) result = run_launcher ("--preset", preset, NULL);

  assert_result (&result, EX_OK, NULL);
  g_assert_nonnull (strstr (result.out, "Done: "));
}

static void
test_errors (void)
{
  static const struct {
    const gchar *launch;
    gint code;
    const gchar *said;
  } cases[] = {
    { "fakesrc ! nosuchelement ! fakesink", EX_UNAVAILABLE, "nosuchelement" },
    { "fakesrc ! fakesink nosuch=1", EX_CONFIG, "nosuch" },
    { "fakesrc ! ! fakesink", EX_CONFIG, "launch" },
    { "filesrc location=/nowhere/x ! fakesink", EX_NOINPUT, "/nowhere/x" },
    { "fakesrc num-buffers=1 sizetype=fixed sizemax=9 filltype=pattern ! "
      "decodebin ! fakesink",
        EX_DATAERR, "no media file" },
    { "fakesrc num-buffers=9 ! filesink location=/nowhere/x", EX_CANTCREAT,
        "/nowhere/x" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *preset = write_preset ("vod", cases[i].launch, "");
    g_auto (Result) result = run_launcher ("--preset", preset, NULL);

    assert_result (&result, cases[i].code, cases[i].said);
    g_assert_null (strstr (result.out, "Done: "));
  }
}

static void
test_disk_full (void)
{
  g_autofree gchar *preset = write_preset ("vod",
      "fakesrc sizetype=fixed sizemax=100000 ! filesink "
      "location=/dev/full",
      "");
  g_auto (Result) result = run_launcher ("--preset", preset, NULL);

  assert_result (&result, EX_IOERR, "disk is full");
}

static void
test_stop (void)
{
  static const struct {
    const gchar *type;
    gint signum, code;
  } cases[] = {
    { "vod", SIGINT, 128 + SIGINT },
    { "vod", SIGTERM, 128 + SIGTERM },
    { "live", SIGINT, EX_OK },
    { "live", SIGTERM, EX_OK },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *preset = write_preset (cases[i].type, ENDLESS, "");
    GSubprocess *process = start_launcher ("--preset", preset, NULL);
    g_auto (Result) result = { 0 };

    wait_for_line (g_subprocess_get_stderr_pipe (process), "0:0");
    g_subprocess_send_signal (process, cases[i].signum);
    result = finish_process (process);
    assert_result (&result, cases[i].code, "Stopping");
  }
}

static gboolean
on_send_sigterm (gpointer user_data)
{
  g_subprocess_send_signal (user_data, SIGTERM);
  return G_SOURCE_REMOVE;
}

/* The valve swallows EOS, so the first signal alone ends nothing. */
static void
test_second_signal (void)
{
  g_autofree gchar *preset = write_preset ("live",
      "videotestsrc is-live=true ! valve drop=true drop-mode=drop-all ! "
      "fakesink async=false",
      "");
  GSubprocess *process = start_launcher ("--preset", preset, NULL);
  GInputStream *err = g_subprocess_get_stderr_pipe (process);
  g_auto (Result) result = { 0 };

  wait_for_line (err, "0:0");
  g_subprocess_send_signal (process, SIGINT);
  wait_for_line (err, "Stopping");
  /* An echo of the first changes nothing; what comes later does. */
  g_subprocess_send_signal (process, SIGINT);
  (void) g_timeout_add (1000, on_send_sigterm, process);
  result = finish_process (process);
  assert_result (&result, 128 + SIGINT, NULL);
}

static void
test_crash (void)
{
  g_autofree gchar *preset = write_preset ("live", ENDLESS, "");
  GSubprocess *process = start_launcher ("--preset", preset, NULL);
  g_auto (Result) result = { 0 };

  wait_for_line (g_subprocess_get_stderr_pipe (process), "0:0");
  g_assert_cmpint (kill (find_child (process), SIGSEGV), ==, 0);
  result = finish_process (process);
  assert_result (&result, EX_SOFTWARE, "SIGSEGV");
}

/* GStreamer has a handler of its own while it loads a plugin. */
static void
test_crash_of_plugin (void)
{
  g_autofree gchar *preset = write_preset ("vod", "vscrash ! fakesink", "");
  g_autofree gchar *registry = g_build_filename (folder, "registry.bin", NULL);
  PluginSearch search =
      plugin_search_begin (g_getenv ("VS_CRASH_PLUGIN"), registry);
  g_auto (Result) result = run_launcher ("--preset", preset, NULL);

  plugin_search_end (&search);
  assert_result (&result, EX_SOFTWARE, "SIGSEGV");
}

/* The worker dies with its parent, however that dies. */
static void
test_orphan (void)
{
  g_autofree gchar *preset = write_preset ("live", ENDLESS, "");
  GSubprocess *process = start_launcher ("--preset", preset, NULL);
  g_autoptr (GError) error = NULL;
  GInputStream *err = g_subprocess_get_stderr_pipe (process);
  g_auto (Result) result = { 0 };

  wait_for_line (err, "0:0");
  g_subprocess_send_signal (process, SIGKILL);
  /* Ends only when nobody holds the pipe open any more. */
  result = finish_process (process);
  g_assert_cmpint (result.signum, ==, SIGKILL);
}

static void
test_overrides (void)
{
  static const struct {
    const gchar *more;
    gint code;
    const gchar *said;
  } cases[] = {
    { "[element fakesink]\nsilent=false\n", EX_OK, NULL },
    { "[element identity]\nsilent=false\n", EX_OK, "identity" },
    { "[element nosuch]\nsilent=false\n", EX_OK, "nosuch" },
    { "[element fakesink]\nsilnt=false\n", EX_CONFIG, "silent" },
    { "[element fakesink]\nsilnt=false\n", EX_CONFIG, "line 6" },
    { "[element fakesink]\nsilent=perhaps\n", EX_CONFIG, "true or false" },
    { "[element fakesink]\nstate-error=often\n", EX_CONFIG, "ready-to-null" },
    { "[element videotestsrc]\nnum-buffers=-7\n", EX_CONFIG, "-1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *preset = write_preset (
        "vod", "videotestsrc num-buffers=3 ! fakesink", cases[i].more);
    g_auto (Result) result = run_launcher ("--preset", preset, NULL);

    assert_result (&result, cases[i].code, cases[i].said);
  }
}

/* An element that turns up while the pipeline runs is reached too. */
static void
test_override_deep (void)
{
  g_autofree gchar *preset = write_preset ("vod",
      "videotestsrc num-buffers=30 ! x264enc tune=zerolatency ! mpegtsmux ! "
      "decodebin ! fakesink",
      "[element tsdemux]\nlatency=500\n");
  g_auto (Result) result = run_launcher ("--preset", preset, NULL);

  assert_result (&result, EX_OK, NULL);
  g_assert_null (strstr (result.err, "tsdemux"));
}

/* The printed line is one that a shell runs, and it does the same. */
static void
test_dry_run (void)
{
  g_autofree gchar *target = g_build_filename (folder, "a b'%$(x).raw", NULL);
  g_autofree gchar *preset = write_preset ("vod",
      "videotestsrc num-buffers=2 ! video/x-raw,format=(string)GRAY8,"
      "width=(int)64,height=48 ! identity name=\"it's\" ! filesink "
      "location=\"${VS_TEST_TARGET}\"",
      "");
  const gchar *shell[] = { "sh", "-c", NULL, NULL };
  g_autofree gchar *bytes = NULL;
  gsize size = 0;

  g_setenv ("VS_TEST_TARGET", target, TRUE);
  {
    g_auto (Result) result =
        run_launcher ("--preset", preset, "--dry-run", NULL);

    assert_result (&result, EX_OK, NULL);
    g_assert_true (g_str_has_prefix (result.out, "gst-launch-1.0 "));
    g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
    shell[2] = result.out;
    {
      g_auto (Result) run = run_program (shell);

      assert_result (&run, EX_OK, NULL);
    }
  }
  g_assert_true (g_file_get_contents (target, &bytes, &size, NULL));
  g_assert_cmpuint (size, ==, 2 * 64 * 48);
}

/* --input and --output reach the elements of those names. */
static void
test_ends (void)
{
  g_autofree gchar *input = write_file (folder, "in put%20.txt", "abc\n");
  g_autofree gchar *out = g_build_filename (folder, "o%d ü", NULL);
  g_autofree gchar *preset = write_preset ("vod",
      "filesrc name=input ! fakesink audiotestsrc num-buffers=99 ! avenc_aac "
      "! aacparse ! output.audio hlssink2 name=output",
      "");
  g_autofree gchar *playlist = g_build_filename (out, "playlist.m3u8", NULL);
  g_autofree gchar *segment = g_build_filename (out, "segment00000.ts", NULL);
  g_auto (Result) result = run_launcher (
      "--preset", preset, "--input", input, "--output", out, NULL);

  assert_result (&result, EX_OK, NULL);
  g_assert_true (g_file_test (playlist, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (segment, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  gint code;

  g_test_init (&argc, &argv, NULL);
  folder = make_folder ();
  g_test_add_func ("/launcher/jobs/whole", test_whole);
  g_test_add_func ("/launcher/jobs/errors", test_errors);
  g_test_add_func ("/launcher/jobs/disk-full", test_disk_full);
  g_test_add_func ("/launcher/jobs/stop", test_stop);
  g_test_add_func ("/launcher/jobs/second-signal", test_second_signal);
  g_test_add_func ("/launcher/jobs/crash", test_crash);
  g_test_add_func ("/launcher/jobs/crash-of-plugin", test_crash_of_plugin);
  g_test_add_func ("/launcher/jobs/orphan", test_orphan);
  g_test_add_func ("/launcher/jobs/overrides", test_overrides);
  g_test_add_func ("/launcher/jobs/override-deep", test_override_deep);
  g_test_add_func ("/launcher/jobs/dry-run", test_dry_run);
  g_test_add_func ("/launcher/jobs/ends", test_ends);
  code = g_test_run ();
  remove_folder (folder);
  return code;
}
