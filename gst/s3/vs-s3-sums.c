/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3/vs-s3-sums.h"

void
vs_s3_sums_add (VsS3Sums *self, VsS3Upload *upload, guint64 objects)
{
  VsS3UploadStats stats;

  vs_s3_upload_get_stats (upload, &stats);
  self->objects += objects;
  self->bytes_in += stats.bytes_in;
  self->bytes_stored += stats.bytes_stored;
  self->parts += stats.parts;
  self->requests += stats.requests;
  self->retries += stats.retries;
  self->waited_us += stats.waited_us;
  self->max_buffered = MAX (self->max_buffered, stats.max_buffered);
}

GstStructure *
vs_s3_sums_to_structure (
    const VsS3Sums *self, VsS3Upload *upload, const gchar *name)
{
  VsS3UploadStats now = { 0 };
  VsS3Sums sums = *self;

  if (upload != NULL) {
    vs_s3_sums_add (&sums, upload, 0);
    vs_s3_upload_get_stats (upload, &now);
  }
  return gst_structure_new (name, "objects", G_TYPE_UINT64, sums.objects,
      "bytes-in", G_TYPE_UINT64, sums.bytes_in, "bytes-stored", G_TYPE_UINT64,
      sums.bytes_stored, "parts", G_TYPE_UINT64, sums.parts, "requests",
      G_TYPE_UINT64, sums.requests, "retries", G_TYPE_UINT64, sums.retries,
      "part-size", G_TYPE_UINT64, now.part_size, "buffered", G_TYPE_UINT64,
      now.buffered, "max-buffered", G_TYPE_UINT64, sums.max_buffered, "waited",
      G_TYPE_UINT64, sums.waited_us * 1000, NULL);
}
