/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-state.h"

static const gchar *const life_names[VS_N_LIVES] = {
  [VS_LIFE_VOD] = "VOD job",
  [VS_LIFE_LIVE] = "live job",
  [VS_LIFE_CHANNEL] = "channel",
  [VS_LIFE_ASSET] = "asset",
};

static const gchar *const state_names[VS_N_STATES] = {
  [VS_STATE_CREATED] = "created",
  [VS_STATE_QUEUED] = "queued",
  [VS_STATE_ASSIGNED] = "assigned",
  [VS_STATE_RUNNING] = "running",
  [VS_STATE_PUBLISHING] = "publishing",
  [VS_STATE_SUCCEEDED] = "succeeded",
  [VS_STATE_FAILED] = "failed",
  [VS_STATE_CANCELED] = "canceled",
  [VS_STATE_STREAMING] = "streaming",
  [VS_STATE_PAUSED] = "paused",
  [VS_STATE_RECOVERING] = "recovering",
  [VS_STATE_STOPPING] = "stopping",
  [VS_STATE_STOPPED] = "stopped",
  [VS_STATE_IDLE] = "idle",
  [VS_STATE_STARTING] = "starting",
  [VS_STATE_PREPARING] = "preparing",
  [VS_STATE_READY] = "ready",
  [VS_STATE_ERRORED] = "errored",
};

/* As they read in "A VOD job cannot be … while it is queued." */
static const struct {
  const gchar *name, *participle;
} events[VS_N_EVENTS] = {
  [VS_EVENT_SUBMIT] = { "submit", "submitted" },
  [VS_EVENT_CLAIM] = { "claim", "claimed" },
  [VS_EVENT_START] = { "start", "started" },
  [VS_EVENT_INPUT] = { "input", "given input" },
  [VS_EVENT_SILENCE] = { "silence", "without input" },
  [VS_EVENT_PUBLISH] = { "publish", "published" },
  [VS_EVENT_FINISH] = { "finish", "finished" },
  [VS_EVENT_FAIL] = { "fail", "failed" },
  [VS_EVENT_LOSE] = { "lose", "lost" },
  [VS_EVENT_STOP] = { "stop", "stopped" },
  [VS_EVENT_PAUSE] = { "pause", "paused" },
  [VS_EVENT_RESUME] = { "resume", "resumed" },
  [VS_EVENT_CANCEL] = { "cancel", "canceled" },
  [VS_EVENT_RETRY] = { "retry", "tried again" },
  [VS_EVENT_REMOVE] = { "remove", "removed" },
};

typedef struct {
  VsState first;
  guint32 final; /* a bit a state */
  guint8 next[VS_N_STATES][VS_N_EVENTS];
} Life;

#define BIT(state) (1u << VS_STATE_##state)
#define ON(event, state) [VS_EVENT_##event] = VS_STATE_##state

/* What is asked for twice is granted twice: a cancel of what is canceled, a
 * stop of what is stopping. */
static const Life lives[VS_N_LIVES] = {
  [VS_LIFE_VOD] = { VS_STATE_QUEUED,
      BIT (SUCCEEDED) | BIT (FAILED) | BIT (CANCELED),
      {
          [VS_STATE_QUEUED] = { ON (CLAIM, ASSIGNED), ON (FAIL, FAILED),
              ON (CANCEL, CANCELED) },
          [VS_STATE_ASSIGNED] = { ON (START, RUNNING), ON (FAIL, FAILED),
              ON (LOSE, QUEUED), ON (CANCEL, CANCELED) },
          [VS_STATE_RUNNING] = { ON (PUBLISH, PUBLISHING),
              ON (FINISH, SUCCEEDED), ON (FAIL, FAILED), ON (LOSE, QUEUED),
              ON (CANCEL, CANCELED) },
          [VS_STATE_PUBLISHING] = { ON (FINISH, SUCCEEDED), ON (FAIL, FAILED),
              ON (LOSE, QUEUED), ON (CANCEL, CANCELED) },
          [VS_STATE_SUCCEEDED] = { ON (REMOVE, SUCCEEDED) },
          [VS_STATE_FAILED] = { ON (RETRY, QUEUED), ON (REMOVE, FAILED) },
          [VS_STATE_CANCELED] = { ON (CANCEL, CANCELED), ON (RETRY, QUEUED),
              ON (REMOVE, CANCELED) },
      } },
  [VS_LIFE_LIVE] = { VS_STATE_CREATED, BIT (STOPPED) | BIT (FAILED),
      {
          [VS_STATE_CREATED] = { ON (SUBMIT, QUEUED), ON (STOP, STOPPED),
              ON (CANCEL, STOPPED), ON (REMOVE, CREATED) },
          [VS_STATE_QUEUED] = { ON (CLAIM, RUNNING), ON (FAIL, FAILED),
              ON (STOP, STOPPED), ON (CANCEL, STOPPED) },
          [VS_STATE_RUNNING] = { ON (START, RUNNING), ON (INPUT, STREAMING),
              ON (SILENCE, RUNNING), ON (PUBLISH, STOPPING),
              ON (FINISH, STOPPED), ON (FAIL, FAILED), ON (LOSE, RECOVERING),
              ON (STOP, STOPPING), ON (PAUSE, PAUSED), ON (CANCEL, STOPPED) },
          [VS_STATE_STREAMING] = { ON (INPUT, STREAMING), ON (SILENCE, RUNNING),
              ON (PUBLISH, STOPPING), ON (FINISH, STOPPED), ON (FAIL, FAILED),
              ON (LOSE, RECOVERING), ON (STOP, STOPPING), ON (PAUSE, PAUSED),
              ON (CANCEL, STOPPED) },
          [VS_STATE_PAUSED] = { ON (INPUT, PAUSED), ON (SILENCE, PAUSED),
              ON (PUBLISH, STOPPING), ON (FINISH, STOPPED), ON (FAIL, FAILED),
              ON (LOSE, RECOVERING), ON (STOP, STOPPING), ON (PAUSE, PAUSED),
              ON (RESUME, STREAMING), ON (CANCEL, STOPPED) },
          [VS_STATE_RECOVERING] = { ON (CLAIM, RUNNING), ON (FAIL, FAILED),
              ON (STOP, STOPPED), ON (RESUME, RECOVERING),
              ON (CANCEL, STOPPED) },
          [VS_STATE_STOPPING] = { ON (START, STOPPING), ON (INPUT, STOPPING),
              ON (SILENCE, STOPPING), ON (PUBLISH, STOPPING),
              ON (FINISH, STOPPED), ON (FAIL, FAILED), ON (LOSE, STOPPED),
              ON (STOP, STOPPING), ON (CANCEL, STOPPED) },
          [VS_STATE_STOPPED] = { ON (STOP, STOPPED), ON (CANCEL, STOPPED),
              ON (RETRY, QUEUED), ON (REMOVE, STOPPED) },
          [VS_STATE_FAILED] = { ON (RETRY, QUEUED), ON (REMOVE, FAILED) },
      } },
  [VS_LIFE_CHANNEL] = { VS_STATE_IDLE, BIT (IDLE) | BIT (FAILED),
      {
          [VS_STATE_IDLE] = { ON (START, STARTING), ON (STOP, IDLE),
              ON (REMOVE, IDLE) },
          [VS_STATE_STARTING] = { ON (START, STARTING), ON (INPUT, RUNNING),
              ON (FAIL, FAILED), ON (LOSE, RECOVERING), ON (STOP, STOPPING) },
          [VS_STATE_RUNNING] = { ON (START, RUNNING), ON (INPUT, RUNNING),
              ON (FAIL, FAILED), ON (LOSE, RECOVERING), ON (STOP, STOPPING) },
          [VS_STATE_RECOVERING] = { ON (START, RECOVERING), ON (INPUT, RUNNING),
              ON (FAIL, FAILED), ON (LOSE, RECOVERING), ON (STOP, STOPPING) },
          [VS_STATE_STOPPING] = { ON (INPUT, STOPPING), ON (FINISH, IDLE),
              ON (FAIL, FAILED), ON (LOSE, IDLE), ON (STOP, STOPPING) },
          [VS_STATE_FAILED] = { ON (START, STARTING), ON (STOP, FAILED),
              ON (REMOVE, FAILED) },
      } },
  [VS_LIFE_ASSET] = { VS_STATE_PREPARING, BIT (READY) | BIT (ERRORED),
      {
          [VS_STATE_PREPARING] = { ON (FINISH, READY), ON (FAIL, ERRORED) },
          [VS_STATE_READY] = { ON (REMOVE, READY) },
          [VS_STATE_ERRORED] = { ON (RETRY, PREPARING), ON (REMOVE, ERRORED) },
      } },
};

VsState
vs_state_next (VsLife life, VsState state, VsEvent event, GError **error)
{
  VsState next = (VsState) lives[life].next[state][event];

  if (next == VS_STATE_ILLEGAL)
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "A %s cannot be %s while it is %s.", life_names[life],
        events[event].participle,
        state_names[state] ? state_names[state] : "in no state");
  return next;
}

gboolean
vs_state_is_final (VsLife life, VsState state)
{
  return (lives[life].final >> state & 1) != 0;
}

VsState
vs_state_first (VsLife life)
{
  return lives[life].first;
}

const gchar *
vs_state_name (VsState state)
{
  return state_names[state];
}

VsState
vs_state_from_name (const gchar *name)
{
  for (guint i = 1; i < VS_N_STATES; i++)
    if (g_strcmp0 (state_names[i], name) == 0)
      return (VsState) i;
  return VS_STATE_ILLEGAL;
}

const gchar *
vs_event_name (VsEvent event)
{
  return events[event].name;
}

const gchar *
vs_life_name (VsLife life)
{
  return life_names[life];
}

gboolean
vs_state_belongs (VsLife life, VsState state)
{
  for (guint i = 0; i < VS_N_EVENTS; i++)
    if (lives[life].next[state][i] != VS_STATE_ILLEGAL)
      return TRUE;
  return vs_state_is_final (life, state);
}
