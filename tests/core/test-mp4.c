/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The boxes of vs-mp4, byte by byte. That others read them as we mean them is
 * the matter of tests/e2e/test-mp4-probe.c. */
#include <string.h>

#include "core/vs-error.h"
#include "core/vs-mp4.h"
#include "mp4-fixture.h"

#define HVCC                                                                   \
  "01 01 60000000 900000000000 78 f000fcfdf8f8 0000 0f 03"                     \
  "20 0001 0002 4001 a1 0001 0002 4201 22 0001 0002 4401"
#define HVCC_COMPLETE                                                          \
  "01 01 60000000 900000000000 78 f000fcfdf8f8 0000 0f 03"                     \
  "a0 0001 0002 4001 a1 0001 0002 4201 a2 0001 0002 4401"
#define AV1C "81 08 0c 00 0a 0b 000000"
#define VPCC "00 29 82 020202 0000"
#define OPUS_HEAD "4f70757348656164 01 02 3801 44ac0000 0001 00"
#define OPUS_HEAD_6                                                            \
  "4f70757348656164 01 06 3801 80bb0000 0000 01 04 02 000401020305"

#define MATRIX                                                                 \
  "00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000"    \
  "40000000"
#define STSD "moov/trak/mdia/minf/stbl/stsd/"

/* What stands before the children of a box. */
static gsize
get_prefix (const gchar *type)
{
  static const struct {
    const gchar *types;
    gsize size;
  } prefixes[] = {
    { "moov trak edts mdia minf dinf stbl mvex moof traf", 0 },
    { "stsd dref", 8 },
    { "avc1 hvc1 av01 vp09", 78 },
    { "mp4a Opus", 28 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (strstr (prefixes[i].types, type) != NULL)
      return prefixes[i].size;
  g_assert_not_reached ();
}

/* The payload of the box at @path, or NULL. Checks every size it passes. */
static const guint8 *
find_box (const guint8 *data, gsize size, const gchar *path, gsize *found)
{
  gsize at = 0;

  while (at < size) {
    gsize box_size;

    g_assert_cmpuint (size - at, >=, 8);
    box_size = get_u32 (data + at);
    g_assert_cmpuint (box_size, >=, 8);
    g_assert_cmpuint (box_size, <=, size - at);
    if (memcmp (data + at + 4, path, 4) == 0) {
      g_autofree gchar *type = g_strndup (path, 4);
      gsize prefix;

      if (path[4] == '\0') {
        *found = box_size - 8;
        return data + at + 8;
      }
      prefix = 8 + get_prefix (type);
      return find_box (data + at + prefix, box_size - prefix, path + 5, found);
    }
    at += box_size;
  }
  return NULL;
}

static void
assert_box (GBytes *bytes, const gchar *path, const gchar *hex)
{
  gsize total, size = 0;
  const guint8 *data = g_bytes_get_data (bytes, &total);
  const guint8 *box = find_box (data, total, path, &size);

  g_test_message ("%s", path);
  if (hex == NULL) {
    g_assert_null (box);
  } else {
    g_autoptr (GByteArray) expected = from_hex (hex);

    g_assert_nonnull (box);
    g_assert_cmpmem (box, size, expected->data, expected->len);
  }
}

static GBytes *
make_init (const VsStream *stream)
{
  g_autoptr (GError) error = NULL;
  GBytes *init = vs_mp4_init_segment (stream, 1, &error);

  g_assert_no_error (error);
  return init;
}

typedef struct {
  const gchar *path, *hex; /* hex NULL: the box is not there */
} Box;

static void
assert_boxes (GBytes *bytes, const Box *boxes, guint n_boxes)
{
  for (guint i = 0; i < n_boxes; i++)
    assert_box (bytes, boxes[i].path, boxes[i].hex);
}

static void
test_video_init (void)
{
  static const Box boxes[] = {
    { "ftyp", "636d6632 00000000 69736f36 636d6663 636d6632 64617368"
              "63666864" },
    { "moov/mvhd", "00000000 00000000 00000000 00003200 00000000 00010000 0100"
                   "0000 00000000 00000000" MATRIX
                   "00000000 00000000 00000000 00000000 00000000 00000000"
                   "00000002" },
    { "moov/trak/tkhd",
        "00000007 00000000 00000000 00000001 00000000 00000000 00000000"
        "00000000 0000 0000 0000 0000" MATRIX "07800000 04380000" },
    { "moov/trak/edts", NULL },
    { "moov/trak/mdia/mdhd",
        "00000000 00000000 00000000 00003200 00000000 55c4 0000" },
    { "moov/trak/mdia/elng", NULL },
    { "moov/trak/mdia/hdlr", "00000000 00000000 76696465 00000000 00000000"
                             "00000000 76737472 65616d20 76696465 6f00" },
    { "moov/trak/mdia/minf/vmhd", "00000001 00000000 00000000" },
    { "moov/trak/mdia/minf/dinf/dref/url ", "00000001" },
    { "moov/trak/mdia/minf/stbl/stts", "00000000 00000000" },
    { "moov/trak/mdia/minf/stbl/stsc", "00000000 00000000" },
    { "moov/trak/mdia/minf/stbl/stsz", "00000000 00000000 00000000" },
    { "moov/trak/mdia/minf/stbl/stco", "00000000 00000000" },
    { "moov/trak/mdia/minf/stbl/sgpd", NULL },
    { STSD "avc1/avcC", AVCC },
    { STSD "avc1/pasp", "00000001 00000001" },
    { STSD "avc1/colr", NULL },
    { STSD "avc1/btrt", NULL },
    { "moov/mvex/trex",
        "00000000 00000001 00000001 00000000 00000000 00000000" },
  };
  g_autoptr (VsStream) stream = make_video (VS_CODEC_H264, AVCC);
  g_autoptr (GBytes) init = make_init (stream);

  assert_boxes (init, boxes, G_N_ELEMENTS (boxes));
}

static void
test_video_extras (void)
{
  static const Box boxes[] = {
    { "ftyp", "636d6663 00000000 69736f36 636d6663 64617368 63667364" },
    /* 704 × 40/33, rounded down in its last bit */
    { "moov/trak/tkhd",
        "00000007 00000000 00000000 00000001 00000000 00000000 00000000"
        "00000000 0000 0000 0000 0000" MATRIX "03555555 01e00000" },
    { "moov/trak/edts/elst", "00000000 00000001 00000000 00000400 0001 0000" },
    { "moov/trak/mdia/mdhd",
        "00000000 00000000 00000000 00003200 00000000 41f2 0000" },
    { "moov/trak/mdia/elng", "00000000 70742d42 5200" },
    { STSD "avc1/colr", "6e636c78 0001 0001 0001 80" },
    { STSD "avc1/pasp", "00000028 00000021" },
    { STSD "avc1/btrt", "00000000 00519c28 004c4b40" },
  };
  g_autoptr (VsStream) stream = make_video (
      VS_CODEC_H264, "01 64001e ff e1 0004 6764001e 01 0004 68ee3cb0");
  g_autoptr (GBytes) init = NULL;

  stream->width = 704;
  stream->height = 480;
  stream->par_n = 40;
  stream->par_d = 33;
  stream->colour = (VsColour){ 1, 1, 1, TRUE };
  stream->priming = 1024;
  stream->language = g_strdup ("pt-BR");
  stream->bitrate = 5000000;
  stream->max_bitrate = 5348392;
  init = make_init (stream);
  assert_boxes (init, boxes, G_N_ELEMENTS (boxes));
}

static void
test_audio_init (void)
{
  static const Box boxes[] = {
    { "ftyp", "636d6632 00000000 69736f36 636d6663 636d6632 64617368"
              "63616163" },
    { "moov/trak/tkhd",
        "00000007 00000000 00000000 00000001 00000000 00000000 00000000"
        "00000000 0000 0000 0100 0000" MATRIX "00000000 00000000" },
    { "moov/trak/edts/elst", "00000000 00000001 00000000 00000400 0001 0000" },
    { "moov/trak/mdia/mdhd",
        "00000000 00000000 00000000 0000bb80 00000000 10b5 0000" },
    { "moov/trak/mdia/hdlr", "00000000 00000000 736f756e 00000000 00000000"
                             "00000000 76737472 65616d20 61756469 6f00" },
    { "moov/trak/mdia/minf/smhd", "00000000 00000000" },
    { "moov/trak/mdia/minf/stbl/sgpd",
        "01000000 726f6c6c 00000002 00000001 ffff" },
  };
  g_autoptr (VsStream) stream = make_audio (VS_CODEC_AAC, ASC);
  g_autoptr (GBytes) init = NULL;

  stream->language = g_strdup ("de");
  stream->priming = 1024;
  init = make_init (stream);
  assert_box (init, STSD "mp4a/btrt", NULL);
  g_clear_pointer (&init, g_bytes_unref);

  stream->bitrate = 128000;
  init = make_init (stream);
  assert_box (init, STSD "mp4a/btrt", "00000000 0001f400 0001f400");
  assert_boxes (init, boxes, G_N_ELEMENTS (boxes));
  assert_box (init, STSD "mp4a/esds",
      "00000000 03 19 0000 00"
      "04 11 40 15 000000 0001f400 0001f400 05 02 1190"
      "06 01 02");
}

/* An edit list that needs 64 bits. */
static void
test_long_priming (void)
{
  g_autoptr (VsStream) stream = make_audio (VS_CODEC_AAC, ASC);
  g_autoptr (GBytes) init = NULL;

  stream->priming = 0x80000000;
  init = make_init (stream);
  assert_box (init, "moov/trak/edts/elst",
      "01000000 00000001 00000000 00000000 00000000 80000000 0001 0000");
}

static void
test_entries (void)
{
  static const struct {
    VsCodec codec;
    const gchar *data, *brand, *path, *hex;
  } table[] = {
    { VS_CODEC_H265, HVCC, "63686864", STSD "hvc1/hvcC", HVCC_COMPLETE },
    { VS_CODEC_AV1, AV1C, "61763031", STSD "av01/av1C", AV1C },
    { VS_CODEC_VP9, VPCC, "", STSD "vp09/vpcC", "01000000" VPCC },
    { VS_CODEC_OPUS, OPUS_HEAD, "", STSD "Opus/dOps",
        "00 02 0138 0000ac44 0100 00" },
    { VS_CODEC_OPUS, OPUS_HEAD_6, "", STSD "Opus/dOps",
        "00 06 0138 0000bb80 0000 01 04 02 000401020305" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    gboolean audio = table[i].codec == VS_CODEC_OPUS;
    g_autoptr (VsStream) stream =
        audio ? make_audio (table[i].codec, table[i].data)
              : make_video (table[i].codec, table[i].data);
    g_autoptr (GBytes) init = make_init (stream);
    g_autofree gchar *brands =
        g_strconcat ("636d6632 00000000 69736f36 636d6663 636d6632 64617368",
            table[i].brand, NULL);

    assert_box (init, "ftyp", brands);
    assert_box (init, table[i].path, table[i].hex);
    assert_box (init, "moov/trak/mdia/minf/stbl/sgpd",
        audio ? "01000000 726f6c6c 00000002 00000001 fffc" : NULL);
  }
}

/* An Opus stream of a 44.1 kHz source is a track of 48 kHz. */
static void
test_opus_rate (void)
{
  g_autoptr (VsStream) stream = make_audio (VS_CODEC_OPUS, OPUS_HEAD);
  g_autoptr (GBytes) init = NULL;
  gsize total, size;
  const guint8 *data, *stsd;

  stream->rate = 44100;
  init = make_init (stream);
  data = g_bytes_get_data (init, &total);
  stsd = find_box (data, total, "moov/trak/mdia/minf/stbl/stsd", &size);
  g_assert_nonnull (stsd);
  g_assert_cmphex (get_u32 (stsd + 8 + 8 + 24), ==, 48000u << 16);
}

static void
test_brands (void)
{
  static const struct {
    VsCodec codec;
    guint profile, level, width, height, transfer;
    const gchar *brand; /* NULL: none */
  } table[] = {
    { VS_CODEC_H264, 100, 31, 854, 480, 1, "cfsd" },
    { VS_CODEC_H264, 77, 40, 1920, 1080, 1, "cfhd" },
    { VS_CODEC_H264, 100, 42, 1920, 1080, 1, "chdf" },
    { VS_CODEC_H264, 100, 51, 3840, 2160, 1, NULL },
    { VS_CODEC_H264, 122, 40, 1920, 1080, 1, NULL },
    { VS_CODEC_H264, 100, 40, 1920, 1080, 16, NULL },
    { VS_CODEC_H265, 1, 123, 1920, 1080, 1, "chhd" },
    { VS_CODEC_H265, 2, 123, 1920, 1080, 1, "chh1" },
    { VS_CODEC_H265, 1, 150, 3840, 2160, 1, "cud8" },
    { VS_CODEC_H265, 2, 153, 3840, 2160, 1, "cud1" },
    { VS_CODEC_H265, 2, 153, 3840, 2160, 16, "chd1" },
    { VS_CODEC_H265, 2, 120, 1920, 1080, 18, "clg1" },
    { VS_CODEC_H265, 2, 180, 3840, 2160, 1, NULL },
    { VS_CODEC_H265, 4, 123, 1920, 1080, 1, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    gboolean is_h264 = table[i].codec == VS_CODEC_H264;
    g_autoptr (GByteArray) record = from_hex (is_h264 ? AVCC : HVCC);
    g_autoptr (VsStream) stream = make_video (table[i].codec, "");
    g_autoptr (GBytes) init = NULL;
    const guint8 *ftyp;
    gsize size;

    record->data[1] = table[i].profile;
    record->data[is_h264 ? 3 : 12] = table[i].level;
    g_bytes_unref (stream->codec_data);
    stream->codec_data = g_bytes_new (record->data, record->len);
    stream->width = table[i].width;
    stream->height = table[i].height;
    stream->colour.transfer = table[i].transfer;
    init = make_init (stream);
    ftyp = g_bytes_get_data (init, NULL);
    size = get_u32 (ftyp);
    g_assert_cmpuint (size, ==, table[i].brand != NULL ? 36 : 32);
    if (table[i].brand != NULL)
      g_assert_cmpmem (ftyp + size - 4, 4, table[i].brand, 4);
  }
}

typedef enum {
  SPOIL_TRACK,
  SPOIL_TIMESCALE,
  SPOIL_WIDTH,
  SPOIL_HEIGHT,
  SPOIL_MEDIA,
  SPOIL_CODEC,
  SPOIL_DATA,
  SPOIL_NO_DATA,
  SPOIL_HUGE_DATA,
  SPOIL_RATE,
  SPOIL_CHANNELS
} Spoil;

static void
spoil (VsStream *stream, Spoil how)
{
  stream->timescale = how == SPOIL_TIMESCALE ? 0 : stream->timescale;
  stream->width = how == SPOIL_WIDTH ? 0 : stream->width;
  stream->height = how == SPOIL_HEIGHT ? 65536 : stream->height;
  stream->media = how == SPOIL_MEDIA ? VS_MEDIA_TEXT : stream->media;
  stream->codec = how == SPOIL_CODEC ? VS_CODEC_NONE : stream->codec;
  stream->rate = how == SPOIL_RATE ? 0 : stream->rate;
  stream->channels = how == SPOIL_CHANNELS ? 0 : stream->channels;
  if (how == SPOIL_NO_DATA)
    g_clear_pointer (&stream->codec_data, g_bytes_unref);
  if (how == SPOIL_DATA || how == SPOIL_HUGE_DATA) {
    gsize size = how == SPOIL_DATA ? 3 : 70000;
    g_autofree guint8 *data = g_malloc0 (size);

    memcpy (data, "\x11\x90", 2);
    g_bytes_unref (stream->codec_data);
    stream->codec_data = g_bytes_new (data, size);
  }
}

static void
test_refusals (void)
{
  static const struct {
    Spoil how;
    gboolean audio;
    gint code;
    const gchar *message;
  } table[] = {
    { SPOIL_TRACK, FALSE, VS_ERROR_BAD_VALUE, "track number" },
    { SPOIL_TIMESCALE, FALSE, VS_ERROR_BAD_VALUE, "timescale" },
    { SPOIL_WIDTH, FALSE, VS_ERROR_BAD_VALUE, "picture size" },
    { SPOIL_HEIGHT, FALSE, VS_ERROR_BAD_VALUE, "picture size" },
    { SPOIL_MEDIA, FALSE, VS_ERROR_BAD_VALUE, "not one of that kind" },
    { SPOIL_MEDIA, TRUE, VS_ERROR_BAD_VALUE, "not one of that kind" },
    { SPOIL_CODEC, FALSE, VS_ERROR_BAD_VALUE, "not one of that kind" },
    { SPOIL_DATA, FALSE, VS_ERROR_BAD_DATA, "avcC" },
    { SPOIL_NO_DATA, FALSE, VS_ERROR_BAD_DATA, "codec data" },
    { SPOIL_HUGE_DATA, TRUE, VS_ERROR_BAD_VALUE, "64 KiB" },
    { SPOIL_RATE, TRUE, VS_ERROR_BAD_VALUE, "rate" },
    { SPOIL_CHANNELS, TRUE, VS_ERROR_BAD_VALUE, "channels" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    g_autoptr (VsStream) stream = table[i].audio
                                      ? make_audio (VS_CODEC_AAC, ASC)
                                      : make_video (VS_CODEC_H264, AVCC);
    g_autoptr (GBytes) init = NULL;
    g_autoptr (GError) error = NULL;

    spoil (stream, table[i].how);
    init = vs_mp4_init_segment (
        stream, table[i].how == SPOIL_TRACK ? 0 : 1, &error);
    g_assert_null (init);
    g_assert_error (error, VS_ERROR, table[i].code);
    g_assert_nonnull (strstr (error->message, table[i].message));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mp4/init/video", test_video_init);
  g_test_add_func ("/mp4/init/video-extras", test_video_extras);
  g_test_add_func ("/mp4/init/audio", test_audio_init);
  g_test_add_func ("/mp4/init/long-priming", test_long_priming);
  g_test_add_func ("/mp4/init/entries", test_entries);
  g_test_add_func ("/mp4/init/opus-rate", test_opus_rate);
  g_test_add_func ("/mp4/init/brands", test_brands);
  g_test_add_func ("/mp4/init/refusals", test_refusals);
  return g_test_run ();
}
