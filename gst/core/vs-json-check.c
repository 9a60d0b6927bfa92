/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-json-check.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define NUMBER_MAX 64
#define SHOWN_MAX 40

typedef struct {
  const gchar *start, *at, *end;
  guint depth, max_depth;
  GError **error;
} Scan;

static gboolean check_value (Scan *scan);

static gboolean
refuse (Scan *scan, const gchar *at, const gchar *what)
{
  guint line = 1, column = 1;

  for (const gchar *p = scan->start; p < at; p++) {
    column = *p == '\n' ? 1 : column + 1;
    line += *p == '\n';
  }
  g_set_error (scan->error, VS_ERROR, VS_ERROR_BAD_DATA,
      "The JSON is wrong at line %u, column %u: %s.", line, column, what);
  return FALSE;
}

static gchar
peek (const Scan *scan)
{
  return scan->at < scan->end ? *scan->at : '\0';
}

static void
skip_blanks (Scan *scan)
{
  while (scan->at < scan->end && strchr (" \t\r\n", *scan->at))
    scan->at++;
}

static gint
read_hex (Scan *scan)
{
  gint value = 0;

  if (scan->end - scan->at < 4)
    return -1;
  for (guint i = 0; i < 4; i++) {
    gint digit = g_ascii_xdigit_value (scan->at[i]);

    if (digit < 0)
      return -1;
    value = value * 16 + digit;
  }
  scan->at += 4;
  return value;
}

/* After "\u". A character beyond the first plane comes as a pair. */
static gboolean
take_unicode (Scan *scan, GString *out)
{
  const gchar *from = scan->at - 2;
  gint high = read_hex (scan);
  gint low = 0;

  if (high >= 0xd800 && high < 0xdc00) {
    if (scan->end - scan->at < 6 || memcmp (scan->at, "\\u", 2) != 0)
      return refuse (scan, from, "half of a surrogate pair");
    scan->at += 2;
    low = read_hex (scan);
    if (low < 0xdc00 || low > 0xdfff)
      return refuse (scan, from, "half of a surrogate pair");
    high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
  }
  if (high < 0 || (high >= 0xdc00 && high < 0xe000))
    return refuse (scan, from, "a broken \\u escape");
  if (high == 0)
    return refuse (scan, from, "NUL has no place in a string");
  g_string_append_unichar (out, (gunichar) high);
  return TRUE;
}

static gboolean
take_escape (Scan *scan, GString *out)
{
  static const gchar LETTERS[] = "\"\\/bfnrt";
  static const gchar MEANINGS[] = "\"\\/\b\f\n\r\t";
  const gchar *found;
  gchar c = scan->at + 1 < scan->end ? scan->at[1] : '\0';

  if (c == 'u') {
    scan->at += 2;
    return take_unicode (scan, out);
  }
  found = c ? strchr (LETTERS, c) : NULL;
  if (!found)
    return refuse (scan, scan->at, "an escape that JSON does not have");
  g_string_append_c (out, MEANINGS[found - LETTERS]);
  scan->at += 2;
  return TRUE;
}

/* @out: what the string means. */
static gboolean
check_string (Scan *scan, GString *out)
{
  const gchar *from = scan->at++;

  while (scan->at < scan->end && *scan->at != '"') {
    if ((guchar) *scan->at < 0x20)
      return refuse (scan, scan->at, "a control character in a string");
    if (*scan->at != '\\')
      g_string_append_c (out, *scan->at++);
    else if (!take_escape (scan, out))
      return FALSE;
  }
  if (scan->at == scan->end)
    return refuse (scan, from, "a string without its end");
  scan->at++;
  return TRUE;
}

static void
skip_digits (Scan *scan)
{
  while (g_ascii_isdigit (peek (scan)))
    scan->at++;
}

static gboolean
check_range (Scan *scan, const gchar *from, gboolean integer)
{
  gchar text[NUMBER_MAX + 1];
  gsize length = (gsize) (scan->at - from);

  if (length > NUMBER_MAX)
    return refuse (scan, from, "a number that is too long");
  memcpy (text, from, length);
  text[length] = '\0';
  errno = 0;
  if (integer)
    (void) g_ascii_strtoll (text, NULL, 10);
  else if (!isfinite (g_ascii_strtod (text, NULL)))
    errno = ERANGE;
  else
    errno = 0; /* so near to zero that it is zero */
  return errno == 0 || refuse (scan, from, "a number that is too large");
}

static gboolean
check_number (Scan *scan)
{
  const gchar *from = scan->at;
  gboolean integer = TRUE;

  if (peek (scan) == '-')
    scan->at++;
  if (!g_ascii_isdigit (peek (scan)))
    return refuse (scan, from, "this is no JSON value");
  if (*scan->at == '0' && scan->at + 1 < scan->end &&
      g_ascii_isdigit (scan->at[1]))
    return refuse (scan, from, "a number that begins with 0");
  skip_digits (scan);
  if (peek (scan) == '.') {
    scan->at++;
    integer = FALSE;
    if (!g_ascii_isdigit (peek (scan)))
      return refuse (scan, from, "a number that ends in a point");
    skip_digits (scan);
  }
  if (peek (scan) == 'e' || peek (scan) == 'E') {
    scan->at++;
    integer = FALSE;
    if (peek (scan) == '+' || peek (scan) == '-')
      scan->at++;
    if (!g_ascii_isdigit (peek (scan)))
      return refuse (scan, from, "a number without its exponent");
    skip_digits (scan);
  }
  return check_range (scan, from, integer);
}

static gboolean
check_member (Scan *scan, GHashTable *names)
{
  g_autoptr (GString) name = g_string_new (NULL);
  const gchar *from = scan->at;

  if (peek (scan) != '"')
    return refuse (scan, from, "a name in quotation marks is missing");
  if (!check_string (scan, name))
    return FALSE;
  if (!g_hash_table_add (names, g_strdup (name->str))) {
    g_autofree gchar *shown = g_utf8_substring (
        name->str, 0, MIN (g_utf8_strlen (name->str, -1), SHOWN_MAX));
    g_autofree gchar *what = g_strdup_printf ("“%s” stands there twice", shown);

    return refuse (scan, from, what);
  }
  skip_blanks (scan);
  if (peek (scan) != ':')
    return refuse (scan, scan->at, "a colon is missing");
  scan->at++;
  return check_value (scan);
}

/* Members or elements up to @close. @names: NULL in an array. */
static gboolean
check_list (Scan *scan, gchar close, GHashTable *names)
{
  scan->at++;
  skip_blanks (scan);
  if (peek (scan) == close) {
    scan->at++;
    return TRUE;
  }
  for (;;) {
    skip_blanks (scan);
    if (!(names ? check_member (scan, names) : check_value (scan)))
      return FALSE;
    skip_blanks (scan);
    if (peek (scan) == close) {
      scan->at++;
      return TRUE;
    }
    if (peek (scan) != ',')
      return refuse (scan, scan->at,
          names ? "a comma or a closing brace is missing"
                : "a comma or a closing bracket is missing");
    scan->at++;
  }
}

static gboolean
check_nested (Scan *scan)
{
  gboolean object = *scan->at == '{';
  g_autoptr (GHashTable) names =
      object ? g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL)
             : NULL;
  gboolean ok;

  if (++scan->depth > scan->max_depth)
    return refuse (scan, scan->at, "it is nested too deeply");
  ok = check_list (scan, object ? '}' : ']', names);
  scan->depth--;
  return ok;
}

static gboolean
check_word (Scan *scan)
{
  static const gchar *const WORDS[] = { "true", "false", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (WORDS); i++) {
    gsize length = strlen (WORDS[i]);

    if ((gsize) (scan->end - scan->at) >= length &&
        memcmp (scan->at, WORDS[i], length) == 0) {
      scan->at += length;
      return TRUE;
    }
  }
  return refuse (scan, scan->at, "this is no JSON value");
}

static gboolean
check_value (Scan *scan)
{
  g_autoptr (GString) ignored = NULL;
  gchar c;

  skip_blanks (scan);
  c = peek (scan);
  if (scan->at == scan->end)
    return refuse (scan, scan->at, "it ends where a value should be");
  if (c == '{' || c == '[')
    return check_nested (scan);
  if (c == '-' || g_ascii_isdigit (c))
    return check_number (scan);
  if (c != '"')
    return check_word (scan);
  ignored = g_string_new (NULL);
  return check_string (scan, ignored);
}

gboolean
vs_json_check (const gchar *text, gsize length, guint max_depth, GError **error)
{
  Scan scan = { text, text, text + length, 0, max_depth, error };
  const gchar *bad = NULL;

  if (!g_utf8_validate (text, (gssize) length, &bad))
    return refuse (&scan, bad, "a byte that is not UTF-8");
  if (!check_value (&scan))
    return FALSE;
  skip_blanks (&scan);
  return scan.at == scan.end ||
         refuse (&scan, scan.at, "something follows the value");
}
