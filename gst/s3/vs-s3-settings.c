/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3/vs-s3-settings.h"

#include "core/vs-error.h"

#define FLAGS                                                                  \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

void
vs_s3_settings_install (GObjectClass *klass)
{
  /**
   * GstS3Sink:location:
   *
   * `s3://BUCKET/KEY`, percent-encoded, with settings after a `?`
   * (`endpoint`, `region`, `addressing`, `ca-file`, …); or, where `bucket` is
   * set, a key as it is.
   */
  g_object_class_install_property (klass, VS_S3_PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "s3://BUCKET/KEY?PARAMETERS, or a key of `bucket`", NULL, FLAGS));
  g_object_class_install_property (klass, VS_S3_PROP_BUCKET,
      g_param_spec_string (
          "bucket", "Bucket", "Name of the bucket", NULL, FLAGS));
  g_object_class_install_property (klass, VS_S3_PROP_KEY,
      g_param_spec_string (
          "key", "Key", "Key of the object, 1 to 1024 bytes", NULL, FLAGS));
  vs_s3_props_install (klass, VS_S3_PROP_CONFIG, GST_PARAM_MUTABLE_READY);
}

void
vs_s3_settings_init (VsS3Settings *self)
{
  self->config = vs_s3_config_new ();
  vs_s3_props_init (self->config);
}

void
vs_s3_settings_clear (VsS3Settings *self)
{
  g_clear_pointer (&self->config, vs_s3_config_free);
  g_clear_pointer (&self->location, g_free);
  g_clear_pointer (&self->key, g_free);
  g_clear_error (&self->fault);
}

gboolean
vs_s3_settings_set_location (
    VsS3Settings *self, const gchar *location, GError **error)
{
  g_autofree gchar *key = NULL;

  if (location != NULL && g_str_has_prefix (location, "s3://")) {
    if (!vs_s3_config_set_uri (self->config, location, &key, error))
      return FALSE;
  } else {
    if (location != NULL && g_uri_peek_scheme (location) != NULL &&
        strstr (location, "://") != NULL) {
      g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
          "“%s” is no place in S3; write s3://BUCKET/KEY.", location);
      return FALSE;
    }
    key = g_strdup (location);
  }
  g_free (self->key);
  self->key = g_steal_pointer (&key);
  g_free (self->location);
  self->location = g_strdup (location);
  return TRUE;
}

gboolean
vs_s3_settings_set_uri (
    VsS3Settings *self, GstElement *element, const gchar *uri, GError **error)
{
  g_autoptr (GError) fault = NULL;

  if (GST_STATE (element) > GST_STATE_READY) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE,
        "The URI of %s cannot be changed while it runs.",
        GST_OBJECT_NAME (element));
    return FALSE;
  }
  GST_OBJECT_LOCK (element);
  vs_s3_settings_set_location (self, uri, &fault);
  GST_OBJECT_UNLOCK (element);
  if (fault != NULL)
    g_set_error (
        error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI, "%s", fault->message);
  return fault == NULL;
}

static void
set_string (gchar **place, const GValue *value)
{
  g_free (*place);
  *place = g_value_dup_string (value);
}

gboolean
vs_s3_settings_set (VsS3Settings *self, guint id, const GValue *value)
{
  switch (id) {
    case VS_S3_PROP_LOCATION:
      g_clear_error (&self->fault);
      vs_s3_settings_set_location (
          self, g_value_get_string (value), &self->fault);
      return TRUE;
    case VS_S3_PROP_BUCKET:
      set_string (&self->config->bucket, value);
      return TRUE;
    case VS_S3_PROP_KEY:
      g_clear_error (&self->fault);
      set_string (&self->key, value);
      return TRUE;
    default:
      return id >= VS_S3_PROP_CONFIG &&
             vs_s3_props_set (self->config, id - VS_S3_PROP_CONFIG, value);
  }
}

gboolean
vs_s3_settings_get (const VsS3Settings *self, guint id, GValue *value)
{
  switch (id) {
    case VS_S3_PROP_LOCATION:
      g_value_set_string (value, self->location);
      return TRUE;
    case VS_S3_PROP_BUCKET:
      g_value_set_string (value, self->config->bucket);
      return TRUE;
    case VS_S3_PROP_KEY:
      g_value_set_string (value, self->key);
      return TRUE;
    default:
      return id >= VS_S3_PROP_CONFIG &&
             vs_s3_props_get (self->config, id - VS_S3_PROP_CONFIG, value);
  }
}

gchar *
vs_s3_settings_dup_uri (const VsS3Settings *self)
{
  if (self->config->bucket == NULL || self->key == NULL)
    return NULL;
  return vs_s3_uri_format (self->config->bucket, self->key);
}

gboolean
vs_s3_settings_check (const VsS3Settings *self, GError **error)
{
  if (self->fault != NULL) {
    g_propagate_error (error, g_error_copy (self->fault));
    return FALSE;
  }
  if (self->config->bucket == NULL) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "No bucket is named; set location=s3://BUCKET/KEY, or bucket and key.");
    return FALSE;
  }
  if (self->key == NULL) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "No key is named; set location=s3://%s/KEY, or key.",
        self->config->bucket);
    return FALSE;
  }
  return vs_s3_check_bucket (self->config->bucket, error) &&
         vs_s3_check_key (self->key, error);
}
