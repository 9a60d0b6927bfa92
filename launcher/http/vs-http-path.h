/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-path: from the path of a request to a name below a folder. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The longest path that is looked at, in bytes as sent. */
#define VS_HTTP_PATH_MAX 2048

/* Decodes @raw ("video_0/1%20a.m4s", without a leading slash) once. NULL for
 * what no folder of ours can hold: "." and ".." however they are written,
 * empty parts, an encoded slash, backslash, NUL and other control characters,
 * broken escapes, what is not UTF-8, and hidden names (where the file store
 * keeps what is not whole yet). */
gchar *vs_http_path_decode (const gchar *raw);

G_END_DECLS
