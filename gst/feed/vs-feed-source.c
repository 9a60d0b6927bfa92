/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feed/vs-feed-source.h"

#define GST_CAT_DEFAULT vs_play_debug ()

/* Pipelines that are still going down: no more are opened meanwhile. */
#define MAX_JOBS 4
/* A feed that has run so long is in order, and its next fault the first. */
#define IN_ORDER (2 * GST_SECOND)
/* A file shorter than this does not loop faster. */
#define MIN_LOOP (500 * GST_MSECOND)

struct _VsFeedSource {
  const VsFeedSettings *settings; /* the engine's, which lives longer */
  gchar *uri;
  VsPlayKind kind;
  VsPlayReaper *reaper;

  VsPlayItem *item;
  GstClockTime opened, open_at, first_data, last_data;
  gboolean finished; /* never to be opened again */
  guint attempt, reconnects;
  gchar *reason;
};

VsFeedSource *
vs_feed_source_new (
    const VsFeedSettings *settings, const gchar *uri, VsPlayReaper *reaper)
{
  VsFeedSource *source = g_new0 (VsFeedSource, 1);
  g_autoptr (GError) error = NULL;

  source->settings = settings;
  source->uri = g_strdup (uri);
  source->reaper = vs_play_reaper_ref (reaper);
  if (!uri) {
    source->finished = TRUE;
    source->reason = g_strdup ("There is no feed yet.");
  } else if (!vs_play_uri_check (uri, &source->kind, &error)) {
    source->finished = TRUE;
    source->reason = g_strdup (error->message);
  }
  return source;
}

void
vs_feed_source_free (VsFeedSource *source)
{
  g_clear_pointer (&source->item, vs_play_item_close);
  vs_play_reaper_unref (source->reaper);
  g_free (source->uri);
  g_free (source->reason);
  g_free (source);
}

static void
set_reason (VsFeedSource *source, const gchar *reason)
{
  if (g_strcmp0 (source->reason, reason) == 0)
    return;
  g_free (source->reason);
  source->reason = g_strdup (reason);
}

static void
close_item (VsFeedSource *source, GstClockTime open_at)
{
  g_clear_pointer (&source->item, vs_play_item_close);
  source->open_at = open_at;
}

static void
retry (VsFeedSource *source, const gchar *reason, GstClockTime now)
{
  GstClockTime wait =
      vs_play_backoff (source->attempt++, source->settings->reconnect_delay,
          source->settings->reconnect_delay_max, g_random_double ());

  GST_INFO ("feed lost: %s; again in %" GST_TIME_FORMAT, reason,
      GST_TIME_ARGS (wait));
  set_reason (source, reason);
  close_item (source, now + wait);
}

/* A whole file was read. */
static void
end_item (VsFeedSource *source, GstClockTime now)
{
  gboolean had_data = GST_CLOCK_TIME_IS_VALID (source->first_data);

  if (had_data && source->kind == VS_PLAY_KIND_FILE) {
    set_reason (source, "The file is at its end.");
    source->finished = !source->settings->loop;
    close_item (source, source->opened + MIN_LOOP);
    return;
  }
  retry (
      source, had_data ? "The feed has ended." : "The feed has no data.", now);
}

static void
open_item (VsFeedSource *source, VsPlayBuffer *buffer, GstClockTime now)
{
  if (source->finished || now < source->open_at ||
      vs_play_reaper_count (source->reaper) >= MAX_JOBS)
    return;
  if (source->opened > 0)
    source->reconnects++;
  source->item = vs_play_item_open (source->uri, source->kind,
      &source->settings->format, source->settings->timeout, source->reaper);
  source->opened = MAX (now, 1);
  source->first_data = GST_CLOCK_TIME_NONE;
  source->last_data = now;
  vs_play_buffer_next_item (buffer);
}

static void
note_data (VsFeedSource *source, GstClockTime now)
{
  if (!GST_CLOCK_TIME_IS_VALID (source->first_data))
    source->first_data = now;
  source->last_data = now;
  if (now - source->first_data > IN_ORDER)
    source->attempt = 0;
  if (source->reason)
    g_clear_pointer (&source->reason, g_free);
}

/* A feed that calls us may take its time to do so. */
static gboolean
may_wait (const VsFeedSource *source)
{
  return source->kind == VS_PLAY_KIND_LISTEN &&
         !GST_CLOCK_TIME_IS_VALID (source->first_data);
}

void
vs_feed_source_run (
    VsFeedSource *source, VsPlayBuffer *buffer, GstClockTime now)
{
  g_autofree gchar *failure = NULL;

  if (!source->item)
    open_item (source, buffer, now);
  if (!source->item)
    return;
  if (vs_play_buffer_fill (
          buffer, source->item, vs_play_kind_is_live (source->kind), now))
    note_data (source, now);
  failure = vs_play_item_dup_failure (source->item);
  if (failure)
    retry (source, failure, now);
  else if (vs_play_item_is_done (source->item))
    end_item (source, now);
  else if (now - source->last_data > source->settings->timeout &&
           vs_play_buffer_is_empty (buffer) && !may_wait (source))
    retry (source, "No data came for longer than the timeout.", now);
}

void
vs_feed_source_pause (VsFeedSource *source)
{
  if (vs_play_kind_is_live (source->kind))
    close_item (source, 0);
}

const gchar *
vs_feed_source_get_reason (const VsFeedSource *source)
{
  return source->reason;
}

guint
vs_feed_source_get_reconnects (const VsFeedSource *source)
{
  return source->reconnects;
}
