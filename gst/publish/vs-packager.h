/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-packager: where segments begin and end.
 *
 * Encoded samples of all tracks come in, in decode order each, from one
 * streaming thread a track; cuts come out. A boundary is set by the first
 * video track that shows a key frame at or past the segment duration; every
 * other video track cuts at its key frame there, audio at its frame nearest
 * to it. So a sample of audio waits until video has passed it. Where there is
 * no video, or it has ended, audio sets the boundaries itself.
 *
 * A track that sends nothing is waited for, or, where there is a patience, no
 * longer than that: then its segments are gaps, and the others go on. It may
 * come back at any time, video with a key frame.
 *
 * Pure but for its memory: no clock, no I/O, no GStreamer. Not locked: the
 * owner guards it. Times are nanoseconds on the presentation timeline, signed:
 * negative is the encoder's delay, never heard. */
#pragma once

#include "core/vs-media.h"
#include "core/vs-mp4.h"

G_BEGIN_DECLS

typedef struct _VsPackager VsPackager;

typedef struct {
  gint64 pts, dts; /* ns; dts G_MININT64: the same as pts */
  gint64 duration; /* ns, or -1 */
  guint clip;      /* audio: ticks at the start that are not to be heard */
  gboolean sync;
  GBytes *data;
} VsPacket;

typedef enum {
  VS_CUT_STREAM, /* from its next segment on, the track is @stream */
  VS_CUT_SEGMENT,
  VS_CUT_GAP,  /* the track has nothing for this segment */
  VS_CUT_SKIP, /* nor for any before: nothing is known of it */
  VS_CUT_END,  /* the track is complete */
  VS_CUT_MARK  /* the next @marks times of vs_packager_cut_at () are the start
                  of segment @index, @at_ns */
} VsCutKind;

typedef struct {
  VsCutKind kind;
  guint track;
  guint64 index;      /* of the segment, from the packager's first */
  guint64 start;      /* ticks, presentation time */
  guint64 duration;   /* ticks */
  guint64 base_time;  /* ticks, decode time for tfdt (with priming) */
  VsStream *stream;   /* VS_CUT_STREAM: owned */
  gint64 at_ns;       /* VS_CUT_MARK: presentation time */
  guint marks;        /* VS_CUT_MARK */
  GArray *samples;    /* VsMp4Sample */
  GPtrArray *payload; /* GBytes, one a sample */
} VsCut;

void vs_cut_free (VsCut *cut);

/* @target and @limit in ns: a segment ends at the first key frame at or past
 * target, or before where one more GOP would exceed limit. */
VsPackager *vs_packager_new (gint64 target, gint64 limit);

/* Is added to every time that comes in; set before the first does. */
void vs_packager_set_offset (VsPackager *self, gint64 offset);
/* What is added, now; it is settled when the first cut has come. */
gint64 vs_packager_get_offset (const VsPackager *self);
void vs_packager_free (VsPackager *self);

/* A presentation of its own: its first sample of all is to be at 0, whatever
 * the times that come in. Tracks that begin late wait for none longer than
 * five seconds of another. */
void vs_packager_set_from_zero (VsPackager *self);

/* A track that lies further than @patience ns behind the one furthest ahead
 * has nothing to send: for media that comes at the pace of a clock. 0: every
 * track is waited for. */
void vs_packager_set_patience (VsPackager *self, gint64 patience);

/* TRUE, once a silence, for a track that sends nothing while others have come
 * far ahead: further than the patience, or 30 s where all is waited for. */
gboolean vs_packager_take_warning (VsPackager *self, guint *track);

guint vs_packager_add_track (VsPackager *self, VsMedia media);

/* Each of these appends the cuts it brings about, of any track, to @cuts. */

/* @stream: copied. A change in mid-stream ends the segment at the next key
 * frame. */
void vs_packager_set_stream (
    VsPackager *self, guint track, const VsStream *stream);

/* A segment is to begin at @ns (as times come in, so without the offset): at
 * the key frame that is there, or the first one after it. In order. */
void vs_packager_cut_at (VsPackager *self, gint64 ns);

/* Takes @packet's data. FALSE: dropped, for its time goes backwards or there
 * was no key frame before it; or too much waits for another track (error). */
gboolean vs_packager_push (VsPackager *self, guint track, VsPacket *packet,
    GPtrArray *cuts, GError **error);

/* The packet that comes next on @track is a key frame with these times: what
 * is cut at it need not wait for it. If another one comes, only the cut stays.
 * Passed over where the track has sent nothing yet. */
void vs_packager_expect_key (
    VsPackager *self, guint track, gint64 pts, gint64 dts, GPtrArray *cuts);

void vs_packager_end (VsPackager *self, guint track, GPtrArray *cuts);

G_END_DECLS
