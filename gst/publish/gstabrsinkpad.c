/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/gstabrsinkpad.h"

struct _GstAbrSinkPad {
  GstGhostPad parent;
  gchar *label; /* object lock */
};

G_DEFINE_TYPE (GstAbrSinkPad, gst_abr_sink_pad, GST_TYPE_GHOST_PAD)

enum { PROP_0, PROP_LABEL, N_PROPS };

static GParamSpec *properties[N_PROPS];

static void
gst_abr_sink_pad_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstAbrSinkPad *self = GST_ABR_SINK_PAD (object);

  if (id != PROP_LABEL) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_free (self->label);
  self->label = g_value_dup_string (value);
  GST_OBJECT_UNLOCK (self);
}

gchar *
gst_abr_sink_pad_dup_label (GstAbrSinkPad *self)
{
  gchar *label;

  GST_OBJECT_LOCK (self);
  label = g_strdup (self->label);
  GST_OBJECT_UNLOCK (self);
  return label;
}

static void
gst_abr_sink_pad_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_LABEL)
    g_value_take_string (
        value, gst_abr_sink_pad_dup_label (GST_ABR_SINK_PAD (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_abr_sink_pad_finalize (GObject *object)
{
  g_free (GST_ABR_SINK_PAD (object)->label);
  G_OBJECT_CLASS (gst_abr_sink_pad_parent_class)->finalize (object);
}

static void
gst_abr_sink_pad_class_init (GstAbrSinkPadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = gst_abr_sink_pad_set_property;
  object_class->get_property = gst_abr_sink_pad_get_property;
  object_class->finalize = gst_abr_sink_pad_finalize;
  /* What a player's menu shows: HLS NAME, DASH Label. */
  properties[PROP_LABEL] = g_param_spec_string ("label", "Label",
      "Name of the rendition for people (1080p, English)", NULL,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gst_abr_sink_pad_init (GstAbrSinkPad *self)
{
}

GstPad *
gst_abr_sink_pad_new (const gchar *name, GstPadTemplate *templ)
{
  return g_object_new (GST_TYPE_ABR_SINK_PAD, "name", name, "direction",
      GST_PAD_SINK, "template", templ, NULL);
}
