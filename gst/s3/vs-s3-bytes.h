/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-bytes: buffers as the S3 client takes them. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* The bytes of a buffer, without a copy, unless its pool waits for it. NULL:
 * it cannot be read. */
GBytes *vs_s3_bytes_of_buffer (GstBuffer *buffer);

G_END_DECLS
