/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_VS_PLAYBACK_QUEUE_SRC (gst_vs_playback_queue_src_get_type ())
G_DECLARE_FINAL_TYPE (GstVsPlaybackQueueSrc, gst_vs_playback_queue_src, GST_VS,
    PLAYBACK_QUEUE_SRC, GstElement)

GST_ELEMENT_REGISTER_DECLARE (playbackqueuesrc)

G_END_DECLS
