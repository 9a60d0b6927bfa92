/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-page.h"

#include "vs-web.h"

#include <string.h>

#define PREFIX "/vstream/web"

struct _VsHttpPage {
  const gchar *document;
  GResource *resource;
  GHashTable *parts; /* path → VsHttpFile, as they are asked for */
  gint64 started;
  gchar *policy;
};

/* A part whose name holds a digest never changes; the page itself does. */
#define CACHE_PAGE "no-cache"
#define CACHE_PART "public, max-age=31536000, immutable"

static const gchar *
get_content_type (const gchar *path)
{
  static const gchar *const TYPES[][2] = {
    { ".js", "text/javascript; charset=utf-8" },
    { ".css", "text/css; charset=utf-8" },
    { ".svg", "image/svg+xml" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (TYPES); i++) {
    if (g_str_has_suffix (path, TYPES[i][0]))
      return TYPES[i][1];
  }
  return "text/html; charset=utf-8";
}

/* Players make their media and their workers from blobs. */
static gchar *
make_policy (const gchar *origin)
{
  const gchar *blank = origin != NULL ? " " : "";

  if (origin == NULL)
    origin = "";
  return g_strdup_printf (
      "default-src 'none'; script-src 'self'; style-src 'self'; "
      "img-src 'self' data: blob:; connect-src 'self'%s%s; "
      "media-src 'self' blob:%s%s; worker-src 'self' blob:; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      blank, origin, blank, origin);
}

const gchar *
vs_http_page_get_policy (VsHttpPage *self)
{
  return self->policy;
}

static VsHttpPage *
page_new (const gchar *document, const gchar *origin)
{
  VsHttpPage *self = g_new0 (VsHttpPage, 1);

  self->document = document;
  self->policy = make_policy (origin);
  self->resource = vs_web_get_resource ();
  self->started = g_get_real_time () / G_USEC_PER_SEC;
  self->parts = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) vs_http_file_unref);
  return self;
}

VsHttpPage *
vs_http_page_new (const gchar *origin)
{
  return page_new ("index.html", origin);
}

VsHttpPage *
vs_http_page_new_service (void)
{
  return page_new ("service.html", NULL);
}

void
vs_http_page_free (VsHttpPage *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->parts);
  g_free (self->policy);
  g_free (self);
}

static VsHttpFile *
load (VsHttpPage *self, const gchar *path)
{
  gboolean is_page = strcmp (path, "/") == 0;
  g_autofree gchar *name =
      g_strconcat (PREFIX, path, is_page ? self->document : NULL, NULL);
  g_autoptr (GBytes) body = g_resource_lookup_data (
      self->resource, name, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  if (body == NULL)
    return NULL;
  return vs_http_file_new (body, self->started, TRUE, get_content_type (path),
      is_page ? CACHE_PAGE : CACHE_PART);
}

VsHttpFile *
vs_http_page_lookup (VsHttpPage *self, const gchar *path)
{
  VsHttpFile *file = g_hash_table_lookup (self->parts, path);

  if (file == NULL) {
    file = load (self, path);
    if (file == NULL)
      return NULL;
    g_hash_table_insert (self->parts, g_strdup (path), file);
  }
  return vs_http_file_ref (file);
}
