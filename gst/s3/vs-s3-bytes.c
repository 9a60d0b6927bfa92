/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3/vs-s3-bytes.h"

typedef struct {
  GstBuffer *buffer;
  GstMapInfo map;
} MappedBuffer;

static void
mapped_buffer_free (gpointer data)
{
  MappedBuffer *mapped = data;

  gst_buffer_unmap (mapped->buffer, &mapped->map);
  gst_buffer_unref (mapped->buffer);
  g_free (mapped);
}

GBytes *
vs_s3_bytes_of_buffer (GstBuffer *buffer)
{
  MappedBuffer *mapped;

  if (buffer->pool != NULL) {
    gsize size = gst_buffer_get_size (buffer);
    gpointer data = g_malloc (size);

    gst_buffer_extract (buffer, 0, data, size);
    return g_bytes_new_take (data, size);
  }
  mapped = g_new0 (MappedBuffer, 1);
  mapped->buffer = gst_buffer_ref (buffer);
  if (!gst_buffer_map (buffer, &mapped->map, GST_MAP_READ)) {
    gst_buffer_unref (buffer);
    g_free (mapped);
    return NULL;
  }
  return g_bytes_new_with_free_func (
      mapped->map.data, mapped->map.size, mapped_buffer_free, mapped);
}
