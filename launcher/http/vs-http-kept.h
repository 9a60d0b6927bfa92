/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-kept: versions of objects in memory, so many bytes at most; those
 * that nobody has asked for longest make room.
 *
 * Threading: one thread. */
#pragma once

#include "vs-http-file.h"

G_BEGIN_DECLS

typedef struct _VsHttpKept VsHttpKept;

VsHttpKept *vs_http_kept_new (gsize max_bytes);
void vs_http_kept_free (VsHttpKept *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHttpKept, vs_http_kept_free)

/* Takes the place of what was kept under @name; good until @until_us. */
void vs_http_kept_put (
    VsHttpKept *self, const gchar *name, VsHttpFile *file, gint64 until_us);

/* A reference, or NULL where there is none that is still good. */
VsHttpFile *vs_http_kept_get (
    VsHttpKept *self, const gchar *name, gint64 now_us);

G_END_DECLS
