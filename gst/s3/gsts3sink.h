/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * s3sink: stores a stream as an object of an S3 service, or as a series of
 * them. */
#pragma once

#include <gst/base/gstbasesink.h>

G_BEGIN_DECLS

#define GST_TYPE_S3_SINK (gst_s3_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstS3Sink, gst_s3_sink, GST, S3_SINK, GstBaseSink)

GST_ELEMENT_REGISTER_DECLARE (s3sink);

G_END_DECLS
