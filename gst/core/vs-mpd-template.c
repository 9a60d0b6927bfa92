/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sections are those of ISO/IEC 23009-1:2022. */
#include "core/vs-mpd-template.h"

#include "core/vs-text.h"

#include <string.h>

static const VsSegment *
get_segment (const VsMpdRun *run, guint n)
{
  return g_ptr_array_index (run->track->segments, n);
}

static const VsSegment *
first_stored (const VsMpdRun *run)
{
  for (guint i = run->first; i < run->end; i++) {
    const VsSegment *segment = get_segment (run, i);

    if (!segment->gap)
      return segment;
  }
  return NULL;
}

/* The key around its start time: the last number in the file's name, but for
 * its suffix, that is the start time. FALSE: there is none. */
static gboolean
split_key (const VsSegment *segment, gsize *before, const gchar **after)
{
  const gchar *slash = strrchr (segment->key, '/');
  const gchar *name = slash != NULL ? slash + 1 : segment->key;
  const gchar *dot = strrchr (name, '.');
  const gchar *c = dot != NULL ? dot : name + strlen (name);
  gchar start[24];
  gsize length;

  g_snprintf (start, sizeof (start), "%" G_GUINT64_FORMAT, segment->start);
  length = strlen (start);
  while (c > name) {
    const gchar *end = c;

    while (c > name && g_ascii_isdigit (c[-1]))
      c--;
    if ((gsize) (end - c) == length && memcmp (c, start, length) == 0) {
      *before = (gsize) (c - segment->key);
      *after = end;
      return TRUE;
    }
    c -= c == end ? 1 : 0;
  }
  return FALSE;
}

/* $Time$ names every segment, or none is named rightly. */
static gboolean
has_template (const VsMpdRun *run)
{
  const VsSegment *first = first_stored (run);
  const gchar *after;
  gsize before;

  if (!split_key (first, &before, &after))
    return FALSE;
  for (guint i = run->first; i < run->end; i++) {
    const VsSegment *segment = get_segment (run, i);
    const gchar *other_after;
    gsize other_before;

    if (segment->gap)
      continue;
    if (!split_key (segment, &other_before, &other_after) ||
        segment->timescale != first->timescale || before != other_before ||
        strncmp (first->key, segment->key, before) != 0 ||
        strcmp (after, other_after) != 0)
      return FALSE;
  }
  return TRUE;
}

const VsStream *
vs_mpd_stream_of (const VsTrack *track, const VsPeriod *period)
{
  for (guint i = track->inits->len; i > 0; i--) {
    const VsInit *init = g_ptr_array_index (track->inits, i - 1);

    if (init->period <= period->number && init->stream != NULL)
      return init->stream;
  }
  return track->stream;
}

gboolean
vs_mpd_run_find (VsMpdRun *run, const VsTrack *track, const VsPeriod *period)
{
  guint first = 0, end;

  while (first < track->segments->len &&
         ((VsSegment *) g_ptr_array_index (track->segments, first))->period <
             period->number)
    first++;
  end = first;
  while (end < track->segments->len &&
         ((VsSegment *) g_ptr_array_index (track->segments, end))->period ==
             period->number)
    end++;
  *run =
      (VsMpdRun){ track, period, vs_mpd_stream_of (track, period), first, end };

  if (run->stream == NULL || first_stored (run) == NULL)
    return FALSE;
  if (!has_template (run)) {
    g_critical ("The objects of %s are not named by their start times: it is "
                "left out of the MPD.",
        track->name);
    return FALSE;
  }
  return TRUE;
}

/* Does a player that puts @name into a URI, as it is, get the right URI? */
static gboolean
is_plain_name (const gchar *name)
{
  g_autoptr (GString) encoded = g_string_new (NULL);

  vs_text_append_uri (encoded, "", name);
  return strcmp (encoded->str, name) == 0 && strchr (name, '/') == NULL;
}

gchar *
vs_mpd_dup_representation_id (const VsTrack *track)
{
  if (is_plain_name (track->name))
    return g_strdup (track->name);
  return g_strdup_printf ("track_%u", track->id);
}

/* 5.3.9.4.4: identifiers stand between dollars, a dollar itself is "$$". */
static void
append_template (GString *out, const gchar *from, const VsTrack *track,
    const gchar *text, gsize length)
{
  g_autofree gchar *part = g_strndup (text, length);
  g_autoptr (GString) encoded = g_string_new (NULL);
  gsize name = strlen (track->name);

  if (from == NULL && is_plain_name (track->name) &&
      strncmp (part, track->name, name) == 0 && part[name] == '/') {
    g_string_append (out, "$RepresentationID$");
    vs_text_append_uri (encoded, "", part + name);
  } else
    vs_text_append_uri (encoded, from != NULL ? from : "", part);

  for (const gchar *c = encoded->str; *c != '\0'; c++) {
    if (*c == '$')
      g_string_append_c (out, '$');
    g_string_append_c (out, *c);
  }
}

static void
write_urls (const VsMpdRun *run, VsXml *xml)
{
  const VsSegment *first = first_stored (run);
  const VsInit *init = vs_track_init_of (run->track, first);
  g_autoptr (GString) media = g_string_new (NULL);
  g_autoptr (GString) initialization = g_string_new (NULL);
  const gchar *after = "";
  gsize before = 0;

  split_key (first, &before, &after);
  append_template (media, NULL, run->track, first->key, before);
  g_string_append (media, "$Time$");
  append_template (media, "", run->track, after, strlen (after));
  if (init != NULL) {
    append_template (
        initialization, NULL, run->track, init->key, strlen (init->key));
    vs_xml_attribute (xml, "initialization", initialization->str);
  }
  vs_xml_attribute (xml, "media", media->str);
}

/* 5.3.9.6: equal durations that follow each other are one S with @r more of
 * them; after a hole @t says where it goes on. */
static void
write_timeline (const VsMpdRun *run, VsXml *xml)
{
  guint64 end = G_MAXUINT64; /* of the S before */

  vs_xml_open (xml, "SegmentTimeline");
  for (guint i = run->first; i < run->end;) {
    const VsSegment *segment = get_segment (run, i++);
    guint repeats = 0;

    if (segment->gap)
      continue;
    vs_xml_open (xml, "S");
    if (segment->start != end)
      vs_xml_attribute_uint (xml, "t", segment->start);
    vs_xml_attribute_uint (xml, "d", segment->duration);
    end = segment->start + segment->duration;
    for (; i < run->end; i++, repeats++) {
      const VsSegment *next = get_segment (run, i);

      if (next->gap || next->start != end ||
          next->duration != segment->duration)
        break;
      end += next->duration;
    }
    if (repeats > 0)
      vs_xml_attribute_uint (xml, "r", repeats);
    vs_xml_close (xml);
  }
  vs_xml_close (xml);
}

void
vs_mpd_run_write_template (const VsMpdRun *run, VsXml *xml)
{
  guint timescale = first_stored (run)->timescale;
  guint64 offset = vs_text_us_to_ticks (run->period->start_us, timescale);

  vs_xml_open (xml, "SegmentTemplate");
  vs_xml_attribute_uint (xml, "timescale", timescale);
  /* 5.3.9.6.1: the media time that is shown when the Period starts; our media
   * times run on through all Periods */
  if (offset > 0)
    vs_xml_attribute_uint (xml, "presentationTimeOffset", offset);
  write_urls (run, xml);
  write_timeline (run, xml);
  vs_xml_close (xml);
}
