/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-location.h"

#include "core/vs-error.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static gchar *
make_absolute (const gchar *path)
{
  return g_canonicalize_filename (path, NULL);
}

static gchar *
path_of_uri (const gchar *uri, VsError code, GError **error)
{
  g_autoptr (GError) reason = NULL;
  gchar *path = g_filename_from_uri (uri, NULL, &reason);

  if (!path)
    g_set_error (error, VS_ERROR, code,
        "“%s” is no usable file URI: %s. Give the plain path instead.", uri,
        reason->message);
  return path;
}

gchar *
vs_location_input_uri (const gchar *text, GError **error)
{
  g_autofree gchar *scheme = g_uri_parse_scheme (text);
  g_autofree gchar *path = NULL;

  if (*text == '\0') {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The input is empty: give a path or a URI.");
    return NULL;
  }
  if (scheme && !g_file_test (text, G_FILE_TEST_EXISTS))
    return g_strdup (text);
  path = make_absolute (text);
  return g_filename_to_uri (path, NULL, error);
}

gchar *
vs_location_display (const gchar *uri)
{
  g_autoptr (GUri) parsed = NULL;
  g_autofree gchar *path = g_filename_from_uri (uri, NULL, NULL);

  if (path)
    return g_filename_display_name (path);
  parsed = g_uri_parse (uri,
      G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED | G_URI_FLAGS_NON_DNS,
      NULL);
  if (!parsed || !g_uri_get_host (parsed))
    return g_strdup (uri);
  return g_uri_to_string_partial (parsed, G_URI_HIDE_USERINFO);
}

gboolean
vs_location_check_input (const gchar *uri, GError **error)
{
  g_autofree gchar *path = NULL;
  struct stat st;

  if (g_ascii_strncasecmp (uri, "file:", 5) != 0)
    return TRUE;
  path = path_of_uri (uri, VS_ERROR_NO_INPUT, error);
  if (!path)
    return FALSE;
  if (stat (path, &st) != 0 || access (path, R_OK) != 0) {
    gint code = errno;

    g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
        "The input “%s” cannot be read: %s.", path, g_strerror (code));
    return FALSE;
  }
  if (S_ISDIR (st.st_mode)) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
        "The input “%s” is a folder: give a media file.", path);
    return FALSE;
  }
  if (S_ISREG (st.st_mode) && st.st_size == 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The input “%s” is empty (0 bytes).", path);
    return FALSE;
  }
  return TRUE;
}

gchar *
vs_location_output_folder (const gchar *text, GError **error)
{
  g_autofree gchar *scheme = g_uri_parse_scheme (text);
  g_autofree gchar *path = NULL;

  if (*text == '\0') {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The output is empty: give a folder.");
    return NULL;
  }
  if (!g_utf8_validate (text, -1, NULL)) {
    g_autofree gchar *shown = g_filename_display_name (text);

    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The output's name “%s” is not UTF-8: rename the folder.", shown);
    return NULL;
  }
  if (g_strcmp0 (scheme, "file") == 0)
    return path_of_uri (text, VS_ERROR_BAD_VALUE, error);
  if (vs_location_is_s3 (text))
    return g_strdup (text);
  if (scheme && strstr (text, "://")) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The output “%s” is of a kind that cannot be written yet (%s): give a "
        "folder, or s3://BUCKET/PREFIX.",
        text, scheme);
    return NULL;
  }
  return make_absolute (text);
}

/* The folder itself, or the nearest one above it that is there. */
static gchar *
find_existing (const gchar *folder)
{
  g_autofree gchar *path = g_strdup (folder);

  while (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    gchar *parent = g_path_get_dirname (path);

    if (strcmp (parent, path) == 0) {
      g_free (parent);
      break;
    }
    g_free (path);
    path = parent;
  }
  return g_steal_pointer (&path);
}

gboolean
vs_location_check_output (const gchar *folder, GError **error)
{
  g_autofree gchar *path = NULL;
  struct statvfs fs;

  if (vs_location_is_s3 (folder))
    return TRUE; /* the store says what is wrong with it */
  path = find_existing (folder);
  if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
        "The output “%s” cannot be made: “%s” is a file, not a folder.", folder,
        path);
    return FALSE;
  }
  /* As the effective user, as open () will see it. */
  if (faccessat (AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0) {
    gint code = errno;

    g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
        "The output “%s” cannot be written: “%s”: %s.", folder, path,
        g_strerror (code));
    return FALSE;
  }
  if (statvfs (path, &fs) == 0 && fs.f_blocks > 0 && fs.f_bavail == 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_SPACE,
        "The output “%s” cannot be written: the disk is full.", folder);
    return FALSE;
  }
  return TRUE;
}

gboolean
vs_location_is_s3 (const gchar *location)
{
  return g_ascii_strncasecmp (location, "s3://", strlen ("s3://")) == 0;
}

static gboolean
has_parameter (const gchar *query, const gchar *name)
{
  g_auto (GStrv) pairs = g_strsplit (query ? query : "", "&", -1);
  gsize length = strlen (name);

  for (guint i = 0; pairs[i]; i++)
    if (g_str_has_prefix (pairs[i], name) &&
        (pairs[i][length] == '=' || pairs[i][length] == '\0'))
      return TRUE;
  return FALSE;
}

gchar *
vs_location_add_s3 (const gchar *uri, const VsPreset *preset)
{
  const struct {
    const gchar *name, *value;
  } parameters[] = {
    { "endpoint", preset->s3_endpoint },
    { "region", preset->s3_region },
    { "addressing", preset->s3_addressing },
    { "profile", preset->s3_profile },
    { "ca-file", preset->s3_ca_file },
  };
  const gchar *query = strchr (uri, '?');
  g_autoptr (GString) full = g_string_new (uri);

  for (guint i = 0; i < G_N_ELEMENTS (parameters); i++) {
    g_autofree gchar *value = NULL;

    if (!parameters[i].value ||
        has_parameter (query ? query + 1 : NULL, parameters[i].name))
      continue;
    value = g_uri_escape_string (parameters[i].value, NULL, FALSE);
    g_string_append_printf (full, "%c%s=%s",
        strchr (full->str, '?') ? '&' : '?', parameters[i].name, value);
  }
  return g_string_free (g_steal_pointer (&full), FALSE);
}
