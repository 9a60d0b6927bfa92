/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plugin: registers the elements, nothing else. */
#include "config.h"

#include "feed/gstlivefeedsrc.h"
#include "ladder/gstabrladder.h"
#include "publish/gstabrsink.h"
#include "queue/gstplaybackqueuesrc.h"
#include "s3/gstfilmsrc.h"
#include "s3/gsts3sink.h"
#include "s3/gsts3src.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean done = GST_ELEMENT_REGISTER (abrladder, plugin);

  done = GST_ELEMENT_REGISTER (abrsink, plugin) && done;
  done = GST_ELEMENT_REGISTER (filmsrc, plugin) && done;
  done = GST_ELEMENT_REGISTER (livefeedsrc, plugin) && done;
  done = GST_ELEMENT_REGISTER (playbackqueuesrc, plugin) && done;
  done = GST_ELEMENT_REGISTER (s3sink, plugin) && done;
  return GST_ELEMENT_REGISTER (s3src, plugin) && done;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, vstream,
    "Adaptive bitrate ladders, HLS and DASH publishing", plugin_init, VERSION,
    "LGPL", "vstream", "vstream")
