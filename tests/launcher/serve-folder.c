/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * serve-folder LISTEN FOLDER [PROCESSES]: the server of the launcher without a
 * job, for tests of the page. Prints its URL, then takes the job's JSON, one a
 * line, from stdin, and ends when that ends. */
#include "http/vs-http-helper.h"
#include "http/vs-http.h"

#include <gio/gunixinputstream.h>

typedef struct {
  GMainLoop *loop;
  VsHttp *http;
} Serve;

static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Serve *serve = user_data;
  GDataInputStream *lines = G_DATA_INPUT_STREAM (source);
  g_autofree gchar *line =
      g_data_input_stream_read_line_finish_utf8 (lines, result, NULL, NULL);

  if (line == NULL) {
    g_main_loop_quit (serve->loop);
    return;
  }
  vs_http_set_job (serve->http, *line != '\0' ? line : NULL);
  g_data_input_stream_read_line_async (
      lines, G_PRIORITY_DEFAULT, NULL, on_line, serve);
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GInputStream) input = g_unix_input_stream_new (0, FALSE);
  g_autoptr (GDataInputStream) lines = g_data_input_stream_new (input);
  g_autoptr (VsHttp) http = NULL;
  g_autoptr (GError) error = NULL;
  Serve serve = { loop, NULL };
  VsHttpOptions options = { .processes = 1 };

  if (argc == 2 && g_str_equal (argv[1], VS_HTTP_HELPER))
    return vs_http_helper_run ();
  if (argc != 3 && argc != 4) {
    g_printerr ("usage: serve-folder LISTEN FOLDER [PROCESSES]\n");
    return 64;
  }
  if (argc == 4)
    options.processes = (guint) g_ascii_strtoull (argv[3], NULL, 10);
  http = vs_http_new_full (argv[1], argv[2], &options, &error);
  if (http == NULL) {
    g_printerr ("%s\n", error->message);
    return 69;
  }
  serve.http = http;
  g_print ("%s\n", vs_http_get_url (http));
  g_data_input_stream_read_line_async (
      lines, G_PRIORITY_DEFAULT, NULL, on_line, &serve);
  g_main_loop_run (loop);
  return 0;
}
