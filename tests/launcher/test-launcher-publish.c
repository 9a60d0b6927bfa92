/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whole jobs: presets of our own ladder and publisher, on media that the test
 * makes. */
#include "launch.h"

#include <signal.h>
#include <string.h>
#include <sysexits.h>

#define RUNGS                                                                  \
  "[video a]\nwidth=320\nheight=180\nbitrate=300k\nencoder-preset=ultrafast\n" \
  "[video b]\nwidth=160\nheight=90\nbitrate=100k\nencoder-preset=ultrafast\n"
#define LADDER                                                                 \
  "[vstream]\ntype=vod\n" RUNGS "[segment]\nduration=2s\ngop-duration=1s\n"

static gchar *folder; /* for all of it */
static gchar *clip;   /* 4 s of video and audio */

static void
make_clip (void)
{
  g_autofree gchar *sink = NULL;
  const gchar *argv[] = { "sh", "-c", NULL, NULL };
  g_autofree gchar *line = NULL;

  clip = g_build_filename (folder, "clip.mp4", NULL);
  sink = g_shell_quote (clip);
  line = g_strdup_printf (
      "gst-launch-1.0 -q videotestsrc num-buffers=100 ! "
      "video/x-raw,width=320,height=180,framerate=25/1 ! x264enc "
      "speed-preset=ultrafast key-int-max=25 ! h264parse ! queue ! mp4mux "
      "name=m faststart=true ! filesink location=%s audiotestsrc "
      "num-buffers=400 samplesperbuffer=480 ! "
      "audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac ! "
      "aacparse ! queue ! m.",
      sink);
  argv[2] = line;
  {
    g_auto (Result) result = run_program (argv);

    assert_result (&result, EX_OK, NULL);
  }
}

static gchar *
read_text (const gchar *out, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (out, name, NULL);
  gchar *text = NULL;

  (void) g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

static guint
count (const gchar *text, const gchar *part)
{
  guint n = 0;

  for (const gchar *p = text; p && (p = strstr (p, part)); p++)
    n++;
  return n;
}

static void
test_vod (void)
{
  g_autofree gchar *preset = write_file (folder, "vod.ini", LADDER);
  g_autofree gchar *out = g_build_filename (folder, "o 100% ü", NULL);
  g_auto (Result) result =
      run_launcher ("--preset", preset, "--input", clip, "--output", out, NULL);
  g_autofree gchar *hls = read_text (out, "multivariant.m3u8");
  g_autofree gchar *dash = read_text (out, "manifest.mpd");
  g_autofree gchar *media = read_text (out, "video_1/playlist.m3u8");

  assert_result (&result, EX_OK, NULL);
  g_assert_nonnull (strstr (result.out, "Done: 0:04"));
  g_assert_nonnull (strstr (result.out, "o 100% ü/multivariant.m3u8"));
  g_assert_nonnull (strstr (result.out, "o 100% ü/manifest.mpd"));
  g_assert_cmpuint (count (hls, "#EXT-X-STREAM-INF"), ==, 2);
  g_assert_nonnull (strstr (dash, "type=\"static\""));
  g_assert_nonnull (strstr (media, "#EXT-X-ENDLIST"));
}

static void
test_dry_run_runs (void)
{
  g_autofree gchar *preset = write_file (folder, "dry.ini", LADDER);
  g_autofree gchar *out = g_build_filename (folder, "it's $(dry) %d", NULL);
  const gchar *inputs[] = { clip, "testsrc:?duration=1" };

  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++) {
    g_auto (Result) result = run_launcher ("--preset", preset, "--input",
        inputs[i], "--output", out, "--dry-run", NULL);
    const gchar *shell[] = { "sh", "-c", result.out, NULL };
    g_autofree gchar *hls = NULL;

    assert_result (&result, EX_OK, NULL);
    g_assert_true (g_str_has_prefix (result.out, "gst-launch-1.0 "));
    {
      g_auto (Result) run = run_program (shell);

      assert_result (&run, EX_OK, NULL);
    }
    hls = read_text (out, "multivariant.m3u8");
    g_assert_cmpuint (count (hls, "#EXT-X-STREAM-INF"), ==, 2);
  }
}

/* Where GStreamer does not find the plugin, the line says where it is. */
static void
test_dry_run_plugin (void)
{
  g_autofree gchar *preset = write_file (folder, "dry.ini", LADDER);
  g_autofree gchar *out = g_build_filename (folder, "plugin", NULL);
  g_autofree gchar *registry = g_build_filename (folder, "registry.bin", NULL);
  g_autofree gchar *bytes = NULL;
  PluginSearch search;
  gsize size;

  /* A registry of its own, without reading all plugins anew. */
  if (g_file_get_contents (g_getenv ("GST_REGISTRY"), &bytes, &size, NULL))
    (void) g_file_set_contents (registry, bytes, (gssize) size, NULL);
  search = plugin_search_begin (NULL, registry);
  {
    g_auto (Result) result = run_launcher ("--preset", preset, "--input", clip,
        "--output", out, "--dry-run", NULL);
    const gchar *shell[] = { "sh", "-c", result.out, NULL };

    assert_result (&result, EX_OK, NULL);
    g_assert_true (g_str_has_prefix (result.out, "GST_PLUGIN_PATH="));
    {
      g_auto (Result) run = run_program (shell);

      assert_result (&run, EX_OK, NULL);
    }
  }
  plugin_search_end (&search);
}

static void
test_one_medium (void)
{
  static const struct {
    const gchar *more, *there, *absent;
  } cases[] = {
    { "[video]\nenabled=false\n[audio a]\nbitrate=64k\n[audio b]\n"
      "bitrate=128k\n",
        "audio_1/playlist.m3u8", "video_0" },
    { "[audio]\nenabled=false\n[video a]\nheight=180\nbitrate=300k\n"
      "[video b]\nheight=90\nbitrate=100k\n",
        "video_1/playlist.m3u8", "audio_0" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *text =
        g_strdup_printf ("[vstream]\ntype=vod\n%s", cases[i].more);
    g_autofree gchar *preset = write_file (folder, "one.ini", text);
    g_autofree gchar *name = g_strdup_printf ("one%u", i);
    g_autofree gchar *out = g_build_filename (folder, name, NULL);
    g_autofree gchar *absent = g_build_filename (out, cases[i].absent, NULL);
    g_auto (Result) result = run_launcher (
        "--preset", preset, "--input", clip, "--output", out, NULL);
    g_autofree gchar *media = read_text (out, cases[i].there);

    assert_result (&result, EX_OK, NULL);
    g_assert_nonnull (media);
    g_assert_nonnull (strstr (media, "#EXT-X-ENDLIST"));
    g_assert_false (g_file_test (absent, G_FILE_TEST_EXISTS));
  }
}

static gchar *
write_bytes (const gchar *name, const gchar *bytes, gsize size)
{
  g_autoptr (GError) error = NULL;
  gchar *path = g_build_filename (folder, name, NULL);

  (void) g_file_set_contents (path, bytes, (gssize) size, &error);
  g_assert_no_error (error);
  return path;
}

static void
test_not_media (void)
{
  static const gchar *const contents[] = {
    "just some text, no film\n",
    "\x01\x02\x03\x04nothing that anybody knows\x05\x06",
  };
  g_autofree gchar *preset = write_file (folder, "bad.ini", LADDER);
  g_autofree gchar *out = g_build_filename (folder, "bad", NULL);
  g_autofree gchar *hls = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (contents); i++) {
    g_autofree gchar *input = write_file (folder, "bad.mp4", contents[i]);
    g_auto (Result) result = run_launcher (
        "--preset", preset, "--input", input, "--output", out, NULL);

    assert_result (&result, EX_DATAERR, "bad.mp4");
  }
  hls = read_text (out, "multivariant.m3u8");
  g_assert_null (hls);
}

/* What can be decoded comes out, with a warning. */
static void
test_damaged (void)
{
  g_autofree gchar *preset = write_file (folder, "dam.ini", LADDER);
  g_autofree gchar *out = g_build_filename (folder, "damaged", NULL);
  g_autofree gchar *bytes = NULL;
  g_autofree gchar *input = NULL;
  g_autofree gchar *media = NULL;
  gsize size = 0;

  g_assert_true (g_file_get_contents (clip, &bytes, &size, NULL));
  input = write_bytes ("cut.mp4", bytes, size * 3 / 10);
  {
    g_auto (Result) result = run_launcher (
        "--preset", preset, "--input", input, "--output", out, NULL);

    assert_result (&result, EX_OK, "cut short");
  }
  media = read_text (out, "video_0/playlist.m3u8");
  g_assert_nonnull (media);
  g_assert_nonnull (strstr (media, "#EXT-X-ENDLIST"));
}

static void
test_ladder_errors (void)
{
  static const struct {
    const gchar *more;
    gint code;
    const gchar *said;
  } cases[] = {
    { "[element x264enc]\ntune=fast\n", EX_CONFIG, "zerolatency" },
    { "[element abrladder]\ngop-duratoin=1\n", EX_CONFIG, "gop-duration" },
    { "[element abrsink]\nkeep=-1\n", EX_CONFIG, "line" },
    { "[element identity]\nsync=true\n", EX_OK, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *text = g_strconcat (LADDER, cases[i].more, NULL);
    g_autofree gchar *preset = write_file (folder, "err.ini", text);
    g_autofree gchar *out = g_build_filename (folder, "err", NULL);
    g_auto (Result) result = run_launcher ("--preset", preset, "--input", clip,
        "--output", out, "--dry-run", NULL);

    assert_result (&result, cases[i].code, cases[i].said);
    g_assert_false (g_file_test (out, G_FILE_TEST_EXISTS));
  }
}

/* Nothing that was stopped claims to be whole. */
static void
test_interrupted (void)
{
  g_autofree gchar *preset = write_file (folder, "int.ini", LADDER);
  g_autofree gchar *out = g_build_filename (folder, "interrupted", NULL);
  GSubprocess *process = start_launcher ("--preset", preset, "--input",
      "testsrc:?duration=1h", "--output", out, "--log-level", "debug", NULL);
  g_autofree gchar *media = NULL;

  wait_for_line (g_subprocess_get_stderr_pipe (process), "Published video_0/");
  g_subprocess_send_signal (process, SIGTERM);
  {
    g_auto (Result) result = finish_process (process);

    assert_result (&result, 128 + SIGTERM, "Stopping");
  }
  media = read_text (out, "video_0/playlist.m3u8");
  g_assert_true (!media || !strstr (media, "#EXT-X-ENDLIST"));
}

/* A live job that is stopped is complete: exit 0, an end mark, a static MPD. */
static void
test_live (void)
{
  static const struct {
    const gchar *more, *playlist;
  } cases[] = {
    { "", "video_1/playlist.m3u8" },
    { "[audio]\nenabled=false\n", "video_1/playlist.m3u8" },
    { "[video]\nenabled=false\n", "audio_0/playlist.m3u8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gboolean video = !strstr (cases[i].more, "[video]");
    g_autofree gchar *text =
        g_strconcat ("[vstream]\ntype=live\n[input]\nuri=testsrc:\n",
            "[segment]\nduration=1s\ngop-duration=1s\nwindow=30s\n",
            video ? RUNGS : "", cases[i].more, NULL);
    g_autofree gchar *preset = write_file (folder, "live.ini", text);
    g_autofree gchar *name = g_strdup_printf ("live%u", i);
    g_autofree gchar *out = g_build_filename (folder, name, NULL);
    GSubprocess *process = start_launcher (
        "--preset", preset, "--output", out, "--log-level", "debug", NULL);
    GInputStream *err = g_subprocess_get_stderr_pipe (process);
    g_autofree gchar *media = NULL;
    g_autofree gchar *dash = NULL;

    wait_for_line (err, video ? "Published video_0/" : "Published audio_0/");
    wait_for_line (err, video ? "Published video_0/" : "Published audio_0/");
    g_subprocess_send_signal (process, i % 2 ? SIGTERM : SIGINT);
    {
      g_auto (Result) result = finish_process (process);

      assert_result (&result, EX_OK, "Stopping");
    }
    media = read_text (out, cases[i].playlist);
    dash = read_text (out, "manifest.mpd");
    g_assert_nonnull (media);
    g_assert_nonnull (strstr (media, "#EXT-X-ENDLIST"));
    g_assert_nonnull (strstr (dash, "type=\"static\""));
  }
}

/* On a disk of 300 kB of its own, in a mount namespace of its own. */
static void
test_disk_full (void)
{
  static const gchar script[] =
      "mount -t tmpfs -o size=300k none \"$2\" || exit 99\n"
      "\"$0\" --preset \"$1\" --input testsrc: --output \"$2/out\"\n"
      "code=$?\n"
      "grep -l ENDLIST \"$2\"/out/*/*.m3u8 && exit 98\n"
      "exit $code\n";
  g_autofree gchar *launcher = get_launcher ();
  g_autofree gchar *preset = write_file (folder, "full.ini", LADDER);
  g_autofree gchar *disk = g_build_filename (folder, "disk", NULL);
  const gchar *argv[] = { "unshare", "-m", "sh", "-c", script, launcher, preset,
    disk, NULL };
  g_auto (Result) result = { 0 };

  g_assert_cmpint (g_mkdir_with_parents (disk, 0700), ==, 0);
  result = run_program (argv);
  if (result.code == 99 || strstr (result.err, "unshare")) {
    g_test_skip ("no disk of our own can be mounted here");
    return;
  }
  assert_result (&result, EX_IOERR, "No space left");
}

static void
link_plugin (const gchar *folder_of_links, const gchar *plugin)
{
  g_autofree gchar *name = g_path_get_basename (plugin);
  g_autofree gchar *link = g_build_filename (folder_of_links, name, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (link);
  g_autoptr (GError) error = NULL;

  (void) g_file_make_symbolic_link (file, plugin, NULL, &error);
  g_assert_no_error (error);
}

/* Debian's package is named. GStreamer sees its core elements and our plugin
 * alone, and not the one with vsx264enc. */
static void
test_missing_encoder (void)
{
  g_autofree gchar *preset = write_file (folder, "enc.ini", LADDER);
  g_autofree gchar *out = g_build_filename (folder, "enc", NULL);
  g_autofree gchar *plugins = g_build_filename (folder, "plugins", NULL);
  g_autofree gchar *registry = g_build_filename (folder, "enc.bin", NULL);
  g_autofree gchar *core =
      g_build_filename (GST_PLUGINS_DIR, "libgstcoreelements.so", NULL);
  g_autofree gchar *own = g_build_filename (
      g_getenv ("VS_BUILD_ROOT"), "gst", "libgstvstream.so", NULL);
  PluginSearch search;

  g_assert_cmpint (g_mkdir_with_parents (plugins, 0700), ==, 0);
  link_plugin (plugins, core);
  link_plugin (plugins, own);
  search = plugin_search_begin (NULL, registry);
  g_setenv ("GST_PLUGIN_SYSTEM_PATH_1_0", plugins, TRUE);
  {
    g_auto (Result) file_job = run_launcher (
        "--preset", preset, "--input", clip, "--output", out, NULL);
    g_auto (Result) test_job = run_launcher ("--preset", preset, "--input",
        "testsrc:", "--output", out, "--dry-run", NULL);

    assert_result (&file_job, EX_UNAVAILABLE, "gstreamer1.0-plugins-ugly");
    assert_result (&test_job, EX_UNAVAILABLE, "gstreamer1.0-plugins-base");
  }
  g_unsetenv ("GST_PLUGIN_SYSTEM_PATH_1_0");
  plugin_search_end (&search);
}

/* One canned reply to whoever comes, from this process's main context. */
static gboolean
on_incoming (GSocketService *service, GSocketConnection *connection,
    GObject *source, gpointer user_data)
{
  const gchar *status = user_data;
  g_autofree gchar *reply = g_strdup_printf (
      "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);
  gchar request[4096];

  (void) g_input_stream_read (
      g_io_stream_get_input_stream (G_IO_STREAM (connection)), request,
      sizeof (request), NULL, NULL);
  (void) g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (connection)), reply,
      strlen (reply), NULL, NULL, NULL);
  (void) g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  return TRUE;
}

static void
close_service (GSocketService *service)
{
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
}

static void
test_http_inputs (void)
{
  static const struct {
    const gchar *status; /* NULL: nobody listens */
    gint code;
    const gchar *said;
  } cases[] = {
    { "404 Not Found", EX_NOINPUT, "Not Found" },
    { "403 Forbidden", EX_NOPERM, "Forbidden" },
    { "503 Service Unavailable", EX_TEMPFAIL, "Service Unavailable" },
    { "200 OK", EX_DATAERR, "not media" },
    { NULL, EX_TEMPFAIL, "cannot be reached" },
  };
  g_autofree gchar *preset = write_file (folder, "http.ini", LADDER);
  g_autofree gchar *out = g_build_filename (folder, "http", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GSocketService) service = g_socket_service_new ();
    guint16 port = g_socket_listener_add_any_inet_port (
        G_SOCKET_LISTENER (service), NULL, NULL);
    g_autofree gchar *uri =
        g_strdup_printf ("http://127.0.0.1:%u/film.mp4", port);

    g_assert_cmpuint (port, !=, 0);
    if (cases[i].status)
      g_signal_connect (service, "incoming", G_CALLBACK (on_incoming),
          (gpointer) cases[i].status);
    else
      close_service (service);
    {
      g_auto (Result) result = run_launcher (
          "--preset", preset, "--input", uri, "--output", out, NULL);

      assert_result (&result, cases[i].code, cases[i].said);
    }
    if (cases[i].status)
      close_service (service);
  }
}

static void
test_unreadable_schemes (void)
{
  static const struct {
    const gchar *uri;
    gint code;
    const gchar *said;
  } cases[] = {
    { "srt://127.0.0.1:9", EX_CONFIG, "type=live" },
    { "rtsp://127.0.0.1:9/x", EX_CONFIG, "type=live" },
    { "nosuch://x", EX_UNAVAILABLE, "nosuch" },
    { "testsrc:?duration=long", EX_CONFIG, "long" },
  };
  g_autofree gchar *preset = write_file (folder, "scheme.ini", LADDER);
  g_autofree gchar *out = g_build_filename (folder, "scheme", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (Result) result = run_launcher (
        "--preset", preset, "--input", cases[i].uri, "--output", out, NULL);

    assert_result (&result, cases[i].code, cases[i].said);
  }
}

/* --serve shows the job while it runs, and goes on after it. */
static void
test_serve (void)
{
  g_autofree gchar *preset = write_file (folder, "srv.ini", LADDER);
  g_autofree gchar *out = g_build_filename (folder, "serve", NULL);
  GSubprocess *process = start_launcher ("--preset", preset, "--input", clip,
      "--output", out, "--serve", "127.0.0.1:0", NULL);
  GInputStream *pipe = g_subprocess_get_stdout_pipe (process);

  wait_for_line (pipe, "http://127.0.0.1:");
  wait_for_line (pipe, "Done: ");
  wait_for_line (pipe, "Serving http://127.0.0.1:");
  g_subprocess_send_signal (process, SIGINT);
  {
    g_auto (Result) result = finish_process (process);

    assert_result (&result, EX_OK, NULL);
  }
}

static void
test_serve_errors (void)
{
  static const gchar *const addresses[] = { "127.0.0.1:notaport",
    "127.0.0.1:99999" };
  g_autofree gchar *preset = write_file (folder, "srv.ini", LADDER);
  g_autofree gchar *out = g_build_filename (folder, "serve-bad", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++) {
    g_auto (Result) result = run_launcher ("--preset", preset, "--input", clip,
        "--output", out, "--serve", addresses[i], NULL);

    assert_result (&result, EX_USAGE, addresses[i]);
  }
}

int
main (int argc, char **argv)
{
  gint code;

  g_test_init (&argc, &argv, NULL);
  folder = make_folder ();
  make_clip ();
  g_test_add_func ("/launcher/publish/vod", test_vod);
  g_test_add_func ("/launcher/publish/dry-run", test_dry_run_runs);
  g_test_add_func ("/launcher/publish/dry-run-plugin", test_dry_run_plugin);
  g_test_add_func ("/launcher/publish/one-medium", test_one_medium);
  g_test_add_func ("/launcher/publish/not-media", test_not_media);
  g_test_add_func ("/launcher/publish/damaged", test_damaged);
  g_test_add_func ("/launcher/publish/errors", test_ladder_errors);
  g_test_add_func ("/launcher/publish/interrupted", test_interrupted);
  g_test_add_func ("/launcher/publish/missing-encoder", test_missing_encoder);
  g_test_add_func ("/launcher/publish/disk-full", test_disk_full);
  g_test_add_func ("/launcher/publish/live", test_live);
  g_test_add_func ("/launcher/publish/http-inputs", test_http_inputs);
  g_test_add_func ("/launcher/publish/schemes", test_unreadable_schemes);
  g_test_add_func ("/launcher/publish/serve", test_serve);
  g_test_add_func ("/launcher/publish/serve-errors", test_serve_errors);
  code = g_test_run ();
  remove_folder (folder);
  g_free (clip);
  return code;
}
