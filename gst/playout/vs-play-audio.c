/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-audio.h"

#include <math.h>
#include <string.h>

#define JOIN_MS 40        /* blocks this near to each other are one run */
#define RAMP_MS 5         /* how long a jump of the waveform is led over */
#define FOLLOW 16         /* a run's due time follows its blocks' by 1/16 */
#define STEER_FROM_US 500 /* do not steer for less */

typedef struct {
  gint64 due;
  gboolean joined; /* goes on where the block before it ended */
  guint n, used;
  gfloat frames[];
} Block;

struct _VsPlayAudio {
  guint rate, channels;
  GQueue blocks; /* Block, in order of arrival */
  gint64 tail;   /* where the last block ends */
  gint64 next;   /* due time of the next sample to be read */
  gint64 steered;
  gboolean playing; /* the last sample out was the feed's */
  gboolean steer_on;
  gboolean has_tail;
  guint fade_left, step_left; /* samples of a ramp that are still to come */
  gfloat *step;               /* what is led over, by channel */
  gfloat *last;               /* the last sample out, by channel */
  gfloat *scratch;            /* n + 1 samples, for steering */
  guint scratch_n;
};

VsPlayAudio *
vs_play_audio_new (guint rate, guint channels)
{
  VsPlayAudio *audio = g_new0 (VsPlayAudio, 1);

  audio->rate = rate;
  audio->channels = channels;
  audio->last = g_new0 (gfloat, channels);
  audio->step = g_new0 (gfloat, channels);
  g_queue_init (&audio->blocks);
  return audio;
}

void
vs_play_audio_free (VsPlayAudio *audio)
{
  vs_play_audio_clear (audio);
  g_free (audio->last);
  g_free (audio->step);
  g_free (audio->scratch);
  g_free (audio);
}

void
vs_play_audio_clear (VsPlayAudio *audio)
{
  g_queue_clear_full (&audio->blocks, g_free);
  audio->has_tail = FALSE;
}

static gint64
ms (const VsPlayAudio *audio, guint n)
{
  return (gint64) audio->rate * n / 1000;
}

void
vs_play_audio_push (
    VsPlayAudio *audio, gint64 due, const gfloat *frames, guint n)
{
  gint64 off = due - audio->tail;
  Block *block;

  if (n == 0)
    return;
  block = g_malloc (sizeof *block + sizeof (gfloat) * n * audio->channels);
  block->joined = audio->has_tail && ABS (off) <= ms (audio, JOIN_MS);
  block->due = block->joined ? audio->tail + off / FOLLOW : due;
  block->n = n;
  block->used = 0;
  memcpy (block->frames, frames, sizeof (gfloat) * n * audio->channels);
  audio->tail = block->due + n;
  audio->has_tail = TRUE;
  g_queue_push_tail (&audio->blocks, block);
}

gboolean
vs_play_audio_get_head (const VsPlayAudio *audio, gint64 *due)
{
  const Block *block = audio->blocks.head ? audio->blocks.head->data : NULL;

  if (!block)
    return FALSE;
  *due = block->due + block->used;
  return TRUE;
}

gint64
vs_play_audio_get_steered (const VsPlayAudio *audio)
{
  return audio->steered;
}

/* The waveform is about to jump from the last sample out to @to: the step is
 * added to what follows and fades away. */
static void
lead_over (VsPlayAudio *audio, const gfloat *to)
{
  audio->step_left = ms (audio, RAMP_MS);
  for (guint c = 0; c < audio->channels; c++)
    audio->step[c] = audio->last[c] - (to ? to[c] : 0);
}

/* Applies the fade and the step that are under way to @n samples. */
static void
shape (VsPlayAudio *audio, gfloat *out, guint n)
{
  gfloat ramp = ms (audio, RAMP_MS);

  for (guint i = 0; i < n && (audio->fade_left || audio->step_left); i++) {
    gfloat *p = out + (gsize) i * audio->channels;

    for (guint c = 0; c < audio->channels; c++) {
      p[c] *= 1 - audio->fade_left / ramp;
      p[c] += audio->step[c] * (audio->step_left / ramp);
    }
    audio->fade_left -= audio->fade_left > 0;
    audio->step_left -= audio->step_left > 0;
  }
  memcpy (audio->last, out + (gsize) (n - 1) * audio->channels,
      sizeof (gfloat) * audio->channels);
}

/* Drops what is due before @audio->next. Returns TRUE where the head block
 * does not go on from the last sample that was read. */
static gboolean
skip_to_next (VsPlayAudio *audio)
{
  gboolean broken = FALSE;
  Block *block;

  while ((block = g_queue_peek_head (&audio->blocks))) {
    gint64 over;

    if (audio->playing && block->joined && block->used == 0 &&
        ABS (block->due - audio->next) <= ms (audio, JOIN_MS) / FOLLOW)
      audio->next = block->due; /* a run: what is left is steered away */
    over = audio->next - (block->due + block->used);
    if (over <= 0)
      return broken;
    broken = TRUE;
    if (over < block->n - block->used) {
      block->used += over;
      return TRUE;
    }
    g_free (g_queue_pop_head (&audio->blocks));
  }
  return TRUE;
}

/* One piece of silence or of one block; returns its length. */
static guint
fill_piece (VsPlayAudio *audio, gfloat *out, guint n, guint *silent)
{
  gboolean broken = skip_to_next (audio);
  Block *block = g_queue_peek_head (&audio->blocks);
  gint64 gap = block ? block->due + block->used - audio->next : n;
  gsize size = sizeof (gfloat) * audio->channels;
  guint take;

  if (gap > 0) {
    take = MIN (gap, n);
    memset (out, 0, size * take);
    if (audio->playing)
      lead_over (audio, NULL);
    audio->playing = FALSE;
    audio->fade_left = 0;
    *silent += take;
    return take;
  }
  take = MIN (block->n - block->used, n);
  memcpy (
      out, block->frames + (gsize) block->used * audio->channels, size * take);
  if (!audio->playing)
    audio->fade_left = ms (audio, RAMP_MS);
  else if (broken)
    lead_over (audio, out);
  audio->playing = TRUE;
  block->used += take;
  if (block->used == block->n)
    g_free (g_queue_pop_head (&audio->blocks));
  return take;
}

static guint
fill (VsPlayAudio *audio, gfloat *out, guint n)
{
  guint silent = 0;

  for (guint at = 0, take; at < n; at += take) {
    gfloat *piece = out + (gsize) at * audio->channels;

    take = fill_piece (audio, piece, n - at, &silent);
    shape (audio, piece, take);
    audio->next += take;
  }
  return silent;
}

/* Samples that can be read without a break. */
static guint
count_run (VsPlayAudio *audio, guint enough)
{
  guint n = 0;

  for (GList *l = audio->blocks.head; l && n < enough; l = l->next) {
    Block *block = l->data;

    if (l == audio->blocks.head
            ? block->used == 0 && !block->joined && block->due > audio->next
            : !block->joined)
      break;
    n += block->n - block->used;
  }
  return n;
}

void
vs_play_audio_stretch (
    const gfloat *in, guint n_in, gfloat *out, guint n_out, guint channels)
{
  for (guint i = 0; i < n_out; i++) {
    gdouble x = n_out > 1 ? (gdouble) i * (n_in - 1) / (n_out - 1) : 0;
    guint k = MIN ((guint) x, n_in - 1);
    gfloat t = (gfloat) (x - k);

    for (guint c = 0; c < channels; c++) {
      gfloat p1 = in[k * channels + c];
      gfloat p0 = k > 0 ? in[(k - 1) * channels + c] : p1;
      gfloat p2 = k + 1 < n_in ? in[(k + 1) * channels + c] : p1;
      gfloat p3 = k + 2 < n_in ? in[(k + 2) * channels + c] : p2;

      out[i * channels + c] =
          p1 + 0.5f * t *
                   (p2 - p0 +
                       t * (2 * p0 - 5 * p1 + 4 * p2 - p3 +
                               t * (3 * (p1 - p2) + p3 - p0)));
    }
  }
}

/* Reads one sample more or less than @n and makes them @n. */
static void
fill_steered (VsPlayAudio *audio, gfloat *out, guint n, gint by)
{
  guint n_in = n + by;

  if (audio->scratch_n < n_in) {
    audio->scratch_n = n_in;
    g_free (audio->scratch);
    audio->scratch = g_new (gfloat, (gsize) n_in * audio->channels);
  }
  fill (audio, audio->scratch, n_in);
  vs_play_audio_stretch (audio->scratch, n_in, out, n, audio->channels);
  audio->steered += by;
}

guint
vs_play_audio_read (VsPlayAudio *audio, gint64 position, gfloat *out, guint n)
{
  gint64 off = position - audio->next;
  gint64 from = (gint64) audio->rate * STEER_FROM_US / 1000000;
  guint silent = 0;

  if (n == 0)
    return 0;
  if (!audio->playing || ABS (off) > ms (audio, JOIN_MS)) {
    audio->next = position;
    off = 0;
  }
  audio->steer_on = ABS (off) > (audio->steer_on ? from / 4 : from);
  if (audio->playing && audio->steer_on && count_run (audio, n + 1) > n)
    fill_steered (audio, out, n, off > 0 ? 1 : -1);
  else
    silent = fill (audio, out, n);
  return silent;
}
