/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What text has that other tracks have not. */
#include "publish/vs-publisher-private.h"

void
vs_publisher_set_text (
    VsPublisher *self, guint track, gboolean is_default, gboolean is_forced)
{
  VsTrack *text;

  g_mutex_lock (&self->lock);
  while (self->composing)
    g_cond_wait (&self->cond, &self->lock);
  text = ((PublisherTrack *) self->tracks->pdata[track])->track;
  text->is_default = is_default;
  text->is_forced = is_forced;
  g_mutex_unlock (&self->lock);
}

static void
on_whole_put (const GError *error, gpointer user_data)
{
  VsPublisher *self = user_data;

  if (error != NULL)
    vs_publisher_fail (self, error);
  vs_publisher_unref_pending (self);
}

void
vs_publisher_put_whole (VsPublisher *self, guint track, GBytes *bytes)
{
  const VsTrack *text = ((PublisherTrack *) self->tracks->pdata[track])->track;

  if (text->whole == NULL || !self->config.dash)
    return;
  g_mutex_lock (&self->lock);
  self->pending++;
  g_mutex_unlock (&self->lock);
  vs_store_put (self->store, text->whole, &bytes, 1, NULL, on_whole_put, self);
}
