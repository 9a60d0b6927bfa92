/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/vs-session-private.h"

#define NS_PER_MS G_GINT64_CONSTANT (1000000)
#define NS_PER_S G_GINT64_CONSTANT (1000000000)
#define MIN_PATIENCE (4 * NS_PER_S)

static void
session_track_free (gpointer data)
{
  SessionTrack *track = data;

  g_clear_pointer (&track->stream, vs_stream_free);
  vs_subtitles_free (track->subtitles);
  g_free (track->name);
  g_free (track);
}

VsSession *
vs_session_new (VsPublisher *publisher, const VsPublisherConfig *config,
    VsSessionEpoch get_epoch, VsSessionSilent on_silent, gpointer user_data)
{
  VsSession *self = g_new0 (VsSession, 1);
  gint64 target = config->segment_ms * NS_PER_MS;
  /* RFC 8216bis 4.4.3.1: EXTINF, rounded to the nearest integer, is at most
   * the target duration. */
  gint64 limit =
      vs_publisher_get_target_duration (publisher) * NS_PER_S + NS_PER_S / 2;

  g_mutex_init (&self->lock);
  self->publisher = publisher;
  self->type = config->type;
  self->discontinuity = config->discontinuity;
  self->newest_mark = G_MININT64;
  g_queue_init (&self->marks);
  self->get_epoch = get_epoch;
  self->on_silent = on_silent;
  self->user_data = user_data;
  self->patience = MAX (2 * target, MIN_PATIENCE);
  self->packager = vs_packager_new (target, MAX (limit, target) - 1);
  if (config->type == VS_PRESENTATION_VOD)
    vs_packager_set_from_zero (self->packager);
  self->tracks = g_ptr_array_new_with_free_func (session_track_free);
  self->spans = g_array_new (FALSE, FALSE, sizeof (SessionSpan));
  return self;
}

void
vs_session_free (VsSession *self)
{
  if (self == NULL)
    return;
  vs_publisher_free (self->publisher);
  vs_packager_free (self->packager);
  g_ptr_array_unref (self->tracks);
  g_queue_clear_full (&self->marks, vs_session_mark_free);
  g_array_unref (self->spans);
  g_mutex_clear (&self->lock);
  g_free (self);
}

guint
vs_session_add_track (VsSession *self, VsMedia media, const gchar *name)
{
  SessionTrack *track = g_new0 (SessionTrack, 1);
  g_autoptr (GPtrArray) none =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_cut_free);
  guint id;

  track->media = media;
  track->name = g_strdup (name);
  if (media == VS_MEDIA_TEXT)
    track->subtitles = vs_subtitles_new (self->type == VS_PRESENTATION_VOD);
  g_mutex_lock (&self->lock);
  id = vs_packager_add_track (self->packager, media);
  /* Its number is the same everywhere, and nobody waits for it. */
  if (media == VS_MEDIA_TEXT)
    vs_packager_end (self->packager, id, none);
  self->has_text |= media == VS_MEDIA_TEXT;
  g_ptr_array_add (self->tracks, track);
  vs_publisher_add_track (self->publisher, media, name);
  g_mutex_unlock (&self->lock);
  return id;
}

void
vs_session_remove_track (VsSession *self, guint track)
{
  g_autoptr (GPtrArray) cuts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_cut_free);

  g_mutex_lock (&self->lock);
  vs_packager_end (self->packager, track, cuts);
  vs_publisher_end_track (self->publisher, track, 0);
  ((SessionTrack *) self->tracks->pdata[track])->ended = TRUE;
  ((SessionTrack *) self->tracks->pdata[track])->closed = TRUE;
  g_mutex_unlock (&self->lock);
}

gboolean
vs_session_is_started (VsSession *self)
{
  gboolean started;

  g_mutex_lock (&self->lock);
  started = self->started;
  g_mutex_unlock (&self->lock);
  return started;
}

void
vs_session_set_stream (
    VsSession *self, guint track, const VsStream *stream, const gchar *label)
{
  g_mutex_lock (&self->lock);
  if (label != NULL)
    vs_publisher_set_label (self->publisher, track, label);
  vs_packager_set_stream (self->packager, track, stream);
  g_mutex_unlock (&self->lock);
}

void
vs_session_set_live (VsSession *self)
{
  if (self->type == VS_PRESENTATION_VOD)
    return;
  g_mutex_lock (&self->lock);
  self->live = TRUE;
  vs_publisher_set_live (self->publisher);
  vs_packager_set_patience (self->packager, self->patience);
  g_mutex_unlock (&self->lock);
}

static gboolean
deliver_stream (VsSession *self, VsCut *cut, GError **error)
{
  SessionTrack *track = self->tracks->pdata[cut->track];
  g_autoptr (GBytes) init =
      vs_mp4_init_segment (cut->stream, cut->track + 1, error);

  if (init == NULL)
    return FALSE;
  vs_publisher_set_stream (
      self->publisher, cut->track, cut->index, cut->stream, init);
  g_clear_pointer (&track->stream, vs_stream_free);
  track->stream = g_steal_pointer (&cut->stream);
  return TRUE;
}

static gboolean
deliver_segment (VsSession *self, VsCut *cut)
{
  const SessionTrack *track = self->tracks->pdata[cut->track];
  const VsMp4Sample *samples = (const VsMp4Sample *) cut->samples->data;
  VsMp4Layout layout;
  VsIFrame iframe = { 0 };
  GBytes *header = vs_mp4_segment_header (track->stream, cut->track + 1,
      (guint32) cut->index + 1, cut->base_time, samples, cut->samples->len,
      &layout);

  if (track->stream->media == VS_MEDIA_VIDEO && samples[0].sync) {
    iframe.offset = layout.moof_offset;
    iframe.size = layout.payload_offset - layout.moof_offset + samples[0].size;
  }
  g_ptr_array_insert (cut->payload, 0, header);
  return vs_publisher_put_segment (self->publisher, cut->track, cut->index,
      cut->start, cut->duration, iframe, (GBytes *const *) cut->payload->pdata,
      cut->payload->len);
}

/* TRUE in @last: the presentation is complete. */
static VsPush
deliver_locked (
    VsSession *self, GPtrArray *cuts, gboolean *last, GError **error)
{
  VsPush result = VS_PUSH_TAKEN;

  for (guint i = 0; i < cuts->len && result == VS_PUSH_TAKEN; i++) {
    VsCut *cut = cuts->pdata[i];
    SessionTrack *track = self->tracks->pdata[cut->track];

    if (cut->kind == VS_CUT_SEGMENT || cut->kind == VS_CUT_GAP)
      vs_session_note_span (self, cut, track->stream->timescale);
    switch (cut->kind) {
      case VS_CUT_STREAM:
        if (!deliver_stream (self, cut, error))
          result = VS_PUSH_ERROR;
        break;
      case VS_CUT_SEGMENT:
        if (!deliver_segment (self, cut))
          result = VS_PUSH_STOPPED;
        break;
      case VS_CUT_GAP:
        vs_publisher_put_gap (
            self->publisher, cut->track, cut->index, cut->start, cut->duration);
        break;
      case VS_CUT_SKIP:
        vs_publisher_skip (self->publisher, cut->track, cut->index);
        break;
      case VS_CUT_MARK:
        vs_session_deliver_mark_locked (self, cut);
        break;
      case VS_CUT_END:
      default:
        track->ended = TRUE;
        if (vs_publisher_end_track (self->publisher, cut->track, cut->index))
          *last = TRUE;
        break;
    }
  }
  if (result == VS_PUSH_TAKEN && !vs_session_write_text_locked (self, last))
    result = VS_PUSH_STOPPED;
  self->stopped |= result != VS_PUSH_TAKEN;
  return result;
}

static void
start_locked (VsSession *self)
{
  if (!self->started && self->type != VS_PRESENTATION_VOD)
    vs_packager_set_offset (
        self->packager, vs_publisher_set_epoch (self->publisher,
                            self->get_epoch (self->user_data)));
  self->started = TRUE;
}

/* Whose silence is new, one at a time; names last as long as the session. */
static void
tell_silence (VsSession *self)
{
  gboolean found;
  guint id;

  do {
    const gchar *name = NULL;
    gboolean live;

    g_mutex_lock (&self->lock);
    found = !self->stopped && vs_packager_take_warning (self->packager, &id);
    if (found)
      name = ((SessionTrack *) self->tracks->pdata[id])->name;
    live = self->live;
    g_mutex_unlock (&self->lock);
    if (found)
      self->on_silent (name, !live, self->user_data);
  } while (found);
}

VsPush
vs_session_push (VsSession *self, guint track, VsPacket *packet, GError **error)
{
  g_autoptr (GPtrArray) cuts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_cut_free);
  g_autoptr (GError) local_error = NULL;
  gboolean last = FALSE, taken;
  VsPush result;

  g_mutex_lock (&self->lock);
  if (self->stopped) { /* by another track: what it cut has not been taken */
    g_mutex_unlock (&self->lock);
    g_clear_pointer (&packet->data, g_bytes_unref);
    return VS_PUSH_STOPPED;
  }
  start_locked (self);
  taken = vs_packager_push (self->packager, track, packet, cuts, &local_error);
  result = deliver_locked (self, cuts, &last, &local_error);
  g_mutex_unlock (&self->lock);
  tell_silence (self);
  if (local_error != NULL) {
    g_propagate_error (error, g_steal_pointer (&local_error));
    return VS_PUSH_ERROR;
  }
  if (result == VS_PUSH_TAKEN && !taken)
    return VS_PUSH_DROPPED;
  return result;
}

void
vs_session_expect_key (
    VsSession *self, guint track, gint64 pts, gint64 dts, GError **error)
{
  g_autoptr (GPtrArray) cuts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_cut_free);
  gboolean last = FALSE; /* it cannot be: the track goes on */

  g_mutex_lock (&self->lock);
  if (!self->stopped) {
    vs_packager_expect_key (self->packager, track, pts, dts, cuts);
    (void) deliver_locked (self, cuts, &last, error);
  }
  g_mutex_unlock (&self->lock);
}

gboolean
vs_session_end (VsSession *self, guint track, GError **error)
{
  g_autoptr (GPtrArray) cuts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_cut_free);
  gboolean last = FALSE;
  VsPush result;

  g_mutex_lock (&self->lock);
  if (self->stopped) { /* flushing, or told by who was not taken */
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  if (((SessionTrack *) self->tracks->pdata[track])->media == VS_MEDIA_TEXT) {
    ((SessionTrack *) self->tracks->pdata[track])->ended = TRUE;
  } else {
    start_locked (self);
    vs_packager_end (self->packager, track, cuts);
  }
  result = deliver_locked (self, cuts, &last, error);
  g_mutex_unlock (&self->lock);
  if (result == VS_PUSH_ERROR)
    return FALSE;
  return !last || vs_publisher_finish (self->publisher, error);
}

void
vs_session_set_flushing (VsSession *self, gboolean flushing)
{
  vs_publisher_set_flushing (self->publisher, flushing);
}

void
vs_session_get_stats (VsSession *self, VsPublisherStats *stats)
{
  vs_publisher_get_stats (self->publisher, stats);
}
