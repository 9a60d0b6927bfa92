/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-ts: one run of abrsink in MPEG-TS: an hlssink2 a variant, inside the bin,
 * whose fragments are taken over and whose playlists are replaced by ours.
 *
 * Life of a segment: hlssink2 asks for a stream and gets memory … tells that
 * the fragment is closed … the bytes go to the publisher. Audio is teed into
 * every variant; without video the audio is the one variant.
 *
 * Threading: the caller lets one thread at a time add pads, flush and free;
 * messages arrive on streaming threads of the variants meanwhile, each of
 * which touches its own variant alone. */
#pragma once

#include <gst/gst.h>

#include "publish/vs-publisher.h"

G_BEGIN_DECLS

typedef struct _VsTs VsTs;

/* Wall clock of running time 0, µs since 1970. */
typedef gint64 (*VsTsEpoch) (gpointer user_data);

/* Takes @publisher. @bin outlives it. */
VsTs *vs_ts_new (GstBin *bin, VsPublisher *publisher,
    const VsPublisherConfig *config, VsTsEpoch get_epoch, gpointer user_data,
    GError **error);
void vs_ts_free (VsTs *self);

/* A pad to take the stream of @media; NULL: there is room for no more. */
GstPad *vs_ts_add_pad (VsTs *self, VsMedia media, const gchar *name);

/* What a child of the bin said. TRUE in @complete: that was the last EOS, all
 * is published and durable (or @error is set). */
gboolean vs_ts_handle_message (VsTs *self, GstMessage *message, GError **error);

/* Lets go of everyone who waits in here; nothing flows any more after it. */
void vs_ts_flush (VsTs *self);
void vs_ts_get_stats (VsTs *self, VsPublisherStats *stats);

G_END_DECLS
