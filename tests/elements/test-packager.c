/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where segments begin and end: tables of packets in, cuts out. */
#include "packager-fixture.h"

/* Renditions cut at the same frames, audio at its nearest. */
static void
test_aligned (Fixture *f, gconstpointer data)
{
  guint big = add_video (f, 30000, 1001);
  guint small = add_video (f, 30000, 1001);
  guint audio = add_audio (f, VS_CODEC_AAC);

  for (guint n = 0; n < 300; n++)
    push_frame (f, big, n, 60, 30000, 1001, 0);
  for (guint n = 0; n < 480; n++) /* audio far ahead of the small one */
    push_audio (f, audio, n, 0);
  for (guint n = 0; n < 300; n++)
    push_frame (f, small, n, 60, 30000, 1001, 0);
  end (f, audio);
  end (f, small);
  end (f, big);

  for (guint track = 0; track < 2; track++) {
    assert_segment (f, track, 0, 0, 120 * 1001);
    assert_segment (f, track, 1, 120 * 1001, 120 * 1001);
    assert_segment (f, track, 2, 240 * 1001, 60 * 1001);
  }
  /* 4.004 s is 187.69 frames of 1024 */
  assert_segment (f, audio, 0, 0, 188 * 1024);
  assert_segment (f, audio, 1, 188 * 1024, 187 * 1024);
  assert_segment (f, audio, 2, 375 * 1024, 105 * 1024);
  for (guint track = 0; track < 3; track++)
    g_assert_cmpuint (find_cut (f, track, VS_CUT_END, 0)->index, ==, 3);
}

/* The arriving key frame cuts: nothing waits for a whole GOP. */
static void
test_cut_at_once (Fixture *f, gconstpointer data)
{
  guint video = add_video (f, 25, 1);

  for (guint n = 0; n < 100; n++)
    push_frame (f, video, n, 50, 25, 1, 0);
  g_assert_null (find_cut (f, video, VS_CUT_SEGMENT, 0));
  push_frame (f, video, 100, 50, 25, 1, 0);
  g_assert_nonnull (find_cut (f, video, VS_CUT_SEGMENT, 0));
}

/* GOPs that do not divide the duration: cut before the target duration is
 * exceeded, not after. */
static void
test_odd_gops (Fixture *f, gconstpointer data)
{
  guint video = add_video (f, 25, 1);

  for (guint n = 0; n < 400; n++)
    push_frame (f, video, n, 75, 25, 1, 0);
  end (f, video);
  for (guint n = 1; n < 4; n++) /* the first GOP's length is not known */
    g_assert_cmpuint (
        find_cut (f, video, VS_CUT_SEGMENT, n)->duration, ==, 3 * 12800);
}

static void
test_reorder (Fixture *f, gconstpointer data)
{
  static const gint order[] = { 0, 3, 1, 2, 6, 4, 5 };
  guint video = add_video (f, 25, 1);
  const VsCut *cut;

  for (guint n = 0; n < G_N_ELEMENTS (order); n++)
    push (f, video, order[n] * 40 * MS, ((gint) n - 1) * 40 * MS, 40 * MS, 0,
        n == 0);
  end (f, video);
  cut = find_cut (f, video, VS_CUT_STREAM, 0);
  g_assert_cmpuint (cut->stream->priming, ==, 512);
  cut = find_cut (f, video, VS_CUT_SEGMENT, 0);
  g_assert_cmpuint (cut->base_time, ==, 0);
  g_assert_cmpuint (cut->start, ==, 0);
  g_assert_cmpuint (cut->duration, ==, 7 * 512);
  for (guint n = 0; n < G_N_ELEMENTS (order); n++) {
    const VsMp4Sample *sample = &g_array_index (cut->samples, VsMp4Sample, n);

    g_assert_cmpuint (sample->duration, ==, 512);
    g_assert_cmpint (sample->cts_offset, ==, (order[n] - (gint) n + 1) * 512);
  }
}

/* Encoder delay: whole frames go, the rest is left to the edit list. */
static void
test_priming (Fixture *f, gconstpointer data)
{
  static const struct {
    VsCodec codec;
    guint clip;
    gint64 pts;
    guint priming;
    guint kept; /* of ten frames */
  } rows[] = {
    { VS_CODEC_AAC, 1024, -1024 * S / 48000, 0, 9 },
    { VS_CODEC_AAC, 1600, -1600 * S / 48000, 576, 9 },
    { VS_CODEC_AAC, 0, 0, 0, 10 },
    { VS_CODEC_AAC, 1024, 2 * S, 0, 9 },
    { VS_CODEC_OPUS, 312, -312 * S / 48000, 312, 10 },
    { VS_CODEC_OPUS, 312, 2 * S, 312, 10 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    guint track = add_audio (f, rows[i].codec);

    for (gint n = 0; n < 10; n++)
      g_assert_true (push (f, track, rows[i].pts + n * 1024 * S / 48000,
          G_MININT64, 1024 * S / 48000, n == 0 ? rows[i].clip : 0, TRUE));
    end (f, track);
    g_assert_cmpuint (
        find_cut (f, track, VS_CUT_SEGMENT, 0)->samples->len, ==, rows[i].kept);
    g_assert_cmpuint (find_cut (f, track, VS_CUT_STREAM, 0)->stream->priming,
        ==, rows[i].priming);
  }
}

/* Audio that starts late has gaps first; one that ends early just ends. */
static void
test_late_and_early (Fixture *f, gconstpointer data)
{
  guint video = add_video (f, 25, 1);
  guint audio = add_audio (f, VS_CODEC_AAC);

  for (guint n = 0; n < 500; n++)
    push_frame (f, video, n, 50, 25, 1, 0);
  for (guint n = 0; n < 200; n++)
    push_audio (f, audio, n, 9 * S);
  end (f, audio);
  end (f, video);
  g_assert_cmpuint (find_cut (f, audio, VS_CUT_GAP, 0)->index, ==, 0);
  g_assert_cmpuint (find_cut (f, audio, VS_CUT_GAP, 1)->index, ==, 1);
  g_assert_null (find_cut (f, audio, VS_CUT_GAP, 2));
  g_assert_cmpuint (find_cut (f, audio, VS_CUT_SEGMENT, 0)->index, ==, 2);
  g_assert_cmpuint (
      find_cut (f, audio, VS_CUT_SEGMENT, 0)->start, ==, 9 * 48000);
  g_assert_cmpuint (find_cut (f, video, VS_CUT_END, 0)->index, ==, 5);
}

/* Audio that outlives video goes on in segments of its own, and its last few
 * frames lengthen the last segment. */
static void
test_tail (Fixture *f, gconstpointer data)
{
  static const struct {
    guint frames;
    guint segments;
  } rows[] = { { 188, 1 }, { 195, 1 }, { 470, 3 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    guint video, audio;

    tear_down (f, NULL);
    set_up (f, NULL);
    video = add_video (f, 25, 1);
    audio = add_audio (f, VS_CODEC_AAC);
    for (guint n = 0; n < 100; n++)
      push_frame (f, video, n, 50, 25, 1, 0);
    for (guint n = 0; n < rows[i].frames; n++)
      push_audio (f, audio, n, 0);
    end (f, video);
    end (f, audio);
    g_assert_cmpuint (
        find_cut (f, audio, VS_CUT_END, 0)->index, ==, rows[i].segments);
  }
}

static void
test_audio_alone (Fixture *f, gconstpointer data)
{
  guint audio = add_audio (f, VS_CODEC_AAC);

  for (guint n = 0; n < 480; n++)
    push_audio (f, audio, n, 0);
  end (f, audio);
  for (guint n = 0; n < 2; n++) { /* 4 s are 187.5 frames */
    guint64 frames = find_cut (f, audio, VS_CUT_SEGMENT, n)->duration / 1024;

    g_assert_cmpuint (frames, >=, 187);
    g_assert_cmpuint (frames, <=, 188);
  }
  g_assert_nonnull (find_cut (f, audio, VS_CUT_SEGMENT, 2));
  g_assert_null (find_cut (f, audio, VS_CUT_SEGMENT, 3));
}

/* Video that begins long after its audio: the audio has segments of its own
 * and none is longer than it may be. */
static void
test_late_video (Fixture *f, gconstpointer data)
{
  guint video = add_video (f, 25, 1);
  guint audio = add_audio (f, VS_CODEC_AAC);

  for (guint n = 0; n < 700; n++)
    push_audio (f, audio, n, 0);
  for (guint n = 0; n < 100; n++)
    push_frame (f, video, n, 50, 25, 1, 10 * S);
  end (f, audio);
  end (f, video);
  g_assert_cmpuint (find_cut (f, video, VS_CUT_SEGMENT, 0)->index, ==, 3);
  for (guint n = 0; n < 3; n++) {
    g_assert_nonnull (find_cut (f, video, VS_CUT_GAP, n));
    g_assert_cmpuint (
        find_cut (f, audio, VS_CUT_SEGMENT, n)->duration, <=, 4 * 48000);
  }
}

/* A VOD begins at 0 with whatever is first; the tracks keep their distance. */
static void
test_from_zero (Fixture *f, gconstpointer data)
{
  static const struct {
    gint64 video, audio;
    guint64 video_start, audio_start; /* ticks of 12800 and 48000 */
  } rows[] = {
    { 0, 0, 0, 0 },
    { 0, -S / 4, 3200, 0 },
    { 7 * S, 7 * S + S / 2, 0, 24000 },
    { 2 * S, S, 12800, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    guint video, audio;

    tear_down (f, NULL);
    set_up (f, NULL);
    vs_packager_set_from_zero (f->packager);
    video = add_video (f, 25, 1);
    audio = add_audio (f, VS_CODEC_AAC);
    for (guint n = 0; n < 75; n++)
      push_frame (f, video, n, 50, 25, 1, rows[i].video);
    for (guint n = 0; n < 150; n++)
      push_audio (f, audio, n, rows[i].audio);
    end (f, video);
    end (f, audio);
    g_assert_cmpuint (
        find_cut (f, video, VS_CUT_SEGMENT, 0)->start, ==, rows[i].video_start);
    g_assert_cmpuint (
        find_cut (f, audio, VS_CUT_SEGMENT, 0)->start, ==, rows[i].audio_start);
    g_assert_cmpuint (
        find_cut (f, audio, VS_CUT_STREAM, 0)->stream->priming, ==, 0);
  }
}

/* A new stream cuts at its key frame; time that runs backwards is dropped. */
static void
test_changes (Fixture *f, gconstpointer data)
{
  g_autoptr (VsStream) stream = vs_stream_new (VS_MEDIA_VIDEO, VS_CODEC_H264);
  guint video = add_video (f, 25, 1);

  for (guint n = 0; n < 50; n++)
    push_frame (f, video, n, 50, 25, 1, 0);
  g_assert_false (push (f, video, 0, G_MININT64, 40 * MS, 0, TRUE));
  stream->timescale = 12800;
  stream->width = 99;
  vs_packager_set_stream (f->packager, video, stream);
  for (guint n = 50; n < 100; n++)
    push_frame (f, video, n, 50, 25, 1, 0);
  end (f, video);
  assert_segment (f, video, 0, 0, 2 * 12800);
  assert_segment (f, video, 1, 2 * 12800, 2 * 12800);
  g_assert_cmpuint (find_cut (f, video, VS_CUT_STREAM, 1)->index, ==, 1);
  g_assert_cmpuint (
      find_cut (f, video, VS_CUT_STREAM, 1)->stream->width, ==, 99);
}

/* A week in, the ticks are still exact. */
static void
test_long_run (Fixture *f, gconstpointer data)
{
  guint video = add_video (f, 30000, 1001);
  const gint64 frames = 7 * 24 * 3600 * G_GINT64_CONSTANT (30000) / 1001;
  const VsCut *cut;

  for (gint64 n = frames; n < frames + 121; n++)
    /* 1001 × S / 30000 in lowest terms, or a week of it overflows */
    push (f, video, n * (1001 * (S / 10000)) / 3, G_MININT64, 33366666, 0,
        (n - frames) % 60 == 0);
  cut = find_cut (f, video, VS_CUT_SEGMENT, 0);
  g_assert_cmpuint (cut->start, ==, (guint64) frames * 1001);
  for (guint i = 0; i < cut->samples->len; i++)
    g_assert_cmpuint (
        g_array_index (cut->samples, VsMp4Sample, i).duration, ==, 1001);
}

/* --- silence --- */

static guint
count_cuts (const Fixture *f, guint track, VsCutKind kind)
{
  guint n = 0;

  while (find_cut (f, track, kind, n) != NULL)
    n++;
  return n;
}

/* Video of 25 fps and audio side by side, from and to seconds. */
static void
push_both (Fixture *f, guint video, guint audio, guint from, guint to)
{
  guint n = (from * 48000 + 1023) / 1024;

  for (guint frame = from * 25; frame < to * 25; frame++) {
    if (video != G_MAXUINT)
      push_frame (f, video, frame, 50, 25, 1, 0);
    for (; audio != G_MAXUINT && n * 1024 < (frame + 1) * 48000 / 25; n++)
      push_audio (f, audio, n, 0);
  }
}

static void
test_silent_audio (Fixture *f, gconstpointer data)
{
  guint video = add_video (f, 25, 1), audio = add_audio (f, VS_CODEC_AAC);
  guint id = G_MAXUINT;
  const VsCut *cut;

  vs_packager_set_patience (f->packager, 8 * S);
  push_both (f, video, audio, 0, 5);
  push_both (f, video, G_MAXUINT, 5, 13);
  g_assert_cmpuint (assert_whole (f, audio), ==, 1);
  g_assert_false (vs_packager_take_warning (f->packager, &id));
  push_both (f, video, G_MAXUINT, 13, 29);
  g_assert_true (vs_packager_take_warning (f->packager, &id));
  g_assert_cmpuint (id, ==, audio);
  g_assert_false (vs_packager_take_warning (f->packager, &id));
  g_assert_cmpuint (assert_whole (f, audio), ==, 7);
  cut = find_cut (f, audio, VS_CUT_SEGMENT, 1); /* what there was */
  g_assert_cmpuint (cut->start + cut->duration, ==, 235 * 1024);
  g_assert_cmpuint (count_cuts (f, audio, VS_CUT_GAP), ==, 5);

  push_audio (f, audio, 1000, 0); /* of 21 s: too late */
  push_both (f, video, audio, 29, 41);
  end (f, audio);
  end (f, video);
  g_assert_cmpuint (assert_whole (f, audio), ==, 11);
  g_assert_cmpuint (assert_whole (f, video), ==, 11);
  cut = find_cut (f, audio, VS_CUT_SEGMENT, 2);
  g_assert_cmpuint (cut->index, ==, 7);
  g_assert_cmpuint (cut->start, ==, 1360 * 1024); /* 29.01 s */
  cut = find_cut (f, audio, VS_CUT_SEGMENT, 3);
  g_assert_cmpuint (cut->start, ==, 1500 * 1024); /* 32 s */
}

/* Audio sets the boundaries meanwhile; video is taken back at a key frame. */
static void
test_silent_video (Fixture *f, gconstpointer data)
{
  guint video = add_video (f, 25, 1), audio = add_audio (f, VS_CODEC_AAC);
  const VsCut *cut;

  vs_packager_set_patience (f->packager, 8 * S);
  push_both (f, video, audio, 0, 6);
  push_both (f, G_MAXUINT, audio, 6, 31);
  g_assert_cmpuint (assert_whole (f, audio), >=, 6);
  g_assert_cmpuint (assert_whole (f, video), >=, 6);
  g_assert_cmpuint (count_cuts (f, video, VS_CUT_SEGMENT), ==, 2);
  push_both (f, video, audio, 31, 45); /* 31 s is in the midst of a GOP */
  end (f, video);
  end (f, audio);
  g_assert_cmpuint (assert_whole (f, video), ==, assert_whole (f, audio));
  cut = find_cut (f, video, VS_CUT_SEGMENT, 2);
  g_assert_cmpuint (cut->start, ==, 32 * 12800);
  g_assert_true (g_array_index (cut->samples, VsMp4Sample, 0).sync);
}

/* Nothing is known of it: skipped, until it comes after all. */
static void
test_never_sent (Fixture *f, gconstpointer data)
{
  guint video = add_video (f, 25, 1), audio = add_audio (f, VS_CODEC_AAC);

  vs_packager_set_patience (f->packager, 8 * S);
  push_both (f, video, G_MAXUINT, 0, 21);
  g_assert_cmpuint (count_cuts (f, audio, VS_CUT_SKIP), ==, 5);
  g_assert_null (find_cut (f, audio, VS_CUT_STREAM, 0));
  push_both (f, video, audio, 21, 30);
  end (f, video);
  end (f, audio);
  g_assert_cmpuint (find_cut (f, audio, VS_CUT_STREAM, 0)->index, ==, 5);
  g_assert_cmpuint (assert_whole (f, audio), ==, 8);
  g_assert_cmpuint (assert_whole (f, video), ==, 8);
}

static void
test_never_sent_video (Fixture *f, gconstpointer data)
{
  guint video = add_video (f, 25, 1), audio = add_audio (f, VS_CODEC_AAC);

  vs_packager_set_patience (f->packager, 8 * S);
  push_both (f, G_MAXUINT, audio, 0, 20);
  g_assert_cmpuint (count_cuts (f, audio, VS_CUT_SEGMENT), ==, 4);
  g_assert_cmpuint (count_cuts (f, video, VS_CUT_SKIP), ==, 4);
}

/* Without a patience all is waited for, but not in silence. */
static void
test_waited_for (Fixture *f, gconstpointer data)
{
  guint video = add_video (f, 25, 1), audio = add_audio (f, VS_CODEC_AAC);
  guint id = G_MAXUINT;

  push_both (f, video, G_MAXUINT, 0, 30);
  g_assert_false (vs_packager_take_warning (f->packager, &id));
  push_both (f, video, G_MAXUINT, 30, 40);
  g_assert_true (vs_packager_take_warning (f->packager, &id));
  g_assert_cmpuint (id, ==, audio);
  g_assert_cmpuint (assert_whole (f, audio), ==, 0);
  push_both (f, G_MAXUINT, audio, 0, 40);
  g_assert_cmpuint (count_cuts (f, audio, VS_CUT_SEGMENT), ==, 9);
}

/* A segment begins where it is asked to: at the key frame that is there, in
 * both renditions, however short the one before it; else at the next one. */
static void
test_cut_at (Fixture *f, gconstpointer data)
{
  static const guint keys[] = { 0, 50, 63, 113, 163, 213, 263 };
  static const guint starts[] = { 0, 63, 163, 263 };
  guint big = add_video (f, 25, 1), small = add_video (f, 25, 1);
  guint audio = add_audio (f, VS_CODEC_AAC), marks = 0;

  vs_packager_set_offset (f->packager, 7 * S);
  vs_packager_cut_at (f->packager, 0);
  vs_packager_cut_at (f->packager, 63 * 40 * MS);
  vs_packager_cut_at (f->packager, 250 * 40 * MS);
  vs_packager_cut_at (f->packager, 255 * 40 * MS);
  for (guint n = 0; n < 300; n++)
    for (guint track = big; track <= small; track++) {
      gboolean key = FALSE;

      for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
        key |= keys[i] == n;
      push_frame (f, track, n, key ? 1 : G_MAXUINT, 25, 1, 0);
    }
  for (guint n = 0; n < 560; n++)
    push_audio (f, audio, n, 0);
  end (f, big);
  end (f, small);
  end (f, audio);
  for (guint i = 0; i < G_N_ELEMENTS (starts); i++) {
    guint next = i + 1 < G_N_ELEMENTS (starts) ? starts[i + 1] : 300;

    for (guint track = big; track <= small; track++)
      assert_segment (
          f, track, i, 7 * 12800 + starts[i] * 512, (next - starts[i]) * 512);
  }
  for (guint i = 0; i < f->cuts->len; i++) {
    const VsCut *cut = f->cuts->pdata[i];
    static const guint index[] = { 0, 1, 3 }, n_marks[] = { 1, 1, 2 };

    if (cut->kind != VS_CUT_MARK)
      continue;
    g_assert_cmpuint (cut->index, ==, index[marks]);
    g_assert_cmpuint (cut->marks, ==, n_marks[marks]);
    g_assert_cmpint (cut->at_ns, ==, 7 * S + starts[cut->index] * 40 * MS);
    marks++;
  }
  g_assert_cmpuint (marks, ==, 3);
}

int
main (int argc, char **argv)
{
  static const struct {
    const gchar *path;
    void (*test) (Fixture *, gconstpointer);
  } tests[] = {
    { "/packager/aligned", test_aligned },
    { "/packager/cut-at-once", test_cut_at_once },
    { "/packager/cut-at", test_cut_at },
    { "/packager/odd-gops", test_odd_gops },
    { "/packager/reorder", test_reorder },
    { "/packager/priming", test_priming },
    { "/packager/late-and-early", test_late_and_early },
    { "/packager/tail", test_tail },
    { "/packager/audio-alone", test_audio_alone },
    { "/packager/late-video", test_late_video },
    { "/packager/from-zero", test_from_zero },
    { "/packager/changes", test_changes },
    { "/packager/long-run", test_long_run },
    { "/packager/silent-audio", test_silent_audio },
    { "/packager/silent-video", test_silent_video },
    { "/packager/never-sent", test_never_sent },
    { "/packager/never-sent-video", test_never_sent_video },
    { "/packager/waited-for", test_waited_for },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
