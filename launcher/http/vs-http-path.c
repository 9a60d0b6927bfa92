/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-path.h"

#include <string.h>

static gint
read_escape (const gchar *text)
{
  gint high = g_ascii_xdigit_value (text[0]);
  gint low = high < 0 ? -1 : g_ascii_xdigit_value (text[1]);

  return low < 0 ? -1 : high * 16 + low;
}

/* One byte of the decoded path, or -1; @used is how many were read. */
static gint
read_byte (const gchar *raw, guint *used)
{
  gint byte = (guchar) *raw;
  gboolean escaped = byte == '%';

  *used = escaped ? 3 : 1;
  if (escaped)
    byte = read_escape (raw + 1);
  if (byte < 0x20 || byte == 0x7f || byte == '\\' || (escaped && byte == '/'))
    return -1;
  return byte;
}

gchar *
vs_http_path_decode (const gchar *raw)
{
  gsize length = strlen (raw);
  g_autoptr (GString) path = g_string_sized_new (length + 1);
  gboolean part_starts = TRUE;

  if (length == 0 || length > VS_HTTP_PATH_MAX)
    return NULL;
  while (*raw != '\0') {
    guint used;
    gint byte = read_byte (raw, &used);

    /* A part that starts with a dot is ".", ".." or hidden. */
    if (byte < 0 || (part_starts && (byte == '.' || byte == '/')))
      return NULL;
    part_starts = byte == '/';
    g_string_append_c (path, (gchar) byte);
    raw += used;
  }
  if (part_starts || !g_utf8_validate (path->str, (gssize) path->len, NULL))
    return NULL;
  return g_string_free (g_steal_pointer (&path), FALSE);
}
