/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-abrsink-settings: the properties of abrsink. Guarded by its owner. */
#pragma once

#include <gst/gst.h>

#include "publish/vs-publisher.h"
#include "store/vs-s3-props.h"

G_BEGIN_DECLS

typedef enum {
  VS_ABR_SINK_PROP_0,
  VS_ABR_SINK_PROP_LOCATION,
  VS_ABR_SINK_PROP_FORMAT,
  VS_ABR_SINK_PROP_TYPE,
  VS_ABR_SINK_PROP_HLS,
  VS_ABR_SINK_PROP_DASH,
  VS_ABR_SINK_PROP_MULTIVARIANT_NAME,
  VS_ABR_SINK_PROP_MPD_NAME,
  VS_ABR_SINK_PROP_SEGMENT_DURATION,
  VS_ABR_SINK_PROP_WINDOW,
  VS_ABR_SINK_PROP_KEEP,
  VS_ABR_SINK_PROP_START_NUMBER,
  VS_ABR_SINK_PROP_MAX_SIZE_BYTES,
  VS_ABR_SINK_PROP_DISCONTINUITY_MODE,
  VS_ABR_SINK_PROP_AD_MARKERS,
  VS_ABR_SINK_PROP_STATS,
  VS_ABR_SINK_N_PROPS /* those of vs-s3-props come behind these */
} VsAbrSinkProp;

typedef struct {
  gchar *location;
  VsContainer format;
  VsPresentationType type;
  gboolean hls, dash;
  gchar *multivariant_name, *mpd_name;
  guint64 segment_duration, window, keep; /* ns */
  guint64 start_number;
  guint64 max_size_bytes;
  VsS3Config *s3; /* of a store whose location is s3:// */
  VsDiscontinuityMode discontinuity;
  VsAdMarkers ad_markers;
} VsAbrSinkSettings;

void vs_abr_sink_settings_install (GObjectClass *klass);
void vs_abr_sink_settings_init (VsAbrSinkSettings *self);
void vs_abr_sink_settings_clear (VsAbrSinkSettings *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VsAbrSinkSettings, vs_abr_sink_settings_clear)
void vs_abr_sink_settings_copy (
    const VsAbrSinkSettings *self, VsAbrSinkSettings *copy);

/* FALSE: @id is no setting. */
gboolean vs_abr_sink_settings_set (
    VsAbrSinkSettings *self, guint id, const GValue *value);
gboolean vs_abr_sink_settings_get (
    const VsAbrSinkSettings *self, guint id, GValue *value);

/* @config borrows the strings of @self. */
void vs_abr_sink_settings_to_config (
    const VsAbrSinkSettings *self, VsPublisherConfig *config);

/* The value of the property stats. */
GstStructure *vs_abr_sink_describe_stats (const VsPublisherStats *stats);

G_END_DECLS
