/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-programme: one item of the queue on its way to the air.
 *
 * Its life: it is made, and opened by a thread of its own; once its first
 * picture or sound is there it is ready, and waits, its pipeline held up by
 * full buffers (a live input goes on, unseen). On air it gives a picture and
 * the samples of each tick. Off air it stops on the frame, and goes on with
 * the next when it is back. It ends, at its out point or where the medium
 * ends, or fails: cannot be opened, is not ready or says nothing for its
 * time-out.
 *
 * Frames are counted in ticks of the channel from the item's in point. A file
 * whose data are late stands still, and loses nothing; where its pictures
 * alone are late the sound goes on, and they are left out.
 *
 * Belongs to the engine's thread. */
#pragma once

#include "core/vs-queue-item.h"
#include "playout/vs-play-item.h"

G_BEGIN_DECLS

#define VS_PROGRAMME_UNKNOWN G_MAXUINT64

typedef struct _VsProgramme VsProgramme;

typedef enum {
  VS_PROGRAMME_OPENING,
  VS_PROGRAMME_READY,
  VS_PROGRAMME_ENDED,
  VS_PROGRAMME_FAILED
} VsProgrammeState;

/* What all programmes of a channel share; must live longer than they. */
typedef struct {
  VsPlayFormat format;
  VsPlayReaper *reaper;
  GstClockTime timeout; /* of an item that does not name its own */
  gboolean normalize;
  gdouble loudness;    /* to this, LUFS */
  const gchar *assets; /* the folder of "asset:" items, or NULL */
} VsProgrammeEnv;

/* From frame @position of the item. */
VsProgramme *vs_programme_new (
    const VsQueueItem *item, guint64 position, const VsProgrammeEnv *env);
void vs_programme_free (VsProgramme *programme);

const VsQueueItem *vs_programme_get_item (const VsProgramme *programme);
/* The same item with another out point, title … */
void vs_programme_set_item (VsProgramme *programme, const VsQueueItem *item);

/* Once a tick, before the two below: takes data, sees faults and the end. What
 * a file on air has not decoded yet is waited for, for @wait. */
VsProgrammeState vs_programme_run (VsProgramme *programme, GstClockTime wait);
VsProgrammeState vs_programme_get_state (const VsProgramme *programme);
/* Why it failed, or NULL. */
const gchar *vs_programme_get_failure (const VsProgramme *programme);

/* Its turn has not come yet: until it has, a sender may take its time. */
void vs_programme_expect (VsProgramme *programme);

/* On air: the picture of this tick, still the programme's, or NULL where it
 * has none; and @n samples. @stalled: there is nothing for this tick, it
 * stands still. @silent: samples that are not the item's. */
GstBuffer *vs_programme_play (VsProgramme *programme, gfloat *samples, guint n,
    gboolean *stalled, guint *silent);

/* Not shown in this tick: a live input's time goes on; with @join, every
 * item's. */
void vs_programme_idle (VsProgramme *programme, guint n, gboolean join);

/* The frame that comes next, and how many there still are. */
guint64 vs_programme_get_position (const VsProgramme *programme);
guint64 vs_programme_get_remaining (const VsProgramme *programme);
gboolean vs_programme_is_live (const VsProgramme *programme);

/* Pictures that were never shown. */
guint64 vs_programme_get_dropped (const VsProgramme *programme);

G_END_DECLS
