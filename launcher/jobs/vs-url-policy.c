/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-url-policy.h"

#include "app/vs-location.h"
#include "core/vs-address.h"

#include <stdlib.h>
#include <string.h>

#define URL_MAX 2048

static gchar *
find_real_path (const gchar *path)
{
  char *found = realpath (path, NULL);
  gchar *copy = g_strdup (found);

  free (found);
  return copy;
}

static gboolean
is_below (const gchar *path, const gchar *folder)
{
  g_autofree gchar *real = find_real_path (folder);
  gsize length = real ? strlen (real) : 0;

  if (length == 0 || strncmp (path, real, length) != 0)
    return FALSE;
  return real[length - 1] == '/' || path[length] == '/';
}

static gboolean
is_allowed_path (const VsConfig *config, const gchar *path)
{
  for (guint i = 0; config->files && config->files[i]; i++)
    if (is_below (path, config->files[i]))
      return TRUE;
  return FALSE;
}

static gchar *
check_file (const VsConfig *config, const gchar *url, GError **error)
{
  g_autofree gchar *path = g_filename_from_uri (url, NULL, NULL);
  g_autofree gchar *real = path ? find_real_path (path) : NULL;
  g_autofree gchar *uri = NULL;

  /* What may not be read is refused alike whether it is there or not. */
  if (!path || !config->files || !config->files[0] ||
      (real ? !is_allowed_path (config, real)
            : !is_allowed_path (config, path))) {
    g_set_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
        "“%s” is not in a folder that [input] files= allows.", url);
    return NULL;
  }
  uri = g_filename_to_uri (real ? real : path, NULL, error);
  if (!uri || !vs_location_check_input (uri, error))
    return NULL;
  return g_steal_pointer (&uri);
}

gboolean
vs_url_policy_allows (gchar **networks, GInetAddress *address)
{
  if (vs_address_is_public (g_inet_address_to_bytes (address),
          g_inet_address_get_native_size (address)))
    return TRUE;
  for (guint i = 0; networks && networks[i]; i++) {
    g_autoptr (GInetAddressMask) mask =
        g_inet_address_mask_new_from_string (networks[i], NULL);

    if (mask && g_inet_address_mask_matches (mask, address))
      return TRUE;
  }
  return FALSE;
}

/* @key: the configuration's, that would have to name the address. */
static gboolean
check_host (gchar **networks, const gchar *key, const gchar *url, GUri *uri,
    GError **error)
{
  const gchar *host = g_uri_get_host (uri);
  g_autoptr (GInetAddress) address = NULL;

  if (!host || *host == '\0') {
    g_set_error (
        error, VS_ERROR, VS_ERROR_BAD_VALUE, "“%s” names no host.", url);
    return FALSE;
  }
  address = g_inet_address_new_from_string (
      g_ascii_strcasecmp (host, "localhost") == 0 ? "127.0.0.1" : host);
  if (!address || vs_url_policy_allows (networks, address))
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
      "“%s” leads to an address that is not public: [%s] allow-addresses= "
      "would have to name it.",
      url, key);
  return FALSE;
}

gchar *
vs_url_policy_check (const VsConfig *config, const gchar *url, GError **error)
{
  g_autoptr (GUri) uri = NULL;
  g_autoptr (GError) reason = NULL;
  const gchar *scheme;

  if (strlen (url) > URL_MAX) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The URL is longer than %d bytes.", URL_MAX);
    return NULL;
  }
  uri = g_uri_parse (
      url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD, &reason);
  if (!uri) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE, "“%s” is no URL: %s", url,
        reason->message);
    return NULL;
  }
  scheme = g_uri_get_scheme (uri);
  if (g_str_equal (scheme, "file"))
    return check_file (config, url, error);
  if (!g_strv_contains ((const gchar *const *) config->schemes, scheme)) {
    g_set_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
        "URLs of the kind “%s:” are not allowed here: [input] schemes= would "
        "have to name it.",
        scheme);
    return NULL;
  }
  if (!g_str_equal (scheme, "testsrc") &&
      !check_host (config->allow_addresses, "input", url, uri, error))
    return NULL;
  return g_strdup (url);
}

gboolean
vs_url_policy_check_hook (
    const VsConfig *config, const gchar *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_HAS_PASSWORD, NULL);
  const gchar *scheme = uri ? g_uri_get_scheme (uri) : "";

  if (!g_str_equal (scheme, "https") && !g_str_equal (scheme, "http")) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "A webhook's URL begins with https:// or http://.");
    return FALSE;
  }
  if (g_uri_get_userinfo (uri) || g_uri_get_fragment (uri)) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "A webhook's URL has no user name, password or fragment: receivers "
        "know us by the signature.");
    return FALSE;
  }
  return check_host (config->hook_allow, "webhook", url, uri, error);
}
