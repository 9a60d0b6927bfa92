/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-poster: one picture of a video, as JPEG: what a library shows.
 *
 * Life: listens to what goes into a publisher and keeps one encoded key frame
 * of each video rendition, some seconds in; when all is over, the one that
 * fits best is decoded, scaled and packed by a small pipeline of its own. So
 * nothing is decoded twice, nothing is read back, and copied video has a
 * poster as well.
 *
 * Threading: the main thread; frames come from streaming threads. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define VS_POSTER_KEY "poster.jpg"
#define VS_POSTER_WIDTH 640

typedef struct _VsPoster VsPoster;

VsPoster *vs_poster_new (GstElement *publisher);
void vs_poster_free (VsPoster *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsPoster, vs_poster_free)

/* The picture; NULL where there was no video, or it cannot be decoded. Waits
 * for some seconds at most. */
GBytes *vs_poster_make (VsPoster *self);

/* Puts @picture beside the manifests at @location. */
gboolean vs_poster_store (
    GBytes *picture, const gchar *location, GError **error);

G_END_DECLS
