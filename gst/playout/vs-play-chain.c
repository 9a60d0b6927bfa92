/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-chain.h"

#include <glib/gstdio.h>

#include "core/vs-error.h"

/* Pictures and audio buffers that wait in an appsink: enough for what comes
 * between two ticks. The time that a feed is ahead waits in the buffer of the
 * engine, where it can be seen. */
#define MAX_PICTURES 4
#define MAX_BLOCKS 30
#define RTSP_LATENCY_MS 200
#define NOWHERE "/dev/null/file"     /* an address all the same */
#define UDP_BUFFER (2 * 1024 * 1024) /* bytes in the kernel, one burst */

/* GStreamer 1.26: a downstream buffer is now and then taken for a picture with
 * its padding, and the process ends by g_error (). */
static void
on_deep_element_added (
    GstBin *pipeline, GstBin *parent, GstElement *element, gpointer user_data)
{
  GObjectClass *class = G_OBJECT_GET_CLASS (element);

  if (g_object_class_find_property (class, "direct-rendering"))
    g_object_set (element, "direct-rendering", FALSE, NULL);
}

void
vs_play_chain_set_up_decoders (GstElement *pipeline)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  if (minor >= 24)
    g_signal_connect (pipeline, "deep-element-added",
        G_CALLBACK (on_deep_element_added), NULL);
}

GstElement *
vs_play_chain_make (
    GstBin *bin, const gchar *factory, const gchar *name, GError **error)
{
  GstElement *element = gst_element_factory_make (factory, name);

  if (!element) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "The GStreamer element “%s” is missing; install the plugin sets base "
        "and good.",
        factory);
    return NULL;
  }
  gst_bin_add (bin, element);
  return element;
}

static GstElement *
append (GstBin *bin, GstElement *to, const gchar *factory, const gchar *name,
    GError **error)
{
  GstElement *element = vs_play_chain_make (bin, factory, name, error);

  if (element && to && !gst_element_link (to, element)) {
    g_set_error (error, VS_ERROR, VS_ERROR_INTERNAL,
        "The element “%s” does not fit after “%s”.", factory,
        GST_OBJECT_NAME (to));
    return NULL;
  }
  return element;
}

static void
expose (GstElement *bin, GstElement *element, const gchar *pad_name,
    const gchar *name)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, pad_name);

  gst_element_add_pad (bin, gst_ghost_pad_new (name, pad));
}

/* A chain of elements, NULL-terminated; the first and last are returned. */
static gboolean
append_all (GstBin *bin, const gchar *const *factories, GstElement **first,
    GstElement **last, GError **error)
{
  for (guint i = 0; factories[i]; i++) {
    *last = append (bin, *last, factories[i], NULL, error);
    if (!*last)
      return FALSE;
    if (!*first)
      *first = *last;
  }
  return TRUE;
}

/* The engine picks a picture for each tick, so the chain keeps the feed's
 * frame rate: no videorate, which would fill a jump of an hour with frames. */
static GstCaps *
sink_caps (const VsPlayFormat *format, VsPlayStream stream)
{
  GstCaps *caps = gst_caps_copy (
      stream == VS_PLAY_VIDEO ? format->video_caps : format->audio_caps);

  if (stream == VS_PLAY_VIDEO)
    gst_structure_remove_field (gst_caps_get_structure (caps, 0), "framerate");
  else
    gst_caps_set_simple (caps, "format", G_TYPE_STRING, "F32LE", NULL);
  return caps;
}

GstElement *
vs_play_chain_new_sink (
    const VsPlayFormat *format, VsPlayStream stream, GError **error)
{
  static const gchar *const video[] = { "deinterlace", "videoflip",
    "videoconvertscale", "capsfilter", NULL };
  static const gchar *const audio[] = { "audioconvert", "audioresample",
    "capsfilter", NULL };
  g_autoptr (GstElement) bin = gst_object_ref_sink (gst_bin_new (NULL));
  g_autoptr (GstCaps) caps = sink_caps (format, stream);
  GstElement *first = NULL, *last = NULL, *sink;

  if (!append_all (GST_BIN (bin), stream == VS_PLAY_VIDEO ? video : audio,
          &first, &last, error))
    return NULL;
  g_object_set (last, "caps", caps, NULL);
  sink = append (GST_BIN (bin), last, "appsink", "sink", error);
  if (!sink)
    return NULL;
  g_object_set (sink, "sync", FALSE, "async", FALSE, "qos", FALSE,
      "enable-last-sample", FALSE, "wait-on-eos", FALSE, "max-buffers",
      stream == VS_PLAY_VIDEO ? MAX_PICTURES : MAX_BLOCKS, NULL);
  if (stream == VS_PLAY_VIDEO) {
    for (GList *l = GST_BIN_CHILDREN (bin); l; l = l->next) {
      const gchar *factory =
          GST_OBJECT_NAME (gst_element_get_factory (l->data));

      if (g_str_equal (factory, "videoflip"))
        gst_util_set_object_arg (l->data, "video-direction", "auto");
      else if (g_str_equal (factory, "deinterlace") &&
               format->video.fps_n <= 30 * format->video.fps_d)
        gst_util_set_object_arg (l->data, "fields", "top");
    }
  }
  expose (bin, first, "sink", "sink");
  return g_steal_pointer (&bin);
}

static void
on_rtp_pad (GstElement *decoder, GstPad *pad, gpointer data)
{
  g_autoptr (GstPad) ghost =
      gst_object_ref_sink (gst_ghost_pad_new (NULL, pad));

  gst_pad_set_active (ghost, TRUE);
  gst_element_add_pad (data, ghost);
}

static void
on_rtp_no_more_pads (GstElement *decoder, gpointer data)
{
  gst_element_no_more_pads (data);
}

GstElement *
vs_play_chain_new_rtp (const gchar *uri, GError **error)
{
  static const gchar *const factories[] = { "udpsrc", "rtpjitterbuffer",
    "rtpmp2tdepay", "decodebin", NULL };
  g_autoptr (GstElement) bin = gst_object_ref_sink (gst_bin_new (NULL));
  g_autoptr (GstCaps) caps = gst_caps_from_string (
      "application/x-rtp, media=(string)video, clock-rate=(int)90000, "
      "encoding-name=(string)MP2T, payload=(int)33");
  g_autofree gchar *udp = g_strconcat ("udp:", uri + 4, NULL);
  GstElement *first = NULL, *last = NULL;

  if (!append_all (GST_BIN (bin), factories, &first, &last, error))
    return NULL;
  g_object_set (first, "uri", udp, "caps", caps, NULL);
  g_signal_connect (last, "pad-added", G_CALLBACK (on_rtp_pad), bin);
  g_signal_connect (
      last, "no-more-pads", G_CALLBACK (on_rtp_no_more_pads), bin);
  return g_steal_pointer (&bin);
}

gboolean
vs_play_chain_check_file (const gchar *uri, GError **error)
{
  g_autofree gchar *path = g_filename_from_uri (uri, NULL, NULL);
  GStatBuf info;

  if (!path || g_stat (path, &info) != 0 || S_ISREG (info.st_mode) ||
      S_ISDIR (info.st_mode))
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
      "It is a pipe or a device, and no file.");
  return FALSE;
}

void
vs_play_chain_swallow (GstBin *bin, GstPad *pad)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) to = NULL;

  if (!sink)
    return;
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (bin, sink);
  to = gst_element_get_static_pad (sink, "sink");
  gst_pad_link (pad, to);
  gst_element_sync_state_with_parent (sink);
}

VsPlayStream
vs_play_chain_get_stream (GstCaps *caps)
{
  const gchar *media =
      gst_structure_get_name (gst_caps_get_structure (caps, 0));
  VsPlayStream stream = g_str_has_prefix (media, "video/")   ? VS_PLAY_VIDEO
                        : g_str_has_prefix (media, "audio/") ? VS_PLAY_AUDIO
                        : g_str_has_prefix (media, "image/")
                            ? VS_PLAY_VIDEO
                            : VS_PLAY_N_STREAMS;
  GList *all, *fitting;

  if (stream == VS_PLAY_N_STREAMS)
    return stream;
  all = gst_element_factory_list_get_elements (
      GST_ELEMENT_FACTORY_TYPE_DEMUXER, GST_RANK_MARGINAL);
  fitting = gst_element_factory_list_filter (all, caps, GST_PAD_SINK, FALSE);
  if (fitting)
    stream = VS_PLAY_N_STREAMS;
  gst_plugin_feature_list_free (fitting);
  gst_plugin_feature_list_free (all);
  return stream;
}

static void
set_if_there (GstElement *element, const gchar *name, const gchar *value)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), name))
    gst_util_set_object_arg (G_OBJECT (element), name, value);
}

void
vs_play_chain_set_up_source (GstElement *source, GstClockTime timeout)
{
  const gchar *factory = GST_OBJECT_NAME (gst_element_get_factory (source));

  if (g_str_equal (factory, "rtspsrc")) {
    g_object_set (source, "latency", RTSP_LATENCY_MS, NULL);
  } else if (g_str_equal (factory, "udpsrc")) {
    g_object_set (source, "buffer-size", UDP_BUFFER, NULL);
  } else if (g_str_equal (factory, "souphttpsrc")) {
    g_autofree gchar *s =
        g_strdup_printf ("%u", (guint) (timeout / GST_SECOND) + 1);
    set_if_there (source, "timeout", s);
  }
}

/* Kinds of address that only what is of the same kind may lead to. */
static const gchar *const own[] = { "file", "s3", "film", NULL };

static gboolean
may_lead (const gchar *from, const gchar *const *to)
{
  for (guint i = 0; own[i]; i++)
    if (g_strv_contains (to, own[i]))
      return g_strcmp0 (from, own[i]) == 0;
  return g_strcmp0 (from, "film") != 0;
}

/* Demuxers of playlists make a source for each kind of address. The first of a
 * kind is seen here before it is opened. */
static void
on_element (
    GstElement *source, GstBin *bin, GstElement *element, gpointer user_data)
{
  const gchar *const *protocols;

  if (!GST_IS_URI_HANDLER (element) ||
      gst_uri_handler_get_uri_type (GST_URI_HANDLER (element)) != GST_URI_SRC)
    return;
  protocols = gst_uri_handler_get_protocols (GST_URI_HANDLER (element));
  if (!protocols || may_lead (user_data, protocols))
    return;
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), "location"))
    g_object_set (element, "location", NOWHERE, NULL);
  GST_ELEMENT_ERROR (source, RESOURCE, NOT_AUTHORIZED,
      ("It names %s, which what comes from %s may not.",
          g_strv_contains (protocols, "file") ? "a file of this machine"
          : g_strv_contains (protocols, "s3") ? "an object of a store"
                                              : "what is somewhere else",
          g_strcmp0 (user_data, "film") == 0 ? "the library" : "a network"),
      (NULL));
}

void
vs_play_chain_limit_reach (GstElement *source, const gchar *uri)
{
  const gchar *scheme = g_uri_peek_scheme (uri);

  if (g_strcmp0 (scheme, "file") != 0 && g_strcmp0 (scheme, "data") != 0)
    g_signal_connect (source, "deep-element-added", G_CALLBACK (on_element),
        (gpointer) scheme);
}
