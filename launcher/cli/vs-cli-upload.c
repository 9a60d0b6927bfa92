/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/vs-cli-upload.h"

#include "core/vs-error.h"
#include "core/vs-tus.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BYTES_TYPE "application/offset+octet-stream"
#define UPLOADS "/v1/uploads/"

/* Without getting on in between; each pause is twice the one before. */
#define ATTEMPTS 6
#define PAUSE_MS 500

/* Between two lines of progress. */
#define STEP_US (G_USEC_PER_SEC / 5)

typedef struct {
  VsHttpClient *client;
  GFile *file;
  gchar *name, *location;
  gint64 size, offset;
  gint64 started, shown; /* µs, monotonic */
  gboolean terminal;
} Upload;

static void
upload_clear (Upload *self)
{
  g_clear_object (&self->file);
  g_free (self->name);
  g_free (self->location);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Upload, upload_clear)

static void
on_sent (gint64 bytes, gpointer user_data)
{
  Upload *self = user_data;
  gint64 now = g_get_monotonic_time ();
  gdouble seconds = (gdouble) (now - self->started) / G_USEC_PER_SEC;
  gdouble at = (gdouble) (self->offset + bytes);

  if (!self->terminal || now - self->shown < STEP_US)
    return;
  self->shown = now;
  (void) fprintf (stderr, "\r\033[KSending %s  %3.0f %%  %.1f MB/s", self->name,
      at * 100 / (gdouble) self->size, at / 1e6 / MAX (seconds, 0.1));
  (void) fflush (stderr);
}

static VsError
get_code (guint status)
{
  switch (status) {
    case 401:
    case 403:
      return VS_ERROR_NOT_PERMITTED;
    case 415:
      return VS_ERROR_BAD_DATA;
    case 507:
      return VS_ERROR_NO_SPACE;
    default:
      return status >= 500 ? VS_ERROR_UNAVAILABLE : VS_ERROR_BAD_VALUE;
  }
}

static gboolean
refuse (const VsHttpAnswer *answer, GError **error)
{
  g_autoptr (JsonNode) root =
      answer->body ? json_from_string (answer->body, NULL) : NULL;
  const gchar *detail = root && JSON_NODE_HOLDS_OBJECT (root)
                            ? json_object_get_string_member_with_default (
                                  json_node_get_object (root), "detail", NULL)
                            : NULL;

  g_set_error (error, VS_ERROR, get_code (answer->status),
      "The service did not take the file (%u): %s", answer->status,
      detail ? detail : "it does not say why.");
  return FALSE;
}

static gboolean
create (Upload *self, GError **error)
{
  g_autofree gchar *length = g_strdup_printf ("%" G_GINT64_FORMAT, self->size);
  g_autofree gchar *name =
      g_base64_encode ((const guchar *) self->name, strlen (self->name));
  g_autofree gchar *metadata = g_strconcat ("filename ", name, NULL);
  const gchar *const headers[] = { "Tus-Resumable", VS_TUS_VERSION,
    "Upload-Length", length, "Upload-Metadata", metadata, NULL };
  VsHttpSending sending = {
    .method = "POST", .path = "/v1/uploads", .headers = headers
  };
  g_auto (VsHttpAnswer) answer = { 0 };

  if (!vs_http_client_send (self->client, &sending, &answer, error))
    return FALSE;
  if (answer.status != 201 || !answer.location ||
      !g_str_has_prefix (answer.location, UPLOADS))
    return refuse (&answer, error);
  self->location = g_steal_pointer (&answer.location);
  return TRUE;
}

static GInputStream *
open_at_offset (Upload *self, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read (self->file, NULL, &reason);

  if (stream && g_seekable_seek (G_SEEKABLE (stream), self->offset, G_SEEK_SET,
                    NULL, &reason))
    return G_INPUT_STREAM (g_steal_pointer (&stream));
  g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT, "“%s” cannot be read: %s",
      self->name, reason->message);
  return NULL;
}

/* TRUE: it may be tried again, or is done; FALSE: not. */
static gboolean
send_rest (Upload *self, GError **error)
{
  g_autoptr (GInputStream) body = open_at_offset (self, error);
  g_autofree gchar *offset =
      g_strdup_printf ("%" G_GINT64_FORMAT, self->offset);
  const gchar *const headers[] = { "Tus-Resumable", VS_TUS_VERSION,
    "Upload-Offset", offset, NULL };
  VsHttpSending sending = { "PATCH", self->location, headers, BYTES_TYPE, body,
    self->size - self->offset, on_sent, self };
  g_auto (VsHttpAnswer) answer = { 0 };

  if (!body)
    return FALSE;
  if (!vs_http_client_send (self->client, &sending, &answer, NULL))
    return TRUE;
  if (answer.status == 204)
    self->offset = answer.offset;
  else if (answer.status < 500 && answer.status != 409 && answer.status != 423)
    return refuse (&answer, error);
  return answer.status != 507 || refuse (&answer, error);
}

/* Asks how far it has come. FALSE: it is not there. */
static gboolean
find_offset (Upload *self, GError **error)
{
  const gchar *const headers[] = { "Tus-Resumable", VS_TUS_VERSION, NULL };
  VsHttpSending sending = {
    .method = "HEAD", .path = self->location, .headers = headers
  };
  g_auto (VsHttpAnswer) answer = { 0 };

  if (!vs_http_client_send (self->client, &sending, &answer, NULL))
    return TRUE; /* the next attempt will show */
  if (answer.status == 200 && answer.offset >= 0 && answer.offset <= self->size)
    self->offset = answer.offset;
  return answer.status != 404 || refuse (&answer, error);
}

static gboolean
on_pause_over (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static void
pause_for (guint ms)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_timeout_add (ms, on_pause_over, loop);
  g_main_loop_run (loop);
}

static gboolean
send_all (Upload *self, GError **error)
{
  guint attempt = 0;

  while (self->offset < self->size) {
    gint64 before = self->offset;

    if (!send_rest (self, error))
      return FALSE;
    if (self->offset == self->size)
      return TRUE;
    pause_for (PAUSE_MS << attempt);
    if (!find_offset (self, error))
      return FALSE;
    attempt = self->offset > before ? 0 : attempt + 1;
    if (attempt == ATTEMPTS) {
      g_set_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE,
          "The service has gone while “%s” was sent.", self->name);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
look_at (Upload *self, const gchar *path, GError **error)
{
  g_autoptr (GFileInfo) info = NULL;
  g_autoptr (GError) reason = NULL;

  self->file = g_file_new_for_path (path);
  self->name = g_file_get_basename (self->file);
  self->terminal = isatty (STDERR_FILENO) != 0;
  self->started = g_get_monotonic_time ();
  info = g_file_query_info (self->file, G_FILE_ATTRIBUTE_STANDARD_SIZE,
      G_FILE_QUERY_INFO_NONE, NULL, &reason);
  if (!info) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_INPUT, "“%s” cannot be read: %s",
        path, reason->message);
    return FALSE;
  }
  self->size = g_file_info_get_size (info);
  return TRUE;
}

gchar *
vs_cli_upload (VsHttpClient *client, const gchar *path, GError **error)
{
  g_auto (Upload) self = { .client = client };
  gboolean done = look_at (&self, path, error) && create (&self, error) &&
                  send_all (&self, error);

  if (self.terminal)
    (void) fprintf (stderr, "\r\033[K");
  if (!done)
    return NULL;
  (void) fprintf (stderr, "Sent %s.\n", self.name);
  return g_strdup (self.location + strlen (UPLOADS));
}
