/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-item-uri.h"

#include <gst/gst.h>

#include "core/vs-asset-uri.h"
#include "queue/vs-segments.h"

/* Everything that GStreamer can read may be an item, but for what takes data
 * from the process itself, and what only the library may lead to. */
static gboolean
find_kind (const gchar *uri, VsPlayKind *kind, GError **error)
{
  static const gchar *const ours[] = { "appsrc", "fd", "pushfile", "bin",
    "film", NULL };
  g_autofree gchar *scheme = g_uri_parse_scheme (uri);

  if (scheme && !g_strv_contains (ours, scheme) &&
      gst_uri_protocol_is_supported (GST_URI_SRC, scheme) &&
      !vs_play_uri_check (uri, kind, NULL)) {
    *kind = VS_PLAY_KIND_PULL;
    return TRUE;
  }
  return vs_play_uri_check (uri, kind, error);
}

static gchar *
dup_uri (const VsQueueItem *item, GError **error)
{
  if (!item->uri)
    return vs_segments_make_uri (item, error);
  if (g_path_is_absolute (item->uri))
    return gst_filename_to_uri (item->uri, error);
  return g_strdup (item->uri);
}

gchar *
vs_item_uri_make (const VsQueueItem *item, const gchar *assets,
    VsPlayKind *kind, GError **error)
{
  g_autofree gchar *asset = vs_asset_uri_dup_id (item->uri);
  g_autofree gchar *uri = NULL;

  *kind = VS_PLAY_KIND_FILE;
  if (asset)
    return vs_asset_uri_dup_address (item->uri, assets, error);
  uri = dup_uri (item, error);
  return uri && find_kind (uri, kind, error) ? g_steal_pointer (&uri) : NULL;
}
