/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The codecs parameter of RFC 6381, one function a codec. Each reads its
 * codec data to the end and so is also the check that the data is whole,
 * before it is copied into a sample entry. */
#include "core/vs-media.h"

#include <string.h>

#include "core/vs-box.h"
#include "core/vs-error.h"

#define HEVC_NAL_VPS 32
#define HEVC_NAL_SPS 33
#define HEVC_NAL_PPS 34
#define AAC_ESCAPE 31
#define AAC_SBR 5
#define AAC_PS 29

static gchar *
fail (GError **error, const gchar *what, const gchar *why)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
      "The codec data (%s) %s; check the encoder or parser that made it.", what,
      why);
  return NULL;
}

/* @count units of a 16-bit length and as many bytes. */
static void
skip_units (VsReader *reader, guint count)
{
  for (guint i = 0; i < count && !reader->failed; i++)
    vs_reader_skip_bits (reader, vs_reader_bits (reader, 16) * 8);
}

/* ISO/IEC 14496-15 5.3.3.1 and RFC 6381 3.3 */
static gchar *
format_h264 (const VsStream *stream, VsReader *reader, GError **error)
{
  guint version = vs_reader_bits (reader, 8);
  guint profile_to_level = vs_reader_bits (reader, 24);
  guint n_sps, n_pps;

  vs_reader_skip_bits (reader, 8 + 3);
  n_sps = vs_reader_bits (reader, 5);
  skip_units (reader, n_sps);
  n_pps = vs_reader_bits (reader, 8);
  skip_units (reader, n_pps);

  if (version != 1)
    return fail (error, "avcC", "has an unknown version");
  if (reader->failed)
    return fail (error, "avcC", "is cut short");
  if (n_sps == 0 || n_pps == 0)
    return fail (error, "avcC", "has no parameter sets");
  return g_strdup_printf ("avc1.%06x", profile_to_level);
}

/* ISO/IEC 14496-15 8.3.3.1: the arrays of parameter sets. */
static void
read_hevc_arrays (VsReader *reader, guint *types_seen)
{
  guint n_arrays = vs_reader_bits (reader, 8);

  for (guint i = 0; i < n_arrays && !reader->failed; i++) {
    guint type = vs_reader_bits (reader, 8) & 0x3f;
    guint count = vs_reader_bits (reader, 16);

    skip_units (reader, count);
    if (count > 0 && type >= HEVC_NAL_VPS && type <= HEVC_NAL_PPS)
      *types_seen |= 1u << (type - HEVC_NAL_VPS);
  }
}

static guint32
reverse_bits (guint32 value)
{
  guint32 reversed = 0;

  for (guint i = 0; i < 32; i++, value >>= 1)
    reversed = reversed << 1 | (value & 1);
  return reversed;
}

/* ISO/IEC 14496-15 annex E.3: the compatibility flags in reverse bit order,
 * the constraint bytes without their trailing zeros. */
static gchar *
format_h265 (const VsStream *stream, VsReader *reader, GError **error)
{
  static const gchar *const spaces[] = { "", "A", "B", "C" };
  g_autoptr (GString) text = g_string_new ("hvc1.");
  guint8 constraints[6];
  guint version, space, tier, profile, level, last = 0, types_seen = 0;
  guint32 compatibility;

  version = vs_reader_bits (reader, 8);
  space = vs_reader_bits (reader, 2);
  tier = vs_reader_bits (reader, 1);
  profile = vs_reader_bits (reader, 5);
  compatibility = vs_reader_bits (reader, 32);
  for (guint i = 0; i < G_N_ELEMENTS (constraints); i++) {
    constraints[i] = vs_reader_bits (reader, 8);
    if (constraints[i] != 0)
      last = i + 1;
  }
  level = vs_reader_bits (reader, 8);
  vs_reader_skip_bits (reader, 16 + 4 * 8 + 16 + 8);
  read_hevc_arrays (reader, &types_seen);

  if (version > 1) /* 0 was written before the standard was final */
    return fail (error, "hvcC", "has an unknown version");
  if (reader->failed)
    return fail (error, "hvcC", "is cut short");
  if (types_seen != 7)
    return fail (error, "hvcC", "lacks parameter sets, which hvc1 must hold");

  g_string_append_printf (text, "%s%u.%X.%c%u", spaces[space], profile,
      reverse_bits (compatibility), tier ? 'H' : 'L', level);
  for (guint i = 0; i < last; i++)
    g_string_append_printf (text, ".%X", constraints[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* What both AV1 and VP9 assume of a string that ends early: BT.709, limited
 * range. Unspecified says no more than that. */
static gboolean
is_default_colour (const VsColour *colour)
{
  return (colour->primaries == 1 || colour->primaries == 2) &&
         (colour->transfer == 1 || colour->transfer == 2) &&
         (colour->matrix == 1 || colour->matrix == 2) && !colour->full_range;
}

/* AV1 Codec ISO Media File Format Binding, 2.3 and 5 */
static gchar *
format_av1 (const VsStream *stream, VsReader *reader, GError **error)
{
  const VsColour *colour = &stream->colour;
  guint marker = vs_reader_bits (reader, 8);
  guint profile = vs_reader_bits (reader, 3);
  guint level = vs_reader_bits (reader, 5);
  guint tier = vs_reader_bits (reader, 1);
  guint high = vs_reader_bits (reader, 1);
  guint twelve = vs_reader_bits (reader, 1);
  guint mono = vs_reader_bits (reader, 1);
  guint sub_x = vs_reader_bits (reader, 1);
  guint sub_y = vs_reader_bits (reader, 1);
  guint position = vs_reader_bits (reader, 2);
  guint depth = !high ? 8 : profile == 2 && twelve ? 12 : 10;
  g_autofree gchar *text = NULL;

  vs_reader_skip_bits (reader, 8); /* initial presentation delay */
  if (reader->failed)
    return fail (error, "av1C", "is cut short");
  if (marker != 0x81)
    return fail (error, "av1C", "has an unknown version");
  if (profile > 2)
    return fail (error, "av1C", "has an unknown profile");

  text = g_strdup_printf (
      "av01.%u.%02u%c.%02u", profile, level, tier ? 'H' : 'M', depth);
  /* The place of chroma samples matters to no decision of a player, and the
   * short form is understood by more of them, so it alone changes nothing. */
  if (!mono && sub_x && sub_y && is_default_colour (colour))
    return g_steal_pointer (&text);
  return g_strdup_printf ("%s.%u.%u%u%u.%02u.%02u.%02u.%u", text, mono, sub_x,
      sub_y, sub_x && sub_y ? position : 0, colour->primaries, colour->transfer,
      colour->matrix, colour->full_range ? 1u : 0u);
}

/* VP Codec ISO Media File Format Binding, "Codecs Parameter String" */
static gchar *
format_vp9 (const VsStream *stream, VsReader *reader, GError **error)
{
  guint profile = vs_reader_bits (reader, 8);
  guint level = vs_reader_bits (reader, 8);
  guint depth = vs_reader_bits (reader, 4);
  guint chroma = vs_reader_bits (reader, 3);
  VsColour colour;
  g_autofree gchar *text = NULL;

  colour.full_range = vs_reader_bits (reader, 1);
  colour.primaries = vs_reader_bits (reader, 8);
  colour.transfer = vs_reader_bits (reader, 8);
  colour.matrix = vs_reader_bits (reader, 8);
  vs_reader_skip_bits (reader, 16); /* initialization data: none for VP9 */

  if (reader->failed)
    return fail (error, "vpcC", "is cut short");
  if (profile > 3 || chroma > 3)
    return fail (error, "vpcC", "has an unknown profile or chroma format");
  if (depth != 8 && depth != 10 && depth != 12)
    return fail (error, "vpcC", "has a bit depth other than 8, 10 and 12");

  text = g_strdup_printf ("vp09.%02u.%02u.%02u", profile, level, depth);
  /* 0 and 1 are both 4:2:0 and differ in the place of chroma samples only */
  if (chroma <= 1 && is_default_colour (&colour))
    return g_steal_pointer (&text);
  return g_strdup_printf ("%s.%02u.%02u.%02u.%02u.%02u", text, chroma,
      colour.primaries, colour.transfer, colour.matrix,
      colour.full_range ? 1u : 0u);
}

static guint
read_aac_object_type (VsReader *reader)
{
  guint type = vs_reader_bits (reader, 5);

  return type == AAC_ESCAPE ? 32 + vs_reader_bits (reader, 6) : type;
}

/* FALSE for the two reserved indices */
static gboolean
read_aac_rate (VsReader *reader)
{
  guint index = vs_reader_bits (reader, 4);

  if (index == 15)
    vs_reader_skip_bits (reader, 24);
  return index != 13 && index != 14;
}

/* ISO/IEC 14496-3 1.6.2.1: SBR and PS may be told behind the configuration
 * of the core, where old decoders do not look. */
static guint
read_aac_extension (VsReader *reader, guint type, guint channels)
{
  gboolean has_sbr, has_ps;

  /* Only the plain GASpecificConfig of 4.4.1 is read; one with a program
   * config element (0 channels) is left at its core's object type. */
  if (type < 1 || type > 4 || channels == 0)
    return type;
  vs_reader_skip_bits (reader, 1); /* frameLengthFlag */
  if (vs_reader_bits (reader, 1))  /* dependsOnCoreCoder */
    vs_reader_skip_bits (reader, 14);
  vs_reader_skip_bits (reader, 1); /* extensionFlag */

  if (vs_reader_bits_left (reader) < 11 + 5 + 1 + 4 || reader->failed)
    return type;
  if (vs_reader_bits (reader, 11) != 0x2b7)
    return type;
  if (read_aac_object_type (reader) != AAC_SBR)
    return type;
  has_sbr = vs_reader_bits (reader, 1);
  if (!has_sbr || !read_aac_rate (reader))
    return type;
  has_ps = vs_reader_bits_left (reader) >= 12 &&
           vs_reader_bits (reader, 11) == 0x548 && vs_reader_bits (reader, 1);
  return has_ps ? AAC_PS : AAC_SBR;
}

/* ISO/IEC 14496-3 1.6.2.1, RFC 6381 3.3 */
static gchar *
format_aac (const VsStream *stream, VsReader *reader, GError **error)
{
  guint type = read_aac_object_type (reader);
  gboolean rate_known = read_aac_rate (reader);
  guint channels = vs_reader_bits (reader, 4);

  if (type == AAC_SBR || type == AAC_PS) {
    rate_known = read_aac_rate (reader) && rate_known;
    read_aac_object_type (reader);
  } else if (!reader->failed) {
    type = read_aac_extension (reader, type, channels);
  }

  if (reader->failed)
    return fail (error, "AudioSpecificConfig", "is cut short");
  if (type == 0 || !rate_known)
    return fail (
        error, "AudioSpecificConfig", "has a reserved object type or rate");
  return g_strdup_printf ("mp4a.40.%u", type);
}

/* RFC 7845 5.1 */
static gchar *
format_opus (const VsStream *stream, VsReader *reader, GError **error)
{
  guint version, channels, family;

  if (reader->size < 19)
    return fail (error, "OpusHead", "is cut short");
  if (memcmp (reader->data, "OpusHead", 8) != 0)
    return fail (error, "OpusHead", "does not begin with its name");
  vs_reader_skip_bits (reader, 64);
  version = vs_reader_bits (reader, 8);
  channels = vs_reader_bits (reader, 8);
  vs_reader_skip_bits (reader, 16 + 32 + 16);
  family = vs_reader_bits (reader, 8);

  if (version > 15)
    return fail (error, "OpusHead", "has an unknown version");
  if (channels == 0 || (family == 0 && channels > 2))
    return fail (error, "OpusHead", "has an impossible number of channels");
  if (family != 0 && reader->size < 21 + (gsize) channels)
    return fail (error, "OpusHead", "is cut short in its channel mapping");
  return g_strdup ("opus");
}

gchar *
vs_codec_string (const VsStream *stream, GError **error)
{
  VsReader reader;
  const guint8 *data = NULL;
  gsize size = 0;

  if (stream->codec_data != NULL)
    data = g_bytes_get_data (stream->codec_data, &size);
  if (size == 0) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "The %s stream comes without codec data; put a parser before it.",
        vs_codec_name (stream->codec));
    return NULL;
  }
  vs_reader_init (&reader, data, size);

  switch (stream->codec) {
    case VS_CODEC_H264:
      return format_h264 (stream, &reader, error);
    case VS_CODEC_H265:
      return format_h265 (stream, &reader, error);
    case VS_CODEC_AV1:
      return format_av1 (stream, &reader, error);
    case VS_CODEC_VP9:
      return format_vp9 (stream, &reader, error);
    case VS_CODEC_AAC:
      return format_aac (stream, &reader, error);
    case VS_CODEC_OPUS:
      return format_opus (stream, &reader, error);
    case VS_CODEC_NONE:
    default:
      return fail (error, "of an unknown codec", "cannot be read");
  }
}
