/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-control.h"

#include "core/vs-error.h"
#include "worker/vs-plan.h"

#include <string.h>

/* An item that is not ready sooner is answered for without its cut. */
#define CUT_WAIT_S 8

/* For the queue's store, of a channel that starts. Whoever asks waits for both,
 * and gives up after 15 s (channel/vs-link.c). */
#define LOAD_WAIT_US (5 * G_USEC_PER_SEC)

struct _VsControl {
  VsReport *report;
  GstElement *queue, *feed; /* or NULL */
  GPtrArray *waits;         /* Wait */
  GQueue early;             /* Early: orders that came before the store */
  gboolean loaded;
};

typedef struct {
  gint64 id, until; /* µs, monotonic */
  JsonObject *request;
} Early;

/* An answer that waits for what it has asked for to happen. */
typedef struct {
  VsControl *control;
  gint64 id;
  gchar *item;
  gboolean starts; /* its beginning; else its end */
  JsonObject *result;
  guint timeout_id;
} Wait;

static void
wait_free (Wait *wait)
{
  g_clear_handle_id (&wait->timeout_id, g_source_remove);
  g_free (wait->item);
  json_object_unref (wait->result);
  g_free (wait);
}

static void
early_free (Early *early)
{
  json_object_unref (early->request);
  g_free (early);
}

/* A pipeline that somebody wrote out may use our names for other things. */
static GstElement *
find (GstElement *pipeline, const gchar *name, const gchar *factory)
{
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), name);
  GstElementFactory *made = element ? gst_element_get_factory (element) : NULL;

  if (!made || !g_str_equal (GST_OBJECT_NAME (made), factory))
    return NULL;
  return g_steal_pointer (&element);
}

VsControl *
vs_control_new (GstElement *pipeline, VsReport *report)
{
  VsControl *self = g_new0 (VsControl, 1);

  self->report = report;
  self->queue = find (pipeline, VS_PLAN_QUEUE, "playbackqueuesrc");
  self->feed = find (pipeline, VS_PLAN_FEED, "livefeedsrc");
  self->waits = g_ptr_array_new_with_free_func ((GDestroyNotify) wait_free);
  return self;
}

void
vs_control_free (VsControl *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->waits);
  g_queue_clear_full (&self->early, (GDestroyNotify) early_free);
  gst_clear_object (&self->queue);
  gst_clear_object (&self->feed);
  g_free (self);
}

/* Takes @result. */
static void
answer (VsControl *self, gint64 id, JsonObject *result)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "id", id);
  json_object_set_object_member (object, "result", result);
  vs_report_send (self->report, "answer", object);
}

static void
refuse (VsControl *self, gint64 id, const gchar *code, const gchar *message)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "id", id);
  json_object_set_string_member (object, "code", code);
  json_object_set_string_member (object, "message", message);
  vs_report_send (self->report, "answer", object);
}

/* ---- the queue ---- */

/* The answer of the element; NULL: it has none, and has said why. */
static JsonObject *
order (VsControl *self, const gchar *text)
{
  g_autofree gchar *reply = NULL;
  g_autoptr (JsonNode) root = NULL;

  g_signal_emit_by_name (self->queue, "order", text, &reply);
  root = reply ? json_from_string (reply, NULL) : NULL;
  return root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_dup_object (root)
                                               : NULL;
}

static gdouble
get_frame_seconds (VsControl *self)
{
  g_autoptr (GstCaps) caps = NULL;
  gint fps_n = 0, fps_d = 1;

  g_object_get (self->queue, "video-caps", &caps, NULL);
  if (caps && gst_caps_get_size (caps) > 0)
    (void) gst_structure_get_fraction (
        gst_caps_get_structure (caps, 0), "framerate", &fps_n, &fps_d);
  return fps_n > 0 ? (gdouble) fps_d / fps_n : 0.0;
}

/* What the model does not know: what is shown where nothing is on air, and how
 * long the medium is. */
static void
add_stats (VsControl *self, JsonObject *object)
{
  g_autoptr (GstStructure) stats = NULL;
  const gchar *source, *kind;
  guint64 remaining = G_MAXUINT64;
  gint64 position, duration;

  g_object_get (self->queue, "stats", &stats, NULL);
  source = stats ? gst_structure_get_string (stats, "source") : NULL;
  kind = json_object_get_string_member_with_default (object, "kind", "none");
  if (g_str_equal (kind, "none"))
    json_object_set_string_member (
        object, "kind", g_strcmp0 (source, "filler") == 0 ? "filler" : "slate");
  position = json_object_get_int_member_with_default (object, "position_ms", 0);
  duration =
      json_object_get_int_member_with_default (object, "duration_ms", -1);
  if (duration < 0 && stats &&
      gst_structure_get_uint64 (stats, "remaining", &remaining) &&
      remaining != G_MAXUINT64)
    json_object_set_int_member (object, "duration_ms",
        position +
            (gint64) ((gdouble) remaining * get_frame_seconds (self) * 1000));
}

static gboolean
on_timeout (gpointer user_data)
{
  Wait *wait = user_data;
  VsControl *self = wait->control;

  wait->timeout_id = 0;
  answer (self, wait->id, json_object_ref (wait->result));
  g_ptr_array_remove (self->waits, wait);
  return G_SOURCE_REMOVE;
}

/* Takes @result. */
static void
wait_for_cut (VsControl *self, gint64 id, JsonObject *result, gboolean starts)
{
  Wait *wait = g_new0 (Wait, 1);

  wait->control = self;
  wait->id = id;
  wait->result = result;
  wait->item =
      g_strdup (json_object_get_string_member_with_default (result, "id", ""));
  wait->starts = starts;
  wait->timeout_id = g_timeout_add_seconds (CUT_WAIT_S, on_timeout, wait);
  g_ptr_array_add (self->waits, wait);
}

/* Has the queue's store not loaded yet? */
static gboolean
is_early (VsControl *self, JsonObject *result)
{
  const gchar *code =
      json_object_get_string_member_with_default (result, "code", "");

  if (!g_str_equal (code, vs_error_name (VS_ERROR_UNAVAILABLE)))
    self->loaded = TRUE;
  return !self->loaded;
}

static void
keep_early (VsControl *self, gint64 id, JsonObject *request)
{
  Early *early = g_new0 (Early, 1);

  early->id = id;
  early->until = g_get_monotonic_time () + LOAD_WAIT_US;
  early->request = json_object_ref (request);
  g_queue_push_tail (&self->early, early);
}

/* Takes @result. */
static void
answer_order (
    VsControl *self, gint64 id, JsonObject *request, JsonObject *result)
{
  const gchar *op, *cut;

  op = json_object_get_string_member_with_default (request, "op", "");
  if (json_object_has_member (result, "code")) {
    refuse (self, id,
        json_object_get_string_member_with_default (result, "code", ""),
        json_object_get_string_member_with_default (result, "message", ""));
    json_object_unref (result);
    return;
  }
  if (json_object_has_member (result, "kind"))
    add_stats (self, result);
  cut = json_object_get_string_member_with_default (result, "cut", "");
  if (g_str_equal (cut, "frame"))
    wait_for_cut (self, id, result, TRUE);
  else if (g_str_equal (op, "skip") || g_str_equal (op, "return"))
    wait_for_cut (self, id, result, FALSE);
  else
    answer (self, id, result);
}

static void
take_order (VsControl *self, gint64 id, JsonObject *request)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *text = NULL;
  JsonObject *result;
  const gchar *op;

  json_node_set_object (node, request);
  text = json_to_string (node, FALSE);
  result = order (self, text);
  if (!result) {
    refuse (self, id, vs_error_name (VS_ERROR_INTERNAL),
        "The queue did not answer.");
    return;
  }
  if (is_early (self, result)) {
    keep_early (self, id, request);
    json_object_unref (result);
    return;
  }
  answer_order (self, id, request, result);
  op = json_object_get_string_member_with_default (request, "op", "");
  if (!g_str_equal (op, "list") && !g_str_equal (op, "status"))
    vs_control_tell (self);
}

/* In the order in which they came. */
static void
take_early (VsControl *self)
{
  gint64 now = g_get_monotonic_time ();

  for (Early *early; (early = g_queue_peek_head (&self->early)) != NULL;) {
    if (!self->loaded && early->until > now)
      return;
    (void) g_queue_pop_head (&self->early);
    if (self->loaded)
      take_order (self, early->id, early->request);
    else
      refuse (self, early->id, vs_error_name (VS_ERROR_UNAVAILABLE),
          "The queue's store has not loaded yet.");
    early_free (early);
  }
}

void
vs_control_tell (VsControl *self)
{
  JsonObject *object =
      self->queue ? order (self, "{\"op\": \"status\"}") : NULL;

  if (!object)
    return;
  if (json_object_has_member (object, "kind")) {
    self->loaded = TRUE;
    add_stats (self, object);
    vs_report_send (self->report, "on_air", object);
  } else {
    json_object_unref (object); /* its store has not loaded yet */
  }
  take_early (self);
}

/* ---- the feed ---- */

static void
set_paused (VsControl *self, gint64 id, gboolean paused)
{
  if (!self->feed) {
    refuse (self, id, vs_error_name (VS_ERROR_CONFLICT),
        "There is no live feed that could be paused.");
    return;
  }
  g_object_set (self->feed, "paused", paused, NULL);
  answer (self, id, json_object_new ());
}

void
vs_control_take (VsControl *self, JsonObject *command)
{
  const gchar *name =
      json_object_get_string_member_with_default (command, "command", "");
  gint64 id = json_object_get_int_member_with_default (command, "id", 0);
  JsonNode *request = json_object_get_member (command, "order");

  if (g_str_equal (name, "pause"))
    set_paused (self, id, TRUE);
  else if (g_str_equal (name, "resume"))
    set_paused (self, id, FALSE);
  else if (!g_str_equal (name, "queue") || !request ||
           !JSON_NODE_HOLDS_OBJECT (request))
    refuse (self, id, vs_error_name (VS_ERROR_BAD_VALUE),
        "There is no such command.");
  else if (!self->queue)
    refuse (self, id, vs_error_name (VS_ERROR_CONFLICT),
        "This job plays no queue.");
  else {
    if (!g_queue_is_empty (&self->early))
      vs_control_tell (self); /* those come first, if they can */
    take_order (self, id, json_node_get_object (request));
  }
}

/* ---- what happens ---- */

static gboolean
is_awaited (const Wait *wait, const gchar *event, const gchar *id)
{
  if (g_strcmp0 (wait->item, id) != 0)
    return FALSE;
  if (g_str_equal (event, "item-failed") ||
      g_str_equal (event, "item-finished"))
    return TRUE;
  return wait->starts && g_str_equal (event, "item-started");
}

static void
settle (Wait *wait, const gchar *event, const GstStructure *message)
{
  VsControl *self = wait->control;
  const gchar *failure = gst_structure_get_string (message, "failure");
  guint64 frame = 0, time = 0;

  if (wait->starts && !g_str_equal (event, "item-started")) {
    g_autofree gchar *text = g_strconcat ("It was not played: ",
        failure ? failure : "it was taken away before it began.", NULL);

    refuse (self, wait->id, vs_error_name (VS_ERROR_NO_INPUT), text);
    return;
  }
  if (gst_structure_get_uint64 (message, "frame", &frame) &&
      gst_structure_get_uint64 (message, "running-time", &time)) {
    json_object_set_int_member (wait->result, "frame", (gint64) frame);
    json_object_set_double_member (
        wait->result, "running_time", (gdouble) time / GST_SECOND);
  }
  answer (self, wait->id, json_object_ref (wait->result));
}

void
vs_control_note (VsControl *self, const GstStructure *message)
{
  const gchar *event = gst_structure_get_string (message, "event");
  const gchar *id = gst_structure_get_string (message, "id");

  if (!gst_structure_has_name (message, "vstream-playback") || !event)
    return;
  for (guint i = 0; id && i < self->waits->len; i++) {
    Wait *wait = self->waits->pdata[i];

    if (!is_awaited (wait, event, id))
      continue;
    settle (wait, event, message);
    g_ptr_array_remove_index (self->waits, i--);
  }
  vs_control_tell (self);
}
