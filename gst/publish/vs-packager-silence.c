/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A track that sends nothing, told from one that is late by how far the others
 * have come. No clock: media of a live pipeline comes at the clock's pace. */
#include "publish/vs-packager-private.h"

/* Where tracks wait for each other, this much is worth a warning. */
#define WORTH_A_WARNING (30 * NS_PER_S)

void
vs_packager_set_patience (VsPackager *self, gint64 patience)
{
  self->patience = patience;
}

/* The first that any track has; what has sent nothing at all is measured from
 * there. */
static gint64
find_origin (const VsPackager *self)
{
  gint64 origin = G_MAXINT64;

  if (self->boundaries->len > 0)
    return g_array_index (self->boundaries, gint64, 0);
  for (guint i = 0; i < self->tracks->len; i++) {
    const Track *track = self->tracks->pdata[i];

    if (track->samples->len > 0)
      origin = MIN (origin, g_array_index (track->samples, Sample, 0).pts_ns);
  }
  return origin;
}

void
vs_packager_mark_silent (VsPackager *self, guint heard)
{
  gint64 allowed = self->patience > 0 ? self->patience : WORTH_A_WARNING;
  gint64 origin = find_origin (self);
  Track *sender = self->tracks->pdata[heard];

  self->front = MAX (self->front, sender->newest);
  sender->heard_at = self->front;
  for (guint i = 0; i < self->tracks->len; i++) {
    Track *track = self->tracks->pdata[i];

    if (track->ended || track->silent ||
        self->front - allowed <= MAX (track->heard_at, origin))
      continue;
    track->warned = TRUE;
    track->silent = self->patience > 0;
    if (track->silent)
      vs_packager_take_back (track);
  }
}

gboolean
vs_packager_take_warning (VsPackager *self, guint *id)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    Track *track = self->tracks->pdata[i];

    if (track->warned && !track->told) {
      track->told = TRUE;
      *id = i;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
vs_packager_wake (Track *track, gboolean sync, gint64 pts_ns)
{
  gboolean passed = track->floor != G_MININT64;

  if (passed && (pts_ns < track->floor || !sync))
    return FALSE;
  track->silent = track->warned = track->told = FALSE;
  track->resuming = passed;
  return TRUE;
}
