/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-upload-store: what is known of uploads, durable. Threading: one thread,
 * that of the database. */
#pragma once

#include "jobs/vs-db.h"

G_BEGIN_DECLS

#define VS_UPLOAD_PREFIX "upload"

typedef struct {
  gchar *id, *owner;
  gint64 length; /* -1: known when it is whole */
  gint64 offset; /* so much is on the disk for certain */
  gchar *title;
  gchar *metadata, *type, *job; /* or NULL */
  gboolean archived;
  gint64 created, expires; /* µs since 1970; 0: never */
} VsUpload;

void vs_upload_free (VsUpload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsUpload, vs_upload_free)

/* All of it is here. */
gboolean vs_upload_is_whole (const VsUpload *self);

gboolean vs_upload_store_add (VsDb *db, const VsUpload *upload, GError **error);

/* Writes length, offset, type and expiry. */
gboolean vs_upload_store_note (
    VsDb *db, const VsUpload *upload, GError **error);

/* The job @job reads it from now on, or nobody's (NULL): FALSE where another
 * one does. In a transaction of the caller's. */
gboolean vs_upload_store_claim (
    VsDb *db, const gchar *id, const gchar *job, GError **error);

gboolean vs_upload_store_set_archived (
    VsDb *db, const gchar *id, GError **error);
gboolean vs_upload_store_remove (VsDb *db, const gchar *id, GError **error);

/* NULL and VS_ERROR_NOT_FOUND where there is none. */
VsUpload *vs_upload_store_get (VsDb *db, const gchar *id, GError **error);
VsUpload *vs_upload_store_get_of_job (VsDb *db, const gchar *job);

/* VsUpload, the newest first. @owner, @after: or NULL. */
GPtrArray *vs_upload_store_list (VsDb *db, const gchar *owner,
    const gchar *after, guint limit, GError **error);

/* VsUpload that expire no later than @time. */
GPtrArray *vs_upload_store_list_expired (VsDb *db, gint64 time);

/* How many of @owner belong to no job. */
gint64 vs_upload_store_count_free (VsDb *db, const gchar *owner);

/* When the next one expires; 0: none does. */
gint64 vs_upload_store_next_expiry (VsDb *db);

G_END_DECLS
