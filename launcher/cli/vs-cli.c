/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/vs-cli.h"
#include "cli/vs-cli-private.h"
#include "cli/vs-cli-upload.h"

#include "app/vs-exit.h"
#include "app/vs-location.h"
#include "app/vs-progress.h"
#include "http/vs-http-client.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define DEFAULT_SERVER "http://127.0.0.1:8080"

static void
cli_clear (VsCli *self)
{
  g_free (self->server);
  g_free (self->preset);
  g_free (self->state);
  g_free (self->config);
  g_free (self->scopes);
  g_free (self->filler);
  g_free (self->cut);
  g_free (self->resume);
  g_free (self->at);
  g_strfreev (self->words);
  vs_http_client_free (self->client);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VsCli, cli_clear)

/* @kind: "url" or "upload". */
static gchar *
build_order (VsCli *self, const gchar *kind, const gchar *value)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  JsonObject *input = json_object_new ();

  json_object_set_string_member (input, kind, value);
  json_object_set_object_member (object, "input", input);
  if (self->preset)
    json_object_set_string_member (object, "preset", self->preset);
  if (self->priority >= 0)
    json_object_set_int_member (object, "priority", self->priority);
  json_node_take_object (root, object);
  return json_to_string (root, FALSE);
}

static gboolean
is_final (const gchar *state)
{
  static const gchar *const ends[] = { "succeeded", "failed", "canceled",
    "stopped", NULL };

  return g_strv_contains (ends, state);
}

static void
print_progress (JsonObject *object)
{
  gdouble done =
      json_object_get_double_member_with_default (object, "progress", -1);
  gdouble speed =
      json_object_get_double_member_with_default (object, "speed", 0);
  gdouble left = json_object_get_double_member_with_default (object, "eta", -1);
  g_autofree gchar *eta =
      left >= 0 ? vs_progress_format_time ((gint64) (left * G_USEC_PER_SEC))
                : NULL;
  gboolean terminal = isatty (STDERR_FILENO);

  (void) fprintf (stderr, "%s%-10s", terminal ? "\r\033[K" : "",
      vs_cli_get_text (object, "state"));
  if (done >= 0)
    (void) fprintf (stderr, " %3.0f %%", done * 100);
  if (speed > 0)
    (void) fprintf (stderr, "  %.2f×", speed);
  if (eta)
    (void) fprintf (stderr, "  %s left", eta);
  (void) fprintf (stderr, "%s", terminal ? "" : "\n");
  (void) fflush (stderr);
}

/* TRUE: it has come to its end. */
static gboolean
take_event (VsCli *self, const gchar *id, const gchar *line)
{
  g_autoptr (JsonNode) root = NULL;
  JsonObject *object;

  if (!g_str_has_prefix (line, "data: "))
    return FALSE;
  root = json_from_string (line + strlen ("data: "), NULL);
  object = root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root)
                                                 : NULL;
  if (!object || strcmp (vs_cli_get_text (object, "id"), id) != 0)
    return FALSE;
  if (self->json)
    (void) printf ("%s\n", line + strlen ("data: "));
  else
    print_progress (object);
  return is_final (vs_cli_get_text (object, "state"));
}

static gint
print_end (JsonObject *job)
{
  const gchar *state = vs_cli_get_text (job, "state");
  gboolean well =
      g_str_equal (state, "succeeded") || g_str_equal (state, "stopped");
  JsonNode *error = json_object_get_member (job, "error");

  (void) fprintf (stderr, "%s%s: %s\n",
      isatty (STDERR_FILENO) ? "\r\033[K" : "", vs_cli_get_text (job, "id"),
      state);
  if (!well && error && JSON_NODE_HOLDS_OBJECT (error))
    (void) fprintf (stderr, "%s\n",
        vs_cli_get_text (json_node_get_object (error), "message"));
  return well ? EX_OK : EX_DATAERR;
}

static gint
watch_job (VsCli *self, const gchar *id)
{
  g_autofree gchar *path = g_strconcat ("/v1/jobs/", id, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autoptr (JsonObject) job = NULL;
  gboolean done;
  guint status = 0;
  gint code;

  /* Listening first: what happens between is heard twice rather than never. */
  lines = vs_http_client_listen (self->client, "/v1/events", &status, &error);
  if (!lines)
    return vs_cli_fail (error);
  job = vs_cli_ask (self, "GET", path, NULL, &code);
  if (!job)
    return code;
  done = is_final (vs_cli_get_text (job, "state"));
  while (!done) {
    g_autofree gchar *line =
        g_data_input_stream_read_line (lines, NULL, NULL, NULL);

    if (!line) {
      (void) fprintf (stderr, "\nvstream-launcher: The service has gone.\n");
      return EX_TEMPFAIL;
    }
    done = take_event (self, id, line);
  }
  json_object_unref (job);
  job = vs_cli_ask (self, "GET", path, NULL, &code);
  return job ? print_end (job) : code;
}

/* A file of ours that the service may not read by its path has to be sent. */
static gboolean
must_be_sent (VsCli *self, const gchar *url, const gchar *order)
{
  g_autofree gchar *path = g_filename_from_uri (url, NULL, NULL);
  g_autofree gchar *answer = NULL;
  g_autoptr (JsonNode) root = NULL;
  guint status = 0;

  if (!path || !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return FALSE;
  answer = vs_http_client_ask (
      self->client, "POST", "/v1/jobs?dry_run=1", order, &status, NULL);
  root = answer && status == 422 ? json_from_string (answer, NULL) : NULL;
  return root && JSON_NODE_HOLDS_OBJECT (root) &&
         g_str_equal (vs_cli_get_text (json_node_get_object (root), "code"),
             "not-permitted");
}

/* An asset of an upload, or a job of a URL. NULL: @code is how to end. */
static JsonObject *
submit (VsCli *self, const gchar *url, gint *code)
{
  g_autofree gchar *order = build_order (self, "url", url);
  g_autofree gchar *path = NULL;
  g_autofree gchar *upload = NULL;
  g_autoptr (GError) error = NULL;

  if (!must_be_sent (self, url, order))
    return vs_cli_ask (self, "POST", "/v1/jobs", order, code);
  path = g_filename_from_uri (url, NULL, NULL);
  upload = vs_cli_upload (self->client, path, &error);
  if (!upload) {
    *code = vs_cli_fail (error);
    return NULL;
  }
  g_free (order);
  order = build_order (self, "upload", upload);
  return vs_cli_ask (self, "POST", "/v1/assets", order, code);
}

static gint
run_submit (VsCli *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *url = vs_location_input_uri (self->words[0], &error);
  g_autoptr (JsonObject) made = NULL;
  const gchar *job;
  gint code;

  if (!url)
    return vs_cli_fail (error);
  made = submit (self, url, &code);
  if (!made)
    return code;
  job = vs_cli_get_text (
      made, json_object_has_member (made, "job_id") ? "job_id" : "id");
  if (!self->json)
    (void) printf ("%s\n", job);
  return self->watch ? watch_job (self, job) : EX_OK;
}

static void
print_job (JsonArray *array, guint i, JsonNode *node, gpointer user_data)
{
  JsonObject *job = json_node_get_object (node);
  gdouble done =
      json_object_get_double_member_with_default (job, "progress", -1);
  g_autofree gchar *url =
      vs_cli_dup_plain (json_object_get_object_member (job, "input"), "url");
  g_autofree gchar *percent =
      done >= 0 ? g_strdup_printf ("%3.0f %%", done * 100) : g_strdup ("     ");

  (void) printf ("%s  %-10s %s  %-8s %s\n", vs_cli_get_text (job, "id"),
      vs_cli_get_text (job, "state"), percent, vs_cli_get_text (job, "preset"),
      url);
}

static gint
run_jobs (VsCli *self)
{
  g_autoptr (JsonObject) list = NULL;
  gint code;

  list = vs_cli_ask (self, "GET", "/v1/jobs", NULL, &code);
  if (list && !self->json)
    json_array_foreach_element (
        json_object_get_array_member (list, "data"), print_job, NULL);
  return code;
}

static gint
run_cancel (VsCli *self)
{
  g_autofree gchar *escaped = g_uri_escape_string (self->words[0], NULL, FALSE);
  g_autofree gchar *path = g_strconcat ("/v1/jobs/", escaped, "/cancel", NULL);
  g_autoptr (JsonObject) job = NULL;
  gint code;

  job = vs_cli_ask (self, "POST", path, NULL, &code);
  if (job && !self->json)
    (void) printf ("%s: %s\n", self->words[0], vs_cli_get_text (job, "state"));
  return code;
}

static gint
run_watch (VsCli *self)
{
  return watch_job (self, self->words[0]);
}

static const struct {
  const gchar *name, *argument;
  gint (*run) (VsCli *self);
} commands[] = {
  { "submit", "a file or a URL", run_submit },
  { "jobs", NULL, run_jobs },
  { "watch", "the id of a job", run_watch },
  { "cancel", "the id of a job", run_cancel },
  { "channel", NULL, vs_cli_channel },
  { "token", NULL, NULL },
};

gboolean
vs_cli_knows (const gchar *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i].name, word))
      return TRUE;
  return FALSE;
}

static gboolean
parse (VsCli *self, gint *argc, gchar ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "server", 0, 0, G_OPTION_ARG_STRING, &self->server,
        "the service (" DEFAULT_SERVER ", or $VSTREAM_SERVER)", "URL" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &self->json,
        "print what the service answers", NULL },
    { "preset", 0, 0, G_OPTION_ARG_STRING, &self->preset,
        "of a job (vod) or a channel (channel)", "NAME" },
    { "priority", 0, 0, G_OPTION_ARG_INT, &self->priority,
        "of a job that is submitted, 0 to 100", "N" },
    { "watch", 0, 0, G_OPTION_ARG_NONE, &self->watch,
        "stay until the job that is submitted has ended", NULL },
    { "filler", 0, 0, G_OPTION_ARG_STRING, &self->filler,
        "of a channel that is created", "URI" },
    { "index", 0, 0, G_OPTION_ARG_INT, &self->index,
        "of items that are added to a queue: 0 comes next", "N" },
    { "cut", 0, 0, G_OPTION_ARG_STRING, &self->cut,
        "of an interrupt: frame, item-end, at", "WHEN" },
    { "resume", 0, 0, G_OPTION_ARG_STRING, &self->resume,
        "of an interrupt: resume, restart, skip, join", "HOW" },
    { "at", 0, 0, G_OPTION_ARG_STRING, &self->at,
        "of an interrupt: 2026-11-20T20:00:00Z", "TIME" },
    { "scopes", 0, 0, G_OPTION_ARG_STRING, &self->scopes,
        "of a token: read,write,admin (read,write)", "LIST" },
    { "state", 0, 0, G_OPTION_ARG_FILENAME, &self->state,
        "of a token: the service's folder", "DIR" },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &self->config,
        "of a token: the service's configuration", "FILE" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (
      "submit FILE|jobs|watch ID|cancel ID|channel …|token …");
  g_autofree gchar *channels = vs_cli_channel_dup_help ();

  self->priority = -1;
  self->index = -1;
  g_option_context_set_summary (context,
      "Talks to a vstream service. $VSTREAM_TOKEN has the token it wants.");
  g_option_context_set_description (context, channels);
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, argc, argv, error);
}

static gint
run_command (VsCli *self, const gchar *name)
{
  const gchar *server = g_getenv ("VSTREAM_SERVER");
  g_autoptr (GError) error = NULL;
  guint i = 0;

  while (!g_str_equal (commands[i].name, name))
    i++;
  if (!commands[i].run)
    return vs_cli_token ((const gchar *const *) self->words, self->state,
        self->config, self->scopes);
  if (commands[i].run != vs_cli_channel &&
      g_strv_length (self->words) != (commands[i].argument ? 1 : 0))
    return vs_cli_misuse ("%s takes %s.", name,
        commands[i].argument ? commands[i].argument : "no argument");
  if (self->server)
    server = self->server;
  self->client = vs_http_client_new (
      server ? server : DEFAULT_SERVER, g_getenv ("VSTREAM_TOKEN"), &error);
  return self->client ? commands[i].run (self) : vs_cli_fail (error);
}

gint
vs_cli_run (gint argc, gchar **argv)
{
  g_auto (VsCli) self = { NULL };
  g_autoptr (GError) error = NULL;
  g_autofree gchar *name = g_strdup (argv[1]);

  if (!parse (&self, &argc, &argv, &error))
    return vs_cli_fail (error);
  self.words = g_strdupv (argv + 2);
  return run_command (&self, name);
}
