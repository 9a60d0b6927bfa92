/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A module of its own: these sources are LGPL, libx264 is GPL, and so is what
 * the two make together. The other elements do without it. */
#include "config.h"

#include "x264/gstvsx264enc.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (vsx264enc, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, vstreamx264,
    "H.264 encoding by libx264", plugin_init, VERSION, "GPL", "vstream",
    "vstream")
