/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-publisher-private: what vs-publisher.c (segments and groups) and
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
  GQueue groups;         /* Group, by index; the head is the next to commit */
  guint64 next_index;    /* of the head */
  guint64 base_sequence; /* media sequence number of index 0 */
  gboolean began;        /* the first group of this run is committed */
  gboolean too_long, warned_too_long; /* a segment, for the target duration */

  gsize in_flight; /* bytes asked to be stored */
  guint pending;   /* operations under way */
  gboolean flushing;
  GError *error; /* the first one that ended it */
  VsPublisherStats stats;

  gboolean dirty; /* committed since the last round began */
  gboolean round_active;
  GError *round_error;  /* of the last round */
  gint64 last_round_us; /* monotonic */
  gchar *multivariant;  /* as last written */
  GPtrArray *doomed;    /* keys to remove after the next round */
};

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
