/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vsx264enc, frame by frame: what goes in, and what has come out of it. */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <string.h>

#include "pipeline.h"

#define WIDTH 320
#define HEIGHT 180
#define FPS 25
#define FRAME_TIME (GST_SECOND / FPS)
#define RAW                                                                    \
  "video/x-raw,format=I420,width=320,height=180,framerate=25/1,"               \
  "interlace-mode=progressive,pixel-aspect-ratio=1/1,colorimetry=bt709"
#define FAST "speed-preset=ultrafast threads=1 sync-lookahead=0 "

typedef struct {
  GstHarness *harness;
  GRand *rand;
  guint sent;
} Fixture;

static void
open_with (Fixture *f, const gchar *settings, const gchar *sink_caps)
{
  g_autofree gchar *line = g_strdup_printf ("vsx264enc %s", settings);

  f->harness = gst_harness_new_parse (line);
  f->rand = g_rand_new_with_seed (1);
  f->sent = 0;
  if (sink_caps != NULL)
    gst_harness_set_sink_caps_str (f->harness, sink_caps);
  gst_harness_set_src_caps_str (f->harness, RAW);
}

static void
close_it (Fixture *f)
{
  gst_harness_teardown (f->harness);
  g_rand_free (f->rand);
}

/* @noise: 0 grey … 255 snow, which nothing can compress. */
static GstBuffer *
make_picture (Fixture *f, guint noise)
{
  gsize size = WIDTH * HEIGHT * 3 / 2;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  memset (map.data, 128, size);
  for (gsize i = 0; noise > 0 && i < WIDTH * HEIGHT; i++)
    map.data[i] =
        (guint8) (128 + g_rand_int_range (f->rand, 0, (gint) noise) / 2);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = f->sent++ * FRAME_TIME;
  GST_BUFFER_DURATION (buffer) = FRAME_TIME;
  return buffer;
}

static void
send (Fixture *f, guint n, guint noise)
{
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (gst_harness_push (f->harness, make_picture (f, noise)), ==,
        GST_FLOW_OK);
}

static gint64
running_time (GstHarness *harness, GstClockTime time)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (harness->sinkpad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;
  guint64 result;
  gint sign;

  g_assert_nonnull (event);
  gst_event_parse_segment (event, &segment);
  sign = gst_segment_to_running_time_full (
      segment, GST_FORMAT_TIME, time, &result);
  return sign * (gint64) result;
}

static gboolean
is_key (GstBuffer *buffer)
{
  return !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
}

/* All that is out, in decoding order: every picture once, no decoding time
 * after its picture's or before the last one's. */
static guint
check_order (Fixture *f, guint first)
{
  guint n = gst_harness_buffers_in_queue (f->harness);
  g_autofree gboolean *seen = g_new0 (gboolean, n + 1);
  gint64 last = G_MININT64;

  for (guint i = 0; i < n; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (f->harness);
    gint64 pts = running_time (f->harness, GST_BUFFER_PTS (buffer));
    gint64 dts = running_time (f->harness, GST_BUFFER_DTS (buffer));
    guint number = (guint) (pts / (gint64) FRAME_TIME);

    g_assert_cmpint (dts, >, last);
    g_assert_cmpint (dts, <=, pts);
    last = dts;
    g_assert_cmpuint (number, >=, first);
    g_assert_cmpuint (number - first, <, n);
    g_assert_false (seen[number - first]);
    seen[number - first] = TRUE;
  }
  return n;
}

static void
test_order_and_drain (void)
{
  Fixture f;

  open_with (&f, "speed-preset=veryfast key-int-max=20", NULL);
  send (&f, 50, 40);
  g_assert_true (gst_harness_push_event (f.harness, gst_event_new_eos ()));
  g_assert_cmpuint (check_order (&f, 0), ==, 50);
  close_it (&f);
}

/* A flush throws away what is inside; after it things begin anew. */
static void
test_flush (void)
{
  Fixture f;
  GstSegment segment;
  guint before;

  open_with (&f, "speed-preset=veryfast", NULL);
  send (&f, 30, 40);
  gst_harness_push_event (f.harness, gst_event_new_flush_start ());
  gst_harness_push_event (f.harness, gst_event_new_flush_stop (TRUE));
  while (gst_harness_buffers_in_queue (f.harness) > 0)
    gst_buffer_unref (gst_harness_pull (f.harness));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f.harness, gst_event_new_segment (&segment));
  before = f.sent;
  send (&f, 30, 40);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  g_assert_cmpuint (check_order (&f, before), ==, 30);
  close_it (&f);
}

/* New caps in mid-stream: all of the old comes out first. */
static void
test_new_format (void)
{
  Fixture f;
  guint n = 0;

  open_with (&f, "speed-preset=veryfast", NULL);
  send (&f, 20, 40);
  gst_harness_set_src_caps_str (f.harness,
      "video/x-raw,format=I420,width=160,height=360,framerate=25/1,"
      "interlace-mode=progressive,pixel-aspect-ratio=1/1");
  g_assert_cmpuint (gst_harness_buffers_in_queue (f.harness), ==, 20);
  send (&f, 20, 40);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  n = check_order (&f, 0);
  g_assert_cmpuint (n, ==, 40);
  close_it (&f);
}

typedef struct {
  const gchar *name, *settings, *asked, *got;
  gboolean ten_bits; /* are they offered upstream */
} CapsCase;

static const CapsCase caps_cases[] = {
  { "any", FAST, NULL, "stream-format=avc,alignment=au", TRUE },
  { "byte-stream", FAST, "video/x-h264,stream-format=byte-stream",
      "stream-format=byte-stream,alignment=au", TRUE },
  { "baseline", "threads=1",
      "video/x-h264,stream-format=avc,profile=constrained-baseline",
      "profile=constrained-baseline", FALSE },
  { "main", "threads=1", "video/x-h264,profile=main", "profile=main", FALSE },
  { "high", "threads=1", "video/x-h264,profile=high", "profile=high", FALSE },
  /* ultrafast uses nothing that needs High; it still is what was asked. */
  { "lower than asked", FAST, "video/x-h264,profile=high", "profile=high",
      FALSE },
  { "property", "threads=1 profile=main", NULL, "profile=main", FALSE },
  { "level", "threads=1", "video/x-h264,level=(string)4.1", "level=(string)4.1",
      TRUE },
  { "level property", "threads=1 level=3.1", NULL, "level=(string)3.1", TRUE },
};

static void
test_caps (gconstpointer data)
{
  const CapsCase *c = data;
  g_autofree gchar *text =
      g_strdup_printf ("video/x-h264,width=320,height=180,framerate=25/1,"
                       "colorimetry=bt709,%s",
          c->got);
  g_autoptr (GstCaps) want = gst_caps_from_string (text);
  g_autoptr (GstCaps) ten =
      gst_caps_from_string ("video/x-raw,format=I420_10LE");
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstCaps) offered = NULL;
  g_autofree gchar *said = NULL;
  gboolean avc;
  Fixture f;

  open_with (&f, c->settings, c->asked);
  send (&f, 1, 0);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  caps = gst_pad_get_current_caps (f.harness->sinkpad);
  said = gst_caps_to_string (caps);
  g_test_message ("%s", said);
  g_assert_true (gst_caps_is_subset (caps, want));
  avc = strstr (c->got, "byte-stream") == NULL;
  g_assert_true (gst_structure_has_field (
                     gst_caps_get_structure (caps, 0), "codec_data") == avc);
  offered = gst_pad_peer_query_caps (f.harness->srcpad, NULL);
  g_assert_true (gst_caps_can_intersect (offered, ten) == c->ten_bits);
  close_it (&f);
}

static void
ask (Fixture *f, GstClockTime time, gboolean upstream, guint count)
{
  GstEvent *event =
      upstream ? gst_video_event_new_upstream_force_key_unit (time, TRUE, count)
               : gst_video_event_new_downstream_force_key_unit (
                     time, time, time, TRUE, count);

  if (upstream)
    g_assert_true (gst_harness_push_upstream_event (f->harness, event));
  else
    g_assert_true (gst_harness_push_event (f->harness, event));
}

/* The answers: one a request, in order, at the running times of the frames. */
static void
check_answers (Fixture *f, const guint *frames, guint n)
{
  GstEvent *event;
  guint found = 0;

  while ((event = gst_harness_try_pull_event (f->harness)) != NULL) {
    GstClockTime time;
    guint count;

    if (gst_video_event_is_force_key_unit (event)) {
      g_assert_true (gst_video_event_parse_downstream_force_key_unit (
          event, NULL, NULL, &time, NULL, &count));
      g_assert_cmpuint (found, <, n);
      g_assert_cmpuint (count, ==, found);
      g_assert_cmpuint (time, ==, frames[found] * FRAME_TIME);
      found++;
    }
    gst_event_unref (event);
  }
  g_assert_cmpuint (found, ==, n);
}

/* Also before anything has come out, which x264enc 1.22 does not survive. */
static void
test_forced_keys (void)
{
  static const guint keys[] = { 0, 3, 7, 25, 40 };
  Fixture f;
  guint next = 0;

  open_with (&f, "speed-preset=veryfast key-int-max=1000 fixed-gop=true", NULL);
  ask (&f, 0, FALSE, 0);
  send (&f, 2, 40);
  ask (&f, GST_CLOCK_TIME_NONE, TRUE, 9); /* with frame 2 */
  ask (&f, 3 * FRAME_TIME, FALSE, 1);
  ask (&f, 7 * FRAME_TIME - 1, FALSE, 2);
  send (&f, 20, 40);
  ask (&f, 40 * FRAME_TIME, TRUE, 4);
  ask (&f, 25 * FRAME_TIME, FALSE, 3);
  send (&f, 28, 40);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  for (guint i = gst_harness_buffers_in_queue (f.harness); i > 0; i--) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (f.harness);
    guint frame = (guint) (running_time (f.harness, GST_BUFFER_PTS (buffer)) /
                           (gint64) FRAME_TIME);

    if (!is_key (buffer) || frame == 2)
      continue;
    g_assert_cmpuint (next, <, G_N_ELEMENTS (keys));
    g_assert_cmpuint (frame, ==, keys[next++]);
  }
  g_assert_cmpuint (next, ==, G_N_ELEMENTS (keys));
  close_it (&f);
}

static void
test_key_answers (void)
{
  static const guint keys[] = { 0, 7, 25 };
  Fixture f;

  open_with (&f, "speed-preset=veryfast key-int-max=1000 fixed-gop=true", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    ask (&f, keys[i] * FRAME_TIME, i % 2, i);
  send (&f, 40, 40);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  check_answers (&f, keys, G_N_ELEMENTS (keys));
  close_it (&f);
}

static void
test_fixed_gop (void)
{
  Fixture f;

  open_with (&f, "speed-preset=veryfast key-int-max=10 fixed-gop=true", NULL);
  for (guint i = 0; i < 40; i++)
    send (&f, 1, i % 7 == 0 ? 0 : 200); /* a cut every seven frames */
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  for (guint i = gst_harness_buffers_in_queue (f.harness); i > 0; i--) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (f.harness);
    gint64 time = running_time (f.harness, GST_BUFFER_PTS (buffer));

    g_assert_true (is_key (buffer) == (time % (10 * (gint64) FRAME_TIME) == 0));
  }
  close_it (&f);
}

/* H.264 annex C: a buffer of @buffer bits that fills at @rate bit/s never
 * runs empty. How far it would, in bits. */
static gint64
underflow (Fixture *f, gint64 rate, gint64 buffer)
{
  gint64 fill = buffer * 9 / 10, worst = 0; /* x264 begins at 0.9 */

  for (guint i = gst_harness_buffers_in_queue (f->harness); i > 0; i--) {
    g_autoptr (GstBuffer) frame = gst_harness_pull (f->harness);

    fill -= (gint64) gst_buffer_get_size (frame) * 8;
    worst = MIN (worst, fill);
    fill = MIN (buffer, fill + rate / FPS);
  }
  return -worst;
}

static gint64
underflow_with (const gchar *settings)
{
  Fixture f;
  gint64 worst;

  open_with (&f, settings, NULL);
  for (guint i = 0; i < 4; i++) {
    send (&f, 50, 4);
    send (&f, 25, 120);
  }
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  worst = underflow (&f, 535 * 1000, 750 * 1000);
  close_it (&f);
  return worst;
}

/* A quiet picture, then a loud one, again and again: with the cap the buffer
 * holds (but for a hundredth: x264 foresees sizes, it does not know them),
 * without it does not. */
static void
test_vbv (void)
{
  gint64 capped = underflow_with (
      "speed-preset=veryfast threads=1 sync-lookahead=0 key-int-max=50 "
      "bitrate=500 max-bitrate=535 buffer=750");
  gint64 free = underflow_with (
      "speed-preset=veryfast threads=1 sync-lookahead=0 key-int-max=50 "
      "bitrate=500");

  g_test_message ("underflow %" G_GINT64_FORMAT ", without a cap "
                  "%" G_GINT64_FORMAT,
      capped, free);
  g_assert_cmpint (capped, <, 7500);
  g_assert_cmpint (free, >, 75000);
}

/* What x264 says of itself in the first frame's SEI. */
static void
check_note (const gchar *settings, const gchar *const *words)
{
  Fixture f;
  GstMapInfo map;
  g_autoptr (GString) text = g_string_new (NULL);
  GstBuffer *buffer;

  open_with (&f, settings, NULL);
  send (&f, 1, 0);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  buffer = gst_harness_pull (f.harness);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (gsize i = 0; i < map.size; i++)
    g_string_append_c (text, g_ascii_isprint (map.data[i]) ? map.data[i] : ' ');
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  for (guint i = 0; words[i] != NULL; i++) {
    g_test_message ("%s", words[i]);
    g_assert_nonnull (strstr (text->str, words[i]));
  }
  close_it (&f);
}

static void
test_settings (void)
{
  static const gchar *const plain[] = { " bitrate=1000 ", "vbv_maxrate=1070 ",
    "vbv_bufsize=1500 ", "keyint=48 ", "scenecut=0 ", "rc_lookahead=7 ",
    "threads=2 ", "open_gop=0 ", NULL };
  static const gchar *const last[] = { " bitrate=1000 ", "vbv_maxrate=1300 ",
    "scenecut=40 ", "ref=3 ", NULL };

  check_note ("speed-preset=veryfast bitrate=1000 max-bitrate=1070 buffer=1500 "
              "key-int-max=48 fixed-gop=true rc-lookahead=7 threads=2",
      plain);
  check_note ("speed-preset=veryfast bitrate=1000 max-bitrate=1070 buffer=1500 "
              "fixed-gop=true option-string=vbv-maxrate=1300:scenecut=40:ref=3",
      last);
}

static void
test_bad_settings (gconstpointer data)
{
  const gchar *const *c = data;
  g_autofree gchar *line = g_strdup_printf (
      "videotestsrc num-buffers=1 ! vsx264enc %s ! fakesink", c[0]);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autofree gchar *said = NULL;

  g_assert_no_error (error);
  said = run_pipeline (pipeline);
  g_test_message ("%s", said);
  g_assert_nonnull (said);
  g_assert_nonnull (strstr (said, c[1]));
}

static const gchar *const bad_settings[][2] = {
  { "tune=loud", "zerolatency" },
  { "option-string=nosuch=1", "nosuch" },
  { "option-string=ref=many", "many" },
  { "profile=higher", "higher" },
  { "level=9.9", "9.9" },
};

static void
test_low_latency (void)
{
  Fixture f;

  open_with (&f, "speed-preset=ultrafast tune=zerolatency", NULL);
  for (guint i = 1; i <= 10; i++) {
    send (&f, 1, 40);
    g_assert_cmpuint (gst_harness_buffers_in_queue (f.harness), ==, i);
  }
  g_assert_cmpuint (gst_harness_query_latency (f.harness), ==, 0);
  close_it (&f);
}

/* What it says it delays is what it delays. */
static void
test_latency (void)
{
  Fixture f;
  guint frames;

  open_with (&f, "speed-preset=veryfast threads=2 rc-lookahead=12", NULL);
  send (&f, 1, 40);
  frames = (guint) (gst_harness_query_latency (f.harness) / FRAME_TIME);
  g_assert_cmpuint (frames, >=, 12);
  send (&f, frames, 40);
  g_assert_cmpuint (gst_harness_buffers_in_queue (f.harness), >=, 1);
  close_it (&f);
}

static gsize
take_bytes (Fixture *f)
{
  gsize bytes = 0;

  while (gst_harness_buffers_in_queue (f->harness) > 0) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (f->harness);

    bytes += gst_buffer_get_size (buffer);
  }
  return bytes;
}

static void
test_reconfigure (void)
{
  Fixture f;
  gsize low, high;

  open_with (&f,
      "speed-preset=ultrafast tune=zerolatency threads=1 "
      "key-int-max=1000 bitrate=300 max-bitrate=300 buffer=300",
      NULL);
  send (&f, 50, 60);
  take_bytes (&f);
  send (&f, 50, 60);
  low = take_bytes (&f);
  gst_harness_set (f.harness, "vsx264enc", "bitrate", 1500, "max-bitrate", 1500,
      "buffer", 1500, NULL);
  send (&f, 50, 60);
  take_bytes (&f);
  send (&f, 50, 60);
  high = take_bytes (&f);
  g_test_message ("%" G_GSIZE_FORMAT ", then %" G_GSIZE_FORMAT, low, high);
  g_assert_cmpuint (high, >, 3 * low);
  close_it (&f);
}

/* x264 has its own copy: a picture is free as soon as it went in. */
static void
on_freed (gpointer data, GstMiniObject *object)
{
  (*(guint *) data)++;
}

static void
test_input_is_let_go (void)
{
  Fixture f;
  guint freed = 0;

  open_with (&f, "speed-preset=veryfast", NULL);
  for (guint i = 1; i <= 5; i++) {
    GstBuffer *buffer = make_picture (&f, 40);

    gst_mini_object_weak_ref (GST_MINI_OBJECT (buffer), on_freed, &freed);
    g_assert_cmpint (gst_harness_push (f.harness, buffer), ==, GST_FLOW_OK);
    g_assert_cmpuint (freed, ==, i);
  }
  g_assert_cmpuint (gst_harness_buffers_in_queue (f.harness), ==, 0);
  close_it (&f);
}

static void
test_states (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc ! video/x-raw,width=160,height=90 ! vsx264enc ! fakesink",
      &error);

  g_assert_no_error (error);
  for (guint i = 0; i < 20; i++) {
    gst_element_set_state (
        pipeline, g_rand_int_range (rand, GST_STATE_NULL, 5));
    if (i % 2)
      gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vsx264enc/order-and-drain", test_order_and_drain);
  g_test_add_func ("/vsx264enc/flush", test_flush);
  g_test_add_func ("/vsx264enc/new-format", test_new_format);
  for (guint i = 0; i < G_N_ELEMENTS (caps_cases); i++) {
    g_autofree gchar *name =
        g_strdup_printf ("/vsx264enc/caps/%s", caps_cases[i].name);

    g_test_add_data_func (name, &caps_cases[i], test_caps);
  }
  g_test_add_func ("/vsx264enc/forced-keys", test_forced_keys);
  g_test_add_func ("/vsx264enc/key-answers", test_key_answers);
  g_test_add_func ("/vsx264enc/fixed-gop", test_fixed_gop);
  g_test_add_func ("/vsx264enc/vbv", test_vbv);
  g_test_add_func ("/vsx264enc/settings", test_settings);
  for (guint i = 0; i < G_N_ELEMENTS (bad_settings); i++) {
    g_autofree gchar *name = g_strdup_printf ("/vsx264enc/bad/%u", i);

    g_test_add_data_func (name, bad_settings[i], test_bad_settings);
  }
  g_test_add_func ("/vsx264enc/low-latency", test_low_latency);
  g_test_add_func ("/vsx264enc/latency", test_latency);
  g_test_add_func ("/vsx264enc/reconfigure", test_reconfigure);
  g_test_add_func ("/vsx264enc/input-is-let-go", test_input_is_let_go);
  g_test_add_func ("/vsx264enc/states", test_states);
  return g_test_run ();
}
