/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-mixer.h"

struct _VsMixer {
  const VsPlayFormat *format;
  VsFadeKind kind;
  guint64 half; /* ticks, of a fade through black */
  gfloat *other;
  GstBuffer *mixed;
};

VsMixer *
vs_mixer_new (const VsPlayFormat *format, VsFadeKind kind, guint64 length)
{
  VsMixer *mixer = g_new0 (VsMixer, 1);

  mixer->format = format;
  mixer->kind = kind;
  mixer->half = MAX (length / 2, 1);
  mixer->other = g_new0 (gfloat,
      (vs_play_format_tick_sample (format, 1) + 2) * format->audio.channels);
  return mixer;
}

void
vs_mixer_free (VsMixer *mixer)
{
  gst_clear_buffer (&mixer->mixed);
  g_free (mixer->other);
  g_free (mixer);
}

static GstBuffer *
mix (VsMixer *mixer, GstBuffer *base, GstBuffer *over, gdouble share)
{
  GstBuffer *mixed = vs_fade_pictures (mixer->format, base, over, share);

  if (!mixed)
    return over;
  gst_clear_buffer (&mixer->mixed);
  return mixer->mixed = mixed;
}

/* How much of the programme is seen where it has shown @position frames and
 * has @remaining. */
static gdouble
get_share (const VsMixer *mixer, guint64 position, guint64 remaining)
{
  guint64 near = MIN (position, remaining); /* nothing is known: far away */

  return MIN ((gdouble) near / mixer->half, 1);
}

/* @current has played already: the frame is the one before its position. */
static GstBuffer *
fade_black (VsMixer *mixer, VsProgramme *current, GstBuffer *picture,
    GstBuffer *black, gfloat *samples, guint n)
{
  guint64 position = vs_programme_get_position (current);
  guint64 remaining = vs_programme_get_remaining (current);
  guint64 before =
      remaining == VS_PROGRAMME_UNKNOWN ? remaining : remaining + 1;
  gdouble from = get_share (mixer, position - 1, before);
  gdouble to = get_share (mixer, position, remaining);

  if (from >= 1 && to >= 1)
    return picture;
  vs_fade_sound (samples, n, mixer->format->audio.channels, from, to);
  return picture ? mix (mixer, picture, black, 1 - (from + to) / 2) : NULL;
}

GstBuffer *
vs_mixer_apply (VsMixer *mixer, VsCast *cast, VsProgramme *current,
    GstBuffer *picture, GstBuffer *black, gfloat *samples, guint n)
{
  gdouble from, to;
  gboolean stalled;
  guint silent;
  VsProgramme *tail = vs_cast_get_tail (cast, &from, &to);
  GstBuffer *under;

  if (mixer->kind == VS_FADE_BLACK && vs_cast_may_fade (cast))
    return fade_black (mixer, current, picture, black, samples, n);
  if (!tail)
    return picture;
  under = vs_programme_play (tail, mixer->other, n, &stalled, &silent);
  vs_fade_sounds (
      samples, mixer->other, n, mixer->format->audio.channels, from, to);
  vs_cast_tail_played (cast);
  return mix (
      mixer, under ? under : black, picture ? picture : black, (from + to) / 2);
}
