/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-s3sink
 * @title: s3sink
 *
 * Stores a stream as an object of an S3 service while it is made, or as a
 * series of objects. Nothing can be seen under the key before all of it is
 * stored; the EOS message says that it is.
 *
 * |[
 * gst-launch-1.0 filesrc location=f blocksize=1048576 ! s3sink bucket=b key=f
 * ]| Uploads a file.
 *
 * |[
 * gst-launch-1.0 -e videotestsrc is-live=true ! x264enc ! h264parse !
 *   splitmuxsink async-finalize=true sink-factory=s3sink
 * location=s3://bucket/cam/%05d.mp4 max-size-time=60000000000
 * muxer-factory=mp4mux
 *   muxer-properties="p,fragment-duration=1000,streamable=true"
 * ]| Records a camera, an object a minute.
 */
/* Life: the first buffer begins an object … buffers are pushed by reference
 * into its upload, which sends full parts while the next is filled, and makes
 * the streaming thread wait where the service is slower … EOS, or the rule of
 * `next-file`, finishes it and waits until it is durable … a message says so.
 * What vs-s3-sink-pull.c reads itself goes the same way, without buffers.
 *
 * Threading: `settings`, `upload` and the sums are under the object lock. What
 * the streaming thread alone uses is marked; start and stop, which touch it as
 * well, run while there is no data flow. `upload` is changed by those alone,
 * and looked at under the lock by unlock and `stats`. */
#include "s3/gsts3sink.h"

#include "core/vs-error.h"
#include "s3/vs-s3-bytes.h"
#include "s3/vs-s3-memory.h"
#include "s3/vs-s3-name.h"
#include "s3/vs-s3-sink-private.h"

GST_DEBUG_CATEGORY_STATIC (s3_sink_debug);
#define GST_CAT_DEFAULT s3_sink_debug

/* A stop is to be over in five seconds. */
#define CLOSE_MS 4000

static void gst_s3_sink_uri_handler_init (gpointer iface, gpointer data);

G_DEFINE_TYPE_WITH_CODE (GstS3Sink, gst_s3_sink, GST_TYPE_BASE_SINK,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, gst_s3_sink_uri_handler_init))
GST_ELEMENT_REGISTER_DEFINE (s3sink, "s3sink", GST_RANK_NONE, GST_TYPE_S3_SINK)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* Statistics and messages ------------------------------------------------ */

static GstStructure *
make_stats (GstS3Sink *self, const gchar *name)
{
  GstStructure *stats;

  GST_OBJECT_LOCK (self);
  stats = vs_s3_sums_to_structure (&self->sums, self->upload, name);
  GST_OBJECT_UNLOCK (self);
  return stats;
}

static void
post_structure (GstS3Sink *self, GstStructure *structure)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

static void
post_progress (GstS3Sink *self)
{
  guint64 step = self->snapshot.shared.config->part_size;

  if (self->written - self->announced < step)
    return;
  self->announced = self->written;
  post_structure (self, make_stats (self, "s3sink-progress"));
}

static void
post_stored (GstS3Sink *self, VsS3Upload *upload)
{
  const VsS3SinkSettings *is = &self->snapshot;
  g_autofree gchar *uri =
      vs_s3_uri_format (is->shared.config->bucket, self->key);

  post_structure (
      self, gst_structure_new ("s3sink-object", "location", G_TYPE_STRING, uri,
                "bucket", G_TYPE_STRING, is->shared.config->bucket, "key",
                G_TYPE_STRING, self->key, "etag", G_TYPE_STRING,
                vs_s3_upload_get_etag (upload), "size", G_TYPE_UINT64,
                self->written, "index", G_TYPE_UINT64, is->index, NULL));
}

/* Also on the client's thread; the first one tells. */
static void
on_failed (const GError *error, gpointer user_data)
{
  GstS3Sink *self = user_data;

  vs_s3_fault_once_tell (&self->fault, GST_ELEMENT (self), error);
}

/* An object -------------------------------------------------------------- */

static gboolean
begin_object (GstS3Sink *self, GError **error)
{
  const VsS3SinkSettings *is = &self->snapshot;
  g_auto (GStrv) metadata = vs_s3_sink_settings_dup_metadata (is);
  VsS3UploadOptions options = {
    .part_size = is->shared.config->part_size,
    .source = vs_s3_sink_get_source (self),
    .put = {
        .content_type = is->content_type,
        .cache_control = is->cache_control,
        .acl = is->acl,
        .storage_class = is->storage_class,
        .metadata = (const gchar *const *) metadata,
    },
    .failed = on_failed,
    .user_data = self,
  };
  VsS3Upload *upload;

  g_free (self->key);
  self->key = is->next_file == VS_S3_NEXT_NONE
                  ? g_strdup (is->shared.key)
                  : vs_s3_name_expand (is->shared.key, is->index, error);
  if (self->key == NULL)
    return FALSE;
  upload = vs_s3_upload_new (self->client, self->key, &options, error);
  if (upload == NULL)
    return FALSE;
  self->written = self->announced = 0;
  self->is_next = FALSE;
  GST_OBJECT_LOCK (self);
  self->upload = upload;
  vs_s3_upload_set_flushing (upload, self->flushing);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

/* Takes the upload away from those who look at it. */
static VsS3Upload *
steal_upload (GstS3Sink *self, guint64 stored)
{
  VsS3Upload *upload;

  GST_OBJECT_LOCK (self);
  upload = g_steal_pointer (&self->upload);
  if (upload != NULL) {
    vs_s3_sums_add (&self->sums, upload, stored);
  }
  GST_OBJECT_UNLOCK (self);
  return upload;
}

void
vs_s3_sink_drop_object (GstS3Sink *self)
{
  g_autoptr (VsS3Upload) upload = steal_upload (self, 0);
  g_autoptr (GError) error = NULL;

  if (upload != NULL &&
      !vs_s3_upload_close (upload, self->snapshot.on_error, CLOSE_MS, &error))
    GST_ELEMENT_WARNING (self, RESOURCE, CLOSE,
        ("The upload to “%s” may have left parts behind: %s", self->key,
            error ? error->message : "it did not end in time"),
        (NULL));
}

GstFlowReturn
vs_s3_sink_fail (GstS3Sink *self, const GError *error)
{
  if (error != NULL)
    on_failed (error, self);
  return GST_FLOW_ERROR;
}

/* Under the preroll lock, as wait_preroll wants it. */
static GstFlowReturn
finish_object (GstS3Sink *self)
{
  g_autoptr (VsS3Upload) upload = NULL;
  g_autoptr (GError) error = NULL;
  VsS3UploadReturn done;

  while ((done = vs_s3_upload_finish (self->upload, &error)) ==
         VS_S3_UPLOAD_FLUSHING) {
    GstFlowReturn flow = gst_base_sink_wait_preroll (GST_BASE_SINK (self));

    if (flow != GST_FLOW_OK)
      return flow;
  }
  if (done == VS_S3_UPLOAD_ERROR)
    return vs_s3_sink_fail (self, error);
  upload = steal_upload (self, 1);
  post_stored (self, upload);
  self->snapshot.index++;
  GST_OBJECT_LOCK (self);
  self->settings.index = self->snapshot.index;
  GST_OBJECT_UNLOCK (self);
  return GST_FLOW_OK;
}

GstFlowReturn
vs_s3_sink_ensure_object (GstS3Sink *self)
{
  g_autoptr (GError) error = NULL;

  if (self->upload != NULL || begin_object (self, &error))
    return GST_FLOW_OK;
  return vs_s3_sink_fail (self, error);
}

/* Buffers ---------------------------------------------------------------- */

GstFlowReturn
vs_s3_sink_take (GstS3Sink *self, GBytes *bytes, guint64 size)
{
  g_autoptr (GError) error = NULL;
  VsS3UploadReturn done;

  while ((done = bytes != NULL ? vs_s3_upload_push (self->upload, bytes, &error)
                               : vs_s3_upload_add (self->upload, size,
                                     &error)) == VS_S3_UPLOAD_FLUSHING) {
    GstFlowReturn flow = gst_base_sink_wait_preroll (GST_BASE_SINK (self));

    if (flow != GST_FLOW_OK)
      return flow;
  }
  if (done == VS_S3_UPLOAD_ERROR)
    return vs_s3_sink_fail (self, error);
  self->written += size;
  post_progress (self);
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_s3_sink_render (GstBaseSink *sink, GstBuffer *buffer)
{
  GstS3Sink *self = GST_S3_SINK (sink);
  g_autoptr (GBytes) bytes = NULL;
  GstFlowReturn flow = GST_FLOW_OK;

  if (vs_s3_fault_once_is_told (&self->fault))
    return GST_FLOW_ERROR;
  if (self->upload != NULL && self->written > 0 &&
      vs_s3_sink_settings_begins (
          &self->snapshot, buffer, self->written, self->is_next))
    flow = finish_object (self);
  if (flow == GST_FLOW_OK)
    flow = vs_s3_sink_ensure_object (self);
  if (flow != GST_FLOW_OK)
    return flow;
  bytes = vs_s3_bytes_of_buffer (buffer);
  if (bytes == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE,
        ("A buffer for “%s” cannot be read.", self->key), (NULL));
    return GST_FLOW_ERROR;
  }
  return vs_s3_sink_take (self, bytes, g_bytes_get_size (bytes));
}

/* Events ----------------------------------------------------------------- */

/* All is durable before the EOS message: who waits for it may go home. A
 * stream without a byte is an empty object, a series of none is none.
 * GstBaseSink calls this under the preroll lock. */
static gboolean
store_end (GstS3Sink *self, GstEvent *event)
{
  GstFlowReturn flow;

  if (vs_s3_fault_once_is_told (&self->fault))
    return FALSE;
  flow = gst_base_sink_do_preroll (
      GST_BASE_SINK (self), GST_MINI_OBJECT_CAST (event));
  if (flow == GST_FLOW_OK && self->upload == NULL &&
      self->snapshot.next_file == VS_S3_NEXT_NONE)
    flow = vs_s3_sink_ensure_object (self);
  if (flow == GST_FLOW_OK && self->upload != NULL)
    flow = finish_object (self);
  return flow == GST_FLOW_OK;
}

/* A muxer that goes back to its head would write over it. */
static gboolean
check_segment (GstS3Sink *self, GstEvent *event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  if (segment->format != GST_FORMAT_BYTES || segment->start == self->written ||
      self->upload == NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, MUX,
      ("What comes for “%s” goes back to byte %" G_GUINT64_FORMAT
       ", and an object cannot be written over; let the muxer write "
       "fragments (mp4mux fragment-duration=1000 streamable=true).",
          self->key, segment->start),
      ("%" G_GUINT64_FORMAT " bytes are written", self->written));
  return FALSE;
}

static gboolean
take_event (GstS3Sink *self, GstEvent *event)
{
  GstEventType type = GST_EVENT_TYPE (event);

  if (type == GST_EVENT_EOS)
    return store_end (self, event);
  if (type == GST_EVENT_SEGMENT)
    return check_segment (self, event);
  if (type == GST_EVENT_FLUSH_STOP)
    vs_s3_sink_drop_object (self);
  if (gst_event_has_name (event, "GstForceKeyUnit"))
    self->is_next = TRUE;
  return TRUE;
}

static gboolean
gst_s3_sink_event (GstBaseSink *sink, GstEvent *event)
{
  if (!take_event (GST_S3_SINK (sink), event)) {
    gst_event_unref (event);
    return FALSE;
  }
  return GST_BASE_SINK_CLASS (gst_s3_sink_parent_class)->event (sink, event);
}

static gboolean
gst_s3_sink_send_event (GstElement *element, GstEvent *event)
{
  GstS3Sink *self = GST_S3_SINK (element);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK && vs_s3_sink_is_pulling (self))
    return vs_s3_sink_pull_seek (self, event);
  return GST_ELEMENT_CLASS (gst_s3_sink_parent_class)
      ->send_event (element, event);
}

static void
answer_uri (GstS3Sink *self, GstQuery *query)
{
  g_autofree gchar *uri = NULL;

  GST_OBJECT_LOCK (self);
  uri = vs_s3_settings_dup_uri (&self->settings.shared);
  GST_OBJECT_UNLOCK (self);
  gst_query_set_uri (query, uri);
}

static gboolean
gst_s3_sink_query (GstBaseSink *sink, GstQuery *query)
{
  GstFormat format;

  if (GST_QUERY_TYPE (query) == GST_QUERY_URI) {
    answer_uri (GST_S3_SINK (sink), query);
    return TRUE;
  }
  if (GST_QUERY_TYPE (query) == GST_QUERY_SEEKING) {
    gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
    gst_query_set_seeking (query, format, FALSE, 0, -1);
    return TRUE;
  }
  return GST_BASE_SINK_CLASS (gst_s3_sink_parent_class)->query (sink, query);
}

/* Memory that is used again, of as many bytes as may be on their way. */
static gboolean
gst_s3_sink_propose_allocation (GstBaseSink *sink, GstQuery *query)
{
  const VsS3Config *config = GST_S3_SINK (sink)->snapshot.shared.config;
  g_autoptr (GstAllocator) allocator = NULL;

  if (config == NULL) /* not started */
    return FALSE;
  allocator = vs_s3_allocator_new (
      (gsize) (config->part_size * (MAX (config->parallel, 1) + 1)));
  gst_query_add_allocation_param (query, allocator, NULL);
  return TRUE;
}

/* Start and stop --------------------------------------------------------- */

static gboolean
check_settings (const VsS3SinkSettings *settings, GError **error)
{
  g_autofree gchar *name = NULL;

  if (!vs_s3_settings_check (&settings->shared, error))
    return FALSE;
  if (settings->next_file == VS_S3_NEXT_NONE)
    return TRUE;
  name = vs_s3_name_expand (settings->shared.key, settings->index, error);
  return name != NULL;
}

static gboolean
gst_s3_sink_start (GstBaseSink *sink)
{
  GstS3Sink *self = GST_S3_SINK (sink);
  g_autoptr (GError) error = NULL;
  VsS3Config *config;

  vs_s3_sink_settings_clear (&self->snapshot);
  GST_OBJECT_LOCK (self);
  vs_s3_sink_settings_copy (&self->settings, &self->snapshot);
  self->sums = (VsS3Sums){ 0 };
  GST_OBJECT_UNLOCK (self);
  config = self->snapshot.shared.config;
  self->is_sized = config->part_size != 0;
  if (!self->is_sized)
    config->part_size = VS_S3_PART_SIZE_DEFAULT;
  self->is_next = FALSE;
  vs_s3_fault_once_reset (&self->fault);
  if (check_settings (&self->snapshot, &error))
    self->client = vs_s3_client_new (config, &error);
  if (self->client == NULL)
    on_failed (error, self);
  return self->client != NULL;
}

static gboolean
gst_s3_sink_stop (GstBaseSink *sink)
{
  GstS3Sink *self = GST_S3_SINK (sink);

  vs_s3_sink_drop_object (self);
  g_clear_pointer (&self->client, vs_s3_client_free);
  g_clear_pointer (&self->key, g_free);
  vs_s3_sink_settings_clear (&self->snapshot);
  return TRUE;
}

static void
set_flushing (GstBaseSink *sink, gboolean flushing)
{
  GstS3Sink *self = GST_S3_SINK (sink);

  GST_OBJECT_LOCK (self);
  self->flushing = flushing;
  if (self->upload != NULL)
    vs_s3_upload_set_flushing (self->upload, flushing);
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_s3_sink_unlock (GstBaseSink *sink)
{
  set_flushing (sink, TRUE);
  return TRUE;
}

static gboolean
gst_s3_sink_unlock_stop (GstBaseSink *sink)
{
  set_flushing (sink, FALSE);
  return TRUE;
}

/* Properties ------------------------------------------------------------- */

static void
gst_s3_sink_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstS3Sink *self = GST_S3_SINK (object);
  gboolean known;

  GST_OBJECT_LOCK (self);
  known = vs_s3_sink_settings_set (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_s3_sink_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstS3Sink *self = GST_S3_SINK (object);
  gboolean known;

  if (id == VS_S3_SINK_PROP_STATS) {
    g_value_take_boxed (value, make_stats (self, "s3sink-stats"));
    return;
  }
  GST_OBJECT_LOCK (self);
  known = vs_s3_sink_settings_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static GstURIType
gst_s3_sink_uri_get_type (GType type)
{
  return GST_URI_SINK;
}

static const gchar *const *
gst_s3_sink_uri_get_protocols (GType type)
{
  static const gchar *const protocols[] = { "s3", NULL };

  return protocols;
}

static gchar *
gst_s3_sink_uri_get_uri (GstURIHandler *handler)
{
  GstS3Sink *self = GST_S3_SINK (handler);
  gchar *uri;

  GST_OBJECT_LOCK (self);
  uri = vs_s3_settings_dup_uri (&self->settings.shared);
  GST_OBJECT_UNLOCK (self);
  return uri;
}

static gboolean
gst_s3_sink_uri_set_uri (
    GstURIHandler *handler, const gchar *uri, GError **error)
{
  GstS3Sink *self = GST_S3_SINK (handler);

  return vs_s3_settings_set_uri (
      &self->settings.shared, GST_ELEMENT (self), uri, error);
}

static void
gst_s3_sink_uri_handler_init (gpointer iface, gpointer data)
{
  GstURIHandlerInterface *handler = iface;

  handler->get_type = gst_s3_sink_uri_get_type;
  handler->get_protocols = gst_s3_sink_uri_get_protocols;
  handler->get_uri = gst_s3_sink_uri_get_uri;
  handler->set_uri = gst_s3_sink_uri_set_uri;
}

/* Class ------------------------------------------------------------------ */

static void
gst_s3_sink_finalize (GObject *object)
{
  vs_s3_sink_settings_clear (&GST_S3_SINK (object)->settings);
  vs_s3_fault_once_clear (&GST_S3_SINK (object)->fault);
  g_mutex_clear (&GST_S3_SINK (object)->reading);
  G_OBJECT_CLASS (gst_s3_sink_parent_class)->finalize (object);
}

static void
gst_s3_sink_class_init (GstS3SinkClass *klass)
{
  GObjectClass *object = G_OBJECT_CLASS (klass);
  GstElementClass *element = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *sink = GST_BASE_SINK_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (s3_sink_debug, "s3sink", 0, "Stores in S3");
  object->set_property = gst_s3_sink_set_property;
  object->get_property = gst_s3_sink_get_property;
  object->finalize = gst_s3_sink_finalize;
  vs_s3_sink_settings_install (object);
  gst_element_class_add_static_pad_template (element, &sink_template);
  gst_element_class_set_static_metadata (element, "S3 sink", "Sink/Network",
      "Stores a stream as an object, or a series of objects, of an S3 service",
      "vstream");
  element->send_event = gst_s3_sink_send_event;
  sink->activate_pull = vs_s3_sink_activate_pull;
  sink->start = gst_s3_sink_start;
  sink->stop = gst_s3_sink_stop;
  sink->unlock = gst_s3_sink_unlock;
  sink->unlock_stop = gst_s3_sink_unlock_stop;
  sink->event = gst_s3_sink_event;
  sink->query = gst_s3_sink_query;
  sink->propose_allocation = gst_s3_sink_propose_allocation;
  sink->render = gst_s3_sink_render;
}

static void
gst_s3_sink_init (GstS3Sink *self)
{
  vs_s3_sink_settings_init (&self->settings);
  vs_s3_fault_once_init (&self->fault);
  gst_base_sink_set_sync (GST_BASE_SINK (self), FALSE);
  vs_s3_sink_pull_init (self);
}
