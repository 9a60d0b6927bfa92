/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-sandbox.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct _VsSandbox {
  gchar *bwrap; /* its path, or NULL: no sandbox */
  gboolean own_proc;
  gchar *state;
};

/* What of our environment a worker needs: where GStreamer and libraries are,
 * and how messages read. */
static const gchar *const kept_variables[] = { "PATH", "LANG", "LC_ALL",
  "LC_MESSAGES", "LANGUAGE", "TZ", "GST_PLUGIN_PATH", "GST_PLUGIN_PATH_1_0",
  "GST_PLUGIN_SYSTEM_PATH", "GST_PLUGIN_SYSTEM_PATH_1_0", "GST_PLUGIN_SCANNER",
  "GST_DEBUG", "G_DEBUG", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
  "http_proxy", "https_proxy", "no_proxy", "ASAN_OPTIONS", "UBSAN_OPTIONS" };

static gboolean
works (const gchar *bwrap, gboolean own_proc)
{
  g_autoptr (GSubprocess) process = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
      NULL, bwrap, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/",
      "--dev", "/dev", own_proc ? "--proc" : "--tmpfs",
      own_proc ? "/proc" : "/tmp", "true", NULL);

  return process && g_subprocess_wait_check (process, NULL, NULL);
}

VsSandbox *
vs_sandbox_new (const gchar *mode, const gchar *state_folder, GError **error)
{
  g_autoptr (VsSandbox) self = g_new0 (VsSandbox, 1);
  g_autofree gchar *bwrap = NULL;

  self->state = g_strdup (state_folder);
  if (g_str_equal (mode, "none"))
    return g_steal_pointer (&self);
  bwrap = g_find_program_in_path ("bwrap");
  if (bwrap) {
    self->own_proc = works (bwrap, TRUE);
    if (self->own_proc || works (bwrap, FALSE))
      self->bwrap = g_steal_pointer (&bwrap);
  }
  if (!self->bwrap && g_str_equal (mode, "required")) {
    g_set_error_literal (error, VS_ERROR, VS_ERROR_NO_PLUGIN,
        "[worker] sandbox=required, but bubblewrap is not installed or may not "
        "make name spaces here: install the package bubblewrap, or say "
        "sandbox=auto.");
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
vs_sandbox_free (VsSandbox *self)
{
  if (!self)
    return;
  g_free (self->bwrap);
  g_free (self->state);
  g_free (self);
}

/* Is it a bubblewrap around this state folder? Its words end in NUL each. */
static gboolean
is_ours (const VsSandbox *self, const gchar *words, gsize length)
{
  gsize size = strlen ("--tmpfs") + strlen (self->state) + 2;
  g_autofree gchar *mark = g_strconcat ("--tmpfs", "\n", self->state, NULL);

  mark[strlen ("--tmpfs")] = '\0';
  return memmem (words, length, mark, size) != NULL &&
         memmem (words, length, "--die-with-parent",
             sizeof "--die-with-parent") != NULL;
}

void
vs_sandbox_reap (const VsSandbox *self)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    gint64 pid = g_ascii_strtoll (name, NULL, 10);
    g_autofree gchar *path = g_build_filename ("/proc", name, "cmdline", NULL);
    g_autofree gchar *words = NULL;
    gsize length = 0;

    if (pid > 1 && pid != getpid () &&
        g_file_get_contents (path, &words, &length, NULL) &&
        is_ours (self, words, length))
      (void) kill ((pid_t) pid, SIGKILL);
  }
}

const gchar *
vs_sandbox_get_kind (const VsSandbox *self)
{
  return self->bwrap ? "bubblewrap" : "none";
}

static void add (
    GStrvBuilder *words, const gchar *first, ...) G_GNUC_NULL_TERMINATED;

static void
add (GStrvBuilder *words, const gchar *first, ...)
{
  va_list args;

  va_start (args, first);
  for (const gchar *word = first; word; word = va_arg (args, const gchar *))
    g_strv_builder_add (words, word);
  va_end (args);
}

/* The parts of the program may stand where people live (a build folder). */
static void
add_program (GStrvBuilder *words, const gchar *worker)
{
  g_autofree gchar *folder = g_path_get_dirname (worker);
  g_autofree gchar *beside = g_build_filename (folder, "..", "gst", NULL);
  g_autofree gchar *plugins = g_canonicalize_filename (beside, NULL);
  const gchar *path = g_getenv ("GST_PLUGIN_PATH");
  g_auto (GStrv) more = g_strsplit (path ? path : "", ":", -1);

  add (words, "--ro-bind", folder, folder, NULL);
  add (words, "--ro-bind-try", plugins, plugins, NULL);
  for (guint i = 0; more[i]; i++)
    if (g_path_is_absolute (more[i]))
      add (words, "--ro-bind-try", more[i], more[i], NULL);
}

GStrv
vs_sandbox_dup_words (
    const VsSandbox *self, const gchar *worker, const VsSandboxNeeds *needs)
{
  GStrvBuilder *words;
  GStrv result;

  if (!self->bwrap)
    return NULL;
  words = g_strv_builder_new ();
  add (words, self->bwrap, "--unshare-all", NULL);
  if (needs->network)
    g_strv_builder_add (words, "--share-net");
  add (words, "--die-with-parent", "--new-session", "--cap-drop", "ALL",
      "--ro-bind", "/", "/", "--dev", "/dev", NULL);
  if (self->own_proc)
    add (words, "--proc", "/proc", NULL);
  add (words, "--tmpfs", "/tmp", "--tmpfs", "/home", "--tmpfs", "/root", NULL);
  add_program (words, worker);
  add (words, "--tmpfs", self->state, NULL);
  add (words, "--ro-bind", needs->cache, needs->cache, NULL);
  for (guint i = 0; needs->files && needs->files[i]; i++)
    add (words, "--ro-bind-try", needs->files[i], needs->files[i], NULL);
  add (words, "--bind", needs->scratch, needs->scratch, NULL);
  if (needs->output)
    add (words, "--bind", needs->output, needs->output, NULL);
  if (needs->queue)
    add (words, "--bind", needs->queue, needs->queue, NULL);
  add (words, "--chdir", needs->scratch, "--", NULL);
  result = g_strv_builder_end (words);
  g_strv_builder_unref (words);
  return result;
}

GStrv
vs_sandbox_dup_environment (const gchar *scratch, const gchar *registry)
{
  GStrv environment = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (kept_variables); i++) {
    const gchar *value = g_getenv (kept_variables[i]);

    if (value)
      environment =
          g_environ_setenv (environment, kept_variables[i], value, TRUE);
  }
  environment = g_environ_setenv (environment, "HOME", scratch, TRUE);
  environment = g_environ_setenv (environment, "TMPDIR", scratch, TRUE);
  environment = g_environ_setenv (environment, "XDG_CACHE_HOME", scratch, TRUE);
  environment = g_environ_setenv (environment, "GST_REGISTRY", registry, TRUE);
  return environment;
}
