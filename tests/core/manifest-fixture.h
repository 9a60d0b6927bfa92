/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * manifest-fixture: streams and presentations for the tests of manifests. */
#pragma once

#include "core/vs-presentation.h"

#include <string.h>

#define FIXTURE_EPOCH G_GINT64_CONSTANT (1795197600000000)

static inline VsStream *
fixture_video (guint width, guint height, guint bitrate)
{
  static const guint8 avcc[] = { 1, 0x64, 0x00, 0x28, 0xff, 0xe1, 0x00, 0x04,
    0x67, 0x64, 0x00, 0x28, 0x01, 0x00, 0x04, 0x68, 0xee, 0x3c, 0xb0 };
  VsStream *stream = vs_stream_new (VS_MEDIA_VIDEO, VS_CODEC_H264);

  stream->codec_data = g_bytes_new_static (avcc, sizeof (avcc));
  stream->width = width;
  stream->height = height;
  stream->fps_n = 25;
  stream->fps_d = 1;
  stream->timescale = 12800;
  stream->bitrate = bitrate;
  stream->max_bitrate = bitrate / 100 * 107;
  return stream;
}

static inline VsStream *
fixture_audio (const gchar *language, guint bitrate)
{
  static const guint8 config[] = { 0x11, 0x90 }; /* AAC-LC, 48 kHz, stereo */
  VsStream *stream = vs_stream_new (VS_MEDIA_AUDIO, VS_CODEC_AAC);

  stream->codec_data = g_bytes_new_static (config, sizeof (config));
  stream->rate = stream->timescale = 48000;
  stream->channels = 2;
  stream->language = g_strdup (language);
  stream->bitrate = bitrate;
  return stream;
}

static inline VsStream *
fixture_text (const gchar *language)
{
  VsStream *stream = vs_stream_new (VS_MEDIA_TEXT, VS_CODEC_NONE);

  stream->timescale = 90000;
  stream->language = g_strdup (language);
  return stream;
}

static inline VsTrack *
fixture_add (VsPresentation *self, const gchar *name, VsStream *stream)
{
  VsTrack *track =
      vs_presentation_add_track (self, stream->media, name, stream);

  vs_stream_free (stream);
  return track;
}

/* A segment in milliseconds; @size 0 is a gap. */
static inline gboolean
fixture_append (VsTrack *track, guint64 sequence, guint64 period,
    guint64 start_ms, guint64 duration_ms, guint64 size)
{
  VsSegment *segment = g_new0 (VsSegment, 1);

  segment->sequence = sequence;
  segment->period = period;
  segment->start = start_ms * track->stream->timescale / 1000;
  segment->duration = duration_ms * track->stream->timescale / 1000;
  segment->size = size;
  segment->gap = size == 0;
  segment->date_us = FIXTURE_EPOCH + (gint64) start_ms * 1000;
  if (track->media == VS_MEDIA_VIDEO && size > 0)
    segment->iframe = (VsIFrame){ 100, size / 4 };
  return vs_track_append (track, segment);
}

static inline void
fixture_init (VsTrack *track, guint64 period)
{
  g_autofree gchar *key = g_strdup_printf (
      "%s/init_%" G_GUINT64_FORMAT ".mp4", track->name, period);

  vs_track_add_init (track, period, key);
}

/* One 4 s group in every track: video of 500,000 bytes, audio of 64,000. */
static inline void
fixture_group (VsPresentation *self, guint64 sequence, guint64 period)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    VsTrack *track = g_ptr_array_index (self->tracks, i);

    fixture_append (track, sequence, period, sequence * 4000, 4000,
        track->media == VS_MEDIA_VIDEO ? 500000 : 64000);
  }
}

/* Two videos and an audio, period 0 begun, no segments. */
static inline VsPresentation *
fixture_presentation (VsPresentationType type)
{
  VsPresentation *self = vs_presentation_new (type, VS_CONTAINER_CMAF, 4000);

  fixture_init (
      fixture_add (self, "video_0", fixture_video (1920, 1080, 5000000)), 0);
  fixture_init (
      fixture_add (self, "video_1", fixture_video (1280, 720, 2800000)), 0);
  fixture_init (fixture_add (self, "audio_0", fixture_audio ("en", 128000)), 0);
  if (type != VS_PRESENTATION_VOD)
    self->epoch_us = FIXTURE_EPOCH;
  return self;
}

static inline VsTrack *
fixture_track (const VsPresentation *self, guint n)
{
  return g_ptr_array_index (self->tracks, n);
}
