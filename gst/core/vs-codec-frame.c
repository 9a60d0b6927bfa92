/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-codec-frame.h"

/* ITU-T H.264 table 7-1 */
#define H264_IDR 5
/* ITU-T H.265 table 7-1 */
#define H265_IDR_W_RADL 19
#define H265_IDR_N_LP 20

static gboolean
is_idr_nal (VsCodec codec, guint8 header)
{
  guint type;

  if (codec == VS_CODEC_H264)
    return (header & 0x1f) == H264_IDR;
  type = header >> 1 & 0x3f;
  return type == H265_IDR_W_RADL || type == H265_IDR_N_LP;
}

static gboolean
find_after_lengths (
    VsCodec codec, guint length_size, const guint8 *unit, gsize size)
{
  gsize at = 0;

  while (size - at > length_size) {
    gsize length = 0;

    for (guint i = 0; i < length_size; i++)
      length = length << 8 | unit[at + i];
    at += length_size;
    if (length > size - at)
      return FALSE;
    if (length > 0 && is_idr_nal (codec, unit[at]))
      return TRUE;
    at += length;
  }
  return FALSE;
}

static gboolean
find_after_start_codes (VsCodec codec, const guint8 *unit, gsize size)
{
  for (gsize at = 0; at + 3 < size; at++)
    if (unit[at] == 0 && unit[at + 1] == 0 && unit[at + 2] == 1 &&
        is_idr_nal (codec, unit[at + 3]))
      return TRUE;
  return FALSE;
}

gboolean
vs_codec_frame_is_idr (
    VsCodec codec, guint length_size, const guint8 *unit, gsize size)
{
  if (codec != VS_CODEC_H264 && codec != VS_CODEC_H265)
    return FALSE;
  return length_size > 0 ? find_after_lengths (codec, length_size, unit, size)
                         : find_after_start_codes (codec, unit, size);
}

guint
vs_codec_frame_length_size (VsCodec codec, GBytes *codec_data)
{
  /* ISO/IEC 14496-15 5.3.3.1.2 and 8.3.3.1.2: lengthSizeMinusOne */
  gsize at = codec == VS_CODEC_H265 ? 21 : 4;
  gsize size;
  const guint8 *data = g_bytes_get_data (codec_data, &size);

  return size > at ? (data[at] & 3u) + 1 : 0;
}
