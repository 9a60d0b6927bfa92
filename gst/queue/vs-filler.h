/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-filler: what is played while nothing else is: one file or address, or the
 * files of a folder by name, again and again. It waits on a frame while it is
 * not on air, and goes on with the next; the one after it is opened before it
 * ends. What cannot be played is left out; where nothing can, there is no
 * filler until a while has passed.
 *
 * Belongs to the engine's thread; a folder is read in a thread of its own. */
#pragma once

#include "queue/vs-programme.h"

G_BEGIN_DECLS

typedef struct _VsFiller VsFiller;

/* @uri may be NULL: none. */
VsFiller *vs_filler_new (const gchar *uri, const VsProgrammeEnv *env);
void vs_filler_free (VsFiller *filler);

/* Once a tick. @wait: as of vs_programme_run (). Returns what to play now, or
 * NULL. */
VsProgramme *vs_filler_run (VsFiller *filler, GstClockTime wait);

/* Why something could not be played, said once, or NULL. */
gchar *vs_filler_steal_failure (VsFiller *filler);

G_END_DECLS
