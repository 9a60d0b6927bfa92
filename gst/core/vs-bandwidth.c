/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-bandwidth.h"

#include "core/vs-text.h"

#include <math.h>

static void
raise_peak (guint64 *peak, guint64 bytes, guint64 us)
{
  guint64 bandwidth = (bytes * 8 * G_USEC_PER_SEC + us - 1) / us;

  *peak = MAX (*peak, bandwidth);
}

/* RFC 8216bis 4.4.6.2: the peak segment bit rate is the largest of any
 * contiguous set of segments that lasts between 0.5 and 1.5 target durations.
 * Every set ends somewhere: those that end with the newest are looked at. */
void
vs_bandwidth_measure (VsTrack *track, const VsSegment *segment)
{
  guint64 target =
      track->presentation->target_duration_s * (guint64) G_USEC_PER_SEC;
  guint64 bytes = 0, iframe_bytes = 0, us = 0;

  if (segment->gap)
    return;
  track->total_bytes += segment->size;
  track->total_us +=
      vs_text_ticks_to_us (segment->duration, segment->timescale);
  track->total_iframe_bytes += segment->iframe.size;

  for (guint i = track->segments->len; i > 0; i--) {
    const VsSegment *part = g_ptr_array_index (track->segments, i - 1);

    us += vs_text_ticks_to_us (part->duration, part->timescale);
    if (part->gap || (us > target + target / 2 && part != segment))
      return;
    bytes += part->size;
    iframe_bytes += part->iframe.size;
    if (us >= target / 2) {
      raise_peak (&track->peak_bandwidth, bytes, us);
      raise_peak (&track->peak_iframe_bandwidth, iframe_bytes, us);
    }
  }
}

static guint64
ask (const VsTrack *track, gboolean peak)
{
  const VsStream *streams[] = { track->stream, track->muxed_audio };
  guint64 sum = 0;

  for (guint i = 0; i < G_N_ELEMENTS (streams); i++) {
    if (streams[i] == NULL)
      continue;
    sum += peak && streams[i]->max_bitrate > 0 ? streams[i]->max_bitrate
                                               : streams[i]->bitrate;
  }
  return sum;
}

static guint64
average_of (const VsTrack *track, guint64 bytes)
{
  gdouble seconds = (gdouble) track->total_us / G_USEC_PER_SEC;

  return seconds > 0 ? (guint64) ceil ((gdouble) bytes * 8 / seconds) : 0;
}

static gboolean
is_final (const VsTrack *track)
{
  return track->presentation->ended && track->total_bytes > 0;
}

guint64
vs_bandwidth_peak (const VsTrack *track)
{
  guint64 measured =
      MAX (track->peak_bandwidth, average_of (track, track->total_bytes));

  /* an ended live stream keeps what its players were told */
  if (is_final (track) && track->presentation->type == VS_PRESENTATION_VOD)
    return MAX (measured, 1);
  return MAX (MAX (measured, ask (track, TRUE)), 1);
}

guint64
vs_bandwidth_average (const VsTrack *track)
{
  guint64 average = average_of (track, track->total_bytes);

  if (!is_final (track))
    average = MAX (average, ask (track, FALSE));
  return CLAMP (average, 1, vs_bandwidth_peak (track));
}

guint64
vs_bandwidth_iframe_average (const VsTrack *track)
{
  return average_of (track, track->total_iframe_bytes);
}

guint64
vs_bandwidth_iframe_peak (const VsTrack *track)
{
  return MAX (
      track->peak_iframe_bandwidth, vs_bandwidth_iframe_average (track));
}

guint64
vs_bandwidth_nominal (const VsTrack *track)
{
  guint64 asked = ask (track, FALSE);

  return asked > 0 ? asked : vs_bandwidth_average (track);
}
