/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sections without a name are those of WebVTT. */
#include "core/vs-webvtt.h"

#include <string.h>

#define US_PER_MS 1000
#define MS_PER_S 1000
/* ISO/IEC 13818-1 2.4.3.7: a time stamp has 33 bits of 90 kHz. */
#define TICKS_PER_MS 90
#define TICKS_MASK ((G_GUINT64_CONSTANT (1) << 33) - 1)

/* No source nests deeper; tags beyond it go. */
#define OPEN_MAX 16
/* Less than 33 bits of ticks are, which is 26.5 hours. */
#define DAY_MS (24 * 3600 * G_GINT64_CONSTANT (1000))

/* Longer than any entity that is known: "&#x10ffff;" */
#define ENTITY_MAX 10

VsCue *
vs_cue_new (gint64 start_us, gint64 end_us, gchar *payload)
{
  VsCue *cue;

  if (payload == NULL || *payload == '\0') {
    g_free (payload);
    return NULL;
  }
  cue = g_new0 (VsCue, 1);
  cue->start_us = MAX (start_us, 0);
  cue->end_us = MAX (end_us, cue->start_us + US_PER_MS);
  cue->payload = payload;
  return cue;
}

void
vs_cue_free (VsCue *cue)
{
  if (cue == NULL)
    return;
  g_free (cue->payload);
  g_free (cue);
}

/* 4.2.1: "&", "<" and ">" are written as entities; with ">" goes "-->". */
static void
append_char (GString *out, gunichar c)
{
  switch (c) {
    case '&':
      g_string_append (out, "&amp;");
      break;
    case '<':
      g_string_append (out, "&lt;");
      break;
    case '>':
      g_string_append (out, "&gt;");
      break;
    case '\r':
      g_string_append_c (out, '\n');
      break;
    case '\0':
      g_string_append (out, "\357\277\275");
      break;
    default:
      g_string_append_unichar (out, c);
      break;
  }
}

/* 4.1: an empty line ends the cue. */
static gchar *
drop_empty_lines (const gchar *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *out = g_string_sized_new (strlen (text) + 1);

  for (gchar **line = lines; *line != NULL; line++) {
    g_strchomp (*line);
    if (**line == '\0')
      continue;
    if (out->len > 0)
      g_string_append_c (out, '\n');
    g_string_append (out, *line);
  }
  return g_string_free (out, FALSE);
}

gchar *
vs_webvtt_from_plain (const gchar *text, gssize length)
{
  g_autofree gchar *valid = g_utf8_make_valid (text, length);
  g_autoptr (GString) out = g_string_new (NULL);

  for (const gchar *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    append_char (out, g_utf8_get_char (p));
  return drop_empty_lines (out->str);
}

/* ---- markup ---- */

typedef struct {
  GString *out;
  gchar open[OPEN_MAX]; /* 'b', 'i', 'u' */
  guint n_open;
} Markup;

static gchar
pop (Markup *self)
{
  gchar tag = self->open[--self->n_open];

  g_string_append_printf (self->out, "</%c>", tag);
  return tag;
}

static void
close_tag (Markup *self, gchar tag)
{
  gboolean is_open = FALSE;

  for (guint i = 0; i < self->n_open; i++)
    is_open |= self->open[i] == tag;
  while (is_open && pop (self) != tag)
    continue;
}

static void
open_tag (Markup *self, gchar tag)
{
  if (self->n_open == OPEN_MAX)
    return;
  self->open[self->n_open++] = tag;
  g_string_append_printf (self->out, "<%c>", tag);
}

/* At "<". What is no tag (no letter behind it, or no end) is text. */
static const gchar *
read_tag (Markup *self, const gchar *p)
{
  gboolean closing = p[1] == '/';
  const gchar *name = p + (closing ? 2 : 1);
  const gchar *end = strchr (name, '>');
  gchar tag = g_ascii_tolower (*name);

  if (end == NULL || !g_ascii_isalpha (*name)) {
    append_char (self->out, '<');
    return p + 1;
  }
  if ((tag == 'b' && g_ascii_strncasecmp (name, "br", 2) == 0))
    g_string_append_c (self->out, '\n');
  else if (strchr ("biu", tag) != NULL && !g_ascii_isalnum (name[1])) {
    if (closing)
      close_tag (self, tag);
    else if (end[-1] != '/')
      open_tag (self, tag);
  }
  return end + 1;
}

static gunichar
find_entity (const gchar *name)
{
  static const struct {
    const gchar *name;
    gunichar c;
  } rows[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
    { "apos", '\'' }, { "nbsp", 0xa0 }, { "lrm", 0x200e }, { "rlm", 0x200f } };
  guint64 c = 0;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (name, rows[i].name))
      return rows[i].c;
  if (name[0] != '#')
    return 0;
  if (name[1] == 'x' || name[1] == 'X')
    g_ascii_string_to_unsigned (name + 2, 16, 1, 0x10ffff, &c, NULL);
  else
    g_ascii_string_to_unsigned (name + 1, 10, 1, 0x10ffff, &c, NULL);
  return g_unichar_validate ((gunichar) c) ? (gunichar) c : 0;
}

/* At "&". */
static const gchar *
read_entity (Markup *self, const gchar *p)
{
  gchar name[ENTITY_MAX];
  gsize length = strcspn (p + 1, ";<& \n");
  gunichar c = 0;

  if (length < sizeof name && p[1 + length] == ';') {
    g_strlcpy (name, p + 1, length + 1);
    c = find_entity (name);
  }
  append_char (self->out, c != 0 ? c : '&');
  return c != 0 ? p + length + 2 : p + 1;
}

gchar *
vs_webvtt_from_markup (const gchar *text, gssize length)
{
  g_autofree gchar *valid = g_utf8_make_valid (text, length);
  g_autoptr (GString) out = g_string_new (NULL);
  Markup markup = { .out = out };

  for (const gchar *p = valid; *p != '\0';) {
    if (*p == '<') {
      p = read_tag (&markup, p);
    } else if (*p == '&') {
      p = read_entity (&markup, p);
    } else {
      append_char (out, g_utf8_get_char (p));
      p = g_utf8_next_char (p);
    }
  }
  while (markup.n_open > 0)
    pop (&markup);
  return drop_empty_lines (out->str);
}

/* ---- segments ---- */

/* 4.1: hours have two digits or more. */
static void
append_time (GString *out, gint64 us)
{
  guint64 ms = (guint64) (us + US_PER_MS / 2) / US_PER_MS;
  guint64 s = ms / MS_PER_S;

  g_string_append_printf (out, "%02" G_GUINT64_FORMAT ":%02u:%02u.%03u",
      s / 3600, (guint) (s / 60 % 60), (guint) (s % 60),
      (guint) (ms % MS_PER_S));
}

static gint
compare_cues (gconstpointer a, gconstpointer b)
{
  const VsCue *one = *(VsCue *const *) a, *two = *(VsCue *const *) b;

  if (one->start_us != two->start_us)
    return one->start_us < two->start_us ? -1 : 1;
  return one->end_us == two->end_us ? 0 : one->end_us < two->end_us ? -1 : 1;
}

/* Those shown between @start_us and @end_us, in the order of their start. */
static void
append_cues (
    GString *out, const GPtrArray *cues, gint64 start_us, gint64 end_us)
{
  g_autoptr (GPtrArray) shown = g_ptr_array_new ();

  for (guint i = 0; i < cues->len; i++) {
    VsCue *cue = g_ptr_array_index (cues, i);

    if (cue->start_us < end_us && cue->end_us > start_us)
      g_ptr_array_add (shown, cue);
  }
  g_ptr_array_sort (shown, compare_cues);
  for (guint i = 0; i < shown->len; i++) {
    const VsCue *cue = g_ptr_array_index (shown, i);

    g_string_append_c (out, '\n');
    append_time (out, cue->start_us);
    g_string_append (out, " --> ");
    append_time (out, cue->end_us);
    g_string_append_printf (out, "\n%s\n", cue->payload);
  }
}

/* RFC 8216bis 3.5: all cues that are shown in the segment's time, each with
 * the whole time it is shown. The map is the same in all segments of a day:
 * hls.js tells a cue that it has already by its time, to the last bit, and
 * would show it twice where its time is reckoned from two origins. */
gchar *
vs_webvtt_write_segment (const GPtrArray *cues, gint64 start_us, gint64 end_us)
{
  GString *out = g_string_new ("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:");
  gint64 origin_ms = MAX (start_us, 0) / US_PER_MS / DAY_MS * DAY_MS;

  g_string_append_printf (out, "%" G_GUINT64_FORMAT ",LOCAL:",
      (guint64) origin_ms * TICKS_PER_MS & TICKS_MASK);
  append_time (out, origin_ms * US_PER_MS);
  g_string_append_c (out, '\n');
  append_cues (out, cues, start_us, end_us);
  return g_string_free (out, FALSE);
}

gchar *
vs_webvtt_write_whole (const GPtrArray *cues)
{
  GString *out = g_string_new ("WEBVTT\n");

  append_cues (out, cues, 0, G_MAXINT64);
  return g_string_free (out, FALSE);
}
