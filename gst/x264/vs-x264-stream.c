/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "x264/vs-x264-stream.h"

#include <gst/pbutils/pbutils.h>
#include <string.h>

/* Before a NAL unit: its size, or a start code. */
#define NAL_HEAD 4

/* Lowest first; each holds what those before it hold, as far as x264 writes
 * them. */
static const struct {
  const gchar *caps, *x264;
  const gchar *formats; /* that it adds */
} profiles[] = {
  { "constrained-baseline", "baseline", "I420 YV12 NV12 NV21" },
  { "baseline", "baseline", NULL },
  { "main", "main", NULL },
  { "high", "high", NULL },
  { "high-10", "high10", "I420_10LE" },
  { "high-4:2:2", "high422", "Y42B NV16 I422_10LE" },
  { "high-4:4:4", "high444", "Y444 Y444_10LE" },
};

static gboolean
value_has (const GValue *value, const gchar *word)
{
  if (value == NULL)
    return FALSE;
  if (G_VALUE_HOLDS_STRING (value))
    return g_strcmp0 (g_value_get_string (value), word) == 0;
  if (GST_VALUE_HOLDS_LIST (value))
    for (guint i = 0; i < gst_value_list_get_size (value); i++)
      if (value_has (gst_value_list_get_value (value, i), word))
        return TRUE;
  return FALSE;
}

/* Does some structure have the field without a limit, or with @word? */
static gboolean
caps_allow (const GstCaps *caps, const gchar *field, const gchar *word)
{
  if (caps == NULL || gst_caps_is_any (caps))
    return TRUE;
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const GstStructure *s = gst_caps_get_structure (caps, i);

    if (!gst_structure_has_field (s, field) ||
        value_has (gst_structure_get_value (s, field), word))
      return TRUE;
  }
  return FALSE;
}

static const gchar *
fixed_string (const GstCaps *caps, const gchar *field)
{
  if (caps == NULL || gst_caps_get_size (caps) == 0)
    return NULL;
  return gst_structure_get_string (gst_caps_get_structure (caps, 0), field);
}

static const gchar *
x264_profile_of (const gchar *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (profiles); i++)
    if (g_strcmp0 (profiles[i].caps, name) == 0 ||
        g_strcmp0 (profiles[i].x264, name) == 0)
      return profiles[i].x264;
  return name;
}

void
vs_x264_output_choose (VsX264Output *output, const GstCaps *allowed,
    const VsX264Settings *settings)
{
  const gchar *level = fixed_string (allowed, "level");

  output->byte_stream = !caps_allow (allowed, "stream-format", "avc");
  output->profile = NULL;
  if (settings->profile != NULL && *settings->profile != '\0') {
    output->profile = x264_profile_of (settings->profile);
  } else if (!caps_allow (allowed, "profile", "high-4:4:4")) {
    for (guint i = 0; i < G_N_ELEMENTS (profiles); i++)
      if (caps_allow (allowed, "profile", profiles[i].caps))
        output->profile = profiles[i].x264;
  }
  if (settings->level != NULL && *settings->level != '\0')
    level = settings->level;
  output->level = g_strdup (level);
}

static gboolean
is_allowed_format (
    const gchar *format, const GstCaps *allowed, const gchar *highest)
{
  const gchar *last = x264_profile_of (highest);
  gboolean holds = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (profiles); i++) {
    if (!holds && profiles[i].formats != NULL) {
      g_auto (GStrv) names = g_strsplit (profiles[i].formats, " ", -1);

      holds = g_strv_contains ((const gchar *const *) names, format);
    }
    if (holds && caps_allow (allowed, "profile", profiles[i].caps))
      return TRUE;
    if (g_strcmp0 (profiles[i].x264, last) == 0 &&
        (i + 1 == G_N_ELEMENTS (profiles) ||
            g_strcmp0 (profiles[i + 1].x264, last) != 0))
      break;
  }
  return FALSE;
}

GstCaps *
vs_x264_output_filter (
    GstCaps *caps, const GstCaps *allowed, const gchar *highest)
{
  g_autoptr (GstCaps) fit = gst_caps_new_empty_simple ("video/x-raw");
  GValue formats = G_VALUE_INIT;

  g_value_init (&formats, GST_TYPE_LIST);
  for (guint i = 0; i < G_N_ELEMENTS (profiles); i++) {
    g_auto (GStrv) names =
        g_strsplit (profiles[i].formats ? profiles[i].formats : "", " ", -1);

    for (guint n = 0; names[n] != NULL; n++) {
      GValue name = G_VALUE_INIT;

      if (!is_allowed_format (names[n], allowed, highest))
        continue;
      g_value_init (&name, G_TYPE_STRING);
      g_value_set_string (&name, names[n]);
      gst_value_list_append_and_take_value (&formats, &name);
    }
  }
  gst_caps_set_value (fit, "format", &formats);
  g_value_unset (&formats);
  return gst_caps_intersect_full (caps, fit, GST_CAPS_INTERSECT_FIRST);
}

static void
put_set (GByteArray *out, const guint8 *data, gsize size)
{
  guint8 length[2] = { (guint8) (size >> 8), (guint8) size };

  g_byte_array_append (out, length, 2);
  g_byte_array_append (out, data, (guint) size);
}

/* From High on (100, 110, 122, 244) the record says how samples look. */
static void
put_samples (GByteArray *out, guint profile_idc, const GstVideoInfo *info)
{
  guint chroma = info->finfo->h_sub[1] ? 1 : info->finfo->w_sub[1] ? 2 : 3;
  guint depth = GST_VIDEO_INFO_COMP_DEPTH (info, 0) - 8;
  guint8 tail[4] = { 0xfc | chroma, 0xf8 | depth, 0xf8 | depth, 0 };

  if (profile_idc >= 100)
    g_byte_array_append (out, tail, sizeof tail);
}

/* ISO/IEC 14496-15, 5.3.3.1. */
static GstBuffer *
make_avcc (
    const x264_nal_t *sps, const x264_nal_t *pps, const GstVideoInfo *info)
{
  GByteArray *out = g_byte_array_new ();
  const guint8 *set = sps->p_payload + NAL_HEAD;
  /* Four-byte sizes; one parameter set of each kind. */
  guint8 head[6] = { 1, set[1], set[2], set[3], 0xff, 0xe1 };
  guint8 one = 1;
  gsize size;

  g_byte_array_append (out, head, sizeof head);
  put_set (out, set, (gsize) sps->i_payload - NAL_HEAD);
  g_byte_array_append (out, &one, 1);
  put_set (out, pps->p_payload + NAL_HEAD, (gsize) pps->i_payload - NAL_HEAD);
  put_samples (out, set[1], info);
  size = out->len;
  return gst_buffer_new_wrapped (g_byte_array_free (out, FALSE), size);
}

static void
name_profile (GstCaps *caps, const GstCaps *allowed)
{
  const gchar *own = fixed_string (caps, "profile");
  gboolean seen = FALSE;

  if (caps_allow (allowed, "profile", own))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (profiles); i++) {
    seen = seen || g_strcmp0 (profiles[i].caps, own) == 0;
    if (seen && caps_allow (allowed, "profile", profiles[i].caps)) {
      gst_caps_set_simple (
          caps, "profile", G_TYPE_STRING, profiles[i].caps, NULL);
      return;
    }
  }
}

GstCaps *
vs_x264_make_caps (const VsX264Output *output, const x264_nal_t *sps,
    const x264_nal_t *pps, const GstVideoInfo *info, const GstCaps *allowed)
{
  GstCaps *caps = gst_caps_new_simple ("video/x-h264", "stream-format",
      G_TYPE_STRING, output->byte_stream ? "byte-stream" : "avc", "alignment",
      G_TYPE_STRING, "au", NULL);

  gst_codec_utils_h264_caps_set_level_and_profile (caps,
      sps->p_payload + NAL_HEAD + 1, (guint) sps->i_payload - NAL_HEAD - 1);
  name_profile (caps, allowed);
  if (!caps_allow (allowed, "level", fixed_string (caps, "level")) &&
      output->level != NULL)
    gst_caps_set_simple (caps, "level", G_TYPE_STRING, output->level, NULL);
  if (!output->byte_stream) {
    g_autoptr (GstBuffer) record = make_avcc (sps, pps, info);

    gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, record, NULL);
  }
  return caps;
}

GstTagList *
vs_x264_make_tags (const x264_param_t *param)
{
  GstTagList *tags = gst_tag_list_new (GST_TAG_ENCODER, "x264",
      GST_TAG_ENCODER_VERSION, (guint) X264_BUILD, GST_TAG_NOMINAL_BITRATE,
      (guint) param->rc.i_bitrate * 1000, NULL);

  if (param->rc.i_vbv_max_bitrate > 0)
    gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_MAXIMUM_BITRATE,
        (guint) param->rc.i_vbv_max_bitrate * 1000, NULL);
  return tags;
}

void
vs_x264_fill_picture (
    x264_picture_t *picture, const GstVideoFrame *pixels, int colorspace)
{
  x264_picture_init (picture);
  picture->img.i_csp = colorspace;
  picture->img.i_plane = (int) GST_VIDEO_FRAME_N_PLANES (pixels);
  for (int i = 0; i < picture->img.i_plane; i++) {
    picture->img.plane[i] = GST_VIDEO_FRAME_PLANE_DATA (pixels, i);
    picture->img.i_stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (pixels, i);
  }
}

GstBuffer *
vs_x264_keep_metas (GstBuffer *buffer)
{
  GstBuffer *shell = gst_buffer_new ();
  GstMetaTransformCopy copy = { FALSE, 0, (gsize) -1 };
  gpointer state = NULL;
  GstMeta *meta;

  gst_buffer_copy_into (
      shell, buffer, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  while ((meta = gst_buffer_iterate_meta (buffer, &state)) != NULL)
    if (meta->info->transform_func != NULL &&
        meta->info->api != GST_VIDEO_META_API_TYPE &&
        meta->info->api != GST_PARENT_BUFFER_META_API_TYPE &&
        !gst_meta_api_type_has_tag (
            meta->info->api, g_quark_from_static_string ("memory")))
      meta->info->transform_func (
          shell, meta, buffer, _gst_meta_transform_copy, &copy);
  return shell;
}
