/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-channels: the channels that the launcher knows.
 *
 * Of the service: they are loaded with their states; one that is to be on air
 * is started, and started again, after waits that grow, whenever its worker is
 * lost, until somebody stops it; after a restart of the service too. Its queue
 * is a file of the state folder. An order goes to the worker that plays it, or
 * where none does, to the file.
 *
 * Of one job: there is one channel, "channel", which somebody else runs.
 *
 * Threading: one thread, that of the default main context. */
#pragma once

#include "channel/vs-channel.h"
#include "jobs/vs-outputs.h"
#include "jobs/vs-repeat.h"
#include "jobs/vs-starter.h"

G_BEGIN_DECLS

typedef struct _VsChannels VsChannels;

#define VS_CHANNELS_ALONE "channel" /* the id of the only one */

typedef struct {
  /* State, name or error of it have changed; @event_id: of the event. */
  void (*changed) (
      const VsChannel *channel, gint64 event_id, gpointer user_data);
  /* What is on air has. */
  void (*aired) (const VsChannel *channel, gpointer user_data);
  /* What the channels take has: one has been measured, or its worker has gone.
   */
  void (*weighed) (gpointer user_data);
} VsChannelsListener;

VsChannels *vs_channels_new (VsDb *db, VsFolders *folders, VsOutputs *outputs,
    VsStarter *starter, const VsConfig *config, GError **error);
/* @send: to its worker, whose events go to vs_channels_take (). */
VsChannels *vs_channels_new_alone (
    const gchar *name, VsLinkSend send, gpointer user_data);
void vs_channels_free (VsChannels *self); /* workers are killed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsChannels, vs_channels_free)

void vs_channels_set_listener (
    VsChannels *self, const VsChannelsListener *listener, gpointer user_data);

/* Those that are to be on air are started. */
void vs_channels_start (VsChannels *self);
/* Nothing is started any more. */
void vs_channels_stop (VsChannels *self);

/* What those that run take. */
VsCost vs_channels_get_cost (VsChannels *self);
/* How many are in @state. */
guint vs_channels_count (VsChannels *self, VsState state);

/* Borrowed, or NULL. */
VsChannel *vs_channels_find (VsChannels *self, const gchar *id);
/* VsChannel, the newest first, borrowed. @owner, @after: or NULL. */
GPtrArray *vs_channels_list (
    VsChannels *self, const gchar *owner, const gchar *after, guint limit);

/* Takes @channel, whose queue begins with @items, a JSON list or NULL;
 * @repeat: the request that makes it, or NULL. */
VsChannel *vs_channels_add (VsChannels *self, VsChannel *channel,
    const gchar *items, const VsRepeat *repeat, GError **error);
/* Name or filler have been changed. */
gboolean vs_channels_update (
    VsChannels *self, VsChannel *channel, GError **error);
/* With its queue and what it has published. */
gboolean vs_channels_remove (
    VsChannels *self, VsChannel *channel, GError **error);

/* VS_EVENT_START or VS_EVENT_STOP. */
gboolean vs_channels_command (
    VsChannels *self, VsChannel *channel, VsEvent event, GError **error);

void vs_channels_order (VsChannels *self, VsChannel *channel,
    const gchar *order, VsLinkDone done, gpointer user_data);

/* Of one job: an event of its worker; NULL: it has gone. */
void vs_channels_take (VsChannels *self, JsonObject *event);

G_END_DECLS
