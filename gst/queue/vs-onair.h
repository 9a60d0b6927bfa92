/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-onair: the engine of a channel: one thread that gives out a picture and
 * the sound of each frame, from what the model says is on air.
 *
 * Once a frame: the open programmes take their data; the model is asked what
 * there should be, and told what has ended; the programme on air plays. Where
 * it has nothing the last picture is held for a moment; then, and where
 * nothing is on air, the filler plays, and where there is none, the slate is
 * shown. Sound is led over from one to the other. What happened is told on the
 * frame on which it did, before that frame is given out.
 *
 * Threads: all functions may be called from any thread but the engine's. The
 * functions in VsOnairFuncs are called in the engine's thread, under no lock,
 * and must not block. */
#pragma once

#include "playout/vs-play-format.h"
#include "queue/vs-desk.h"
#include "queue/vs-fade.h"

G_BEGIN_DECLS

typedef struct _VsOnair VsOnair;

typedef struct {
  VsPlayFormat format;
  gchar *slate;      /* see vs-play-slate.h */
  gchar *filler_uri; /* a file, a folder or another address; or NULL */
  gchar *assets;     /* the folder of "asset:" items, or NULL */
  GstClockTime preroll, timeout, hold_time;
  gboolean normalize;
  gdouble loudness; /* LUFS */
  VsFadeKind transition;
  GstClockTime transition_duration;
} VsOnairSettings;

/* What happened, on the frame @frame at @time of the output. */
typedef struct {
  const VsQueueEvent *event;
  guint64 frame;
  GstClockTime time;
  gint64 now_us;
  const gchar *failure; /* of FINISHED by FAILED: why */
} VsOnairEvent;

/* What is shown changed from frame @frame on. */
typedef struct {
  guint64 frame;
  GstClockTime time;
  const gchar *source;     /* "item", "filler", "slate" */
  const gchar *reason;     /* "start", "join", "interrupt", "return" */
  const VsQueueItem *item; /* of "item" */
} VsOnairCut;

typedef struct {
  /* Both take the buffer; timestamps are running time. */
  void (*video) (GstBuffer *buffer, gpointer data);
  void (*audio) (GstBuffer *buffer, gpointer data);
  void (*event) (const VsOnairEvent *event, gpointer data);
  void (*cut) (const VsOnairCut *cut, gpointer data);
  void (*warning) (const gchar *message, gpointer data);
} VsOnairFuncs;

typedef struct {
  guint64 frames, held, filler_frames, slate_frames, dropped;
  guint64 samples, silence_samples, late_ticks, skipped_ticks, cuts;
  const gchar *source; /* what is shown: "item", "filler", "slate", "hold" */
  guint64 remaining;   /* frames of what is on air, or G_MAXUINT64 */
  guint programmes;    /* open */
  guint jobs;          /* pipelines that are opened or closed */
} VsOnairStats;

/* Copies @settings; @desk must live longer. */
VsOnair *vs_onair_new (const VsOnairSettings *settings, VsDesk *desk,
    const VsOnairFuncs *funcs, gpointer data);
/* Stops it, too. */
void vs_onair_free (VsOnair *onair);

void vs_onair_play (VsOnair *onair, GstClock *clock, GstClockTime base_time);
void vs_onair_pause (VsOnair *onair);
void vs_onair_get_stats (VsOnair *onair, VsOnairStats *stats);

G_END_DECLS
