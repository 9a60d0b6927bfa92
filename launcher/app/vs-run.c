/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-run.h"

#include "app/vs-child.h"
#include "app/vs-exit.h"
#include "app/vs-spec.h"
#include "app/vs-summary.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* A worker that was asked to end, or that said it has ended, is given this
 * long before it is killed. */
#define GRACE_S 30

/* timeout(1) and some supervisors signal the process and then its group: a
 * second signal within this time is the same one. */
#define ECHO_US (G_USEC_PER_SEC / 2)

struct _VsRun {
  const VsPreset *preset;
  gboolean check;
  VsProgress *progress;
  VsRunChanged changed;
  VsRunPublished published; /* or NULL */
  VsRunTold told;           /* or NULL */
  gpointer user_data;
  GMainLoop *loop;
  VsChild *child;
  VsStatus *status;
  GError *error; /* what the worker reported */
  VsStage stage;
  gboolean finished; /* the worker said so */
  gboolean whole;
  gint signum;        /* what we were stopped with, 0: nothing */
  gint64 signal_us;   /* and when */
  gboolean killed;    /* by a second signal */
  gboolean timed_out; /* killed when the grace was over */
  guint grace_id;
  gint exit_code;
};

static void
notify (VsRun *self)
{
  vs_progress_update (self->progress, self->status, g_get_monotonic_time ());
  if (self->changed)
    self->changed (self->status, self->user_data);
}

static gboolean
on_grace_over (gpointer user_data)
{
  VsRun *self = user_data;

  self->grace_id = 0;
  self->timed_out = TRUE;
  vs_progress_say (self->progress, VS_LOG_ERROR,
      "vstream-launcher: The worker has not ended within %d s and is killed.",
      GRACE_S);
  vs_child_kill (self->child);
  return G_SOURCE_REMOVE;
}

static void
start_grace (VsRun *self)
{
  if (self->grace_id == 0)
    self->grace_id = g_timeout_add_seconds (GRACE_S, on_grace_over, self);
}

static const gchar *
get_text (JsonObject *event, const gchar *member)
{
  return json_object_get_string_member_with_default (event, member, "");
}

static void
handle_error (VsRun *self, JsonObject *event)
{
  const gchar *detail = get_text (event, "detail");

  if (self->error) /* the first is the cause */
    return;
  self->error = g_error_new_literal (VS_ERROR,
      vs_exit_error_from_name (get_text (event, "code")),
      get_text (event, "message"));
  self->stage =
      json_object_get_boolean_member_with_default (event, "running", FALSE)
          ? VS_STAGE_RUN
          : VS_STAGE_SETUP;
  vs_progress_say (self->progress, VS_LOG_ERROR, "vstream-launcher: %s",
      self->error->message);
  if (*detail)
    vs_progress_say (self->progress, VS_LOG_DEBUG, "  %s", detail);
  start_grace (self);
}

static void
handle_finished (VsRun *self, JsonObject *event)
{
  self->finished = TRUE;
  self->whole =
      json_object_get_boolean_member_with_default (event, "whole", FALSE);
  start_grace (self);
}

static void
handle_object (VsRun *self, JsonObject *event)
{
  const gchar *key = get_text (event, "key");
  gint64 size = json_object_get_int_member_with_default (event, "size", 0);

  vs_progress_say (self->progress, VS_LOG_DEBUG,
      "Published %s (%" G_GINT64_FORMAT " bytes).", key, size);
  if (self->published)
    self->published (key, size, self->user_data);
}

/* "live", "holding", "slate", …: what viewers see of the feed. */
static void
say_feed (VsRun *self, JsonObject *event)
{
  const gchar *reason = get_text (event, "reason");

  vs_progress_say (self->progress, VS_LOG_INFO, "The feed: %s%s%s",
      get_text (event, "state"), *reason ? ": " : "", reason);
}

static void
on_event (JsonObject *event, gpointer user_data)
{
  VsRun *self = user_data;
  const gchar *name = get_text (event, "event");

  vs_status_apply (self->status, event, g_get_monotonic_time ());
  if (self->told)
    self->told (event, self->user_data);
  if (g_str_equal (name, "error"))
    handle_error (self, event);
  else if (g_str_equal (name, "warning"))
    vs_progress_say (self->progress, VS_LOG_WARNING, "Warning: %s",
        get_text (event, "message"));
  else if (g_str_equal (name, "info"))
    vs_progress_say (
        self->progress, VS_LOG_INFO, "%s", get_text (event, "message"));
  else if (g_str_equal (name, "check"))
    (void) printf ("%s\n", get_text (event, "line"));
  else if (g_str_equal (name, "vstream-object"))
    handle_object (self, event);
  else if (g_str_equal (name, "vstream-feed"))
    say_feed (self, event);
  else if (g_str_equal (name, "finishing"))
    start_grace (self);
  else if (g_str_equal (name, "finished"))
    handle_finished (self, event);
  notify (self);
}

/* What the worker's libraries say: shown as it is. */
static void
on_text (const gchar *line, gpointer user_data)
{
  VsRun *self = user_data;

  if (*line)
    vs_progress_say (self->progress, VS_LOG_WARNING, "%s", line);
}

static gint
judge_crash (VsRun *self, gint status, gint signum)
{
  self->status->state = "failed";
  if (self->timed_out) /* it has been said */
    return EX_SOFTWARE;
  if (signum)
    vs_progress_say (self->progress, VS_LOG_ERROR,
        "vstream-launcher: The worker crashed (SIG%s, %s). What it had "
        "published stays, and its manifests are not closed.",
        sigabbrev_np (signum), g_strsignal (signum));
  else
    vs_progress_say (self->progress, VS_LOG_ERROR,
        "vstream-launcher: The worker ended without a result (status %d). "
        "--log-level debug shows more.",
        status);
  return EX_SOFTWARE;
}

static gint
judge (VsRun *self, gint status, gint signum)
{
  if (self->error)
    return vs_exit_from_error (self->error, self->stage);
  if (self->finished && self->whole)
    return EX_OK;
  if (self->finished || self->killed)
    return vs_exit_from_signal (self->signum ? self->signum : SIGTERM);
  return judge_crash (self, status, signum);
}

static void
on_exited (gint status, gint signum, gpointer user_data)
{
  VsRun *self = user_data;

  g_clear_handle_id (&self->grace_id, g_source_remove);
  if (self->killed && !self->finished)
    self->status->state = "interrupted";
  self->exit_code = judge (self, status, signum);
  if (self->told)
    self->told (NULL, self->user_data);
  if (self->changed)
    self->changed (self->status, self->user_data);
  g_main_loop_quit (self->loop);
}

VsRun *
vs_run_new (const VsPreset *preset, gboolean check, VsProgress *progress,
    VsRunChanged changed, gpointer user_data)
{
  VsRun *self = g_new0 (VsRun, 1);

  self->preset = preset;
  self->check = check;
  self->progress = progress;
  self->changed = changed;
  self->user_data = user_data;
  self->loop = g_main_loop_new (NULL, FALSE);
  self->status = vs_status_new (preset);
  return self;
}

void
vs_run_free (VsRun *self)
{
  if (!self)
    return;
  g_clear_handle_id (&self->grace_id, g_source_remove);
  vs_child_free (self->child);
  vs_status_free (self->status);
  g_clear_error (&self->error);
  g_main_loop_unref (self->loop);
  g_free (self);
}

void
vs_run_set_published (VsRun *self, VsRunPublished published)
{
  self->published = published;
}

void
vs_run_set_told (VsRun *self, VsRunTold told)
{
  self->told = told;
}

gboolean
vs_run_send (VsRun *self, const gchar *line)
{
  return self->child && vs_child_send (self->child, line);
}

gint
vs_run_execute (VsRun *self)
{
  static const VsChildHandlers handlers = { on_event, on_text, on_exited };
  VsChildLimits limits = { .copies = vs_preset_copies (self->preset) };
  g_autofree gchar *job = vs_spec_to_json (self->preset, self->check);
  g_autoptr (GError) error = NULL;

  self->child = vs_child_spawn (job, &limits, &handlers, self, &error);
  if (!self->child) {
    vs_progress_say (
        self->progress, VS_LOG_ERROR, "vstream-launcher: %s", error->message);
    return vs_exit_from_error (error, VS_STAGE_SETUP);
  }
  g_main_loop_run (self->loop);
  vs_progress_end (self->progress);
  if (!self->check && self->exit_code == EX_OK)
    vs_summary_print (self->status, self->preset->output_location);
  return self->exit_code;
}

void
vs_run_signal (VsRun *self, gint signum)
{
  gint64 now = g_get_monotonic_time ();

  if (!self->child)
    return;
  if (self->signum && now - self->signal_us < ECHO_US)
    return;
  if (self->signum) {
    self->killed = TRUE;
    vs_child_kill (self->child);
    return;
  }
  self->signum = signum;
  self->signal_us = now;
  self->status->state = "finishing";
  vs_progress_say (self->progress, VS_LOG_INFO,
      self->status->live
          ? "Stopping: the last segments are completed and the playlists are "
            "closed. Once more to end at once."
          : "Stopping. What is published stays, without an end mark.");
  vs_child_stop (self->child);
  start_grace (self);
  notify (self);
}

gboolean
vs_run_was_stopped (const VsRun *self)
{
  return self->signum != 0;
}
