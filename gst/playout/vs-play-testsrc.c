/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The test picture: a source whose pictures can be told from each other and
 * whose sound can be held against them. */
#include "playout/vs-play-chain.h"
#include "playout/vs-play-draw.h"

#include <string.h>

#define TONE_HZ 440.0
#define VOLUME 0.1
#define BEEP 4.0f /* how much louder in the first tenth of each second */

typedef struct {
  GstVideoInfo info;
  gint64 born; /* time of day of feed time 0, us */
} Clock;

static void
draw_clock (GstVideoFrame *frame, const Clock *clock, GstClockTime pts)
{
  gint64 us = clock->born + (gint64) (pts / GST_USECOND);
  gint64 s = us / G_USEC_PER_SEC;
  gint height = MAX (20, GST_VIDEO_FRAME_HEIGHT (frame) / 8);
  gint left = (GST_VIDEO_FRAME_WIDTH (frame) / 16) & ~1, top = 2 * height & ~1;
  guint64 n = gst_util_uint64_scale_round (
      pts, clock->info.fps_n, GST_SECOND * clock->info.fps_d);
  gchar text[32];

  g_snprintf (text, sizeof text, "%02d:%02d:%02d.%03d", (int) (s / 3600 % 24),
      (int) (s / 60 % 60), (int) (s % 60), (int) (us / 1000 % 1000));
  vs_play_draw_digits (frame, left, top, height, text);
  g_snprintf (text, sizeof text, "%08" G_GUINT64_FORMAT, n);
  vs_play_draw_digits (
      frame, left, (top + 3 * height / 2) & ~1, height / 2, text);
  vs_play_draw_box (frame, left, 5 * height & ~1, height & ~1, height & ~1,
      pts % GST_SECOND < GST_SECOND / 10 ? vs_play_white : vs_play_black);
}

static GstPadProbeReturn
on_picture (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  const Clock *clock = data;
  GstBuffer *buffer = gst_buffer_make_writable (info->data);
  GstVideoFrame frame;

  info->data = buffer;
  if (gst_video_frame_map (&frame, &clock->info, buffer, GST_MAP_READWRITE)) {
    draw_clock (&frame, clock, GST_BUFFER_PTS (buffer));
    gst_video_frame_unmap (&frame);
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_sound (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  guint rate = GPOINTER_TO_UINT (data);
  GstBuffer *buffer = gst_buffer_make_writable (info->data);
  guint64 n =
      gst_util_uint64_scale_round (GST_BUFFER_PTS (buffer), rate, GST_SECOND);
  GstMapInfo map;

  info->data = buffer;
  if (gst_buffer_map (buffer, &map, GST_MAP_READWRITE)) {
    gfloat *sample = (gfloat *) map.data;

    for (gsize i = 0; i < map.size / sizeof *sample; i++)
      sample[i] *= (n + i) % rate < rate / 10 ? BEEP : 1;
    gst_buffer_unmap (buffer, &map);
  }
  return GST_PAD_PROBE_OK;
}

static GstElement *
add_source (GstBin *bin, const gchar *factory, GstCaps *caps, const gchar *name,
    GError **error)
{
  GstElement *source = vs_play_chain_make (bin, factory, NULL, error);
  GstElement *filter =
      source ? vs_play_chain_make (bin, "capsfilter", NULL, error) : NULL;
  g_autoptr (GstPad) pad = NULL;

  if (!filter)
    return NULL;
  g_object_set (filter, "caps", caps, NULL);
  gst_element_link (source, filter);
  pad = gst_element_get_static_pad (filter, "src");
  gst_element_add_pad (GST_ELEMENT (bin), gst_ghost_pad_new (name, pad));
  return source;
}

static GstElement *
add_picture (GstBin *bin, const VsPlayFormat *format, GError **error)
{
  g_autoptr (GstCaps) caps = gst_caps_copy (format->video_caps);
  Clock *clock = g_new0 (Clock, 1);
  GstElement *source;
  g_autoptr (GstPad) pad = NULL;

  gst_caps_set_simple (caps, "format", G_TYPE_STRING, "I420", NULL);
  gst_video_info_from_caps (&clock->info, caps);
  clock->born = g_get_real_time ();
  source = add_source (bin, "videotestsrc", caps, "video", error);
  if (!source) {
    g_free (clock);
    return NULL;
  }
  gst_util_set_object_arg (G_OBJECT (source), "pattern", "smpte75");
  pad = gst_element_get_static_pad (source, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_picture, clock, g_free);
  return source;
}

static GstElement *
add_sound (GstBin *bin, const VsPlayFormat *format, GError **error)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("audio/x-raw", "format",
      G_TYPE_STRING, "F32LE", "layout", G_TYPE_STRING, "interleaved", "rate",
      G_TYPE_INT, format->audio.rate, "channels", G_TYPE_INT, 1, NULL);
  GstElement *source = add_source (bin, "audiotestsrc", caps, "audio", error);
  g_autoptr (GstPad) pad = NULL;

  if (!source)
    return NULL;
  g_object_set (source, "freq", TONE_HZ, "volume", VOLUME, NULL);
  pad = gst_element_get_static_pad (source, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_sound,
      GUINT_TO_POINTER (format->audio.rate), NULL);
  return source;
}

GstElement *
vs_play_chain_new_test (const VsPlayFormat *format, GError **error)
{
  g_autoptr (GstElement) bin = gst_object_ref_sink (gst_bin_new (NULL));

  if (!add_picture (GST_BIN (bin), format, error) ||
      !add_sound (GST_BIN (bin), format, error))
    return NULL;
  return g_steal_pointer (&bin);
}
