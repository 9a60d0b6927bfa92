/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * playbackqueuesrc, interrupted again and again: from the call to the first
 * frame of what cuts in, and whether the cut is exact. Frames are read back
 * from the pictures.
 *
 * VS_PLAYBACK_INTERRUPTS: how many of each (5). */
#include <string.h>

#include "air-watch.h"
#include "tree.h"

#define LENGTH 250 /* frames of what is interrupted; it loops */
#define SHORT 10   /* of what interrupts */
#define AHEAD (1500 * (gint64) 1000)

static gchar *dir;
static gchar *uri[2];

typedef struct {
  AirWatch *watch;
  GArray *frames; /* gint64: each one's wall clock; under the watch's lock */
} Clocked;

static GstPadProbeReturn
note_time (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Clocked *clocked = data;
  gint64 now = g_get_real_time ();

  g_mutex_lock (&clocked->watch->lock);
  g_array_append_val (clocked->frames, now);
  g_mutex_unlock (&clocked->watch->lock);
  return GST_PAD_PROBE_OK;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const gint64 *left = a, *right = b;

  return (*left > *right) - (*left < *right);
}

static void
tell (const gchar *what, GArray *us)
{
  g_array_sort (us, compare);
  g_test_message ("%s, %u times: median %.0f ms, p95 %.0f ms, most %.0f ms",
      what, us->len, g_array_index (us, gint64, us->len / 2) / 1e3,
      g_array_index (us, gint64, (us->len * 95 - 1) / 100) / 1e3,
      g_array_index (us, gint64, us->len - 1) / 1e3);
}

/* The frame on which the item of @id came on air, as it was told. */
static guint64
wait_started (AirWatch *watch, const gchar *id)
{
  for (;;) {
    GstStructure *s = air_watch_wait_event (watch, "item-started");
    gboolean ours = g_strcmp0 (gst_structure_get_string (s, "id"), id) == 0;
    guint64 frame = 0;

    g_assert_true (gst_structure_get_uint64 (s, "frame", &frame));
    gst_structure_free (s);
    if (ours)
      return frame;
  }
}

/* An item that is late on a busy machine holds its picture, and then goes on
 * where it would be by now. How many frames showed again what @at shows. */
static guint
count_held (AirWatch *watch, guint at)
{
  AirFrame shown = air_watch_get (watch, at);
  guint held = 0;

  while (at > held && air_watch_get (watch, at - held - 1).clip == shown.clip &&
         air_watch_get (watch, at - held - 1).number == shown.number)
    held++;
  return held;
}

/* What interrupts is shown from its first frame to its last, each in its place.
 * The frame after it. */
static guint
assert_whole (AirWatch *watch, guint cut)
{
  gint last = 0;
  guint at = cut;

  for (; air_watch_get (watch, at).clip == 2; at++) {
    gint number = air_watch_get (watch, at).number;

    g_assert_cmpint (number, >=, last);
    g_assert_cmpint (number, <=, (gint) (at - cut));
    last = number;
  }
  g_assert_cmpint (at - cut, >=, SHORT);
  if (count_held (watch, cut + SHORT - 1) == 0)
    g_assert_cmpint (last, ==, SHORT - 1);
  return at;
}

/* The cut is on the frame that was told, what interrupts is shown whole, and
 * what was interrupted goes on with its very next frame. */
static guint
assert_exact (AirWatch *watch, guint cut)
{
  AirFrame before = air_watch_get (watch, cut - 1);
  guint at, skipped;

  g_assert_cmpint (before.clip, ==, 1);
  g_assert_cmpint (air_watch_get (watch, cut).clip, ==, 2);
  g_assert_cmpint (air_watch_get (watch, cut).number, ==, 0);
  at = assert_whole (watch, cut);
  g_assert_cmpint (air_watch_get (watch, at).clip, ==, 1);
  skipped =
      (guint) (air_watch_get (watch, at).number - before.number - 1 + LENGTH) %
      LENGTH;
  g_assert_cmpuint (skipped, <=, count_held (watch, cut - 1));
  return at;
}

/* From the call, or from the time that was asked for, to the first frame. */
static void
interrupt_often (guint n, gboolean prerolled)
{
  AirWatch *watch = air_watch_new ("channel", "test", NULL);
  Clocked clocked = { watch, g_array_new (FALSE, FALSE, sizeof (gint64)) };
  g_autoptr (GArray) us = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GstPad) pad = gst_element_get_static_pad (watch->source, "video");
  g_autofree gchar *json = g_strdup_printf ("{\"uri\": \"%s\"}", uri[1]);
  guint at = 0;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, note_time, &clocked, NULL);
  g_free (air_enqueue (watch, "{\"uri\": \"%s\", \"loop\": true}", uri[0]));
  air_watch_play (watch);
  for (guint i = 0; i < n; i++) {
    g_autofree gchar *id = NULL;
    gint64 due, late;
    guint cut;

    at = air_watch_wait_clip (watch, at, 1, 0);
    air_watch_wait_frames (watch, at + g_test_rand_int_range (3, 15));
    due = g_get_real_time () + (prerolled ? AHEAD : 0);
    g_signal_emit_by_name (watch->source, "interrupt", json,
        prerolled ? "at" : "frame", due, "resume", &id);
    g_assert_nonnull (id);
    cut = wait_started (watch, id);
    at = assert_exact (watch, cut);
    g_mutex_lock (&watch->lock);
    late = g_array_index (clocked.frames, gint64, cut) - due;
    g_mutex_unlock (&watch->lock);
    g_assert_cmpint (late, >, -G_USEC_PER_SEC / AIR_FPS);
    g_array_append_val (us, late);
  }
  tell (prerolled ? "prerolled" : "not prerolled", us);
  air_watch_free (watch);
  g_array_unref (clocked.frames);
}

static guint
get_count (void)
{
  const gchar *wish = g_getenv ("VS_PLAYBACK_INTERRUPTS");

  return wish ? MAX ((guint) g_ascii_strtoull (wish, NULL, 10), 1) : 5;
}

static void
test_cold (void)
{
  interrupt_often (get_count (), FALSE);
}

static void
test_prerolled (void)
{
  interrupt_often (get_count (), TRUE);
}

int
main (int argc, char **argv)
{
  gint code;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  dir = g_dir_make_tmp ("vs-cut-XXXXXX", NULL);
  g_assert_nonnull (dir);
  uri[0] = air_make_clip (dir, "long", 1, LENGTH, TRUE);
  uri[1] = air_make_clip (dir, "short", 2, SHORT, TRUE);
  g_test_add_func ("/playback-interrupts/cold", test_cold);
  g_test_add_func ("/playback-interrupts/prerolled", test_prerolled);
  code = g_test_run ();
  remove_tree (dir);
  g_free (uri[0]);
  g_free (uri[1]);
  g_free (dir);
  return code;
}
