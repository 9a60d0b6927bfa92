/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-codec-config: codec data of AV1 and VP9 out of the first key frame, for
 * encoders and parsers that put none into their caps (GStreamer 1.22). Pure;
 * frames are untrusted. */
#pragma once

#include "core/vs-media.h"

G_BEGIN_DECLS

/* What VsStream.codec_data asks for (av1C or vpcC without its full box
 * header), of an AV1 temporal unit or VP9 frame that is a key frame.
 * @stream's codec, size, frame rate and colour are used, its codec data is
 * not. */
GBytes *vs_codec_config_from_frame (
    const VsStream *stream, const guint8 *frame, gsize size, GError **error);

/* The bytes at the begin of an AV1 temporal unit that a sample leaves out:
 * its temporal delimiter (AV1 in ISOBMFF 2.4), 0 where there is none. */
gsize vs_codec_config_av1_delimiter (const guint8 *unit, gsize size);

/* The lowest VP9 level (e.g. 31 for 3.1) that holds size and rate. */
guint vs_codec_config_vp9_level (
    guint width, guint height, guint fps_n, guint fps_d);

G_END_DECLS
