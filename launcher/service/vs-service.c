/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/vs-service.h"

#include "api/vs-api.h"
#include "app/vs-exit.h"
#include "channel/vs-channel-store.h"
#include "http/vs-http-api.h"
#include "http/vs-http-hooks.h"
#include "jobs/vs-event-log.h"
#include "jobs/vs-hook-setup.h"
#include "jobs/vs-scheduler.h"
#include "jobs/vs-secret-file.h"
#include "jobs/vs-token-store.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

typedef struct {
  const VsConfig *config;
  VsFolders *folders;
  VsDb *db;
  VsOutputs *outputs;
  VsSigner *signer;
  VsJobStore *jobs;
  VsScheduler *scheduler;
  VsUploads *uploads;
  VsChannels *channels;
  VsApi *api;
  VsHttpApi *http;
  VsHttpHooks *hooks;
  GMainLoop *loop;
  gboolean stopping;
} Service;

static void
on_hooks_changed (gpointer user_data)
{
  Service *self = user_data;

  if (self->hooks)
    vs_http_hooks_wake (self->hooks);
}

static void
on_job_changed (
    const VsJob *job, VsState before, gint64 event_id, gpointer user_data)
{
  Service *self = user_data;
  g_autofree gchar *data = vs_event_log_describe_job (job);

  if (self->uploads)
    vs_uploads_follow (self->uploads, job);
  if (self->http)
    vs_http_api_post (self->http, "job", job->owner, data);
  on_hooks_changed (self);
}

static void
on_progressed (VsAttempt *attempt, gpointer user_data)
{
  Service *self = user_data;
  g_autofree gchar *data = NULL;

  if (!self->http)
    return;
  data = vs_api_describe_progress (attempt);
  vs_http_api_tell (
      self->http, "progress", vs_attempt_get_job (attempt)->owner, data);
}

static void
on_channel_changed (
    const VsChannel *channel, gint64 event_id, gpointer user_data)
{
  Service *self = user_data;
  g_autofree gchar *data = vs_channel_store_describe (channel);

  if (self->http && event_id != 0)
    vs_http_api_post (self->http, "channel", channel->owner, data);
  on_hooks_changed (self);
}

static void
on_aired (const VsChannel *channel, gpointer user_data)
{
  Service *self = user_data;
  g_autofree gchar *data = vs_api_describe_air ((VsChannel *) channel);

  if (self->http)
    vs_http_api_tell (self->http, "on_air", channel->owner, data);
}

static void
on_weighed (gpointer user_data)
{
  Service *self = user_data;

  vs_scheduler_wake (self->scheduler);
}

static VsCost
get_channels_cost (gpointer user_data)
{
  Service *self = user_data;

  return self->channels ? vs_channels_get_cost (self->channels) : (VsCost){ 0 };
}

static void
on_warm (gpointer user_data)
{
  Service *self = user_data;

  vs_channels_start (self->channels);
}

static void
on_stopped (gpointer user_data)
{
  Service *self = user_data;

  g_main_loop_quit (self->loop);
}

static gboolean
on_signal (gpointer user_data)
{
  Service *self = user_data;

  if (self->stopping)
    _exit (EX_OK); /* workers die with us, leases are put back at start */
  self->stopping = TRUE;
  (void) fprintf (stderr, "Stopping: running jobs go back into the queue.\n");
  vs_api_set_draining (self->api);
  vs_channels_stop (self->channels);
  vs_scheduler_stop (self->scheduler, on_stopped, self);
  return G_SOURCE_CONTINUE;
}

static gboolean
check_door (Service *self, GError **error)
{
  if (vs_http_api_is_loopback (self->config->listen) ||
      !vs_token_store_is_empty (self->db))
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "“%s” can be reached from other machines, and there is no token yet: "
      "make one with “vstream-launcher token create NAME”, or listen on "
      "127.0.0.1.",
      self->config->listen);
  return FALSE;
}

/* The client of the object store, here and in workers, asks the environment
 * for its credentials. Before there is any thread. */
static gboolean
set_credentials (const VsConfig *config, GError **error)
{
  g_autofree gchar *secret = NULL;

  if (!config->s3_access_key && !config->s3_secret_file)
    return TRUE;
  if (!config->s3_access_key || !config->s3_secret_file) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "[s3] access-key and secret-key-file are given both, or neither.");
    return FALSE;
  }
  secret = vs_secret_file_read (config->s3_secret_file, error);
  if (!secret) {
    g_prefix_error (error, "[s3] secret-key-file: ");
    return FALSE;
  }
  g_setenv ("AWS_ACCESS_KEY_ID", config->s3_access_key, TRUE);
  g_setenv ("AWS_SECRET_ACCESS_KEY", g_strstrip (secret), TRUE);
  g_unsetenv ("AWS_SESSION_TOKEN");
  return TRUE;
}

static gboolean
open_store (Service *self, GError **error)
{
  g_autofree gchar *path = NULL;
  g_autofree gchar *secret = NULL;

  self->folders = vs_folders_open (self->config->state, error);
  if (!self->folders)
    return FALSE;
  path = vs_folders_get_path (self->folders, NULL, "vstream.db");
  self->db = vs_db_open (path, error);
  if (!self->db)
    return FALSE;
  self->jobs = vs_job_store_new (self->db);
  vs_job_store_set_listener (self->jobs, on_job_changed, self);
  secret = vs_folders_get_path (self->folders, NULL, "webhook.secret");
  return vs_hook_setup (self->db, self->config, secret, error);
}

static gboolean
start (Service *self, GError **error)
{
  static const VsChannelsListener listener = { on_channel_changed, on_aired,
    on_weighed };
  g_autofree gchar *media = NULL;
  VsHttpLimits limits = { .max_connections = self->config->max_connections,
    .send_ms = (guint) MIN (self->config->http_timeout_us / 1000, G_MAXINT) };

  if (!set_credentials (self->config, error) || !open_store (self, error) ||
      !check_door (self, error))
    return FALSE;
  self->outputs =
      vs_outputs_new (self->jobs, self->folders, self->config, error);
  if (!self->outputs)
    return FALSE;
  self->scheduler = vs_scheduler_new (
      self->jobs, self->folders, self->outputs, self->config, error);
  if (!self->scheduler)
    return FALSE;
  self->signer = vs_signer_open (self->config->play_key_file, error);
  if (!self->signer)
    return FALSE;
  vs_scheduler_set_listener (self->scheduler, on_progressed, self);
  self->uploads = vs_uploads_new (self->jobs, self->folders, self->config);
  vs_scheduler_set_warm (self->scheduler, on_warm, self);
  vs_scheduler_set_others (self->scheduler, get_channels_cost, self);
  self->channels = vs_channels_new (self->db, self->folders, self->outputs,
      vs_scheduler_get_starter (self->scheduler), self->config, error);
  if (!self->channels)
    return FALSE;
  vs_channels_set_listener (self->channels, &listener, self);
  self->api = vs_api_new (self->jobs, self->scheduler, self->folders,
      self->outputs, self->channels, self->signer, self->uploads, self->config);
  media = vs_folders_get_path (self->folders, "media", NULL);
  /* What was left over is put back before anybody is answered. */
  if (!vs_scheduler_start (self->scheduler, error))
    return FALSE;
  vs_uploads_start (self->uploads);
  self->http = vs_http_api_new (self->config->listen, self->api, media,
      self->config->output, &limits, self->config->upload_max_size,
      (guint64) vs_event_log_get_last (self->db), error);
  if (!self->http)
    return FALSE;
  self->hooks = vs_http_hooks_new (self->db, self->config);
  vs_api_set_hook_listener (self->api, on_hooks_changed, self);
  return TRUE;
}

static void
stop (Service *self)
{
  vs_http_hooks_free (self->hooks);
  vs_http_api_free (self->http);
  vs_channels_free (self->channels);
  vs_api_free (self->api);
  vs_signer_close (self->signer);
  vs_uploads_free (self->uploads);
  vs_scheduler_free (self->scheduler);
  vs_outputs_free (self->outputs);
  vs_job_store_free (self->jobs);
  vs_db_close (self->db);
  vs_folders_close (self->folders);
}

static void
serve (Service *self)
{
  guint interrupt_id = g_unix_signal_add (SIGINT, on_signal, self);
  guint terminate_id = g_unix_signal_add (SIGTERM, on_signal, self);

  (void) printf ("Listening on %s\n", vs_http_api_get_url (self->http));
  (void) printf (
      "The page to open in a browser: %s\n", vs_http_api_get_url (self->http));
  (void) printf ("State in %s, sandbox: %s\n", self->config->state,
      vs_scheduler_get_sandbox (self->scheduler));
  (void) fflush (stdout);
  self->loop = g_main_loop_new (NULL, FALSE);
  g_main_loop_run (self->loop);
  g_main_loop_unref (self->loop);
  g_source_remove (interrupt_id);
  g_source_remove (terminate_id);
}

gint
vs_service_run (const VsConfig *config)
{
  Service self = { config };
  g_autoptr (GError) error = NULL;
  gint code = EX_OK;

  if (start (&self, &error)) {
    serve (&self);
  } else {
    (void) fprintf (stderr, "vstream-launcher: %s\n", error->message);
    code = vs_exit_from_error (error, VS_STAGE_SETUP);
  }
  stop (&self);
  return code;
}
