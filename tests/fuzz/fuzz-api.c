/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bytes are one request to the service, "METHOD TARGET\nBODY", as far as
 * HTTP lets it through: an answer comes, it is no fault of the server's, and
 * what says that it is JSON is. No job is ever started: nothing turns the main
 * loop. */
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>
#include <unistd.h>

#include "api/vs-api.h"
#include "api/vs-later.h"
#include "fuzz.h"

#include <json-glib/json-glib.h>

/* What was added is forgotten now and then. */
#define RUNS_KEPT 500

static struct {
  VsConfig *config;
  VsFolders *folders;
  VsDb *db;
  VsJobStore *jobs;
  VsOutputs *outputs;
  VsScheduler *scheduler;
  VsSigner *signer;
  VsChannels *channels;
  VsApi *api;
  guint runs;
  VsUploads *uploads;
} service;

static void
remove_state (void)
{
  static const gchar *const names[] = { "media", "logs", "scratch", "trash",
    "cache", "queues", "uploads", "archive", "lock" };

  vs_channels_free (service.channels);
  vs_api_free (service.api);
  vs_uploads_free (service.uploads);
  vs_scheduler_free (service.scheduler);
  vs_outputs_free (service.outputs);
  vs_signer_close (service.signer);
  vs_job_store_free (service.jobs);
  vs_db_close (service.db);
  vs_folders_close (service.folders);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *path =
        g_build_filename (service.config->state, names[i], NULL);

    (void) g_remove (path);
  }
  (void) g_rmdir (service.config->state);
  vs_config_free (service.config);
}

static void
start_service (void)
{
  static const gchar CONFIG[] = "[worker]\nsandbox=none\n"
                                "[webhook]\nallow-addresses=10.0.0.0/8\n";
  GError *error = NULL;

  service.config = vs_config_parse (CONFIG, strlen (CONFIG), "fuzz", &error);
  g_assert_no_error (error);
  g_free (service.config->state);
  service.config->state = g_dir_make_tmp ("vs-fuzz-api-XXXXXX", &error);
  g_assert_no_error (error);
  service.folders = vs_folders_open (service.config->state, &error);
  g_assert_no_error (error);
  service.db = vs_db_open (":memory:", &error);
  g_assert_no_error (error);
  service.jobs = vs_job_store_new (service.db);
  service.outputs =
      vs_outputs_new (service.jobs, service.folders, service.config, &error);
  g_assert_no_error (error);
  service.scheduler = vs_scheduler_new (
      service.jobs, service.folders, service.outputs, service.config, &error);
  g_assert_no_error (error);
  service.signer = vs_signer_open (NULL, &error);
  service.channels =
      vs_channels_new (service.db, service.folders, service.outputs,
          vs_scheduler_get_starter (service.scheduler), service.config, &error);
  g_assert_no_error (error);
  service.uploads =
      vs_uploads_new (service.jobs, service.folders, service.config);
  service.api = vs_api_new (service.jobs, service.scheduler, service.folders,
      service.outputs, service.channels, service.signer, service.uploads,
      service.config);
  (void) atexit (remove_state);
}

/* None is on air: nothing starts workers here. */
static void
forget_channels (void)
{
  g_autoptr (GPtrArray) all =
      vs_channels_list (service.channels, NULL, NULL, G_MAXUINT);

  for (guint i = 0; i < all->len; i++) {
    (void) vs_channels_command (
        service.channels, all->pdata[i], VS_EVENT_STOP, NULL);
    (void) vs_channels_remove (service.channels, all->pdata[i], NULL);
  }
}

static void
forget (void)
{
  static const gchar *const steps[] = { "DELETE FROM jobs",
    "DELETE FROM assets", "DELETE FROM replies", "DELETE FROM events",
    "DELETE FROM webhooks", "DELETE FROM deliveries", "DELETE FROM uploads" };

  forget_channels ();
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    g_assert_true (vs_db_run (service.db, NULL, steps[i], ""));
}

static void
check_reply (const VsApiReply *reply)
{
  g_assert_cmpuint (reply->status, >=, 200);
  g_assert_cmpuint (reply->status, <, 500);
  if (reply->content_type && strstr (reply->content_type, "json")) {
    g_autoptr (JsonNode) root = json_from_string (reply->body, NULL);

    g_assert_nonnull (root);
    g_assert_true (g_utf8_validate (reply->body, -1, NULL));
  }
}

static void
ask (gchar *head, const gchar *body, gsize size)
{
  gchar *target = strchr (head, ' ');
  gchar *query = target ? strchr (target, '?') : NULL;
  g_autoptr (GHashTable) pairs = NULL;
  g_auto (VsApiReply) reply = { 0 };
  VsApiRequest request = { 0 };

  if (!target)
    return;
  *target++ = '\0';
  if (query) {
    *query++ = '\0';
    pairs = soup_form_decode (query);
  }
  request.method = head;
  request.path = target;
  request.query = pairs;
  request.body = body;
  request.body_size = size;
  request.content_type = "application/json";
  request.host = "localhost";
  vs_api_handle (service.api, &request, &reply);
  check_reply (reply.later ? vs_later_get_reply (reply.later) : &reply);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const gchar *text = size ? (const gchar *) data : "";
  const gchar *end = memchr (text, '\n', size);
  gsize length = end ? (gsize) (end - text) : size;
  g_autofree gchar *head = g_strndup (text, length);
  gsize rest = end ? size - length - 1 : 0;
  g_autofree gchar *body = g_strndup (end ? (const gchar *) end + 1 : "", rest);

  if (!service.api)
    start_service ();
  if (++service.runs % RUNS_KEPT == 0)
    forget ();
  ask (head, body, rest);
  return 0;
}
