/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-property: properties of elements from text, strictly: what GStreamer
 * would clamp, ignore or print a critical about is an error here that says
 * what would be right. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Whether @factory's elements take @name = @text. No element is made. */
gboolean vs_property_check (GstElementFactory *factory, const gchar *name,
    const gchar *text, GError **error);

gboolean vs_property_set (
    GstElement *element, const gchar *name, const gchar *text, GError **error);

G_END_DECLS
