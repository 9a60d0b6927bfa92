/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-playback-key: addresses for playing that hold for a while. Pure: time is
 * an argument.
 *
 * A token is "EXPIRES.MAC": seconds since 1970, and the base 64 (of URLs) of
 * HMAC-SHA256 over what may be played and until when. It stands in the path,
 * "/play/ID/~EXPIRES.MAC/…", so that what a manifest names relative to itself
 * has it too.
 *
 * Keys are lines of a file; "#" begins a remark. The first signs, all are good
 * for checking: a new one is put before the old one, which is taken out when
 * what it signed has expired.
 *
 * Threading: keys are not changed once they are made. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

typedef struct _VsPlaybackKeys VsPlaybackKeys;

typedef enum {
  VS_PLAYBACK_GOOD,
  VS_PLAYBACK_EXPIRED,
  VS_PLAYBACK_BAD /* not one that these keys have made */
} VsPlaybackVerdict;

/* @name stands in errors, which never show a key. */
VsPlaybackKeys *vs_playback_keys_parse (
    const gchar *text, const gchar *name, GError **error);
void vs_playback_keys_free (VsPlaybackKeys *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsPlaybackKeys, vs_playback_keys_free)

gchar *vs_playback_sign (
    const VsPlaybackKeys *self, const gchar *id, gint64 expires_s);

/* How long it takes does not depend on how much of @token is right. */
VsPlaybackVerdict vs_playback_check (const VsPlaybackKeys *self,
    const gchar *id, const gchar *token, gint64 now_s);

G_END_DECLS
