/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a run goes on from what an earlier one left at the same place. */
#include "publish/vs-publisher-private.h"

#include "core/vs-error.h"

#define NS_PER_S G_GUINT64_CONSTANT (1000000000)

/* A run that was killed leaves objects that no state knows of. In the folders
 * of @earlier's tracks everything that is ours by its name and not in @keep
 * goes too. */
static void
add_orphans (VsPublisher *self, const VsPresentation *earlier, GHashTable *keep,
    GPtrArray *doomed)
{
  static const gchar *const suffixes[] = { ".m4s", ".mp4", ".ts", ".vtt",
    ".part" };

  for (guint i = 0; i < earlier->tracks->len; i++) {
    const VsTrack *track = earlier->tracks->pdata[i];
    g_autofree gchar *prefix = g_strconcat (track->name, "/", NULL);
    g_auto (GStrv) keys = vs_store_list (self->store, prefix, NULL);

    for (guint j = 0; keys != NULL && keys[j] != NULL; j++)
      for (guint k = 0; k < G_N_ELEMENTS (suffixes); k++)
        if (g_str_has_suffix (keys[j], suffixes[k]) &&
            !g_hash_table_contains (keep, keys[j]))
          g_ptr_array_add (doomed, g_strdup (keys[j]));
  }
}

/* The manifests first: nothing may name what is about to go. */
static void
remove_earlier (VsPublisher *self, const VsPresentation *earlier)
{
  g_autoptr (GHashTable) keys = vs_presentation_dup_keys (earlier);
  GPtrArray *doomed = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key;

  g_ptr_array_add (doomed, g_strdup (self->config.hls_name));
  g_ptr_array_add (doomed, g_strdup (self->config.dash_name));
  for (guint i = 0; i < earlier->tracks->len; i++) {
    const VsTrack *track = earlier->tracks->pdata[i];

    g_ptr_array_add (doomed, g_strdup (track->playlist));
    if (track->iframe_playlist != NULL)
      g_ptr_array_add (doomed, g_strdup (track->iframe_playlist));
  }
  g_hash_table_iter_init (&iter, keys);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (doomed, g_strdup (key));
  add_orphans (self, earlier, keys, doomed);
  g_ptr_array_add (doomed, g_strdup (VS_STATE_KEY));
  vs_publisher_remove_keys (self, doomed);
}

static gboolean
can_go_on (const VsPublisherConfig *config, const VsPresentation *earlier)
{
  return config->type != VS_PRESENTATION_VOD && config->type == earlier->type &&
         config->container == earlier->container;
}

static void
go_on (VsPublisher *self)
{
  g_autoptr (GHashTable) keys = vs_presentation_dup_keys (self->presentation);
  GPtrArray *orphans = g_ptr_array_new_with_free_func (g_free);

  self->presentation->ended = FALSE;
  self->presentation->period++;
  add_orphans (self, self->presentation, keys, orphans);
  vs_publisher_remove_keys (self, orphans);
}

/* A state that cannot be read is an error, not a reason to begin at 0 again:
 * players would see old numbers with new media. */
gboolean
vs_publisher_take_over (VsPublisher *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (VsPresentation) earlier = NULL;
  g_autoptr (GBytes) bytes =
      vs_store_get (self->store, VS_STATE_KEY, VS_STATE_MAX_SIZE, &local_error);
  g_autofree gchar *text = NULL;

  if (bytes == NULL) {
    if (g_error_matches (local_error, VS_ERROR, VS_ERROR_NOT_FOUND))
      return TRUE;
    g_propagate_error (error, g_steal_pointer (&local_error));
    return FALSE;
  }
  text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  earlier = vs_presentation_load (text, &local_error);
  if (earlier == NULL && self->config.type == VS_PRESENTATION_VOD)
    return TRUE;
  if (earlier == NULL) {
    g_propagate_prefixed_error (error, g_steal_pointer (&local_error),
        "The state of an earlier run (%s) cannot be read; remove it to begin "
        "anew: ",
        VS_STATE_KEY);
    return FALSE;
  }
  if (!can_go_on (&self->config, earlier)) {
    remove_earlier (self, earlier);
    return TRUE;
  }
  self->presentation = g_steal_pointer (&earlier);
  go_on (self);
  return TRUE;
}

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

guint
vs_publisher_get_target_duration (VsPublisher *self)
{
  guint seconds;

  g_mutex_lock (&self->lock);
  seconds = self->presentation->target_duration_s;
  g_mutex_unlock (&self->lock);
  return seconds;
}
