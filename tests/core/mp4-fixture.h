/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the tests of MP4 share: bytes from hex, and streams to describe. */
#pragma once

#include <glib.h>

#include "core/vs-media.h"

#define AVCC "01 640028 ff e1 0004 67640028 01 0004 68ee3cb0"
#define ASC "1190"

/* Blanks are for the reader. */
G_GNUC_UNUSED static GByteArray *
from_hex (const gchar *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  while (*hex != '\0') {
    guint8 byte;

    if (*hex == ' ') {
      hex++;
      continue;
    }
    byte = g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]);
    g_byte_array_append (bytes, &byte, 1);
    hex += 2;
  }
  return bytes;
}

G_GNUC_UNUSED static guint32
get_u32 (const guint8 *data)
{
  return (guint32) data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3];
}

G_GNUC_UNUSED static VsStream *
make_video (VsCodec codec, const gchar *hex)
{
  VsStream *stream = vs_stream_new (VS_MEDIA_VIDEO, codec);

  stream->codec_data = g_byte_array_free_to_bytes (from_hex (hex));
  stream->timescale = 12800;
  stream->width = 1920;
  stream->height = 1080;
  stream->fps_n = 25;
  return stream;
}

G_GNUC_UNUSED static VsStream *
make_audio (VsCodec codec, const gchar *hex)
{
  VsStream *stream = vs_stream_new (VS_MEDIA_AUDIO, codec);

  stream->codec_data = g_byte_array_free_to_bytes (from_hex (hex));
  stream->timescale = stream->rate = 48000;
  stream->channels = 2;
  return stream;
}
