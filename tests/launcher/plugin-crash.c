/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A plugin that GStreamer's scanner reads, and that crashes a worker. */
#include <errno.h>
#include <gst/gst.h>
#include <signal.h>
#include <string.h>

#define PACKAGE "vstream"

static gboolean
plugin_init (GstPlugin *plugin)
{
  if (strcmp (program_invocation_short_name, "vstream-worker") == 0)
    (void) raise (SIGSEGV);
  return gst_element_register (plugin, "vscrash", GST_RANK_NONE, GST_TYPE_BIN);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, vscrash,
    "Crashes a worker", plugin_init, "1", "LGPL", "vstream", "vstream")
