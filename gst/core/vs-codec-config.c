/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Section numbers of AV1 are those of the AV1 Bitstream & Decoding Process
 * Specification; those of VP9 of the VP9 one. */
#include "core/vs-codec-config.h"

#include "core/vs-box.h"
#include "core/vs-error.h"

#define OBU_SEQUENCE_HEADER 1
#define OBU_TEMPORAL_DELIMITER 2
#define MAX_SEQUENCE_HEADER 4096
#define VP9_SYNC_CODE 0x498342
#define VP9_RGB 7

static GBytes *
fail (GError **error, const VsStream *stream, const gchar *why)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
      "The first %s frame %s, so the stream cannot be described.",
      vs_codec_name (stream->codec), why);
  return NULL;
}

guint
vs_codec_config_vp9_level (guint width, guint height, guint fps_n, guint fps_d)
{
  /* VP9 annex A: luma samples a second and a picture */
  static const struct {
    guint level;
    guint64 rate, picture;
  } levels[] = {
    { 10, 829440, 36864 },
    { 11, 2764800, 73728 },
    { 20, 4608000, 122880 },
    { 21, 9216000, 245760 },
    { 30, 20736000, 552960 },
    { 31, 36864000, 983040 },
    { 40, 83558400, 2228224 },
    { 41, 160432128, 2228224 },
    { 50, 311951360, 8912896 },
    { 51, 588251136, 8912896 },
    { 52, 1176502272, 8912896 },
    { 60, 1176502272, 35651584 },
    { 61, 2353004544, 35651584 },
  };
  guint64 picture = (guint64) width * height;
  gdouble fps = fps_n != 0 && fps_d != 0 ? (gdouble) fps_n / fps_d : 30;

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if (picture <= levels[i].picture && picture * fps <= levels[i].rate)
      return levels[i].level;
  return 62;
}

/* VP9 6.2 and 7.2.2; vpcC as the VP Codec ISO Media File Format Binding. */
static GBytes *
make_vp9 (
    const VsStream *stream, const guint8 *frame, gsize size, GError **error)
{
  VsReader reader;
  guint profile, depth = 8, space, full_range, sub_x = 1, sub_y = 1, chroma;
  GByteArray *out;

  vs_reader_init (&reader, frame, size);
  if (vs_reader_bits (&reader, 2) != 2)
    return fail (error, stream, "does not begin as one");
  profile = vs_reader_bits (&reader, 1);
  profile |= vs_reader_bits (&reader, 1) << 1;
  if (profile == 3)
    vs_reader_skip_bits (&reader, 1);
  /* show_existing_frame, frame_type: both 0 in a key frame */
  if (vs_reader_bits (&reader, 2) != 0)
    return fail (error, stream, "is no key frame");
  vs_reader_skip_bits (&reader, 2);
  if (vs_reader_bits (&reader, 24) != VP9_SYNC_CODE)
    return fail (error, stream, "lacks its sync code");
  if (profile >= 2)
    depth = vs_reader_bits (&reader, 1) ? 12 : 10;
  space = vs_reader_bits (&reader, 3);
  full_range = space == VP9_RGB ? 1 : vs_reader_bits (&reader, 1);
  if (space == VP9_RGB) {
    sub_x = sub_y = 0;
  } else if (profile & 1) {
    sub_x = vs_reader_bits (&reader, 1);
    sub_y = vs_reader_bits (&reader, 1);
  }
  if (reader.failed)
    return fail (error, stream, "is cut short");
  if (!sub_x && sub_y)
    return fail (error, stream, "has 4:4:0 chroma, which MP4 has no word for");
  chroma = sub_y ? 1 : sub_x ? 2 : 3;

  out = g_byte_array_new ();
  vs_box_put_u8 (out, profile);
  vs_box_put_u8 (out, vs_codec_config_vp9_level (stream->width, stream->height,
                          stream->fps_n, stream->fps_d));
  vs_box_put_u8 (out, depth << 4 | chroma << 1 | full_range);
  vs_box_put_u8 (out, stream->colour.primaries);
  vs_box_put_u8 (out, stream->colour.transfer);
  vs_box_put_u8 (out, stream->colour.matrix);
  vs_box_put_u16 (out, 0); /* no initialization data */
  return g_byte_array_free_to_bytes (out);
}

/* One OBU, AV1 5.3. */
typedef struct {
  guint type;
  const guint8 *start; /* of its header */
  gsize total;         /* bytes of header, size field and payload */
  gsize payload;       /* offset of the payload from start */
} Obu;

static gboolean
read_obu (const guint8 *data, gsize size, Obu *obu)
{
  VsReader reader;
  gboolean has_extension, has_size;
  guint64 payload_size = 0;

  vs_reader_init (&reader, data, size);
  vs_reader_skip_bits (&reader, 1);
  obu->type = vs_reader_bits (&reader, 4);
  has_extension = vs_reader_bits (&reader, 1);
  has_size = vs_reader_bits (&reader, 1);
  vs_reader_skip_bits (&reader, has_extension ? 1 + 8 : 1);
  if (has_size) {
    guint shift = 0, byte;

    do { /* leb128, 4.10.5 */
      byte = vs_reader_bits (&reader, 8);
      payload_size |= (guint64) (byte & 0x7f) << shift;
      shift += 7;
    } while ((byte & 0x80) != 0 && shift < 56);
  }
  if (reader.failed)
    return FALSE;
  obu->start = data;
  obu->payload = reader.bit / 8;
  if (!has_size)
    payload_size = size - obu->payload;
  if (payload_size > size - obu->payload)
    return FALSE;
  obu->total = obu->payload + payload_size;
  return TRUE;
}

static gboolean
find_obu (const guint8 *data, gsize size, guint type, Obu *obu)
{
  for (gsize at = 0; at < size; at += obu->total) {
    if (!read_obu (data + at, size - at, obu))
      return FALSE;
    if (obu->type == type)
      return TRUE;
  }
  return FALSE;
}

gsize
vs_codec_config_av1_delimiter (const guint8 *unit, gsize size)
{
  Obu obu;

  if (size == 0 || !read_obu (unit, size, &obu))
    return 0;
  return obu.type == OBU_TEMPORAL_DELIMITER ? obu.total : 0;
}

/* The fields of a sequence header that av1C repeats. */
typedef struct {
  guint profile, level, tier;
  gboolean high, twelve, mono, sub_x, sub_y;
  guint position;
} Sequence;

/* AV1 4.10.3 */
static void
skip_uvlc (VsReader *reader)
{
  guint zeros = 0;

  while (zeros < 32 && !reader->failed && !vs_reader_bits (reader, 1))
    zeros++;
  if (zeros < 32)
    vs_reader_skip_bits (reader, zeros);
}

/* AV1 5.5.1 up to the operating points, of which the first counts. */
static void
read_operating_points (VsReader *reader, Sequence *sequence)
{
  gboolean has_model = FALSE, has_delay;
  guint delay_bits = 0, count;

  if (vs_reader_bits (reader, 1)) { /* timing_info_present_flag */
    vs_reader_skip_bits (reader, 64);
    if (vs_reader_bits (reader, 1))
      skip_uvlc (reader);
    has_model = vs_reader_bits (reader, 1);
    if (has_model) {
      delay_bits = vs_reader_bits (reader, 5) + 1;
      vs_reader_skip_bits (reader, 32 + 5 + 5);
    }
  }
  has_delay = vs_reader_bits (reader, 1);
  count = vs_reader_bits (reader, 5) + 1;
  for (guint i = 0; i < count && !reader->failed; i++) {
    guint level, tier;

    vs_reader_skip_bits (reader, 12);
    level = vs_reader_bits (reader, 5);
    tier = level > 7 ? vs_reader_bits (reader, 1) : 0;
    if (has_model && vs_reader_bits (reader, 1))
      vs_reader_skip_bits (reader, 2 * delay_bits + 1);
    if (has_delay && vs_reader_bits (reader, 1))
      vs_reader_skip_bits (reader, 4);
    if (i == 0) {
      sequence->level = level;
      sequence->tier = tier;
    }
  }
}

/* AV1 5.5.1 from the frame size to before color_config (). */
static void
skip_tools (VsReader *reader, gboolean is_reduced)
{
  guint width_bits = vs_reader_bits (reader, 4) + 1;
  guint height_bits = vs_reader_bits (reader, 4) + 1;
  gboolean has_order_hint, may_force_mv;

  vs_reader_skip_bits (reader, width_bits + height_bits);
  if (!is_reduced && vs_reader_bits (reader, 1)) /* frame ids */
    vs_reader_skip_bits (reader, 4 + 3);
  vs_reader_skip_bits (reader, 3);
  if (!is_reduced) {
    vs_reader_skip_bits (reader, 4);
    has_order_hint = vs_reader_bits (reader, 1);
    if (has_order_hint)
      vs_reader_skip_bits (reader, 2);
    /* seq_choose_screen_content_tools, or else the forced value */
    may_force_mv = vs_reader_bits (reader, 1) || vs_reader_bits (reader, 1);
    if (may_force_mv && !vs_reader_bits (reader, 1))
      vs_reader_skip_bits (reader, 1);
    if (has_order_hint)
      vs_reader_skip_bits (reader, 3);
  }
  vs_reader_skip_bits (reader, 3); /* superres, cdef, restoration */
}

/* AV1 5.5.2 */
static void
read_colour (VsReader *reader, Sequence *sequence)
{
  guint description = 0;

  sequence->high = vs_reader_bits (reader, 1);
  if (sequence->profile == 2 && sequence->high)
    sequence->twelve = vs_reader_bits (reader, 1);
  sequence->mono = sequence->profile != 1 && vs_reader_bits (reader, 1);
  if (vs_reader_bits (reader, 1))
    description = vs_reader_bits (reader, 24);
  if (!sequence->mono && description == 0x010d00) /* BT.709, sRGB, identity */
    return;

  vs_reader_skip_bits (reader, 1); /* color_range */
  sequence->sub_x = sequence->sub_y = sequence->profile == 0 || sequence->mono;
  if (sequence->mono)
    return;
  if (sequence->profile == 2) {
    sequence->sub_x = !sequence->twelve || vs_reader_bits (reader, 1);
    sequence->sub_y =
        sequence->twelve && sequence->sub_x && vs_reader_bits (reader, 1);
  }
  if (sequence->sub_x && sequence->sub_y)
    sequence->position = vs_reader_bits (reader, 2);
}

/* av1C: AV1 in ISOBMFF 2.3. */
static GBytes *
make_av1 (
    const VsStream *stream, const guint8 *frame, gsize size, GError **error)
{
  Sequence sequence = { 0 };
  gboolean is_reduced;
  VsReader reader;
  GByteArray *out;
  Obu obu;

  if (!find_obu (frame, size, OBU_SEQUENCE_HEADER, &obu) ||
      obu.total > MAX_SEQUENCE_HEADER)
    return fail (error, stream, "has no sequence header");
  vs_reader_init (&reader, obu.start + obu.payload, obu.total - obu.payload);
  sequence.profile = vs_reader_bits (&reader, 3);
  vs_reader_skip_bits (&reader, 1); /* still_picture */
  is_reduced = vs_reader_bits (&reader, 1);
  if (is_reduced)
    sequence.level = vs_reader_bits (&reader, 5);
  else
    read_operating_points (&reader, &sequence);
  skip_tools (&reader, is_reduced);
  read_colour (&reader, &sequence);
  if (reader.failed)
    return fail (error, stream, "has a sequence header that is cut short");

  out = g_byte_array_new ();
  vs_box_put_u8 (out, 0x81); /* marker and version */
  vs_box_put_u8 (out, sequence.profile << 5 | sequence.level);
  vs_box_put_u8 (out, sequence.tier << 7 | sequence.high << 6 |
                          sequence.twelve << 5 | sequence.mono << 4 |
                          sequence.sub_x << 3 | sequence.sub_y << 2 |
                          sequence.position);
  vs_box_put_u8 (out, 0); /* no initial presentation delay */
  g_byte_array_append (out, obu.start, obu.total);
  return g_byte_array_free_to_bytes (out);
}

GBytes *
vs_codec_config_from_frame (
    const VsStream *stream, const guint8 *frame, gsize size, GError **error)
{
  if (stream->codec == VS_CODEC_AV1)
    return make_av1 (stream, frame, size, error);
  if (stream->codec == VS_CODEC_VP9)
    return make_vp9 (stream, frame, size, error);
  return fail (error, stream, "is not where its codec data is kept");
}
