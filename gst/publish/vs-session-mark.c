/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Cuts of the programme, from the track that tells of one first to the segment
 * that begins there. */
#include "publish/vs-session-private.h"

void
vs_session_mark_free (gpointer data)
{
  SessionMark *mark = data;

  vs_ad_free (mark->ad);
  g_free (mark);
}

void
vs_session_mark (VsSession *self, gint64 ns, VsSessionMark kind, const VsAd *ad)
{
  gboolean discontinuity =
      self->discontinuity == VS_DISCONTINUITY_ITEM ||
      (self->discontinuity == VS_DISCONTINUITY_CUT && kind == VS_SESSION_CUT);
  gboolean known, first;

  g_mutex_lock (&self->lock);
  known = ns <= self->newest_mark;
  /* an earlier run may have been killed in a break */
  first = self->newest_mark == G_MININT64;
  self->newest_mark = MAX (ns, self->newest_mark);
  if (!known && (discontinuity || first || ad != NULL || self->in_ad)) {
    SessionMark *mark = g_new0 (SessionMark, 1);

    mark->discontinuity = discontinuity;
    mark->ad = vs_ad_copy (ad);
    g_queue_push_tail (&self->marks, mark);
    vs_packager_cut_at (self->packager, ns);
  }
  if (!known)
    self->in_ad = ad != NULL;
  g_mutex_unlock (&self->lock);
}

void
vs_session_deliver_mark_locked (VsSession *self, const VsCut *cut)
{
  for (guint i = 0; i < cut->marks; i++) {
    SessionMark *mark = g_queue_pop_head (&self->marks);

    vs_publisher_mark (
        self->publisher, cut->index, cut->at_ns, mark->discontinuity, mark->ad);
    vs_session_mark_free (mark);
  }
}
