/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-retry.h"

gboolean
vs_retry_next (const VsRetryPolicy *policy, guint attempt, gint64 asked_us,
    gdouble jitter, gint64 *pause_us)
{
  gint64 pause = policy->base_us;

  if (attempt >= policy->attempts)
    return FALSE;
  for (guint i = 1; i < attempt && pause < policy->most_us; i++)
    pause *= 2;
  pause = MIN (pause, policy->most_us);
  pause = pause / 2 + (gint64) ((gdouble) (pause - pause / 2) * jitter);
  *pause_us = MAX (pause, MIN (asked_us, policy->most_us));
  return TRUE;
}

gint64
vs_retry_parse_after (const gchar *text)
{
  guint64 seconds;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0,
                          G_MAXINT64 / G_USEC_PER_SEC, &seconds, NULL))
    return -1;
  return (gint64) seconds * G_USEC_PER_SEC;
}
