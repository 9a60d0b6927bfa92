/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Subtitles pass the ladder as plain text or markup, each source track on a
 * pad of its own:
 *
 *   decoder ! queue ! text_N
 *
 * decodebin makes text of what has a parser (ASS, WebVTT); pictures (VobSub,
 * PGS, DVB) are left out, and said so. Nobody waits for text: it is sparse,
 * and a demuxer marks it so. */
#include "config.h"

#include "ladder/vs-ladder-bin.h"

#include <gst/tag/tag.h>

#define GST_CAT_DEFAULT gst_abr_ladder_debug

/* A sink that has not begun yet takes none; one film's text is less. */
#define QUEUE_BYTES (4 << 20)

static const gchar *
name_of (GstCaps *caps)
{
  if (caps == NULL || gst_caps_get_size (caps) == 0)
    return "";
  return gst_structure_get_name (gst_caps_get_structure (caps, 0));
}

gboolean
vs_ladder_text_is (GstCaps *caps)
{
  const gchar *name = name_of (caps);

  return g_str_has_prefix (name, "text/") ||
         g_str_has_prefix (name, "application/x-subtitle") ||
         g_str_equal (name, "application/x-ass") ||
         g_str_equal (name, "application/x-ssa") ||
         g_str_equal (name, "application/x-usf");
}

gboolean
vs_ladder_text_is_wanted (GstAbrLadder *self)
{
  return vs_ladder_is_wanted (self, VS_MEDIA_TEXT) ||
         vs_ladder_autolink_takes_text (self);
}

gboolean
vs_ladder_text_take (GstAbrLadder *self, GstPad *pad, GstCaps *caps)
{
  gboolean raw = g_str_equal (name_of (caps), "text/x-raw");

  if (self->built || !vs_ladder_text_is_wanted (self))
    return FALSE;
  if (!raw && (vs_ladder_text_is (caps) ||
                  g_str_has_prefix (name_of (caps), "subpicture/")))
    self->unread_text++;
  return raw;
}

/* ---- which track for which rendition ---- */

static gboolean
is_taken (const GPtrArray *chosen, const VsLadderInput *input)
{
  for (guint i = 0; i < chosen->len; i++)
    if (g_ptr_array_index (chosen, i) == input)
      return TRUE;
  return FALSE;
}

static gboolean
is_same_language (const gchar *a, const gchar *b)
{
  return a != NULL && b != NULL &&
         g_strcmp0 (
             gst_tag_get_language_code (a), gst_tag_get_language_code (b)) == 0;
}

/* The first free track of the language that is asked for; where none is told
 * for any, the first free one. Another language would be a false promise. */
static VsLadderInput *
choose (GstAbrLadder *self, const VsLadderText *want, const GPtrArray *chosen)
{
  const GPtrArray *inputs = self->inputs[VS_MEDIA_TEXT];

  for (guint strict = 2; strict > 0; strict--)
    for (guint i = 0; i < inputs->len; i++) {
      VsLadderInput *input = g_ptr_array_index (inputs, i);

      if (is_taken (chosen, input))
        continue;
      if (want->language == NULL ||
          is_same_language (want->language, input->language) ||
          (strict == 1 && input->language == NULL))
        return input;
    }
  return NULL;
}

static void
choose_all (GstAbrLadder *self)
{
  GPtrArray *chosen = g_ptr_array_new ();

  for (guint i = 0; i < self->run.text->len; i++) {
    const VsLadderText *want = g_ptr_array_index (self->run.text, i);
    VsLadderInput *input = choose (self, want, chosen);

    if (input != NULL) {
      input->want = want;
      g_ptr_array_add (chosen, input);
      continue;
    }
    GST_ELEMENT_WARNING (self, STREAM, DEMUX,
        ("The input has no subtitles%s%s for “%s”, which is left out.",
            want->language != NULL ? " in " : "",
            want->language != NULL ? want->language : "",
            want->name != NULL ? want->name : "text"),
        (NULL));
  }
  if (self->run.text->len == 0)
    for (guint i = 0; i < self->inputs[VS_MEDIA_TEXT]->len; i++)
      g_ptr_array_add (
          chosen, g_ptr_array_index (self->inputs[VS_MEDIA_TEXT], i));
  self->texts = chosen;
}

guint
vs_ladder_text_count (GstAbrLadder *self)
{
  if (self->texts == NULL)
    choose_all (self);
  if (self->unread_text > 0)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("%u of the input's subtitle tracks cannot be made text (pictures, or "
         "a format without a parser here) and are left out.",
            self->unread_text),
        (NULL));
  self->unread_text = 0;
  return self->texts->len;
}

/* ---- the branch ---- */

/* The language, before the first cue or gap: a parser may not have passed it
 * on, and a preset's has the last word. */
static GstPadProbeReturn
on_text (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstTagList *tags = user_data;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

    if (GST_EVENT_TYPE (event) != GST_EVENT_GAP &&
        GST_EVENT_TYPE (event) != GST_EVENT_EOS)
      return GST_PAD_PROBE_OK;
  }
  gst_pad_push_event (pad, gst_event_new_tag (gst_tag_list_ref (tags)));
  return GST_PAD_PROBE_REMOVE;
}

static void
set_if_there (GstPad *peer, const gchar *name, gboolean value)
{
  GParamSpec *spec =
      g_object_class_find_property (G_OBJECT_GET_CLASS (peer), name);

  if (spec != NULL && spec->value_type == G_TYPE_BOOLEAN)
    g_object_set (peer, name, value, NULL);
}

static void
describe_to_peer (GstPad *ghost, const VsLadderInput *input)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (ghost);
  const VsLadderText *want = input->want;
  const gchar *label = input->title;

  /* what matroskamux calls a track that has no name */
  if (input->language != NULL &&
      (label == NULL || g_str_equal (label, "Subtitle")))
    label = gst_tag_get_language_name (input->language);
  if (want != NULL && want->name != NULL)
    label = want->name;
  if (label != NULL)
    vs_ladder_label_peer (ghost, label);
  if (peer != NULL && want != NULL) {
    set_if_there (peer, "default", want->is_default);
    set_if_there (peer, "forced", want->is_forced);
  }
}

static gboolean
build_one (GstAbrLadder *self, guint index, VsLadderInput *input)
{
  g_autoptr (GPtrArray) ghosts = vs_ladder_outputs (self, VS_MEDIA_TEXT, index);
  const gchar *language = input->want != NULL && input->want->language != NULL
                              ? input->want->language
                              : input->language;
  GstElement *queue;
  g_autoptr (GstPad) pad = NULL;

  if (ghosts->len == 0) {
    vs_ladder_drop (input->pad);
    return TRUE;
  }
  queue = vs_ladder_add_queue (self, 0, 0, QUEUE_BYTES);
  if (queue == NULL)
    return FALSE;
  pad = gst_element_get_static_pad (queue, "src");
  if (language != NULL)
    gst_pad_add_probe (pad,
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        on_text, vs_ladder_audio_tags (0, language),
        (GDestroyNotify) gst_tag_list_unref);
  describe_to_peer (g_ptr_array_index (ghosts, 0), input);
  if (!gst_ghost_pad_set_target (
          GST_GHOST_PAD (g_ptr_array_index (ghosts, 0)), pad)) {
    self->failed = TRUE;
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("What is linked to “%s” does not take text.",
            GST_PAD_NAME (g_ptr_array_index (ghosts, 0))),
        (NULL));
    return FALSE;
  }
  return vs_ladder_feed (self, input, queue);
}

gboolean
vs_ladder_text_build (GstAbrLadder *self)
{
  GPtrArray *inputs = self->inputs[VS_MEDIA_TEXT];

  for (guint i = 0; i < self->texts->len; i++)
    if (!build_one (self, i, g_ptr_array_index (self->texts, i)))
      return FALSE;
  for (guint i = 0; i < inputs->len; i++) {
    VsLadderInput *input = g_ptr_array_index (inputs, i);

    if (!is_taken (self->texts, input))
      vs_ladder_drop (input->pad);
  }
  return TRUE;
}
