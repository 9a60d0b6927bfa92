/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * air-watch: a playbackqueuesrc in a pipeline, and a note of each frame that
 * came out: of which clip it is and which frame of it, read from marks in the
 * picture, and where its beeps began. Each frame and sample is held against
 * its number: a broken one fails the test when the watch is freed.
 *
 * The clips are made here: a black picture with the clip's number and the
 * frame's number in binary, and a beep that starts on each tenth frame. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define AIR_WIDTH 320
#define AIR_HEIGHT 176
#define AIR_FPS 25
#define AIR_RATE 48000
#define AIR_BEEP 10 /* frames from one beep to the next */

typedef struct {
  gint clip;   /* -1: none of ours */
  gint number; /* of its frame */
} AirFrame;

typedef struct {
  GstElement *pipeline, *source;
  GstBus *bus;
  GMutex lock;
  GCond cond;
  /* under lock */
  GArray *frames; /* AirFrame */
  GArray *beeps;  /* guint64: sample on which one begins */
  guint64 samples;
  guint broken, key_units, cuts;
  gboolean eos;
  gfloat last, jump; /* the largest step between two samples */
} AirWatch;

/* Makes DIR/NAME.mkv of @n_frames; NULL-safe to be called once a name. */
gchar *air_make_clip (const gchar *dir, const gchar *name, guint clip,
    guint n_frames, gboolean sound);

/* What the marks in a picture of the output say. */
AirFrame air_read_frame (GstBuffer *buffer);

/* Properties as g_object_set takes them. */
AirWatch *air_watch_new (const gchar *property, ...) G_GNUC_NULL_TERMINATED;
void air_watch_free (AirWatch *watch);
void air_watch_play (AirWatch *watch);

/* Waits until @n frames came. */
void air_watch_wait_frames (AirWatch *watch, guint n);
/* Waits for a frame of @clip with at least @number, at or after frame @from;
 * returns which frame of the output it was. */
guint air_watch_wait_clip (AirWatch *watch, guint from, gint clip, gint number);
AirFrame air_watch_get (AirWatch *watch, guint frame);

/* How many frames @source has held so far, since an item had none. */
guint64 air_get_held (GstElement *source);

/* Waits for the message “vstream-playback” of this event. */
GstStructure *air_watch_wait_event (AirWatch *watch, const gchar *event);

gchar *air_enqueue (AirWatch *watch, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);

G_END_DECLS
