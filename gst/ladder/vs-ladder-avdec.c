/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libav's decoders: where their pictures lie, and how many threads they have.
 *
 * They can decode into downstream's buffers ("direct-rendering"), and hold
 * nearly each of these, mapped for writing, when they give it away. What
 * GstVideoDecoder would then copy is shown twice by our pool. Not where the
 * width is no multiple of a macroblock's: there the decoder (1.22) takes each
 * picture for a new size, and would be given a new pool for each.
 *
 * In 1.26 a buffer is now and then taken for a picture with its padding: the
 * process ends by g_error (), or the picture cannot be mapped. So there the
 * decoders have memory of their own, and copy.
 *
 * The threads are set before a decoder sees the format, and so opens. */
#include "config.h"

#include "ladder/vs-ladder-bin.h"
#include "ladder/vs-picture-pool.h"

#define MACROBLOCK 16

static gboolean
is_safe (void)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  return minor < 24;
}

/* The answer to what the decoder has asked downstream: who follows strides can
 * read our pool. */
static void
offer_pool (GstQuery *query)
{
  g_autoptr (GstBufferPool) pool = NULL;
  g_autoptr (GstAllocator) allocator = NULL;
  GstAllocationParams params;
  GstVideoInfo video;
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (!caps || !gst_video_info_from_caps (&video, caps) ||
      GST_VIDEO_INFO_WIDTH (&video) % MACROBLOCK != 0 ||
      !gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL))
    return;
  gst_allocation_params_init (&params);
  if (gst_query_get_n_allocation_params (query) > 0)
    gst_query_parse_nth_allocation_param (query, 0, NULL, &params);
  while (gst_query_get_n_allocation_params (query) > 0)
    gst_query_remove_nth_allocation_param (query, 0);
  while (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_remove_nth_allocation_pool (query, 0);
  pool = vs_picture_pool_new ();
  allocator = vs_picture_allocator_new ();
  gst_query_add_allocation_param (query, allocator, &params);
  gst_query_add_allocation_pool (
      query, pool, GST_VIDEO_INFO_SIZE (&video), 0, 0);
}

static GstPadProbeReturn
on_query (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  if (GST_QUERY_TYPE (query) == GST_QUERY_ALLOCATION &&
      (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_PULL))
    offer_pool (query);
  return GST_PAD_PROBE_OK;
}

static void
set_threads (GstAbrLadder *self, GstElement *decoder, GstEvent *event)
{
  const GstStructure *structure;
  g_autoptr (VsLadder) rungs = NULL;
  VsSource source = { .par_n = 1, .par_d = 1, .fps_d = 1 };
  gint width, height;
  GstCaps *caps;
  VsCodec codec;

  gst_event_parse_caps (event, &caps);
  structure = gst_caps_get_structure (caps, 0);
  if (!gst_structure_get (structure, "width", G_TYPE_INT, &width, "height",
          G_TYPE_INT, &height, NULL) ||
      width <= 0 || height <= 0)
    return;
  source.width = (guint) width;
  source.height = (guint) height;
  codec = gst_structure_has_name (structure, "video/x-h264") ? VS_CODEC_H264
                                                             : VS_CODEC_NONE;
  rungs = vs_ladder_video_rungs (self, &source);
  g_object_set (decoder, "max-threads",
      (gint) vs_ladder_decoder_threads (
          rungs, &source, codec, g_get_num_processors ()),
      NULL);
}

static GstPadProbeReturn
on_format (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  g_autoptr (GstElement) decoder = gst_pad_get_parent_element (pad);

  if (decoder && GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    set_threads (user_data, decoder, event);
  return GST_PAD_PROBE_OK;
}

static void
watch_format (GstAbrLadder *self, GstElement *decoder)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (decoder, "sink");

  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_format, self, NULL);
}

static void
on_element_added (GstBin *decode, GstElement *element, gpointer user_data)
{
  GObjectClass *class = G_OBJECT_GET_CLASS (element);
  g_autoptr (GstPad) pad = NULL;
  gboolean direct = is_safe ();

  if (!g_object_class_find_property (class, "direct-rendering"))
    return;
  if (g_object_class_find_property (class, "max-threads"))
    watch_format (user_data, element);
  g_object_set (element, "direct-rendering", direct, NULL);
  pad = direct ? gst_element_get_static_pad (element, "src") : NULL;
  if (pad)
    gst_pad_add_probe (
        pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_query, NULL, NULL);
}

void
vs_ladder_avdec_watch (GstAbrLadder *self)
{
  g_signal_connect (
      self->decode, "element-added", G_CALLBACK (on_element_added), self);
}
