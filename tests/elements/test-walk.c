/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Random walks through the states, most of them too short to come to rest:
 * pipelines are taken down at any moment, also while decodebin shows its
 * streams. A lock-up meets the test's time limit. VS_WALK_SEED begins at
 * another seed. */
#include <gio/gio.h>
#include <gst/gst.h>

#include "pipeline.h"
#include "tree.h"

#define N_STEPS 20
#define N_SEEDS 4

static gchar *dir;

static GstElement *
parse (const gchar *format)
{
  g_autoptr (GString) text = g_string_new (format);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline;

  g_string_replace (text, "DIR", dir, 0);
  pipeline = gst_parse_launch (text->str, &error);
  g_assert_no_error (error);
  return pipeline;
}

static void
make_clip (void)
{
  g_autoptr (GstElement) pipeline =
      parse ("videotestsrc num-buffers=25 ! video/x-raw,width=160,height=90,"
             "framerate=25/1 ! x264enc speed-preset=ultrafast key-int-max=25 ! "
             "h264parse ! queue ! mp4mux name=m faststart=true ! "
             "filesink location=\"DIR/clip.mp4\" audiotestsrc num-buffers=48 ! "
             "audioconvert ! avenc_aac ! aacparse ! queue ! m.");
  g_autofree gchar *error = run_pipeline (pipeline);

  g_assert_cmpstr (error, ==, NULL);
}

static void
test_walk (gconstpointer data)
{
  guint32 base =
      g_getenv ("VS_WALK_SEED") != NULL
          ? (guint32) g_ascii_strtoull (g_getenv ("VS_WALK_SEED"), NULL, 10)
          : 1;

  for (guint32 seed = base; seed < base + N_SEEDS; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    g_autoptr (GstElement) pipeline = parse (data);

    for (guint i = 0; i < N_STEPS; i++) {
      gst_element_set_state (
          pipeline, g_rand_int_range (rand, GST_STATE_NULL, 5));
      gst_element_get_state (pipeline, NULL, NULL,
          (GstClockTime) g_rand_int_range (rand, 0, 80) * GST_MSECOND);
    }
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
}

int
main (int argc, char **argv)
{
  gint code;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  dir = g_dir_make_tmp ("vs-walk-XXXXXX", NULL);
  g_assert_nonnull (dir);
  make_clip ();
  g_test_add_data_func ("/walk/cmaf",
      "filesrc location=\"DIR/clip.mp4\" ! abrladder speed=ultrafast "
      "renditions=90p@200k,48p@100k ! abrsink location=\"DIR/cmaf\"",
      test_walk);
  g_test_add_data_func ("/walk/ts",
      "filesrc location=\"DIR/clip.mp4\" ! abrladder speed=ultrafast "
      "renditions=90p@200k,48p@100k ! abrsink format=ts location=\"DIR/ts\"",
      test_walk);
  g_test_add_data_func ("/walk/live",
      "livefeedsrc uri=testsrc: name=f f.video ! l.video_sink f.audio ! "
      "l.audio_sink abrladder name=l speed=ultrafast renditions=90p@200k ! "
      "abrsink type=live location=\"DIR/live\"",
      test_walk);
  g_test_add_data_func ("/walk/queue",
      "playbackqueuesrc items=\"[{\\\"uri\\\":\\\"file://DIR/clip.mp4\\\","
      "\\\"loop\\\":true}]\" filler-uri=\"DIR/clip.mp4\" name=q q.video ! "
      "fakesink q.audio ! fakesink",
      test_walk);
  code = g_test_run ();
  remove_tree (dir);
  g_free (dir);
  return code;
}
