/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-media.h"

/* A timescale below this makes rounding of foreign timestamps audible. */
#define MIN_VIDEO_TIMESCALE 10000
#define DEFAULT_TIMESCALE 90000

static const struct {
  VsCodec codec;
  const gchar *name;
} codec_names[] = {
  /* the first name of a codec is the one that is written */
  { VS_CODEC_H264, "h264" },
  { VS_CODEC_H265, "h265" },
  { VS_CODEC_AV1, "av1" },
  { VS_CODEC_VP9, "vp9" },
  { VS_CODEC_AAC, "aac" },
  { VS_CODEC_OPUS, "opus" },
  { VS_CODEC_H264, "avc" },
  { VS_CODEC_H265, "hevc" },
};

VsStream *
vs_stream_new (VsMedia media, VsCodec codec)
{
  VsStream *stream = g_new0 (VsStream, 1);

  stream->media = media;
  stream->codec = codec;
  stream->timescale = DEFAULT_TIMESCALE;
  stream->par_n = stream->par_d = 1;
  stream->fps_d = 1;
  stream->colour = (VsColour){ 2, 2, 2, FALSE };

  return stream;
}

VsStream *
vs_stream_copy (const VsStream *stream)
{
  VsStream *copy = g_new (VsStream, 1);

  *copy = *stream;
  if (stream->codec_data != NULL)
    copy->codec_data = g_bytes_ref (stream->codec_data);
  copy->language = g_strdup (stream->language);

  return copy;
}

void
vs_stream_free (VsStream *stream)
{
  if (stream == NULL)
    return;
  g_clear_pointer (&stream->codec_data, g_bytes_unref);
  g_free (stream->language);
  g_free (stream);
}

static guint
greatest_common_divisor (guint a, guint b)
{
  while (b != 0) {
    guint rest = a % b;

    a = b;
    b = rest;
  }
  return a;
}

guint
vs_media_video_timescale (guint fps_n, guint fps_d)
{
  guint timescale;

  if (fps_n == 0 || fps_d == 0)
    return DEFAULT_TIMESCALE;

  timescale = fps_n / greatest_common_divisor (fps_n, fps_d);
  while (timescale < MIN_VIDEO_TIMESCALE)
    timescale *= 2;
  return timescale;
}

const gchar *
vs_codec_name (VsCodec codec)
{
  for (guint i = 0; i < G_N_ELEMENTS (codec_names); i++)
    if (codec_names[i].codec == codec)
      return codec_names[i].name;
  return "none";
}

VsCodec
vs_codec_from_name (const gchar *name)
{
  if (name == NULL)
    return VS_CODEC_NONE;
  for (guint i = 0; i < G_N_ELEMENTS (codec_names); i++)
    if (g_ascii_strcasecmp (codec_names[i].name, name) == 0)
      return codec_names[i].codec;
  return VS_CODEC_NONE;
}

const gchar *
vs_media_name (VsMedia media)
{
  switch (media) {
    case VS_MEDIA_VIDEO:
      return "video";
    case VS_MEDIA_AUDIO:
      return "audio";
    case VS_MEDIA_TEXT:
      return "text";
    default:
      return "unknown";
  }
}

const gchar *
vs_media_video_range (const VsStream *stream)
{
  /* RFC 8216bis 4.4.6.2: by the transfer characteristics of H.273 */
  switch (stream->colour.transfer) {
    case 16:
      return "PQ";
    case 18:
      return "HLG";
    default:
      return "SDR";
  }
}
