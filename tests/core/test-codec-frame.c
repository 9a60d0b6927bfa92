/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-codec-frame.h"

typedef struct {
  VsCodec codec;
  guint length_size;
  const gchar *unit;
  gsize size;
  gboolean idr;
} Row;

#define UNIT(bytes) bytes, sizeof (bytes) - 1

static const Row rows[] = {
  /* AUD, then IDR */
  { VS_CODEC_H264, 4, UNIT ("\0\0\0\2\x09\x10\0\0\0\2\x65\x88"), TRUE },
  /* AUD, SEI, slice of an I picture that is no IDR */
  { VS_CODEC_H264, 4, UNIT ("\0\0\0\2\x09\x10\0\0\0\2\x06\x06\0\0\0\1\x41"),
      FALSE },
  { VS_CODEC_H264, 2, UNIT ("\0\1\x65"), TRUE },
  { VS_CODEC_H264, 0, UNIT ("\0\0\0\1\x09\x10\0\0\1\x25\x88"), TRUE },
  { VS_CODEC_H264, 0, UNIT ("\0\0\0\1\x09\x10\0\0\1\x21\x88"), FALSE },
  /* a length beyond the end, and nothing at all */
  { VS_CODEC_H264, 4, UNIT ("\0\0\0\x7f\x65"), FALSE },
  { VS_CODEC_H264, 4, UNIT ("\xff\xff\xff\xff\x65"), FALSE },
  { VS_CODEC_H264, 4, UNIT ("\0\0\0\0\0\0\0"), FALSE },
  { VS_CODEC_H264, 4, UNIT (""), FALSE },
  { VS_CODEC_H264, 0, UNIT ("\0\0\1"), FALSE },
  /* IDR_W_RADL, IDR_N_LP, CRA, BLA */
  { VS_CODEC_H265, 4, UNIT ("\0\0\0\2\x26\1"), TRUE },
  { VS_CODEC_H265, 4, UNIT ("\0\0\0\2\x28\1"), TRUE },
  { VS_CODEC_H265, 4, UNIT ("\0\0\0\2\x2a\1"), FALSE },
  { VS_CODEC_H265, 0, UNIT ("\0\0\1\x26\1"), TRUE },
  { VS_CODEC_VP9, 0, UNIT ("\0\0\1\x65"), FALSE },
};

static void
test_idr (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const Row *row = &rows[i];
    /* its own copy, so that a sanitizer sees a step too far */
    g_autofree guint8 *copy = g_memdup2 (row->unit, row->size);

    if (vs_codec_frame_is_idr (row->codec, row->length_size, copy, row->size) !=
        row->idr)
      g_error ("row %u is not told as it should", i);
  }
}

static void
test_length_size (void)
{
  static const guint8 avcc[] = { 1, 0x64, 0, 0x28, 0xfd };
  guint8 hvcc[22] = { 1 };
  g_autoptr (GBytes) two = g_bytes_new (avcc, sizeof avcc);
  g_autoptr (GBytes) cut = g_bytes_new (avcc, 4);
  g_autoptr (GBytes) four = NULL;

  hvcc[21] = 0x0f;
  four = g_bytes_new (hvcc, sizeof hvcc);
  g_assert_cmpuint (vs_codec_frame_length_size (VS_CODEC_H264, two), ==, 2);
  g_assert_cmpuint (vs_codec_frame_length_size (VS_CODEC_H264, cut), ==, 0);
  g_assert_cmpuint (vs_codec_frame_length_size (VS_CODEC_H265, four), ==, 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/codec-frame/idr", test_idr);
  g_test_add_func ("/codec-frame/length-size", test_length_size);
  return g_test_run ();
}
