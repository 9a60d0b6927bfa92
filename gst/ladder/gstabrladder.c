/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-abrladder
 * @title: abrladder
 * @short_description: decodes once, encodes a ladder of renditions
 *
 * Takes a file, a stream or raw pictures and sound, and gives one encoded
 * video stream a rendition, with closed GOPs that begin at the same instant
 * in all of them, and one audio stream an audio rendition.
 *
 * |[
 * gst-launch-1.0 filesrc location=in.mp4 ! abrladder ! hlssink2
 * ]| HLS of the first rendition; the audio is linked by itself.
 * |[
 * gst-launch-1.0 filesrc location=in.mp4 ! abrladder ! abrsink location=out
 * ]| the whole ladder as HLS and DASH.
 */
#include "config.h"

#include "core/vs-error.h"
#include "ladder/vs-ladder-bin.h"

#include <stdio.h>
#include <string.h>

GST_DEBUG_CATEGORY (gst_abr_ladder_debug);
#define GST_CAT_DEFAULT gst_abr_ladder_debug

#define DEFAULT_CODEC VS_CODEC_H264
#define DEFAULT_SPEED "veryfast"
#define DEFAULT_GOP_DURATION (2 * GST_SECOND)
#define DEFAULT_AUDIO_CODEC VS_CODEC_AAC
#define DEFAULT_AUDIO_BITRATE 128000
#define DEFAULT_LETTERBOX FALSE
#define DEFAULT_AUTOLINK TRUE

enum {
  PROP_0,
  PROP_RENDITIONS,
  PROP_LADDER,
  PROP_CODEC,
  PROP_ENCODER,
  PROP_SPEED,
  PROP_GOP_DURATION,
  PROP_AUDIO_CODEC,
  PROP_AUDIO_BITRATE,
  PROP_AUDIO_RENDITIONS,
  PROP_TEXT_RENDITIONS,
  PROP_LETTERBOX,
  PROP_FRAMERATE,
  PROP_AUTOLINK,
  PROP_STATS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

#define VIDEO_CAPS "video/x-h264; video/x-h265; video/x-av1; video/x-vp9"
#define AUDIO_CAPS "audio/mpeg, mpegversion = (int) 4; audio/x-opus"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate video_sink_template =
    GST_STATIC_PAD_TEMPLATE ("video_sink", GST_PAD_SINK, GST_PAD_REQUEST,
        GST_STATIC_CAPS ("video/x-raw"));
static GstStaticPadTemplate audio_sink_template =
    GST_STATIC_PAD_TEMPLATE ("audio_sink", GST_PAD_SINK, GST_PAD_REQUEST,
        GST_STATIC_CAPS ("audio/x-raw"));
static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE (
    "video", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (VIDEO_CAPS));
static GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE (
    "audio", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (AUDIO_CAPS));
static GstStaticPadTemplate video_n_template = GST_STATIC_PAD_TEMPLATE (
    "video_%u", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS (VIDEO_CAPS));
static GstStaticPadTemplate audio_n_template = GST_STATIC_PAD_TEMPLATE (
    "audio_%u", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS (AUDIO_CAPS));

static GstStaticPadTemplate text_n_template = GST_STATIC_PAD_TEMPLATE (
    "text_%u", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS ("text/x-raw"));

G_DEFINE_TYPE (GstAbrLadder, gst_abr_ladder, GST_TYPE_BIN)
GST_ELEMENT_REGISTER_DEFINE (
    abrladder, "abrladder", GST_RANK_NONE, GST_TYPE_ABR_LADDER)

VsLadderInput *
vs_ladder_input_new (GstPad *pad, GstCaps *caps)
{
  VsLadderInput *input = g_new0 (VsLadderInput, 1);

  input->pad = gst_object_ref (pad);
  input->caps = caps != NULL ? gst_caps_ref (caps) : NULL;
  return input;
}

static void
input_free (gpointer data)
{
  VsLadderInput *input = data;

  gst_object_unref (input->pad);
  gst_clear_caps (&input->caps);
  g_free (input->language);
  g_free (input->title);
  g_free (input);
}

static void
count_free (gpointer data)
{
  VsLadderCount *count = data;

  g_free (count->name);
  g_free (count);
}

GstPad *
gst_abr_ladder_add_source (GstAbrLadder *self, VsMedia media, guint index)
{
  g_autofree gchar *name =
      g_strdup_printf ("%s_%u", vs_media_name (media), index);
  g_autofree gchar *kind = g_strdup_printf ("%s_%%u", vs_media_name (media));
  GstPadTemplate *templ =
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), kind);
  GstPad *pad = gst_ghost_pad_new_no_target_from_template (name, templ);

  gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static GstPad *
add_raw_sink (GstAbrLadder *self, GstPadTemplate *templ, GstPad **slot)
{
  if (*slot != NULL)
    return NULL;
  *slot = gst_ghost_pad_new_no_target_from_template (
      GST_PAD_TEMPLATE_NAME_TEMPLATE (templ), templ);
  gst_pad_set_active (*slot, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), *slot);
  return *slot;
}

static GstPad *
gst_abr_ladder_request_new_pad (GstElement *element, GstPadTemplate *templ,
    const gchar *name, const GstCaps *caps)
{
  GstAbrLadder *self = GST_ABR_LADDER (element);
  const gchar *kind = GST_PAD_TEMPLATE_NAME_TEMPLATE (templ);
  VsMedia media =
      g_str_has_prefix (kind, "video") ? VS_MEDIA_VIDEO : VS_MEDIA_AUDIO;
  guint index = 0;

  if (g_str_has_prefix (kind, "text"))
    media = VS_MEDIA_TEXT;
  if (GST_PAD_TEMPLATE_DIRECTION (templ) == GST_PAD_SINK)
    return add_raw_sink (self, templ,
        media == VS_MEDIA_VIDEO ? &self->raw_video : &self->raw_audio);

  if (name != NULL && strchr (name, '_') != NULL) {
    index = (guint) g_ascii_strtoull (strchr (name, '_') + 1, NULL, 10);
  } else {
    for (gboolean taken = TRUE; taken; index += taken) {
      g_autofree gchar *free_name =
          g_strdup_printf ("%s_%u", vs_media_name (media), index);
      g_autoptr (GstPad) pad = gst_element_get_static_pad (element, free_name);

      taken = pad != NULL;
    }
  }
  return gst_abr_ladder_add_source (self, media, index);
}

static void
gst_abr_ladder_release_pad (GstElement *element, GstPad *pad)
{
  GstAbrLadder *self = GST_ABR_LADDER (element);

  if (pad == self->raw_video)
    self->raw_video = NULL;
  else if (pad == self->raw_audio)
    self->raw_audio = NULL;
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
}

static void
on_linked (GstPad *pad, GstPad *peer, GstAbrLadder *self)
{
  vs_ladder_autolink_pair (self, pad);
}

/* A property cannot refuse its value, so a bad one is told at the start. */
static gboolean
check_settings (GstAbrLadder *self)
{
  g_autofree gchar *bad = NULL;

  GST_OBJECT_LOCK (self);
  bad = g_strdup (self->bad_setting);
  GST_OBJECT_UNLOCK (self);
  if (bad != NULL)
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("Property %s", bad), (NULL));
  return bad == NULL;
}

static void
start (GstAbrLadder *self)
{
  self->built = self->failed = FALSE;
  self->seen[0] = self->seen[1] = 0;
  vs_ladder_settings_take (
      &self->settings, &self->run, GST_OBJECT_GET_LOCK (self));
  GST_OBJECT_LOCK (self);
  g_ptr_array_set_size (self->counts, 0);
  GST_OBJECT_UNLOCK (self);
  /* What an input without audio or video made us give back the last time. */
  if (gst_pad_is_linked (self->video))
    vs_ladder_autolink_pair (self, self->video);
  else if (gst_pad_is_linked (self->audio))
    vs_ladder_autolink_pair (self, self->audio);
}

static GstStateChangeReturn
gst_abr_ladder_change_state (GstElement *element, GstStateChange transition)
{
  GstAbrLadder *self = GST_ABR_LADDER (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    if (!check_settings (self))
      return GST_STATE_CHANGE_FAILURE;
    start (self);
    if (!vs_ladder_decode_start (self))
      return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    g_atomic_int_set (&self->stopping, TRUE);
    vs_ladder_lead_end (self);
  }
  ret = GST_ELEMENT_CLASS (gst_abr_ladder_parent_class)
            ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
          ret == GST_STATE_CHANGE_FAILURE)) {
    vs_ladder_decode_stop (self);
    vs_ladder_unbuild (self);
  }
  /* decodebin keeps the failure of its way up for its way down; the part is
   * gone, so there is nothing left to fail. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY &&
      ret == GST_STATE_CHANGE_FAILURE)
    ret = GST_STATE_CHANGE_SUCCESS;
  /* Nobody has to wait until the decoder knows its streams: a pipeline that
   * is told so from a streaming thread can lose its EOS (see
   * vs-ladder-autolink.c). The sinks make it wait for data. */
  if (ret == GST_STATE_CHANGE_ASYNC)
    ret = GST_STATE_CHANGE_SUCCESS;
  return ret;
}

static void
gst_abr_ladder_handle_message (GstBin *bin, GstMessage *message)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ASYNC_START ||
      GST_MESSAGE_TYPE (message) == GST_MESSAGE_ASYNC_DONE)
    gst_message_unref (message);
  else if (!vs_ladder_decode_message (GST_ABR_LADDER (bin), message))
    GST_BIN_CLASS (gst_abr_ladder_parent_class)->handle_message (bin, message);
}

static void
forget_bad_setting_locked (GstAbrLadder *self, const gchar *name)
{
  if (self->bad_setting != NULL && g_str_has_prefix (self->bad_setting, name))
    g_clear_pointer (&self->bad_setting, g_free);
}

static void
set_string (gchar **place, const GValue *value)
{
  g_free (*place);
  *place = g_value_dup_string (value);
}

static void
gst_abr_ladder_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstAbrLadder *self = GST_ABR_LADDER (object);
  VsLadderSettings *s = &self->settings;
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  forget_bad_setting_locked (self, pspec->name);
  switch (id) {
    case PROP_RENDITIONS:
      vs_ladder_settings_set_text (s, g_value_get_string (value), &error);
      break;
    case PROP_LADDER:
      vs_ladder_settings_set_ladder (s, value, &error);
      break;
    case PROP_CODEC:
      s->codec = (VsCodec) g_value_get_enum (value);
      break;
    case PROP_ENCODER:
      set_string (&s->encoder, value);
      break;
    case PROP_SPEED:
      set_string (&s->speed, value);
      break;
    case PROP_GOP_DURATION:
      s->gop_duration = g_value_get_uint64 (value);
      break;
    case PROP_AUDIO_CODEC:
      s->audio_codec = (VsCodec) g_value_get_enum (value);
      break;
    case PROP_AUDIO_BITRATE:
      s->audio_bitrate = g_value_get_uint (value);
      break;
    case PROP_AUDIO_RENDITIONS:
      vs_ladder_settings_set_audio (s, value, &error);
      break;
    case PROP_TEXT_RENDITIONS:
      vs_ladder_settings_set_subtitles (s, value);
      break;
    case PROP_LETTERBOX:
      s->letterbox = g_value_get_boolean (value);
      break;
    case PROP_FRAMERATE:
      s->fps_n = gst_value_get_fraction_numerator (value);
      s->fps_d = gst_value_get_fraction_denominator (value);
      break;
    case PROP_AUTOLINK:
      s->autolink = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  if (error != NULL && self->bad_setting == NULL)
    self->bad_setting = g_strdup_printf ("%s: %s", pspec->name, error->message);
  GST_OBJECT_UNLOCK (self);
}

static GstStructure *
make_stats_locked (GstAbrLadder *self)
{
  GstStructure *stats = gst_structure_new_empty ("abrladder-stats");

  for (guint i = 0; i < self->counts->len; i++) {
    VsLadderCount *count = g_ptr_array_index (self->counts, i);
    g_autoptr (GstStructure) one = gst_structure_new ("rendition", "media",
        G_TYPE_STRING, vs_media_name (count->media), "bitrate", G_TYPE_UINT,
        count->bitrate, "frames", G_TYPE_UINT,
        (guint) g_atomic_int_get (&count->frames), "bytes", G_TYPE_UINT64,
        (guint64) __atomic_load_n (&count->bytes, __ATOMIC_RELAXED), NULL);

    gst_structure_set (stats, count->name, GST_TYPE_STRUCTURE, one, NULL);
  }
  return stats;
}

static void
gst_abr_ladder_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstAbrLadder *self = GST_ABR_LADDER (object);
  const VsLadderSettings *s = &self->settings;

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_RENDITIONS:
      g_value_take_string (value, vs_ladder_to_string (s->ladder));
      break;
    case PROP_LADDER:
      vs_ladder_settings_get_ladder (s, value);
      break;
    case PROP_CODEC:
      g_value_set_enum (value, s->codec);
      break;
    case PROP_ENCODER:
      g_value_set_string (value, s->encoder);
      break;
    case PROP_SPEED:
      g_value_set_string (value, s->speed);
      break;
    case PROP_GOP_DURATION:
      g_value_set_uint64 (value, s->gop_duration);
      break;
    case PROP_AUDIO_CODEC:
      g_value_set_enum (value, s->audio_codec);
      break;
    case PROP_AUDIO_BITRATE:
      g_value_set_uint (value, s->audio_bitrate);
      break;
    case PROP_AUDIO_RENDITIONS:
      vs_ladder_settings_get_audio (s, value);
      break;
    case PROP_TEXT_RENDITIONS:
      vs_ladder_settings_get_subtitles (s, value);
      break;
    case PROP_LETTERBOX:
      g_value_set_boolean (value, s->letterbox);
      break;
    case PROP_FRAMERATE:
      gst_value_set_fraction (value, s->fps_n, s->fps_d);
      break;
    case PROP_AUTOLINK:
      g_value_set_boolean (value, s->autolink);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, make_stats_locked (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_abr_ladder_finalize (GObject *object)
{
  GstAbrLadder *self = GST_ABR_LADDER (object);

  vs_ladder_settings_clear (&self->settings);
  vs_ladder_settings_clear (&self->run);
  g_ptr_array_unref (self->parts);
  g_ptr_array_unref (self->linked);
  for (guint i = 0; i < G_N_ELEMENTS (self->inputs); i++)
    g_ptr_array_unref (self->inputs[i]);
  g_ptr_array_unref (self->streams);
  g_ptr_array_unref (self->found);
  g_ptr_array_unref (self->counts);
  g_mutex_clear (&self->raw_lock);
  g_mutex_clear (&self->lead_lock);
  g_cond_clear (&self->lead_cond);
  g_free (self->bad_setting);
  G_OBJECT_CLASS (gst_abr_ladder_parent_class)->finalize (object);
}

#define FLAGS                                                                  \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

static void
install_video_properties (void)
{
  properties[PROP_RENDITIONS] = g_param_spec_string ("renditions", "Renditions",
      "The ladder in its short form, as 1080p@5000k,720p@2800k,480p@1400k; "
      "empty: a default ladder for the source",
      NULL, FLAGS);
  properties[PROP_LADDER] = gst_param_spec_array ("ladder", "Ladder",
      "The same setting as structures named rendition with name, width, "
      "height, framerate, bitrate, max-bitrate, buffer, codec and speed; the "
      "last of the two written counts",
      g_param_spec_boxed (
          "rendition", "Rendition", "One rendition", GST_TYPE_STRUCTURE, FLAGS),
      FLAGS);
  properties[PROP_CODEC] = g_param_spec_enum ("codec", "Codec",
      "The video codec of renditions that name none", GST_TYPE_ABR_LADDER_CODEC,
      DEFAULT_CODEC, FLAGS);
  properties[PROP_ENCODER] = g_param_spec_string ("encoder", "Encoder",
      "Factory name of the video encoder; empty: the first there is for the "
      "codec",
      NULL, FLAGS);
  properties[PROP_SPEED] = g_param_spec_string ("speed", "Speed",
      "The encoder's own preset, or one of x264's names, which is translated "
      "for other encoders",
      DEFAULT_SPEED, FLAGS);
  properties[PROP_GOP_DURATION] =
      g_param_spec_uint64 ("gop-duration", "GOP duration",
          "Time between key frames in nanoseconds, rounded to whole frames",
          GST_MSECOND, 60 * GST_SECOND, DEFAULT_GOP_DURATION, FLAGS);
  properties[PROP_LETTERBOX] = g_param_spec_boolean ("letterbox", "Letterbox",
      "Keep a rendition's width and height and add borders, instead of "
      "fitting the picture into them",
      DEFAULT_LETTERBOX, FLAGS);
  properties[PROP_FRAMERATE] = gst_param_spec_fraction ("framerate",
      "Frame rate", "Constant frame rate of the renditions; 0/1: the source's",
      0, 1, 240, 1, 0, 1, FLAGS);
}

static void
install_other_properties (void)
{
  properties[PROP_AUDIO_CODEC] = g_param_spec_enum ("audio-codec",
      "Audio codec", "The codec of audio renditions that name none",
      GST_TYPE_ABR_LADDER_AUDIO_CODEC, DEFAULT_AUDIO_CODEC, FLAGS);
  properties[PROP_AUDIO_BITRATE] = g_param_spec_uint ("audio-bitrate",
      "Audio bit rate", "Bits a second of audio renditions that name none",
      8000, 1000000, DEFAULT_AUDIO_BITRATE, FLAGS);
  properties[PROP_AUDIO_RENDITIONS] = gst_param_spec_array ("audio-renditions",
      "Audio renditions",
      "Structures named audio with name, codec, bitrate, channels, rate and "
      "language; empty: one rendition of the first audio track",
      g_param_spec_boxed (
          "audio", "Audio", "One audio rendition", GST_TYPE_STRUCTURE, FLAGS),
      FLAGS);
  properties[PROP_TEXT_RENDITIONS] = gst_param_spec_array ("text-renditions",
      "Text renditions",
      "Structures named text with name, language, default and forced; empty: "
      "every subtitle track of the input",
      g_param_spec_boxed (
          "text", "Text", "One text rendition", GST_TYPE_STRUCTURE, FLAGS),
      FLAGS);
  properties[PROP_AUTOLINK] = g_param_spec_boolean ("autolink", "Autolink",
      "When one pad is linked to an element that takes the others as well, "
      "link them too: audio to hlssink2 or a muxer, all renditions to a sink",
      DEFAULT_AUTOLINK, FLAGS);
  properties[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "By rendition: media, bitrate, frames and bytes so far",
      GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
gst_abr_ladder_class_init (GstAbrLadderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_abr_ladder_debug, "abrladder", 0, "ABR ladder");
  object_class->set_property = gst_abr_ladder_set_property;
  object_class->get_property = gst_abr_ladder_get_property;
  object_class->finalize = gst_abr_ladder_finalize;
  install_video_properties ();
  install_other_properties ();
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (
      element_class, &video_sink_template);
  gst_element_class_add_static_pad_template (
      element_class, &audio_sink_template);
  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &audio_template);
  gst_element_class_add_static_pad_template (element_class, &video_n_template);
  gst_element_class_add_static_pad_template (element_class, &audio_n_template);
  gst_element_class_add_static_pad_template (element_class, &text_n_template);
  gst_element_class_set_static_metadata (element_class,
      "Adaptive bit rate ladder", "Codec/Encoder/Bin",
      "Decodes once, and encodes a ladder of renditions with aligned GOPs",
      "the vstream project");
  element_class->request_new_pad = gst_abr_ladder_request_new_pad;
  element_class->release_pad = gst_abr_ladder_release_pad;
  element_class->change_state = gst_abr_ladder_change_state;
  GST_BIN_CLASS (klass)->handle_message = gst_abr_ladder_handle_message;
  gst_type_mark_as_plugin_api (GST_TYPE_ABR_LADDER_CODEC, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ABR_LADDER_AUDIO_CODEC, 0);
}

static GstPad *
add_always (GstAbrLadder *self, const gchar *name)
{
  GstPad *pad = gst_ghost_pad_new_no_target_from_template (name,
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), name));

  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static void
gst_abr_ladder_init (GstAbrLadder *self)
{
  vs_ladder_settings_init (&self->settings);
  self->settings.codec = DEFAULT_CODEC;
  self->settings.speed = g_strdup (DEFAULT_SPEED);
  self->settings.gop_duration = DEFAULT_GOP_DURATION;
  self->settings.audio_codec = DEFAULT_AUDIO_CODEC;
  self->settings.audio_bitrate = DEFAULT_AUDIO_BITRATE;
  self->settings.letterbox = DEFAULT_LETTERBOX;
  self->settings.autolink = DEFAULT_AUTOLINK;
  self->settings.fps_d = 1;

  self->parts = g_ptr_array_new_with_free_func (gst_object_unref);
  self->linked = g_ptr_array_new_with_free_func (gst_object_unref);
  for (guint i = 0; i < G_N_ELEMENTS (self->inputs); i++)
    self->inputs[i] = g_ptr_array_new_with_free_func (input_free);
  self->streams = g_ptr_array_new_with_free_func (gst_object_unref);
  self->found = g_ptr_array_new_with_free_func (g_free);
  self->counts = g_ptr_array_new_with_free_func (count_free);
  g_mutex_init (&self->raw_lock);
  g_mutex_init (&self->lead_lock);
  g_cond_init (&self->lead_cond);

  self->sink = add_always (self, "sink");
  self->video = add_always (self, "video");
  self->audio = add_always (self, "audio");
  g_signal_connect (self->video, "linked", G_CALLBACK (on_linked), self);
  g_signal_connect (self->audio, "linked", G_CALLBACK (on_linked), self);
}
