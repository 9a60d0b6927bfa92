/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Breaks for advertisements in a media playlist. Sections are those of RFC
 * 8216bis. EXT-X-CUE-OUT, -CONT and -IN stand in no RFC; they are what ad
 * servers read that know no EXT-X-DATERANGE. */
#include "core/vs-hls-break.h"

#include "core/vs-ad-break.h"
#include "core/vs-scte35.h"
#include "core/vs-text.h"

static guint64
get_start_us (const VsSegment *segment)
{
  return vs_text_ticks_to_us (segment->start, segment->timescale);
}

static void
append_time (GString *out, const gchar *attribute, guint64 us)
{
  g_string_append (out, attribute);
  vs_text_append_seconds (out, us);
}

static void
append_section (GString *out, const gchar *attribute, GBytes *section)
{
  g_autofree gchar *hex = vs_scte35_to_hex (section);

  g_string_append (out, attribute);
  g_string_append (out, hex);
}

/* 4.4.5.1. Both tags of a break have the same ID and START-DATE; what is known
 * at its end alone stands in the second, since the first has been published
 * (6.2.1). */
static void
append_range (GString *out, const VsPresentation *self, const VsAdBreak *b,
    gboolean is_end)
{
  g_string_append (out, "#EXT-X-DATERANGE:ID=\"");
  vs_text_append_quotable (out, b->id);
  g_string_append (out, "\",START-DATE=\"");
  vs_text_append_date (out, self->epoch_us + (gint64) b->start_us);
  g_string_append_c (out, '"');
  if (is_end)
    append_time (out, ",DURATION=", b->end_us - b->start_us);
  else if (b->planned_us > 0)
    append_time (out, ",PLANNED-DURATION=", b->planned_us);
  if (is_end)
    append_section (out, ",SCTE35-IN=", b->in);
  else
    append_section (out, ",SCTE35-OUT=", b->out);
  g_string_append_c (out, '\n');
}

static void
append_cue (GString *out, const VsAdBreak *b, const VsSegment *segment)
{
  guint64 start_us = get_start_us (segment);

  if (segment->sequence == b->after) {
    g_string_append (out, "#EXT-X-CUE-IN\n");
    return;
  }
  if (segment->sequence == b->first) {
    g_string_append (out, "#EXT-X-CUE-OUT");
    if (b->planned_us > 0)
      append_time (out, ":", b->planned_us);
  } else {
    append_time (out, "#EXT-X-CUE-OUT-CONT:",
        start_us > b->start_us ? start_us - b->start_us : 0);
    if (b->planned_us > 0)
      append_time (out, "/", b->planned_us);
  }
  g_string_append_c (out, '\n');
}

static void
append_break (GString *out, const VsPresentation *self, const VsAdBreak *b,
    const VsSegment *segment, gboolean is_first)
{
  /* without dates there are no date ranges */
  gboolean ranges =
      (self->ad_markers & VS_AD_MARKERS_DATERANGE) != 0 && self->epoch_us != 0;
  gboolean begun = segment->sequence == b->first ||
                   (is_first && segment->sequence > b->first);

  if (segment->sequence < b->first || segment->sequence > b->after)
    return;
  if (ranges && begun)
    append_range (out, self, b, FALSE);
  if (ranges && segment->sequence == b->after)
    append_range (out, self, b, TRUE);
  if ((self->ad_markers & VS_AD_MARKERS_CUE) != 0)
    append_cue (out, b, segment);
}

void
vs_hls_append_breaks (GString *out, const VsPresentation *self,
    const VsSegment *segment, gboolean is_first)
{
  for (guint i = 0; i < self->breaks->len; i++)
    append_break (out, self, self->breaks->pdata[i], segment, is_first);
}
