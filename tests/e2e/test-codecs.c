/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every codec through abrsink, from GStreamer's own encoders and parsers: what
 * is published says its codec, and ffmpeg decodes all of it without a word. */
#include <gio/gio.h>
#include <string.h>

typedef struct {
  const gchar *name, *encoder;
  const gchar *chain; /* from raw to what abrsink takes */
  gboolean video;
  const gchar *codec; /* how the codec string begins */
  const gchar *packets;
} Case;

static const Case cases[] = {
  { "h264", "x264enc",
      "x264enc speed-preset=ultrafast bframes=2 key-int-max=25 ! h264parse",
      TRUE, "avc1.", "75" },
  { "h264-vsx264enc", "vsx264enc",
      "vsx264enc speed-preset=ultrafast option-string=bframes=2 "
      "key-int-max=25 ! h264parse",
      TRUE, "avc1.", "75" },
  { "h265", "x265enc",
      "x265enc speed-preset=ultrafast key-int-max=25 ! h265parse", TRUE,
      "hvc1.1.6.L", "75" },
  { "av1", "av1enc",
      "av1enc cpu-used=8 usage-profile=realtime keyframe-max-dist=25 ! "
      "av1parse",
      TRUE, "av01.0.0", "75" },
  { "vp9", "vp9enc",
      "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=25 ! vp9parse", TRUE,
      "vp09.00.1", "75" },
  { "aac", "avenc_aac", "audioconvert ! avenc_aac ! aacparse", FALSE,
      "mp4a.40.2", NULL },
  { "opus", "opusenc", "opusenc ! opusparse", FALSE, "opus", NULL },
};

static gboolean
run (const gchar *const *argv, gchar **out, gchar **err)
{
  g_autoptr (GError) error = NULL;
  gint status;

  if (!g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL,
          NULL, out, err, &status, &error)) {
    g_test_message ("%s", error->message);
    return FALSE;
  }
  return g_spawn_check_wait_status (status, NULL);
}

static gboolean
has_element (const gchar *name)
{
  /* Any version: unless told, it wants GStreamer's own. */
  const gchar *argv[] = { "gst-inspect-1.0", "--exists",
    "--atleast-version=0.1", name, NULL };
  g_autofree gchar *out = NULL, *err = NULL;

  return run (argv, &out, &err);
}

static void
publish (const Case *test, const gchar *dir)
{
  static const gchar video[] =
      "videotestsrc num-buffers=75 ! "
      "video/x-raw,format=I420,width=320,height=180,framerate=25/1";
  static const gchar audio[] =
      "audiotestsrc num-buffers=141 samplesperbuffer=1024 ! "
      "audio/x-raw,rate=48000,channels=2";
  g_autofree gchar *line =
      g_strdup_printf ("gst-launch-1.0 -q %s ! %s ! abrsink location=%s "
                       "segment-duration=1000000000",
          test->video ? video : audio, test->chain, dir);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  g_autofree gchar *out = NULL, *err = NULL;
  gboolean done = run ((const gchar *const *) argv, &out, &err);

  g_test_message ("%s", line);
  if (!done)
    g_test_message ("%s", err);
  g_assert_true (done);
}

static void
check_manifests (const Case *test, const gchar *dir)
{
  static const gchar *const names[] = { "multivariant.m3u8", "manifest.mpd" };
  static const gchar *const attributes[] = { "CODECS=\"", "codecs=\"" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *path = g_build_filename (dir, names[i], NULL);
    g_autofree gchar *wanted = g_strconcat (attributes[i], test->codec, NULL);
    g_autofree gchar *text = NULL;
    g_autoptr (GError) error = NULL;

    g_file_get_contents (path, &text, NULL, &error);
    g_assert_no_error (error);
    g_test_message ("%s: %s in\n%s", names[i], wanted, text);
    g_assert_nonnull (strstr (text, wanted));
  }
}

static void
check_decodes (const gchar *manifest)
{
  const gchar *argv[] = { "ffmpeg", "-nostdin", "-v", "warning", "-i", manifest,
    "-f", "null", "-", NULL };
  g_autofree gchar *out = NULL, *err = NULL;

  g_assert_true (run (argv, &out, &err));
  g_assert_cmpstr (err, ==, "");
}

static void
check_frames (const Case *test, const gchar *playlist)
{
  const gchar *argv[] = { "ffprobe", "-v", "error", "-count_frames",
    "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", playlist,
    NULL };
  g_autofree gchar *out = NULL, *err = NULL;

  g_assert_true (run (argv, &out, &err));
  g_assert_true (g_str_has_prefix (out, test->packets));
}

static void
remove_tree (GFile *file)
{
  g_autoptr (GFileEnumerator) children =
      g_file_enumerate_children (file, G_FILE_ATTRIBUTE_STANDARD_NAME,
          G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
  GFile *child;

  while (children != NULL &&
         g_file_enumerator_iterate (children, NULL, &child, NULL, NULL) &&
         child != NULL)
    remove_tree (child);
  g_file_delete (file, NULL, NULL);
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *dir = NULL, *hls = NULL, *dash = NULL, *track = NULL;
  g_autoptr (GFile) root = NULL;

  if (!has_element (test->encoder)) {
    g_test_skip ("the encoder is not installed");
    return;
  }
  dir = g_dir_make_tmp ("vstream-codecs-XXXXXX", &error);
  g_assert_no_error (error);
  root = g_file_new_for_path (dir);
  hls = g_build_filename (dir, "multivariant.m3u8", NULL);
  dash = g_build_filename (dir, "manifest.mpd", NULL);
  track = g_build_filename (dir, "video_0", "playlist.m3u8", NULL);

  publish (test, dir);
  check_manifests (test, dir);
  check_decodes (hls);
  check_decodes (dash);
  if (test->video)
    check_frames (test, track);
  remove_tree (root);
}

int
main (int argc, char **argv)
{
  static const gchar *const programs[] = { "ffmpeg", "ffprobe",
    "gst-launch-1.0", "gst-inspect-1.0" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++) {
    g_autofree gchar *found = g_find_program_in_path (programs[i]);

    if (found == NULL) {
      g_print ("1..0 # SKIP needs %s\n", programs[i]);
      return 0;
    }
  }
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path = g_strdup_printf ("/codecs/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  return g_test_run ();
}
