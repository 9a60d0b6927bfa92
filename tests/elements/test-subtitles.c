/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text on its way into segments, without GStreamer. */
#include "publish/vs-subtitles.h"

#include <string.h>

#define S G_GINT64_CONSTANT (1000000000)
#define US G_GINT64_CONSTANT (1000000)

static gboolean
push (VsSubtitles *self, gint64 start_ns, gint64 end_ns, const gchar *text)
{
  return vs_subtitles_push (self, start_ns, end_ns, g_strdup (text));
}

static void
assert_takes (VsSubtitles *self, gint64 start_s, const gchar *cues)
{
  g_autofree gchar *text =
      vs_subtitles_take (self, start_s * US, (start_s + 2) * US);
  const gchar *body = strchr (strchr (text, '\n') + 1, '\n') + 1;

  g_assert_true (g_str_has_prefix (text, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:"));
  g_assert_cmpstr (body, ==, cues);
}

/* Cues that came before it was known where the run begins move with it. */
static void
test_offset (void)
{
  VsSubtitles *self = vs_subtitles_new (FALSE);

  push (self, 10 * S, 11 * S, "before");
  push (self, 9 * S, 10 * S, "never seen");
  g_assert_false (vs_subtitles_is_past (self, 2 * US));
  vs_subtitles_settle (self, -10 * S);
  vs_subtitles_settle (self, 77 * S);
  push (self, 11 * S, 13 * S, "after");
  assert_takes (self, 0,
      "\n00:00:00.000 --> 00:00:01.000\nbefore\n"
      "\n00:00:01.000 --> 00:00:03.000\nafter\n");
  assert_takes (self, 2, "\n00:00:01.000 --> 00:00:03.000\nafter\n");
  assert_takes (self, 4, "");
  vs_subtitles_free (self);
}

static void
test_position (void)
{
  VsSubtitles *self = vs_subtitles_new (FALSE);

  vs_subtitles_settle (self, 0);
  g_assert_false (vs_subtitles_is_past (self, 0));
  vs_subtitles_advance (self, 2 * S);
  g_assert_true (vs_subtitles_is_past (self, 2 * US));
  g_assert_false (vs_subtitles_is_past (self, 2 * US + 1));
  vs_subtitles_advance (self, S);
  g_assert_true (vs_subtitles_is_past (self, 2 * US));
  push (self, 5 * S, 6 * S, "x");
  g_assert_true (vs_subtitles_is_past (self, 5 * US));
  vs_subtitles_advance (self, G_MAXINT64);
  g_assert_true (vs_subtitles_is_past (self, G_MAXINT64));
  vs_subtitles_free (self);
}

/* Without an end a cue lasts until the next, or four seconds. */
static void
test_open (void)
{
  VsSubtitles *self = vs_subtitles_new (FALSE);

  vs_subtitles_settle (self, 0);
  push (self, 0, -1, "one");
  push (self, S, -1, "two");
  assert_takes (self, 0,
      "\n00:00:00.000 --> 00:00:01.000\none\n"
      "\n00:00:01.000 --> 00:00:05.000\ntwo\n");
  vs_subtitles_free (self);
}

/* What comes late is in the segments that are still to come; where none is
 * left it is refused, unless all is kept. */
static void
test_late (void)
{
  for (guint keep = 0; keep < 2; keep++) {
    VsSubtitles *self = vs_subtitles_new (keep == 1);
    g_autofree gchar *whole = NULL;

    vs_subtitles_settle (self, 0);
    assert_takes (self, 0, "");
    g_assert_true (push (self, S, 3 * S, "late"));
    g_assert_cmpint (push (self, S, 2 * S, "lost"), ==, keep == 1);
    g_assert_false (push (self, 3 * S, 4 * S, ""));
    assert_takes (self, 2, "\n00:00:01.000 --> 00:00:03.000\nlate\n");
    assert_takes (self, 4, "");
    whole = vs_subtitles_write_whole (self);
    g_assert_cmpstr (whole, ==,
        keep == 1 ? "WEBVTT\n"
                    "\n00:00:01.000 --> 00:00:02.000\nlost\n"
                    "\n00:00:01.000 --> 00:00:03.000\nlate\n"
                  : "WEBVTT\n");
    vs_subtitles_free (self);
  }
}

/* Text without end is not held without end. */
static void
test_limit (void)
{
  VsSubtitles *self = vs_subtitles_new (TRUE);
  g_autofree gchar *large = g_strnfill (1 << 20, 'x');
  guint n = 0;

  while (n < 100 && push (self, n * S, n * S + S, large))
    n++;
  g_assert_cmpuint (n, ==, 31);
  vs_subtitles_free (self);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/subtitles/offset", test_offset);
  g_test_add_func ("/subtitles/position", test_position);
  g_test_add_func ("/subtitles/open", test_open);
  g_test_add_func ("/subtitles/late", test_late);
  g_test_add_func ("/subtitles/limit", test_limit);
  return g_test_run ();
}
