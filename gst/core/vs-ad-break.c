/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-ad-break.h"

#include "core/vs-scte35.h"

VsAd *
vs_ad_new (const gchar *id, guint64 duration_us, GBytes *scte35)
{
  VsAd *ad = g_new0 (VsAd, 1);

  ad->id = g_strdup (id);
  ad->duration_us = duration_us;
  ad->scte35 = scte35 != NULL ? g_bytes_ref (scte35) : NULL;
  return ad;
}

VsAd *
vs_ad_copy (const VsAd *ad)
{
  return ad != NULL ? vs_ad_new (ad->id, ad->duration_us, ad->scte35) : NULL;
}

void
vs_ad_free (VsAd *ad)
{
  if (ad == NULL)
    return;
  g_clear_pointer (&ad->scte35, g_bytes_unref);
  g_free (ad->id);
  g_free (ad);
}

void
vs_ad_break_free (VsAdBreak *ad_break)
{
  if (ad_break == NULL)
    return;
  g_clear_pointer (&ad_break->out, g_bytes_unref);
  g_clear_pointer (&ad_break->in, g_bytes_unref);
  g_free (ad_break->ad);
  g_free (ad_break->id);
  g_free (ad_break);
}

static VsAdBreak *
get_open (const VsPresentation *self)
{
  VsAdBreak *last =
      self->breaks->len > 0 ? self->breaks->pdata[self->breaks->len - 1] : NULL;

  return last != NULL && last->after == VS_AD_BREAK_OPEN ? last : NULL;
}

/* SCTE 35 knows an event by a number. */
static guint32
get_event_id (const VsAdBreak *ad_break)
{
  return (guint32) ad_break->first;
}

static void
close_break (
    VsPresentation *self, VsAdBreak *open, guint64 at_us, guint64 sequence)
{
  if (sequence <= open->first) { /* nobody has seen it */
    g_ptr_array_set_size (self->breaks, (gint) self->breaks->len - 1);
    return;
  }
  open->end_us = MAX (at_us, open->start_us);
  open->after = sequence;
  open->in = vs_scte35_splice_insert (get_event_id (open), FALSE, 0);
}

/* RFC 8216bis 4.4.5.1: ID is unique in a playlist; the same ad may come again
 * while its last break is still listed. */
static gchar *
dup_unique_id (const VsPresentation *self, const gchar *ad, guint64 sequence)
{
  for (guint i = 0; i < self->breaks->len; i++) {
    const VsAdBreak *other = self->breaks->pdata[i];

    if (g_str_equal (other->id, ad))
      return g_strdup_printf ("%s-%" G_GUINT64_FORMAT, ad, sequence);
  }
  return g_strdup (ad);
}

static void
open_break (
    VsPresentation *self, const VsAd *ad, guint64 at_us, guint64 sequence)
{
  VsAdBreak *ad_break = g_new0 (VsAdBreak, 1);

  ad_break->ad = g_strdup (ad->id);
  ad_break->id = dup_unique_id (self, ad->id, sequence);
  ad_break->start_us = at_us;
  ad_break->end_us = VS_AD_BREAK_OPEN;
  ad_break->planned_us = ad->duration_us;
  ad_break->first = sequence;
  ad_break->after = VS_AD_BREAK_OPEN;
  ad_break->out = ad->scte35 != NULL
                      ? g_bytes_ref (ad->scte35)
                      : vs_scte35_splice_insert (
                            get_event_id (ad_break), TRUE, ad->duration_us);
  g_ptr_array_add (self->breaks, ad_break);
}

void
vs_presentation_set_ad (
    VsPresentation *self, const VsAd *ad, guint64 at_us, guint64 sequence)
{
  VsAdBreak *open = get_open (self);

  if (open != NULL && ad != NULL && g_str_equal (open->ad, ad->id))
    return;
  if (open != NULL)
    close_break (self, open, at_us, sequence);
  if (ad != NULL)
    open_break (self, ad, at_us, sequence);
}

void
vs_presentation_forget_breaks (VsPresentation *self, guint64 first)
{
  guint n = 0;

  while (n < self->breaks->len &&
         ((VsAdBreak *) self->breaks->pdata[n])->after < first)
    n++;
  if (n > 0)
    g_ptr_array_remove_range (self->breaks, 0, n);
}

/* ---- state ---- */

static GVariant *
save_bytes (GBytes *bytes)
{
  g_autoptr (GBytes) none = g_bytes_new (NULL, 0);

  return g_variant_new_from_bytes (
      G_VARIANT_TYPE_BYTESTRING, bytes != NULL ? bytes : none, TRUE);
}

GVariant *
vs_ad_breaks_save (const GPtrArray *breaks)
{
  g_auto (GVariantBuilder) builder =
      G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (VS_AD_BREAKS_FORMAT));

  for (guint i = 0; i < breaks->len; i++) {
    const VsAdBreak *b = breaks->pdata[i];

    g_variant_builder_add (&builder, "(ssttttt@ay@ay)", b->ad, b->id,
        b->start_us, b->end_us, b->planned_us, b->first, b->after,
        save_bytes (b->out), save_bytes (b->in));
  }
  return g_variant_builder_end (&builder);
}

static gboolean
is_sane (const GPtrArray *breaks)
{
  const VsAdBreak *b = breaks->pdata[breaks->len - 1];
  const VsAdBreak *before =
      breaks->len > 1 ? breaks->pdata[breaks->len - 2] : NULL;
  gboolean open = b->after == VS_AD_BREAK_OPEN;

  return b->out != NULL && *b->id != '\0' && b->end_us >= b->start_us &&
         b->after > b->first && open == (b->end_us == VS_AD_BREAK_OPEN) &&
         open == (b->in == NULL) &&
         (before == NULL || before->after <= b->first);
}

static GBytes *
load_bytes (GVariant *bytes)
{
  g_autoptr (GVariant) own = bytes;

  return g_variant_get_size (own) > 0 ? g_variant_get_data_as_bytes (own)
                                      : NULL;
}

gboolean
vs_ad_breaks_load (GPtrArray *breaks, GVariant *list)
{
  gsize n = g_variant_n_children (list);

  for (gsize i = 0; i < n; i++) {
    VsAdBreak *b = g_new0 (VsAdBreak, 1);
    GVariant *out, *in;

    g_ptr_array_add (breaks, b);
    g_variant_get_child (list, i, "(ssttttt@ay@ay)", &b->ad, &b->id,
        &b->start_us, &b->end_us, &b->planned_us, &b->first, &b->after, &out,
        &in);
    b->out = load_bytes (out);
    b->in = load_bytes (in);
    if (!is_sane (breaks))
      return FALSE;
  }
  return TRUE;
}
