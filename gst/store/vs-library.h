/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-library: a library that is loaded when it is first needed, since to link
 * it costs each process its time and memory, and most never call it.
 *
 * Life: static data; what has been loaded stays until the process ends.
 *
 * Threading: any thread. Nobody calls through the table before load () has
 * returned TRUE in that thread, or in one that it hears from. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const gchar *name; /* of a function */
  gpointer *place;   /* where its address goes */
} VsLibraryEntry;

typedef struct {
  const gchar *file;    /* with the version of its ABI: "libcurl.so.4" */
  const gchar *purpose; /* how the sentence begins: "S3 needs libcurl" */
  const gchar *package; /* that has it: "libcurl4" */
  const VsLibraryEntry *entries;
  guint n_entries;

  GMutex lock;
  gboolean loaded;
} VsLibrary;

/* Fails with VS_ERROR_NO_PLUGIN where it is not installed, or lacks one of the
 * functions, each time it is asked. */
gboolean vs_library_load (VsLibrary *self, GError **error);

G_END_DECLS
