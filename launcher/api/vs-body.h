/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-body: a JSON document from a stranger, read strictly: what is not known
 * is named, what is of another type is refused, and nothing is taken of a
 * document that is not right as a whole. Pure. */
#pragma once

#include "core/vs-error.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define VS_BODY_MAX (64 * 1024)
#define VS_BODY_DEPTH 16

typedef enum {
  VS_FIELD_STRING,
  VS_FIELD_INT,
  VS_FIELD_OBJECT,
  VS_FIELD_ARRAY
} VsFieldKind;

typedef struct {
  const gchar *name;
  VsFieldKind kind;
  gboolean required;
  gint64 min, max; /* of a number; of a string its bytes; of an array items */
  gpointer at;     /* const gchar **, gint64 *, JsonObject **, JsonArray **:
                    * borrowed */
} VsField;

/* The document's object, which owns all that is read from it. */
JsonObject *vs_body_parse (const gchar *text, gsize length, GError **error);

/* @where: "" at the top, "input." inside of input. */
gboolean vs_body_read (JsonObject *object, const gchar *where,
    const VsField *fields, guint n_fields, GError **error);

G_END_DECLS
