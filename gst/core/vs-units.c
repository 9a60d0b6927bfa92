/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers are scanned by hand: strtod () takes "inf", "0x10" and "1e9", and
 * depends on the locale. */
#include "core/vs-units.h"
#include "core/vs-error.h"

#include <string.h>

#define NANO G_GUINT64_CONSTANT (1000000000)

/* Whole numbers above this are refused: nothing here is that large, and all
 * products below stay within 64 bits. */
#define WHOLE_MAX G_GUINT64_CONSTANT (10000000000)

#define SUGGEST_MAX 64

typedef struct {
  guint64 whole;
  guint64 nano; /* the fraction, in 1e-9 */
  gboolean has_fraction;
} Decimal;

static gboolean
scan_decimal (const gchar **cursor, Decimal *out)
{
  const gchar *p = *cursor;
  guint64 weight = NANO / 10;

  *out = (Decimal){ 0 };
  if (!g_ascii_isdigit (*p))
    return FALSE;
  for (; g_ascii_isdigit (*p); p++) {
    out->whole = out->whole * 10 + (guint64) (*p - '0');
    if (out->whole > WHOLE_MAX)
      return FALSE;
  }
  if (*p == '.') {
    p++;
    if (!g_ascii_isdigit (*p))
      return FALSE;
    out->has_fraction = TRUE;
    for (; g_ascii_isdigit (*p); p++, weight /= 10)
      out->nano += weight * (guint64) (*p - '0');
  }
  *cursor = p;
  return TRUE;
}

static guint64
decimal_times (const Decimal *value, guint64 factor)
{
  return value->whole * factor + value->nano * factor / NANO;
}

static const gchar *
skip_blanks (const gchar *p)
{
  while (*p == ' ' || *p == '\t')
    p++;
  return p;
}

static gboolean
refuse (GError **error, const gchar *text, const gchar *expected)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE, "“%s” is not %s",
      text ? text : "", expected);
  return FALSE;
}

gboolean
vs_units_parse_bitrate (const gchar *text, guint *bits_per_s, GError **error)
{
  static const gchar *const expected =
      "a bit rate: write for example 5000k, 2.5M or 128000 (bits a second)";
  const gchar *p = skip_blanks (text ? text : "");
  guint64 factor = 1, bits;
  Decimal value;

  if (!scan_decimal (&p, &value))
    return refuse (error, text, expected);
  p = skip_blanks (p);
  if (*p == 'k' || *p == 'K')
    factor = 1000;
  else if (*p == 'M' || *p == 'm')
    factor = 1000 * 1000;
  else if (*p == 'G' || *p == 'g')
    factor = 1000 * 1000 * 1000;
  if (factor > 1)
    p++;
  if (g_str_has_prefix (p, "bit/s"))
    p += strlen ("bit/s");
  else if (g_str_has_prefix (p, "bps"))
    p += strlen ("bps");
  bits = decimal_times (&value, factor);
  if (*skip_blanks (p) != '\0' || bits > G_MAXUINT)
    return refuse (error, text, expected);
  *bits_per_s = (guint) bits;
  return TRUE;
}

typedef struct {
  const gchar *name;
  guint64 us;
} DurationUnit;

/* Longest name first where one begins another. */
static const DurationUnit duration_units[] = {
  { "h", G_GUINT64_CONSTANT (3600000000) },
  { "ms", 1000 },
  { "m", 60000000 },
  { "s", 1000000 },
  { "us", 1 },
};

static const DurationUnit *
scan_duration_unit (const gchar **cursor)
{
  for (guint i = 0; i < G_N_ELEMENTS (duration_units); i++) {
    const gchar *name = duration_units[i].name;

    if (g_str_has_prefix (*cursor, name)) {
      *cursor += strlen (name);
      return &duration_units[i];
    }
  }
  return NULL;
}

gboolean
vs_units_parse_duration (const gchar *text, gint64 *us, GError **error)
{
  static const gchar *const expected =
      "a duration: write for example 4s, 250ms, 2m, 1h30m or 4 (seconds)";
  const gchar *p = skip_blanks (text ? text : "");
  guint64 sum = 0, last = G_MAXUINT64;

  do {
    const DurationUnit *unit;
    Decimal value;

    if (!scan_decimal (&p, &value))
      return refuse (error, text, expected);
    p = skip_blanks (p);
    unit = scan_duration_unit (&p);
    /* A bare number is seconds, and stands alone; units come in order. */
    if (unit == NULL && (*p != '\0' || last != G_MAXUINT64))
      return refuse (error, text, expected);
    if (unit != NULL && unit->us >= last)
      return refuse (error, text, expected);
    last = unit ? unit->us : 1000000;
    /* Above 24 days something is wrong, and hours × 3.6e9 could overflow. */
    if (value.whole > (guint64) G_MAXINT32)
      return refuse (error, text, expected);
    sum += decimal_times (&value, last);
    p = skip_blanks (p);
  } while (*p != '\0');
  *us = (gint64) sum;
  return TRUE;
}

static guint64
gcd (guint64 a, guint64 b)
{
  while (b != 0) {
    guint64 rest = a % b;

    a = b;
    b = rest;
  }
  return a;
}

/* "29.97" and "23.98" mean the NTSC rate: k × 1000/1001. */
static gboolean
snap_to_ntsc (const Decimal *value, guint *n, guint *d)
{
  static const guint bases[] = { 12, 15, 24, 30, 48, 60, 120 };
  guint64 nano = value->whole * NANO + value->nano;

  for (guint i = 0; i < G_N_ELEMENTS (bases); i++) {
    guint64 exact = bases[i] * 1000 * NANO / 1001;
    guint64 off = nano > exact ? nano - exact : exact - nano;

    if (off < NANO / 100) {
      *n = bases[i] * 1000;
      *d = 1001;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
vs_units_parse_framerate (const gchar *text, guint *n, guint *d, GError **error)
{
  static const gchar *const expected =
      "a frame rate from 1 to 300: write for example 25, 29.97, 30000/1001 "
      "or source";
  const gchar *p = skip_blanks (text ? text : "");
  Decimal up, down = { .whole = 1 };
  guint64 num, den, divisor;

  if (g_str_equal (p, "source")) {
    *n = 0;
    *d = 1;
    return TRUE;
  }
  if (!scan_decimal (&p, &up))
    return refuse (error, text, expected);
  if (*p == '/') {
    p++;
    if (up.has_fraction || !scan_decimal (&p, &down) || down.has_fraction)
      return refuse (error, text, expected);
  }
  if (*skip_blanks (p) != '\0' || down.whole == 0 || down.whole > 1000000 ||
      up.whole < down.whole || up.whole > 300 * down.whole)
    return refuse (error, text, expected);
  if (up.has_fraction && snap_to_ntsc (&up, n, d))
    return TRUE;
  /* Three decimals are all that rates are written with. */
  num = up.has_fraction ? up.whole * 1000 + up.nano / 1000000 : up.whole;
  den = up.has_fraction ? 1000 : down.whole;
  divisor = gcd (num, den);
  *n = (guint) (num / divisor);
  *d = (guint) (den / divisor);
  return TRUE;
}

gboolean
vs_units_parse_boolean (const gchar *text, gboolean *value, GError **error)
{
  static const gchar *const yes[] = { "true", "yes", "on", "1", NULL };
  static const gchar *const no[] = { "false", "no", "off", "0", NULL };
  g_autofree gchar *word = g_ascii_strdown (text ? text : "", -1);

  g_strstrip (word);
  if (g_strv_contains (yes, word))
    *value = TRUE;
  else if (g_strv_contains (no, word))
    *value = FALSE;
  else
    return refuse (error, text, "true or false");
  return TRUE;
}

/* Edit distance with transposition of neighbours (optimal string alignment);
 * both strings are shorter than SUGGEST_MAX. */
static guint
edit_distance (const gchar *a, const gchar *b)
{
  guint rows[3][SUGGEST_MAX + 1];
  guint *before = rows[0], *above = rows[1], *row = rows[2];
  guint a_len = (guint) strlen (a), b_len = (guint) strlen (b);

  for (guint j = 0; j <= b_len; j++)
    above[j] = j;
  for (guint i = 1; i <= a_len; i++) {
    guint *spare = before;

    row[0] = i;
    for (guint j = 1; j <= b_len; j++) {
      guint cost = a[i - 1] == b[j - 1] ? 0 : 1;

      row[j] = MIN (above[j] + 1, row[j - 1] + 1);
      row[j] = MIN (row[j], above[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = MIN (row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
    row = spare;
  }
  return above[b_len];
}

/* The distance when the words of @longer before one of its dashes, or after
 * it, count as one slip: "segment-duration" is near to "duration". */
static guint
part_distance (const gchar *longer, const gchar *other)
{
  guint best = G_MAXUINT;

  for (const gchar *dash = strchr (longer, '-'); dash != NULL;
       dash = strchr (dash + 1, '-')) {
    g_autofree gchar *head = g_strndup (longer, (gsize) (dash - longer));

    best = MIN (best, 1 + edit_distance (head, other));
    best = MIN (best, 1 + edit_distance (dash + 1, other));
  }
  return best;
}

const gchar *
vs_units_nearest (const gchar *word, const gchar *const *known)
{
  g_autofree gchar *lower = g_ascii_strdown (word, -1);
  guint length = (guint) strlen (lower);
  guint best = MAX (length / 3, 1) + 1;
  const gchar *nearest = NULL;

  if (length == 0 || length >= SUGGEST_MAX)
    return NULL;
  for (; *known != NULL; known++) {
    guint distance;

    if (strlen (*known) >= SUGGEST_MAX)
      continue;
    distance = edit_distance (lower, *known);
    distance = MIN (distance, part_distance (lower, *known));
    distance = MIN (distance, part_distance (*known, lower));
    if (distance < best) {
      best = distance;
      nearest = *known;
    }
  }
  return nearest;
}
