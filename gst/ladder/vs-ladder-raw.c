/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ladder's other way in: pictures and sound that come raw, and go to the
 * encoders without being held. Each pad is stopped at its caps until all
 * have shown theirs, so that every branch and link is there before the first
 * buffer moves. */
#include "config.h"

#include "ladder/vs-ladder-bin.h"

#define GST_CAT_DEFAULT gst_abr_ladder_debug

static GstPad *
raw_pad (GstAbrLadder *self, VsMedia media)
{
  return media == VS_MEDIA_VIDEO ? self->raw_video : self->raw_audio;
}

static gboolean
is_ready (GstAbrLadder *self, VsMedia media)
{
  GstPad *pad = raw_pad (self, media);

  return pad == NULL || !gst_pad_is_linked (pad) || self->raw_ended[media] ||
         self->inputs[media]->len > 0;
}

/* The thread that brings the last caps builds, and lets the other one go. */
static void
arrive (GstAbrLadder *self, GstPad *pad, GstCaps *caps)
{
  VsMedia media = pad == self->raw_video ? VS_MEDIA_VIDEO : VS_MEDIA_AUDIO;
  gboolean ready;

  g_mutex_lock (&self->raw_lock);
  if (caps != NULL && self->inputs[media]->len == 0)
    g_ptr_array_add (self->inputs[media], vs_ladder_input_new (pad, caps));
  else if (caps == NULL)
    self->raw_ended[media] = TRUE;
  ready = !self->raw_open && is_ready (self, VS_MEDIA_VIDEO) &&
          is_ready (self, VS_MEDIA_AUDIO);
  self->raw_open |= ready;
  g_mutex_unlock (&self->raw_lock);
  if (!ready)
    return;
  vs_ladder_build (self);
  for (guint i = 0; i < 2; i++)
    if (self->raw_probe[i] != 0 && raw_pad (self, i) != NULL)
      gst_pad_remove_probe (raw_pad (self, i), self->raw_probe[i]);
  self->raw_probe[0] = self->raw_probe[1] = 0;
}

static GstPadProbeReturn
on_raw (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstAbrLadder *self = user_data;
  GstEvent *event = NULL;
  GstCaps *caps = NULL;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM)
    event = GST_PAD_PROBE_INFO_EVENT (info);
  if (event != NULL && GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    gst_event_parse_caps (event, &caps);
  else if (event != NULL && GST_EVENT_TYPE (event) != GST_EVENT_EOS &&
           GST_EVENT_TYPE (event) != GST_EVENT_GAP)
    return GST_PAD_PROBE_PASS;
  arrive (self, pad, caps);
  return GST_PAD_PROBE_OK;
}

gboolean
vs_ladder_raw_start (GstAbrLadder *self)
{
  gboolean any = FALSE;

  self->raw_open = FALSE;
  for (guint i = 0; i < 2; i++) {
    GstPad *pad = raw_pad (self, i);

    self->raw_ended[i] = FALSE;
    if (pad == NULL)
      continue;
    any = TRUE;
    self->raw_probe[i] = gst_pad_add_probe (pad,
        GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM, on_raw,
        self, NULL);
  }
  return any;
}

void
vs_ladder_raw_stop (GstAbrLadder *self)
{
  for (guint i = 0; i < 2; i++) {
    if (self->raw_probe[i] != 0 && raw_pad (self, i) != NULL)
      gst_pad_remove_probe (raw_pad (self, i), self->raw_probe[i]);
    self->raw_probe[i] = 0;
  }
}
