/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An upload in parts with checksum=crc32c, into a strict fake, up to the most
 * parts that S3 takes. It holds every part to its sum and, as AWS does
 * (CompleteMultipartUpload, ChecksumCRC32C), refuses to complete an upload that
 * was begun with an algorithm when a sum is missing or another. radosgw of
 * today looks at neither. */
#include <string.h>

#include <gio/gio.h>

#include "core/vs-crc32c.h"
#include "core/vs-error.h"
#include "core/vs-part-plan.h"
#include "store/vs-s3-upload.h"

#define PART VS_S3_PART_SIZE_MIN
#define PARTS 3
#define TINY 3 /* bytes of the first parts, where there are very many */
#define HEADER "x-amz-checksum-crc32c:"

/* Of the fake; its connections' threads write it under the lock. */
static struct {
  GMutex lock;
  gchar *sums[VS_PART_COUNT_MAX + 2]; /* of the parts, from 1 */
  gsize sizes[VS_PART_COUNT_MAX + 2];
  gboolean with_algorithm;
  guint refused;
  guint completed;
  guint aborted;
} fake;

typedef struct {
  gchar *line; /* the first */
  gchar *crc32c;
  gboolean names_algorithm;
  gsize size;
  guint8 *body;
} Asked;

static void
asked_clear (Asked *asked)
{
  g_clear_pointer (&asked->line, g_free);
  g_clear_pointer (&asked->crc32c, g_free);
  g_clear_pointer (&asked->body, g_free);
  asked->names_algorithm = FALSE;
  asked->size = 0;
}

static void
take_header (Asked *asked, const gchar *line)
{
  g_autofree gchar *lower = g_ascii_strdown (line, -1);

  if (g_str_has_prefix (lower, "content-length:"))
    asked->size =
        (gsize) g_ascii_strtoull (line + strlen ("content-length:"), NULL, 10);
  else if (g_str_has_prefix (lower, HEADER))
    asked->crc32c = g_strstrip (g_strdup (line + strlen (HEADER)));
  else if (g_str_has_prefix (lower, "x-amz-checksum-algorithm: crc32c"))
    asked->names_algorithm = TRUE;
}

/* FALSE: the peer has gone. */
static gboolean
read_request (GDataInputStream *in, Asked *asked)
{
  gchar *line;

  asked->line = g_data_input_stream_read_line (in, NULL, NULL, NULL);
  if (asked->line == NULL)
    return FALSE;
  while (
      (line = g_data_input_stream_read_line (in, NULL, NULL, NULL)) != NULL &&
      *line != '\0' && *line != '\r') {
    take_header (asked, line);
    g_free (line);
  }
  g_free (line);
  asked->body = g_malloc0 (asked->size + 1);
  return g_input_stream_read_all (
      G_INPUT_STREAM (in), asked->body, asked->size, NULL, NULL, NULL);
}

static gboolean
is_part_right (const Asked *asked)
{
  const gchar *number = strstr (asked->line, "partNumber=");
  g_autofree gchar *sum =
      vs_crc32c_dup_base64 (vs_crc32c (0, asked->body, asked->size));
  guint64 at = number != NULL ? g_ascii_strtoull (
                                    number + strlen ("partNumber="), NULL, 10)
                              : 0;

  if (at < 1 || at > VS_PART_COUNT_MAX + 1 ||
      g_strcmp0 (asked->crc32c, sum) != 0)
    return FALSE;
  g_mutex_lock (&fake.lock);
  g_free (fake.sums[at]);
  fake.sums[at] = g_strdup (sum);
  fake.sizes[at] = asked->size;
  g_mutex_unlock (&fake.lock);
  return TRUE;
}

static gboolean
is_complete_right (const Asked *asked)
{
  const gchar *at = (const gchar *) asked->body;
  gboolean right = TRUE;

  g_mutex_lock (&fake.lock);
  for (guint i = 1; i < G_N_ELEMENTS (fake.sums) && right; i++) {
    g_autofree gchar *element =
        g_strdup_printf ("<ChecksumCRC32C>%s</ChecksumCRC32C>",
            fake.sums[i] != NULL ? fake.sums[i] : "");

    if (fake.sums[i] != NULL)
      right = (at = strstr (at, element)) != NULL;
  }
  fake.completed += right;
  g_mutex_unlock (&fake.lock);
  return right;
}

static gchar *
answer_to (const Asked *asked)
{
  const gchar *status = "200 OK", *body = "";

  if (strstr (asked->line, "?uploads") != NULL) {
    fake.with_algorithm = asked->names_algorithm;
    body = "<InitiateMultipartUploadResult><Bucket>bucket</Bucket><Key>k</Key>"
           "<UploadId>u</UploadId></InitiateMultipartUploadResult>";
  } else if (g_str_has_prefix (asked->line, "POST")) {
    body = "<CompleteMultipartUploadResult><Bucket>bucket</Bucket><Key>k</Key>"
           "<ETag>\"c\"</ETag></CompleteMultipartUploadResult>";
    if (!fake.with_algorithm || !is_complete_right (asked))
      status = "400 Bad Request";
  } else if (g_str_has_prefix (asked->line, "PUT")) {
    if (!is_part_right (asked))
      status = "400 Bad Request";
  }
  if (g_str_has_prefix (asked->line, "DELETE"))
    g_atomic_int_inc (&fake.aborted);
  if (*status != '2') {
    g_atomic_int_inc (&fake.refused);
    body = "<Error><Code>InvalidRequest</Code><Message>A sum is missing."
           "</Message></Error>";
  }
  return g_strdup_printf ("HTTP/1.1 %s\r\nETag: \"e\"\r\n"
                          "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
      status, strlen (body), body);
}

static gboolean
on_connection (GThreadedSocketService *service, GSocketConnection *connection,
    GObject *source, gpointer user_data)
{
  GIOStream *stream = G_IO_STREAM (connection);
  GOutputStream *out = g_io_stream_get_output_stream (stream);
  g_autoptr (GDataInputStream) in =
      g_data_input_stream_new (g_io_stream_get_input_stream (stream));
  Asked asked = { 0 };

  while (read_request (in, &asked)) {
    g_autofree gchar *answer = answer_to (&asked);

    asked_clear (&asked);
    if (!g_output_stream_write_all (
            out, answer, strlen (answer), NULL, NULL, NULL))
      break;
  }
  asked_clear (&asked);
  return TRUE;
}

static VsS3Client *
make_client (guint16 port)
{
  g_autoptr (VsS3Config) config = vs_s3_config_new ();
  g_autoptr (GError) error = NULL;
  VsS3Client *client;

  config->bucket = g_strdup ("bucket");
  config->endpoint = g_strdup_printf ("http://127.0.0.1:%u", port);
  config->addressing = VS_S3_ADDRESSING_PATH;
  config->access_key = g_strdup ("a");
  config->secret_key = g_strdup ("s");
  config->checksum = VS_S3_CHECKSUM_CRC32C;
  config->part_size = PART;
  client = vs_s3_client_new (config, &error);
  g_assert_no_error (error);
  return client;
}

static gpointer
run_loop (gpointer data)
{
  g_main_loop_run (data);
  return NULL;
}

typedef struct {
  GMainLoop *loop;
  GSocketService *service;
  GThread *accepting;
  VsS3Client *client;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint16 port;

  f->loop = g_main_loop_new (NULL, FALSE);
  f->service = g_threaded_socket_service_new (32);
  port = g_socket_listener_add_any_inet_port (
      G_SOCKET_LISTENER (f->service), NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (f->service, "run", G_CALLBACK (on_connection), NULL);
  f->accepting = g_thread_new ("accepting", run_loop, f->loop);
  f->client = make_client (port);
  fake.with_algorithm = FALSE;
  fake.refused = fake.completed = fake.aborted = 0;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  vs_s3_client_free (f->client);
  g_main_loop_quit (f->loop);
  g_thread_join (f->accepting);
  g_object_unref (f->service);
  g_main_loop_unref (f->loop);
  for (guint i = 0; i < G_N_ELEMENTS (fake.sums); i++)
    g_clear_pointer (&fake.sums[i], g_free);
}

static void
test_complete (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsS3Upload) upload =
      vs_s3_upload_new (f->client, "k", NULL, &error);

  g_assert_no_error (error);
  for (guint i = 1; i <= PARTS; i++) {
    gsize size = i < PARTS ? PART : 1000;
    guint8 *bytes = g_malloc (size);
    g_autoptr (GBytes) chunk = NULL;

    memset (bytes, (gint) i, size);
    chunk = g_bytes_new_take (bytes, size);
    vs_s3_upload_push (upload, chunk, &error);
    g_assert_no_error (error);
  }
  vs_s3_upload_finish (upload, &error);
  g_assert_no_error (error);
  g_assert_true (fake.with_algorithm);
  g_assert_cmpuint (fake.completed, ==, 1);
  g_assert_cmpuint (fake.refused, ==, 0);
  g_assert_nonnull (fake.sums[PARTS]);
  g_assert_cmpstr (fake.sums[1], !=, fake.sums[2]);
}

/* As the real one, but in bytes: so that all parts that there may be, which
 * would be of 5 TiB, pass over the wire. */
static guint64
plan_tiny (guint64 first, guint number)
{
  guint64 size = TINY;

  for (guint i = 500; i < number; i += 500)
    size += size / 3;
  return size;
}

/* Pushes what @n parts hold, in chunks that are not parts. */
static void
push_parts (VsS3Upload *upload, guint n)
{
  g_autofree guint8 *data = g_malloc0 (PART);
  g_autoptr (GError) error = NULL;
  gsize left = 0;

  for (guint i = 1; i <= n; i++)
    left += (gsize) plan_tiny (TINY, i);
  for (guint i = 0; left > 0; i++) {
    gsize size = MIN (left, 1000 + i % 7);
    g_autoptr (GBytes) chunk = g_bytes_new (data, size);

    vs_s3_upload_push (upload, chunk, &error);
    g_assert_no_error (error);
    left -= size;
  }
}

static void
test_most_parts (Fixture *f, gconstpointer one_more)
{
  const VsS3UploadOptions options = { .plan = plan_tiny, .parallel = 16 };
  g_autoptr (GError) error = NULL;
  g_autoptr (VsS3Upload) upload =
      vs_s3_upload_new (f->client, "k", &options, &error);
  g_autoptr (GBytes) byte = g_bytes_new_static ("x", 1);

  g_assert_no_error (error);
  push_parts (upload, VS_PART_COUNT_MAX);
  if (one_more != NULL) {
    g_assert_cmpint (
        vs_s3_upload_push (upload, byte, &error), ==, VS_S3_UPLOAD_OK);
    vs_s3_upload_finish (upload, &error);
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
    g_assert_nonnull (strstr (error->message, "10000 parts"));
    g_assert_true (
        vs_s3_upload_close (upload, VS_S3_CLOSE_ABORT, 20000, NULL) ||
        fake.aborted == 1);
  } else {
    vs_s3_upload_finish (upload, &error);
    g_assert_no_error (error);
    for (guint i = 1; i <= VS_PART_COUNT_MAX; i++)
      g_assert_cmpuint (fake.sizes[i], ==, plan_tiny (TINY, i));
  }
  g_assert_cmpuint (fake.refused, ==, 0);
  g_assert_cmpuint (fake.completed, ==, one_more != NULL ? 0 : 1);
  g_assert_cmpuint (fake.aborted, ==, one_more != NULL ? 1 : 0);
  g_assert_null (fake.sums[VS_PART_COUNT_MAX + 1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add (
      "/s3-checksum/complete", Fixture, NULL, set_up, test_complete, tear_down);
  g_test_add ("/s3-checksum/most-parts", Fixture, NULL, set_up, test_most_parts,
      tear_down);
  g_test_add ("/s3-checksum/one-part-more", Fixture, "more", set_up,
      test_most_parts, tear_down);
  return g_test_run ();
}
