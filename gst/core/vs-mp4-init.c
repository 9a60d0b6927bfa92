/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The CMAF header (ISO/IEC 23000-19 7.3.2.1): ftyp and moov of one track.
 * Section numbers without a name are those of ISO/IEC 14496-12. */
#include "core/vs-mp4.h"

#include <string.h>

#include "core/vs-box.h"
#include "core/vs-error.h"
#include "core/vs-language.h"
#include "core/vs-mp4-entry.h"

#define MAX_CODEC_DATA 0xffff
#define UNITY 0x00010000 /* 1.0 as 16.16 */

/* 23000-19 annex A: a brand promises a level and a size, so a stream over
 * every limit has none. All three are SDR. */
static const gchar *
get_h264_brand (const VsStream *stream, const guint8 *avcc)
{
  guint profile = avcc[1], level = avcc[3];

  if (profile != 66 && profile != 77 && profile != 100)
    return NULL;
  if (strcmp (vs_media_video_range (stream), "SDR") != 0)
    return NULL;
  if (stream->width <= 864 && stream->height <= 576 && level <= 31)
    return "cfsd";
  if (stream->width > 1920 || stream->height > 1080)
    return NULL;
  return level <= 40 ? "cfhd" : level <= 42 ? "chdf" : NULL;
}

/* 23000-19 annex B: Main and Main 10 in the main tier. */
static const gchar *
get_h265_brand (const VsStream *stream, const guint8 *hvcc)
{
  guint profile = hvcc[1] & 0x1f, level = hvcc[12];
  const gchar *range = vs_media_video_range (stream);
  gboolean is_hd = stream->width <= 1920 && stream->height <= 1080;

  if ((hvcc[1] & 0x20) != 0 || profile < 1 || profile > 2 || level > 153)
    return NULL;
  if (stream->width > 3840 || stream->height > 2160)
    return NULL;
  if (profile == 1)
    return is_hd && level <= 123 ? "chhd" : level <= 150 ? "cud8" : NULL;
  if (strcmp (range, "PQ") == 0)
    return "chd1";
  if (strcmp (range, "HLG") == 0)
    return "clg1";
  return is_hd && level <= 123 ? "chh1" : "cud1";
}

/* The brand of the media profile that the stream keeps to, or NULL. */
static const gchar *
get_profile_brand (const VsStream *stream)
{
  const guint8 *record = g_bytes_get_data (stream->codec_data, NULL);

  switch (stream->codec) {
    case VS_CODEC_H264:
      return get_h264_brand (stream, record);
    case VS_CODEC_H265:
      return get_h265_brand (stream, record);
    case VS_CODEC_AV1:
      return "av01"; /* AV1 in ISOBMFF 2.1 */
    case VS_CODEC_AAC:
      /* 23000-19 clause 10: core and multichannel */
      return stream->channels > 2 ? "camc" : "caac";
    case VS_CODEC_VP9:
    case VS_CODEC_OPUS:
    case VS_CODEC_NONE:
    default:
      return NULL;
  }
}

/* 4.3. cmf2 is cmfc with defaults in each fragment, which is how ours are
 * written, and without edit lists in video; iso6 is the first with
 * default-base-is-moof and signed composition offsets. */
static void
put_ftyp (GByteArray *out, const VsStream *stream)
{
  const gchar *profile = get_profile_brand (stream);
  gboolean is_cmf2 = stream->media != VS_MEDIA_VIDEO || stream->priming == 0;
  gsize box = vs_box_open (out, "ftyp");

  vs_box_put_fourcc (out, is_cmf2 ? "cmf2" : "cmfc");
  vs_box_put_u32 (out, 0);
  vs_box_put_fourcc (out, "iso6");
  vs_box_put_fourcc (out, "cmfc");
  if (is_cmf2)
    vs_box_put_fourcc (out, "cmf2");
  vs_box_put_fourcc (out, "dash");
  if (profile != NULL)
    vs_box_put_fourcc (out, profile);
  vs_box_close (out, box);
}

static void
put_matrix (GByteArray *out)
{
  static const guint32 unity[] = { UNITY, 0, 0, 0, UNITY, 0, 0, 0, 1u << 30 };

  for (guint i = 0; i < G_N_ELEMENTS (unity); i++)
    vs_box_put_u32 (out, unity[i]);
}

/* 8.2.2. Every duration of a fragmented movie's header is 0; no time of
 * creation, so that one stream always gives the same bytes. */
static void
put_mvhd (GByteArray *out, const VsStream *stream, guint track_id)
{
  gsize box = vs_box_open_full (out, "mvhd", 0, 0);

  vs_box_put_u32 (out, 0); /* creation and modification time */
  vs_box_put_u32 (out, 0);
  vs_box_put_u32 (out, stream->timescale);
  vs_box_put_u32 (out, 0); /* duration */
  vs_box_put_u32 (out, UNITY);
  vs_box_put_u16 (out, 0x0100); /* volume */
  vs_box_put_zeros (out, 10);
  put_matrix (out);
  vs_box_put_zeros (out, 24);
  vs_box_put_u32 (out, track_id == G_MAXUINT32 ? track_id : track_id + 1);
  vs_box_close (out, box);
}

/* @pixels × @n / @d as 16.16 */
static guint32
scale_to_fixed (guint pixels, guint n, guint d)
{
  guint64 fixed = (guint64) pixels << 16;

  if (n != 0 && d != 0)
    fixed = fixed * n / d;
  return MIN (fixed, G_MAXUINT32);
}

/* 8.3.2. Width and height are those of the picture as shown. */
static void
put_tkhd (GByteArray *out, const VsStream *stream, guint track_id)
{
  gboolean is_audio = stream->media == VS_MEDIA_AUDIO;
  gsize box = vs_box_open_full (out, "tkhd", 0, 7); /* enabled, in movie */

  vs_box_put_u32 (out, 0); /* creation and modification time */
  vs_box_put_u32 (out, 0);
  vs_box_put_u32 (out, track_id);
  vs_box_put_u32 (out, 0);
  vs_box_put_u32 (out, 0); /* duration */
  vs_box_put_zeros (out, 8);
  vs_box_put_u16 (out, 0); /* layer */
  vs_box_put_u16 (out, 0); /* alternate group */
  vs_box_put_u16 (out, is_audio ? 0x0100 : 0);
  vs_box_put_u16 (out, 0);
  put_matrix (out);
  if (is_audio) {
    vs_box_put_zeros (out, 8);
  } else {
    vs_box_put_u32 (
        out, scale_to_fixed (stream->width, stream->par_n, stream->par_d));
    vs_box_put_u32 (out, scale_to_fixed (stream->height, 1, 1));
  }
  vs_box_close (out, box);
}

/* 8.6.5 and 8.6.6: begins the presentation after the priming. The duration 0
 * of a fragmented movie is "to the end". */
static void
put_edts (GByteArray *out, const VsStream *stream)
{
  gboolean is_long = stream->priming > G_MAXINT32;
  gsize edts, elst;

  if (stream->priming == 0)
    return;

  edts = vs_box_open (out, "edts");
  elst = vs_box_open_full (out, "elst", is_long ? 1 : 0, 0);
  vs_box_put_u32 (out, 1);
  if (is_long) {
    vs_box_put_u64 (out, 0);
    vs_box_put_u64 (out, stream->priming);
  } else {
    vs_box_put_u32 (out, 0);
    vs_box_put_u32 (out, stream->priming);
  }
  vs_box_put_u16 (out, 1); /* rate 1.0 */
  vs_box_put_u16 (out, 0);
  vs_box_close (out, elst);
  vs_box_close (out, edts);
}

/* 8.4.2, and 8.4.6 where three letters do not say it all ("pt-BR"). */
static void
put_mdhd (GByteArray *out, const VsStream *stream)
{
  gchar code[4];
  guint16 packed = 0;
  gsize box;

  vs_language_to_iso639_2 (stream->language, code);
  for (guint i = 0; i < 3; i++)
    packed = packed << 5 | (code[i] - 0x60);

  box = vs_box_open_full (out, "mdhd", 0, 0);
  vs_box_put_u32 (out, 0); /* creation and modification time */
  vs_box_put_u32 (out, 0);
  vs_box_put_u32 (out, stream->timescale);
  vs_box_put_u32 (out, 0); /* duration */
  vs_box_put_u16 (out, packed);
  vs_box_put_u16 (out, 0);
  vs_box_close (out, box);

  if (stream->language == NULL || strchr (stream->language, '-') == NULL)
    return;
  box = vs_box_open_full (out, "elng", 0, 0);
  vs_box_put_string (out, stream->language);
  vs_box_close (out, box);
}

/* 8.4.3 */
static void
put_hdlr (GByteArray *out, const VsStream *stream)
{
  gboolean is_audio = stream->media == VS_MEDIA_AUDIO;
  gsize box = vs_box_open_full (out, "hdlr", 0, 0);

  vs_box_put_u32 (out, 0);
  vs_box_put_fourcc (out, is_audio ? "soun" : "vide");
  vs_box_put_zeros (out, 12);
  vs_box_put_string (out, is_audio ? "vstream audio" : "vstream video");
  vs_box_close (out, box);
}

/* 12.1.2, 12.2.2 */
static void
put_media_header (GByteArray *out, const VsStream *stream)
{
  gsize box;

  if (stream->media == VS_MEDIA_AUDIO) {
    box = vs_box_open_full (out, "smhd", 0, 0);
    vs_box_put_zeros (out, 4); /* balance: centre */
  } else {
    box = vs_box_open_full (out, "vmhd", 0, 1);
    vs_box_put_zeros (out, 8); /* copy mode, no colour */
  }
  vs_box_close (out, box);
}

/* 8.7.1, 8.7.2: all media is in the same object. */
static void
put_dinf (GByteArray *out)
{
  gsize dinf = vs_box_open (out, "dinf");
  gsize dref = vs_box_open_full (out, "dref", 0, 0);
  gsize url;

  vs_box_put_u32 (out, 1);
  url = vs_box_open_full (out, "url ", 0, 1);
  vs_box_close (out, url);
  vs_box_close (out, dref);
  vs_box_close (out, dinf);
}

/* 8.9.3 and 10.1: one entry, to which every segment's sbgp refers.
 *
 * 'roll' and not 'prol': Opus in ISOBMFF and QuickTime's account of AAC both
 * ask for 'roll', and every access unit is a sync sample; 'prol' is for codecs
 * whose streams have sync and other samples. Version 1 and an sbgp in each
 * segment, not version 2 with a default index: editions of 14496-12 differ in
 * whether version 2 has a default_length, and so do parsers. */
static void
put_sgpd (GByteArray *out, gint16 roll_distance)
{
  gsize box;

  if (roll_distance == 0)
    return;

  box = vs_box_open_full (out, "sgpd", 1, 0);
  vs_box_put_fourcc (out, "roll");
  vs_box_put_u32 (out, 2); /* length of an entry */
  vs_box_put_u32 (out, 1);
  vs_box_put_u16 (out, (guint16) roll_distance);
  vs_box_close (out, box);
}

/* 8.5: the tables are there and empty; samples are in the fragments. */
static void
put_stbl (GByteArray *out, const VsStream *stream)
{
  static const gchar *const empty[] = { "stts", "stsc", "stsz", "stco" };
  gsize stbl = vs_box_open (out, "stbl");
  gsize box = vs_box_open_full (out, "stsd", 0, 0);

  vs_box_put_u32 (out, 1);
  vs_mp4_put_sample_entry (out, stream);
  vs_box_close (out, box);
  for (guint i = 0; i < G_N_ELEMENTS (empty); i++) {
    box = vs_box_open_full (out, empty[i], 0, 0);
    if (strcmp (empty[i], "stsz") == 0)
      vs_box_put_u32 (out, 0); /* sizes differ */
    vs_box_put_u32 (out, 0);
    vs_box_close (out, box);
  }
  put_sgpd (out, vs_mp4_roll_distance (stream));
  vs_box_close (out, stbl);
}

static void
put_trak (GByteArray *out, const VsStream *stream, guint track_id)
{
  gsize trak = vs_box_open (out, "trak");
  gsize mdia, minf;

  put_tkhd (out, stream, track_id);
  put_edts (out, stream);
  mdia = vs_box_open (out, "mdia");
  put_mdhd (out, stream);
  put_hdlr (out, stream);
  minf = vs_box_open (out, "minf");
  put_media_header (out, stream);
  put_dinf (out);
  put_stbl (out, stream);
  vs_box_close (out, minf);
  vs_box_close (out, mdia);
  vs_box_close (out, trak);
}

/* 8.8.1, 8.8.3. No defaults here: cmf2 wants each fragment to bring its own,
 * so that a segment can be read with any header of its switching set. */
static void
put_mvex (GByteArray *out, guint track_id)
{
  gsize mvex = vs_box_open (out, "mvex");
  gsize trex = vs_box_open_full (out, "trex", 0, 0);

  vs_box_put_u32 (out, track_id);
  vs_box_put_u32 (out, 1); /* sample description index */
  vs_box_put_zeros (out, 12);
  vs_box_close (out, trex);
  vs_box_close (out, mvex);
}

static gboolean
refuse (GError **error, const VsStream *stream, const gchar *why)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "The %s %s stream cannot be put into MP4: %s.",
      vs_codec_name (stream->codec), vs_media_name (stream->media), why);
  return FALSE;
}

static gboolean
check_stream (const VsStream *stream, guint track_id, GError **error)
{
  gboolean is_audio_codec =
      stream->codec == VS_CODEC_AAC || stream->codec == VS_CODEC_OPUS;
  g_autofree gchar *codec = NULL;

  if (stream->codec == VS_CODEC_NONE ||
      stream->media != (is_audio_codec ? VS_MEDIA_AUDIO : VS_MEDIA_VIDEO))
    return refuse (error, stream, "the codec is not one of that kind");
  if (track_id == 0)
    return refuse (error, stream, "its track number is 0");
  if (stream->timescale == 0)
    return refuse (error, stream, "it has no timescale");
  if (!is_audio_codec &&
      (stream->width == 0 || stream->height == 0 ||
          stream->width > G_MAXUINT16 || stream->height > G_MAXUINT16))
    return refuse (error, stream, "its picture size is not 1 to 65535");
  if (is_audio_codec && (stream->rate == 0 || stream->channels == 0 ||
                            stream->channels > G_MAXUINT16))
    return refuse (error, stream, "its rate or number of channels is missing");

  codec = vs_codec_string (stream, error);
  if (codec == NULL)
    return FALSE;
  if (g_bytes_get_size (stream->codec_data) > MAX_CODEC_DATA)
    return refuse (error, stream, "its codec data is over 64 KiB");
  return TRUE;
}

GBytes *
vs_mp4_init_segment (const VsStream *stream, guint track_id, GError **error)
{
  g_autoptr (GByteArray) out = NULL;
  gsize moov;

  if (!check_stream (stream, track_id, error))
    return NULL;

  out = g_byte_array_new ();
  put_ftyp (out, stream);
  moov = vs_box_open (out, "moov");
  put_mvhd (out, stream, track_id);
  put_trak (out, stream, track_id);
  put_mvex (out, track_id);
  vs_box_close (out, moov);
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}
