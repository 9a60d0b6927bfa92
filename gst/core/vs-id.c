/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-id.h"

#include <string.h>

#define LETTERS "0123456789abcdefghjkmnpqrstvwxyz"
#define BODY_LENGTH 26
#define TIME_LENGTH 10 /* of 5 bits; the first two are always zero */
#define CURSOR_MARK "1:"
#define CURSOR_MAX 128

static void
append_bits (GString *out, guint64 value, guint letters)
{
  for (guint i = letters; i > 0; i--)
    g_string_append_c (out, LETTERS[value >> (5 * (i - 1)) & 31]);
}

static guint64
read_40_bits (const guint8 *data)
{
  guint64 value = 0;

  for (guint i = 0; i < 5; i++)
    value = value << 8 | data[i];
  return value;
}

gchar *
vs_id_format (
    const gchar *prefix, guint64 ms, const guint8 random[VS_ID_RANDOM])
{
  GString *out = g_string_new (prefix);

  g_string_append_c (out, '_');
  append_bits (out, ms & ((G_GUINT64_CONSTANT (1) << 48) - 1), TIME_LENGTH);
  append_bits (out, read_40_bits (random), 8);
  append_bits (out, read_40_bits (random + 5), 8);
  return g_string_free (out, FALSE);
}

gboolean
vs_id_check (const gchar *id, const gchar *prefix)
{
  gsize length = strlen (prefix);
  const gchar *body;

  if (!g_str_has_prefix (id, prefix) || id[length] != '_')
    return FALSE;
  body = id + length + 1;
  return strspn (body, LETTERS) == BODY_LENGTH && body[BODY_LENGTH] == '\0' &&
         body[0] <= '7';
}

guint64
vs_id_get_ms (const gchar *id)
{
  const gchar *body = strchr (id, '_') + 1;
  guint64 ms = 0;

  for (guint i = 0; i < TIME_LENGTH; i++)
    ms = ms << 5 | (guint64) (strchr (LETTERS, body[i]) - LETTERS);
  return ms;
}

gchar *
vs_cursor_encode (const gchar *last_id)
{
  g_autofree gchar *text = g_strconcat (CURSOR_MARK, last_id, NULL);
  gchar *word = g_base64_encode ((const guchar *) text, strlen (text));
  gchar *end;

  g_strdelimit (word, "+", '-');
  g_strdelimit (word, "/", '_');
  end = strchr (word, '=');
  if (end)
    *end = '\0';
  return word;
}

static gchar *
decode (const gchar *cursor)
{
  g_autoptr (GString) word = g_string_new (cursor);
  g_autofree guchar *data = NULL;
  gsize length = 0;

  if (word->len > CURSOR_MAX)
    return NULL;
  g_strdelimit (word->str, "-", '+');
  g_strdelimit (word->str, "_", '/');
  while (word->len % 4 != 0)
    g_string_append_c (word, '=');
  data = g_base64_decode (word->str, &length);
  if (memchr (data, '\0', length))
    return NULL;
  return g_strndup ((const gchar *) data, length);
}

gchar *
vs_cursor_decode (const gchar *cursor, const gchar *prefix, GError **error)
{
  g_autofree gchar *text = decode (cursor);
  const gchar *id = text && g_str_has_prefix (text, CURSOR_MARK)
                        ? text + strlen (CURSOR_MARK)
                        : NULL;
  g_autofree gchar *again = id ? vs_cursor_encode (id) : NULL;

  /* Base 64 has several spellings of one text; only ours was given out. */
  if (!id || !vs_id_check (id, prefix) || strcmp (again, cursor) != 0) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The cursor is none that was given out: begin again without one.");
    return NULL;
  }
  return g_strdup (id);
}
