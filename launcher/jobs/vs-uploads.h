/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-uploads: the files that clients send, from the first byte until nobody
 * needs them.
 *
 * Life of an upload: created, with an empty file that is there before it is
 * acknowledged; filled by one writer at a time; whole when all of it has come.
 * Until a job takes it, it expires. The job that takes it reads it; when that
 * has succeeded it is removed, or archived, as [uploads] keep= says; it goes
 * with its asset or job at the latest. A crash between two of these steps is
 * made good at the next start.
 *
 * Threading: one thread, that of the database. */
#pragma once

#include "app/vs-config.h"
#include "jobs/vs-folders.h"
#include "jobs/vs-job-store.h"
#include "jobs/vs-upload-store.h"
#include "jobs/vs-upload-writer.h"

G_BEGIN_DECLS

/* How the input of a job says that it is an upload. */
#define VS_UPLOAD_SCHEME "upload:"

typedef struct _VsUploads VsUploads;

VsUploads *vs_uploads_new (
    VsJobStore *jobs, VsFolders *folders, const VsConfig *config);
void vs_uploads_free (VsUploads *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsUploads, vs_uploads_free)

/* Makes good what a crash has left, and begins to remove what expires. */
void vs_uploads_start (VsUploads *self);

/* Fills in id, times and offset of @upload, and writes it down.
 * VS_ERROR_NOT_PERMITTED: its owner has too many; VS_ERROR_NO_SPACE. */
gboolean vs_uploads_create (VsUploads *self, VsUpload *upload, GError **error);

/* The file, until it has been moved or removed. */
gchar *vs_uploads_get_path (VsUploads *self, const gchar *id);

/* Whether somebody writes to it now; who begins and ends that says so. */
gboolean vs_uploads_is_busy (VsUploads *self, const gchar *id);
void vs_uploads_set_busy (VsUploads *self, const gchar *id, gboolean busy);

/* Writes down how far @upload has come, and puts its end off. */
gboolean vs_uploads_note (VsUploads *self, VsUpload *upload, GError **error);

gboolean vs_uploads_remove (
    VsUploads *self, const VsUpload *upload, GError **error);

/* A job has come to another state, or (NULL state changes) is forgotten. */
void vs_uploads_follow (VsUploads *self, const VsJob *job);
void vs_uploads_forget_job (VsUploads *self, const gchar *job);

G_END_DECLS
