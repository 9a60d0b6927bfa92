/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-format.h"

#include "core/vs-error.h"

GstDebugCategory *
vs_play_debug (void)
{
  static gsize category;

  if (g_once_init_enter (&category)) {
    GstDebugCategory *made =
        _gst_debug_category_new ("vsplay", 0, "feed items, engine and slate");
    g_once_init_leave (&category, (gsize) made);
  }
  return (GstDebugCategory *) category;
}

static GstCaps *
pin (const GstCaps *given, const gchar *template, GError **error)
{
  g_autoptr (GstCaps) allowed = gst_caps_from_string (template);
  g_autoptr (GstCaps) caps = gst_caps_intersect_full (
      (GstCaps *) given, allowed, GST_CAPS_INTERSECT_FIRST);

  if (gst_caps_is_empty (caps)) {
    g_autofree gchar *text = gst_caps_to_string (given);
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The caps “%s” cannot be made; give something like “%s”.", text,
        template);
    return NULL;
  }
  caps = gst_caps_truncate (g_steal_pointer (&caps));
  return g_steal_pointer (&caps);
}

static gboolean
pin_video (VsPlayFormat *format, const GstCaps *given, GError **error)
{
  g_autoptr (GstCaps) caps = pin (given, VS_PLAY_VIDEO_CAPS, error);

  if (!caps)
    return FALSE;
  caps = gst_caps_make_writable (g_steal_pointer (&caps));
  GstStructure *s = gst_caps_get_structure (caps, 0);
  gst_structure_fixate_field_string (s, "format", "I420");
  gst_structure_fixate_field_nearest_int (s, "width", 1280);
  gst_structure_fixate_field_nearest_int (s, "height", 720);
  gst_structure_fixate_field_nearest_fraction (s, "framerate", 30, 1);
  if (!gst_structure_has_field (s, "colorimetry"))
    gst_structure_set (
        s, "colorimetry", G_TYPE_STRING, GST_VIDEO_COLORIMETRY_BT709, NULL);
  if (!gst_structure_has_field (s, "chroma-site"))
    gst_structure_set (s, "chroma-site", G_TYPE_STRING, "mpeg2", NULL);
  caps = gst_caps_fixate (g_steal_pointer (&caps));
  if (!gst_video_info_from_caps (&format->video, caps) ||
      (format->video.width | format->video.height) % 2) {
    g_autofree gchar *text = gst_caps_to_string (given);
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The video caps “%s” are not a picture with even sides.", text);
    return FALSE;
  }
  format->video_caps = g_steal_pointer (&caps);
  return TRUE;
}

static gboolean
pin_audio (VsPlayFormat *format, const GstCaps *given, GError **error)
{
  g_autoptr (GstCaps) caps = pin (given, VS_PLAY_AUDIO_CAPS, error);
  gint channels = 2;

  if (!caps)
    return FALSE;
  caps = gst_caps_make_writable (g_steal_pointer (&caps));
  GstStructure *s = gst_caps_get_structure (caps, 0);
  gst_structure_fixate_field_string (s, "format", "F32LE");
  gst_structure_fixate_field_nearest_int (s, "rate", 48000);
  gst_structure_fixate_field_nearest_int (s, "channels", 2);
  gst_structure_get_int (s, "channels", &channels);
  if (channels > 1 && !gst_structure_has_field (s, "channel-mask"))
    gst_structure_set (s, "channel-mask", GST_TYPE_BITMASK,
        gst_audio_channel_get_fallback_mask (channels), NULL);
  caps = gst_caps_fixate (g_steal_pointer (&caps));
  if (!gst_audio_info_from_caps (&format->audio, caps)) {
    g_autofree gchar *text = gst_caps_to_string (given);
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The audio caps “%s” are not raw audio.", text);
    return FALSE;
  }
  format->audio_caps = g_steal_pointer (&caps);
  return TRUE;
}

gboolean
vs_play_format_init (VsPlayFormat *format, const GstCaps *video,
    const GstCaps *audio, GError **error)
{
  VsPlayFormat made = { 0 };

  if (!pin_video (&made, video, error) || !pin_audio (&made, audio, error)) {
    vs_play_format_clear (&made);
    return FALSE;
  }
  *format = made;
  return TRUE;
}

void
vs_play_format_copy (VsPlayFormat *to, const VsPlayFormat *from)
{
  *to = *from;
  gst_caps_ref (to->video_caps);
  gst_caps_ref (to->audio_caps);
}

void
vs_play_format_clear (VsPlayFormat *format)
{
  gst_clear_caps (&format->video_caps);
  gst_clear_caps (&format->audio_caps);
}

GstClockTime
vs_play_format_tick_time (const VsPlayFormat *format, guint64 n)
{
  return gst_util_uint64_scale (
      n, GST_SECOND * format->video.fps_d, format->video.fps_n);
}

guint64
vs_play_format_tick_at (const VsPlayFormat *format, GstClockTime time)
{
  return gst_util_uint64_scale_ceil (
      time, format->video.fps_n, GST_SECOND * format->video.fps_d);
}

guint64
vs_play_format_tick_sample (const VsPlayFormat *format, guint64 n)
{
  return gst_util_uint64_scale (n,
      (guint64) format->audio.rate * format->video.fps_d, format->video.fps_n);
}
