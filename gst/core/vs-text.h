/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-text: how numbers, times and names are written into manifests. Pure, and
 * without printf, since a live playlist is written for every segment of every
 * rendition. Private to core. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* To the nearest microsecond, without overflow for any time that fits. */
guint64 vs_text_ticks_to_us (guint64 ticks, guint timescale);
guint64 vs_text_us_to_ticks (guint64 us, guint timescale);

void vs_text_append_uint (GString *out, guint64 value);
void vs_text_append_int (GString *out, gint64 value);

/* 4004000 gives "4.004000". */
void vs_text_append_seconds (GString *out, guint64 us);

/* Thousandths with three decimals: 29970 gives "29.970". */
void vs_text_append_milli (GString *out, guint64 thousandths);

/* ISO 8601 in UTC, to the millisecond: "2026-11-20T18:00:00.123Z". */
void vs_text_append_date (GString *out, gint64 us);

/* The object @key as seen from the object @from, as a relative reference
 * (RFC 3986 4.2): without the folders both share, percent-encoded. */
void vs_text_append_uri (GString *out, const gchar *from, const gchar *key);

/* @text as the inside of an HLS quoted-string (RFC 8216bis 4.2), which has no
 * escapes: quotation marks become apostrophes, control characters spaces. */
void vs_text_append_quotable (GString *out, const gchar *text);

G_END_DECLS
