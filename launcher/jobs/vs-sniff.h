/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-sniff: what the first bytes of a file look like, by the shared MIME
 * database of the machine, and whether that is plainly no media. What nobody
 * knows passes: the worker finds out. Threading: any thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_SNIFF_SIZE 4096

gchar *vs_sniff_type (const guint8 *data, gsize size);
gboolean vs_sniff_is_media (const gchar *type);

G_END_DECLS
