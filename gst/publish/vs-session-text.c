/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text has no say in where segments are: one WebVTT file is written for each
 * segment of the media, and never waited for longer than is allowed, so that
 * text that is sparse, or never comes, holds nothing up. */
#include "publish/vs-session-private.h"

#include <string.h>

/* That of MPEGTS in X-TIMESTAMP-MAP. */
#define TEXT_TIMESCALE 90000

/* A file's text is waited for until the media is so much further; of what is
 * live nothing is waited for, and a late cue is in the next segment. */
#define PATIENCE_TICKS (30 * (guint64) TEXT_TIMESCALE)

/* What a player is told of text before it has been measured. */
#define USUAL_BITRATE 1000
#define USUAL_PEAK 4000

static guint64
rescale (guint64 ticks, guint timescale)
{
  return (guint64) ((unsigned __int128) ticks * TEXT_TIMESCALE / timescale);
}

/* The first that cuts a segment says when it is: a video track, if one is
 * there. Segments of text follow each other without a hole. */
void
vs_session_note_span (VsSession *self, const VsCut *cut, guint timescale)
{
  guint n = self->spans->len;
  SessionSpan span;

  if (!self->has_text || cut->index < n || timescale == 0)
    return;
  span.start = rescale (cut->start, timescale);
  span.end = rescale (cut->start + cut->duration, timescale);
  if (n > 0)
    span.start = g_array_index (self->spans, SessionSpan, n - 1).end;
  span.end = MAX (span.end, span.start + 1);
  while (self->spans->len <= cut->index) {
    g_array_append_val (self->spans, span);
    if (self->spans->len <= cut->index)
      g_array_index (self->spans, SessionSpan, self->spans->len - 1).end =
          ++span.start;
  }
}

static gint64
to_us (guint64 ticks)
{
  return (gint64) (ticks * (G_USEC_PER_SEC / 10000) / (TEXT_TIMESCALE / 10000));
}

static gboolean
has_media_ended (const VsSession *self)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    const SessionTrack *track = self->tracks->pdata[i];

    if (track->media != VS_MEDIA_TEXT && !track->ended)
      return FALSE;
  }
  return TRUE;
}

/* May the next segment of @track be written? */
static gboolean
is_due (const VsSession *self, const SessionTrack *track)
{
  const SessionSpan *span, *newest;

  if (track->next >= self->spans->len)
    return FALSE;
  span = &g_array_index (self->spans, SessionSpan, track->next);
  newest = &g_array_index (self->spans, SessionSpan, self->spans->len - 1);
  return track->ended || self->type != VS_PRESENTATION_VOD ||
         newest->end > span->end + PATIENCE_TICKS ||
         vs_subtitles_is_past (track->subtitles, to_us (span->end));
}

static gboolean
write_next (VsSession *self, guint id)
{
  SessionTrack *track = self->tracks->pdata[id];
  const SessionSpan *span =
      &g_array_index (self->spans, SessionSpan, track->next);
  guint64 index = track->next++;
  g_autoptr (GBytes) bytes = NULL;
  VsIFrame none = { 0 };
  gchar *text;

  if (track->stream == NULL) {
    vs_publisher_skip (self->publisher, id, index);
    return TRUE;
  }
  if (track->is_new)
    vs_publisher_set_stream (self->publisher, id, index, track->stream, NULL);
  track->is_new = FALSE;
  text = vs_subtitles_take (
      track->subtitles, to_us (span->start), to_us (span->end));
  bytes = g_bytes_new_take (text, strlen (text));
  return vs_publisher_put_segment (self->publisher, id, index, span->start,
      span->end - span->start, none, &bytes, 1);
}

/* After the last segment of the media. */
static void
close_text (VsSession *self, guint id, gboolean *last)
{
  SessionTrack *track = self->tracks->pdata[id];

  track->closed = TRUE;
  if (self->type == VS_PRESENTATION_VOD && track->stream != NULL) {
    gchar *text = vs_subtitles_write_whole (track->subtitles);
    g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));

    vs_publisher_put_whole (self->publisher, id, bytes);
  }
  if (vs_publisher_end_track (self->publisher, id, track->next))
    *last = TRUE;
}

gboolean
vs_session_write_text_locked (VsSession *self, gboolean *last)
{
  gboolean ended = self->has_text && has_media_ended (self);

  for (guint i = 0; self->has_text && i < self->tracks->len; i++) {
    SessionTrack *track = self->tracks->pdata[i];

    if (track->media != VS_MEDIA_TEXT || track->closed)
      continue;
    if (self->spans->len > 0)
      vs_subtitles_settle (
          track->subtitles, vs_packager_get_offset (self->packager));
    while (is_due (self, track))
      if (!write_next (self, i))
        return FALSE;
    if (ended && track->ended)
      close_text (self, i, last);
  }
  return TRUE;
}

void
vs_session_set_text (VsSession *self, guint id, const gchar *language,
    const gchar *label, gboolean is_default, gboolean is_forced)
{
  SessionTrack *track;
  VsStream *stream = vs_stream_new (VS_MEDIA_TEXT, VS_CODEC_NONE);

  stream->timescale = TEXT_TIMESCALE;
  stream->language = g_strdup (language);
  stream->bitrate = USUAL_BITRATE;
  stream->max_bitrate = USUAL_PEAK;
  g_mutex_lock (&self->lock);
  track = self->tracks->pdata[id];
  /* A language that is known so late is not worth a new period. */
  if (track->stream == NULL || track->is_new) {
    VsStream *earlier = track->stream;

    track->stream = stream;
    track->is_new = TRUE;
    stream = earlier;
  }
  if (label != NULL)
    vs_publisher_set_label (self->publisher, id, label);
  vs_publisher_set_text (self->publisher, id, is_default, is_forced);
  g_mutex_unlock (&self->lock);
  vs_stream_free (stream);
}

VsPush
vs_session_push_cue (
    VsSession *self, guint id, gint64 start_ns, gint64 end_ns, gchar *payload)
{
  gboolean taken, good, last = FALSE;
  SessionTrack *track;

  g_mutex_lock (&self->lock);
  track = self->tracks->pdata[id];
  taken = vs_subtitles_push (track->subtitles, start_ns, end_ns, payload);
  good = vs_session_write_text_locked (self, &last);
  g_mutex_unlock (&self->lock);
  if (!good)
    return VS_PUSH_STOPPED;
  return taken ? VS_PUSH_TAKEN : VS_PUSH_DROPPED;
}

gboolean
vs_session_advance_text (VsSession *self, guint id, gint64 ns)
{
  gboolean good, last = FALSE;
  SessionTrack *track;

  g_mutex_lock (&self->lock);
  track = self->tracks->pdata[id];
  vs_subtitles_advance (track->subtitles, ns);
  good = vs_session_write_text_locked (self, &last);
  g_mutex_unlock (&self->lock);
  return good;
}
