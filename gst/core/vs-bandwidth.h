/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-bandwidth: what a track needs of a connection, measured and declared;
 * the same figures in both manifests. Private to core. */
#pragma once

#include "vs-presentation.h"

G_BEGIN_DECLS

/* Takes the newest segment of @track into account. */
void vs_bandwidth_measure (VsTrack *track, const VsSegment *segment);

/* Bits a second, never 0. What was measured, once all is there (Apple's HLS
 * Authoring Specification 1.26, 1.27). Before that at least what the encoder
 * was asked for, so that the figures do not move with every segment. */
guint64 vs_bandwidth_peak (const VsTrack *track);
guint64 vs_bandwidth_average (const VsTrack *track);

/* Of the I-frames alone, 0 where there are none. */
guint64 vs_bandwidth_iframe_peak (const VsTrack *track);
guint64 vs_bandwidth_iframe_average (const VsTrack *track);

/* What the encoder was asked for, else what was measured: does not change
 * while a presentation lives, where it was asked. */
guint64 vs_bandwidth_nominal (const VsTrack *track);

G_END_DECLS
