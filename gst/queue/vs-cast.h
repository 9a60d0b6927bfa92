/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-cast: the programmes that are open: the one on air, those that lie under
 * an interrupt, and those that come next. Each tick the model is asked what
 * there should be; what is missing is opened when its time has come, and what
 * is not wanted any more is closed. The cast also makes the switches: it tells
 * the model that an item has ended, or that a cut is made, once the follower
 * is ready, so that what the model says is on air is what is shown.
 *
 * Belongs to the engine's thread; the model is locked by the caller. */
#pragma once

#include "core/vs-queue.h"
#include "queue/vs-programme.h"

G_BEGIN_DECLS

typedef struct _VsCast VsCast;

/* @preroll: how long before it is needed an item is opened; @fade: how many
 * ticks an item and the next one play together, 0: none. */
VsCast *vs_cast_new (
    const VsProgrammeEnv *env, GstClockTime preroll, guint64 fade);
void vs_cast_free (VsCast *cast);

/* Once a tick, first: all programmes take their data; the one on air may be
 * waited for. */
void vs_cast_run (VsCast *cast, GstClockTime wait);
/* Then: switches, opens, closes. */
void vs_cast_follow (VsCast *cast, VsQueue *queue, gint64 now_us);
/* Then, after the current one has played: all others, for @n samples. */
void vs_cast_idle (VsCast *cast, guint n);

/* What is on air, or NULL: nothing, or the model knows nothing. */
VsProgramme *vs_cast_get_current (const VsCast *cast);
guint vs_cast_count (const VsCast *cast);

/* What is on air is none of what is cut hard: an interrupt, a loop. */
gboolean vs_cast_may_fade (const VsCast *cast);

/* What plays under the current one, or NULL; the share that the current one
 * has at the tick's beginning and at its end. Once it has played, it is told.
 */
VsProgramme *vs_cast_get_tail (const VsCast *cast, gdouble *from, gdouble *to);
void vs_cast_tail_played (VsCast *cast);

/* Why the item of @id failed, or NULL; forgotten when asked. */
gchar *vs_cast_steal_failure (VsCast *cast, const gchar *id);

G_END_DECLS
