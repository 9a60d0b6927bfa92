/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-child.h"

#include "app/vs-lines.h"
#include "config.h"
#include "core/vs-error.h"

#include <gio/gio.h>
#include <gio/gunixoutputstream.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* A part of a long queue is the longest. */
#define MAX_EVENT_SIZE (4 * 1024 * 1024)
#define MAX_TEXT_SIZE 4096

/* What may wait for a worker that does not read. */
#define MAX_WAITING (8 * 1024 * 1024)

/* A grandchild may hold our pipes open after the worker has gone. */
#define LEFT_OVER_S 2

struct _VsChild {
  VsChildHandlers handlers;
  gpointer user_data;
  GSubprocess *process;
  GCancellable *cancellable;
  pid_t pid; /* its process group as well */
  VsLines *events;
  VsLines *texts;
  GQueue lines;  /* gchar, to be written */
  gsize waiting; /* bytes of them, and of the one that is being written */
  gboolean writing;
  gboolean events_ended, texts_ended, waited;
  guint left_over_id;
};

gchar *
vs_child_find_worker (void)
{
  g_autofree gchar *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree gchar *folder = self ? g_path_get_dirname (self) : NULL;
  gchar *path =
      g_build_filename (folder ? folder : ".", "vstream-worker", NULL);

  if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    return path;
  g_free (path);
  return g_build_filename (VS_LIBEXEC_DIR, "vstream-worker", NULL);
}

/* What the child does to itself before it becomes the worker. */
typedef struct {
  pid_t parent;
  gint niceness;
  guint64 max_memory, max_cpu_seconds;
} Setup;

static void
set_limit (gint resource, guint64 value)
{
  const struct rlimit limit = { value, value };

  if (value != 0)
    (void) setrlimit ((__rlimit_resource_t) resource, &limit);
}

/* Between fork and exec: async-signal-safe calls only. */
static void
on_child_setup (gpointer user_data)
{
  const Setup *setup = user_data;

  (void) setpgid (0, 0);
  (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != setup->parent) /* it died before we asked */
    _exit (EXIT_FAILURE);
  if (setup->niceness != 0)
    (void) setpriority (PRIO_PROCESS, 0, setup->niceness);
  set_limit (RLIMIT_AS, setup->max_memory);
  set_limit (RLIMIT_CPU, setup->max_cpu_seconds);
}

static gboolean
finish (VsChild *self)
{
  gint status = 0;
  gint signum = 0;

  g_clear_handle_id (&self->left_over_id, g_source_remove);
  g_clear_pointer (&self->events, vs_lines_free);
  g_clear_pointer (&self->texts, vs_lines_free);
  if (g_subprocess_get_if_signaled (self->process))
    signum = g_subprocess_get_term_sig (self->process);
  else
    status = g_subprocess_get_exit_status (self->process);
  self->handlers.exited (status, signum, self->user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_left_over (gpointer user_data)
{
  VsChild *self = user_data;

  self->left_over_id = 0;
  return finish (self);
}

static void
check_end (VsChild *self)
{
  if (self->waited && self->events_ended && self->texts_ended)
    finish (self);
}

static void
tell_event (VsChild *self, JsonObject *event)
{
  if (self->handlers.event)
    self->handlers.event (event, self->user_data);
}

static void
tell_text (VsChild *self, const gchar *line)
{
  if (self->handlers.text)
    self->handlers.text (line, self->user_data);
}

static void
on_event_line (const gchar *line, gpointer user_data)
{
  VsChild *self = user_data;
  g_autoptr (JsonNode) root = NULL;

  if (!line) {
    self->events_ended = TRUE;
    check_end (self);
    return;
  }
  root = json_from_string (line, NULL);
  if (root && JSON_NODE_HOLDS_OBJECT (root))
    tell_event (self, json_node_get_object (root));
  else
    tell_text (self, line);
}

static void
on_text_line (const gchar *line, gpointer user_data)
{
  VsChild *self = user_data;

  if (line) {
    tell_text (self, line);
    return;
  }
  self->texts_ended = TRUE;
  check_end (self);
}

/* Without a pid it ended before we could ask for that: 0 would be ourselves. */
static void
kill_group (const VsChild *self)
{
  if (self->pid > 0)
    (void) kill (-self->pid, SIGKILL);
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  VsChild *self = user_data;
  g_autoptr (GError) error = NULL;

  (void) g_subprocess_wait_finish (G_SUBPROCESS (source), result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self->waited = TRUE;
  kill_group (self); /* what it may have left behind */
  self->left_over_id = g_timeout_add_seconds (LEFT_OVER_S, on_left_over, self);
  check_end (self);
}

/* A line on its way, which outlives the child's structure. */
typedef struct {
  VsChild *child;
  gchar *text;
} Line;

static void write_next (VsChild *self);

/* Where the worker has died, `exited` tells; what it did not read goes too. */
static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Line *line = user_data;
  VsChild *self = line->child;
  g_autoptr (GError) error = NULL;

  (void) g_output_stream_write_all_finish (
      G_OUTPUT_STREAM (source), result, NULL, &error);
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    self->waiting -= strlen (line->text);
    self->writing = FALSE;
    write_next (self);
  }
  g_free (line->text);
  g_free (line);
}

static void
write_next (VsChild *self)
{
  Line *line;

  if (self->writing || g_queue_is_empty (&self->lines))
    return;
  self->writing = TRUE;
  line = g_new0 (Line, 1);
  line->child = self;
  line->text = g_queue_pop_head (&self->lines);
  g_output_stream_write_all_async (g_subprocess_get_stdin_pipe (self->process),
      line->text, strlen (line->text), G_PRIORITY_DEFAULT, self->cancellable,
      on_written, line);
}

gboolean
vs_child_send (VsChild *self, const gchar *text)
{
  gchar *line;

  if (self->waited || self->waiting > MAX_WAITING)
    return FALSE;
  line = g_strconcat (text, "\n", NULL);
  self->waiting += strlen (line);
  g_queue_push_tail (&self->lines, line);
  write_next (self);
  return TRUE;
}

/* A worker that does not read must not hold us up. */
static void
unblock (GSubprocess *process)
{
  GOutputStream *stream = g_subprocess_get_stdin_pipe (process);
  gint fd = g_unix_output_stream_get_fd (G_UNIX_OUTPUT_STREAM (stream));

  (void) g_unix_set_fd_nonblocking (fd, TRUE, NULL);
}

static GStrv
dup_words (const VsChildLimits *limits, const gchar *worker)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  GStrv words;

  for (guint i = 0; limits->wrapper && limits->wrapper[i]; i++)
    g_strv_builder_add (builder, limits->wrapper[i]);
  g_strv_builder_add (builder, worker);
  if (limits->copies)
    g_strv_builder_add (builder, "copies");
  if (limits->link_into)
    g_strv_builder_add_many (builder, "link-plugins", limits->link_into, NULL);
  words = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return words;
}

static GSubprocess *
spawn (const VsChildLimits *limits, GError **error)
{
  Setup setup = { getpid (), limits->niceness, limits->max_memory,
    limits->max_cpu_seconds };
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autofree gchar *path = vs_child_find_worker ();
  g_auto (GStrv) words = dup_words (limits, path);
  g_autoptr (GError) reason = NULL;
  GSubprocess *process;

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE |
                                        G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                        G_SUBPROCESS_FLAGS_STDERR_PIPE);
  if (limits->environment)
    g_subprocess_launcher_set_environ (
        launcher, (gchar **) limits->environment);
  if (limits->folder)
    g_subprocess_launcher_set_cwd (launcher, limits->folder);
  g_subprocess_launcher_set_child_setup (
      launcher, on_child_setup, &setup, NULL);
  process = g_subprocess_launcher_spawnv (
      launcher, (const gchar *const *) words, &reason);
  if (!process)
    g_set_error (error, VS_ERROR, VS_ERROR_INTERNAL,
        "The worker “%s” cannot be started: %s. Install vstream again.", path,
        reason->message);
  return process;
}

VsChild *
vs_child_spawn (const gchar *job_json, const VsChildLimits *limits,
    const VsChildHandlers *handlers, gpointer user_data, GError **error)
{
  static const VsChildLimits none = { NULL };
  GSubprocess *process = spawn (limits ? limits : &none, error);
  const gchar *pid = process ? g_subprocess_get_identifier (process) : NULL;
  VsChild *self;

  if (!process)
    return NULL;
  self = g_new0 (VsChild, 1);
  self->handlers = *handlers;
  self->user_data = user_data;
  self->process = process;
  self->cancellable = g_cancellable_new ();
  if (pid)
    self->pid = (pid_t) g_ascii_strtoll (pid, NULL, 10);
  self->events = vs_lines_new (g_subprocess_get_stdout_pipe (process),
      MAX_EVENT_SIZE, on_event_line, self);
  self->texts = vs_lines_new (g_subprocess_get_stderr_pipe (process),
      MAX_TEXT_SIZE, on_text_line, self);
  g_subprocess_wait_async (process, self->cancellable, on_waited, self);
  unblock (process);
  if (job_json)
    (void) vs_child_send (self, job_json);
  else
    (void) g_output_stream_close (
        g_subprocess_get_stdin_pipe (process), NULL, NULL);
  return self;
}

gint
vs_child_get_pid (const VsChild *self)
{
  return self->pid;
}

void
vs_child_stop (VsChild *self)
{
  (void) vs_child_send (self, "{\"command\":\"stop\"}");
}

void
vs_child_kill (VsChild *self)
{
  if (!self->waited)
    kill_group (self);
}

void
vs_child_free (VsChild *self)
{
  if (!self)
    return;
  vs_child_kill (self);
  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->left_over_id, g_source_remove);
  vs_lines_free (self->events);
  vs_lines_free (self->texts);
  g_object_unref (self->cancellable);
  g_object_unref (self->process);
  g_queue_clear_full (&self->lines, g_free);
  g_free (self);
}
