/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-asrun: what was on air, one line of JSON an item, written when it has
 * gone off air for good (or was given up before it came on).
 *
 *   {"id": "…", "title": "…", "planned": "2026-…Z", "start": "2026-…Z",
 *    "end": "2026-…Z", "start_frame": 1234, "end_frame": 1484, "frames": 250,
 * "interrupted": 0, "on_air": true, "reason": "ended", "failure": null}
 *
 * A file that has grown over its limit is renamed to NAME.1, the one before
 * to NAME.2 …; five are kept.
 *
 * vs_asrun_note () is for the engine's thread and never waits: lines go to a
 * thread of their own, and where the disk stands still for long, the newest
 * are lost, counted. */
#pragma once

#include "queue/vs-onair.h"

G_BEGIN_DECLS

typedef struct _VsAsrun VsAsrun;

VsAsrun *vs_asrun_new (const gchar *path, guint64 max_size);
/* Writes what waits. */
void vs_asrun_free (VsAsrun *asrun);

void vs_asrun_note (VsAsrun *asrun, const VsOnairEvent *event);

/* Lines that could not be written, and why (a sentence, once), or NULL. */
guint64 vs_asrun_get_lost (VsAsrun *asrun);
gchar *vs_asrun_steal_problem (VsAsrun *asrun);

G_END_DECLS
