/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vstream-worker: the child process of one job. Standard input brings the
 * job as one line of JSON, then commands; standard output takes the events.
 * Whatever a library prints goes to standard error instead, where the
 * launcher reads it line by line. */
#include "config.h"

#include "app/vs-lines.h"
#include "app/vs-spec.h"
#include "worker/vs-ahead.h"
#include "worker/vs-damage.h"
#include "worker/vs-guard.h"
#include "worker/vs-pipeline.h"
#include "worker/vs-plugins.h"
#include "worker/vs-reach.h"
#include "worker/vs-stall.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* How often the launcher hears that we live. */
#define HEARTBEAT_S 1

#define MAX_JOB_SIZE (4 * 1024 * 1024)

typedef struct {
  GMainLoop *loop;
  VsReport *report;
  VsPreset *preset;
  VsPipeline *pipeline;
  gchar *plugin_folder; /* NULL: GStreamer found it by itself */
  gboolean ok;
} Worker;

static void
on_done (gboolean ok, gpointer user_data)
{
  Worker *self = user_data;

  self->ok = ok;
  g_main_loop_quit (self->loop);
}

/* Not by gst_registry_scan_path (), which starts a process to look at it. */
static gboolean
load (const gchar *folder, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  g_autoptr (GstPlugin) plugin = g_file_test (path, G_FILE_TEST_IS_REGULAR)
                                     ? gst_plugin_load_file (path, NULL)
                                     : NULL;

  return plugin != NULL;
}

static gboolean
load_from (const gchar *folder)
{
  if (!load (folder, "libgstvstream.so"))
    return FALSE;
  if (!load (folder, "libgstvstreamx264.so")) /* it need not be there at all */
    (void) load (folder, "x264/libgstvstreamx264.so");
  return TRUE;
}

/* GStreamer looks in its own prefix only. Ours may be another, or there is a
 * build folder and no prefix yet. */
static gchar *
find_plugin (void)
{
  g_autoptr (GstPlugin) plugin =
      gst_registry_find_plugin (gst_registry_get (), "vstream");
  g_autofree gchar *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree gchar *folder = self ? g_path_get_dirname (self) : NULL;
  g_autofree gchar *relative =
      folder ? g_build_filename (folder, "..", "gst", NULL) : NULL;
  g_autofree gchar *build =
      relative ? g_canonicalize_filename (relative, NULL) : NULL;

  if (plugin)
    return NULL;
  if (build && load_from (build))
    return g_steal_pointer (&build);
  return load_from (VS_PLUGIN_DIR) ? g_strdup (VS_PLUGIN_DIR) : NULL;
}

static void
take_job (Worker *self, const gchar *line)
{
  g_autoptr (GError) error = NULL;
  gboolean check = FALSE;

  self->preset = vs_spec_from_json (line, &check, &error);
  if (!self->preset) {
    vs_report_error (self->report, error, NULL, FALSE);
    g_main_loop_quit (self->loop);
    return;
  }
  vs_reach_limit (self->preset);
  self->pipeline = vs_pipeline_new (self->preset, self->report, on_done, self);
  if (!check) {
    (void) vs_pipeline_start (self->pipeline);
    return;
  }
  self->ok = vs_pipeline_check (self->pipeline, self->plugin_folder);
  g_main_loop_quit (self->loop);
}

static void
take_command (Worker *self, const gchar *line)
{
  g_autoptr (JsonNode) root = json_from_string (line, NULL);
  const gchar *command = NULL;

  if (root && JSON_NODE_HOLDS_OBJECT (root))
    command = json_object_get_string_member_with_default (
        json_node_get_object (root), "command", NULL);
  if (g_strcmp0 (command, "stop") == 0)
    vs_pipeline_stop (self->pipeline);
  else if (command)
    vs_pipeline_command (self->pipeline, json_node_get_object (root));
}

/* It shows that the main loop turns, and what the job has cost so far. */
static gboolean
on_heartbeat (gpointer user_data)
{
  Worker *self = user_data;
  JsonObject *object = json_object_new ();
  struct rusage usage;

  json_object_set_int_member (object, "cpu", vs_stall_get_cpu ());
  if (getrusage (RUSAGE_SELF, &usage) == 0)
    json_object_set_int_member (object, "rss", (gint64) usage.ru_maxrss * 1024);
  if (self->pipeline)
    vs_pipeline_describe (self->pipeline, object);
  vs_report_send (self->report, "heartbeat", object);
  return G_SOURCE_CONTINUE;
}

static void
on_line (const gchar *line, gpointer user_data)
{
  Worker *self = user_data;

  if (!line) /* the launcher has gone: nobody is left to work for */
    _exit (EXIT_FAILURE);
  if (!self->pipeline)
    take_job (self, line);
  else
    take_command (self, line);
}

/* Standard input and output become ours alone. */
static gboolean
take_pipes (gint *in, gint *out)
{
  gint null = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  *in = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  *out = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (null < 0 || *in < 0 || *out < 0)
    return FALSE;
  return dup2 (null, STDIN_FILENO) >= 0 &&
         dup2 (STDERR_FILENO, STDOUT_FILENO) >= 0;
}

int
main (int argc, char **argv)
{
  Worker self = { NULL };
  guint heartbeat_id;
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (VsLines) lines = NULL;
  gint in = -1;
  gint out = -1;

  if (isatty (STDIN_FILENO)) {
    (void) fputs ("vstream-worker is started by vstream-launcher.\n", stderr);
    return EXIT_FAILURE;
  }
  (void) setlocale (LC_ALL, "");
  (void) signal (SIGPIPE, SIG_IGN);
  if (!take_pipes (&in, &out))
    return EXIT_FAILURE;
  vs_guard_start ();
  if (argc < 2) /* an argument: nothing is decoded, by a job that copies or … */
    vs_ahead_start ();
  /* While GStreamer loads a plugin, it takes a crash of any thread for that
   * plugin's, and exits with 255. */
  gst_segtrap_set_enabled (FALSE);
  gst_init (NULL, NULL);
  vs_damage_listen ();
  self.plugin_folder = find_plugin ();
  if (argc < 2)
    vs_ahead_load_plugins ();
  if (argc > 2 && strcmp (argv[1], "link-plugins") == 0) /* … without a job */
    return vs_plugins_link (argv[2]) ? EXIT_SUCCESS : EXIT_FAILURE;
  self.loop = g_main_loop_new (NULL, FALSE);
  self.report = vs_report_new (out);
  stream = g_unix_input_stream_new (in, TRUE);
  lines = vs_lines_new (stream, MAX_JOB_SIZE, on_line, &self);
  heartbeat_id = g_timeout_add_seconds (HEARTBEAT_S, on_heartbeat, &self);
  g_main_loop_run (self.loop);
  vs_ahead_stop ();
  (void) on_heartbeat (&self); /* what it has cost in all */
  g_source_remove (heartbeat_id);
  vs_pipeline_free (self.pipeline);
  g_clear_pointer (&self.preset, vs_preset_free);
  vs_report_free (self.report);
  g_free (self.plugin_folder);
  g_main_loop_unref (self.loop);
  return self.ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
