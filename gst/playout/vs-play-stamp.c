/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-stamp.h"

#include <math.h>

GstBuffer *
vs_play_stamp_picture (
    const VsPlayFormat *format, GstBuffer *picture, guint64 n)
{
  GstClockTime time = vs_play_format_tick_time (format, n);
  GstBuffer *out = gst_buffer_copy (picture);

  GST_BUFFER_FLAGS (out) = 0;
  GST_BUFFER_PTS (out) = time;
  GST_BUFFER_DTS (out) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (out) = vs_play_format_tick_time (format, n + 1) - time;
  GST_BUFFER_OFFSET (out) = n;
  GST_BUFFER_OFFSET_END (out) = n + 1;
  return out;
}

static void
to_s16 (gint16 *to, const gfloat *from, gsize n)
{
  for (gsize i = 0; i < n; i++)
    to[i] = (gint16) CLAMP (lrintf (from[i] * 32768.0f), -32768, 32767);
}

GstBuffer *
vs_play_stamp_sound (
    const VsPlayFormat *format, const gfloat *samples, guint64 n)
{
  guint64 first = vs_play_format_tick_sample (format, n);
  guint64 end = vs_play_format_tick_sample (format, n + 1);
  gsize size = (gsize) (end - first) * format->audio.bpf;
  GstBuffer *out = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;

  if (format->audio.finfo->format == GST_AUDIO_FORMAT_S16LE) {
    gst_buffer_map (out, &map, GST_MAP_WRITE);
    to_s16 ((gint16 *) map.data, samples,
        (gsize) (end - first) * format->audio.channels);
    gst_buffer_unmap (out, &map);
  } else {
    gst_buffer_fill (out, 0, samples, size);
  }
  GST_BUFFER_PTS (out) =
      gst_util_uint64_scale (first, GST_SECOND, format->audio.rate);
  GST_BUFFER_DURATION (out) =
      gst_util_uint64_scale (end, GST_SECOND, format->audio.rate) -
      GST_BUFFER_PTS (out);
  GST_BUFFER_OFFSET (out) = first;
  GST_BUFFER_OFFSET_END (out) = end;
  return out;
}
