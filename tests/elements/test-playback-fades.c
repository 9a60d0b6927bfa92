/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * playbackqueuesrc, from one item into the next: how bright and how loud each
 * frame of the output is, and how many frames there are. The items are a white
 * clip with a tone and a grey one with another. */
#include <math.h>

#include "air-watch.h"
#include "pipeline.h"
#include "tree.h"

#define LENGTH 50 /* frames of an item */
#define FADE 20   /* frames of a transition */
#define WHITE 235
#define GREY 126
#define BLACK 16
#define NEAR 4
#define LIMIT (60 * GST_SECOND)

static gchar *dir;
static gchar *uri[2];

typedef struct {
  GMutex lock;
  GCond cond;
  GArray *luma;  /* guint8 of a frame */
  GArray *power; /* gfloat: mean square of a frame's samples */
} Record;

static gchar *
make_clip (const gchar *name, guint colour, gdouble volume)
{
  g_autofree gchar *path = g_strdup_printf ("%s/%s.mkv", dir, name);
  g_autofree gchar *launch = g_strdup_printf (
      "videotestsrc pattern=solid-color foreground-color=0x%08x "
      "num-buffers=%d ! video/x-raw,format=I420,width=320,height=176,"
      "framerate=25/1 ! x264enc speed-preset=ultrafast quantizer=4 pass=quant "
      "! h264parse ! queue ! matroskamux name=m ! filesink location=\"%s\" "
      "audiotestsrc volume=%.1f num-buffers=%d samplesperbuffer=1920 ! "
      "audio/x-raw,format=S16LE,rate=48000,channels=1 ! queue ! m.",
      colour, LENGTH, path, volume, LENGTH);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autofree gchar *failure = NULL;

  g_assert_no_error (error);
  failure = run_pipeline (pipeline);
  g_assert_cmpstr (failure, ==, NULL);
  return gst_filename_to_uri (path, NULL);
}

static GstPadProbeReturn
on_picture (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Record *record = data;
  GstMapInfo map;
  guint8 luma;

  gst_buffer_map (info->data, &map, GST_MAP_READ);
  luma = map.data[88 * 320 + 160];
  gst_buffer_unmap (info->data, &map);
  g_mutex_lock (&record->lock);
  g_array_append_val (record->luma, luma);
  g_cond_signal (&record->cond);
  g_mutex_unlock (&record->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_sound (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Record *record = data;
  GstMapInfo map;
  gfloat power = 0;

  gst_buffer_map (info->data, &map, GST_MAP_READ);
  for (gsize i = 0; i < map.size / sizeof (gfloat); i++)
    power += ((gfloat *) map.data)[i] * ((gfloat *) map.data)[i];
  power /= map.size / sizeof (gfloat);
  gst_buffer_unmap (info->data, &map);
  g_mutex_lock (&record->lock);
  g_array_append_val (record->power, power);
  g_cond_signal (&record->cond);
  g_mutex_unlock (&record->lock);
  return GST_PAD_PROBE_OK;
}

static void
add_probe (GstElement *source, const gchar *name, GstPadProbeCallback f,
    Record *record)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, f, record, NULL);
}

/* Plays both; @frame: on which the first began, the second, and on which it
 * was over. */
static void
play (const gchar *transition, Record *record, guint64 frame[3])
{
  g_autofree gchar *launch = g_strdup_printf (
      "playbackqueuesrc name=q transition=%s "
      "transition-duration=%" G_GUINT64_FORMAT
      " video-caps=\"video/x-raw,format=I420,width=320,height=176,"
      "framerate=25/1\" q.video ! fakesink q.audio ! fakesink",
      transition, FADE * GST_SECOND / AIR_FPS);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstBus) bus = NULL;
  guint n = 0;

  g_assert_no_error (error);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "q");
  bus = gst_element_get_bus (pipeline);
  add_probe (source, "video", on_picture, record);
  add_probe (source, "audio", on_sound, record);
  for (guint i = 0; i < 2; i++) {
    g_autofree gchar *json = g_strdup_printf ("{\"uri\": \"%s\"}", uri[i]);
    g_autofree gchar *id = NULL;

    g_signal_emit_by_name (source, "enqueue", json, &id);
    g_assert_nonnull (id);
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (n < 3) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, LIMIT, GST_MESSAGE_ELEMENT);
    const GstStructure *s;
    const gchar *event;

    g_assert_nonnull (message);
    s = gst_message_get_structure (message);
    event = gst_structure_get_string (s, "event");
    if (g_strcmp0 (event, "item-started") == 0 ||
        g_strcmp0 (event, "queue-empty") == 0)
      g_assert_true (gst_structure_get_uint64 (s, "frame", &frame[n++]));
  }
  g_mutex_lock (&record->lock);
  while (record->luma->len <= frame[2] || record->power->len <= frame[2])
    g_cond_wait (&record->cond, &record->lock);
  g_mutex_unlock (&record->lock);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
record_init (Record *record)
{
  g_mutex_init (&record->lock);
  g_cond_init (&record->cond);
  record->luma = g_array_new (FALSE, FALSE, 1);
  record->power = g_array_new (FALSE, FALSE, sizeof (gfloat));
}

static void
record_clear (Record *record)
{
  g_array_unref (record->luma);
  g_array_unref (record->power);
  g_mutex_clear (&record->lock);
  g_cond_clear (&record->cond);
}

static gint
luma_at (const Record *record, guint64 frame)
{
  g_assert_cmpuint (frame, <, record->luma->len);
  return g_array_index (record->luma, guint8, frame);
}

static gfloat
power_at (const Record *record, guint64 frame)
{
  g_assert_cmpuint (frame, <, record->power->len);
  return g_array_index (record->power, gfloat, frame);
}

static void
assert_near (gint value, gdouble expected)
{
  g_assert_cmpint (value, >=, (gint) expected - NEAR);
  g_assert_cmpint (value, <=, (gint) expected + NEAR);
}

/* A held frame, on a busy machine, would make the output longer. */
static gboolean
was_busy (const guint64 frame[3], guint expected)
{
  if (frame[2] - frame[0] == expected)
    return FALSE;
  g_assert_cmpuint (frame[2] - frame[0], >, expected);
  g_test_skip ("the machine is too slow: frames were held");
  return TRUE;
}

static void
test_none (void)
{
  Record record;
  guint64 frame[3];

  record_init (&record);
  play ("none", &record, frame);
  if (!was_busy (frame, 2 * LENGTH)) {
    g_assert_cmpuint (frame[1] - frame[0], ==, LENGTH);
    assert_near (luma_at (&record, frame[1] - 1), WHITE);
    assert_near (luma_at (&record, frame[1]), GREY);
  }
  record_clear (&record);
}

/* Both are shown whole, the end of one under the beginning of the other; the
 * power of both tones together does not fall. */
static void
test_cross (void)
{
  Record record;
  guint64 frame[3];

  record_init (&record);
  play ("crossfade", &record, frame);
  if (!was_busy (frame, 2 * LENGTH - FADE)) {
    gfloat loud = power_at (&record, frame[0] + LENGTH / 2);

    g_assert_cmpuint (frame[1] - frame[0], ==, LENGTH - FADE);
    assert_near (luma_at (&record, frame[1] - 1), WHITE);
    for (guint i = 0; i < FADE; i++) {
      gdouble share = (i + 0.5) / FADE;

      assert_near (
          luma_at (&record, frame[1] + i), WHITE * (1 - share) + GREY * share);
      g_assert_cmpfloat (power_at (&record, frame[1] + i), >, loud / 3);
    }
    assert_near (luma_at (&record, frame[1] + FADE), GREY);
  }
  record_clear (&record);
}

/* Nothing gets shorter; black and silent where they meet. */
static void
test_black (void)
{
  Record record;
  guint64 frame[3];
  guint half = FADE / 2;

  record_init (&record);
  play ("fade-black", &record, frame);
  if (!was_busy (frame, 2 * LENGTH)) {
    g_assert_cmpuint (frame[1] - frame[0], ==, LENGTH);
    assert_near (luma_at (&record, frame[1] - half - 1), WHITE);
    for (guint i = 0; i < half; i++) {
      gdouble share = (i + 0.5) / half;

      assert_near (
          luma_at (&record, frame[1] + i), BLACK * (1 - share) + GREY * share);
      assert_near (luma_at (&record, frame[1] - 1 - i),
          BLACK * (1 - share) + WHITE * share);
    }
    assert_near (luma_at (&record, frame[1] + half), GREY);
    g_assert_cmpfloat (power_at (&record, frame[1]), <,
        power_at (&record, frame[1] + half + 2) / 50);
  }
  record_clear (&record);
}

typedef struct {
  GMutex lock;
  GCond cond;
  guint bright; /* pixels of the last picture that are part of a letter */
} Letters;

static GstPadProbeReturn
on_letters (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Letters *letters = data;
  GstMapInfo map;
  guint bright = 0;

  gst_buffer_map (info->data, &map, GST_MAP_READ);
  for (gsize i = 0; i < 320 * 176; i++)
    bright += map.data[i] > 128;
  gst_buffer_unmap (info->data, &map);
  g_mutex_lock (&letters->lock);
  letters->bright = bright;
  g_cond_signal (&letters->cond);
  g_mutex_unlock (&letters->lock);
  return GST_PAD_PROBE_OK;
}

/* More letters than @n pixels, in time. */
static guint
wait_more (Letters *letters, guint n)
{
  gint64 end = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
  guint bright;

  g_mutex_lock (&letters->lock);
  while (letters->bright <= n)
    g_assert_true (g_cond_wait_until (&letters->cond, &letters->lock, end));
  bright = letters->bright;
  g_mutex_unlock (&letters->lock);
  return bright;
}

/* The channel's name; and when something comes, once that is known. Markup is
 * text like any other. */
static void
test_text (void)
{
  Letters letters = { .bright = 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "playbackqueuesrc name=q channel=\"<b> & 5\" slate=\"text:\" "
      "video-caps=\"video/x-raw,format=I420,width=320,height=176,"
      "framerate=25/1\" q.video ! fakesink q.audio ! fakesink",
      &error);
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstElementFactory) overlay =
      gst_element_factory_find ("textoverlay");
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) later = g_date_time_add_hours (now, 3);
  g_autofree gchar *date = g_date_time_format_iso8601 (later);
  g_autofree gchar *json =
      g_strdup_printf ("{\"uri\": \"%s\", \"at\": \"%s\"}", uri[0], date);
  g_autofree gchar *id = NULL;
  guint name;

  g_assert_no_error (error);
  if (!overlay) {
    g_test_skip ("no textoverlay (gstreamer1.0-x)");
    return;
  }
  g_mutex_init (&letters.lock);
  g_cond_init (&letters.cond);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "q");
  pad = gst_element_get_static_pad (source, "video");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, on_letters, &letters, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  name = wait_more (&letters, 50);
  g_signal_emit_by_name (source, "enqueue", json, &id);
  g_assert_nonnull (id);
  wait_more (&letters, name + name / 2);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_mutex_clear (&letters.lock);
  g_cond_clear (&letters.cond);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  gint ret;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  dir = g_dir_make_tmp ("vs-fades-XXXXXX", &error);
  g_assert_no_error (error);
  uri[0] = make_clip ("white", 0xffffffff, 0.5);
  uri[1] = make_clip ("grey", 0xff808080, 0.5);
  g_test_add_func ("/playback/fades/none", test_none);
  g_test_add_func ("/playback/fades/cross", test_cross);
  g_test_add_func ("/playback/fades/black", test_black);
  g_test_add_func ("/playback/slate/text", test_text);
  ret = g_test_run ();
  remove_tree (dir);
  g_free (dir);
  g_free (uri[0]);
  g_free (uri[1]);
  gst_deinit ();
  return ret;
}
