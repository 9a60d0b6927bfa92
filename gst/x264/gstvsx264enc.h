/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vsx264enc: H.264 by libx264.
 *
 * Life: set_format opens the library with a snapshot of the settings; each
 * frame is handed over where it lies (x264 takes its own copy) and let go at
 * once; encoded ones come out later, in decoding order; at the end, or when
 * the format changes, what is inside is drained, and the library is closed.
 * A flush closes it and throws away what is inside.
 *
 * Threads: `settings`, `changed` and `keys` are guarded by the object lock, and
 * may be touched from any thread. All else belongs to the streaming thread,
 * under GstVideoEncoder's stream lock. Nothing is pushed or posted under the
 * object lock. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

#define GST_TYPE_VS_X264_ENC (gst_vs_x264_enc_get_type ())
G_DECLARE_FINAL_TYPE (
    GstVsX264Enc, gst_vs_x264_enc, GST, VS_X264_ENC, GstVideoEncoder)

GST_ELEMENT_REGISTER_DECLARE (vsx264enc)

G_END_DECLS
