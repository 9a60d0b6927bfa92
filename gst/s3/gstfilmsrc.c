/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * filmsrc: s3src for the films of a service, `film:///PLACE`, PLACE being a key
 * below the location that the environment names (core/vs-asset-uri.h). The
 * playlists of a film name its segments relative to themselves, which would
 * lose the parameters of an s3:// URI; and whatever they name, it is below
 * that location. Made by the workers of channels, not for pipelines that are
 * written by hand.
 *
 * Life and threading are those of s3src; `uri` is under the object lock. */
#include "s3/gstfilmsrc.h"

#include "core/vs-asset-uri.h"
#include "s3/gsts3src-private.h"

struct _GstFilmSrc {
  GstS3Src parent;

  gchar *uri; /* as it was set, or NULL */
};

static void gst_film_src_uri_handler_init (gpointer iface, gpointer data);

G_DEFINE_TYPE_WITH_CODE (GstFilmSrc, gst_film_src, GST_TYPE_S3_SRC,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, gst_film_src_uri_handler_init))
GST_ELEMENT_REGISTER_DEFINE (
    filmsrc, "filmsrc", GST_RANK_PRIMARY, GST_TYPE_FILM_SRC)

/* URI -------------------------------------------------------------------- */

static GstURIType
gst_film_src_uri_get_type (GType type)
{
  return GST_URI_SRC;
}

static const gchar *const *
gst_film_src_uri_get_protocols (GType type)
{
  static const gchar *const protocols[] = { "film", NULL };

  return protocols;
}

static gchar *
gst_film_src_uri_get_uri (GstURIHandler *handler)
{
  GstFilmSrc *self = GST_FILM_SRC (handler);
  gchar *uri;

  GST_OBJECT_LOCK (self);
  uri = g_strdup (self->uri);
  GST_OBJECT_UNLOCK (self);
  return uri;
}

static gboolean
gst_film_src_uri_set_uri (
    GstURIHandler *handler, const gchar *uri, GError **error)
{
  GstFilmSrc *self = GST_FILM_SRC (handler);
  g_autoptr (GError) fault = NULL;
  g_autofree gchar *location =
      vs_film_uri_dup_location (uri, g_getenv (VS_FILM_STORE), &fault);

  if (location == NULL) {
    g_set_error (
        error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI, "%s", fault->message);
    return FALSE;
  }
  if (!vs_s3_settings_set_uri (
          &self->parent.settings, GST_ELEMENT (self), location, error))
    return FALSE;
  GST_OBJECT_LOCK (self);
  g_free (self->uri);
  self->uri = g_strdup (uri);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static void
gst_film_src_uri_handler_init (gpointer iface, gpointer data)
{
  GstURIHandlerInterface *handler = iface;

  handler->get_type = gst_film_src_uri_get_type;
  handler->get_protocols = gst_film_src_uri_get_protocols;
  handler->get_uri = gst_film_src_uri_get_uri;
  handler->set_uri = gst_film_src_uri_set_uri;
}

/* Class ------------------------------------------------------------------ */

static void
gst_film_src_finalize (GObject *object)
{
  g_free (GST_FILM_SRC (object)->uri);
  G_OBJECT_CLASS (gst_film_src_parent_class)->finalize (object);
}

static void
gst_film_src_class_init (GstFilmSrcClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_film_src_finalize;
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "Film source", "Source/Network",
      "Reads what a service has published into its bucket", "vstream");
}

static void
gst_film_src_init (GstFilmSrc *self)
{
  self->parent.missing =
      "The film, or a part of it, is not in the service's bucket any more.";
}
