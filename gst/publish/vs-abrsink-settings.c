/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/vs-abrsink-settings.h"

#define DEFAULT_MULTIVARIANT_NAME "multivariant.m3u8"
#define DEFAULT_MPD_NAME "manifest.mpd"
#define DEFAULT_SEGMENT_DURATION (4 * GST_SECOND)
#define DEFAULT_WINDOW (120 * GST_SECOND)
#define DEFAULT_KEEP (60 * GST_SECOND)
#define MIN_MAX_SIZE_BYTES (1024 * 1024)
#define MAX_MAX_SIZE_BYTES G_MAXINT32
#define FLAGS                                                                  \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

static GParamSpec *properties[VS_ABR_SINK_N_PROPS];

static GType
format_type (void)
{
  static const GEnumValue values[] = {
    { VS_CONTAINER_CMAF, "CMAF segments for HLS and DASH", "cmaf" },
    { VS_CONTAINER_TS, "MPEG-TS segments, HLS alone", "ts" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstAbrSinkFormat", values));
  return type;
}

static GType
presentation_type (void)
{
  static const GEnumValue values[] = {
    { VS_PRESENTATION_VOD, "All is listed, and ends", "vod" },
    { VS_PRESENTATION_EVENT, "All is listed while it grows", "event" },
    { VS_PRESENTATION_LIVE, "A sliding window is listed", "live" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstAbrSinkType", values));
  return type;
}

static GType
discontinuity_type (void)
{
  static const GEnumValue values[] = {
    { VS_DISCONTINUITY_NONE, "One timeline without a break", "none" },
    { VS_DISCONTINUITY_CUT, "At interrupts and where they return", "cut" },
    { VS_DISCONTINUITY_ITEM, "At each join of two items", "item" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstAbrSinkDiscontinuityMode", values));
  return type;
}

static GType
ad_markers_type (void)
{
  static const GFlagsValue values[] = {
    { VS_AD_MARKERS_DATERANGE, "HLS: EXT-X-DATERANGE", "daterange" },
    { VS_AD_MARKERS_CUE, "HLS: EXT-X-CUE-OUT and EXT-X-CUE-IN", "cue" },
    { VS_AD_MARKERS_EVENTS, "DASH: an EventStream", "events" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_flags_register_static ("GstAbrSinkAdMarkers", values));
  return type;
}

static void
install_names (void)
{
  /**
   * GstAbrSink:location:
   *
   * Where the presentation goes: a folder, as a path or a file: URI, created
   * where it is not there; or s3://BUCKET/PREFIX, whose parameters (after a
   * `?`) go before `endpoint` and its like. One writer at a time.
   */
  properties[VS_ABR_SINK_PROP_LOCATION] =
      g_param_spec_string ("location", "Location",
          "Folder (path or file: URI) or s3://BUCKET/PREFIX", NULL, FLAGS);
  /**
   * GstAbrSink:multivariant-name:
   *
   * Name of the HLS multivariant playlist (RFC 8216bis section 4.4.6), in
   * `location`.
   */
  properties[VS_ABR_SINK_PROP_MULTIVARIANT_NAME] =
      g_param_spec_string ("multivariant-name", "Multivariant playlist name",
          "Name of the HLS multivariant playlist", DEFAULT_MULTIVARIANT_NAME,
          FLAGS);
  /**
   * GstAbrSink:mpd-name:
   *
   * Name of the DASH manifest (ISO/IEC 23009-1), in `location`.
   */
  properties[VS_ABR_SINK_PROP_MPD_NAME] = g_param_spec_string ("mpd-name",
      "MPD name", "Name of the DASH manifest", DEFAULT_MPD_NAME, FLAGS);
}

static void
install_kinds (void)
{
  /**
   * GstAbrSink:format:
   *
   * The container of the segments. CMAF serves HLS and DASH alike, audio in
   * renditions of its own; MPEG-TS serves HLS alone, audio in every variant.
   */
  properties[VS_ABR_SINK_PROP_FORMAT] = g_param_spec_enum ("format", "Format",
      "Container of the segments", format_type (), VS_CONTAINER_CMAF, FLAGS);
  /**
   * GstAbrSink:type:
   *
   * vod: ends with ENDLIST and a static MPD. event: the same, dated, and goes
   * on after a restart. live: a sliding window of `window`.
   */
  properties[VS_ABR_SINK_PROP_TYPE] = g_param_spec_enum ("type", "Type",
      "Kind of presentation", presentation_type (), VS_PRESENTATION_VOD, FLAGS);
  properties[VS_ABR_SINK_PROP_HLS] =
      g_param_spec_boolean ("hls", "HLS", "Write HLS playlists", TRUE, FLAGS);
  properties[VS_ABR_SINK_PROP_DASH] = g_param_spec_boolean (
      "dash", "DASH", "Write a DASH manifest (CMAF only)", TRUE, FLAGS);
}

static void
install_bounds (void)
{
  /**
   * GstAbrSink:max-size-bytes:
   *
   * Segments that are not stored yet take so much memory at most. Then the
   * pipeline waits, or, where `type` is live or event and the input is live,
   * whole segments are dropped until half of it is free. Should hold several
   * segments of all streams.
   */
  properties[VS_ABR_SINK_PROP_MAX_SIZE_BYTES] =
      g_param_spec_uint64 ("max-size-bytes", "Max size",
          "Most that may wait for the store (bytes)", MIN_MAX_SIZE_BYTES,
          MAX_MAX_SIZE_BYTES, VS_PUBLISHER_MAX_IN_FLIGHT, FLAGS);
}

static void
install_times (void)
{
  /**
   * GstAbrSink:segment-duration:
   *
   * A segment ends at the first key frame at or after this; choose a multiple
   * of the GOP duration. EXT-X-TARGETDURATION follows from it.
   */
  properties[VS_ABR_SINK_PROP_SEGMENT_DURATION] = g_param_spec_uint64 (
      "segment-duration", "Segment duration", "Duration of a segment (ns)",
      GST_SECOND / 4, 60 * GST_SECOND, DEFAULT_SEGMENT_DURATION, FLAGS);
  /**
   * GstAbrSink:window:
   *
   * How much media a live presentation lists: what a player can seek back.
   */
  properties[VS_ABR_SINK_PROP_WINDOW] = g_param_spec_uint64 ("window", "Window",
      "Media that a live presentation lists (ns)", 0, G_MAXINT64,
      DEFAULT_WINDOW, FLAGS);
  /**
   * GstAbrSink:keep:
   *
   * How long an object stays after it has left the window; never less than
   * RFC 8216bis section 6.2.2 asks.
   */
  properties[VS_ABR_SINK_PROP_KEEP] = g_param_spec_uint64 ("keep", "Keep",
      "How long an object outlives its place in the window (ns)", 0, G_MAXINT64,
      DEFAULT_KEEP, FLAGS);
  /**
   * GstAbrSink:start-number:
   *
   * The first media sequence number, where no earlier run left one to go on
   * from.
   */
  properties[VS_ABR_SINK_PROP_START_NUMBER] =
      g_param_spec_uint64 ("start-number", "Start number",
          "First media sequence number of a new presentation", 0, G_MAXINT64, 0,
          FLAGS);
}

static void
install_cuts (void)
{
  /**
   * GstAbrSink:discontinuity-mode:
   *
   * Which cuts of the programme, as playbackqueuesrc tells of them, are an
   * EXT-X-DISCONTINUITY and a DASH Period. A segment begins there. The timeline
   * goes on without a break in any case. CMAF alone.
   */
  properties[VS_ABR_SINK_PROP_DISCONTINUITY_MODE] =
      g_param_spec_enum ("discontinuity-mode", "Discontinuity mode",
          "Which cuts of the programme are a discontinuity and a Period",
          discontinuity_type (), VS_DISCONTINUITY_NONE, FLAGS);
  /**
   * GstAbrSink:ad-markers:
   *
   * How the manifests tell of items of playbackqueuesrc that are
   * advertisements. A segment begins where one begins and ends. CMAF alone.
   */
  properties[VS_ABR_SINK_PROP_AD_MARKERS] = g_param_spec_flags ("ad-markers",
      "Ad markers", "How manifests tell of advertisements", ad_markers_type (),
      VS_AD_MARKERS_DEFAULT, FLAGS);
}

void
vs_abr_sink_settings_install (GObjectClass *klass)
{
  install_names ();
  install_kinds ();
  install_times ();
  install_bounds ();
  install_cuts ();
  /**
   * GstAbrSink:stats:
   *
   * Objects and bytes stored, gaps, those of them that a slow store dropped,
   * manifests written, objects removed, bytes
   * on their way to the store, now and at most.
   */
  properties[VS_ABR_SINK_PROP_STATS] = g_param_spec_boxed ("stats",
      "Statistics", "What has been published so far", GST_TYPE_STRUCTURE,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (klass, VS_ABR_SINK_N_PROPS, properties);
  vs_s3_props_install (klass, VS_ABR_SINK_N_PROPS, GST_PARAM_MUTABLE_READY);
  gst_type_mark_as_plugin_api (format_type (), 0);
  gst_type_mark_as_plugin_api (presentation_type (), 0);
  gst_type_mark_as_plugin_api (discontinuity_type (), 0);
  gst_type_mark_as_plugin_api (ad_markers_type (), 0);
}

void
vs_abr_sink_settings_init (VsAbrSinkSettings *self)
{
  self->format = VS_CONTAINER_CMAF;
  self->type = VS_PRESENTATION_VOD;
  self->hls = self->dash = TRUE;
  self->multivariant_name = g_strdup (DEFAULT_MULTIVARIANT_NAME);
  self->mpd_name = g_strdup (DEFAULT_MPD_NAME);
  self->segment_duration = DEFAULT_SEGMENT_DURATION;
  self->window = DEFAULT_WINDOW;
  self->keep = DEFAULT_KEEP;
  self->max_size_bytes = VS_PUBLISHER_MAX_IN_FLIGHT;
  self->s3 = vs_s3_config_new ();
  vs_s3_props_init (self->s3);
  self->ad_markers = VS_AD_MARKERS_DEFAULT;
}

void
vs_abr_sink_settings_clear (VsAbrSinkSettings *self)
{
  g_clear_pointer (&self->location, g_free);
  g_clear_pointer (&self->multivariant_name, g_free);
  g_clear_pointer (&self->mpd_name, g_free);
  g_clear_pointer (&self->s3, vs_s3_config_free);
}

void
vs_abr_sink_settings_copy (
    const VsAbrSinkSettings *self, VsAbrSinkSettings *copy)
{
  *copy = *self;
  copy->location = g_strdup (self->location);
  copy->multivariant_name = g_strdup (self->multivariant_name);
  copy->mpd_name = g_strdup (self->mpd_name);
  copy->s3 = vs_s3_config_copy (self->s3);
}

static void
set_string (gchar **place, const GValue *value)
{
  g_free (*place);
  *place = g_value_dup_string (value);
}

gboolean
vs_abr_sink_settings_set (
    VsAbrSinkSettings *self, guint id, const GValue *value)
{
  switch ((VsAbrSinkProp) id) {
    case VS_ABR_SINK_PROP_LOCATION:
      set_string (&self->location, value);
      return TRUE;
    case VS_ABR_SINK_PROP_FORMAT:
      self->format = g_value_get_enum (value);
      return TRUE;
    case VS_ABR_SINK_PROP_TYPE:
      self->type = g_value_get_enum (value);
      return TRUE;
    case VS_ABR_SINK_PROP_HLS:
      self->hls = g_value_get_boolean (value);
      return TRUE;
    case VS_ABR_SINK_PROP_DASH:
      self->dash = g_value_get_boolean (value);
      return TRUE;
    case VS_ABR_SINK_PROP_MULTIVARIANT_NAME:
      set_string (&self->multivariant_name, value);
      return TRUE;
    case VS_ABR_SINK_PROP_MPD_NAME:
      set_string (&self->mpd_name, value);
      return TRUE;
    case VS_ABR_SINK_PROP_SEGMENT_DURATION:
      self->segment_duration = g_value_get_uint64 (value);
      return TRUE;
    case VS_ABR_SINK_PROP_WINDOW:
      self->window = g_value_get_uint64 (value);
      return TRUE;
    case VS_ABR_SINK_PROP_KEEP:
      self->keep = g_value_get_uint64 (value);
      return TRUE;
    case VS_ABR_SINK_PROP_START_NUMBER:
      self->start_number = g_value_get_uint64 (value);
      return TRUE;
    case VS_ABR_SINK_PROP_MAX_SIZE_BYTES:
      self->max_size_bytes = g_value_get_uint64 (value);
      return TRUE;
    case VS_ABR_SINK_PROP_DISCONTINUITY_MODE:
      self->discontinuity = g_value_get_enum (value);
      return TRUE;
    case VS_ABR_SINK_PROP_AD_MARKERS:
      self->ad_markers = g_value_get_flags (value);
      return TRUE;
    case VS_ABR_SINK_PROP_0:
    case VS_ABR_SINK_PROP_STATS:
      return FALSE;
    case VS_ABR_SINK_N_PROPS:
    default:
      return id >= VS_ABR_SINK_N_PROPS &&
             vs_s3_props_set (self->s3, id - VS_ABR_SINK_N_PROPS, value);
  }
}

gboolean
vs_abr_sink_settings_get (
    const VsAbrSinkSettings *self, guint id, GValue *value)
{
  switch ((VsAbrSinkProp) id) {
    case VS_ABR_SINK_PROP_LOCATION:
      g_value_set_string (value, self->location);
      return TRUE;
    case VS_ABR_SINK_PROP_FORMAT:
      g_value_set_enum (value, self->format);
      return TRUE;
    case VS_ABR_SINK_PROP_TYPE:
      g_value_set_enum (value, self->type);
      return TRUE;
    case VS_ABR_SINK_PROP_HLS:
      g_value_set_boolean (value, self->hls);
      return TRUE;
    case VS_ABR_SINK_PROP_DASH:
      g_value_set_boolean (value, self->dash);
      return TRUE;
    case VS_ABR_SINK_PROP_MULTIVARIANT_NAME:
      g_value_set_string (value, self->multivariant_name);
      return TRUE;
    case VS_ABR_SINK_PROP_MPD_NAME:
      g_value_set_string (value, self->mpd_name);
      return TRUE;
    case VS_ABR_SINK_PROP_SEGMENT_DURATION:
      g_value_set_uint64 (value, self->segment_duration);
      return TRUE;
    case VS_ABR_SINK_PROP_WINDOW:
      g_value_set_uint64 (value, self->window);
      return TRUE;
    case VS_ABR_SINK_PROP_KEEP:
      g_value_set_uint64 (value, self->keep);
      return TRUE;
    case VS_ABR_SINK_PROP_START_NUMBER:
      g_value_set_uint64 (value, self->start_number);
      return TRUE;
    case VS_ABR_SINK_PROP_MAX_SIZE_BYTES:
      g_value_set_uint64 (value, self->max_size_bytes);
      return TRUE;
    case VS_ABR_SINK_PROP_DISCONTINUITY_MODE:
      g_value_set_enum (value, self->discontinuity);
      return TRUE;
    case VS_ABR_SINK_PROP_AD_MARKERS:
      g_value_set_flags (value, self->ad_markers);
      return TRUE;
    case VS_ABR_SINK_PROP_0:
    case VS_ABR_SINK_PROP_STATS:
      return FALSE;
    case VS_ABR_SINK_N_PROPS:
    default:
      return id >= VS_ABR_SINK_N_PROPS &&
             vs_s3_props_get (self->s3, id - VS_ABR_SINK_N_PROPS, value);
  }
}

void
vs_abr_sink_settings_to_config (
    const VsAbrSinkSettings *self, VsPublisherConfig *config)
{
  *config = (VsPublisherConfig){
    .type = self->type,
    .container = self->format,
    .segment_ms = (guint) (self->segment_duration / GST_MSECOND),
    .window_us = (gint64) (self->window / GST_USECOND),
    .keep_us = (gint64) (self->keep / GST_USECOND),
    .hls = self->hls,
    .dash = self->dash && self->format == VS_CONTAINER_CMAF,
    .hls_name = self->multivariant_name,
    .dash_name = self->mpd_name,
    .start_number = self->start_number,
    .max_in_flight = (gsize) self->max_size_bytes,
    .discontinuity = self->discontinuity,
    .ad_markers = self->ad_markers,
  };
}

GstStructure *
vs_abr_sink_describe_stats (const VsPublisherStats *stats)
{
  guint64 requests, retries;

  vs_s3_get_totals (&requests, &retries);
  return gst_structure_new ("abrsink-stats", "objects", G_TYPE_UINT64,
      stats->objects, "bytes", G_TYPE_UINT64, stats->bytes, "gaps",
      G_TYPE_UINT64, stats->gaps, "dropped", G_TYPE_UINT64, stats->dropped,
      "manifests", G_TYPE_UINT64, stats->manifests, "removed", G_TYPE_UINT64,
      stats->removed, "bytes-in-flight", G_TYPE_UINT64, stats->in_flight,
      "max-bytes-in-flight", G_TYPE_UINT64, stats->max_in_flight, "s3-requests",
      G_TYPE_UINT64, requests, "s3-retries", G_TYPE_UINT64, retries, NULL);
}
