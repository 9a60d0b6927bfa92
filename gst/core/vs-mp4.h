/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-mp4: CMAF (ISO/IEC 23000-19) init and media segments, one track each,
 * as bytes. Pure functions: samples in, boxes out.
 *
 * A track's life: vs_mp4_init_segment () once its VsStream is known; then for
 * each segment vs_mp4_segment_header () over the samples that were collected,
 * followed in the object by the samples' payload, back to back.
 *
 * A track whose presentation starts late says so by its first base time; what
 * lies before the presentation (VsStream.priming) by its edit list. */
#pragma once

#include "vs-media.h"

G_BEGIN_DECLS

typedef struct {
  guint32 size;      /* bytes */
  guint32 duration;  /* ticks */
  gint32 cts_offset; /* PTS − DTS, ticks, may be negative (trun version 1);
                        but see VsStream.priming */
  gboolean sync;     /* a stream access point of type 1 or 2 */
} VsMp4Sample;

/* What the header says of itself, for byte-range playlists. */
typedef struct {
  gsize moof_offset;    /* of the moof box in the object */
  gsize payload_offset; /* of the first sample's first byte */
} VsMp4Layout;

/* ftyp and moov (mvex, trex, edit list for priming, colr, pasp, btrt, sgpd
 * roll as the codec asks). @track_id is 1 or more. VS_ERROR_BAD_VALUE or
 * _BAD_DATA where @stream lacks something or its codec data is broken. */
GBytes *vs_mp4_init_segment (
    const VsStream *stream, guint track_id, GError **error);

/* styp, moof (mfhd, tfhd with default-base-is-moof, tfdt version 1, trun
 * version 1, sbgp where the codec asks for it) and the header of an mdat that
 * holds the sum of the samples' sizes. @sequence counts from 1; @base_time is
 * the decode time of the first sample on the media timeline (with priming, so
 * never negative). Returns a new GBytes; @layout may be NULL. */
GBytes *vs_mp4_segment_header (const VsStream *stream, guint track_id,
    guint32 sequence, guint64 base_time, const VsMp4Sample *samples,
    guint n_samples, VsMp4Layout *layout);

G_END_DECLS
