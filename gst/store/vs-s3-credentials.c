/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/vs-s3-credentials.h"

#include <string.h>

#include "core/vs-error.h"

#define DEFAULT_REGION "us-east-1"

struct _VsS3CredentialSource {
  VsS3Credentials *fixed; /* or NULL */
  gchar *profile;         /* as set; or NULL */
  gint cancelled;         /* atomic */
};

static void
wipe (gchar *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

VsS3Credentials *
vs_s3_credentials_new (const gchar *access_key, const gchar *secret_key,
    const gchar *session_token, gint64 expires_us)
{
  VsS3Credentials *self = g_new0 (VsS3Credentials, 1);

  self->refs = 1;
  self->access_key = g_strdup (access_key);
  self->secret_key = g_strdup (secret_key);
  if (session_token != NULL && *session_token != '\0')
    self->session_token = g_strdup (session_token);
  self->expires_us = expires_us;
  return self;
}

VsS3Credentials *
vs_s3_credentials_ref (VsS3Credentials *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
vs_s3_credentials_unref (VsS3Credentials *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->refs))
    return;
  wipe (self->access_key);
  wipe (self->secret_key);
  wipe (self->session_token);
  g_free (self);
}

gboolean
vs_s3_credentials_last (
    const VsS3Credentials *self, gint64 now_us, gint64 margin_us)
{
  return self != NULL &&
         (self->expires_us == 0 || self->expires_us > now_us + margin_us);
}

VsS3CredentialSource *
vs_s3_credential_source_new (const VsS3Config *config)
{
  VsS3CredentialSource *self = g_new0 (VsS3CredentialSource, 1);
  const gchar *profile = config->profile;

  if (config->access_key != NULL)
    self->fixed = vs_s3_credentials_new (
        config->access_key, config->secret_key, config->session_token, 0);
  self->profile = g_strdup (profile);
  return self;
}

void
vs_s3_credential_source_free (VsS3CredentialSource *self)
{
  vs_s3_credentials_unref (self->fixed);
  g_free (self->profile);
  g_free (self);
}

void
vs_s3_credential_source_cancel (VsS3CredentialSource *self)
{
  g_atomic_int_set (&self->cancelled, 1);
}

VsS3Credentials *
vs_s3_credential_source_get_fixed (VsS3CredentialSource *self)
{
  return self->fixed;
}

static const gchar *
get_variable (const gchar *name)
{
  const gchar *value = g_getenv (name);

  return value != NULL && *value != '\0' ? value : NULL;
}

static const gchar *
get_profile (const VsS3CredentialSource *self)
{
  const gchar *profile = self->profile;

  if (profile == NULL)
    profile = get_variable ("AWS_PROFILE");
  return profile != NULL ? profile : "default";
}

/* A secret key without its access key is a mistake to be told of. */
static VsS3Credentials *
load_environment (GError **error)
{
  const gchar *access_key = get_variable ("AWS_ACCESS_KEY_ID");
  const gchar *secret_key = get_variable ("AWS_SECRET_ACCESS_KEY");

  if (access_key == NULL && secret_key == NULL)
    return NULL;
  if (access_key == NULL || secret_key == NULL) {
    g_set_error (error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
        "Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY one is set in the "
        "environment; set both or none.");
    return NULL;
  }
  return vs_s3_credentials_new (
      access_key, secret_key, get_variable ("AWS_SESSION_TOKEN"), 0);
}

VsS3Credentials *
vs_s3_credential_source_load (VsS3CredentialSource *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  VsS3Credentials *found = NULL;

  if (self->fixed != NULL)
    return vs_s3_credentials_ref (self->fixed);
  /* a profile that was asked for by name is not overruled */
  if (self->profile == NULL)
    found = load_environment (&local_error);
  if (found == NULL && local_error == NULL)
    found = vs_s3_credentials_from_files (get_profile (self), &local_error);
  if (found == NULL && local_error == NULL)
    found = vs_s3_credentials_from_container (&self->cancelled, &local_error);
  if (found == NULL && local_error == NULL)
    found = vs_s3_credentials_from_instance (&self->cancelled, &local_error);
  if (found == NULL && local_error == NULL)
    g_set_error (&local_error, VS_ERROR, VS_ERROR_NOT_PERMITTED,
        "No S3 credentials were found: not in the settings, not as "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, not "
        "for the profile “%s” in the shared credentials file, and no "
        "container or machine role gave any.",
        get_profile (self));
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return found;
}

gchar *
vs_s3_credential_source_dup_region (VsS3CredentialSource *self)
{
  const gchar *region = get_variable ("AWS_REGION");
  gchar *of_profile;

  if (region == NULL)
    region = get_variable ("AWS_DEFAULT_REGION");
  if (region != NULL)
    return g_strdup (region);
  of_profile = vs_s3_credentials_dup_profile_region (get_profile (self));
  return of_profile != NULL ? of_profile : g_strdup (DEFAULT_REGION);
}
