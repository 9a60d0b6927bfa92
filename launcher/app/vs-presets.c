/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-presets.h"

#include "config.h"
#include "core/vs-error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_PRESET_SIZE (1024 * 1024)

static const gchar *
lookup_environment (const gchar *name, gpointer data)
{
  return g_getenv (name);
}

/* The folders that are searched, in order. */
static gchar **
dup_folders (void)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  const gchar *folder = g_getenv ("VS_PRESET_DIR");
  gchar **folders;

  if (folder && *folder)
    g_strv_builder_add (builder, folder);
  g_strv_builder_add (builder, VS_DATA_DIR G_DIR_SEPARATOR_S "presets");
  folders = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return folders;
}

static gboolean
is_file (const gchar *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS) &&
         !g_file_test (path, G_FILE_TEST_IS_DIR);
}

static gchar *
find_installed (const gchar *name)
{
  g_auto (GStrv) folders = dup_folders ();
  g_autofree gchar *file = g_str_has_suffix (name, ".ini")
                               ? g_strdup (name)
                               : g_strconcat (name, ".ini", NULL);

  for (guint i = 0; folders[i]; i++) {
    g_autofree gchar *path = g_build_filename (folders[i], file, NULL);

    if (is_file (path))
      return g_steal_pointer (&path);
  }
  return NULL;
}

static gchar *
find (const gchar *name, GError **error)
{
  g_auto (GStrv) known = NULL;
  g_autofree gchar *list = NULL;
  gchar *path;

  if (strchr (name, G_DIR_SEPARATOR) || is_file (name))
    return g_strdup (name);
  path = find_installed (name);
  if (path)
    return path;

  known = vs_presets_list ();
  list = g_strjoinv (", ", known);
  g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
      "There is no preset “%s”: give the path of a preset file, or the name "
      "of an installed one (%s).",
      name, *list ? list : "none is installed");
  return NULL;
}

static gboolean
read_bounded (const gchar *path, gchar **text, gsize *length, GError **error)
{
  gsize size;
  FILE *file = fopen (path, "rbe");
  int code = errno;

  if (!file) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
        "The preset “%s” cannot be read: %s.", path, g_strerror (code));
    return FALSE;
  }
  *text = g_malloc (MAX_PRESET_SIZE + 1);
  errno = 0;
  size = fread (*text, 1, MAX_PRESET_SIZE + 1, file);
  code = errno;
  if (ferror (file) || size > MAX_PRESET_SIZE) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT,
        "The preset “%s” cannot be read: %s.", path,
        size > MAX_PRESET_SIZE ? "it is larger than 1 MiB" : g_strerror (code));
    g_clear_pointer (text, g_free);
    (void) fclose (file);
    return FALSE;
  }
  (void) fclose (file);
  (*text)[size] = '\0';
  *length = size;
  return TRUE;
}

VsPreset *
vs_presets_load (const gchar *name, GError **error)
{
  g_autofree gchar *path = find (name, error);
  g_autofree gchar *text = NULL;
  g_autofree gchar *base = NULL;
  gsize length = 0;

  if (!path || !read_bounded (path, &text, &length, error))
    return NULL;
  base = g_path_get_basename (path);
  return vs_preset_parse (text, length, base, lookup_environment, NULL, error);
}

static void
add_names (GHashTable *set, const gchar *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *file;

  while (dir && (file = g_dir_read_name (dir)))
    if (g_str_has_suffix (file, ".ini"))
      g_hash_table_add (set, g_strndup (file, strlen (file) - 4));
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar *const *) a, *(const gchar *const *) b);
}

gchar **
vs_presets_list (void)
{
  g_auto (GStrv) folders = dup_folders ();
  g_autoptr (GHashTable) set =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GPtrArray *names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  for (guint i = 0; folders[i]; i++)
    add_names (set, folders[i]);
  g_hash_table_iter_init (&iter, set);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    g_ptr_array_add (names, key);
    g_hash_table_iter_steal (&iter);
  }
  g_ptr_array_sort (names, compare);
  g_ptr_array_add (names, NULL);
  return (gchar **) g_ptr_array_free (names, FALSE);
}
