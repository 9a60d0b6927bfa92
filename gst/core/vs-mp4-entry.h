/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-mp4-entry: the sample entries of the codecs; what is the same in every
 * track is in vs-mp4-init.c. Private to the writer of vs-mp4.h. */
#pragma once

#include "core/vs-media.h"

G_BEGIN_DECLS

/* Appends the box that stsd holds. @stream's codec data was checked. */
void vs_mp4_put_sample_entry (GByteArray *out, const VsStream *stream);

/* How many samples before one must be decoded for it to sound right, as the
 * 'roll' sample group says it: negative, or 0 where it does not apply. */
gint16 vs_mp4_roll_distance (const VsStream *stream);

G_END_DECLS
