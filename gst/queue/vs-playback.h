/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-playback: the insides of playbackqueuesrc, for its own files: the
 * properties and signals, and what the element tells. */
#pragma once

#include "playout/vs-play-out.h"
#include "queue/gstplaybackqueuesrc.h"
#include "queue/vs-asrun.h"
#include "queue/vs-onair.h"

G_BEGIN_DECLS

#define VS_PLAYBACK_VIDEO_CAPS                                                 \
  "video/x-raw, format=(string)I420, width=(int)1280, height=(int)720, "       \
  "framerate=(fraction)30/1"
#define VS_PLAYBACK_AUDIO_CAPS                                                 \
  "audio/x-raw, format=(string)F32LE, layout=(string)interleaved, "            \
  "rate=(int)48000, channels=(int)2"

/* Under the object lock. */
typedef struct {
  gchar *queue, *channel, *items, *asrun_location;
  guint64 asrun_size;
  VsOnairSettings onair; /* but for its format, which is made at start */
  GstCaps *video_caps, *audio_caps;
  VsQueueCut cut;
  VsQueueResume resume;
  gboolean join, force_key_units;
} VsPlaybackSettings;

struct _GstVsPlaybackQueueSrc {
  GstElement parent;

  VsPlaybackSettings settings;

  GMutex desk_lock; /* while the desk is made */
  /* set under desk_lock and the object lock; goes with the element */
  VsDesk *desk;

  /* under the state lock; the engine also under the object lock */
  VsOnair *onair;
  VsAsrun *asrun; /* NULL: no log */
  gboolean force_key_units;
  guint64 first_key_unit; /* the first frame that may be asked for as one */
  guint n_key_units;      /* the engine's thread's */

  VsPlayOut *video, *audio; /* never change */
};

/* vs-playback-properties.c */
void vs_playback_install_properties (GObjectClass *object_class);
void vs_playback_init_settings (VsPlaybackSettings *settings);
void vs_playback_clear_settings (VsPlaybackSettings *settings);

/* vs-playback-commands.c */
void vs_playback_install_signals (GstElementClass *klass);
/* The desk, opened when it is first needed; NULL: a message was posted. */
VsDesk *vs_playback_ensure_desk (GstVsPlaybackQueueSrc *self);

/* vs-playback-order.c: see vs-queue-order.h. */
gchar *vs_playback_order (GstVsPlaybackQueueSrc *self, const gchar *order);

/* vs-playback-tell.c: for the engine; see VsOnairFuncs. */
extern const VsOnairFuncs vs_playback_funcs;
GstStructure *vs_playback_make_stats (GstVsPlaybackQueueSrc *self);

G_END_DECLS
