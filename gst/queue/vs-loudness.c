/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-loudness.h"

#include <ebur128.h>
#include <gst/app/gstappsink.h>
#include <math.h>

#include "playout/vs-play-chain.h"

#define GST_CAT_DEFAULT vs_play_debug ()

#define SCAN_SECONDS 30
#define SCAN_TIME (5 * G_USEC_PER_SEC)
#define PULL_TIME (200 * GST_MSECOND)
#define SILENT -70.0 /* LUFS: the gate of R128 itself */
#define MAX_GAIN 15.0
#define MIN_GAIN -25.0
/* dB a second: at first, where nothing was measured ahead, and later. */
#define FAST 6.0
#define SLOW 0.5
#define FAST_SECONDS 4
#define CEILING 0.891f /* -1 dBFS */
#define RELEASE 10.0   /* dB a second */
#define EDGE_MS 1      /* the limiter's attack */

typedef struct {
  gatomicrefcount refs;
  VsPlayFormat format;
  gchar *uri;
  GMutex lock;
  gboolean canceled, done; /* under lock */
  gdouble loudness;        /* under lock: LUFS, or -HUGE_VAL */
} Scan;

struct _VsLoudness {
  guint rate, channels;
  gdouble target, wanted, gain; /* dB */
  gdouble limit;                /* dB, at most 0 */
  ebur128_state *meter;
  guint64 heard;    /* samples */
  gboolean scanned; /* the scan's word was taken */
  Scan *scan;       /* or NULL */
};

static void
scan_unref (Scan *scan)
{
  if (!g_atomic_ref_count_dec (&scan->refs))
    return;
  vs_play_format_clear (&scan->format);
  g_mutex_clear (&scan->lock);
  g_free (scan->uri);
  g_free (scan);
}

static gboolean
is_canceled (Scan *scan)
{
  g_mutex_lock (&scan->lock);
  gboolean canceled = scan->canceled;
  g_mutex_unlock (&scan->lock);
  return canceled;
}

static ebur128_state *
make_meter (const VsPlayFormat *format)
{
  return ebur128_init (format->audio.channels, format->audio.rate,
      EBUR128_MODE_I | EBUR128_MODE_HISTOGRAM);
}

static void
on_pad_added (GstElement *decoder, GstPad *pad, gpointer data)
{
  g_autoptr (GstPad) to = gst_element_get_static_pad (data, "sink");

  if (!gst_pad_is_linked (to))
    gst_pad_link (pad, to);
}

static GstElement *
build_scan (Scan *scan, GstElement **sink)
{
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("audio/x-raw");
  GstElement *decoder =
      vs_play_chain_make (GST_BIN (pipeline), "uridecodebin", NULL, NULL);
  GstElement *chain =
      decoder ? vs_play_chain_new_sink (&scan->format, VS_PLAY_AUDIO, NULL)
              : NULL;

  if (!chain)
    return NULL;
  gst_bin_add (GST_BIN (pipeline), chain);
  gst_object_unref (chain);
  vs_play_chain_limit_reach (decoder, scan->uri);
  g_object_set (decoder, "uri", scan->uri, "caps", caps, "expose-all-streams",
      FALSE, NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (on_pad_added), chain);
  *sink = gst_bin_get_by_name (GST_BIN (chain), "sink");
  return g_steal_pointer (&pipeline);
}

/* Reads until there is enough, no more, or its time is over. */
static void
read_sound (
    Scan *scan, GstElement *pipeline, GstAppSink *sink, ebur128_state *meter)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gint64 end = g_get_monotonic_time () + SCAN_TIME;
  guint64 left = (guint64) scan->format.audio.rate * SCAN_SECONDS;

  while (left > 0 && !is_canceled (scan) && g_get_monotonic_time () < end) {
    g_autoptr (GstSample) sample =
        gst_app_sink_try_pull_sample (sink, PULL_TIME);
    g_autoptr (GstMessage) error =
        gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    GstMapInfo map;
    guint64 n;

    if (error || (!sample && gst_app_sink_is_eos (sink)))
      return;
    if (!sample ||
        !gst_buffer_map (gst_sample_get_buffer (sample), &map, GST_MAP_READ))
      continue;
    n = map.size / (sizeof (gfloat) * scan->format.audio.channels);
    ebur128_add_frames_float (meter, (const gfloat *) map.data, n);
    gst_buffer_unmap (gst_sample_get_buffer (sample), &map);
    left -= MIN (left, n);
  }
}

static void
run_scan (gpointer data)
{
  Scan *scan = data;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  gdouble loudness = -HUGE_VAL;

  if (vs_play_chain_check_file (scan->uri, NULL))
    pipeline = build_scan (scan, &sink);
  if (pipeline) {
    ebur128_state *meter = make_meter (&scan->format);

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    read_sound (scan, pipeline, GST_APP_SINK (sink), meter);
    gst_app_sink_set_drop (GST_APP_SINK (sink), TRUE);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    ebur128_loudness_global (meter, &loudness);
    ebur128_destroy (&meter);
  }
  g_mutex_lock (&scan->lock);
  scan->loudness = loudness;
  scan->done = TRUE;
  g_mutex_unlock (&scan->lock);
  scan_unref (scan);
}

static Scan *
start_scan (const VsPlayFormat *format, const gchar *uri, VsPlayReaper *reaper)
{
  Scan *scan = g_new0 (Scan, 1);

  g_atomic_ref_count_init (&scan->refs);
  g_atomic_ref_count_inc (&scan->refs);
  g_mutex_init (&scan->lock);
  vs_play_format_copy (&scan->format, format);
  scan->uri = g_strdup (uri);
  vs_play_reaper_run (reaper, "vs-loudness", run_scan, scan);
  return scan;
}

VsLoudness *
vs_loudness_new (const VsPlayFormat *format, gdouble target, const gchar *uri,
    VsPlayReaper *reaper)
{
  VsLoudness *l = g_new0 (VsLoudness, 1);

  l->rate = format->audio.rate;
  l->channels = format->audio.channels;
  l->target = target;
  l->meter = make_meter (format);
  if (uri)
    l->scan = start_scan (format, uri, reaper);
  return l;
}

void
vs_loudness_free (VsLoudness *l)
{
  if (l->scan) {
    g_mutex_lock (&l->scan->lock);
    l->scan->canceled = TRUE;
    g_mutex_unlock (&l->scan->lock);
    scan_unref (l->scan);
  }
  ebur128_destroy (&l->meter);
  g_free (l);
}

static gdouble
gain_for (const VsLoudness *l, gdouble loudness)
{
  return CLAMP (l->target - loudness, MIN_GAIN, MAX_GAIN);
}

/* The scan's word counts at once before the first sample, later it is gone
 * to slowly. */
static void
take_scan (VsLoudness *l)
{
  gboolean done;
  gdouble loudness;

  if (!l->scan || l->scanned)
    return;
  g_mutex_lock (&l->scan->lock);
  done = l->scan->done;
  loudness = l->scan->loudness;
  g_mutex_unlock (&l->scan->lock);
  if (!done)
    return;
  l->scanned = loudness > SILENT;
  if (!l->scanned)
    return;
  l->wanted = gain_for (l, loudness);
  if (l->heard == 0)
    l->gain = l->wanted;
}

/* What was measured ahead is not thrown over by the first seconds played. */
static void
measure (VsLoudness *l, const gfloat *samples, guint n)
{
  gdouble loudness;
  guint64 seconds = l->heard / l->rate;

  ebur128_add_frames_float (l->meter, samples, n);
  l->heard += n;
  if (l->scanned && seconds < SCAN_SECONDS)
    return;
  if (ebur128_loudness_global (l->meter, &loudness) == EBUR128_SUCCESS &&
      loudness > SILENT)
    l->wanted = gain_for (l, loudness);
}

static gfloat
to_factor (gdouble db)
{
  return (gfloat) pow (10, db / 20);
}

static gdouble
find_limit (const VsLoudness *l, const gfloat *samples, gsize n, gdouble gain)
{
  gfloat peak = 0;

  for (gsize i = 0; i < n; i++)
    peak = MAX (peak, fabsf (samples[i]));
  peak *= to_factor (gain);
  return peak > CEILING ? 20 * log10 (CEILING / peak) : 0;
}

void
vs_loudness_apply (VsLoudness *l, gfloat *samples, guint n)
{
  gsize all = (gsize) n * l->channels;
  gdouble seconds = (gdouble) n / l->rate, step, limit, speed;
  gfloat from, to;
  guint edge = MAX (l->rate * EDGE_MS / 1000, 1);

  take_scan (l);
  from = to_factor (l->gain + l->limit);
  speed = l->scanned || l->heard / l->rate >= FAST_SECONDS ? SLOW : FAST;
  measure (l, samples, n);
  step = speed * seconds;
  l->gain += CLAMP (l->wanted - l->gain, -step, step);
  limit = find_limit (l, samples, all, l->gain);
  l->limit = MIN (limit, MIN (0, l->limit + RELEASE * seconds));
  to = to_factor (l->gain + l->limit);
  for (gsize i = 0; i < all; i++) {
    gfloat t = MIN ((gfloat) (i / l->channels) / edge, 1);

    samples[i] =
        CLAMP (samples[i] * (from + (to - from) * t), -CEILING, CEILING);
  }
}

gdouble
vs_loudness_get_gain (const VsLoudness *l)
{
  return l->gain;
}
