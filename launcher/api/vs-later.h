/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-later: a reply that is not there yet.
 *
 * Life: a handler makes one, puts it into the reply that it was given and
 * keeps a reference; whoever asks listens; the handler fills in the reply and
 * sends it, once. Who has hung up forgets it, and the reply is thrown away.
 *
 * Threading: one thread. */
#pragma once

#include "api/vs-api.h"

G_BEGIN_DECLS

typedef void (*VsLaterReady) (VsApiReply *reply, gpointer user_data);

VsLater *vs_later_new (VsApi *api, const gchar *route);
VsLater *vs_later_ref (VsLater *self);
void vs_later_unref (VsLater *self);

/* For the handler. */
VsApiReply *vs_later_get_reply (VsLater *self);
void vs_later_send (VsLater *self);

/* For who asks: @ready is called once, at once where the reply is there. */
void vs_later_listen (VsLater *self, VsLaterReady ready, gpointer user_data);
void vs_later_forget (VsLater *self);

G_END_DECLS
