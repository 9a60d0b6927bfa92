/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-signer: the keys of [playback] signing-key-file, as the file has them now.
 *
 * Life: opened (where the file is not there, one is made, with a key of
 * chance); when the file changes it is read again, and what cannot be read
 * leaves the keys as they were, with a warning; closed. Without a file nothing
 * is signed, and everything may be played.
 *
 * Threading: one thread, that of the default main context. */
#pragma once

#include "core/vs-playback-key.h"

G_BEGIN_DECLS

typedef struct _VsSigner VsSigner;

/* @path: or NULL. */
VsSigner *vs_signer_open (const gchar *path, GError **error);
void vs_signer_close (VsSigner *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsSigner, vs_signer_close)

/* Are there keys? */
gboolean vs_signer_is_on (const VsSigner *self);

/* "/play/ID/~TOKEN", or "/play/ID" without keys. */
gchar *vs_signer_dup_url (
    const VsSigner *self, const gchar *id, gint64 expires_s);

/* @token: or NULL. */
VsPlaybackVerdict vs_signer_check (
    const VsSigner *self, const gchar *id, const gchar *token, gint64 now_s);

G_END_DECLS
