/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-vsx264enc
 * @title: vsx264enc
 *
 * Encodes raw video as H.264 with libx264. What it adds to x264enc: a cap
 * (max-bitrate) above the bit rate, an option string that has the last word,
 * key frames that can be asked for at any time, and pictures that are let go
 * as soon as x264 has read them.
 *
 * ## Example
 *
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=250 ! vsx264enc bitrate=2000 \
 *     max-bitrate=2140 buffer=3000 ! mp4mux ! filesink location=out.mp4
 * ]| A capped bit rate, as HLS and DASH want it.
 */
#include "config.h"

#include "x264/gstvsx264enc.h"

#include "x264/vs-x264-ahead.h"
#include "x264/vs-x264-keys.h"
#include "x264/vs-x264-properties.h"
#include "x264/vs-x264-stream.h"

#include <string.h>

GST_DEBUG_CATEGORY_STATIC (vs_x264_debug);
#define GST_CAT_DEFAULT vs_x264_debug

/* Decoding times lie before the first picture, and may not be negative. */
#define FIRST_TIME (1000 * 60 * 60 * GST_SECOND)
#define DEFAULT_RATE 25

struct _GstVsX264Enc {
  GstVideoEncoder parent;

  VsX264Settings settings; /* object lock */
  gboolean changed;        /* object lock */
  VsX264Keys *keys;        /* object lock */

  GstVideoCodecState *input;
  x264_t *x264; /* NULL: opened with the next frame */
  VsX264Ahead *ahead;
  x264_param_t param;
  GByteArray *note; /* x264's SEI, waits for the first frame */
  gboolean opening; /* what x264 complains about is kept */
  gchar *complaint;
};

G_DEFINE_TYPE (GstVsX264Enc, gst_vs_x264_enc, GST_TYPE_VIDEO_ENCODER)
GST_ELEMENT_REGISTER_DEFINE (
    vsx264enc, "vsx264enc", GST_RANK_SECONDARY, GST_TYPE_VS_X264_ENC)

#if X264_BIT_DEPTH == 8
#define FORMATS "{ I420, YV12, NV12, NV21, Y42B, NV16, Y444 }"
#else
#define FORMATS                                                                \
  "{ I420, YV12, NV12, NV21, Y42B, NV16, Y444, I420_10LE, I422_10LE, "         \
  "Y444_10LE }"
#endif

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS ("video/x-raw, format = (string) " FORMATS ", "
                         "framerate = (fraction) [ 0, MAX ], "
                         "width = (int) [ 16, 16384 ], "
                         "height = (int) [ 16, 16384 ], "
                         "interlace-mode = (string) progressive"));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (
            "video/x-h264, framerate = (fraction) [ 0, MAX ], "
            "width = (int) [ 16, 16384 ], height = (int) [ 16, 16384 ], "
            "stream-format = (string) { avc, byte-stream }, "
            "alignment = (string) au, "
            "profile = (string) { high, main, constrained-baseline, baseline, "
            "high-10, high-4:2:2, high-4:4:4 }"));

static void
on_log (void *data, int level, const char *format, va_list args)
{
  GstVsX264Enc *self = data;
  g_autofree gchar *text = NULL;

  if (level > X264_LOG_WARNING &&
      gst_debug_category_get_threshold (vs_x264_debug) < GST_LEVEL_INFO)
    return;
  text = g_strchomp (g_strdup_vprintf (format, args));
  GST_CAT_LEVEL_LOG (vs_x264_debug,
      level == X264_LOG_ERROR     ? GST_LEVEL_ERROR
      : level == X264_LOG_WARNING ? GST_LEVEL_WARNING
                                  : GST_LEVEL_INFO,
      self, "%s", text);
  if (self->opening && level == X264_LOG_ERROR) {
    g_free (self->complaint);
    self->complaint = g_steal_pointer (&text);
  }
}

static void
close_x264 (GstVsX264Enc *self)
{
  if (self->x264 == NULL)
    return;
  g_clear_pointer (&self->x264, x264_encoder_close);
  x264_param_cleanup (&self->param);
  g_byte_array_set_size (self->note, 0);
}

static gboolean
fill_param (
    GstVsX264Enc *self, const VsX264Output *output, VsX264Settings *settings)
{
  g_autoptr (GError) error = NULL;

  if (!vs_x264_param_fill (
          &self->param, settings, &self->input->info, output, &error)) {
    x264_param_cleanup (&self->param);
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  self->param.pf_log = on_log;
  self->param.p_log_private = self;
  self->param.i_log_level = X264_LOG_INFO;
  return TRUE;
}

static gboolean
open_with_param (GstVsX264Enc *self)
{
  g_clear_pointer (&self->complaint, g_free);
  self->opening = TRUE;
  self->x264 = x264_encoder_open (&self->param);
  self->opening = FALSE;
  if (self->x264 != NULL) {
    vs_x264_ahead_start (self->ahead, self->x264);
    return TRUE;
  }
  x264_param_cleanup (&self->param);
  GST_ELEMENT_ERROR (self, LIBRARY, INIT,
      ("x264 cannot encode with these settings: %s.",
          self->complaint ? self->complaint : "it does not say why"),
      (NULL));
  return FALSE;
}

static void
publish_latency (GstVsX264Enc *self)
{
  const GstVideoInfo *info = &self->input->info;
  guint frames = (guint) x264_encoder_maximum_delayed_frames (self->x264);
  guint n = info->fps_n > 0 ? (guint) info->fps_n : DEFAULT_RATE;
  guint d = info->fps_n > 0 ? (guint) MAX (info->fps_d, 1) : 1;
  GstClockTime latency = gst_util_uint64_scale_ceil (GST_SECOND * d, frames, n);

  GST_INFO_OBJECT (self, "%u frames of delay", frames);
  gst_video_encoder_set_latency (GST_VIDEO_ENCODER (self), latency, latency);
}

static void
publish_tags (GstVsX264Enc *self)
{
  GstTagList *tags = vs_x264_make_tags (&self->param);

  gst_video_encoder_merge_tags (
      GST_VIDEO_ENCODER (self), tags, GST_TAG_MERGE_REPLACE);
  gst_tag_list_unref (tags);
}

/* The caps, from x264's own parameter sets. */
static gboolean
publish_caps (
    GstVsX264Enc *self, const VsX264Output *output, const GstCaps *allowed)
{
  x264_nal_t *nal;
  int n;
  const x264_nal_t *sps = NULL, *pps = NULL;
  GstVideoCodecState *state;
  GstCaps *caps;

  if (x264_encoder_headers (self->x264, &nal, &n) < 0)
    return FALSE;
  for (int i = 0; i < n; i++) {
    if (nal[i].i_type == NAL_SPS)
      sps = &nal[i];
    else if (nal[i].i_type == NAL_PPS)
      pps = &nal[i];
    else if (!output->byte_stream)
      g_byte_array_append (
          self->note, nal[i].p_payload, (guint) nal[i].i_payload);
  }
  g_return_val_if_fail (sps != NULL && pps != NULL, FALSE);
  caps = vs_x264_make_caps (output, sps, pps, &self->input->info, allowed);
  state = gst_video_encoder_set_output_state (
      GST_VIDEO_ENCODER (self), caps, self->input);
  gst_video_codec_state_unref (state);
  return gst_video_encoder_negotiate (GST_VIDEO_ENCODER (self));
}

static gboolean
open_x264 (GstVsX264Enc *self)
{
  GstPad *source = GST_VIDEO_ENCODER_SRC_PAD (self);
  g_autoptr (GstCaps) allowed = gst_pad_get_allowed_caps (source);
  VsX264Settings settings;
  VsX264Output output = { NULL };
  gboolean done;

  if (allowed == NULL)
    allowed = gst_pad_get_pad_template_caps (source);
  if (gst_caps_is_empty (allowed))
    return FALSE;
  GST_OBJECT_LOCK (self);
  vs_x264_settings_copy (&self->settings, &settings);
  self->changed = FALSE;
  GST_OBJECT_UNLOCK (self);
  vs_x264_output_choose (&output, allowed, &settings);
  done = fill_param (self, &output, &settings) && open_with_param (self);
  if (done) {
    publish_latency (self);
    publish_tags (self);
    done = publish_caps (self, &output, allowed);
  }
  g_free (output.level);
  vs_x264_settings_clear (&settings);
  return done;
}

/* Key frames: x264's own, and an event to those who asked. */
static GstFlowReturn
gst_vs_x264_enc_pre_push (GstVideoEncoder *encoder, GstVideoCodecFrame *frame)
{
  GstVsX264Enc *self = GST_VS_X264_ENC (encoder);
  const GstSegment *segment = &encoder->output_segment;
  GstClockTime time, stream_time;
  gboolean headers, found;
  guint count;

  if (!GST_VIDEO_CODEC_FRAME_IS_SYNC_POINT (frame))
    return GST_FLOW_OK;
  time = gst_segment_to_running_time (segment, GST_FORMAT_TIME, frame->pts);
  stream_time =
      gst_segment_to_stream_time (segment, GST_FORMAT_TIME, frame->pts);
  do {
    GST_OBJECT_LOCK (self);
    found = vs_x264_keys_answer (
        self->keys, time, frame->system_frame_number, &headers, &count);
    GST_OBJECT_UNLOCK (self);
    if (found)
      gst_pad_push_event (GST_VIDEO_ENCODER_SRC_PAD (self),
          gst_video_event_new_downstream_force_key_unit (
              frame->pts, stream_time, time, headers, count));
  } while (found);
  return GST_FLOW_OK;
}

static GstFlowReturn
push_encoded (GstVsX264Enc *self, const x264_nal_t *nal, int size,
    const x264_picture_t *picture)
{
  GstVideoEncoder *encoder = GST_VIDEO_ENCODER (self);
  GstVideoCodecFrame *frame =
      gst_video_encoder_get_frame (encoder, GPOINTER_TO_INT (picture->opaque));
  GstBuffer *buffer;
  GstEvent *event;
  GstFlowReturn result;

  if (frame == NULL) {
    GST_WARNING_OBJECT (self, "x264 gave a frame that nobody waits for");
    return GST_FLOW_OK;
  }
  buffer = gst_buffer_new_allocate (NULL, self->note->len + (gsize) size, NULL);
  gst_buffer_fill (buffer, 0, self->note->data, self->note->len);
  gst_buffer_fill (buffer, self->note->len, nal[0].p_payload, (gsize) size);
  g_byte_array_set_size (self->note, 0);
  frame->output_buffer = buffer;
  frame->dts = picture->i_dts < 0 ? 0 : (GstClockTime) picture->i_dts;
  if (picture->b_keyframe)
    GST_VIDEO_CODEC_FRAME_SET_SYNC_POINT (frame);
  result = gst_video_encoder_finish_frame (encoder, frame);
  event = vs_x264_ahead_out (self->ahead);
  if (event != NULL)
    (void) gst_pad_push_event (GST_VIDEO_ENCODER_SRC_PAD (encoder), event);
  return result;
}

/* One picture in, or NULL; one frame out, or none yet. */
static GstFlowReturn
encode (GstVsX264Enc *self, x264_picture_t *in)
{
  x264_picture_t out;
  x264_nal_t *nal;
  int n = 0;
  int size = x264_encoder_encode (self->x264, &nal, &n, in, &out);

  if (size < 0) {
    GST_ELEMENT_ERROR (
        self, LIBRARY, ENCODE, ("x264 failed to encode a frame."), (NULL));
    return GST_FLOW_ERROR;
  }
  return size > 0 ? push_encoded (self, nal, size, &out) : GST_FLOW_OK;
}

/* After this x264 takes no more pictures: the next ones get a new one. */
static GstFlowReturn
drain (GstVsX264Enc *self)
{
  GstFlowReturn result = GST_FLOW_OK;

  while (result == GST_FLOW_OK && self->x264 != NULL &&
         x264_encoder_delayed_frames (self->x264) > 0)
    result = encode (self, NULL);
  close_x264 (self);
  return result;
}

static void
reconfigure (GstVsX264Enc *self)
{
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = self->changed;
  self->changed = FALSE;
  if (changed)
    vs_x264_param_set_rates (&self->param, &self->settings);
  GST_OBJECT_UNLOCK (self);
  if (!changed)
    return;
  if (x264_encoder_reconfig (self->x264, &self->param) < 0)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("x264 does not take the new bit rate; it goes on with the old one."),
        (NULL));
  else
    publish_tags (self);
}

static gboolean
is_key_asked (GstVsX264Enc *self, GstVideoCodecFrame *frame)
{
  GstVideoEncoder *encoder = GST_VIDEO_ENCODER (self);
  const GstSegment *segment = &encoder->input_segment;
  GstClockTime interval =
      gst_video_encoder_get_min_force_key_unit_interval (encoder);
  GstClockTime time = GST_BUFFER_PTS (frame->input_buffer);
  gboolean asked;

  if (GST_CLOCK_TIME_IS_VALID (time))
    time = gst_segment_to_running_time (
        segment, GST_FORMAT_TIME, MAX (time, segment->start));
  GST_OBJECT_LOCK (self);
  asked = vs_x264_keys_take (
      self->keys, time, frame->system_frame_number, interval);
  GST_OBJECT_UNLOCK (self);
  return asked || GST_VIDEO_CODEC_FRAME_IS_FORCE_KEYFRAME (frame);
}

static GstFlowReturn
encode_frame (GstVsX264Enc *self, GstVideoCodecFrame *frame)
{
  x264_picture_t picture;
  GstVideoFrame pixels;
  GstBuffer *shell;
  GstFlowReturn result;

  if (!gst_video_frame_map (
          &pixels, &self->input->info, frame->input_buffer, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (
        self, STREAM, ENCODE, ("A picture cannot be read."), (NULL));
    return GST_FLOW_ERROR;
  }
  vs_x264_fill_picture (&picture, &pixels, self->param.i_csp);
  picture.i_pts = (int64_t) frame->pts;
  picture.opaque = GINT_TO_POINTER (frame->system_frame_number);
  picture.i_type = is_key_asked (self, frame) ? X264_TYPE_IDR : X264_TYPE_AUTO;
  vs_x264_ahead_in (self->ahead, frame->pts, picture.i_type == X264_TYPE_IDR);
  shell = vs_x264_keep_metas (frame->input_buffer);
  result = encode (self, &picture);
  gst_video_frame_unmap (&pixels);
  /* The picture goes back to the pool it came from, not at its way out. */
  gst_buffer_replace (&frame->input_buffer, shell);
  gst_buffer_unref (shell);
  return result;
}

static GstFlowReturn
gst_vs_x264_enc_handle_frame (
    GstVideoEncoder *encoder, GstVideoCodecFrame *frame)
{
  GstVsX264Enc *self = GST_VS_X264_ENC (encoder);
  GstFlowReturn result = GST_FLOW_NOT_NEGOTIATED;

  if (self->x264 != NULL || open_x264 (self)) {
    reconfigure (self);
    result = encode_frame (self, frame);
  }
  gst_video_codec_frame_unref (frame);
  return result;
}

static gboolean
gst_vs_x264_enc_set_format (GstVideoEncoder *encoder, GstVideoCodecState *state)
{
  GstVsX264Enc *self = GST_VS_X264_ENC (encoder);

  drain (self);
  g_clear_pointer (&self->input, gst_video_codec_state_unref);
  self->input = gst_video_codec_state_ref (state);
  return open_x264 (self);
}

static GstFlowReturn
gst_vs_x264_enc_finish (GstVideoEncoder *encoder)
{
  return drain (GST_VS_X264_ENC (encoder));
}

static void
forget_keys (GstVsX264Enc *self)
{
  GST_OBJECT_LOCK (self);
  vs_x264_keys_clear (self->keys);
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_vs_x264_enc_flush (GstVideoEncoder *encoder)
{
  GstVsX264Enc *self = GST_VS_X264_ENC (encoder);

  close_x264 (self);
  forget_keys (self);
  return TRUE;
}

static gboolean
gst_vs_x264_enc_start (GstVideoEncoder *encoder)
{
  gst_video_encoder_set_min_pts (encoder, FIRST_TIME);
  return TRUE;
}

static gboolean
gst_vs_x264_enc_stop (GstVideoEncoder *encoder)
{
  GstVsX264Enc *self = GST_VS_X264_ENC (encoder);

  close_x264 (self);
  forget_keys (self);
  g_clear_pointer (&self->input, gst_video_codec_state_unref);
  return TRUE;
}

/* TRUE: @event asks for a key frame; it was noted, and unreffed. */
static gboolean
take_request (GstVsX264Enc *self, GstEvent *event)
{
  gboolean taken;

  GST_OBJECT_LOCK (self);
  taken = vs_x264_keys_add (self->keys, event);
  GST_OBJECT_UNLOCK (self);
  if (taken)
    gst_event_unref (event);
  return taken;
}

static gboolean
gst_vs_x264_enc_sink_event (GstVideoEncoder *encoder, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    vs_x264_ahead_segment (GST_VS_X264_ENC (encoder)->ahead);
  return take_request (GST_VS_X264_ENC (encoder), event) ||
         GST_VIDEO_ENCODER_CLASS (gst_vs_x264_enc_parent_class)
             ->sink_event (encoder, event);
}

static gboolean
gst_vs_x264_enc_src_event (GstVideoEncoder *encoder, GstEvent *event)
{
  return take_request (GST_VS_X264_ENC (encoder), event) ||
         GST_VIDEO_ENCODER_CLASS (gst_vs_x264_enc_parent_class)
             ->src_event (encoder, event);
}

static GstCaps *
gst_vs_x264_enc_getcaps (GstVideoEncoder *encoder, GstCaps *filter)
{
  GstVsX264Enc *self = GST_VS_X264_ENC (encoder);
  g_autoptr (GstCaps) allowed =
      gst_pad_get_allowed_caps (GST_VIDEO_ENCODER_SRC_PAD (encoder));
  g_autoptr (GstCaps) all =
      gst_pad_get_pad_template_caps (GST_VIDEO_ENCODER_SINK_PAD (encoder));
  g_autoptr (GstCaps) fit = NULL;
  g_autofree gchar *profile = NULL;

  GST_OBJECT_LOCK (self);
  profile = g_strdup (self->settings.profile);
  GST_OBJECT_UNLOCK (self);
  fit = vs_x264_output_filter (all, allowed, profile);
  return gst_video_encoder_proxy_getcaps (encoder, fit, filter);
}

/* Lines may be padded as the giver likes. */
static gboolean
gst_vs_x264_enc_propose_allocation (GstVideoEncoder *encoder, GstQuery *query)
{
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return GST_VIDEO_ENCODER_CLASS (gst_vs_x264_enc_parent_class)
      ->propose_allocation (encoder, query);
}

static void
gst_vs_x264_enc_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstVsX264Enc *self = GST_VS_X264_ENC (object);
  gboolean known;

  GST_OBJECT_LOCK (self);
  if (vs_x264_properties_set (&self->settings, id, value, &known))
    self->changed = TRUE;
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_vs_x264_enc_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstVsX264Enc *self = GST_VS_X264_ENC (object);
  gboolean known;

  GST_OBJECT_LOCK (self);
  known = vs_x264_properties_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_vs_x264_enc_finalize (GObject *object)
{
  GstVsX264Enc *self = GST_VS_X264_ENC (object);

  vs_x264_settings_clear (&self->settings);
  vs_x264_keys_free (self->keys);
  vs_x264_ahead_free (self->ahead);
  g_byte_array_unref (self->note);
  g_free (self->complaint);
  G_OBJECT_CLASS (gst_vs_x264_enc_parent_class)->finalize (object);
}

static void
gst_vs_x264_enc_class_init (GstVsX264EncClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstVideoEncoderClass *encoder_class = GST_VIDEO_ENCODER_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (vs_x264_debug, "vsx264enc", 0, "H.264 by libx264");
  object_class->set_property = gst_vs_x264_enc_set_property;
  object_class->get_property = gst_vs_x264_enc_get_property;
  object_class->finalize = gst_vs_x264_enc_finalize;
  vs_x264_properties_install (object_class);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "H.264 encoder",
      "Codec/Encoder/Video",
      "H.264 by libx264: capped bit rates, fixed GOPs, low latency", "vstream");

  encoder_class->start = gst_vs_x264_enc_start;
  encoder_class->stop = gst_vs_x264_enc_stop;
  encoder_class->set_format = gst_vs_x264_enc_set_format;
  encoder_class->handle_frame = gst_vs_x264_enc_handle_frame;
  encoder_class->pre_push = gst_vs_x264_enc_pre_push;
  encoder_class->finish = gst_vs_x264_enc_finish;
  encoder_class->flush = gst_vs_x264_enc_flush;
  encoder_class->sink_event = gst_vs_x264_enc_sink_event;
  encoder_class->src_event = gst_vs_x264_enc_src_event;
  encoder_class->getcaps = gst_vs_x264_enc_getcaps;
  encoder_class->propose_allocation = gst_vs_x264_enc_propose_allocation;
}

static void
gst_vs_x264_enc_init (GstVsX264Enc *self)
{
  vs_x264_properties_init (&self->settings);
  self->keys = vs_x264_keys_new ();
  self->ahead = vs_x264_ahead_new ();
  self->note = g_byte_array_new ();
}
