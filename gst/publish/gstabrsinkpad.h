/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstAbrSinkPad: a request pad of abrsink, with the name that people see. */
#pragma once

#include <gst/gst.h>

#include "core/vs-media.h"

G_BEGIN_DECLS

#define GST_TYPE_ABR_SINK_PAD (gst_abr_sink_pad_get_type ())
G_DECLARE_FINAL_TYPE (
    GstAbrSinkPad, gst_abr_sink_pad, GST, ABR_SINK_PAD, GstGhostPad)

/* Without a target: it gets one when a run begins. */
GstPad *gst_abr_sink_pad_new (const gchar *name, GstPadTemplate *templ);
gchar *gst_abr_sink_pad_dup_label (GstAbrSinkPad *self);

gboolean gst_abr_sink_pad_is_default (GstAbrSinkPad *self);
gboolean gst_abr_sink_pad_is_forced (GstAbrSinkPad *self);

/* What a pad is, by its name: "video_0". */
VsMedia gst_abr_sink_pad_media_of_name (const gchar *name);
VsMedia gst_abr_sink_pad_get_media (GstPad *pad);

/* Video before audio before text, each by its number. */
gint gst_abr_sink_pad_compare (gconstpointer a, gconstpointer b);

G_END_DECLS
