/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-item-uri: what is opened for an item of the queue. Opens nothing. */
#pragma once

#include "core/vs-queue-item.h"
#include "playout/vs-play-uri.h"

G_BEGIN_DECLS

/* @assets: the folder of "asset:" items, or NULL. NULL: a sentence says why
 * the item cannot be played. */
gchar *vs_item_uri_make (const VsQueueItem *item, const gchar *assets,
    VsPlayKind *kind, GError **error);

G_END_DECLS
