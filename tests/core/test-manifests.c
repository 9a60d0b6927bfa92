/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Presentations that live at random: durations, gaps, discontinuities,
 * windows and restarts are drawn, and after every segment what HLS and DASH
 * say is read back and held against the rules that never break. */
#include "core/vs-hls.h"
#include "core/vs-mpd.h"
#include "manifest-fixture.h"

#include <math.h>

#define LIVES 60
#define GROUPS 60

typedef struct {
  VsPresentation *self;
  guint n_tracks;
  guint64 next_start[8]; /* ticks, a track */
  gint64 now_us;
  guint target_s;
  guint64 media_sequence, discontinuity_sequence;
  GHashTable *facts;    /* what was said once, and must not change */
  GHashTable *stored;   /* keys that are in the store */
  GHashTable *unlisted; /* key: the time at which it may go at the earliest */
} Life;

/* Says that @name is @value; it always has to be. */
static void
state_fact (Life *life, gchar *name, gchar *value)
{
  const gchar *known = g_hash_table_lookup (life->facts, name);

  if (known != NULL)
    g_assert_cmpstr (known, ==, value);
  g_hash_table_replace (life->facts, name, value);
}

static gchar *
resolve (const gchar *playlist, const gchar *uri)
{
  g_autofree gchar *folder = g_path_get_dirname (playlist);

  return g_strdup_printf ("%s/%s", folder, uri);
}

/* ---- HLS ---- */

static void
check_segment (Life *life, const VsTrack *track, const VsHlsSegment *segment,
    GHashTable *objects)
{
  g_assert_cmpfloat (
      floor (segment->duration + 0.5), <=, (gdouble) life->target_s);
  state_fact (life,
      g_strdup_printf ("%s %" G_GUINT64_FORMAT, track->name, segment->sequence),
      g_strdup_printf ("%s %" G_GUINT64_FORMAT " %.6f", segment->uri,
          segment->discontinuity, segment->duration));
  if (segment->gap)
    return;
  g_hash_table_add (objects, resolve (track->playlist, segment->uri));
  g_assert_nonnull (segment->map_uri);
  g_hash_table_add (objects, resolve (track->playlist, segment->map_uri));
}

static void
check_hls (Life *life, const VsTrack *track, GHashTable *objects)
{
  g_autofree gchar *text = vs_hls_write_media (life->self, track);
  g_autoptr (GError) error = NULL;
  g_autoptr (VsHlsPlaylist) playlist = NULL;
  gdouble total = 0;

  g_assert_nonnull (text);
  playlist = vs_hls_read (text, strlen (text), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (playlist->target_duration, ==, life->target_s);
  if (track->id == 0) {
    g_assert_cmpuint (playlist->media_sequence, >=, life->media_sequence);
    g_assert_cmpuint (
        playlist->discontinuity_sequence, >=, life->discontinuity_sequence);
    life->media_sequence = playlist->media_sequence;
    life->discontinuity_sequence = playlist->discontinuity_sequence;
  }
  g_assert_cmpuint (playlist->media_sequence, ==, life->media_sequence);
  g_assert_cmpuint (
      playlist->discontinuity_sequence, ==, life->discontinuity_sequence);
  for (guint i = 0; i < playlist->segments->len; i++) {
    const VsHlsSegment *segment = g_ptr_array_index (playlist->segments, i);

    total += segment->duration;
    check_segment (life, track, segment, objects);
  }
  if (life->media_sequence > 0)
    g_assert_cmpfloat (total, >=, 3.0 * life->target_s - 1e-5);
}

/* ---- DASH ---- */

typedef struct {
  Life *life;
  GHashTable *objects;
  gchar *id; /* of the Representation */
  gchar *initialization, *media;
  GArray *times; /* guint64 */
  guint64 time;
} Mpd;

static const gchar *
get_attribute (const gchar **names, const gchar **values, const gchar *name)
{
  for (guint i = 0; names[i] != NULL; i++) {
    if (strcmp (names[i], name) == 0)
      return values[i];
  }
  return NULL;
}

static guint64
get_number (const gchar **names, const gchar **values, const gchar *name,
    guint64 otherwise)
{
  const gchar *value = get_attribute (names, values, name);

  return value != NULL ? g_ascii_strtoull (value, NULL, 10) : otherwise;
}

static gchar *
fill_in (const gchar *pattern, const gchar *what, const gchar *with)
{
  g_auto (GStrv) parts = g_strsplit (pattern, what, -1);

  return g_strjoinv (with, parts);
}

static void
add_objects (Mpd *mpd, const gchar *id)
{
  g_autofree gchar *media = fill_in (mpd->media, "$RepresentationID$", id);

  g_hash_table_add (
      mpd->objects, fill_in (mpd->initialization, "$RepresentationID$", id));
  for (guint i = 0; i < mpd->times->len; i++) {
    g_autofree gchar *time = g_strdup_printf (
        "%" G_GUINT64_FORMAT, g_array_index (mpd->times, guint64, i));

    g_hash_table_add (mpd->objects, fill_in (media, "$Time$", time));
  }
}

static void
begin_template (Mpd *mpd, const gchar **names, const gchar **values)
{
  g_free (mpd->initialization);
  g_free (mpd->media);
  mpd->initialization =
      g_strdup (get_attribute (names, values, "initialization"));
  mpd->media = g_strdup (get_attribute (names, values, "media"));
  g_array_set_size (mpd->times, 0);
}

static void
add_times (Mpd *mpd, const gchar **names, const gchar **values)
{
  guint64 repeats = get_number (names, values, "r", 0);
  guint64 duration = get_number (names, values, "d", 0);

  g_assert_cmpuint (duration, >, 0);
  mpd->time = get_number (
      names, values, "t", mpd->times->len > 0 ? mpd->time : G_MAXUINT64);
  g_assert_cmpuint (mpd->time, !=, G_MAXUINT64);
  for (guint64 i = 0; i <= repeats; i++) {
    g_array_append_val (mpd->times, mpd->time);
    mpd->time += duration;
  }
}

static void
on_start (GMarkupParseContext *context, const gchar *element,
    const gchar **names, const gchar **values, gpointer data, GError **error)
{
  Mpd *mpd = data;

  if (strcmp (element, "Period") == 0)
    state_fact (mpd->life,
        g_strdup_printf ("period %s", get_attribute (names, values, "id")),
        g_strdup (get_attribute (names, values, "start")));
  else if (strcmp (element, "SegmentTemplate") == 0)
    begin_template (mpd, names, values);
  else if (strcmp (element, "S") == 0)
    add_times (mpd, names, values);
  else if (strcmp (element, "Representation") == 0) {
    g_free (mpd->id);
    mpd->id = g_strdup (get_attribute (names, values, "id"));
  }
}

static void
on_end (GMarkupParseContext *context, const gchar *element, gpointer data,
    GError **error)
{
  Mpd *mpd = data;

  if (strcmp (element, "Representation") == 0)
    add_objects (mpd, mpd->id);
}

static void
check_mpd (Life *life, GHashTable *objects)
{
  static const GMarkupParser parser = { on_start, on_end };
  g_autofree gchar *text = vs_mpd_write (life->self, life->now_us);
  Mpd mpd = { life, objects };
  GMarkupParseContext *context =
      g_markup_parse_context_new (&parser, 0, &mpd, NULL);
  g_autoptr (GError) error = NULL;

  mpd.times = g_array_new (FALSE, FALSE, sizeof (guint64));
  if (text != NULL)
    g_markup_parse_context_parse (context, text, -1, &error);
  g_assert_no_error (error);
  g_markup_parse_context_free (context);
  g_array_unref (mpd.times);
  g_free (mpd.id);
  g_free (mpd.initialization);
  g_free (mpd.media);
}

/* ---- the life of a presentation ---- */

static void
assert_same_set (GHashTable *a, GHashTable *b)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, a);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    if (!g_hash_table_contains (b, key))
      g_error ("%s is named by one manifest alone", (gchar *) key);
  }
  g_assert_cmpuint (g_hash_table_size (a), ==, g_hash_table_size (b));
}

static GHashTable *
new_set (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static void
check_manifests (Life *life)
{
  g_autoptr (GHashTable) hls = new_set ();
  g_autoptr (GHashTable) dash = new_set ();
  GHashTableIter iter;
  gpointer key;

  for (guint i = 0; i < life->n_tracks; i++)
    check_hls (life, fixture_track (life->self, i), hls);
  check_mpd (life, dash);
  assert_same_set (hls, dash);
  assert_same_set (dash, hls);
  g_hash_table_iter_init (&iter, hls);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_assert_true (g_hash_table_contains (life->stored, key));
}

static void
append_to (Life *life, VsTrack *track, guint64 sequence, guint64 period,
    guint duration_ms)
{
  VsSegment *segment = g_new0 (VsSegment, 1);
  guint64 *start = &life->next_start[track->id];

  segment->sequence = sequence;
  segment->period = period;
  segment->start = *start;
  segment->duration = track->stream->timescale * (guint64) duration_ms / 1000;
  if (track->media == VS_MEDIA_AUDIO)
    segment->duration = (segment->duration + 512) / 1024 * 1024;
  segment->gap = g_test_rand_int_range (0, 12) == 0;
  segment->size =
      segment->gap ? 0 : (guint64) g_test_rand_int_range (1, 5000000);
  segment->key = g_strdup_printf ("%s/%u-%" G_GUINT64_FORMAT ".m4s",
      track->name, track->stream->timescale, segment->start);
  if (!segment->gap)
    g_hash_table_add (life->stored, g_strdup (segment->key));
  *start += segment->duration;
  g_assert_true (vs_track_append (track, segment));
}

/* Another timescale, as another frame rate brings it. */
static void
change_stream (Life *life, VsTrack *track)
{
  static const guint timescales[] = { 12800, 24000, 30000, 90000 };
  g_autoptr (VsStream) stream = vs_stream_copy (track->stream);
  guint64 *start = &life->next_start[track->id];
  guint before = stream->timescale;

  if (track->media == VS_MEDIA_AUDIO)
    return;
  stream->timescale =
      timescales[g_test_rand_int_range (0, G_N_ELEMENTS (timescales))];
  *start = (*start * stream->timescale + before - 1) / before;
  vs_track_set_stream (track, stream);
}

/* Every track gets the next number; perhaps a discontinuity comes first. */
static void
append_group (Life *life, guint64 sequence)
{
  guint duration_ms =
      (guint) g_test_rand_int_range (500, (gint) (life->target_s * 1000 + 470));

  if (sequence == 0 || g_test_rand_int_range (0, 6) == 0) {
    life->self->period += sequence == 0 ? 0 : 1;
    for (guint i = 0; i < life->n_tracks; i++) {
      VsTrack *track = fixture_track (life->self, i);
      const VsInit *init;

      if (g_test_rand_int_range (0, 4) == 0)
        change_stream (life, track);
      fixture_init (track, life->self->period);
      init = g_ptr_array_index (track->inits, track->inits->len - 1);
      g_hash_table_add (life->stored, g_strdup (init->key));
    }
  }
  for (guint i = 0; i < life->n_tracks; i++)
    append_to (life, fixture_track (life->self, i), sequence,
        life->self->period, duration_ms);
  life->now_us += duration_ms * 1000;
}

static gint64
duration_us (const VsSegment *segment)
{
  return (gint64) (segment->duration * 1000000 / segment->timescale);
}

static gint64
listed_us (const VsTrack *track)
{
  gint64 us = 0;

  for (guint i = 0; i < track->segments->len; i++)
    us += duration_us (g_ptr_array_index (track->segments, i));
  return us;
}

/* When what is listed now may go, if it were unlisted now: RFC 8216bis 6.2.2
 * and the user's wish. */
static void
note_earliest (Life *life, const VsTrack *track)
{
  gint64 playlist_us = listed_us (track);

  for (guint i = 0; i < track->segments->len; i++) {
    const VsSegment *segment = g_ptr_array_index (track->segments, i);
    gint64 *earliest = g_new (gint64, 1);

    *earliest = life->now_us + MAX (playlist_us + duration_us (segment),
                                   (gint64) life->self->keep_us);
    g_hash_table_replace (life->unlisted, g_strdup (segment->key), earliest);
  }
}

static void
slide (Life *life)
{
  g_auto (GStrv) deleted = NULL;

  for (guint i = 0; i < life->n_tracks; i++)
    note_earliest (life, fixture_track (life->self, i));
  deleted = vs_presentation_slide (life->self, life->now_us);
  for (guint i = 0; deleted[i] != NULL; i++) {
    const gint64 *earliest = g_hash_table_lookup (life->unlisted, deleted[i]);

    g_assert_true (g_hash_table_remove (life->stored, deleted[i]));
    if (earliest != NULL)
      g_assert_cmpint (life->now_us, >=, *earliest);
  }
}

static void
restart (Life *life)
{
  g_autofree gchar *state = vs_presentation_save (life->self);
  g_autoptr (GError) error = NULL;

  vs_presentation_free (life->self);
  life->self = vs_presentation_load (state, &error);
  g_assert_no_error (error);
}

static void
begin_life (Life *life)
{
  static const guint timescales[] = { 12800, 24000, 30000, 90000 };
  guint n_video = (guint) g_test_rand_int_range (0, 4);
  guint n_audio = (guint) g_test_rand_int_range (n_video == 0, 3);
  guint target_ms = (guint) g_test_rand_int_range (1000, 8000);

  *life = (Life){ .n_tracks = n_video + n_audio, .now_us = FIXTURE_EPOCH };
  life->self =
      vs_presentation_new (VS_PRESENTATION_LIVE, VS_CONTAINER_CMAF, target_ms);
  life->self->epoch_us = FIXTURE_EPOCH;
  life->self->window_us = (guint64) g_test_rand_int_range (1, 60000000);
  life->self->keep_us = (guint64) g_test_rand_int_range (0, 90000000);
  life->target_s = life->self->target_duration_s;
  life->facts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  life->stored = new_set ();
  life->unlisted =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; i < life->n_tracks; i++) {
    VsStream *stream =
        i < n_video ? fixture_video (640, 360, 0) : fixture_audio ("en", 0);
    g_autofree gchar *name = g_strdup_printf (
        i < n_video ? "video_%u" : "audio_%u", i < n_video ? i : i - n_video);

    if (i < n_video)
      stream->timescale =
          timescales[g_test_rand_int_range (0, G_N_ELEMENTS (timescales))];
    fixture_add (life->self, name, stream);
  }
}

/* Long after the end everything that is not listed is gone. */
static void
end_life (Life *life)
{
  g_autoptr (GHashTable) keys = NULL;
  GHashTableIter iter;
  gpointer key;

  life->self->ended = TRUE;
  life->now_us += G_GINT64_CONSTANT (3600000000);
  slide (life);
  check_manifests (life);
  keys = vs_presentation_dup_keys (life->self);
  g_hash_table_iter_init (&iter, life->stored);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_assert_true (g_hash_table_contains (keys, key));

  vs_presentation_free (life->self);
  g_hash_table_unref (life->facts);
  g_hash_table_unref (life->stored);
  g_hash_table_unref (life->unlisted);
}

static void
test_lives (void)
{
  for (guint n = 0; n < LIVES; n++) {
    Life life;

    begin_life (&life);
    for (guint i = 0; i < GROUPS; i++) {
      append_group (&life, i);
      slide (&life);
      check_manifests (&life);
      if (g_test_rand_int_range (0, 20) == 0)
        restart (&life);
    }
    end_life (&life);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/manifests/lives", test_lives);
  return g_test_run ();
}
