/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-sums: what the uploads of a sink have come to, one after the other.
 * Guarded by its owner. */
#pragma once

#include <gst/gst.h>

#include "store/vs-s3-upload.h"

G_BEGIN_DECLS

typedef struct {
  guint64 objects, bytes_in, bytes_stored, parts, requests, retries;
  guint64 max_buffered, waited_us;
} VsS3Sums;

/* Adds an upload that has ended, and with it so many objects. */
void vs_s3_sums_add (VsS3Sums *self, VsS3Upload *upload, guint64 objects);

/* The sums with what @upload (NULL: none), which goes on, has done so far. */
GstStructure *vs_s3_sums_to_structure (
    const VsS3Sums *self, VsS3Upload *upload, const gchar *name);

G_END_DECLS
