/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The video branches.
 *
 *   decoder ! [deinterlace !] videorate ! caps ! tee
 *     tee ! queue ! [videorate !] scale ! [videoflip !] encoder ! [parser !]
 *       queue, once a rendition
 *
 * The frame rate is made constant before the tee, so that all renditions
 * have the same frames; the queues hold references to the decoder's own
 * pictures, and each rendition scales in its own thread. */
#include "config.h"

#include "ladder/gstvsscale.h"
#include "ladder/vs-ladder-bin.h"

#define GST_CAT_DEFAULT gst_abr_ladder_debug

#define RAW_FRAMES 3
#define ENCODED_BYTES (64 << 20)

static gboolean
is_turned (guint orientation)
{
  return orientation == GST_VIDEO_ORIENTATION_90R ||
         orientation == GST_VIDEO_ORIENTATION_90L ||
         orientation == GST_VIDEO_ORIENTATION_UL_LR ||
         orientation == GST_VIDEO_ORIENTATION_UR_LL;
}

VsLadder *
vs_ladder_video_rungs (GstAbrLadder *self, const VsSource *source)
{
  g_autoptr (VsLadder) ladder =
      self->run.ladder->rungs->len > 0
          ? vs_ladder_copy (self->run.ladder)
          : vs_ladder_default (source, self->run.codec);

  return vs_ladder_fit (ladder, source, self->run.codec, self->run.letterbox);
}

gboolean
vs_ladder_video_fit (GstAbrLadder *self)
{
  VsLadderInput *input = g_ptr_array_index (self->inputs[VS_MEDIA_VIDEO], 0);
  GstVideoInfo info;
  VsSource source = { 0 };
  guint n = 0, d = 1;

  if (vs_ladder_copies (self, VS_MEDIA_VIDEO)) {
    g_clear_pointer (&self->rungs, vs_ladder_free);
    self->rungs = vs_ladder_copy (self->run.ladder);
    return vs_ladder_copy_check (self, VS_MEDIA_VIDEO);
  }
  if (!gst_video_info_from_caps (&info, input->caps)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("The decoded video cannot be taken."),
        ("%" GST_PTR_FORMAT, input->caps));
    return FALSE;
  }
  if (self->run.fps_n > 0) {
    n = (guint) self->run.fps_n;
    d = (guint) self->run.fps_d;
  } else {
    vs_ladder_choose_framerate (
        (guint) info.fps_n, (guint) MAX (info.fps_d, 1), &n, &d);
  }
  self->fps_n = (gint) n;
  self->fps_d = (gint) d;
  source.width = (guint) info.width;
  source.height = (guint) info.height;
  source.par_n = (guint) MAX (info.par_n, 1);
  source.par_d = (guint) MAX (info.par_d, 1);
  if (is_turned (input->orientation)) {
    source.width = (guint) info.height;
    source.height = (guint) info.width;
    source.par_n = (guint) MAX (info.par_d, 1);
    source.par_d = (guint) MAX (info.par_n, 1);
  }
  source.fps_n = n;
  source.fps_d = d;
  g_clear_pointer (&self->rungs, vs_ladder_free);
  self->rungs = vs_ladder_video_rungs (self, &source);
  for (guint i = 0; i < self->rungs->rungs->len; i++) {
    const VsRung *rung = g_ptr_array_index (self->rungs->rungs, i);

    GST_INFO_OBJECT (self, "rendition %u: %s %ux%u %u/%u %u bit/s", i,
        rung->name, rung->width, rung->height, rung->fps_n, rung->fps_d,
        rung->bitrate);
  }
  return TRUE;
}

/* Every field pinned: whatever the source does later, the encoder sees one
 * format. The matrix stays the source's and is signalled; RGB gets what its
 * size suggests. */
static GstCaps *
rung_caps (const VsRung *rung, const GstVideoInfo *in, gboolean turned)
{
  GstVideoInfo info;
  guint width = turned ? rung->height : rung->width;
  guint height = turned ? rung->width : rung->height;
  GstCaps *caps;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, width, height);
  if (GST_VIDEO_INFO_IS_YUV (in) &&
      in->colorimetry.matrix != GST_VIDEO_COLOR_MATRIX_UNKNOWN) {
    info.colorimetry = in->colorimetry;
    info.colorimetry.range = GST_VIDEO_COLOR_RANGE_16_235;
  }
  info.chroma_site = GST_VIDEO_CHROMA_SITE_MPEG2;
  caps = gst_video_info_to_caps (&info);
  gst_structure_remove_field (gst_caps_get_structure (caps, 0), "framerate");
  gst_caps_set_simple (caps, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1,
      "interlace-mode", G_TYPE_STRING, "progressive", NULL);
  return caps;
}

static GstElement *
add_flip (GstAbrLadder *self, guint orientation)
{
  GstElement *flip = vs_ladder_add (self, "videoflip", NULL);

  if (flip != NULL)
    g_object_set (flip, "video-direction", orientation, NULL);
  return flip;
}

/* One frame a frame, not one a field: the source's own rate. */
static GstElement *
add_deinterlacer (GstAbrLadder *self)
{
  GstElement *deinterlace = vs_ladder_add (self, "deinterlace", NULL);

  if (deinterlace != NULL)
    gst_util_set_object_arg (G_OBJECT (deinterlace), "fields", "top");
  return deinterlace;
}

static GstElement *
add_rate (GstAbrLadder *self)
{
  GstElement *rate = vs_ladder_add (self, "videorate", NULL);

  if (rate != NULL)
    g_object_set (rate, "skip-to-first", TRUE, "silent", TRUE, NULL);
  return rate;
}

static GstElement *
add_rate_caps (GstAbrLadder *self, guint n, guint d)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple (
      "video/x-raw", "framerate", GST_TYPE_FRACTION, (gint) n, (gint) d, NULL);

  return vs_ladder_add_caps (self, caps);
}

/* For encoders that place key frames by themselves: one is asked for at the
 * first frame of every GOP. */
typedef struct {
  guint interval, frame;
  guint count;
} KeyFrames;

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  KeyFrames *keys = user_data;

  if (keys->frame++ % keys->interval != 0 || keys->frame == 1)
    return GST_PAD_PROBE_OK;
  gst_pad_send_event (
      pad, gst_video_event_new_downstream_force_key_unit (GST_CLOCK_TIME_NONE,
               GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, TRUE, keys->count++));
  return GST_PAD_PROBE_OK;
}

static void
ask_for_keys (GstElement *encoder, guint interval)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (encoder, "sink");
  KeyFrames *keys = g_new0 (KeyFrames, 1);

  keys->interval = interval;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, keys, g_free);
}

static GstElement *
build_one (GstAbrLadder *self, guint index, const VsRung *rung,
    const VsLadderInput *input, const GstVideoInfo *in)
{
  gboolean turned = is_turned (input->orientation);
  g_autoptr (GstCaps) caps = rung_caps (rung, in, turned);
  VsLadderEncoder encoder = { NULL };
  GstElement *chain[9] = { NULL };
  VsLadderCount *count;
  GstTagList *tags;

  chain[0] = vs_ladder_add_queue (self, RAW_FRAMES, 0, 0);
  if (rung->fps_n * (guint64) self->fps_d !=
      (guint64) self->fps_n * rung->fps_d) {
    chain[1] = add_rate (self);
    chain[2] = add_rate_caps (self, rung->fps_n, rung->fps_d);
  }
  chain[3] = vs_ladder_adopt (self, gst_vs_scale_new (caps));
  if (input->orientation != GST_VIDEO_ORIENTATION_IDENTITY)
    chain[4] = add_flip (self, input->orientation);
  if (!vs_ladder_encoder_make (self, rung, &encoder))
    return NULL;
  chain[5] = encoder.element;
  if (encoder.caps != NULL)
    chain[6] = vs_ladder_add_caps (self, encoder.caps);
  gst_clear_caps (&encoder.caps);
  if (encoder.parser != NULL)
    chain[7] = vs_ladder_add (self, encoder.parser, NULL);
  chain[8] =
      vs_ladder_add_queue (self, 0, self->run.gop_duration * 5, ENCODED_BYTES);
  if (self->failed || !vs_ladder_link (self, chain, G_N_ELEMENTS (chain)))
    return NULL;
  if (encoder.key_interval > 0)
    ask_for_keys (encoder.element, encoder.key_interval);

  count = g_new0 (VsLadderCount, 1);
  count->name = g_strdup (rung->name);
  count->media = VS_MEDIA_VIDEO;
  count->bitrate = rung->bitrate;
  tags = gst_tag_list_new (GST_TAG_NOMINAL_BITRATE, rung->bitrate,
      GST_TAG_MAXIMUM_BITRATE, rung->max_bitrate, NULL);
  if (!vs_ladder_publish (
          self, VS_MEDIA_VIDEO, index, chain[8], count, tags, 0, 0))
    return NULL;
  return chain[0];
}

/* A source that is asked to renegotiate says the same caps again, at which
 * videorate forgets the frame it holds. */
static GstPadProbeReturn
on_head_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  g_autoptr (GstCaps) current = NULL;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  current = gst_pad_get_current_caps (pad);
  return current != NULL && gst_caps_is_equal (caps, current)
             ? GST_PAD_PROBE_DROP
             : GST_PAD_PROBE_OK;
}

static gboolean
build_copy (GstAbrLadder *self, VsLadderInput *input)
{
  const VsRung *rung = g_ptr_array_index (self->rungs->rungs, 0);
  g_autoptr (GPtrArray) heads = g_ptr_array_new ();
  GstElement *head = vs_ladder_copy_build (
      self, VS_MEDIA_VIDEO, 0, rung->name, input, gst_tag_list_new_empty ());

  if (head == NULL)
    return FALSE;
  g_ptr_array_add (heads, head);
  return vs_ladder_feed_all (self, VS_MEDIA_VIDEO, input, heads);
}

gboolean
vs_ladder_video_build (GstAbrLadder *self)
{
  VsLadderInput *input = g_ptr_array_index (self->inputs[VS_MEDIA_VIDEO], 0);
  GstVideoInfo in;
  GstElement *trunk[5] = { NULL };
  GstElement *first;
  g_autoptr (GstPad) head = NULL;

  if (vs_ladder_copies (self, VS_MEDIA_VIDEO))
    return build_copy (self, input);
  gst_video_info_from_caps (&in, input->caps);
  if (!gst_vs_scale_can_read (&in))
    trunk[0] = vs_ladder_add (self, "videoconvert", NULL);
  if (GST_VIDEO_INFO_IS_INTERLACED (&in))
    trunk[1] = add_deinterlacer (self);
  trunk[2] = add_rate (self);
  trunk[3] = add_rate_caps (self, (guint) self->fps_n, (guint) self->fps_d);
  trunk[4] = vs_ladder_add (self, "tee", NULL);
  if (self->failed || !vs_ladder_link (self, trunk, G_N_ELEMENTS (trunk)))
    return FALSE;
  for (guint i = 0; i < self->rungs->rungs->len; i++) {
    g_autoptr (GPtrArray) pads = vs_ladder_outputs (self, VS_MEDIA_VIDEO, i);
    GstElement *branch;

    if (pads->len == 0)
      continue;
    branch = build_one (
        self, i, g_ptr_array_index (self->rungs->rungs, i), input, &in);
    if (branch == NULL || !gst_element_link (trunk[4], branch))
      return FALSE;
  }
  first = trunk[0] ? trunk[0] : trunk[1] ? trunk[1] : trunk[2];
  head = gst_element_get_static_pad (first, "sink");
  gst_pad_add_probe (
      head, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_head_event, NULL, NULL);
  self->head[VS_MEDIA_VIDEO] = head;
  return vs_ladder_feed (self, input, first);
}
