/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ladder/vs-ladder-bin.h"

#include <gst/audio/audio.h>
#include <gst/pbutils/pbutils.h>

#define GST_CAT_DEFAULT gst_abr_ladder_debug

GstElement *
vs_ladder_adopt (GstAbrLadder *self, GstElement *element)
{
  gst_bin_add (GST_BIN (self), element);
  g_ptr_array_add (self->parts, gst_object_ref (element));
  return element;
}

GstElement *
vs_ladder_add (GstAbrLadder *self, const gchar *factory, const gchar *name)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (element == NULL) {
    self->failed = TRUE;
    gst_element_post_message (GST_ELEMENT (self),
        gst_missing_element_message_new (GST_ELEMENT (self), factory));
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN,
        ("The element “%s” is not there; install the GStreamer plugin that "
         "has it.",
            factory),
        (NULL));
    return NULL;
  }
  if (name != NULL)
    gst_object_set_name (GST_OBJECT (element), name);
  return vs_ladder_adopt (self, element);
}

GstElement *
vs_ladder_add_queue (
    GstAbrLadder *self, guint buffers, guint64 time, guint bytes)
{
  GstElement *queue = vs_ladder_add (self, "queue", NULL);

  if (queue != NULL)
    g_object_set (queue, "max-size-buffers", buffers, "max-size-time", time,
        "max-size-bytes", bytes, "silent", TRUE, NULL);
  return queue;
}

GstElement *
vs_ladder_add_caps (GstAbrLadder *self, GstCaps *caps)
{
  GstElement *filter = vs_ladder_add (self, "capsfilter", NULL);

  if (filter != NULL)
    g_object_set (filter, "caps", caps, NULL);
  return filter;
}

gboolean
vs_ladder_link (GstAbrLadder *self, GstElement *const *chain, guint n)
{
  GstElement *last = NULL;

  for (guint i = 0; i < n; i++) {
    if (chain[i] == NULL)
      continue;
    if (last != NULL && !gst_element_link (last, chain[i])) {
      self->failed = TRUE;
      GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
          ("“%s” does not fit before “%s”.", GST_ELEMENT_NAME (last),
              GST_ELEMENT_NAME (chain[i])),
          (NULL));
      return FALSE;
    }
    last = chain[i];
  }
  return TRUE;
}

gboolean
vs_ladder_feed (GstAbrLadder *self, VsLadderInput *input, GstElement *head)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (head, "sink");
  gboolean done;

  if (GST_PAD_IS_SRC (input->pad))
    done = gst_pad_link (input->pad, sink) == GST_PAD_LINK_OK;
  else
    done = gst_ghost_pad_set_target (GST_GHOST_PAD (input->pad), sink);
  if (!done)
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("The decoded stream cannot be taken."),
        ("%" GST_PTR_FORMAT, input->caps));
  return done;
}

static GstPadProbeReturn
on_dropped (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

void
vs_ladder_drop (GstPad *pad)
{
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_dropped,
      NULL, NULL);
}

/* "video" is rendition 0, and so is "video_0". */
static gint
index_of (GstPad *pad, VsMedia media)
{
  const gchar *kind = vs_media_name (media);
  const gchar *name = GST_PAD_NAME (pad);

  if (!g_str_has_prefix (name, kind))
    return -1;
  name += strlen (kind);
  return *name == '_' ? (gint) g_ascii_strtoll (name + 1, NULL, 10) : 0;
}

GPtrArray *
vs_ladder_outputs (GstAbrLadder *self, VsMedia media, guint index)
{
  GPtrArray *pads = g_ptr_array_new_with_free_func (gst_object_unref);

  GST_OBJECT_LOCK (self);
  for (GList *l = GST_ELEMENT (self)->srcpads; l != NULL; l = l->next)
    if (gst_pad_is_linked (l->data) &&
        index_of (l->data, media) == (gint) index)
      g_ptr_array_add (pads, gst_object_ref (l->data));
  GST_OBJECT_UNLOCK (self);
  return pads;
}

gboolean
vs_ladder_is_wanted (GstAbrLadder *self, VsMedia media)
{
  gboolean wanted = FALSE;

  GST_OBJECT_LOCK (self);
  for (GList *l = GST_ELEMENT (self)->srcpads; l != NULL && !wanted;
       l = l->next)
    wanted = gst_pad_is_linked (l->data) && index_of (l->data, media) >= 0;
  GST_OBJECT_UNLOCK (self);
  return wanted;
}

/* Gives back every linked pad of @media from rendition @first on. */
static void
give_back_from (GstAbrLadder *self, VsMedia media, guint first)
{
  g_autoptr (GPtrArray) pads =
      g_ptr_array_new_with_free_func (gst_object_unref);

  GST_OBJECT_LOCK (self);
  for (GList *l = GST_ELEMENT (self)->srcpads; l != NULL; l = l->next)
    if (gst_pad_is_linked (l->data) &&
        index_of (l->data, media) >= (gint) first)
      g_ptr_array_add (pads, gst_object_ref (l->data));
  GST_OBJECT_UNLOCK (self);
  for (guint i = 0; i < pads->len; i++)
    vs_ladder_give_back (self, g_ptr_array_index (pads, i));
}

/* Pictures that come out while a segment is written. */
#define BEYOND_GOP 6

typedef struct {
  GstAbrLadder *ladder; /* outlives its pads */
  VsLadderCount *count;
  GstTagList *tags;
  guint delay, rate;
  gboolean started;
  guint beyond; /* pictures from the second key frame on */
} Output;

static void
output_free (gpointer data)
{
  Output *output = data;

  gst_tag_list_unref (output->tags);
  g_free (output);
}

static GstPadProbeReturn
on_output_event (GstPad *pad, GstPadProbeInfo *info, Output *output)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS &&
      output->count->media == VS_MEDIA_VIDEO)
    vs_ladder_lead_end (output->ladder);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT && output->delay > 0) {
    GstSegment segment;
    guint32 seqnum = gst_event_get_seqnum (event);

    gst_event_copy_segment (event, &segment);
    gst_segment_offset_running_time (&segment, GST_FORMAT_TIME,
        -(gint64) gst_util_uint64_scale (
            output->delay, GST_SECOND, output->rate));
    gst_event_unref (event);
    event = gst_event_new_segment (&segment);
    gst_event_set_seqnum (event, seqnum);
    info->data = event;
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_TAG) {
    GstTagList *tags = NULL;
    g_autoptr (GstTagList) merged = NULL;

    gst_event_parse_tag (event, &tags);
    if (gst_tag_list_get_scope (tags) != GST_TAG_SCOPE_STREAM)
      return GST_PAD_PROBE_OK;
    merged = gst_tag_list_merge (tags, output->tags, GST_TAG_MERGE_REPLACE);
    gst_event_unref (event);
    info->data = gst_event_new_tag (g_steal_pointer (&merged));
  }
  return GST_PAD_PROBE_OK;
}

/* With the second key frame a whole GOP is out, and is published, by threads
 * that the encoder of sound would be in the way of. */
static void
let_sound_go (Output *output, GstBuffer *buffer)
{
  if (output->beyond > 0 ||
      (g_atomic_int_get (&output->count->frames) > 0 &&
          !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT)))
    output->beyond++;
  if (output->beyond == BEYOND_GOP)
    vs_ladder_lead_end (output->ladder);
}

static GstPadProbeReturn
on_output (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Output *output = user_data;
  GstBuffer *buffer;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM)
    return on_output_event (pad, info, output);

  buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  if (!output->started) {
    output->started = TRUE;
    gst_pad_push_event (
        pad, gst_event_new_tag (gst_tag_list_ref (output->tags)));
    if (output->delay > 0 &&
        gst_buffer_get_audio_clipping_meta (buffer) == NULL) {
      buffer = gst_buffer_make_writable (buffer);
      gst_buffer_add_audio_clipping_meta (
          buffer, GST_FORMAT_DEFAULT, output->delay, 0);
      info->data = buffer;
    }
  }
  if (output->count->media == VS_MEDIA_VIDEO)
    let_sound_go (output, buffer);
  (void) g_atomic_int_add (&output->count->frames, 1);
  __atomic_fetch_add (
      &output->count->bytes, gst_buffer_get_size (buffer), __ATOMIC_RELAXED);
  return GST_PAD_PROBE_OK;
}

void
vs_ladder_label_peer (GstPad *ghost, const gchar *name)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (ghost);
  GParamSpec *spec = peer != NULL ? g_object_class_find_property (
                                        G_OBJECT_GET_CLASS (peer), "label")
                                  : NULL;

  if (spec != NULL && spec->value_type == G_TYPE_STRING)
    g_object_set (peer, "label", name, NULL);
}

gboolean
vs_ladder_publish (GstAbrLadder *self, VsMedia media, guint index,
    GstElement *tail, VsLadderCount *count, GstTagList *tags, guint delay,
    guint rate)
{
  g_autoptr (GPtrArray) ghosts = vs_ladder_outputs (self, media, index);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (tail, "src");
  Output *output = g_new0 (Output, 1);

  output->ladder = self;
  output->count = count;
  output->tags = tags;
  output->delay = delay;
  output->rate = rate;
  GST_OBJECT_LOCK (self);
  g_ptr_array_add (self->counts, count);
  GST_OBJECT_UNLOCK (self);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_output, output, output_free);

  if (ghosts->len > 1) {
    GstElement *tee = vs_ladder_add (self, "tee", NULL);

    if (tee == NULL || !gst_element_link (tail, tee))
      return FALSE;
    tail = tee;
  }
  for (guint i = 0; i < ghosts->len; i++) {
    GstPad *ghost = g_ptr_array_index (ghosts, i);
    g_autoptr (GstPad) source =
        ghosts->len > 1 ? gst_element_request_pad_simple (tail, "src_%u")
                        : gst_object_ref (pad);

    vs_ladder_label_peer (ghost, count->name);
    if (!gst_ghost_pad_set_target (GST_GHOST_PAD (ghost), source)) {
      self->failed = TRUE;
      GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
          ("What is linked to “%s” does not take the encoded stream.",
              GST_PAD_NAME (ghost)),
          (NULL));
      return FALSE;
    }
  }
  return TRUE;
}

static gchar *
describe_found (GstAbrLadder *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->found->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
        (const gchar *) g_ptr_array_index (self->found, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

void
vs_ladder_refuse (GstAbrLadder *self, const gchar *why, const gchar *debug)
{
  g_autofree gchar *found = describe_found (self);

  if (self->failed)
    return;
  self->failed = TRUE;
  if (self->found->len > 0)
    GST_ELEMENT_ERROR (self, STREAM, CODEC_NOT_FOUND,
        ("No stream of the input can be decoded: no decoder for %s is "
         "installed.",
            found),
        ("%s", debug));
  else
    GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE, ("%s", why), ("%s", debug));
}

/* A stream is there and asked for, and nothing came out of its decoder. */
static gboolean
is_barren (GstAbrLadder *self, VsMedia media)
{
  return self->inputs[media]->len == 0 && self->seen[media] > 0 &&
         vs_ladder_is_wanted (self, media);
}

static void
warn_if_barren (GstAbrLadder *self, VsMedia media)
{
  if (self->found->len == 0 && is_barren (self, media))
    GST_ELEMENT_WARNING (self, STREAM, DECODE,
        ("Nothing of the input's %s can be decoded: it is empty, cut short or "
         "damaged, and is left out.",
            vs_media_name (media)),
        (NULL));
}

static void
refuse_empty (GstAbrLadder *self)
{
  const gchar *why = "The input has neither video nor audio.";

  if (is_barren (self, VS_MEDIA_VIDEO) || is_barren (self, VS_MEDIA_AUDIO))
    why = "Nothing in the input can be decoded: its streams are empty, cut "
          "short or damaged.";
  else if (self->inputs[VS_MEDIA_VIDEO]->len +
               (guint) self->seen[VS_MEDIA_VIDEO] >
           0)
    why = "The input has video alone, and only audio is asked for.";
  else if (self->inputs[VS_MEDIA_AUDIO]->len +
               (guint) self->seen[VS_MEDIA_AUDIO] >
           0)
    why = "The input has audio alone, and only video is asked for.";
  vs_ladder_refuse (self, why, "nothing to build");
}

/* Downstream first, so that nothing flows into an element that is not yet
 * running. The decoder runs already: this is its own thread, and who takes the
 * decoder down holds its state lock and waits for this thread. */
static void
run_parts (GstAbrLadder *self)
{
  for (guint i = self->parts->len; i > 0; i--) {
    GstElement *part = g_ptr_array_index (self->parts, i - 1);

    if (part != self->decode)
      gst_element_sync_state_with_parent (part);
  }
}

void
vs_ladder_build (GstAbrLadder *self)
{
  gboolean video, audio;

  if (self->built || self->failed)
    return;
  self->built = TRUE;
  video = self->inputs[VS_MEDIA_VIDEO]->len > 0 &&
          vs_ladder_is_wanted (self, VS_MEDIA_VIDEO);
  audio = self->inputs[VS_MEDIA_AUDIO]->len > 0 &&
          vs_ladder_is_wanted (self, VS_MEDIA_AUDIO);
  if (!video && !audio) {
    if (vs_ladder_is_wanted (self, VS_MEDIA_VIDEO) ||
        vs_ladder_is_wanted (self, VS_MEDIA_AUDIO))
      refuse_empty (self);
    return;
  }
  if (video && !vs_ladder_video_fit (self))
    return;
  if (audio && vs_ladder_copies (self, VS_MEDIA_AUDIO) &&
      !vs_ladder_copy_check (self, VS_MEDIA_AUDIO))
    return;
  warn_if_barren (self, VS_MEDIA_VIDEO);
  warn_if_barren (self, VS_MEDIA_AUDIO);
  vs_ladder_autolink_renditions (self, video ? self->rungs->rungs->len : 0,
      audio ? vs_ladder_audio_count (self) : 0, vs_ladder_text_count (self));
  if (!video)
    vs_ladder_autolink_swap (self);
  give_back_from (self, VS_MEDIA_VIDEO, video ? self->rungs->rungs->len : 0);
  give_back_from (
      self, VS_MEDIA_AUDIO, audio ? vs_ladder_audio_count (self) : 0);
  give_back_from (self, VS_MEDIA_TEXT, self->texts->len);
  vs_ladder_lead_begin (self, video && audio);
  if (video && !vs_ladder_video_build (self))
    return;
  if (audio && !vs_ladder_audio_build (self))
    return;
  if (!vs_ladder_text_build (self))
    return;
  run_parts (self);
}

void
vs_ladder_unbuild (GstAbrLadder *self)
{
  GList *pads;

  vs_ladder_autolink_undo (self);
  GST_OBJECT_LOCK (self);
  pads = g_list_copy_deep (GST_ELEMENT (self)->pads,
      (GCopyFunc) (void (*) (void)) gst_object_ref, NULL);
  GST_OBJECT_UNLOCK (self);
  for (GList *l = pads; l != NULL; l = l->next)
    gst_ghost_pad_set_target (GST_GHOST_PAD (l->data), NULL);
  g_list_free_full (pads, gst_object_unref);

  for (guint i = self->parts->len; i > 0; i--) {
    GstElement *element = g_ptr_array_index (self->parts, i - 1);

    gst_element_set_state (element, GST_STATE_NULL);
    gst_bin_remove (GST_BIN (self), element);
  }
  g_ptr_array_set_size (self->parts, 0);
  g_ptr_array_set_size (self->inputs[0], 0);
  g_ptr_array_set_size (self->inputs[1], 0);
  g_ptr_array_set_size (self->inputs[2], 0);
  g_clear_pointer (&self->texts, g_ptr_array_unref);
  self->unread_text = 0;
  g_ptr_array_set_size (self->found, 0);
  g_ptr_array_set_size (self->streams, 0);
  g_clear_pointer (&self->rungs, vs_ladder_free);
  g_clear_pointer (&self->first_video, g_free);
  self->head[0] = self->head[1] = NULL;
}
