/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ladder/vs-ladder-bin.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_abr_ladder_debug

/* The peer's request template for one more stream of @media: "audio" as
 * hlssink2 has it, or "audio_%u". */
static GstPadTemplate *
find_template (GstElement *peer, VsMedia media, gboolean *many)
{
  const gchar *kind = vs_media_name (media);
  const GList *l;

  for (l = gst_element_class_get_pad_template_list (
           GST_ELEMENT_GET_CLASS (peer));
       l != NULL; l = l->next) {
    GstPadTemplate *templ = l->data;
    const gchar *name = GST_PAD_TEMPLATE_NAME_TEMPLATE (templ);

    if (GST_PAD_TEMPLATE_DIRECTION (templ) != GST_PAD_SINK ||
        GST_PAD_TEMPLATE_PRESENCE (templ) != GST_PAD_REQUEST ||
        !g_str_has_prefix (name, kind))
      continue;
    *many = strchr (name, '%') != NULL;
    if (*many || g_strcmp0 (name, kind) == 0)
      return templ;
  }
  return NULL;
}

static GstElement *
dup_peer_element (GstPad *pad)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);

  return peer != NULL ? gst_pad_get_parent_element (peer) : NULL;
}

static gboolean
link_to_request (GstAbrLadder *self, GstPad *source, GstElement *element,
    GstPadTemplate *templ)
{
  g_autoptr (GstPad) pad = gst_element_request_pad (element, templ, NULL, NULL);

  if (pad == NULL)
    return FALSE;
  if (gst_pad_link (source, pad) != GST_PAD_LINK_OK) {
    GST_WARNING_OBJECT (self, "cannot link %" GST_PTR_FORMAT, pad);
    gst_element_release_request_pad (element, pad);
    return FALSE;
  }
  GST_INFO_OBJECT (self, "linked %s by itself", GST_PAD_NAME (source));
  return TRUE;
}

void
vs_ladder_autolink_pair (GstAbrLadder *self, GstPad *linked)
{
  gboolean is_video = linked == self->video;
  GstPad *other = is_video ? self->audio : self->video;
  g_autoptr (GstElement) peer = dup_peer_element (linked);
  GstPadTemplate *templ;
  gboolean wanted, many = FALSE;

  GST_OBJECT_LOCK (self);
  wanted = self->settings.autolink;
  GST_OBJECT_UNLOCK (self);
  if (!wanted || peer == NULL)
    return;

  /* GstBin tells of its state before it has cleared posted_playing; under
   * gst-launch a bin that goes to PLAYING in between loses its EOS. A bin
   * that handles its children's async itself does not. */
  if (GST_IS_BIN (peer))
    g_object_set (peer, "async-handling", TRUE, NULL);

  if (gst_pad_is_linked (other) ||
      (!is_video && !self->gave_video)) /* linked by hand, audio alone */
    return;
  templ =
      find_template (peer, is_video ? VS_MEDIA_AUDIO : VS_MEDIA_VIDEO, &many);
  if (templ != NULL)
    link_to_request (self, other, peer, templ);
}

static gboolean
is_sink (GstElement *element)
{
  const gchar *klass =
      gst_element_get_metadata (element, GST_ELEMENT_METADATA_KLASS);

  return klass != NULL && strstr (klass, "Sink") != NULL;
}

static void
link_others (
    GstAbrLadder *self, GstElement *peer, VsMedia media, guint first, guint n)
{
  gboolean many = FALSE;
  GstPadTemplate *templ = find_template (peer, media, &many);

  for (guint i = first; templ != NULL && many && i < n; i++) {
    g_autofree gchar *name =
        g_strdup_printf ("%s_%u", vs_media_name (media), i);
    g_autoptr (GstPad) pad =
        gst_element_get_static_pad (GST_ELEMENT (self), name);

    if (pad != NULL) /* asked for by hand */
      continue;
    pad = gst_object_ref (gst_abr_ladder_add_source (self, media, i));
    if (link_to_request (self, pad, peer, templ))
      g_ptr_array_add (self->linked, gst_object_ref (pad));
    else
      gst_element_remove_pad (GST_ELEMENT (self), pad);
  }
}

/* What takes the renditions; a muxer would put all of them into one file. */
static GstElement *
dup_taker (GstAbrLadder *self)
{
  g_autoptr (GstElement) peer = NULL;

  if (!self->run.autolink)
    return NULL;
  peer = dup_peer_element (
      gst_pad_is_linked (self->video) ? self->video : self->audio);
  return peer != NULL && is_sink (peer) ? g_steal_pointer (&peer) : NULL;
}

gboolean
vs_ladder_autolink_takes_text (GstAbrLadder *self)
{
  g_autoptr (GstElement) peer = dup_taker (self);
  gboolean many = FALSE;

  return peer != NULL && find_template (peer, VS_MEDIA_TEXT, &many) != NULL &&
         many;
}

void
vs_ladder_autolink_renditions (
    GstAbrLadder *self, guint n_video, guint n_audio, guint n_text)
{
  g_autoptr (GstElement) peer = dup_taker (self);

  if (peer == NULL)
    return;
  link_others (self, peer, VS_MEDIA_VIDEO, 1, n_video);
  link_others (self, peer, VS_MEDIA_AUDIO, 1, n_audio);
  link_others (self, peer, VS_MEDIA_TEXT, 0, n_text);
}

static gboolean
release_peer (GstPad *pad)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);
  g_autoptr (GstElement) element = NULL;
  g_autoptr (GstPadTemplate) templ = NULL;

  if (peer == NULL)
    return TRUE;
  element = gst_pad_get_parent_element (peer);
  templ = gst_pad_get_pad_template (peer);
  if (element == NULL || templ == NULL ||
      GST_PAD_TEMPLATE_PRESENCE (templ) != GST_PAD_REQUEST)
    return FALSE;
  gst_pad_unlink (pad, peer);
  gst_element_release_request_pad (element, peer);
  return TRUE;
}

static gboolean
takes_anything (GstPad *pad)
{
  g_autoptr (GstPadTemplate) templ = gst_pad_get_pad_template (pad);

  return templ != NULL && gst_caps_is_any (GST_PAD_TEMPLATE_CAPS (templ)) &&
         GST_PAD_TEMPLATE_PRESENCE (templ) == GST_PAD_REQUEST;
}

/* hlssink2 cuts by its video pad, and never again once that is released; but
 * the pad takes any stream. */
void
vs_ladder_autolink_swap (GstAbrLadder *self)
{
  g_autoptr (GstPad) video = gst_pad_get_peer (self->video);
  g_autoptr (GstPad) audio = gst_pad_get_peer (self->audio);
  g_autoptr (GstElement) peer = dup_peer_element (self->video);
  g_autoptr (GstElement) other = dup_peer_element (self->audio);

  if (video == NULL || audio == NULL || peer != other ||
      !takes_anything (video) || !takes_anything (audio))
    return;
  GST_INFO_OBJECT (self, "audio goes to %" GST_PTR_FORMAT, video);
  gst_pad_unlink (self->audio, audio);
  gst_pad_unlink (self->video, video);
  gst_element_release_request_pad (peer, audio);
  gst_pad_link_full (self->audio, video, GST_PAD_LINK_CHECK_NOTHING);
  self->swapped = TRUE;
}

static void
undo_swap (GstAbrLadder *self)
{
  g_autoptr (GstPad) video = gst_pad_get_peer (self->audio);

  self->swapped = FALSE;
  if (video == NULL)
    return;
  gst_pad_unlink (self->audio, video);
  gst_pad_link (self->video, video);
}

void
vs_ladder_autolink_undo (GstAbrLadder *self)
{
  if (self->swapped)
    undo_swap (self);
  for (guint i = 0; i < self->linked->len; i++) {
    GstPad *pad = g_ptr_array_index (self->linked, i);

    release_peer (pad);
    gst_element_remove_pad (GST_ELEMENT (self), pad);
  }
  g_ptr_array_set_size (self->linked, 0);
}

/* A sink that waits for preroll holds the thread that brings it EOS, so that
 * must not be a streaming thread, which other sinks wait for. */
static void
send_eos (GstElement *element, gpointer user_data)
{
  GstPad *pad = user_data;
  g_autofree gchar *id =
      gst_pad_create_stream_id (pad, element, GST_PAD_NAME (pad));

  gst_pad_push_event (pad, gst_event_new_stream_start (id));
  gst_pad_push_event (pad, gst_event_new_eos ());
}

void
vs_ladder_give_back (GstAbrLadder *self, GstPad *pad)
{
  g_autoptr (GstPadTemplate) templ = gst_pad_get_pad_template (pad);

  if (!gst_pad_is_linked (pad))
    return;
  GST_INFO_OBJECT (self, "nothing comes on %s", GST_PAD_NAME (pad));
  if (GST_PAD_TEMPLATE_PRESENCE (templ) == GST_PAD_ALWAYS &&
      release_peer (pad)) {
    if (pad == self->video)
      self->gave_video = TRUE;
    else
      self->gave_audio = TRUE;
    return;
  }
  gst_element_call_async (
      GST_ELEMENT (self), send_eos, gst_object_ref (pad), gst_object_unref);
}
