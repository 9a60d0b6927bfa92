/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-pieces: the body of a reply that is fetched from the store while it
 * is sent, a piece at a time: the next is asked for when the last has been
 * taken by the reader.
 *
 * Life: made when status and headers are set and the message is paused; goes
 * on until all is sent, the reader is gone, or the store fails: then the
 * connection is closed, for the status has been sent. Freed by its owner when
 * the message is finished.
 *
 * Threading: the thread of the server. */
#pragma once

#include "store/vs-s3.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _VsHttpPieces VsHttpPieces;

/* @length bytes from @first of @key, all of the version @etag (bare). The
 * message outlives it. */
VsHttpPieces *vs_http_pieces_new (VsS3Client *client,
    SoupServerMessage *message, const gchar *key, const gchar *etag,
    guint64 first, guint64 length);
void vs_http_pieces_free (VsHttpPieces *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsHttpPieces, vs_http_pieces_free)

G_END_DECLS
