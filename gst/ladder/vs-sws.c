/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ladder/vs-sws.h"

#include <libavutil/macros.h>
#include <libavutil/opt.h>
#include <libavutil/pixfmt.h>
#include <libswscale/swscale.h>

#include "core/vs-error.h"
#include "store/vs-library.h"

/* The ABI that the headers are of. */
#define LIBRARY "libswscale.so." AV_STRINGIFY (LIBSWSCALE_VERSION_MAJOR)

struct _VsSws {
  struct SwsContext *context;
  gint rows;
};

/* What we call of libswscale, and of libavutil that comes with it. */
static struct {
  __typeof__ (sws_alloc_context) *alloc_context;
  __typeof__ (sws_freeContext) *free_context;
  __typeof__ (sws_getCoefficients) *get_coefficients;
  __typeof__ (sws_init_context) *init_context;
  __typeof__ (sws_scale) *scale;
  __typeof__ (sws_setColorspaceDetails) *set_colours;
  __typeof__ (av_opt_set_int) *set_int;
} library;

static const VsLibraryEntry entries[] = {
  { "sws_alloc_context", (gpointer *) &library.alloc_context },
  { "sws_freeContext", (gpointer *) &library.free_context },
  { "sws_getCoefficients", (gpointer *) &library.get_coefficients },
  { "sws_init_context", (gpointer *) &library.init_context },
  { "sws_scale", (gpointer *) &library.scale },
  { "sws_setColorspaceDetails", (gpointer *) &library.set_colours },
  { "av_opt_set_int", (gpointer *) &library.set_int },
};

static gboolean
ensure_library (GError **error)
{
  static VsLibrary swscale = { LIBRARY, "These pictures need libswscale",
    "libswscale" AV_STRINGIFY (LIBSWSCALE_VERSION_MAJOR), entries,
    G_N_ELEMENTS (entries), { NULL }, FALSE };

  return vs_library_load (&swscale, error);
}

static const struct {
  GstVideoFormat gst;
  enum AVPixelFormat av;
} formats[] = {
  { GST_VIDEO_FORMAT_I420, AV_PIX_FMT_YUV420P },
  { GST_VIDEO_FORMAT_YV12, AV_PIX_FMT_YUV420P },
  { GST_VIDEO_FORMAT_NV12, AV_PIX_FMT_NV12 },
  { GST_VIDEO_FORMAT_NV21, AV_PIX_FMT_NV21 },
  { GST_VIDEO_FORMAT_I420_10LE, AV_PIX_FMT_YUV420P10LE },
  { GST_VIDEO_FORMAT_I422_10LE, AV_PIX_FMT_YUV422P10LE },
  { GST_VIDEO_FORMAT_Y444_10LE, AV_PIX_FMT_YUV444P10LE },
  { GST_VIDEO_FORMAT_P010_10LE, AV_PIX_FMT_P010LE },
  { GST_VIDEO_FORMAT_I420_12LE, AV_PIX_FMT_YUV420P12LE },
  { GST_VIDEO_FORMAT_I422_12LE, AV_PIX_FMT_YUV422P12LE },
  { GST_VIDEO_FORMAT_Y444_12LE, AV_PIX_FMT_YUV444P12LE },
  { GST_VIDEO_FORMAT_Y42B, AV_PIX_FMT_YUV422P },
  { GST_VIDEO_FORMAT_Y444, AV_PIX_FMT_YUV444P },
  { GST_VIDEO_FORMAT_Y41B, AV_PIX_FMT_YUV411P },
  { GST_VIDEO_FORMAT_YUY2, AV_PIX_FMT_YUYV422 },
  { GST_VIDEO_FORMAT_UYVY, AV_PIX_FMT_UYVY422 },
  { GST_VIDEO_FORMAT_GRAY8, AV_PIX_FMT_GRAY8 },
  { GST_VIDEO_FORMAT_GRAY16_LE, AV_PIX_FMT_GRAY16LE },
  { GST_VIDEO_FORMAT_RGB, AV_PIX_FMT_RGB24 },
  { GST_VIDEO_FORMAT_BGR, AV_PIX_FMT_BGR24 },
  { GST_VIDEO_FORMAT_RGBx, AV_PIX_FMT_RGB0 },
  { GST_VIDEO_FORMAT_BGRx, AV_PIX_FMT_BGR0 },
  { GST_VIDEO_FORMAT_xRGB, AV_PIX_FMT_0RGB },
  { GST_VIDEO_FORMAT_xBGR, AV_PIX_FMT_0BGR },
  { GST_VIDEO_FORMAT_RGBA, AV_PIX_FMT_RGBA },
  { GST_VIDEO_FORMAT_BGRA, AV_PIX_FMT_BGRA },
  { GST_VIDEO_FORMAT_ARGB, AV_PIX_FMT_ARGB },
  { GST_VIDEO_FORMAT_ABGR, AV_PIX_FMT_ABGR },
  { GST_VIDEO_FORMAT_A420, AV_PIX_FMT_YUVA420P },
  { GST_VIDEO_FORMAT_GBR, AV_PIX_FMT_GBRP },
  { GST_VIDEO_FORMAT_GBR_10LE, AV_PIX_FMT_GBRP10LE },
  { GST_VIDEO_FORMAT_RGB16, AV_PIX_FMT_RGB565LE },
  { GST_VIDEO_FORMAT_BGR16, AV_PIX_FMT_BGR565LE },
};

static enum AVPixelFormat
pixel_format (const GstVideoInfo *info)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i].gst == GST_VIDEO_INFO_FORMAT (info))
      return formats[i].av;
  return AV_PIX_FMT_NONE;
}

gboolean
vs_sws_can_read (const GstVideoInfo *info)
{
  return pixel_format (info) != AV_PIX_FMT_NONE;
}

/* H.273 matrix coefficients to libswscale's table of YUV coefficients. */
static const int *
coefficients (const GstVideoInfo *info)
{
  int id = SWS_CS_ITU709;

  switch (info->colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT601:
      id = SWS_CS_ITU601;
      break;
    case GST_VIDEO_COLOR_MATRIX_FCC:
      id = SWS_CS_FCC;
      break;
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M:
      id = SWS_CS_SMPTE240M;
      break;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      id = SWS_CS_BT2020;
      break;
    case GST_VIDEO_COLOR_MATRIX_UNKNOWN:
    case GST_VIDEO_COLOR_MATRIX_RGB:
    case GST_VIDEO_COLOR_MATRIX_BT709:
    default:
      break;
  }
  return library.get_coefficients (id);
}

/* Left-sited chroma (MPEG-2, H.264's default) in libswscale's 1/256 of a luma
 * pixel; -513 leaves it to libswscale, which assumes the centre. */
static int
horizontal_chroma (const GstVideoInfo *info)
{
  if (info->finfo->w_sub[1] == 0)
    return -513;
  return (info->chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED) ? 0 : -513;
}

static void
describe (struct SwsContext *sws, const GstVideoInfo *in,
    const GstVideoInfo *out, const GstVideoRectangle *box)
{
  gboolean in_full = in->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;

  library.set_int (sws, "srcw", in->width, 0);
  library.set_int (sws, "srch", in->height, 0);
  library.set_int (sws, "src_format", pixel_format (in), 0);
  library.set_int (sws, "src_range", in_full, 0);
  library.set_int (sws, "dstw", box->w, 0);
  library.set_int (sws, "dsth", box->h, 0);
  library.set_int (sws, "dst_format", AV_PIX_FMT_YUV420P, 0);
  library.set_int (sws, "dst_range", 0, 0);
  library.set_int (sws, "sws_flags", SWS_BICUBIC, 0);
  library.set_int (sws, "src_h_chr_pos", horizontal_chroma (in), 0);
  library.set_int (sws, "dst_h_chr_pos", horizontal_chroma (out), 0);
  if (in->finfo->h_sub[1] == 1)
    library.set_int (sws, "src_v_chr_pos", 128, 0);
  library.set_int (sws, "dst_v_chr_pos", 128, 0);
  library.set_colours (sws, coefficients (in), in_full, coefficients (out), 0,
      0, 1 << 16, 1 << 16);
}

VsSws *
vs_sws_new (const GstVideoInfo *in, const GstVideoInfo *out,
    const GstVideoRectangle *box, GError **error)
{
  struct SwsContext *context;
  VsSws *self;

  if (!ensure_library (error))
    return NULL;
  context = library.alloc_context ();
  describe (context, in, out, box);
  if (library.init_context (context, NULL, NULL) < 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_INTERNAL,
        "libswscale refuses pictures of %d by %d.", in->width, in->height);
    library.free_context (context);
    return NULL;
  }
  self = g_new0 (VsSws, 1);
  self->context = context;
  self->rows = in->height;
  return self;
}

void
vs_sws_free (VsSws *self)
{
  if (self == NULL)
    return;
  library.free_context (self->context);
  g_free (self);
}

void
vs_sws_process (VsSws *self, guint8 *const src[4], const int src_stride[4],
    guint8 *const dst[4], const int dst_stride[4])
{
  library.scale (self->context, (const guint8 *const *) src, src_stride, 0,
      self->rows, dst, dst_stride);
}
