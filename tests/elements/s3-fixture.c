/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3-fixture.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "elements/pipeline.h"
#include "servers/s3-fixture.h"
#include "tree.h"

static S3Fixture *servers;
static gchar *folder;
static guint n_files;

gchar *
s3_make_folder (void)
{
  gchar *path = g_strdup_printf ("%s/folder-%u", folder, n_files++);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  return path;
}

gboolean
s3_start (void)
{
  g_autoptr (GError) error = NULL;

  servers = s3_fixture_start ();
  if (servers == NULL) {
    s3_fixture_skip ();
    return FALSE;
  }
  folder = g_dir_make_tmp ("vstream-s3-XXXXXX", &error);
  g_assert_no_error (error);
  return TRUE;
}

void
s3_stop (void)
{
  g_clear_pointer (&servers, s3_fixture_stop);
  remove_tree (folder);
  g_clear_pointer (&folder, g_free);
}

const gchar *
s3_fact (const gchar *name)
{
  return s3_fixture_get (servers, name);
}

gchar *
s3_ask (const gchar *format, ...)
{
  g_autofree gchar *line = NULL;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  return s3_fixture_command (servers, "%s", line);
}

gint64
s3_count (const gchar *name)
{
  g_autofree gchar *text = s3_ask ("counts");
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  return json_object_get_int_member (json_node_get_object (node), name);
}

guint
s3_length (const gchar *command)
{
  g_autofree gchar *text = s3_ask ("%s", command);
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  if (JSON_NODE_HOLDS_ARRAY (node))
    return json_array_get_length (json_node_get_array (node));
  return json_object_get_size (json_node_get_object (node));
}

void
s3_assert_object (const gchar *bucket, const gchar *key, GBytes *bytes)
{
  g_autofree gchar *path = g_build_filename (folder, "fetched", NULL);
  g_autofree gchar *answer = s3_ask ("get %s %s %s", bucket, path, key);
  g_autoptr (GBytes) found = NULL;
  gchar *data;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  found = g_bytes_new_take (data, size);
  g_assert_cmpuint (g_bytes_get_size (found), ==, g_bytes_get_size (bytes));
  g_assert_true (g_bytes_equal (found, bytes));
}

void
s3_assert_absent (const gchar *bucket, const gchar *key)
{
  g_autofree gchar *line = g_strdup_printf ("head %s %s", bucket, key);
  g_autofree gchar *answer = s3_fixture_try (servers, line);

  g_assert_true (g_str_has_prefix (answer, "failed"));
  g_assert_nonnull (strstr (answer, "404"));
}

GBytes *
s3_make_bytes (gsize size)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  guint32 *data = g_malloc ((size + 7) / 4 * 4);

  for (gsize i = 0; i < (size + 3) / 4; i++)
    data[i] = g_rand_int (random);
  return g_bytes_new_take (data, size);
}

GstElement *
s3_make_pipeline (const gchar *launch, const gchar *bucket)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);

  g_assert_no_error (error);
  s3_set (pipeline, "endpoint", s3_fact ("proxy"), "access-key",
      s3_fact ("access-key"), "secret-access-key", s3_fact ("secret-key"),
      "force-path-style", TRUE, "bucket", bucket, NULL);
  return pipeline;
}

void
s3_set (GstElement *pipeline, const gchar *property, ...)
{
  g_autoptr (GstElement) s3 = gst_bin_get_by_name (GST_BIN (pipeline), "s3");
  va_list args;

  va_start (args, property);
  g_object_set_valist (G_OBJECT (s3), property, args);
  va_end (args);
}

GstElement *
s3_make_upload (const gchar *bucket, const gchar *key, GBytes *bytes)
{
  g_autofree gchar *path = g_strdup_printf ("%s/%u", folder, n_files++);
  GstElement *pipeline = s3_make_pipeline (
      "filesrc name=file blocksize=65536 ! s3sink name=s3", bucket);
  g_autoptr (GstElement) file =
      gst_bin_get_by_name (GST_BIN (pipeline), "file");

  g_assert_true (g_file_set_contents (
      path, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL));
  g_object_set (file, "location", path, NULL);
  s3_set (pipeline, "key", key, "part-size", (guint64) PART, NULL);
  return pipeline;
}

gchar *
s3_run (GstElement *pipeline, gint *code)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, PIPELINE_LIMIT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return NULL;
  gst_message_parse_error (message, &error, NULL);
  if (code != NULL)
    *code = error->code;
  return g_strdup (error->message);
}

void
s3_run_well (GstElement *pipeline)
{
  g_autofree gchar *error = s3_run (pipeline, NULL);

  g_assert_cmpstr (error, ==, NULL);
}

void
s3_wait_for_part (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);

  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
}
