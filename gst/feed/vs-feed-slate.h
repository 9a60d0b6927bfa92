/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-feed-slate: the picture that is shown when there is none. Made once;
 * shown as often as needed without a copy.
 *
 * "black" and "bars" are drawn at once. A picture file is decoded in a thread
 * of its own; until it is there, and where it cannot be read, the slate is
 * black. vs_feed_slate_get and _steal_failure are for one thread, the engine.
 */
#pragma once

#include "feed/vs-feed-format.h"
#include "feed/vs-feed-reaper.h"

G_BEGIN_DECLS

typedef struct _VsFeedSlate VsFeedSlate;

/* @spec: "black", "bars" or the path of a picture. */
VsFeedSlate *vs_feed_slate_new (
    const gchar *spec, const VsFeedFormat *format, VsFeedReaper *reaper);
void vs_feed_slate_free (VsFeedSlate *slate);

/* The slate's own, without timestamps. */
GstBuffer *vs_feed_slate_get (VsFeedSlate *slate);

/* Why the picture cannot be shown, said once, or NULL. */
gchar *vs_feed_slate_steal_failure (VsFeedSlate *slate);

G_END_DECLS
