/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-media.h"

#include "vs-http-file.h"
#include "vs-http-path.h"
#include "vs-http-reply.h"
#include "vs-http-store.h"

#include <string.h>

struct _VsHttpMedia {
  gchar *path; /* of the folder */
  VsHttpFolder *folder;
  VsHttpStore *store; /* one of the two */
};

VsHttpMedia *
vs_http_media_new (const gchar *location, gboolean redirect, GError **error)
{
  g_autoptr (VsHttpMedia) self = g_new0 (VsHttpMedia, 1);

  if (g_ascii_strncasecmp (location, "s3://", strlen ("s3://")) != 0) {
    self->path = g_strdup (location);
    self->folder = vs_http_folder_new (location);
    return g_steal_pointer (&self);
  }
  self->store = vs_http_store_new (location, redirect, error);
  return self->store != NULL ? g_steal_pointer (&self) : NULL;
}

void
vs_http_media_free (VsHttpMedia *self)
{
  if (self == NULL)
    return;
  vs_http_folder_free (self->folder);
  vs_http_store_free (self->store);
  g_free (self->path);
  g_free (self);
}

static void
serve_file (VsHttpMedia *self, SoupServerMessage *message, const gchar *name)
{
  guint status = SOUP_STATUS_NOT_FOUND;
  g_autoptr (VsHttpFile) file =
      vs_http_folder_open (self->folder, name, &status);

  if (file != NULL)
    vs_http_reply_file (message, file);
  else
    vs_http_reply_status (message, status);
}

void
vs_http_media_serve (VsHttpMedia *self, SoupServerMessage *message,
    const gchar *folder, const gchar *raw)
{
  g_autofree gchar *name = vs_http_path_decode (raw);
  g_autofree gchar *path = NULL;

  if (name == NULL) {
    vs_http_reply_status (message, SOUP_STATUS_BAD_REQUEST);
    return;
  }
  path =
      folder != NULL ? g_strconcat (folder, "/", name, NULL) : g_strdup (name);
  if (self->store != NULL)
    vs_http_store_serve (self->store, message, path);
  else
    serve_file (self, message, path);
}

void
vs_http_media_answer (
    VsHttpMedia *self, SoupServerMessage *message, const gchar *raw)
{
  vs_http_reply_allow_origins (message);
  if (!vs_http_reply_method (message))
    vs_http_media_serve (self, message, NULL, raw);
}

const gchar *
vs_http_media_get_folder (VsHttpMedia *self)
{
  return self->path;
}

const gchar *
vs_http_media_get_origin (VsHttpMedia *self)
{
  return self->store != NULL ? vs_http_store_get_origin (self->store) : NULL;
}
