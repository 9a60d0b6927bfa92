/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch.h"

#include <stdarg.h>
#include <string.h>

/* No run of a test's process takes longer, slow machine or not. */
#define LIMIT_S 120

void
result_clear (Result *result)
{
  g_clear_pointer (&result->out, g_free);
  g_clear_pointer (&result->err, g_free);
}

gchar *
make_folder (void)
{
  g_autoptr (GError) error = NULL;
  gchar *folder = g_dir_make_tmp ("vstream-test-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

static void
remove_all (GFile *file)
{
  g_autoptr (GFileEnumerator) children =
      g_file_enumerate_children (file, G_FILE_ATTRIBUTE_STANDARD_NAME,
          G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
  GFile *child;

  while (children &&
         g_file_enumerator_iterate (children, NULL, &child, NULL, NULL) &&
         child)
    remove_all (child);
  (void) g_file_delete (file, NULL, NULL);
}

void
remove_folder (gchar *folder)
{
  g_autoptr (GFile) file = g_file_new_for_path (folder);

  remove_all (file);
  g_free (folder);
}

gchar *
write_file (const gchar *folder, const gchar *name, const gchar *text)
{
  g_autoptr (GError) error = NULL;
  gchar *path = g_build_filename (folder, name, NULL);

  (void) g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

gchar *
get_launcher (void)
{
  const gchar *root = g_getenv ("VS_BUILD_ROOT");

  g_assert_nonnull (root);
  return g_build_filename (root, "launcher", "vstream-launcher", NULL);
}

static gboolean
on_limit (gpointer user_data)
{
  g_error ("a process did not end within %d s", LIMIT_S);
  return G_SOURCE_REMOVE;
}

static void
on_communicated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

Result
finish_process (GSubprocess *process)
{
  g_autoptr (GAsyncResult) done = NULL;
  g_autoptr (GError) error = NULL;
  Result result = { -1, 0, NULL, NULL };
  guint limit_id = g_timeout_add_seconds (LIMIT_S, on_limit, NULL);

  g_subprocess_communicate_utf8_async (
      process, NULL, NULL, on_communicated, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (limit_id);
  (void) g_subprocess_communicate_utf8_finish (
      process, done, &result.out, &result.err, &error);
  g_assert_no_error (error);
  if (g_subprocess_get_if_exited (process))
    result.code = g_subprocess_get_exit_status (process);
  else
    result.signum = g_subprocess_get_term_sig (process);
  g_object_unref (process);
  return result;
}

static GSubprocess *
start (const gchar *const *argv)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *process = g_subprocess_newv (argv,
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);

  g_assert_no_error (error);
  return process;
}

Result
run_program (const gchar *const *argv)
{
  return finish_process (start (argv));
}

static GSubprocess *
start_list (const gchar *first, va_list args)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree gchar *launcher = get_launcher ();

  g_ptr_array_add (argv, launcher);
  for (const gchar *arg = first; arg; arg = va_arg (args, const gchar *))
    g_ptr_array_add (argv, (gpointer) arg);
  g_ptr_array_add (argv, NULL);
  return start ((const gchar *const *) argv->pdata);
}

GSubprocess *
start_launcher (const gchar *first, ...)
{
  GSubprocess *process;
  va_list args;

  va_start (args, first);
  process = start_list (first, args);
  va_end (args);
  return process;
}

Result
run_launcher (const gchar *first, ...)
{
  GSubprocess *process;
  va_list args;

  va_start (args, first);
  process = start_list (first, args);
  va_end (args);
  return finish_process (process);
}

void
wait_for_line (GInputStream *stream, const gchar *text)
{
  g_autoptr (GString) line = g_string_new (NULL);
  gchar byte;

  /* Byte by byte: what follows belongs to finish_process (). */
  while (g_input_stream_read (stream, &byte, 1, NULL, NULL) == 1) {
    g_string_append_c (line, byte);
    if (byte != '\n')
      continue;
    g_test_message ("%s", line->str);
    if (strstr (line->str, text))
      return;
    g_string_truncate (line, 0);
  }
  g_error ("“%s” was never said", text);
}

gint
find_child (GSubprocess *process)
{
  const gchar *id = g_subprocess_get_identifier (process);
  g_autofree gchar *path =
      g_strdup_printf ("/proc/%s/task/%s/children", id, id);
  g_autofree gchar *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return (gint) g_ascii_strtoll (text, NULL, 10);
}

static void
set_search (const gchar *path, const gchar *registry)
{
  if (path)
    g_setenv ("GST_PLUGIN_PATH", path, TRUE);
  else
    g_unsetenv ("GST_PLUGIN_PATH");
  g_setenv ("GST_REGISTRY", registry, TRUE);
}

PluginSearch
plugin_search_begin (const gchar *path, const gchar *registry)
{
  PluginSearch before = { g_strdup (g_getenv ("GST_PLUGIN_PATH")),
    g_strdup (g_getenv ("GST_REGISTRY")) };

  set_search (path, registry);
  return before;
}

void
plugin_search_end (PluginSearch *search)
{
  set_search (search->path, search->registry);
  g_free (search->path);
  g_free (search->registry);
}

void
check_result (const Result *result, gint code, const gchar *err_part,
    const gchar *file, gint line)
{
  gboolean said = !err_part || strstr (result->err, err_part);

  if (result->code == code && said)
    return;
  g_error ("%s:%d: exit code %d (signal %d), wanted %d%s%s\n--- out\n%s\n"
           "--- err\n%s",
      file, line, result->code, result->signum, code,
      said ? "" : "; not said: ", said ? "" : err_part, result->out,
      result->err);
}
