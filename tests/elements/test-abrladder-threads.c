/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A decoder has as many threads as its work needs beside that of the encoders.
 */
#include <gst/gst.h>

#include "core/vs-ladder.h"
#include "pipeline.h"
#include "tree.h"

#define WIDTH 640
#define HEIGHT 360

static gchar *clip;

static void
on_element (GstBin *bin, GstBin *sub, GstElement *element, gpointer user_data)
{
  GstElement **decoder = user_data;
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory && g_str_equal (GST_OBJECT_NAME (factory), "avdec_h264"))
    gst_object_replace ((GstObject **) decoder, GST_OBJECT (element));
}

/* What the decoder of @clip was told, with @renditions to be made of it. */
static gint
threads_for (const gchar *renditions)
{
  g_autofree gchar *line = g_strdup_printf (
      "filesrc location=\"%s\" ! abrladder renditions=%s speed=ultrafast ! "
      "fakesink",
      clip, renditions);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstElement) decoder = NULL;
  g_autofree gchar *failed = NULL;
  gint threads = -1;

  g_assert_no_error (error);
  g_signal_connect (
      pipeline, "deep-element-added", G_CALLBACK (on_element), &decoder);
  failed = run_pipeline (pipeline);
  g_assert_cmpstr (failed, ==, NULL);
  if (decoder)
    g_object_get (decoder, "max-threads", &threads, NULL);
  return threads;
}

static void
test_threads (void)
{
  static const gchar *const renditions[] = { "360p@500k", "64x36@64k" };
  VsSource source = { WIDTH, HEIGHT, 1, 1, 30, 1 };

  if (g_get_num_processors () < 2) {
    g_test_skip ("one core has one thread, whatever the decoder is told");
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (renditions); i++) {
    g_autoptr (VsLadder) asked = vs_ladder_parse (renditions[i], NULL);
    g_autoptr (VsLadder) fitted =
        vs_ladder_fit (asked, &source, VS_CODEC_H264, FALSE);
    gint threads = threads_for (renditions[i]);

    if (threads < 0) {
      g_test_skip ("another decoder than libav's is preferred here");
      return;
    }
    g_assert_cmpint (threads, ==,
        (gint) vs_ladder_decoder_threads (
            fitted, &source, VS_CODEC_H264, g_get_num_processors ()));
  }
}

static void
make_clip (const gchar *path)
{
  g_autofree gchar *line =
      g_strdup_printf ("videotestsrc num-buffers=20 ! "
                       "video/x-raw,format=I420,width=%u,height=%u,"
                       "framerate=30/1 ! x264enc speed-preset=ultrafast ! "
                       "mp4mux ! filesink location=\"%s\"",
          WIDTH, HEIGHT, path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autofree gchar *failed = NULL;

  g_assert_no_error (error);
  failed = run_pipeline (pipeline);
  g_assert_cmpstr (failed, ==, NULL);
}

int
main (int argc, char **argv)
{
  g_autofree gchar *dir = NULL;
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  dir = g_dir_make_tmp ("vs-threads-XXXXXX", NULL);
  clip = g_build_filename (dir, "clip.mp4", NULL);
  make_clip (clip);
  g_test_add_func ("/ladder/threads", test_threads);
  result = g_test_run ();
  remove_tree (dir);
  g_free (clip);
  gst_deinit ();
  return result;
}
