/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What abrsink makes of the cuts that playbackqueuesrc tells of, through a
 * ladder of two renditions: at each a key frame in all renditions, a segment
 * that begins there, and, as asked, a discontinuity, a Period and the marks of
 * an advertisement. */
#include <glib/gstdio.h>
#include <string.h>

#include "air-watch.h"
#include "core/vs-hls.h"
#include "pipeline.h"
#include "tree.h"

#define TIMESCALE 12800 /* of video of 25 frames a second */
#define FIRST 130       /* frames; x264enc is asked for none in the first 5 s */
#define SECOND 38
#define LIMIT (60 * GST_SECOND)
#define CHANNEL                                                                \
  "playbackqueuesrc name=q video-caps=\"video/x-raw,format=I420,width=320,"    \
  "height=176,framerate=25/1\" ! abrladder renditions=\"176p@300k,88p@100k\" " \
  "! abrsink name=s type=live segment-duration=2000000000 "

static gchar *dir;
static gchar *uri[2];

typedef struct {
  GstElement *pipeline, *source;
  gchar *out;
} Channel;

static void
open_channel (Channel *channel, const gchar *mode, const gchar *properties)
{
  g_autofree gchar *launch =
      g_strdup_printf (CHANNEL "discontinuity-mode=%s %s", mode, properties);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink = NULL;

  channel->pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  channel->source = gst_bin_get_by_name (GST_BIN (channel->pipeline), "q");
  channel->out = g_build_filename (dir, mode, NULL);
  sink = gst_bin_get_by_name (GST_BIN (channel->pipeline), "s");
  g_object_set (sink, "location", channel->out, NULL);
}

static void
enqueue (Channel *channel, const gchar *format, ...)
{
  g_autofree gchar *id = NULL;
  va_list args;
  gchar *json;

  va_start (args, format);
  json = g_strdup_vprintf (format, args);
  va_end (args);
  g_signal_emit_by_name (channel->source, "enqueue", json, &id);
  g_assert_nonnull (id);
  g_free (json);
}

/* The running time of the next message of @event about @id. */
static GstClockTime
wait_event (Channel *channel, const gchar *event, const gchar *id)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (channel->pipeline);
  GstClockTime time = GST_CLOCK_TIME_NONE;

  while (!GST_CLOCK_TIME_IS_VALID (time)) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, LIMIT, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    const GstStructure *s;

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
    s = gst_message_get_structure (message);
    if (g_strcmp0 (gst_structure_get_string (s, "event"), event) == 0 &&
        (id == NULL || g_strcmp0 (gst_structure_get_string (s, "id"), id) == 0))
      g_assert_true (gst_structure_get_uint64 (s, "running-time", &time));
  }
  return time;
}

typedef struct {
  GMutex lock;
  GCond cond;
  GstClockTime from; /* running time */
  gboolean seen;
} Picture;

static GstPadProbeReturn
on_picture (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Picture *picture = user_data;
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  if (gst_segment_to_running_time (segment, GST_FORMAT_TIME,
          GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info))) < picture->from)
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&picture->lock);
  picture->seen = TRUE;
  g_cond_signal (&picture->cond);
  g_mutex_unlock (&picture->lock);
  return GST_PAD_PROBE_OK;
}

/* A cut is told of before its first picture leaves the source; without that no
 * segment begins there. */
static void
wait_picture (Channel *channel, GstClockTime from)
{
  g_autoptr (GstPad) pad =
      gst_element_get_static_pad (channel->source, "video");
  const gint64 end =
      g_get_monotonic_time () + (gint64) GST_TIME_AS_USECONDS (LIMIT);
  static Picture picture; /* the probe may be on its way out of it */
  gulong probe;

  picture.from = from;
  picture.seen = FALSE;
  probe = gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, on_picture, &picture, NULL);
  g_mutex_lock (&picture.lock);
  while (!picture.seen)
    g_assert_true (g_cond_wait_until (&picture.cond, &picture.lock, end));
  g_mutex_unlock (&picture.lock);
  gst_pad_remove_probe (pad, probe);
}

static void
end_channel (Channel *channel)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (channel->pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_send_event (channel->pipeline, gst_event_new_eos ());
  message = gst_bus_timed_pop_filtered (
      bus, LIMIT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (channel->pipeline, GST_STATE_NULL);
  gst_object_unref (channel->source);
  gst_object_unref (channel->pipeline);
}

static gchar *
read_text (const Channel *channel, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (channel->out, name, NULL);
  g_autoptr (GError) error = NULL;
  gchar *text;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static guint
count (const gchar *text, const gchar *part)
{
  g_auto (GStrv) parts = g_strsplit (text, part, -1);

  return g_strv_length (parts) - 1;
}

/* Discontinuities begin at the last @n of @times, in both renditions, and
 * segments are no longer than they may be. */
static void
assert_breaks (const Channel *channel, const GstClockTime *times, guint n)
{
  static const gchar *const names[] = { "video_0/playlist.m3u8",
    "video_1/playlist.m3u8" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *text = read_text (channel, names[i]);
    g_autoptr (GError) error = NULL;
    g_autoptr (VsHlsPlaylist) list = vs_hls_read (text, strlen (text), &error);
    guint left = n;

    g_assert_no_error (error);
    g_assert_cmpuint (list->target_duration, ==, 2);
    for (guint k = list->segments->len; k > 1 && left > 0; k--) {
      const VsHlsSegment *segment = list->segments->pdata[k - 1];
      const VsHlsSegment *before = list->segments->pdata[k - 2];
      guint64 ticks = g_ascii_strtoull (segment->uri, NULL, 10);

      g_assert_cmpfloat (segment->duration, <, 2.5);
      if (segment->discontinuity == before->discontinuity)
        continue;
      left--;
      g_assert_cmpuint (segment->discontinuity, ==, before->discontinuity + 1);
      g_assert_cmpuint (ticks, ==,
          gst_util_uint64_scale_round (times[left], TIMESCALE, GST_SECOND));
    }
    g_assert_cmpuint (left, ==, 0);
  }
}

static guint
count_discontinuities (const Channel *channel, const gchar *name)
{
  g_autofree gchar *text = read_text (channel, name);

  return count (text, "#EXT-X-DISCONTINUITY\n");
}

/* An item of SECOND frames; on a busy machine one may be held, and for each
 * that was one may be left out. */
static void
assert_length (GstClockTime length, guint64 held)
{
  const GstClockTime frame = GST_SECOND / AIR_FPS;

  if (held > 0)
    g_test_message ("%" G_GUINT64_FORMAT " frames were held", held);
  g_assert_cmpuint (length, >=, (SECOND - MIN (held, SECOND)) * frame);
  g_assert_cmpuint (length, <=, (SECOND + held) * frame);
}

/* An interrupt, which is an advertisement, and its return; not the joins. */
static void
test_cut (void)
{
  Channel channel;
  GstClockTime times[2], length;
  guint64 held;
  g_autofree gchar *hls = NULL, *mpd = NULL, *id = NULL;
  g_autofree gchar *in = NULL, *duration = NULL;
  g_autofree gchar *json = g_strdup_printf (
      "{\"uri\": \"%s\", \"ad\": {\"id\": \"spot\", \"duration\": 1.5}}",
      uri[1]);

  open_channel (&channel, "cut", "ad-markers=daterange+cue+events");
  enqueue (&channel, "{\"uri\": \"%s\"}", uri[0]);
  enqueue (&channel, "{\"uri\": \"%s\", \"id\": \"shown\"}", uri[1]);
  gst_element_set_state (channel.pipeline, GST_STATE_PLAYING);
  wait_event (&channel, "item-started", "shown");
  held = air_get_held (channel.source);
  g_signal_emit_by_name (channel.source, "interrupt", json, "frame",
      G_GINT64_CONSTANT (0), "resume", &id);
  times[0] = wait_event (&channel, "item-started", id);
  times[1] = wait_event (&channel, "item-resumed", "shown");
  length = times[1] - times[0];
  assert_length (length, air_get_held (channel.source) - held);
  wait_event (&channel, "queue-empty", NULL);
  end_channel (&channel);

  assert_breaks (&channel, times, 2);
  g_assert_cmpuint (
      count_discontinuities (&channel, "audio_0/playlist.m3u8"), ==, 2);
  hls = read_text (&channel, "video_0/playlist.m3u8");
  g_assert_cmpuint (count (hls, "#EXT-X-DISCONTINUITY\n"), ==, 2);
  g_assert_cmpuint (count (hls, "#EXT-X-DATERANGE:ID=\"spot\""), ==, 2);
  g_assert_cmpuint (
      count (hls, "PLANNED-DURATION=1.500000,SCTE35-OUT=0xFC30"), ==, 1);
  in = g_strdup_printf (
      ",DURATION=%.6f,SCTE35-IN=0xFC30", (gdouble) length / GST_SECOND);
  g_assert_cmpuint (count (hls, in), ==, 1);
  g_assert_cmpuint (count (hls, "#EXT-X-CUE-OUT:1.500000\n"), ==, 1);
  g_assert_cmpuint (count (hls, "#EXT-X-CUE-IN\n"), ==, 1);
  mpd = read_text (&channel, "manifest.mpd");
  g_assert_cmpuint (count (mpd, "<Period "), ==, 3);
  g_assert_cmpuint (count (mpd, "<EventStream "), ==, 2);
  duration = g_strdup_printf (
      " duration=\"%" G_GUINT64_FORMAT "\" ", length / GST_USECOND);
  g_assert_cmpuint (count (mpd, duration), ==, 1);
  g_free (channel.out);
}

/* Each join: from the slate to the first item, and on. */
static void
test_item (void)
{
  Channel channel;
  GstClockTime times[2];
  g_autofree gchar *hls = NULL;

  open_channel (&channel, "item", "");
  enqueue (&channel, "{\"uri\": \"%s\"}", uri[0]);
  enqueue (&channel, "{\"uri\": \"%s\", \"id\": \"b\"}", uri[1]);
  gst_element_set_state (channel.pipeline, GST_STATE_PLAYING);
  times[0] = wait_event (&channel, "item-started", "b");
  times[1] = wait_event (&channel, "queue-empty", NULL);
  wait_picture (&channel, times[1]);
  end_channel (&channel);
  assert_breaks (&channel, times, 2);
  hls = read_text (&channel, "video_0/playlist.m3u8");
  g_assert_cmpuint (count (hls, "#EXT-X-DISCONTINUITY\n"), <=, 3);
  g_assert_cmpuint (count (hls, "DATERANGE"), ==, 0);
  g_free (channel.out);
}

/* One timeline without a break; the ad is told all the same. In the first five
 * seconds with the next segment: it is longer than one. */
static void
test_none (void)
{
  Channel channel;
  g_autofree gchar *hls = NULL, *mpd = NULL;

  open_channel (&channel, "none", "ad-markers=daterange+events");
  enqueue (&channel, "{\"uri\": \"%s\", \"ad\": {\"id\": \"first\"}}", uri[1]);
  gst_element_set_state (channel.pipeline, GST_STATE_PLAYING);
  wait_event (&channel, "queue-empty", NULL);
  enqueue (&channel, "{\"uri\": \"%s\", \"ad\": {\"id\": \"second\"}}", uri[0]);
  wait_event (&channel, "queue-empty", NULL);
  end_channel (&channel);
  hls = read_text (&channel, "video_1/playlist.m3u8");
  g_assert_cmpuint (count (hls, "#EXT-X-DISCONTINUITY\n"), ==, 0);
  g_assert_cmpuint (count (hls, "CUE"), ==, 0);
  g_assert_cmpuint (count (hls, "ID=\"second\""), >=, 1);
  mpd = read_text (&channel, "manifest.mpd");
  g_assert_cmpuint (count (mpd, "<Period "), ==, 1);
  g_assert_cmpuint (count (mpd, "<EventStream "), ==, 1);
  g_free (channel.out);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  gint ret;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  dir = g_dir_make_tmp ("vs-cuts-XXXXXX", &error);
  g_assert_no_error (error);
  uri[0] = air_make_clip (dir, "first", 1, FIRST, TRUE);
  uri[1] = air_make_clip (dir, "second", 2, SECOND, TRUE);
  g_test_add_func ("/playback/cuts/cut", test_cut);
  g_test_add_func ("/playback/cuts/item", test_item);
  g_test_add_func ("/playback/cuts/none", test_none);
  ret = g_test_run ();
  remove_tree (dir);
  g_free (dir);
  g_free (uri[0]);
  g_free (uri[1]);
  gst_deinit ();
  return ret;
}
