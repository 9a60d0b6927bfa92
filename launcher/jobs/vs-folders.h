/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-folders: the service's place on the disk.
 *
 *   STATE/vstream.db      the database      STATE/lock     one service at most
 *   STATE/media/JOB/N/…   what is played    STATE/logs/JOB.log
 *   STATE/scratch/JOB.N/  of a running job  STATE/trash/   being removed
 *   STATE/cache/          GStreamer's registry
 *   STATE/uploads/UPLOAD  what is sent     STATE/archive/  kept of it
 *   STATE/queues/CHANNEL/ what a channel plays, and has played
 *
 * Life: opened, which makes the folders, takes the lock and throws away what
 * a crash has left in scratch; what is removed is first moved to the trash,
 * which is one step, and then removed in a thread. Threading: one thread. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

typedef struct _VsFolders VsFolders;

VsFolders *vs_folders_open (const gchar *state, GError **error);
void vs_folders_close (VsFolders *self); /* waits for the trash */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsFolders, vs_folders_close)

/* "media", "scratch", … or NULL for the state folder; then @name, or NULL. */
gchar *vs_folders_get_path (
    VsFolders *self, const gchar *room, const gchar *name);

/* Makes a folder in a room. */
gchar *vs_folders_make (
    VsFolders *self, const gchar *room, const gchar *name, GError **error);

/* Out of the room now, off the disk soon. What is not there is no error. */
void vs_folders_discard (VsFolders *self, const gchar *room, const gchar *name);

/* Calls @func for every name in a room. */
typedef void (*VsFolderFunc) (const gchar *name, gpointer user_data);
void vs_folders_each (
    VsFolders *self, const gchar *room, VsFolderFunc func, gpointer user_data);

G_END_DECLS
