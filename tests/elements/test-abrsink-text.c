/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text of abrsink: what lies in the folder, and that text that is silent holds
 * nothing up. */
#include <string.h>

#include <gio/gio.h>
#include <gst/gst.h>

#include "core/vs-hls.h"

#include "pipeline.h"
#include "tree.h"

#define VIDEO(n)                                                               \
  "videotestsrc num-buffers=" #n " ! video/x-raw,format=I420,width=96,"        \
  "height=54,framerate=25/1 ! x264enc speed-preset=ultrafast key-int-max=25 "  \
  "option-string=scenecut=0:open-gop=0 ! s.video_0 "
#define SINK "abrsink name=s segment-duration=1000000000 "
#define SRT                                                                    \
  "1\n00:00:00,200 --> 00:00:00,600\n<b>one</b> & <font color=red>1</font>\n"  \
  "\n2\n00:00:00,800 --> 00:00:01,400\ntwo\n\n"                                \
  "3\n00:00:03,100 --> 00:00:03,300\nfour\n\n"

typedef struct {
  gchar *dir;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->dir = g_dir_make_tmp ("vs-abrsink-text-XXXXXX", NULL);
  g_assert_nonnull (f->dir);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  remove_tree (f->dir);
  g_free (f->dir);
}

static gchar *
read_file (const Fixture *f, const gchar *key)
{
  g_autofree gchar *path = g_build_filename (f->dir, key, NULL);
  g_autoptr (GError) error = NULL;
  gchar *text;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
assert_file (const Fixture *f, const gchar *key, const gchar *expected)
{
  g_autofree gchar *text = read_file (f, key);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_has (const Fixture *f, const gchar *key, const gchar *part)
{
  g_autofree gchar *text = read_file (f, key);

  if (strstr (text, part) == NULL)
    g_error ("“%s” is not in %s:\n%s", part, key, text);
}

static GstElement *
launch (const Fixture *f, const gchar *settings, const gchar *streams)
{
  g_autofree gchar *text = g_strconcat (SINK, settings, " ", streams, NULL);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstElement) sink = NULL;

  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_object_set (sink, "location", f->dir, NULL);
  return pipeline;
}

static void
push_srt (GstElement *pipeline, const gchar *name)
{
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (pipeline), name);
  GstBuffer *buffer = gst_buffer_new_memdup (SRT, strlen (SRT));
  GstFlowReturn flow;

  g_signal_emit_by_name (source, "push-buffer", buffer, &flow);
  gst_buffer_unref (buffer);
  g_signal_emit_by_name (source, "end-of-stream", &flow);
}

static void
test_vod (Fixture *f, gconstpointer data)
{
  g_autoptr (GstElement) pipeline = launch (f, "",
      VIDEO (100) "appsrc name=t ! subparse ! taginject "
                  "tags=\"language-code=de\" ! s.text_0 "
                  "appsrc name=u ! subparse ! s.text_1");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "text_1");
  g_autofree gchar *error = NULL;

  g_object_set (pad, "label", "Signs", "default", TRUE, "forced", TRUE, NULL);
  push_srt (pipeline, "t");
  push_srt (pipeline, "u");
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  assert_file (f, "text_0/0.vtt",
      "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"
      "00:00:00.200 --> 00:00:00.600\n<b>one</b> &amp; 1\n\n"
      "00:00:00.800 --> 00:00:01.400\ntwo\n");
  assert_file (f, "text_0/90000.vtt",
      "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"
      "00:00:00.800 --> 00:00:01.400\ntwo\n");
  assert_file (f, "text_0/180000.vtt",
      "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n");
  assert_has (f, "text_0/270000.vtt", "00:00:03.100 --> 00:00:03.300\nfour\n");
  assert_has (f, "text_0/playlist.m3u8", "270000.vtt\n#EXT-X-ENDLIST\n");
  assert_has (f, "text_0/all.vtt", "WEBVTT\n\n00:00:00.200 --> ");
  assert_has (f, "multivariant.m3u8",
      "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",LANGUAGE=\"de\","
      "NAME=\"de\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,"
      "URI=\"text_0/playlist.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",LANGUAGE=\"und\","
      "NAME=\"Signs\",DEFAULT=YES,AUTOSELECT=YES,FORCED=YES,"
      "URI=\"text_1/playlist.m3u8\"\n");
  assert_has (f, "multivariant.m3u8", ",SUBTITLES=\"subtitles\",");
  assert_has (f, "manifest.mpd", "<BaseURL>text_1/all.vtt</BaseURL>");
  assert_has (f, "manifest.mpd", "value=\"forced-subtitle\"");
}

/* Until a manifest of @key has been written; media and manifests go on. */
static void
wait_for (GstElement *pipeline, const gchar *key)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gboolean found = FALSE;

  while (!found) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, PIPELINE_LIMIT, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    const GstStructure *s;

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
    s = gst_message_get_structure (message);
    found = gst_structure_has_name (s, "vstream-manifest") &&
            g_strcmp0 (gst_structure_get_string (s, "key"), key) == 0;
  }
}

/* Text that says nothing while all of the media goes by. A file's media is
 * 40 s, more than is waited for. */
static void
test_silent (Fixture *f, gconstpointer data)
{
  const gchar *settings = data;
  g_autoptr (GstElement) pipeline = launch (f, settings,
      VIDEO (1000) "appsrc name=t caps=text/x-raw,format=utf8 ! s.text_0");
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "t");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  GstFlowReturn flow;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for (pipeline, "video_0/playlist.m3u8");
  g_signal_emit_by_name (source, "end-of-stream", &flow);
  message = gst_bus_timed_pop_filtered (
      bus, PIPELINE_LIMIT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  assert_has (f, "video_0/playlist.m3u8", "#EXT-X-ENDLIST\n");
}

/* MPEG-TS has none; it is taken, and the rest is published. */
static void
test_ts (Fixture *f, gconstpointer data)
{
  g_autoptr (GstElement) pipeline =
      launch (f, "format=ts", VIDEO (50) "appsrc name=t ! subparse ! s.text_0");
  g_autofree gchar *error = NULL;

  push_srt (pipeline, "t");
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  assert_has (f, "video_0/playlist.m3u8", "#EXT-X-ENDLIST\n");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, data, function)                                              \
  g_test_add ("/abrsink-text/" path, Fixture, data, set_up, function, tear_down)
  ADD ("vod", NULL, test_vod);
  ADD ("silent-vod", "", test_silent);
  ADD ("silent-live", "type=live", test_silent);
  ADD ("ts", NULL, test_ts);
  return g_test_run ();
}
