/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-presentation.h"

#include "core/vs-ad-break.h"
#include "core/vs-bandwidth.h"
#include "core/vs-presentation-private.h"
#include "core/vs-text.h"

#include <string.h>

/* RFC 8216bis 6.2.2: a live playlist is never shorter than three target
 * durations. */
#define MINIMUM_LISTED 3

/* A track this many numbers behind the newest is not waited for. */
#define BEHIND 2

/* More numbers missing in one track than this are a fault of the caller. */
#define MAX_MISSING 10000

/* How much longer than asked a segment may come out: a frame of 12.5 fps, an
 * AAC frame of 8 kHz and rounding together stay below it. */
#define TARGET_MARGIN_MS 250

void
vs_segment_free (VsSegment *segment)
{
  if (segment == NULL)
    return;
  g_free (segment->key);
  g_free (segment);
}

void
vs_retired_free (VsRetired *retired)
{
  if (retired == NULL)
    return;
  g_free (retired->key);
  g_free (retired);
}

void
vs_init_free (VsInit *init)
{
  if (init == NULL)
    return;
  g_free (init->key);
  vs_stream_free (init->stream);
  g_free (init);
}

static void
free_track (gpointer data)
{
  VsTrack *track = data;

  g_free (track->name);
  g_free (track->label);
  vs_stream_free (track->stream);
  vs_stream_free (track->muxed_audio);
  g_free (track->playlist);
  g_free (track->iframe_playlist);
  g_free (track->whole);
  g_ptr_array_unref (track->inits);
  g_ptr_array_unref (track->segments);
  g_free (track);
}

VsPresentation *
vs_presentation_new (
    VsPresentationType type, VsContainer container, guint target_duration_ms)
{
  VsPresentation *self = g_new0 (VsPresentation, 1);
  guint floor_ms = MAX (target_duration_ms, 1000) - TARGET_MARGIN_MS;

  self->type = type;
  self->container = container;
  self->target_duration_ms = target_duration_ms;
  self->target_duration_s = (floor_ms + 999) / 1000;
  self->tracks = g_ptr_array_new_with_free_func (free_track);
  self->retired =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_retired_free);
  self->periods = g_array_new (FALSE, FALSE, sizeof (VsPeriod));
  self->breaks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_ad_break_free);
  self->ad_markers = VS_AD_MARKERS_DEFAULT;

  return self;
}

void
vs_presentation_free (VsPresentation *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->tracks);
  g_ptr_array_unref (self->retired);
  g_array_unref (self->periods);
  g_ptr_array_unref (self->breaks);
  g_free (self->timing_url);
  g_free (self);
}

static gboolean
has_track_of (const VsPresentation *self, VsMedia media)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    const VsTrack *track = g_ptr_array_index (self->tracks, i);

    if (track->media == media)
      return TRUE;
  }
  return FALSE;
}

VsTrack *
vs_presentation_add_track (VsPresentation *self, VsMedia media,
    const gchar *name, const VsStream *stream)
{
  VsTrack *track = g_new0 (VsTrack, 1);

  track->presentation = self;
  track->id = self->tracks->len;
  track->media = media;
  track->name = g_strdup (name);
  track->is_default = media != VS_MEDIA_TEXT && !has_track_of (self, media);
  track->playlist = g_strconcat (name, "/playlist.m3u8", NULL);
  if (media == VS_MEDIA_VIDEO && self->container == VS_CONTAINER_CMAF)
    track->iframe_playlist = g_strconcat (name, "/iframes.m3u8", NULL);
  if (media == VS_MEDIA_TEXT && self->type == VS_PRESENTATION_VOD)
    track->whole = g_strconcat (name, "/all.vtt", NULL);
  track->inits = g_ptr_array_new_with_free_func ((GDestroyNotify) vs_init_free);
  track->segments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_segment_free);
  vs_track_set_stream (track, stream);
  g_ptr_array_add (self->tracks, track);

  return track;
}

void
vs_track_set_stream (VsTrack *track, const VsStream *stream)
{
  VsStream *copy = stream != NULL ? vs_stream_copy (stream) : NULL;

  vs_stream_free (track->stream);
  track->stream = copy;
}

void
vs_track_set_muxed_audio (VsTrack *track, const VsStream *stream)
{
  VsStream *copy = stream != NULL ? vs_stream_copy (stream) : NULL;

  vs_stream_free (track->muxed_audio);
  track->muxed_audio = copy;
}

void
vs_track_add_init (VsTrack *track, guint64 period, const gchar *key)
{
  VsInit *init = NULL;

  if (track->inits->len > 0) {
    VsInit *last = g_ptr_array_index (track->inits, track->inits->len - 1);

    g_return_if_fail (period >= last->period);
    if (last->period == period)
      init = last;
  }

  if (init == NULL) {
    init = g_new0 (VsInit, 1);
    init->period = period;
    g_ptr_array_add (track->inits, init);
  }
  g_free (init->key);
  init->key = g_strdup (key);
  vs_stream_free (init->stream);
  init->stream = track->stream != NULL ? vs_stream_copy (track->stream) : NULL;
}

const VsInit *
vs_track_init_of (const VsTrack *track, const VsSegment *segment)
{
  for (guint i = track->inits->len; i > 0; i--) {
    const VsInit *init = g_ptr_array_index (track->inits, i - 1);

    if (init->period <= segment->period)
      return init;
  }
  return NULL;
}

static const VsSegment *
first_segment (const VsTrack *track)
{
  return track->segments->len == 0 ? NULL
                                   : g_ptr_array_index (track->segments, 0);
}

static const VsSegment *
last_segment (const VsTrack *track)
{
  return track->segments->len == 0
             ? NULL
             : g_ptr_array_index (track->segments, track->segments->len - 1);
}

static guint64
duration_us (const VsSegment *segment)
{
  return vs_text_ticks_to_us (segment->duration, segment->timescale);
}

static guint64
start_us (const VsSegment *segment)
{
  return vs_text_ticks_to_us (segment->start, segment->timescale);
}

static guint64
end_us (const VsSegment *segment)
{
  return vs_text_ticks_to_us (
      segment->start + segment->duration, segment->timescale);
}

/* RFC 8216bis 4.4.3.1: EXTINF, rounded to the nearest whole number, is at
 * most the target duration, and that never changes. */
static gboolean
keep_target (VsTrack *track, const VsSegment *segment)
{
  VsPresentation *self = track->presentation;
  guint64 rounded =
      (duration_us (segment) + G_USEC_PER_SEC / 2) / G_USEC_PER_SEC;

  if (rounded <= self->target_duration_s)
    return TRUE;
  if (self->type != VS_PRESENTATION_VOD || rounded > G_MAXUINT)
    return FALSE;
  self->target_duration_s = (guint) rounded;
  return TRUE;
}

static void
list_segment (VsTrack *track, VsSegment *segment)
{
  const gchar *suffix =
      track->presentation->container == VS_CONTAINER_TS ? ".ts" : ".m4s";

  if (segment->key == NULL)
    segment->key = g_strdup_printf ("%s/%" G_GUINT64_FORMAT "%s", track->name,
        segment->start, track->media == VS_MEDIA_TEXT ? ".vtt" : suffix);
  g_ptr_array_add (track->segments, segment);
}

/* The segment that another track has under @sequence. */
static const VsSegment *
find_sibling (const VsTrack *track, guint64 sequence)
{
  const GPtrArray *tracks = track->presentation->tracks;

  for (guint i = 0; i < tracks->len; i++) {
    const VsTrack *other = g_ptr_array_index (tracks, i);
    const VsSegment *first = first_segment (other);

    if (first != NULL && sequence >= first->sequence &&
        sequence - first->sequence < other->segments->len)
      return g_ptr_array_index (
          other->segments, (guint) (sequence - first->sequence));
  }
  return NULL;
}

/* A gap for a number that @track was not there for, where its siblings have
 * theirs. Without a sibling it was before all that is listed: of no length. */
static void
append_missing (VsTrack *track, const VsSegment *next)
{
  const VsSegment *last = last_segment (track);
  const VsSegment *sibling = find_sibling (track, last->sequence + 1);
  VsSegment *gap = g_new0 (VsSegment, 1);
  guint64 from_us = end_us (last), us = 0;

  gap->sequence = last->sequence + 1;
  gap->period = last->period;
  gap->gap = TRUE;
  gap->timescale = next->timescale;
  if (sibling != NULL) {
    gap->period = CLAMP (sibling->period, last->period, next->period);
    gap->date_us = sibling->date_us;
    from_us = MAX (start_us (sibling), from_us);
    us = duration_us (sibling);
  }
  gap->start = MIN (vs_text_us_to_ticks (from_us, gap->timescale), next->start);
  gap->duration = vs_text_us_to_ticks (us, gap->timescale);
  list_segment (track, gap);
}

gboolean
vs_track_append (VsTrack *track, VsSegment *segment)
{
  VsPresentation *self = track->presentation;
  const VsSegment *last = last_segment (track);

  g_return_val_if_fail (
      track->stream != NULL && track->stream->timescale > 0, FALSE);
  segment->timescale = track->stream->timescale;
  g_return_val_if_fail (
      last == NULL || (segment->sequence > last->sequence &&
                          segment->sequence - last->sequence <= MAX_MISSING &&
                          segment->period >= last->period &&
                          start_us (segment) >= start_us (last)),
      FALSE);

  while (last != NULL && last->sequence + 1 < segment->sequence) {
    append_missing (track, segment);
    last = last_segment (track);
  }
  list_segment (track, segment);
  vs_bandwidth_measure (track, segment);
  vs_periods_note (track, segment);
  self->next_sequence = MAX (self->next_sequence, segment->sequence + 1);
  self->period = MAX (self->period, segment->period);
  return keep_target (track, segment);
}

static guint64
listed_us (const VsTrack *track)
{
  guint64 us = 0;

  for (guint i = 0; i < track->segments->len; i++)
    us += duration_us (g_ptr_array_index (track->segments, i));
  return us;
}

/* The first number that @track still has to list. */
static guint64
first_to_list (const VsTrack *track, guint64 window_us, guint64 minimum_us)
{
  guint64 newest_us = end_us (last_segment (track));
  guint64 listed = listed_us (track);
  guint i = 0;

  for (; i + MINIMUM_LISTED < track->segments->len; i++) {
    const VsSegment *segment = g_ptr_array_index (track->segments, i);
    guint64 us = duration_us (segment);

    if (end_us (segment) + window_us > newest_us || listed < minimum_us + us)
      break;
    listed -= us;
  }

  return ((const VsSegment *) g_ptr_array_index (track->segments, i))->sequence;
}

/* The first number that stays listed: the lowest that any track needs. */
static guint64
first_to_stay (const VsPresentation *self)
{
  guint64 minimum_us =
      MINIMUM_LISTED * self->target_duration_s * G_USEC_PER_SEC;
  guint64 first = G_MAXUINT64;

  for (guint i = 0; i < self->tracks->len; i++) {
    const VsTrack *track = g_ptr_array_index (self->tracks, i);
    const VsSegment *last = last_segment (track);

    if (last != NULL && last->sequence + BEHIND >= self->next_sequence)
      first = MIN (first, first_to_list (track, self->window_us, minimum_us));
  }

  return first == G_MAXUINT64 ? 0 : first;
}

/* Unlists what lies before number @first, and sets the time at which it may
 * go: RFC 8216bis 6.2.2. */
static void
unlist (VsPresentation *self, VsTrack *track, guint64 first, gint64 now_us)
{
  guint n = 0;

  for (; n < track->segments->len; n++) {
    VsSegment *segment = g_ptr_array_index (track->segments, n);
    VsRetired *retired;

    if (segment->sequence >= first)
      break;
    if (segment->gap)
      continue; /* nothing is stored under its key */
    retired = g_new0 (VsRetired, 1);
    retired->key = g_steal_pointer (&segment->key);
    retired->track = track->id;
    retired->period = segment->period;
    retired->until_us = now_us + (gint64) MAX (self->keep_us,
                                     self->longest_us + duration_us (segment));
    g_ptr_array_add (self->retired, retired);
  }

  if (n > 0)
    g_ptr_array_remove_range (track->segments, 0, n);
}

/* Is anything of @track's periods before @end listed or kept? */
static gboolean
is_used_before (const VsPresentation *self, const VsTrack *track, guint64 end)
{
  const VsSegment *first = first_segment (track);

  if (first != NULL && first->period < end)
    return TRUE;
  for (guint i = 0; i < self->retired->len; i++) {
    const VsRetired *retired = g_ptr_array_index (self->retired, i);

    if (retired->track == track->id && retired->period < end)
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_init_key (const VsTrack *track, const gchar *key)
{
  for (guint i = 0; i < track->inits->len; i++) {
    const VsInit *init = g_ptr_array_index (track->inits, i);

    if (strcmp (init->key, key) == 0)
      return TRUE;
  }
  return FALSE;
}

/* The init segments that no listed and no kept segment needs. The newest
 * stays: the next segment may need it. */
static void
drop_inits (const VsPresentation *self, VsTrack *track, GPtrArray *keys)
{
  while (track->inits->len > 1) {
    VsInit *next = g_ptr_array_index (track->inits, 1);
    VsInit *oldest;

    if (is_used_before (self, track, next->period))
      return;
    oldest = g_ptr_array_steal_index (track->inits, 0);
    if (!has_init_key (track, oldest->key))
      g_ptr_array_add (keys, g_steal_pointer (&oldest->key));
    vs_init_free (oldest);
  }
}

static void
drop_expired (VsPresentation *self, gint64 now_us, GPtrArray *keys)
{
  guint kept = 0;

  for (guint i = 0; i < self->retired->len; i++) {
    VsRetired *retired = g_ptr_array_index (self->retired, i);

    if (retired->until_us > now_us) {
      g_ptr_array_index (self->retired, kept++) = retired;
      continue;
    }
    g_ptr_array_add (keys, g_steal_pointer (&retired->key));
    vs_retired_free (retired);
    g_ptr_array_index (self->retired, i) = NULL;
  }

  /* what is behind has been moved or freed */
  for (guint i = kept; i < self->retired->len; i++)
    g_ptr_array_index (self->retired, i) = NULL;
  g_ptr_array_set_size (self->retired, (gint) kept);
}

gchar **
vs_presentation_slide (VsPresentation *self, gint64 now_us)
{
  GPtrArray *keys = g_ptr_array_new ();

  if (self->type == VS_PRESENTATION_LIVE && self->window_us > 0) {
    guint64 first = first_to_stay (self);

    for (guint i = 0; i < self->tracks->len; i++) {
      const VsTrack *track = g_ptr_array_index (self->tracks, i);

      if (track->segments->len > 0)
        self->longest_us = MAX (self->longest_us, listed_us (track));
    }
    for (guint i = 0; i < self->tracks->len; i++)
      unlist (self, g_ptr_array_index (self->tracks, i), first, now_us);
    vs_periods_forget (self);
    vs_presentation_forget_breaks (self, first);
  }

  drop_expired (self, now_us, keys);
  for (guint i = 0; i < self->tracks->len; i++)
    drop_inits (self, g_ptr_array_index (self->tracks, i), keys);

  g_ptr_array_add (keys, NULL);
  return (gchar **) g_ptr_array_free (keys, FALSE);
}

static void
add_key (GHashTable *keys, const gchar *key)
{
  if (key != NULL)
    g_hash_table_add (keys, g_strdup (key));
}

GHashTable *
vs_presentation_dup_keys (const VsPresentation *self)
{
  GHashTable *keys =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < self->tracks->len; i++) {
    const VsTrack *track = g_ptr_array_index (self->tracks, i);

    add_key (keys, track->playlist);
    add_key (keys, track->iframe_playlist);
    add_key (keys, track->whole);
    for (guint n = 0; n < track->inits->len; n++)
      add_key (keys, ((VsInit *) g_ptr_array_index (track->inits, n))->key);
    for (guint n = 0; n < track->segments->len; n++) {
      const VsSegment *segment = g_ptr_array_index (track->segments, n);

      if (!segment->gap)
        add_key (keys, segment->key);
    }
  }
  for (guint i = 0; i < self->retired->len; i++)
    add_key (keys, ((VsRetired *) g_ptr_array_index (self->retired, i))->key);

  return keys;
}
