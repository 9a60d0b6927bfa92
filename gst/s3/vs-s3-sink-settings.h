/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-s3-sink-settings: the properties of s3sink alone: how the stream becomes
 * objects, and what is said of them. Guarded by its owner. */
#pragma once

#include "s3/vs-s3-settings.h"
#include "store/vs-s3-upload.h"

G_BEGIN_DECLS

typedef enum {
  VS_S3_SINK_PROP_PART_SIZE = VS_S3_SETTINGS_N_PROPS,
  VS_S3_SINK_PROP_PARALLEL,
  VS_S3_SINK_PROP_CONTENT_TYPE,
  VS_S3_SINK_PROP_CACHE_CONTROL,
  VS_S3_SINK_PROP_ACL,
  VS_S3_SINK_PROP_STORAGE_CLASS,
  VS_S3_SINK_PROP_METADATA,
  VS_S3_SINK_PROP_CHECKSUM,
  VS_S3_SINK_PROP_ON_ERROR,
  VS_S3_SINK_PROP_NEXT_FILE,
  VS_S3_SINK_PROP_INDEX,
  VS_S3_SINK_PROP_MAX_FILE_SIZE,
  VS_S3_SINK_PROP_STATS,
} VsS3SinkProp;

typedef enum {
  VS_S3_NEXT_NONE,
  VS_S3_NEXT_BUFFER,
  VS_S3_NEXT_DISCONT,
  VS_S3_NEXT_KEY_FRAME,
  VS_S3_NEXT_KEY_UNIT_EVENT,
  VS_S3_NEXT_MAX_SIZE
} VsS3Next;

typedef struct {
  VsS3Settings shared;
  gchar *content_type, *cache_control, *acl, *storage_class;
  GstStructure *metadata;
  VsS3CloseMode on_error;
  VsS3Next next_file;
  guint64 index; /* of the next object */
  guint64 max_file_size;
} VsS3SinkSettings;

void vs_s3_sink_settings_install (GObjectClass *klass);
void vs_s3_sink_settings_init (VsS3SinkSettings *self);
void vs_s3_sink_settings_clear (VsS3SinkSettings *self);
void vs_s3_sink_settings_copy (
    const VsS3SinkSettings *self, VsS3SinkSettings *copy);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VsS3SinkSettings, vs_s3_sink_settings_clear)

/* FALSE: @id is no setting. */
gboolean vs_s3_sink_settings_set (
    VsS3SinkSettings *self, guint id, const GValue *value);
gboolean vs_s3_sink_settings_get (
    const VsS3SinkSettings *self, guint id, GValue *value);

/* name, value, name, value, …, NULL of `metadata`; NULL where there is none. */
gchar **vs_s3_sink_settings_dup_metadata (const VsS3SinkSettings *self);

/* Does @buffer begin the next object of a series, after @written bytes of this
 * one? @is_next: a key unit was asked for. */
gboolean vs_s3_sink_settings_begins (const VsS3SinkSettings *self,
    GstBuffer *buffer, guint64 written, gboolean is_next);

G_END_DECLS
