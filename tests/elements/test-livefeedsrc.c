/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * livefeedsrc: whatever the feed does, what comes out is unbroken. That alone
 * is checked for each buffer of each test (feed-watch). */
#include <gio/gio.h>
#include <glib/gstdio.h>

#include "feed-watch.h"

#define BLACK 16
#define WHITE 150

static void
test_nothing (void)
{
  FeedWatch *watch = feed_watch_new (NULL, NULL);

  feed_watch_play (watch);
  feed_watch_wait_frames (watch, 15);
  g_assert_cmpuint (watch->luma, ==, BLACK);
  g_assert_cmpfloat (watch->peak, ==, 0);
  g_assert_cmpuint (feed_watch_get_stat (watch, "slate-frames"), >=, 14);
  feed_watch_free (watch);
}

/* The square turns white with the beep, to the frame: sync is the feed's. */
static void
test_testsrc (void)
{
  FeedWatch *watch = feed_watch_new ("testsrc:", NULL);
  GstClockTimeDiff off;

  feed_watch_play (watch);
  g_free (feed_watch_wait_state (watch, "streaming"));
  feed_watch_wait_frames (watch, 2 * FEED_FPS);
  g_mutex_lock (&watch->lock);
  off = GST_CLOCK_DIFF (watch->beep, watch->flash);
  g_assert_true (GST_CLOCK_TIME_IS_VALID (watch->flash));
  g_mutex_unlock (&watch->lock);
  g_assert_cmpint (ABS (off) / GST_MSECOND, <=, 10);
  g_assert_cmpuint (feed_watch_get_stat (watch, "reconnects"), ==, 0);
  feed_watch_free (watch);
}

/* It fails with a sentence where the settings make no sense. */
static void
test_bad_settings (void)
{
  static const struct {
    const gchar *uri, *video, *audio, *said;
  } rows[] = {
    { "appsrc://x", NULL, NULL, "testsrc:" },
    { "testsrc:", "video/x-raw,format=RGB", NULL, "RGB" },
    { "testsrc:", NULL, "audio/x-raw,format=U8", "U8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    FeedWatch *watch = feed_watch_new (rows[i].uri, NULL);
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;

    if (rows[i].video)
      gst_util_set_object_arg (
          G_OBJECT (watch->feed), "video-caps", rows[i].video);
    if (rows[i].audio)
      gst_util_set_object_arg (
          G_OBJECT (watch->feed), "audio-caps", rows[i].audio);
    g_assert_cmpint (gst_element_set_state (watch->pipeline, GST_STATE_PLAYING),
        ==, GST_STATE_CHANGE_FAILURE);
    message = gst_bus_pop_filtered (watch->bus, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    g_assert_nonnull (strstr (error->message, rows[i].said));
    feed_watch_free (watch);
  }
}

/* A file that is not there, or no media: the slate, a reason, and tries. */
static void
test_bad_feed (void)
{
  g_autofree gchar *dir = g_dir_make_tmp ("vs-feed-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (dir, "garbage", NULL);
  const gchar *const names[] = { "nothing here", "garbage" };

  g_assert_true (g_file_set_contents (path, "no media at all", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *uri = g_strconcat ("file://", dir, "/", names[i], NULL);
    FeedWatch *watch = feed_watch_new (
        uri, "slate", "bars", "reconnect-delay", 50 * GST_MSECOND, NULL);
    g_autofree gchar *reason = NULL;

    feed_watch_play (watch);
    do {
      g_free (reason);
      reason = feed_watch_wait_state (watch, "connecting");
    } while (g_str_equal (reason, "No data have come yet."));
    feed_watch_wait_frames (watch, FEED_FPS);
    g_assert_cmpuint (feed_watch_get_stat (watch, "reconnects"), >, 0);
    g_assert_cmpuint (watch->luma, ==, 180);
    feed_watch_free (watch);
  }
  g_unlink (path);
  g_rmdir (dir);
}

/* The slate from a file; where it cannot be read, a warning and black. */
static void
test_slate_file (void)
{
  g_autofree gchar *dir = g_dir_make_tmp ("vs-feed-XXXXXX", NULL);
  g_autofree gchar *clip = feed_watch_make_clip (dir, 1);
  const gchar *const paths[] = { clip, "/nowhere/at all.png" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    FeedWatch *watch = feed_watch_new (NULL, "slate", paths[i], NULL);
    g_autoptr (GstMessage) message = NULL;

    feed_watch_play (watch);
    if (i == 0) {
      feed_watch_wait_luma (watch, WHITE);
    } else {
      message = gst_bus_timed_pop_filtered (
          watch->bus, 10 * GST_SECOND, GST_MESSAGE_WARNING);
      g_assert_nonnull (message);
      feed_watch_wait_frames (watch, 3);
      g_assert_cmpuint (watch->luma, ==, BLACK);
    }
    feed_watch_free (watch);
  }
  g_unlink (clip);
  g_rmdir (dir);
}

/* A file of a second, over and over: no slate and no silence in between. */
static void
test_file_loops (void)
{
  g_autofree gchar *dir = g_dir_make_tmp ("vs-feed-XXXXXX", NULL);
  g_autofree gchar *clip = feed_watch_make_clip (dir, 1);
  g_autofree gchar *uri = gst_filename_to_uri (clip, NULL);
  FeedWatch *watch = feed_watch_new (uri, "latency", 2 * GST_SECOND, NULL);
  guint64 slate;

  feed_watch_play (watch);
  g_free (feed_watch_wait_state (watch, "streaming"));
  slate = feed_watch_get_stat (watch, "slate-frames");
  feed_watch_wait_frames (watch, 4 * FEED_FPS);
  g_assert_cmpuint (watch->luma, >, WHITE);
  g_assert_cmpuint (feed_watch_get_stat (watch, "slate-frames"), ==, slate);
  g_assert_cmpuint (feed_watch_get_stat (watch, "reconnects"), >=, 2);
  feed_watch_free (watch);
  g_unlink (clip);
  g_rmdir (dir);
}

/* Without loop it is played once; then the last picture, then the slate. */
static void
test_file_once (void)
{
  g_autofree gchar *dir = g_dir_make_tmp ("vs-feed-XXXXXX", NULL);
  g_autofree gchar *clip = feed_watch_make_clip (dir, 1);
  g_autofree gchar *uri = gst_filename_to_uri (clip, NULL);
  FeedWatch *watch =
      feed_watch_new (uri, "loop", FALSE, "hold-time", GST_SECOND, NULL);
  g_autofree gchar *reason = NULL;

  feed_watch_play (watch);
  g_free (feed_watch_wait_state (watch, "streaming"));
  g_free (feed_watch_wait_state (watch, "holding"));
  g_assert_cmpuint (watch->luma, >, WHITE);
  reason = feed_watch_wait_state (watch, "slate");
  g_assert_cmpstr (reason, ==, "The file is at its end.");
  feed_watch_wait_frames (watch, FEED_FPS);
  g_assert_cmpuint (watch->luma, ==, BLACK);
  g_assert_cmpuint (feed_watch_get_stat (watch, "reconnects"), ==, 0);
  feed_watch_free (watch);
  g_unlink (clip);
  g_rmdir (dir);
}

/* Another feed while it plays. */
static void
test_change_uri (void)
{
  FeedWatch *watch = feed_watch_new (NULL, NULL);

  feed_watch_play (watch);
  feed_watch_wait_frames (watch, 5);
  g_object_set (watch->feed, "uri", "testsrc:", NULL);
  g_free (feed_watch_wait_state (watch, "streaming"));
  g_object_set (watch->feed, "uri", NULL, NULL);
  g_free (feed_watch_wait_state (watch, "slate"));
  feed_watch_free (watch);
}

static GstPadProbeReturn
on_blocked (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK; /* stays blocked */
}

/* Video that is not taken does not stop the audio, and is lost, counted. */
static void
test_blocked_video (void)
{
  FeedWatch *watch = feed_watch_new ("testsrc:", NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (watch->feed, "video");
  gulong id;

  feed_watch_play (watch);
  feed_watch_wait_frames (watch, 5);
  id = gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, on_blocked, NULL, NULL);
  feed_watch_wait_samples (watch, 4 * FEED_RATE);
  g_assert_cmpuint (feed_watch_get_stat (watch, "video-lost"), >, 20);
  g_assert_cmpuint (feed_watch_get_stat (watch, "audio-lost"), ==, 0);
  gst_pad_remove_probe (pad, id);
  gst_element_set_state (watch->pipeline, GST_STATE_NULL);
  watch->broken = 0; /* that was the point */
  feed_watch_free (watch);
}

/* One pad unlinked: the other does not care. */
static void
test_unlinked (void)
{
  FeedWatch *watch = feed_watch_new ("testsrc:", NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (watch->feed, "audio");
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);

  gst_pad_unlink (pad, peer);
  gst_element_set_locked_state (GST_ELEMENT (GST_PAD_PARENT (peer)), TRUE);
  feed_watch_play (watch);
  g_free (feed_watch_wait_state (watch, "streaming"));
  feed_watch_wait_frames (watch, 10);
  feed_watch_free (watch);
}

static void
test_queries (void)
{
  FeedWatch *watch = feed_watch_new (NULL, NULL);
  g_autoptr (GstQuery) latency = gst_query_new_latency ();
  g_autoptr (GstQuery) seeking = gst_query_new_seeking (GST_FORMAT_TIME);
  gboolean live, seekable;
  GstClockTime min, max;

  g_assert_cmpint (gst_element_set_state (watch->pipeline, GST_STATE_PAUSED),
      ==, GST_STATE_CHANGE_NO_PREROLL);
  feed_watch_play (watch);
  feed_watch_wait_frames (watch, 2);
  g_assert_true (gst_element_query (watch->feed, latency));
  gst_query_parse_latency (latency, &live, &min, &max);
  g_assert_true (live);
  g_assert_cmpuint (min, ==, GST_SECOND / FEED_FPS);
  g_assert_cmpuint (max, >, min);
  g_assert_true (gst_element_query (watch->feed, seeking));
  gst_query_parse_seeking (seeking, NULL, &seekable, NULL, NULL);
  g_assert_false (seekable);
  g_assert_false (gst_element_seek_simple (
      watch->feed, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
  feed_watch_free (watch);
}

/* EOS sent to the element is how an application ends it. */
static void
test_sent_eos (void)
{
  FeedWatch *watch = feed_watch_new ("testsrc:", NULL);
  g_autoptr (GstMessage) message = NULL;

  feed_watch_play (watch);
  feed_watch_wait_frames (watch, 5);
  gst_element_send_event (watch->pipeline, gst_event_new_eos ());
  message = gst_bus_timed_pop_filtered (
      watch->bus, 10 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  watch->eos = FALSE;
  feed_watch_free (watch);
}

/* Paused and played again: goes on with the next frame. */
static void
test_pause (void)
{
  FeedWatch *watch = feed_watch_new ("testsrc:", NULL);

  feed_watch_play (watch);
  feed_watch_wait_frames (watch, 10);
  for (guint i = 0; i < 3; i++) {
    gst_element_set_state (watch->pipeline, GST_STATE_PAUSED);
    g_assert_cmpint (
        gst_element_get_state (watch->pipeline, NULL, NULL, 10 * GST_SECOND),
        ==, GST_STATE_CHANGE_NO_PREROLL);
    feed_watch_play (watch);
    feed_watch_wait_frames (watch, 10);
  }
  feed_watch_free (watch);
}

/* The property, not the state: the slate while the feed goes on, and back. */
static void
test_hidden (void)
{
  FeedWatch *watch = feed_watch_new ("testsrc:", NULL);

  feed_watch_play (watch);
  g_free (feed_watch_wait_state (watch, "streaming"));
  feed_watch_wait_luma (watch, WHITE);
  g_object_set (watch->feed, "paused", TRUE, NULL);
  g_free (feed_watch_wait_state (watch, "paused"));
  feed_watch_wait_frames (watch, FEED_FPS);
  g_mutex_lock (&watch->lock);
  g_assert_cmpuint (watch->luma, ==, BLACK);
  g_assert_cmpfloat (watch->peak, ==, 0);
  g_mutex_unlock (&watch->lock);
  g_object_set (watch->feed, "paused", FALSE, NULL);
  g_free (feed_watch_wait_state (watch, "streaming"));
  feed_watch_wait_luma (watch, WHITE);
  g_assert_cmpuint (feed_watch_get_stat (watch, "reconnects"), ==, 0);
  feed_watch_free (watch);
}

static void
test_states (void)
{
  static const gchar *const uris[] = { "testsrc:", NULL,
    "file:///nowhere/x.ts" };

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++) {
    FeedWatch *watch = feed_watch_new (uris[i], NULL);

    for (guint k = 0; k < 20; k++) {
      GstState state = (GstState) g_test_rand_int_range (
          GST_STATE_NULL, GST_STATE_PLAYING + 1);

      g_assert_cmpint (gst_element_set_state (watch->pipeline, state), !=,
          GST_STATE_CHANGE_FAILURE);
      if (g_test_rand_bit ())
        g_assert_cmpint (gst_element_get_state (
                             watch->pipeline, NULL, NULL, 10 * GST_SECOND),
            !=, GST_STATE_CHANGE_FAILURE);
    }
    gst_element_set_state (watch->pipeline, GST_STATE_NULL);
    watch->broken = 0; /* each READY starts a timeline of its own */
    feed_watch_free (watch);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/livefeedsrc/nothing", test_nothing);
  g_test_add_func ("/livefeedsrc/testsrc", test_testsrc);
  g_test_add_func ("/livefeedsrc/bad-settings", test_bad_settings);
  g_test_add_func ("/livefeedsrc/bad-feed", test_bad_feed);
  g_test_add_func ("/livefeedsrc/slate-file", test_slate_file);
  g_test_add_func ("/livefeedsrc/file-loops", test_file_loops);
  g_test_add_func ("/livefeedsrc/file-once", test_file_once);
  g_test_add_func ("/livefeedsrc/change-uri", test_change_uri);
  g_test_add_func ("/livefeedsrc/blocked-video", test_blocked_video);
  g_test_add_func ("/livefeedsrc/unlinked", test_unlinked);
  g_test_add_func ("/livefeedsrc/queries", test_queries);
  g_test_add_func ("/livefeedsrc/sent-eos", test_sent_eos);
  g_test_add_func ("/livefeedsrc/paused", test_hidden);
  g_test_add_func ("/livefeedsrc/pause", test_pause);
  g_test_add_func ("/livefeedsrc/states", test_states);
  gint ret = g_test_run ();
  gst_deinit ();
  return ret;
}
