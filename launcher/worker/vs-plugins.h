/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-plugins: which plugins a job that copies begins with.
 *
 * Half of what GStreamer lists is libav's, and much of the rest effects,
 * encoders and devices: to read all of that takes three times as long as to
 * read what is left. So a worker of the service
 * that makes the list links those plugins into a folder of their own, of which
 * a second list is made: jobs/vs-registry.h.
 * Threading: the main thread, after gst_init (). */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What nearly all decoding is done by, where it is installed. */
#define VS_PLUGINS_LIBAV VS_GST_PLUGIN_DIR "/libgstlibav.so"

/* Makes @folder and links into it the plugins that a copy needs, each by a
 * rename; takes away what else is there. */
gboolean vs_plugins_link (const gchar *folder);

/* After this all decoders are known, whichever list was read. */
void vs_plugins_add_decoders (void);

G_END_DECLS
