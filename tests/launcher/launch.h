/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * launch: runs programs for tests and holds them to a time limit. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct {
  GSubprocess *process;
  gchar *folder; /* an empty one, removed with all it holds at the end */
} Fixture;

typedef struct {
  gint code;   /* exit code, -1 where a signal ended it */
  gint signum; /* that signal */
  gchar *out, *err;
} Result;

void result_clear (Result *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

gchar *make_folder (void);
void remove_folder (gchar *folder);

/* Writes @text to a new file in @folder; its path. */
gchar *write_file (const gchar *folder, const gchar *name, const gchar *text);

/* Path of the launcher that was built. */
gchar *get_launcher (void);

/* The launcher with the arguments of the NULL-terminated list. */
Result run_launcher (const gchar *first, ...) G_GNUC_NULL_TERMINATED;
GSubprocess *start_launcher (const gchar *first, ...) G_GNUC_NULL_TERMINATED;

/* Any program; @argv[0] is looked up in PATH. */
Result run_program (const gchar *const *argv);

/* Waits for the end of @process, which is taken. */
Result finish_process (GSubprocess *process);

/* Reads standard error up to a line that has @text in it, and fails the test
 * where the stream ends before. What was read is thrown away. */
void wait_for_line (GInputStream *stream, const gchar *text);

/* The process id of the one child of @process. */
gint find_child (GSubprocess *process);

/* What GStreamer looks for plugins in, to be given back. */
typedef struct {
  gchar *path, *registry;
} PluginSearch;

/* Processes started until plugin_search_end () find plugins in @path (NULL: the
 * system's alone) and keep their list in the file @registry. */
PluginSearch plugin_search_begin (const gchar *path, const gchar *registry);
void plugin_search_end (PluginSearch *search);

/* Fails the test and shows all that was said. */
void check_result (const Result *result, gint code, const gchar *err_part,
    const gchar *file, gint line);
#define assert_result(result, code, err_part)                                  \
  check_result ((result), (code), (err_part), __FILE__, __LINE__)

G_END_DECLS
