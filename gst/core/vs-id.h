/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-id: names of things that a program gives out, and the places in lists of
 * them. Pure: time and chance are arguments.
 *
 * An id is a prefix, an underscore and 26 letters of Crockford's base 32 in
 * lower case: 48 bits of time in ms, then 80 bits of chance. So ids sort by
 * age, and nobody guesses one ("job_01jd4x…"). */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

#define VS_ID_RANDOM 10
#define VS_ID_PREFIX_MAX 8

gchar *vs_id_format (
    const gchar *prefix, guint64 ms, const guint8 random[VS_ID_RANDOM]);

/* Is @id one that vs_id_format () could have made with @prefix? */
gboolean vs_id_check (const gchar *id, const gchar *prefix);

/* When it was made. @id has been checked. */
guint64 vs_id_get_ms (const gchar *id);

/* A place in a list: what came last, as a word that means nothing to who gets
 * it. NULL and an error for a word that was not given out. */
gchar *vs_cursor_encode (const gchar *last_id);
gchar *vs_cursor_decode (
    const gchar *cursor, const gchar *prefix, GError **error);

G_END_DECLS
