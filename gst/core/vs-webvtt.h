/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-webvtt: subtitles as WebVTT (W3C, https://www.w3.org/TR/webvtt1/), cut
 * into the segments of HLS (RFC 8216bis 3.5). Pure; text that comes in is
 * untrusted.
 *
 * Life of a cue: text of a source is made a payload … vs_cue_new () … it is
 * written into every segment that it is shown in, each time with its whole
 * timing … it is let go when a segment begins after its end. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  gint64 start_us, end_us; /* on the presentation's timeline; end > start */
  gchar *payload;          /* escaped: as it stands in the file */
} VsCue;

/* Takes @payload. A cue that is too short to be written lasts a
 * millisecond; NULL where @payload is NULL or says nothing. */
VsCue *vs_cue_new (gint64 start_us, gint64 end_us, gchar *payload);
void vs_cue_free (VsCue *cue);

/* The payload that shows @text (@length bytes, or -1) as it is. What is not
 * UTF-8 becomes U+FFFD; empty lines, which would end the cue, go. */
gchar *vs_webvtt_from_plain (const gchar *text, gssize length);

/* The payload of Pango markup or of SubRip's tags: <b>, <i> and <u> stay, and
 * are closed in order; all other tags go, their content stays. Entities are
 * understood; an ampersand that begins none is one. */
gchar *vs_webvtt_from_markup (const gchar *text, gssize length);

/* A segment of what @cues (VsCue) show from @start_us until @end_us, in the
 * order of their start; without any it still is a file. X-TIMESTAMP-MAP
 * counts from the beginning of @start_us's day of the timeline, so that no
 * number grows beyond 33 bits. */
gchar *vs_webvtt_write_segment (
    const GPtrArray *cues, gint64 start_us, gint64 end_us);

/* One file of all @cues, without X-TIMESTAMP-MAP. */
gchar *vs_webvtt_write_whole (const GPtrArray *cues);

G_END_DECLS
