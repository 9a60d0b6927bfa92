/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * feed-watch: a pipeline with one livefeedsrc, whose two outputs are held to
 * their promise buffer by buffer (each timestamp, each sample) as they pass.
 * A test waits for what it wants to see; all waits end after 20 s with a
 * failure. */
#pragma once

#include <gst/gst.h>

#define FEED_FPS 25
#define FEED_RATE 48000
#define FEED_WIDTH 320
#define FEED_HEIGHT 180

typedef struct {
  GstElement *pipeline, *feed;
  GstBus *bus;

  GMutex lock;
  GCond cond;
  guint64 frames, samples; /* under lock, as all below */
  guint64 broken;          /* timestamps that do not follow */
  gboolean eos;
  guint luma;         /* of the picture's upper left corner */
  guint luma_square;  /* of the test picture's white square */
  gfloat peak;        /* of the last block */
  GstClockTime flash; /* when the square was last turned white */
  GstClockTime beep;  /* when the tone was last turned up */
} FeedWatch;

/* Properties as for g_object_set, or NULL. */
FeedWatch *feed_watch_new (const gchar *uri, const gchar *property, ...);
/* Checks the promise as a whole, and frees. */
void feed_watch_free (FeedWatch *watch);

void feed_watch_play (FeedWatch *watch);

/* Waits for so many more frames and their samples. */
void feed_watch_wait_frames (FeedWatch *watch, guint n);

/* Waits for so many more samples, whatever the video does. */
void feed_watch_wait_samples (FeedWatch *watch, guint n);

/* Waits until the corner of the picture is at least so bright. */
void feed_watch_wait_luma (FeedWatch *watch, guint luma);

/* Waits for the message that says so; returns its reason. */
gchar *feed_watch_wait_state (FeedWatch *watch, const gchar *state);

guint64 feed_watch_get_stat (FeedWatch *watch, const gchar *name);

/* A UDP port that was free just now. */
guint feed_watch_find_port (void);

/* Writes a clip of @seconds, to a new file in @folder. */
gchar *feed_watch_make_clip (const gchar *folder, guint seconds);
