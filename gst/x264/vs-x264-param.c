/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "x264/vs-x264-param.h"

#define NANO 1000000000

void
vs_x264_settings_copy (const VsX264Settings *from, VsX264Settings *to)
{
  *to = *from;
  to->tune = g_strdup (from->tune);
  to->profile = g_strdup (from->profile);
  to->level = g_strdup (from->level);
  to->options = g_strdup (from->options);
}

void
vs_x264_settings_clear (VsX264Settings *settings)
{
  g_clear_pointer (&settings->tune, g_free);
  g_clear_pointer (&settings->profile, g_free);
  g_clear_pointer (&settings->level, g_free);
  g_clear_pointer (&settings->options, g_free);
}

static const struct {
  GstVideoFormat gst;
  int csp, depth;
} formats[] = {
  { GST_VIDEO_FORMAT_I420, X264_CSP_I420, 8 },
  { GST_VIDEO_FORMAT_YV12, X264_CSP_YV12, 8 },
  { GST_VIDEO_FORMAT_NV12, X264_CSP_NV12, 8 },
  { GST_VIDEO_FORMAT_NV21, X264_CSP_NV21, 8 },
  { GST_VIDEO_FORMAT_Y42B, X264_CSP_I422, 8 },
  { GST_VIDEO_FORMAT_NV16, X264_CSP_NV16, 8 },
  { GST_VIDEO_FORMAT_Y444, X264_CSP_I444, 8 },
  { GST_VIDEO_FORMAT_I420_10LE, X264_CSP_I420 | X264_CSP_HIGH_DEPTH, 10 },
  { GST_VIDEO_FORMAT_I422_10LE, X264_CSP_I422 | X264_CSP_HIGH_DEPTH, 10 },
  { GST_VIDEO_FORMAT_Y444_10LE, X264_CSP_I444 | X264_CSP_HIGH_DEPTH, 10 },
};

int
vs_x264_colorspace (const GstVideoInfo *info)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i].gst == GST_VIDEO_INFO_FORMAT (info))
      return formats[i].csp;
  return X264_CSP_NONE;
}

/* H.264 annex E.2.1; 2 means unspecified and is not written. */
static void
set_colour (x264_param_t *param, const GstVideoInfo *info)
{
  const GstVideoColorimetry *colour = &info->colorimetry;

  param->vui.i_sar_width = MAX (info->par_n, 0);
  param->vui.i_sar_height = MAX (info->par_d, 0);
  param->vui.b_fullrange = colour->range == GST_VIDEO_COLOR_RANGE_0_255;
  param->vui.i_colorprim =
      (int) gst_video_color_primaries_to_iso (colour->primaries);
  param->vui.i_transfer =
      (int) gst_video_transfer_function_to_iso (colour->transfer);
  param->vui.i_colmatrix = (int) gst_video_color_matrix_to_iso (colour->matrix);
  /* chroma_sample_loc_type of 4:2:0: left is 0 and the default. */
  if (info->chroma_site == GST_VIDEO_CHROMA_SITE_JPEG)
    param->vui.i_chroma_loc = 1;
  else if (info->chroma_site == GST_VIDEO_CHROMA_SITE_COSITED)
    param->vui.i_chroma_loc = 2;
}

static void
set_picture (x264_param_t *param, const GstVideoInfo *info)
{
  param->i_width = info->width;
  param->i_height = info->height;
  param->i_csp = vs_x264_colorspace (info);
  param->i_bitdepth = GST_VIDEO_INFO_COMP_DEPTH (info, 0);
  param->b_interlaced = 0;
  /* Timestamps are nanoseconds; where the rate is constant the bits are
   * shared out by frames and not by them. */
  param->i_timebase_num = 1;
  param->i_timebase_den = NANO;
  param->b_vfr_input = info->fps_n <= 0;
  if (info->fps_n > 0) {
    param->i_fps_num = (uint32_t) info->fps_n;
    param->i_fps_den = (uint32_t) MAX (info->fps_d, 1);
  }
}

void
vs_x264_param_set_rates (x264_param_t *param, const VsX264Settings *settings)
{
  param->rc.i_rc_method = X264_RC_ABR;
  param->rc.i_bitrate = (int) settings->bitrate;
  param->rc.i_vbv_buffer_size = (int) settings->buffer;
  param->rc.i_vbv_max_bitrate = settings->buffer == 0 ? 0
                                : settings->max_bitrate == 0
                                    ? (int) settings->bitrate
                                    : (int) settings->max_bitrate;
}

static void
set_work (x264_param_t *param, const VsX264Settings *settings)
{
  if (settings->key_interval > 0)
    param->i_keyint_max = (int) settings->key_interval;
  if (settings->fixed_gop) {
    param->i_scenecut_threshold = 0;
    param->i_keyint_min = 1; /* a forced one is an IDR, wherever it falls */
    param->b_open_gop = 0;
  }
  if (settings->lookahead >= 0)
    param->rc.i_lookahead = settings->lookahead;
  param->i_threads = (int) settings->threads;
  if (settings->lookahead_threads > 0)
    param->i_lookahead_threads = (int) settings->lookahead_threads;
  if (settings->sync_lookahead >= 0)
    param->i_sync_lookahead = settings->sync_lookahead;
  if (settings->sliced_threads)
    param->b_sliced_threads = 1;
}

static gboolean
parse_options (x264_param_t *param, const gchar *text, GError **error)
{
  g_auto (GStrv) options = g_strsplit (text ? text : "", ":", -1);

  for (guint i = 0; options[i] != NULL; i++) {
    gchar *name = g_strstrip (options[i]);
    gchar *value = strchr (name, '=');
    int result;

    if (*name == '\0')
      continue;
    if (value != NULL)
      *value++ = '\0';
    result = x264_param_parse (param, name, value);
    if (result == 0)
      continue;
    if (result == X264_PARAM_BAD_NAME)
      g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
          "option-string: x264 has no option “%s”.", name);
    else
      g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
          "option-string: “%s” is no value for x264's option “%s”.",
          value ? value : "", name);
    return FALSE;
  }
  return TRUE;
}

static gboolean
start_from_preset (
    x264_param_t *param, const VsX264Settings *settings, GError **error)
{
  const gchar *tune = settings->tune && *settings->tune ? settings->tune : NULL;
  g_autofree gchar *names = NULL;

  if (x264_param_default_preset (
          param, x264_preset_names[settings->speed], tune) == 0)
    return TRUE;
  names = g_strjoinv (", ", (gchar **) x264_tune_names);
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "tune: x264 does not know “%s”; it knows %s.", settings->tune, names);
  return FALSE;
}

/* Limits of the level and of the profile come after the options: the caps
 * have promised them. */
static gboolean
set_output (x264_param_t *param, const VsX264Output *output, GError **error)
{
  param->b_annexb = output->byte_stream;
  param->b_repeat_headers = output->byte_stream;
  param->b_aud = output->byte_stream;
  if (output->level != NULL &&
      x264_param_parse (param, "level", output->level) != 0) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "level: “%s” is none of H.264's levels.", output->level);
    return FALSE;
  }
  if (output->profile != NULL &&
      x264_param_apply_profile (param, output->profile) != 0) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "profile: these pictures or settings do not go into “%s”.",
        output->profile);
    return FALSE;
  }
  return TRUE;
}

gboolean
vs_x264_param_fill (x264_param_t *param, const VsX264Settings *settings,
    const GstVideoInfo *info, const VsX264Output *output, GError **error)
{
  if (!start_from_preset (param, settings, error))
    return FALSE;
  set_colour (param, info);
  vs_x264_param_set_rates (param, settings);
  set_work (param, settings);
  if (!parse_options (param, settings->options, error))
    return FALSE;
  set_picture (param, info);
  return set_output (param, output, error);
}
