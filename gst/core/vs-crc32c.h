/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-crc32c: the Castagnoli CRC (RFC 3720 12.1), which S3 knows as a checksum
 * of parts. Pure; with the processor's own instruction where there is one. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @crc is 0 at first, then what the bytes before gave. */
guint32 vs_crc32c (guint32 crc, const guint8 *data, gsize size);

/* Base64 of its four bytes, the highest first. */
gchar *vs_crc32c_dup_base64 (guint32 crc);

G_END_DECLS
