/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-secret-file: text that nobody else may read. A file that its group or
 * others may read or write is refused: what is in it is no secret. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

/* At most 64 KiB of text; VS_ERROR_NOT_FOUND where it is not there. */
gchar *vs_secret_file_read (const gchar *path, GError **error);

/* Makes it, for its owner alone; one that is there is not replaced. */
gboolean vs_secret_file_make (
    const gchar *path, const gchar *text, GError **error);

G_END_DECLS
