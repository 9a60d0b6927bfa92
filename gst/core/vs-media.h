/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-media: what one encoded stream is, in the words of the field.
 *
 * Plain data without locks. A VsStream belongs to whoever made it; every
 * function of core takes it const and keeps no pointer to it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum { VS_MEDIA_VIDEO, VS_MEDIA_AUDIO, VS_MEDIA_TEXT } VsMedia;

typedef enum {
  VS_CODEC_NONE,
  VS_CODEC_H264,
  VS_CODEC_H265,
  VS_CODEC_AV1,
  VS_CODEC_VP9,
  VS_CODEC_AAC,
  VS_CODEC_OPUS
} VsCodec;

/* ITU-T H.273 code points; 2 is "unspecified" in all three. */
typedef struct {
  guint8 primaries;
  guint8 transfer; /* 16 is PQ, 18 is HLG */
  guint8 matrix;
  gboolean full_range;
} VsColour;

typedef struct {
  VsMedia media;
  VsCodec codec;

  /* H.264: AVCDecoderConfigurationRecord (avcC, ISO/IEC 14496-15)
   * H.265: HEVCDecoderConfigurationRecord (hvcC)
   * AV1: AV1CodecConfigurationRecord (av1C); VP9: VPCodecConfigurationRecord
   * (vpcC, without the full box header); AAC: AudioSpecificConfig;
   * Opus: the OpusHead packet of RFC 7845. */
  GBytes *codec_data;
  guint timescale; /* ticks a second, of every time in this track */

  /* video */
  guint width, height; /* coded pixels */
  guint par_n, par_d;  /* pixel aspect ratio, 1/1 is square */
  guint fps_n, fps_d;  /* 0/1: not constant */
  VsColour colour;

  /* audio */
  guint rate, channels;

  /* How far the presentation begins into the track, in ticks of timescale;
   * kept in the init segment as an edit list. Audio: the samples before the
   * first that is to be heard (encoder delay, pre-skip). Video: the delay of
   * reordering, first PTS − first DTS, so that no decode time is negative and
   * no composition offset either. (Negative offsets instead of the edit list
   * are as legal, but libavformat then reads video late by that delay.) The
   * track's timeline (tfdt) is the presentation's plus this. */
  guint priming;

  gchar *language;   /* RFC 5646, or NULL */
  guint bitrate;     /* target, bit/s; 0: unknown */
  guint max_bitrate; /* cap of the encoder, bit/s; 0: unknown */
} VsStream;

VsStream *vs_stream_new (VsMedia media, VsCodec codec);
VsStream *vs_stream_copy (const VsStream *stream);
void vs_stream_free (VsStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsStream, vs_stream_free)

/* The timescale in which every frame of @fps_n/@fps_d has a whole number of
 * ticks: 24000/1001 gives 24000, 25/1 gives 12800. 0/x gives 90000. */
guint vs_media_video_timescale (guint fps_n, guint fps_d);

const gchar *vs_codec_name (VsCodec codec);     /* "h264", … */
VsCodec vs_codec_from_name (const gchar *name); /* VS_CODEC_NONE: unknown */
const gchar *vs_media_name (VsMedia media);     /* "video", … */

/* RFC 6381 codecs parameter from @stream's codec data ("avc1.640028",
 * "hvc1.1.6.L120.90", "av01.0.08M.08", "vp09.00.41.08", "mp4a.40.2",
 * "opus"), or NULL and @error where the codec data is cut short or wrong. */
gchar *vs_codec_string (const VsStream *stream, GError **error);

/* HLS VIDEO-RANGE: "SDR", "HLG" or "PQ", by the transfer characteristics. */
const gchar *vs_media_video_range (const VsStream *stream);

G_END_DECLS
