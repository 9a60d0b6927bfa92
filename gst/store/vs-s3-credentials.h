/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-credentials: where keys come from. In this order: the settings, the
 * AWS_* environment, the shared credentials and config files, the container's
 * endpoint, the machine's metadata service (version 2). The first that has
 * some is used; it is asked again before they expire.
 *
 * Threading: a VsS3Credentials never changes and is counted atomically. A
 * source is used by one thread at a time; vs_s3_credential_source_load ()
 * waits for files and for the network (a few seconds at most), and ends soon
 * after vs_s3_credential_source_cancel (), which any thread may call. */
#pragma once

#include "store/vs-s3.h"

G_BEGIN_DECLS

typedef struct {
  gchar *access_key, *secret_key;
  gchar *session_token; /* or NULL */
  gint64 expires_us;    /* since 1970; 0: never */
  gint refs;
} VsS3Credentials;

/* Takes copies. */
VsS3Credentials *vs_s3_credentials_new (const gchar *access_key,
    const gchar *secret_key, const gchar *session_token, gint64 expires_us);
VsS3Credentials *vs_s3_credentials_ref (VsS3Credentials *self);
void vs_s3_credentials_unref (VsS3Credentials *self); /* wipes at the last */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsS3Credentials, vs_s3_credentials_unref)

typedef struct _VsS3CredentialSource VsS3CredentialSource;

VsS3CredentialSource *vs_s3_credential_source_new (const VsS3Config *config);
void vs_s3_credential_source_free (VsS3CredentialSource *self);

/* The settings' own: they are all there is, and cannot be renewed. */
VsS3Credentials *vs_s3_credential_source_get_fixed (VsS3CredentialSource *self);

/* VS_ERROR_NOT_PERMITTED says where was looked. */
VsS3Credentials *vs_s3_credential_source_load (
    VsS3CredentialSource *self, GError **error);
void vs_s3_credential_source_cancel (VsS3CredentialSource *self);

/* Region of the environment, then of the profile, then us-east-1. */
gchar *vs_s3_credential_source_dup_region (VsS3CredentialSource *self);

/* Parts of the chain, each NULL without @error where it has nothing. */
VsS3Credentials *vs_s3_credentials_from_files (
    const gchar *profile, GError **error);
gchar *vs_s3_credentials_dup_profile_region (const gchar *profile);
/* JSON of the container's endpoint and of instance metadata: AccessKeyId,
 * SecretAccessKey, Token, Expiration. */
VsS3Credentials *vs_s3_credentials_parse (
    const gchar *text, gsize length, GError **error);
VsS3Credentials *vs_s3_credentials_from_container (
    const gint *cancelled, GError **error);
VsS3Credentials *vs_s3_credentials_from_instance (
    const gint *cancelled, GError **error);

/* Whether @data (a VsS3Credentials) may still be used for @margin_us. */
gboolean vs_s3_credentials_last (
    const VsS3Credentials *self, gint64 now_us, gint64 margin_us);

G_END_DECLS
