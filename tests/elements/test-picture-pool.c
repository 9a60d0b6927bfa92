/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures that a decoder gives away and still refers to: shown, not copied;
 * not written by anybody meanwhile; and the memory is used again. */
#include "ladder/vs-picture-pool.h"

#define WIDTH 320
#define HEIGHT 180

typedef struct {
  GstBufferPool *pool;
  GstVideoInfo info;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GstAllocator) allocator = vs_picture_allocator_new ();
  g_autoptr (GstCaps) caps = NULL;
  GstAllocationParams params;
  GstVideoAlignment align;
  GstStructure *config;

  f->pool = vs_picture_pool_new ();
  gst_video_info_set_format (&f->info, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  caps = gst_video_info_to_caps (&f->info);
  gst_allocation_params_init (&params);
  params.align = 63;
  gst_video_alignment_reset (&align);
  align.padding_right = 32;
  align.padding_bottom = 12;
  for (guint i = 0; i < GST_VIDEO_MAX_PLANES; i++)
    align.stride_align[i] = 63;
  config = gst_buffer_pool_get_config (f->pool);
  gst_buffer_pool_config_set_params (
      config, caps, GST_VIDEO_INFO_SIZE (&f->info), 0, 0);
  gst_buffer_pool_config_set_allocator (config, allocator, &params);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_config_add_option (
      config, GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT);
  gst_buffer_pool_config_set_video_alignment (config, &align);
  g_assert_true (gst_buffer_pool_set_config (f->pool, config));
  g_assert_true (gst_buffer_pool_set_active (f->pool, TRUE));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_true (gst_buffer_pool_set_active (f->pool, FALSE));
  gst_object_unref (f->pool);
}

static GstBuffer *
acquire (Fixture *f)
{
  GstBuffer *buffer = NULL;

  g_assert_cmpint (
      gst_buffer_pool_acquire_buffer (f->pool, &buffer, NULL), ==, GST_FLOW_OK);
  return buffer;
}

/* What its first pixel is, and where. */
static guint8 *
look (Fixture *f, GstBuffer *buffer, guint8 *value)
{
  GstVideoFrame frame;
  guint8 *at;

  g_assert_true (gst_video_frame_map (&frame, &f->info, buffer, GST_MAP_READ));
  at = GST_VIDEO_FRAME_PLANE_DATA (&frame, 0);
  g_assert_cmpuint ((guintptr) at & 63, ==, 0);
  g_assert_cmpint (GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) % 64, ==, 0);
  *value = *at;
  gst_video_frame_unmap (&frame);
  return at;
}

/* A picture as the decoder has it: mapped, with @value in it. */
static void
draw (Fixture *f, GstBuffer *buffer, GstVideoFrame *frame, guint8 value)
{
  g_assert_true (
      gst_video_frame_map (frame, &f->info, buffer, GST_MAP_READWRITE));
  *(guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, 0) = value;
}

static void
test_shown (Fixture *f, gconstpointer data)
{
  GstBuffer *picture = acquire (f), *shown, *next;
  GstVideoFrame held, other;
  guint8 *at, value;

  draw (f, picture, &held, 7);
  shown = gst_buffer_copy (picture); /* what GstVideoDecoder does */
  at = look (f, shown, &value);
  g_assert_true (at == GST_VIDEO_FRAME_PLANE_DATA (&held, 0));
  g_assert_cmpuint (value, ==, 7);

  gst_video_frame_unmap (&held); /* the decoder is done with it … */
  gst_buffer_unref (picture);
  next = acquire (f);
  draw (f, next, &other, 8);
  g_assert_true (look (f, shown, &value) == at); /* … and the reader is not */
  g_assert_cmpuint (value, ==, 7);

  gst_buffer_unref (shown);
  shown = acquire (f);
  g_assert_true (look (f, shown, &value) == at); /* the memory comes again */
  gst_video_frame_unmap (&other);
  gst_buffer_unref (next);
  gst_buffer_unref (shown);
}

/* What nobody else refers to goes back as it is. */
static void
test_plain (Fixture *f, gconstpointer data)
{
  GstBuffer *first = acquire (f), *second;
  GstVideoFrame frame;

  draw (f, first, &frame, 1);
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (first);
  second = acquire (f);
  g_assert_true (first == second);
  gst_buffer_unref (second);
}

/* Who writes what is shown gets a copy of its own. */
static void
test_written (Fixture *f, gconstpointer data)
{
  GstBuffer *picture = acquire (f), *shown;
  GstVideoFrame held, frame;
  guint8 value;

  draw (f, picture, &held, 7);
  shown = gst_buffer_make_writable (gst_buffer_copy (picture));
  g_assert_true (
      gst_video_frame_map (&frame, &f->info, shown, GST_MAP_READWRITE));
  g_assert_cmpuint (*(guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0), ==, 7);
  *(guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) = 9;
  gst_video_frame_unmap (&frame);
  look (f, shown, &value);
  g_assert_cmpuint (value, ==, 9);
  look (f, picture, &value);
  g_assert_cmpuint (value, ==, 7);
  gst_video_frame_unmap (&held);
  gst_buffer_unref (picture);
  gst_buffer_unref (shown);
}

/* Two have a picture that no decoder holds; one of them writes. */
static void
test_shared (Fixture *f, gconstpointer data)
{
  GstBuffer *picture = acquire (f), *other;
  GstVideoFrame frame;
  guint8 value;

  draw (f, picture, &frame, 7);
  gst_video_frame_unmap (&frame);
  other = gst_buffer_copy (picture);
  draw (f, other, &frame, 9);
  gst_video_frame_unmap (&frame);
  look (f, picture, &value);
  g_assert_cmpuint (value, ==, 7);
  look (f, other, &value);
  g_assert_cmpuint (value, ==, 9);
  gst_buffer_unref (other);
  gst_buffer_unref (picture);
}

/* More of them than are kept, let go after the pool. */
static void
test_outlives (Fixture *f, gconstpointer data)
{
  GstBuffer *shown[20];
  GstVideoFrame held;
  guint8 value;

  for (guint i = 0; i < G_N_ELEMENTS (shown); i++) {
    GstBuffer *picture = acquire (f);

    draw (f, picture, &held, (guint8) i);
    shown[i] = gst_buffer_copy (picture);
    gst_video_frame_unmap (&held);
    gst_buffer_unref (picture);
  }
  tear_down (f, data);
  for (guint i = 0; i < G_N_ELEMENTS (shown); i++) {
    look (f, shown[i], &value);
    g_assert_cmpuint (value, ==, i);
    gst_buffer_unref (shown[i]);
  }
  set_up (f, data);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add ("/picture-pool/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("shown", test_shown);
  ADD ("plain", test_plain);
  ADD ("written", test_written);
  ADD ("shared", test_shared);
  ADD ("outlives", test_outlives);
#undef ADD
  return g_test_run ();
}
