/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-package.h"

#include "core/vs-error.h"

#define BASE "gstreamer1.0-plugins-base"
#define GOOD "gstreamer1.0-plugins-good"
#define BAD "gstreamer1.0-plugins-bad"
#define UGLY "gstreamer1.0-plugins-ugly"
#define LIBAV "gstreamer1.0-libav"
#define X "gstreamer1.0-x"

static const struct {
  const gchar *factory, *package;
} packages[] = {
  { "x264enc", UGLY },
  { "openh264enc", BAD },
  { "x265enc", BAD },
  { "av1enc", BAD },
  { "vp9enc", GOOD },
  { "vp9dec", GOOD },
  { "avenc_aac", LIBAV },
  { "voaacenc", BAD },
  { "opusenc", BASE },
  { "videotestsrc", BASE },
  { "audiotestsrc", BASE },
  { "timeoverlay", X },
  { "clockoverlay", X },
  { "textoverlay", X },
  { "uridecodebin", BASE },
  { "uridecodebin3", BASE },
  { "decodebin", BASE },
  { "videoconvert", BASE },
  { "videorate", BASE },
  { "audioconvert", BASE },
  { "audioresample", BASE },
  { "souphttpsrc", GOOD },
  { "rtspsrc", GOOD },
  { "udpsrc", GOOD },
  { "splitmuxsink", GOOD },
  { "hlssink2", BAD },
  { "dashsink", BAD },
  { "mpegtsmux", BAD },
  { "srtsrc", BAD },
  { "rtmp2src", BAD },
};

static const struct {
  VsCodec codec;
  const gchar *name, *caps, *factory;
} encoders[] = {
  { VS_CODEC_H264, "H.264", "video/x-h264", "x264enc" },
  { VS_CODEC_H265, "H.265", "video/x-h265", "x265enc" },
  { VS_CODEC_AV1, "AV1", "video/x-av1", "av1enc" },
  { VS_CODEC_VP9, "VP9", "video/x-vp9", "vp9enc" },
  { VS_CODEC_AAC, "AAC", "audio/mpeg, mpegversion=(int)4", "avenc_aac" },
  { VS_CODEC_OPUS, "Opus", "audio/x-opus", "opusenc" },
};

const gchar *
vs_package_of_element (const gchar *factory)
{
  for (guint i = 0; i < G_N_ELEMENTS (packages); i++)
    if (g_str_equal (packages[i].factory, factory))
      return packages[i].package;
  if (g_str_has_prefix (factory, "av"))
    return LIBAV; /* avdec_…, avenc_…, avdemux_… */
  return NULL;
}

static gboolean
is_own (const gchar *factory)
{
  return g_str_equal (factory, "abrladder") ||
         g_str_equal (factory, "abrsink") ||
         g_str_equal (factory, "livefeedsrc");
}

gboolean
vs_package_check_element (const gchar *factory, GError **error)
{
  g_autoptr (GstElementFactory) found = gst_element_factory_find (factory);
  const gchar *package = vs_package_of_element (factory);

  if (found)
    return TRUE;
  if (g_str_equal (factory, "vsx264enc"))
    g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "The element “%s” is missing: this vstream was built without libx264. "
        "Install libx264-dev and build it again, or use x264enc.",
        factory);
  else if (is_own (factory))
    g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "The element “%s” is missing: GStreamer does not find the vstream "
        "plugin. Install vstream, or set GST_PLUGIN_PATH to its folder.",
        factory);
  else if (package)
    g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "The element “%s” is missing: install the package %s.", factory,
        package);
  else
    g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "There is no element “%s”: install the GStreamer plugin that has it, "
        "or mend the name.",
        factory);
  return FALSE;
}

/* Our own ladder is an encoder as well, of what others encode. */
static gboolean
has_encoder (const gchar *caps_text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);
  GList *all = gst_element_factory_list_get_elements (
      GST_ELEMENT_FACTORY_TYPE_ENCODER, GST_RANK_NONE);
  GList *fitting =
      gst_element_factory_list_filter (all, caps, GST_PAD_SRC, FALSE);
  gboolean found = FALSE;

  for (GList *l = fitting; l && !found; l = l->next)
    found = !is_own (GST_OBJECT_NAME (l->data));
  gst_plugin_feature_list_free (fitting);
  gst_plugin_feature_list_free (all);
  return found;
}

gboolean
vs_package_check_encoder (VsCodec codec, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (encoders); i++) {
    if (encoders[i].codec != codec || has_encoder (encoders[i].caps))
      continue;
    g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "There is no encoder for %s: install the package %s (%s).",
        encoders[i].name, vs_package_of_element (encoders[i].factory),
        encoders[i].factory);
    return FALSE;
  }
  return TRUE;
}
