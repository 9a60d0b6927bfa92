/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-page: a page and its parts, out of the executable.
 *
 * Threading: one thread. */
#pragma once

#include "vs-http-file.h"

G_BEGIN_DECLS

typedef struct _VsHttpPage VsHttpPage;

/* What --serve shows. @origin: of media that are not here; NULL: there are
 * none. */
VsHttpPage *vs_http_page_new (const gchar *origin);

/* What the service shows. */
VsHttpPage *vs_http_page_new_service (void);

void vs_http_page_free (VsHttpPage *self);

/* @path: "/" or "/assets/index-1a2b3c.js". NULL: no such part. */
VsHttpFile *vs_http_page_lookup (VsHttpPage *self, const gchar *path);

/* What the page may load and do. */
const gchar *vs_http_page_get_policy (VsHttpPage *self);

G_END_DECLS
