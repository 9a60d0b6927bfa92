/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-error.h"

/* underscores: clang-format takes dashes for subtractions */
G_DEFINE_QUARK (vs_error_quark, vs_error)

static const gchar *const names[] = {
  [VS_ERROR_BAD_VALUE] = "bad-value",
  [VS_ERROR_BAD_DATA] = "bad-data",
  [VS_ERROR_NO_INPUT] = "no-input",
  [VS_ERROR_NO_OUTPUT] = "no-output",
  [VS_ERROR_NO_SPACE] = "no-space",
  [VS_ERROR_NO_PLUGIN] = "no-plugin",
  [VS_ERROR_NOT_FOUND] = "not-found",
  [VS_ERROR_UNAVAILABLE] = "unavailable",
  [VS_ERROR_NOT_PERMITTED] = "not-permitted",
  [VS_ERROR_INTERNAL] = "internal",
  [VS_ERROR_CONFLICT] = "conflict",
  [VS_ERROR_STALE] = "stale",
};

const gchar *
vs_error_name (gint code)
{
  if (code < 0 || code >= (gint) G_N_ELEMENTS (names))
    return names[VS_ERROR_INTERNAL];
  return names[code];
}

gint
vs_error_from_name (const gchar *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (names[i], name) == 0)
      return (gint) i;
  return VS_ERROR_INTERNAL;
}
