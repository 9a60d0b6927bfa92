/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-tus: what the headers of a tus client say (resumable uploads, tus 1.0.0).
 * Pure; values are taken as they were sent. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

#define VS_TUS_VERSION "1.0.0"
#define VS_TUS_METADATA_MAX 4096
#define VS_TUS_DIGEST_MAX 64

/* Upload-Length, Upload-Offset: digits, and nothing else. */
gboolean vs_tus_parse_number (const gchar *text, guint64 *number);

/* Upload-Metadata: "KEY BASE64,KEY,…". The name of the file is under
 * "filename" or "name"; NULL where there is none. */
typedef struct {
  gchar *filename; /* @length bytes of anything, and a NUL */
  gsize length;
} VsTusMetadata;

void vs_tus_metadata_clear (VsTusMetadata *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VsTusMetadata, vs_tus_metadata_clear)

gboolean vs_tus_parse_metadata (
    const gchar *text, VsTusMetadata *metadata, GError **error);

/* Upload-Checksum: "ALGORITHM BASE64". */
typedef struct {
  GChecksumType type;
  guint8 digest[VS_TUS_DIGEST_MAX];
  gsize length;
} VsTusChecksum;

gboolean vs_tus_parse_checksum (
    const gchar *text, VsTusChecksum *checksum, GError **error);

/* Their names, with commas: Tus-Checksum-Algorithm. */
const gchar *vs_tus_get_algorithms (void);

G_END_DECLS
