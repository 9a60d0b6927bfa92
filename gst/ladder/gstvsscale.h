/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstVsScale: brings any raw picture to one fixed form. Private to the
 * ladder, not registered as a feature.
 *
 * Life: made by gst_vs_scale_new () with the form it has to give (8-bit
 * I420, square pixels, limited range). Each caps event sets a libswscale
 * context up that scales and converts in one pass; a picture whose aspect
 * ratio is another is letterboxed. The output caps never change, whatever
 * happens at the input, so an encoder behind it never renegotiates. A picture
 * that has the wanted form already passes through uncopied.
 *
 * Threads: the streaming thread alone touches it after it was made. */
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

#define GST_TYPE_VS_SCALE (gst_vs_scale_get_type ())
G_DECLARE_FINAL_TYPE (GstVsScale, gst_vs_scale, GST, VS_SCALE, GstBaseTransform)

/* @caps: fixed raw caps without a frame rate, which is the input's. */
GstElement *gst_vs_scale_new (const GstCaps *caps);

/* Whether a picture of this format can come in without a converter. */
gboolean gst_vs_scale_can_read (const GstVideoInfo *info);

/* The box inside @out where a picture of @in's shape lies, in even pixels;
 * the whole of @out where the difference is one of rounding. */
void gst_vs_scale_fit_box (
    const GstVideoInfo *in, const GstVideoInfo *out, GstVideoRectangle *box);

G_END_DECLS
