/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * abrladder as its users see it: pipelines written out, run to their end.
 * The media is made here; every wait has a limit. */
#include <gst/gst.h>
#include <math.h>
#include <string.h>

#include "pipeline.h"
#include "tree.h"

static gchar *dir;

static gchar *
in_dir (const gchar *name)
{
  return g_build_filename (dir, name, NULL);
}

static GstElement *parse (const gchar *format, ...) G_GNUC_PRINTF (1, 2);

static GstElement *
parse (const gchar *format, ...)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  GstElement *pipeline;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  pipeline = gst_parse_launch (text, &error);
  g_assert_no_error (error);
  return pipeline;
}

static void
make_file (const gchar *name, const gchar *streams, const gchar *mux)
{
  g_autofree gchar *path = in_dir (name);
  g_autoptr (GstElement) pipeline =
      parse ("%s name=m ! filesink location=\"%s\" %s", mux, path, streams);
  g_autofree gchar *error = run_pipeline (pipeline);

  g_assert_cmpstr (error, ==, NULL);
}

#define N_PICTURES 90
#define PICTURES                                                               \
  "videotestsrc num-buffers=" G_STRINGIFY (                                    \
      N_PICTURES) " ! "                                                        \
                  "video/x-raw,format=I420,width=320,height=180,framerate=30/" \
                  "1 ! "                                                       \
                  "x264enc speed-preset=ultrafast key-int-max=30 ! m. "
#define SOUND                                                                  \
  "audiotestsrc num-buffers=141 ! "                                            \
  "audio/x-raw,rate=48000,channels=2 ! avenc_aac ! m. "

static void
set_up (void)
{
  g_autofree gchar *text = NULL;

  dir = g_dir_make_tmp ("vs-ladder-XXXXXX", NULL);
  make_file ("av.mp4", PICTURES SOUND, "mp4mux");
  make_file ("v.mkv", PICTURES, "matroskamux");
  make_file ("a.mp4", SOUND, "mp4mux");
  text = in_dir ("text.mp4");
  g_assert_true (g_file_set_contents (text, "no media at all\n", -1, NULL));
  g_free (text);
  text = in_dir ("empty.mp4");
  g_assert_true (g_file_set_contents (text, "", 0, NULL));
}

static void
test_properties (void)
{
  g_autoptr (GstElement) ladder = gst_element_factory_make ("abrladder", NULL);
  g_autofree gchar *text = NULL;
  GValue value = G_VALUE_INIT;
  const GstStructure *first;
  guint bitrate = 0;

  gst_object_ref_sink (ladder);
  g_object_set (ladder, "renditions", "720p@2800k,480p@1400k", NULL);
  g_value_init (&value, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (ladder), "ladder", &value);
  g_assert_cmpuint (gst_value_array_get_size (&value), ==, 2);
  first = gst_value_get_structure (gst_value_array_get_value (&value, 0));
  g_assert_cmpstr (gst_structure_get_string (first, "name"), ==, "720p");
  g_assert_true (gst_structure_get_uint (first, "bitrate", &bitrate));
  g_assert_cmpuint (bitrate, ==, 2800000);

  g_object_set (ladder, "renditions", "240p", NULL);
  g_object_set_property (G_OBJECT (ladder), "ladder", &value);
  g_object_get (ladder, "renditions", &text, NULL);
  g_assert_nonnull (strstr (text, "480p"));
  g_value_unset (&value);
}

/* `!` links one pad; autolink does the rest, whatever the input has. */
static void
test_hlssink2 (gconstpointer data)
{
  g_autofree gchar *input = in_dir (data);
  g_autofree gchar *out = g_build_filename (dir, "hls", NULL);
  g_autofree gchar *playlist = g_build_filename (out, "p.m3u8", NULL);
  g_autofree gchar *text = NULL;
  g_autofree gchar *error = NULL;
  g_autoptr (GstElement) pipeline = NULL;

  remove_tree (out);
  g_mkdir (out, 0700);
  pipeline = parse ("filesrc location=\"%s\" ! abrladder speed=ultrafast "
                    "gop-duration=1000000000 ! hlssink2 target-duration=1 "
                    "playlist-location=\"%s\" location=\"%s/%%03d.ts\"",
      input, playlist, out);
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  g_assert_true (g_file_get_contents (playlist, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "002.ts"));
  g_assert_nonnull (strstr (text, "#EXT-X-ENDLIST"));
}

typedef struct {
  GArray *times; /* gint64: running time of key frames, or of all frames */
  gboolean keys_only;
  GstCaps *caps;
  guint n, caps_changes;
} Tap;

static gint64
running_time (GstPad *pad, GstBuffer *buffer)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;
  guint64 time;
  gint sign;

  gst_event_parse_segment (event, &segment);
  sign = gst_segment_to_running_time_full (
      segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer), &time);
  return sign < 0 ? -(gint64) time : (gint64) time;
}

static GstPadProbeReturn
on_tap (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Tap *tap = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  gint64 time = running_time (pad, buffer);

  if (tap->caps == NULL || !gst_caps_is_equal (caps, tap->caps))
    tap->caps_changes++;
  gst_caps_replace (&tap->caps, caps);
  tap->n++;
  if (!tap->keys_only ||
      !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    g_array_append_val (tap->times, time);
  return GST_PAD_PROBE_OK;
}

static void
tap_pad (GstElement *pipeline, const gchar *sink, Tap *tap, gboolean keys_only)
{
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), sink);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");

  memset (tap, 0, sizeof *tap);
  tap->keys_only = keys_only;
  tap->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_tap, tap, NULL);
}

static void
tap_clear (Tap *tap)
{
  g_array_unref (tap->times);
  gst_clear_caps (&tap->caps);
}

static gint
width_of (const Tap *tap)
{
  gint width = 0;

  g_assert_nonnull (tap->caps);
  gst_structure_get_int (
      gst_caps_get_structure (tap->caps, 0), "width", &width);
  return width;
}

/* Key frames at the same instants in all renditions, no frame lost; a
 * rendition that is not there ends at once. */
static void
test_aligned (gconstpointer data)
{
  g_autofree gchar *input = in_dir ("av.mp4");
  g_autofree gchar *error = NULL;
  g_autoptr (GstElement) pipeline = parse (
      "filesrc location=\"%s\" ! abrladder name=l speed=ultrafast "
      "gop-duration=1000000000 codec=%s renditions=180p@400k,120p@200k "
      "l.video ! queue ! fakesink name=a async=0 l.video_1 ! queue ! "
      "fakesink name=b async=0 l.video_7 ! queue ! fakesink name=c async=0 "
      "l.audio ! queue ! fakesink name=d async=0",
      input, (const gchar *) data);
  Tap a, b, c;

  tap_pad (pipeline, "a", &a, TRUE);
  tap_pad (pipeline, "b", &b, TRUE);
  tap_pad (pipeline, "c", &c, TRUE);
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  g_assert_cmpuint (a.n, ==, 90);
  g_assert_cmpuint (b.n, ==, 90);
  g_assert_cmpuint (c.n, ==, 0);
  g_assert_cmpint (width_of (&a), ==, 320);
  g_assert_cmpint (width_of (&b), <, 320);
  g_assert_cmpuint (a.times->len, ==, 3);
  g_assert_cmpuint (b.times->len, ==, 3);
  for (guint i = 0; i < 3; i++) {
    gint64 expected = (gint64) i * GST_SECOND;

    g_assert_cmpint (
        ABS (g_array_index (a.times, gint64, i) - expected), <, 1000000);
    g_assert_cmpint (g_array_index (a.times, gint64, i), ==,
        g_array_index (b.times, gint64, i));
  }
  tap_clear (&a);
  tap_clear (&b);
  tap_clear (&c);
}

/* Sound that waits for the first GOP of pictures goes on where they end before
 * there is a second. */
static void
test_long_sound (void)
{
  g_autofree gchar *input = in_dir ("long.mp4");
  g_autofree gchar *error = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  Tap pictures, sound;

  make_file ("long.mp4",
      "videotestsrc num-buffers=60 ! video/x-raw,format=I420,width=320,"
      "height=180,framerate=30/1 ! x264enc speed-preset=ultrafast ! m. "
      "audiotestsrc num-buffers=375 ! audio/x-raw,rate=48000,channels=2 ! "
      "avenc_aac ! m. ",
      "mp4mux");
  pipeline = parse ("filesrc location=\"%s\" ! abrladder name=l "
                    "speed=ultrafast renditions=180p@400k "
                    "l.video ! queue ! fakesink name=a async=0 "
                    "l.audio ! queue ! fakesink name=b async=0",
      input);
  tap_pad (pipeline, "a", &pictures, FALSE);
  tap_pad (pipeline, "b", &sound, FALSE);
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  g_assert_cmpuint (pictures.n, ==, 60);
  g_assert_cmpuint (sound.n, >=, 374);
  tap_clear (&pictures);
  tap_clear (&sound);
}

/* With only audio linked, no picture is decoded. */
/* What is copied is what lies in the file: as many key frames, and the codec
 * of the source, whatever the element's own setting is. */
static void
test_copy (gconstpointer data)
{
  const gchar *name = data;
  g_autofree gchar *input = in_dir (name);
  g_autofree gchar *out = g_build_filename (dir, "copy", NULL);
  g_autofree gchar *playlist =
      g_build_filename (out, "multivariant.m3u8", NULL);
  g_autofree gchar *text = NULL;
  g_autofree gchar *error = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) ladder = NULL;
  g_autoptr (GstStructure) stats = NULL;
  const GstStructure *one = NULL;
  guint frames = 0;

  remove_tree (out);
  pipeline = parse ("filesrc location=\"%s\" ! abrladder name=l codec=h265 "
                    "renditions=copy ! abrsink location=\"%s\" "
                    "segment-duration=1000000000",
      input, out);
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  g_assert_true (g_file_get_contents (playlist, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "CODECS=\"avc1."));
  g_assert_null (strstr (text, "hvc1"));
  ladder = gst_bin_get_by_name (GST_BIN (pipeline), "l");
  g_object_get (ladder, "stats", &stats, NULL);
  g_assert_true (gst_structure_has_field (stats, "copy"));
  one = gst_value_get_structure (gst_structure_get_value (stats, "copy"));
  g_assert_true (gst_structure_get_uint (one, "frames", &frames));
  g_assert_cmpuint (frames, ==, N_PICTURES);
}

static void
test_copy_refused (void)
{
  static const gchar *const rows[][3] = {
    { "theora.mkv", "copy", "is Theora, which cannot be copied" },
    { "av.avi", "copy", "without presentation times" },
    { "bare.h264", "copy", "without presentation times" },
    { "av.mp4", "copy,720p@2M", "a copied rung stands alone" },
    { "av.mp4", "copy@2M", "a copied stream keeps its rates" },
  };

  make_file ("theora.mkv",
      "videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 ! "
      "theoraenc ! m. ",
      "matroskamux");
  make_file ("av.avi", PICTURES, "avimux");
  make_file ("bare.h264",
      "videotestsrc num-buffers=30 ! x264enc ! "
      "video/x-h264,stream-format=byte-stream ! m. ",
      "identity");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *input = in_dir (rows[i][0]);
    g_autoptr (GstElement) pipeline =
        parse ("filesrc location=\"%s\" ! abrladder renditions=%s ! fakesink",
            input, rows[i][1]);
    g_autofree gchar *error = run_pipeline (pipeline);

    if (error == NULL || strstr (error, rows[i][2]) == NULL)
      g_error ("%s as %s said “%s”, not “%s”", rows[i][0], rows[i][1], error,
          rows[i][2]);
  }
}

static void
test_audio_alone (void)
{
  g_autofree gchar *input = in_dir ("av.mp4");
  g_autofree gchar *error = NULL;
  g_autoptr (GstElement) pipeline =
      parse ("filesrc location=\"%s\" ! abrladder name=l l.audio ! fakesink "
             "name=s",
          input);
  g_autoptr (GstElement) ladder = gst_bin_get_by_name (GST_BIN (pipeline), "l");
  g_autoptr (GstStructure) stats = NULL;
  Tap tap;

  tap_pad (pipeline, "s", &tap, FALSE);
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  g_assert_cmpuint (tap.n, >=, 141);
  g_object_get (ladder, "stats", &stats, NULL);
  g_assert_cmpint (gst_structure_n_fields (stats), ==, 1);
  g_assert_true (gst_structure_has_field (stats, "audio"));
  tap_clear (&tap);
}

static const struct {
  const gchar *file, *pad, *message;
} refusals[] = {
  { "text.mp4", "video", "not media" },
  { "empty.mp4", "video", "no data" },
  { "a.mp4", "video", "audio alone" },
  { "v.mkv", "audio", "video alone" },
};

static void
test_refusals (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
    g_autofree gchar *input = in_dir (refusals[i].file);
    g_autoptr (GstElement) pipeline =
        parse ("filesrc location=\"%s\" ! abrladder name=l l.%s ! fakesink",
            input, refusals[i].pad);
    g_autofree gchar *error = run_pipeline (pipeline);

    g_test_message ("%s: %s", refusals[i].file, error);
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error, refusals[i].message));
  }
}

static void
test_bad_setting (void)
{
  g_autofree gchar *input = in_dir ("av.mp4");
  g_autoptr (GstElement) pipeline = parse (
      "filesrc location=\"%s\" ! abrladder renditions=wide ! fakesink", input);
  g_autofree gchar *error = run_pipeline (pipeline);

  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error, "wide"));
}

/* Half of a file gives half of the pictures, and ends. */
static void
test_truncated (void)
{
  g_autofree gchar *whole = in_dir ("v.mkv");
  g_autofree gchar *half = in_dir ("half.mkv");
  g_autofree gchar *data = NULL;
  g_autofree gchar *error = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  gsize length;
  Tap tap;

  g_assert_true (g_file_get_contents (whole, &data, &length, NULL));
  g_assert_true (g_file_set_contents (half, data, (gssize) length / 2, NULL));
  pipeline = parse ("filesrc location=\"%s\" ! abrladder speed=ultrafast ! "
                    "fakesink name=s",
      half);
  tap_pad (pipeline, "s", &tap, FALSE);
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  g_assert_cmpuint (tap.n, >, 20);
  g_assert_cmpuint (tap.n, <, 80);
  tap_clear (&tap);
}

/* A source that changes its size: the encoder never notices. */
static void
test_new_size (void)
{
  g_autofree gchar *error = NULL;
  g_autoptr (GstElement) pipeline = parse (
      "concat name=c ! queue ! l.video_sink "
      "videotestsrc num-buffers=30 ! video/x-raw,format=NV12,width=320,"
      "height=180,framerate=30/1 ! c. "
      "videotestsrc num-buffers=30 ! video/x-raw,format=I420_10LE,width=200,"
      "height=200,framerate=30/1 ! c. "
      "abrladder name=l renditions=180p@300k speed=ultrafast ! fakesink "
      "name=s");
  Tap tap;

  tap_pad (pipeline, "s", &tap, FALSE);
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  g_assert_cmpuint (tap.n, >=, 59);
  g_assert_cmpuint (tap.caps_changes, ==, 1);
  g_assert_cmpint (width_of (&tap), ==, 320);
  tap_clear (&tap);
}

/* A click at 1 s is heard at 1 s: the encoder's delay is taken off. */

#define CLICK 48000

typedef struct {
  gfloat peak;
  gint64 at; /* samples of running time */
} Click;

static GstPadProbeReturn
put_click (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstBuffer *buffer;
  GstMapInfo map;
  guint64 first = GST_BUFFER_OFFSET (GST_PAD_PROBE_INFO_BUFFER (info));

  buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  info->data = buffer;
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  memset (map.data, 0, map.size);
  if (first <= CLICK && CLICK < first + map.size / 4)
    ((gfloat *) map.data)[CLICK - first] = 0.9f;
  gst_buffer_unmap (buffer, &map);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
find_click (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Click *click = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gint64 start = (gint64) llround (
      (gdouble) running_time (pad, buffer) * 48000 / GST_SECOND);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  for (gsize i = 0; i < map.size / 4; i++) {
    gfloat value = fabsf (((gfloat *) map.data)[i]);

    if (value > click->peak) {
      click->peak = value;
      click->at = start + (gint64) i;
    }
  }
  gst_buffer_unmap (buffer, &map);
  return GST_PAD_PROBE_OK;
}

static void
test_delay (gconstpointer data)
{
  g_autofree gchar *error = NULL;
  g_autoptr (GstElement) pipeline = parse (
      "audiotestsrc num-buffers=100 samplesperbuffer=1024 name=t ! "
      "audio/x-raw,format=F32LE,rate=48000,channels=1 ! l.audio_sink "
      "abrladder name=l audio-codec=%s "
      "audio-renditions=\"<(structure)[audio,channels=(uint)1]>\" "
      "l.audio ! %s ! audioconvert ! audio/x-raw,format=F32LE,channels=1 ! "
      "fakesink name=s",
      (const gchar *) data,
      g_str_equal (data, "aac") ? "avdec_aac" : "opusdec");
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "t");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_autoptr (GstPad) out = gst_element_get_static_pad (source, "src");
  g_autoptr (GstPad) in = gst_element_get_static_pad (sink, "sink");
  Click click = { 0, 0 };

  gst_pad_add_probe (out, GST_PAD_PROBE_TYPE_BUFFER, put_click, NULL, NULL);
  gst_pad_add_probe (in, GST_PAD_PROBE_TYPE_BUFFER, find_click, &click, NULL);
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  g_test_message (
      "click of %.2f at sample %" G_GINT64_FORMAT, click.peak, click.at);
  g_assert_cmpfloat (click.peak, >, 0.2);
  g_assert_cmpint (ABS (click.at - CLICK), <=, 1);
}

/* Up and down in any order, and then it still works. */
static void
test_states (void)
{
  static const GstState order[] = { GST_STATE_PLAYING, GST_STATE_NULL,
    GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_PLAYING, GST_STATE_READY,
    GST_STATE_PAUSED, GST_STATE_NULL, GST_STATE_READY, GST_STATE_NULL };
  g_autofree gchar *input = in_dir ("av.mp4");
  g_autofree gchar *error = NULL;
  g_autoptr (GstElement) pipeline = parse (
      "filesrc location=\"%s\" ! abrladder name=l speed=ultrafast l.video ! "
      "queue ! fakesink l.audio ! queue ! fakesink name=s",
      input);
  Tap tap;

  for (guint i = 0; i < 20; i++) {
    GstState next = order[(i * 7) % G_N_ELEMENTS (order)];

    gst_element_set_state (pipeline, next);
    if (i % 3 == 0)
      g_assert_cmpint (
          gst_element_get_state (pipeline, NULL, NULL, PIPELINE_LIMIT), !=,
          GST_STATE_CHANGE_ASYNC);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  tap_pad (pipeline, "s", &tap, FALSE);
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  g_assert_cmpuint (tap.n, >=, 141);
  tap_clear (&tap);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  set_up ();
  g_test_add_func ("/ladder/properties", test_properties);
  g_test_add_data_func ("/ladder/hlssink2/av", "av.mp4", test_hlssink2);
  g_test_add_data_func ("/ladder/hlssink2/video", "v.mkv", test_hlssink2);
  g_test_add_data_func ("/ladder/hlssink2/audio", "a.mp4", test_hlssink2);
  g_test_add_data_func ("/ladder/aligned/h264", "h264", test_aligned);
  g_test_add_data_func ("/ladder/aligned/vp9", "vp9", test_aligned);
  g_test_add_data_func ("/ladder/copy/mp4", "av.mp4", test_copy);
  g_test_add_data_func ("/ladder/copy/mkv", "v.mkv", test_copy);
  g_test_add_func ("/ladder/copy/refused", test_copy_refused);
  g_test_add_func ("/ladder/long-sound", test_long_sound);
  g_test_add_func ("/ladder/audio-alone", test_audio_alone);
  g_test_add_func ("/ladder/refusals", test_refusals);
  g_test_add_func ("/ladder/bad-setting", test_bad_setting);
  g_test_add_func ("/ladder/truncated", test_truncated);
  g_test_add_func ("/ladder/new-size", test_new_size);
  g_test_add_data_func ("/ladder/delay/aac", "aac", test_delay);
  g_test_add_data_func ("/ladder/delay/opus", "opus", test_delay);
  g_test_add_func ("/ladder/states", test_states);
  result = g_test_run ();
  remove_tree (dir);
  g_free (dir);
  gst_deinit ();
  return result;
}
