/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-error: the errors of core and store. The message is one sentence for a
 * person: what, where, what to do. The code is for a program; exit codes and
 * HTTP status are chosen from it, at one place each. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_ERROR (vs_error_quark ())

typedef enum {
  VS_ERROR_BAD_VALUE,     /* a value that is not what it should be */
  VS_ERROR_BAD_DATA,      /* media or a document that cannot be read */
  VS_ERROR_NO_INPUT,      /* the input is not there, or may not be read */
  VS_ERROR_NO_OUTPUT,     /* the output cannot be created or written */
  VS_ERROR_NO_SPACE,      /* the output is full */
  VS_ERROR_NO_PLUGIN,     /* an element or encoder is missing */
  VS_ERROR_NOT_FOUND,     /* an object or entry is not there */
  VS_ERROR_UNAVAILABLE,   /* a peer does not answer now; may be tried again */
  VS_ERROR_NOT_PERMITTED, /* a peer does not let us in */
  VS_ERROR_INTERNAL,      /* a fault of our own */
  VS_ERROR_CONFLICT,      /* right in itself, but not in the present state */
  VS_ERROR_STALE          /* it has changed since the asker looked */
} VsError;

GQuark vs_error_quark (void);

/* "bad-value", …; unknown codes and names are those of INTERNAL. */
const gchar *vs_error_name (gint code);
gint vs_error_from_name (const gchar *name);

G_END_DECLS
