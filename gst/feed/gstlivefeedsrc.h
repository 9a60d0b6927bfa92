/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_VS_LIVE_FEED_SRC (gst_vs_live_feed_src_get_type ())
G_DECLARE_FINAL_TYPE (
    GstVsLiveFeedSrc, gst_vs_live_feed_src, GST_VS, LIVE_FEED_SRC, GstElement)

GST_ELEMENT_REGISTER_DECLARE (livefeedsrc)

G_END_DECLS
