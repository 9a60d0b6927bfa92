/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-slate: the picture that is shown when there is none. Made once;
 * shown as often as needed without a copy.
 *
 * "black" and "bars" are drawn at once. A picture file is decoded in a thread
 * of its own; until it is there, and where it cannot be read, the slate is
 * black. So is a text set there; "{next}" in it is the time of day at which
 * something comes, and the line with it is left out while nothing is known to.
 * vs_play_slate_get, _set_next and _steal_failure are for one thread, the
 * engine. */
#pragma once

#include "playout/vs-play-format.h"
#include "playout/vs-play-reaper.h"

G_BEGIN_DECLS

typedef struct _VsPlaySlate VsPlaySlate;

#define VS_PLAY_SLATE_TEXT "text:"

/* @spec: "black", "bars", "text:…" (a line break is "\n" there) or the path of
 * a picture. */
VsPlaySlate *vs_play_slate_new (
    const gchar *spec, const VsPlayFormat *format, VsPlayReaper *reaper);
void vs_play_slate_free (VsPlaySlate *slate);

/* The slate's own, without timestamps. */
GstBuffer *vs_play_slate_get (VsPlaySlate *slate);

/* When something comes, µs since 1970, or G_MININT64: not known. Only where
 * that is said differently another picture is made. */
void vs_play_slate_set_next (VsPlaySlate *slate, gint64 us);
/* Is it of any use to tell? */
gboolean vs_play_slate_wants_next (const VsPlaySlate *slate);

/* Why the picture cannot be shown, said once, or NULL. */
gchar *vs_play_slate_steal_failure (VsPlaySlate *slate);

G_END_DECLS
