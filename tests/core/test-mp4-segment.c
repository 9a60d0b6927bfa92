/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Media segments byte by byte, and the small helpers below them. */
#include "core/vs-box.h"
#include "core/vs-language.h"
#include "core/vs-mp4.h"
#include "mp4-fixture.h"

#define STYP "0000001c 73747970 6d736468 00000000 6d736468 636d6673 636d6666"

typedef struct {
  const gchar *name;
  guint64 base_time;
  guint n_samples;
  VsMp4Sample samples[4];
  gboolean audio;
  const gchar *hex; /* from the end of styp to the payload */
} SegmentCase;

static const SegmentCase segments[] = {
  /* nothing but the key frame differs: two defaults, and sizes in the table */
  { "video", 0x100000000, 3,
      { { 1000, 512, 0, TRUE }, { 200, 512, 0, FALSE },
          { 300, 512, 0, FALSE } },
      FALSE,
      "00000070 6d6f6f66"
      "00000010 6d666864 00000000 00000007"
      "00000058 74726166"
      "00000018 74666864 00020028 00000001 00000200 01010000"
      "00000014 74666474 01000000 00000001 00000000"
      "00000024 7472756e 01000205 00000003 00000078 02000000"
      "000003e8 000000c8 0000012c"
      "000005e4 6d646174" },
  /* B-frames: offsets, one of them negative */
  { "reordered", 512, 4,
      { { 10, 512, 512, TRUE }, { 10, 512, 1024, FALSE },
          { 10, 512, -512, FALSE }, { 10, 512, 0, FALSE } },
      FALSE,
      "00000078 6d6f6f66"
      "00000010 6d666864 00000000 00000007"
      "00000060 74726166"
      "0000001c 74666864 00020038 00000001 00000200 0000000a 01010000"
      "00000014 74666474 01000000 00000000 00000200"
      "00000028 7472756e 01000805 00000004 00000080 02000000"
      "00000200 00000400 fffffe00 00000000"
      "00000030 6d646174" },
  /* a second key frame inside: flags of each; and a longer last frame */
  { "two-keys", 0, 3,
      { { 10, 512, 0, TRUE }, { 20, 512, 0, FALSE }, { 30, 600, 0, TRUE } },
      FALSE,
      "0000007c 6d6f6f66"
      "00000010 6d666864 00000000 00000007"
      "00000064 74726166"
      "00000010 74666864 00020000 00000001"
      "00000014 74666474 01000000 00000000 00000000"
      "00000038 7472756e 01000701 00000003 00000084"
      "00000200 0000000a 02000000 00000200 00000014 01010000"
      "00000258 0000001e 02000000"
      "00000044 6d646174" },
  { "audio", 1024, 2, { { 300, 1024, 0, TRUE }, { 310, 1024, 0, TRUE } }, TRUE,
      "00000084 6d6f6f66"
      "00000010 6d666864 00000000 00000007"
      "0000006c 74726166"
      "00000018 74666864 00020028 00000001 00000400 02000000"
      "00000014 74666474 01000000 00000000 00000400"
      "0000001c 7472756e 01000201 00000002 0000008c 0000012c 00000136"
      "0000001c 73626770 00000000 726f6c6c 00000001 00000002 00000001"
      "0000026a 6d646174" },
  { "one-frame", 0, 1, { { 5, 7, 0, TRUE } }, FALSE,
      "00000064 6d6f6f66"
      "00000010 6d666864 00000000 00000007"
      "0000004c 74726166"
      "0000001c 74666864 00020038 00000001 00000007 00000005 02000000"
      "00000014 74666474 01000000 00000000 00000000"
      "00000014 7472756e 01000001 00000001 0000006c"
      "0000000d 6d646174" },
};

static void
test_segment (gconstpointer data)
{
  const SegmentCase *test = data;
  g_autoptr (VsStream) stream = test->audio ? make_audio (VS_CODEC_AAC, ASC)
                                            : make_video (VS_CODEC_H264, AVCC);
  g_autofree gchar *hex = g_strconcat (STYP, test->hex, NULL);
  g_autoptr (GByteArray) expected = from_hex (hex);
  g_autoptr (GBytes) header = NULL;
  VsMp4Layout layout;

  header = vs_mp4_segment_header (
      stream, 1, 7, test->base_time, test->samples, test->n_samples, &layout);
  g_assert_cmpmem (g_bytes_get_data (header, NULL), g_bytes_get_size (header),
      expected->data, expected->len);
  g_assert_cmpuint (layout.moof_offset, ==, 28);
  g_assert_cmpuint (layout.payload_offset, ==, expected->len);
}

/* A segment that begins without a key frame promises no CMAF fragment. */
static void
test_segment_without_key (void)
{
  static const VsMp4Sample sample = { 10, 512, 0, FALSE };
  g_autoptr (VsStream) stream = make_video (VS_CODEC_H264, AVCC);
  g_autoptr (GBytes) header =
      vs_mp4_segment_header (stream, 1, 1, 0, &sample, 1, NULL);
  g_autoptr (GBytes) empty =
      vs_mp4_segment_header (stream, 1, 1, 0, NULL, 0, NULL);

  gsize size;
  const guint8 *data = g_bytes_get_data (header, NULL);

  g_assert_cmphex (get_u32 (data), ==, 16 + 4);
  data = g_bytes_get_data (empty, &size);
  g_assert_cmphex (get_u32 (data), ==, 16 + 4);
  g_assert_cmphex (get_u32 (data + size - 8), ==, 8);
}

/* Beyond 4 GiB the size of mdat moves to 64 bits, and the data with it. */
static void
test_segment_large (void)
{
  static const struct {
    guint32 last;
    const gchar *mdat;
    guint32 header;
  } table[] = {
    { 0x7ffffff7, "ffffffff 6d646174", 8 },
    { 0x7ffffff8, "00000001 6d646174 00000001 00000008", 16 },
    { 0xffffffff, "00000001 6d646174 00000001 8000000f", 16 },
  };
  g_autoptr (VsStream) stream = make_video (VS_CODEC_H264, AVCC);

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    VsMp4Sample samples[] = { { 0x80000000, 1, 0, TRUE },
      { table[i].last, 1, 0, TRUE } };
    g_autoptr (GByteArray) mdat = from_hex (table[i].mdat);
    g_autoptr (GBytes) header = NULL;
    VsMp4Layout layout;
    const guint8 *data;
    gsize size, trun;

    header = vs_mp4_segment_header (stream, 1, 1, 0, samples, 2, &layout);
    data = g_bytes_get_data (header, &size);
    g_assert_cmpmem (data + size - mdat->len, mdat->len, mdat->data, mdat->len);
    trun = size - mdat->len - 8 - 4;
    g_assert_cmpuint (
        get_u32 (data + trun), ==, layout.payload_offset - layout.moof_offset);
    g_assert_cmpuint (layout.payload_offset, ==, size);
  }
}

static void
test_language (void)
{
  static const struct {
    const gchar *tag, *code;
  } table[] = {
    { "en", "eng" },
    { "de-AT", "deu" },
    { "ZH-Hant", "zho" },
    { "aa", "aar" },
    { "zu", "zul" },
    { "ger", "deu" },
    { "cze", "ces" },
    { "gsw", "gsw" },
    { "pt_BR", "por" },
    { "und", "und" },
    { "xx", "und" },
    { "e", "und" },
    { "e1", "und" },
    { "english", "und" },
    { "", "und" },
    { "-", "und" },
    { "d\xc3\xa9", "und" },
    { NULL, "und" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    gchar code[4];

    vs_language_to_iso639_2 (table[i].tag, code);
    g_assert_cmpstr (code, ==, table[i].code);
  }
}

static void
test_reader (void)
{
  static const guint8 data[] = { 0xa5, 0x12, 0x34, 0x56, 0x78, 0x9a };
  VsReader reader;

  vs_reader_init (&reader, data, sizeof (data));
  g_assert_cmphex (vs_reader_bits (&reader, 0), ==, 0);
  g_assert_cmphex (vs_reader_bits (&reader, 1), ==, 1);
  g_assert_cmphex (vs_reader_bits (&reader, 3), ==, 2);
  g_assert_cmphex (vs_reader_bits (&reader, 8), ==, 0x51);
  g_assert_cmphex (vs_reader_bits (&reader, 32), ==, 0x23456789);
  g_assert_cmpuint (vs_reader_bits_left (&reader), ==, 4);
  vs_reader_skip_bits (&reader, 4);
  g_assert_false (reader.failed);
  g_assert_cmphex (vs_reader_bits (&reader, 1), ==, 0);
  g_assert_true (reader.failed);

  vs_reader_init (&reader, data, sizeof (data));
  vs_reader_skip_bits (&reader, G_MAXUINT64);
  g_assert_true (reader.failed);
  vs_reader_init (&reader, NULL, 0);
  g_assert_cmphex (vs_reader_bits (&reader, 8), ==, 0);
  g_assert_true (reader.failed);
  vs_reader_init (&reader, data, sizeof (data));
  g_assert_cmphex (vs_reader_bits (&reader, 33), ==, 0);
  g_assert_true (reader.failed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (segments); i++) {
    g_autofree gchar *path =
        g_strdup_printf ("/mp4-segment/%s", segments[i].name);

    g_test_add_data_func (path, &segments[i], test_segment);
  }
  g_test_add_func ("/mp4-segment/without-key", test_segment_without_key);
  g_test_add_func ("/mp4-segment/large", test_segment_large);
  g_test_add_func ("/mp4-segment/language", test_language);
  g_test_add_func ("/mp4-segment/reader", test_reader);
  return g_test_run ();
}
