/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-summary.h"

#include "app/vs-progress.h"

#include <stdio.h>
#include <string.h>

/* The manifests that a player is given lie at the top. */
static void
append_manifests (GString *text, const VsStatus *status, const gchar *folder)
{
  for (guint i = 0; i < status->manifests->len; i++) {
    const gchar *key = status->manifests->pdata[i];
    g_autofree gchar *path = g_build_filename (folder ? folder : "", key, NULL);

    if (!strchr (key, '/'))
      g_string_append_printf (text, "%s  %s\n",
          g_str_has_suffix (key, ".mpd") ? "DASH" : "HLS ", path);
  }
}

static void
append_tracks (GString *text, const VsStatus *status)
{
  for (guint i = 0; i < status->tracks->len; i++) {
    const VsStatusTrack *track = status->tracks->pdata[i];
    g_autofree gchar *size = g_format_size (track->bytes);

    g_string_append_printf (text,
        "  %-12s %6" G_GUINT64_FORMAT " objects  %s\n", track->name,
        track->objects, size);
  }
}

gchar *
vs_summary_format (const VsStatus *status, const gchar *folder, gint64 now_us)
{
  GString *text = g_string_new (NULL);
  g_autofree gchar *position = vs_progress_format_time (
      status->position_us + G_USEC_PER_SEC / 2); /* rounded */
  g_autofree gchar *size = g_format_size (status->bytes);
  gdouble elapsed = (gdouble) (now_us - status->started_us) / G_USEC_PER_SEC;

  g_string_append_printf (
      text, "Done: %s of media in %.1f s", position, elapsed);
  if (!status->live && elapsed > 0.0)
    g_string_append_printf (text, " (%.2f× real time)",
        (gdouble) status->position_us / G_USEC_PER_SEC / elapsed);
  if (status->objects > 0)
    g_string_append_printf (
        text, ", %" G_GUINT64_FORMAT " objects, %s", status->objects, size);
  g_string_append_c (text, '\n');
  append_tracks (text, status);
  append_manifests (text, status, folder);
  return g_string_free (text, FALSE);
}

void
vs_summary_print (const VsStatus *status, const gchar *folder)
{
  g_autofree gchar *text =
      vs_summary_format (status, folder, g_get_monotonic_time ());

  (void) fputs (text, stdout);
  (void) fflush (stdout);
}
