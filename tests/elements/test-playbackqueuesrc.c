/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * playbackqueuesrc: joins, interrupts, what is broken, filler, held against
 * numbers in the picture and beeps in the sound, frame by frame. */
#include <gio/gio.h>
#include <gst/check/gsttestclock.h>
#include <string.h>
#include <sys/stat.h>

#include "air-watch.h"
#include "pipeline.h"
#include "tree.h"

#define LENGTH 25 /* frames of a clip */
#define LONG 90   /* of clip 5 */

static gchar *dir;
static gchar *uri[8]; /* of clip 1 … */

/* From frame @at on @clip from frame @from to @to, each once, none left out;
 * returns where what follows begins. On a busy machine one may be held; for
 * each that was, one may be left out, since sound and picture stay together. */
static guint
assert_run (AirWatch *watch, guint at, gint clip, gint from, gint to)
{
  gint held = 0;

  for (gint i = from; i < to; i++, at++) {
    AirFrame frame = air_watch_get (watch, at);

    for (; i > from && frame.clip == clip && frame.number == i - 1; held++) {
      g_test_message ("frame %u: %d is held", at, i - 1);
      frame = air_watch_get (watch, ++at);
    }
    if (frame.clip != clip && to - i <= held)
      break;
    if (frame.clip == clip && frame.number > i && frame.number - i <= held) {
      held -= frame.number - i;
      i = frame.number;
    }
    if (frame.clip != clip || frame.number != i)
      g_test_message ("frame %u: clip %d, %d", at, frame.clip, frame.number);
    g_assert_cmpint (frame.clip, ==, clip);
    g_assert_cmpint (frame.number, ==, i);
  }
  while (air_watch_get (watch, at).clip == clip &&
         air_watch_get (watch, at).number == to - 1)
    at++;
  return at;
}

/* Every beep begins within @samples of the frame that it belongs to. */
static void
assert_sync (AirWatch *watch, guint until, gint64 samples)
{
  const gint64 tick = AIR_RATE / AIR_FPS;
  guint n = 0;

  air_watch_wait_frames (watch, until);
  g_mutex_lock (&watch->lock);
  for (guint i = 0; i < watch->beeps->len; i++) {
    gint64 at = g_array_index (watch->beeps, guint64, i);
    guint frame = (at + tick / 2) / tick;
    AirFrame there;

    if (frame >= until)
      break;
    there = g_array_index (watch->frames, AirFrame, frame);
    g_assert_cmpint (there.clip, >, 0);
    g_assert_cmpint (there.number % AIR_BEEP, ==, 0);
    g_assert_cmpint (ABS (at - (gint64) frame * tick), <=, samples);
    n++;
  }
  g_mutex_unlock (&watch->lock);
  g_assert_cmpuint (n, >, 0);
}

static void
test_join (void)
{
  AirWatch *watch = air_watch_new ("channel", "test", NULL);
  guint at;

  for (guint i = 0; i < 3; i++)
    g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[i]));
  air_watch_play (watch);
  at = air_watch_wait_clip (watch, 0, 1, 0);
  at = assert_run (watch, at, 1, 0, LENGTH);
  at = assert_run (watch, at, 2, 0, LENGTH);
  at = assert_run (watch, at, 3, 0, LENGTH);
  g_assert_cmpint (air_watch_get (watch, at).clip, ==, -1);
  assert_sync (watch, at, 1024);
  g_assert_cmpuint (watch->cuts, >=, 8);
  air_watch_free (watch);
}

static void
test_in_out (void)
{
  AirWatch *watch = air_watch_new ("channel", "test", NULL);
  guint at;

  g_free (air_enqueue (watch, "{\"uri\": \"%s\", \"in\": 0.6}", uri[0]));
  g_free (air_enqueue (
      watch, "{\"uri\": \"%s\", \"in\": 0.2, \"out\": 0.8}", uri[1]));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\", \"out\": 0.8}", uri[2]));
  air_watch_play (watch);
  at = air_watch_wait_clip (watch, 0, 1, 0);
  at = assert_run (watch, at, 1, 15, LENGTH);
  at = assert_run (watch, at, 2, 5, 20);
  at = assert_run (watch, at, 3, 0, 20);
  g_assert_cmpint (air_watch_get (watch, at).clip, ==, -1);
  assert_sync (watch, at, 1024);
  air_watch_free (watch);
}

static guint64
get_frame (AirWatch *watch, const gchar *event)
{
  GstStructure *s = air_watch_wait_event (watch, event);
  guint64 frame = 0;

  g_assert_true (gst_structure_get_uint64 (s, "frame", &frame));
  gst_structure_free (s);
  return frame;
}

/* Where it would be by now, but for what was held. */
static guint
assert_joined (AirWatch *watch, guint at, gint expected)
{
  gint number = air_watch_get (watch, at).number;

  g_assert_cmpint (number, <=, expected);
  g_assert_cmpint (number, >, expected - LENGTH);
  return assert_run (watch, at, 5, number, LONG);
}

/* The cut is where the message says; the interrupt is shown whole; then what
 * was interrupted comes back as asked for. */
static void
test_interrupt (gconstpointer mode)
{
  AirWatch *watch = air_watch_new ("channel", "test", NULL);
  g_autofree gchar *json = g_strdup_printf ("{\"uri\": \"%s\"}", uri[1]);
  g_autofree gchar *id = NULL;
  guint64 cut;
  guint at;
  gint last;

  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[4]));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[2]));
  air_watch_play (watch);
  air_watch_wait_clip (watch, 0, 5, 10);
  g_signal_emit_by_name (
      watch->source, "interrupt", json, "frame", (gint64) 0, mode, &id);
  g_assert_nonnull (id);
  cut = get_frame (watch, "item-interrupted");
  last = air_watch_get (watch, cut - 1).number;
  g_assert_cmpint (air_watch_get (watch, cut - 1).clip, ==, 5);
  at = assert_run (watch, cut, 2, 0, LENGTH);
  if (g_str_equal (mode, "resume"))
    at = assert_run (watch, at, 5, last + 1, LONG);
  else if (g_str_equal (mode, "join"))
    at = assert_joined (watch, at, last + 1 + (gint) (at - cut));
  else if (g_str_equal (mode, "restart"))
    at = assert_run (watch, air_watch_wait_clip (watch, at, 5, 0), 5, 0, LONG);
  at = air_watch_wait_clip (watch, at, 3, 0);
  assert_run (watch, at, 3, 0, LENGTH);
  assert_sync (watch, at, 1024);
  air_watch_free (watch);
}

/* An interrupt at the end of the item; return in the midst of one; skip. */
static void
test_commands (void)
{
  AirWatch *watch = air_watch_new ("channel", "test", NULL);
  g_autofree gchar *short_one = g_strdup_printf ("{\"uri\": \"%s\"}", uri[1]);
  g_autofree gchar *long_one = g_strdup_printf ("{\"uri\": \"%s\"}", uri[4]);
  g_autofree gchar *first = NULL;
  g_autofree gchar *id = NULL;
  g_autofree gchar *other = NULL;
  gboolean ok = FALSE;
  guint at;

  first = air_enqueue (watch, "{\"uri\": \"%s\"}", uri[0]);
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[4]));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[2]));
  air_watch_play (watch);
  at = air_watch_wait_clip (watch, 0, 1, 5);
  g_signal_emit_by_name (
      watch->source, "interrupt", short_one, "item-end", (gint64) 0, NULL, &id);
  g_assert_nonnull (id);
  at = assert_run (watch, at, 1, 5, LENGTH);
  at = air_watch_wait_clip (watch, at, 2, 0);
  at = assert_run (watch, at, 2, 0, LENGTH);
  at = air_watch_wait_clip (watch, at, 5, 10);
  g_signal_emit_by_name (watch->source, "skip", &ok);
  g_assert_true (ok);
  at = air_watch_wait_clip (watch, at, 3, 5);
  g_signal_emit_by_name (
      watch->source, "interrupt", long_one, NULL, (gint64) 0, NULL, &other);
  g_assert_nonnull (other);
  at = air_watch_wait_clip (watch, at, 5, 20);
  g_signal_emit_by_name (watch->source, "return-to-queue", &ok);
  g_assert_true (ok);
  at = air_watch_wait_clip (watch, at, 3, 6);
  at = assert_run (watch, at, 3, air_watch_get (watch, at).number, LENGTH);
  g_assert_cmpint (air_watch_get (watch, at).clip, ==, -1);
  air_watch_free (watch);
}

static void
test_loop (void)
{
  AirWatch *watch = air_watch_new ("channel", "test", NULL);
  gboolean ok = FALSE;
  guint at;

  g_free (air_enqueue (watch, "{\"uri\": \"%s\", \"loop\": true}", uri[0]));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[1]));
  air_watch_play (watch);
  at = air_watch_wait_clip (watch, 0, 1, 0);
  for (guint i = 0; i < 3; i++)
    at = assert_run (watch, at, 1, 0, LENGTH);
  g_signal_emit_by_name (watch->source, "skip", &ok);
  g_assert_true (ok);
  at = air_watch_wait_clip (watch, at, 2, 0);
  assert_run (watch, at, 2, 0, LENGTH);
  air_watch_free (watch);
}

/* Entered at once where there is nothing to play, looped, left for an item on
 * the frame, and gone on with where it was. */
static void
test_filler (void)
{
  AirWatch *watch = air_watch_new ("filler-uri", uri[3], NULL);
  guint at, left;

  air_watch_play (watch);
  at = air_watch_wait_clip (watch, 0, 4, 0);
  at = assert_run (watch, at, 4, 0, LENGTH);
  assert_run (watch, at, 4, 0, 5);
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[0]));
  at = air_watch_wait_clip (watch, at, 1, 0);
  left = air_watch_get (watch, at - 1).number;
  at = assert_run (watch, at, 1, 0, LENGTH);
  assert_run (watch, at, 4, (left + 1) % LENGTH, LENGTH);
  air_watch_free (watch);
}

/* Each sound is heard before the next one is made: none is to be dropped. */
static void
pass_time (AirWatch *watch, GstTestClock *clock, guint frames)
{
  const guint64 tick = AIR_RATE / AIR_FPS;
  guint64 heard;

  gst_test_clock_wait_for_next_pending_id (clock, NULL);
  gst_test_clock_advance_time (clock, frames * (GST_SECOND / AIR_FPS));
  while (frames-- > 0) {
    gst_test_clock_wait_for_next_pending_id (clock, NULL);
    g_mutex_lock (&watch->lock);
    heard = watch->samples;
    gst_clock_id_unref (gst_test_clock_process_next_clock_id (clock));
    while (watch->samples < heard + tick)
      g_cond_wait (&watch->cond, &watch->lock);
    g_mutex_unlock (&watch->lock);
  }
}

/* The machine stood still for two seconds, and what decodes with it: what is
 * made up for then has its pictures, as far as it can be helped. */
static void
test_held_up (gconstpointer filler)
{
  const guint jump = 2 * AIR_FPS;
  g_autoptr (GstClock) clock = gst_test_clock_new ();
  AirWatch *watch = air_watch_new ("filler-uri", filler ? uri[4] : NULL, NULL);
  guint at = 0, held = 0;

  if (!filler)
    g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[4]));
  gst_pipeline_use_clock (GST_PIPELINE (watch->pipeline), clock);
  air_watch_play (watch);
  do
    pass_time (watch, GST_TEST_CLOCK (clock), 1);
  while (air_watch_get (watch, at++).clip != 5);
  /* Faster than it decodes, though none comes late: held, and no slate. */
  for (guint i = 0; i < 30; i++, at++) {
    pass_time (watch, GST_TEST_CLOCK (clock), 1);
    g_assert_cmpint (air_watch_get (watch, at).clip, ==, 5);
  }
  pass_time (watch, GST_TEST_CLOCK (clock), jump);
  for (guint i = 1; i < jump; i++, at++) {
    AirFrame frame = air_watch_get (watch, at);

    g_assert_cmpint (frame.clip, ==, 5);
    held += frame.number == air_watch_get (watch, at - 1).number;
  }
  g_test_message ("%u of %u frames are held", held, jump);
  g_assert_cmpuint (held, <, jump / 2);
  air_watch_free (watch);
}

static void
test_still (void)
{
  AirWatch *watch = air_watch_new ("channel", "test", NULL);
  g_autofree gchar *path = g_strdup_printf ("%s/still.png", dir);
  g_autofree gchar *launch = g_strdup_printf (
      "videotestsrc num-buffers=1 pattern=white ! video/x-raw,width=%d,"
      "height=%d ! pngenc ! filesink location=\"%s\"",
      AIR_WIDTH, AIR_HEIGHT, path);
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, NULL);
  g_autofree gchar *failure = run_pipeline (pipeline);
  guint at, end;

  g_assert_cmpstr (failure, ==, NULL);
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[0]));
  g_free (
      air_enqueue (watch, "{\"uri\": \"file://%s\", \"duration\": 1.2}", path));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[1]));
  air_watch_play (watch);
  at = air_watch_wait_clip (watch, 0, 1, 0);
  at = assert_run (watch, at, 1, 0, LENGTH);
  for (guint i = 0; i < 30; i++, at++) /* all white: all bits are set */
    g_assert_cmpint (air_watch_get (watch, at).number, ==, 1023);
  for (end = at; air_watch_get (watch, at).number == 1023; at++)
    g_test_message ("frame %u: the still is held", at);
  g_assert_cmpuint (at - end, <=, air_get_held (watch->source));
  assert_run (watch, at, 2, 0, LENGTH);
  air_watch_free (watch);
}

/* Half of a file: its index says more than there is. */
static gchar *
make_half (void)
{
  g_autofree gchar *whole = g_filename_from_uri (uri[4], NULL, NULL);
  gchar *path = g_strdup_printf ("%s/half.mkv", dir);
  g_autofree gchar *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (whole, &data, &size, NULL));
  g_assert_true (g_file_set_contents (path, data, size / 2, NULL));
  return path;
}

/* A server that says nothing. */
static GSocketListener *
make_silence (gchar **address)
{
  GSocketListener *listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);

  g_assert_cmpuint (port, >, 0);
  *address = g_strdup_printf ("http://127.0.0.1:%u/show.mp4", port);
  return listener;
}

static void
test_broken (void)
{
  AirWatch *watch = air_watch_new ("channel", "test", NULL);
  g_autofree gchar *half = make_half ();
  g_autofree gchar *text = g_strdup_printf ("%s/text.mp4", dir);
  g_autofree gchar *empty = g_strdup_printf ("%s/empty.mp4", dir);
  g_autofree gchar *pipe = g_strdup_printf ("%s/pipe.mp4", dir);
  g_autofree gchar *address = NULL;
  g_autoptr (GSocketListener) silence = make_silence (&address);
  guint at, n_failed = 0;

  g_assert_true (g_file_set_contents (text, "no media at all\n", -1, NULL));
  g_assert_true (g_file_set_contents (empty, "", 0, NULL));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[0]));
  g_free (air_enqueue (watch, "{\"uri\": \"file://%s/none.mp4\"}", dir));
  g_free (air_enqueue (watch, "{\"uri\": \"file://%s\"}", text));
  g_free (air_enqueue (watch, "{\"uri\": \"file://%s\"}", empty));
  g_free (air_enqueue (watch, "{\"uri\": \"file://%s\"}", dir));
  g_free (air_enqueue (watch, "{\"uri\": \"nonsense://x/y\"}"));
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  g_free (air_enqueue (watch, "{\"uri\": \"file://%s\"}", pipe));
  g_free (air_enqueue (watch, "{\"uri\": \"http://127.0.0.1:9/a.mp4\"}"));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\", \"in\": 99}", uri[3]));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\", \"timeout\": 0.5}", address));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[1]));
  g_free (air_enqueue (watch, "{\"uri\": \"file://%s\"}", half));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[2]));
  air_watch_play (watch);
  at = air_watch_wait_clip (watch, 0, 1, 0);
  at = assert_run (watch, at, 1, 0, LENGTH);
  while (n_failed < 9) {
    GstStructure *s = air_watch_wait_event (watch, "item-failed");
    const gchar *failure = gst_structure_get_string (s, "failure");

    g_test_message ("%s", failure);
    g_assert_nonnull (failure);
    gst_structure_free (s);
    n_failed++;
  }
  at = air_watch_wait_clip (watch, at, 2, 0);
  at = assert_run (watch, at, 2, 0, LENGTH);
  at = air_watch_wait_clip (watch, at, 5, 20); /* what there is, is played */
  at = air_watch_wait_clip (watch, at, 3, 0);
  assert_run (watch, at, 3, 0, LENGTH);
  air_watch_free (watch);
}

/* What was on air goes on where it was, what waited is still there. */
static void
test_restart (gconstpointer mode)
{
  g_autofree gchar *queue =
      g_strdup_printf ("sqlite://%s/%s.db", dir, (const gchar *) mode);
  AirWatch *watch = air_watch_new ("queue", queue, NULL);
  guint at;
  gint last;

  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[0]));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[4]));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[2]));
  air_watch_play (watch);
  air_watch_wait_clip (watch, 0, 5, 20);
  gst_element_set_state (watch->pipeline, GST_STATE_NULL);
  g_mutex_lock (&watch->lock);
  last = g_array_index (watch->frames, AirFrame, watch->frames->len - 1).number;
  g_mutex_unlock (&watch->lock);
  air_watch_free (watch);

  watch = air_watch_new ("queue", queue, NULL);
  gst_util_set_object_arg (G_OBJECT (watch->source), "restart-mode", mode);
  air_watch_play (watch);
  at = air_watch_wait_clip (watch, 0, 5, 0);
  if (g_str_equal (mode, "resume"))
    assert_run (watch, at, 5, air_watch_get (watch, at).number, LONG);
  /* the last frames may have waited in the pads, and are not shown again */
  g_assert_cmpint (air_watch_get (watch, at).number, >, last);
  g_assert_cmpint (air_watch_get (watch, at).number, <=, last + AIR_FPS * 60);
  at = air_watch_wait_clip (watch, at, 3, 0);
  assert_run (watch, at, 3, 0, LENGTH);
  air_watch_free (watch);
}

/* What would have ended by now has ended, and has not failed. */
static void
test_restart_behind_the_end (void)
{
  g_autofree gchar *queue = g_strdup_printf ("sqlite://%s/spent.db", dir);
  AirWatch *watch = air_watch_new ("queue", queue, NULL);
  AirWatch *meanwhile = air_watch_new ("channel", "meanwhile", NULL);
  GstStructure *told;

  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[0]));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[2]));
  air_watch_play (watch);
  air_watch_wait_clip (watch, 0, 1, 0);
  air_watch_free (watch);

  g_free (air_enqueue (meanwhile, "{\"uri\": \"%s\"}", uri[0]));
  air_watch_play (meanwhile);
  air_watch_wait_clip (meanwhile, 0, 1, LENGTH - 1);
  air_watch_free (meanwhile);

  watch = air_watch_new ("queue", queue, NULL);
  gst_util_set_object_arg (G_OBJECT (watch->source), "restart-mode", "join");
  air_watch_play (watch);
  told = air_watch_wait_event (watch, "item-finished");
  g_assert_cmpstr (gst_structure_get_string (told, "reason"), ==, "ended");
  gst_structure_free (told);
  air_watch_wait_clip (watch, 0, 3, 0);
  air_watch_free (watch);
}

/* Segments in a row, as one programme. */
static void
test_segments (void)
{
  AirWatch *watch = air_watch_new ("channel", "test", NULL);
  g_autofree gchar *launch = g_strdup_printf (
      "uridecodebin uri=%s ! videoconvert ! x264enc tune=zerolatency "
      "speed-preset=ultrafast quantizer=10 pass=quant key-int-max=25 "
      "option-string=scenecut=0 ! h264parse config-interval=-1 ! splitmuxsink "
      "max-size-time=1000000000 muxer-factory=mpegtsmux "
      "location=\"%s/seg_%%05d.ts\"",
      uri[4], dir);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autofree gchar *failure = NULL;
  guint at;

  g_assert_no_error (error);
  failure = run_pipeline (pipeline);
  g_assert_cmpstr (failure, ==, NULL);
  g_free (air_enqueue (
      watch, "{\"segments\": \"file://%s/seg_%%05d.ts\", \"count\": 3}", dir));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", uri[0]));
  air_watch_play (watch);
  at = air_watch_wait_clip (watch, 0, 5, 0);
  at = assert_run (watch, at, 5, 0, 3 * AIR_FPS);
  assert_run (watch, at, 1, 0, LENGTH);
  air_watch_free (watch);
}

static void
test_refused (void)
{
  static const gchar *const bad[] = { "", "{", "[]", "{\"uri\": 3}",
    "{\"nothing\": 1}", "{\"uri\": \"file:///a\", \"in\": 5, \"out\": 1}",
    "{\"uri\": \"file:///a\", \"unknown\": 1}" };
  AirWatch *watch = air_watch_new ("channel", "test", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree gchar *id = air_enqueue (watch, "%s", bad[i]);
    g_autoptr (GstMessage) message =
        gst_bus_pop_filtered (watch->bus, GST_MESSAGE_WARNING);

    g_assert_null (id);
    g_assert_nonnull (message);
  }
  air_watch_play (watch);
  air_watch_wait_frames (watch, 10);
  air_watch_free (watch);
}

int
main (int argc, char **argv)
{
  gint code;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  dir = g_dir_make_tmp ("vs-air-XXXXXX", NULL);
  g_assert_nonnull (dir);
  for (guint i = 0; i < 4; i++) {
    g_autofree gchar *name = g_strdup_printf ("clip%u", i + 1);

    uri[i] = air_make_clip (dir, name, i + 1, LENGTH, TRUE);
  }
  uri[4] = air_make_clip (dir, "clip5", 5, LONG, TRUE);
  g_test_add_func ("/playbackqueuesrc/join", test_join);
  g_test_add_func ("/playbackqueuesrc/in-out", test_in_out);
  g_test_add_data_func (
      "/playbackqueuesrc/interrupt/resume", "resume", test_interrupt);
  g_test_add_data_func (
      "/playbackqueuesrc/interrupt/restart", "restart", test_interrupt);
  g_test_add_data_func (
      "/playbackqueuesrc/interrupt/skip", "skip", test_interrupt);
  g_test_add_data_func (
      "/playbackqueuesrc/interrupt/join", "join", test_interrupt);
  g_test_add_func ("/playbackqueuesrc/commands", test_commands);
  g_test_add_func ("/playbackqueuesrc/loop", test_loop);
  g_test_add_func ("/playbackqueuesrc/filler", test_filler);
  g_test_add_data_func ("/playbackqueuesrc/held-up/item", NULL, test_held_up);
  g_test_add_data_func (
      "/playbackqueuesrc/held-up/filler", "filler", test_held_up);
  g_test_add_func ("/playbackqueuesrc/still", test_still);
  g_test_add_func ("/playbackqueuesrc/broken", test_broken);
  g_test_add_func ("/playbackqueuesrc/refused", test_refused);
  g_test_add_func ("/playbackqueuesrc/segments", test_segments);
  g_test_add_data_func (
      "/playbackqueuesrc/restart/resume", "resume", test_restart);
  g_test_add_func (
      "/playbackqueuesrc/restart/end", test_restart_behind_the_end);
  code = g_test_run ();
  for (guint i = 0; i < G_N_ELEMENTS (uri); i++)
    g_free (uri[i]);
  remove_tree (dir);
  g_free (dir);
  return code;
}
