/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-title: the name of a file, as a stranger gave it, made fit to be shown.
 * It is never a path here. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_TITLE_MAX 255 /* bytes */

/* What stands after the last "/" or "\", as UTF-8 without control characters
 * and marks that turn the direction of writing, cut to VS_TITLE_MAX; what has
 * nothing left is "untitled". What a page must escape ("<") stays. */
gchar *vs_title_clean (const gchar *raw, gsize length);

G_END_DECLS
