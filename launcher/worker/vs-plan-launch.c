/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A plan as a command line. Two readers take it apart again: first the shell,
 * then the parser of GStreamer, which gets the shell's words joined by
 * spaces. So every value is quoted for the second, and every word for the
 * first. */
#include "worker/vs-plan.h"

#include "app/vs-location.h"

#include <string.h>

/* Words the shell leaves alone. '!' alone is only special to an interactive
 * one when a word follows it directly. */
static gboolean
is_plain (const gchar *word)
{
  static const gchar plain[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789-_=:,./@%+";

  return g_str_equal (word, "!") ||
         (*word && word[strspn (word, plain)] == '\0');
}

static void
append_word (GString *line, const gchar *word)
{
  g_autofree gchar *quoted =
      is_plain (word) ? g_strdup (word) : g_shell_quote (word);

  g_string_append_printf (line, " %s", quoted);
}

/* As gst_parse_launch () reads a value: in double quotes, with a backslash
 * before quotes and backslashes. */
static gchar *
quote_value (const gchar *value)
{
  GString *text;

  if (is_plain (value) && !g_str_equal (value, "!"))
    return g_strdup (value);
  text = g_string_new ("\"");
  for (const gchar *p = value; *p; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_c (text, '\\');
    g_string_append_c (text, *p);
  }
  g_string_append_c (text, '"');
  return g_string_free (text, FALSE);
}

static gboolean
is_linear (const VsPlanLink *link)
{
  return link && !link->from_pad && !link->to_pad;
}

/* The link that leads on from the node before to @node, where a plain "!"
 * says the same. */
static const VsPlanLink *
find_linear (const VsPlan *plan, guint index)
{
  for (guint i = 0; index > 0 && i < plan->links->len; i++) {
    const VsPlanLink *link = plan->links->pdata[i];

    if (link->from == plan->nodes->pdata[index - 1] &&
        link->to == plan->nodes->pdata[index] && is_linear (link))
      return link;
  }
  return NULL;
}

static void
append_node (GString *line, const VsPlanNode *node)
{
  g_autofree gchar *name = g_strdup_printf ("name=%s", node->name);

  append_word (line, node->factory);
  append_word (line, name);
  for (guint i = 0; i < node->properties->len; i++) {
    const VsPlanProperty *property = node->properties->pdata[i];
    g_autofree gchar *shown = g_str_equal (property->name, "queue")
                                  ? vs_location_display (property->value)
                                  : g_strdup (property->value);
    g_autofree gchar *value = quote_value (shown);
    g_autofree gchar *word = g_strdup_printf ("%s=%s", property->name, value);

    append_word (line, word);
  }
}

static void
append_link (GString *line, const VsPlanLink *link)
{
  g_autofree gchar *from = g_strdup_printf (
      "%s.%s", link->from->name, link->from_pad ? link->from_pad : "");
  g_autofree gchar *to = g_strdup_printf (
      "%s.%s", link->to->name, link->to_pad ? link->to_pad : "");

  append_word (line, from);
  append_word (line, "!");
  append_word (line, to);
}

/* One word of launch text from @pos, without the escapes outside of quotes:
 * gst-launch-1.0 puts them back. */
static gchar *
next_word (const gchar **pos)
{
  GString *word = g_string_new (NULL);
  const gchar *p = *pos;
  gboolean quoted = FALSE;

  for (; *p && (quoted || !g_ascii_isspace (*p)); p++) {
    if (*p == '\\' && p[1]) {
      if (quoted || p[1] != ' ')
        g_string_append_c (word, *p);
      p++;
    } else if (*p == '"') {
      quoted = !quoted;
    }
    g_string_append_c (word, *p);
  }
  *pos = p;
  return g_string_free (word, FALSE);
}

static void
append_launch (GString *line, const gchar *text)
{
  const gchar *pos = text;

  while (*pos) {
    g_autofree gchar *word = NULL;

    if (g_ascii_isspace (*pos)) {
      pos++;
      continue;
    }
    word = next_word (&pos);
    append_word (line, word);
  }
}

gchar *
vs_plan_to_launch (const VsPlan *plan)
{
  GString *line = g_string_new ("gst-launch-1.0 -e");

  if (plan->launch)
    append_launch (line, plan->launch);
  for (guint i = 0; i < plan->nodes->len; i++) {
    if (find_linear (plan, i))
      append_word (line, "!");
    append_node (line, plan->nodes->pdata[i]);
  }
  for (guint i = 0; i < plan->links->len; i++) {
    const VsPlanLink *link = plan->links->pdata[i];
    gboolean said = FALSE;

    for (guint n = 0; n < plan->nodes->len && !said; n++)
      said = find_linear (plan, n) == link;
    if (!said)
      append_link (line, link);
  }
  return g_string_free (line, FALSE);
}
