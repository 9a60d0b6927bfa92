/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-attempt.h"

#include "app/vs-exit.h"
#include "app/vs-spec.h"
#include "jobs/vs-log-file.h"

#include <string.h>

/* A worker that has said its last word has this long to go. */
#define GRACE_US (30 * G_USEC_PER_SEC)

#define NEVER G_MAXINT64

/* What a shell and bubblewrap make of a signal. */
#define SIGNAL_STATUS 128

/* Before that its start is most of what it has taken. */
#define WEIGHED_AFTER_S 10

struct _VsAttempt {
  VsJob *job;
  VsAttemptHandlers handlers;
  gpointer user_data;
  VsChild *child;
  VsPreset *preset;
  VsStatus *status;
  VsLogFile *log;
  VsCost expected;
  gint64 heartbeat_us, hang_us;

  GSource *alarm;
  gint64 started, beat, moved; /* monotonic µs */
  gint64 grace;                /* when it is over; NEVER: not begun */
  gint64 position;             /* at the last movement */
  guint64 objects;
  gint64 cpu_us, rss;
  VsPublished published;
  gboolean finished, whole, has_input;
  gint code;
  gchar *message; /* of the error, or why it was killed */
  gboolean failed, killed;
};

static const gchar *
get_text (JsonObject *event, const gchar *member)
{
  return json_object_get_string_member_with_default (event, member, "");
}

static void
set_alarm (VsAttempt *self)
{
  gint64 due =
      MIN (self->beat + self->heartbeat_us, self->moved + self->hang_us);

  g_source_set_ready_time (self->alarm, MIN (due, self->grace));
}

static void
set_message (VsAttempt *self, gint code, const gchar *message)
{
  if (self->message) /* the first is the cause */
    return;
  self->code = code;
  self->message = g_strdup (message);
}

void
vs_attempt_kill (VsAttempt *self, const gchar *reason)
{
  self->killed = TRUE;
  set_message (self, VS_ERROR_INTERNAL, reason);
  vs_log_file_write (self->log, reason);
  self->beat = self->moved = NEVER / 2; /* the alarm has nothing to say now */
  self->grace = NEVER;
  set_alarm (self);
  vs_child_kill (self->child);
}

static gboolean
on_alarm (gpointer user_data)
{
  VsAttempt *self = user_data;
  gint64 now = g_get_monotonic_time ();
  g_autofree gchar *reason = NULL;

  if (now >= self->grace)
    reason = g_strdup ("The worker did not end and was killed.");
  else if (now >= self->beat + self->heartbeat_us)
    reason = g_strdup_printf (
        "The worker gave no sign of life for %d s and was killed.",
        (gint) (self->heartbeat_us / G_USEC_PER_SEC));
  else if (now >= self->moved + self->hang_us)
    reason = g_strdup_printf (
        "The job made no progress for %d s and its worker was killed.",
        (gint) (self->hang_us / G_USEC_PER_SEC));
  if (reason)
    vs_attempt_kill (self, reason);
  else
    set_alarm (self);
  return G_SOURCE_CONTINUE;
}

static void
start_grace (VsAttempt *self)
{
  if (self->grace == NEVER)
    self->grace = g_get_monotonic_time () + GRACE_US;
  set_alarm (self);
}

static void
note_life (VsAttempt *self)
{
  if (self->killed)
    return;
  self->beat = g_get_monotonic_time ();
  if (self->status->position_us != self->position ||
      self->status->objects != self->objects) {
    self->moved = self->beat;
    self->position = self->status->position_us;
    self->objects = self->status->objects;
  }
  set_alarm (self);
}

static void
handle_error (VsAttempt *self, JsonObject *event)
{
  const gchar *detail = get_text (event, "detail");

  self->failed = TRUE;
  set_message (self, vs_exit_error_from_name (get_text (event, "code")),
      get_text (event, "message"));
  vs_log_file_write (self->log, get_text (event, "message"));
  if (*detail)
    vs_log_file_write (self->log, detail);
  start_grace (self);
}

static void
tell_input (VsAttempt *self, gboolean there)
{
  self->has_input = there;
  self->handlers.event (
      self, there ? VS_EVENT_INPUT : VS_EVENT_SILENCE, self->user_data);
}

static gboolean
has_manifest (const VsAttempt *self, const gchar *name)
{
  return g_ptr_array_find_with_equal_func (
      self->status->manifests, name, g_str_equal, NULL);
}

/* No feed of ours says that a channel has begun: its manifests do, all that a
 * player may begin with. */
static gboolean
is_listed (const VsAttempt *self)
{
  const VsPreset *preset = self->preset;

  if (preset->launch)
    return self->status->objects > 0;
  return preset->type == VS_PRESET_CHANNEL &&
         (!preset->hls || has_manifest (self, preset->hls_name)) &&
         (!preset->dash || has_manifest (self, preset->dash_name));
}

static void
handle_state (VsAttempt *self, const gchar *name, JsonObject *event)
{
  if (g_str_equal (name, "vstream-object"))
    self->published.last_us = self->beat;
  if (g_str_equal (name, "running")) {
    self->handlers.event (self, VS_EVENT_START, self->user_data);
  } else if (g_str_equal (name, "finishing")) {
    self->handlers.event (self, VS_EVENT_PUBLISH, self->user_data);
  } else if (g_str_equal (name, "vstream-feed")) {
    const gchar *state = get_text (event, "state");

    vs_log_file_write (self->log, state);
    tell_input (self, g_str_equal (state, "streaming"));
  } else if (self->status->live && !self->has_input && is_listed (self)) {
    tell_input (self, TRUE);
  }
}

static guint64
get_count (JsonObject *event, const gchar *member)
{
  gint64 value = json_object_get_int_member_with_default (event, member, 0);

  return (guint64) MAX (value, 0);
}

static void
take_published (VsAttempt *self, JsonObject *event)
{
  VsPublished *published = &self->published;

  published->gaps = get_count (event, "gaps");
  published->dropped = get_count (event, "dropped");
  published->s3_requests = get_count (event, "s3-requests");
  published->s3_retries = get_count (event, "s3-retries");
  published->waiting = get_count (event, "bytes-in-flight");
}

static void
on_event (JsonObject *event, gpointer user_data)
{
  VsAttempt *self = user_data;
  const gchar *name = get_text (event, "event");

  vs_status_apply (self->status, event, g_get_monotonic_time ());
  note_life (self);
  if (self->handlers.told)
    self->handlers.told (self, event, self->user_data);
  if (g_str_equal (name, "heartbeat")) {
    self->cpu_us = json_object_get_int_member_with_default (event, "cpu", 0);
    self->rss = json_object_get_int_member_with_default (event, "rss", 0);
    take_published (self, event);
    self->handlers.beat (self, self->user_data);
  } else if (g_str_equal (name, "error")) {
    handle_error (self, event);
  } else if (g_str_equal (name, "warning") || g_str_equal (name, "info")) {
    vs_log_file_write (self->log, get_text (event, "message"));
  } else if (g_str_equal (name, "finished")) {
    self->finished = TRUE;
    self->whole =
        json_object_get_boolean_member_with_default (event, "whole", FALSE);
    start_grace (self);
  } else {
    handle_state (self, name, event);
  }
}

static void
on_text (const gchar *line, gpointer user_data)
{
  VsAttempt *self = user_data;

  if (*line)
    vs_log_file_write (self->log, line);
}

static gchar *
explain_end (gint status, gint signum)
{
  if (signum == 0 && status > SIGNAL_STATUS)
    signum = status - SIGNAL_STATUS;
  if (signum)
    return g_strdup_printf ("The worker was killed by a signal (SIG%s).",
        sigabbrev_np (signum) ? sigabbrev_np (signum) : "?");
  return g_strdup_printf (
      "The worker ended without a result (status %d).", status);
}

static VsCost
measure (const VsAttempt *self, gdouble wall)
{
  return (VsCost){ (gdouble) self->cpu_us / G_USEC_PER_SEC / MAX (wall, 0.1),
    (guint64) MAX (self->rss, 0) };
}

static gdouble
get_wall (const VsAttempt *self)
{
  return (gdouble) (g_get_monotonic_time () - self->started) / G_USEC_PER_SEC;
}

static void
on_exited (gint status, gint signum, gpointer user_data)
{
  VsAttempt *self = user_data;
  VsOutcome outcome = { VS_OUTCOME_LOST, VS_ERROR_INTERNAL, NULL, { 0 }, 0 };

  outcome.wall = get_wall (self);
  outcome.cost = measure (self, outcome.wall);
  if (self->finished && self->whole && status == 0 && signum == 0) {
    outcome.kind = VS_OUTCOME_FINISHED;
  } else if (!self->message) {
    g_autofree gchar *reason = explain_end (status, signum);

    set_message (self, VS_ERROR_INTERNAL, reason);
    vs_log_file_write (self->log, reason);
  }
  if (outcome.kind != VS_OUTCOME_FINISHED && self->failed)
    outcome.kind = VS_OUTCOME_FAILED;
  outcome.code = self->code;
  outcome.message = self->message;
  self->handlers.ended (self, &outcome, self->user_data);
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs alarm_funcs = { NULL, NULL, dispatch, NULL };

VsAttempt *
vs_attempt_start (VsJob *job, const gchar *spec, const VsAttemptPlan *plan,
    const VsAttemptHandlers *handlers, gpointer user_data, GError **error)
{
  static const VsChildHandlers child_handlers = { on_event, on_text,
    on_exited };
  g_autoptr (VsAttempt) self = g_new0 (VsAttempt, 1);
  gboolean check = FALSE;

  self->job = job;
  self->handlers = *handlers;
  self->user_data = user_data;
  self->heartbeat_us = plan->heartbeat_us;
  self->hang_us = plan->hang_us;
  self->started = self->beat = self->moved = g_get_monotonic_time ();
  self->published.last_us = self->started;
  self->grace = NEVER;
  self->preset = vs_spec_from_json (spec, &check, error);
  if (!self->preset)
    return NULL;
  self->status = vs_status_new (self->preset);
  self->log = vs_log_file_open (plan->log_path);
  self->child =
      vs_child_spawn (spec, plan->limits, &child_handlers, self, error);
  if (!self->child)
    return NULL;
  self->alarm = g_source_new (&alarm_funcs, sizeof (GSource));
  g_source_set_callback (self->alarm, on_alarm, self, NULL);
  g_source_attach (self->alarm, NULL);
  set_alarm (self);
  return g_steal_pointer (&self);
}

void
vs_attempt_free (VsAttempt *self)
{
  if (!self)
    return;
  vs_child_free (self->child);
  if (self->alarm) {
    g_source_destroy (self->alarm);
    g_source_unref (self->alarm);
  }
  vs_status_free (self->status);
  g_clear_pointer (&self->preset, vs_preset_free);
  vs_log_file_close (self->log);
  vs_job_free (self->job);
  g_free (self->message);
  g_free (self);
}

static gboolean
on_free (gpointer user_data)
{
  vs_attempt_free (user_data);
  return G_SOURCE_REMOVE;
}

void
vs_attempt_free_later (VsAttempt *self)
{
  g_idle_add (on_free, self);
}

VsJob *
vs_attempt_get_job (VsAttempt *self)
{
  return self->job;
}

const VsStatus *
vs_attempt_get_status (const VsAttempt *self)
{
  return self->status;
}

gint
vs_attempt_get_pid (const VsAttempt *self)
{
  return vs_child_get_pid (self->child);
}

VsPublished
vs_attempt_get_published (const VsAttempt *self)
{
  VsPublished published = self->published;

  published.objects = self->status->objects;
  published.bytes = self->status->bytes;
  return published;
}

VsCost
vs_attempt_get_cost (const VsAttempt *self)
{
  return self->expected;
}

gboolean
vs_attempt_weigh (const VsAttempt *self, VsCost *cost)
{
  gdouble wall = get_wall (self);

  *cost = wall < WEIGHED_AFTER_S ? self->expected : measure (self, wall);
  return wall >= WEIGHED_AFTER_S;
}

void
vs_attempt_set_cost (VsAttempt *self, VsCost cost)
{
  self->expected = cost;
}

gboolean
vs_attempt_send (VsAttempt *self, const gchar *line)
{
  return !self->killed && vs_child_send (self->child, line);
}

void
vs_attempt_stop (VsAttempt *self)
{
  vs_log_file_write (self->log, "The job is asked to stop.");
  vs_child_stop (self->child);
  start_grace (self);
}
