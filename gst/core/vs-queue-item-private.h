/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-queue-item-private: how an item is made. For vs-queue-item alone. */
#pragma once

#include "core/vs-json.h"
#include "core/vs-queue-item.h"

G_BEGIN_DECLS

VsQueueItem *vs_queue_item_new (void);
VsQueueItem *vs_queue_item_copy (const VsQueueItem *item);
VsQueueVariant *vs_queue_variant_new (void);
GPtrArray *vs_queue_variants_new (void);

/* A new advertisement without an id, or none. */
void vs_queue_item_set_ad (VsQueueItem *item, gboolean on);

/* The members of @object are set; what is then there makes sense. @patch:
 * null removes, and an id is refused. */
gboolean vs_queue_item_read (
    VsQueueItem *item, const VsJson *object, gboolean patch, GError **error);

G_END_DECLS
