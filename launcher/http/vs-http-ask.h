/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-http-ask: a message as a question to the API, and its reply, be it there
 * at once or later.
 *
 * Life: made beside a server; a message whose reply comes later is paused
 * until it is there, or forgotten when its client hangs up; freed after the
 * server's door is closed.
 *
 * Threading: the thread of the server. */
#pragma once

#include "api/vs-api.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _VsHttpAsk VsHttpAsk;

VsHttpAsk *vs_http_ask_new (VsApi *api);
void vs_http_ask_free (VsHttpAsk *self);

/* What is in @message, borrowed. */
void vs_http_ask_fill (VsApiRequest *request, SoupServerMessage *message,
    const gchar *path, GHashTable *query);

/* Sends @reply, now or when it is there. */
void vs_http_ask_answer (
    VsHttpAsk *self, SoupServerMessage *message, VsApiReply *reply);

/* Both, with the API between. */
void vs_http_ask_serve (VsHttpAsk *self, SoupServerMessage *message,
    const gchar *path, GHashTable *query);

G_END_DECLS
