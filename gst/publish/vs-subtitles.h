/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-subtitles: the text of one track on its way into segments.
 *
 * Life: cues come in, in times of the run … once the first segment of the
 * media is cut it is known where the run begins, and they are moved there …
 * for every segment of the media a WebVTT file is taken out, when the text has
 * come past its end or there is no more time to wait … cues that have been
 * shown are let go, or kept for a file of all.
 *
 * Pure but for its memory. Not locked: the session guards it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _VsSubtitles VsSubtitles;

/* @keep: all cues stay, for vs_subtitles_write_whole (). */
VsSubtitles *vs_subtitles_new (gboolean keep);
void vs_subtitles_free (VsSubtitles *self);

/* Takes @payload. @end_ns below @start_ns: not known; then it is shown until
 * the next cue, but not for long. FALSE: it is empty, comes after all segments
 * it is shown in, or there is too much text. */
gboolean vs_subtitles_push (
    VsSubtitles *self, gint64 start_ns, gint64 end_ns, gchar *payload);

/* No cue that begins before @ns comes any more; G_MAXINT64: none at all. */
void vs_subtitles_advance (VsSubtitles *self, gint64 ns);

/* What is to be added to all times; the first time counts. */
void vs_subtitles_settle (VsSubtitles *self, gint64 offset_ns);

/* Has the text come past @end_us of the presentation? */
gboolean vs_subtitles_is_past (const VsSubtitles *self, gint64 end_us);

/* The file of the next segment. */
gchar *vs_subtitles_take (VsSubtitles *self, gint64 start_us, gint64 end_us);
gchar *vs_subtitles_write_whole (const VsSubtitles *self);

G_END_DECLS
