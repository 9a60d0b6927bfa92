/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-ad-break: where a presentation leaves its programme for advertisements
 * and where it comes back, as data. Written as EXT-X-DATERANGE and
 * EXT-X-CUE-OUT/IN (vs-hls-break.c) and as an EventStream (vs-mpd-event.c).
 *
 * Life of a break: opened on the segment an ad begins with; closed on the one
 * after its end; forgotten when no listed segment comes before that. Ads in a
 * row with the same id are one break. Part of VsPresentation, and guarded by
 * its owner. */
#pragma once

#include "vs-presentation.h"

G_BEGIN_DECLS

/* What an advertisement says of itself. */
typedef struct {
  gchar *id;
  guint64 duration_us; /* planned; 0: not said */
  GBytes *scte35;      /* splice_info_section, or NULL: one is made */
} VsAd;

VsAd *vs_ad_new (const gchar *id, guint64 duration_us, GBytes *scte35);
VsAd *vs_ad_copy (const VsAd *ad);
void vs_ad_free (VsAd *ad);

#define VS_AD_BREAK_OPEN G_MAXUINT64

typedef struct {
  gchar *ad;          /* the id that the ad gave */
  gchar *id;          /* the same, or one that no other listed break has */
  guint64 start_us;   /* on the presentation timeline */
  guint64 end_us;     /* VS_AD_BREAK_OPEN: not yet */
  guint64 planned_us; /* 0: not known */
  guint64 first;      /* sequence number of its first segment */
  guint64 after;      /* of the first one behind it, or VS_AD_BREAK_OPEN */
  GBytes *out, *in;   /* splice_info_section; @in: NULL while it is open */
} VsAdBreak;

void vs_ad_break_free (VsAdBreak *ad_break);

/* From segment @sequence, at @at_us, on there is @ad, or none (NULL). */
void vs_presentation_set_ad (
    VsPresentation *self, const VsAd *ad, guint64 at_us, guint64 sequence);

/* Forgets the breaks that were over before segment @first. */
void vs_presentation_forget_breaks (VsPresentation *self, guint64 first);

/* For vs_presentation_save () and _load (). */
GVariant *vs_ad_breaks_save (const GPtrArray *breaks);
gboolean vs_ad_breaks_load (GPtrArray *breaks, GVariant *list);
#define VS_AD_BREAKS_FORMAT "a(sstttttayay)"

G_END_DECLS
