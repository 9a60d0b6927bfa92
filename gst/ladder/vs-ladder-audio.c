/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The audio branches: one a rendition, each encoded once.
 *
 *   decoder ! [tee !] queue ! audioconvert ! audioresample ! audiorate !
 *     caps ! audioconvert ! encoder ! parser ! queue
 *
 * The first audioconvert mixes by ITU-R BS.775; audiorate fills holes, but
 * leaves the first sample where the source has it. */
#include "config.h"

#include "ladder/vs-ladder-bin.h"

#include <gst/audio/audio.h>
#include <gst/tag/tag.h>

#define GST_CAT_DEFAULT gst_abr_ladder_debug

#define RAW_TIME (GST_SECOND)
/* A muxer that waits for video holds audio for two GOPs and the encoder's
 * look-ahead. */
#define ENCODED_TIME (60 * GST_SECOND)
#define ENCODED_BYTES (16 << 20)
#define HOLE (40 * GST_MSECOND)

guint
vs_ladder_audio_count (GstAbrLadder *self)
{
  return MAX (self->run.audio->len, 1);
}

/* What a channel gives to left and right: ITU-R BS.775-3, annex 4, table 2.
 * The effects channel is left out. */
static void
gains_of (GstAudioChannelPosition position, gdouble *left, gdouble *right)
{
  *left = *right = 0;
  switch ((gint) position) {
    case GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT:
    case GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT_OF_CENTER:
    case GST_AUDIO_CHANNEL_POSITION_WIDE_LEFT:
      *left = 1;
      break;
    case GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT:
    case GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT_OF_CENTER:
    case GST_AUDIO_CHANNEL_POSITION_WIDE_RIGHT:
      *right = 1;
      break;
    case GST_AUDIO_CHANNEL_POSITION_REAR_LEFT:
    case GST_AUDIO_CHANNEL_POSITION_SIDE_LEFT:
    case GST_AUDIO_CHANNEL_POSITION_SURROUND_LEFT:
      *left = G_SQRT2 / 2;
      break;
    case GST_AUDIO_CHANNEL_POSITION_REAR_RIGHT:
    case GST_AUDIO_CHANNEL_POSITION_SIDE_RIGHT:
    case GST_AUDIO_CHANNEL_POSITION_SURROUND_RIGHT:
      *right = G_SQRT2 / 2;
      break;
    case GST_AUDIO_CHANNEL_POSITION_MONO:
      *left = *right = 1;
      break;
    case GST_AUDIO_CHANNEL_POSITION_FRONT_CENTER:
      *left = *right = G_SQRT2 / 2;
      break;
    case GST_AUDIO_CHANNEL_POSITION_REAR_CENTER:
      *left = *right = 0.5;
      break;
    default:
      break;
  }
}

static void
append_row (GValue *matrix, const gdouble *gains, guint n)
{
  GValue row = G_VALUE_INIT;

  g_value_init (&row, GST_TYPE_ARRAY);
  for (guint i = 0; i < n; i++) {
    GValue gain = G_VALUE_INIT;

    g_value_init (&gain, G_TYPE_FLOAT);
    g_value_set_float (&gain, (gfloat) gains[i]);
    gst_value_array_append_and_take_value (&row, &gain);
  }
  gst_value_array_append_and_take_value (matrix, &row);
}

/* Scaled so that full scale on all channels at once still does not clip. */
static void
make_matrix (const GstAudioInfo *info, guint out_channels, GValue *matrix)
{
  gdouble left[64], right[64], sum_left = 0, sum_right = 0, scale;
  guint n = MIN ((guint) info->channels, 64);

  for (guint i = 0; i < n; i++) {
    if (n == 1 || GST_AUDIO_INFO_IS_UNPOSITIONED (info)) {
      left[i] = n == 1 || i % 2 == 0;
      right[i] = n == 1 || i % 2 == 1;
    } else {
      gains_of (info->position[i], &left[i], &right[i]);
    }
    sum_left += left[i];
    sum_right += right[i];
  }
  scale = 1 / MAX (1, MAX (sum_left, sum_right));
  for (guint i = 0; i < n; i++) {
    left[i] *= scale;
    right[i] *= scale;
    if (out_channels == 1)
      left[i] = n == 1 ? 1 : (left[i] + right[i]) / 2;
  }
  append_row (matrix, left, n);
  if (out_channels == 2)
    append_row (matrix, right, n);
}

/* How the first audioconvert mixes: a matrix of the caps that it has. Until
 * 1.22 it looks at one with the next caps; later ones try it with those they
 * have, and refuse what does not fit, so there it waits for the first buffer.
 * Streaming thread alone. */
typedef struct {
  guint channels;  /* that go out */
  gboolean mixing; /* has had a matrix */
  gboolean late;   /* the matrix of info is to be set */
  GstAudioInfo info;
} Mixer;

static gboolean
takes_matrix_early (void)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  return minor < 24;
}

static void
set_matrix (GstPad *pad, GValue *matrix)
{
  g_autoptr (GstElement) convert = gst_pad_get_parent_element (pad);

  if (convert != NULL)
    g_object_set_property (G_OBJECT (convert), "mix-matrix", matrix);
}

static void
mix (GstPad *pad, Mixer *mixer)
{
  GValue matrix = G_VALUE_INIT;

  g_value_init (&matrix, GST_TYPE_ARRAY);
  make_matrix (&mixer->info, mixer->channels, &matrix);
  set_matrix (pad, &matrix);
  g_value_unset (&matrix);
  mixer->mixing = TRUE;
  mixer->late = FALSE;
}

/* Until the first buffer there is none. */
static void
mix_late (GstPad *pad, Mixer *mixer)
{
  GValue none = G_VALUE_INIT;

  g_value_init (&none, GST_TYPE_ARRAY);
  set_matrix (pad, &none);
  g_value_unset (&none);
  mixer->late = TRUE;
}

/* The mix follows the source, even where it changes in mid-stream. */
static GstPadProbeReturn
on_caps (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  Mixer *mixer = user_data;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  if (!gst_audio_info_from_caps (&mixer->info, caps))
    return GST_PAD_PROBE_OK;
  if (!mixer->mixing || takes_matrix_early ())
    mix (pad, mixer);
  else
    mix_late (pad, mixer);
  return GST_PAD_PROBE_OK;
}

/* Samples before the segment (a decoder's priming) are not to be heard. */
static GstPadProbeReturn
on_samples (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  g_autoptr (GstEvent) segment_event = NULL;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  const GstSegment *segment;
  Mixer *mixer = user_data;
  GstAudioInfo audio;

  if (mixer->late)
    mix (pad, mixer);
  segment_event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  if (segment_event == NULL || caps == NULL ||
      !GST_BUFFER_PTS_IS_VALID (buffer) ||
      !gst_audio_info_from_caps (&audio, caps))
    return GST_PAD_PROBE_OK;
  gst_event_parse_segment (segment_event, &segment);
  if (segment->format != GST_FORMAT_TIME)
    return GST_PAD_PROBE_OK;
  if (GST_BUFFER_PTS (buffer) >= segment->start &&
      !GST_CLOCK_TIME_IS_VALID (segment->stop))
    return GST_PAD_PROBE_OK;
  buffer = gst_audio_buffer_clip (buffer, segment, audio.rate, audio.bpf);
  info->data = buffer;
  if (buffer == NULL)
    return GST_PAD_PROBE_HANDLED;
  return GST_PAD_PROBE_OK;
}

static GstElement *
add_mixer (GstAbrLadder *self, guint channels)
{
  GstElement *convert = vs_ladder_add (self, "audioconvert", NULL);
  g_autoptr (GstPad) pad = NULL;
  Mixer *mixer;

  if (convert == NULL)
    return NULL;
  mixer = g_new0 (Mixer, 1);
  mixer->channels = channels;
  pad = gst_element_get_static_pad (convert, "sink");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_caps, mixer, g_free);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_samples, mixer, NULL);
  return convert;
}

static GstCaps *
raw_caps (guint rate, guint channels)
{
  GstCaps *caps = gst_caps_new_simple ("audio/x-raw", "format", G_TYPE_STRING,
      GST_AUDIO_NE (F32), "layout", G_TYPE_STRING, "interleaved", "rate",
      G_TYPE_INT, (gint) rate, "channels", G_TYPE_INT, (gint) channels, NULL);

  if (channels == 2)
    gst_caps_set_simple (
        caps, "channel-mask", GST_TYPE_BITMASK, (guint64) 0x3, NULL);
  return caps;
}

VsLadderInput *
vs_ladder_choose_audio (GstAbrLadder *self, const gchar *language)
{
  GPtrArray *inputs = self->inputs[VS_MEDIA_AUDIO];

  for (guint i = 0; language != NULL && i < inputs->len; i++) {
    VsLadderInput *input = g_ptr_array_index (inputs, i);

    if (input->language != NULL &&
        g_strcmp0 (gst_tag_get_language_code (input->language),
            gst_tag_get_language_code (language)) == 0)
      return input;
  }
  return g_ptr_array_index (inputs, 0);
}

GstTagList *
vs_ladder_audio_tags (guint bitrate, const gchar *language)
{
  GstTagList *tags = gst_tag_list_new_empty ();

  if (bitrate > 0)
    gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_NOMINAL_BITRATE,
        bitrate, GST_TAG_MAXIMUM_BITRATE, bitrate, NULL);
  if (language != NULL && *language)
    gst_tag_list_add (
        tags, GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_CODE, language, NULL);
  return tags;
}

static gchar *
dup_name (guint index, const VsLadderAudio *want)
{
  if (want->name != NULL)
    return g_strdup (want->name);
  return index > 0 ? g_strdup_printf ("audio%u", index) : g_strdup ("audio");
}

/* The branch of rendition @index; its first element, or NULL. */
static GstElement *
build_one (GstAbrLadder *self, guint index, const VsLadderAudio *want,
    const VsLadderInput *input)
{
  VsCodec codec = want->codec ? want->codec : self->run.audio_codec;
  guint bitrate = want->bitrate ? want->bitrate : self->run.audio_bitrate;
  guint rate = want->rate && codec != VS_CODEC_OPUS ? want->rate : 48000;
  guint channels = want->channels == 1 ? 1 : 2;
  g_autoptr (GstCaps) caps = raw_caps (rate, channels);
  VsLadderCount *count;
  const gchar *parser = NULL;
  guint delay = 0;
  GstElement *chain[9] = { NULL };
  g_autofree gchar *name = dup_name (index, want);

  chain[0] = vs_ladder_add_queue (self, 0, RAW_TIME, 0);
  chain[1] = add_mixer (self, channels);
  chain[2] = vs_ladder_add (self, "audioresample", NULL);
  chain[3] = vs_ladder_add (self, "audiorate", NULL);
  chain[4] = vs_ladder_add_caps (self, caps);
  chain[5] = vs_ladder_add (self, "audioconvert", NULL);
  chain[6] = vs_ladder_audio_encoder_make (
      self, codec, bitrate, name, &delay, &parser);
  chain[7] = parser != NULL ? vs_ladder_add (self, parser, NULL) : NULL;
  chain[8] = vs_ladder_add_queue (self, 0, ENCODED_TIME, ENCODED_BYTES);
  if (self->failed)
    return NULL;
  vs_ladder_lead_hold (self, chain[0]);
  g_object_set (chain[3], "skip-to-first", TRUE, "tolerance", (guint64) HOLE,
      "silent", TRUE, NULL);
  if (!vs_ladder_link (self, chain, G_N_ELEMENTS (chain)))
    return NULL;

  count = g_new0 (VsLadderCount, 1);
  count->name = g_steal_pointer (&name);
  count->media = VS_MEDIA_AUDIO;
  count->bitrate = bitrate;
  if (!vs_ladder_publish (self, VS_MEDIA_AUDIO, index, chain[8], count,
          vs_ladder_audio_tags (
              bitrate, want->language ? want->language : input->language),
          delay, rate))
    return NULL;
  return chain[0];
}

static GstElement *
build_copy (GstAbrLadder *self, guint index, const VsLadderAudio *want,
    const VsLadderInput *input)
{
  g_autofree gchar *name = dup_name (index, want);

  return vs_ladder_copy_build (self, VS_MEDIA_AUDIO, index, name, input,
      vs_ladder_audio_tags (
          0, want->language ? want->language : input->language));
}

/* Every input feeds the branches of its renditions, over a tee where there
 * are several. */
gboolean
vs_ladder_feed_all (
    GstAbrLadder *self, VsMedia media, VsLadderInput *input, GPtrArray *heads)
{
  GstElement *first = NULL;

  if (heads->len == 0) {
    vs_ladder_drop (input->pad);
    return TRUE;
  }
  if (heads->len == 1)
    first = g_ptr_array_index (heads, 0);
  else
    first = vs_ladder_add (self, "tee", NULL);
  if (first == NULL)
    return FALSE;
  for (guint i = 0; heads->len > 1 && i < heads->len; i++)
    if (!gst_element_link (first, g_ptr_array_index (heads, i)))
      return FALSE;
  if (self->head[media] == NULL) {
    g_autoptr (GstPad) pad = gst_element_get_static_pad (first, "sink");

    self->head[media] = pad;
  }
  return vs_ladder_feed (self, input, first);
}

gboolean
vs_ladder_audio_build (GstAbrLadder *self)
{
  static const VsLadderAudio plain = { NULL };
  GPtrArray *inputs = self->inputs[VS_MEDIA_AUDIO];
  g_autoptr (GHashTable) heads = g_hash_table_new_full (
      NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);

  for (guint i = 0; i < inputs->len; i++)
    g_hash_table_insert (
        heads, g_ptr_array_index (inputs, i), g_ptr_array_new ());
  for (guint i = 0; i < vs_ladder_audio_count (self); i++) {
    g_autoptr (GPtrArray) pads = vs_ladder_outputs (self, VS_MEDIA_AUDIO, i);
    const VsLadderAudio *want = i < self->run.audio->len
                                    ? g_ptr_array_index (self->run.audio, i)
                                    : &plain;
    VsLadderInput *input = vs_ladder_choose_audio (self, want->language);
    GstElement *head;

    if (pads->len == 0)
      continue;
    head = want->copy ? build_copy (self, i, want, input)
                      : build_one (self, i, want, input);
    if (head == NULL)
      return FALSE;
    g_ptr_array_add (g_hash_table_lookup (heads, input), head);
  }
  for (guint i = 0; i < inputs->len; i++) {
    VsLadderInput *input = g_ptr_array_index (inputs, i);

    if (!vs_ladder_feed_all (
            self, VS_MEDIA_AUDIO, input, g_hash_table_lookup (heads, input)))
      return FALSE;
  }
  return TRUE;
}
