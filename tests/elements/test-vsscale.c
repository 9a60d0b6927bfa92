/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ladder's scaler: where a picture lies in the output, and that full
 * range becomes limited. */
#include "ladder/gstvsscale.h"

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
test_range (gconstpointer format)
{
  g_autoptr (GstElement) pipeline = gst_pipeline_new (NULL);
  g_autoptr (GstCaps) in = gst_caps_new_simple ("video/x-raw", "format",
      G_TYPE_STRING, format, "width", G_TYPE_INT, 64, "height", G_TYPE_INT, 64,
      "framerate", GST_TYPE_FRACTION, 25, 1, "colorimetry", G_TYPE_STRING,
      "1:3:5:1", NULL);
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

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scale/boxes", test_boxes);
  g_test_add_data_func ("/scale/range/i420", "I420", test_range);
  g_test_add_data_func ("/scale/range/nv12", "NV12", test_range);
  g_test_add_data_func ("/scale/range/y42b", "Y42B", test_range);
  g_test_add_data_func ("/scale/range/i420_10", "I420_10LE", test_range);
  return g_test_run ();
}
