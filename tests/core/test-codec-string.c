/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "core/vs-codec-config.h"
#include "core/vs-error.h"

#define OPUS "4f70757348656164"
#define HEVC_TAIL                                                              \
  "f000fcfdf8f800000f03"                                                       \
  "20000100024001"                                                             \
  "21000100024201"                                                             \
  "22000100024401"

typedef struct {
  VsCodec codec;
  const gchar *hex; /* blanks are for the reader */
  VsColour colour;
  const gchar *expected; /* NULL: refused, and then what the error says */
  const gchar *message;
} Case;

#define UNSPECIFIED                                                            \
  {                                                                            \
    2, 2, 2, FALSE                                                             \
  }
#define BT709                                                                  \
  {                                                                            \
    1, 1, 1, FALSE                                                             \
  }

static const Case cases[] = {
  { VS_CODEC_H264, "01 640028 ff e1 0004 67640028 01 0004 68ee3cb0",
      UNSPECIFIED, "avc1.640028" },
  { VS_CODEC_H264, "01 42c01e ff e1 0004 6742c01e 01 0004 68ce3c80 fdf8f800",
      UNSPECIFIED, "avc1.42c01e" },
  { VS_CODEC_H264, "02 640028 ff e1 0004 67640028 01 0004 68ee3cb0",
      UNSPECIFIED, NULL, "unknown version" },
  { VS_CODEC_H264, "01 640028 ff e0 00", UNSPECIFIED, NULL,
      "no parameter sets" },
  { VS_CODEC_H264, "01 640028 ff e1 0004 67640028 01 0005 68ee3cb0",
      UNSPECIFIED, NULL, "cut short" },
  { VS_CODEC_H264, "01 640028 ff e1 ffff 67640028", UNSPECIFIED, NULL,
      "cut short" },
  { VS_CODEC_H264, "", UNSPECIFIED, NULL, "without codec data" },

  { VS_CODEC_H265, "01 01 60000000 900000000000 78" HEVC_TAIL, UNSPECIFIED,
      "hvc1.1.6.L120.90" },
  { VS_CODEC_H265, "01 02 20000000 b00000000000 5d" HEVC_TAIL, UNSPECIFIED,
      "hvc1.2.4.L93.B0" },
  { VS_CODEC_H265, "01 63 20000000 b00023000000 99" HEVC_TAIL, UNSPECIFIED,
      "hvc1.A3.4.H153.B0.0.23" },
  { VS_CODEC_H265, "01 01 60000000 000000000000 78" HEVC_TAIL, UNSPECIFIED,
      "hvc1.1.6.L120" },
  { VS_CODEC_H265, "02 01 60000000 900000000000 78" HEVC_TAIL, UNSPECIFIED,
      NULL, "unknown version" },
  { VS_CODEC_H265, "01 01 60000000 900000000000 78 f000fcfdf8f800000f00",
      UNSPECIFIED, NULL, "lacks parameter sets" },
  { VS_CODEC_H265, "01 01 60000000 900000000000 78 f000fcfdf8f800000fff",
      UNSPECIFIED, NULL, "cut short" },

  { VS_CODEC_AV1, "81 08 0c 00", UNSPECIFIED, "av01.0.08M.08" },
  { VS_CODEC_AV1, "81 08 0e 00", BT709, "av01.0.08M.08" },
  { VS_CODEC_AV1, "81 0d cc 00", BT709, "av01.0.13H.10" },
  { VS_CODEC_AV1, "81 08 4c 00", { 9, 16, 9, FALSE },
      "av01.0.08M.10.0.110.09.16.09.0" },
  { VS_CODEC_AV1, "81 08 0c 00", { 1, 1, 1, TRUE },
      "av01.0.08M.08.0.110.01.01.01.1" },
  { VS_CODEC_AV1, "81 08 1c 00", BT709, "av01.0.08M.08.1.110.01.01.01.0" },
  { VS_CODEC_AV1, "81 28 00 00", BT709, "av01.1.08M.08.0.000.01.01.01.0" },
  { VS_CODEC_AV1, "81 48 68 00", BT709, "av01.2.08M.12.0.100.01.01.01.0" },
  { VS_CODEC_AV1, "81 08 0c", UNSPECIFIED, NULL, "cut short" },
  { VS_CODEC_AV1, "01 08 0c 00", UNSPECIFIED, NULL, "unknown version" },
  { VS_CODEC_AV1, "81 e8 0c 00", UNSPECIFIED, NULL, "unknown profile" },

  { VS_CODEC_VP9, "00 29 82 020202 0000", UNSPECIFIED, "vp09.00.41.08" },
  { VS_CODEC_VP9, "00 0a 80 010101 0000", UNSPECIFIED, "vp09.00.10.08" },
  { VS_CODEC_VP9, "02 32 a2 091009 0000", UNSPECIFIED,
      "vp09.02.50.10.01.09.16.09.00" },
  { VS_CODEC_VP9, "01 1f 87 010101 0000", UNSPECIFIED,
      "vp09.01.31.08.03.01.01.01.01" },
  { VS_CODEC_VP9, "00 29 92 020202 0000", UNSPECIFIED, NULL, "bit depth" },
  { VS_CODEC_VP9, "04 29 82 020202 0000", UNSPECIFIED, NULL, "profile" },
  { VS_CODEC_VP9, "00 29 82 020202 00", UNSPECIFIED, NULL, "cut short" },

  { VS_CODEC_AAC, "1190", UNSPECIFIED, "mp4a.40.2" },
  { VS_CODEC_AAC, "118856e500", UNSPECIFIED, "mp4a.40.2" },
  { VS_CODEC_AAC, "17805dc010", UNSPECIFIED, "mp4a.40.2" },
  { VS_CODEC_AAC, "2b920800", UNSPECIFIED, "mp4a.40.5" },
  { VS_CODEC_AAC, "eb8a0800", UNSPECIFIED, "mp4a.40.29" },
  { VS_CODEC_AAC, "139056e5a0", UNSPECIFIED, "mp4a.40.5" },
  { VS_CODEC_AAC, "139056e5a54880", UNSPECIFIED, "mp4a.40.29" },
  { VS_CODEC_AAC, "f94640", UNSPECIFIED, "mp4a.40.42" },
  { VS_CODEC_AAC, "11", UNSPECIFIED, NULL, "cut short" },
  { VS_CODEC_AAC, "1690", UNSPECIFIED, NULL, "reserved" },
  { VS_CODEC_AAC, "0190", UNSPECIFIED, NULL, "reserved" },

  { VS_CODEC_OPUS, OPUS "01 02 3801 80bb0000 0000 00", UNSPECIFIED, "opus" },
  { VS_CODEC_OPUS, OPUS "01 06 3801 80bb0000 0000 01 04 02 000401020305",
      UNSPECIFIED, "opus" },
  { VS_CODEC_OPUS, OPUS "01 06 3801 80bb0000 0000 01 04 02 0004010203",
      UNSPECIFIED, NULL, "channel mapping" },
  { VS_CODEC_OPUS, OPUS "01 00 3801 80bb0000 0000 00", UNSPECIFIED, NULL,
      "number of channels" },
  { VS_CODEC_OPUS, OPUS "01 03 3801 80bb0000 0000 00", UNSPECIFIED, NULL,
      "number of channels" },
  { VS_CODEC_OPUS, OPUS "11 02 3801 80bb0000 0000 00", UNSPECIFIED, NULL,
      "unknown version" },
  { VS_CODEC_OPUS, "4f70757354616773 01 02 3801 80bb0000 0000 00", UNSPECIFIED,
      NULL, "its name" },
  { VS_CODEC_OPUS, OPUS "01 02 3801 80bb0000 0000", UNSPECIFIED, NULL,
      "cut short" },
};

static GByteArray *
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

/* In memory of its exact size, so that a checker sees a read past the end. */
static VsStream *
make_stream (VsCodec codec, const guint8 *data, gsize size)
{
  gboolean audio = codec == VS_CODEC_AAC || codec == VS_CODEC_OPUS;
  VsStream *stream =
      vs_stream_new (audio ? VS_MEDIA_AUDIO : VS_MEDIA_VIDEO, codec);

  stream->codec_data = g_bytes_new (data, size);
  return stream;
}

static void
test_strings (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) data = from_hex (cases[i].hex);
    g_autoptr (VsStream) stream =
        make_stream (cases[i].codec, data->data, data->len);
    g_autoptr (GError) error = NULL;
    g_autofree gchar *text = NULL;

    stream->colour = cases[i].colour;
    text = vs_codec_string (stream, &error);
    g_assert_cmpstr (text, ==, cases[i].expected);
    if (cases[i].expected != NULL) {
      g_assert_no_error (error);
    } else {
      g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
      g_assert_nonnull (strstr (error->message, cases[i].message));
    }
  }
}

static void
check_answer (const VsStream *stream)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = vs_codec_string (stream, &error);

  g_assert_true ((text == NULL) == (error != NULL));
  if (error != NULL)
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
}

/* Every record, cut at every length: an answer or an error. */
static void
test_cut (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) data = from_hex (cases[i].hex);

    for (guint length = 0; length <= data->len; length++) {
      g_autoptr (VsStream) stream =
          make_stream (cases[i].codec, data->data, length);

      check_answer (stream);
    }
  }
}

static void
test_damaged (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (20000);

  for (guint i = 0; i < 20000; i++) {
    const Case *one = &cases[g_rand_int_range (rand, 0, G_N_ELEMENTS (cases))];
    g_autoptr (GByteArray) data = from_hex (one->hex);
    g_autoptr (VsStream) stream = NULL;

    if (data->len == 0)
      continue;
    for (guint k = 0; k < 3; k++)
      data->data[g_rand_int_range (rand, 0, data->len)] = g_rand_int (rand);
    stream = make_stream (
        one->codec, data->data, g_rand_int_range (rand, 1, data->len + 1));
    check_answer (stream);
  }
}

static void
test_none (void)
{
  g_autoptr (VsStream) stream = make_stream (VS_CODEC_NONE, NULL, 0);
  g_autoptr (GError) error = NULL;

  g_assert_null (vs_codec_string (stream, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
  g_clear_error (&error);

  g_clear_pointer (&stream->codec_data, g_bytes_unref);
  stream->codec = VS_CODEC_H264;
  g_assert_null (vs_codec_string (stream, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
}

/* Key frames' beginnings, and the record that each gives. */
static const struct {
  VsCodec codec;
  const gchar *frame;
  const gchar *record; /* NULL: refused */
} frames[] = {
  /* profile 0, key, sync code, BT.601, limited */
  { VS_CODEC_VP9, "82 498342 20 00", "00 1f 82 020202 0000" },
  /* profile 2, 10 bits, BT.709, full */
  { VS_CODEC_VP9, "92 498342 28 00", "02 1f a3 020202 0000" },
  /* profile 1, 4:4:4, RGB */
  { VS_CODEC_VP9, "a2 498342 e0 00", "01 1f 87 020202 0000" },
  /* an inter frame, a wrong sync code, a wrong marker, a cut */
  { VS_CODEC_VP9, "86 498342 20 00", NULL },
  { VS_CODEC_VP9, "82 498343 20 00", NULL },
  { VS_CODEC_VP9, "02 498342 20 00", NULL },
  { VS_CODEC_VP9, "82 498342", NULL },
  { VS_CODEC_AV1, "12 00", NULL },
  { VS_CODEC_AV1, "12 00 0a 05 000000", NULL },
  { VS_CODEC_H264, "00 00", NULL },
};

static void
test_frames (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (frames); i++) {
    g_autoptr (VsStream) stream = make_stream (frames[i].codec, NULL, 0);
    g_autoptr (GByteArray) frame = from_hex (frames[i].frame);
    g_autoptr (GBytes) record = NULL;
    g_autoptr (GError) error = NULL;

    stream->width = 1280;
    stream->height = 720;
    stream->fps_n = 25;
    record =
        vs_codec_config_from_frame (stream, frame->data, frame->len, &error);
    if (frames[i].record == NULL) {
      g_assert_null (record);
      g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
    } else {
      g_autoptr (GByteArray) expected = from_hex (frames[i].record);

      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (record, NULL),
          g_bytes_get_size (record), expected->data, expected->len);
    }
  }
}

static void
test_damaged_frames (void)
{
  static const VsCodec codecs[] = { VS_CODEC_AV1, VS_CODEC_VP9 };
  static const guint8 heads[][6] = { { 0x12, 0x00, 0x0a, 0x0b, 0x00, 0x00 },
    { 0x82, 0x49, 0x83, 0x42, 0x20, 0x00 } };
  g_autoptr (GRand) rand = g_rand_new_with_seed (77);

  for (guint i = 0; i < 40000; i++) {
    g_autoptr (VsStream) stream = make_stream (codecs[i % 2], NULL, 0);
    gsize size = g_rand_int_range (rand, 1, 40);
    g_autofree guint8 *frame = g_malloc (size);
    g_autoptr (GBytes) record = NULL;

    for (gsize k = 0; k < size; k++)
      frame[k] = g_rand_int (rand);
    memcpy (frame, heads[i % 2], MIN (size, sizeof (heads[0]) - i / 2 % 3));
    record = vs_codec_config_from_frame (stream, frame, size, NULL);
    g_assert_cmpuint (vs_codec_config_av1_delimiter (frame, size), <=, size);
    if (record != NULL) {
      g_bytes_unref (stream->codec_data);
      stream->codec_data = g_bytes_ref (record);
      check_answer (stream);
    }
  }
}

static void
test_vp9_level (void)
{
  static const struct {
    guint width, height, fps_n, fps_d, level;
  } table[] = {
    { 256, 144, 15, 1, 10 },
    { 320, 180, 25, 1, 11 },
    { 854, 480, 30, 1, 30 },
    { 1280, 720, 30, 1, 31 },
    { 1280, 720, 60, 1, 40 },
    { 1920, 1080, 30, 1, 40 },
    { 1920, 1080, 60, 1, 41 },
    { 1920, 1080, 0, 1, 40 },
    { 3840, 2160, 60, 1, 51 },
    { 65535, 65535, 60, 1, 62 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    g_assert_cmpuint (vs_codec_config_vp9_level (table[i].width,
                          table[i].height, table[i].fps_n, table[i].fps_d),
        ==, table[i].level);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/codec-string/strings", test_strings);
  g_test_add_func ("/codec-string/cut", test_cut);
  g_test_add_func ("/codec-string/damaged", test_damaged);
  g_test_add_func ("/codec-string/none", test_none);
  g_test_add_func ("/codec-config/frames", test_frames);
  g_test_add_func ("/codec-config/damaged", test_damaged_frames);
  g_test_add_func ("/codec-config/vp9-level", test_vp9_level);
  return g_test_run ();
}
