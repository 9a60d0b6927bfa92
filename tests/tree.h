/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Removes what a test made. Links are removed, not followed. */
#pragma once

#include <glib/gstdio.h>

static inline void
remove_tree (const gchar *path)
{
  g_autoptr (GDir) list = g_file_test (path, G_FILE_TEST_IS_SYMLINK)
                              ? NULL
                              : g_dir_open (path, 0, NULL);
  const gchar *name;

  while (list != NULL && (name = g_dir_read_name (list)) != NULL) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_remove (path);
}
