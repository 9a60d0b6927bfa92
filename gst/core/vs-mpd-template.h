/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-mpd-template: the SegmentTemplate and SegmentTimeline of one track in
 * one Period (ISO/IEC 23009-1 5.3.9). Private to the MPD writer. */
#pragma once

#include "vs-presentation.h"
#include "vs-xml.h"

G_BEGIN_DECLS

/* The segments @first … @end - 1 of @track lie in @period, where the track's
 * stream was @stream. */
typedef struct {
  const VsTrack *track;
  const VsPeriod *period;
  const VsStream *stream;
  guint first, end;
} VsMpdRun;

/* What @track is in @period; NULL: not known. */
const VsStream *vs_mpd_stream_of (const VsTrack *track, const VsPeriod *period);

/* FALSE where @track has nothing stored in @period, or its keys do not have
 * the form that a template can say: FOLDER/[PREFIX]START.SUFFIX. */
gboolean vs_mpd_run_find (
    VsMpdRun *run, const VsTrack *track, const VsPeriod *period);

void vs_mpd_run_write_template (const VsMpdRun *run, VsXml *xml);

/* Representation@id of @track: its name, where that is the same in a URI. */
gchar *vs_mpd_dup_representation_id (const VsTrack *track);

G_END_DECLS
