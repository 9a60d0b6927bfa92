/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ends of a pipeline that the user has written out: its elements named
 * "input" and "output". */
#include "worker/vs-plan-job.h"

#include "core/vs-error.h"
#include "worker/vs-property.h"

#include <string.h>

/* Where sinks of several files want them. "%s" is the folder; a location that
 * is a printf format itself has its per cent signs doubled. */
static const struct {
  const gchar *factory, *property, *file;
  gboolean printf_format;
} outputs[] = {
  { "hlssink2", "location", "segment%05d.ts", TRUE },
  { "hlssink2", "playlist-location", "playlist.m3u8", FALSE },
  { "dashsink", "mpd-root-path", NULL, FALSE },
  { "splitmuxsink", "location", "part%05d.mp4", TRUE },
};

static gchar *
double_percents (const gchar *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "%", -1);

  return g_strjoinv ("%%", parts);
}

static gboolean
set_output (GstElement *element, const gchar *folder, GError **error)
{
  const gchar *factory = GST_OBJECT_NAME (gst_element_get_factory (element));
  gboolean known = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (outputs); i++) {
    g_autofree gchar *start = NULL;
    g_autofree gchar *path = NULL;

    if (!g_str_equal (factory, outputs[i].factory))
      continue;
    known = TRUE;
    start =
        outputs[i].printf_format ? double_percents (folder) : g_strdup (folder);
    path = g_build_filename (start, outputs[i].file, NULL);
    if (!vs_property_set (element, outputs[i].property, path, error))
      return FALSE;
  }
  return known || vs_property_set (element, "location", folder, error);
}

static gboolean
set_input (GstElement *element, const gchar *uri, GError **error)
{
  g_autofree gchar *path = g_filename_from_uri (uri, NULL, NULL);

  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), "uri"))
    return vs_property_set (element, "uri", uri, error);
  return vs_property_set (element, "location", path ? path : uri, error);
}

gboolean
vs_plan_set_ends (GstElement *pipeline, const VsPreset *preset, GError **error)
{
  g_autoptr (GstElement) input =
      gst_bin_get_by_name (GST_BIN (pipeline), "input");
  g_autoptr (GstElement) output =
      gst_bin_get_by_name (GST_BIN (pipeline), "output");

  if (!preset->launch)
    return TRUE;
  if (input && preset->input_uri &&
      !set_input (input, preset->input_uri, error))
    return FALSE;
  if (!output || !preset->output_location)
    return TRUE;
  if (g_mkdir_with_parents (preset->output_location, 0777) != 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
        "The output “%s” cannot be made.", preset->output_location);
    return FALSE;
  }
  return set_output (output, preset->output_location, error);
}
