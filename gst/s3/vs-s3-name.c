/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3/vs-s3-name.h"

#include "core/vs-error.h"

#define WIDTH_MAX 20

/* The width of the "%05d" whose digits begin at @text; its end. NULL: this is
 * none. */
static const gchar *
read_conversion (const gchar *text, guint *width)
{
  for (*width = 0; g_ascii_isdigit (*text); text++) {
    *width = *width * 10 + (guint) g_ascii_digit_value (*text);
    if (*width > WIDTH_MAX)
      return NULL;
  }
  return *text == 'd' || *text == 'u' ? text + 1 : NULL;
}

static gchar *
refuse (const gchar *pattern, GError **error)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "The key “%s” of a series of objects needs one %%d for the number (or "
      "%%05d, and %%%% for a per cent sign), and nothing else after a %%.",
      pattern);
  return NULL;
}

gchar *
vs_s3_name_expand (const gchar *pattern, guint64 number, GError **error)
{
  g_autoptr (GString) name = g_string_new (NULL);
  gboolean found = FALSE;
  const gchar *at = pattern;

  while (*at != '\0') {
    guint width;

    if (*at != '%') {
      g_string_append_c (name, *at++);
    } else if (at[1] == '%') {
      g_string_append_c (name, '%');
      at += 2;
    } else {
      at = read_conversion (at + 1, &width);
      if (at == NULL || found)
        return refuse (pattern, error);
      found = TRUE;
      g_string_append_printf (
          name, "%0*" G_GUINT64_FORMAT, (int) width, number);
    }
  }
  return found ? g_string_free (g_steal_pointer (&name), FALSE)
               : refuse (pattern, error);
}
