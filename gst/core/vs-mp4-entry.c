/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-mp4-entry.h"

#include "core/vs-box.h"

/* ISO/IEC 14496-1 7.2.2.1: tags of descriptors */
#define TAG_ES 3
#define TAG_DECODER_CONFIG 4
#define TAG_DECODER_SPECIFIC 5
#define TAG_SL_CONFIG 6

#define OBJECT_AAC 0x40           /* 14496-1 7.2.6.6.2 */
#define STREAM_AUDIO (5 << 2 | 1) /* and the reserved bit, which is 1 */

/* OpusHead before its channel mapping table, RFC 7845 5.1 */
#define OPUS_HEAD_SIZE 19

gint16
vs_mp4_roll_distance (const VsStream *stream)
{
  switch (stream->codec) {
    case VS_CODEC_AAC:
      return -1; /* the overlap of the MDCT is one access unit */
    case VS_CODEC_OPUS:
      /* Opus in ISOBMFF 4.3.6.2: at least 80 ms, here in packets of 20 ms,
       * which is what encoders make unless they are told otherwise. */
      return -4;
    case VS_CODEC_NONE:
    case VS_CODEC_H264:
    case VS_CODEC_H265:
    case VS_CODEC_AV1:
    case VS_CODEC_VP9:
    default:
      return 0;
  }
}

/* 14496-12 12.1.5; nothing is written where nothing is known, since a
 * renderer then looks into the elementary stream. */
static void
put_colr (GByteArray *out, const VsColour *colour)
{
  gsize box;

  if (colour->primaries == 2 && colour->transfer == 2 && colour->matrix == 2 &&
      !colour->full_range)
    return;

  box = vs_box_open (out, "colr");
  vs_box_put_fourcc (out, "nclx");
  vs_box_put_u16 (out, colour->primaries);
  vs_box_put_u16 (out, colour->transfer);
  vs_box_put_u16 (out, colour->matrix);
  vs_box_put_u8 (out, colour->full_range ? 0x80 : 0);
  vs_box_close (out, box);
}

/* 14496-12 12.1.4 */
static void
put_pasp (GByteArray *out, const VsStream *stream)
{
  gboolean known = stream->par_n != 0 && stream->par_d != 0;
  gsize box = vs_box_open (out, "pasp");

  vs_box_put_u32 (out, known ? stream->par_n : 1);
  vs_box_put_u32 (out, known ? stream->par_d : 1);
  vs_box_close (out, box);
}

/* 14496-12 8.5.2.2; the decoder buffer is not known here. */
static void
put_btrt (GByteArray *out, const VsStream *stream)
{
  gsize box;

  if (stream->bitrate == 0 && stream->max_bitrate == 0)
    return;

  box = vs_box_open (out, "btrt");
  vs_box_put_u32 (out, 0);
  vs_box_put_u32 (out, MAX (stream->bitrate, stream->max_bitrate));
  vs_box_put_u32 (
      out, stream->bitrate != 0 ? stream->bitrate : stream->max_bitrate);
  vs_box_close (out, box);
}

static void
put_record (GByteArray *out, const gchar *type, GBytes *record)
{
  gsize box = vs_box_open (out, type);

  vs_box_put_bytes (out, record);
  vs_box_close (out, box);
}

/* The VPCodecConfigurationBox alone is a full box, of version 1. */
static void
put_vpcc (GByteArray *out, GBytes *record)
{
  gsize box = vs_box_open_full (out, "vpcC", 1, 0);

  vs_box_put_bytes (out, record);
  vs_box_close (out, box);
}

/* The record, with what 'hvc1' promises said in it: that no parameter set is
 * left out of its arrays (14496-15 8.3.3.1.2, array_completeness). GStreamer's
 * parser leaves it unsaid. */
static void
put_hvcc (GByteArray *out, GBytes *record)
{
  gsize box = vs_box_open (out, "hvcC");
  gsize start = out->len, at = start + 23;

  vs_box_put_bytes (out, record);
  for (guint arrays = out->data[start + 22]; arrays > 0; arrays--) {
    guint count = out->data[at + 1] << 8 | out->data[at + 2];

    if ((out->data[at] & 0x3f) >= 32 && (out->data[at] & 0x3f) <= 34)
      out->data[at] |= 0x80;
    at += 3;
    for (; count > 0; count--)
      at += 2 + (out->data[at] << 8 | out->data[at + 1]);
  }
  vs_box_close (out, box);
}

/* 14496-12 8.5.2.2, 12.1.3 */
static void
put_visual_entry (GByteArray *out, const VsStream *stream,
    const gchar *entry_type, const gchar *record_type)
{
  gsize box = vs_box_open (out, entry_type);

  vs_box_put_zeros (out, 6);
  vs_box_put_u16 (out, 1); /* data reference index */
  vs_box_put_zeros (out, 16);
  vs_box_put_u16 (out, stream->width);
  vs_box_put_u16 (out, stream->height);
  vs_box_put_u32 (out, 72 << 16); /* resolutions, in dpi */
  vs_box_put_u32 (out, 72 << 16);
  vs_box_put_u32 (out, 0);
  vs_box_put_u16 (out, 1);    /* frames a sample */
  vs_box_put_zeros (out, 32); /* compressor name */
  vs_box_put_u16 (out, 24);   /* depth */
  vs_box_put_u16 (out, 0xffff);

  if (stream->codec == VS_CODEC_VP9)
    put_vpcc (out, stream->codec_data);
  else if (stream->codec == VS_CODEC_H265)
    put_hvcc (out, stream->codec_data);
  else
    put_record (out, record_type, stream->codec_data);
  put_colr (out, &stream->colour);
  put_pasp (out, stream);
  put_btrt (out, stream);
  vs_box_close (out, box);
}

/* The size of a descriptor, 14496-1 8.3.3: seven bits a byte, the high bit
 * says that more follow. */
static void
put_descriptor (GByteArray *out, guint8 tag, const GByteArray *body)
{
  guint shift = 0;

  while (body->len >> shift > 0x7f)
    shift += 7;
  vs_box_put_u8 (out, tag);
  for (; shift > 0; shift -= 7)
    vs_box_put_u8 (out, 0x80 | (body->len >> shift & 0x7f));
  vs_box_put_u8 (out, body->len & 0x7f);
  g_byte_array_append (out, body->data, body->len);
}

/* ISO/IEC 14496-14 6.7.2 and 14496-1 7.2.6.5 ff. */
static void
put_esds (GByteArray *out, const VsStream *stream)
{
  g_autoptr (GByteArray) es = g_byte_array_new ();
  g_autoptr (GByteArray) config = g_byte_array_new ();
  g_autoptr (GByteArray) specific = g_byte_array_new ();
  g_autoptr (GByteArray) sl = g_byte_array_new ();
  gsize box;

  vs_box_put_bytes (specific, stream->codec_data);
  vs_box_put_u8 (config, OBJECT_AAC);
  vs_box_put_u8 (config, STREAM_AUDIO);
  vs_box_put_u24 (config, 0); /* decoder buffer: not known */
  vs_box_put_u32 (config, MAX (stream->bitrate, stream->max_bitrate));
  vs_box_put_u32 (config, stream->bitrate);
  put_descriptor (config, TAG_DECODER_SPECIFIC, specific);

  vs_box_put_u16 (es, 0); /* ES_ID, 0 within a file */
  vs_box_put_u8 (es, 0);
  put_descriptor (es, TAG_DECODER_CONFIG, config);
  vs_box_put_u8 (sl, 2); /* predefined: MP4 */
  put_descriptor (es, TAG_SL_CONFIG, sl);

  box = vs_box_open_full (out, "esds", 0, 0);
  put_descriptor (out, TAG_ES, es);
  vs_box_close (out, box);
}

/* Opus in ISOBMFF 4.3.2: the fields of OpusHead, big-endian, version 0. */
static void
put_dops (GByteArray *out, GBytes *head)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (head, &size);
  guint channels = data[9], family = data[18];
  gsize box = vs_box_open (out, "dOps");

  vs_box_put_u8 (out, 0);
  vs_box_put_u8 (out, channels);
  vs_box_put_u16 (out, data[10] | data[11] << 8); /* pre-skip */
  vs_box_put_u32 (out,
      data[12] | data[13] << 8 | data[14] << 16 | (guint32) data[15] << 24);
  vs_box_put_u16 (out, data[16] | data[17] << 8); /* output gain */
  vs_box_put_u8 (out, family);
  if (family != 0)
    g_byte_array_append (out, data + OPUS_HEAD_SIZE, 2 + channels);
  vs_box_close (out, box);
}

/* 14496-12 12.2.3 */
static void
put_audio_entry (
    GByteArray *out, const VsStream *stream, const gchar *entry_type)
{
  /* Opus in ISOBMFF 4.3.1: always 48000; the input's own is in dOps */
  guint rate = stream->codec == VS_CODEC_OPUS ? 48000 : stream->rate;
  gsize box = vs_box_open (out, entry_type);

  vs_box_put_zeros (out, 6);
  vs_box_put_u16 (out, 1); /* data reference index */
  vs_box_put_zeros (out, 8);
  vs_box_put_u16 (out, stream->channels);
  vs_box_put_u16 (out, 16); /* bits a sample: a template value */
  vs_box_put_u32 (out, 0);
  /* 16.16; a rate that does not fit is told by the codec's configuration */
  vs_box_put_u32 (out, rate <= G_MAXUINT16 ? (guint32) rate << 16 : 0);

  if (stream->codec == VS_CODEC_AAC)
    put_esds (out, stream);
  else
    put_dops (out, stream->codec_data);
  put_btrt (out, stream);
  vs_box_close (out, box);
}

void
vs_mp4_put_sample_entry (GByteArray *out, const VsStream *stream)
{
  switch (stream->codec) {
    case VS_CODEC_H264:
      put_visual_entry (out, stream, "avc1", "avcC");
      break;
    case VS_CODEC_H265:
      /* parameter sets in the entry alone: the kind that Apple plays */
      put_visual_entry (out, stream, "hvc1", "hvcC");
      break;
    case VS_CODEC_AV1:
      put_visual_entry (out, stream, "av01", "av1C");
      break;
    case VS_CODEC_VP9:
      put_visual_entry (out, stream, "vp09", "vpcC");
      break;
    case VS_CODEC_AAC:
      put_audio_entry (out, stream, "mp4a");
      break;
    case VS_CODEC_OPUS:
      put_audio_entry (out, stream, "Opus");
      break;
    case VS_CODEC_NONE:
    default:
      g_return_if_reached ();
  }
}
