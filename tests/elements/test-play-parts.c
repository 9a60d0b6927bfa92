/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of playout by themselves: addresses, caps, timeline, audio,
 * drawing, items. */
#include <math.h>

#include "core/vs-error.h"
#include "playout/vs-play-audio.h"
#include "playout/vs-play-draw.h"
#include "playout/vs-play-format.h"
#include "playout/vs-play-item.h"
#include "playout/vs-play-timeline.h"
#include "playout/vs-play-uri.h"

#define MS ((gint64) GST_MSECOND)
#define S ((gint64) GST_SECOND)
#define FRAME (40 * MS)

static void
test_uri (void)
{
  static const struct {
    const gchar *uri;
    gint kind; /* -1: refused */
  } rows[] = {
    { "file:///a.ts", VS_PLAY_KIND_FILE },
    { "http://h/x.m3u8", VS_PLAY_KIND_PULL },
    { "HTTPS://h/x.mpd", VS_PLAY_KIND_PULL },
    { "srt://h:7001", VS_PLAY_KIND_LIVE },
    { "srt://:7001?mode=listener", VS_PLAY_KIND_LISTEN },
    { "srt://0.0.0.0:7001?latency=50&mode=listener", VS_PLAY_KIND_LISTEN },
    { "srt://:7001", VS_PLAY_KIND_LISTEN },
    { "rtsp://h/x", VS_PLAY_KIND_LIVE },
    { "rtmp://h/a/b", VS_PLAY_KIND_LIVE },
    { "udp://239.0.0.1:5000", VS_PLAY_KIND_LISTEN },
    { "rtp://0.0.0.0:5000", VS_PLAY_KIND_LISTEN },
    { "testsrc:", VS_PLAY_KIND_TEST },
    { "appsrc://", -1 },
    { "s3://b/k", -1 },
    { "/a.ts", -1 },
    { "", -1 },
    { NULL, -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    VsPlayKind kind;
    gboolean ok = vs_play_uri_check (rows[i].uri, &kind, &error);

    g_assert_cmpint (ok ? (gint) kind : -1, ==, rows[i].kind);
    if (!ok)
      g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
  }
}

static void
test_backoff (void)
{
  g_assert_cmpuint (vs_play_backoff (0, 1000, 8000, 0.5), ==, 1000);
  g_assert_cmpuint (vs_play_backoff (2, 1000, 8000, 0.5), ==, 4000);
  g_assert_cmpuint (vs_play_backoff (3, 1000, 8000, 0.0), ==, 6000);
  g_assert_cmpuint (vs_play_backoff (3, 1000, 8000, 1.0), ==, 10000);
  g_assert_cmpuint (
      vs_play_backoff (G_MAXUINT, 1000, G_MAXUINT64 / 4, 0.5), >, 1000);
  g_assert_cmpuint (vs_play_backoff (5, 3000, 1000, 0.5), ==, 1000);
}

static void
test_format (void)
{
  static const struct {
    const gchar *video, *audio;
    gboolean ok;
  } rows[] = {
    { "video/x-raw", "audio/x-raw", TRUE },
    { "video/x-raw,width=1920,height=1080,framerate=30000/1001",
        "audio/x-raw,format=S16LE,rate=44100,channels=1", TRUE },
    { "video/x-raw,format=NV12", "audio/x-raw,channels=6", TRUE },
    { "video/x-raw,width=333,height=200", "audio/x-raw", FALSE },
    { "video/x-raw,format=RGB", "audio/x-raw", FALSE },
    { "video/x-raw,framerate=0/1", "audio/x-raw", FALSE },
    { "video/x-h264", "audio/x-raw", FALSE },
    { "video/x-raw", "audio/mpeg", FALSE },
    { "video/x-raw", "audio/x-raw,format=S24LE", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GstCaps) video = gst_caps_from_string (rows[i].video);
    g_autoptr (GstCaps) audio = gst_caps_from_string (rows[i].audio);
    g_autoptr (GError) error = NULL;
    VsPlayFormat format = { 0 };
    gboolean ok = vs_play_format_init (&format, video, audio, &error);

    g_assert_cmpint (ok, ==, rows[i].ok);
    g_assert_true (ok || error);
    if (!ok)
      continue;
    g_assert_true (gst_caps_is_fixed (format.video_caps));
    g_assert_true (gst_caps_is_fixed (format.audio_caps));
    g_assert_true (gst_structure_has_field (
        gst_caps_get_structure (format.video_caps, 0), "colorimetry"));
    vs_play_format_clear (&format);
  }
}

/* Ticks and samples of a day of 29.97 frames: no sum of rounded steps. */
static void
test_ticks (void)
{
  g_autoptr (GstCaps) video =
      gst_caps_from_string ("video/x-raw,framerate=30000/1001");
  g_autoptr (GstCaps) audio = gst_caps_from_string ("audio/x-raw");
  VsPlayFormat format = { 0 };

  g_assert_true (vs_play_format_init (&format, video, audio, NULL));
  g_assert_cmpuint (
      vs_play_format_tick_time (&format, 30000 * 86), ==, 1001 * 86 * S);
  g_assert_cmpuint (vs_play_format_tick_sample (&format, 30000 * 86), ==,
      1001 * 86 * G_GUINT64_CONSTANT (48000));
  for (guint64 n = 0; n < 5000; n++) {
    guint64 at =
        vs_play_format_tick_at (&format, vs_play_format_tick_time (&format, n));
    g_assert_cmpuint (at, ==, n);
  }
  vs_play_format_clear (&format);
}

/* ---- audio ---- */

#define RATE 48000
#define BLOCK 1024
#define READ 1600

static void
push_sine (VsPlayAudio *audio, gint64 due, guint64 phase, guint n)
{
  g_autofree gfloat *frames = g_new (gfloat, n);

  for (guint i = 0; i < n; i++)
    frames[i] = 0.5f * (gfloat) sin (2 * G_PI * 440 * (phase + i) / RATE);
  vs_play_audio_push (audio, due, frames, n);
}

/* The largest step between samples that a 440 Hz sine of 0.5 has, with room. */
#define MAX_STEP 0.045f

static gfloat
max_step (const gfloat *samples, guint n, gfloat *last)
{
  gfloat max = 0;

  for (guint i = 0; i < n; i++) {
    max = MAX (max, fabsf (samples[i] - *last));
    *last = samples[i];
  }
  return max;
}

static void
test_audio_exact (void)
{
  g_autoptr (VsPlayAudio) audio = vs_play_audio_new (RATE, 1);
  gfloat out[READ];

  for (guint i = 0; i < 20; i++)
    push_sine (audio, i * BLOCK, i * BLOCK, BLOCK);
  for (guint64 at = 0; at + READ <= 20 * BLOCK; at += READ) {
    g_assert_cmpuint (vs_play_audio_read (audio, at, out, READ), ==, 0);
    for (guint i = at == 0 ? 240 : 0; i < READ; i++) {
      gfloat want = 0.5f * (gfloat) sin (2 * G_PI * 440 * (at + i) / RATE);
      g_assert_true (out[i] == want);
    }
  }
  g_assert_cmpint (vs_play_audio_get_steered (audio), ==, 0);
}

/* Timestamps rounded to milliseconds are one run: no sample lost or added. */
static void
test_audio_rounded (void)
{
  g_autoptr (VsPlayAudio) audio = vs_play_audio_new (RATE, 1);
  gfloat out[READ], last = 0;
  guint64 pushed = 0;

  for (guint64 at = 0; at < 10 * RATE; at += READ) {
    for (; pushed < at + 3 * READ; pushed += BLOCK)
      push_sine (audio, pushed * 1000 / RATE * RATE / 1000, pushed, BLOCK);
    g_assert_cmpuint (vs_play_audio_read (audio, at, out, READ), ==, 0);
    g_assert_cmpfloat (max_step (out, READ, &last), <, MAX_STEP);
  }
}

/* A sender whose clock is 200 ppm off is followed, and nothing is heard. */
static void
test_audio_drift (void)
{
  static const gint ppm[] = { 200, -200 };

  for (guint k = 0; k < G_N_ELEMENTS (ppm); k++) {
    g_autoptr (VsPlayAudio) audio = vs_play_audio_new (RATE, 1);
    gfloat out[READ], last = 0;
    guint64 pushed = 0;
    gint64 due = 0;

    for (guint64 at = 0; at < 60 * RATE; at += READ) {
      for (; due < (gint64) at + 3 * READ; pushed += BLOCK) {
        due = pushed + (gint64) pushed * ppm[k] / 1000000;
        push_sine (audio, due, pushed, BLOCK);
      }
      g_assert_cmpuint (vs_play_audio_read (audio, at, out, READ), ==, 0);
      g_assert_cmpfloat (max_step (out, READ, &last), <, MAX_STEP);
    }
    /* 60 s of 200 ppm are 576 samples */
    g_assert_cmpint (
        vs_play_audio_get_steered (audio) * (ppm[k] > 0 ? -1 : 1), >, 500);
  }
}

static void
test_audio_gap (void)
{
  g_autoptr (VsPlayAudio) audio = vs_play_audio_new (RATE, 1);
  gfloat out[READ], last = 0;
  guint silent = 0;

  push_sine (audio, 0, 30, 5 * READ);
  push_sine (audio, 10 * READ, 55, 5 * READ);
  for (guint i = 0; i < 20; i++) {
    silent += vs_play_audio_read (audio, i * READ, out, READ);
    g_assert_cmpfloat (max_step (out, READ, &last), <, MAX_STEP);
  }
  g_assert_cmpuint (silent, ==, 10 * READ);
}

/* Late and doubled data are skipped, and the jump is led over. */
static void
test_audio_overlap (void)
{
  g_autoptr (VsPlayAudio) audio = vs_play_audio_new (RATE, 1);
  gfloat out[READ], last = 0;

  push_sine (audio, 0, 0, 5 * READ);
  push_sine (audio, 2 * READ, 2 * READ + 27, 5 * READ);
  for (guint i = 0; i < 7; i++) {
    g_assert_cmpuint (vs_play_audio_read (audio, i * READ, out, READ), ==, 0);
    g_assert_cmpfloat (max_step (out, READ, &last), <, MAX_STEP);
  }
  push_sine (audio, 0, 0, READ); /* long gone */
  g_assert_cmpuint (vs_play_audio_read (audio, 7 * READ, out, READ), ==, READ);
}

/* ---- timeline ---- */

static void
start (VsPlayTimeline *tl, gboolean live)
{
  vs_play_timeline_init (tl, 500 * MS, 25, 1);
  vs_play_timeline_anchor (tl, live, 7 * S, 7 * S + 5 * MS, 0);
}

static gint64
margin (VsPlayTimeline *tl, VsPlayStream stream, gint64 raw, gint64 now)
{
  gint64 due = vs_play_timeline_map (tl, stream, raw, FRAME, now);
  return due - vs_play_timeline_position (tl, now);
}

static void
test_timeline_anchor (void)
{
  VsPlayTimeline tl;
  gint64 video, audio;

  start (&tl, TRUE);
  audio = vs_play_timeline_map (&tl, VS_PLAY_AUDIO, 7 * S, FRAME, 0);
  video = vs_play_timeline_map (&tl, VS_PLAY_VIDEO, 7 * S + 5 * MS, FRAME, 0);
  g_assert_cmpint (video - audio, ==, 5 * MS); /* the feed's sync */
  g_assert_cmpint (video % FRAME, ==, 0);      /* in the middle of a tick */
  g_assert_cmpint (audio, >=, 500 * MS);
  g_assert_cmpint (audio, <, 500 * MS + FRAME);
}

/* Restarted at 0: goes on where it was, the streams in sync, whichever of
 * them is the first to go back. */
static void
test_timeline_restart (void)
{
  for (guint first = 0; first < 2; first++) {
    VsPlayTimeline tl;
    gint64 due[2], now = 10 * S;

    start (&tl, TRUE);
    for (gint64 t = 0; t <= now; t += FRAME) {
      margin (&tl, VS_PLAY_AUDIO, 7 * S + t, t);
      margin (&tl, VS_PLAY_VIDEO, 7 * S + 5 * MS + t, t);
    }
    due[first] = vs_play_timeline_map (&tl, first, 0, FRAME, now);
    due[!first] = vs_play_timeline_map (&tl, !first, 20 * MS, FRAME, now);
    g_assert_cmpint (due[!first] - due[first], ==, 20 * MS);
    g_assert_cmpint (due[first], >=, now + 500 * MS);
    g_assert_cmpint (due[first], <, now + 700 * MS);
  }
}

/* A live feed that stood for 10 s and goes on where it stopped: late at first
 * (it could be a backlog), then taken as it comes. */
static void
test_timeline_stall (void)
{
  VsPlayTimeline tl;
  gint64 now, last = 0;

  start (&tl, TRUE);
  for (now = 0; now < 5 * S; now += FRAME)
    margin (&tl, VS_PLAY_AUDIO, 7 * S + now, now);
  now += 10 * S;
  g_assert_cmpint (
      margin (&tl, VS_PLAY_AUDIO, 7 * S + now - 10 * S, now), <, 0);
  for (gint64 end = now + S; now < end; now += FRAME)
    last = margin (&tl, VS_PLAY_AUDIO, 7 * S + now - 10 * S, now);
  g_assert_cmpint (last, >, 400 * MS);
  g_assert_cmpint (last, <, 700 * MS);
}

/* One whose times went on meanwhile is in time from the first on. */
static void
test_timeline_hole (void)
{
  VsPlayTimeline tl;
  gint64 before, after;

  start (&tl, TRUE);
  before = margin (&tl, VS_PLAY_VIDEO, 7 * S, 0);
  after = margin (&tl, VS_PLAY_VIDEO, 67 * S, 60 * S);
  g_assert_cmpint (after, ==, before);
}

/* Times jump by an hour: the hole is skipped, when nothing else is left. */
static void
test_timeline_jump (void)
{
  VsPlayTimeline tl;
  gint64 due;

  start (&tl, FALSE);
  margin (&tl, VS_PLAY_VIDEO, 7 * S, 0);
  due = vs_play_timeline_map (&tl, VS_PLAY_VIDEO, 3607 * S, FRAME, S);
  g_assert_true (vs_play_timeline_skip_to (&tl, due, S));
  g_assert_cmpint (due - vs_play_timeline_position (&tl, S), >=, 500 * MS);
  g_assert_cmpint (
      due - vs_play_timeline_position (&tl, S), <, 500 * MS + FRAME);
  g_assert_false (vs_play_timeline_skip_to (&tl, due, S));
}

/* A file that could not be read in time waits for nobody: nothing of it is
 * left out. */
static void
test_timeline_slow_file (void)
{
  VsPlayTimeline tl;

  start (&tl, FALSE);
  margin (&tl, VS_PLAY_AUDIO, 7 * S, 0);
  margin (&tl, VS_PLAY_AUDIO, 7 * S + FRAME, 3 * S);
  g_assert_cmpint (margin (&tl, VS_PLAY_AUDIO, 7 * S + 2 * FRAME, 3 * S), >, 0);
}

/* The end of one item and the start of the next meet. */
static void
test_timeline_loop (void)
{
  VsPlayTimeline tl;
  gint64 due;

  start (&tl, FALSE);
  margin (&tl, VS_PLAY_AUDIO, 7 * S + 5 * MS, 0);
  margin (&tl, VS_PLAY_VIDEO, 7 * S + 5 * MS, 0);
  vs_play_timeline_anchor (&tl, FALSE, 0, 0, 100 * MS);
  due = vs_play_timeline_map (&tl, VS_PLAY_VIDEO, 0, FRAME, 100 * MS);
  g_assert_cmpint (due, ==, 520 * MS + FRAME);
}

/* 200 ppm for an hour: what waits stays within 50 ms of what waited. */
static void
test_timeline_drift (void)
{
  static const gint ppm[] = { 200, -200 };

  for (guint k = 0; k < G_N_ELEMENTS (ppm); k++) {
    VsPlayTimeline tl;
    gint64 first = 0;

    start (&tl, TRUE);
    for (gint64 now = 0; now < 3600 * S; now += FRAME) {
      gint64 raw = 7 * S + now + now / 1000000 * ppm[k];
      gint64 m = margin (&tl, VS_PLAY_AUDIO, raw, now);

      first = now == 0 ? m : first;
      g_assert_cmpint (ABS (m - first), <, 50 * MS);
      vs_play_timeline_tick (&tl, now);
    }
    g_assert_cmpint (ABS (tl.steered), >, 600 * MS);
  }
}

/* A server that sends the last seconds at once when asked: the excess goes. */
static void
test_timeline_excess (void)
{
  VsPlayTimeline tl;
  gint64 m = 0;

  start (&tl, TRUE);
  for (gint64 raw = 7 * S; raw < 9 * S; raw += FRAME)
    margin (&tl, VS_PLAY_AUDIO, raw, 0);
  for (gint64 now = FRAME; now < 20 * S; now += FRAME) {
    m = margin (&tl, VS_PLAY_AUDIO, 9 * S + now, now);
    vs_play_timeline_tick (&tl, now);
  }
  g_assert_cmpint (m, <, 600 * MS);
  g_assert_cmpint (m, >, 400 * MS);
}

static void
test_draw (void)
{
  GstVideoInfo info;
  g_autoptr (GstBuffer) buffer = NULL;
  GstVideoFrame frame;
  const guint8 *y;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, 322, 178);
  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  g_assert_true (
      gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE));
  vs_play_draw_bars (&frame);
  y = GST_VIDEO_FRAME_COMP_DATA (&frame, 0);
  g_assert_cmpint (y[10], ==, 180);
  g_assert_cmpint (y[321], ==, 28);
  /* clipped on all sides */
  vs_play_draw_box (&frame, -20, -20, 30, 30, vs_play_black);
  vs_play_draw_box (&frame, 310, 170, 100, 100, vs_play_white);
  g_assert_cmpint (y[0], ==, 16);
  g_assert_cmpint (
      vs_play_draw_digits (&frame, 300, 100, 100, "01:23.4"), >, 0);
  gst_video_frame_unmap (&frame);
}

/* Closed at any moment of its opening: a full appsink once held the change of
 * state, and that the close. */
static void
test_item_close (void)
{
  g_autoptr (GstCaps) video =
      gst_caps_from_string ("video/x-raw,width=320,height=180,framerate=25/1");
  g_autoptr (GstCaps) audio = gst_caps_from_string ("audio/x-raw");
  g_autoptr (VsPlayReaper) reaper = vs_play_reaper_new ();
  VsPlayFormat format = { 0 };

  g_assert_true (vs_play_format_init (&format, video, audio, NULL));
  for (guint i = 0; i < 200; i++) {
    VsPlayItem *item = vs_play_item_open (
        "testsrc:", VS_PLAY_KIND_TEST, &format, GST_SECOND, reaper);

    vs_play_reaper_wait (reaper, i % 20 * 1000);
    vs_play_item_close (item);
    g_assert_true (vs_play_reaper_wait (reaper, 20 * G_USEC_PER_SEC));
  }
  vs_play_format_clear (&format);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/feed/uri", test_uri);
  g_test_add_func ("/feed/backoff", test_backoff);
  g_test_add_func ("/feed/format", test_format);
  g_test_add_func ("/feed/ticks", test_ticks);
  g_test_add_func ("/feed/audio/exact", test_audio_exact);
  g_test_add_func ("/feed/audio/rounded", test_audio_rounded);
  g_test_add_func ("/feed/audio/drift", test_audio_drift);
  g_test_add_func ("/feed/audio/gap", test_audio_gap);
  g_test_add_func ("/feed/audio/overlap", test_audio_overlap);
  g_test_add_func ("/feed/timeline/anchor", test_timeline_anchor);
  g_test_add_func ("/feed/timeline/restart", test_timeline_restart);
  g_test_add_func ("/feed/timeline/stall", test_timeline_stall);
  g_test_add_func ("/feed/timeline/hole", test_timeline_hole);
  g_test_add_func ("/feed/timeline/jump", test_timeline_jump);
  g_test_add_func ("/feed/timeline/slow-file", test_timeline_slow_file);
  g_test_add_func ("/feed/timeline/loop", test_timeline_loop);
  g_test_add_func ("/feed/timeline/drift", test_timeline_drift);
  g_test_add_func ("/feed/timeline/excess", test_timeline_excess);
  g_test_add_func ("/feed/draw", test_draw);
  g_test_add_func ("/feed/item/close", test_item_close);
  return g_test_run ();
}
