/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/vs-s3-props.h"

#include <string.h>

#define DEFAULT_REQUEST_TIMEOUT 60000
#define DEFAULT_STALL 30000

enum {
  PROP_REGION,
  PROP_ENDPOINT,
  PROP_ACCESS_KEY,
  PROP_SECRET_ACCESS_KEY,
  PROP_SESSION_TOKEN,
  PROP_PROFILE,
  PROP_ANONYMOUS,
  PROP_FORCE_PATH_STYLE,
  PROP_CA_FILE,
  PROP_TLS_VERIFY,
  PROP_RETRY_ATTEMPTS,
  PROP_REQUEST_TIMEOUT,
  N_PROPS
};

G_STATIC_ASSERT (N_PROPS == VS_S3_N_PROPS);

/* Installing -------------------------------------------------------------- */

static void
install_place (GObjectClass *klass, guint first, GParamFlags flags)
{
  g_object_class_install_property (klass, first + PROP_REGION,
      g_param_spec_string ("region", "Region",
          "Region; none: environment, profile, then us-east-1", NULL, flags));
  g_object_class_install_property (klass, first + PROP_ENDPOINT,
      g_param_spec_string ("endpoint", "Endpoint",
          "https://HOST[:PORT] of the service; none: AWS of the region", NULL,
          flags));
  g_object_class_install_property (klass, first + PROP_FORCE_PATH_STYLE,
      g_param_spec_boolean ("force-path-style", "Force path style",
          "Address buckets as ENDPOINT/BUCKET, not as BUCKET.ENDPOINT", FALSE,
          flags));
}

/* Without a key: AWS_ACCESS_KEY_ID and its like in the environment, then the
 * shared credentials file, then what container or instance offers. In a
 * command line others can see it; the environment is better there. */
static void
install_credentials (GObjectClass *klass, guint first, GParamFlags flags)
{
  GParamFlags secret = flags & (GParamFlags) ~G_PARAM_READABLE;

  g_object_class_install_property (klass, first + PROP_ACCESS_KEY,
      g_param_spec_string ("access-key", "Access key",
          "Access key id; none: environment, credentials file, instance", NULL,
          secret));
  g_object_class_install_property (klass, first + PROP_SECRET_ACCESS_KEY,
      g_param_spec_string ("secret-access-key", "Secret access key",
          "Secret of the access key", NULL, secret));
  g_object_class_install_property (klass, first + PROP_SESSION_TOKEN,
      g_param_spec_string ("session-token", "Session token",
          "Token of temporary credentials", NULL, secret));
  g_object_class_install_property (klass, first + PROP_PROFILE,
      g_param_spec_string ("profile", "Profile",
          "Profile of the shared credentials and config files", NULL, flags));
  g_object_class_install_property (klass, first + PROP_ANONYMOUS,
      g_param_spec_boolean (
          "anonymous", "Anonymous", "Sign no requests", FALSE, flags));
}

/* tls-verify=false lets anyone between here and the service read and change
 * all. */
static void
install_trust (GObjectClass *klass, guint first, GParamFlags flags)
{
  g_object_class_install_property (klass, first + PROP_CA_FILE,
      g_param_spec_string ("ca-file", "CA file",
          "PEM file of the authorities to trust; none: the system's", NULL,
          flags));
  g_object_class_install_property (klass, first + PROP_TLS_VERIFY,
      g_param_spec_boolean ("tls-verify", "TLS verify",
          "Check the service's certificate", TRUE, flags));
}

void
vs_s3_props_install (GObjectClass *klass, guint first, GParamFlags more)
{
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | more;

  install_place (klass, first, flags);
  install_credentials (klass, first, flags);
  install_trust (klass, first, flags);
  g_object_class_install_property (klass, first + PROP_RETRY_ATTEMPTS,
      g_param_spec_uint ("retry-attempts", "Retry attempts",
          "Attempts of one request, the first included, with growing pauses, "
          "where trying again can help",
          1, VS_S3_ATTEMPTS_MAX, VS_S3_ATTEMPTS_DEFAULT, flags));
  g_object_class_install_property (klass, first + PROP_REQUEST_TIMEOUT,
      g_param_spec_uint ("request-timeout", "Request timeout",
          "Time for one attempt, besides what its bytes take (ms)", 1,
          G_MAXUINT, DEFAULT_REQUEST_TIMEOUT, flags));
}

void
vs_s3_props_init (VsS3Config *config)
{
  config->attempts = VS_S3_ATTEMPTS_DEFAULT;
  config->request_ms = DEFAULT_REQUEST_TIMEOUT;
}

/* Values ------------------------------------------------------------------ */

static void
set_secret (gchar **place, const GValue *value)
{
  if (*place != NULL)
    explicit_bzero (*place, strlen (*place));
  g_free (*place);
  *place = g_value_dup_string (value);
}

static gchar **
find_secret (VsS3Config *config, guint prop)
{
  switch (prop) {
    case PROP_ACCESS_KEY:
      return &config->access_key;
    case PROP_SECRET_ACCESS_KEY:
      return &config->secret_key;
    case PROP_SESSION_TOKEN:
      return &config->session_token;
    default:
      return NULL;
  }
}

/* Strings that are shown as they are. */
static gchar **
find_string (VsS3Config *config, guint prop)
{
  switch (prop) {
    case PROP_REGION:
      return &config->region;
    case PROP_ENDPOINT:
      return &config->endpoint;
    case PROP_PROFILE:
      return &config->profile;
    case PROP_CA_FILE:
      return &config->ca_file;
    default:
      return NULL;
  }
}

gboolean
vs_s3_props_set (VsS3Config *config, guint prop, const GValue *value)
{
  gchar **secret = find_secret (config, prop);
  gchar **string = find_string (config, prop);

  if (secret != NULL) {
    set_secret (secret, value);
    return TRUE;
  }
  if (string != NULL) {
    g_free (*string);
    *string = g_value_dup_string (value);
    return TRUE;
  }
  switch (prop) {
    case PROP_ANONYMOUS:
      config->anonymous = g_value_get_boolean (value);
      return TRUE;
    case PROP_FORCE_PATH_STYLE:
      config->addressing = g_value_get_boolean (value) ? VS_S3_ADDRESSING_PATH
                                                       : VS_S3_ADDRESSING_AUTO;
      return TRUE;
    case PROP_TLS_VERIFY:
      config->insecure = !g_value_get_boolean (value);
      return TRUE;
    case PROP_RETRY_ATTEMPTS:
      config->attempts = g_value_get_uint (value);
      return TRUE;
    case PROP_REQUEST_TIMEOUT:
      /* Whoever is impatient with an answer is so with silence. */
      config->request_ms = g_value_get_uint (value);
      config->stall_ms = MIN (config->request_ms, DEFAULT_STALL);
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
vs_s3_props_get (const VsS3Config *config, guint prop, GValue *value)
{
  gchar **string = find_string ((VsS3Config *) config, prop);

  if (string != NULL) {
    g_value_set_string (value, *string);
    return TRUE;
  }
  switch (prop) {
    case PROP_ANONYMOUS:
      g_value_set_boolean (value, config->anonymous);
      return TRUE;
    case PROP_FORCE_PATH_STYLE:
      g_value_set_boolean (value, config->addressing == VS_S3_ADDRESSING_PATH);
      return TRUE;
    case PROP_TLS_VERIFY:
      g_value_set_boolean (value, !config->insecure);
      return TRUE;
    case PROP_RETRY_ATTEMPTS:
      g_value_set_uint (value, config->attempts);
      return TRUE;
    case PROP_REQUEST_TIMEOUT:
      g_value_set_uint (value, config->request_ms);
      return TRUE;
    default:
      return FALSE;
  }
}
