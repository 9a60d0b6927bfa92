/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-channel-store: channels, durable. Each write is a transaction of its own,
 * together with its event. Threading: one thread, that of the database. */
#pragma once

#include "channel/vs-channel.h"
#include "jobs/vs-repeat.h"

G_BEGIN_DECLS

/* VsChannel, the newest first; with nothing of the moment. */
GPtrArray *vs_channel_store_load (VsDb *db, GError **error);

/* @event_id: the number of the event. @repeat: the request, or NULL. */
gboolean vs_channel_store_add (VsDb *db, const VsChannel *channel,
    const VsRepeat *repeat, gint64 *event_id, GError **error);
gboolean vs_channel_store_update (
    VsDb *db, const VsChannel *channel, gint64 *event_id, GError **error);
gboolean vs_channel_store_remove (VsDb *db, const gchar *id, GError **error);

/* What listeners are told: {"id": …, "state": …}. */
gchar *vs_channel_store_describe (const VsChannel *channel);

G_END_DECLS
