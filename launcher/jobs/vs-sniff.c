/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-sniff.h"

#include <gio/gio.h>
#include <string.h>

gchar *
vs_sniff_type (const guint8 *data, gsize size)
{
  g_autofree gchar *type = g_content_type_guess (NULL, data, size, NULL);
  gchar *mime = type ? g_content_type_get_mime_type (type) : NULL;

  return mime ? mime : g_strdup ("application/octet-stream");
}

gboolean
vs_sniff_is_media (const gchar *type)
{
  /* Lists of addresses: they have no media in them, and lead elsewhere. */
  static const gchar *const lists[] = { "audio/x-mpegurl", "audio/mpegurl",
    "audio/x-scpls", "audio/x-ms-asx", "video/vnd.mpegurl",
    "audio/x-iriver-pla", "application/vnd.apple.mpegurl",
    "application/dash+xml", NULL };
  static const gchar *const containers[] = { "application/octet-stream",
    "application/ogg", "application/x-ogg", "application/mxf",
    "application/x-matroska", "application/vnd.rn-realmedia",
    "application/vnd.ms-asf", "application/vnd.adobe.flash.movie",
    "application/x-shockwave-flash", NULL };

  if (g_strv_contains (lists, type))
    return FALSE;
  return g_str_has_prefix (type, "video/") ||
         g_str_has_prefix (type, "audio/") ||
         g_strv_contains (containers, type);
}
