/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Subtitles through abrladder: a file with three tracks, one of which says
 * nothing, made here. Every wait has a limit. */
#include <gst/gst.h>
#include <string.h>

#include "pipeline.h"
#include "tree.h"

#define SRT                                                                    \
  "1\n00:00:00,500 --> 00:00:01,000\n%s one\n\n"                               \
  "2\n00:00:01,500 --> 00:00:02,500\n%s & two\n\n"
#define INPUT "filesrc location=\"%s/in.mkv\" ! "
#define LADDER                                                                 \
  "abrladder name=l speed=ultrafast gop-duration=1000000000 "                  \
  "renditions=90p@100k "

static gchar *dir;

static GstElement *parse (const gchar *format, ...) G_GNUC_PRINTF (1, 2);

static GstElement *
parse (const gchar *format, ...)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  GstElement *pipeline;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  pipeline = gst_parse_launch (text, &error);
  g_assert_no_error (error);
  return pipeline;
}

static void
run (GstElement *pipeline)
{
  g_autofree gchar *error = run_pipeline (pipeline);

  g_assert_cmpstr (error, ==, NULL);
  gst_object_unref (pipeline);
}

static void
write_srt (const gchar *language)
{
  g_autofree gchar *path = g_strdup_printf ("%s/%s.srt", dir, language);
  g_autofree gchar *text = g_strdup_printf (SRT, language, language);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

#define TRACK(language)                                                        \
  "filesrc location=\"%s/" language ".srt\" ! subparse ! taginject "           \
  "tags=\"language-code=" language "\" ! m. "

static void
set_up (void)
{
  dir = g_dir_make_tmp ("vs-ladder-text-XXXXXX", NULL);
  write_srt ("en");
  write_srt ("fr");
  write_srt ("ja");
  run (parse ("matroskamux name=m ! filesink location=\"%s/in.mkv\" "
              "videotestsrc num-buffers=100 ! video/x-raw,format=I420,"
              "width=160,height=90,framerate=25/1 ! x264enc "
              "speed-preset=ultrafast key-int-max=25 ! m. "
              "audiotestsrc num-buffers=187 ! audio/x-raw,rate=48000,"
              "channels=2 ! avenc_aac ! m. " TRACK ("en") TRACK ("fr")
                  TRACK ("ja"),
      dir, dir, dir, dir));
}

static gchar *
read_out (const gchar *key)
{
  g_autofree gchar *path = g_build_filename (dir, "out", key, NULL);
  g_autoptr (GError) error = NULL;
  gchar *text;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
assert_has (const gchar *key, const gchar *part)
{
  g_autofree gchar *text = read_out (key);

  if (strstr (text, part) == NULL)
    g_error ("“%s” is not in %s:\n%s", part, key, text);
}

static gboolean
is_there (const gchar *key)
{
  g_autofree gchar *path = g_build_filename (dir, "out", key, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
publish (const gchar *settings)
{
  g_autofree gchar *out = g_build_filename (dir, "out", NULL);

  remove_tree (out);
  run (parse (INPUT LADDER "%s ! abrsink location=\"%s\" "
                           "segment-duration=1000000000",
      dir, settings, out));
}

/* All tracks, each with its language, at the times of the source. */
static void
test_all (void)
{
  publish ("");
  assert_has ("text_0/0.vtt", "\nen one\n");
  assert_has ("text_1/all.vtt", "\nfr &amp; two\n");
  assert_has ("text_2/playlist.m3u8", "#EXT-X-ENDLIST");
  assert_has ("multivariant.m3u8",
      "LANGUAGE=\"en\",NAME=\"English\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,"
      "URI=\"text_0/playlist.m3u8\"");
  assert_has ("multivariant.m3u8", "LANGUAGE=\"ja\"");
  g_assert_false (is_there ("text_3"));
}

static void
test_chosen (void)
{
  publish ("text-renditions=\"<(structure)\\[text\\,name=(string)dub\\,"
           "language=(string)fr\\,default=(boolean)true\\]\\,"
           "(structure)\\[text\\,language=(string)sv\\]>\"");
  assert_has ("text_0/0.vtt", "\nfr one\n");
  assert_has ("multivariant.m3u8",
      "LANGUAGE=\"fr\",NAME=\"dub\",DEFAULT=YES,AUTOSELECT=YES");
  g_assert_false (is_there ("text_1"));
}

/* A pad that there is no track for ends, and those that are there too. */
static void
test_pads (void)
{
  run (parse (INPUT LADDER
      "autolink=false l.video ! fakesink async=false "
      "l.text_0 ! fakesink async=false l.text_2 ! fakesink async=false "
      "l.text_9 ! fakesink async=false",
      dir));
}

/* Sinks that wait for their first buffer do not wait for ever. */
static void
test_preroll (void)
{
  run (parse (INPUT LADDER "autolink=false l.video ! fakesink sync=false "
                           "l.audio ! fakesink l.text_0 ! fakesink "
                           "l.text_1 ! fakesink",
      dir));
}

static void
test_states (void)
{
  g_autofree gchar *out = g_build_filename (dir, "out", NULL);
  g_autoptr (GstElement) pipeline =
      parse (INPUT LADDER " ! abrsink location=\"%s\"", dir, out);

  for (guint i = 0; i < 8; i++) {
    gst_element_set_state (
        pipeline, i % 2 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
    if (i > 3)
      gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND);
    g_assert_cmpint (gst_element_set_state (pipeline, GST_STATE_NULL), ==,
        GST_STATE_CHANGE_SUCCESS);
  }
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  set_up ();
  g_test_add_func ("/ladder-text/all", test_all);
  g_test_add_func ("/ladder-text/again", test_all);
  g_test_add_func ("/ladder-text/chosen", test_chosen);
  g_test_add_func ("/ladder-text/pads", test_pads);
  g_test_add_func ("/ladder-text/preroll", test_preroll);
  g_test_add_func ("/ladder-text/states", test_states);
  result = g_test_run ();
  remove_tree (dir);
  g_free (dir);
  return result;
}
