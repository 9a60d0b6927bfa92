/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-publisher: from finished segments to what a player sees.
 *
 * A segment arrives … is put into the store … is acknowledged; when every
 * track has its object of one media sequence number, the group is committed to
 * the presentation, and a round of manifests is written: first the state that
 * a restart goes on from, then the media playlists, then what names those
 * (multivariant playlist, MPD). Rounds never overlap: what is committed during
 * one goes into the next. After a round the objects are removed whose time is
 * over.
 *
 * Nothing is named before the store has acknowledged it. A segment that could
 * not be stored is an error where all must be there (VOD), and a gap where the
 * show must go on (live).
 *
 * Threading: every function may be called from any thread; one lock guards
 * all. Nothing is called under it: store and events are called after it is
 * released. vs_publisher_put_segment () waits while too many bytes are on
 * their way, unless flushing or live. */
#pragma once

#include "core/vs-ad-break.h"
#include "store/vs-store.h"

G_BEGIN_DECLS

#define VS_PUBLISHER_MAX_IN_FLIGHT (64 * 1024 * 1024)

typedef struct _VsPublisher VsPublisher;

/* Which cuts of the programme are a discontinuity and a Period. */
typedef enum {
  VS_DISCONTINUITY_NONE,
  VS_DISCONTINUITY_CUT, /* interrupts, and what comes back after them */
  VS_DISCONTINUITY_ITEM /* every join */
} VsDiscontinuityMode;

typedef struct {
  VsPresentationType type;
  VsContainer container;
  guint segment_ms;
  gint64 window_us, keep_us;
  gboolean hls, dash;
  gchar *hls_name, *dash_name;
  guint64 start_number;
  gsize max_in_flight; /* bytes; 0: VS_PUBLISHER_MAX_IN_FLIGHT */
  VsDiscontinuityMode discontinuity;
  VsAdMarkers ad_markers;
} VsPublisherConfig;

/* Called on any thread, under no lock. */
typedef struct {
  void (*on_object) (
      const VsTrack *track, const VsSegment *segment, gpointer user_data);
  void (*on_manifest) (const gchar *key, gpointer user_data);
  void (*on_warning) (const GError *error, gpointer user_data);
  void (*on_error) (const GError *error, gpointer user_data);
} VsPublisherEvents;

typedef struct {
  guint64 objects, bytes, manifests, removed;
  guint64 gaps;    /* segments of a track that were not there, for any reason */
  guint64 dropped; /* those of them for which the store was too slow */
  guint64 in_flight, max_in_flight; /* bytes */
} VsPublisherStats;

/* Takes @store, locks it, and takes over what an earlier run left there: a
 * live or event presentation goes on, a VOD begins anew (the old manifests
 * and the objects that they named are removed). @now_us is the wall clock. */
VsPublisher *vs_publisher_new (VsStore *store, const VsPublisherConfig *config,
    const VsPublisherEvents *events, gpointer user_data, gint64 now_us,
    GError **error);

/* Waits for what is on its way. Without vs_publisher_finish () the manifests
 * stay open: what they name is there, but nothing claims to be whole. */
void vs_publisher_free (VsPublisher *self);

/* EXT-X-TARGETDURATION, seconds; an earlier run may have set it. */
guint vs_publisher_get_target_duration (VsPublisher *self);

/* Wall clock of time 0 of this run (live; µs since 1970), before the first
 * segment. Returns what is to be added to this run's times, in ns, so that
 * they go on after those of earlier runs. */
gint64 vs_publisher_set_epoch (VsPublisher *self, gint64 epoch_us);

/* The input comes at the pace of a clock: it is not made to wait for a slow
 * store, whole segments are dropped instead (vs-publisher-slow.c). Without
 * effect on VOD. */
void vs_publisher_set_live (VsPublisher *self);

/* All tracks are added before the first segment of any. */
guint vs_publisher_add_track (
    VsPublisher *self, VsMedia media, const gchar *name);
void vs_publisher_set_label (
    VsPublisher *self, guint track, const gchar *label);

/* Text: is it what is shown unless another is asked for; is it shown to those
 * as well who ask for none? */
void vs_publisher_set_text (
    VsPublisher *self, guint track, gboolean is_default, gboolean is_forced);

/* Text of a VOD: all of it in one object, before vs_publisher_finish (). */
void vs_publisher_put_whole (VsPublisher *self, guint track, GBytes *bytes);

/* TS: the audio inside of the variant @track. */
void vs_publisher_set_muxed_audio (
    VsPublisher *self, guint track, const VsStream *stream);

/* From segment @index on the track is @stream; @init goes to the store (NULL:
 * TS, text). */
void vs_publisher_set_stream (VsPublisher *self, guint track, guint64 index,
    const VsStream *stream, GBytes *init);

/* A finished segment, counted from 0 in this run. Takes nothing. FALSE: the
 * publisher has failed or is flushing. */
gboolean vs_publisher_put_segment (VsPublisher *self, guint track,
    guint64 index, guint64 start, guint64 duration, VsIFrame iframe,
    GBytes *const *chunks, guint n_chunks);
void vs_publisher_put_gap (VsPublisher *self, guint track, guint64 index,
    guint64 start, guint64 duration);

/* The programme is cut where segment @index begins, at @at_ns: from there on
 * there is @ad (or NULL), and, with @discontinuity, another Period in all
 * tracks. Before the segments of that number. */
void vs_publisher_mark (VsPublisher *self, guint64 index, gint64 at_ns,
    gboolean discontinuity, const VsAd *ad);

/* The track has had nothing so far, and nothing for this segment. */
void vs_publisher_skip (VsPublisher *self, guint track, guint64 index);

/* Nothing more comes of the track from @index on. TRUE: it was the last. */
gboolean vs_publisher_end_track (VsPublisher *self, guint track, guint64 index);

/* Waits until all is stored, then closes the manifests and makes everything
 * durable. */
gboolean vs_publisher_finish (VsPublisher *self, GError **error);

/* TRUE: whoever waits returns at once, and nothing waits any more. */
void vs_publisher_set_flushing (VsPublisher *self, gboolean flushing);

void vs_publisher_get_stats (VsPublisher *self, VsPublisherStats *stats);

G_END_DECLS
