/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-text.h"

#include <string.h>

#define US_PER_S G_GUINT64_CONSTANT (1000000)
#define DAYS_PER_ERA 146097 /* 400 years of the Gregorian calendar */
#define DAYS_TO_1970_FROM_0000_03_01 719468
#define SECONDS_PER_DAY 86400

guint64
vs_text_ticks_to_us (guint64 ticks, guint timescale)
{
  g_return_val_if_fail (timescale > 0, 0);

  return ticks / timescale * US_PER_S +
         (ticks % timescale * US_PER_S + timescale / 2) / timescale;
}

guint64
vs_text_us_to_ticks (guint64 us, guint timescale)
{
  return us / US_PER_S * timescale +
         (us % US_PER_S * timescale + US_PER_S / 2) / US_PER_S;
}

/* At least @width digits. */
static void
append_digits (GString *out, guint64 value, guint width)
{
  gchar digits[20];
  guint n = sizeof (digits);

  do {
    digits[--n] = (gchar) ('0' + value % 10);
    value /= 10;
  } while (value > 0);
  while (sizeof (digits) - n < width)
    digits[--n] = '0';

  g_string_append_len (out, digits + n, (gssize) (sizeof (digits) - n));
}

void
vs_text_append_uint (GString *out, guint64 value)
{
  append_digits (out, value, 1);
}

void
vs_text_append_int (GString *out, gint64 value)
{
  if (value < 0) {
    g_string_append_c (out, '-');
    append_digits (out, (guint64) 0 - (guint64) value, 1);
  } else
    append_digits (out, (guint64) value, 1);
}

void
vs_text_append_seconds (GString *out, guint64 us)
{
  append_digits (out, us / US_PER_S, 1);
  g_string_append_c (out, '.');
  append_digits (out, us % US_PER_S, 6);
}

void
vs_text_append_milli (GString *out, guint64 thousandths)
{
  append_digits (out, thousandths / 1000, 1);
  g_string_append_c (out, '.');
  append_digits (out, thousandths % 1000, 3);
}

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar. Years
 * are counted from March, so that the leap day is the last day of a year. */
static void
append_civil_date (GString *out, gint64 days)
{
  gint64 shifted = days + DAYS_TO_1970_FROM_0000_03_01;
  gint64 era =
      (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
  guint day = (guint) (shifted - era * DAYS_PER_ERA);
  guint year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  guint day_of_year = day - (365 * year + year / 4 - year / 100);
  guint month = (5 * day_of_year + 2) / 153;
  guint day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
  gint64 full_year = era * 400 + year + (month >= 10 ? 1 : 0);

  append_digits (out, (guint64) MAX (full_year, 0), 4);
  g_string_append_c (out, '-');
  append_digits (out, month < 10 ? month + 3 : month - 9, 2);
  g_string_append_c (out, '-');
  append_digits (out, day_of_month, 2);
}

void
vs_text_append_date (GString *out, gint64 us)
{
  gint64 ms = us / 1000 - (us % 1000 < 0 ? 1 : 0);
  gint64 s = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
  gint64 days = s / SECONDS_PER_DAY - (s % SECONDS_PER_DAY < 0 ? 1 : 0);
  guint64 second = (guint64) (s - days * SECONDS_PER_DAY);

  append_civil_date (out, days);
  g_string_append_c (out, 'T');
  append_digits (out, second / 3600, 2);
  g_string_append_c (out, ':');
  append_digits (out, second / 60 % 60, 2);
  g_string_append_c (out, ':');
  append_digits (out, second % 60, 2);
  g_string_append_c (out, '.');
  append_digits (out, (guint64) (ms - s * 1000), 3);
  g_string_append_c (out, 'Z');
}

/* RFC 3986 3.3 pchar without the percent sign, and the slash between
 * segments: letters, digits and -._~!$&()*+,;=:@/ as bits. The apostrophe is
 * encoded though it need not be: it is safe in XML attributes and shells
 * then. */
static gboolean
is_plain (guchar c)
{
  static const guint64 plain[4] = { G_GUINT64_CONSTANT (0x2fffff5200000000),
    G_GUINT64_CONSTANT (0x47fffffe87ffffff), 0, 0 };

  return plain[c / 64] >> (c % 64) & 1;
}

static void
append_encoded (GString *out, const gchar *text)
{
  static const gchar hex[] = "0123456789ABCDEF";

  for (;;) {
    const gchar *end = text;
    guchar byte;

    while (is_plain ((guchar) *end))
      end++;
    g_string_append_len (out, text, end - text);
    if (*end == '\0')
      return;
    byte = (guchar) *end;
    g_string_append_c (out, '%');
    g_string_append_c (out, hex[byte >> 4]);
    g_string_append_c (out, hex[byte & 15]);
    text = end + 1;
  }
}

void
vs_text_append_uri (GString *out, const gchar *from, const gchar *key)
{
  gsize shared = 0;
  const gchar *rest;
  gboolean climbed = FALSE;

  for (gsize i = 0; from[i] != '\0' && from[i] == key[i]; i++) {
    if (from[i] == '/')
      shared = i + 1;
  }

  for (const gchar *c = from + shared; (c = strchr (c, '/')) != NULL; c++) {
    g_string_append_len (out, "../", 3);
    climbed = TRUE;
  }

  /* RFC 3986 4.2: a colon in the first segment would look like a scheme */
  rest = key + shared;
  if (!climbed && memchr (rest, ':', strcspn (rest, "/")) != NULL)
    g_string_append_len (out, "./", 2);
  append_encoded (out, rest);
}

void
vs_text_append_quotable (GString *out, const gchar *text)
{
  for (const gchar *c = text; *c != '\0'; c++) {
    if (*c == '"')
      g_string_append_c (out, '\'');
    else if ((guchar) *c < ' ' || *c == 0x7f)
      g_string_append_c (out, ' ');
    else
      g_string_append_c (out, *c);
  }
}
