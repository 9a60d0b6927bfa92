/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-asset-uri.h"

#include <string.h>

#define SCHEME "asset:"

gchar *
vs_asset_uri_dup_id (const gchar *uri)
{
  if (!uri || g_ascii_strncasecmp (uri, SCHEME, strlen (SCHEME)) != 0)
    return NULL;
  uri += strlen (SCHEME);
  return g_strndup (uri, strcspn (uri, "#"));
}

gchar *
vs_asset_uri_dup_shown (const gchar *uri)
{
  g_autofree gchar *id = vs_asset_uri_dup_id (uri);

  return id ? g_strconcat (SCHEME, id, NULL) : g_strdup (uri);
}

gchar *
vs_asset_uri_make (const gchar *id, const gchar *place)
{
  return g_strconcat (SCHEME, id, "#", place, NULL);
}

/* Names of letters, digits, "_", "-" and ".", none of which begins with a
 * point. */
static gboolean
is_place (const gchar *place)
{
  static const gchar allowed[] = G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-./";
  gboolean first = TRUE;

  for (const gchar *c = place; *c; c++) {
    if (!strchr (allowed, *c) || (first && (*c == '.' || *c == '/')))
      return FALSE;
    first = *c == '/';
  }
  return !first;
}

gchar *
vs_asset_uri_dup_path (const gchar *uri, const gchar *folder, GError **error)
{
  g_autofree gchar *id = vs_asset_uri_dup_id (uri);
  const gchar *place = id ? strchr (uri, '#') : NULL;

  if (place && folder && is_place (place + 1))
    return g_build_filename (folder, place + 1, NULL);
  g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
      "“asset:%s” is a film of a service's library, which is not known here: "
      "give its address.",
      id ? id : "");
  return NULL;
}
