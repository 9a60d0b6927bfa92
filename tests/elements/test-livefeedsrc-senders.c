/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * livefeedsrc and real senders: processes that push MPEG-TS by UDP or SRT,
 * stand still, are killed, and come back with another size. The output is
 * unbroken all the time (feed-watch checks each buffer).
 *
 * The sender is this program itself, run with --send. */
#include <gio/gio.h>
#include <signal.h>

#include "feed-watch.h"

#define WHITE 150
#define SENDER_LIFE 60 /* seconds, should the test itself be killed */

static const gchar *program;

static int
run_sender (const gchar *uri, const gchar *size, const gchar *channels)
{
  g_autofree gchar *text = g_strdup_printf (
      "mpegtsmux name=m alignment=7 ! %s name=out async=false "
      "videotestsrc is-live=true pattern=white num-buffers=%d ! "
      "video/x-raw,%s,framerate=25/1 ! x264enc tune=zerolatency "
      "speed-preset=ultrafast key-int-max=12 ! video/x-h264,profile=baseline ! "
      "queue ! m. "
      "audiotestsrc is-live=true num-buffers=%d samplesperbuffer=480 ! "
      "audio/x-raw,rate=48000,channels=%s ! audioconvert ! avenc_aac ! queue ! "
      "m.",
      g_str_has_prefix (uri, "srt") ? "srtsink" : "udpsink", SENDER_LIFE * 25,
      size, SENDER_LIFE * 100, channels);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstElement) out = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, NULL);

  g_assert_no_error (error);
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  if (g_str_has_prefix (uri, "srt"))
    g_object_set (out, "uri", uri, NULL);
  else
    g_object_set (out, "host", g_uri_get_host (parsed), "port",
        g_uri_get_port (parsed), NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return 0;
}

static GSubprocess *
start_sender (const gchar *uri, const gchar *size, const gchar *channels)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *sender = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE,
      &error, program, "--send", uri, size, channels, NULL);

  g_assert_no_error (error);
  return sender;
}

static void
kill_sender (GSubprocess *sender)
{
  g_subprocess_force_exit (sender);
  g_assert_true (g_subprocess_wait (sender, NULL, NULL));
  g_object_unref (sender);
}

/* The feed is shown, and heard. */
static void
check_shown (FeedWatch *watch)
{
  g_free (feed_watch_wait_state (watch, "streaming"));
  feed_watch_wait_luma (watch, WHITE);
  feed_watch_wait_frames (watch, FEED_FPS);
}

static void
check_comes_and_goes (const gchar *listen, const gchar *send)
{
  FeedWatch *watch = feed_watch_new (
      listen, "hold-time", GST_SECOND, "timeout", 2 * GST_SECOND, NULL);
  GSubprocess *sender;

  feed_watch_play (watch);
  feed_watch_wait_frames (watch, 5);
  sender = start_sender (send, "width=320,height=180", "2");
  check_shown (watch);
  kill_sender (sender);
  g_free (feed_watch_wait_state (watch, "holding"));
  g_free (feed_watch_wait_state (watch, "slate"));
  sender = start_sender (send, "width=640,height=360", "1");
  check_shown (watch);
  kill_sender (sender);
  g_free (feed_watch_wait_state (watch, "slate"));
  feed_watch_free (watch);
}

static void
test_udp (void)
{
  g_autofree gchar *uri =
      g_strdup_printf ("udp://127.0.0.1:%u", feed_watch_find_port ());

  check_comes_and_goes (uri, uri);
}

static void
test_srt (void)
{
  guint port = feed_watch_find_port ();
  g_autofree gchar *listen =
      g_strdup_printf ("srt://127.0.0.1:%u?mode=listener", port);
  g_autofree gchar *send =
      g_strdup_printf ("srt://127.0.0.1:%u?mode=caller", port);
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("srtsrc");

  if (!factory) {
    g_test_skip ("no srtsrc (gstreamer1.0-plugins-bad)");
    return;
  }
  check_comes_and_goes (listen, send);
}

/* A sender that stands still and goes on: held, then shown again, without a
 * restart of anything. */
static void
test_stall (void)
{
  g_autofree gchar *uri =
      g_strdup_printf ("udp://127.0.0.1:%u", feed_watch_find_port ());
  FeedWatch *watch = feed_watch_new (
      uri, "hold-time", 20 * GST_SECOND, "timeout", 20 * GST_SECOND, NULL);
  GSubprocess *sender = start_sender (uri, "width=320,height=180", "2");

  feed_watch_play (watch);
  check_shown (watch);
  g_subprocess_send_signal (sender, SIGSTOP);
  g_free (feed_watch_wait_state (watch, "holding"));
  g_assert_cmpuint (watch->luma, >, WHITE);
  g_subprocess_send_signal (sender, SIGCONT);
  check_shown (watch);
  g_assert_cmpuint (feed_watch_get_stat (watch, "reconnects"), ==, 0);
  kill_sender (sender);
  feed_watch_free (watch);
}

int
main (int argc, char **argv)
{
  gint ret;

  gst_init (&argc, &argv);
  program = argv[0];
  if (argc == 5 && g_str_equal (argv[1], "--send"))
    return run_sender (argv[2], argv[3], argv[4]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/livefeedsrc/senders/udp", test_udp);
  g_test_add_func ("/livefeedsrc/senders/srt", test_srt);
  g_test_add_func ("/livefeedsrc/senders/stall", test_stall);
  ret = g_test_run ();
  gst_deinit ();
  return ret;
}
