/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "air-watch.h"

#include <math.h>
#include <string.h>

#include "pipeline.h"

#define BOX 32
#define N_BITS 10
#define CLIP_ROW 32
#define WAIT_US (60 * G_USEC_PER_SEC)
#define TICK (AIR_RATE / AIR_FPS)

/* ---- clips ---- */

static void
draw_box (guint8 *luma, guint box, guint row, gboolean white)
{
  for (guint y = row; y < row + 16; y++)
    memset (luma + y * AIR_WIDTH + box * BOX, white ? 235 : 16, BOX);
}

static GstPadProbeReturn
draw (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  guint clip = GPOINTER_TO_UINT (data);
  GstBuffer *buffer = gst_buffer_make_writable (info->data);
  guint number = GST_BUFFER_PTS (buffer) * AIR_FPS / GST_SECOND;
  GstMapInfo map;

  info->data = buffer;
  gst_buffer_map (buffer, &map, GST_MAP_READWRITE);
  for (guint i = 0; i < N_BITS; i++) {
    draw_box (map.data, i, 0, number >> i & 1);
    draw_box (map.data, i, CLIP_ROW, i == N_BITS - 1 || clip >> i & 1);
  }
  gst_buffer_unmap (buffer, &map);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
beep (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = gst_buffer_make_writable (info->data);
  guint64 first = GST_BUFFER_OFFSET (buffer);
  GstMapInfo map;

  info->data = buffer;
  gst_buffer_map (buffer, &map, GST_MAP_READWRITE);
  for (gsize i = 0; i < map.size / sizeof (gint16); i++) {
    guint64 n = first + i;

    if (n % (AIR_BEEP * TICK) < TICK)
      ((gint16 *) map.data)[i] = (gint16) (16000 * sin (0.13 * (n + 4)));
  }
  gst_buffer_unmap (buffer, &map);
  return GST_PAD_PROBE_OK;
}

static void
add_probe (GstElement *pipeline, const gchar *name, GstPadProbeCallback probe,
    guint data)
{
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), name);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "src");

  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, probe, GUINT_TO_POINTER (data), NULL);
}

gchar *
air_make_clip (const gchar *dir, const gchar *name, guint clip, guint n_frames,
    gboolean sound)
{
  g_autofree gchar *path = g_strdup_printf ("%s/%s.mkv", dir, name);
  g_autofree gchar *launch = g_strdup_printf (
      "videotestsrc pattern=black num-buffers=%u name=v ! "
      "video/x-raw,format=I420,width=%d,height=%d,framerate=%d/1 ! "
      "x264enc speed-preset=ultrafast quantizer=10 pass=quant key-int-max=25 ! "
      "h264parse ! queue max-size-time=0 ! matroskamux name=m ! "
      "filesink location=\"%s\" %s",
      n_frames, AIR_WIDTH, AIR_HEIGHT, AIR_FPS, path,
      sound ? "audiotestsrc wave=silence samplesperbuffer=1920 name=a "
              "! audio/x-raw,format=S16LE,rate=48000,channels=1 "
              "! queue max-size-time=0 ! m."
            : "");
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autofree gchar *failure = NULL;

  g_assert_no_error (error);
  add_probe (pipeline, "v", draw, clip);
  if (sound) {
    g_autoptr (GstElement) source =
        gst_bin_get_by_name (GST_BIN (pipeline), "a");

    g_object_set (source, "num-buffers", n_frames, NULL);
    add_probe (pipeline, "a", beep, 0);
  }
  failure = run_pipeline (pipeline);
  g_assert_cmpstr (failure, ==, NULL);
  return gst_filename_to_uri (path, NULL);
}

/* ---- the watch ---- */

static gboolean
is_white (const guint8 *luma, guint box, guint row)
{
  return luma[(row + 8) * AIR_WIDTH + box * BOX + BOX / 2] > 128;
}

AirFrame
air_read_frame (GstBuffer *buffer)
{
  AirFrame frame = { -1, 0 };
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  if (is_white (map.data, N_BITS - 1, CLIP_ROW)) {
    frame.clip = 0;
    for (guint i = 0; i < N_BITS - 1; i++)
      frame.clip |= is_white (map.data, i, CLIP_ROW) << i;
    for (guint i = 0; i < N_BITS; i++)
      frame.number |= is_white (map.data, i, 0) << i;
  }
  gst_buffer_unmap (buffer, &map);
  return frame;
}

static void
see_event (AirWatch *watch, GstEvent *event)
{
  const GstStructure *s = gst_event_get_structure (event);

  watch->eos |= GST_EVENT_TYPE (event) == GST_EVENT_EOS;
  watch->key_units += s && gst_structure_has_name (s, "GstForceKeyUnit");
  watch->cuts += s && gst_structure_has_name (s, "vstream-cut");
}

static GstPadProbeReturn
on_video (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  AirWatch *watch = data;

  g_mutex_lock (&watch->lock);
  if (GST_IS_EVENT (info->data)) {
    see_event (watch, info->data);
  } else {
    GstClockTime due = watch->frames->len * GST_SECOND / AIR_FPS;
    gboolean discont = GST_BUFFER_IS_DISCONT (info->data);
    AirFrame frame = air_read_frame (info->data);

    watch->broken += GST_BUFFER_PTS (info->data) != due ||
                     discont != (watch->frames->len == 0) ||
                     GST_BUFFER_DURATION (info->data) != GST_SECOND / AIR_FPS;
    g_array_append_val (watch->frames, frame);
  }
  g_cond_broadcast (&watch->cond);
  g_mutex_unlock (&watch->lock);
  return GST_PAD_PROBE_OK;
}

/* A beep begins where it was quiet for half a frame. */
static void
listen (AirWatch *watch, GstBuffer *buffer, guint *quiet)
{
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  for (gsize i = 0; i < map.size / sizeof (gfloat); i += 2) {
    gfloat value = ((gfloat *) map.data)[i];
    guint64 at = watch->samples + i / 2;

    watch->jump = MAX (watch->jump, fabsf (value - watch->last));
    watch->last = value;
    if (fabsf (value) < 0.02f) {
      ++*quiet;
    } else {
      if (*quiet > TICK / 2)
        g_array_append_val (watch->beeps, at);
      *quiet = 0;
    }
  }
  watch->samples += map.size / (2 * sizeof (gfloat));
  gst_buffer_unmap (buffer, &map);
}

static GstPadProbeReturn
on_audio (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  AirWatch *watch = data;
  static guint quiet = TICK;

  g_mutex_lock (&watch->lock);
  if (GST_IS_EVENT (info->data)) {
    see_event (watch, info->data);
  } else {
    if (watch->samples == 0)
      quiet = TICK;
    watch->broken +=
        GST_BUFFER_OFFSET (info->data) != watch->samples ||
        GST_BUFFER_PTS (info->data) !=
            gst_util_uint64_scale (watch->samples, GST_SECOND, AIR_RATE) ||
        GST_BUFFER_IS_DISCONT (info->data) != (watch->samples == 0);
    listen (watch, info->data, &quiet);
  }
  g_cond_broadcast (&watch->cond);
  g_mutex_unlock (&watch->lock);
  return GST_PAD_PROBE_OK;
}

static void
add_sink (AirWatch *watch, const gchar *name, GstPadProbeCallback probe)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (watch->source, name);

  g_object_set (sink, "sync", FALSE, NULL);
  gst_bin_add (GST_BIN (watch->pipeline), sink);
  g_assert_true (gst_element_link_pads (watch->source, name, sink, "sink"));
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, probe,
      watch, NULL);
}

AirWatch *
air_watch_new (const gchar *property, ...)
{
  AirWatch *watch = g_new0 (AirWatch, 1);
  g_autofree gchar *video = g_strdup_printf (
      "video/x-raw,format=I420,width=%d,height=%d,framerate=%d/1", AIR_WIDTH,
      AIR_HEIGHT, AIR_FPS);
  va_list args;

  g_mutex_init (&watch->lock);
  g_cond_init (&watch->cond);
  watch->frames = g_array_new (FALSE, FALSE, sizeof (AirFrame));
  watch->beeps = g_array_new (FALSE, FALSE, sizeof (guint64));
  watch->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  watch->bus = gst_element_get_bus (watch->pipeline);
  watch->source = gst_element_factory_make ("playbackqueuesrc", NULL);
  g_assert_nonnull (watch->source);
  gst_bin_add (GST_BIN (watch->pipeline), watch->source);
  gst_util_set_object_arg (G_OBJECT (watch->source), "video-caps", video);
  g_object_set (watch->source, "item-timeout", 20 * GST_SECOND, "hold-time",
      20 * GST_SECOND, NULL);
  va_start (args, property);
  if (property)
    g_object_set_valist (G_OBJECT (watch->source), property, args);
  va_end (args);
  add_sink (watch, "video", on_video);
  add_sink (watch, "audio", on_audio);
  return watch;
}

void
air_watch_free (AirWatch *watch)
{
  gst_element_set_state (watch->pipeline, GST_STATE_NULL);
  g_assert_cmpuint (watch->broken, ==, 0);
  g_assert_false (watch->eos);
  gst_object_unref (watch->bus);
  gst_object_unref (watch->pipeline);
  g_array_unref (watch->frames);
  g_array_unref (watch->beeps);
  g_mutex_clear (&watch->lock);
  g_cond_clear (&watch->cond);
  g_free (watch);
}

void
air_watch_play (AirWatch *watch)
{
  GstStateChangeReturn ret =
      gst_element_set_state (watch->pipeline, GST_STATE_PLAYING);

  g_assert_cmpint (ret, !=, GST_STATE_CHANGE_FAILURE);
}

void
air_watch_wait_frames (AirWatch *watch, guint n)
{
  gint64 end = g_get_monotonic_time () + WAIT_US;

  g_mutex_lock (&watch->lock);
  while (watch->frames->len < n) {
    if (!g_cond_wait_until (&watch->cond, &watch->lock, end))
      g_error ("only %u of %u frames came", watch->frames->len, n);
  }
  g_mutex_unlock (&watch->lock);
}

guint64
air_get_held (GstElement *source)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 held;

  g_object_get (source, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "held", &held));
  return held;
}

AirFrame
air_watch_get (AirWatch *watch, guint frame)
{
  air_watch_wait_frames (watch, frame + 1);
  g_mutex_lock (&watch->lock);
  AirFrame one = g_array_index (watch->frames, AirFrame, frame);
  g_mutex_unlock (&watch->lock);
  return one;
}

guint
air_watch_wait_clip (AirWatch *watch, guint from, gint clip, gint number)
{
  gint64 end = g_get_monotonic_time () + WAIT_US;

  for (guint i = from;; i++) {
    AirFrame frame = air_watch_get (watch, i);

    if (frame.clip == clip && frame.number >= number)
      return i;
    if (g_get_monotonic_time () > end)
      g_error ("clip %d did not come on air", clip);
  }
}

GstStructure *
air_watch_wait_event (AirWatch *watch, const gchar *event)
{
  gint64 end = g_get_monotonic_time () + WAIT_US;

  while (g_get_monotonic_time () < end) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        watch->bus, GST_SECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    const GstStructure *s =
        message ? gst_message_get_structure (message) : NULL;

    if (s && gst_structure_has_name (s, "vstream-playback") &&
        g_strcmp0 (gst_structure_get_string (s, "event"), event) == 0)
      return gst_structure_copy (s);
    if (message)
      g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
  }
  g_error ("“%s” was not told", event);
}

gchar *
air_enqueue (AirWatch *watch, const gchar *format, ...)
{
  va_list args;
  g_autofree gchar *json = NULL;
  gchar *id = NULL;

  va_start (args, format);
  json = g_strdup_vprintf (format, args);
  va_end (args);
  g_signal_emit_by_name (watch->source, "enqueue", json, &id);
  return id;
}
