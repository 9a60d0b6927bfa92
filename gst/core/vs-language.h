/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-language: language tags. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The ISO 639-2/T code, three lower-case letters, of the RFC 5646 tag @tag
 * ("de-AT" gives "deu"); "und" for NULL and for what has none. */
void vs_language_to_iso639_2 (const gchar *tag, gchar code[4]);

G_END_DECLS
