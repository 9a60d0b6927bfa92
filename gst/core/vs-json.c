/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-json.h"

#include "core/vs-error.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define NUMBER_MAX 64 /* characters */
#define MEMBERS_MAX 256
#define EXACT_MAX G_GINT64_CONSTANT (9007199254740992) /* 2^53 */

typedef struct {
  const gchar *text; /* start of all, for positions */
  const gchar *p, *end;
  guint line;
  const gchar *line_start;
  guint depth;
  guint left; /* values that may still come */
} Reader;

void
vs_json_free (VsJson *json)
{
  if (json == NULL)
    return;
  g_free (json->key);
  g_free (json->string);
  g_clear_pointer (&json->children, g_ptr_array_unref);
  g_free (json);
}

static gboolean
refuse_at (Reader *r, const gchar *at, GError **error, const gchar *what)
{
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE, "line %u, column %u: %s",
      r->line, (guint) (MAX (at, r->line_start) - r->line_start) + 1, what);
  return FALSE;
}

static void
skip_blanks (Reader *r)
{
  for (; r->p < r->end; r->p++) {
    if (*r->p == '\n') {
      r->line++;
      r->line_start = r->p + 1;
    } else if (*r->p != ' ' && *r->p != '\t' && *r->p != '\r')
      return;
  }
}

static gboolean
take (Reader *r, gchar c)
{
  if (r->p >= r->end || *r->p != c)
    return FALSE;
  r->p++;
  return TRUE;
}

static gboolean
take_word (Reader *r, const gchar *word)
{
  gsize length = strlen (word);

  if ((gsize) (r->end - r->p) < length || memcmp (r->p, word, length) != 0)
    return FALSE;
  r->p += length;
  return TRUE;
}

/* ---- strings ---- */

static gboolean
read_hex (Reader *r, gunichar *value)
{
  *value = 0;
  if (r->end - r->p < 4)
    return FALSE;
  for (guint i = 0; i < 4; i++) {
    gint digit = g_ascii_xdigit_value (r->p[i]);

    if (digit < 0)
      return FALSE;
    *value = *value * 16 + (gunichar) digit;
  }
  r->p += 4;
  return TRUE;
}

/* After "\u". Two halves of a surrogate pair make one character. */
static gboolean
read_unicode (Reader *r, GString *out)
{
  gunichar c, low;

  if (!read_hex (r, &c) || c == 0)
    return FALSE;
  if (c >= 0xdc00 && c <= 0xdfff)
    return FALSE;
  if (c >= 0xd800 && c <= 0xdbff) {
    if (!take_word (r, "\\u") || !read_hex (r, &low) || low < 0xdc00 ||
        low > 0xdfff)
      return FALSE;
    c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
  }
  g_string_append_unichar (out, c);
  return TRUE;
}

static gboolean
read_escape (Reader *r, GString *out)
{
  static const gchar from[] = "\"\\/bfnrt";
  static const gchar to[] = "\"\\/\b\f\n\r\t";
  const gchar *at;

  if (r->p >= r->end)
    return FALSE;
  if (*r->p == 'u') {
    r->p++;
    return read_unicode (r, out);
  }
  at = *r->p != '\0' ? strchr (from, *r->p) : NULL;
  if (at == NULL)
    return FALSE;
  g_string_append_c (out, to[at - from]);
  r->p++;
  return TRUE;
}

static gchar *
read_string (Reader *r, GError **error)
{
  const gchar *open = r->p;
  g_autoptr (GString) out = g_string_new (NULL);

  r->p++;
  for (;;) {
    const gchar *run = r->p;

    while (
        r->p < r->end && *r->p != '"' && *r->p != '\\' && (guchar) *r->p >= ' ')
      r->p++;
    g_string_append_len (out, run, r->p - run);
    if (r->p >= r->end) {
      refuse_at (r, open, error, "a text that does not end");
      return NULL;
    }
    if (take (r, '"'))
      return g_string_free (g_steal_pointer (&out), FALSE);
    if (*r->p != '\\') {
      refuse_at (r, r->p, error, "a control character within a text");
      return NULL;
    }
    run = r->p++;
    if (!read_escape (r, out)) {
      refuse_at (r, run, error, "an escape that JSON does not know");
      return NULL;
    }
  }
}

/* ---- numbers ---- */

static gboolean
skip_digits (Reader *r)
{
  const gchar *from = r->p;

  while (r->p < r->end && g_ascii_isdigit (*r->p))
    r->p++;
  return r->p > from;
}

static gboolean
skip_number (Reader *r)
{
  take (r, '-');
  if (!take (r, '0') && !skip_digits (r))
    return FALSE;
  if (take (r, '.') && !skip_digits (r))
    return FALSE;
  if (take (r, 'e') || take (r, 'E')) {
    if (!take (r, '+'))
      take (r, '-');
    return skip_digits (r);
  }
  return TRUE;
}

static gboolean
read_number (Reader *r, VsJson *value, GError **error)
{
  const gchar *from = r->p;
  gchar digits[NUMBER_MAX + 1];
  gsize length;

  if (!skip_number (r) ||
      (r->p < r->end && (g_ascii_isalnum (*r->p) || *r->p == '.')))
    return refuse_at (r, from, error, "something that is no JSON value");
  length = (gsize) (r->p - from);
  if (length > NUMBER_MAX)
    return refuse_at (r, from, error, "a number that is too long");
  memcpy (digits, from, length);
  digits[length] = '\0';
  value->kind = VS_JSON_NUMBER;
  value->number = g_ascii_strtod (digits, NULL);
  if (!isfinite (value->number))
    return refuse_at (r, from, error, "a number that is too large");
  return TRUE;
}

/* ---- values ---- */

static VsJson *read_value (Reader *r, GError **error);

static gboolean
has_key (const VsJson *object, const gchar *key)
{
  return vs_json_get (object, key) != NULL;
}

static VsJson *
read_member (Reader *r, VsJson *object, GError **error)
{
  const gchar *at = r->p;
  g_autofree gchar *key = NULL;
  VsJson *value;

  if (r->p >= r->end || *r->p != '"') {
    refuse_at (r, at, error, "expected a key in quotation marks");
    return NULL;
  }
  key = read_string (r, error);
  if (key == NULL)
    return NULL;
  if (has_key (object, key)) {
    g_autofree gchar *what = g_strdup_printf ("“%.64s” occurs twice", key);

    refuse_at (r, at, error, what);
    return NULL;
  }
  skip_blanks (r);
  if (!take (r, ':')) {
    refuse_at (r, r->p, error, "expected “:” after a key");
    return NULL;
  }
  skip_blanks (r);
  value = read_value (r, error);
  if (value != NULL)
    value->key = g_steal_pointer (&key);
  return value;
}

static gboolean
read_children (Reader *r, VsJson *value, gchar close, GError **error)
{
  value->children =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_json_free);
  r->p++;
  skip_blanks (r);
  if (take (r, close))
    return TRUE;
  for (;;) {
    VsJson *child;

    /* members are looked up one by one */
    if (value->kind == VS_JSON_OBJECT && value->children->len >= MEMBERS_MAX)
      return refuse_at (r, r->p, error, "too many members");
    child = value->kind == VS_JSON_OBJECT ? read_member (r, value, error)
                                          : read_value (r, error);

    if (child == NULL)
      return FALSE;
    g_ptr_array_add (value->children, child);
    skip_blanks (r);
    if (take (r, close))
      return TRUE;
    if (!take (r, ','))
      return refuse_at (r, r->p, error,
          r->p >= r->end ? "the text ends too early"
          : close == '}' ? "expected “,” or “}”"
                         : "expected “,” or “]”");
    skip_blanks (r);
  }
}

static gboolean
read_word (Reader *r, VsJson *value, GError **error)
{
  const gchar *at = r->p;

  if (take_word (r, "true") || take_word (r, "false")) {
    value->kind = VS_JSON_BOOLEAN;
    value->number = *at == 't' ? 1 : 0;
    return TRUE;
  }
  if (take_word (r, "null"))
    return TRUE;
  return refuse_at (r, at, error,
      at >= r->end ? "the text ends too early"
                   : "something that is no JSON value");
}

static gboolean
read_into (Reader *r, VsJson *value, GError **error)
{
  gboolean ok;

  switch (r->p < r->end ? *r->p : '\0') {
    case '{':
    case '[':
      value->kind = *r->p == '{' ? VS_JSON_OBJECT : VS_JSON_ARRAY;
      if (++r->depth > VS_JSON_DEPTH_MAX)
        return refuse_at (r, r->p, error, "nested too deeply");
      ok = read_children (r, value, *r->p == '{' ? '}' : ']', error);
      r->depth--;
      return ok;
    case '"':
      value->kind = VS_JSON_STRING;
      value->string = read_string (r, error);
      return value->string != NULL;
    case '-':
    case '0' ... '9':
      return read_number (r, value, error);
    default:
      return read_word (r, value, error);
  }
}

static VsJson *
read_value (Reader *r, GError **error)
{
  g_autoptr (VsJson) value = g_new0 (VsJson, 1);

  value->line = r->line;
  value->column = (guint) (r->p - r->line_start) + 1;
  if (r->left == 0) {
    refuse_at (r, r->p, error, "too many values");
    return NULL;
  }
  r->left--;
  if (!read_into (r, value, error))
    return NULL;
  return g_steal_pointer (&value);
}

VsJson *
vs_json_parse (
    const gchar *text, gssize length, guint max_values, GError **error)
{
  g_autoptr (VsJson) value = NULL;
  const gchar *end = NULL;
  Reader r = {
    .text = text, .p = text, .line = 1, .line_start = text, .left = max_values
  };

  r.end = text + (length < 0 ? (gssize) strlen (text) : length);
  if (!g_utf8_validate (text, r.end - text, &end)) {
    for (const gchar *c = text; c < end; c++) {
      if (*c == '\n') {
        r.line++;
        r.line_start = c + 1;
      }
    }
    refuse_at (&r, end, error, "not UTF-8 text");
    return NULL;
  }
  skip_blanks (&r);
  value = read_value (&r, error);
  if (value == NULL)
    return NULL;
  skip_blanks (&r);
  if (r.p < r.end) {
    refuse_at (&r, r.p, error, "something follows the end of the value");
    return NULL;
  }
  return g_steal_pointer (&value);
}

const VsJson *
vs_json_get (const VsJson *object, const gchar *key)
{
  if (object->kind != VS_JSON_OBJECT)
    return NULL;
  for (guint i = 0; i < object->children->len; i++) {
    const VsJson *child = g_ptr_array_index (object->children, i);

    if (g_str_equal (child->key, key))
      return child;
  }
  return NULL;
}

gboolean
vs_json_get_int (const VsJson *json, gint64 min, gint64 max, gint64 *value)
{
  if (json->kind != VS_JSON_NUMBER || json->number != floor (json->number) ||
      fabs (json->number) > (gdouble) EXACT_MAX)
    return FALSE;
  *value = (gint64) json->number;
  return *value >= min && *value <= max;
}

gboolean
vs_json_refuse (const VsJson *json, GError **error, const gchar *format, ...)
{
  g_autofree gchar *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE, "line %u, column %u: %s",
      json->line, json->column, message);
  return FALSE;
}

void
vs_json_append_string (GString *out, const gchar *text)
{
  static const gchar hex[] = "0123456789abcdef";

  g_string_append_c (out, '"');
  for (; *text != '\0'; text++) {
    guchar c = (guchar) *text;

    if (c == '"' || c == '\\') {
      g_string_append_c (out, '\\');
      g_string_append_c (out, *text);
    } else if (c < ' ' || c == 0x7f) {
      g_string_append (out, "\\u00");
      g_string_append_c (out, hex[c >> 4]);
      g_string_append_c (out, hex[c & 15]);
    } else
      g_string_append_c (out, *text);
  }
  g_string_append_c (out, '"');
}
