/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What downstream wants of the stream, and how the stream says what it is. No
 * state. */
#pragma once

#include "x264/vs-x264-param.h"

G_BEGIN_DECLS

/* From the caps that downstream allows; fills @output, level is owned. */
void vs_x264_output_choose (VsX264Output *output, const GstCaps *allowed,
    const VsX264Settings *settings);
/* The formats of @caps that some profile can hold that downstream allows and
 * that is not above @highest (NULL: any). */
GstCaps *vs_x264_output_filter (
    GstCaps *caps, const GstCaps *allowed, const gchar *highest);

/* Profile and level of @sps; where downstream allows but a higher profile,
 * that one, which the stream keeps to as well. */
GstCaps *vs_x264_make_caps (const VsX264Output *output, const x264_nal_t *sps,
    const x264_nal_t *pps, const GstVideoInfo *info, const GstCaps *allowed);

GstTagList *vs_x264_make_tags (const x264_param_t *param);
/* The picture where it lies; @pixels stays mapped while it is used. */
void vs_x264_fill_picture (
    x264_picture_t *picture, const GstVideoFrame *pixels, int colorspace);
/* What goes along with the encoded frame, and nothing that holds pixels. */
GstBuffer *vs_x264_keep_metas (GstBuffer *buffer);

G_END_DECLS
