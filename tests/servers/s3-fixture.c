/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3-fixture.h"

#include <string.h>

#include <gio/gio.h>

struct _S3Fixture {
  GSubprocess *process;
  GDataInputStream *answers;
  GOutputStream *commands;
  GHashTable *facts;
};

static gchar *
read_line (S3Fixture *self)
{
  g_autoptr (GError) error = NULL;
  gchar *line =
      g_data_input_stream_read_line (self->answers, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (line);
  return line;
}

/* FALSE: skipped. */
static gboolean
read_facts (S3Fixture *self)
{
  while (TRUE) {
    g_autofree gchar *line = read_line (self);
    gchar *blank;

    if (strcmp (line, "ready") == 0)
      return TRUE;
    blank = strchr (line, ' ');
    g_assert_nonnull (blank);
    *blank = '\0';
    if (strcmp (line, "skip") == 0) {
      g_test_message ("%s", blank + 1);
      return FALSE;
    }
    g_hash_table_insert (self->facts, g_strdup (line), g_strdup (blank + 1));
  }
}

S3Fixture *
s3_fixture_start (void)
{
  S3Fixture *self = g_new0 (S3Fixture, 1);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (g_getenv ("VS_S3_SERVERS"));
  self->facts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->process = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
      "python3", "-B", g_getenv ("VS_S3_SERVERS"), NULL);
  g_assert_no_error (error);
  self->answers =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  self->commands = g_subprocess_get_stdin_pipe (self->process);
  if (read_facts (self))
    return self;
  s3_fixture_stop (self);
  return NULL;
}

int
s3_fixture_skip (void)
{
  g_print ("1..0 # SKIP there is no radosgw, ceph-mon or ceph-osd\n");
  return 0;
}

void
s3_fixture_stop (S3Fixture *self)
{
  if (self == NULL)
    return;
  g_output_stream_close (self->commands, NULL, NULL);
  g_subprocess_wait (self->process, NULL, NULL);
  g_object_unref (self->answers);
  g_object_unref (self->process);
  g_hash_table_unref (self->facts);
  g_free (self);
}

const gchar *
s3_fixture_get (S3Fixture *self, const gchar *name)
{
  const gchar *value = g_hash_table_lookup (self->facts, name);

  g_assert_nonnull (value);
  return value;
}

gchar *
s3_fixture_try (S3Fixture *self, const gchar *command)
{
  g_autofree gchar *text = g_strconcat (command, "\n", NULL);

  g_assert_true (g_output_stream_write_all (
      self->commands, text, strlen (text), NULL, NULL, NULL));
  return read_line (self);
}

static gchar *
run (S3Fixture *self, const gchar *command)
{
  g_autofree gchar *answer = s3_fixture_try (self, command);

  if (!g_str_has_prefix (answer, "ok"))
    g_error ("%s: %s", command, answer);
  return g_strdup (answer[2] == ' ' ? answer + 3 : "");
}

gchar *
s3_fixture_command (S3Fixture *self, const gchar *format, ...)
{
  g_autofree gchar *command = NULL;
  va_list args;

  va_start (args, format);
  command = g_strdup_vprintf (format, args);
  va_end (args);
  return run (self, command);
}

void
s3_fixture_do (S3Fixture *self, const gchar *format, ...)
{
  g_autofree gchar *command = NULL;
  va_list args;

  va_start (args, format);
  command = g_strdup_vprintf (format, args);
  va_end (args);
  g_free (run (self, command));
}

VsS3Config *
s3_fixture_new_config (S3Fixture *self, const gchar *bucket)
{
  VsS3Config *config = vs_s3_config_new ();

  config->endpoint = g_strdup (s3_fixture_get (self, "proxy"));
  config->bucket = g_strdup (bucket);
  config->region = g_strdup ("us-east-1");
  config->access_key = g_strdup (s3_fixture_get (self, "access-key"));
  config->secret_key = g_strdup (s3_fixture_get (self, "secret-key"));
  config->attempts = 4;
  return config;
}
