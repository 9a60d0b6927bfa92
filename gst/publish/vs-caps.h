/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-caps: GstCaps and tags of an encoded stream as a VsStream. Pure, but for
 * one query. */
#pragma once

#include <gst/gst.h>

#include "core/vs-media.h"

G_BEGIN_DECLS

#define VS_VIDEO_CAPS                                                          \
  "video/x-h264, stream-format=(string)avc, alignment=(string)au; "            \
  "video/x-h265, stream-format=(string)hvc1, alignment=(string)au; "           \
  "video/x-av1, stream-format=(string)obu-stream, alignment=(string)tu; "      \
  "video/x-vp9"
#define VS_AUDIO_CAPS                                                          \
  "audio/mpeg, mpegversion=(int)4, stream-format=(string)raw, "                \
  "framed=(boolean)true; "                                                     \
  "audio/x-opus, channel-mapping-family=(int)0"

#define VS_TEXT_CAPS "text/x-raw, format=(string){ utf8, pango-markup }"

/* NULL and @error where @caps lack what a container needs. The codec data of
 * AV1 and VP9 may still be NULL: the parsers of GStreamer 1.22 give none, and
 * vs_codec_config_from_frame () makes it from the first key frame. */
VsStream *vs_caps_to_stream (const GstCaps *caps, GError **error);

/* Bit rates and language; what @tags do not name is left as it is. */
void vs_caps_apply_tags (VsStream *stream, const GstTagList *tags);

/* Does what comes to @pad, a sink pad, come at the pace of a clock? */
gboolean vs_caps_is_live (GstPad *pad);

G_END_DECLS
