/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-store: answers requests from the objects below a prefix of a bucket.
 *
 * Life: a request arrives … is answered at once from what is kept in memory …
 * or is paused and joins the fetch of that name, or begins one … the store
 * answers … all who wait for the name are answered, by the same rules as from
 * a folder. Segments and manifests of up to 4 MiB are fetched whole and kept:
 * a manifest for half a second, a segment (which never changes under its name
 * while a job runs) for a minute, 64 MiB of them at most. Of larger objects,
 * and where a range is asked for, only the metadata is kept and the bytes
 * asked for pass through, a piece at a time. A fetch that nobody waits for any
 * more is cancelled.
 *
 * The first failure of the store, and its end, are told by g_message ().
 *
 * Threading: all functions belong to one thread, that of the server and of
 * the main context that is its default. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _VsHttpStore VsHttpStore;

/* @uri: "s3://bucket/prefix?endpoint=…". @redirect: segments are not sent but
 * pointed at, by presigned URLs. */
VsHttpStore *vs_http_store_new (
    const gchar *uri, gboolean redirect, GError **error);
/* Ends all that it is answering; the server may still be there. */
void vs_http_store_free (VsHttpStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHttpStore, vs_http_store_free)

/* Answers GET or HEAD of @name, as vs_http_path_decode () gives it. */
void vs_http_store_serve (
    VsHttpStore *self, SoupServerMessage *message, const gchar *name);

/* "https://host:port" that redirects lead to; NULL: there are none. */
const gchar *vs_http_store_get_origin (VsHttpStore *self);

G_END_DECLS
