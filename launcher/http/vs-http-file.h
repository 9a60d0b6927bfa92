/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-file: one version of one file of a folder, ready to be sent, and
 * the folder that has them.
 *
 * Life: a request asks the folder for a name; the folder opens it below its
 * root and nowhere else, and gives a version: segments are mapped, manifests
 * are read, compressed and kept until the file changes. A version never
 * changes, and outlives its file for whoever still sends it.
 *
 * A mapped body must not be read here: the file may be cut short under it by
 * a writer that is not ours, and then a read is a SIGBUS, while send () only
 * fails with EFAULT.
 *
 * Threading: one thread. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a reply says of a version, as it goes over the wire: whole lines. */
typedef struct {
  gchar *lines;
  gsize known; /* so much of it is for those who have the version already */
} VsHttpFields;

typedef struct {
  gatomicrefcount references;
  GBytes *body; /* NULL: only known, not here (of a store) */
  guint64 size; /* where there is no body */
  GBytes *gzip; /* NULL: not worth it */
  gchar *etag;  /* strong, with its quotes */
  gchar *gzip_etag;
  gint64 modified;      /* seconds since 1970 */
  gchar *last_modified; /* the same, as a header has it */
  const gchar *content_type;
  const gchar *cache_control;
  VsHttpFields fields, gzip_fields; /* made when they are first sent */
} VsHttpFile;

VsHttpFile *vs_http_file_ref (VsHttpFile *self);
void vs_http_file_unref (VsHttpFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHttpFile, vs_http_file_unref)

guint64 vs_http_file_get_size (const VsHttpFile *self);

/* An empty version, to be filled in. */
VsHttpFile *vs_http_file_alloc (gint64 modified);

/* A version of bytes in memory: its tag is a digest, and it is compressed
 * where @compress. The two strings must live for ever. */
VsHttpFile *vs_http_file_new (GBytes *body, gint64 modified, gboolean compress,
    const gchar *content_type, const gchar *cache_control);

typedef struct _VsHttpFolder VsHttpFolder;

VsHttpFolder *vs_http_folder_new (const gchar *root);
void vs_http_folder_free (VsHttpFolder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHttpFolder, vs_http_folder_free)

/* What a publisher keeps for itself, and nobody is shown. */
gboolean vs_http_name_is_private (const gchar *name);

/* @name: as vs_http_path_decode () gives it. NULL and an HTTP status (404,
 * 403, 503) where there is no file to send. */
VsHttpFile *vs_http_folder_open (
    VsHttpFolder *self, const gchar *name, guint *status);

G_END_DECLS
