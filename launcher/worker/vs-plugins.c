/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-plugins.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Parts of the class of an element that neither a copy nor its poster has a use
 * for. A plugin of which that can be said of each element is left out; what is
 * not known here stays. */
static const gchar *const useless[] = { "Analyzer", "Compositor", "Device",
  "Editor", "Effect", "Encoder", "Filter/Audio", "Mixer", "Muxer", "Payloader",
  "RTP", "Sink", "Source/Audio", "Source/Video", "Visualization" };

static gboolean
is_wanted (GstPluginFeature *feature)
{
  const gchar *klass;

  if (GST_IS_TYPE_FIND_FACTORY (feature))
    return TRUE;
  if (!GST_IS_ELEMENT_FACTORY (feature))
    return FALSE;
  klass = gst_element_factory_get_metadata (
      GST_ELEMENT_FACTORY (feature), GST_ELEMENT_METADATA_KLASS);
  for (guint i = 0; klass && i < G_N_ELEMENTS (useless); i++)
    if (strstr (klass, useless[i]))
      return FALSE;
  return TRUE;
}

/* libav is added when its decoders are needed. */
static gboolean
has_wanted (GstPlugin *plugin)
{
  const gchar *name = gst_plugin_get_name (plugin);
  GList *features;
  gboolean wanted = g_str_equal (name, "vstream");

  if (g_str_equal (name, "libav") || !gst_plugin_get_filename (plugin))
    return FALSE;
  features =
      gst_registry_get_feature_list_by_plugin (gst_registry_get (), name);
  for (GList *l = features; l && !wanted; l = l->next)
    wanted = is_wanted (l->data);
  gst_plugin_feature_list_free (features);
  return wanted;
}

/* Whoever reads the folder meanwhile finds the old one or the new one. */
static gboolean
link_file (const gchar *folder, const gchar *name, const gchar *target)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  g_autofree gchar *fresh = g_strconcat (path, ".new", NULL);
  g_autofree gchar *old = g_file_read_link (path, NULL);

  if (g_strcmp0 (old, target) == 0)
    return TRUE;
  (void) g_unlink (fresh);
  return symlink (target, fresh) == 0 && g_rename (fresh, path) == 0;
}

static void
remove_others (const gchar *folder, GHashTable *wanted)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    if (!g_hash_table_contains (wanted, name))
      (void) g_unlink (path);
  }
}

gboolean
vs_plugins_link (const gchar *folder)
{
  g_autoptr (GHashTable) wanted =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GList *plugins = gst_registry_get_plugin_list (gst_registry_get ());
  gboolean linked = g_mkdir_with_parents (folder, 0700) == 0;

  for (GList *l = plugins; l && linked; l = l->next) {
    const gchar *path = gst_plugin_get_filename (l->data);
    gchar *name;

    if (!has_wanted (l->data))
      continue;
    name = g_path_get_basename (path);
    linked = link_file (folder, name, path);
    g_hash_table_add (wanted, name);
  }
  gst_plugin_list_free (plugins);
  if (linked)
    remove_others (folder, wanted);
  return linked;
}

void
vs_plugins_add_decoders (void)
{
  g_autoptr (GstPlugin) known =
      gst_registry_find_plugin (gst_registry_get (), "libav");
  g_autoptr (GstPlugin) loaded = NULL;

  if (!known && g_file_test (VS_PLUGINS_LIBAV, G_FILE_TEST_EXISTS))
    loaded = gst_plugin_load_file (VS_PLUGINS_LIBAV, NULL);
}
