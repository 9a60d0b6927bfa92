/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-fade: two pictures, or two sounds, made one. Pure but for memory. */
#pragma once

#include "playout/vs-play-format.h"

G_BEGIN_DECLS

typedef enum {
  VS_FADE_NONE,
  VS_FADE_CROSS, /* the end of one and the beginning of the next, together */
  VS_FADE_BLACK  /* out to black and silence, and in again */
} VsFadeKind;

/* @over over @base, which shows through but for @share (0 to 1). A new
 * buffer; NULL where a picture cannot be read. */
GstBuffer *vs_fade_pictures (const VsPlayFormat *format, GstBuffer *base,
    GstBuffer *over, gdouble share);

/* Of @samples and @other, with equal power: how far it has come at their
 * beginning and at their end (0 to 1). In place. */
void vs_fade_sounds (gfloat *samples, const gfloat *other, guint n,
    guint channels, gdouble from, gdouble to);

/* The same with silence: the share of @samples that is left. */
void vs_fade_sound (
    gfloat *samples, guint n, guint channels, gdouble from, gdouble to);

G_END_DECLS
