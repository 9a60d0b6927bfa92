/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-file.h"
#include "vs-http-rules.h"

#include <string.h>

/* Less than this gains nothing on the wire. */
#define COMPRESS_MIN 256

VsHttpFile *
vs_http_file_ref (VsHttpFile *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
vs_http_file_unref (VsHttpFile *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_pointer (&self->gzip, g_bytes_unref);
  g_free (self->etag);
  g_free (self->gzip_etag);
  g_free (self->last_modified);
  g_free (self->fields.lines);
  g_free (self->gzip_fields.lines);
  g_free (self);
}

static GBytes *
compress (GBytes *body)
{
  g_autoptr (GConverter) gzip =
      G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6));
  g_autoptr (GInputStream) plain = g_memory_input_stream_new_from_bytes (body);
  g_autoptr (GInputStream) packed = g_converter_input_stream_new (plain, gzip);
  g_autoptr (GOutputStream) sink = g_memory_output_stream_new_resizable ();

  if (g_output_stream_splice (sink, packed,
          G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
              G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
          NULL, NULL) < 0)
    return NULL;
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (sink));
}

guint64
vs_http_file_get_size (const VsHttpFile *self)
{
  return self->body != NULL ? g_bytes_get_size (self->body) : self->size;
}

VsHttpFile *
vs_http_file_alloc (gint64 modified)
{
  VsHttpFile *self = g_new0 (VsHttpFile, 1);

  g_atomic_ref_count_init (&self->references);
  self->modified = modified;
  self->last_modified = vs_http_date_format (modified);
  return self;
}

VsHttpFile *
vs_http_file_new (GBytes *body, gint64 modified, gboolean may_compress,
    const gchar *content_type, const gchar *cache_control)
{
  VsHttpFile *self = vs_http_file_alloc (modified);
  g_autofree gchar *digest =
      g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, body);

  self->body = g_bytes_ref (body);
  self->content_type = content_type;
  self->cache_control = cache_control;
  digest[32] = '\0';
  self->etag = g_strdup_printf ("\"%s\"", digest);
  if (may_compress && g_bytes_get_size (body) >= COMPRESS_MIN)
    self->gzip = compress (body);
  if (self->gzip != NULL)
    self->gzip_etag = g_strdup_printf ("\"%s-gz\"", digest);
  return self;
}
