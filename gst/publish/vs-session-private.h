/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What vs-session.c (media) and vs-session-text.c (text) share. */
#pragma once

#include "publish/vs-session.h"
#include "publish/vs-subtitles.h"

G_BEGIN_DECLS

typedef struct {
  VsMedia media;
  VsStream *stream; /* as the publisher knows it; text: as it is to know it */
  gchar *name;
  gboolean ended; /* media: all is cut; text: nothing more comes */
  /* text alone */
  VsSubtitles *subtitles;
  gboolean is_new; /* the publisher does not know `stream` yet */
  gboolean closed;
  guint64 next; /* segment to be written */
} SessionTrack;

/* When a segment of the media is, in ticks of VS_TEXT_TIMESCALE. */
typedef struct {
  guint64 start, end;
} SessionSpan;

/* A cut of the programme that no segment begins at yet. */
typedef struct {
  gboolean discontinuity;
  VsAd *ad; /* or NULL */
} SessionMark;

struct _VsSession {
  VsPublisher *publisher;
  VsPresentationType type;
  VsDiscontinuityMode discontinuity;
  VsSessionEpoch get_epoch;
  VsSessionSilent on_silent;
  gpointer user_data;
  gint64 patience; /* ns, of a live input */

  GMutex lock;
  VsPackager *packager;
  GPtrArray *tracks;  /* SessionTrack */
  GQueue marks;       /* SessionMark */
  gint64 newest_mark; /* ns; G_MININT64: none yet */
  gboolean in_ad;     /* from it on */
  GArray *spans;      /* SessionSpan, by index; where there is text */
  gboolean started, live, has_text;
  gboolean stopped; /* a push was not taken: nobody is silent by choice */
};

/* A segment of the media, or a gap, has been cut. */
void vs_session_note_span (VsSession *self, const VsCut *cut, guint timescale);

/* What was marked is the start of a segment. */
void vs_session_deliver_mark_locked (VsSession *self, const VsCut *cut);
void vs_session_mark_free (gpointer mark);

/* Writes what text can be written; @last as in vs_session_end (). */
gboolean vs_session_write_text_locked (VsSession *self, gboolean *last);

G_END_DECLS
