/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-declick.h"

#include <string.h>

#define RAMP_MS 5

void
vs_declick_init (VsDeclick *d, guint rate, guint channels)
{
  *d = (VsDeclick){ .channels = MIN (channels, VS_DECLICK_CHANNELS),
    .ramp = MAX (rate * RAMP_MS / 1000, 1) };
}

void
vs_declick_apply (VsDeclick *d, gfloat *samples, guint n, gboolean joint)
{
  if (n == 0)
    return;
  if (joint) {
    d->left = d->ramp;
    for (guint c = 0; c < d->channels; c++)
      d->step[c] = d->last[c] - samples[c];
  }
  for (guint i = 0; i < n && d->left > 0; i++, d->left--) {
    for (guint c = 0; c < d->channels; c++)
      samples[i * d->channels + c] += d->step[c] * d->left / d->ramp;
  }
  memcpy (d->last, samples + (gsize) (n - 1) * d->channels,
      sizeof (gfloat) * d->channels);
}
