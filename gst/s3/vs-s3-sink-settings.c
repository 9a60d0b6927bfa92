/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3/vs-s3-sink-settings.h"

#define DEFAULT_PART_SIZE VS_S3_PART_SIZE_DEFAULT
#define DEFAULT_PARALLEL VS_S3_PARALLEL_DEFAULT
#define DEFAULT_ON_ERROR VS_S3_CLOSE_ABORT
#define DEFAULT_NEXT_FILE VS_S3_NEXT_NONE
#define DEFAULT_MAX_FILE_SIZE (G_GUINT64_CONSTANT (2) << 30)
#define PART_SIZE_MAX (G_GUINT64_CONSTANT (5) << 30)
#define OBJECT_SIZE_MAX (G_GUINT64_CONSTANT (5) << 40)
#define FLAGS                                                                  \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

static GType
checksum_type (void)
{
  static const GEnumValue values[] = {
    { VS_S3_CHECKSUM_AUTO, "None over TLS, else SHA-256", "auto" },
    { VS_S3_CHECKSUM_NONE, "None: over plain HTTP damage may go unnoticed",
        "none" },
    { VS_S3_CHECKSUM_SHA256, "SHA-256, signed", "sha256" },
    { VS_S3_CHECKSUM_MD5, "Content-MD5", "md5" },
    { VS_S3_CHECKSUM_CRC32C, "CRC-32C (AWS knows it)", "crc32c" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstS3SinkChecksum", values));
  return type;
}

static GType
on_error_type (void)
{
  static const GEnumValue values[] = {
    { VS_S3_CLOSE_ABORT, "No object, and no part stays", "abort" },
    { VS_S3_CLOSE_COMPLETE, "The object is made of what was stored",
        "complete" },
    { VS_S3_CLOSE_LEAVE, "Parts stay, unfinished", "nothing" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstS3SinkOnError", values));
  return type;
}

static GType
next_file_type (void)
{
  static const GEnumValue values[] = {
    { VS_S3_NEXT_NONE, "The whole stream is one object", "none" },
    { VS_S3_NEXT_BUFFER, "New object for each buffer", "buffer" },
    { VS_S3_NEXT_DISCONT, "New object after each discontinuity", "discont" },
    { VS_S3_NEXT_KEY_FRAME, "New object at each key frame", "key-frame" },
    { VS_S3_NEXT_KEY_UNIT_EVENT, "New object at each key unit event",
        "key-unit-event" },
    { VS_S3_NEXT_MAX_SIZE, "New object before max-file-size is passed",
        "max-size" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstS3SinkNextFile", values));
  return type;
}

static void
install_upload (GObjectClass *klass)
{
  /**
   * GstS3Sink:part-size:
   *
   * What is shorter goes up in one request, what is longer in parts of this
   * size, which grows when 10,000 of them would not be enough. Where it is not
   * set, parts of a file that s3sink reads itself are a 32nd of it, 64 MiB at
   * most.
   */
  g_object_class_install_property (klass, VS_S3_SINK_PROP_PART_SIZE,
      g_param_spec_uint64 ("part-size", "Part size",
          "Bytes of a part of a multipart upload", VS_S3_PART_SIZE_MIN,
          PART_SIZE_MAX, DEFAULT_PART_SIZE, FLAGS));
  /**
   * GstS3Sink:parallel:
   *
   * Parts under way at a time. Memory is at most (parallel + 1) × part-size;
   * then the pipeline waits. Of a file that s3sink reads itself, parts that
   * only wait for their answer are not counted, up to four times as many.
   */
  g_object_class_install_property (klass, VS_S3_SINK_PROP_PARALLEL,
      g_param_spec_uint ("parallel", "Parallel", "Parts under way at a time", 1,
          VS_S3_PARALLEL_MAX, DEFAULT_PARALLEL, FLAGS));
  g_object_class_install_property (klass, VS_S3_SINK_PROP_CHECKSUM,
      g_param_spec_enum ("checksum", "Checksum",
          "What the service checks each request's bytes by", checksum_type (),
          VS_S3_CHECKSUM_AUTO, FLAGS));
  /**
   * GstS3Sink:on-error:
   *
   * What becomes of a multipart upload that does not come to its end, since
   * the pipeline is stopped or flushed before EOS. One that the service has
   * refused is always aborted.
   */
  g_object_class_install_property (klass, VS_S3_SINK_PROP_ON_ERROR,
      g_param_spec_enum ("on-error", "On error",
          "What becomes of an upload without an end", on_error_type (),
          DEFAULT_ON_ERROR, FLAGS));
  gst_type_mark_as_plugin_api (checksum_type (), 0);
  gst_type_mark_as_plugin_api (on_error_type (), 0);
}

static void
install_meta (GObjectClass *klass)
{
  g_object_class_install_property (klass, VS_S3_SINK_PROP_CONTENT_TYPE,
      g_param_spec_string ("content-type", "Content type",
          "Content-Type of the object; none: by the suffix of its key", NULL,
          FLAGS));
  g_object_class_install_property (klass, VS_S3_SINK_PROP_CACHE_CONTROL,
      g_param_spec_string ("cache-control", "Cache control",
          "Cache-Control of the object", NULL, FLAGS));
  g_object_class_install_property (klass, VS_S3_SINK_PROP_ACL,
      g_param_spec_string ("acl", "ACL",
          "Canned access rule of the object: private, public-read, …", NULL,
          FLAGS));
  g_object_class_install_property (klass, VS_S3_SINK_PROP_STORAGE_CLASS,
      g_param_spec_string ("storage-class", "Storage class",
          "Storage class of the object", NULL, FLAGS));
  /**
   * GstS3Sink:metadata:
   *
   * Each field becomes an x-amz-meta- header: `metadata="m,title=News"`.
   */
  g_object_class_install_property (klass, VS_S3_SINK_PROP_METADATA,
      g_param_spec_boxed ("metadata", "Metadata",
          "Fields that go with the object as x-amz-meta- headers",
          GST_TYPE_STRUCTURE, FLAGS));
}

static void
install_series (GObjectClass *klass)
{
  /**
   * GstS3Sink:next-file:
   *
   * When the next object of a series begins, as with multifilesink. In the
   * key %d (or %05d) stands for the number.
   */
  g_object_class_install_property (klass, VS_S3_SINK_PROP_NEXT_FILE,
      g_param_spec_enum ("next-file", "Next file",
          "When the next object begins", next_file_type (), DEFAULT_NEXT_FILE,
          FLAGS));
  g_object_class_install_property (klass, VS_S3_SINK_PROP_INDEX,
      g_param_spec_uint64 ("index", "Index",
          "Number of the next object of a series", 0, G_MAXINT64, 0, FLAGS));
  g_object_class_install_property (klass, VS_S3_SINK_PROP_MAX_FILE_SIZE,
      g_param_spec_uint64 ("max-file-size", "Maximum file size",
          "Bytes of an object with next-file=max-size", 1, OBJECT_SIZE_MAX,
          DEFAULT_MAX_FILE_SIZE, FLAGS));
  /**
   * GstS3Sink:stats:
   *
   * objects, bytes-in, bytes-stored, parts, requests, retries, part-size,
   * buffered, max-buffered, waited (ns that the service held up the pipeline).
   */
  g_object_class_install_property (klass, VS_S3_SINK_PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "What was stored so far",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  gst_type_mark_as_plugin_api (next_file_type (), 0);
}

void
vs_s3_sink_settings_install (GObjectClass *klass)
{
  vs_s3_settings_install (klass);
  install_upload (klass);
  install_meta (klass);
  install_series (klass);
}

void
vs_s3_sink_settings_init (VsS3SinkSettings *self)
{
  vs_s3_settings_init (&self->shared);
  self->shared.config->parallel = DEFAULT_PARALLEL;
  self->on_error = DEFAULT_ON_ERROR;
  self->next_file = DEFAULT_NEXT_FILE;
  self->max_file_size = DEFAULT_MAX_FILE_SIZE;
}

void
vs_s3_sink_settings_clear (VsS3SinkSettings *self)
{
  vs_s3_settings_clear (&self->shared);
  g_clear_pointer (&self->content_type, g_free);
  g_clear_pointer (&self->cache_control, g_free);
  g_clear_pointer (&self->acl, g_free);
  g_clear_pointer (&self->storage_class, g_free);
  g_clear_pointer (&self->metadata, gst_structure_free);
}

void
vs_s3_sink_settings_copy (const VsS3SinkSettings *self, VsS3SinkSettings *copy)
{
  *copy = *self;
  copy->shared.config = vs_s3_config_copy (self->shared.config);
  copy->shared.location = g_strdup (self->shared.location);
  copy->shared.key = g_strdup (self->shared.key);
  copy->shared.fault =
      self->shared.fault ? g_error_copy (self->shared.fault) : NULL;
  copy->content_type = g_strdup (self->content_type);
  copy->cache_control = g_strdup (self->cache_control);
  copy->acl = g_strdup (self->acl);
  copy->storage_class = g_strdup (self->storage_class);
  copy->metadata = self->metadata ? gst_structure_copy (self->metadata) : NULL;
}

static gchar **
find_string (const VsS3SinkSettings *self, guint id)
{
  VsS3SinkSettings *place = (VsS3SinkSettings *) self;

  switch (id) {
    case VS_S3_SINK_PROP_CONTENT_TYPE:
      return &place->content_type;
    case VS_S3_SINK_PROP_CACHE_CONTROL:
      return &place->cache_control;
    case VS_S3_SINK_PROP_ACL:
      return &place->acl;
    case VS_S3_SINK_PROP_STORAGE_CLASS:
      return &place->storage_class;
    default:
      return NULL;
  }
}

gboolean
vs_s3_sink_settings_set (VsS3SinkSettings *self, guint id, const GValue *value)
{
  gchar **string = find_string (self, id);

  if (string != NULL) {
    g_free (*string);
    *string = g_value_dup_string (value);
    return TRUE;
  }
  switch (id) {
    case VS_S3_SINK_PROP_PART_SIZE:
      self->shared.config->part_size = g_value_get_uint64 (value);
      return TRUE;
    case VS_S3_SINK_PROP_PARALLEL:
      self->shared.config->parallel = g_value_get_uint (value);
      return TRUE;
    case VS_S3_SINK_PROP_METADATA:
      g_clear_pointer (&self->metadata, gst_structure_free);
      self->metadata = g_value_dup_boxed (value);
      return TRUE;
    case VS_S3_SINK_PROP_CHECKSUM:
      self->shared.config->checksum = g_value_get_enum (value);
      return TRUE;
    case VS_S3_SINK_PROP_ON_ERROR:
      self->on_error = g_value_get_enum (value);
      return TRUE;
    case VS_S3_SINK_PROP_NEXT_FILE:
      self->next_file = g_value_get_enum (value);
      return TRUE;
    case VS_S3_SINK_PROP_INDEX:
      self->index = g_value_get_uint64 (value);
      return TRUE;
    case VS_S3_SINK_PROP_MAX_FILE_SIZE:
      self->max_file_size = g_value_get_uint64 (value);
      return TRUE;
    default:
      return vs_s3_settings_set (&self->shared, id, value);
  }
}

gboolean
vs_s3_sink_settings_get (const VsS3SinkSettings *self, guint id, GValue *value)
{
  gchar **string = find_string (self, id);

  if (string != NULL) {
    g_value_set_string (value, *string);
    return TRUE;
  }
  switch (id) {
    case VS_S3_SINK_PROP_PART_SIZE:
      g_value_set_uint64 (value, self->shared.config->part_size != 0
                                     ? self->shared.config->part_size
                                     : DEFAULT_PART_SIZE);
      return TRUE;
    case VS_S3_SINK_PROP_PARALLEL:
      g_value_set_uint (value, self->shared.config->parallel);
      return TRUE;
    case VS_S3_SINK_PROP_METADATA:
      g_value_set_boxed (value, self->metadata);
      return TRUE;
    case VS_S3_SINK_PROP_CHECKSUM:
      g_value_set_enum (value, self->shared.config->checksum);
      return TRUE;
    case VS_S3_SINK_PROP_ON_ERROR:
      g_value_set_enum (value, self->on_error);
      return TRUE;
    case VS_S3_SINK_PROP_NEXT_FILE:
      g_value_set_enum (value, self->next_file);
      return TRUE;
    case VS_S3_SINK_PROP_INDEX:
      g_value_set_uint64 (value, self->index);
      return TRUE;
    case VS_S3_SINK_PROP_MAX_FILE_SIZE:
      g_value_set_uint64 (value, self->max_file_size);
      return TRUE;
    default:
      return vs_s3_settings_get (&self->shared, id, value);
  }
}

static gboolean
add_field (GQuark name, const GValue *value, gpointer list)
{
  gchar *text = G_VALUE_HOLDS_STRING (value) ? g_value_dup_string (value)
                                             : gst_value_serialize (value);

  if (text != NULL) {
    g_ptr_array_add (list, g_strdup (g_quark_to_string (name)));
    g_ptr_array_add (list, text);
  }
  return TRUE;
}

gchar **
vs_s3_sink_settings_dup_metadata (const VsS3SinkSettings *self)
{
  GPtrArray *list;

  if (self->metadata == NULL)
    return NULL;
  list = g_ptr_array_new ();
  gst_structure_foreach (self->metadata, add_field, list);
  g_ptr_array_add (list, NULL);
  return (gchar **) g_ptr_array_free (list, FALSE);
}

gboolean
vs_s3_sink_settings_begins (const VsS3SinkSettings *self, GstBuffer *buffer,
    guint64 written, gboolean is_next)
{
  switch (self->next_file) {
    case VS_S3_NEXT_BUFFER:
      return TRUE;
    case VS_S3_NEXT_DISCONT:
      return GST_BUFFER_IS_DISCONT (buffer);
    case VS_S3_NEXT_KEY_FRAME:
      return !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    case VS_S3_NEXT_KEY_UNIT_EVENT:
      return is_next;
    case VS_S3_NEXT_MAX_SIZE:
      return written + gst_buffer_get_size (buffer) > self->max_file_size;
    case VS_S3_NEXT_NONE:
    default:
      return FALSE;
  }
}
