/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-play-format: what leaves the engine, whatever goes in: raw video of one
 * size, format and constant frame rate, raw audio of one rate and channel
 * count. Every field of the caps is pinned, since an encoder that is
 * configured anew in mid-stream (another pixel aspect is enough) is a break
 * for all that comes after it.
 *
 * Plain values; may be copied while the owner of the caps lives. */
#pragma once

#include <gst/audio/audio.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

#define VS_PLAY_VIDEO_CAPS                                                     \
  "video/x-raw, format=(string){ I420, NV12, YV12, I420_10LE }, "              \
  "width=(int)[ 16, 8192 ], height=(int)[ 16, 8192 ], "                        \
  "framerate=(fraction)[ 1/1, 240/1 ], pixel-aspect-ratio=(fraction)1/1, "     \
  "interlace-mode=(string)progressive"
#define VS_PLAY_AUDIO_CAPS                                                     \
  "audio/x-raw, format=(string){ F32LE, S16LE }, layout=(string)interleaved, " \
  "rate=(int)[ 8000, 192000 ], channels=(int)[ 1, 8 ]"

typedef enum { VS_PLAY_VIDEO, VS_PLAY_AUDIO, VS_PLAY_N_STREAMS } VsPlayStream;

typedef struct {
  GstCaps *video_caps, *audio_caps; /* fixed, every field pinned */
  GstVideoInfo video;
  GstAudioInfo audio;
} VsPlayFormat;

/* Completes and checks what the user gave. Returns FALSE and says why where it
 * is not raw video (audio) that we can make. */
gboolean vs_play_format_init (VsPlayFormat *format, const GstCaps *video,
    const GstCaps *audio, GError **error);
void vs_play_format_copy (VsPlayFormat *to, const VsPlayFormat *from);
void vs_play_format_clear (VsPlayFormat *format);

/* The time of tick @n, and the first tick at or after @time (ns). */
GstClockTime vs_play_format_tick_time (const VsPlayFormat *format, guint64 n);
guint64 vs_play_format_tick_at (const VsPlayFormat *format, GstClockTime time);
/* The first audio sample of tick @n. */
guint64 vs_play_format_tick_sample (const VsPlayFormat *format, guint64 n);

/* The debug category of all parts of the feed. */
GstDebugCategory *vs_play_debug (void);

G_END_DECLS
