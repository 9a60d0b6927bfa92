/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-json: a strict reader of JSON (RFC 8259) that knows where each value
 * stands, so that what a person or a program wrote wrong is named by its line
 * and column. Pure: text in, tree out.
 *
 * Stricter than the RFC asks: a member that occurs twice, a NUL in a string,
 * a number that no double holds, nesting beyond VS_JSON_DEPTH_MAX and text
 * that is not UTF-8 are errors.
 *
 * Life: parsed once, read, freed; nobody changes it, so any thread may read. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_JSON_DEPTH_MAX 16

typedef enum {
  VS_JSON_NULL,
  VS_JSON_BOOLEAN,
  VS_JSON_NUMBER,
  VS_JSON_STRING,
  VS_JSON_ARRAY,
  VS_JSON_OBJECT
} VsJsonKind;

typedef struct {
  VsJsonKind kind;
  guint line, column;  /* of its first character, from 1, in bytes */
  gchar *key;          /* of a member of an object, or NULL */
  gchar *string;       /* of a string, or NULL */
  gdouble number;      /* of a number; 0 or 1 of a boolean */
  GPtrArray *children; /* VsJson, of an array or object, or NULL */
} VsJson;

/* @length may be -1. At most @max_values values. */
VsJson *vs_json_parse (
    const gchar *text, gssize length, guint max_values, GError **error);
void vs_json_free (VsJson *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsJson, vs_json_free)

/* The member @key of an object, or NULL. */
const VsJson *vs_json_get (const VsJson *object, const gchar *key);

/* TRUE, and the number, where it is whole and within the limits. */
gboolean vs_json_get_int (
    const VsJson *json, gint64 min, gint64 max, gint64 *value);

/* Sets VS_ERROR_BAD_VALUE: "line 1, column 8: MESSAGE"; returns FALSE. */
gboolean vs_json_refuse (const VsJson *json, GError **error,
    const gchar *format, ...) G_GNUC_PRINTF (3, 4);

/* @text in quotation marks, escaped. */
void vs_json_append_string (GString *out, const gchar *text);

G_END_DECLS
