/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-mpd-event: the EventStream of one Period: its breaks for advertisements.
 * Private to the MPD writer. */
#pragma once

#include "vs-presentation.h"
#include "vs-xml.h"

G_BEGIN_DECLS

/* @next: the Period after it, or NULL. Writes nothing where there is none. */
void vs_mpd_write_events (VsXml *xml, const VsPresentation *self,
    const VsPeriod *period, const VsPeriod *next);

G_END_DECLS
