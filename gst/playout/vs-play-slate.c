/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-slate.h"

#include <gst/app/gstappsink.h>
#include <string.h>

#include "playout/vs-play-chain.h"
#include "playout/vs-play-draw.h"

#define LOAD_TIMEOUT (10 * GST_SECOND)

struct _VsPlaySlate {
  gatomicrefcount refs;
  VsPlayFormat format;
  gchar *path;
  GstBuffer *drawn;
  GMutex lock;
  GstBuffer *loaded; /* under lock until seen */
  gchar *failure;    /* under lock */
};

static void
slate_unref (VsPlaySlate *slate)
{
  if (!g_atomic_ref_count_dec (&slate->refs))
    return;
  gst_clear_buffer (&slate->drawn);
  gst_clear_buffer (&slate->loaded);
  vs_play_format_clear (&slate->format);
  g_mutex_clear (&slate->lock);
  g_free (slate->path);
  g_free (slate->failure);
  g_free (slate);
}

/* Draws in I420 and converts to the format, whichever it is. */
static GstBuffer *
draw (const VsPlayFormat *format, gboolean bars)
{
  GstVideoInfo from;
  GstBuffer *plain, *made;
  GstVideoFrame in, out;
  GstVideoConverter *converter;

  gst_video_info_set_format (
      &from, GST_VIDEO_FORMAT_I420, format->video.width, format->video.height);
  from.colorimetry = format->video.colorimetry;
  from.chroma_site = format->video.chroma_site;
  from.fps_n = format->video.fps_n;
  from.fps_d = format->video.fps_d;
  plain = gst_buffer_new_allocate (NULL, from.size, NULL);
  gst_video_frame_map (&in, &from, plain, GST_MAP_READWRITE);
  vs_play_draw_box (&in, 0, 0, from.width, from.height, vs_play_black);
  if (bars)
    vs_play_draw_bars (&in);
  if (format->video.finfo->format == GST_VIDEO_FORMAT_I420) {
    gst_video_frame_unmap (&in);
    return plain;
  }
  made = gst_buffer_new_allocate (NULL, format->video.size, NULL);
  gst_video_frame_map (
      &out, (GstVideoInfo *) &format->video, made, GST_MAP_WRITE);
  converter = gst_video_converter_new (&from, &format->video, NULL);
  gst_video_converter_frame (converter, &in, &out);
  gst_video_converter_free (converter);
  gst_video_frame_unmap (&out);
  gst_video_frame_unmap (&in);
  gst_buffer_unref (plain);
  return made;
}

static void
on_pad_added (GstElement *decoder, GstPad *pad, gpointer data)
{
  g_autoptr (GstPad) to = gst_element_get_static_pad (data, "sink");

  if (!gst_pad_is_linked (to))
    gst_pad_link (pad, to);
}

static GstElement *
build_loader (VsPlaySlate *slate, GstElement **sink, GError **error)
{
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autofree gchar *uri = gst_filename_to_uri (slate->path, error);
  GstElement *decoder, *chain;

  if (!uri)
    return NULL;
  decoder =
      vs_play_chain_make (GST_BIN (pipeline), "uridecodebin", NULL, error);
  chain = decoder
              ? vs_play_chain_new_sink (&slate->format, VS_PLAY_VIDEO, error)
              : NULL;
  if (!chain)
    return NULL;
  gst_bin_add (GST_BIN (pipeline), chain);
  gst_object_unref (chain);
  g_object_set (decoder, "uri", uri, NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (on_pad_added), chain);
  *sink = gst_bin_get_by_name (GST_BIN (chain), "sink");
  return g_steal_pointer (&pipeline);
}

static GstFlowReturn
on_picture (GstAppSink *sink, gpointer pipeline)
{
  gst_element_post_message (
      pipeline, gst_message_new_application (GST_OBJECT (pipeline),
                    gst_structure_new_empty ("picture")));
  return GST_FLOW_OK;
}

/* The first picture, or NULL and why. */
static GstBuffer *
load (VsPlaySlate *slate, gchar **reason)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstElement) pipeline = build_loader (slate, &sink, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstSample) sample = NULL;
  GstAppSinkCallbacks callbacks = { .new_sample = on_picture };
  GstBuffer *picture = NULL;

  if (!pipeline) {
    *reason = g_strdup (error->message);
    return NULL;
  }
  bus = gst_element_get_bus (pipeline);
  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, pipeline, NULL);
  /* a full appsink would hold up the state change to NULL */
  gst_app_sink_set_drop (GST_APP_SINK (sink), TRUE);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, LOAD_TIMEOUT,
      GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_APPLICATION);
  sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 0);
  if (sample)
    picture = gst_buffer_copy (gst_sample_get_buffer (sample));
  else if (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  if (!picture)
    *reason = g_strdup (error ? error->message : "There is no picture in it.");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return picture;
}

static void
run_load (gpointer data)
{
  VsPlaySlate *slate = data;
  gchar *reason = NULL;
  GstBuffer *picture = load (slate, &reason);

  g_mutex_lock (&slate->lock);
  slate->loaded = picture;
  if (reason)
    slate->failure = g_strdup_printf (
        "The slate “%s” cannot be shown: %s", slate->path, reason);
  g_mutex_unlock (&slate->lock);
  g_free (reason);
  slate_unref (slate);
}

VsPlaySlate *
vs_play_slate_new (
    const gchar *spec, const VsPlayFormat *format, VsPlayReaper *reaper)
{
  VsPlaySlate *slate = g_new0 (VsPlaySlate, 1);
  gboolean bars = g_strcmp0 (spec, "bars") == 0;

  g_atomic_ref_count_init (&slate->refs);
  g_mutex_init (&slate->lock);
  vs_play_format_copy (&slate->format, format);
  slate->drawn = draw (format, bars);
  if (spec && *spec && !bars && !g_str_equal (spec, "black")) {
    slate->path = g_strdup (spec);
    g_atomic_ref_count_inc (&slate->refs);
    vs_play_reaper_run (reaper, "vs-play-slate", run_load, slate);
  }
  return slate;
}

void
vs_play_slate_free (VsPlaySlate *slate)
{
  slate_unref (slate);
}

GstBuffer *
vs_play_slate_get (VsPlaySlate *slate)
{
  GstBuffer *loaded = NULL;

  if (slate->path) {
    g_mutex_lock (&slate->lock);
    loaded = g_steal_pointer (&slate->loaded);
    g_mutex_unlock (&slate->lock);
  }
  if (loaded) {
    gst_buffer_unref (slate->drawn);
    slate->drawn = loaded;
  }
  return slate->drawn;
}

gchar *
vs_play_slate_steal_failure (VsPlaySlate *slate)
{
  g_mutex_lock (&slate->lock);
  gchar *failure = g_steal_pointer (&slate->failure);
  g_mutex_unlock (&slate->lock);
  return failure;
}
