/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http.h"
#include "vs-http-address.h"
#include "vs-http-path.h"
#include "vs-http-reply.h"

#include <string.h>

#define MEDIA "/media/"

struct _VsHttp {
  SoupServer *server;
  VsHttpFolder *folder; /* NULL: nothing on this machine */
  gchar *url;
  VsHttpFile *status; /* the job, as /status answers */
};

static void
serve_media (VsHttp *self, SoupServerMessage *message, const gchar *path)
{
  g_autofree gchar *name = vs_http_path_decode (path);
  g_autoptr (VsHttpFile) file = NULL;
  guint status = SOUP_STATUS_NOT_FOUND;

  vs_http_reply_allow_origins (message);
  if (vs_http_reply_method (message))
    return;
  if (name == NULL)
    status = SOUP_STATUS_BAD_REQUEST;
  else if (self->folder != NULL)
    file = vs_http_folder_open (self->folder, name, &status);
  if (file != NULL)
    vs_http_reply_file (message, file);
  else
    vs_http_reply_status (message, status);
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const gchar *path,
    GHashTable *query, gpointer user_data)
{
  VsHttp *self = user_data;

  if (g_str_has_prefix (path, MEDIA))
    serve_media (self, message, path + strlen (MEDIA));
  else if (vs_http_reply_method (message))
    return;
  else if (strcmp (path, "/status") == 0)
    vs_http_reply_file (message, self->status);
  else
    vs_http_reply_status (message, SOUP_STATUS_NOT_FOUND);
}

void
vs_http_set_job (VsHttp *self, const gchar *job_json)
{
  const gchar *text = job_json != NULL ? job_json : "{}";
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  g_clear_pointer (&self->status, vs_http_file_unref);
  self->status = vs_http_file_new (body, g_get_real_time () / G_USEC_PER_SEC,
      FALSE, "application/json", "no-store");
}

static gboolean
listen_on (VsHttp *self, const gchar *listen, GError **error)
{
  g_autoptr (GPtrArray) sockets =
      vs_http_address_bind (listen, &self->url, error);

  for (guint i = 0; sockets != NULL && i < sockets->len; i++) {
    if (!soup_server_listen_socket (
            self->server, g_ptr_array_index (sockets, i), 0, error))
      return FALSE;
  }
  return sockets != NULL;
}

VsHttp *
vs_http_new_full (const gchar *listen, const gchar *root_folder,
    const VsHttpLimits *limits, GError **error)
{
  g_autoptr (VsHttp) self = g_new0 (VsHttp, 1);

  /* Paths are decoded by our own rules, once. */
  self->server = soup_server_new ("raw-paths", TRUE, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  if (root_folder != NULL)
    self->folder = vs_http_folder_new (root_folder);
  vs_http_set_job (self, NULL);
  if (!listen_on (self, listen, error))
    return NULL;
  return g_steal_pointer (&self);
}

VsHttp *
vs_http_new (const gchar *listen, const gchar *root_folder, GError **error)
{
  return vs_http_new_full (listen, root_folder, NULL, error);
}

const gchar *
vs_http_get_url (VsHttp *self)
{
  return self->url;
}

void
vs_http_free (VsHttp *self)
{
  if (self == NULL)
    return;
  soup_server_disconnect (self->server);
  g_object_unref (self->server);
  vs_http_folder_free (self->folder);
  g_clear_pointer (&self->status, vs_http_file_unref);
  g_free (self->url);
  g_free (self);
}
