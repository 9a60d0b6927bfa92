/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-units: how people write quantities. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "5000k", "2.5M", "128000", optionally followed by "bit/s" or "bps": bits a
 * second, decimal multiples. Errors say what was read and what is expected. */
gboolean vs_units_parse_bitrate (
    const gchar *text, guint *bits_per_s, GError **error);

/* "4s", "250ms", "2m", "1h", "1h30m", "4" (seconds): microseconds. */
gboolean vs_units_parse_duration (
    const gchar *text, gint64 *us, GError **error);

/* "30", "29.97", "30000/1001", "25/1", "source" (0/1). NTSC decimals become
 * their exact fractions. */
gboolean vs_units_parse_framerate (
    const gchar *text, guint *n, guint *d, GError **error);

gboolean vs_units_parse_boolean (
    const gchar *text, gboolean *value, GError **error);

/* The entry of the NULL-terminated @known that is nearest to @word by edit
 * distance, or NULL where none is near (more than a third of its letters). */
const gchar *vs_units_nearest (const gchar *word, const gchar *const *known);

G_END_DECLS
