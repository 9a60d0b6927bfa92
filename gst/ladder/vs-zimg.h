/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scaling by zimg, where it can: planar 4:2:0 of 8 bit, as nearly every decoder
 * gives it, in half of libswscale's time. All else is libswscale's.
 *
 * Life: new … process for every picture … free. One thread at a time. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/* Planes and lines begin at multiples of this; zimg writes whole ones. */
#define VS_ZIMG_ALIGN 32

typedef struct _VsZimg VsZimg;

/* @box: where the picture lies in @out. NULL: not zimg's, or it is not built
 * in. */
VsZimg *vs_zimg_new (const GstVideoInfo *in, const GstVideoInfo *out,
    const GstVideoRectangle *box);
void vs_zimg_free (VsZimg *self);

/* Planes Y, U, V; of @dst, from the first pixel of the box. FALSE: they are
 * not aligned, and nothing was written. */
gboolean vs_zimg_process (VsZimg *self, guint8 *const src[4],
    const int src_stride[4], guint8 *const dst[4], const int dst_stride[4]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsZimg, vs_zimg_free)

G_END_DECLS
