/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-plan-job.h"

#include "core/vs-error.h"
#include "core/vs-units.h"
#include "worker/vs-package.h"
#include "worker/vs-plan-ladder.h"
#include "worker/vs-property.h"

#include <string.h>

#define NS_PER_US 1000
#define TESTSRC "testsrc:"
#define TEST_DURATION_US (30 * G_USEC_PER_SEC)
#define TEST_MAX_US (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)

/* 10 ms a buffer: whole buffers for every duration that has been asked for. */
#define TEST_AUDIO_RATE 48000
#define TEST_AUDIO_SAMPLES (TEST_AUDIO_RATE / 100)

typedef struct {
  guint width, height, fps_n, fps_d;
} Picture;

gboolean
vs_plan_is_testsrc (const gchar *uri)
{
  return uri && g_str_has_prefix (uri, TESTSRC);
}

/* The size in which raw input is made: that of the largest rendition. */
static Picture
choose_picture (const VsPreset *preset)
{
  Picture picture = { 1280, 720, 30, 1 };
  const VsRung *rung =
      preset->ladder->rungs->len > 0 ? preset->ladder->rungs->pdata[0] : NULL;

  if (!rung)
    return picture;
  if (rung->height)
    picture.height = rung->height;
  picture.width = rung->width ? rung->width : picture.height * 16 / 9 / 2 * 2;
  if (rung->fps_n) {
    picture.fps_n = rung->fps_n;
    picture.fps_d = rung->fps_d;
  }
  return picture;
}

static gchar *
format_video_caps (const Picture *picture)
{
  return g_strdup_printf ("video/x-raw,format=I420,width=%u,height=%u,"
                          "framerate=%u/%u,pixel-aspect-ratio=1/1,"
                          "interlace-mode=progressive",
      picture->width, picture->height, picture->fps_n, picture->fps_d);
}

static gboolean
parse_test_duration (const gchar *uri, gint64 *us, GError **error)
{
  const gchar *query = strchr (uri, '?');
  g_autoptr (GHashTable) params = NULL;
  const gchar *text;

  *us = TEST_DURATION_US;
  if (!query)
    return TRUE;
  params = g_uri_parse_params (query + 1, -1, "&", G_URI_PARAMS_NONE, error);
  if (!params)
    return FALSE;
  text = g_hash_table_lookup (params, "duration");
  if (!text)
    return TRUE;
  if (!vs_units_parse_duration (text, us, error))
    return FALSE;
  if (*us > 0 && *us <= TEST_MAX_US)
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "“%s”: the duration of the test clip is from 1ms to 24h.", uri);
  return FALSE;
}

static void
add_test_video (VsPlan *plan, const VsPreset *preset, gint64 duration_us,
    const VsPlanNode *ladder)
{
  Picture picture = choose_picture (preset);
  g_autofree gchar *caps = format_video_caps (&picture);
  VsPlanNode *source = vs_plan_add (plan, "videotestsrc", "video_source");
  VsPlanNode *filter = vs_plan_add (plan, "capsfilter", "video_caps");
  VsPlanNode *clock = vs_plan_add (plan, "timeoverlay", "clock");

  vs_plan_set_number (source, "num-buffers",
      MAX (gst_util_uint64_scale_round ((guint64) duration_us, picture.fps_n,
               (guint64) picture.fps_d * G_USEC_PER_SEC),
          1));
  vs_plan_set (filter, "caps", caps);
  vs_plan_set (clock, "font-desc", "Sans, 32");
  vs_plan_link (plan, source, NULL, filter, NULL);
  vs_plan_link (plan, filter, NULL, clock, NULL);
  vs_plan_link (plan, clock, "src", ladder, "video_sink");
}

static void
add_test_audio (VsPlan *plan, gint64 duration_us, const VsPlanNode *ladder)
{
  VsPlanNode *source = vs_plan_add (plan, "audiotestsrc", "audio_source");
  VsPlanNode *filter = vs_plan_add (plan, "capsfilter", "audio_caps");

  vs_plan_set_number (source, "samplesperbuffer", TEST_AUDIO_SAMPLES);
  vs_plan_set_number (source, "num-buffers",
      MAX ((guint64) duration_us * TEST_AUDIO_RATE / TEST_AUDIO_SAMPLES /
               G_USEC_PER_SEC,
          1));
  vs_plan_set (source, "volume", "0.2");
  vs_plan_set (filter, "caps", "audio/x-raw,rate=48000,channels=2");
  vs_plan_link (plan, source, NULL, filter, NULL);
  vs_plan_link (plan, filter, "src", ladder, "audio_sink");
}

static gboolean
add_test_clip (VsPlan *plan, const VsPreset *preset, const VsPlanNode *ladder,
    GError **error)
{
  gint64 duration_us;

  if (!parse_test_duration (preset->input_uri, &duration_us, error))
    return FALSE;
  plan->duration_us = duration_us;
  if (preset->video)
    add_test_video (plan, preset, duration_us, ladder);
  if (preset->with_audio)
    add_test_audio (plan, duration_us, ladder);
  return TRUE;
}

/* Schemes that wait for a sender or never end. */
static gboolean
is_live_scheme (const gchar *uri)
{
  static const gchar *const schemes[] = { "srt", "udp", "rtp", "rtsp", "rtsps",
    "rtspt", "rtspu", "rtmp", "rtmps", "rtmpt", "rist", NULL };
  g_autofree gchar *scheme = g_uri_parse_scheme (uri);

  return scheme && g_strv_contains (schemes, scheme);
}

/* The source that GStreamer has for the URI, by its factory and where it
 * keeps the address. */
static gchar *
find_source (const gchar *uri, const gchar **property, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GstElement) element = NULL;
  GObjectClass *klass;

  if (is_live_scheme (uri)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” is a live feed: use a preset of type=live.", uri);
    return NULL;
  }
  element = gst_element_make_from_uri (GST_URI_SRC, uri, NULL, &reason);
  if (!element) {
    g_autofree gchar *scheme = g_uri_parse_scheme (uri);

    g_set_error (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "Nothing can read “%s”: %s. Is the scheme “%s” right, and is its "
        "plugin installed (most are in gstreamer1.0-plugins-good and "
        "gstreamer1.0-plugins-bad)?",
        uri, reason->message, scheme ? scheme : "");
    return NULL;
  }
  gst_object_ref_sink (element);
  klass = G_OBJECT_GET_CLASS (element);
  *property =
      g_object_class_find_property (klass, "location") ? "location" : "uri";
  if (!gst_element_class_get_pad_template (GST_ELEMENT_CLASS (klass), "src") ||
      !g_object_class_find_property (klass, *property)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” cannot be read as a file: try a preset of type=live.", uri);
    return NULL;
  }
  return g_strdup (GST_OBJECT_NAME (gst_element_get_factory (element)));
}

static VsPlanNode *
add_source (VsPlan *plan, const VsPreset *preset, GError **error)
{
  const gchar *uri = preset->input_uri;
  const gchar *property = NULL;
  g_autofree gchar *factory = find_source (uri, &property, error);
  g_autofree gchar *path = NULL;
  VsPlanNode *node;

  if (!factory)
    return NULL;
  node = vs_plan_add (plan, factory, "source");
  if (g_str_equal (factory, "filesrc"))
    path = g_filename_from_uri (uri, NULL, NULL);
  vs_plan_set (node, property, path ? path : uri);
  if (g_str_equal (factory, "souphttpsrc"))
    vs_plan_set_number (node, "timeout",
        (guint64) CLAMP (preset->input_timeout_us / G_USEC_PER_SEC, 1, 3600));
  return node;
}

static gboolean
add_vod (VsPlan *plan, const VsPreset *preset, GError **error)
{
  gboolean test = vs_plan_is_testsrc (preset->input_uri);
  VsPlanNode *source = NULL;
  VsPlanNode *ladder, *sink;

  if (!test) {
    source = add_source (plan, preset, error);
    if (!source)
      return FALSE;
  }
  ladder = vs_plan_add_ladder (plan, preset);
  if (source)
    vs_plan_link (plan, source, NULL, ladder, NULL);
  sink = vs_plan_add_sink (plan, preset);
  vs_plan_link_ladder (plan, preset, ladder, sink);
  return !test || add_test_clip (plan, preset, ladder, error);
}

static void
add_live (VsPlan *plan, const VsPreset *preset)
{
  Picture picture = choose_picture (preset);
  g_autofree gchar *caps = format_video_caps (&picture);
  VsPlanNode *feed = vs_plan_add (plan, "livefeedsrc", VS_PLAN_FEED);
  VsPlanNode *ladder, *sink;

  vs_plan_set (feed, "uri", preset->input_uri);
  vs_plan_set (feed, "video-caps", caps);
  if (preset->input_timeout_us > 0)
    vs_plan_set_number (
        feed, "timeout", (guint64) preset->input_timeout_us * NS_PER_US);
  vs_plan_set_number (feed, "hold-time", (guint64) preset->hold_us * NS_PER_US);
  if (preset->slate)
    vs_plan_set (feed, "slate", preset->slate);
  ladder = vs_plan_add_ladder (plan, preset);
  sink = vs_plan_add_sink (plan, preset);
  vs_plan_link_ladder (plan, preset, ladder, sink);
  if (preset->video)
    vs_plan_link (plan, feed, "video", ladder, "video_sink");
  if (preset->with_audio)
    vs_plan_link (plan, feed, "audio", ladder, "audio_sink");
}

static void
set_given (VsPlanNode *node, const gchar *name, const gchar *value)
{
  if (value)
    vs_plan_set (node, name, value);
}

static void
add_channel (VsPlan *plan, const VsPreset *preset)
{
  Picture picture = choose_picture (preset);
  g_autofree gchar *caps = format_video_caps (&picture);
  VsPlanNode *queue = vs_plan_add (plan, "playbackqueuesrc", VS_PLAN_QUEUE);
  VsPlanNode *ladder, *sink;

  vs_plan_set (queue, "queue", preset->queue_location);
  vs_plan_set (queue, "video-caps", caps);
  set_given (queue, "items", preset->queue_items);
  set_given (queue, "filler-uri", preset->queue_filler);
  set_given (queue, "slate", preset->queue_slate);
  set_given (queue, "cut-mode", preset->queue_cut);
  set_given (queue, "resume-mode", preset->queue_resume);
  set_given (queue, "restart-mode", preset->queue_restart);
  if (preset->queue_transition) {
    vs_plan_set (queue, "transition", preset->queue_transition);
    vs_plan_set_number (queue, "transition-duration",
        (guint64) preset->queue_transition_us * 1000);
  }
  set_given (queue, "asrun-location", preset->queue_asrun);
  set_given (queue, "asset-location", preset->queue_assets);
  if (preset->queue_normalize)
    vs_plan_set_bool (queue, "normalize-audio", TRUE);
  ladder = vs_plan_add_ladder (plan, preset);
  sink = vs_plan_add_sink (plan, preset);
  vs_plan_link_ladder (plan, preset, ladder, sink);
  /* The element links its sound along with its pictures. */
  vs_plan_link (plan, queue, "video", ladder, "video_sink");
}

VsPlan *
vs_plan_for_preset (const VsPreset *preset, GError **error)
{
  g_autoptr (VsPlan) plan = vs_plan_new ();

  if (preset->launch)
    plan->launch = g_strdup (preset->launch);
  else if (preset->type == VS_PRESET_LIVE)
    add_live (plan, preset);
  else if (preset->type == VS_PRESET_CHANNEL)
    add_channel (plan, preset);
  else if (!add_vod (plan, preset, error))
    return NULL;
  return g_steal_pointer (&plan);
}

static gboolean
check_video_encoders (const VsPreset *preset, GError **error)
{
  const GPtrArray *rungs = preset->ladder->rungs;
  VsCodec codec = preset->codec ? preset->codec : VS_CODEC_H264;

  if (preset->encoder)
    return vs_package_check_element (preset->encoder, error);
  if (rungs->len == 0)
    return vs_package_check_encoder (codec, error);
  for (guint i = 0; i < rungs->len; i++) {
    const VsRung *rung = rungs->pdata[i];

    if (!rung->copy &&
        !vs_package_check_encoder (rung->codec ? rung->codec : codec, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_encoders (const VsPreset *preset, GError **error)
{
  if (preset->video && !check_video_encoders (preset, error))
    return FALSE;
  for (guint i = 0; preset->with_audio && i < preset->audio->len; i++) {
    const VsPresetAudio *audio = preset->audio->pdata[i];

    if (!audio->copy && !vs_package_check_encoder (audio->codec, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
vs_plan_check (const VsPlan *plan, const VsPreset *preset, GError **error)
{
  if (plan->launch)
    return TRUE; /* building it tells */
  for (guint i = 0; i < plan->nodes->len; i++) {
    const VsPlanNode *node = plan->nodes->pdata[i];

    if (!vs_package_check_element (node->factory, error))
      return FALSE;
  }
  return check_encoders (preset, error);
}
