/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first byte chooses the codec; the rest is its codec data, and a first
 * frame as well. */
#include <glib.h>

#include "core/vs-codec-config.h"
#include "core/vs-mp4.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  VsCodec codec = size > 0 ? data[0] % (VS_CODEC_OPUS + 1) : VS_CODEC_NONE;
  gboolean audio = codec == VS_CODEC_AAC || codec == VS_CODEC_OPUS;
  g_autoptr (VsStream) stream =
      vs_stream_new (audio ? VS_MEDIA_AUDIO : VS_MEDIA_VIDEO, codec);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) config_error = NULL;
  g_autoptr (GBytes) init = NULL;
  g_autoptr (GBytes) config = NULL;
  g_autofree gchar *text = NULL;

  if (size < 2)
    return 0;
  stream->codec_data = g_bytes_new (data + 1, size - 1);
  stream->width = stream->height = stream->rate = stream->channels = 16;

  text = vs_codec_string (stream, NULL);
  init = vs_mp4_init_segment (stream, 1, &error);
  g_assert_true ((init == NULL) == (error != NULL));
  g_assert_true (init == NULL || text != NULL);

  config =
      vs_codec_config_from_frame (stream, data + 1, size - 1, &config_error);
  g_assert_true ((config == NULL) == (config_error != NULL));
  g_assert_cmpuint (
      vs_codec_config_av1_delimiter (data + 1, size - 1), <=, size - 1);
  return 0;
}
