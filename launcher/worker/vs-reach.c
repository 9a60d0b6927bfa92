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

static gboolean
is_file_source (GstPluginFeature *feature, gpointer user_data)
{
  GstElementFactory *factory;
  const gchar *const *protocols;

  if (!GST_IS_ELEMENT_FACTORY (feature))
    return FALSE;
  factory = GST_ELEMENT_FACTORY (feature);
  protocols = gst_element_factory_get_uri_protocols (factory);
  return gst_element_factory_get_uri_type (factory) == GST_URI_SRC &&
         protocols && g_strv_contains (protocols, "file");
}

static GList *
list_file_sources (void)
{
  return gst_registry_feature_filter (
      gst_registry_get (), is_file_source, FALSE, NULL);
}

void
vs_reach_limit (const VsPreset *preset)
{
  GList *features;

  if (reads_files (preset))
    return;
  /* A plugin that is loaded later would bring them again. */
  features = list_file_sources ();
  for (GList *l = features; l; l = l->next) {
    GstPluginFeature *loaded = gst_plugin_feature_load (l->data);

    gst_clear_object (&loaded);
  }
  gst_plugin_feature_list_free (features);
  features = list_file_sources ();
  for (GList *l = features; l; l = l->next)
    gst_registry_remove_feature (gst_registry_get (), l->data);
  gst_plugin_feature_list_free (features);
}
