/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-presentation-private.h"

#include "core/vs-text.h"

#define PERIOD_FORMAT "(tttu)"

/* The Period that starts with @segment, if one does. Its start is where the
 * first video (else audio) track starts, so that at a discontinuity no
 * picture lies outside its Period; only tracks of the same first group have a
 * say, since later the start has been published. The first Period of all
 * starts at 0: timeline and presentation are one. */
void
vs_periods_note (VsTrack *track, const VsSegment *segment)
{
  VsPresentation *self = track->presentation;
  VsPeriod *last =
      self->periods->len > 0
          ? &g_array_index (self->periods, VsPeriod, self->periods->len - 1)
          : NULL;
  guint64 begin_us = vs_text_ticks_to_us (segment->start, segment->timescale);
  const VsTrack *giver;

  if (last == NULL || segment->period > last->number) {
    VsPeriod period = { segment->period, self->begun ? begin_us : 0,
      segment->sequence, track->id };

    g_array_append_val (self->periods, period);
    self->begun = TRUE;
    return;
  }
  if (last->number != segment->period || last->sequence != segment->sequence ||
      last->start_us == 0)
    return;

  giver = g_ptr_array_index (self->tracks, last->track);
  if (track->media < giver->media ||
      (track->media == giver->media && track->id < giver->id)) {
    last->start_us = begin_us;
    last->track = track->id;
  }
}

/* Periods of which nothing is listed. The last one stays. */
void
vs_periods_forget (VsPresentation *self)
{
  guint64 first = G_MAXUINT64;
  guint n = 0;

  for (guint i = 0; i < self->tracks->len; i++) {
    const VsTrack *track = g_ptr_array_index (self->tracks, i);

    if (track->segments->len > 0)
      first = MIN (first, ((VsSegment *) track->segments->pdata[0])->period);
  }
  while (n + 1 < self->periods->len &&
         g_array_index (self->periods, VsPeriod, n).number < first)
    n++;
  if (n > 0)
    g_array_remove_range (self->periods, 0, n);
}

GVariant *
vs_periods_save (const VsPresentation *self)
{
  g_auto (GVariantBuilder) builder =
      G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a" PERIOD_FORMAT));

  for (guint i = 0; i < self->periods->len; i++) {
    const VsPeriod *period = &g_array_index (self->periods, VsPeriod, i);

    g_variant_builder_add (&builder, PERIOD_FORMAT, period->number,
        period->start_us, period->sequence, period->track);
  }
  return g_variant_builder_end (&builder);
}

gboolean
vs_periods_load (VsPresentation *self, GVariant *list, guint64 latest_us)
{
  gsize n = g_variant_n_children (list);

  for (gsize i = 0; i < n; i++) {
    VsPeriod period;

    g_variant_get_child (list, i, PERIOD_FORMAT, &period.number,
        &period.start_us, &period.sequence, &period.track);
    if (period.track >= self->tracks->len || period.start_us > latest_us ||
        (i > 0 && period.number <=
                      g_array_index (self->periods, VsPeriod, i - 1).number))
      return FALSE;
    g_array_append_val (self->periods, period);
  }
  return TRUE;
}
