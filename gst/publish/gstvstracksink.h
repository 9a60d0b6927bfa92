/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstVsTrackSink: one track of abrsink, inside of it. Not registered: it is of
 * no use alone. */
#pragma once

#include <gst/base/gstbasesink.h>

#include "publish/vs-session.h"

G_BEGIN_DECLS

#define GST_TYPE_VS_TRACK_SINK (gst_vs_track_sink_get_type ())
G_DECLARE_FINAL_TYPE (
    GstVsTrackSink, gst_vs_track_sink, GST, VS_TRACK_SINK, GstBaseSink)

GstElement *gst_vs_track_sink_new (VsMedia media, const gchar *name);

/* In READY or below, from the bin: where packets go. NULL: nowhere. The
 * session outlives the sink's streaming. */
void gst_vs_track_sink_set_session (GstVsTrackSink *self, VsSession *session);

/* The pad is given back: nothing more comes of the track. */
void gst_vs_track_sink_release (GstVsTrackSink *self);

G_END_DECLS
