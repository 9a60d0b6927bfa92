/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "s3/vs-s3-settings.h"

#include "core/vs-error.h"

#define FLAGS                                                                  \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define SECRET_FLAGS                                                           \
  (G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define DEFAULT_REQUEST_TIMEOUT 60000
#define DEFAULT_STALL 30000

static void
install_place (GObjectClass *klass)
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
  g_object_class_install_property (klass, VS_S3_PROP_REGION,
      g_param_spec_string ("region", "Region",
          "Region; none: environment, profile, then us-east-1", NULL, FLAGS));
  g_object_class_install_property (klass, VS_S3_PROP_ENDPOINT,
      g_param_spec_string ("endpoint", "Endpoint",
          "https://HOST[:PORT] of the service; none: AWS of the region", NULL,
          FLAGS));
  g_object_class_install_property (klass, VS_S3_PROP_FORCE_PATH_STYLE,
      g_param_spec_boolean ("force-path-style", "Force path style",
          "Address buckets as ENDPOINT/BUCKET, not as BUCKET.ENDPOINT", FALSE,
          FLAGS));
}

static void
install_credentials (GObjectClass *klass)
{
  /**
   * GstS3Sink:access-key:
   *
   * Without it: AWS_ACCESS_KEY_ID and its like in the environment, then the
   * shared credentials file, then what container or instance offers. Like the
   * other credentials it cannot be read back; in a command line it can be seen
   * by others, so use the environment there.
   */
  g_object_class_install_property (klass, VS_S3_PROP_ACCESS_KEY,
      g_param_spec_string ("access-key", "Access key",
          "Access key id; none: environment, credentials file, instance", NULL,
          SECRET_FLAGS));
  g_object_class_install_property (klass, VS_S3_PROP_SECRET_ACCESS_KEY,
      g_param_spec_string ("secret-access-key", "Secret access key",
          "Secret of the access key", NULL, SECRET_FLAGS));
  g_object_class_install_property (klass, VS_S3_PROP_SESSION_TOKEN,
      g_param_spec_string ("session-token", "Session token",
          "Token of temporary credentials", NULL, SECRET_FLAGS));
  g_object_class_install_property (klass, VS_S3_PROP_PROFILE,
      g_param_spec_string ("profile", "Profile",
          "Profile of the shared credentials and config files", NULL, FLAGS));
  g_object_class_install_property (klass, VS_S3_PROP_ANONYMOUS,
      g_param_spec_boolean (
          "anonymous", "Anonymous", "Sign no requests", FALSE, FLAGS));
}

void
vs_s3_settings_install (GObjectClass *klass)
{
  install_place (klass);
  install_credentials (klass);
  g_object_class_install_property (klass, VS_S3_PROP_CA_FILE,
      g_param_spec_string ("ca-file", "CA file",
          "PEM file of the authorities to trust; none: the system's", NULL,
          FLAGS));
  /**
   * GstS3Sink:tls-verify:
   *
   * FALSE lets anyone between here and the service read and change all.
   */
  g_object_class_install_property (klass, VS_S3_PROP_TLS_VERIFY,
      g_param_spec_boolean ("tls-verify", "TLS verify",
          "Check the service's certificate", TRUE, FLAGS));
  /**
   * GstS3Sink:retry-attempts:
   *
   * How often one request is sent before it counts as failed, with growing
   * pauses, where trying again can help.
   */
  g_object_class_install_property (klass, VS_S3_PROP_RETRY_ATTEMPTS,
      g_param_spec_uint ("retry-attempts", "Retry attempts",
          "Attempts of one request, the first included", 1, VS_S3_ATTEMPTS_MAX,
          VS_S3_ATTEMPTS_DEFAULT, FLAGS));
  g_object_class_install_property (klass, VS_S3_PROP_REQUEST_TIMEOUT,
      g_param_spec_uint ("request-timeout", "Request timeout",
          "Time for one attempt, besides what its bytes take (ms)", 1,
          G_MAXUINT, DEFAULT_REQUEST_TIMEOUT, FLAGS));
}

void
vs_s3_settings_init (VsS3Settings *self)
{
  self->config = vs_s3_config_new ();
  self->config->attempts = VS_S3_ATTEMPTS_DEFAULT;
  self->config->request_ms = DEFAULT_REQUEST_TIMEOUT;
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

static void
set_secret (gchar **place, const GValue *value)
{
  if (*place != NULL)
    explicit_bzero (*place, strlen (*place));
  set_string (place, value);
}

/* Strings of the configuration that are shown as they are. */
static gchar **
find_string (const VsS3Settings *self, guint id)
{
  switch (id) {
    case VS_S3_PROP_BUCKET:
      return &self->config->bucket;
    case VS_S3_PROP_REGION:
      return &self->config->region;
    case VS_S3_PROP_ENDPOINT:
      return &self->config->endpoint;
    case VS_S3_PROP_PROFILE:
      return &self->config->profile;
    case VS_S3_PROP_CA_FILE:
      return &self->config->ca_file;
    default:
      return NULL;
  }
}

static gchar **
find_secret (VsS3Settings *self, guint id)
{
  switch (id) {
    case VS_S3_PROP_ACCESS_KEY:
      return &self->config->access_key;
    case VS_S3_PROP_SECRET_ACCESS_KEY:
      return &self->config->secret_key;
    case VS_S3_PROP_SESSION_TOKEN:
      return &self->config->session_token;
    default:
      return NULL;
  }
}

gboolean
vs_s3_settings_set (VsS3Settings *self, guint id, const GValue *value)
{
  gchar **secret = find_secret (self, id);
  gchar **string = find_string (self, id);

  if (secret != NULL) {
    set_secret (secret, value);
    return TRUE;
  }
  if (string != NULL) {
    set_string (string, value);
    return TRUE;
  }
  switch (id) {
    case VS_S3_PROP_LOCATION:
      g_clear_error (&self->fault);
      vs_s3_settings_set_location (
          self, g_value_get_string (value), &self->fault);
      return TRUE;
    case VS_S3_PROP_KEY:
      g_clear_error (&self->fault);
      set_string (&self->key, value);
      return TRUE;
    case VS_S3_PROP_ANONYMOUS:
      self->config->anonymous = g_value_get_boolean (value);
      return TRUE;
    case VS_S3_PROP_FORCE_PATH_STYLE:
      self->config->addressing = g_value_get_boolean (value)
                                     ? VS_S3_ADDRESSING_PATH
                                     : VS_S3_ADDRESSING_AUTO;
      return TRUE;
    case VS_S3_PROP_TLS_VERIFY:
      self->config->insecure = !g_value_get_boolean (value);
      return TRUE;
    case VS_S3_PROP_RETRY_ATTEMPTS:
      self->config->attempts = g_value_get_uint (value);
      return TRUE;
    case VS_S3_PROP_REQUEST_TIMEOUT:
      /* Whoever is impatient with an answer is so with silence. */
      self->config->request_ms = g_value_get_uint (value);
      self->config->stall_ms = MIN (self->config->request_ms, DEFAULT_STALL);
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
vs_s3_settings_get (const VsS3Settings *self, guint id, GValue *value)
{
  gchar **string = find_string (self, id);

  if (string != NULL) {
    g_value_set_string (value, *string);
    return TRUE;
  }
  switch (id) {
    case VS_S3_PROP_LOCATION:
      g_value_set_string (value, self->location);
      return TRUE;
    case VS_S3_PROP_KEY:
      g_value_set_string (value, self->key);
      return TRUE;
    case VS_S3_PROP_ANONYMOUS:
      g_value_set_boolean (value, self->config->anonymous);
      return TRUE;
    case VS_S3_PROP_FORCE_PATH_STYLE:
      g_value_set_boolean (
          value, self->config->addressing == VS_S3_ADDRESSING_PATH);
      return TRUE;
    case VS_S3_PROP_TLS_VERIFY:
      g_value_set_boolean (value, !self->config->insecure);
      return TRUE;
    case VS_S3_PROP_RETRY_ATTEMPTS:
      g_value_set_uint (value, self->config->attempts);
      return TRUE;
    case VS_S3_PROP_REQUEST_TIMEOUT:
      g_value_set_uint (value, self->config->request_ms);
      return TRUE;
    default:
      return FALSE;
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
