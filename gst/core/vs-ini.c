/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-ini.h"
#include "core/vs-error.h"

#include <string.h>

#define QUOTED_MAX 60
#define NAME_BYTES_MAX 100
#define BOM "\xef\xbb\xbf"

static void
entry_free (gpointer data)
{
  VsIniEntry *entry = data;

  g_free (entry->key);
  g_free (entry->value);
  g_free (entry);
}

static void
group_free (gpointer data)
{
  VsIniGroup *group = data;

  g_free (group->name);
  g_free (group->kind);
  g_free (group->label);
  g_ptr_array_unref (group->entries);
  g_free (group);
}

void
vs_ini_free (VsIni *ini)
{
  if (ini == NULL)
    return;
  g_free (ini->name);
  g_ptr_array_unref (ini->groups);
  g_free (ini);
}

gboolean
vs_ini_refuse (
    const VsIni *ini, guint line, GError **error, const gchar *format, ...)
{
  g_autofree gchar *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  /* A variable may bring anything; an error stays one line. */
  for (gchar *p = message; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  if (line == 0)
    g_set_error (
        error, VS_ERROR, VS_ERROR_BAD_VALUE, "%s: %s", ini->name, message);
  else
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE, "%s:%u: %s", ini->name,
        line, message);
  return FALSE;
}

const VsIniGroup *
vs_ini_find_group (const VsIni *ini, const gchar *name)
{
  for (guint i = 0; i < ini->groups->len; i++) {
    const VsIniGroup *group = g_ptr_array_index (ini->groups, i);

    if (g_str_equal (group->name, name))
      return group;
  }
  return NULL;
}

const VsIniEntry *
vs_ini_find_entry (const VsIniGroup *group, const gchar *key)
{
  for (guint i = 0; group != NULL && i < group->entries->len; i++) {
    const VsIniEntry *entry = g_ptr_array_index (group->entries, i);

    if (g_str_equal (entry->key, key))
      return entry;
  }
  return NULL;
}

static guint
count_lines (const gchar *text, const gchar *end)
{
  guint line = 1;

  for (; text < end; text++)
    if (*text == '\n')
      line++;
  return line;
}

/* What the parser is doing: where it is, and what it has seen. */
typedef struct {
  VsIni *ini;
  GKeyFile *key_file;
  GHashTable *seen;  /* "group" and "group\nkey" to the line */
  VsIniGroup *group; /* the one that lines belong to now, or NULL */
  gchar *raw_group;  /* its name as GKeyFile knows it */
  guint line;
  GError **error;
} Parser;

/* Takes @what. */
static gboolean
remember (Parser *parser, gchar *what, const gchar *called)
{
  gpointer before = g_hash_table_lookup (parser->seen, what);

  if (before != NULL) {
    g_free (what);
    return vs_ini_refuse (parser->ini, parser->line, parser->error,
        "%s is given a second time; it stands in line %u already", called,
        GPOINTER_TO_UINT (before));
  }
  g_hash_table_insert (parser->seen, what, GUINT_TO_POINTER (parser->line));
  return TRUE;
}

/* The beginning of a line that is quoted in an error. */
static gchar *
dup_short (const gchar *line)
{
  g_autofree gchar *start = NULL;

  if (g_utf8_strlen (line, -1) <= QUOTED_MAX)
    return g_strdup (line);
  start = g_utf8_substring (line, 0, QUOTED_MAX - 1);
  return g_strconcat (start, "…", NULL);
}

static gboolean
read_group (Parser *parser, const gchar *line)
{
  gsize length = strlen (line);
  g_autofree gchar *called = NULL;
  g_autofree gchar *name = NULL;
  g_auto (GStrv) words = NULL;
  VsIniGroup *group;

  if (length < 3 || length > NAME_BYTES_MAX || line[length - 1] != ']' ||
      strcspn (line + 1, "[]") != length - 2) {
    called = dup_short (line);
    return vs_ini_refuse (parser->ini, parser->line, parser->error,
        "“%s” is no group; a group is written like [hls] or [video 720p]",
        called);
  }
  g_free (parser->raw_group);
  parser->raw_group = g_strndup (line + 1, length - 2);
  name = g_strstrip (g_strdup (parser->raw_group));
  words = g_strsplit_set (name, " \t", 2);
  group = g_new0 (VsIniGroup, 1);
  group->entries = g_ptr_array_new_with_free_func (entry_free);
  group->line = parser->line;
  group->kind = g_strdup (words[0] ? words[0] : "");
  if (words[0] != NULL && words[1] != NULL)
    group->label = g_strdup (g_strstrip (words[1]));
  group->name = group->label
                    ? g_strdup_printf ("%s %s", group->kind, group->label)
                    : g_strdup (group->kind);
  g_ptr_array_add (parser->ini->groups, group);
  parser->group = group;
  called = g_strdup_printf ("[%s]", group->name);
  return remember (parser, g_strdup (group->name), called);
}

static gboolean
is_key_character (gchar c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_' || c == '.' || c == ':';
}

static gboolean
is_key_name (const gchar *key)
{
  if (*key == '\0' || strlen (key) > NAME_BYTES_MAX)
    return FALSE;
  for (; *key != '\0'; key++)
    if (!is_key_character (*key))
      return FALSE;
  return TRUE;
}

static gboolean
read_entry (Parser *parser, const gchar *line)
{
  const gchar *equals = strchr (line, '=');
  g_autofree gchar *key = NULL;
  g_autofree gchar *called = NULL;
  VsIniEntry *entry;

  if (equals != NULL)
    key = g_strstrip (g_strndup (line, (gsize) (equals - line)));
  if (key == NULL || !is_key_name (key)) {
    called = dup_short (line);
    return vs_ini_refuse (parser->ini, parser->line, parser->error,
        "“%s” is neither KEY=VALUE nor a [group] nor a comment (which begins "
        "with #)",
        called);
  }
  if (parser->group == NULL)
    return vs_ini_refuse (parser->ini, parser->line, parser->error,
        "“%s” stands before the first group; a preset begins with [vstream]",
        key);
  called = g_strdup_printf ("“%s” in [%s]", key, parser->group->name);
  if (!remember (
          parser, g_strdup_printf ("%s\n%s", parser->group->name, key), called))
    return FALSE;
  entry = g_new0 (VsIniEntry, 1);
  g_ptr_array_add (parser->group->entries, entry);
  entry->line = parser->line;
  entry->value =
      g_key_file_get_value (parser->key_file, parser->raw_group, key, NULL);
  entry->key = g_steal_pointer (&key);
  if (entry->value == NULL)
    return vs_ini_refuse (
        parser->ini, parser->line, parser->error, "%s cannot be read", called);
  g_strstrip (entry->value);
  return TRUE;
}

static gboolean
read_lines (Parser *parser, const gchar *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (gchar **line = lines; *line != NULL; line++) {
    g_strstrip (*line);
    parser->line++;
    if (**line == '\0' || **line == '#')
      continue;
    if (**line == '[' ? !read_group (parser, *line)
                      : !read_entry (parser, *line))
      return FALSE;
  }
  return TRUE;
}

/* Checks what lines cannot be told from; @text stays the caller's. */
static gboolean
check_text (VsIni *ini, const gchar *text, gsize length, GError **error)
{
  const gchar *end = text;

  if (length > VS_INI_SIZE_MAX)
    return vs_ini_refuse (ini, 0, error,
        "the file is larger than %d KiB; a preset is a page of text",
        VS_INI_SIZE_MAX / 1024);
  /* A NUL ends the check as a bad sequence does. */
  if (!g_utf8_validate_len (text, length, &end))
    return vs_ini_refuse (ini, count_lines (text, end), error,
        "this is not UTF-8 text; is it a preset at all?");
  for (const gchar *p = text; p < end; p++)
    if (g_ascii_iscntrl (*p) && !g_ascii_isspace (*p))
      return vs_ini_refuse (ini, count_lines (text, p), error,
          "there is a control character in the line; is it a preset at all?");
  return TRUE;
}

VsIni *
vs_ini_parse (
    const gchar *text, gsize length, const gchar *name, GError **error)
{
  g_autoptr (VsIni) ini = g_new0 (VsIni, 1);
  g_autoptr (GKeyFile) key_file = g_key_file_new ();
  g_autoptr (GHashTable) seen =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) load_error = NULL;
  g_autofree gchar *copy = NULL;
  Parser parser = {
    .ini = ini, .key_file = key_file, .seen = seen, .error = error
  };
  gboolean is_read;

  ini->name = g_strdup (name ? name : "preset");
  ini->groups = g_ptr_array_new_with_free_func (group_free);
  if (text == NULL)
    text = "";
  if (!check_text (ini, text, length, error))
    return NULL;
  copy = g_strndup (text, length);
  if (g_str_has_prefix (copy, BOM))
    memmove (copy, copy + strlen (BOM), length - strlen (BOM) + 1);
  /* Its error has no line. It is told only where the lines show no fault. */
  g_key_file_load_from_data (
      key_file, copy, strlen (copy), G_KEY_FILE_NONE, &load_error);
  is_read = read_lines (&parser, copy);
  g_free (parser.raw_group);
  if (!is_read)
    return NULL;
  if (load_error != NULL && !g_error_matches (load_error, G_KEY_FILE_ERROR,
                                G_KEY_FILE_ERROR_NOT_FOUND)) {
    vs_ini_refuse (ini, 0, error, "%s", load_error->message);
    return NULL;
  }
  return g_steal_pointer (&ini);
}

/* Outside of quotes gst-launch takes every character after a backslash as it
 * is; controls it cannot take at all, and they become spaces. */
static void
append_launch_word (GString *out, const gchar *word)
{
  for (; *word != '\0'; word++) {
    gchar c = g_ascii_iscntrl (*word) ? ' ' : *word;

    if ((guchar) c < 0x80 && !g_ascii_isalnum (c) &&
        strchr ("/._-:%@+,~", c) == NULL)
      g_string_append_c (out, '\\');
    g_string_append_c (out, c);
  }
}

gchar *
vs_ini_expand (const gchar *value, gboolean for_launch, VsIniLookup lookup,
    gpointer data, gchar **missing)
{
  g_autoptr (GString) out = g_string_new (NULL);

  while (*value != '\0') {
    const gchar *end, *found;
    g_autofree gchar *name = NULL;

    if (value[0] != '$' || (value[1] != '$' && value[1] != '{')) {
      g_string_append_c (out, *value++);
      continue;
    }
    if (value[1] == '$') {
      g_string_append_c (out, '$');
      value += 2;
      continue;
    }
    end = strchr (value, '}');
    name = end ? g_strndup (value + 2, (gsize) (end - value - 2))
               : g_strdup (value + 2);
    found = end && lookup ? lookup (name, data) : NULL;
    if (found == NULL) {
      *missing = g_steal_pointer (&name);
      return NULL;
    }
    if (for_launch)
      append_launch_word (out, found);
    else
      g_string_append (out, found);
    value = end + 1;
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
