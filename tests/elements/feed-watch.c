/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feed-watch.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#define WAIT_US (20 * G_USEC_PER_SEC)

static void
look_at_picture (FeedWatch *watch, GstBuffer *buffer)
{
  gint side = FEED_HEIGHT / 8;
  guint was = watch->luma_square;
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  watch->luma = map.data[0];
  watch->luma_square =
      map.data[(5 * side + side / 2) * FEED_WIDTH + FEED_WIDTH / 16 + side / 2];
  gst_buffer_unmap (buffer, &map);
  if (watch->luma_square > 150 && was <= 150)
    watch->flash = GST_BUFFER_PTS (buffer);
}

static void
look_at_sound (FeedWatch *watch, GstBuffer *buffer)
{
  gfloat was = watch->peak;
  GstMapInfo map;
  const gfloat *samples;
  gsize n, first = G_MAXSIZE;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  samples = (const gfloat *) map.data;
  n = map.size / sizeof (gfloat);
  watch->peak = 0;
  for (gsize i = 0; i < n; i++) {
    watch->peak = MAX (watch->peak, fabsf (samples[i]));
    if (first == G_MAXSIZE && fabsf (samples[i]) > 0.15f)
      first = i;
  }
  gst_buffer_unmap (buffer, &map);
  if (watch->peak > 0.15f && was <= 0.15f)
    watch->beep = GST_BUFFER_PTS (buffer) + first / 2 * GST_SECOND / FEED_RATE;
}

static GstPadProbeReturn
on_video (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  FeedWatch *watch = data;

  g_mutex_lock (&watch->lock);
  if (GST_IS_EVENT (info->data)) {
    watch->eos |= GST_EVENT_TYPE (info->data) == GST_EVENT_EOS;
  } else {
    GstClockTime due = watch->frames * GST_SECOND / FEED_FPS;
    gboolean discont = GST_BUFFER_IS_DISCONT (info->data);

    watch->broken += GST_BUFFER_PTS (info->data) != due ||
                     discont != (watch->frames == 0) ||
                     GST_BUFFER_DURATION (info->data) != GST_SECOND / FEED_FPS;
    look_at_picture (watch, info->data);
    watch->frames++;
  }
  g_cond_broadcast (&watch->cond);
  g_mutex_unlock (&watch->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_audio (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  FeedWatch *watch = data;

  g_mutex_lock (&watch->lock);
  if (GST_IS_EVENT (info->data)) {
    watch->eos |= GST_EVENT_TYPE (info->data) == GST_EVENT_EOS;
  } else {
    guint64 due = gst_util_uint64_scale (watch->samples, GST_SECOND, FEED_RATE);

    watch->broken += GST_BUFFER_PTS (info->data) != due ||
                     GST_BUFFER_OFFSET (info->data) != watch->samples ||
                     GST_BUFFER_IS_DISCONT (info->data) != (due == 0);
    look_at_sound (watch, info->data);
    watch->samples += gst_buffer_get_size (info->data) / (2 * sizeof (gfloat));
  }
  g_cond_broadcast (&watch->cond);
  g_mutex_unlock (&watch->lock);
  return GST_PAD_PROBE_OK;
}

static void
add_sink (FeedWatch *watch, const gchar *name, GstPadProbeCallback probe)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (watch->feed, name);

  g_object_set (sink, "sync", FALSE, NULL);
  gst_bin_add (GST_BIN (watch->pipeline), sink);
  g_assert_true (gst_element_link_pads (watch->feed, name, sink, "sink"));
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, probe,
      watch, NULL);
}

FeedWatch *
feed_watch_new (const gchar *uri, const gchar *property, ...)
{
  FeedWatch *watch = g_new0 (FeedWatch, 1);
  g_autofree gchar *video = g_strdup_printf (
      "video/x-raw,format=I420,width=%d,height=%d,framerate=%d/1", FEED_WIDTH,
      FEED_HEIGHT, FEED_FPS);
  va_list args;

  g_mutex_init (&watch->lock);
  g_cond_init (&watch->cond);
  watch->flash = watch->beep = GST_CLOCK_TIME_NONE;
  watch->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  watch->bus = gst_element_get_bus (watch->pipeline);
  watch->feed = gst_element_factory_make ("livefeedsrc", NULL);
  g_assert_nonnull (watch->feed);
  gst_bin_add (GST_BIN (watch->pipeline), watch->feed);
  g_object_set (watch->feed, "uri", uri, NULL);
  gst_util_set_object_arg (G_OBJECT (watch->feed), "video-caps", video);
  va_start (args, property);
  if (property)
    g_object_set_valist (G_OBJECT (watch->feed), property, args);
  va_end (args);
  add_sink (watch, "video", on_video);
  add_sink (watch, "audio", on_audio);
  return watch;
}

void
feed_watch_free (FeedWatch *watch)
{
  gboolean eos;

  /* while it plays: what a pad that is taken down sends is nobody's end */
  g_mutex_lock (&watch->lock);
  eos = watch->eos;
  g_mutex_unlock (&watch->lock);
  g_assert_false (eos);
  gst_element_set_state (watch->pipeline, GST_STATE_NULL);
  g_assert_cmpuint (watch->broken, ==, 0);
  gst_object_unref (watch->bus);
  gst_object_unref (watch->pipeline);
  g_mutex_clear (&watch->lock);
  g_cond_clear (&watch->cond);
  g_free (watch);
}

void
feed_watch_play (FeedWatch *watch)
{
  g_assert_cmpint (gst_element_set_state (watch->pipeline, GST_STATE_PLAYING),
      !=, GST_STATE_CHANGE_FAILURE);
}

void
feed_watch_wait_frames (FeedWatch *watch, guint n)
{
  gint64 end = g_get_monotonic_time () + WAIT_US;
  gboolean in_time = TRUE;

  g_mutex_lock (&watch->lock);
  guint64 frames = watch->frames + n;
  guint64 samples = frames * FEED_RATE / FEED_FPS;
  while (in_time && (watch->frames < frames || watch->samples < samples))
    in_time = g_cond_wait_until (&watch->cond, &watch->lock, end);
  g_mutex_unlock (&watch->lock);
  g_assert_true (in_time);
}

void
feed_watch_wait_samples (FeedWatch *watch, guint n)
{
  gint64 end = g_get_monotonic_time () + WAIT_US;
  gboolean in_time = TRUE;

  g_mutex_lock (&watch->lock);
  guint64 samples = watch->samples + n;
  while (in_time && watch->samples < samples)
    in_time = g_cond_wait_until (&watch->cond, &watch->lock, end);
  g_mutex_unlock (&watch->lock);
  g_assert_true (in_time);
}

void
feed_watch_wait_luma (FeedWatch *watch, guint luma)
{
  gint64 end = g_get_monotonic_time () + WAIT_US;
  gboolean in_time = TRUE;

  g_mutex_lock (&watch->lock);
  while (in_time && watch->luma < luma)
    in_time = g_cond_wait_until (&watch->cond, &watch->lock, end);
  g_mutex_unlock (&watch->lock);
  g_assert_true (in_time);
}

gchar *
feed_watch_wait_state (FeedWatch *watch, const gchar *state)
{
  gint64 end = g_get_monotonic_time () + WAIT_US;

  for (;;) {
    gint64 left = end - g_get_monotonic_time ();
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (watch->bus,
        MAX (left, 0) * GST_USECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    const GstStructure *s;

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
    s = gst_message_get_structure (message);
    if (gst_structure_has_name (s, "vstream-feed") &&
        g_str_equal (gst_structure_get_string (s, "state"), state))
      return g_strdup (gst_structure_get_string (s, "reason"));
  }
}

guint64
feed_watch_get_stat (FeedWatch *watch, const gchar *name)
{
  g_autoptr (GstStructure) stats = NULL;
  const GValue *value;

  g_object_get (watch->feed, "stats", &stats, NULL);
  value = gst_structure_get_value (stats, name);
  g_assert_nonnull (value);
  return G_VALUE_HOLDS_UINT (value) ? g_value_get_uint (value)
                                    : g_value_get_uint64 (value);
}

guint
feed_watch_find_port (void)
{
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  g_autoptr (GSocketAddress) any =
      g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;

  g_assert_true (g_socket_bind (socket, any, FALSE, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
}

gchar *
feed_watch_make_clip (const gchar *folder, guint seconds)
{
  gchar *path = g_build_filename (folder, "clip one %d.mkv", NULL);
  g_autofree gchar *text = g_strdup_printf (
      "matroskamux name=m ! filesink name=f videotestsrc num-buffers=%u "
      "pattern=white ! video/x-raw,width=%d,height=%d,framerate=%d/1 ! "
      "jpegenc ! m. audiotestsrc num-buffers=%u samplesperbuffer=480 ! "
      "audio/x-raw,rate=%d,channels=2 ! m.",
      seconds * FEED_FPS, FEED_WIDTH, FEED_HEIGHT, FEED_FPS, seconds * 100,
      FEED_RATE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "f");
  bus = gst_element_get_bus (pipeline);
  g_object_set (sink, "location", path, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, WAIT_US * GST_USECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return path;
}
