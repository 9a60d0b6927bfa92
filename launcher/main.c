/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vstream-launcher: options, signals, exit codes. The pipeline runs in the
 * worker process; this one holds no codec and no GStreamer. */
#include "config.h"

#include "app/vs-exit.h"
#include "app/vs-options.h"
#include "app/vs-presets.h"
#include "app/vs-run.h"
#include "channel/vs-channels.h"
#include "cli/vs-cli.h"
#include "http/vs-http-helper.h"
#include "http/vs-http.h"
#include "service/vs-service.h"

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

typedef struct {
  VsRun *run;
  VsHttp *http;
  VsChannels *channels; /* the one that this job is, or NULL */
  VsApi *api;
  GMainLoop *loop; /* serving after the job, or NULL */
} Launcher;

static gboolean
on_signal (Launcher *self, gint signum)
{
  if (self->loop)
    g_main_loop_quit (self->loop);
  else
    vs_run_signal (self->run, signum);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_sigint (gpointer user_data)
{
  return on_signal (user_data, SIGINT);
}

static gboolean
on_sigterm (gpointer user_data)
{
  return on_signal (user_data, SIGTERM);
}

static void
on_changed (const VsStatus *status, gpointer user_data)
{
  Launcher *self = user_data;

  g_autofree gchar *json = vs_status_to_json (status, g_get_monotonic_time ());

  vs_http_set_job (self->http, json);
}

static void
on_published (const gchar *key, gint64 size, gpointer user_data)
{
  Launcher *self = user_data;

  vs_http_add_object (self->http, key, size);
}

static gboolean
on_send (const gchar *line, gpointer user_data)
{
  Launcher *self = user_data;

  return self->run && vs_run_send (self->run, line);
}

static void
on_told (JsonObject *event, gpointer user_data)
{
  Launcher *self = user_data;

  vs_channels_take (self->channels, event);
}

static void
on_aired (const VsChannel *channel, gpointer user_data)
{
  Launcher *self = user_data;
  g_autofree gchar *json = vs_api_describe_air ((VsChannel *) channel);

  vs_http_tell (self->http, "on_air", json);
}

/* What drives a channel that is served. */
static void
open_control (Launcher *self, const VsPreset *preset, VsHttpOptions *serving)
{
  static const VsChannelsListener listener = { NULL, on_aired, NULL };

  if (preset->type != VS_PRESET_CHANNEL ||
      g_strcmp0 (preset->serve_control, "off") == 0)
    return;
  serving->open = g_strcmp0 (preset->serve_control, "open") == 0;
  self->channels = vs_channels_new_alone ("channel", on_send, self);
  vs_channels_set_listener (self->channels, &listener, self);
  self->api = vs_api_new_alone (self->channels, serving->open);
  serving->api = self->api;
}

static void
close_control (Launcher *self)
{
  vs_http_free (self->http);
  vs_channels_free (self->channels);
  vs_api_free (self->api);
}

static gint
fail (const GError *error, VsStage stage)
{
  (void) fprintf (stderr, "vstream-launcher: %s\n", error->message);
  return vs_exit_from_error (error, stage);
}

static gint
run_service (const VsOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsConfig) config = NULL;

  if (options->input || options->output || options->serve ||
      options->serve_processes || options->dry_run) {
    (void) fprintf (stderr,
        "vstream-launcher: --input, --output, --serve, --serve-processes and "
        "--dry-run belong to one job: give its --preset as well.\n");
    return EX_USAGE;
  }
  config = vs_config_load (options->config, &error);
  if (!config)
    return fail (error, VS_STAGE_PRESET);
  if (options->state) {
    g_free (config->state);
    config->state = g_canonicalize_filename (options->state, NULL);
  }
  if (options->listen) {
    g_free (config->listen);
    config->listen = g_strdup (options->listen);
  }
  return vs_service_run (config);
}

static void
keep_serving (Launcher *self)
{
  (void) printf (
      "Serving %s until it is interrupted.\n", vs_http_get_url (self->http));
  (void) fflush (stdout);
  self->loop = g_main_loop_new (NULL, FALSE);
  g_main_loop_run (self->loop);
  g_clear_pointer (&self->loop, g_main_loop_unref);
}

static gint
run (const VsOptions *options, const VsPreset *preset)
{
  g_autoptr (VsProgress) progress = vs_progress_new (options->level);
  g_autoptr (GError) error = NULL;
  Launcher self = { NULL };
  guint interrupt_id, terminate_id;
  gint code;

  if (preset->listen && !options->dry_run) {
    VsHttpOptions serving = {
      .redirect = g_strcmp0 (preset->serve_store, "redirect") == 0,
      .processes = preset->serve_processes,
    };

    open_control (&self, preset, &serving);

    self.http = vs_http_new_full (
        preset->listen, preset->output_location, &serving, &error);
    if (!self.http) {
      close_control (&self);
      return fail (error, options->serve ? VS_STAGE_OPTIONS : VS_STAGE_PRESET);
    }
    (void) printf ("Open %s\n", vs_http_get_url (self.http));
    (void) fflush (stdout);
  }
  self.run = vs_run_new (
      preset, options->dry_run, progress, self.http ? on_changed : NULL, &self);
  if (self.http)
    vs_run_set_published (self.run, on_published);
  if (self.channels)
    vs_run_set_told (self.run, on_told);
  interrupt_id = g_unix_signal_add (SIGINT, on_sigint, &self);
  terminate_id = g_unix_signal_add (SIGTERM, on_sigterm, &self);
  code = vs_run_execute (self.run);
  if (self.http && code == EX_OK && !vs_run_was_stopped (self.run))
    keep_serving (&self);
  g_source_remove (interrupt_id);
  g_source_remove (terminate_id);
  vs_run_free (self.run);
  close_control (&self);
  return code;
}

int
main (int argc, char **argv)
{
  g_auto (VsOptions) options = { NULL };
  g_autoptr (VsPreset) preset = NULL;
  g_autoptr (GError) error = NULL;
  VsStage stage = VS_STAGE_OPTIONS;

  (void) setlocale (LC_ALL, "");
  (void) signal (SIGPIPE, SIG_IGN); /* a dead worker is an event, not an end */
  if (argc == 2 && g_str_equal (argv[1], VS_HTTP_HELPER))
    return vs_http_helper_run ();
  if (argc > 1 && vs_cli_knows (argv[1]))
    return vs_cli_run (argc, argv);
  if (!vs_options_parse (&options, &argc, &argv, &error))
    return fail (error, VS_STAGE_OPTIONS);
  if (options.version) {
    (void) printf ("vstream-launcher %s\n", VERSION);
    return EX_OK;
  }
  if (!options.preset)
    return run_service (&options);
  preset = vs_options_load (&options, &stage, &error);
  if (!preset)
    return fail (error, stage);
  return run (&options, preset);
}
