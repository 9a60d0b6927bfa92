/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What vs-channels.c and vs-channels-worker.c share. */
#pragma once

#include "channel/vs-channels.h"

G_BEGIN_DECLS

#define VS_CHANNELS_GONE "The worker of the channel has gone."

struct _VsChannels {
  VsDb *db; /* NULL: of one job */
  VsFolders *folders;
  VsOutputs *outputs;
  VsStarter *starter;
  const VsConfig *config;
  GPtrArray *channels; /* VsChannel, the newest first */
  gboolean running;
  VsChannelsListener listener;
  gpointer user_data;
  VsLinkSend send; /* of one job */
  gpointer send_data;
};

/* Writes what was changed in memory, and tells the listener. */
void vs_channels_save (VsChannels *self, VsChannel *channel);

/* FALSE: the table does not allow it. */
gboolean vs_channels_apply (
    VsChannels *self, VsChannel *channel, VsEvent event);

/* @message NULL: none. */
void vs_channels_set_error (
    VsChannel *channel, gint code, const gchar *message);

/* What is on air has changed. */
void vs_channels_on_told (VsLink *link, gpointer channel);

/* Where one runs already, nothing happens. */
void vs_channels_start_worker (VsChannels *self, VsChannel *channel);

/* Asked to, it closes its playlists; where no worker is, it is idle now. */
void vs_channels_stop_worker (VsChannels *self, VsChannel *channel);

G_END_DECLS
