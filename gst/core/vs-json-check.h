/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-json-check: is this text one JSON value by RFC 8259, and nothing more?
 * Parsers are lenient, each in its own way (comments, names twice, numbers
 * beyond any type); what strangers send passes here first. Pure.
 *
 * Refused with line and column: what the grammar does not have, text that is
 * not UTF-8, NUL, a name that occurs twice in one object (section 4 warns of
 * it), numbers that do not fit a double (1e999) or, without fraction and
 * exponent, 64 bits, and nesting deeper than @max_depth. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

gboolean vs_json_check (
    const gchar *text, gsize length, guint max_depth, GError **error);

G_END_DECLS
