/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-status.h"

#include "app/vs-location.h"

#define NS_PER_US 1000

/* Speed is noise before this much wall clock has passed. */
#define MIN_ELAPSED_US 500000

static void
track_free (gpointer data)
{
  VsStatusTrack *track = data;

  g_free (track->name);
  g_free (track);
}

VsStatus *
vs_status_new (const VsPreset *preset)
{
  VsStatus *self = g_new0 (VsStatus, 1);

  self->preset = preset;
  self->state = "starting";
  self->live = preset->type != VS_PRESET_VOD;
  self->tracks = g_ptr_array_new_with_free_func (track_free);
  self->manifests = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
vs_status_free (VsStatus *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->tracks);
  g_ptr_array_unref (self->manifests);
  g_free (self->poster);
  g_free (self->message);
  g_free (self);
}

static VsStatusTrack *
ensure_track (VsStatus *self, const gchar *name)
{
  VsStatusTrack *track;

  for (guint i = 0; i < self->tracks->len; i++) {
    track = self->tracks->pdata[i];
    if (g_strcmp0 (track->name, name) == 0)
      return track;
  }
  track = g_new0 (VsStatusTrack, 1);
  track->name = g_strdup (name);
  g_ptr_array_add (self->tracks, track);
  return track;
}

/* An object's track, or else its folder. */
static gchar *
dup_track_name (JsonObject *event)
{
  const gchar *key =
      json_object_get_string_member_with_default (event, "key", "");
  JsonNode *node = json_object_get_member (event, "track");

  if (node && json_node_get_value_type (node) == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  return g_path_get_dirname (key);
}

static void
apply_object (VsStatus *self, JsonObject *event)
{
  g_autofree gchar *name = dup_track_name (event);
  VsStatusTrack *track = ensure_track (self, name);
  gint64 size = json_object_get_int_member_with_default (event, "size", 0);

  track->objects++;
  track->bytes += (guint64) MAX (size, 0);
  self->objects++;
  self->bytes += (guint64) MAX (size, 0);
}

static void
apply_manifest (VsStatus *self, JsonObject *event)
{
  const gchar *key =
      json_object_get_string_member_with_default (event, "key", NULL);

  for (guint i = 0; i < self->manifests->len; i++)
    if (g_strcmp0 (self->manifests->pdata[i], key) == 0)
      return;
  if (key)
    g_ptr_array_add (self->manifests, g_strdup (key));
}

static void
apply_progress (VsStatus *self, JsonObject *event)
{
  gint64 position =
      json_object_get_int_member_with_default (event, "position", -1);
  gint64 duration =
      json_object_get_int_member_with_default (event, "duration", -1);

  if (position >= 0)
    self->position_us = MAX (self->position_us, position / NS_PER_US);
  if (duration > 0 && !self->live)
    self->duration_us = duration / NS_PER_US;
}

static void
apply_message (VsStatus *self, JsonObject *event)
{
  g_free (self->message);
  self->message = g_strdup (
      json_object_get_string_member_with_default (event, "message", NULL));
}

void
vs_status_apply (VsStatus *self, JsonObject *event, gint64 now_us)
{
  const gchar *name =
      json_object_get_string_member_with_default (event, "event", "");

  if (g_str_equal (name, "running")) {
    self->state = "running";
    self->started_us = now_us;
  } else if (g_str_equal (name, "finishing")) {
    self->state = "finishing";
  } else if (g_str_equal (name, "progress")) {
    apply_progress (self, event);
  } else if (g_str_equal (name, "vstream-object")) {
    apply_object (self, event);
  } else if (g_str_equal (name, "vstream-manifest")) {
    apply_manifest (self, event);
  } else if (g_str_equal (name, "poster")) {
    g_free (self->poster);
    self->poster = g_strdup (
        json_object_get_string_member_with_default (event, "key", NULL));
  } else if (g_str_equal (name, "warning")) {
    apply_message (self, event);
  } else if (g_str_equal (name, "error")) {
    self->state = "failed";
    apply_message (self, event);
  } else if (g_str_equal (name, "finished")) {
    apply_progress (self, event);
    self->state =
        json_object_get_boolean_member_with_default (event, "whole", FALSE)
            ? "finished"
            : "interrupted";
  }
}

gdouble
vs_status_get_speed (const VsStatus *self, gint64 now_us)
{
  gint64 elapsed = now_us - self->started_us;

  if (self->started_us == 0 || elapsed < MIN_ELAPSED_US)
    return 0.0;
  return (gdouble) self->position_us / (gdouble) elapsed;
}

static JsonArray *
build_tracks (const VsStatus *self)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->tracks->len; i++) {
    const VsStatusTrack *track = self->tracks->pdata[i];
    JsonObject *object = json_object_new ();

    json_object_set_string_member (object, "name", track->name);
    json_object_set_int_member (object, "objects", (gint64) track->objects);
    json_object_set_int_member (object, "bytes", (gint64) track->bytes);
    json_array_add_object_element (array, object);
  }
  return array;
}

static JsonArray *
build_manifests (const VsStatus *self)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->manifests->len; i++)
    json_array_add_string_element (array, self->manifests->pdata[i]);
  return array;
}

static void
set_manifest (
    JsonObject *object, const gchar *name, gboolean written, const gchar *key)
{
  if (!written)
    json_object_set_null_member (object, name);
  else if (key)
    json_object_set_string_member (object, name, key);
}

static void
set_job (const VsStatus *self, JsonObject *object)
{
  static const gchar *const types[] = { "vod", "event", "live" };
  const VsPreset *preset = self->preset;

  json_object_set_string_member (object, "type", types[preset->presentation]);
  if (preset->input_uri) {
    g_autofree gchar *input = vs_location_display (preset->input_uri);

    json_object_set_string_member (object, "input", input);
  }
  if (preset->output_location)
    json_object_set_string_member (object, "output", preset->output_location);
  set_manifest (object, "hls", preset->hls, preset->hls_name);
  set_manifest (object, "dash",
      preset->dash && preset->container == VS_CONTAINER_CMAF,
      preset->dash_name);
}

static gdouble
to_seconds (gint64 us)
{
  return (gdouble) us / G_USEC_PER_SEC;
}

static void
set_progress (const VsStatus *self, JsonObject *object, gint64 now_us)
{
  gdouble speed = vs_status_get_speed (self, now_us);
  gint64 left = MAX (self->duration_us - self->position_us, 0);

  json_object_set_double_member (
      object, "position", to_seconds (self->position_us));
  if (speed > 0.0)
    json_object_set_double_member (object, "speed", speed);
  if (self->duration_us <= 0)
    return;
  json_object_set_double_member (
      object, "duration", to_seconds (self->duration_us));
  json_object_set_double_member (object, "progress",
      MIN ((gdouble) self->position_us / (gdouble) self->duration_us, 1.0));
  if (speed > 0.0)
    json_object_set_double_member (object, "eta", to_seconds (left) / speed);
}

gchar *
vs_status_to_json (const VsStatus *self, gint64 now_us)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "state", self->state);
  set_job (self, object);
  set_progress (self, object, now_us);
  json_object_set_int_member (object, "objects", (gint64) self->objects);
  json_object_set_int_member (object, "bytes", (gint64) self->bytes);
  json_object_set_array_member (object, "tracks", build_tracks (self));
  json_object_set_array_member (object, "manifests", build_manifests (self));
  if (self->poster)
    json_object_set_string_member (object, "poster", self->poster);
  if (self->message)
    json_object_set_string_member (object, "message", self->message);
  json_node_take_object (root, object);
  return json_to_string (root, FALSE);
}
