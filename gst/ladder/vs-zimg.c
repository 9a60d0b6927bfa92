/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ladder/vs-zimg.h"

#ifdef VS_HAVE_ZIMG

#include <zimg.h>

#define PLANES 3

struct _VsZimg {
  zimg_filter_graph *graph;
  gpointer scratch;
};

static gboolean
is_planar_420 (const GstVideoInfo *info)
{
  return GST_VIDEO_INFO_FORMAT (info) == GST_VIDEO_FORMAT_I420 ||
         GST_VIDEO_INFO_FORMAT (info) == GST_VIDEO_FORMAT_YV12;
}

/* zimg writes lines to their next multiple of the alignment, so there must be
 * no border to the right of it. What the samples mean stays as it is. */
static gboolean
can_scale (const GstVideoInfo *in, const GstVideoInfo *out,
    const GstVideoRectangle *box)
{
  return is_planar_420 (in) && is_planar_420 (out) && box->w == out->width &&
         in->colorimetry.range != GST_VIDEO_COLOR_RANGE_0_255;
}

static void
describe (zimg_image_format *format, const GstVideoInfo *info, gint width,
    gint height)
{
  zimg_image_format_default (format, ZIMG_API_VERSION);
  format->width = (unsigned) width;
  format->height = (unsigned) height;
  format->pixel_type = ZIMG_PIXEL_BYTE;
  format->depth = 8;
  format->subsample_w = 1;
  format->subsample_h = 1;
  format->color_family = ZIMG_COLOR_YUV;
  format->pixel_range = ZIMG_RANGE_LIMITED;
  format->chroma_location =
      (info->chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED)
          ? ZIMG_CHROMA_LEFT
          : ZIMG_CHROMA_CENTER;
}

VsZimg *
vs_zimg_new (const GstVideoInfo *in, const GstVideoInfo *out,
    const GstVideoRectangle *box)
{
  g_autoptr (VsZimg) self = NULL;
  zimg_image_format from, to;
  zimg_graph_builder_params params;
  size_t size;

  if (!can_scale (in, out, box))
    return NULL;
  describe (&from, in, in->width, in->height);
  describe (&to, out, box->w, box->h);
  zimg_graph_builder_params_default (&params, ZIMG_API_VERSION);
  params.resample_filter = ZIMG_RESIZE_BICUBIC;
  params.resample_filter_uv = ZIMG_RESIZE_BICUBIC;
  self = g_new0 (VsZimg, 1);
  self->graph = zimg_filter_graph_build (&from, &to, &params);
  if (self->graph == NULL ||
      zimg_filter_graph_get_tmp_size (self->graph, &size) != 0)
    return NULL;
  self->scratch = g_aligned_alloc (MAX (size, 1), 1, VS_ZIMG_ALIGN);
  return g_steal_pointer (&self);
}

void
vs_zimg_free (VsZimg *self)
{
  if (self == NULL)
    return;
  zimg_filter_graph_free (self->graph);
  g_aligned_free (self->scratch);
  g_free (self);
}

static gboolean
is_aligned (guint8 *const data[4], const int stride[4])
{
  for (guint i = 0; i < PLANES; i++)
    if ((guintptr) data[i] % VS_ZIMG_ALIGN != 0 ||
        stride[i] % VS_ZIMG_ALIGN != 0)
      return FALSE;
  return TRUE;
}

gboolean
vs_zimg_process (VsZimg *self, guint8 *const src[4], const int src_stride[4],
    guint8 *const dst[4], const int dst_stride[4])
{
  zimg_image_buffer_const from = { ZIMG_API_VERSION };
  zimg_image_buffer to = { ZIMG_API_VERSION };

  if (!is_aligned (src, src_stride) || !is_aligned (dst, dst_stride))
    return FALSE;
  for (guint i = 0; i < PLANES; i++) {
    from.plane[i].data = src[i];
    from.plane[i].stride = src_stride[i];
    from.plane[i].mask = ZIMG_BUFFER_MAX;
    to.plane[i].data = dst[i];
    to.plane[i].stride = dst_stride[i];
    to.plane[i].mask = ZIMG_BUFFER_MAX;
  }
  return zimg_filter_graph_process (self->graph, &from, &to, self->scratch,
             NULL, NULL, NULL, NULL) == ZIMG_ERROR_SUCCESS;
}

#else

VsZimg *
vs_zimg_new (const GstVideoInfo *in, const GstVideoInfo *out,
    const GstVideoRectangle *box)
{
  return NULL;
}

void
vs_zimg_free (VsZimg *self)
{
}

gboolean
vs_zimg_process (VsZimg *self, guint8 *const src[4], const int src_stride[4],
    guint8 *const dst[4], const int dst_stride[4])
{
  return FALSE;
}

#endif
