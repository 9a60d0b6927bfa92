/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The branches of renditions that are copied: nothing is decoded.
 *
 *   demuxer ! parser ! [timestamper !] queue
 *
 * The parser puts the stream into the shape that the peer asks for (avcC and
 * whole access units for CMAF). Only an IDR picture is left marked as a key
 * frame, for a segment must not begin inside an open GOP. Matroska stores no
 * decode times, so they are worked out from the order of the pictures. */
#include "config.h"

#include "core/vs-codec-frame.h"
#include "ladder/vs-ladder-bin.h"

#include <gst/audio/audio.h>
#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>

#define GST_CAT_DEFAULT gst_abr_ladder_debug

/* What comes in before the other tracks have as much of theirs. */
#define QUEUE_TIME (60 * GST_SECOND)
#define QUEUE_BYTES (64 << 20)

static const struct {
  const gchar *caps;
  VsCodec codec;
  const gchar *parser, *timestamper;
} kinds[] = {
  { "video/x-h264", VS_CODEC_H264, "h264parse", "h264timestamper" },
  { "video/x-h265", VS_CODEC_H265, "h265parse", "h265timestamper" },
  { "video/x-av1", VS_CODEC_AV1, "av1parse", NULL },
  { "video/x-vp9", VS_CODEC_VP9, "vp9parse", NULL },
  { "audio/mpeg, mpegversion=(int)4", VS_CODEC_AAC, "aacparse", NULL },
  { "audio/x-opus, channel-mapping-family=(int)0", VS_CODEC_OPUS, "opusparse",
      NULL },
};

gboolean
vs_ladder_copies (GstAbrLadder *self, VsMedia media)
{
  if (media == VS_MEDIA_VIDEO)
    return self->run.ladder->rungs->len > 0 &&
           ((VsRung *) g_ptr_array_index (self->run.ladder->rungs, 0))->copy;
  return media == VS_MEDIA_AUDIO && self->run.audio->len > 0 &&
         ((VsLadderAudio *) g_ptr_array_index (self->run.audio, 0))->copy;
}

static gint
find_kind (GstCaps *caps)
{
  for (guint i = 0; caps != NULL && i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (GstCaps) known = gst_caps_from_string (kinds[i].caps);

    if (gst_caps_can_intersect (caps, known))
      return (gint) i;
  }
  return -1;
}

/* The init segment has no word for it, and the picture would lie on its side.
 */
static gboolean
check_upright (GstAbrLadder *self, const VsLadderInput *input)
{
  if (input->orientation == GST_VIDEO_ORIENTATION_IDENTITY)
    return TRUE;
  self->failed = TRUE;
  GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
      ("The input's video has to be turned or mirrored to be shown, which "
       "cannot be copied. Name a codec instead of copy, and it is encoded."),
      ("orientation %u", input->orientation));
  return FALSE;
}

static gboolean
check_input (GstAbrLadder *self, VsMedia media, const VsLadderInput *input)
{
  g_autofree gchar *description = NULL;

  if (find_kind (input->caps) >= 0)
    return TRUE;
  self->failed = TRUE;
  description = gst_pb_utils_get_codec_description (input->caps);
  GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
      ("The input's %s is %s, which cannot be copied into CMAF: that takes "
       "%s. Name a codec instead of copy, and it is encoded.",
          vs_media_name (media), description ? description : "of an odd kind",
          media == VS_MEDIA_VIDEO ? "H.264, H.265, AV1 and VP9"
                                  : "AAC (MPEG-4) and Opus of one or two "
                                    "channels"),
      ("%" GST_PTR_FORMAT, input->caps));
  return FALSE;
}

gboolean
vs_ladder_copy_check (GstAbrLadder *self, VsMedia media)
{
  if (media == VS_MEDIA_VIDEO)
    return check_input (
               self, media, g_ptr_array_index (self->inputs[media], 0)) &&
           check_upright (self, g_ptr_array_index (self->inputs[media], 0));
  for (guint i = 0; i < self->run.audio->len; i++) {
    const VsLadderAudio *want = g_ptr_array_index (self->run.audio, i);

    if (!check_input (
            self, media, vs_ladder_choose_audio (self, want->language)))
      return FALSE;
  }
  return TRUE;
}

/* Of one copied stream; its streaming thread's. */
typedef struct {
  GstAbrLadder *self;
  VsCodec codec;
  guint length_size;
  gboolean begun;
} Copy;

static void
read_codec_data (Copy *copy, GstEvent *event)
{
  g_autoptr (GBytes) bytes = NULL;
  const GValue *value;
  GstBuffer *buffer;
  GstMapInfo map;
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  value =
      gst_structure_get_value (gst_caps_get_structure (caps, 0), "codec_data");
  buffer = value != NULL ? gst_value_get_buffer (value) : NULL;
  copy->length_size = 0;
  if (buffer == NULL || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  bytes = g_bytes_new (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  copy->length_size = vs_codec_frame_length_size (copy->codec, bytes);
}

/* AVI and streams without a container say when a picture is decoded, if that,
 * and a decoder alone could tell when it is shown. */
static gboolean
check_time (Copy *copy, GstBuffer *buffer)
{
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    return TRUE;
  if (!copy->begun)
    GST_ELEMENT_ERROR (copy->self, STREAM, WRONG_TYPE,
        ("The input's video comes without presentation times, as in AVI or "
         "without a container, and cannot be copied. Name a codec instead of "
         "copy, and it is encoded."),
        (NULL));
  copy->begun = TRUE;
  return FALSE;
}

/* h264parse takes every I picture for a key frame. */
static GstPadProbeReturn
on_picture (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Copy *copy = user_data;
  GstBuffer *buffer;
  GstMapInfo map;
  gboolean idr;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_CAPS)
      read_codec_data (copy, GST_PAD_PROBE_INFO_EVENT (info));
    return GST_PAD_PROBE_OK;
  }
  buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  if (!check_time (copy, buffer))
    return GST_PAD_PROBE_DROP;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT) ||
      !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_PAD_PROBE_OK;
  idr = vs_codec_frame_is_idr (
      copy->codec, copy->length_size, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  if (!idr) {
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    info->data = buffer;
  }
  return GST_PAD_PROBE_OK;
}

/* What lies before the segment (an edit list's) is not to be heard. */
static GstPadProbeReturn
on_sound (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Copy *copy = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  g_autoptr (GstEvent) event = NULL;
  g_autoptr (GstCaps) caps = NULL;
  const GstSegment *segment;
  gint rate = 0;

  if (copy->begun)
    return GST_PAD_PROBE_OK;
  event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  caps = gst_pad_get_current_caps (pad);
  if (event == NULL || caps == NULL || !GST_BUFFER_PTS_IS_VALID (buffer) ||
      gst_buffer_get_audio_clipping_meta (buffer) != NULL ||
      !gst_structure_get_int (gst_caps_get_structure (caps, 0), "rate", &rate))
    return GST_PAD_PROBE_OK;
  gst_event_parse_segment (event, &segment);
  if (segment->format == GST_FORMAT_TIME &&
      GST_BUFFER_DURATION_IS_VALID (buffer) &&
      GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer) <= segment->start)
    return GST_PAD_PROBE_DROP;
  copy->begun = TRUE;
  if (segment->format != GST_FORMAT_TIME ||
      GST_BUFFER_PTS (buffer) >= segment->start)
    return GST_PAD_PROBE_OK;
  buffer = gst_buffer_make_writable (buffer);
  gst_buffer_add_audio_clipping_meta (buffer, GST_FORMAT_DEFAULT,
      gst_util_uint64_scale_round (
          segment->start - GST_BUFFER_PTS (buffer), (guint64) rate, GST_SECOND),
      0);
  info->data = buffer;
  return GST_PAD_PROBE_OK;
}

static void
watch (GstAbrLadder *self, VsMedia media, VsCodec codec, GstElement *parser)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (parser, "src");
  Copy *copy = g_new0 (Copy, 1);

  copy->self = self;
  copy->codec = codec;
  if (media == VS_MEDIA_AUDIO)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_sound, copy, g_free);
  else if (codec == VS_CODEC_H264 || codec == VS_CODEC_H265)
    gst_pad_add_probe (pad,
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        on_picture, copy, g_free);
  else
    g_free (copy);
}

static gboolean
lacks_decode_times (GstAbrLadder *self)
{
  gboolean result = FALSE;

  GST_OBJECT_LOCK (self);
  if (self->streams->len > 0) {
    g_autoptr (GstElement) demuxer =
        gst_pad_get_parent_element (g_ptr_array_index (self->streams, 0));
    GstElementFactory *factory =
        demuxer != NULL ? gst_element_get_factory (demuxer) : NULL;

    result = factory != NULL &&
             g_strcmp0 (GST_OBJECT_NAME (factory), "matroskademux") == 0;
  }
  GST_OBJECT_UNLOCK (self);
  return result;
}

GstElement *
vs_ladder_copy_build (GstAbrLadder *self, VsMedia media, guint index,
    const gchar *name, const VsLadderInput *input, GstTagList *tags)
{
  gint kind = find_kind (input->caps);
  GstElement *chain[3] = { NULL };
  VsLadderCount *count;

  chain[0] = vs_ladder_add (self, kinds[kind].parser, NULL);
  if (kinds[kind].timestamper != NULL && lacks_decode_times (self))
    chain[1] = vs_ladder_add (self, kinds[kind].timestamper, NULL);
  chain[2] = vs_ladder_add_queue (self, 0, QUEUE_TIME, QUEUE_BYTES);
  if (self->failed || !vs_ladder_link (self, chain, G_N_ELEMENTS (chain))) {
    gst_tag_list_unref (tags);
    return NULL;
  }
  watch (self, media, kinds[kind].codec, chain[0]);
  count = g_new0 (VsLadderCount, 1);
  count->name = g_strdup (name);
  count->media = media;
  return vs_ladder_publish (self, media, index, chain[2], count, tags, 0, 0)
             ? chain[0]
             : NULL;
}
