/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where keys come from: environment, files, and a fake of the two services
 * that give them to a role, since no real one is to be had; and a client whose
 * keys are renewed, against radosgw. */
#include <string.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "servers/s3-fixture.h"

#include "core/vs-error.h"
#include "store/vs-s3-credentials.h"

#define BUCKET "credentials"

static gchar *folder;

/* A service for roles ----------------------------------------------------- */

/* Answers each request by its first line; a path that is not known is 404. */
typedef struct {
  GSocketService *service;
  GThread *thread;
  GMainLoop *loop;
  GMainContext *context;
  guint16 port;
  GMutex lock;
  GHashTable *answers; /* "METHOD PATH": body */
  GString *seen;       /* all request heads */
} Roles;

static gchar *
read_head (GInputStream *stream)
{
  GString *head = g_string_new (NULL);
  gchar byte;

  while (!g_str_has_suffix (head->str, "\r\n\r\n") &&
         g_input_stream_read (stream, &byte, 1, NULL, NULL) == 1)
    g_string_append_c (head, byte);
  return g_string_free (head, FALSE);
}

static gboolean
on_connection (GThreadedSocketService *service, GSocketConnection *connection,
    GObject *source, gpointer user_data)
{
  Roles *roles = user_data;
  g_autofree gchar *head =
      read_head (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  g_auto (GStrv) words = g_strsplit (head, " ", 3);
  g_autofree gchar *what = g_strv_length (words) == 3
                               ? g_strconcat (words[0], " ", words[1], NULL)
                               : g_strdup ("");
  g_autofree gchar *answer = NULL;
  const gchar *body;

  g_mutex_lock (&roles->lock);
  g_string_append (roles->seen, head);
  body = g_hash_table_lookup (roles->answers, what);
  answer = g_strdup_printf ("HTTP/1.1 %s\r\nContent-Length: %u\r\n"
                            "Connection: close\r\n\r\n%s",
      body != NULL ? "200 OK" : "404 Not Found",
      (guint) (body != NULL ? strlen (body) : 0), body != NULL ? body : "");
  g_mutex_unlock (&roles->lock);
  g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (connection)), answer,
      strlen (answer), NULL, NULL, NULL);
  return TRUE;
}

static gpointer
roles_main (gpointer data)
{
  Roles *roles = data;

  g_main_context_push_thread_default (roles->context);
  g_socket_service_start (roles->service);
  g_main_loop_run (roles->loop);
  g_main_context_pop_thread_default (roles->context);
  return NULL;
}

static Roles *
roles_start (void)
{
  Roles *roles = g_new0 (Roles, 1);
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  roles->context = g_main_context_new ();
  roles->loop = g_main_loop_new (roles->context, FALSE);
  roles->answers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  roles->seen = g_string_new (NULL);
  g_main_context_push_thread_default (roles->context);
  roles->service = g_threaded_socket_service_new (4);
  g_assert_true (g_socket_listener_add_address (
      G_SOCKET_LISTENER (roles->service), address, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, NULL, &bound, NULL));
  g_main_context_pop_thread_default (roles->context);
  roles->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  g_signal_connect (roles->service, "run", G_CALLBACK (on_connection), roles);
  roles->thread = g_thread_new ("roles", roles_main, roles);
  return roles;
}

static void
roles_stop (Roles *roles)
{
  g_main_loop_quit (roles->loop);
  g_thread_join (roles->thread);
  g_socket_service_stop (roles->service);
  g_object_unref (roles->service);
  g_main_loop_unref (roles->loop);
  g_main_context_unref (roles->context);
  g_hash_table_unref (roles->answers);
  g_string_free (roles->seen, TRUE);
  g_free (roles);
}

static void
roles_answer (Roles *roles, const gchar *what, const gchar *body)
{
  g_mutex_lock (&roles->lock);
  g_hash_table_insert (roles->answers, g_strdup (what), g_strdup (body));
  g_mutex_unlock (&roles->lock);
}

/* The chain --------------------------------------------------------------- */

static void
clear_environment (void)
{
  static const gchar *const names[] = { "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
    "AWS_DEFAULT_REGION", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_unsetenv (names[i]);
  g_setenv ("AWS_EC2_METADATA_DISABLED", "true", TRUE);
  g_setenv ("HOME", folder, TRUE);
}

static void
write_file (const gchar *name, const gchar *text)
{
  g_autofree gchar *aws = g_build_filename (folder, ".aws", NULL);
  g_autofree gchar *path = g_build_filename (aws, name, NULL);

  g_mkdir (aws, 0700);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static VsS3Credentials *
load (const VsS3Config *config, GError **error)
{
  VsS3CredentialSource *source = vs_s3_credential_source_new (config);
  VsS3Credentials *found = vs_s3_credential_source_load (source, error);

  vs_s3_credential_source_free (source);
  return found;
}

static void
assert_key (const VsS3Config *config, const gchar *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsS3Credentials) found = load (config, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (found->access_key, ==, key);
}

static void
test_chain (void)
{
  g_autoptr (VsS3Config) config = vs_s3_config_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) half = NULL;

  clear_environment ();
  g_assert_null (load (config, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED);
  write_file ("config", "[default]\naws_access_key_id = C\n"
                        "aws_secret_access_key=c\nregion = eu-x-1\n"
                        "[profile other]\nregion=eu-y-1\n");
  assert_key (config, "C");
  write_file ("credentials",
      "# note\n[default]\naws_access_key_id=F\n"
      "aws_secret_access_key = f=/+\naws_session_token=t\n"
      "s3 =\n  aws_access_key_id=nested\n"
      "[other]\naws_access_key_id=O\naws_secret_access_key=o\n"
      "[half]\naws_access_key_id=H\n");
  assert_key (config, "F");
  g_setenv ("AWS_PROFILE", "other", TRUE);
  assert_key (config, "O");
  g_setenv ("AWS_ACCESS_KEY_ID", "E", TRUE);
  g_setenv ("AWS_SECRET_ACCESS_KEY", "e", TRUE);
  assert_key (config, "E");
  config->profile = g_strdup ("default");
  assert_key (config, "F");
  g_free (config->profile);
  config->profile = g_strdup ("half");
  g_assert_null (load (config, &half));
  g_assert_error (half, VS_ERROR, VS_ERROR_NOT_PERMITTED);
  config->access_key = g_strdup ("S");
  config->secret_key = g_strdup ("s");
  assert_key (config, "S");
}

static void
test_region (void)
{
  g_autoptr (VsS3Config) config = vs_s3_config_new ();
  static const gchar *const wanted[] = { "eu-x-1", "eu-y-1", "from-default",
    "from-region" };

  clear_environment ();
  write_file ("config", "[default]\nregion = eu-x-1\n"
                        "[profile other]\nregion=eu-y-1\n");
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++) {
    VsS3CredentialSource *source = vs_s3_credential_source_new (config);
    g_autofree gchar *region = vs_s3_credential_source_dup_region (source);

    g_assert_cmpstr (region, ==, wanted[i]);
    vs_s3_credential_source_free (source);
    if (i == 0)
      g_setenv ("AWS_PROFILE", "other", TRUE);
    else if (i == 1)
      g_setenv ("AWS_DEFAULT_REGION", "from-default", TRUE);
    else
      g_setenv ("AWS_REGION", "from-region", TRUE);
  }
}

static void
remove_files (void)
{
  static const gchar *const names[] = { "config", "credentials" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *path = g_build_filename (folder, ".aws", names[i], NULL);

    g_unlink (path);
  }
}

#define KEYS                                                                   \
  "{\"AccessKeyId\":\"R\",\"SecretAccessKey\":\"r\",\"Token\":\"t\","          \
  "\"Expiration\":\"2030-01-02T03:04:05Z\",\"Code\":\"Success\"}"

static void
test_roles (void)
{
  static const gchar *const bad[] = { "", "{}", "[]", "null",
    "{\"AccessKeyId\":1,\"SecretAccessKey\":\"r\"}",
    "{\"AccessKeyId\":\"R\",\"SecretAccessKey\":\"r\",\"Expiration\":\"x\"}" };
  g_autoptr (VsS3Config) config = vs_s3_config_new ();
  Roles *roles = roles_start ();
  g_autofree gchar *url =
      g_strdup_printf ("http://127.0.0.1:%u/role", roles->port);
  g_autofree gchar *host =
      g_strdup_printf ("http://127.0.0.1:%u/", roles->port);
  g_autoptr (VsS3Credentials) found = NULL;
  g_autoptr (GError) error = NULL;

  clear_environment ();
  remove_files ();
  g_setenv ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, TRUE);
  g_setenv ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "sesame", TRUE);
  roles_answer (roles, "GET /role", KEYS);
  found = load (config, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found->access_key, ==, "R");
  g_assert_cmpstr (found->session_token, ==, "t");
  g_assert_cmpint (
      found->expires_us, ==, G_GINT64_CONSTANT (1893553445) * G_USEC_PER_SEC);
  g_assert_nonnull (strstr (roles->seen->str, "Authorization: sesame\r\n"));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) refused = NULL;

    roles_answer (roles, "GET /role", bad[i]);
    g_assert_null (load (config, &refused));
    g_assert_error (refused, VS_ERROR, VS_ERROR_NOT_PERMITTED);
  }
  g_setenv ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/", TRUE);
  g_assert_null (load (config, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED);

  clear_environment ();
  g_unsetenv ("AWS_EC2_METADATA_DISABLED");
  g_setenv ("AWS_EC2_METADATA_SERVICE_ENDPOINT", host, TRUE);
  roles_answer (roles, "PUT /latest/api/token", "v2token");
  roles_answer (
      roles, "GET /latest/meta-data/iam/security-credentials/", "web\nmore");
  roles_answer (
      roles, "GET /latest/meta-data/iam/security-credentials/web", KEYS);
  assert_key (config, "R");
  g_assert_nonnull (
      strstr (roles->seen->str, "X-aws-ec2-metadata-token: v2token\r\n"));
  roles_stop (roles);
  clear_environment ();
}

/* Renewal ----------------------------------------------------------------- */

static gchar *
dup_keys (S3Fixture *fixture, const gchar *access_key, gint64 seconds)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) then = g_date_time_add_seconds (now, (gdouble) seconds);
  g_autofree gchar *date = g_date_time_format_iso8601 (then);

  return g_strdup_printf ("{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":"
                          "\"%s\",\"Expiration\":\"%s\"}",
      access_key, s3_fixture_get (fixture, "secret-key"), date);
}

static void
head_with (VsS3Client *client, gboolean good)
{
  g_autoptr (VsS3Waiter) waiter = vs_s3_waiter_new (client);
  g_autoptr (VsS3Result) result = vs_s3_waiter_wait (
      waiter, vs_s3_list (client, "", NULL, NULL, vs_s3_waiter_done, waiter));

  if (good)
    g_assert_no_error (result->error);
  else
    g_assert_error (result->error, VS_ERROR, VS_ERROR_NOT_PERMITTED);
}

/* S3-8: keys that the service does not take are renewed once; those that are
 * about to expire before they do. */
static void
test_renewal (gconstpointer data)
{
  S3Fixture *fixture = (S3Fixture *) data;
  g_autoptr (VsS3Config) config = s3_fixture_new_config (fixture, BUCKET);
  Roles *roles = roles_start ();
  g_autofree gchar *url =
      g_strdup_printf ("http://127.0.0.1:%u/role", roles->port);
  const gchar *known = s3_fixture_get (fixture, "access-key");
  g_autofree gchar *wrong = dup_keys (fixture, "UNKNOWN", 3600);
  g_autofree gchar *soon = dup_keys (fixture, known, 60);
  g_autofree gchar *late = dup_keys (fixture, known, 3600);
  VsS3Client *client;
  VsS3Stats stats;

  clear_environment ();
  g_setenv ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, TRUE);
  g_clear_pointer (&config->access_key, g_free);
  g_clear_pointer (&config->secret_key, g_free);
  client = vs_s3_client_new (config, NULL);
  roles_answer (roles, "GET /role", wrong);
  head_with (client, FALSE);
  vs_s3_client_get_stats (client, &stats);
  g_assert_cmpuint (stats.requests, ==, 2);
  g_assert_cmpuint (stats.renewals, ==, 2);
  roles_answer (roles, "GET /role", soon);
  head_with (client, TRUE);
  roles_answer (roles, "GET /role", late);
  head_with (client, TRUE);
  vs_s3_client_free (client);
  roles_stop (roles);
  clear_environment ();
}

int
main (int argc, char **argv)
{
  S3Fixture *fixture;
  g_autofree gchar *aws = NULL;
  int code;

  g_test_init (&argc, &argv, NULL);
  fixture = s3_fixture_start ();
  folder = g_dir_make_tmp ("vs-credentials-XXXXXX", NULL);
  g_test_add_func ("/s3-credentials/chain", test_chain);
  g_test_add_func ("/s3-credentials/region", test_region);
  g_test_add_func ("/s3-credentials/roles", test_roles);
  if (fixture != NULL) {
    s3_fixture_do (fixture, "bucket " BUCKET);
    g_test_add_data_func ("/s3-credentials/renewal", fixture, test_renewal);
  }
  code = g_test_run ();
  remove_files ();
  aws = g_build_filename (folder, ".aws", NULL);
  g_rmdir (aws);
  g_rmdir (folder);
  g_free (folder);
  s3_fixture_stop (fixture);
  return code;
}
