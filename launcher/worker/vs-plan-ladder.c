/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-plan-ladder.h"

#define NS_PER_US 1000

/* No default ladder has more rungs. */
#define MAX_DEFAULT 9

static void
append_structure (GValue *array, GstStructure *structure)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&value, structure);
  gst_value_array_append_value (array, &value);
}

static void
set_uint (GstStructure *structure, const gchar *name, guint value)
{
  if (value)
    gst_structure_set (structure, name, G_TYPE_UINT, value, NULL);
}

static void
set_text (GstStructure *structure, const gchar *name, const gchar *value)
{
  if (value)
    gst_structure_set (structure, name, G_TYPE_STRING, value, NULL);
}

static void
set_codec (GstStructure *structure, VsCodec codec, gboolean copy)
{
  if (copy)
    set_text (structure, "codec", "copy");
  else if (codec != VS_CODEC_NONE)
    set_text (structure, "codec", vs_codec_name (codec));
}

static GstStructure *
new_rendition (const VsRung *rung)
{
  GstStructure *structure = gst_structure_new_empty ("rendition");

  set_text (structure, "name", rung->name);
  set_uint (structure, "width", rung->width);
  set_uint (structure, "height", rung->height);
  if (rung->fps_n && rung->fps_d)
    gst_structure_set (structure, "framerate", GST_TYPE_FRACTION,
        (gint) rung->fps_n, (gint) rung->fps_d, NULL);
  set_uint (structure, "bitrate", rung->bitrate);
  set_uint (structure, "max-bitrate", rung->max_bitrate);
  set_uint (structure, "buffer", rung->buffer);
  set_codec (structure, rung->codec, rung->copy);
  set_text (structure, "speed", rung->speed);
  return structure;
}

static GstStructure *
new_audio (const VsPresetAudio *audio)
{
  GstStructure *structure = gst_structure_new_empty ("audio");

  set_text (structure, "name", audio->name);
  set_codec (structure, audio->codec, audio->copy);
  set_uint (structure, "bitrate", audio->bitrate);
  set_uint (structure, "channels", audio->channels);
  set_uint (structure, "rate", audio->rate);
  set_text (structure, "language", audio->language);
  return structure;
}

static GstStructure *
make_text (gconstpointer item)
{
  const VsPresetText *text = item;
  GstStructure *structure =
      gst_structure_new ("text", "default", G_TYPE_BOOLEAN, text->is_default,
          "forced", G_TYPE_BOOLEAN, text->is_forced, NULL);

  set_text (structure, "name", text->name);
  set_text (structure, "language", text->language);
  return structure;
}

static void
set_array (VsPlanNode *node, const gchar *name, const GPtrArray *items,
    GstStructure *(*make) (gconstpointer item))
{
  g_auto (GValue) array = G_VALUE_INIT;
  g_autofree gchar *text = NULL;

  if (items->len == 0)
    return;
  g_value_init (&array, GST_TYPE_ARRAY);
  for (guint i = 0; i < items->len; i++)
    append_structure (&array, make (items->pdata[i]));
  text = gst_value_serialize (&array);
  vs_plan_set (node, name, text);
}

static GstStructure *
make_rendition (gconstpointer item)
{
  return new_rendition (item);
}

static GstStructure *
make_audio (gconstpointer item)
{
  return new_audio (item);
}

/* Autolink brings all there is; a job for one medium says so itself. */
static gboolean
is_autolinked (const VsPreset *preset)
{
  return preset->video && preset->with_audio;
}

/* Who sets properties of x264enc means it, though the ladder likes its own
 * element on the same library better. */
static const gchar *
choose_encoder (const VsPreset *preset)
{
  gboolean named = FALSE;

  if (preset->encoder != NULL)
    return preset->encoder;
  if (preset->codec != VS_CODEC_NONE && preset->codec != VS_CODEC_H264)
    return NULL;
  for (guint i = 0; i < preset->ladder->rungs->len; i++) {
    const VsRung *rung = preset->ladder->rungs->pdata[i];

    if (rung->codec != VS_CODEC_NONE && rung->codec != VS_CODEC_H264)
      return NULL;
  }
  for (guint i = 0; i < preset->properties->len; i++) {
    const VsPresetProperty *property = preset->properties->pdata[i];

    if (g_str_equal (property->factory, "vsx264enc"))
      return NULL;
    named = named || g_str_equal (property->factory, "x264enc");
  }
  return named ? "x264enc" : NULL;
}

VsPlanNode *
vs_plan_add_ladder (VsPlan *plan, const VsPreset *preset)
{
  VsPlanNode *node = vs_plan_add (plan, "abrladder", "ladder");
  const gchar *encoder = choose_encoder (preset);

  if (preset->video) {
    set_array (node, "ladder", preset->ladder->rungs, make_rendition);
    if (preset->codec != VS_CODEC_NONE)
      vs_plan_set (node, "codec", vs_codec_name (preset->codec));
    if (encoder)
      vs_plan_set (node, "encoder", encoder);
    if (preset->speed)
      vs_plan_set (node, "speed", preset->speed);
  }
  if (preset->with_audio)
    set_array (node, "audio-renditions", preset->audio, make_audio);
  set_array (node, "text-renditions", preset->text, make_text);
  if (!is_autolinked (preset))
    vs_plan_set_bool (node, "autolink", FALSE);
  if (preset->gop_us > 0)
    vs_plan_set_number (
        node, "gop-duration", (guint64) preset->gop_us * NS_PER_US);
  return node;
}

static const gchar *
get_type_nick (VsPresentationType type)
{
  switch (type) {
    case VS_PRESENTATION_EVENT:
      return "event";
    case VS_PRESENTATION_LIVE:
      return "live";
    case VS_PRESENTATION_VOD:
    default:
      return "vod";
  }
}

/* What a preset does not say is left to the element. */
static void
set_cuts (VsPlanNode *node, const VsPreset *preset)
{
  const gchar *hls = preset->hls_ad_markers;
  g_autoptr (GString) markers = g_string_new (NULL);

  if (preset->discontinuity)
    vs_plan_set (node, "discontinuity-mode", preset->discontinuity);
  if (!hls && preset->dash_ad_markers)
    return;
  if (g_strcmp0 (hls, "cue") != 0 && g_strcmp0 (hls, "none") != 0)
    g_string_append (markers, "+daterange");
  if (g_strcmp0 (hls, "cue") == 0 || g_strcmp0 (hls, "both") == 0)
    g_string_append (markers, "+cue");
  if (preset->dash_ad_markers)
    g_string_append (markers, "+events");
  vs_plan_set (node, "ad-markers", markers->len > 0 ? markers->str + 1 : "0");
}

VsPlanNode *
vs_plan_add_sink (VsPlan *plan, const VsPreset *preset)
{
  VsPlanNode *node = vs_plan_add (plan, "abrsink", VS_PLAN_PUBLISHER);

  vs_plan_set (node, "location", preset->output_location);
  vs_plan_set (
      node, "format", preset->container == VS_CONTAINER_TS ? "ts" : "cmaf");
  vs_plan_set (node, "type", get_type_nick (preset->presentation));
  vs_plan_set_number (
      node, "segment-duration", (guint64) preset->segment_us * NS_PER_US);
  if (preset->presentation != VS_PRESENTATION_VOD) {
    vs_plan_set_number (
        node, "window", (guint64) preset->window_us * NS_PER_US);
    vs_plan_set_number (node, "keep", (guint64) preset->keep_us * NS_PER_US);
  }
  vs_plan_set_bool (node, "hls", preset->hls);
  vs_plan_set_bool (
      node, "dash", preset->dash && preset->container == VS_CONTAINER_CMAF);
  set_cuts (node, preset);
  if (preset->hls_name)
    vs_plan_set (node, "multivariant-name", preset->hls_name);
  if (preset->dash_name)
    vs_plan_set (node, "mpd-name", preset->dash_name);
  return node;
}

/* Renditions 0 to @n - 1. A pad for one that the source turns out to be
 * too small for is given back by the ladder. */
static void
link_each (VsPlan *plan, const VsPlanNode *ladder, const VsPlanNode *sink,
    const gchar *media, guint n)
{
  g_autofree gchar *to = g_strdup_printf ("%s_%%u", media);

  vs_plan_link (plan, ladder, media, sink, to);
  for (guint i = 1; i < n; i++) {
    g_autofree gchar *from = g_strdup_printf ("%s_%u", media, i);

    vs_plan_link (plan, ladder, from, sink, to);
  }
}

void
vs_plan_link_ladder (VsPlan *plan, const VsPreset *preset,
    const VsPlanNode *ladder, const VsPlanNode *sink)
{
  guint n_rungs = preset->ladder->rungs->len;

  if (is_autolinked (preset)) {
    vs_plan_link (plan, ladder, NULL, sink, NULL);
    return;
  }
  for (guint i = 0; i < preset->text->len; i++) {
    g_autofree gchar *from = g_strdup_printf ("text_%u", i);

    vs_plan_link (plan, ladder, from, sink, "text_%u");
  }
  if (preset->video)
    link_each (plan, ladder, sink, "video", n_rungs ? n_rungs : MAX_DEFAULT);
  else
    link_each (plan, ladder, sink, "audio", MAX (preset->audio->len, 1));
}
