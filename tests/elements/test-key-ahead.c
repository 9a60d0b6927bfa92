/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Key frames that are told of before they come: what vsx264enc says of them
 * comes true, and abrsink publishes a segment with its last frame. */
#include <string.h>

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "pipeline.h"
#include "tree.h"

#define FPS 25
#define RAW                                                                    \
  "video/x-raw,format=I420,width=160,height=90,framerate=25/1,"                \
  "interlace-mode=progressive,pixel-aspect-ratio=1/1,colorimetry=bt709"

static GstBuffer *
make_picture (guint n)
{
  gsize size = 160 * 90 * 3 / 2;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_memset (buffer, 0, (guint8) (n * 5), size);
  GST_BUFFER_PTS (buffer) = n * GST_SECOND / FPS;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / FPS;
  return buffer;
}

/* --- what the encoder says --- */

typedef struct {
  guint64 pts, dts; /* that were told of; pts NONE: none is */
  guint told, keys, others;
} Watch;

static GstPadProbeReturn
on_output (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Watch *watch = user_data;
  GstBuffer *buffer;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    const GstStructure *s =
        gst_event_get_structure (GST_PAD_PROBE_INFO_EVENT (info));

    if (s == NULL || !gst_structure_has_name (s, "vstream-key"))
      return GST_PAD_PROBE_OK;
    g_assert_cmpuint (watch->pts, ==, GST_CLOCK_TIME_NONE);
    g_assert_true (gst_structure_get (s, "pts", G_TYPE_UINT64, &watch->pts,
        "dts", G_TYPE_UINT64, &watch->dts, NULL));
    watch->told++;
    return GST_PAD_PROBE_OK;
  }
  buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  if (watch->pts != GST_CLOCK_TIME_NONE) {
    g_assert_false (
        GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT));
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, watch->pts);
    g_assert_cmpuint (GST_BUFFER_DTS (buffer), ==, watch->dts);
    watch->pts = GST_CLOCK_TIME_NONE;
  }
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    watch->others++;
  else
    watch->keys++;
  return GST_PAD_PROBE_OK;
}

typedef struct {
  const gchar *settings;
  guint forced; /* picture, or 0 */
  guint keys, told;
  gboolean segment; /* a new one begins with that picture */
} Case;

/* 100 pictures. The first key frame has nothing before it. */
static const Case cases[] = {
  { "key-int-max=25 fixed-gop=true speed-preset=veryfast", 0, 4, 3 },
  { "key-int-max=25 fixed-gop=true speed-preset=veryfast", 40, 5, 4 },
  { "key-int-max=25 fixed-gop=true speed-preset=superfast threads=1", 40, 5,
      4 },
  { "key-int-max=25 fixed-gop=true threads=3 option-string=bframes=1", 7, 5,
      4 },
  { "key-int-max=25 fixed-gop=true speed-preset=slow", 1, 5, 3 },
  /* Its times would be read by the segment before. */
  { "key-int-max=25 fixed-gop=true speed-preset=veryfast", 40, 5, 3, TRUE },
  { "key-int-max=250 speed-preset=veryfast", 50, 2, 1 },
  /* A frame comes out before the next picture is there. */
  { "key-int-max=25 fixed-gop=true tune=zerolatency", 40, 5, 0 },
  /* Pictures that are shown before a key frame may be coded after it. */
  { "key-int-max=25 fixed-gop=true option-string=open-gop=1", 0, 4, 0 },
};

static void
push_segment (GstHarness *harness)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.base = GST_SECOND;
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
}

static void
test_told (gconstpointer data)
{
  const Case *c = data;
  g_autofree gchar *line = g_strdup_printf ("vsx264enc %s", c->settings);
  GstHarness *harness = gst_harness_new_parse (line);
  Watch watch = { .pts = GST_CLOCK_TIME_NONE };

  gst_harness_set_src_caps_str (harness, RAW);
  gst_pad_add_probe (harness->sinkpad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_output, &watch, NULL);
  for (guint n = 0; n < 100; n++) {
    if (c->segment && n == c->forced)
      push_segment (harness);
    if (c->forced > 0 && n == c->forced)
      gst_harness_push_event (harness,
          gst_video_event_new_downstream_force_key_unit (GST_CLOCK_TIME_NONE,
              GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, TRUE, 0));
    g_assert_cmpint (
        gst_harness_push (harness, make_picture (n)), ==, GST_FLOW_OK);
  }
  gst_harness_push_event (harness, gst_event_new_eos ());
  g_assert_cmpuint (watch.keys + watch.others, ==, 100);
  g_assert_cmpuint (watch.keys, ==, c->keys);
  g_assert_cmpuint (watch.told, ==, c->told);
  g_assert_cmpuint (watch.pts, ==, GST_CLOCK_TIME_NONE);
  gst_harness_teardown (harness);
}

/* --- what the sink makes of it --- */

/* The key of the next segment that is stored, owned; NULL: none in time. */
static gchar *
next_segment (GstBus *bus, GstClockTime limit)
{
  gchar *key = NULL;

  while (key == NULL) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, limit, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    const GstStructure *s;

    if (message == NULL)
      return NULL;
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
    s = gst_message_get_structure (message);
    if (gst_structure_has_name (s, "vstream-object"))
      key = g_strdup (gst_structure_get_string (s, "key"));
    if (key != NULL && !g_str_has_suffix (key, ".m4s"))
      g_clear_pointer (&key, g_free);
  }
  return key;
}

#define GOPS "key-int-max=25 fixed-gop=true speed-preset=veryfast"

/* How many pictures go in until a whole GOP has come out. */
static guint
count_pictures (void)
{
  GstHarness *harness = gst_harness_new_parse ("vsx264enc " GOPS);
  guint n = 0;

  gst_harness_set_src_caps_str (harness, RAW);
  while (gst_harness_buffers_received (harness) < FPS)
    g_assert_cmpint (
        gst_harness_push (harness, make_picture (n++)), ==, GST_FLOW_OK);
  gst_harness_teardown (harness);
  return n;
}

static void
push_pictures (GstElement *source, guint from, guint to)
{
  for (guint n = from; n < to; n++) {
    g_autoptr (GstBuffer) picture = make_picture (n);
    GstFlowReturn flow;

    g_signal_emit_by_name (source, "push-buffer", picture, &flow);
    g_assert_cmpint (flow, ==, GST_FLOW_OK);
  }
}

/* A segment is stored with its last frame, though the key frame behind it needs
 * one more picture to come out. */
static void
test_published (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("vs-key-ahead-XXXXXX", NULL);
  g_autofree gchar *line =
      g_strdup_printf ("appsrc name=source format=time caps=\"%s\" ! "
                       "vsx264enc " GOPS " ! abrsink.video_0 abrsink "
                       "name=abrsink location=%s segment-duration=1000000000",
          RAW, folder);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstElement) source = NULL;
  guint n = count_pictures ();

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *wanted = g_strdup_printf ("video_0/%u.m4s", i * 12800);
    g_autofree gchar *key = NULL;

    push_pictures (source, i == 0 ? 0 : n + (i - 1) * FPS, n + i * FPS);
    key = next_segment (bus, 10 * GST_SECOND);
    g_assert_cmpstr (key, ==, wanted);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  remove_tree (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *name = g_strdup_printf ("/key-ahead/told/%u", i);

    g_test_add_data_func (name, &cases[i], test_told);
  }
  g_test_add_func ("/key-ahead/published", test_published);
  return g_test_run ();
}
