/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-override.h"

#include "core/vs-error.h"
#include "worker/vs-property.h"

struct _VsOverride {
  const GPtrArray *properties;
  GMutex lock;
  GHashTable *used; /* factory names; guarded by lock */
};

VsOverride *
vs_override_new (const GPtrArray *properties)
{
  VsOverride *self = g_new0 (VsOverride, 1);

  self->properties = properties;
  g_mutex_init (&self->lock);
  self->used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
vs_override_free (VsOverride *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->used);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
prefix_line (GError **error, const VsPresetProperty *property)
{
  g_prefix_error (error, "The preset's line %u: [element %s]: ", property->line,
      property->factory);
  return FALSE;
}

gboolean
vs_override_check (const VsOverride *self, GError **error)
{
  for (guint i = 0; i < self->properties->len; i++) {
    const VsPresetProperty *property = self->properties->pdata[i];
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (property->factory);

    if (factory && !vs_property_check (
                       factory, property->property, property->value, error))
      return prefix_line (error, property);
  }
  return TRUE;
}

static void
mark_used (VsOverride *self, const gchar *factory)
{
  g_mutex_lock (&self->lock);
  g_hash_table_add (self->used, g_strdup (factory));
  g_mutex_unlock (&self->lock);
}

static gboolean
apply (VsOverride *self, GstElement *element, GError **error)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  const gchar *name = factory ? GST_OBJECT_NAME (factory) : NULL;

  for (guint i = 0; name && i < self->properties->len; i++) {
    const VsPresetProperty *property = self->properties->pdata[i];

    if (!g_str_equal (property->factory, name))
      continue;
    mark_used (self, name);
    if (!vs_property_set (element, property->property, property->value, error))
      return prefix_line (error, property);
  }
  return TRUE;
}

static void
on_deep_element_added (
    GstBin *pipeline, GstBin *parent, GstElement *element, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!apply (user_data, element, &error))
    gst_element_post_message (GST_ELEMENT (pipeline),
        gst_message_new_error (GST_OBJECT (element), error, NULL));
}

gboolean
vs_override_attach (VsOverride *self, GstElement *pipeline, GError **error)
{
  GstIterator *elements;
  GValue item = G_VALUE_INIT;
  gboolean ok = TRUE;

  if (self->properties->len == 0)
    return TRUE;
  g_signal_connect (
      pipeline, "deep-element-added", G_CALLBACK (on_deep_element_added), self);
  elements = gst_bin_iterate_recurse (GST_BIN (pipeline));
  while (ok && gst_iterator_next (elements, &item) == GST_ITERATOR_OK) {
    ok = apply (self, g_value_get_object (&item), error);
    g_value_reset (&item);
  }
  g_value_unset (&item);
  gst_iterator_free (elements);
  return ok;
}

GPtrArray *
vs_override_list_unused (VsOverride *self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->properties->len; i++) {
    const VsPresetProperty *property = self->properties->pdata[i];

    if (!g_hash_table_add (self->used, g_strdup (property->factory)))
      continue;
    g_ptr_array_add (list,
        g_strdup_printf ("The preset's line %u: [element %s] was not used: "
                         "this job has no such element.",
            property->line, property->factory));
  }
  g_mutex_unlock (&self->lock);
  return list;
}
