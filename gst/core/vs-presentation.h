/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-presentation: what has been published, as data. One model, from which
 * the HLS playlists (vs-hls.h) and the DASH MPD (vs-mpd.h) are both written,
 * so that they always name the same objects.
 *
 * Life: tracks are added; every committed segment group (all tracks, one
 * media sequence number) is appended; what has left the window moves from the
 * listed segments to the retired ones and, after `keep`, to the caller, who
 * deletes the objects. vs_presentation_save () and _load () carry the whole
 * over a restart.
 *
 * How long objects live. RFC 8216bis 6.2.2 wants a segment to stay for its own
 * duration plus the longest playlist that named it; `keep` is what the user
 * wants beyond that. An object goes after whichever is longer, never earlier.
 *
 * No locks: the owner (the publisher) guards it. */
#pragma once

#include "vs-media.h"

G_BEGIN_DECLS

typedef enum {
  VS_PRESENTATION_VOD,   /* all is listed, ENDLIST at the end */
  VS_PRESENTATION_EVENT, /* all is listed while it grows, then ENDLIST */
  VS_PRESENTATION_LIVE   /* a sliding window */
} VsPresentationType;

typedef enum {
  VS_CONTAINER_CMAF,
  VS_CONTAINER_TS /* HLS only; audio is muxed into every variant */
} VsContainer;

/* An I-frame: bytes @offset … @offset + @size - 1 of its segment's object
 * (CMAF: from the moof to the end of the frame). */
typedef struct {
  guint64 offset;
  guint64 size;
} VsIFrame;

/* One object of one track. Times are ticks of the timescale on the one
 * presentation timeline (after the edit list). */
typedef struct {
  guint64 sequence; /* media sequence number; equal in all tracks */
  guint64 period;   /* discontinuity sequence number; equal in all tracks */
  guint64 start;    /* earliest presentation time */
  guint64 duration;
  guint timescale; /* the stream's, when it is appended */
  gchar *key;      /* of the object, relative to the manifests; NULL becomes
                      NAME/START.m4s (or .ts, .vtt) when it is appended */
  guint64 size;    /* bytes; 0 for a gap */
  gboolean gap;    /* nothing stored under key: EXT-X-GAP, a timeline hole */
  gint64 date_us;  /* wall clock of start, µs since 1970 UTC; 0: unknown */
  VsIFrame iframe; /* size 0: none */
} VsSegment;

void vs_segment_free (VsSegment *segment);

typedef struct _VsPresentation VsPresentation;

/* One init segment; the last one whose @period is not above a segment's is
 * that segment's. */
typedef struct {
  guint64 period;
  gchar *key;
  VsStream *stream; /* the track's as it was then */
} VsInit;

void vs_init_free (VsInit *init);

typedef struct {
  guint id; /* index in the presentation */
  VsMedia media;
  gchar *name;           /* folder and DASH Representation@id: "video_0", … */
  gchar *label;          /* for people: "1080p", "English"; may be NULL */
  VsStream *stream;      /* NULL until its caps are known */
  VsStream *muxed_audio; /* TS: the audio inside a video variant, or NULL */
  gboolean is_default;   /* of its media; text: only where it is said */
  gboolean is_forced;    /* text: shown also to who asks for none */
  gchar *playlist; /* key of the media playlist: "video_0/playlist.m3u8" */
  gchar *iframe_playlist; /* key, or NULL where the track has none */
  gchar *whole; /* text of a VOD: key of one object with all cues, for DASH */
  GPtrArray *inits;    /* VsInit, oldest first; empty for TS */
  GPtrArray *segments; /* VsSegment, listed, oldest first */

  /* measured over all that was ever appended */
  guint64 peak_bandwidth; /* bit/s of the busiest segment */
  guint64 total_bytes;
  guint64 total_us;
  guint64 peak_iframe_bandwidth;
  guint64 total_iframe_bytes;

  VsPresentation *presentation; /* whose it is */
} VsTrack;

/* One DASH Period. Its number and start never change once it is there, though
 * the segments it began with have left the window. */
typedef struct {
  guint64 number;   /* discontinuity sequence number */
  guint64 start_us; /* on the presentation timeline; 0 for the first ever */
  guint64 sequence; /* of its first segment */
  guint track;      /* whose first segment gave start_us */
} VsPeriod;

/* How breaks for advertisements are told of. */
typedef enum {
  VS_AD_MARKERS_DATERANGE = 1 << 0, /* HLS: EXT-X-DATERANGE */
  VS_AD_MARKERS_CUE = 1 << 1,       /* HLS: EXT-X-CUE-OUT, EXT-X-CUE-IN */
  VS_AD_MARKERS_EVENTS = 1 << 2     /* DASH: EventStream */
} VsAdMarkers;

#define VS_AD_MARKERS_DEFAULT (VS_AD_MARKERS_DATERANGE | VS_AD_MARKERS_EVENTS)

struct _VsPresentation {
  VsPresentationType type;
  VsContainer container;
  guint target_duration_ms; /* segment duration asked for */
  /* EXT-X-TARGETDURATION, constant for life: the least whole number of
   * seconds that leaves at least 249 ms for segments that come out longer
   * than asked (a frame, an audio frame): 2002 ms gives 2, 2300 ms gives 3.
   * VOD alone raises it for a longer segment, since its playlists bind
   * nobody before they are whole. */
  guint target_duration_s;
  guint64 window_us; /* live: listed media; 0: all */
  guint64 keep_us;   /* life of an object after it left the window */
  GPtrArray *tracks; /* VsTrack */
  gboolean ended;    /* ENDLIST; a static MPD */
  gint64 epoch_us;   /* wall clock of timeline 0: availabilityStartTime;
                        0: not live */
  /* wall clock of the last change: publishTime */
  gint64 changed_us;
  gchar *timing_url; /* of a http-xsdate clock for UTCTiming, or NULL */
  /* live: hand-off between runs, see vs_presentation_save () */
  guint64 next_sequence;
  guint64 period;

  GPtrArray *breaks;      /* VsAdBreak (vs-ad-break.h), oldest first */
  VsAdMarkers ad_markers; /* not saved */

  GPtrArray *retired; /* private: VsRetired */
  GArray *periods;    /* VsPeriod, of the listed segments, oldest first */
  gboolean begun;     /* private: there has been a period */
  guint64 longest_us; /* private: the longest playlist so far */
};

/* An unlisted object that is still there. */
typedef struct {
  gchar *key;
  guint track;
  guint64 period;
  gint64 until_us; /* wall clock */
} VsRetired;

void vs_retired_free (VsRetired *retired);

VsPresentation *vs_presentation_new (
    VsPresentationType type, VsContainer container, guint target_duration_ms);
void vs_presentation_free (VsPresentation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsPresentation, vs_presentation_free)

/* @name becomes folder, playlist and Representation@id. Takes a copy of
 * @stream, which may be NULL until vs_track_set_stream (). */
VsTrack *vs_presentation_add_track (VsPresentation *self, VsMedia media,
    const gchar *name, const VsStream *stream);
/* Another stream than before, be it in size, codec or timescale, begins a new
 * period in all tracks, with vs_track_add_init () after this. */
void vs_track_set_stream (VsTrack *track, const VsStream *stream);
void vs_track_set_muxed_audio (VsTrack *track, const VsStream *stream);

/* From the next segment on, @key is the init segment. One a period; a stream
 * that changes wants a new period. */
void vs_track_add_init (VsTrack *track, guint64 period, const gchar *key);

/* Takes @segment. Updates the measured bandwidths, next_sequence and period.
 * Segments come in order, each sequence number once. What could not be stored
 * is appended as a gap; numbers that @track was not there for (it ended
 * before the others, and comes back in the next run) become gaps as long as
 * the other tracks' segments. FALSE: it is there, but longer
 * than EXT-X-TARGETDURATION allows, which a live presentation may not mend;
 * the caller should say so. */
gboolean vs_track_append (VsTrack *track, VsSegment *segment);

/* The init segment of @segment, or NULL (TS). */
const VsInit *vs_track_init_of (const VsTrack *track, const VsSegment *segment);

/* Slides the window: unlists what lies before (newest end − window), by
 * whole sequence numbers, equally in all tracks, never below three listed
 * segments and three target durations (RFC 8216bis 6.2.2). A track that has
 * fallen two numbers behind the others does not hold them up. Returns the keys
 * (gchar *, owned, NULL-terminated) of the objects whose `keep` has passed at
 * @now_us and that the caller now deletes, old init segments included. */
gchar **vs_presentation_slide (VsPresentation *self, gint64 now_us);

/* Every key that the presentation names now or still keeps, for cleaning. */
GHashTable *vs_presentation_dup_keys (const VsPresentation *self);

/* The object that the state is kept in, for nobody but the next run. */
#define VS_STATE_KEY "presentation.state"

/* The state as text, and back. */
gchar *vs_presentation_save (const VsPresentation *self);
VsPresentation *vs_presentation_load (const gchar *text, GError **error);

G_END_DECLS
