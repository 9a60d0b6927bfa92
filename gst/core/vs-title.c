/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-title.h"

#include <string.h>

/* Nobody's file is called so; what comes before is not looked at. */
#define RAW_MAX (16 * 1024)

/* Marks of the bidirectional algorithm, which make "gpj.exe" of "exe.jpg". */
static gboolean
turns_direction (gunichar c)
{
  return c == 0x61c || c == 0x200e || c == 0x200f ||
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static gboolean
is_shown (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return type != G_UNICODE_CONTROL && type != G_UNICODE_LINE_SEPARATOR &&
         type != G_UNICODE_PARAGRAPH_SEPARATOR && type != G_UNICODE_SURROGATE &&
         type != G_UNICODE_UNASSIGNED && type != G_UNICODE_PRIVATE_USE &&
         !turns_direction (c) && c != 0xfeff;
}

static const gchar *
find_last_part (const gchar *text)
{
  const gchar *last = text;

  for (const gchar *p = text; *p; p++)
    if (*p == '/' || *p == '\\')
      last = p + 1;
  return last;
}

static void
append_shown (GString *out, const gchar *text)
{
  for (const gchar *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    gboolean blank = g_unichar_isspace (c);
    gsize size = (gsize) (g_utf8_next_char (p) - p);

    if (!blank && !is_shown (c))
      continue;
    if (out->len + size > VS_TITLE_MAX)
      return;
    if (!blank)
      g_string_append_unichar (out, c);
    else if (out->len > 0 && out->str[out->len - 1] != ' ')
      g_string_append_c (out, ' ');
  }
}

gchar *
vs_title_clean (const gchar *raw, gsize length)
{
  gsize skipped = length > RAW_MAX ? length - RAW_MAX : 0;
  g_autofree gchar *bytes = g_malloc (length - skipped + 1);
  g_autofree gchar *valid = NULL;
  GString *out = g_string_new (NULL);

  length -= skipped;
  memcpy (bytes, raw + skipped, length);
  bytes[length] = '\0';
  for (gsize i = 0; i < length; i++)
    if (bytes[i] == '\0')
      bytes[i] = ' ';
  valid = g_utf8_make_valid (bytes, (gssize) length);
  append_shown (out, find_last_part (valid));
  while (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate (out, out->len - 1);
  if (out->len == 0 || strcmp (out->str, ".") == 0 ||
      strcmp (out->str, "..") == 0)
    g_string_assign (out, "untitled");
  return g_string_free (out, FALSE);
}
