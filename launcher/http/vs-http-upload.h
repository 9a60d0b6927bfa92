/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-upload: carries the body of a request from its connection to an
 * intake, one piece at a time: while a piece is on its way to the disk, nothing
 * is read, and the sender waits.
 *
 * Life: begun from a handler, which returns; the message is paused until the
 * intake has answered, or its connection has gone: then what has come is put
 * away first. A body that is refused is not read any further: vs-http-stream.
 *
 * Threading: the thread of the server. */
#pragma once

#include "api/vs-intake.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* How much is still to come of a body that is streamed. */
guint64 vs_http_upload_get_length (SoupServerMessage *message);

/* Takes @intake. */
void vs_http_upload_start (
    SoupServerMessage *message, VsApi *api, VsIntake *intake);

G_END_DECLS
