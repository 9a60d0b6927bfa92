/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-publisher-private: what vs-publisher.c (segments and groups),
 * vs-publisher-slow.c (what a slow store does to them) and
 * vs-publisher-round.c (manifests) share. Fields are guarded by `lock` unless
 * said otherwise. */
#pragma once

#include "publish/vs-publisher.h"

G_BEGIN_DECLS

#define VS_STATE_MAX_SIZE (64 * 1024 * 1024)

typedef struct {
  VsTrack *track;  /* of the presentation */
  guint timescale; /* of the segments that come now */
  gboolean ended;
  guint64 end_index;
} PublisherTrack;

/* What one track has of a group. */
typedef struct {
  VsSegment *segment; /* NULL: nothing has come yet */
  VsStream *stream;   /* new from this segment on, or NULL */
  gchar *init_key;
  guint puts, inits; /* of the segment and of init segments, under way */
  gboolean stored;   /* the segment */
  gboolean absent;
} VsSlot;

/* The objects of all tracks with one media sequence number. */
typedef struct {
  VsSlot *slots;
  guint n_slots;
  gboolean dropped; /* it becomes a gap in all tracks */
  gboolean discontinuity;
  gboolean marked; /* from it on there is `ad`, or none */
  guint64 marked_us;
  VsAd *ad;
} VsGroup;

typedef struct {
  VsPublisher *publisher;
  guint track;
  guint64 index;
  gsize size;
  gboolean init;
  gchar *key;
} ObjectPut;

struct _VsPublisher {
  /* constant after vs_publisher_new () */
  VsStore *store;
  VsPublisherConfig config;
  VsPublisherEvents events;
  gpointer user_data;

  GMutex lock;
  GCond cond; /* in_flight, pending, round_active, composing, error */
  /* While `composing`, a round's documents are written from it without the
   * lock, for those of a long event take their time; nobody changes it then.
   * What gets complete meanwhile is committed when the round ends. */
  VsPresentation *presentation;
  gboolean composing;
  GPtrArray *tracks;     /* PublisherTrack */
  GQueue groups;         /* VsGroup, by index; the head is the next to commit */
  guint64 next_index;    /* of the head */
  guint64 base_sequence; /* media sequence number of index 0 */
  gboolean began;        /* the first group of this run is committed */
  gboolean too_long, warned_too_long; /* a segment, for the target duration */

  gboolean live;      /* the input comes at the pace of a clock */
  guint64 newest_us;  /* where the newest segment ends, on the timeline */
  gboolean dropping;  /* until there is room again */
  gboolean late;      /* the last group that was committed was too old */
  gboolean tell_slow; /* that segments are dropped */
  gsize in_flight;    /* bytes asked to be stored */
  guint pending;      /* operations under way */
  gboolean flushing;
  GError *error; /* the first one that ended it */
  VsPublisherStats stats;

  gboolean dirty; /* committed since the last round began */
  gboolean round_active;
  GError *round_error;  /* of the last round */
  gint64 last_round_us; /* monotonic */
  gchar *multivariant;  /* as last written */
  GPtrArray *doomed;    /* keys to remove after the next round */
  GPtrArray *unnamed;   /* stored, but dropped: no manifest ever named them */
  GPtrArray *unwanted;  /* dropped, and on their way: to be called back */
};

/* Group @index, with those up to there; it stays until every track has given
 * its part. NULL where it is committed already. */
VsGroup *vs_publisher_ensure_group_locked (VsPublisher *self, guint64 index);

/* What @group's mark says is so from media sequence number @sequence on. */
void vs_publisher_commit_mark_locked (
    VsPublisher *self, const VsGroup *group, guint64 sequence);

typedef enum {
  VS_ROOM_CLOSED, /* flushing, or the publisher has failed */
  VS_ROOM_NONE,   /* the group is dropped */
  VS_ROOM_TAKEN
} VsRoom;

/* Room for @size bytes of @group; waits for it where nothing may be lost. */
VsRoom vs_publisher_reserve_locked (
    VsPublisher *self, VsGroup *group, gsize size);
void vs_publisher_release_locked (VsPublisher *self, gsize size);

/* What of @group, which is dropped, is on its way is noted, and called back by
 * vs_publisher_call_back (), which is called without the lock. */
void vs_publisher_note_unwanted_locked (VsPublisher *self, VsGroup *group);
void vs_publisher_call_back (VsPublisher *self);

/* Drops @group, the next to commit, where it has left the window already. */
void vs_publisher_drop_late_locked (VsPublisher *self, VsGroup *group);
void vs_publisher_warn_slow (VsPublisher *self);

/* A segment or gap of @track ends at @end. */
void vs_publisher_note_newest_locked (
    VsPublisher *self, guint track, guint64 end);

/* Reads the state of an earlier run: goes on with it (self->presentation is
 * set), or removes what it left. */
gboolean vs_publisher_take_over (VsPublisher *self, GError **error);

/* Lets go of an earlier run's tracks that this one does not have. */
void vs_publisher_drop_stale_locked (VsPublisher *self);

/* Commits what is complete, in order, and begins a round where one is due;
 * call without the lock. */
void vs_publisher_commit (VsPublisher *self);

/* Begins a round where one is due; call without the lock. */
void vs_publisher_start_round (VsPublisher *self);

/* The first error ends the publisher (VOD); call without the lock. */
void vs_publisher_fail (VsPublisher *self, const GError *error);

/* An error that the show survives; call without the lock. */
void vs_publisher_warn (VsPublisher *self, const GError *error);

/* Gives one of `pending` back; the publisher may be gone after it. */
void vs_publisher_unref_pending (VsPublisher *self);

/* Removes @keys (owned) in the background; call without the lock. */
void vs_publisher_remove_keys (VsPublisher *self, GPtrArray *keys);

G_END_DECLS
