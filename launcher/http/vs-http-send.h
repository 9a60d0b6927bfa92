/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-send: puts a reply of the API into a message. Threading: the thread
 * of the server. */
#pragma once

#include "api/vs-api.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Takes the reply's body. */
void vs_http_send_reply (SoupServerMessage *message, VsApiReply *reply);

G_END_DECLS
