/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-onair.h"

#include <string.h>

#include "playout/vs-play-slate.h"
#include "playout/vs-play-stamp.h"
#include "playout/vs-play-ticker.h"
#include "queue/vs-cast.h"
#include "queue/vs-declick.h"
#include "queue/vs-filler.h"
#include "queue/vs-mixer.h"

#define GST_CAT_DEFAULT vs_play_debug ()
/* How often the position is stored: so much is shown again after SIGKILL. */
#define SAVE_TIME (200 * GST_MSECOND)
#define STOP_WAIT (10 * G_USEC_PER_SEC)

struct _VsOnair {
  VsOnairSettings settings; /* never changed */
  VsProgrammeEnv env;
  VsDesk *desk;
  VsOnairFuncs funcs;
  gpointer data;
  VsPlayTicker *ticker;

  GMutex lock;
  VsOnairStats stats; /* under lock */

  /* the ticker's */
  VsCast *cast;
  VsFiller *filler;
  VsPlaySlate *slate, *black;
  VsMixer *mixer;
  VsDeclick declick;
  gfloat *samples;
  GstBuffer *picture;     /* the last one shown */
  guint64 starved;        /* frames since what is on air had something */
  guint64 bare;           /* frames since that or the filler had */
  const gchar *source;    /* what is shown: "item", "filler", "slate", "hold" */
  VsQueueItem *shown;     /* of "item" */
  guint interrupts;       /* on air or covered */
  guint shown_interrupts; /* the same when the last cut was told */
  gconstpointer sounds;   /* who gave the last samples; NULL: silence */
  gboolean begun;         /* the first frame of what is on air was shown */
  guint64 saved; /* in units of SAVE_TIME: when the position was stored */
  VsOnairStats now;
};

static guint64
to_frames (const VsOnair *onair, GstClockTime time)
{
  return vs_play_format_tick_at (&onair->settings.format, time);
}

/* Tells what the model says has happened. */
static void
report (VsOnair *onair, GPtrArray *events, guint64 n, gint64 now_us)
{
  GstClockTime time = vs_play_format_tick_time (&onair->settings.format, n);

  for (guint i = 0; events && i < events->len; i++) {
    const VsQueueEvent *event = g_ptr_array_index (events, i);
    g_autofree gchar *failure = NULL;

    if (event->kind == VS_QUEUE_EVENT_FINISHED &&
        event->reason == VS_QUEUE_FAILED && event->item)
      failure = vs_cast_steal_failure (onair->cast, event->item->id);
    onair->funcs.event (
        &(VsOnairEvent){ event, n, time, now_us, failure }, onair->data);
  }
}

static guint
count_interrupts (VsQueue *queue)
{
  guint depth = vs_queue_get_depth (queue), n = 0;

  for (guint i = 0; i < depth; i++)
    n += vs_queue_get_air_at (queue, i)->interrupt;
  return n;
}

/* When something comes by its time, for the slate. */
static gint64
find_next_time (VsQueue *queue)
{
  guint timed = vs_queue_get_timed (queue);
  const VsQueueItem *item =
      timed > 0 ? vs_queue_get_nth (queue, vs_queue_get_length (queue) - timed)
                : NULL;

  return item && item->at_us != VS_QUEUE_NO_TIME ? item->at_us : G_MININT64;
}

/* Who makes up for lost time does so at twice the pace, no faster, where the
 * file on air does not keep up: what held us up held up its decoder, and its
 * pictures are held no longer for that. */
static GstClockTime
get_patience (const VsOnair *onair)
{
  guint64 late, skipped;

  vs_play_ticker_get_counts (onair->ticker, &late, &skipped);
  return late > onair->now.late_ticks
             ? vs_play_format_tick_time (&onair->settings.format, 1) / 2
             : 0;
}

/* The model is brought up to date, and says what is on air. */
static void
follow (VsOnair *onair, guint64 n, gint64 now_us, GstClockTime wait)
{
  VsQueue *queue;
  gint64 next;
  g_autoptr (GPtrArray) events = NULL;

  vs_cast_run (onair->cast, wait);
  queue = vs_desk_lock (onair->desk);
  if (!queue)
    return;
  vs_cast_follow (onair->cast, queue, now_us);
  events = vs_queue_take_events (queue);
  onair->interrupts = count_interrupts (queue);
  next = vs_play_slate_wants_next (onair->slate) ? find_next_time (queue)
                                                 : G_MININT64;
  vs_desk_unlock (onair->desk, FALSE);
  vs_play_slate_set_next (onair->slate, next);
  report (onair, events, n, now_us);
}

/* The model is told where the programme stands; every SAVE_TIME, and with the
 * first frame of an item, the store is too. */
static void
note_position (VsOnair *onair, guint64 n, gint64 now_us, gboolean first)
{
  VsProgramme *current = vs_cast_get_current (onair->cast);
  guint64 due =
      vs_play_format_tick_time (&onair->settings.format, n) / SAVE_TIME;
  VsQueue *queue = current ? vs_desk_lock (onair->desk) : NULL;

  if (!queue)
    return;
  vs_queue_set_position (queue, vs_programme_get_position (current), 0);
  if (first)
    vs_queue_set_started (queue, now_us);
  vs_desk_unlock (onair->desk, first || due != onair->saved);
  onair->saved = due;
}

typedef struct {
  GstBuffer *picture; /* borrowed, or NULL */
  const gchar *source;
  const VsQueueItem *item;
  gconstpointer sounds;
} Shot;

/* What the programme on air has for this frame. */
static gboolean
take_programme (VsOnair *onair, guint n, Shot *shot)
{
  VsProgramme *current = vs_cast_get_current (onair->cast);
  gboolean stalled;
  guint silent;

  if (!current || vs_programme_get_state (current) < VS_PROGRAMME_READY)
    return FALSE;
  shot->picture =
      vs_programme_play (current, onair->samples, n, &stalled, &silent);
  if (stalled)
    return FALSE;
  shot->picture = vs_mixer_apply (onair->mixer, onair->cast, current,
      shot->picture, vs_play_slate_get (onair->black), onair->samples, n);
  shot->source = "item";
  shot->item = vs_programme_get_item (current);
  shot->sounds = current;
  onair->now.silence_samples += silent;
  return TRUE;
}

static gboolean
is_filling (const VsOnair *onair)
{
  return g_strcmp0 (onair->source, "filler") == 0;
}

/* What is shown where the programme has nothing. */
static void
take_other (VsOnair *onair, VsProgramme *filler, guint n, Shot *shot)
{
  guint64 patience = to_frames (onair, onair->settings.hold_time);
  gboolean hold = onair->picture && onair->starved <= patience &&
                  vs_cast_get_current (onair->cast);
  gboolean stalled = TRUE;
  guint silent = n;

  if (!hold && filler)
    shot->picture =
        vs_programme_play (filler, onair->samples, n, &stalled, &silent);
  if (!stalled) {
    shot->source = "filler";
    shot->sounds = filler;
    onair->now.filler_frames++;
    onair->bare = 0;
  } else {
    hold |= is_filling (onair) && onair->bare++ < patience;
    memset (onair->samples, 0,
        sizeof (gfloat) * n * onair->settings.format.audio.channels);
    shot->source = hold ? "hold" : "slate";
    shot->picture = hold ? onair->picture : NULL;
    onair->now.held += hold;
    onair->now.slate_frames += !hold;
  }
  onair->now.silence_samples += silent;
}

/* An item or filler without pictures gets the slate's. */
static void
show (VsOnair *onair, guint64 n, const Shot *shot)
{
  GstBuffer *picture =
      shot->picture ? shot->picture : vs_play_slate_get (onair->slate);

  gst_buffer_replace (&onair->picture, picture);
  onair->now.frames++;
  onair->funcs.video (
      vs_play_stamp_picture (&onair->settings.format, picture, n), onair->data);
}

static void
sound (VsOnair *onair, guint64 tick, guint n, const Shot *shot)
{
  vs_declick_apply (
      &onair->declick, onair->samples, n, shot->sounds != onair->sounds);
  onair->sounds = shot->sounds;
  onair->now.samples += n;
  onair->funcs.audio (
      vs_play_stamp_sound (&onair->settings.format, onair->samples, tick),
      onair->data);
}

/* One interrupt after another interrupts as well. */
static const gchar *
get_reason (const VsOnair *onair, const Shot *shot)
{
  if (!onair->source)
    return "start";
  if (onair->interrupts == onair->shown_interrupts)
    return onair->interrupts > 0 && shot->item ? "interrupt" : "join";
  return onair->interrupts > onair->shown_interrupts ? "interrupt" : "return";
}

/* A held picture is no cut: it may go on. */
static void
see_cut (VsOnair *onair, guint64 n, const Shot *shot)
{
  VsOnairCut cut = { n, vs_play_format_tick_time (&onair->settings.format, n),
    shot->source, get_reason (onair, shot), shot->item };
  gboolean same = g_strcmp0 (shot->source, onair->source) == 0 &&
                  shot->item == onair->shown;

  if (same || g_str_equal (shot->source, "hold"))
    return;
  onair->source = shot->source;
  onair->shown_interrupts = onair->interrupts;
  if (onair->shown)
    vs_queue_item_unref (onair->shown);
  onair->shown = shot->item ? vs_queue_item_ref (shot->item) : NULL;
  onair->now.cuts++;
  onair->funcs.cut (&cut, onair->data);
}

static void
publish_stats (VsOnair *onair)
{
  VsProgramme *current = vs_cast_get_current (onair->cast);

  vs_play_ticker_get_counts (
      onair->ticker, &onair->now.late_ticks, &onair->now.skipped_ticks);
  onair->now.source = onair->source;
  onair->now.remaining =
      current ? vs_programme_get_remaining (current) : VS_PROGRAMME_UNKNOWN;
  onair->now.programmes = vs_cast_count (onair->cast);
  onair->now.jobs = vs_play_reaper_count (onair->env.reaper);
  g_mutex_lock (&onair->lock);
  onair->stats = onair->now;
  g_mutex_unlock (&onair->lock);
}

static void
warn (VsOnair *onair)
{
  g_autofree gchar *slate = vs_play_slate_steal_failure (onair->slate);
  g_autofree gchar *filler = vs_filler_steal_failure (onair->filler);

  if (slate)
    onair->funcs.warning (slate, onair->data);
  if (filler)
    onair->funcs.warning (filler, onair->data);
}

static void
on_tick (guint64 n, GstClockTime time, gpointer data)
{
  VsOnair *onair = data;
  const VsPlayFormat *format = &onair->settings.format;
  guint samples = vs_play_format_tick_sample (format, n + 1) -
                  vs_play_format_tick_sample (format, n);
  gint64 now_us = g_get_real_time ();
  GstClockTime wait = get_patience (onair);
  Shot shot = { NULL };
  VsProgramme *filler;
  guint64 position = 0;

  warn (onair);
  follow (onair, n, now_us, wait);
  filler = vs_filler_run (onair->filler, is_filling (onair) ? wait : 0);
  if (vs_cast_get_current (onair->cast))
    position = vs_programme_get_position (vs_cast_get_current (onair->cast));
  if (take_programme (onair, samples, &shot)) {
    onair->starved = onair->bare = 0;
  } else {
    onair->starved++;
    take_other (onair, filler, samples, &shot);
  }
  see_cut (onair, n, &shot);
  show (onair, n, &shot);
  sound (onair, n, samples, &shot);
  vs_cast_idle (onair->cast, samples);
  note_position (onair, n, now_us, shot.item && position == 0);
  publish_stats (onair);
}

static void
on_begin (gpointer data)
{
}

static void
on_rest (gpointer data)
{
}

static void
on_end (gpointer data)
{
  VsOnair *onair = data;

  g_clear_pointer (&onair->cast, vs_cast_free);
  g_clear_pointer (&onair->filler, vs_filler_free);
  gst_clear_buffer (&onair->picture);
  g_clear_pointer (&onair->shown, vs_queue_item_unref);
}

VsOnair *
vs_onair_new (const VsOnairSettings *settings, VsDesk *desk,
    const VsOnairFuncs *funcs, gpointer data)
{
  static const VsPlayTickerFuncs ticks = { on_begin, on_tick, on_rest, on_end };
  VsOnair *onair = g_new0 (VsOnair, 1);
  VsOnairSettings *own = &onair->settings;
  const VsPlayFormat *format = &own->format;
  GstClockTime fade;

  *own = *settings;
  vs_play_format_copy (&own->format, &settings->format);
  own->slate = g_strdup (settings->slate);
  own->filler_uri = g_strdup (settings->filler_uri);
  own->assets = g_strdup (settings->assets);
  onair->desk = desk;
  onair->funcs = *funcs;
  onair->data = data;
  g_mutex_init (&onair->lock);
  onair->env.format = *format;
  onair->env.reaper = vs_play_reaper_new ();
  onair->env.timeout = own->timeout;
  onair->env.normalize = own->normalize;
  onair->env.loudness = own->loudness;
  onair->env.assets = own->assets;
  fade = MIN (own->transition_duration, own->preroll);
  onair->cast = vs_cast_new (&onair->env, own->preroll,
      own->transition == VS_FADE_CROSS ? to_frames (onair, fade) : 0);
  onair->mixer =
      vs_mixer_new (&own->format, own->transition, to_frames (onair, fade));
  onair->black = vs_play_slate_new ("black", format, onair->env.reaper);
  onair->filler = vs_filler_new (own->filler_uri, &onair->env);
  onair->slate = vs_play_slate_new (own->slate, format, onair->env.reaper);
  vs_declick_init (&onair->declick, format->audio.rate, format->audio.channels);
  onair->samples = g_new0 (gfloat,
      (vs_play_format_tick_sample (format, 1) + 2) * format->audio.channels);
  onair->ticker = vs_play_ticker_new (format, &ticks, onair);
  return onair;
}

void
vs_onair_free (VsOnair *onair)
{
  vs_play_ticker_free (onair->ticker);
  if (!vs_play_reaper_wait (onair->env.reaper, STOP_WAIT))
    GST_WARNING ("an item's pipeline does not go down; left to itself");
  vs_play_slate_free (onair->slate);
  vs_play_slate_free (onair->black);
  vs_mixer_free (onair->mixer);
  vs_play_reaper_unref (onair->env.reaper);
  vs_play_format_clear (&onair->settings.format);
  g_mutex_clear (&onair->lock);
  g_free (onair->settings.slate);
  g_free (onair->settings.filler_uri);
  g_free (onair->settings.assets);
  g_free (onair->samples);
  g_free (onair);
}

void
vs_onair_play (VsOnair *onair, GstClock *clock, GstClockTime base_time)
{
  vs_play_ticker_play (onair->ticker, clock, base_time);
}

void
vs_onair_pause (VsOnair *onair)
{
  vs_play_ticker_pause (onair->ticker);
}

void
vs_onair_get_stats (VsOnair *onair, VsOnairStats *stats)
{
  g_mutex_lock (&onair->lock);
  *stats = onair->stats;
  g_mutex_unlock (&onair->lock);
}
