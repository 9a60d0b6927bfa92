/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a run goes on from what an earlier one left at the same place. */
#include "publish/vs-publisher-private.h"

#include "core/vs-error.h"

#define NS_PER_S G_GUINT64_CONSTANT (1000000000)

/* Tracks of an earlier run that this one does not have are no longer listed;
 * their objects go after the first round. */
void
vs_publisher_drop_stale_locked (VsPublisher *self)
{
  GPtrArray *all = self->presentation->tracks;

  for (guint i = 0; i < all->len; i++) {
    VsTrack *track = all->pdata[i];
    gboolean ours = FALSE;

    for (guint j = 0; j < self->tracks->len; j++)
      ours |= ((PublisherTrack *) self->tracks->pdata[j])->track == track;
    if (ours || track->stream == NULL)
      continue;
    for (guint j = 0; j < track->segments->len; j++)
      g_ptr_array_add (self->doomed,
          g_strdup (((VsSegment *) track->segments->pdata[j])->key));
    for (guint j = 0; j < track->inits->len; j++)
      g_ptr_array_add (
          self->doomed, g_strdup (((VsInit *) track->inits->pdata[j])->key));
    g_ptr_array_add (self->doomed, g_strdup (track->playlist));
    if (track->iframe_playlist != NULL)
      g_ptr_array_add (self->doomed, g_strdup (track->iframe_playlist));
    g_ptr_array_set_size (track->segments, 0);
    g_ptr_array_set_size (track->inits, 0);
    g_clear_pointer (&track->stream, vs_stream_free);
  }
}

/* Where the newest segment ends, ns on the timeline. */
static guint64
timeline_end_locked (const VsPublisher *self)
{
  guint64 end = 0;

  for (guint i = 0; i < self->presentation->tracks->len; i++) {
    const VsTrack *track = self->presentation->tracks->pdata[i];
    const VsSegment *last;

    if (track->segments->len == 0 || track->stream == NULL)
      continue;
    last = track->segments->pdata[track->segments->len - 1];
    end = MAX (
        end, (guint64) ((unsigned __int128) (last->start + last->duration) *
                        NS_PER_S / track->stream->timescale));
  }
  return end;
}

gint64
vs_publisher_set_epoch (VsPublisher *self, gint64 epoch_us)
{
  gint64 offset = 0;

  g_mutex_lock (&self->lock);
  if (self->presentation->epoch_us == 0) {
    self->presentation->epoch_us = epoch_us;
  } else {
    /* A clock that was set back must not make media overlap. */
    offset = (epoch_us - self->presentation->epoch_us) * 1000;
    offset = MAX (offset, (gint64) timeline_end_locked (self));
  }
  g_mutex_unlock (&self->lock);
  return offset;
}
