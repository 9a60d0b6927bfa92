/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a presentation begins, and what of its first frames is heard. */
#include "publish/vs-packager-private.h"

/* A track that has nothing yet is waited for until another has so much. */
#define MAX_START_WAIT (5 * NS_PER_S)

/* Has every track shown where it begins, or is there no more time to wait? */
gboolean
vs_packager_is_start_known (const VsPackager *self)
{
  gboolean known = TRUE;
  gint64 longest = 0;

  for (guint i = 0; i < self->tracks->len; i++) {
    const Track *track = self->tracks->pdata[i];
    const Sample *samples = (const Sample *) track->samples->data;

    known &= track->samples->len > 0 || track->ended;
    if (track->samples->len > 0)
      longest = MAX (
          longest, samples[track->samples->len - 1].pts_ns - samples[0].pts_ns);
  }
  return known || longest > MAX_START_WAIT;
}

/* When the first that is to be heard or seen of @track is. */
static gint64
heard_from (const Track *track)
{
  gint64 start = g_array_index (track->samples, Sample, 0).pts_ns;

  if (track->media == VS_MEDIA_AUDIO)
    start += ns_of (track->stream->priming, track->stream->timescale);
  return start;
}

/* Moves the samples that wait, and all to come, so that the first is at 0. */
void
vs_packager_start_from_zero (VsPackager *self)
{
  gint64 first = G_MAXINT64;

  for (guint i = 0; i < self->tracks->len; i++) {
    const Track *track = self->tracks->pdata[i];

    if (track->samples->len > 0)
      first = MIN (first, heard_from (track));
  }
  self->offset -= first;
  self->front -= first;
  for (guint i = 0; i < self->tracks->len; i++) {
    Track *track = self->tracks->pdata[i];
    Sample *samples = (Sample *) track->samples->data;

    for (guint j = 0; j < track->samples->len; j++) {
      samples[j].pts_ns -= first;
      samples[j].dts_ns -= first;
      samples[j].pts = ticks_of (samples[j].pts_ns, track->stream->timescale);
      samples[j].dts = ticks_of (samples[j].dts_ns, track->stream->timescale);
      track->last_dts = samples[j].dts;
    }
    track->newest -= track->newest != G_MININT64 ? first : 0;
    track->heard_at -= track->heard_at != G_MININT64 ? first : 0;
    if (track->samples->len > 0)
      track->last_sync -= track->last_sync != G_MININT64 ? first : 0;
  }
}

/* The first packet decides what the edit list takes away.
 *
 * Video: the delay between decoding and presentation, so that decode times
 * begin at the first presentation time. Signed composition offsets could say
 * the same without an edit list, but ffmpeg (5.1) then shows video late by
 * that delay.
 *
 * Audio: whole frames of encoder's delay are dropped, for players differ in
 * what they make of an edit list over them: ffmpeg plays them. What is left,
 * a part of a frame, is hidden by the edit list, as is RFC 7845's pre-skip,
 * which a decoder knows of by itself. The price is the first frame's overlap:
 * it fades in over its 20 ms. */
void
vs_packager_decide_priming (
    Track *track, const VsPacket *packet, gint64 pts, gint64 dts)
{
  VsStream *stream = track->stream;

  if (track->media == VS_MEDIA_VIDEO)
    stream->priming = (guint) CLAMP (pts - dts, 0, 10 * stream->timescale);
  else if (stream->codec == VS_CODEC_OPUS)
    stream->priming = MAX (packet->clip, stream->priming);
  else
    track->clip_left = packet->clip;
}

/* Drops frames of nothing but delay. */
gboolean
vs_packager_drop_delay (
    Track *track, gboolean from_zero, gint64 pts, gint64 duration)
{
  if (track->clip_left > 0 && duration > 0 && duration <= track->clip_left) {
    track->clip_left -= duration;
    return TRUE;
  }
  if (pts < 0 && track->media == VS_MEDIA_AUDIO &&
      (track->clip_left > 0 || !from_zero))
    track->stream->priming = MAX (track->stream->priming, (guint) -pts);
  track->clip_left = 0;
  return FALSE;
}
