/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/gstabrsinkpad.h"

#include <string.h>

struct _GstAbrSinkPad {
  GstGhostPad parent;
  gchar *label;               /* object lock */
  gint is_default, is_forced; /* atomic */
};

G_DEFINE_TYPE (GstAbrSinkPad, gst_abr_sink_pad, GST_TYPE_GHOST_PAD)

enum { PROP_0, PROP_LABEL, PROP_DEFAULT, PROP_FORCED, N_PROPS };

static GParamSpec *properties[N_PROPS];

static void
gst_abr_sink_pad_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstAbrSinkPad *self = GST_ABR_SINK_PAD (object);

  switch (id) {
    case PROP_LABEL:
      GST_OBJECT_LOCK (self);
      g_free (self->label);
      self->label = g_value_dup_string (value);
      GST_OBJECT_UNLOCK (self);
      break;
    case PROP_DEFAULT:
      g_atomic_int_set (&self->is_default, g_value_get_boolean (value));
      break;
    case PROP_FORCED:
      g_atomic_int_set (&self->is_forced, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
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

gboolean
gst_abr_sink_pad_is_default (GstAbrSinkPad *self)
{
  return g_atomic_int_get (&self->is_default);
}

gboolean
gst_abr_sink_pad_is_forced (GstAbrSinkPad *self)
{
  return g_atomic_int_get (&self->is_forced);
}

static void
gst_abr_sink_pad_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstAbrSinkPad *self = GST_ABR_SINK_PAD (object);

  switch (id) {
    case PROP_LABEL:
      g_value_take_string (value, gst_abr_sink_pad_dup_label (self));
      break;
    case PROP_DEFAULT:
      g_value_set_boolean (value, gst_abr_sink_pad_is_default (self));
      break;
    case PROP_FORCED:
      g_value_set_boolean (value, gst_abr_sink_pad_is_forced (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
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
  /* Text alone: what HLS calls DEFAULT and FORCED. */
  properties[PROP_DEFAULT] = g_param_spec_boolean ("default", "Default",
      "Text: shown unless the viewer chooses otherwise", FALSE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  properties[PROP_FORCED] = g_param_spec_boolean ("forced", "Forced",
      "Text: only what has to be read even by who asks for no subtitles", FALSE,
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

VsMedia
gst_abr_sink_pad_media_of_name (const gchar *name)
{
  if (g_str_has_prefix (name, "video_"))
    return VS_MEDIA_VIDEO;
  return g_str_has_prefix (name, "text_") ? VS_MEDIA_TEXT : VS_MEDIA_AUDIO;
}

VsMedia
gst_abr_sink_pad_get_media (GstPad *pad)
{
  return gst_abr_sink_pad_media_of_name (GST_OBJECT_NAME (pad));
}

static guint64
number_of (GstPad *pad)
{
  return g_ascii_strtoull (strchr (GST_OBJECT_NAME (pad), '_') + 1, NULL, 10);
}

gint
gst_abr_sink_pad_compare (gconstpointer a, gconstpointer b)
{
  GstPad *one = GST_PAD (a), *two = GST_PAD (b);

  if (gst_abr_sink_pad_get_media (one) != gst_abr_sink_pad_get_media (two))
    return gst_abr_sink_pad_get_media (one) < gst_abr_sink_pad_get_media (two)
               ? -1
               : 1;
  return number_of (one) < number_of (two) ? -1 : 1;
}
