/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-scte35: as much of ANSI/SCTE 35 as a manifest needs: a splice_info_section
 * is taken from text, checked, and written for a break that brings none. What
 * it says is not looked into. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "0xFC30…" or base64. Refused where it is no whole section: its table id, its
 * length or its CRC is wrong. */
GBytes *vs_scte35_parse (const gchar *text, GError **error);

/* "0xFC30…" (RFC 8216bis 4.2, hexadecimal-sequence) */
gchar *vs_scte35_to_hex (GBytes *section);

/* splice_insert () of event @id: @out of the network or back into it, at once;
 * @duration_us: of the break, 0: not known. */
GBytes *vs_scte35_splice_insert (guint32 id, gboolean out, guint64 duration_us);

G_END_DECLS
