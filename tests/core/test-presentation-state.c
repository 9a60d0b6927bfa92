/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-error.h"
#include "core/vs-hls.h"
#include "core/vs-mpd.h"
#include "manifest-fixture.h"

#define SECOND G_GINT64_CONSTANT (1000000)

/* A live presentation in the middle of its life: three periods, a gap,
 * retired objects, two languages, a label with everything in it. */
static VsPresentation *
make_full (void)
{
  VsPresentation *self = fixture_presentation (VS_PRESENTATION_LIVE);

  self->window_us = 20 * SECOND;
  self->keep_us = 60 * SECOND;
  self->changed_us = FIXTURE_EPOCH + 5;
  self->timing_url = g_strdup ("http://time.example/");
  fixture_add (self, "audio_1", fixture_audio ("fr", 96000))->label =
      g_strdup ("L'\"œuvre\"\n\\ \t✓");
  for (guint i = 0; i < 12; i++) {
    if (i % 5 == 0)
      for (guint n = 0; n < self->tracks->len; n++)
        fixture_init (fixture_track (self, n), i / 5);
    if (i == 9)
      for (guint n = 0; n < self->tracks->len; n++)
        fixture_append (
            fixture_track (self, n), i, i / 5, i * 4000, 4000, n == 0 ? 0 : 7);
    else
      fixture_group (self, i, i / 5);
    g_strfreev (vs_presentation_slide (self, i * 4 * SECOND));
  }
  return self;
}

static void
assert_same_manifests (const VsPresentation *a, const VsPresentation *b)
{
  g_autofree gchar *mpd_a = vs_mpd_write (a, 7);
  g_autofree gchar *mpd_b = vs_mpd_write (b, 7);
  g_autofree gchar *multivariant_a = vs_hls_write_multivariant (a);
  g_autofree gchar *multivariant_b = vs_hls_write_multivariant (b);

  g_assert_cmpstr (mpd_a, ==, mpd_b);
  g_assert_cmpstr (multivariant_a, ==, multivariant_b);
  for (guint i = 0; i < a->tracks->len; i++) {
    g_autofree gchar *media_a = vs_hls_write_media (a, fixture_track (a, i));
    g_autofree gchar *media_b = vs_hls_write_media (b, fixture_track (b, i));
    g_autofree gchar *iframes_a =
        vs_hls_write_iframes (a, fixture_track (a, i));
    g_autofree gchar *iframes_b =
        vs_hls_write_iframes (b, fixture_track (b, i));

    g_assert_cmpstr (media_a, ==, media_b);
    g_assert_cmpstr (iframes_a, ==, iframes_b);
  }
}

static VsPresentation *
reload (const VsPresentation *self)
{
  g_autofree gchar *text = vs_presentation_save (self);
  g_autoptr (GError) error = NULL;
  VsPresentation *loaded = vs_presentation_load (text, &error);

  g_assert_no_error (error);
  return loaded;
}

static void
test_round_trip (void)
{
  g_autoptr (VsPresentation) self = make_full ();
  g_autoptr (VsPresentation) loaded = reload (self);
  g_autofree gchar *first = vs_presentation_save (self);
  g_autofree gchar *second = vs_presentation_save (loaded);
  g_autoptr (GHashTable) keys = vs_presentation_dup_keys (self);
  g_autoptr (GHashTable) loaded_keys = vs_presentation_dup_keys (loaded);

  g_assert_cmpstr (first, ==, second);
  g_assert_cmpuint (self->retired->len, >, 0);
  assert_same_manifests (self, loaded);
  g_assert_cmpuint (
      g_hash_table_size (keys), ==, g_hash_table_size (loaded_keys));
  g_assert_cmpuint (loaded->next_sequence, ==, 12);
  g_assert_cmpuint (loaded->period, ==, 2);
}

/* Both go on alike: the one that was stopped and the one that was not. */
static void
test_goes_on (void)
{
  g_autoptr (VsPresentation) self = make_full ();
  g_autoptr (VsPresentation) loaded = reload (self);

  for (guint i = 12; i < 60; i++) {
    g_auto (GStrv) deleted = NULL;
    g_auto (GStrv) loaded_deleted = NULL;

    fixture_group (self, i, i / 5);
    fixture_group (loaded, i, i / 5);
    deleted = vs_presentation_slide (self, i * 4 * SECOND);
    loaded_deleted = vs_presentation_slide (loaded, i * 4 * SECOND);
    g_assert_true (g_strv_equal (
        (const gchar *const *) deleted, (const gchar *const *) loaded_deleted));
    assert_same_manifests (self, loaded);
  }
}

static void
test_empty_and_ts (void)
{
  g_autoptr (VsPresentation) self =
      vs_presentation_new (VS_PRESENTATION_EVENT, VS_CONTAINER_TS, 6000);
  g_autoptr (VsPresentation) loaded = NULL;
  VsStream *audio = fixture_audio (NULL, 128000);
  VsTrack *track;

  vs_presentation_add_track (self, VS_MEDIA_VIDEO, "later", NULL);
  track = fixture_add (self, "v", fixture_video (640, 360, 0));
  vs_track_set_muxed_audio (track, audio);
  vs_stream_free (audio);
  loaded = reload (self);
  g_assert_cmpuint (loaded->tracks->len, ==, 2);
  g_assert_null (fixture_track (loaded, 0)->stream);
  g_assert_nonnull (fixture_track (loaded, 1)->muxed_audio);
  g_assert_null (fixture_track (loaded, 1)->muxed_audio->language);
  g_assert_cmpint (loaded->container, ==, VS_CONTAINER_TS);
  g_assert_cmpuint (loaded->target_duration_s, ==, 6);
  fixture_append (fixture_track (loaded, 1), 0, 0, 0, 6000, 1);
}

/* The state with one thing changed in its text. */
static void
test_refused (void)
{
  static const struct {
    const gchar *from, *to;
  } cases[] = {
    { "'version': <uint32 1>", "'version': <uint32 2>" },
    { "'version': <uint32 1>, ", "" },
    { "'type': <uint32 2>", "'type': <uint32 3>" },
    { "'type': <uint32 2>", "'type': <'live'>" },
    { "'window_us': <uint64 20000000>, ", "" },
    { "'target_duration_s': <uint32 4>", "'target_duration_s': <uint32 0>" },
    { "'timescale': <uint32 12800>", "'timescale': <uint32 0>" },
    { "'codec': <uint32 1>", "'codec': <uint32 99>" },
    { "'name': <'video_0'>", "'name': <''>" },
    { "(8, 1, 409600, ", "(9, 1, 409600, " },
    { "(8, 1, 409600, ", "(8, 0, 409600, " },
    { "(8, 1, 409600, ", "(8, 1, 4611686018427387905, " },
    { "'next_sequence': <uint64 12>", "'next_sequence': <uint64 11>" },
    { "(1, 'video_1/init_1.mp4'", "(0, 'video_1/init_1.mp4'" },
    { "'retired': <[('video_0/0.m4s', uint32 0, ",
        "'retired': <[('video_0/0.m4s', uint32 4, " },
    { "'tracks': ", "'trucks': " },
    { "}\n", "" },
    { "}\n", "} {}\n" },
  };
  g_autoptr (VsPresentation) self = make_full ();
  g_autofree gchar *good = vs_presentation_save (self);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GString) text = g_string_new (good);
    g_autoptr (GError) error = NULL;
    gchar *at = g_strrstr (text->str, cases[i].from);

    /* the first of several, but for the end of the text */
    if (cases[i].from[0] != '}')
      at = strstr (text->str, cases[i].from);
    if (at == NULL)
      g_error ("case %u: “%s” is not in %s", i, cases[i].from, good);
    g_string_erase (text, at - text->str, (gssize) strlen (cases[i].from));
    g_string_insert (text, at - text->str, cases[i].to);
    g_assert_null (vs_presentation_load (text->str, &error));
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
    g_assert_true (
        g_str_has_prefix (error->message, "The saved state cannot be used: "));
  }
}

/* Keys are printed by hand. */
static void
test_odd_keys (void)
{
  static const gchar *const keys[] = { "a/1.m4s", "it's/1.m4s", "\"a\"/1",
    "a\\b/1", "œ b/1", "<[(a, b)]>" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autoptr (VsPresentation) self = make_full ();
    VsSegment *segment = fixture_track (self, 0)->segments->pdata[0];
    g_autofree gchar *text = NULL;
    g_autoptr (VsPresentation) back = NULL;
    g_autoptr (GError) error = NULL;

    g_free (segment->key);
    segment->key = g_strdup (keys[i]);
    text = vs_presentation_save (self);
    back = vs_presentation_load (text, &error);
    g_assert_no_error (error);
    segment = fixture_track (back, 0)->segments->pdata[0];
    g_assert_cmpstr (segment->key, ==, keys[i]);
  }
}

static void
test_nonsense (void)
{
  static const gchar *const texts[] = { "", "x", "{}", "[]", "{'version': 1}",
    "{'version': <1>}", "{'version': <uint32 1>}", "#EXTM3U\n",
    "{'version': <'\xff'>}" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (vs_presentation_load (texts[i], &error));
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/presentation-state/round-trip", test_round_trip);
  g_test_add_func ("/presentation-state/goes-on", test_goes_on);
  g_test_add_func ("/presentation-state/empty-and-ts", test_empty_and_ts);
  g_test_add_func ("/presentation-state/refused", test_refused);
  g_test_add_func ("/presentation-state/odd-keys", test_odd_keys);
  g_test_add_func ("/presentation-state/nonsense", test_nonsense);
  return g_test_run ();
}
