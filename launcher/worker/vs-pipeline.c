/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-pipeline.h"

#include "app/vs-location.h"
#include "core/vs-error.h"
#include "worker/vs-control.h"
#include "worker/vs-damage.h"
#include "worker/vs-fault.h"
#include "worker/vs-meter.h"
#include "worker/vs-override.h"
#include "worker/vs-plan-job.h"
#include "worker/vs-poster.h"
#include "worker/vs-stall.h"

#include <gst/pbutils/missing-plugins.h>
#include <unistd.h>

/* A pipeline that was sent EOS has this long to write its last segments. */
#define DRAIN_S 20

/* decodebin can lock up where a stream ends while it is torn down. Of a job
 * that has failed nothing is left to save by waiting longer. */
#define TEAR_DOWN_S 5

/* Of one that has ended all is written but the last of its sinks' buffers; of
 * one that was stopped nothing counts any more. */
#define FINISH_S 60

/* A job that ends by itself is given up after so many times the input's
 * timeout in which nothing moved. */
#define STALL_FACTOR 30
#define DEFAULT_TIMEOUT_US (10 * G_USEC_PER_SEC)

/* Damaged input can warn at every frame. */
#define MAX_WARNINGS 20

/* Media that ends this much before its own word is worth a warning. */
#define SHORT_BY (500 * GST_MSECOND)

struct _VsPipeline {
  const VsPreset *preset;
  VsReport *report;
  VsPipelineDone done; /* NULL: has been called */
  gpointer user_data;
  gchar *input; /* for people */
  VsPlan *plan;
  VsOverride *override;
  GPtrArray *missing; /* gchar */
  GstElement *pipeline;
  VsMeter *meter;   /* NULL: no publisher of ours */
  VsPoster *poster; /* NULL: none is asked for */
  VsControl *control;
  guint watch_id, tick_id, drain_id;
  gboolean publishes; /* abrsink tells of its objects */
  gboolean playing;   /* has been; before that an EOS event would lock up */
  gboolean stopping;
  gint64 longest; /* duration as the input says, ns; 0: not known */
  guint64 n_objects;
  guint n_warnings;
  VsStall stall;
};

VsPipeline *
vs_pipeline_new (const VsPreset *preset, VsReport *report, VsPipelineDone done,
    gpointer user_data)
{
  VsPipeline *self = g_new0 (VsPipeline, 1);

  self->preset = preset;
  self->report = report;
  self->done = done;
  self->user_data = user_data;
  self->input =
      preset->input_uri ? vs_location_display (preset->input_uri) : NULL;
  self->override = vs_override_new (preset->properties);
  self->missing = g_ptr_array_new_with_free_func (g_free);
  return self;
}

static void
tear_down (VsPipeline *self)
{
  g_clear_handle_id (&self->tick_id, g_source_remove);
  g_clear_handle_id (&self->drain_id, g_source_remove);
  g_clear_handle_id (&self->watch_id, g_source_remove);
  if (self->pipeline)
    (void) gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_pointer (&self->meter, vs_meter_free);
  g_clear_pointer (&self->control, vs_control_free);
  g_clear_pointer (&self->poster, vs_poster_free);
  gst_clear_object (&self->pipeline);
}

void
vs_pipeline_free (VsPipeline *self)
{
  if (!self)
    return;
  self->done = NULL;
  tear_down (self);
  g_clear_pointer (&self->plan, vs_plan_free);
  vs_override_free (self->override);
  g_ptr_array_unref (self->missing);
  g_free (self->input);
  g_free (self);
}

static void
call_done (VsPipeline *self, gboolean ok)
{
  VsPipelineDone done = self->done;

  self->done = NULL;
  if (done)
    done (ok, self->user_data);
}

static VsFaultContext
get_context (const VsPipeline *self)
{
  return (VsFaultContext){
    .input = self->input,
    .output = self->preset->output_location,
    .missing = self->missing,
  };
}

static void
fail (VsPipeline *self, const GError *error, const gchar *detail)
{
  vs_report_error (self->report, error, detail, self->n_objects > 0);
  (void) alarm (TEAR_DOWN_S); /* its signal ends this process */
  tear_down (self);
  (void) alarm (0);
  call_done (self, FALSE);
}

static gint64
query_position (VsPipeline *self)
{
  gint64 position = -1;

  if (self->meter)
    return (gint64) vs_meter_get_position (self->meter); /* none is −1 */
  (void) gst_element_query_position (
      self->pipeline, GST_FORMAT_TIME, &position);
  return position;
}

static gint64
query_duration (VsPipeline *self)
{
  gint64 duration = -1;

  if (self->plan->duration_us > 0)
    return self->plan->duration_us * GST_USECOND;
  (void) gst_element_query_duration (
      self->pipeline, GST_FORMAT_TIME, &duration);
  if (self->preset->type == VS_PRESET_VOD)
    self->longest = MAX (self->longest, duration);
  return duration;
}

static JsonObject *
query_progress (VsPipeline *self)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "position", query_position (self));
  json_object_set_int_member (object, "duration", query_duration (self));
  return object;
}

/* What was written out may wait for a sender as long as it likes. */
static guint
get_patience_s (const VsPipeline *self)
{
  gint64 timeout_us = self->preset->input_timeout_us > 0
                          ? self->preset->input_timeout_us
                          : DEFAULT_TIMEOUT_US;

  if (self->preset->type != VS_PRESET_VOD || !self->publishes)
    return G_MAXUINT;
  return (guint) (timeout_us * STALL_FACTOR / G_USEC_PER_SEC);
}

static gboolean
on_tick (gpointer user_data)
{
  VsPipeline *self = user_data;
  VsFaultContext context = get_context (self);
  guint patience = get_patience_s (self);
  VsStallVerdict verdict;
  g_autoptr (GError) error = NULL;

  vs_report_send (self->report, "progress", query_progress (self));
  vs_control_tell (self->control);
  verdict = vs_stall_look (&self->stall, query_position (self), self->n_objects,
      vs_stall_get_cpu (), patience);
  if (verdict == VS_STALL_MOVES)
    return G_SOURCE_CONTINUE;
  self->tick_id = 0;
  error = verdict == VS_STALL_BUSY ? vs_fault_busy (&context, self->stall.busy)
                                   : vs_fault_stalled (&context, patience);
  fail (self, error, NULL);
  return G_SOURCE_REMOVE;
}

static void
report_unused (VsPipeline *self)
{
  g_autoptr (GPtrArray) unused = vs_override_list_unused (self->override);

  for (guint i = 0; i < unused->len; i++)
    vs_report_say (self->report, "warning", unused->pdata[i]);
}

static void
warn (VsPipeline *self, const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  vs_report_say (self->report, "warning", text);
}

/* What came out is less than what should have: said, and no failure. */
static void
report_damage (VsPipeline *self)
{
  guint n_errors = 0;
  g_autofree gchar *first = vs_damage_dup_first (&n_errors);
  gint64 position = query_position (self);

  (void) query_duration (self); /* short jobs end before the first tick */
  if (first)
    warn (self,
        "“%s” is damaged in places: %u errors in decoding were passed over, "
        "the first was “%s”.",
        self->input ? self->input : "the input", n_errors, first);
  if (self->meter && position >= 0 &&
      position + position / 100 + SHORT_BY < self->longest)
    warn (self,
        "“%s” says that it lasts %.1f s, and %.1f s came out of it: it is "
        "damaged or cut short, or a stream that was not taken is longer.",
        self->input ? self->input : "the input",
        (gdouble) self->longest / GST_SECOND, (gdouble) position / GST_SECOND);
}

/* After all else is whole: what has no poster is no worse a film. */
static void
make_poster (VsPipeline *self)
{
  g_autoptr (GBytes) picture =
      self->poster ? vs_poster_make (self->poster) : NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *object;

  if (!picture)
    return;
  if (!vs_poster_store (picture, self->preset->output_location, &error)) {
    warn (self, "There is no poster: %s", error->message);
    return;
  }
  object = json_object_new ();
  json_object_set_string_member (object, "key", VS_POSTER_KEY);
  vs_report_send (self->report, "poster", object);
}

/* @whole: all that was asked for has been published and closed. */
static void
finish (VsPipeline *self, gboolean whole)
{
  JsonObject *object = query_progress (self);

  json_object_set_boolean_member (object, "whole", whole);
  vs_report_say (self->report, "finishing", "");
  (void) alarm (FINISH_S);
  tear_down (self);
  (void) alarm (0);
  report_unused (self);
  vs_report_send (self->report, "finished", object);
  call_done (self, TRUE);
}

static void
handle_eos (VsPipeline *self)
{
  VsFaultContext context = get_context (self);
  g_autoptr (GError) error = NULL;

  if (self->publishes && self->n_objects == 0 && !self->stopping) {
    error = vs_fault_nothing (&context);
    fail (self, error, NULL);
    return;
  }
  if (!self->stopping)
    report_damage (self);
  make_poster (self);
  finish (self, TRUE);
}

static void
handle_error (VsPipeline *self, GstMessage *message)
{
  VsFaultContext context = get_context (self);
  g_autofree gchar *detail = NULL;
  g_autoptr (GError) error = vs_fault_from_message (message, &context, &detail);

  fail (self, error, detail);
}

static void
handle_warning (VsPipeline *self, GstMessage *message)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_warning (message, &error, NULL);
  self->n_warnings++;
  if (self->n_warnings < MAX_WARNINGS)
    vs_report_say (self->report, "warning", error->message);
  else if (self->n_warnings == MAX_WARNINGS)
    vs_report_say (
        self->report, "warning", "More warnings follow and are not shown.");
}

static void
handle_missing (VsPipeline *self, GstMessage *message)
{
  gchar *text = gst_missing_plugin_message_get_description (message);
  g_autofree gchar *sentence =
      g_strdup_printf ("A part of “%s” cannot be decoded, since this is not "
                       "installed: %s.",
          self->input ? self->input : "the input", text);

  g_ptr_array_add (self->missing, text);
  vs_report_say (self->report, "warning", sentence);
}

static void
handle_element (VsPipeline *self, GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  const gchar *name = structure ? gst_structure_get_name (structure) : "";

  if (gst_is_missing_plugin_message (message)) {
    handle_missing (self, message);
    return;
  }
  if (!g_str_has_prefix (name, "vstream-"))
    return;
  if (g_str_equal (name, "vstream-object"))
    self->n_objects++;
  vs_report_structure (self->report, structure);
  vs_control_note (self->control, structure);
}

/* May wait for streaming threads: not in the main thread. */
static void
send_eos (GstElement *pipeline, gpointer user_data)
{
  (void) gst_element_send_event (pipeline, gst_event_new_eos ());
}

static void
handle_state (VsPipeline *self, GstMessage *message)
{
  GstState state;

  if (GST_MESSAGE_SRC (message) != GST_OBJECT (self->pipeline))
    return;
  gst_message_parse_state_changed (message, NULL, &state, NULL);
  if (state != GST_STATE_PLAYING || self->playing)
    return;
  self->playing = TRUE;
  if (self->stopping)
    gst_element_call_async (self->pipeline, send_eos, NULL, NULL);
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  VsPipeline *self = user_data;
  GstMessageType type = GST_MESSAGE_TYPE (message);

  if (type == GST_MESSAGE_EOS)
    handle_eos (self);
  else if (type == GST_MESSAGE_ERROR)
    handle_error (self, message);
  else if (type == GST_MESSAGE_WARNING)
    handle_warning (self, message);
  else if (type == GST_MESSAGE_ELEMENT)
    handle_element (self, message);
  else if (type == GST_MESSAGE_STATE_CHANGED)
    handle_state (self, message);
  else if (type == GST_MESSAGE_LATENCY)
    (void) gst_bin_recalculate_latency (GST_BIN (self->pipeline));
  return self->pipeline != NULL;
}

static void
attach_meter (VsPipeline *self)
{
  g_autoptr (GstElement) publisher =
      gst_bin_get_by_name (GST_BIN (self->pipeline), VS_PLAN_PUBLISHER);

  if (!publisher || !self->publishes)
    return;
  self->meter = vs_meter_new (publisher);
  if (self->preset->poster && self->preset->output_location)
    self->poster = vs_poster_new (publisher);
}

void
vs_pipeline_describe (VsPipeline *self, JsonObject *object)
{
  static const gchar *const names[] = { "gaps", "dropped", "bytes-in-flight",
    "s3-requests", "s3-retries" };
  g_autoptr (GstElement) publisher = NULL;
  g_autoptr (GstStructure) stats = NULL;

  if (!self->pipeline || !self->publishes)
    return;
  publisher = gst_bin_get_by_name (GST_BIN (self->pipeline), VS_PLAN_PUBLISHER);
  if (publisher &&
      g_object_class_find_property (G_OBJECT_GET_CLASS (publisher), "stats"))
    g_object_get (publisher, "stats", &stats, NULL);
  for (guint i = 0; stats && i < G_N_ELEMENTS (names); i++) {
    guint64 value = 0;

    if (gst_structure_get_uint64 (stats, names[i], &value))
      json_object_set_int_member (object, names[i], (gint64) value);
  }
}

static gboolean
build (VsPipeline *self, GError **error)
{
  self->plan = vs_plan_for_preset (self->preset, error);
  if (!self->plan || !vs_plan_check (self->plan, self->preset, error) ||
      !vs_override_check (self->override, error))
    return FALSE;
  self->pipeline = vs_plan_build (self->plan, error);
  self->publishes = !self->preset->launch;
  return self->pipeline != NULL &&
         vs_plan_set_ends (self->pipeline, self->preset, error) &&
         vs_override_attach (self->override, self->pipeline, error);
}

gboolean
vs_pipeline_check (VsPipeline *self, const gchar *plugin_folder)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *launch = NULL;
  g_autofree gchar *folder =
      plugin_folder ? g_shell_quote (plugin_folder) : NULL;
  g_autofree gchar *line = NULL;
  JsonObject *object;

  if (!build (self, &error)) {
    vs_report_error (self->report, error, NULL, FALSE);
    return FALSE;
  }
  launch = vs_plan_to_launch (self->plan);
  line = g_strconcat (folder ? "GST_PLUGIN_PATH=" : "", folder ? folder : "",
      folder ? " " : "", launch, NULL);
  object = json_object_new ();
  json_object_set_string_member (object, "line", line);
  vs_report_send (self->report, "check", object);
  object = json_object_new ();
  json_object_set_boolean_member (object, "whole", TRUE);
  vs_report_send (self->report, "finished", object);
  return TRUE;
}

/* A start that failed: its reason is on the bus, or there is none. */
static void
fail_start (VsPipeline *self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message) {
    handle_error (self, message);
    return;
  }
  error = g_error_new_literal (VS_ERROR, VS_ERROR_INTERNAL,
      "The pipeline did not start, and no element said why. GST_DEBUG=3 in "
      "the environment shows more.");
  fail (self, error, NULL);
}

gboolean
vs_pipeline_start (VsPipeline *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstBus) bus = NULL;

  if (!build (self, &error)) {
    fail (self, error, NULL);
    return FALSE;
  }
  attach_meter (self);
  self->control = vs_control_new (self->pipeline, self->report);
  bus = gst_element_get_bus (self->pipeline);
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_FAILURE) {
    fail_start (self);
    return FALSE;
  }
  vs_report_send (self->report, "running", NULL);
  self->watch_id = gst_bus_add_watch (bus, on_message, self);
  self->tick_id = g_timeout_add_seconds (1, on_tick, self);
  return TRUE;
}

static gboolean
on_drain_over (gpointer user_data)
{
  VsPipeline *self = user_data;
  g_autoptr (GError) error = g_error_new (VS_ERROR, VS_ERROR_INTERNAL,
      "The pipeline was told to end and did not within %d s: the playlists "
      "are not closed.",
      DRAIN_S);

  self->drain_id = 0;
  fail (self, error, NULL);
  return G_SOURCE_REMOVE;
}

void
vs_pipeline_stop (VsPipeline *self)
{
  if (self->stopping || !self->pipeline)
    return;
  self->stopping = TRUE;
  if (self->preset->type == VS_PRESET_VOD) {
    finish (self, FALSE);
    return;
  }
  self->drain_id = g_timeout_add_seconds (DRAIN_S, on_drain_over, self);
  if (self->playing)
    gst_element_call_async (self->pipeline, send_eos, NULL, NULL);
}

void
vs_pipeline_command (VsPipeline *self, JsonObject *command)
{
  if (self->control)
    vs_control_take (self->control, command);
}
