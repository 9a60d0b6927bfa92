/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/vs-subtitles.h"

#include <string.h>

#include "core/vs-webvtt.h"

#define NS_PER_US 1000
/* A cue of which nobody says how long it is shown. */
#define OPEN_US (4 * G_USEC_PER_SEC)
/* More than the text of any film; what comes beyond it is dropped. */
#define MAX_BYTES (32 * 1024 * 1024)
#define CUE_BYTES (sizeof (VsCue) + sizeof (gpointer))

struct _VsSubtitles {
  gboolean keep, settled;
  GPtrArray *cues; /* VsCue; before it is settled in times of the run */
  VsCue *open;     /* whose end is the next one's start, or NULL */
  gsize bytes;
  gint64 offset_us;
  gint64 position_us; /* of the run; G_MAXINT64: ended */
  gint64 taken_us;    /* end of the last segment */
};

VsSubtitles *
vs_subtitles_new (gboolean keep)
{
  VsSubtitles *self = g_new0 (VsSubtitles, 1);

  self->keep = keep;
  self->cues = g_ptr_array_new_with_free_func ((GDestroyNotify) vs_cue_free);
  self->position_us = G_MININT64;
  return self;
}

void
vs_subtitles_free (VsSubtitles *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->cues);
  g_free (self);
}

static gsize
size_of (const VsCue *cue)
{
  return CUE_BYTES + strlen (cue->payload) + 1;
}

gboolean
vs_subtitles_push (
    VsSubtitles *self, gint64 start_ns, gint64 end_ns, gchar *payload)
{
  gint64 start_us = start_ns / NS_PER_US + self->offset_us;
  gint64 end_us = end_ns / NS_PER_US + self->offset_us;
  gboolean open = end_ns < start_ns;
  VsCue *cue;

  vs_subtitles_advance (self, start_ns);
  if (self->open != NULL && self->open->end_us > start_us)
    self->open->end_us = MAX (start_us, self->open->start_us + 1);
  self->open = NULL;
  if (open)
    end_us = start_us + OPEN_US;
  cue = vs_cue_new (0, 0, payload);
  if (cue == NULL)
    return FALSE;
  cue->start_us = start_us;
  cue->end_us = MAX (end_us, start_us + NS_PER_US);
  if ((cue->end_us <= self->taken_us && self->settled && !self->keep) ||
      self->bytes + size_of (cue) > MAX_BYTES) {
    vs_cue_free (cue);
    return FALSE;
  }
  self->bytes += size_of (cue);
  g_ptr_array_add (self->cues, cue);
  self->open = open ? cue : NULL;
  return TRUE;
}

void
vs_subtitles_advance (VsSubtitles *self, gint64 ns)
{
  gint64 us = ns == G_MAXINT64 ? ns : ns / NS_PER_US;

  self->position_us = MAX (self->position_us, us);
}

/* What ends before the presentation begins is never seen. */
void
vs_subtitles_settle (VsSubtitles *self, gint64 offset_ns)
{
  if (self->settled)
    return;
  self->settled = TRUE;
  self->offset_us = offset_ns / NS_PER_US;
  for (guint i = 0; i < self->cues->len; i++) {
    VsCue *cue = self->cues->pdata[i];

    cue->start_us += self->offset_us;
    cue->end_us += self->offset_us;
  }
}

gboolean
vs_subtitles_is_past (const VsSubtitles *self, gint64 end_us)
{
  return self->position_us == G_MAXINT64 ||
         (self->settled && self->position_us != G_MININT64 &&
             self->position_us + self->offset_us >= end_us);
}

/* Lets go of what ends before @us, and of what could not be written: a cue
 * that begins before the presentation begins with it. */
static void
forget_before (VsSubtitles *self, gint64 us)
{
  for (guint i = self->cues->len; i > 0; i--) {
    VsCue *cue = self->cues->pdata[i - 1];

    cue->start_us = MAX (cue->start_us, 0);
    if (cue->end_us > us)
      continue;
    self->bytes -= size_of (cue);
    if (cue == self->open)
      self->open = NULL;
    g_ptr_array_remove_index (self->cues, i - 1);
  }
}

gchar *
vs_subtitles_take (VsSubtitles *self, gint64 start_us, gint64 end_us)
{
  gchar *text;

  forget_before (self, self->keep ? 0 : start_us);
  text = vs_webvtt_write_segment (self->cues, start_us, end_us);
  self->taken_us = end_us;
  return text;
}

gchar *
vs_subtitles_write_whole (const VsSubtitles *self)
{
  return vs_webvtt_write_whole (self->cues);
}
