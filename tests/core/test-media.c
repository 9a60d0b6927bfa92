/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-media.h"

static void
test_timescale (void)
{
  static const struct {
    guint fps_n, fps_d, timescale;
  } table[] = {
    { 25, 1, 12800 },
    { 50, 2, 12800 },
    { 24, 1, 12288 },
    { 30, 1, 15360 },
    { 60, 1, 15360 },
    { 24000, 1001, 24000 },
    { 30000, 1001, 30000 },
    { 60000, 1001, 60000 },
    { 25, 2, 12800 },
    { 1, 5, 16384 },
    { 0, 1, 90000 },
    { 0, 0, 90000 },
    { 25, 0, 90000 },
    { G_MAXUINT, 1, G_MAXUINT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    guint scale = vs_media_video_timescale (table[i].fps_n, table[i].fps_d);

    g_assert_cmpuint (scale, ==, table[i].timescale);
    if (table[i].fps_n != 0 && table[i].fps_d != 0)
      g_assert_cmpuint (
          (guint64) scale * table[i].fps_d % table[i].fps_n, ==, 0);
  }
}

static void
test_names (void)
{
  for (VsCodec codec = VS_CODEC_H264; codec <= VS_CODEC_OPUS; codec++)
    g_assert_cmpint (vs_codec_from_name (vs_codec_name (codec)), ==, codec);
  g_assert_cmpint (vs_codec_from_name ("HEVC"), ==, VS_CODEC_H265);
  g_assert_cmpint (vs_codec_from_name ("mpeg2"), ==, VS_CODEC_NONE);
  g_assert_cmpint (vs_codec_from_name ("none"), ==, VS_CODEC_NONE);
  g_assert_cmpint (vs_codec_from_name (NULL), ==, VS_CODEC_NONE);
  g_assert_cmpstr (vs_codec_name (VS_CODEC_NONE), ==, "none");
  g_assert_cmpstr (vs_media_name (VS_MEDIA_VIDEO), ==, "video");
  g_assert_cmpstr (vs_media_name (VS_MEDIA_AUDIO), ==, "audio");
  g_assert_cmpstr (vs_media_name (VS_MEDIA_TEXT), ==, "text");
}

static void
test_range (void)
{
  g_autoptr (VsStream) stream = vs_stream_new (VS_MEDIA_VIDEO, VS_CODEC_H265);

  g_assert_cmpstr (vs_media_video_range (stream), ==, "SDR");
  stream->colour.transfer = 16;
  g_assert_cmpstr (vs_media_video_range (stream), ==, "PQ");
  stream->colour.transfer = 18;
  g_assert_cmpstr (vs_media_video_range (stream), ==, "HLG");
}

static void
test_copy (void)
{
  VsStream *stream = vs_stream_new (VS_MEDIA_AUDIO, VS_CODEC_AAC);
  g_autoptr (VsStream) copy = NULL;

  stream->codec_data = g_bytes_new ("\x11\x90", 2);
  stream->language = g_strdup ("de-AT");
  stream->rate = 48000;
  copy = vs_stream_copy (stream);
  vs_stream_free (stream);
  vs_stream_free (NULL);

  g_assert_cmpuint (g_bytes_get_size (copy->codec_data), ==, 2);
  g_assert_cmpstr (copy->language, ==, "de-AT");
  g_assert_cmpuint (copy->rate, ==, 48000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/media/timescale", test_timescale);
  g_test_add_func ("/media/names", test_names);
  g_test_add_func ("/media/range", test_range);
  g_test_add_func ("/media/copy", test_copy);
  return g_test_run ();
}
