/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Formats of numbered segments, and dates. */
#include "core/vs-error.h"
#include "core/vs-queue-item.h"
#include "core/vs-text.h"

#include <string.h>

#define WIDTH_MAX 10

typedef struct {
  gsize head;  /* bytes before the conversion */
  gsize tail;  /* where the text after it begins */
  guint width; /* at least */
  gboolean zeros;
} Conversion;

/* After a "%": [0][width](d|i|u). FALSE: it is something else. */
static gboolean
scan_conversion (const gchar **cursor, Conversion *found)
{
  const gchar *p = *cursor;

  found->zeros = *p == '0';
  if (found->zeros)
    p++;
  found->width = 0;
  for (; g_ascii_isdigit (*p); p++) {
    found->width = found->width * 10 + (guint) (*p - '0');
    if (found->width > WIDTH_MAX)
      return FALSE;
  }
  if (*p != 'd' && *p != 'i' && *p != 'u')
    return FALSE;
  *cursor = p + 1;
  return TRUE;
}

static gboolean
scan_format (const gchar *format, Conversion *found, GError **error)
{
  guint n = 0;
  const gchar *p = format;

  while ((p = strchr (p, '%')) != NULL) {
    const gchar *percent = p++;

    if (*p == '%') {
      p++;
      continue;
    }
    if (n++ > 0) {
      g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
          "a format has exactly one number, as in seg_%05d.ts; this one has "
          "more");
      return FALSE;
    }
    if (!scan_conversion (&p, found)) {
      g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
          "“%.12s” is no number of a format: write %%d or %%05d (at most "
          "%d digits), and %%%% for a percent sign",
          percent, WIDTH_MAX);
      return FALSE;
    }
    found->head = (gsize) (percent - format);
    found->tail = (gsize) (p - format);
  }
  if (n == 0) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "a format has exactly one number, as in seg_%05d.ts; this one has "
        "none");
    return FALSE;
  }
  return TRUE;
}

gboolean
vs_queue_format_check (const gchar *format, GError **error)
{
  Conversion found;

  return scan_format (format, &found, error);
}

/* "%%" becomes "%". */
static void
append_literal (GString *out, const gchar *text, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    g_string_append_c (out, text[i]);
    if (text[i] == '%')
      i++;
  }
}

gchar *
vs_queue_format_expand (const gchar *format, guint64 number)
{
  Conversion found;
  g_autoptr (GString) out = NULL;
  gchar digits[20];
  guint n = 0;

  if (!scan_format (format, &found, NULL))
    return NULL;
  out = g_string_sized_new (strlen (format) + 20);
  append_literal (out, format, found.head);
  do {
    digits[n++] = (gchar) ('0' + number % 10);
    number /= 10;
  } while (number > 0);
  for (guint i = n; i < found.width; i++)
    g_string_append_c (out, found.zeros ? '0' : ' ');
  while (n > 0)
    g_string_append_c (out, digits[--n]);
  append_literal (out, format + found.tail, strlen (format + found.tail));
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
is_pattern (const gchar *text, const gchar *pattern)
{
  for (; *pattern != '\0'; text++, pattern++) {
    if (*pattern == '0' ? !g_ascii_isdigit (*text)
                        : g_ascii_toupper (*text) != *pattern)
      return FALSE;
  }
  return TRUE;
}

/* RFC 3339 5.6: full-date "T" full-time, with a zone. GDateTime reads more
 * than that (ordinal and week dates, no zone), so the shape is looked at. */
gboolean
vs_queue_parse_date (const gchar *text, gint64 *us)
{
  g_autoptr (GDateTime) date = NULL;
  g_autoptr (GDateTime) utc = NULL; /* in which it is written */
  const gchar *p = text;

  if (strlen (text) > 40 || !is_pattern (text, "0000-00-00T00:00:00"))
    return FALSE;
  p += strlen ("0000-00-00T00:00:00");
  if (*p == '.') {
    if (!g_ascii_isdigit (*++p))
      return FALSE;
    while (g_ascii_isdigit (*p))
      p++;
  }
  if (!g_str_equal (p, "Z") && !g_str_equal (p, "z") &&
      !(strlen (p) == 6 &&
          (is_pattern (p, "+00:00") || is_pattern (p, "-00:00"))))
    return FALSE;
  date = g_date_time_new_from_iso8601 (text, NULL);
  utc = date ? g_date_time_to_utc (date) : NULL;
  if (utc == NULL)
    return FALSE;
  *us = g_date_time_to_unix (date) * G_USEC_PER_SEC +
        g_date_time_get_microsecond (date);
  return TRUE;
}
