/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-segments: pre-segmented media as one address: an HLS media playlist of
 * all its segments, in a data: URI (RFC 2397), which hlsdemux fetches in a
 * row. How long a segment is nobody knows; the demuxer goes by their own
 * timestamps. Pure. */
#pragma once

#include "core/vs-queue-item.h"

G_BEGIN_DECLS

#define VS_SEGMENTS_MAX 50000 /* in one programme */

/* Fails where there are too many. */
gchar *vs_segments_make_uri (const VsQueueItem *item, GError **error);

G_END_DECLS
