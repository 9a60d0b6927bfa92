/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-slate.h"

#include <gst/app/gstappsink.h>
#include <string.h>

#include "core/vs-error.h"
#include "playout/vs-play-chain.h"
#include "playout/vs-play-draw.h"

#define LOAD_TIMEOUT (10 * GST_SECOND)

struct _VsPlaySlate {
  gatomicrefcount refs;
  VsPlayFormat format;
  gchar *path;
  GstBuffer *drawn;
  VsPlayReaper *reaper; /* borrowed; of text alone */
  gchar *pattern;       /* of text; never changed */
  gint64 next;          /* minute it was set for; G_MININT64: none */
  GMutex lock;
  gchar *text;       /* under lock: to be set; NULL: a picture file */
  guint loads;       /* under lock: asked for and not begun */
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
  g_free (slate->pattern);
  g_free (slate->text);
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

static gboolean
add_decoder (
    GstBin *pipeline, const gchar *path, GstElement *chain, GError **error)
{
  g_autofree gchar *uri = gst_filename_to_uri (path, error);
  GstElement *decoder =
      uri ? vs_play_chain_make (pipeline, "uridecodebin", NULL, error) : NULL;

  if (!decoder)
    return FALSE;
  vs_play_chain_set_up_decoders (GST_ELEMENT (pipeline));
  g_object_set (decoder, "uri", uri, NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (on_pad_added), chain);
  return TRUE;
}

/* The text is set by textoverlay (Pango), whose markup it is not. */
static gboolean
add_text (VsPlaySlate *slate, GstBin *pipeline, const gchar *text,
    GstElement *chain, GError **error)
{
  g_autofree gchar *plain = g_markup_escape_text (text, -1);
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-raw", "format",
      G_TYPE_STRING, "I420", "width", G_TYPE_INT, slate->format.video.width,
      "height", G_TYPE_INT, slate->format.video.height, NULL);
  GstElement *source, *overlay;

  source = vs_play_chain_make (pipeline, "videotestsrc", NULL, error);
  overlay =
      source ? vs_play_chain_make (pipeline, "textoverlay", NULL, error) : NULL;
  if (!overlay)
    return FALSE;
  gst_util_set_object_arg (G_OBJECT (source), "pattern", "black");
  g_object_set (source, "num-buffers", 1, NULL);
  gst_util_set_object_arg (G_OBJECT (overlay), "halignment", "center");
  gst_util_set_object_arg (G_OBJECT (overlay), "valignment", "center");
  gst_util_set_object_arg (G_OBJECT (overlay), "line-alignment", "center");
  g_object_set (overlay, "text", plain, "font-desc", "Sans 28", "draw-shadow",
      FALSE, NULL);
  if (gst_element_link_filtered (source, overlay, caps) &&
      gst_element_link (overlay, chain))
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_INTERNAL,
      "The elements of a text do not fit together.");
  return FALSE;
}

static GstElement *
build_loader (
    VsPlaySlate *slate, const gchar *text, GstElement **sink, GError **error)
{
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *chain =
      vs_play_chain_new_sink (&slate->format, VS_PLAY_VIDEO, error);
  gboolean built;

  if (!chain)
    return NULL;
  gst_bin_add (GST_BIN (pipeline), chain);
  gst_object_unref (chain);
  built = text ? add_text (slate, GST_BIN (pipeline), text, chain, error)
               : add_decoder (GST_BIN (pipeline), slate->path, chain, error);
  if (!built)
    return NULL;
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
load (VsPlaySlate *slate, const gchar *text, gchar **reason)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstElement) pipeline = build_loader (slate, text, &sink, &error);
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
  g_autofree gchar *text = NULL;
  gchar *reason = NULL;
  GstBuffer *picture;
  gboolean newest;

  g_mutex_lock (&slate->lock);
  text = g_strdup (slate->text);
  newest = --slate->loads == 0;
  g_mutex_unlock (&slate->lock);
  picture = newest ? load (slate, text, &reason) : NULL;
  g_mutex_lock (&slate->lock);
  if (picture && g_strcmp0 (text, slate->text) == 0)
    gst_buffer_replace (&slate->loaded, picture);
  gst_clear_buffer (&picture);
  if (reason && !slate->failure)
    slate->failure = g_strdup_printf ("The slate “%s” cannot be shown: %s",
        text ? text : slate->path, reason);
  g_mutex_unlock (&slate->lock);
  g_free (reason);
  slate_unref (slate);
}

static void
begin_load (VsPlaySlate *slate)
{
  g_mutex_lock (&slate->lock);
  slate->loads++;
  g_mutex_unlock (&slate->lock);
  g_atomic_ref_count_inc (&slate->refs);
  vs_play_reaper_run (slate->reaper, "vs-play-slate", run_load, slate);
}

/* @pattern with what is known of the next; lines that say nothing are left
 * out. */
static gchar *
fill_in (const gchar *pattern, gint64 next)
{
  g_auto (GStrv) lines = g_strsplit (pattern, "\n", -1);
  g_autoptr (GDateTime) time =
      next != G_MININT64 ? g_date_time_new_from_unix_local (next * 60) : NULL;
  g_autofree gchar *clock = time ? g_date_time_format (time, "%H:%M") : NULL;
  GString *out = g_string_new (NULL);

  for (guint i = 0; lines[i]; i++) {
    g_autoptr (GString) line = g_string_new (lines[i]);

    if (strstr (line->str, "{next}") && !clock)
      continue;
    if (clock)
      g_string_replace (line, "{next}", clock, 0);
    g_string_append (out, out->len > 0 ? "\n" : "");
    g_string_append (out, line->str);
  }
  return g_string_free (out, FALSE);
}

static void
set_pattern (VsPlaySlate *slate, const gchar *pattern)
{
  g_autoptr (GString) broken = g_string_new (pattern);

  g_string_replace (broken, "\\n", "\n", 0);
  slate->pattern = g_strdup (broken->str);
  slate->text = fill_in (slate->pattern, slate->next);
}

gboolean
vs_play_slate_wants_next (const VsPlaySlate *slate)
{
  return slate->pattern && strstr (slate->pattern, "{next}");
}

void
vs_play_slate_set_next (VsPlaySlate *slate, gint64 us)
{
  gint64 next = us == G_MININT64 ? us : us / (60 * G_USEC_PER_SEC);

  if (next == slate->next || !vs_play_slate_wants_next (slate))
    return;
  slate->next = next;
  g_mutex_lock (&slate->lock);
  g_free (slate->text);
  slate->text = fill_in (slate->pattern, next);
  g_mutex_unlock (&slate->lock);
  begin_load (slate);
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
  slate->reaper = reaper;
  slate->next = G_MININT64;
  slate->drawn = draw (format, bars);
  if (!spec || !*spec || bars || g_str_equal (spec, "black"))
    return slate;
  if (g_str_has_prefix (spec, VS_PLAY_SLATE_TEXT))
    set_pattern (slate, spec + strlen (VS_PLAY_SLATE_TEXT));
  else
    slate->path = g_strdup (spec);
  begin_load (slate);
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

  if (slate->path || slate->pattern) {
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
