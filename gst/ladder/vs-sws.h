/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scaling by libswscale, which reads nearly every format. It is loaded for the
 * first pictures that need it, with thirty libraries of its own: a job that
 * copies has no use for them.
 *
 * Life: new … process for every picture … free. One thread at a time each. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct _VsSws VsSws;

/* Is @info among what it reads? It need not be loaded for that. */
gboolean vs_sws_can_read (const GstVideoInfo *info);

/* @box: where the picture lies in @out. Fails with VS_ERROR_NO_PLUGIN
 * where libswscale is not installed. */
VsSws *vs_sws_new (const GstVideoInfo *in, const GstVideoInfo *out,
    const GstVideoRectangle *box, GError **error);
void vs_sws_free (VsSws *self);

/* Planes in libswscale's order; of @dst, from the first pixel of the box. */
void vs_sws_process (VsSws *self, guint8 *const src[4], const int src_stride[4],
    guint8 *const dst[4], const int dst_stride[4]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsSws, vs_sws_free)

G_END_DECLS
