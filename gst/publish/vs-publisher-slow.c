/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A store that is slower than the media, the whole rule.
 *
 * Bytes on their way to the store are bounded by `max_in_flight`. Where nothing
 * may be lost (VOD), or where the input can wait (a file published as an
 * event), who brings a segment waits for room. A live input cannot wait: at the
 * bound the group of the segment is dropped, and so is every other that comes
 * until half of the bound is free again. Not before, for a store a little too
 * slow would then take some tracks of each group, and no group would ever be
 * whole.
 *
 * What waits longer than the window lasts would be listed when it has left it,
 * so it is dropped too, and those behind it go on.
 *
 * A dropped group is a gap in all tracks, and the numbers go on. Its puts that
 * are under way are called back, so that they are not in the way of newer ones;
 * what they may have stored all the same is removed. */
#include "publish/vs-publisher-private.h"

#include "core/vs-error.h"

static guint64
us_of (guint64 ticks, guint timescale)
{
  return (guint64) ((unsigned __int128) ticks * G_USEC_PER_SEC / timescale);
}

void
vs_publisher_set_live (VsPublisher *self)
{
  g_mutex_lock (&self->lock);
  self->live = self->config.type != VS_PRESENTATION_VOD;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
vs_publisher_set_flushing (VsPublisher *self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
vs_publisher_note_newest_locked (VsPublisher *self, guint track, guint64 end)
{
  guint scale = ((PublisherTrack *) self->tracks->pdata[track])->timescale;

  if (scale > 0)
    self->newest_us = MAX (self->newest_us, us_of (end, scale));
}

static gboolean
is_room_locked (const VsPublisher *self, gsize size)
{
  return self->in_flight == 0 ||
         self->in_flight + size <= self->config.max_in_flight;
}

VsRoom
vs_publisher_reserve_locked (VsPublisher *self, VsGroup *group, gsize size)
{
  while (!self->live && !self->flushing && self->error == NULL &&
         !is_room_locked (self, size))
    g_cond_wait (&self->cond, &self->lock);
  if (self->flushing || self->error != NULL)
    return VS_ROOM_CLOSED;
  if (self->live && !self->dropping && !is_room_locked (self, size))
    self->dropping = self->tell_slow = TRUE;
  group->dropped |= self->dropping;
  if (group->dropped)
    return VS_ROOM_NONE;
  self->in_flight += size;
  self->stats.max_in_flight =
      MAX (self->stats.max_in_flight, (guint64) self->in_flight);
  return VS_ROOM_TAKEN;
}

void
vs_publisher_release_locked (VsPublisher *self, gsize size)
{
  self->in_flight -= size;
  if (self->in_flight <= self->config.max_in_flight / 2)
    self->dropping = FALSE;
}

/* TRUE: every track has given its part, and all of it ends before the window
 * begins. */
static gboolean
has_left_window_locked (const VsPublisher *self, const VsGroup *group)
{
  guint64 window_us = (guint64) self->config.window_us;

  for (guint i = 0; i < group->n_slots; i++) {
    const PublisherTrack *own = self->tracks->pdata[i];
    const VsSegment *segment = group->slots[i].segment;

    if (segment != NULL &&
        us_of (segment->start + segment->duration, MAX (own->timescale, 1)) +
                window_us >=
            self->newest_us)
      return FALSE;
    if (segment == NULL && !group->slots[i].absent && !own->ended)
      return FALSE;
  }
  return TRUE;
}

static gboolean
waits_for_store (const VsGroup *group)
{
  for (guint i = 0; i < group->n_slots; i++)
    if (group->slots[i].puts > 0)
      return TRUE;
  return FALSE;
}

void
vs_publisher_drop_late_locked (VsPublisher *self, VsGroup *group)
{
  if (!self->live || self->config.type != VS_PRESENTATION_LIVE ||
      self->config.window_us == 0 || group->dropped ||
      !waits_for_store (group) || !has_left_window_locked (self, group))
    return;
  group->dropped = TRUE;
  self->tell_slow |= !self->late;
  self->late = TRUE;
}

void
vs_publisher_note_unwanted_locked (VsPublisher *self, VsGroup *group)
{
  for (guint i = 0; i < group->n_slots; i++)
    if (group->slots[i].puts > 0 && group->slots[i].segment != NULL)
      g_ptr_array_add (self->unwanted, g_strdup (group->slots[i].segment->key));
}

void
vs_publisher_call_back (VsPublisher *self)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  g_mutex_lock (&self->lock);
  g_ptr_array_extend_and_steal (keys, g_steal_pointer (&self->unwanted));
  self->unwanted = g_ptr_array_new_with_free_func (g_free);
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < keys->len; i++)
    vs_store_call_back (self->store, keys->pdata[i]);
}

void
vs_publisher_warn_slow (VsPublisher *self)
{
  g_autoptr (GError) error = g_error_new_literal (VS_ERROR,
      VS_ERROR_UNAVAILABLE,
      "The store is slower than the stream: segments are dropped, as gaps, "
      "until it has caught up. Look at the store and the way to it, or lower "
      "the bit rates.");

  vs_publisher_warn (self, error);
}
