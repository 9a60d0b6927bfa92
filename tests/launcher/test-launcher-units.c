/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of the launcher that are functions: tables. */
#include "app/vs-child.h"
#include "app/vs-exit.h"
#include "app/vs-lines.h"
#include "app/vs-location.h"
#include "app/vs-progress.h"
#include "app/vs-spec.h"
#include "app/vs-summary.h"

#include <signal.h>
#include <string.h>
#include <sysexits.h>

static VsPreset *
parse (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  VsPreset *preset =
      vs_preset_parse (text, strlen (text), "test.ini", NULL, NULL, &error);

  g_assert_no_error (error);
  return preset;
}

static void
test_exit (void)
{
  static const struct {
    VsError code;
    VsStage stage;
    gint wanted;
  } cases[] = {
    { VS_ERROR_BAD_VALUE, VS_STAGE_OPTIONS, EX_USAGE },
    { VS_ERROR_BAD_VALUE, VS_STAGE_PRESET, EX_CONFIG },
    { VS_ERROR_BAD_VALUE, VS_STAGE_SETUP, EX_CONFIG },
    { VS_ERROR_BAD_DATA, VS_STAGE_PRESET, EX_CONFIG },
    { VS_ERROR_BAD_DATA, VS_STAGE_RUN, EX_DATAERR },
    { VS_ERROR_NO_INPUT, VS_STAGE_RUN, EX_NOINPUT },
    { VS_ERROR_NO_OUTPUT, VS_STAGE_SETUP, EX_CANTCREAT },
    { VS_ERROR_NO_OUTPUT, VS_STAGE_RUN, EX_IOERR },
    { VS_ERROR_NO_SPACE, VS_STAGE_SETUP, EX_IOERR },
    { VS_ERROR_NO_PLUGIN, VS_STAGE_SETUP, EX_UNAVAILABLE },
    { VS_ERROR_UNAVAILABLE, VS_STAGE_RUN, EX_TEMPFAIL },
    { VS_ERROR_NOT_PERMITTED, VS_STAGE_RUN, EX_NOPERM },
    { VS_ERROR_INTERNAL, VS_STAGE_RUN, EX_SOFTWARE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error =
        g_error_new_literal (VS_ERROR, cases[i].code, "x");

    g_assert_cmpint (
        vs_exit_from_error (error, cases[i].stage), ==, cases[i].wanted);
  }
  g_assert_cmpint (vs_exit_from_error (NULL, VS_STAGE_RUN), ==, EX_OK);
  g_assert_cmpint (vs_exit_from_signal (15), ==, 143);
}

static void
test_error_names (void)
{
  for (gint code = 0; code <= VS_ERROR_INTERNAL; code++)
    g_assert_cmpint (
        vs_exit_error_from_name (vs_exit_error_name (code)), ==, code);
  g_assert_cmpint (vs_exit_error_from_name ("nonsense"), ==, VS_ERROR_INTERNAL);
  g_assert_cmpint (vs_exit_error_from_name (NULL), ==, VS_ERROR_INTERNAL);
}

static void
test_location (void)
{
  static const struct {
    const gchar *text, *uri, *display;
  } cases[] = {
    { "/tmp/a b", "file:///tmp/a%20b", "/tmp/a b" },
    { "/tmp/100%.mp4", "file:///tmp/100%25.mp4", "/tmp/100%.mp4" },
    { "/tmp/./x/../ü.mp4", "file:///tmp/%C3%BC.mp4", "/tmp/ü.mp4" },
    { "http://host/a%20b", "http://host/a%20b", "http://host/a%20b" },
    { "rtsp://me:secret@host/a", "rtsp://me:secret@host/a", "rtsp://host/a" },
    { "testsrc:", "testsrc:", "testsrc:" },
    { "testsrc:?duration=5", "testsrc:?duration=5", "testsrc:?duration=5" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *uri = vs_location_input_uri (cases[i].text, &error);
    g_autofree gchar *display = NULL;

    g_assert_no_error (error);
    g_assert_cmpstr (uri, ==, cases[i].uri);
    display = vs_location_display (uri);
    g_assert_cmpstr (display, ==, cases[i].display);
  }
}

static void
test_output_folder (void)
{
  static const struct {
    const gchar *text, *folder; /* NULL: an error */
  } cases[] = {
    { "/srv/show/", "/srv/show" },
    { "file:///srv/a%20b", "/srv/a b" },
    { "/srv/100%", "/srv/100%" },
    { "s3://bucket/show", "s3://bucket/show" },
    { "gs://bucket/show", NULL },
    { "/srv/\xff", NULL },
    { "file:///a%zz", NULL },
    { "", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *folder =
        vs_location_output_folder (cases[i].text, &error);

    g_assert_cmpstr (folder, ==, cases[i].folder);
    g_assert_true ((folder == NULL) == (error != NULL));
  }
}

/* What [s3] says goes along; what the URI says itself stays. */
static void
test_s3 (void)
{
  static const gchar ini[] =
      "[vstream]\ntype=vod\n[s3]\nendpoint=http://h:1/a?b\nregion=eu-1\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (VsPreset) preset =
      vs_preset_parse (ini, strlen (ini), "a.ini", NULL, NULL, &error);
  g_autofree gchar *plain = NULL, *own = NULL;

  g_assert_no_error (error);
  plain = vs_location_add_s3 ("s3://b/k", preset);
  g_assert_cmpstr (
      plain, ==, "s3://b/k?endpoint=http%3A%2F%2Fh%3A1%2Fa%3Fb&region=eu-1");
  own = vs_location_add_s3 ("s3://b/k?region=us-2", preset);
  g_assert_cmpstr (
      own, ==, "s3://b/k?region=us-2&endpoint=http%3A%2F%2Fh%3A1%2Fa%3Fb");
}

/* All that a preset can say comes out of the worker's end as it went in. */
static void
test_spec (void)
{
  static const gchar *const presets[] = {
    "[vstream]\ntype=vod\n",
    "[vstream]\ntype=live\n[input]\nuri=testsrc:\ntimeout=3s\n"
    "[video 1080p]\ncodec=h265\nwidth=1920\nheight=1080\n"
    "framerate=30000/1001\nbitrate=5000k\nmax-bitrate=6000k\nbuffer=9000k\n"
    "encoder-preset=veryfast\n[video 720p]\nheight=720\nbitrate=2800k\n"
    "[audio main]\ncodec=opus\nbitrate=96k\nlanguage=en\n"
    "[segment]\nformat=cmaf\nduration=2s\ngop-duration=1s\nwindow=30s\n"
    "keep=10s\n[output]\nlocation=out \"ü\\\\\n[dash]\nenabled=false\n"
    "[http]\nlisten=127.0.0.1:0\n[element x264enc]\nthreads=2\n",
    "[vstream]\ntype=vod\n[pipeline]\nlaunch=a ! b name=\"c\"\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autoptr (VsPreset) preset = parse (presets[i]);
    g_autofree gchar *json = vs_spec_to_json (preset, i % 2 == 0);
    g_autoptr (GError) error = NULL;
    gboolean check = FALSE;
    g_autoptr (VsPreset) read = vs_spec_from_json (json, &check, &error);
    g_autofree gchar *again = NULL;

    g_assert_no_error (error);
    g_assert_null (strchr (json, '\n'));
    again = vs_spec_to_json (read, check);
    g_assert_cmpstr (again, ==, json);
    g_assert_cmpuint (read->ladder->rungs->len, ==, preset->ladder->rungs->len);
    g_assert_cmpuint (read->properties->len, ==, preset->properties->len);
  }
}

static void
test_spec_errors (void)
{
  static const gchar *const texts[] = { "", "{", "[]", "{\"version\": 99}",
    "3" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;
    gboolean check = FALSE;

    g_assert_null (vs_spec_from_json (texts[i], &check, &error));
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
  }
}

static void
apply (VsStatus *status, const gchar *event, gint64 now_us)
{
  g_autoptr (JsonNode) root = json_from_string (event, NULL);

  g_assert_nonnull (root);
  vs_status_apply (status, json_node_get_object (root), now_us);
}

static void
test_progress (void)
{
  g_autoptr (VsPreset) preset = parse ("[vstream]\ntype=vod\n");
  g_autoptr (VsStatus) status = vs_status_new (preset);
  g_autofree gchar *plain = NULL;
  g_autofree gchar *wide = NULL;
  g_autofree gchar *narrow = NULL;

  apply (status, "{\"event\":\"running\"}", 1000000);
  apply (status,
      "{\"event\":\"progress\",\"position\":15000000000,"
      "\"duration\":60000000000}",
      6000000);
  plain = vs_progress_format (status, 6000000, 0);
  wide = vs_progress_format (status, 6000000, 79);
  narrow = vs_progress_format (status, 6000000, 20);
  g_assert_cmpstr (plain, ==, " 25 %  0:15 of 1:00  3.00×  0:15 left");
  g_assert_cmpstr (
      wide, ==, "[=====               ]  25 %  0:15 of 1:00  3.00×  0:15 left");
  g_assert_cmpint (g_utf8_strlen (narrow, -1), ==, 20);
  g_assert_true (g_utf8_validate (narrow, -1, NULL));
}

static void
test_summary (void)
{
  g_autoptr (VsPreset) preset = parse ("[vstream]\ntype=vod\n");
  g_autoptr (VsStatus) status = vs_status_new (preset);
  g_autofree gchar *text = NULL;
  g_autofree gchar *json = NULL;

  apply (status, "{\"event\":\"running\"}", 1);
  for (guint i = 0; i < 2; i++) {
    apply (status,
        "{\"event\":\"vstream-object\",\"key\":\"video_0/0.m4s\","
        "\"size\":1000,\"sequence\":0,\"start\":0,\"duration\":4000000000}",
        2);
    apply (status,
        "{\"event\":\"vstream-manifest\",\"key\":\"multivariant.m3u8\"}", 3);
    apply (status, "{\"event\":\"vstream-manifest\",\"key\":\"a/b.m3u8\"}", 3);
  }
  apply (status,
      "{\"event\":\"finished\",\"whole\":true,"
      "\"position\":4000000000,\"duration\":-1}",
      4);
  g_assert_cmpstr (status->state, ==, "finished");
  g_assert_cmpuint (status->manifests->len, ==, 2);
  text = vs_summary_format (status, "/srv/out", 2 * G_USEC_PER_SEC + 1);
  g_assert_true (g_str_has_prefix (
      text, "Done: 0:04 of media in 2.0 s (2.00× real time), 2 objects"));
  g_assert_nonnull (strstr (text, "HLS   /srv/out/multivariant.m3u8\n"));
  g_assert_null (strstr (text, "b.m3u8"));
  json = vs_status_to_json (status, 5);
  g_assert_nonnull (strstr (json, "\"type\":\"vod\""));
}

typedef struct {
  GMainLoop *loop;
  GString *got;
} Lines;

static void
on_line (const gchar *line, gpointer user_data)
{
  Lines *lines = user_data;

  if (line)
    g_string_append_printf (lines->got, "<%s>", line);
  else
    g_main_loop_quit (lines->loop);
}

static void
test_lines (void)
{
  static const struct {
    const gchar *text, *wanted;
  } cases[] = {
    { "", "" },
    { "a\nb\n", "<a><b>" },
    { "a\r\n\nb", "<a><><b>" },
    { "0123456789abcdef\nx\n", "<01234567><x>" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_data (
        cases[i].text, (gssize) strlen (cases[i].text), NULL);
    Lines lines = { g_main_loop_new (NULL, FALSE), g_string_new (NULL) };
    VsLines *reader = vs_lines_new (stream, 8, on_line, &lines);

    g_main_loop_run (lines.loop);
    vs_lines_free (reader);
    g_assert_cmpstr (lines.got->str, ==, cases[i].wanted);
    g_string_free (lines.got, TRUE);
    g_main_loop_unref (lines.loop);
  }
}

typedef struct {
  GMainLoop *loop;
  VsChild *child;
  guint ended;
} Ending;

static void
on_child_exited (gint status, gint signum, gpointer user_data)
{
  Ending *ending = user_data;

  g_assert_cmpint (status, ==, 0);
  ending->ended++;
  g_main_loop_quit (ending->loop);
}

/* Now and then it is gone before anybody could ask for its pid. */
static void
test_child_that_ends_at_once (void)
{
  static const gchar *const wrapper[] = { "/bin/true", NULL };
  static const VsChildHandlers handlers = { NULL, NULL, on_child_exited };
  const VsChildLimits limits = { .wrapper = wrapper };
  Ending ending = { g_main_loop_new (NULL, FALSE), NULL, 0 };

  (void) signal (SIGPIPE, SIG_IGN); /* as in the launcher */
  for (guint i = 0; i < 200; i++) {
    g_autoptr (GError) error = NULL;

    ending.child = vs_child_spawn ("{}", &limits, &handlers, &ending, &error);
    g_assert_no_error (error);
    g_main_loop_run (ending.loop);
    vs_child_free (ending.child);
    g_assert_cmpuint (ending.ended, ==, i + 1);
  }
  g_main_loop_unref (ending.loop);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/launcher/exit/codes", test_exit);
  g_test_add_func ("/launcher/exit/names", test_error_names);
  g_test_add_func ("/launcher/location/input", test_location);
  g_test_add_func ("/launcher/location/output", test_output_folder);
  g_test_add_func ("/launcher/location/s3", test_s3);
  g_test_add_func ("/launcher/spec/round-trip", test_spec);
  g_test_add_func ("/launcher/spec/errors", test_spec_errors);
  g_test_add_func ("/launcher/progress", test_progress);
  g_test_add_func ("/launcher/summary", test_summary);
  g_test_add_func ("/launcher/lines", test_lines);
  g_test_add_func ("/launcher/child/at-once", test_child_that_ends_at_once);
  return g_test_run ();
}
