/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ladder's scaler: where a picture lies in the output, and that full
 * range becomes limited. */
#include "ladder/gstvsscale.h"

#include <string.h>

static const struct {
  gint in_w, in_h, par_n, par_d, out_w, out_h;
  GstVideoRectangle box;
} boxes[] = {
  { 1920, 1080, 1, 1, 1280, 720, { 0, 0, 1280, 720 } },
  { 1920, 1080, 1, 1, 856, 480, { 0, 0, 856, 480 } }, /* rounding */
  { 720, 576, 64, 45, 1024, 576, { 0, 0, 1024, 576 } },
  { 640, 480, 1, 1, 1280, 720, { 160, 0, 960, 720 } },
  { 1920, 800, 1, 1, 1280, 720, { 0, 92, 1280, 534 } },
  { 720, 1280, 1, 1, 1280, 720, { 436, 0, 406, 720 } },
  { 16, 16, 1, 1, 16, 16, { 0, 0, 16, 16 } },
};

static void
test_boxes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++) {
    GstVideoInfo in, out;
    GstVideoRectangle box;

    gst_video_info_set_format (
        &in, GST_VIDEO_FORMAT_I420, boxes[i].in_w, boxes[i].in_h);
    in.par_n = boxes[i].par_n;
    in.par_d = boxes[i].par_d;
    gst_video_info_set_format (
        &out, GST_VIDEO_FORMAT_I420, boxes[i].out_w, boxes[i].out_h);
    gst_vs_scale_fit_box (&in, &out, &box);
    g_test_message ("%u: %d %d %d %d", i, box.x, box.y, box.w, box.h);
    g_assert_cmpint (box.x, ==, boxes[i].box.x);
    g_assert_cmpint (box.y, ==, boxes[i].box.y);
    g_assert_cmpint (box.w, ==, boxes[i].box.w);
    g_assert_cmpint (box.h, ==, boxes[i].box.h);
  }
}

static GstPadProbeReturn
on_picture (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  gint *luma = user_data;
  GstMapInfo map;

  gst_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), &map, GST_MAP_READ);
  luma[0] = map.data[0];             /* the border */
  luma[1] = map.data[32 * 128 + 64]; /* the middle */
  gst_buffer_unmap (GST_PAD_PROBE_INFO_BUFFER (info), &map);
  return GST_PAD_PROBE_OK;
}

/* videotestsrc's white is 235, whatever the range; what is 235 of 255 there is
 * 16 + 219 * 235 / 255 = 218 in limited range. Borders are black. */
static void
test_range (gconstpointer user_data)
{
  const gchar *const *format = user_data; /* and colorimetry */
  g_autoptr (GstElement) pipeline = gst_pipeline_new (NULL);
  g_autoptr (GstCaps) in = gst_caps_new_simple ("video/x-raw", "format",
      G_TYPE_STRING, format[0], "width", G_TYPE_INT, 64, "height", G_TYPE_INT,
      64, "framerate", GST_TYPE_FRACTION, 25, 1, "colorimetry", G_TYPE_STRING,
      format[1], NULL);
  g_autoptr (GstCaps) out = gst_caps_from_string (
      "video/x-raw, format=I420, width=128, height=64, "
      "pixel-aspect-ratio=1/1, interlace-mode=progressive, colorimetry=bt709");
  GstElement *source = gst_element_factory_make ("videotestsrc", NULL);
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);
  GstElement *scale = gst_vs_scale_new (out);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  gint luma[2] = { 0, 0 };

  g_object_set (source, "num-buffers", 2, NULL);
  gst_util_set_object_arg (G_OBJECT (source), "pattern", "white");
  g_object_set (filter, "caps", in, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, filter, scale, sink, NULL);
  g_assert_true (gst_element_link_many (source, filter, scale, sink, NULL));
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_picture, luma, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 30 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  g_assert_cmpint (luma[0], ==, 16);
  g_assert_cmpint (ABS (luma[1] - 218), <=, 1);
}

/* What came out, and how: with lines for zimg, or as they are packed. */
typedef struct {
  gboolean follows_strides;
  gint stride;
  guint8 luma[72][104];
} Scaled;

static GstPadProbeReturn
on_scaled (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Scaled *scaled = user_data;
  g_autoptr (GstCaps) caps = NULL;
  GstVideoInfo video;
  GstVideoFrame frame;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM) {
    GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

    if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION ||
        !scaled->follows_strides)
      return GST_PAD_PROBE_OK;
    gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
    return GST_PAD_PROBE_HANDLED;
  }
  caps = gst_pad_get_current_caps (pad);
  g_assert_true (gst_video_info_from_caps (&video, caps));
  g_assert_true (gst_video_frame_map (
      &frame, &video, GST_PAD_PROBE_INFO_BUFFER (info), GST_MAP_READ));
  scaled->stride = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);
  for (gint y = 0; y < 72; y++)
    memcpy (scaled->luma[y],
        (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) + y * scaled->stride,
        104);
  gst_video_frame_unmap (&frame);
  return GST_PAD_PROBE_OK;
}

static void
scale_one (Scaled *scaled)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc num-buffers=1 pattern=zone-plate kx2=6 ky2=6 ! "
      "video/x-raw,format=I420,width=192,height=128,framerate=25/1 ! "
      "identity name=in ! fakesink name=sink",
      NULL);
  g_autoptr (GstCaps) out = gst_caps_from_string (
      "video/x-raw, format=I420, width=104, height=72, "
      "pixel-aspect-ratio=1/1, interlace-mode=progressive");
  GstElement *scale = gst_vs_scale_new (out);
  g_autoptr (GstElement) in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_unlink (in, sink);
  gst_bin_add (GST_BIN (pipeline), scale);
  g_assert_true (gst_element_link_many (in, scale, sink, NULL));
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM,
      on_scaled, scaled, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 30 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
}

/* Lines for zimg are asked for where they can be followed; what comes out is
 * what libswscale makes of packed ones. */
static void
test_alike (void)
{
  Scaled aligned = { TRUE }, packed = { FALSE };
  gdouble sum = 0;

  scale_one (&aligned);
  scale_one (&packed);
  g_assert_cmpint (aligned.stride, ==, 128);
  g_assert_cmpint (packed.stride, ==, 104);
  for (guint y = 0; y < 72; y++)
    for (guint x = 0; x < 104; x++) {
      gdouble difference = (gdouble) aligned.luma[y][x] - packed.luma[y][x];

      sum += difference * difference;
    }
  g_test_message ("mean square %.3f", sum / (72 * 104));
  g_assert_cmpfloat (sum / (72 * 104), <, 1.0); /* 48 dB */
}

static const gchar *const ranges[][2] = {
  { "I420", "1:3:5:1" }, { "NV12", "1:3:5:1" }, { "Y42B", "1:3:5:1" },
  { "I420_10LE", "1:3:5:1" },
  { "I420", "1:0:0:0" }, /* as of a file that says no more */
};

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scale/boxes", test_boxes);
  g_test_add_data_func ("/scale/range/i420", ranges[0], test_range);
  g_test_add_data_func ("/scale/range/nv12", ranges[1], test_range);
  g_test_add_data_func ("/scale/range/y42b", ranges[2], test_range);
  g_test_add_data_func ("/scale/range/i420_10", ranges[3], test_range);
  g_test_add_data_func ("/scale/range/no_matrix", ranges[4], test_range);
  g_test_add_func ("/scale/alike", test_alike);
  return g_test_run ();
}
