/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-programme.h"

#include <string.h>

#include "playout/vs-play-buffer.h"
#include "queue/vs-item-uri.h"
#include "queue/vs-loudness.h"

#define GST_CAT_DEFAULT vs_play_debug ()

/* What is decoded ahead of the tick. */
#define LEAD (400 * GST_MSECOND)
/* What a live input's data may come late. */
#define LIVE_LATENCY (500 * GST_MSECOND)
/* One stream late: all stand still, for so many ticks, and one more for each
 * PATIENCE_GAIN that were played; then the other goes on. */
#define PATIENCE 25
#define PATIENCE_GAIN 4
/* The first picture may be shown so long before it is due. */
#define EARLY (500 * (gint64) GST_MSECOND)
/* A shorter hole in the times of an item is meant. */
#define HOLE (5 * GST_SECOND)
/* A stream that is announced but does not come is waited for so long. */
#define STREAM_WAIT (2 * GST_SECOND)
/* A sender that is not there is tried again after so long. */
#define SENDER_PAUSE (1 * G_USEC_PER_SEC)
/* A picture that does not say how long it is to stand. */
#define STILL_TIME (10 * G_USEC_PER_SEC)

/* Ticks alone do not say how long something had: an engine that was held up
 * makes up for it by many ticks at once. */
typedef struct {
  guint64 ticks;
  gint64 since_us; /* of the monotonic clock */
} Wait;

struct _VsProgramme {
  VsQueueItem *item;
  const VsProgrammeEnv *env;
  VsPlayItem *play; /* NULL: could not even be tried */
  VsPlayBuffer *buffer;
  gchar *uri;
  VsPlayKind kind;
  gboolean retried;
  gboolean live, seeks;
  gboolean blank; /* the slate: no pipeline, no picture, silence */
  VsProgrammeState state;
  gchar *failure;

  guint64 from;    /* the frame it was opened at */
  guint64 lead;    /* ticks from opening to the first frame, of a file */
  guint64 tick;    /* of the buffer's time; counts where it goes on */
  guint64 shown;   /* ticks since its first frame */
  guint64 sample;  /* of the buffer's time */
  Wait age;        /* since it was opened */
  Wait quiet;      /* without data that there should be */
  Wait half_there; /* since data of one stream came */
  guint patience;  /* in 1/PATIENCE_GAIN ticks */
  guint64 reopen;  /* ticks until a sender is tried again; 0: it is open */
  gboolean started, still;
  GstBuffer *picture;
  guint64 dropped;
  gfloat *scratch;
  VsLoudness *loudness; /* or NULL: sound is left as it is */
};

static guint64
to_ticks (const VsProgramme *p, guint64 us)
{
  const GstVideoInfo *video = &p->env->format.video;

  return gst_util_uint64_scale_round (
      us, video->fps_n, (guint64) G_USEC_PER_SEC * video->fps_d);
}

static GstClockTime
get_timeout (const VsProgramme *p)
{
  return p->item->timeout_us == VS_QUEUE_NO_TIME
             ? p->env->timeout
             : (GstClockTime) p->item->timeout_us * GST_USECOND;
}

static void
start_wait (Wait *wait)
{
  wait->ticks = 0;
  wait->since_us = g_get_monotonic_time ();
}

static gboolean
has_waited (const VsProgramme *p, const Wait *wait, GstClockTime time)
{
  guint64 us = time / GST_USECOND;

  return wait->ticks > to_ticks (p, us) &&
         g_get_monotonic_time () - wait->since_us >= (gint64) us;
}

static gboolean
is_over (const VsProgramme *p, const Wait *wait)
{
  return has_waited (p, wait, get_timeout (p));
}

static GstClockTime
get_now (const VsProgramme *p)
{
  return vs_play_format_tick_time (&p->env->format, p->tick);
}

static void
fail (VsProgramme *p, const gchar *reason)
{
  GST_INFO ("programme failed: %s", reason);
  g_free (p->failure);
  p->failure = g_strdup (reason);
  p->state = VS_PROGRAMME_FAILED;
}

/* A picture has no in point; nor has a live input, nor a row of segments, of
 * which nobody knows how long each is. */
static VsPlayRange
make_range (const VsProgramme *p)
{
  VsPlayRange range = { .out = GST_CLOCK_TIME_NONE };

  if (!p->seeks)
    return range;
  range.in = p->item->in_us * GST_USECOND +
             vs_play_format_tick_time (&p->env->format, p->from);
  range.in_may_miss = p->item->in_us == 0;
  if (p->item->out_us != VS_QUEUE_NO_TIME)
    range.out = p->item->out_us * GST_USECOND;
  return range;
}

/* It was taken up where it had ended already, or would have by now. */
static gboolean
is_spent (const VsProgramme *p)
{
  VsPlayRange range = make_range (p);

  return p->from > 0 && p->seeks &&
         range.in >= MIN (range.out, vs_play_item_get_duration (p->play));
}

static void
open_play (VsProgramme *p)
{
  p->play = vs_play_item_open_range (p->uri, p->kind, &p->env->format,
      get_timeout (p), p->env->reaper, make_range (p));
}

static gboolean
open_item (VsProgramme *p, GError **error)
{
  if (g_strcmp0 (p->item->uri, VS_QUEUE_SLATE_URI) == 0) {
    p->blank = TRUE;
    p->state = VS_PROGRAMME_READY;
    return TRUE;
  }
  p->uri = vs_item_uri_make (p->item, p->env->assets, &p->kind, error);
  if (!p->uri)
    return FALSE;
  p->live = vs_play_kind_is_live (p->kind);
  p->seeks = (p->kind == VS_PLAY_KIND_FILE || p->kind == VS_PLAY_KIND_PULL) &&
             p->item->duration_us == VS_QUEUE_NO_TIME && p->item->uri;
  if (p->env->normalize)
    p->loudness = vs_loudness_new (&p->env->format, p->env->loudness,
        p->kind == VS_PLAY_KIND_FILE ? p->uri : NULL, p->env->reaper);
  open_play (p);
  return TRUE;
}

static void
make_buffer (VsProgramme *p)
{
  p->buffer = vs_play_buffer_new (&p->env->format,
      p->live ? LIVE_LATENCY
              : vs_play_format_tick_time (&p->env->format, p->lead));
  vs_play_buffer_set_hole (p->buffer, p->live ? 0 : HOLE);
}

VsProgramme *
vs_programme_new (
    const VsQueueItem *item, guint64 position, const VsProgrammeEnv *env)
{
  VsProgramme *p = g_new0 (VsProgramme, 1);
  g_autoptr (GError) error = NULL;

  p->item = vs_queue_item_ref (item);
  p->env = env;
  p->from = position;
  p->patience = PATIENCE * PATIENCE_GAIN;
  p->lead = vs_play_format_tick_at (&env->format, LEAD);
  p->scratch =
      g_new0 (gfloat, (vs_play_format_tick_sample (&env->format, 1) + 2) *
                          env->format.audio.channels);
  if (!open_item (p, &error))
    fail (p, error->message);
  make_buffer (p);
  start_wait (&p->age);
  start_wait (&p->quiet);
  return p;
}

void
vs_programme_free (VsProgramme *p)
{
  g_clear_pointer (&p->play, vs_play_item_close);
  g_clear_pointer (&p->loudness, vs_loudness_free);
  vs_play_buffer_free (p->buffer);
  gst_clear_buffer (&p->picture);
  vs_queue_item_unref (p->item);
  g_free (p->failure);
  g_free (p->uri);
  g_free (p->scratch);
  g_free (p);
}

const VsQueueItem *
vs_programme_get_item (const VsProgramme *p)
{
  return p->item;
}

void
vs_programme_set_item (VsProgramme *p, const VsQueueItem *item)
{
  VsQueueItem *old = p->item;

  p->item = vs_queue_item_ref (item);
  vs_queue_item_unref (old);
}

/* How many frames the item has from its in point, as far as it says so. */
static guint64
get_length (const VsProgramme *p)
{
  const VsQueueItem *item = p->item;

  if (item->duration_us != VS_QUEUE_NO_TIME)
    return to_ticks (p, item->duration_us);
  if (item->out_us != VS_QUEUE_NO_TIME)
    return to_ticks (p, MAX (item->out_us - item->in_us, 0));
  return p->still ? to_ticks (p, STILL_TIME) : VS_PROGRAMME_UNKNOWN;
}

/* One picture, no sound, and nothing more: a still. */
static gboolean
is_still (const VsProgramme *p)
{
  return !p->live && vs_play_item_is_done (p->play) &&
         !vs_play_buffer_has_sound (p->buffer) &&
         vs_play_buffer_count_pictures (p->buffer) == 1;
}

/* A picture that is told how long to stand is a still too, even where it
 * moves. */
static gboolean
stands (const VsProgramme *p)
{
  return p->still || p->item->duration_us != VS_QUEUE_NO_TIME;
}

static void
see_ready (VsProgramme *p)
{
  if (!vs_play_buffer_is_anchored (p->buffer)) {
    if (vs_play_item_is_done (p->play) && p->from > 0)
      p->state = VS_PROGRAMME_ENDED;
    else if (vs_play_item_is_done (p->play))
      fail (p, "There is nothing in it that can be played.");
    else if (is_over (p, &p->age))
      fail (p, "It was not ready in time.");
    return;
  }
  p->still = is_still (p);
  if (!p->live || p->picture || vs_play_buffer_has_sound (p->buffer))
    p->state = VS_PROGRAMME_READY;
  else if (is_over (p, &p->age))
    fail (p, "No picture and no sound came in time.");
}

static void
see_end (VsProgramme *p)
{
  guint64 length = get_length (p);
  gint64 half = vs_play_format_tick_time (&p->env->format, 1) / 2;

  if (length != VS_PROGRAMME_UNKNOWN &&
      vs_programme_get_position (p) >= length) {
    p->state = VS_PROGRAMME_ENDED;
    return;
  }
  if (p->blank || !p->started || stands (p) || !vs_play_item_is_done (p->play))
    return;
  if (vs_play_buffer_get_ahead (p->buffer, get_now (p)) < half)
    p->state = VS_PROGRAMME_ENDED;
}

/* Nothing to play for this tick, though there should be. */
static gboolean
is_stalled (const VsProgramme *p)
{
  return vs_play_buffer_get_ahead (p->buffer, get_now (p)) <= 0 &&
         !(stands (p) && p->picture);
}

/* A stream that is late, though it has not ended. */
static gboolean
is_half_stalled (const VsProgramme *p)
{
  return vs_play_buffer_find_late (p->buffer, p->play, get_now (p)) >= 0 &&
         !(stands (p) && p->picture);
}

/* A file stands still where it has nothing; also, though not for long, where
 * one of its streams has nothing: that is a moment's weakness of the machine,
 * while a decoder that is too slow for its pictures is no reason to break the
 * sound. */
static gboolean
has_to_wait (VsProgramme *p)
{
  if (!p->started)
    return TRUE;
  if (p->live)
    return FALSE;
  if (is_stalled (p))
    return TRUE;
  if (p->patience >= PATIENCE_GAIN && is_half_stalled (p)) {
    p->patience -= PATIENCE_GAIN;
    return TRUE;
  }
  p->patience = MIN (p->patience + 1, PATIENCE * PATIENCE_GAIN);
  return FALSE;
}

static void
open_again (VsProgramme *p)
{
  g_clear_pointer (&p->play, vs_play_item_close);
  vs_play_buffer_free (p->buffer);
  gst_clear_buffer (&p->picture);
  p->half_there.ticks = 0;
  make_buffer (p);
  open_play (p);
}

/* Nobody sends yet: asked again until the time-out has passed. */
static gboolean
wait_for_sender (VsProgramme *p)
{
  if (!p->live || p->state != VS_PROGRAMME_OPENING || is_over (p, &p->age))
    return FALSE;
  if (p->reopen == 0) {
    p->reopen = to_ticks (p, SENDER_PAUSE);
  } else if (--p->reopen == 0) {
    open_again (p);
  }
  return TRUE;
}

/* A seek that comes while the demuxer links its last stream makes it fail now
 * and then ("Internal data stream error", one opening in some hundred): a good
 * file is not passed over for that. Within the item's time-out. */
static gboolean
try_again (VsProgramme *p)
{
  if (p->retried || p->state != VS_PROGRAMME_OPENING ||
      make_range (p).in == 0 || p->kind != VS_PLAY_KIND_FILE)
    return FALSE;
  p->retried = TRUE;
  open_again (p);
  return TRUE;
}

/* A sender that has been on and is gone has come to its end: few say so. */
static void
lose (VsProgramme *p, const gchar *reason)
{
  if (!p->live || !p->started) {
    fail (p, reason);
    return;
  }
  GST_INFO ("the sender is gone: %s", reason);
  p->state = VS_PROGRAMME_ENDED;
}

/* What was read before it failed is played. */
static void
see_faults (VsProgramme *p)
{
  gboolean stalled = is_stalled (p);
  g_autofree gchar *failure = vs_play_item_dup_failure (p->play);

  if (failure && (stalled || p->state == VS_PROGRAMME_OPENING)) {
    if (is_spent (p))
      p->state = VS_PROGRAMME_ENDED;
    else if (!wait_for_sender (p) && !try_again (p))
      lose (p, failure);
    return;
  }
  if (stalled && p->state == VS_PROGRAMME_READY)
    p->quiet.ticks++;
  else
    start_wait (&p->quiet);
  if (is_over (p, &p->quiet))
    lose (p, "No data came for longer than the time-out.");
}

void
vs_programme_expect (VsProgramme *p)
{
  if (p->live && p->state == VS_PROGRAMME_OPENING)
    start_wait (&p->age);
}

static void
wait_for_streams (VsProgramme *p, gboolean any)
{
  if (!any || vs_play_buffer_is_anchored (p->buffer))
    return;
  if (p->half_there.ticks == 0)
    start_wait (&p->half_there);
  p->half_there.ticks++;
  if (has_waited (p, &p->half_there, STREAM_WAIT))
    vs_play_buffer_hurry (p->buffer);
}

VsProgrammeState
vs_programme_run (VsProgramme *p, GstClockTime wait)
{
  gboolean any;

  if (p->state >= VS_PROGRAMME_ENDED)
    return p->state;
  if (p->blank) {
    see_end (p);
    return p->state;
  }
  p->age.ticks++;
  any = vs_play_buffer_fill (p->buffer, p->play, p->live, get_now (p));
  wait_for_streams (p, any);
  if (p->started && !p->live && !stands (p))
    vs_play_buffer_await (p->buffer, p->play, get_now (p), wait);
  see_faults (p);
  if (p->state == VS_PROGRAMME_OPENING && p->reopen == 0)
    see_ready (p);
  if (p->state == VS_PROGRAMME_READY)
    see_end (p);
  return p->state;
}

VsProgrammeState
vs_programme_get_state (const VsProgramme *p)
{
  return p->state;
}

const gchar *
vs_programme_get_failure (const VsProgramme *p)
{
  return p->failure;
}

/* Sound that begins before the pictures do, by less than a moment, is no
 * reason to show none. */
static void
show_early (VsProgramme *p)
{
  gint64 due;
  GstBuffer *first = vs_play_buffer_peek_picture (p->buffer, get_now (p), &due);

  if (first && due < EARLY)
    p->picture = gst_buffer_ref (first);
}

static void
silence (const VsProgramme *p, gfloat *samples, guint n)
{
  memset (samples, 0, sizeof *samples * n * p->env->format.audio.channels);
}

static guint
advance (VsProgramme *p, gfloat *samples, guint n)
{
  GstClockTime now = get_now (p);
  guint skipped = 0, silent;
  GstBuffer *picture = vs_play_buffer_pick (p->buffer, now, &skipped);

  p->dropped += skipped;
  if (picture) {
    gst_clear_buffer (&p->picture);
    p->picture = picture;
  } else if (!p->picture) {
    show_early (p);
  }
  silent = vs_play_buffer_read (p->buffer, now, p->sample, samples, n);
  vs_play_buffer_tick (p->buffer, now);
  p->tick++;
  p->sample += n;
  return silent;
}

/* The first tick on air of a file: what is anchored a lead away comes now. */
static void
start (VsProgramme *p)
{
  if (!p->live && !p->blank) {
    p->tick = p->lead;
    p->sample = vs_play_format_tick_sample (&p->env->format, p->lead);
    vs_play_buffer_fill (p->buffer, p->play, FALSE, get_now (p));
  }
  p->started = TRUE;
}

GstBuffer *
vs_programme_play (
    VsProgramme *p, gfloat *samples, guint n, gboolean *stalled, guint *silent)
{
  if (!p->started && p->state == VS_PROGRAMME_READY)
    start (p);
  *stalled = !p->blank && has_to_wait (p);
  if (*stalled || p->blank) {
    silence (p, samples, n);
    *silent = n;
    p->shown += p->blank;
  } else {
    *silent = advance (p, samples, n);
    if (p->loudness)
      vs_loudness_apply (p->loudness, samples, n);
    p->shown++;
  }
  return p->picture;
}

void
vs_programme_idle (VsProgramme *p, guint n, gboolean join)
{
  gboolean stalled;
  guint silent;

  if (p->state >= VS_PROGRAMME_ENDED)
    return;
  if (join && p->started)
    vs_programme_play (p, p->scratch, n, &stalled, &silent);
  else if (p->live)
    advance (p, p->scratch, n);
}

guint64
vs_programme_get_position (const VsProgramme *p)
{
  return p->from + p->shown;
}

guint64
vs_programme_get_remaining (const VsProgramme *p)
{
  guint64 length = get_length (p), position = vs_programme_get_position (p);
  GstClockTime duration =
      p->play ? vs_play_item_get_duration (p->play) : GST_CLOCK_TIME_NONE;

  if (!stands (p) && !p->live && p->item->uri &&
      GST_CLOCK_TIME_IS_VALID (duration)) {
    gint64 us = (gint64) (duration / GST_USECOND) - p->item->in_us;

    length = MIN (length, to_ticks (p, MAX (us, 0)));
  }
  if (length == VS_PROGRAMME_UNKNOWN)
    return VS_PROGRAMME_UNKNOWN;
  return length > position ? length - position : 0;
}

gboolean
vs_programme_is_live (const VsProgramme *p)
{
  return p->live;
}

guint64
vs_programme_get_dropped (const VsProgramme *p)
{
  return p->dropped;
}
