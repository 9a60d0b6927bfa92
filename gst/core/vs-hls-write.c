/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Media and I-frame playlists. Sections are those of RFC 8216bis
 * (draft-pantos-hls-rfc8216bis), "Apple n.m" is a rule of Apple's HLS
 * Authoring Specification. */
#include "core/vs-hls.h"

#include "core/vs-hls-break.h"
#include "core/vs-text.h"

#include <string.h>

/* Section 8: EXT-X-MAP needs 6, and with 6 EXT-X-TARGETDURATION means the
 * rounded maximum. 7 is what fMP4 players expect to see. */
#define PLAYLIST_VERSION "7"

/* What of the playlist so far decides about the next segment. */
typedef struct {
  GString *out;
  const VsPresentation *presentation;
  const VsTrack *track;
  const gchar *from; /* key of the playlist */
  gboolean iframes;
  guint64 period;    /* of the segment before */
  const VsInit *map; /* that is in force */
  gboolean dated;    /* is there a date since the last discontinuity? */
} Writer;

static void
append_text (GString *out, const gchar *text)
{
  g_string_append_len (out, text, (gssize) strlen (text));
}

static void
append_tag (GString *out, const gchar *tag, guint64 value)
{
  append_text (out, tag);
  vs_text_append_uint (out, value);
  g_string_append_c (out, '\n');
}

/* 4.4.3.5: VOD never changes, EVENT only grows. So a VOD that is still being
 * written says EVENT (Apple 8.6, 8.8). A sliding window says nothing. */
static void
append_type (GString *out, const VsPresentation *self)
{
  if (self->type == VS_PRESENTATION_LIVE)
    return;
  append_text (out, self->type == VS_PRESENTATION_VOD && self->ended
                        ? "#EXT-X-PLAYLIST-TYPE:VOD\n"
                        : "#EXT-X-PLAYLIST-TYPE:EVENT\n");
}

static void
append_head (const Writer *writer, const VsSegment *first)
{
  GString *out = writer->out;

  append_text (out, "#EXTM3U\n#EXT-X-VERSION:" PLAYLIST_VERSION "\n");
  append_tag (
      out, "#EXT-X-TARGETDURATION:", writer->presentation->target_duration_s);
  append_tag (out, "#EXT-X-MEDIA-SEQUENCE:", first->sequence);
  /* Apple 8.17: always, where there may ever be a discontinuity */
  append_tag (out, "#EXT-X-DISCONTINUITY-SEQUENCE:", first->period);
  append_type (out, writer->presentation);
  /* 4.4.2.1: every segment starts with a key frame (Apple 7.4, 9.12) */
  append_text (out, writer->iframes ? "#EXT-X-I-FRAMES-ONLY\n"
                                    : "#EXT-X-INDEPENDENT-SEGMENTS\n");
}

/* 4.4.4.3. One tag for each number that is passed, so that a segment's
 * discontinuity sequence number is the same before and after the window has
 * slid past a Period of which nothing was listed. */
static void
append_discontinuity (Writer *writer, const VsSegment *segment)
{
  for (; writer->period < segment->period; writer->period++) {
    append_text (writer->out, "#EXT-X-DISCONTINUITY\n");
    writer->map = NULL;
    writer->dated = FALSE;
  }
}

/* 4.4.4.5; written again after a discontinuity, where players start afresh
 * (Apple 8.20). A gap needs none. */
static void
append_map (Writer *writer, const VsSegment *segment)
{
  const VsInit *init = vs_track_init_of (writer->track, segment);

  if (init == NULL || init == writer->map || segment->gap)
    return;
  append_text (writer->out, "#EXT-X-MAP:URI=\"");
  vs_text_append_uri (writer->out, writer->from, init->key);
  g_string_append_len (writer->out, "\"\n", 2);
  writer->map = init;
}

/* 4.4.4.6, Apple 8.4: at the start and after a discontinuity; a live playlist
 * dates every segment, so that no reader has to add up. */
static void
append_date (Writer *writer, const VsSegment *segment)
{
  if (segment->date_us == 0 ||
      (writer->dated && writer->presentation->type != VS_PRESENTATION_LIVE))
    return;
  append_text (writer->out, "#EXT-X-PROGRAM-DATE-TIME:");
  vs_text_append_date (writer->out, segment->date_us);
  g_string_append_c (writer->out, '\n');
  writer->dated = TRUE;
}

/* 4.4.4.1. The difference of both ends, each rounded to the microsecond: the
 * sum over any run is exact to one microsecond (Apple 8.1). */
static void
append_duration (const Writer *writer, const VsSegment *segment)
{
  guint timescale = segment->timescale;
  guint64 start = vs_text_ticks_to_us (segment->start, timescale);
  guint64 end =
      vs_text_ticks_to_us (segment->start + segment->duration, timescale);

  append_text (writer->out, "#EXTINF:");
  vs_text_append_seconds (writer->out, end - start);
  g_string_append_len (writer->out, ",\n", 2);
}

static void
append_range (const Writer *writer, const VsIFrame *iframe)
{
  append_text (writer->out, "#EXT-X-BYTERANGE:");
  vs_text_append_uint (writer->out, iframe->size);
  g_string_append_c (writer->out, '@');
  vs_text_append_uint (writer->out, iframe->offset);
  g_string_append_c (writer->out, '\n');
}

/* One segment. In an I-frame playlist it is the segment's first frame, by
 * byte range (4.4.3.6, Apple 6.8, 6.10), which is shown as long as the
 * segment lasts; a segment without one stands there as a gap, so that the
 * numbers stay the same in all playlists. */
static void
append_segment (Writer *writer, const VsSegment *segment, gboolean is_first)
{
  gboolean gap = segment->gap || (writer->iframes && segment->iframe.size == 0);

  append_discontinuity (writer, segment);
  append_map (writer, segment);
  append_date (writer, segment);
  if (!writer->iframes)
    vs_hls_append_breaks (writer->out, writer->presentation, segment, is_first);
  if (gap)
    append_text (writer->out, "#EXT-X-GAP\n"); /* 4.4.4.7 */
  append_duration (writer, segment);
  if (writer->iframes && !gap)
    append_range (writer, &segment->iframe);
  vs_text_append_uri (writer->out, writer->from, segment->key);
  g_string_append_c (writer->out, '\n');
}

static gchar *
write_playlist (Writer *writer)
{
  const GPtrArray *segments = writer->track->segments;
  const VsSegment *first = g_ptr_array_index (segments, 0);

  writer->out = g_string_sized_new (256 + segments->len * 128);
  writer->period = first->period;
  append_head (writer, first);
  for (guint i = 0; i < segments->len; i++)
    append_segment (writer, g_ptr_array_index (segments, i), i == 0);
  if (writer->presentation->ended)
    append_text (writer->out, "#EXT-X-ENDLIST\n"); /* 4.4.3.4 */

  return g_string_free (writer->out, FALSE);
}

gchar *
vs_hls_write_media (const VsPresentation *self, const VsTrack *track)
{
  Writer writer = { NULL, self, track, track->playlist, FALSE };

  if (track->stream == NULL || track->segments->len == 0)
    return NULL;
  return write_playlist (&writer);
}

gchar *
vs_hls_write_iframes (const VsPresentation *self, const VsTrack *track)
{
  Writer writer = { NULL, self, track, track->iframe_playlist, TRUE };

  if (track->iframe_playlist == NULL || track->total_iframe_bytes == 0 ||
      track->segments->len == 0)
    return NULL;
  return write_playlist (&writer);
}
