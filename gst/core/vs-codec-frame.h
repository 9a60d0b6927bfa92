/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-codec-frame: what can be told of one encoded frame. Pure; frames are
 * untrusted. */
#pragma once

#include "core/vs-media.h"

G_BEGIN_DECLS

/* Can a segment begin with this access unit of H.264 or H.265: does nothing
 * that is shown from it on need what came before? That is an IDR picture
 * (ISO/IEC 14496-15: a sync sample); an I picture or CRA of an open GOP is
 * none, for the pictures that are shown before it refer to the GOP before.
 * @length_size: bytes of a NAL unit's length, 0 where start codes stand
 * between them (Annex B). Other codecs: FALSE. */
gboolean vs_codec_frame_is_idr (
    VsCodec codec, guint length_size, const guint8 *unit, gsize size);

/* Bytes of a NAL unit's length by avcC or hvcC, 0 where that is cut short. */
guint vs_codec_frame_length_size (VsCodec codec, GBytes *codec_data);

G_END_DECLS
