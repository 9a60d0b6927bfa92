/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of vs-packager share. */
#pragma once

#include "publish/vs-packager.h"

G_BEGIN_DECLS

#define NS_PER_S G_GINT64_CONSTANT (1000000000)

typedef struct {
  gint64 pts, dts; /* ticks, presentation */
  gint64 pts_ns, dts_ns;
  guint32 size;
  gboolean sync;
  GBytes *data; /* NULL: expected, and the last one */
} Sample;

typedef struct {
  VsMedia media;
  VsStream *stream;
  VsStream *next_stream; /* from the sample at `stream_at` on */
  guint stream_at;       /* in `samples` */
  gboolean stream_cut;   /* a boundary is due at the next key frame */
  gboolean started, ended, closed;
  gboolean silent;      /* the others go on without it; until it sends again */
  gboolean resuming;    /* sends again; which segment it is in is to be seen */
  gboolean warned;      /* it is known to be silent … */
  gboolean told;        /* … and the owner has asked for it */
  gint64 newest;        /* ns: as far as it has come; G_MININT64: nowhere */
  gint64 heard_at;      /* ns: front when it sent last; G_MININT64: never */
  gint64 floor;         /* ns: what is before it comes too late */
  guint64 index;        /* of the segment that samples[0] belongs to */
  GArray *samples;      /* Sample: those of no segment yet */
  guint scan;           /* samples before it are known to be in `index` */
  gint64 dts_shift;     /* ticks, so that the first DTS is the first PTS */
  gint64 last_duration; /* ticks */
  gint64 last_dts;
  gint64 last_sync; /* ns */
  gint64 gop;       /* ns, the last one's length */
  gint64 clip_left; /* ticks of priming still to be dropped */
} Track;

struct _VsPackager {
  gint64 target, limit, offset;
  gboolean from_zero; /* the first sample of all is to be at 0 */
  GPtrArray *tracks;  /* Track */
  GArray *boundaries; /* gint64 ns: start of segment i */
  GArray *wanted;     /* gint64 ns, without the offset: boundaries to come */
  gsize waiting;      /* bytes in samples */
  gint64 patience;    /* ns: longest silence; 0: a track is waited for */
  gint64 front;       /* ns: as far as any track has come */
};

static inline gint64
ticks_of (gint64 ns, guint timescale)
{
  __int128 product = (__int128) ns * timescale;
  __int128 half = NS_PER_S / 2;

  return (gint64) ((product + (product < 0 ? -half : half)) / NS_PER_S);
}

static inline gint64
ns_of (gint64 ticks, guint timescale)
{
  return (gint64) ((__int128) ticks * NS_PER_S / timescale);
}

/* Is the last sample of @track expected, and not there yet? */
gboolean vs_packager_expects (const Track *track);

/* Something is expected. TRUE: it is @sample, which has taken its place. Else
 * nothing is expected any more. */
gboolean vs_packager_fulfil (Track *track, const Sample *sample);

/* What is expected does not come. */
void vs_packager_take_back (Track *track);

/* Can the first boundary be set: has every track shown where it begins, or is
 * there no more time to wait? */
gboolean vs_packager_is_start_known (const VsPackager *self);

/* Moves the samples that wait, and all to come, so that the first is at 0. */
void vs_packager_start_from_zero (VsPackager *self);

/* The first packet decides what the edit list takes away. */
void vs_packager_decide_priming (
    Track *track, const VsPacket *packet, gint64 pts, gint64 dts);

/* Drops frames of nothing but delay. */
gboolean vs_packager_drop_delay (
    Track *track, gboolean from_zero, gint64 pts, gint64 duration);

/* @heard has sent something: marks who has been silent for too long. */
void vs_packager_mark_silent (VsPackager *self, guint heard);

/* A silent track sends again. FALSE: not this packet; it comes too late, or
 * nothing can begin with it. */
gboolean vs_packager_wake (Track *track, gboolean sync, gint64 pts_ns);

G_END_DECLS
