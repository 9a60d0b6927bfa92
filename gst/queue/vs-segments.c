/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-segments.h"

#include "core/vs-error.h"

#define SECONDS 10 /* EXTINF has to be something */

gchar *
vs_segments_make_uri (const VsQueueItem *item, GError **error)
{
  g_autoptr (GString) text = NULL;
  g_autofree gchar *encoded = NULL;

  if (item->count > VS_SEGMENTS_MAX) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "An item has at most %u segments; enqueue the rest as items that "
        "follow it.",
        VS_SEGMENTS_MAX);
    return NULL;
  }
  text = g_string_new ("#EXTM3U\n#EXT-X-VERSION:3\n");
  g_string_append_printf (text, "#EXT-X-TARGETDURATION:%u\n", SECONDS);
  for (guint64 i = 0; i < item->count; i++) {
    g_autofree gchar *name = vs_queue_item_dup_segment (item, 0, i);
    g_autofree gchar *uri = name && g_path_is_absolute (name)
                                ? g_filename_to_uri (name, NULL, error)
                                : g_strdup (name);

    if (!uri)
      return NULL;
    g_string_append_printf (text, "#EXTINF:%u,\n%s\n", SECONDS, uri);
  }
  g_string_append (text, "#EXT-X-ENDLIST\n");
  encoded = g_base64_encode ((const guchar *) text->str, text->len);
  return g_strconcat (
      "data:application/vnd.apple.mpegurl;base64,", encoded, NULL);
}
