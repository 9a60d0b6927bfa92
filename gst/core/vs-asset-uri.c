/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-asset-uri.h"

#include <string.h>

#define SCHEME "asset:"
#define FILM "film:///"

/* Before a place in the store; no place in the folder begins like it. */
#define STORED "store:"

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
vs_asset_uri_make (const gchar *id, const gchar *place, gboolean stored)
{
  return g_strconcat (SCHEME, id, "#", stored ? STORED : "", place, NULL);
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

static gchar *
make_file_uri (const gchar *folder, const gchar *place, GError **error)
{
  g_autofree gchar *path = g_build_filename (folder, place, NULL);

  return g_filename_to_uri (path, NULL, error);
}

gchar *
vs_asset_uri_dup_address (const gchar *uri, const gchar *folder, GError **error)
{
  g_autofree gchar *id = vs_asset_uri_dup_id (uri);
  const gchar *place = id ? strchr (uri, '#') : NULL;
  gboolean stored = place && g_str_has_prefix (place + 1, STORED);

  if (stored)
    place += strlen (STORED);
  if (place && folder && is_place (place + 1))
    return stored ? g_strconcat (FILM, place + 1, NULL)
                  : make_file_uri (folder, place + 1, error);
  g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
      "“asset:%s” is a film of a service's library, which is not known here: "
      "give its address.",
      id ? id : "");
  return NULL;
}

gchar *
vs_film_uri_dup_location (
    const gchar *uri, const gchar *location, GError **error)
{
  const gchar *place = uri + strcspn (uri, ":");
  gsize length = location ? strcspn (location, "?") : 0;
  g_autofree gchar *head = NULL;

  place += strspn (place, ":/");
  if (g_ascii_strncasecmp (uri, FILM, strlen ("film:")) != 0 ||
      !is_place (place)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” is no film of a service's library.", uri);
    return NULL;
  }
  if (length == 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
        "The film is in a bucket, and the service has none now: set [output] "
        "location= again.");
    return NULL;
  }
  while (length > 0 && location[length - 1] == '/')
    length--;
  head = g_strndup (location, length);
  return g_strconcat (
      head, "/", place, location + strcspn (location, "?"), NULL);
}
