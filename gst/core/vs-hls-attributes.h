/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-hls-attributes: attribute lists (RFC 8216bis 4.2) and the numbers in
 * them. Private to the HLS reader.
 *
 * Errors have no line number; the reader puts it in front. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_HLS_MAX_ATTRIBUTES 64

typedef struct {
  const gchar *name;
  const gchar *value; /* without its quotation marks */
  gboolean quoted;
} VsHlsAttribute;

typedef struct {
  VsHlsAttribute list[VS_HLS_MAX_ATTRIBUTES];
  guint n;
} VsHlsAttributes;

/* Cuts @text up in place; @attributes points into it. */
gboolean vs_hls_attributes_parse (
    VsHlsAttributes *attributes, gchar *text, GError **error);

/* The value, or NULL. */
const gchar *vs_hls_attributes_get (
    const VsHlsAttributes *attributes, const gchar *name);

/* The same, and an error where there is none. */
const gchar *vs_hls_attributes_need (
    const VsHlsAttributes *attributes, const gchar *name, GError **error);

/* TRUE with @value as it is where there is no such attribute. */
gboolean vs_hls_attributes_get_uint (const VsHlsAttributes *attributes,
    const gchar *name, guint *value, GError **error);
gboolean vs_hls_attributes_get_yes (const VsHlsAttributes *attributes,
    const gchar *name, gboolean *value, GError **error);

/* decimal-integer and decimal-floating-point of 4.2, and nothing else. */
gboolean vs_hls_parse_uint (const gchar *text, guint64 *value);
gboolean vs_hls_parse_float (const gchar *text, gdouble *value);

/* "SIZE[@OFFSET]" of 4.4.4.2; @offset stays where it is not said. */
gboolean vs_hls_parse_range (
    const gchar *text, guint64 *size, guint64 *offset, gboolean *has_offset);

G_END_DECLS
