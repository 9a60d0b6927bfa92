/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SECTION:element-abrsink
 *
 * Publishes encoded renditions as HLS and DASH: one set of CMAF objects and
 * two manifests (or MPEG-TS and HLS), written so that no manifest ever names
 * what is not stored.
 *
 * |[
 * gst-launch-1.0 filesrc location=in.mp4 ! abrladder ! abrsink location=out
 * ]| The whole ladder of a file into a folder.
 *
 * Life: pads are requested … at READY to PAUSED the settings are taken, the
 * store is opened and a session begins, with one track a pad … packets flow …
 * the last track's EOS waits until all is durable … PAUSED to READY ends the
 * session.
 *
 * Threading: `settings` are guarded by the object lock. `session` and `ts`
 * change only in state changes, while no data flows, under the object lock.
 * Pads come and go on any thread, also while the state changes: `run_lock`
 * lets one at a time give a pad its part in a run, begin a run, or end it. It
 * is recursive, for an added element is told to listeners.
 * Messages and signals are sent from streaming and store threads, under no lock
 * of ours. */
#include "publish/gstabrsink.h"

#include <stdio.h>
#include <string.h>

#include <gio/gio.h>

#include "core/vs-error.h"
#include "publish/gstabrsinkpad.h"
#include "publish/gstvstracksink.h"
#include "publish/vs-abrsink-settings.h"
#include "publish/vs-caps.h"
#include "publish/vs-signal-store.h"
#include "publish/vs-ts.h"

GST_DEBUG_CATEGORY_STATIC (abr_sink_debug);
#define GST_CAT_DEFAULT abr_sink_debug

struct _GstAbrSink {
  GstBin parent;

  VsAbrSinkSettings settings;
  VsSession *session; /* CMAF */
  VsTs *ts;           /* MPEG-TS */
  GRecMutex run_lock;
  gboolean closing; /* the run is about to end; guarded by run_lock */
  guint n_pads[3];  /* by VsMedia: number of the next */
};

enum { SIGNAL_GET_OBJECT_STREAM, SIGNAL_DELETE_OBJECT, N_SIGNALS };

static guint signals[N_SIGNALS];

static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE (
    "video_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (VS_VIDEO_CAPS));
static GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE (
    "audio_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (VS_AUDIO_CAPS));

static GstStaticPadTemplate text_template = GST_STATIC_PAD_TEMPLATE (
    "text_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (VS_TEXT_CAPS));

G_DEFINE_TYPE (GstAbrSink, gst_abr_sink, GST_TYPE_BIN)
GST_ELEMENT_REGISTER_DEFINE (
    abrsink, "abrsink", GST_RANK_NONE, GST_TYPE_ABR_SINK)

/* --- what the session tells --- */

static void
post_element_message (GstAbrSink *self, GstStructure *structure)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

static void
on_object (const VsTrack *track, const VsSegment *segment, gpointer user_data)
{
  guint scale = segment->timescale;

  post_element_message (user_data,
      gst_structure_new ("vstream-object", "key", G_TYPE_STRING, segment->key,
          "track", G_TYPE_STRING, track->name, "size", G_TYPE_UINT64,
          segment->size, "sequence", G_TYPE_UINT64, segment->sequence, "start",
          G_TYPE_UINT64,
          scale > 0 ? gst_util_uint64_scale (segment->start, GST_SECOND, scale)
                    : GST_CLOCK_TIME_NONE,
          "duration", G_TYPE_UINT64,
          scale > 0
              ? gst_util_uint64_scale (segment->duration, GST_SECOND, scale)
              : GST_CLOCK_TIME_NONE,
          NULL));
}

static void
on_manifest (const gchar *key, gpointer user_data)
{
  post_element_message (user_data,
      gst_structure_new ("vstream-manifest", "key", G_TYPE_STRING, key, NULL));
}

static void
on_warning (const GError *error, gpointer user_data)
{
  GST_ELEMENT_WARNING (GST_ABR_SINK (user_data), RESOURCE, WRITE,
      ("%s", error->message), (NULL));
}

static void
post_store_error (GstAbrSink *self, const GError *error)
{
  if (g_error_matches (error, VS_ERROR, VS_ERROR_NO_SPACE))
    GST_ELEMENT_ERROR (
        self, RESOURCE, NO_SPACE_LEFT, ("%s", error->message), (NULL));
  else if (g_error_matches (error, VS_ERROR, VS_ERROR_NO_OUTPUT))
    GST_ELEMENT_ERROR (
        self, RESOURCE, OPEN_WRITE, ("%s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("%s", error->message), (NULL));
}

static void
on_error (const GError *error, gpointer user_data)
{
  post_store_error (user_data, error);
}

static const VsPublisherEvents events = {
  .on_object = on_object,
  .on_manifest = on_manifest,
  .on_warning = on_warning,
  .on_error = on_error,
};

/* --- the session --- */

static GOutputStream *
on_signal_store_open (const gchar *key, gpointer user_data)
{
  GOutputStream *stream = NULL;

  g_signal_emit (user_data, signals[SIGNAL_GET_OBJECT_STREAM], 0, key, &stream);
  return stream;
}

static void
on_signal_store_delete (const gchar *key, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_DELETE_OBJECT], 0, key);
}

/* Wall clock of running time 0. */
static gint64
get_epoch (gpointer user_data)
{
  GstElement *element = user_data;
  gint64 now = g_get_real_time ();
  GstClockTime running = gst_element_get_current_running_time (element);

  return GST_CLOCK_TIME_IS_VALID (running)
             ? now - (gint64) GST_TIME_AS_USECONDS (running)
             : now;
}

static void
on_silent (const gchar *name, gboolean waiting, gpointer user_data)
{
  GST_ELEMENT_WARNING (GST_ABR_SINK (user_data), STREAM, MUX,
      ("The stream of %s sends nothing; the others %s.", name,
          waiting ? "wait for it" : "go on without it"),
      (NULL));
}

static VsStore *
open_store (GstAbrSink *self, const VsAbrSinkSettings *settings, GError **error)
{
  if (g_signal_has_handler_pending (
          self, signals[SIGNAL_GET_OBJECT_STREAM], 0, FALSE))
    return vs_signal_store_new (
        on_signal_store_open, on_signal_store_delete, self);
  return vs_store_open_with (
      settings->location, &(VsStoreOptions){ .s3 = settings->s3 }, error);
}

static gboolean
is_running (GstAbrSink *self)
{
  return !self->closing && (self->session != NULL || self->ts != NULL);
}

/* Takes what cannot be published, so that nobody is held up. */
static GstPad *
add_text_drain (GstAbrSink *self, const gchar *name)
{
  GstElement *sink = gst_vs_track_sink_new (VS_MEDIA_TEXT, name);

  gst_bin_add (GST_BIN (self), sink);
  gst_element_sync_state_with_parent (sink);
  return gst_element_get_static_pad (sink, "sink");
}

/* Gives @pad its track in the run that has begun. */
static gboolean
attach_pad (GstAbrSink *self, GstPad *pad)
{
  g_autoptr (GstPad) target = NULL;

  if (self->ts != NULL && gst_abr_sink_pad_get_media (pad) == VS_MEDIA_TEXT) {
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("Subtitles are published with CMAF alone; %s is left out.",
            GST_OBJECT_NAME (pad)),
        (NULL));
    target = add_text_drain (self, GST_OBJECT_NAME (pad));
  } else if (self->ts != NULL) {
    target = vs_ts_add_pad (
        self->ts, gst_abr_sink_pad_get_media (pad), GST_OBJECT_NAME (pad));
  } else {
    GstElement *sink = gst_vs_track_sink_new (
        gst_abr_sink_pad_get_media (pad), GST_OBJECT_NAME (pad));

    gst_vs_track_sink_set_session (GST_VS_TRACK_SINK (sink), self->session);
    gst_bin_add (GST_BIN (self), sink);
    target = gst_element_get_static_pad (sink, "sink");
    gst_element_sync_state_with_parent (sink);
  }
  return target != NULL &&
         gst_ghost_pad_set_target (GST_GHOST_PAD (pad), target);
}

/* Takes the track away; what it had is published. */
static void
detach_pad (GstAbrSink *self, GstPad *pad)
{
  g_autoptr (GstPad) target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
  g_autoptr (GstElement) sink =
      target != NULL ? gst_pad_get_parent_element (target) : NULL;

  gst_ghost_pad_set_target (GST_GHOST_PAD (pad), NULL);
  if (sink == NULL || !GST_IS_VS_TRACK_SINK (sink))
    return;
  gst_element_set_locked_state (sink, TRUE);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), sink);
}

static GList *
list_pads (GstAbrSink *self)
{
  GList *pads;

  GST_OBJECT_LOCK (self);
  pads = g_list_copy_deep (GST_ELEMENT (self)->sinkpads,
      (GCopyFunc) (void (*) (void)) gst_object_ref, NULL);
  GST_OBJECT_UNLOCK (self);
  return g_list_sort (pads, gst_abr_sink_pad_compare);
}

static gboolean
begin_run (GstAbrSink *self, VsPublisher *publisher,
    const VsPublisherConfig *config, GError **error)
{
  VsSession *session = NULL;
  VsTs *ts = NULL;

  if (config->container == VS_CONTAINER_TS)
    ts = vs_ts_new (GST_BIN (self), publisher, config, get_epoch, self, error);
  else
    session = vs_session_new (publisher, config, get_epoch, on_silent, self);
  GST_OBJECT_LOCK (self);
  self->session = session;
  self->ts = ts;
  GST_OBJECT_UNLOCK (self);
  return session != NULL || ts != NULL;
}

static gboolean
start_session_locked (GstAbrSink *self, GError **error)
{
  g_auto (VsAbrSinkSettings) settings = { 0 };
  VsPublisherConfig config;
  VsPublisher *publisher;
  VsStore *store;
  GList *pads;

  GST_OBJECT_LOCK (self);
  vs_abr_sink_settings_copy (&self->settings, &settings);
  GST_OBJECT_UNLOCK (self);
  store = open_store (self, &settings, error);
  if (store == NULL)
    return FALSE;
  vs_abr_sink_settings_to_config (&settings, &config);
  publisher = vs_publisher_new (
      store, &config, &events, self, g_get_real_time (), error);
  self->closing = FALSE;
  if (publisher == NULL || !begin_run (self, publisher, &config, error))
    return FALSE;
  pads = list_pads (self);
  for (GList *l = pads; l != NULL; l = l->next)
    attach_pad (self, l->data);
  g_list_free_full (pads, gst_object_unref);
  return TRUE;
}

static gboolean
start_session (GstAbrSink *self, GError **error)
{
  gboolean ok;

  g_rec_mutex_lock (&self->run_lock);
  ok = start_session_locked (self, error);
  g_rec_mutex_unlock (&self->run_lock);
  return ok;
}

static void
stop_session (GstAbrSink *self)
{
  GList *pads;
  VsSession *session;
  VsTs *ts;

  g_rec_mutex_lock (&self->run_lock);
  pads = list_pads (self);
  for (GList *l = pads; l != NULL; l = l->next)
    detach_pad (self, l->data);
  g_list_free_full (pads, gst_object_unref);
  GST_OBJECT_LOCK (self);
  session = g_steal_pointer (&self->session);
  ts = g_steal_pointer (&self->ts);
  GST_OBJECT_UNLOCK (self);
  vs_session_free (session);
  vs_ts_free (ts);
  g_rec_mutex_unlock (&self->run_lock);
}

static void
close_session (GstAbrSink *self)
{
  g_rec_mutex_lock (&self->run_lock);
  self->closing = TRUE;
  if (self->session != NULL)
    vs_session_set_flushing (self->session, TRUE);
  if (self->ts != NULL)
    vs_ts_flush (self->ts);
  g_rec_mutex_unlock (&self->run_lock);
}

static GstStateChangeReturn
gst_abr_sink_change_state (GstElement *element, GstStateChange transition)
{
  GstAbrSink *self = GST_ABR_SINK (element);
  g_autoptr (GError) error = NULL;
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
      !start_session (self, &error)) {
    stop_session (self);
    post_store_error (self, error);
    return GST_STATE_CHANGE_FAILURE;
  }
  /* Who waits for the store must not hold up the state change. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    close_session (self);
  result = GST_ELEMENT_CLASS (gst_abr_sink_parent_class)
               ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
          result == GST_STATE_CHANGE_FAILURE))
    stop_session (self);
  return result;
}

/* In MPEG-TS the variants' messages tell when a fragment is whole. The last
 * EOS goes on only when all is durable. */
static void
gst_abr_sink_handle_message (GstBin *bin, GstMessage *message)
{
  GstAbrSink *self = GST_ABR_SINK (bin);
  g_autoptr (GError) error = NULL;

  if (self->ts != NULL && !vs_ts_handle_message (self->ts, message, &error)) {
    if (error != NULL)
      post_store_error (self, error);
    gst_message_unref (message);
    return;
  }
  GST_BIN_CLASS (gst_abr_sink_parent_class)->handle_message (bin, message);
}

/* --- pads --- */

static gchar *
dup_pad_name (GstAbrSink *self, GstPadTemplate *templ, const gchar *name)
{
  VsMedia media = gst_abr_sink_pad_media_of_name (templ->name_template);
  guint *next = &self->n_pads[media];
  const gchar *number = name != NULL ? strchr (name, '_') : NULL;
  guint index;

  if (number != NULL && gst_abr_sink_pad_media_of_name (name) == media &&
      sscanf (number, "_%u", &index) == 1)
    *next = MAX (*next, index + 1);
  else
    index = (*next)++;
  return g_strdup_printf ("%s_%u", vs_media_name (media), index);
}

static GstPad *
request_pad_locked (GstAbrSink *self, GstPadTemplate *templ, const gchar *name)
{
  g_autofree gchar *pad_name = NULL;
  GstPad *pad;

  if (self->session != NULL && vs_session_is_started (self->session)) {
    GST_WARNING_OBJECT (self, "a pad was requested after publishing began");
    return NULL;
  }
  pad_name = dup_pad_name (self, templ, name);
  pad = gst_abr_sink_pad_new (pad_name, templ);
  if (is_running (self) && !attach_pad (self, pad)) {
    gst_object_unref (gst_object_ref_sink (pad));
    return NULL;
  }
  gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static GstPad *
gst_abr_sink_request_new_pad (GstElement *element, GstPadTemplate *templ,
    const gchar *name, const GstCaps *caps)
{
  GstAbrSink *self = GST_ABR_SINK (element);
  GstPad *pad;

  g_rec_mutex_lock (&self->run_lock);
  pad = request_pad_locked (self, templ, name);
  g_rec_mutex_unlock (&self->run_lock);
  return pad;
}

static void
gst_abr_sink_release_pad (GstElement *element, GstPad *pad)
{
  GstAbrSink *self = GST_ABR_SINK (element);
  g_autoptr (GstPad) target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
  g_autoptr (GstElement) sink =
      target != NULL ? gst_pad_get_parent_element (target) : NULL;

  gst_pad_set_active (pad, FALSE);
  if (sink != NULL && GST_IS_VS_TRACK_SINK (sink))
    gst_vs_track_sink_release (GST_VS_TRACK_SINK (sink));
  else if (sink != NULL)
    gst_pad_send_event (target, gst_event_new_eos ());
  g_rec_mutex_lock (&self->run_lock);
  detach_pad (self, pad);
  gst_element_remove_pad (element, pad);
  g_rec_mutex_unlock (&self->run_lock);
}

/* --- GObject --- */

static GstStructure *
dup_stats (GstAbrSink *self)
{
  VsPublisherStats stats = { 0 };

  GST_OBJECT_LOCK (self);
  if (self->session != NULL)
    vs_session_get_stats (self->session, &stats);
  else if (self->ts != NULL)
    vs_ts_get_stats (self->ts, &stats);
  GST_OBJECT_UNLOCK (self);
  return vs_abr_sink_describe_stats (&stats);
}

static void
gst_abr_sink_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstAbrSink *self = GST_ABR_SINK (object);
  gboolean known;

  GST_OBJECT_LOCK (self);
  known = vs_abr_sink_settings_set (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_abr_sink_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstAbrSink *self = GST_ABR_SINK (object);
  gboolean known;

  if (id == VS_ABR_SINK_PROP_STATS) {
    g_value_take_boxed (value, dup_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  known = vs_abr_sink_settings_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_abr_sink_finalize (GObject *object)
{
  GstAbrSink *self = GST_ABR_SINK (object);

  vs_abr_sink_settings_clear (&self->settings);
  g_rec_mutex_clear (&self->run_lock);
  G_OBJECT_CLASS (gst_abr_sink_parent_class)->finalize (object);
}

static gboolean
first_stream_wins (GSignalInvocationHint *hint, GValue *accumulated,
    const GValue *value, gpointer data)
{
  g_value_copy (value, accumulated);
  return g_value_get_object (value) == NULL;
}

static void
gst_abr_sink_class_init (GstAbrSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      abr_sink_debug, "abrsink", 0, "HLS and DASH publishing");
  object_class->set_property = gst_abr_sink_set_property;
  object_class->get_property = gst_abr_sink_get_property;
  object_class->finalize = gst_abr_sink_finalize;
  element_class->change_state = gst_abr_sink_change_state;
  element_class->request_new_pad = gst_abr_sink_request_new_pad;
  element_class->release_pad = gst_abr_sink_release_pad;
  GST_BIN_CLASS (klass)->handle_message = gst_abr_sink_handle_message;
  vs_abr_sink_settings_install (object_class);

  /**
   * GstAbrSink::get-object-stream:
   * @self: the sink
   * @key: name of the object, relative to the presentation
   *
   * Asked for every segment and manifest, from a streaming thread, once a
   * handler is connected; then `location` is not used. The object counts as
   * stored when the stream has been closed without an error.
   *
   * Returns: (transfer full): a #GOutputStream; the first handler that gives
   *   one wins
   */
  signals[SIGNAL_GET_OBJECT_STREAM] = g_signal_new ("get-object-stream",
      GST_TYPE_ABR_SINK, G_SIGNAL_RUN_LAST, 0, first_stream_wins, NULL, NULL,
      G_TYPE_OUTPUT_STREAM, 1, G_TYPE_STRING);
  /**
   * GstAbrSink::delete-object:
   * @self: the sink
   * @key: name of the object
   *
   * With get-object-stream: the object has left the window and its `keep` is
   * over; nothing names it any more.
   */
  signals[SIGNAL_DELETE_OBJECT] =
      g_signal_new ("delete-object", GST_TYPE_ABR_SINK, G_SIGNAL_RUN_LAST, 0,
          NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &video_template, GST_TYPE_ABR_SINK_PAD);
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &audio_template, GST_TYPE_ABR_SINK_PAD);
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &text_template, GST_TYPE_ABR_SINK_PAD);
  gst_element_class_set_static_metadata (element_class, "ABR sink",
      "Sink/Network",
      "Publishes encoded renditions as HLS and DASH (CMAF or MPEG-TS)",
      "vstream");
}

static void
gst_abr_sink_init (GstAbrSink *self)
{
  vs_abr_sink_settings_init (&self->settings);
  g_rec_mutex_init (&self->run_lock);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
  gst_bin_set_suppressed_flags (GST_BIN (self), GST_ELEMENT_FLAG_SINK);
}
