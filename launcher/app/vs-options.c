/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-options.h"

#include "app/vs-location.h"
#include "app/vs-presets.h"
#include "app/vs-queue-preset.h"

#include <string.h>

void
vs_options_clear (VsOptions *self)
{
  g_clear_pointer (&self->preset, g_free);
  g_clear_pointer (&self->input, g_free);
  g_clear_pointer (&self->output, g_free);
  g_clear_pointer (&self->serve, g_free);
  g_clear_pointer (&self->serve_processes, g_free);
  g_clear_pointer (&self->config, g_free);
  g_clear_pointer (&self->state, g_free);
  g_clear_pointer (&self->listen, g_free);
}

static gboolean
parse_with (
    VsOptions *self, gchar **level, gint *argc, gchar ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "preset", 0, 0, G_OPTION_ARG_FILENAME, &self->preset,
        "the job: a preset file, or the name of an installed preset", "FILE" },
    { "input", 0, 0, G_OPTION_ARG_FILENAME, &self->input,
        "what goes in, instead of the preset's: a file, a URI or testsrc:",
        "URI" },
    { "output", 0, 0, G_OPTION_ARG_FILENAME, &self->output,
        "the folder that what comes out is written to", "DIR" },
    { "serve", 0, 0, G_OPTION_ARG_STRING, &self->serve,
        "serve the output over HTTP, during the job and after it",
        "HOST:PORT" },
    { "serve-processes", 0, 0, G_OPTION_ARG_STRING, &self->serve_processes,
        "so many processes serve the output (1)", "N" },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &self->dry_run,
        "check everything and print the pipeline, run nothing", NULL },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &self->config,
        "the service's configuration", "FILE" },
    { "state", 0, 0, G_OPTION_ARG_FILENAME, &self->state,
        "the folder where the service keeps everything", "DIR" },
    { "listen", 0, 0, G_OPTION_ARG_STRING, &self->listen,
        "the address of the service (127.0.0.1:8080)", "HOST:PORT" },
    { "log-level", 0, 0, G_OPTION_ARG_STRING, level,
        "error, warning, info (default) or debug", "LEVEL" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->version, "print the version",
        NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context,
      "Files and live feeds become HLS and DASH: one of them with --preset, or "
      "as many\nas come over HTTP without it.");
  g_option_context_set_description (context,
      "Examples:\n"
      "  vstream-launcher --preset vod --input film.mp4 --output out\n"
      "  vstream-launcher --preset live --serve 127.0.0.1:8080\n"
      "  vstream-launcher --config vstream.ini\n");
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, argc, argv, error);
}

gboolean
vs_options_parse (VsOptions *self, gint *argc, gchar ***argv, GError **error)
{
  g_autofree gchar *level = NULL;

  self->level = VS_LOG_INFO;
  if (!parse_with (self, &level, argc, argv, error))
    return FALSE;
  if (*argc > 1) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "“%s” is not an option: give the input with --input.", (*argv)[1]);
    return FALSE;
  }
  if (level && !vs_log_parse (level, &self->level)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "--log-level “%s” is not known: error, warning, info or debug.", level);
    return FALSE;
  }
  return TRUE;
}

static gboolean
settle_input (VsPreset *preset, GError **error)
{
  g_autofree gchar *uri = NULL;

  if (!preset->input_uri && preset->launch)
    return TRUE;
  if (!preset->input_uri) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_NO_INPUT,
        "There is no input: give --input FILE, or uri= in the preset's "
        "[input].");
    return FALSE;
  }
  uri = vs_location_input_uri (preset->input_uri, error);
  if (!uri || !vs_location_check_input (uri, error))
    return FALSE;
  g_free (preset->input_uri);
  preset->input_uri = vs_location_is_s3 (uri) ? vs_location_add_s3 (uri, preset)
                                              : g_steal_pointer (&uri);
  return TRUE;
}

static gboolean
settle_output (VsPreset *preset, GError **error)
{
  g_autofree gchar *folder = NULL;

  if (!preset->output_location && preset->launch)
    return TRUE;
  if (!preset->output_location) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
        "There is no output: give --output DIR, or location= in the preset's "
        "[output].");
    return FALSE;
  }
  folder = vs_location_output_folder (preset->output_location, error);
  if (!folder || !vs_location_check_output (folder, error))
    return FALSE;
  g_free (preset->output_location);
  preset->output_location = vs_location_is_s3 (folder)
                                ? vs_location_add_s3 (folder, preset)
                                : g_steal_pointer (&folder);
  return TRUE;
}

static void
override (gchar **field, const gchar *value)
{
  if (!value)
    return;
  g_free (*field);
  *field = g_strdup (value);
}

/* What is said of how the output is served. */
static gboolean
settle_serving (const VsOptions *self, VsPreset *preset, GError **error)
{
  guint64 number;

  override (&preset->listen, self->serve);
  if (!self->serve_processes)
    return TRUE;
  if (!g_ascii_string_to_unsigned (self->serve_processes, 10, 1,
          VS_PRESET_PROCESSES_MAX, &number, NULL)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "--serve-processes “%s”: give a number from 1 to %d.",
        self->serve_processes, VS_PRESET_PROCESSES_MAX);
    return FALSE;
  }
  if (!preset->listen) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "--serve-processes: nothing is served; give --serve HOST:PORT.");
    return FALSE;
  }
  preset->serve_processes = (guint) number;
  return TRUE;
}

VsPreset *
vs_options_load (const VsOptions *self, VsStage *stage, GError **error)
{
  g_autoptr (VsPreset) preset = NULL;

  *stage = VS_STAGE_PRESET;
  preset = vs_presets_load (self->preset, error);
  if (!preset)
    return NULL;
  *stage = self->input ? VS_STAGE_OPTIONS : VS_STAGE_PRESET;
  override (&preset->input_uri, self->input);
  if (preset->type == VS_PRESET_CHANNEL ? !vs_queue_settle (preset, error)
                                        : !settle_input (preset, error))
    return NULL;
  *stage = self->output ? VS_STAGE_OPTIONS : VS_STAGE_PRESET;
  override (&preset->output_location, self->output);
  if (!settle_output (preset, error))
    return NULL;
  *stage = VS_STAGE_OPTIONS;
  return settle_serving (self, preset, error) ? g_steal_pointer (&preset)
                                              : NULL;
}
