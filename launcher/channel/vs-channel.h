/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-channel: one channel as the launcher knows it. The first part is what the
 * database keeps, the second is of the moment. Plain data of VsChannels and
 * its readers; one thread. */
#pragma once

#include "channel/vs-desk-file.h"
#include "channel/vs-link.h"
#include "jobs/vs-attempt.h"

G_BEGIN_DECLS

#define VS_CHANNEL_PREFIX "channel"

typedef struct {
  gchar *id, *name, *owner, *preset;
  gchar *spec;   /* what the worker is given; NULL: of one job */
  gchar *filler; /* in place of the preset's, or NULL */
  VsState state;
  gboolean wanted; /* is to be on air, after a restart too */
  gint64 version;  /* of name and filler: one more at each change */
  gint64 created;  /* µs since 1970 */
  gchar *error_code, *error;

  VsLink *link; /* to its worker; NULL: none runs */
  VsAttempt *attempt;
  VsDeskFile *desk; /* its queue, while nobody plays it; or NULL */
  guint losses;     /* workers, one after another */
  guint timer_id;   /* until it is started again */
  gboolean weighed; /* its worker has been measured */
  gpointer owner_data;
} VsChannel;

void vs_channel_free (VsChannel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsChannel, vs_channel_free)

G_END_DECLS
