/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Cuts of the programme: they wait with the group that begins there. */
#include "publish/vs-publisher-private.h"

void
vs_publisher_mark (VsPublisher *self, guint64 index, gint64 at_ns,
    gboolean discontinuity, const VsAd *ad)
{
  VsGroup *group;

  g_mutex_lock (&self->lock);
  group = vs_publisher_ensure_group_locked (self, index);
  if (group != NULL) {
    group->discontinuity |= discontinuity;
    group->marked = TRUE;
    group->marked_us = (guint64) MAX (at_ns, 0) / 1000;
    vs_ad_free (group->ad);
    group->ad = vs_ad_copy (ad);
  }
  g_mutex_unlock (&self->lock);
}

void
vs_publisher_commit_mark_locked (
    VsPublisher *self, const VsGroup *group, guint64 sequence)
{
  if (group->marked)
    vs_presentation_set_ad (
        self->presentation, group->ad, group->marked_us, sequence);
}
