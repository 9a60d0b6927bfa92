/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * abrsink as its users see it: pipelines run to their end, and what then lies
 * in the folder. The media is made here; every wait has a limit. */
#include <string.h>

#include <gio/gio.h>
#include <gst/gst.h>

#include "core/vs-hls.h"

#include "pipeline.h"
#include "tree.h"

#define VIDEO(n, size, pad)                                                    \
  "videotestsrc num-buffers=" #n " ! video/x-raw,format=I420," size            \
  ",framerate=25/1 ! x264enc speed-preset=ultrafast key-int-max=25 "           \
  "option-string=scenecut=0:open-gop=0 ! " pad " "
#define SMALL "width=160,height=90"
#define TINY "width=96,height=54"
#define AUDIO(n)                                                               \
  "audiotestsrc num-buffers=" #n " samplesperbuffer=1024 ! "                   \
  "audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac ! s.audio_0 "
/* Three and a half seconds */
#define ALL                                                                    \
  VIDEO (88, SMALL, "s.video_0") VIDEO (88, TINY, "s.video_1") AUDIO (165)

typedef struct {
  gchar *dir;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->dir = g_dir_make_tmp ("vs-abrsink-XXXXXX", NULL);
  g_assert_nonnull (f->dir);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  remove_tree (f->dir);
  g_free (f->dir);
}

static GstElement *
parse (const gchar *streams, const gchar *location, const gchar *settings)
{
  g_autofree gchar *text = g_strdup_printf ("abrsink name=s "
                                            "segment-duration=1000000000 %s %s",
      settings, streams);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstElement) sink = NULL;

  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_object_set (sink, "location", location, NULL);
  return pipeline;
}

static void
publish (const gchar *streams, const gchar *location, const gchar *settings)
{
  g_autoptr (GstElement) pipeline = parse (streams, location, settings);
  g_autofree gchar *error = run_pipeline (pipeline);

  g_assert_cmpstr (error, ==, NULL);
}

static gboolean
exists (const Fixture *f, const gchar *key)
{
  g_autofree gchar *path = g_build_filename (f->dir, key, NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

static VsHlsPlaylist *
read_playlist (const Fixture *f, const gchar *key)
{
  g_autofree gchar *path = g_build_filename (f->dir, key, NULL);
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  VsHlsPlaylist *playlist;
  gsize length;

  g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);
  playlist = vs_hls_read (text, length, &error);
  g_assert_no_error (error);
  return playlist;
}

static guint
count_files (const gchar *path)
{
  g_autoptr (GDir) list = g_dir_open (path, 0, NULL);
  const gchar *name;
  guint n = 0;

  if (list == NULL)
    return 1;
  while ((name = g_dir_read_name (list)) != NULL) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    n += count_files (child);
  }
  return n;
}

static void
assert_segments (const Fixture *f, const gchar *folder, guint n)
{
  g_autofree gchar *key = g_strconcat (folder, "/playlist.m3u8", NULL);
  g_autoptr (VsHlsPlaylist) playlist = read_playlist (f, key);

  g_assert_true (playlist->ended);
  g_assert_cmpuint (playlist->segments->len, ==, n);
  for (guint i = 0; i < n; i++) {
    const VsHlsSegment *segment = playlist->segments->pdata[i];
    g_autofree gchar *object = g_build_filename (folder, segment->uri, NULL);

    g_assert_true (exists (f, object));
    g_assert_cmpfloat (segment->duration, <, playlist->target_duration + 0.5);
  }
}

static void
test_vod (Fixture *f, gconstpointer data)
{
  g_autoptr (VsHlsPlaylist) master = NULL;

  publish (ALL, f->dir, "");
  assert_segments (f, "video_0", 4);
  assert_segments (f, "video_1", 4);
  assert_segments (f, "audio_0", 4);
  master = read_playlist (f, "multivariant.m3u8");
  g_assert_true (master->multivariant);
  g_assert_cmpuint (master->renditions->len, ==, 1);
  g_assert_true (exists (f, "manifest.mpd"));
}

/* The second run leaves nothing of the first. */
static void
test_vod_again (Fixture *f, gconstpointer data)
{
  guint files;

  publish (VIDEO (50, SMALL, "s.video_0"), f->dir, "");
  files = count_files (f->dir);
  publish (ALL, f->dir, "");
  g_assert_cmpuint (count_files (f->dir), >, files);
  publish (VIDEO (50, SMALL, "s.video_0"), f->dir, "");
  g_assert_cmpuint (count_files (f->dir), ==, files);
}

static void
test_ts (Fixture *f, gconstpointer data)
{
  g_autoptr (VsHlsPlaylist) master = NULL;

  publish (ALL, f->dir, "format=ts");
  assert_segments (f, "video_0", 4);
  assert_segments (f, "video_1", 4);
  g_assert_false (exists (f, "manifest.mpd"));
  master = read_playlist (f, "multivariant.m3u8");
  g_assert_cmpuint (master->variants->len, ==, 2);
  g_assert_true (g_str_has_suffix (
      ((VsHlsVariant *) master->variants->pdata[0])->codecs, ",mp4a.40.2"));
}

static void
test_audio_alone (Fixture *f, gconstpointer data)
{
  publish (AUDIO (165), f->dir, "");
  assert_segments (f, "audio_0", 4);
}

static void
test_names (Fixture *f, gconstpointer data)
{
  g_autofree gchar *odd = g_build_filename (f->dir, "100% ünï #1?", NULL);
  g_autofree gchar *key = g_build_filename ("100% ünï #1?", "top.m3u8", NULL);

  publish (VIDEO (50, SMALL, "s.video_0"), odd,
      "multivariant-name=top.m3u8 dash=false");
  g_assert_true (exists (f, key));
  g_assert_false (exists (f, "100% ünï #1?/manifest.mpd"));
}

/* A sliding window over three runs: numbers go on, discontinuities count, and
 * what has left is removed. */
static void
test_live (Fixture *f, gconstpointer data)
{
  guint64 next = 0;

  for (guint run = 0; run < 3; run++) {
    g_autoptr (VsHlsPlaylist) playlist = NULL;
    const VsHlsSegment *last;

    publish (VIDEO (125, SMALL, "s.video_0") AUDIO (235), f->dir,
        "type=live window=3000000000 keep=0");
    playlist = read_playlist (f, "video_0/playlist.m3u8");
    g_assert_true (playlist->ended);
    g_assert_cmpuint (playlist->segments->len, <=, 4);
    last = playlist->segments->pdata[playlist->segments->len - 1];
    g_assert_cmpuint (last->sequence, ==, next + 4);
    g_assert_cmpuint (last->discontinuity, ==, run);
    g_assert_cmpint (last->date_us, >, 0);
    next = last->sequence + 1;
  }
}

/* --- the application's own streams --- */

typedef struct {
  GMutex lock;
  GHashTable *objects; /* key → GMemoryOutputStream */
  guint deleted;
  gboolean fail;
} Objects;

static GOutputStream *
on_get_object_stream (GstElement *sink, const gchar *key, Objects *objects)
{
  GOutputStream *stream;

  if (objects->fail && g_str_has_suffix (key, ".m4s"))
    return NULL;
  stream = g_memory_output_stream_new_resizable ();
  g_mutex_lock (&objects->lock);
  g_hash_table_replace (
      objects->objects, g_strdup (key), g_object_ref (stream));
  g_mutex_unlock (&objects->lock);
  return stream;
}

static void
on_delete_object (GstElement *sink, const gchar *key, Objects *objects)
{
  g_mutex_lock (&objects->lock);
  objects->deleted += g_hash_table_remove (objects->objects, key);
  g_mutex_unlock (&objects->lock);
}

static gchar *
run_with_objects (Objects *objects, const gchar *settings)
{
  g_autoptr (GstElement) pipeline = parse (ALL, "/nowhere", settings);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");

  g_mutex_init (&objects->lock);
  objects->objects =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  g_signal_connect (
      sink, "get-object-stream", G_CALLBACK (on_get_object_stream), objects);
  g_signal_connect (
      sink, "delete-object", G_CALLBACK (on_delete_object), objects);
  return run_pipeline (pipeline);
}

static void
objects_clear (Objects *objects)
{
  g_hash_table_unref (objects->objects);
  g_mutex_clear (&objects->lock);
}

static void
test_own_streams (void)
{
  Objects objects = { 0 };
  g_autofree gchar *error = run_with_objects (&objects, "");

  g_assert_cmpstr (error, ==, NULL);
  g_assert_true (g_hash_table_contains (objects.objects, "multivariant.m3u8"));
  g_assert_true (g_hash_table_contains (objects.objects, "manifest.mpd"));
  g_assert_true (g_hash_table_contains (objects.objects, "audio_0/0.m4s"));
  objects_clear (&objects);
}

/* A VOD that cannot be stored ends with an error and claims nothing; a live
 * one goes on with gaps. */
static void
test_failing_streams (void)
{
  Objects vod = { .fail = TRUE };
  Objects live = { .fail = TRUE };
  g_autofree gchar *error = run_with_objects (&vod, "");
  g_autofree gchar *none = NULL;
  GMemoryOutputStream *playlist;
  g_autofree gchar *text = NULL;

  g_assert_cmpstr (error, !=, NULL);
  g_assert_nonnull (strstr (error, "get-object-stream"));
  g_assert_null (g_hash_table_lookup (vod.objects, "multivariant.m3u8"));
  objects_clear (&vod);

  none = run_with_objects (&live, "type=live");
  g_assert_cmpstr (none, ==, NULL);
  playlist = g_hash_table_lookup (live.objects, "video_0/playlist.m3u8");
  g_assert_nonnull (playlist);
  text = g_strndup (g_memory_output_stream_get_data (playlist),
      g_memory_output_stream_get_data_size (playlist));
  g_assert_nonnull (strstr (text, "#EXT-X-GAP"));
  objects_clear (&live);
}

/* --- faults --- */

static void
test_bad_locations (void)
{
  static const struct {
    const gchar *location, *says;
  } rows[] = {
    { NULL, "No output location" },
    { "/dev/null/x", "/dev/null/x" },
    { "gopher://x/y", "gopher" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GstElement) pipeline =
        parse (VIDEO (5, SMALL, "s.video_0"), rows[i].location, "");
    g_autofree gchar *error = run_pipeline (pipeline);

    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error, rows[i].says));
  }
}

static void
test_two_at_once (Fixture *f, gconstpointer data)
{
  g_autoptr (GstElement) first =
      parse (VIDEO (5, SMALL, "s.video_0"), f->dir, "");
  g_autoptr (GstElement) second =
      parse (VIDEO (5, SMALL, "s.video_0"), f->dir, "");
  g_autofree gchar *error = NULL;

  g_assert_cmpint (gst_element_set_state (first, GST_STATE_PAUSED), !=,
      GST_STATE_CHANGE_FAILURE);
  error = run_pipeline (second);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error, "Another vstream"));
  gst_element_set_state (first, GST_STATE_NULL);
}

/* Stopped in the middle: what is named is there, and nothing claims to be
 * whole. */
static void
test_stopped (Fixture *f, gconstpointer data)
{
  g_autoptr (GstElement) pipeline =
      parse (VIDEO (100000, SMALL, "s.video_0"), f->dir, "type=event");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (VsHlsPlaylist) playlist = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint manifests = 0; manifests < 5;) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, PIPELINE_LIMIT, GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    if (gst_message_has_name (message, "vstream-manifest"))
      manifests++;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  playlist = read_playlist (f, "video_0/playlist.m3u8");
  g_assert_false (playlist->ended);
  for (guint i = 0; i < playlist->segments->len; i++) {
    const VsHlsSegment *segment = playlist->segments->pdata[i];
    g_autofree gchar *key = g_build_filename ("video_0", segment->uri, NULL);

    g_assert_true (exists (f, key));
  }
}

/* A pad that gets nothing but EOS, and one given back, hold up nobody. */
static void
test_empty_pads (Fixture *f, gconstpointer data)
{
  g_autoptr (GstElement) pipeline = parse (
      VIDEO (50, SMALL, "s.video_0") "audiotestsrc num-buffers=0 ! "
                                     "audio/x-raw,rate=48000,channels=2 ! "
                                     "avenc_aac ! s.audio_0 ",
      f->dir, "");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  GstPad *spare = gst_element_request_pad_simple (sink, "video_%u");
  g_autofree gchar *error = NULL;

  g_assert_cmpstr (GST_OBJECT_NAME (spare), ==, "video_1");
  gst_element_release_request_pad (sink, spare);
  gst_object_unref (spare);
  error = run_pipeline (pipeline);
  g_assert_cmpstr (error, ==, NULL);
  assert_segments (f, "video_0", 2);
}

static void
test_states (Fixture *f, gconstpointer data)
{
  static const GstState states[] = { GST_STATE_NULL, GST_STATE_READY,
    GST_STATE_PAUSED, GST_STATE_PLAYING };
  const gchar *format = data;
  g_autoptr (GstElement) pipeline =
      parse (VIDEO (100000, TINY, "s.video_0"), f->dir, format);

  for (guint i = 0; i < 20; i++) {
    GstState state = states[g_test_rand_int_range (0, 4)];

    g_assert_cmpint (
        gst_element_set_state (pipeline, state), !=, GST_STATE_CHANGE_FAILURE);
    g_assert_cmpint (
        gst_element_get_state (pipeline, NULL, NULL, PIPELINE_LIMIT), !=,
        GST_STATE_CHANGE_FAILURE);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static gchar *
read_text (const Fixture *f, const gchar *key)
{
  g_autofree gchar *path = g_build_filename (f->dir, key, NULL);
  g_autoptr (GError) error = NULL;
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static GstPadProbeReturn
swallow_eos (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS
             ? GST_PAD_PROBE_DROP
             : GST_PAD_PROBE_OK;
}

/* Waits for the @n-th object of video, or an error. */
static void
wait_for_video (GstElement *pipeline, guint n, guint *n_warnings)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  while (n > 0) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, PIPELINE_LIMIT,
            GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
    *n_warnings += GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING ? 1 : 0;
    if (gst_message_has_name (message, "vstream-object") &&
        g_strcmp0 (gst_structure_get_string (
                       gst_message_get_structure (message), "track"),
            "video_0") == 0)
      n--;
  }
}

/* A live show goes on without what falls silent, and without what never said
 * a word. */
static void
test_silent_tracks (Fixture *f, gconstpointer data)
{
  g_autoptr (GstElement) pipeline = parse (
      "videotestsrc is-live=true ! video/x-raw,format=I420," TINY
      ",framerate=25/1 ! x264enc speed-preset=ultrafast tune=zerolatency "
      "key-int-max=25 ! s.video_0 audiotestsrc is-live=true num-buffers=70 "
      "samplesperbuffer=1024 ! audio/x-raw,rate=48000 ! audioconvert ! "
      "avenc_aac ! s.audio_0 "
      "appsrc is-live=true format=time ! audio/mpeg,mpegversion=4,"
      "stream-format=raw,framed=true ! s.audio_1",
      f->dir, "type=live window=60000000000");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "audio_0");
  g_autofree gchar *video = NULL, *audio = NULL, *multivariant = NULL;
  guint n_warnings = 0;

  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, swallow_eos, NULL, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for_video (pipeline, 8, &n_warnings);
  g_assert_cmpuint (n_warnings, ==, 2);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  video = read_text (f, "video_0/playlist.m3u8");
  audio = read_text (f, "audio_0/playlist.m3u8");
  multivariant = read_text (f, "multivariant.m3u8");
  g_assert_nonnull (strstr (video, "#EXTINF"));
  g_assert_null (strstr (video, "#EXT-X-GAP"));
  g_assert_nonnull (strstr (audio, "#EXTINF"));
  g_assert_nonnull (strstr (audio, "#EXT-X-GAP"));
  g_assert_nonnull (strstr (multivariant, "audio_0"));
  g_assert_null (strstr (multivariant, "audio_1"));
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define ADD(path, function, data)                                              \
  g_test_add ("/abrsink/" path, Fixture, data, set_up, function, tear_down)
  ADD ("vod", test_vod, NULL);
  ADD ("vod-again", test_vod_again, NULL);
  ADD ("ts", test_ts, NULL);
  ADD ("audio-alone", test_audio_alone, NULL);
  ADD ("names", test_names, NULL);
  ADD ("live", test_live, NULL);
  ADD ("silent-tracks", test_silent_tracks, NULL);
  g_test_add_func ("/abrsink/own-streams", test_own_streams);
  g_test_add_func ("/abrsink/failing-streams", test_failing_streams);
  g_test_add_func ("/abrsink/bad-locations", test_bad_locations);
  ADD ("two-at-once", test_two_at_once, NULL);
  ADD ("stopped", test_stopped, NULL);
  ADD ("empty-pads", test_empty_pads, NULL);
  ADD ("states/cmaf", test_states, "");
  ADD ("states/ts", test_states, "format=ts");
  result = g_test_run ();
  gst_deinit ();
  return result;
}
