/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * playbackqueuesrc: what is heard (loudness, joins without a click), what is
 * logged, and what may be no filler. Levels are measured from the output. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "air-watch.h"
#include "pipeline.h"
#include "tree.h"

#define N_ITEMS 16

static gchar *dir;
static gchar *clip;

static gchar *
make_tone (const gchar *name, guint frequency, gdouble volume)
{
  g_autofree gchar *path = g_strdup_printf ("%s/%s.wav", dir, name);
  g_autofree gchar *launch = g_strdup_printf (
      "audiotestsrc freq=%u volume=%g samplesperbuffer=1920 num-buffers=75 ! "
      "audio/x-raw,format=S16LE,rate=48000,channels=2 ! wavenc ! "
      "filesink location=\"%s\"",
      frequency, volume, path);
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, NULL);
  g_autofree gchar *failure = run_pipeline (pipeline);

  g_assert_cmpstr (failure, ==, NULL);
  return gst_filename_to_uri (path, NULL);
}

/* Tones that are cut in the midst of their waves. */
static void
test_joins (void)
{
  AirWatch *watch = air_watch_new ("channel", "test", NULL);
  g_autofree gchar *low = make_tone ("low", 437, 0.8);
  g_autofree gchar *high = make_tone ("high", 523, 0.8);
  gfloat jump;

  for (guint i = 0; i < 8; i++)
    g_free (
        air_enqueue (watch, "{\"uri\": \"%s\", \"in\": 0.%u4, \"out\": 0.%u2}",
            i % 2 ? low : high, i % 3, i % 3 + 3));
  air_watch_play (watch);
  gst_structure_free (air_watch_wait_event (watch, "queue-empty"));
  air_watch_wait_frames (watch, watch->frames->len + 5);
  g_mutex_lock (&watch->lock);
  jump = watch->jump;
  g_mutex_unlock (&watch->lock);
  g_test_message ("largest step %.3f", jump);
  /* the tone's own is 0.8 × 2π × 523 / 48000 = 0.055; a click's up to 1.6 */
  g_assert_cmpfloat (jump, >, 0.04);
  g_assert_cmpfloat (jump, <, 0.08);
  air_watch_free (watch);
}

typedef struct {
  GMutex lock;
  GArray *levels; /* gdouble, dBFS (RMS) of each buffer; under lock */
} Levels;

static GstPadProbeReturn
measure (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Levels *levels = data;
  gdouble sum = 0, level;
  GstMapInfo map;

  gst_buffer_map (info->data, &map, GST_MAP_READ);
  for (gsize i = 0; i < map.size / sizeof (gfloat); i++)
    sum += pow (((gfloat *) map.data)[i], 2);
  level = 10 * log10 (sum / (map.size / sizeof (gfloat)) + 1e-12);
  gst_buffer_unmap (info->data, &map);
  g_mutex_lock (&levels->lock);
  g_array_append_val (levels->levels, level);
  g_mutex_unlock (&levels->lock);
  return GST_PAD_PROBE_OK;
}

static guint64
wait_frame (AirWatch *watch, const gchar *event)
{
  GstStructure *s = air_watch_wait_event (watch, event);
  guint64 frame = 0;

  g_assert_true (gst_structure_get_uint64 (s, "frame", &frame));
  gst_structure_free (s);
  return frame;
}

/* One 20 dB over the other: both come out at -23 LUFS, which of a tone of
 * 1 kHz on two channels is -26 dBFS (RMS) on each. */
static void
test_loudness (void)
{
  AirWatch *watch = air_watch_new ("normalize-audio", TRUE, NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (watch->source, "audio");
  g_autofree gchar *loud = make_tone ("loud", 1000, 0.5);
  g_autofree gchar *quiet = make_tone ("quiet", 1000, 0.05);
  Levels levels = { .levels = g_array_new (FALSE, FALSE, sizeof (gdouble)) };

  g_mutex_init (&levels.lock);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, measure, &levels, NULL);
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", clip)); /* time to measure */
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", loud));
  g_free (air_enqueue (watch, "{\"uri\": \"%s\"}", quiet));
  air_watch_play (watch);
  wait_frame (watch, "item-finished");
  for (guint i = 0; i < 2; i++) {
    guint64 end = wait_frame (watch, "item-finished");
    gdouble level;

    air_watch_wait_frames (watch, end + 5);
    g_mutex_lock (&levels.lock);
    level = g_array_index (levels.levels, gdouble, end - 15);
    g_mutex_unlock (&levels.lock);
    g_test_message ("%s: %.1f dBFS", i ? "quiet" : "loud", level);
    g_assert_cmpfloat (fabs (level + 26), <, 1.5);
  }
  air_watch_free (watch);
  g_array_unref (levels.levels);
  g_mutex_clear (&levels.lock);
}

/* Counts the lines of each item; -1: no such file. */
static gint
count_lines (const gchar *path, guint *seen)
{
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  gint n = 0;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return -1;
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (; lines[n]; n++) {
    guint item = N_ITEMS;

    g_assert_cmpint (sscanf (lines[n], "{\"id\":\"i%u\"", &item), ==, 1);
    g_assert_cmpuint (item, <, N_ITEMS);
    g_assert_true (g_str_has_suffix (lines[n], "}"));
    seen[item]++;
  }
  return n;
}

/* A log that is full is put aside; no line is lost, cut or there twice. */
static void
test_rotation (void)
{
  g_autofree gchar *path = g_strdup_printf ("%s/asrun.json", dir);
  AirWatch *watch = air_watch_new (
      "asrun-location", path, "asrun-size", (guint64) 1024, NULL);
  guint seen[N_ITEMS] = { 0 };

  for (guint i = 0; i < N_ITEMS; i++)
    g_free (air_enqueue (
        watch, "{\"id\": \"i%u\", \"uri\": \"%s\", \"out\": 0.2}", i, clip));
  air_watch_play (watch);
  gst_structure_free (air_watch_wait_event (watch, "queue-empty"));
  air_watch_free (watch);
  g_assert_cmpint (count_lines (path, seen), >, 0);
  for (guint i = 1; i <= 5; i++) {
    g_autofree gchar *older = g_strdup_printf ("%s.%u", path, i);
    gint n = count_lines (older, seen);

    g_test_message ("%d lines in .%u", n, i);
    g_assert_true (i > 2 || n > 0);
  }
  for (guint i = 0; i < N_ITEMS; i++)
    g_assert_cmpuint (seen[i], ==, 1);
}

/* A log that cannot be written is told, counted, and stops nothing. */
static void
test_lost (void)
{
  g_autofree gchar *path = g_strdup_printf ("%s/none/asrun.json", dir);
  AirWatch *watch = air_watch_new ("asrun-location", path, NULL);
  g_autoptr (GstMessage) warning = NULL;
  GstStructure *stats = NULL;
  guint64 lost = 0;

  for (guint i = 0; i < 3; i++)
    g_free (air_enqueue (watch, "{\"uri\": \"%s\", \"out\": 0.4}", clip));
  air_watch_play (watch);
  warning = gst_bus_timed_pop_filtered (
      watch->bus, 60 * GST_SECOND, GST_MESSAGE_WARNING);
  g_assert_nonnull (warning);
  g_object_get (watch->source, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "asrun-lost", &lost));
  g_assert_cmpuint (lost, >=, 1);
  gst_structure_free (stats);
  air_watch_free (watch);
}

/* What is live is no filler: it cannot be looped. */
static void
test_live_filler (void)
{
  static const gchar *const bad[] = { "srt://127.0.0.1:9", "udp://127.0.0.1:9",
    "rtmp://user:secret@127.0.0.1/a/b" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    AirWatch *watch = air_watch_new ("filler-uri", bad[i], NULL);
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (gst_element_set_state (watch->pipeline, GST_STATE_PLAYING),
        ==, GST_STATE_CHANGE_FAILURE);
    message = gst_bus_pop_filtered (watch->bus, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    g_assert_nonnull (strstr (error->message, "filler"));
    g_assert_null (strstr (error->message, "secret"));
    air_watch_free (watch);
  }
}

int
main (int argc, char **argv)
{
  gint code;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  dir = g_dir_make_tmp ("vs-sound-XXXXXX", NULL);
  g_assert_nonnull (dir);
  clip = air_make_clip (dir, "clip", 1, 50, TRUE);
  g_test_add_func ("/playback-sound/joins", test_joins);
  g_test_add_func ("/playback-sound/loudness", test_loudness);
  g_test_add_func ("/playback-sound/rotation", test_rotation);
  g_test_add_func ("/playback-sound/lost", test_lost);
  g_test_add_func ("/playback-sound/live-filler", test_live_filler);
  code = g_test_run ();
  remove_tree (dir);
  g_free (clip);
  g_free (dir);
  return code;
}
