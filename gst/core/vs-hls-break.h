/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-hls-break: the tags of the breaks for advertisements. Private to the
 * writer of media playlists. */
#pragma once

#include "vs-presentation.h"

G_BEGIN_DECLS

/* What stands before @segment of them; @is_first: of the playlist. */
void vs_hls_append_breaks (GString *out, const VsPresentation *self,
    const VsSegment *segment, gboolean is_first);

G_END_DECLS
