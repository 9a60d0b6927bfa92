/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The shared credentials and config files (AWS SDKs and Tools Reference Guide,
 * "Shared config and credentials files"): ~/.aws/credentials with [NAME],
 * ~/.aws/config with [profile NAME] and [default], or where
 * AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE say. */
#include <string.h>
#include <sys/stat.h>

#include "core/vs-error.h"
#include "store/vs-s3-credentials.h"

#define FILE_MAX (1024 * 1024)

static gchar *
dup_path (const gchar *variable, const gchar *name)
{
  const gchar *value = g_getenv (variable);
  const gchar *home = g_getenv ("HOME");

  if (value != NULL && *value != '\0')
    return g_strdup (value);
  return g_build_filename (
      home != NULL ? home : g_get_home_dir (), ".aws", name, NULL);
}

/* NULL without @error where there is no such file. */
static gchar *
read_file (const gchar *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  struct stat info;
  gchar *text = NULL;

  if (stat (path, &info) != 0)
    return NULL;
  if (!S_ISREG (info.st_mode) || info.st_size > FILE_MAX) {
    g_set_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
        "“%s” is no file of credentials.", path);
    return NULL;
  }
  if (!g_file_get_contents (path, &text, NULL, &local_error))
    g_set_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
        "The credentials could not be read: %s.", local_error->message);
  return text;
}

/* The value of @key in the section @section; the last one wins, as in the
 * SDKs. Lines that are indented belong to a setting above them. */
static gchar *
dup_value (const gchar *text, const gchar *section, const gchar *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree gchar *head = g_strconcat ("[", section, "]", NULL);
  gboolean inside = FALSE;
  gchar *found = NULL;

  for (guint i = 0; lines[i] != NULL; i++) {
    gboolean indented = g_ascii_isspace (lines[i][0]);
    gchar *line = g_strstrip (lines[i]);
    gchar *equals = strchr (line, '=');

    if (*line == '[') {
      inside = g_str_has_prefix (line, head);
    } else if (inside && !indented && *line != '#' && *line != ';' &&
               equals != NULL) {
      *equals = '\0';
      if (strcmp (g_strstrip (line), key) == 0) {
        g_free (found);
        found = g_strdup (g_strstrip (equals + 1));
      }
    }
  }
  for (guint i = 0; lines[i] != NULL; i++)
    explicit_bzero (lines[i], strlen (lines[i]));
  return found;
}

static void
wipe (gchar *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static VsS3Credentials *
find_keys (
    const gchar *text, const gchar *section, const gchar *path, GError **error)
{
  gchar *access_key = dup_value (text, section, "aws_access_key_id");
  gchar *secret_key = dup_value (text, section, "aws_secret_access_key");
  gchar *token = dup_value (text, section, "aws_session_token");
  VsS3Credentials *found = NULL;

  if (access_key != NULL && secret_key != NULL)
    found = vs_s3_credentials_new (access_key, secret_key, token, 0);
  else if (access_key != NULL || secret_key != NULL)
    g_set_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
        "“%s” has only one of aws_access_key_id and aws_secret_access_key in "
        "[%s].",
        path, section);
  wipe (access_key);
  wipe (secret_key);
  wipe (token);
  return found;
}

static gchar *
dup_config_section (const gchar *profile)
{
  return strcmp (profile, "default") == 0
             ? g_strdup (profile)
             : g_strconcat ("profile ", profile, NULL);
}

VsS3Credentials *
vs_s3_credentials_from_files (const gchar *profile, GError **error)
{
  g_autofree gchar *first =
      dup_path ("AWS_SHARED_CREDENTIALS_FILE", "credentials");
  g_autofree gchar *second = dup_path ("AWS_CONFIG_FILE", "config");
  g_autofree gchar *section = dup_config_section (profile);
  g_autoptr (GError) local_error = NULL;
  VsS3Credentials *found = NULL;
  gchar *text = read_file (first, &local_error);

  if (text != NULL)
    found = find_keys (text, profile, first, &local_error);
  wipe (text);
  if (found == NULL && local_error == NULL) {
    text = read_file (second, &local_error);
    if (text != NULL)
      found = find_keys (text, section, second, &local_error);
    wipe (text);
  }
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return found;
}

gchar *
vs_s3_credentials_dup_profile_region (const gchar *profile)
{
  g_autofree gchar *path = dup_path ("AWS_CONFIG_FILE", "config");
  g_autofree gchar *section = dup_config_section (profile);
  gchar *text = read_file (path, NULL);
  gchar *region = text != NULL ? dup_value (text, section, "region") : NULL;

  wipe (text);
  return region;
}
