/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-fade.h"

#include <math.h>

GstBuffer *
vs_fade_pictures (
    const VsPlayFormat *format, GstBuffer *base, GstBuffer *over, gdouble share)
{
  GstVideoInfo *info = (GstVideoInfo *) &format->video;
  g_autoptr (GstBuffer) made = gst_buffer_copy_deep (base);
  GstVideoFrame to, from;
  gboolean blended;

  if (!gst_video_frame_map (&to, info, made, GST_MAP_READWRITE))
    return NULL;
  if (!gst_video_frame_map (&from, info, over, GST_MAP_READ)) {
    gst_video_frame_unmap (&to);
    return NULL;
  }
  blended = gst_video_blend (&to, &from, 0, 0, (gfloat) CLAMP (share, 0, 1));
  gst_video_frame_unmap (&from);
  gst_video_frame_unmap (&to);
  return blended ? g_steal_pointer (&made) : NULL;
}

void
vs_fade_sounds (gfloat *samples, const gfloat *other, guint n, guint channels,
    gdouble from, gdouble to)
{
  for (guint i = 0; i < n; i++) {
    gdouble angle = (from + (to - from) * i / n) * G_PI_2;
    gfloat in = (gfloat) sin (angle), out = (gfloat) cos (angle);

    for (guint c = 0; c < channels; c++)
      samples[i * channels + c] =
          in * samples[i * channels + c] + out * other[i * channels + c];
  }
}

void
vs_fade_sound (
    gfloat *samples, guint n, guint channels, gdouble from, gdouble to)
{
  for (guint i = 0; i < n; i++) {
    gfloat share = (gfloat) (from + (to - from) * i / n);

    for (guint c = 0; c < channels; c++)
      samples[i * channels + c] *= share;
  }
}
