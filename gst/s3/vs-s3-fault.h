/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-fault: an error of the S3 client as an element's error message. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Posts the sentence of @error under the resource error that an application
 * can act on. */
void vs_s3_fault_post (
    GstElement *element, const GError *error, gboolean writing);

G_END_DECLS
