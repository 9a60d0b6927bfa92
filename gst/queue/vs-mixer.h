/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-mixer: the fades of a channel: what the programme on air has for a frame
 * is mixed with the end of the one before it, or with black and silence.
 *
 * A crossfade: the cast lets an item go when as much of it is left as the fade
 * lasts, and the next is on air from its first frame; what is left is its
 * tail, which plays under it. So each item is shown whole, and the two
 * together are shorter by the fade. Through black: half of the time at the end
 * of one, half at the beginning of the next; nothing gets shorter. Interrupts
 * and what comes back after them are cut hard, and so is what loops.
 *
 * Belongs to the engine's thread. */
#pragma once

#include "queue/vs-cast.h"
#include "queue/vs-fade.h"

G_BEGIN_DECLS

typedef struct _VsMixer VsMixer;

/* @length: of a fade, in ticks. @format must live longer. */
VsMixer *vs_mixer_new (
    const VsPlayFormat *format, VsFadeKind kind, guint64 length);
void vs_mixer_free (VsMixer *mixer);

/* @current has given @picture (or NULL) and @n @samples for this tick, which
 * are mixed in place. Returns the picture to show: @picture, or the mixer's
 * own, until the next call. @black: of the format. */
GstBuffer *vs_mixer_apply (VsMixer *mixer, VsCast *cast, VsProgramme *current,
    GstBuffer *picture, GstBuffer *black, gfloat *samples, guint n);

G_END_DECLS
