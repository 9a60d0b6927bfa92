/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A key frame whose times are known before it has come. It stands among the
 * samples, without data, and as the last of them, until it comes, or another
 * one does. */
#include "publish/vs-packager-private.h"

static Sample *
last_sample (const Track *track)
{
  return &g_array_index (track->samples, Sample, track->samples->len - 1);
}

gboolean
vs_packager_expects (const Track *track)
{
  return track->samples->len > 0 && last_sample (track)->data == NULL;
}

void
vs_packager_take_back (Track *track)
{
  if (!vs_packager_expects (track))
    return;
  g_array_set_size (track->samples, track->samples->len - 1);
  track->scan = MIN (track->scan, track->samples->len);
}

gboolean
vs_packager_fulfil (Track *track, const Sample *sample)
{
  if (!sample->sync || sample->pts != last_sample (track)->pts) {
    vs_packager_take_back (track);
    return FALSE;
  }
  *last_sample (track) = *sample;
  /* A cut may have been told of since it was looked at. */
  track->scan = MIN (track->scan, track->samples->len - 1);
  return TRUE;
}
