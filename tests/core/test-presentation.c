/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest-fixture.h"

#define SECOND G_GINT64_CONSTANT (1000000)

static void
test_target_duration (void)
{
  static const struct {
    guint ms, s;
  } cases[] = {
    { 1, 1 },
    { 500, 1 },
    { 1000, 1 },
    { 1250, 1 },
    { 1251, 2 },
    { 2000, 2 },
    { 2002, 2 },
    { 2300, 3 },
    { 4004, 4 },
    { 6006, 6 },
    { 10500, 11 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (VsPresentation) self = vs_presentation_new (
        VS_PRESENTATION_LIVE, VS_CONTAINER_CMAF, cases[i].ms);

    g_assert_cmpuint (self->target_duration_s, ==, cases[i].s);
  }
}

/* Only VOD may raise it. */
static void
test_too_long (void)
{
  g_autoptr (VsPresentation) vod = fixture_presentation (VS_PRESENTATION_VOD);
  g_autoptr (VsPresentation) live = fixture_presentation (VS_PRESENTATION_LIVE);

  g_assert_true (fixture_append (fixture_track (live, 0), 0, 0, 0, 4499, 9));
  g_assert_false (
      fixture_append (fixture_track (live, 0), 1, 0, 4499, 4500, 9));
  g_assert_cmpuint (live->target_duration_s, ==, 4);
  g_assert_true (fixture_append (fixture_track (vod, 0), 0, 0, 0, 9700, 9));
  g_assert_cmpuint (vod->target_duration_s, ==, 10);
}

/* RFC 8216bis 4.4.6.2: sets of 0.5 to 1.5 target durations. */
static void
test_peak (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_VOD);
  VsTrack *track = fixture_track (self, 0);

  fixture_append (track, 0, 0, 0, 1000, 1000000); /* too short alone */
  g_assert_cmpuint (track->peak_bandwidth, ==, 0);
  fixture_append (track, 1, 0, 1000, 1000, 0); /* a gap parts sets */
  fixture_append (track, 2, 0, 2000, 4000, 500000);
  g_assert_cmpuint (track->peak_bandwidth, ==, 1000000);
  fixture_append (track, 3, 0, 6000, 1000, 250000); /* 5 s with the last */
  g_assert_cmpuint (track->peak_bandwidth, ==, 1200000);
  fixture_append (track, 4, 0, 7000, 1000, 250000); /* 2 s of 2 Mbit/s */
  g_assert_cmpuint (track->peak_bandwidth, ==, 2000000);
  g_assert_cmpuint (track->total_bytes, ==, 2000000);
  g_assert_cmpuint (track->total_us, ==, 7 * SECOND);
}

static void
test_keys (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  g_autoptr (GHashTable) keys = NULL;

  fixture_group (self, 0, 0);
  fixture_append (fixture_track (self, 0), 1, 0, 4000, 4000, 0);
  keys = vs_presentation_dup_keys (self);
  g_assert_true (g_hash_table_contains (keys, "video_0/0.m4s"));
  g_assert_true (g_hash_table_contains (keys, "video_0/init_0.mp4"));
  g_assert_true (g_hash_table_contains (keys, "video_0/playlist.m3u8"));
  g_assert_true (g_hash_table_contains (keys, "video_1/iframes.m3u8"));
  g_assert_false (g_hash_table_contains (keys, "video_0/51200.m4s"));
  g_assert_cmpuint (g_hash_table_size (keys), ==, 3 + 3 + 2 + 3);
}

static guint
count_deleted (VsPresentation *self, gint64 now_us)
{
  g_auto (GStrv) keys = vs_presentation_slide (self, now_us);

  return g_strv_length (keys);
}

static guint64
first_sequence (const VsPresentation *self, guint track)
{
  const VsSegment *segment =
      g_ptr_array_index (fixture_track (self, track)->segments, 0);

  return segment->sequence;
}

static void
test_slide (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);

  self->window_us = 20 * SECOND;
  for (guint i = 0; i < 5; i++) {
    fixture_group (self, i, 0);
    g_assert_cmpuint (count_deleted (self, (i + 1) * 4 * SECOND), ==, 0);
    g_assert_cmpuint (first_sequence (self, 0), ==, 0);
  }
  fixture_group (self, 5, 0);
  g_assert_cmpuint (count_deleted (self, 24 * SECOND), ==, 0);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (first_sequence (self, i), ==, 1);

  /* RFC 8216bis 6.2.2: its 4 s and the 24 s of the longest playlist */
  g_assert_cmpuint (count_deleted (self, 52 * SECOND - 1), ==, 0);
  g_assert_cmpuint (count_deleted (self, 52 * SECOND), ==, 3);
  g_assert_cmpuint (count_deleted (self, 52 * SECOND), ==, 0);
}

static void
test_keep (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);

  self->window_us = 12 * SECOND;
  self->keep_us = 100 * SECOND;
  for (guint i = 0; i < 4; i++)
    fixture_group (self, i, 0);
  g_assert_cmpuint (count_deleted (self, 16 * SECOND), ==, 0);
  g_assert_cmpuint (first_sequence (self, 2), ==, 1);
  g_assert_cmpuint (count_deleted (self, 116 * SECOND - 1), ==, 0);
  g_assert_cmpuint (count_deleted (self, 116 * SECOND), ==, 3);
}

/* A window that asks for less than three target durations gets those. */
static void
test_minimum (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  VsTrack *track = fixture_track (self, 0);

  self->window_us = 1;
  for (guint i = 0; i < 8; i++) {
    fixture_append (track, i, 0, i * 3000, 3000, 1);
    count_deleted (self, 0);
  }
  /* three of 3 s are shorter than three target durations of 4 s */
  g_assert_cmpuint (track->segments->len, ==, 4);
  g_assert_cmpuint (first_sequence (self, 0), ==, 4);
}

/* A track that died does not hold up the others. */
static void
test_dead_track (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);

  self->window_us = 12 * SECOND;
  fixture_group (self, 0, 0);
  for (guint i = 1; i < 9; i++) {
    fixture_append (fixture_track (self, 0), i, 0, i * 4000, 4000, 1);
    fixture_append (fixture_track (self, 2), i, 0, i * 4000, 4000, 1);
    count_deleted (self, 0);
  }
  g_assert_cmpuint (first_sequence (self, 0), ==, 6);
  g_assert_cmpuint (first_sequence (self, 2), ==, 6);
  g_assert_cmpuint (fixture_track (self, 1)->segments->len, ==, 0);
}

static void
test_inits_and_periods (void)
{
  g_autoptr (VsPresentation) self =
      vs_presentation_new (VS_PRESENTATION_LIVE, VS_CONTAINER_CMAF, 4000);
  VsTrack *track = fixture_add (self, "v", fixture_video (640, 360, 0));
  g_auto (GStrv) last = NULL;

  self->window_us = 12 * SECOND;
  for (guint i = 0; i < 12; i++) {
    if (i % 4 == 0)
      fixture_init (track, i / 4);
    fixture_append (track, i, i / 4, i * 4000, 4000, 10);
    count_deleted (self, 0);
    g_assert_cmpuint (track->inits->len, ==, i / 4 + 1);
  }
  /* listed: 9, 10, 11; kept, each 20 s: 0 … 8 */
  g_assert_cmpuint (first_sequence (self, 0), ==, 9);
  g_assert_cmpuint (self->periods->len, ==, 1);
  g_assert_cmpuint (
      g_array_index (self->periods, VsPeriod, 0).start_us, ==, 32 * SECOND);

  last = vs_presentation_slide (self, 20 * SECOND);
  g_assert_cmpuint (g_strv_length (last), ==, 9 + 2);
  g_assert_true (g_strv_contains ((const gchar *const *) last, "v/0.m4s"));
  g_assert_true (g_strv_contains ((const gchar *const *) last, "v/init_0.mp4"));
  g_assert_true (g_strv_contains ((const gchar *const *) last, "v/init_1.mp4"));
  g_assert_cmpuint (track->inits->len, ==, 1);
}

/* Only LIVE slides. */
static void
test_event_stays (void)
{
  g_autoptr (VsPresentation) self =
      fixture_presentation (VS_PRESENTATION_EVENT);

  self->window_us = 1;
  for (guint i = 0; i < 10; i++)
    fixture_group (self, i, 0);
  g_assert_cmpuint (count_deleted (self, 1000 * SECOND), ==, 0);
  g_assert_cmpuint (first_sequence (self, 0), ==, 0);
}

/* A Period starts where its first video does, though audio came first. */
static void
test_period_start (void)
{
  g_autoptr (VsPresentation) self =
      vs_presentation_new (VS_PRESENTATION_LIVE, VS_CONTAINER_CMAF, 4000);
  VsTrack *audio = fixture_add (self, "a", fixture_audio (NULL, 0));
  VsTrack *video = fixture_add (self, "v", fixture_video (640, 360, 0));
  const VsPeriod *period;

  fixture_append (audio, 0, 0, 10, 3990, 1);
  fixture_append (video, 0, 0, 40, 3960, 1);
  fixture_append (audio, 1, 1, 3990, 4000, 1);
  fixture_append (video, 1, 1, 4000, 4000, 1);
  fixture_append (audio, 2, 1, 7990, 4000, 1);
  fixture_append (video, 2, 1, 8000, 4000, 1);
  g_assert_cmpuint (self->periods->len, ==, 2);
  period = &g_array_index (self->periods, VsPeriod, 0);
  g_assert_cmpuint (period->start_us, ==, 0);
  period = &g_array_index (self->periods, VsPeriod, 1);
  g_assert_cmpuint (period->start_us, ==, 4 * SECOND);
  g_assert_cmpuint (period->number, ==, 1);
}

/* A track that ended before the others, and comes back in the next run. */
static void
test_missing (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  VsTrack *video = fixture_track (self, 0), *audio = fixture_track (self, 2);
  const VsSegment *gap;

  fixture_append (video, 0, 0, 0, 4000, 1);
  fixture_append (audio, 0, 0, 0, 4000, 1);
  fixture_append (audio, 1, 0, 4000, 3000, 1);
  fixture_append (audio, 2, 0, 7000, 2000, 1);
  g_assert_true (fixture_append (video, 3, 1, 60000, 4000, 1));
  g_assert_cmpuint (video->segments->len, ==, 4);
  gap = g_ptr_array_index (video->segments, 1);
  g_assert_true (gap->gap);
  g_assert_cmpuint (gap->sequence, ==, 1);
  g_assert_cmpuint (gap->period, ==, 0);
  g_assert_cmpuint (gap->start, ==, 4 * 12800);
  g_assert_cmpuint (gap->duration, ==, 3 * 12800);
  g_assert_cmpstr (gap->key, ==, "video_0/51200.m4s");
  gap = g_ptr_array_index (video->segments, 2);
  g_assert_cmpuint (gap->start, ==, 7 * 12800);
  g_assert_cmpuint (gap->duration, ==, 2 * 12800);
  g_assert_cmpuint (self->periods->len, ==, 2);
  g_assert_cmpuint (video->total_bytes, ==, 2);
}

/* Another frame rate, so another timescale, in the next period. */
static void
test_new_stream (void)
{
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  VsTrack *track = fixture_track (self, 0);
  g_autoptr (VsStream) stream = fixture_video (640, 360, 0);
  const VsInit *init;

  self->window_us = 12 * SECOND;
  fixture_append (track, 0, 0, 0, 4000, 1);
  stream->timescale = 30000;
  vs_track_set_stream (track, stream);
  fixture_init (track, 1);
  for (guint i = 1; i < 5; i++)
    fixture_append (track, i, 1, i * 4000, 4000, 1);
  init = g_ptr_array_index (track->inits, 0);
  g_assert_cmpuint (init->stream->timescale, ==, 12800);
  init = g_ptr_array_index (track->inits, 1);
  g_assert_cmpuint (init->stream->timescale, ==, 30000);
  g_assert_cmpuint (track->total_us, ==, 20 * SECOND);
  g_assert_cmpuint (
      g_array_index (self->periods, VsPeriod, 1).start_us, ==, 4 * SECOND);
  g_strfreev (vs_presentation_slide (self, 0));
  g_assert_cmpuint (first_sequence (self, 0), ==, 2);
}

static void
test_misuse (void)
{
  static const struct {
    guint64 sequence, period, start;
  } cases[] = {
    { 5, 1, 51200 },     /* again */
    { 20000, 1, 51200 }, /* too far on */
    { 6, 0, 51200 },     /* a period that is over */
    { 6, 1, 0 },         /* back in time */
  };
  g_autoptr (VsPresentation) self = fixture_presentation (VS_PRESENTATION_LIVE);
  VsTrack *track = fixture_track (self, 0);

  fixture_append (track, 5, 1, 4000, 4000, 1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    VsSegment bad = { .sequence = cases[i].sequence,
      .period = cases[i].period,
      .start = cases[i].start,
      .duration = 1 };

    g_test_expect_message (NULL, G_LOG_LEVEL_CRITICAL, "*sequence*");
    g_assert_false (vs_track_append (track, &bad));
    g_test_assert_expected_messages ();
  }
  g_assert_cmpuint (track->segments->len, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/presentation/target-duration", test_target_duration);
  g_test_add_func ("/presentation/too-long", test_too_long);
  g_test_add_func ("/presentation/peak", test_peak);
  g_test_add_func ("/presentation/keys", test_keys);
  g_test_add_func ("/presentation/slide", test_slide);
  g_test_add_func ("/presentation/keep", test_keep);
  g_test_add_func ("/presentation/minimum", test_minimum);
  g_test_add_func ("/presentation/dead-track", test_dead_track);
  g_test_add_func ("/presentation/inits", test_inits_and_periods);
  g_test_add_func ("/presentation/event-stays", test_event_stays);
  g_test_add_func ("/presentation/period-start", test_period_start);
  g_test_add_func ("/presentation/missing", test_missing);
  g_test_add_func ("/presentation/new-stream", test_new_stream);
  g_test_add_func ("/presentation/misuse", test_misuse);
  return g_test_run ();
}
