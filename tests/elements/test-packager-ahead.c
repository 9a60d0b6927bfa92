/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The packager and key frames that it hears of before they come. */
#include "packager-fixture.h"

static void
expect_key (Fixture *f, guint track, guint n)
{
  vs_packager_expect_key (
      f->packager, track, n * 40 * MS, n * 40 * MS, f->cuts);
}

/* A segment ends with its last frame where the next key frame is known of. */
static void
test_expected (Fixture *f, gconstpointer data)
{
  g_autoptr (VsStream) stream = vs_stream_new (VS_MEDIA_VIDEO, VS_CODEC_H264);
  guint video = add_video (f, 25, 1), audio = add_audio (f, VS_CODEC_AAC);

  expect_key (f, video, 0); /* nothing can be said of the first */
  for (guint n = 0; n < 200; n++)
    push_audio (f, audio, n, 0);
  for (guint n = 0; n < 100; n++)
    push_frame (f, video, n, 100, 25, 1, 0);
  g_assert_null (find_cut (f, video, VS_CUT_SEGMENT, 0));
  expect_key (f, video, 100);
  assert_segment (f, video, 0, 0, 4 * 12800);
  g_assert_nonnull (find_cut (f, audio, VS_CUT_SEGMENT, 0));
  expect_key (f, video, 101); /* one at a time */
  stream->timescale = 12800;
  vs_packager_set_stream (f->packager, video, stream);
  for (guint n = 100; n < 200; n++)
    push_frame (f, video, n, 100, 25, 1, 0);
  g_assert_cmpuint (find_cut (f, video, VS_CUT_STREAM, 1)->index, ==, 1);
  g_assert_null (find_cut (f, video, VS_CUT_SEGMENT, 1));
  expect_key (f, video, 200);
  assert_segment (f, video, 1, 4 * 12800, 4 * 12800);
  end (f, video);
  end (f, audio);
  g_assert_null (find_cut (f, video, VS_CUT_SEGMENT, 2));
}

/* What is told of between the two: a cut, and a change of the stream. */
static void
test_expected_then_told (Fixture *f, gconstpointer data)
{
  g_autoptr (VsStream) stream = vs_stream_new (VS_MEDIA_VIDEO, VS_CODEC_H264);
  guint video = add_video (f, 25, 1);

  for (guint n = 0; n < 25; n++)
    push_frame (f, video, n, 25, 25, 1, 0);
  expect_key (f, video, 25);
  vs_packager_cut_at (f->packager, 1 * S);
  push_frame (f, video, 25, 25, 25, 1, 0);
  assert_segment (f, video, 0, 0, 12800);
  for (guint n = 26; n < 50; n++)
    push_frame (f, video, n, 25, 25, 1, 0);
  expect_key (f, video, 50);
  stream->timescale = 12800;
  vs_packager_set_stream (f->packager, video, stream);
  push_frame (f, video, 50, 25, 25, 1, 0);
  assert_segment (f, video, 1, 12800, 12800);
  g_assert_cmpuint (find_cut (f, video, VS_CUT_STREAM, 1)->index, ==, 2);
}

/* It does not come: what comes instead is taken as it is. */
static void
test_expected_in_vain (Fixture *f, gconstpointer data)
{
  guint video = add_video (f, 25, 1), other = add_video (f, 25, 1);

  vs_packager_set_patience (f->packager, 8 * S);
  for (guint n = 0; n < 100; n++)
    push_frame (f, video, n, 100, 25, 1, 0);
  expect_key (f, video, 100);
  push_frame (f, video, 102, 103, 25, 1, 0);
  for (guint n = 103; n < 200; n++)
    push_frame (f, video, n, 103, 25, 1, 0);
  expect_key (f, video, 206); /* and it falls silent */
  for (guint n = 0; n < 500; n++)
    push_frame (f, other, n, 100, 25, 1, 0);
  assert_segment (f, video, 0, 0, 4 * 12800);
  assert_segment (f, other, 0, 0, 4 * 12800);
  end (f, video);
  end (f, other);
  g_assert_cmpuint (assert_whole (f, video), >=, 2);
  g_assert_cmpuint (assert_whole (f, other), >=, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add ("/packager-ahead/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("expected", test_expected);
  ADD ("then-told", test_expected_then_told);
  ADD ("in-vain", test_expected_in_vain);
#undef ADD
  return g_test_run ();
}
