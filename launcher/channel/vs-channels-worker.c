/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The workers of channels: started, heard, lost, started again. */
#include "channel/vs-channels-private.h"

#include "app/vs-spec.h"

/* A worker that ran so long before it was lost begins to count anew. */
#define GOOD_RUN_S 60

/* The back-off doubles up to so many times. */
#define DOUBLINGS_MAX 6

static gboolean
send_to_worker (const gchar *line, gpointer user_data)
{
  VsChannel *channel = user_data;

  return channel->attempt && vs_attempt_send (channel->attempt, line);
}

static VsChannel *
get_channel (VsChannels *self, VsAttempt *attempt)
{
  return vs_channels_find (self, vs_attempt_get_job (attempt)->id);
}

static void
on_event (VsAttempt *attempt, VsEvent event, gpointer user_data)
{
  VsChannels *self = user_data;
  VsChannel *channel = get_channel (self, attempt);

  if (event != VS_EVENT_INPUT || !channel)
    return;
  vs_channels_set_error (channel, 0, NULL);
  (void) vs_channels_apply (self, channel, VS_EVENT_INPUT);
}

static void
tell_weight (VsChannels *self)
{
  if (self->listener.weighed)
    self->listener.weighed (self->user_data);
}

/* Once it can be measured, jobs need not wait for what was expected of it. */
static void
on_beat (VsAttempt *attempt, gpointer user_data)
{
  VsChannels *self = user_data;
  VsChannel *channel = get_channel (self, attempt);
  VsCost cost;

  if (!channel || channel->weighed || !vs_attempt_weigh (attempt, &cost))
    return;
  channel->weighed = TRUE;
  tell_weight (self);
}

/* What it has taken is what the next worker of the preset is expected to. */
static void
learn (VsChannels *self, VsChannel *channel, VsAttempt *attempt)
{
  VsCost cost;

  if (vs_attempt_weigh (attempt, &cost))
    vs_costs_learn (self->db, channel->preset, cost);
  channel->weighed = FALSE;
}

static void
on_worker_told (VsAttempt *attempt, JsonObject *event, gpointer user_data)
{
  VsChannel *channel = get_channel (user_data, attempt);

  if (channel && channel->link)
    vs_link_take (channel->link, event);
}

static gboolean
on_timer (gpointer user_data)
{
  VsChannel *channel = user_data;

  channel->timer_id = 0;
  vs_channels_start_worker (channel->owner_data, channel);
  return G_SOURCE_REMOVE;
}

/* With jitter, so that what was lost together does not come back together. */
static void
start_later (VsChannels *self, VsChannel *channel)
{
  guint doublings =
      (guint) CLAMP ((gint) channel->losses - 1, 0, DOUBLINGS_MAX);
  gdouble delay_ms = (gdouble) (self->config->retry_us << doublings) / 1000.0;

  if (self->running && channel->timer_id == 0)
    channel->timer_id =
        g_timeout_add ((guint) (delay_ms * g_random_double_range (0.5, 1.5)),
            on_timer, channel);
}

/* Trying again helps against what is not in the channel itself. */
static gboolean
may_come_right (gint code)
{
  return code != VS_ERROR_BAD_VALUE && code != VS_ERROR_NO_PLUGIN &&
         code != VS_ERROR_NOT_PERMITTED;
}

static void
take_loss (VsChannels *self, VsChannel *channel, const VsOutcome *outcome)
{
  gboolean stopping = channel->state == VS_STATE_STOPPING;
  gboolean again =
      outcome->kind != VS_OUTCOME_FAILED || may_come_right (outcome->code);

  channel->losses = outcome->wall > GOOD_RUN_S ? 1 : channel->losses + 1;
  if (outcome->kind == VS_OUTCOME_FINISHED && stopping) {
    channel->losses = 0;
    (void) vs_channels_apply (self, channel, VS_EVENT_FINISH);
    return;
  }
  if (!stopping || outcome->kind == VS_OUTCOME_FAILED)
    vs_channels_set_error (channel, outcome->code,
        outcome->message ? outcome->message : VS_CHANNELS_GONE);
  channel->wanted = again && !stopping;
  (void) vs_channels_apply (
      self, channel, again ? VS_EVENT_LOSE : VS_EVENT_FAIL);
  vs_channels_save (self, channel);
  if (channel->wanted)
    start_later (self, channel);
}

static void
on_ended (VsAttempt *attempt, const VsOutcome *outcome, gpointer user_data)
{
  VsChannels *self = user_data;
  VsChannel *channel = get_channel (self, attempt);

  vs_starter_tidy (self->starter, vs_attempt_get_job (attempt), TRUE);
  if (channel) {
    learn (self, channel, attempt);
    channel->attempt = NULL;
    vs_link_break (channel->link, VS_CHANNELS_GONE);
    g_clear_pointer (&channel->link, vs_link_free);
    take_loss (self, channel, outcome);
    tell_weight (self);
  }
  vs_attempt_free_later (attempt);
}

/* The spec with this channel's own queue and filler in it. */
static gchar *
make_spec (VsChannels *self, const VsChannel *channel, GError **error)
{
  gboolean check = FALSE;
  g_autoptr (VsPreset) preset =
      vs_spec_from_json (channel->spec, &check, error);
  g_autofree gchar *folder =
      vs_folders_get_path (self->folders, "queues", channel->id);

  if (!preset)
    return NULL;
  g_free (preset->queue_location);
  preset->queue_location = g_strconcat ("sqlite://", folder, "/queue.db", NULL);
  g_free (preset->queue_asrun);
  preset->queue_asrun = g_build_filename (folder, "as-run.log", NULL);
  g_free (preset->queue_assets);
  preset->queue_assets = vs_folders_get_path (self->folders, "media", NULL);
  if (channel->filler) {
    g_free (preset->queue_filler);
    preset->queue_filler = *channel->filler ? g_strdup (channel->filler) : NULL;
  }
  return vs_spec_to_json (preset, FALSE);
}

static VsJob *
make_job (VsChannels *self, const VsChannel *channel, GError **error)
{
  g_autofree gchar *spec = make_spec (self, channel, error);
  VsJob *job;

  if (!spec)
    return NULL;
  job = g_new0 (VsJob, 1);
  job->id = g_strdup (channel->id);
  job->life = VS_LIFE_LIVE;
  job->state = VS_STATE_RUNNING;
  job->owner = g_strdup (channel->owner);
  job->preset = g_strdup (channel->preset);
  job->spec = g_steal_pointer (&spec);
  job->started = job->token = g_get_real_time ();
  return job;
}

void
vs_channels_start_worker (VsChannels *self, VsChannel *channel)
{
  static const VsAttemptHandlers handlers = { on_event, on_beat, on_ended,
    on_worker_told };
  g_autoptr (GError) error = NULL;
  VsOutcome outcome = { VS_OUTCOME_FAILED, 0, NULL, { 0 }, 0 };
  VsJob *job;

  if (!self->running || channel->attempt)
    return;
  g_clear_handle_id (&channel->timer_id, g_source_remove);
  g_clear_pointer (&channel->desk, vs_desk_file_close);
  job = make_job (self, channel, &error);
  if (job)
    channel->attempt =
        vs_starter_start (self->starter, job, &handlers, self, &error);
  if (channel->attempt) {
    vs_attempt_set_cost (channel->attempt,
        vs_costs_get (self->db, channel->preset, vs_costs_guess));
    channel->link = vs_link_new (send_to_worker, vs_channels_on_told, channel);
    return;
  }
  outcome.code = error->code;
  outcome.message = error->message;
  take_loss (self, channel, &outcome);
}

/* Asked to, it closes its playlists; where no worker is, it is idle now. */
void
vs_channels_stop_worker (VsChannels *self, VsChannel *channel)
{
  g_clear_handle_id (&channel->timer_id, g_source_remove);
  channel->losses = 0;
  vs_channels_set_error (channel, 0, NULL);
  if (channel->attempt)
    vs_attempt_stop (channel->attempt);
  else if (channel->state == VS_STATE_STOPPING)
    (void) vs_channels_apply (self, channel, VS_EVENT_FINISH);
}
