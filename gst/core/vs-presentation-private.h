/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of vs-presentation share: its Periods, one a discontinuity. */
#pragma once

#include "vs-presentation.h"

G_BEGIN_DECLS

/* @segment of @track has been listed. */
void vs_periods_note (VsTrack *track, const VsSegment *segment);
void vs_periods_forget (VsPresentation *self);

#define VS_PERIODS_TYPE "a(tttu)"
GVariant *vs_periods_save (const VsPresentation *self);
/* FALSE: they are not in order, or begin after @latest_us. */
gboolean vs_periods_load (
    VsPresentation *self, GVariant *list, guint64 latest_us);

G_END_DECLS
