/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/vs-caps.h"

#include <gst/audio/audio.h>
#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>

#include "core/vs-error.h"

static GBytes *
dup_buffer_bytes (const GValue *value)
{
  GstBuffer *buffer = value != NULL ? gst_value_get_buffer (value) : NULL;
  gpointer data = NULL;
  gsize size = 0;

  if (buffer == NULL)
    return NULL;
  gst_buffer_extract_dup (
      buffer, 0, gst_buffer_get_size (buffer), &data, &size);
  return g_bytes_new_take (data, size);
}

static void
read_colour (const GstStructure *s, VsColour *colour)
{
  const gchar *text = gst_structure_get_string (s, "colorimetry");
  GstVideoColorimetry c;

  colour->primaries = colour->transfer = colour->matrix = 2;
  if (text == NULL || !gst_video_colorimetry_from_string (&c, text))
    return;
  colour->primaries = (guint8) gst_video_color_primaries_to_iso (c.primaries);
  colour->transfer = (guint8) gst_video_transfer_function_to_iso (c.transfer);
  colour->matrix = (guint8) gst_video_color_matrix_to_iso (c.matrix);
  colour->full_range = c.range == GST_VIDEO_COLOR_RANGE_0_255;
}

static gboolean
read_video (const GstStructure *s, VsStream *stream, GError **error)
{
  gint width = 0, height = 0, n, d;

  gst_structure_get_int (s, "width", &width);
  gst_structure_get_int (s, "height", &height);
  if (width <= 0 || height <= 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The %s caps name no width and height; put a parser before abrsink.",
        vs_codec_name (stream->codec));
    return FALSE;
  }
  stream->width = (guint) width;
  stream->height = (guint) height;
  if (gst_structure_get_fraction (s, "pixel-aspect-ratio", &n, &d) && n > 0 &&
      d > 0) {
    stream->par_n = (guint) n;
    stream->par_d = (guint) d;
  }
  if (gst_structure_get_fraction (s, "framerate", &n, &d) && n > 0 && d > 0) {
    stream->fps_n = (guint) n;
    stream->fps_d = (guint) d;
  }
  stream->timescale = vs_media_video_timescale (stream->fps_n, stream->fps_d);
  read_colour (s, &stream->colour);
  return TRUE;
}

/* RFC 7845 section 5.1: OpusHead, with the pre-skip at byte 10. */
static GBytes *
dup_opus_head (const GstStructure *s, guint *pre_skip)
{
  const GValue *headers = gst_structure_get_value (s, "streamheader");
  GBytes *head = NULL;
  const guint8 *data;
  gsize size;

  if (headers != NULL && GST_VALUE_HOLDS_ARRAY (headers) &&
      gst_value_array_get_size (headers) > 0)
    head = dup_buffer_bytes (gst_value_array_get_value (headers, 0));
  if (head == NULL)
    return NULL;
  data = g_bytes_get_data (head, &size);
  if (size >= 12)
    *pre_skip = data[10] | (guint) data[11] << 8;
  return head;
}

static gboolean
read_audio (const GstStructure *s, VsStream *stream, GError **error)
{
  gint rate = 0, channels = 0;

  gst_structure_get_int (s, "rate", &rate);
  gst_structure_get_int (s, "channels", &channels);
  if (stream->codec == VS_CODEC_OPUS) {
    stream->codec_data = dup_opus_head (s, &stream->priming);
    rate = 48000;
  }
  if (rate <= 0 || channels <= 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The %s caps name no rate and channels; put a parser before abrsink.",
        vs_codec_name (stream->codec));
    return FALSE;
  }
  stream->rate = (guint) rate;
  stream->channels = (guint) channels;
  stream->timescale = stream->rate;
  return TRUE;
}

static VsCodec
codec_of (const GstStructure *s)
{
  static const struct {
    const gchar *name;
    VsCodec codec;
  } rows[] = {
    { "video/x-h264", VS_CODEC_H264 },
    { "video/x-h265", VS_CODEC_H265 },
    { "video/x-av1", VS_CODEC_AV1 },
    { "video/x-vp9", VS_CODEC_VP9 },
    { "audio/mpeg", VS_CODEC_AAC },
    { "audio/x-opus", VS_CODEC_OPUS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (gst_structure_has_name (s, rows[i].name))
      return rows[i].codec;
  return VS_CODEC_NONE;
}

VsStream *
vs_caps_to_stream (const GstCaps *caps, GError **error)
{
  const GstStructure *s = gst_caps_get_structure (caps, 0);
  VsCodec codec = codec_of (s);
  gboolean video = g_str_has_prefix (gst_structure_get_name (s), "video/");
  g_autoptr (VsStream) stream =
      vs_stream_new (video ? VS_MEDIA_VIDEO : VS_MEDIA_AUDIO, codec);

  if (codec == VS_CODEC_NONE) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "%s cannot be published as CMAF.", gst_structure_get_name (s));
    return NULL;
  }
  stream->codec_data =
      dup_buffer_bytes (gst_structure_get_value (s, "codec_data"));
  if (!(video ? read_video : read_audio) (s, stream, error))
    return NULL;
  if (stream->codec_data == NULL && codec != VS_CODEC_AV1 &&
      codec != VS_CODEC_VP9) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The %s caps carry no codec_data; put a parser (%sparse) before "
        "abrsink.",
        vs_codec_name (codec), vs_codec_name (codec));
    return NULL;
  }
  return g_steal_pointer (&stream);
}

void
vs_caps_apply_tags (VsStream *stream, const GstTagList *tags)
{
  g_autofree gchar *language = NULL;

  gst_tag_list_get_uint (tags, GST_TAG_NOMINAL_BITRATE, &stream->bitrate);
  gst_tag_list_get_uint (tags, GST_TAG_MAXIMUM_BITRATE, &stream->max_bitrate);
  if (stream->bitrate == 0)
    gst_tag_list_get_uint (tags, GST_TAG_BITRATE, &stream->bitrate);
  if (gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &language)) {
    g_free (stream->language);
    stream->language = g_steal_pointer (&language);
  }
}

gboolean
vs_caps_is_live (GstPad *pad)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (pad, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  return live;
}
