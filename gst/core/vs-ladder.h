/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-ladder: which renditions a source gets. Pure.
 *
 * Life: a ladder is parsed from the short form, a preset or a property, or
 * made by default for the source; vs_ladder_fit () then turns it into the
 * rungs that are really encoded: never enlarged, aspect ratio kept, even
 * sizes, no two alike, largest first. */
#pragma once

#include "vs-media.h"

G_BEGIN_DECLS

/* Encoders and players both stumble over less video than this, bit/s; what is
 * above the other is a slip of the pen. */
#define VS_BITRATE_MIN 64000
#define VS_BITRATE_MAX 1000000000

typedef struct {
  gchar *name;        /* "1080p" */
  VsCodec codec;      /* VS_CODEC_NONE: the ladder's */
  gboolean copy;      /* pass the encoded stream on as it is */
  guint width;        /* 0: from the height and the source's aspect */
  guint height;       /* 0: the source's */
  guint fps_n, fps_d; /* 0/1: the source's */
  guint bitrate;      /* bit/s, 0: sensible for size, rate and codec */
  guint max_bitrate;  /* bit/s, 0: 1.07 × bitrate */
  guint buffer;       /* VBV, bits, 0: 1.5 × bitrate */
  gchar *speed;       /* encoder preset name, NULL: the ladder's */
} VsRung;

typedef struct {
  GPtrArray *rungs; /* VsRung */
} VsLadder;

/* The picture as shown: after rotation, with square pixels to be made. */
typedef struct {
  guint width, height;
  guint par_n, par_d;
  guint fps_n, fps_d; /* 0/1: unknown or variable */
} VsSource;

/* The N of the smallest 16:9 (or 9:16) box "Np" that holds the picture with
 * square pixels: 1080 for 1920x1080, 1920x800 and 1080x1920. */
guint vs_source_get_nominal_height (const VsSource *source);

VsRung *vs_rung_new (const gchar *name);
VsRung *vs_rung_copy (const VsRung *rung);
void vs_rung_free (VsRung *rung);
VsLadder *vs_ladder_new (void);
VsLadder *vs_ladder_copy (const VsLadder *ladder);
void vs_ladder_free (VsLadder *ladder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsLadder, vs_ladder_free)

/* "1080p@5000k,720p@2800k,480p@1400k"; a rung is HEIGHTp[FPS] or
 * WIDTHxHEIGHT[@FPSfps], then optionally "@BITRATE"; "source" is a rung too,
 * and "copy" is the source's own encoding, passed on. A name that occurs again
 * gets "_2". Errors name the rung. */
VsLadder *vs_ladder_parse (const gchar *text, GError **error);
gchar *vs_ladder_to_string (const VsLadder *ladder);

/* At least one rung, no more than 16, sizes 16 to 16384 (odd ones are made
 * even by vs_ladder_fit ()), no width without a height, max-bitrate not below
 * bitrate, unique names; a copied rung stands alone: its key frames lie where
 * they lie, and those of encoded rungs would fall on other frames. */
gboolean vs_ladder_validate (const VsLadder *ladder, GError **error);

/* The default ladder of a source: Apple's HLS Authoring Specification's
 * rungs (1.24 ff.) cut to the source's height, one at the source's own size
 * where that lies well between two. */
VsLadder *vs_ladder_default (const VsSource *source, VsCodec codec);

/* The rungs to encode, each with every field but speed set: width, height,
 * fps, bitrate, max_bitrate, buffer, codec (a copied rung's three rates stay
 * as they were asked). Largest first.
 *
 * A rung is a box that the picture is put into whole: WIDTHxHEIGHT, or for a
 * height alone 16:9 of that height; the box is turned for an upright picture,
 * so "720p" counts the shorter side there. A source inside the box is not
 * enlarged: the rung is cut to the source's size and its rates with it, and
 * left out where another rung has that size (to a tenth of the area) anyway;
 * a ladder whose every rung is larger gives one rung of the source's size.
 * A cut rung that was named after its size is renamed: "480p" to "360p".
 * With @letterbox, a rung that has both width and height keeps that shape
 * with borders (and that size, unless the source lies inside it).
 * The one thing that is enlarged is a side of less than 16, for encoders.
 *
 * Rates: the source's constant one (vs_ladder_choose_framerate ()) divided by
 * a whole number, so that every rung's key frames fall on the same frames. */
VsLadder *vs_ladder_fit (const VsLadder *ladder, const VsSource *source,
    VsCodec codec, gboolean letterbox);

/* The constant frame rate for a source: the nearest standard rate (12, 12.5,
 * 15, 24, 25, 30, 48, 50, 60 and the NTSC ones among them) within 0.2 %; else
 * the next whole one (or 12.5) above. 0/1 gives 30/1; over 60 gives the half,
 * third … that is a standard rate of 48 and more, else 60. */
void vs_ladder_choose_framerate (
    guint fps_n, guint fps_d, guint *out_n, guint *out_d);

/* Threads for a decoder of @source beside the encoders of @ladder (of
 * vs_ladder_fit ()) on @cores; 0: as many as it likes. A decoder that encoders
 * keep waiting gains nothing by its threads, which cost memory and wake each
 * other (docs/performance.md). So it gets the share of the cores that its work
 * has of all, where that is less than all of them. @codec is the source's;
 * VS_CODEC_NONE: any other. */
guint vs_ladder_decoder_threads (
    const VsLadder *ladder, const VsSource *source, VsCodec codec, guint cores);

/* Sensible target for a size and rate, bit/s: Apple's table of target
 * encodings, read between its lines. */
guint vs_ladder_default_bitrate (
    guint width, guint height, guint fps_n, guint fps_d, VsCodec codec);

/* H.264 (ITU-T H.264 table A-1): the lowest level_idc (e.g. 40 for "4") that
 * holds size, rate and peak bit rate of @rung in High profile. */
guint vs_ladder_h264_level (const VsRung *rung);

G_END_DECLS
