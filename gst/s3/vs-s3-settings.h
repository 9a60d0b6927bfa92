/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-settings: the properties that s3sink and s3src share: which object,
 * and those of vs-s3-props.
 *
 * Threading: guarded by its owner (the element's object lock); streaming reads
 * a copy. */
#pragma once

#include <gst/gst.h>

#include "store/vs-s3-props.h"

G_BEGIN_DECLS

/* Property numbers: those of vs-s3-props come behind these, then an element's
 * own, from VS_S3_SETTINGS_N_PROPS on. */
typedef enum {
  VS_S3_PROP_0,
  VS_S3_PROP_LOCATION,
  VS_S3_PROP_BUCKET,
  VS_S3_PROP_KEY,
  VS_S3_PROP_CONFIG,
  VS_S3_SETTINGS_N_PROPS = VS_S3_PROP_CONFIG + VS_S3_N_PROPS
} VsS3Prop;

typedef struct {
  VsS3Config *config;
  gchar *location; /* as it was set, or NULL */
  gchar *key;      /* or NULL */
  GError *fault;   /* of a location that could not be taken */
} VsS3Settings;

void vs_s3_settings_install (GObjectClass *klass);
void vs_s3_settings_init (VsS3Settings *self);
void vs_s3_settings_clear (VsS3Settings *self);

/* FALSE: @id is none of these. A location that cannot be taken is told by
 * vs_s3_settings_check (), so that nobody writes to the one before it. */
gboolean vs_s3_settings_set (VsS3Settings *self, guint id, const GValue *value);
gboolean vs_s3_settings_get (const VsS3Settings *self, guint id, GValue *value);

/* An s3:// URI, or a key of the bucket that `bucket` names. NULL unsets. */
gboolean vs_s3_settings_set_location (
    VsS3Settings *self, const gchar *location, GError **error);

/* The same for the URI handler of @element, whose lock it takes: not while it
 * runs, and with the errors of URIs. */
gboolean vs_s3_settings_set_uri (
    VsS3Settings *self, GstElement *element, const gchar *uri, GError **error);

/* s3://bucket/key of what is set, without parameters; NULL where a part is
 * missing. */
gchar *vs_s3_settings_dup_uri (const VsS3Settings *self);

/* Both a bucket and a key are there. */
gboolean vs_s3_settings_check (const VsS3Settings *self, GError **error);

G_END_DECLS
