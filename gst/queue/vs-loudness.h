/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-loudness: brings an item to one loudness (EBU R128), as it plays.
 *
 * The first half minute of a file is measured ahead, by a pipeline of its own
 * that decodes sound alone while the item waits for its turn: that gives the
 * gain it starts with. From then on what is played is measured, gated, before
 * the gain; the gain follows it, slowly, so that nobody hears it move. What is
 * not measured ahead (a live input, an address) starts as it is, and is
 * brought to the target within seconds. Peaks are held under -1 dBFS.
 *
 * Belongs to the engine's thread; the scan has one of its own and may outlive
 * its owner. */
#pragma once

#include "playout/vs-play-format.h"
#include "playout/vs-play-reaper.h"

G_BEGIN_DECLS

typedef struct _VsLoudness VsLoudness;

/* @target: LUFS; @uri: of a file, or NULL: nothing is measured ahead. */
VsLoudness *vs_loudness_new (const VsPlayFormat *format, gdouble target,
    const gchar *uri, VsPlayReaper *reaper);
void vs_loudness_free (VsLoudness *loudness);

/* @n samples of each channel, changed in place. */
void vs_loudness_apply (VsLoudness *loudness, gfloat *samples, guint n);

/* In dB, now. */
gdouble vs_loudness_get_gain (const VsLoudness *loudness);

G_END_DECLS
