/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-reach.h"

#include <gst/gst.h>

static gboolean
is_local (const gchar *uri)
{
  g_autofree gchar *scheme = uri ? g_uri_parse_scheme (uri) : NULL;

  return !scheme || g_str_equal (scheme, "file") ||
         g_str_equal (scheme, "testsrc");
}

static gboolean
reads_files (const VsPreset *preset)
{
  return preset->launch || preset->type == VS_PRESET_CHANNEL ||
         is_local (preset->input_uri) ||
         (preset->slate && !g_str_equal (preset->slate, "black") &&
             !g_str_equal (preset->slate, "bars"));
}

/* Keys of a store are in our environment: to publish, and for what the job
 * itself names. */
static gboolean
reads_stores (const VsPreset *preset)
{
  const gchar *scheme =
      preset->input_uri ? g_uri_peek_scheme (preset->input_uri) : NULL;

  return preset->launch || preset->type == VS_PRESET_CHANNEL ||
         g_strcmp0 (scheme, "s3") == 0;
}

static gboolean
is_source_of (GstPluginFeature *feature, gpointer user_data)
{
  GstElementFactory *factory;
  const gchar *const *protocols;

  if (!GST_IS_ELEMENT_FACTORY (feature))
    return FALSE;
  factory = GST_ELEMENT_FACTORY (feature);
  protocols = gst_element_factory_get_uri_protocols (factory);
  return gst_element_factory_get_uri_type (factory) == GST_URI_SRC &&
         protocols && g_strv_contains (protocols, user_data);
}

static GList *
list_sources (const gchar *protocol)
{
  return gst_registry_feature_filter (
      gst_registry_get (), is_source_of, FALSE, (gpointer) protocol);
}

static void
forget (const gchar *protocol)
{
  GList *features = list_sources (protocol);

  /* A plugin that is loaded later would bring them again. */
  for (GList *l = features; l; l = l->next) {
    GstPluginFeature *loaded = gst_plugin_feature_load (l->data);

    gst_clear_object (&loaded);
  }
  gst_plugin_feature_list_free (features);
  features = list_sources (protocol);
  for (GList *l = features; l; l = l->next)
    gst_registry_remove_feature (gst_registry_get (), l->data);
  gst_plugin_feature_list_free (features);
}

void
vs_reach_limit (const VsPreset *preset)
{
  if (!reads_files (preset))
    forget ("file");
  if (!reads_stores (preset))
    forget ("s3");
  if (preset->type != VS_PRESET_CHANNEL)
    forget ("film");
}
