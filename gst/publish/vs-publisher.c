/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/vs-publisher-private.h"

#include <string.h>

#include <gio/gio.h>

#include "core/vs-error.h"

static void
group_free (VsGroup *group)
{
  for (guint i = 0; i < group->n_slots; i++) {
    g_clear_pointer (&group->slots[i].segment, vs_segment_free);
    g_clear_pointer (&group->slots[i].stream, vs_stream_free);
    g_free (group->slots[i].init_key);
  }
  vs_ad_free (group->ad);
  g_free (group->slots);
  g_free (group);
}

void
vs_publisher_unref_pending (VsPublisher *self)
{
  g_mutex_lock (&self->lock);
  self->pending--;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
vs_publisher_fail (VsPublisher *self, const GError *error)
{
  gboolean first;

  g_mutex_lock (&self->lock);
  first = self->error == NULL;
  if (first)
    self->error = g_error_copy (error);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  if (first && self->events.on_error != NULL)
    self->events.on_error (error, self->user_data);
}

void
vs_publisher_warn (VsPublisher *self, const GError *error)
{
  if (self->events.on_warning != NULL)
    self->events.on_warning (error, self->user_data);
}

VsPublisher *
vs_publisher_new (VsStore *store, const VsPublisherConfig *config,
    const VsPublisherEvents *events, gpointer user_data, gint64 now_us,
    GError **error)
{
  VsPublisher *self;

  if (!vs_store_lock (store, error)) {
    vs_store_free (store);
    return NULL;
  }
  self = g_new0 (VsPublisher, 1);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->groups);
  self->store = store;
  self->config = *config;
  self->config.hls_name = g_strdup (config->hls_name);
  self->config.dash_name = g_strdup (config->dash_name);
  if (self->config.max_in_flight == 0)
    self->config.max_in_flight = VS_PUBLISHER_MAX_IN_FLIGHT;
  self->events = *events;
  self->user_data = user_data;
  self->tracks = g_ptr_array_new_with_free_func (g_free);
  self->doomed = g_ptr_array_new_with_free_func (g_free);
  self->unnamed = g_ptr_array_new_with_free_func (g_free);
  self->unwanted = g_ptr_array_new_with_free_func (g_free);
  if (!vs_publisher_take_over (self, error)) {
    vs_publisher_free (self);
    return NULL;
  }
  if (self->presentation == NULL) {
    self->presentation = vs_presentation_new (
        config->type, config->container, config->segment_ms);
    self->presentation->next_sequence = config->start_number;
  }
  self->presentation->window_us = (guint64) config->window_us;
  self->presentation->keep_us = (guint64) config->keep_us;
  self->presentation->ad_markers = config->ad_markers;
  self->base_sequence = self->presentation->next_sequence;
  return self;
}

static void
wait_idle_locked (VsPublisher *self)
{
  while (self->pending > 0)
    g_cond_wait (&self->cond, &self->lock);
}

void
vs_publisher_free (VsPublisher *self)
{
  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  wait_idle_locked (self);
  g_mutex_unlock (&self->lock);
  vs_store_free (self->store);
  g_queue_clear_full (&self->groups, (GDestroyNotify) group_free);
  g_clear_pointer (&self->presentation, vs_presentation_free);
  g_ptr_array_unref (self->tracks);
  g_ptr_array_unref (self->doomed);
  g_ptr_array_unref (self->unnamed);
  g_ptr_array_unref (self->unwanted);
  g_clear_error (&self->error);
  g_clear_error (&self->round_error);
  g_free (self->multivariant);
  g_free (self->config.hls_name);
  g_free (self->config.dash_name);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

/* --- tracks and groups --- */

static void
lock_presentation (VsPublisher *self)
{
  g_mutex_lock (&self->lock);
  while (self->composing)
    g_cond_wait (&self->cond, &self->lock);
}

guint
vs_publisher_add_track (VsPublisher *self, VsMedia media, const gchar *name)
{
  PublisherTrack *own = g_new0 (PublisherTrack, 1);
  guint id;

  lock_presentation (self);
  for (guint i = 0; i < self->presentation->tracks->len; i++) {
    VsTrack *track = self->presentation->tracks->pdata[i];

    if (strcmp (track->name, name) == 0)
      own->track = track;
  }
  if (own->track == NULL)
    own->track =
        vs_presentation_add_track (self->presentation, media, name, NULL);
  id = self->tracks->len;
  g_ptr_array_add (self->tracks, own);
  g_mutex_unlock (&self->lock);
  return id;
}

void
vs_publisher_set_label (VsPublisher *self, guint track, const gchar *label)
{
  PublisherTrack *own;

  lock_presentation (self);
  own = self->tracks->pdata[track];
  g_free (own->track->label);
  own->track->label = g_strdup (label);
  g_mutex_unlock (&self->lock);
}

void
vs_publisher_set_muxed_audio (
    VsPublisher *self, guint track, const VsStream *stream)
{
  lock_presentation (self);
  vs_track_set_muxed_audio (
      ((PublisherTrack *) self->tracks->pdata[track])->track, stream);
  g_mutex_unlock (&self->lock);
}

VsGroup *
vs_publisher_ensure_group_locked (VsPublisher *self, guint64 index)
{
  VsGroup *group;

  if (index < self->next_index)
    return NULL;
  while (self->next_index + self->groups.length <= index) {
    group = g_new0 (VsGroup, 1);
    group->n_slots = self->tracks->len;
    group->slots = g_new0 (VsSlot, group->n_slots);
    g_queue_push_tail (&self->groups, group);
  }
  return g_queue_peek_nth (&self->groups, (guint) (index - self->next_index));
}

static VsSlot *
ensure_slot_locked (VsPublisher *self, guint track, guint64 index)
{
  return &vs_publisher_ensure_group_locked (self, index)->slots[track];
}

/* What is dropped waits for no segment, but for the init segments: those after
 * it need them. */
static gboolean
is_complete_locked (const VsPublisher *self, const VsGroup *group)
{
  for (guint i = 0; i < group->n_slots; i++) {
    const PublisherTrack *own = self->tracks->pdata[i];
    const VsSlot *slot = &group->slots[i];

    if (slot->inits > 0 || (slot->puts > 0 && !group->dropped))
      return FALSE;
    if (slot->segment == NULL && !slot->absent &&
        (!own->ended || own->end_index > self->next_index))
      return FALSE;
  }
  return TRUE;
}

/* A new stream in mid-run is a discontinuity of all tracks: HLS and DASH break
 * at the same object. */
static void
commit_streams_locked (VsPublisher *self, VsGroup *group)
{
  VsPresentation *presentation = self->presentation;
  gboolean changed = group->discontinuity && self->began;

  for (guint i = 0; i < group->n_slots; i++)
    changed |=
        group->slots[i].stream != NULL && self->began &&
        ((PublisherTrack *) self->tracks->pdata[i])->track->segments->len > 0;
  if (changed)
    presentation->period++;
  for (guint i = 0; i < group->n_slots; i++) {
    PublisherTrack *own = self->tracks->pdata[i];
    VsSlot *slot = &group->slots[i];

    if (slot->stream == NULL)
      continue;
    vs_track_set_stream (own->track, slot->stream);
    if (slot->init_key != NULL)
      vs_track_add_init (own->track, presentation->period, slot->init_key);
  }
}

static gint64
date_of (
    const VsPresentation *presentation, const VsTrack *track, guint64 start)
{
  if (presentation->epoch_us == 0)
    return 0;
  return presentation->epoch_us +
         (gint64) ((unsigned __int128) start * G_USEC_PER_SEC /
                   track->stream->timescale);
}

static void
commit_group_locked (VsPublisher *self, VsGroup *group)
{
  VsPresentation *presentation = self->presentation;

  if (!self->began)
    vs_publisher_drop_stale_locked (self);
  commit_streams_locked (self, group);
  if (group->dropped)
    vs_publisher_note_unwanted_locked (self, group);
  vs_publisher_commit_mark_locked (
      self, group, self->base_sequence + self->next_index);
  for (guint i = 0; i < group->n_slots; i++) {
    PublisherTrack *own = self->tracks->pdata[i];
    VsSegment *segment = g_steal_pointer (&group->slots[i].segment);

    if (segment == NULL)
      continue;
    if (group->dropped && group->slots[i].stored)
      g_ptr_array_add (self->unnamed, g_strdup (segment->key));
    self->stats.dropped += group->dropped && !segment->gap ? 1 : 0;
    segment->gap |= group->dropped;
    segment->sequence = self->base_sequence + self->next_index;
    segment->period = presentation->period;
    segment->date_us = date_of (presentation, own->track, segment->start);
    self->stats.gaps += segment->gap ? 1 : 0;
    if (!vs_track_append (own->track, segment))
      self->too_long = TRUE;
  }
  self->began = TRUE;
  self->next_index++;
  presentation->next_sequence = self->base_sequence + self->next_index;
  presentation->changed_us = g_get_real_time ();
  self->dirty = TRUE;
}

/* The target duration cannot change any more; players may buffer too little. */
static void
warn_too_long (VsPublisher *self)
{
  g_autoptr (GError) error = g_error_new (VS_ERROR, VS_ERROR_BAD_DATA,
      "A segment is longer than EXT-X-TARGETDURATION, %u s: key frames come "
      "too seldom for a segment duration of %u ms.",
      self->presentation->target_duration_s, self->config.segment_ms);

  vs_publisher_warn (self, error);
}

void
vs_publisher_commit (VsPublisher *self)
{
  gboolean warn, slow;

  g_mutex_lock (&self->lock);
  while (self->error == NULL && !self->composing &&
         !g_queue_is_empty (&self->groups)) {
    VsGroup *group = g_queue_peek_head (&self->groups);

    vs_publisher_drop_late_locked (self, group);
    if (!is_complete_locked (self, group))
      break;
    g_queue_pop_head (&self->groups);
    commit_group_locked (self, group);
    self->late &= group->dropped;
    group_free (group);
  }
  slow = self->tell_slow;
  self->tell_slow = FALSE;
  warn = self->too_long && !self->warned_too_long;
  self->warned_too_long |= warn;
  g_mutex_unlock (&self->lock);
  if (warn)
    warn_too_long (self);
  if (slow)
    vs_publisher_warn_slow (self);
  vs_publisher_call_back (self);
  vs_publisher_start_round (self);
}

static gboolean
is_called_back (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* The show goes on without a segment that could not be stored. What has been
 * dropped meanwhile goes: nothing has named it. */
static void
settle_put (VsPublisher *self, const ObjectPut *put, const GError *error)
{
  VsGroup *group;

  g_mutex_lock (&self->lock);
  group = vs_publisher_ensure_group_locked (self, put->index);
  vs_publisher_release_locked (self, put->size);
  if (group == NULL && (error == NULL || is_called_back (error))) {
    g_ptr_array_add (self->unnamed, g_strdup (put->key));
  } else if (group != NULL && put->init) {
    group->slots[put->track].inits--;
  } else if (group != NULL) {
    VsSlot *slot = &group->slots[put->track];

    slot->puts--;
    slot->stored = error == NULL;
    slot->segment->gap |= error != NULL;
  }
  if (error == NULL && !put->init) {
    self->stats.objects++;
    self->stats.bytes += put->size;
  }
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* The group may be dropped, committed and gone meanwhile. */
static void
tell_object (VsPublisher *self, const ObjectPut *put)
{
  const VsTrack *track =
      ((PublisherTrack *) self->tracks->pdata[put->track])->track;
  VsSegment segment = { 0 };
  const VsGroup *group;
  gboolean wanted;

  g_mutex_lock (&self->lock);
  group = vs_publisher_ensure_group_locked (self, put->index);
  wanted = group != NULL && !group->dropped;
  if (wanted)
    segment = *group->slots[put->track].segment;
  g_mutex_unlock (&self->lock);
  segment.key = put->key;
  if (wanted)
    self->events.on_object (track, &segment, self->user_data);
}

static void
on_object_put (const GError *error, gpointer user_data)
{
  ObjectPut *put = user_data;
  VsPublisher *self = put->publisher;

  if (error != NULL && (put->init || self->config.type == VS_PRESENTATION_VOD))
    vs_publisher_fail (self, error);
  else if (error != NULL && !is_called_back (error))
    vs_publisher_warn (self, error);
  else if (error == NULL && !put->init && self->events.on_object != NULL)
    tell_object (self, put);
  settle_put (self, put, error);
  g_free (put->key);
  g_free (put);
  vs_publisher_commit (self);
  vs_publisher_unref_pending (self);
}

static void
put_object (VsPublisher *self, guint track, guint64 index, gboolean init,
    const gchar *key, GBytes *const *chunks, guint n_chunks, gsize size)
{
  ObjectPut *put = g_new0 (ObjectPut, 1);

  put->publisher = self;
  put->track = track;
  put->index = index;
  put->size = size;
  put->init = init;
  put->key = g_strdup (key);
  vs_store_put (self->store, key, chunks, n_chunks, NULL, on_object_put, put);
}

void
vs_publisher_set_stream (VsPublisher *self, guint track, guint64 index,
    const VsStream *stream, GBytes *init)
{
  g_autofree gchar *key = NULL;
  VsSlot *slot;

  g_mutex_lock (&self->lock);
  ((PublisherTrack *) self->tracks->pdata[track])->timescale =
      stream->timescale;
  slot = ensure_slot_locked (self, track, index);
  g_clear_pointer (&slot->stream, vs_stream_free);
  slot->stream = vs_stream_copy (stream);
  if (init != NULL) {
    const PublisherTrack *own = self->tracks->pdata[track];

    key = g_strdup_printf ("%s/init_%" G_GUINT64_FORMAT ".mp4",
        own->track->name, self->base_sequence + index);
    g_free (slot->init_key);
    slot->init_key = g_strdup (key);
    slot->inits++;
    self->pending++;
  }
  g_mutex_unlock (&self->lock);
  if (key != NULL)
    put_object (self, track, index, TRUE, key, &init, 1, 0);
}

/* By its start, which DASH's $Time$ is; a later run puts its first number
 * before it, for ticks of another timescale could give a name again. */
static gchar *
dup_segment_key (
    const VsPublisher *self, const VsTrack *track, guint64 index, guint64 start)
{
  const gchar *suffix = track->media == VS_MEDIA_TEXT ? ".vtt" : ".m4s";

  if (self->config.container == VS_CONTAINER_TS)
    return g_strdup_printf ("%s/%05" G_GUINT64_FORMAT ".ts", track->name,
        self->base_sequence + index);
  if (self->base_sequence == self->config.start_number)
    return g_strdup_printf (
        "%s/%" G_GUINT64_FORMAT "%s", track->name, start, suffix);
  return g_strdup_printf ("%s/%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "%s",
      track->name, self->base_sequence, start, suffix);
}

gboolean
vs_publisher_put_segment (VsPublisher *self, guint track, guint64 index,
    guint64 start, guint64 duration, VsIFrame iframe, GBytes *const *chunks,
    guint n_chunks)
{
  g_autofree gchar *key = NULL;
  const PublisherTrack *own;
  VsSegment *segment;
  VsGroup *group;
  VsRoom room;
  gsize size = 0;

  for (guint i = 0; i < n_chunks; i++)
    size += g_bytes_get_size (chunks[i]);
  g_mutex_lock (&self->lock);
  group = vs_publisher_ensure_group_locked (self, index);
  room = vs_publisher_reserve_locked (self, group, size);
  if (room == VS_ROOM_CLOSED) {
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  own = self->tracks->pdata[track];
  segment = g_new0 (VsSegment, 1);
  segment->sequence = self->base_sequence + index;
  segment->timescale = own->timescale;
  segment->start = start;
  segment->duration = duration;
  segment->size = size;
  segment->iframe = iframe;
  segment->key = dup_segment_key (self, own->track, index, start);
  group->slots[track].segment = segment;
  vs_publisher_note_newest_locked (self, track, start + duration);
  if (room == VS_ROOM_TAKEN) {
    key = g_strdup (segment->key);
    group->slots[track].puts++;
    self->pending++;
  }
  g_mutex_unlock (&self->lock);
  if (key != NULL)
    put_object (self, track, index, FALSE, key, chunks, n_chunks, size);
  vs_publisher_commit (self); /* others may have become too old */
  return TRUE;
}

void
vs_publisher_put_gap (VsPublisher *self, guint track, guint64 index,
    guint64 start, guint64 duration)
{
  VsSegment *segment = g_new0 (VsSegment, 1);

  segment->start = start;
  segment->duration = duration;
  segment->gap = TRUE;
  g_mutex_lock (&self->lock);
  segment->key = dup_segment_key (self,
      ((PublisherTrack *) self->tracks->pdata[track])->track, index, start);
  ensure_slot_locked (self, track, index)->segment = segment;
  vs_publisher_note_newest_locked (self, track, start + duration);
  g_mutex_unlock (&self->lock);
  vs_publisher_commit (self);
}

void
vs_publisher_skip (VsPublisher *self, guint track, guint64 index)
{
  g_mutex_lock (&self->lock);
  ensure_slot_locked (self, track, index)->absent = TRUE;
  g_mutex_unlock (&self->lock);
  vs_publisher_commit (self);
}

gboolean
vs_publisher_end_track (VsPublisher *self, guint track, guint64 index)
{
  gboolean last = TRUE;
  PublisherTrack *own;

  g_mutex_lock (&self->lock);
  own = self->tracks->pdata[track];
  own->ended = TRUE;
  own->end_index = index;
  for (guint i = 0; i < self->tracks->len; i++)
    last &= ((PublisherTrack *) self->tracks->pdata[i])->ended;
  g_mutex_unlock (&self->lock);
  vs_publisher_commit (self);
  return last;
}

gboolean
vs_publisher_finish (VsPublisher *self, GError **error)
{
  gboolean good;

  g_mutex_lock (&self->lock);
  wait_idle_locked (self);
  good = self->error == NULL && !self->flushing;
  g_mutex_unlock (&self->lock);
  if (good && !vs_store_flush (self->store, error))
    return FALSE;
  if (good) {
    g_mutex_lock (&self->lock);
    self->presentation->ended = TRUE;
    self->presentation->changed_us = g_get_real_time ();
    self->dirty = TRUE;
    g_mutex_unlock (&self->lock);
    vs_publisher_start_round (self);
    g_mutex_lock (&self->lock);
    wait_idle_locked (self);
    if (self->error == NULL && self->round_error != NULL)
      self->error = g_error_copy (self->round_error);
    g_mutex_unlock (&self->lock);
  }
  if (self->error != NULL && error != NULL && *error == NULL)
    *error = g_error_copy (self->error);
  return good && self->error == NULL && vs_store_flush (self->store, error);
}

void
vs_publisher_get_stats (VsPublisher *self, VsPublisherStats *stats)
{
  g_mutex_lock (&self->lock);
  *stats = self->stats;
  stats->in_flight = self->in_flight;
  g_mutex_unlock (&self->lock);
}
