/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-stamp: buffers as they leave the engine, with the timestamps of
 * their tick and nothing of their past. Pure. */
#pragma once

#include "playout/vs-play-format.h"

G_BEGIN_DECLS

/* @picture for tick @n; shares its memory. */
GstBuffer *vs_play_stamp_picture (
    const VsPlayFormat *format, GstBuffer *picture, guint64 n);

/* The samples of tick @n, in the format's own type. */
GstBuffer *vs_play_stamp_sound (
    const VsPlayFormat *format, const gfloat *samples, guint64 n);

G_END_DECLS
