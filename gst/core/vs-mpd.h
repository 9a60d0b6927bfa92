/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-mpd: a DASH MPD (ISO/IEC 23009-1) written from a VsPresentation. Pure. */
#pragma once

#include "vs-presentation.h"

G_BEGIN_DECLS

/* The MPD of all tracks that have a stream and a segment, NULL where there is
 * none yet, the container is not CMAF, or a VOD is not `ended`: a static MPD
 * claims to be whole. One Period a discontinuity, one AdaptationSet a codec
 * (and language), SegmentTemplate with $Time$ and a SegmentTimeline; so the
 * keys have the form FOLDER/[PREFIX]START.SUFFIX, START in the segment's own
 * timescale and the rest equal in a Period. A track whose timescale changes
 * wants another PREFIX, or an old object may get a new meaning. An ended live
 * presentation is static. @now_us is the wall clock, for UTCTiming and for
 * publishTime where the presentation knows none. */
gchar *vs_mpd_write (const VsPresentation *self, gint64 now_us);

G_END_DECLS
