/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-starter.h"

#include "app/vs-child.h"
#include "app/vs-spec.h"
#include "core/vs-asset-uri.h"
#include "jobs/vs-registry.h"
#include "jobs/vs-sandbox.h"
#include "jobs/vs-uploads.h"

#include <gio/gio.h>
#include <string.h>

struct _VsStarter {
  VsFolders *folders;
  VsOutputs *outputs;
  const VsConfig *config;
  VsSandbox *sandbox;
  gchar *cache;
  VsRegistry *registry;
};

VsStarter *
vs_starter_new (VsFolders *folders, VsOutputs *outputs, const VsConfig *config,
    GError **error)
{
  g_autoptr (VsStarter) self = g_new0 (VsStarter, 1);
  g_autofree gchar *state = vs_folders_get_path (folders, NULL, NULL);

  self->folders = folders;
  self->outputs = outputs;
  self->config = config;
  self->cache = vs_folders_get_path (folders, "cache", NULL);
  self->registry = vs_registry_new (self->cache);
  self->sandbox = vs_sandbox_new (config->sandbox, state, error);
  if (!self->sandbox)
    return NULL;
  vs_sandbox_reap (self->sandbox);
  return g_steal_pointer (&self);
}

void
vs_starter_free (VsStarter *self)
{
  if (!self)
    return;
  vs_registry_free (self->registry);
  vs_sandbox_free (self->sandbox);
  g_free (self->cache);
  g_free (self);
}

const gchar *
vs_starter_get_sandbox (const VsStarter *self)
{
  return vs_sandbox_get_kind (self->sandbox);
}

/* What is on air goes before what can wait. */
static VsChildLimits
get_limits (const VsConfig *config, VsLife life)
{
  return (VsChildLimits){ .niceness = (gint) (life == VS_LIFE_LIVE
                                                  ? config->live_niceness
                                                  : config->niceness),
    .max_memory = config->memory_limit,
    .max_cpu_seconds = (guint64) (config->cpu_limit_us / G_USEC_PER_SEC) };
}

void
vs_starter_warm_up (
    VsStarter *self, void (*ready) (gpointer), gpointer user_data)
{
  const VsChildLimits limits = get_limits (self->config, VS_LIFE_VOD);

  vs_registry_make (self->registry, &limits, ready, user_data);
}

/* Where plugins have come or gone, the next jobs need not look for them. */
static GStrv
dup_environment (VsStarter *self, const VsPreset *preset, const gchar *scratch)
{
  gboolean current;
  gboolean copies = vs_preset_copies (preset) && !preset->launch;
  GStrv environment =
      vs_registry_dup_environment (self->registry, scratch, copies, &current);

  if (!current)
    vs_starter_warm_up (self, NULL, NULL);
  return environment;
}

static gchar *
get_scratch_name (const VsJob *job)
{
  return g_strdup_printf ("%s.%" G_GINT64_FORMAT, job->id, job->token);
}

static gchar *
dup_queue_folder (const VsPreset *preset)
{
  const gchar *location = preset->queue_location;
  const gchar *scheme = "sqlite://";

  if (preset->type != VS_PRESET_CHANNEL || !location ||
      !g_str_has_prefix (location, scheme))
    return NULL;
  return g_path_get_dirname (location + strlen (scheme));
}

/* The files a job reads, and whether it reads from a network. What a channel
 * will play is not known yet: whatever it may. */
static GStrv
list_files (const VsPreset *preset, const VsConfig *config, gboolean *network)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  const gchar *uri = preset->input_uri;
  g_autofree gchar *path = uri ? g_filename_from_uri (uri, NULL, NULL) : NULL;
  const gchar *slate = preset->slate ? preset->slate : preset->queue_slate;
  GStrv files;

  if (path)
    g_strv_builder_add (builder, path);
  if (slate && g_path_is_absolute (slate))
    g_strv_builder_add (builder, slate);
  if (preset->queue_filler && g_path_is_absolute (preset->queue_filler))
    g_strv_builder_add (builder, preset->queue_filler);
  if (preset->queue_assets)
    g_strv_builder_add (builder, preset->queue_assets);
  if (preset->type == VS_PRESET_CHANNEL && config->files)
    g_strv_builder_addv (builder, (const gchar **) config->files);
  *network = !path && (!uri || !g_str_has_prefix (uri, "testsrc:"));
  files = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return files;
}

/* Which addresses a worker may connect to: worker/vs-guard.h reads it. */
static GStrv
add_guard (GStrv environment, const VsConfig *config)
{
  g_autofree gchar *allowed = g_strjoinv (" ", config->allow_addresses);

  environment = g_environ_setenv (environment, "VS_GUARD", "1", TRUE);
  return g_environ_setenv (environment, "VS_GUARD_ALLOW", allowed, TRUE);
}

/* What a worker needs to write into the store, and a channel to read films
 * from it. In the environment: another user cannot read that, as he could words
 * and job documents. */
static GStrv
add_store (GStrv environment, const VsOutputs *outputs, gboolean films)
{
  static const gchar *const names[] = { "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION",
    "AWS_DEFAULT_REGION" };

  if (!vs_outputs_is_remote (outputs))
    return environment;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_getenv (names[i]))
      environment =
          g_environ_setenv (environment, names[i], g_getenv (names[i]), TRUE);
  if (films)
    environment = g_environ_setenv (
        environment, VS_FILM_STORE, vs_outputs_get_location (outputs), TRUE);
  return g_environ_setenv (
      environment, "VS_GUARD_PEERS", vs_outputs_get_peers (outputs), TRUE);
}

static VsAttempt *
spawn (VsStarter *self, VsJob *job, const VsPreset *preset,
    const gchar *scratch, const VsAttemptHandlers *handlers, gpointer user_data,
    GError **error)
{
  const VsConfig *config = self->config;
  gboolean remote = vs_outputs_is_remote (self->outputs);
  g_autofree gchar *queue = dup_queue_folder (preset);
  VsSandboxNeeds needs = { scratch, remote ? NULL : preset->output_location,
    queue, self->cache, NULL, FALSE };
  g_auto (GStrv) files = list_files (preset, config, &needs.network);
  g_auto (GStrv) environment =
      add_store (add_guard (dup_environment (self, preset, scratch), config),
          self->outputs, preset->queue_assets != NULL);
  g_autofree gchar *worker = vs_child_find_worker ();
  g_autofree gchar *spec = vs_spec_to_json (preset, FALSE);
  g_autofree gchar *log_name = g_strconcat (job->id, ".log", NULL);
  g_autofree gchar *log = vs_folders_get_path (self->folders, "logs", log_name);
  g_auto (GStrv) words = NULL;
  VsChildLimits limits = get_limits (config, job->life);
  VsAttemptPlan plan = { log, &limits, config->heartbeat_us, config->hang_us };

  limits.environment = (const gchar *const *) environment;
  limits.folder = scratch;
  limits.copies = vs_preset_copies (preset);
  needs.network = needs.network || remote;
  needs.files = (const gchar *const *) files;
  words = vs_sandbox_dup_words (self->sandbox, worker, &needs);
  limits.wrapper = (const gchar *const *) words;
  return vs_attempt_start (job, spec, &plan, handlers, user_data, error);
}

/* What a job calls an upload is a file of ours. */
static gboolean
find_upload (VsStarter *self, VsPreset *preset, GError **error)
{
  const gchar *uri = preset->input_uri;
  g_autofree gchar *path = NULL;
  gchar *file;

  if (!uri || !g_str_has_prefix (uri, VS_UPLOAD_SCHEME))
    return TRUE;
  path = vs_folders_get_path (
      self->folders, "uploads", uri + strlen (VS_UPLOAD_SCHEME));
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_NO_INPUT,
        "The upload is not there any more: send it again.");
    return FALSE;
  }
  file = g_filename_to_uri (path, NULL, error);
  g_free (preset->input_uri);
  preset->input_uri = file;
  return file != NULL;
}

VsAttempt *
vs_starter_start (VsStarter *self, VsJob *job,
    const VsAttemptHandlers *handlers, gpointer user_data, GError **error)
{
  g_autofree gchar *name = get_scratch_name (job);
  g_autofree gchar *folder = vs_job_get_folder (job);
  g_autofree gchar *scratch =
      vs_folders_make (self->folders, "scratch", name, error);
  g_autofree gchar *output =
      scratch ? vs_outputs_make (self->outputs, folder, error) : NULL;
  g_autoptr (VsPreset) preset = NULL;
  gboolean check;

  if (output)
    preset = vs_spec_from_json (job->spec, &check, error);
  if (!preset || !find_upload (self, preset, error)) {
    vs_job_free (job);
    return NULL;
  }
  g_free (preset->output_location);
  preset->output_location = g_steal_pointer (&output);
  preset->poster = preset->type == VS_PRESET_VOD;
  return spawn (self, job, preset, scratch, handlers, user_data, error);
}

void
vs_starter_tidy (VsStarter *self, const VsJob *job, gboolean keep)
{
  g_autofree gchar *name = get_scratch_name (job);
  g_autofree gchar *folder = vs_job_get_folder (job);

  vs_folders_discard (self->folders, "scratch", name);
  if (keep)
    vs_outputs_keep (self->outputs, folder);
  else
    vs_outputs_discard (self->outputs, folder);
}
