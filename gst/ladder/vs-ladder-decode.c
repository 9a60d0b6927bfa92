/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ladder's way in: one decodebin that decodes what is needed and nothing
 * else. */
#include "config.h"

#include "ladder/vs-ladder-bin.h"

#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>

#define GST_CAT_DEFAULT gst_abr_ladder_debug

/* How far apart the streams of a file may begin. */
#define STREAM_LEAD (10 * GST_SECOND)

static gboolean
is_demuxer (GstElement *element)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  return factory != NULL && gst_element_factory_list_is_type (
                                factory, GST_ELEMENT_FACTORY_TYPE_DEMUXER);
}

/* "video/mpegts" and its like are no video yet. */
static gboolean
is_container (GstCaps *caps)
{
  GList *all = gst_element_factory_list_get_elements (
      GST_ELEMENT_FACTORY_TYPE_DEMUXER, GST_RANK_MARGINAL);
  GList *fitting =
      gst_element_factory_list_filter (all, caps, GST_PAD_SINK, FALSE);
  gboolean result = fitting != NULL;

  gst_plugin_feature_list_free (fitting);
  gst_plugin_feature_list_free (all);
  return result;
}

/* A picture without a rate is cover art, not video. */
static gboolean
is_cover (const GstStructure *s)
{
  gint n = 0, d = 1;

  return g_str_has_prefix (gst_structure_get_name (s), "image/") &&
         (!gst_structure_get_fraction (s, "framerate", &n, &d) || n == 0);
}

static gboolean
media_of (GstCaps *caps, VsMedia *media)
{
  const GstStructure *s;
  const gchar *name;

  if (caps == NULL || gst_caps_get_size (caps) == 0)
    return FALSE;
  s = gst_caps_get_structure (caps, 0);
  name = gst_structure_get_name (s);
  *media = g_str_has_prefix (name, "audio/") ? VS_MEDIA_AUDIO : VS_MEDIA_VIDEO;
  return *media == VS_MEDIA_AUDIO || g_str_has_prefix (name, "video/") ||
         (g_str_has_prefix (name, "image/") && !is_cover (s));
}

static gboolean
asks_for_language (GstAbrLadder *self)
{
  for (guint i = 0; i < self->run.audio->len; i++) {
    const VsLadderAudio *audio = g_ptr_array_index (self->run.audio, i);

    if (audio->language != NULL)
      return TRUE;
  }
  return FALSE;
}

/* decodebin shows its own ghost of the pad it looks at. */
static GstPad *
dup_real_pad (GstPad *pad)
{
  return GST_IS_GHOST_PAD (pad) ? gst_ghost_pad_get_target (GST_GHOST_PAD (pad))
                                : gst_object_ref (pad);
}

/* tsdemux lets its segment begin with whatever stream it knew first, mostly
 * video, and decoders then cut away the sound before it; matroskademux moves
 * the beginning when an earlier stream turns up, and with it all running
 * times. So their segments are made to begin at one place, early enough for
 * all. A seek's segment is left as it is. */
typedef struct {
  GstClockTime start; /* of all segments of the demuxer; NONE: not known yet */
  gboolean seeked;
} Origin;

/* What the peer has, not what was sent: before the pad had this peer, it
 * got none of it. */
static gboolean
has_segment (GstPad *pad, const GstSegment *segment)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);
  g_autoptr (GstEvent) last =
      peer != NULL ? gst_pad_get_sticky_event (peer, GST_EVENT_SEGMENT, 0)
                   : NULL;
  const GstSegment *known;

  if (last == NULL)
    return FALSE;
  gst_event_parse_segment (last, &known);
  return gst_segment_is_equal (known, segment);
}

/* A segment that says nothing new is dropped: videorate forgets the frame it
 * holds at every one. */
static GstPadProbeReturn
widen_segment (Origin *origin, GstPad *pad, GstPadProbeInfo *info)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstEvent *wider;
  GstSegment segment;

  gst_event_copy_segment (event, &segment);
  if (origin->seeked || segment.format != GST_FORMAT_TIME ||
      segment.rate != 1.0 || segment.base != 0)
    return GST_PAD_PROBE_OK;
  if (!GST_CLOCK_TIME_IS_VALID (origin->start))
    origin->start = segment.start - MIN (segment.start, STREAM_LEAD);
  if (segment.start < origin->start)
    return GST_PAD_PROBE_OK;
  segment.time -= MIN (segment.time, segment.start - origin->start);
  segment.start = segment.position = origin->start;
  if (has_segment (pad, &segment)) {
    gst_event_unref (event);
    return GST_PAD_PROBE_HANDLED;
  }
  wider = gst_event_new_segment (&segment);
  gst_event_set_seqnum (wider, gst_event_get_seqnum (event));
  gst_event_unref (event);
  info->data = wider;
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_demuxer_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Origin *origin = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_SEGMENT)
    return widen_segment (origin, pad, info);
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_FLUSH_STOP)
    origin->seeked = TRUE;
  return GST_PAD_PROBE_OK;
}

/* Of files alone: a live stream's running times are the clock's. */
static void
watch_segments (GstAbrLadder *self, GstElement *demuxer, GstPad *pad)
{
  GstElementFactory *factory = gst_element_get_factory (demuxer);
  Origin *origin = g_object_get_data (G_OBJECT (demuxer), "vs-origin");
  gint64 size;

  if (g_strcmp0 (GST_OBJECT_NAME (factory), "tsdemux") != 0 &&
      g_strcmp0 (GST_OBJECT_NAME (factory), "matroskademux") != 0)
    return;
  if (!gst_pad_peer_query_duration (self->sink, GST_FORMAT_BYTES, &size))
    return;
  if (origin == NULL) {
    origin = g_new0 (Origin, 1);
    origin->start = GST_CLOCK_TIME_NONE;
    g_object_set_data_full (G_OBJECT (demuxer), "vs-origin", origin, g_free);
  }
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      on_demuxer_event, origin, NULL);
}

/* A stream without a container is parsed, and no further where it is copied. */
static gboolean
is_parsed_copy (GstAbrLadder *self, GstElement *parent, GstCaps *caps)
{
  GstElementFactory *factory = gst_element_get_factory (parent);
  VsMedia media;

  /* decodebin puts a capsfilter behind a parser that converts */
  return factory != NULL &&
         (gst_element_factory_list_is_type (
              factory, GST_ELEMENT_FACTORY_TYPE_PARSER) ||
             g_strcmp0 (GST_OBJECT_NAME (factory), "capsfilter") == 0) &&
         media_of (caps, &media) && vs_ladder_copies (self, media);
}

/* Text is on the same timeline, and its language is told where it begins. */
static gboolean
show_text (GstAbrLadder *self, GstElement *demuxer, GstPad *pad)
{
  if (!vs_ladder_text_is_wanted (self))
    return FALSE;
  watch_segments (self, demuxer, pad);
  GST_OBJECT_LOCK (self);
  g_ptr_array_add (self->streams, gst_object_ref (pad));
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

/* FALSE leaves a stream as it is: not decoded. A demuxer's pads are where
 * one stream begins, so there it is decided. */
static gboolean
on_autoplug_continue (
    GstElement *decode, GstPad *pad, GstCaps *caps, GstAbrLadder *self)
{
  g_autoptr (GstPad) real = dup_real_pad (pad);
  g_autoptr (GstElement) parent =
      real != NULL ? gst_pad_get_parent_element (real) : NULL;
  VsMedia media;
  gint seen;

  if (parent == NULL || is_container (caps))
    return TRUE;
  if (!is_demuxer (parent))
    return !is_parsed_copy (self, parent, caps);
  if (vs_ladder_text_is (caps))
    return show_text (self, parent, real);
  if (!media_of (caps, &media))
    return FALSE;
  watch_segments (self, parent, real);
  seen = g_atomic_int_add (&self->seen[media], 1);
  GST_OBJECT_LOCK (self);
  g_ptr_array_add (self->streams, gst_object_ref (real));
  if (media == VS_MEDIA_VIDEO && self->first_video == NULL)
    self->first_video = gst_pad_get_stream_id (real);
  GST_OBJECT_UNLOCK (self);
  if (!vs_ladder_is_wanted (self, media) || vs_ladder_copies (self, media))
    return FALSE;
  return seen == 0 || (media == VS_MEDIA_AUDIO && asks_for_language (self));
}

static void
on_unknown_type (
    GstElement *decode, GstPad *pad, GstCaps *caps, GstAbrLadder *self)
{
  VsMedia media;

  if (media_of (caps, &media) && !is_container (caps))
    g_ptr_array_add (self->found, gst_pb_utils_get_codec_description (caps));
}

static void
read_tags (VsLadderInput *input, GstPad *pad)
{
  GstEvent *event;
  guint i = 0;

  while ((event = gst_pad_get_sticky_event (pad, GST_EVENT_TAG, i++)) != NULL) {
    GstTagList *tags = NULL;
    GstVideoOrientationMethod method;

    gst_event_parse_tag (event, &tags);
    if (input->language == NULL)
      gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &input->language);
    if (input->title == NULL &&
        gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_STREAM)
      gst_tag_list_get_string (tags, GST_TAG_TITLE, &input->title);
    if (gst_video_orientation_from_tag (tags, &method))
      input->orientation = method;
    gst_event_unref (event);
  }
}

/* A decoder shows its tags with its first picture, which is too late, so they
 * are read where the stream began. */
static void
read_stream_tags (GstAbrLadder *self, VsLadderInput *input)
{
  g_autofree gchar *id = gst_pad_get_stream_id (input->pad);

  read_tags (input, input->pad);
  GST_OBJECT_LOCK (self);
  for (guint i = 0; id != NULL && i < self->streams->len; i++) {
    GstPad *pad = g_ptr_array_index (self->streams, i);
    g_autofree gchar *other = gst_pad_get_stream_id (pad);

    if (g_strcmp0 (id, other) == 0)
      read_tags (input, pad);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
add_input (GstAbrLadder *self, VsMedia media, GstPad *pad, GstCaps *caps)
{
  VsLadderInput *input = vs_ladder_input_new (pad, caps);

  read_stream_tags (self, input);
  GST_INFO_OBJECT (self, "input %s %" GST_PTR_FORMAT ", language %s",
      vs_media_name (media), caps, input->language);
  g_ptr_array_add (self->inputs[media], input);
}

static gboolean
is_raw (GstCaps *caps)
{
  return g_str_has_suffix (
      gst_structure_get_name (gst_caps_get_structure (caps, 0)), "/x-raw");
}

/* What was left encoded is there in full, and the first picture counts. */
static gboolean
is_to_copy (GstAbrLadder *self, VsMedia media, GstPad *pad)
{
  g_autofree gchar *id = gst_pad_get_stream_id (pad);
  gboolean result;

  if (!vs_ladder_copies (self, media))
    return FALSE;
  GST_OBJECT_LOCK (self);
  result = media != VS_MEDIA_VIDEO || self->first_video == NULL ||
           g_strcmp0 (id, self->first_video) == 0;
  GST_OBJECT_UNLOCK (self);
  return result;
}

static void
on_pad_added (GstElement *decode, GstPad *pad, GstAbrLadder *self)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  VsMedia media;
  gboolean take;

  if (!GST_PAD_IS_SRC (pad))
    return;
  if (caps == NULL) /* it has ended, and nothing could be decoded */
    return;
  if (vs_ladder_text_take (self, pad, caps)) {
    add_input (self, VS_MEDIA_TEXT, pad, caps);
    return;
  }
  take = media_of (caps, &media) &&
         (is_raw (caps) || is_to_copy (self, media, pad));
  if (take && self->built && self->head[media] != NULL &&
      !gst_pad_is_linked (self->head[media])) {
    /* A new group of streams (chained Ogg, a new programme). */
    gst_pad_link (pad, self->head[media]);
    return;
  }
  if (!take || self->built || !vs_ladder_is_wanted (self, media) ||
      (media == VS_MEDIA_VIDEO && self->inputs[media]->len > 0)) {
    vs_ladder_drop (pad);
    return;
  }
  add_input (self, media, pad, caps);
}

static void
on_no_more_pads (GstElement *decode, GstAbrLadder *self)
{
  vs_ladder_build (self);
}

gboolean
vs_ladder_decode_start (GstAbrLadder *self)
{
  g_autoptr (GstPad) pad = NULL;

  g_atomic_int_set (&self->stopping, FALSE);
  if (vs_ladder_raw_start (self))
    return TRUE;
  self->decode = vs_ladder_add (self, "decodebin", NULL);
  if (self->decode == NULL)
    return FALSE;
  vs_ladder_errors_watch (self->decode);
  vs_ladder_avdec_watch (self);
  g_signal_connect (self->decode, "autoplug-continue",
      G_CALLBACK (on_autoplug_continue), self);
  g_signal_connect (
      self->decode, "unknown-type", G_CALLBACK (on_unknown_type), self);
  g_signal_connect (self->decode, "pad-added", G_CALLBACK (on_pad_added), self);
  g_signal_connect (
      self->decode, "no-more-pads", G_CALLBACK (on_no_more_pads), self);
  pad = gst_element_get_static_pad (self->decode, "sink");
  return gst_ghost_pad_set_target (GST_GHOST_PAD (self->sink), pad);
}

void
vs_ladder_decode_stop (GstAbrLadder *self)
{
  if (self->decode != NULL)
    g_signal_handlers_disconnect_by_data (self->decode, self);
  self->decode = NULL; /* it is one of the parts */
  vs_ladder_raw_stop (self);
}

/* What a damaged input has left in its queues still comes out, and ends. */
static void
end_streams (GstElement *element, gpointer user_data)
{
  GstElement *failed = user_data;
  GList *pads;

  GST_OBJECT_LOCK (failed);
  pads = g_list_copy_deep (
      failed->srcpads, (GCopyFunc) (void (*) (void)) gst_object_ref, NULL);
  GST_OBJECT_UNLOCK (failed);
  for (GList *l = pads; l != NULL; l = l->next)
    gst_pad_push_event (l->data, gst_event_new_eos ());
  g_list_free_full (pads, gst_object_unref);
}

static void
refuse_input (GstAbrLadder *self, GError *error, const gchar *debug)
{
  if (self->failed)
    return;
  if (self->found->len > 0 || error->domain != GST_STREAM_ERROR) {
    vs_ladder_refuse (self, error->message, debug);
    return;
  }
  self->failed = TRUE;
  GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
      ("The input is not media that can be read: %s", error->message),
      ("%s", debug));
}

/* One of several streams of which nothing can be decoded: decodebin shows the
 * others once this one has ended, and what is missing is said then. */
static gboolean
is_one_of_several (GstAbrLadder *self, GstObject *source)
{
  GstElementFactory *factory =
      GST_IS_ELEMENT (source) ? gst_element_get_factory (GST_ELEMENT (source))
                              : NULL;

  return factory != NULL &&
         gst_element_factory_list_is_type (
             factory, GST_ELEMENT_FACTORY_TYPE_DECODER) &&
         g_atomic_int_get (&self->seen[VS_MEDIA_VIDEO]) +
                 g_atomic_int_get (&self->seen[VS_MEDIA_AUDIO]) >
             1;
}

gboolean
vs_ladder_decode_message (GstAbrLadder *self, GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  GstObject *source = GST_MESSAGE_SRC (message);

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR || self->decode == NULL ||
      source == NULL ||
      !gst_object_has_as_ancestor (source, GST_OBJECT (self->decode)))
    return FALSE;
  if (g_atomic_int_get (&self->stopping)) {
    gst_message_unref (message);
    return TRUE;
  }
  gst_message_parse_error (message, &error, &debug);
  if (!self->built && !is_one_of_several (self, source)) {
    refuse_input (self, error, debug);
  } else {
    if (self->built)
      GST_ELEMENT_WARNING (self, STREAM, DECODE,
          ("The input is damaged; what can be decoded of it is used."),
          ("%s: %s", error->message, debug));
    else
      GST_INFO_OBJECT (self, "%s: %s", error->message, debug);
    gst_element_call_async (GST_ELEMENT (self), end_streams,
        gst_object_ref (source), gst_object_unref);
  }
  gst_message_unref (message);
  return TRUE;
}
