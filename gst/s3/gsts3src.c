/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-s3src
 * @title: s3src
 *
 * Reads an object of an S3 service in large ranges, at any place. A range that
 * breaks off is asked for again; an object that is replaced meanwhile is an
 * error, never a mix of two.
 *
 * |[
 * gst-launch-1.0 s3src location=s3://bucket/film.mp4 ! decodebin !
 * autovideosink
 * ]| Plays the picture of a film.
 *
 * Since it handles s3:// URIs, `uridecodebin uri=s3://bucket/film.mp4` and
 * playbin do the same.
 */
/* Life: start asks for size and version … create takes bytes from the reader,
 * which fetches ahead … stop cancels what is under way.
 *
 * Threading: `settings` is under the object lock; `reader` is made in start and
 * freed in stop, and read under the object lock by unlock, which may come at
 * any time between. */
#include "s3/gsts3src-private.h"

#include "core/vs-error.h"
#include "s3/vs-s3-fault.h"

GST_DEBUG_CATEGORY_STATIC (s3_src_debug);
#define GST_CAT_DEFAULT s3_src_debug

#define DEFAULT_RANGE_SIZE (4 * 1024 * 1024)
#define DEFAULT_READ_AHEAD 2
#define BLOCK_SIZE (64 * 1024)
/* A smaller buffer does not keep its whole range in memory. */
#define COPY_BELOW (32 * 1024)

typedef enum {
  PROP_RANGE_SIZE = VS_S3_SETTINGS_N_PROPS,
  PROP_READ_AHEAD
} GstS3SrcProp;

static void gst_s3_src_uri_handler_init (gpointer iface, gpointer data);

G_DEFINE_TYPE_WITH_CODE (GstS3Src, gst_s3_src, GST_TYPE_BASE_SRC,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, gst_s3_src_uri_handler_init))
GST_ELEMENT_REGISTER_DEFINE (s3src, "s3src", GST_RANK_PRIMARY, GST_TYPE_S3_SRC)

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* Properties ------------------------------------------------------------- */

static void
gst_s3_src_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstS3Src *self = GST_S3_SRC (object);
  gboolean known = TRUE;

  GST_OBJECT_LOCK (self);
  if (id == PROP_RANGE_SIZE)
    self->range_size = g_value_get_uint (value);
  else if (id == PROP_READ_AHEAD)
    self->read_ahead = g_value_get_uint (value);
  else
    known = vs_s3_settings_set (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_s3_src_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstS3Src *self = GST_S3_SRC (object);
  gboolean known = TRUE;

  GST_OBJECT_LOCK (self);
  if (id == PROP_RANGE_SIZE)
    g_value_set_uint (value, self->range_size);
  else if (id == PROP_READ_AHEAD)
    g_value_set_uint (value, self->read_ahead);
  else
    known = vs_s3_settings_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

/* Reading ---------------------------------------------------------------- */

/* Without the place in our code, which demuxers of playlists would put into the
 * sentence. */
static void
post (GstS3Src *self, const GError *error)
{
  gboolean missing = self->missing != NULL &&
                     g_error_matches (error, VS_ERROR, VS_ERROR_NOT_FOUND);
  g_autoptr (GError) told =
      g_error_new_literal (GST_RESOURCE_ERROR, vs_s3_fault_code (error, FALSE),
          missing ? self->missing : error->message);

  GST_WARNING_OBJECT (self, "%s", error->message);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_error (GST_OBJECT (self), told, NULL));
}

static gboolean
open_reader (GstS3Src *self, GError **error)
{
  g_autoptr (VsS3Config) config = NULL;
  g_autofree gchar *key = NULL;
  gboolean checked;
  VsS3Read *reader;

  GST_OBJECT_LOCK (self);
  checked = vs_s3_settings_check (&self->settings, error);
  config = vs_s3_config_copy (self->settings.config);
  key = g_strdup (self->settings.key);
  GST_OBJECT_UNLOCK (self);
  if (!checked)
    return FALSE;
  self->client = vs_s3_client_new (config, error);
  if (self->client == NULL)
    return FALSE;
  reader =
      vs_s3_read_new (self->client, key, self->range_size, self->read_ahead);
  GST_OBJECT_LOCK (self);
  self->reader = reader;
  vs_s3_read_set_flushing (reader, self->flushing);
  GST_OBJECT_UNLOCK (self);
  return vs_s3_read_open (reader, error) == VS_S3_READ_OK;
}

static gboolean
gst_s3_src_stop (GstBaseSrc *src)
{
  GstS3Src *self = GST_S3_SRC (src);
  VsS3Read *reader;

  GST_OBJECT_LOCK (self);
  reader = g_steal_pointer (&self->reader);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&reader, vs_s3_read_free);
  g_clear_pointer (&self->client, vs_s3_client_free);
  return TRUE;
}

static gboolean
gst_s3_src_start (GstBaseSrc *src)
{
  GstS3Src *self = GST_S3_SRC (src);
  g_autoptr (GError) error = NULL;

  if (open_reader (self, &error))
    return TRUE;
  if (error != NULL)
    post (self, error);
  gst_s3_src_stop (src);
  return FALSE;
}

static gboolean
set_flushing (GstBaseSrc *src, gboolean flushing)
{
  GstS3Src *self = GST_S3_SRC (src);

  GST_OBJECT_LOCK (self);
  self->flushing = flushing;
  if (self->reader != NULL)
    vs_s3_read_set_flushing (self->reader, flushing);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gboolean
gst_s3_src_unlock (GstBaseSrc *src)
{
  return set_flushing (src, TRUE);
}

static gboolean
gst_s3_src_unlock_stop (GstBaseSrc *src)
{
  return set_flushing (src, FALSE);
}

static gboolean
gst_s3_src_get_size (GstBaseSrc *src, guint64 *size)
{
  GstS3Src *self = GST_S3_SRC (src);

  if (self->reader == NULL)
    return FALSE;
  *size = vs_s3_read_get_size (self->reader);
  return TRUE;
}

static gboolean
gst_s3_src_is_seekable (GstBaseSrc *src)
{
  return TRUE;
}

/* Adds the bytes of one range to @buffer. */
static void
append_bytes (GstBuffer *buffer, GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  if (size < COPY_BELOW)
    gst_buffer_append_memory (
        buffer, gst_memory_new_wrapped (
                    0, g_memdup2 (data, size), size, 0, size, NULL, g_free));
  else
    gst_buffer_append_memory (buffer,
        gst_memory_new_wrapped (GST_MEMORY_FLAG_READONLY, (gpointer) data, size,
            0, size, g_bytes_ref (bytes), (GDestroyNotify) g_bytes_unref));
}

static GstFlowReturn
read_some (GstS3Src *self, guint64 offset, gsize length, GBytes **bytes)
{
  g_autoptr (GError) error = NULL;

  switch (vs_s3_read_get (self->reader, offset, length, bytes, &error)) {
    case VS_S3_READ_OK:
      return GST_FLOW_OK;
    case VS_S3_READ_END:
      return GST_FLOW_EOS;
    case VS_S3_READ_FLUSHING:
      return GST_FLOW_FLUSHING;
    case VS_S3_READ_ERROR:
    default:
      post (self, error);
      return GST_FLOW_ERROR;
  }
}

static GstFlowReturn
gst_s3_src_create (
    GstBaseSrc *src, guint64 offset, guint length, GstBuffer **place)
{
  GstS3Src *self = GST_S3_SRC (src);
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  GstFlowReturn flow = GST_FLOW_OK;
  gsize filled = 0;

  while (filled < length && flow == GST_FLOW_OK) {
    g_autoptr (GBytes) bytes = NULL;

    flow = read_some (self, offset + filled, length - filled, &bytes);
    if (flow == GST_FLOW_OK) {
      append_bytes (buffer, bytes);
      filled += g_bytes_get_size (bytes);
    }
  }
  if (flow == GST_FLOW_EOS && filled > 0)
    flow = GST_FLOW_OK;
  if (flow != GST_FLOW_OK)
    return flow;
  if (*place != NULL) {
    GstMapInfo map;

    /* The caller's own memory. */
    if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
      return GST_FLOW_ERROR;
    gst_buffer_fill (*place, 0, map.data, map.size);
    gst_buffer_set_size (*place, map.size);
    gst_buffer_unmap (buffer, &map);
  } else {
    *place = g_steal_pointer (&buffer);
  }
  GST_BUFFER_OFFSET (*place) = offset;
  GST_BUFFER_OFFSET_END (*place) = offset + filled;
  return GST_FLOW_OK;
}

/* URI -------------------------------------------------------------------- */

static GstURIType
gst_s3_src_uri_get_type (GType type)
{
  return GST_URI_SRC;
}

static const gchar *const *
gst_s3_src_uri_get_protocols (GType type)
{
  static const gchar *const protocols[] = { "s3", NULL };

  return protocols;
}

static gchar *
gst_s3_src_uri_get_uri (GstURIHandler *handler)
{
  GstS3Src *self = GST_S3_SRC (handler);
  gchar *uri;

  GST_OBJECT_LOCK (self);
  uri = vs_s3_settings_dup_uri (&self->settings);
  GST_OBJECT_UNLOCK (self);
  return uri;
}

static gboolean
gst_s3_src_uri_set_uri (
    GstURIHandler *handler, const gchar *uri, GError **error)
{
  GstS3Src *self = GST_S3_SRC (handler);

  return vs_s3_settings_set_uri (
      &self->settings, GST_ELEMENT (self), uri, error);
}

static void
gst_s3_src_uri_handler_init (gpointer iface, gpointer data)
{
  GstURIHandlerInterface *handler = iface;

  handler->get_type = gst_s3_src_uri_get_type;
  handler->get_protocols = gst_s3_src_uri_get_protocols;
  handler->get_uri = gst_s3_src_uri_get_uri;
  handler->set_uri = gst_s3_src_uri_set_uri;
}

/* Class ------------------------------------------------------------------ */

static void
gst_s3_src_finalize (GObject *object)
{
  vs_s3_settings_clear (&GST_S3_SRC (object)->settings);
  G_OBJECT_CLASS (gst_s3_src_parent_class)->finalize (object);
}

static void
gst_s3_src_class_init (GstS3SrcClass *klass)
{
  GObjectClass *object = G_OBJECT_CLASS (klass);
  GstElementClass *element = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *src = GST_BASE_SRC_CLASS (klass);
  GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (s3_src_debug, "s3src", 0, "Reads from S3");
  object->set_property = gst_s3_src_set_property;
  object->get_property = gst_s3_src_get_property;
  object->finalize = gst_s3_src_finalize;
  vs_s3_settings_install (object);
  /**
   * GstS3Src:range-size:
   *
   * How many bytes one request asks for. Up to `read-ahead` and six more
   * ranges are held.
   */
  g_object_class_install_property (object, PROP_RANGE_SIZE,
      g_param_spec_uint ("range-size", "Range size",
          "Bytes that one request asks for", 64 * 1024, 256 * 1024 * 1024,
          DEFAULT_RANGE_SIZE, flags));
  g_object_class_install_property (object, PROP_READ_AHEAD,
      g_param_spec_uint ("read-ahead", "Read ahead",
          "Ranges that are fetched before they are asked for", 0, 16,
          DEFAULT_READ_AHEAD, flags));
  gst_element_class_add_static_pad_template (element, &src_template);
  gst_element_class_set_static_metadata (element, "S3 source", "Source/Network",
      "Reads an object of an S3 service, at any place", "vstream");
  src->start = gst_s3_src_start;
  src->stop = gst_s3_src_stop;
  src->unlock = gst_s3_src_unlock;
  src->unlock_stop = gst_s3_src_unlock_stop;
  src->get_size = gst_s3_src_get_size;
  src->is_seekable = gst_s3_src_is_seekable;
  src->create = gst_s3_src_create;
}

static void
gst_s3_src_init (GstS3Src *self)
{
  vs_s3_settings_init (&self->settings);
  self->range_size = DEFAULT_RANGE_SIZE;
  self->read_ahead = DEFAULT_READ_AHEAD;
  gst_base_src_set_blocksize (GST_BASE_SRC (self), BLOCK_SIZE);
}
