/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-declick: where sound goes on from something else, the step between the
 * last sample and the first is led over in five milliseconds. Pure; belongs
 * to one thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_DECLICK_CHANNELS 8

typedef struct {
  guint channels, ramp, left;
  gfloat last[VS_DECLICK_CHANNELS], step[VS_DECLICK_CHANNELS];
} VsDeclick;

void vs_declick_init (VsDeclick *declick, guint rate, guint channels);

/* The next @n samples. @joint: they do not go on from those before. */
void vs_declick_apply (
    VsDeclick *declick, gfloat *samples, guint n, gboolean joint);

G_END_DECLS
