/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ladder/gstvsscale.h"

#include "ladder/vs-sws.h"
#include "ladder/vs-zimg.h"

#include <gst/base/gstbasetransform.h>

GST_DEBUG_CATEGORY_STATIC (vs_scale_debug);
#define GST_CAT_DEFAULT vs_scale_debug

/* Borders smaller than this part of the picture are rounding: stretch. */
#define ROUNDING 0.01

struct _GstVsScale {
  GstBaseTransform parent;

  GstCaps *out_caps; /* without a frame rate */
  GstVideoInfo in, out;
  VsZimg *zimg; /* NULL: not for these formats */
  VsSws *sws;   /* NULL: not needed yet */
  GstVideoRectangle box;
  gboolean borders;
};

G_DEFINE_TYPE (GstVsScale, gst_vs_scale, GST_TYPE_BASE_TRANSFORM)

#define FORMATS                                                                \
  "{ I420, YV12, NV12, NV21, I420_10LE, I422_10LE, Y444_10LE, P010_10LE, "     \
  "I420_12LE, I422_12LE, Y444_12LE, Y42B, Y444, Y41B, YUY2, UYVY, GRAY8, "     \
  "GRAY16_LE, RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, "      \
  "A420, GBR, GBR_10LE, RGB16, BGR16 }"

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (FORMATS)));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE ("I420")));

gboolean
gst_vs_scale_can_read (const GstVideoInfo *info)
{
  return vs_sws_can_read (info);
}

void
gst_vs_scale_fit_box (
    const GstVideoInfo *in, const GstVideoInfo *out, GstVideoRectangle *box)
{
  gdouble shape = (gdouble) in->width * MAX (in->par_n, 1) /
                  ((gdouble) in->height * MAX (in->par_d, 1));
  gdouble width = MIN (out->width, out->height * shape);
  gdouble height = MIN (out->height, out->width / shape);

  if (out->width - width <= MAX (4, out->width * ROUNDING))
    width = out->width;
  if (out->height - height <= MAX (4, out->height * ROUNDING))
    height = out->height;
  box->w = MAX (2, (gint) (width / 2 + 0.5) * 2);
  box->h = MAX (2, (gint) (height / 2 + 0.5) * 2);
  box->w = MIN (box->w, out->width);
  box->h = MIN (box->h, out->height);
  box->x = (out->width - box->w) / 4 * 2;
  box->y = (out->height - box->h) / 4 * 2;
}

static gboolean
ensure_context (GstVsScale *self)
{
  g_autoptr (GError) error = NULL;

  if (self->sws == NULL)
    self->sws = vs_sws_new (&self->in, &self->out, &self->box, &error);
  if (self->sws == NULL)
    GST_ELEMENT_ERROR (self, LIBRARY, INIT, ("%s", error->message), (NULL));
  return self->sws != NULL;
}

static void
forget_contexts (GstVsScale *self)
{
  g_clear_pointer (&self->zimg, vs_zimg_free);
  g_clear_pointer (&self->sws, vs_sws_free);
}

static gboolean
is_same_form (const GstVideoInfo *in, const GstVideoInfo *out)
{
  return GST_VIDEO_INFO_FORMAT (in) == GST_VIDEO_INFO_FORMAT (out) &&
         in->width == out->width && in->height == out->height &&
         in->par_n == in->par_d &&
         in->colorimetry.range != GST_VIDEO_COLOR_RANGE_0_255 &&
         (in->colorimetry.matrix == out->colorimetry.matrix ||
             in->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN);
}

/* Where the matrix is unknown, GstVideoInfo forgets the range with it. */
static void
read_range (const GstCaps *caps, GstVideoInfo *info)
{
  const gchar *text = gst_structure_get_string (
      gst_caps_get_structure (caps, 0), "colorimetry");
  GstVideoColorimetry colour;

  if (text != NULL && gst_video_colorimetry_from_string (&colour, text) &&
      colour.range == GST_VIDEO_COLOR_RANGE_0_255)
    info->colorimetry.range = colour.range;
}

static gboolean
gst_vs_scale_set_caps (
    GstBaseTransform *base, GstCaps *incaps, GstCaps *outcaps)
{
  GstVsScale *self = GST_VS_SCALE (base);

  forget_contexts (self);
  if (!gst_video_info_from_caps (&self->in, incaps) ||
      !gst_video_info_from_caps (&self->out, outcaps))
    return FALSE;
  read_range (incaps, &self->in);

  gst_base_transform_set_passthrough (
      base, is_same_form (&self->in, &self->out));
  if (gst_base_transform_is_passthrough (base))
    return TRUE;

  gst_vs_scale_fit_box (&self->in, &self->out, &self->box);
  self->borders =
      self->box.w != self->out.width || self->box.h != self->out.height;
  self->zimg = vs_zimg_new (&self->in, &self->out, &self->box);
  return self->zimg != NULL || ensure_context (self);
}

static GstCaps *
with_framerate_of (GstCaps *out_caps, GstCaps *in_caps)
{
  GstCaps *result = gst_caps_copy (out_caps);
  const GValue *rate = NULL;

  if (gst_caps_get_size (in_caps) > 0)
    rate = gst_structure_get_value (
        gst_caps_get_structure (in_caps, 0), "framerate");
  if (rate != NULL)
    gst_caps_set_value (result, "framerate", rate);
  return result;
}

static GstCaps *
gst_vs_scale_transform_caps (GstBaseTransform *base, GstPadDirection direction,
    GstCaps *caps, GstCaps *filter)
{
  GstVsScale *self = GST_VS_SCALE (base);
  g_autoptr (GstCaps) result = NULL;

  if (gst_caps_is_empty (caps))
    return gst_caps_new_empty ();
  if (direction == GST_PAD_SINK) {
    result = with_framerate_of (self->out_caps, caps);
  } else {
    g_autoptr (GstCaps) any = gst_static_pad_template_get_caps (&sink_template);
    result = with_framerate_of (any, caps);
  }
  if (filter != NULL)
    return gst_caps_intersect_full (filter, result, GST_CAPS_INTERSECT_FIRST);
  return g_steal_pointer (&result);
}

static gboolean
gst_vs_scale_get_unit_size (GstBaseTransform *base, GstCaps *caps, gsize *size)
{
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps))
    return FALSE;
  *size = GST_VIDEO_INFO_SIZE (&info);
  return TRUE;
}

/* Our reader follows strides and offsets, so a decoder may hand us its own
 * padded pictures. */
static gboolean
gst_vs_scale_propose_allocation (
    GstBaseTransform *base, GstQuery *decide_query, GstQuery *query)
{
  GstAllocationParams params;

  if (!GST_BASE_TRANSFORM_CLASS (gst_vs_scale_parent_class)
           ->propose_allocation (base, decide_query, query))
    return FALSE;
  if (decide_query == NULL)
    return TRUE;
  gst_allocation_params_init (&params);
  params.align = VS_ZIMG_ALIGN - 1;
  gst_query_add_allocation_param (query, NULL, &params);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

/* Lines that zimg can write, for who follows strides. */
static void
align_lines (GstStructure *config, GstQuery *query)
{
  GstVideoAlignment align;

  if (!gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL))
    return;
  gst_video_alignment_reset (&align);
  for (guint i = 0; i < G_N_ELEMENTS (align.stride_align); i++)
    align.stride_align[i] = VS_ZIMG_ALIGN - 1;
  gst_buffer_pool_config_add_option (
      config, GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT);
  gst_buffer_pool_config_set_video_alignment (config, &align);
}

/* A pool of ours, with room for vector writes at line ends. */
static gboolean
gst_vs_scale_decide_allocation (GstBaseTransform *base, GstQuery *query)
{
  g_autoptr (GstBufferPool) pool = gst_video_buffer_pool_new ();
  GstCaps *caps = NULL;
  GstStructure *config;
  GstAllocationParams params;
  GstVideoInfo info;

  gst_query_parse_allocation (query, &caps, NULL);
  if (caps == NULL || !gst_video_info_from_caps (&info, caps))
    return FALSE;
  config = gst_buffer_pool_get_config (pool);
  gst_allocation_params_init (&params);
  params.align = VS_ZIMG_ALIGN - 1;
  params.padding = 64;
  gst_buffer_pool_config_set_params (
      config, caps, GST_VIDEO_INFO_SIZE (&info), 2, 0);
  gst_buffer_pool_config_set_allocator (config, NULL, &params);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  align_lines (config, query);
  if (!gst_buffer_pool_set_config (pool, config))
    return FALSE;
  while (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_remove_nth_allocation_pool (query, 0);
  gst_query_add_allocation_pool (
      query, pool, GST_VIDEO_INFO_SIZE (&info), 2, 0);
  return TRUE;
}

static void
fill_black (GstVideoFrame *frame)
{
  for (guint p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++) {
    guint8 *line = GST_VIDEO_FRAME_PLANE_DATA (frame, p);
    gint rows = GST_VIDEO_FRAME_COMP_HEIGHT (frame, p);

    for (gint y = 0; y < rows; y++)
      memset (line + (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, p),
          p == 0 ? 16 : 128, GST_VIDEO_FRAME_COMP_WIDTH (frame, p));
  }
}

/* Planes in libswscale's order, from the first pixel of @box. */
static void
get_planes (GstVideoFrame *frame, const GstVideoRectangle *box, guint8 *data[4],
    int stride[4])
{
  gboolean swap = GST_VIDEO_FRAME_FORMAT (frame) == GST_VIDEO_FORMAT_YV12;
  guint planes = GST_VIDEO_FRAME_N_PLANES (frame);

  for (guint p = 0; p < 4; p++) {
    guint from = swap && p > 0 && p < 3 ? 3 - p : p;

    data[p] = NULL;
    stride[p] = 0;
    if (p >= planes)
      continue;
    stride[p] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, from);
    data[p] = GST_VIDEO_FRAME_PLANE_DATA (frame, from);
    if (box != NULL)
      data[p] += (gsize) (box->y >> (p > 0)) * stride[p] + (box->x >> (p > 0));
  }
}

static gboolean
scale_by_sws (GstVsScale *self, guint8 *const src[4], const int src_stride[4],
    guint8 *const dst[4], const int dst_stride[4])
{
  if (!ensure_context (self))
    return FALSE;
  vs_sws_process (self->sws, src, src_stride, dst, dst_stride);
  return TRUE;
}

static GstFlowReturn
gst_vs_scale_transform (
    GstBaseTransform *base, GstBuffer *inbuf, GstBuffer *outbuf)
{
  GstVsScale *self = GST_VS_SCALE (base);
  GstVideoFrame in, out;
  guint8 *src[4], *dst[4];
  int src_stride[4], dst_stride[4];
  gboolean done;

  if (!gst_video_frame_map (&in, &self->in, inbuf, GST_MAP_READ))
    return GST_FLOW_ERROR;
  if (!gst_video_frame_map (&out, &self->out, outbuf, GST_MAP_WRITE)) {
    gst_video_frame_unmap (&in);
    return GST_FLOW_ERROR;
  }
  if (self->borders)
    fill_black (&out);
  get_planes (&in, NULL, src, src_stride);
  get_planes (&out, &self->box, dst, dst_stride);
  done = (self->zimg != NULL &&
             vs_zimg_process (self->zimg, src, src_stride, dst, dst_stride)) ||
         scale_by_sws (self, src, src_stride, dst, dst_stride);
  gst_video_frame_unmap (&out);
  gst_video_frame_unmap (&in);
  return done ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* Crop, pan and the like belong to the picture before scaling. */
static gboolean
gst_vs_scale_transform_meta (
    GstBaseTransform *base, GstBuffer *outbuf, GstMeta *meta, GstBuffer *inbuf)
{
  return FALSE;
}

static gboolean
gst_vs_scale_stop (GstBaseTransform *base)
{
  GstVsScale *self = GST_VS_SCALE (base);

  forget_contexts (self);
  return TRUE;
}

static void
gst_vs_scale_finalize (GObject *object)
{
  GstVsScale *self = GST_VS_SCALE (object);

  forget_contexts (self);
  gst_clear_caps (&self->out_caps);
  G_OBJECT_CLASS (gst_vs_scale_parent_class)->finalize (object);
}

static void
gst_vs_scale_class_init (GstVsScaleClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (vs_scale_debug, "vsscale", 0, "ladder scaler");
  G_OBJECT_CLASS (klass)->finalize = gst_vs_scale_finalize;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Ladder scaler",
      "Filter/Converter/Video/Scaler",
      "Brings any raw picture to one fixed size and format", "vstream");
  base_class->set_caps = gst_vs_scale_set_caps;
  base_class->transform_caps = gst_vs_scale_transform_caps;
  base_class->get_unit_size = gst_vs_scale_get_unit_size;
  base_class->propose_allocation = gst_vs_scale_propose_allocation;
  base_class->decide_allocation = gst_vs_scale_decide_allocation;
  base_class->transform = gst_vs_scale_transform;
  base_class->transform_meta = gst_vs_scale_transform_meta;
  base_class->stop = gst_vs_scale_stop;
  base_class->transform_ip_on_passthrough = FALSE;
}

static void
gst_vs_scale_init (GstVsScale *self)
{
}

GstElement *
gst_vs_scale_new (const GstCaps *caps)
{
  GstVsScale *self = g_object_new (GST_TYPE_VS_SCALE, NULL);

  self->out_caps = gst_caps_copy (caps);
  return GST_ELEMENT (self);
}
