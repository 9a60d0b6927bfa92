/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-playbackqueuesrc
 *
 * A channel that never ends: plays a queue of programmes one after the other
 * as raw video of a constant frame rate and raw audio without a hole, by the
 * pipeline's clock. Each item is a pipeline of its own, opened ahead; a bad
 * one is reported and passed over. Without items there is filler, without
 * filler a slate. Interrupts cut in on the frame, and the interrupted item
 * goes on with its next one.
 *
 * |[
 * gst-launch-1.0 playbackqueuesrc name=q
 *     items="[{\"uri\":\"file:///a.mp4\"},{\"uri\":\"file:///b.mp4\"}]"
 *     q.video ! videoconvert ! autovideosink
 *     q.audio ! audioconvert ! autoaudiosink
 * ]| Two files, then the slate.
 * |[
 * gst-launch-1.0 -e playbackqueuesrc queue=sqlite:///srv/channel.db
 *     filler-uri=/srv/filler ! abrladder ! abrsink location=out type=live
 * ]| A channel out of a queue that outlives it, as a ladder.
 *
 * Threads: properties are kept under the object lock, and a change of state
 * takes a copy. The engine's thread runs from READY to PAUSED until PAUSED to
 * READY, and tells what happens through vs_playback_funcs. Action signals may
 * be emitted from any thread.
 */
#include "core/vs-error.h"
#include "playout/vs-play-slate.h"
#include "playout/vs-play-uri.h"
#include "queue/vs-playback.h"

GST_DEBUG_CATEGORY_STATIC (playbackqueuesrc_debug);
#define GST_CAT_DEFAULT playbackqueuesrc_debug

/* What a text slate says that is given none. */
#define DEFAULT_TEXT VS_PLAY_SLATE_TEXT "{channel}\nNext at {next}"
/* How long downstream may stand still before anything is lost. */
#define QUEUE_TIME (2 * GST_SECOND)
/* x264enc of GStreamer 1.22 is broken by a key unit that is asked for before
 * its first output; by then it has had its whole look-ahead. */
#define NO_KEY_UNITS (5 * GST_SECOND)

static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE (
    "video", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (VS_PLAY_VIDEO_CAPS));
static GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE (
    "audio", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (VS_PLAY_AUDIO_CAPS));

G_DEFINE_TYPE (
    GstVsPlaybackQueueSrc, gst_vs_playback_queue_src, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (playbackqueuesrc, "playbackqueuesrc",
    GST_RANK_NONE, GST_TYPE_VS_PLAYBACK_QUEUE_SRC)

static void
prepare_pads (GstVsPlaybackQueueSrc *self, const VsPlayFormat *format)
{
  g_autofree gchar *video = gst_pad_create_stream_id (
      vs_play_out_get_pad (self->video), GST_ELEMENT (self), "video");
  g_autofree gchar *audio = gst_pad_create_stream_id (
      vs_play_out_get_pad (self->audio), GST_ELEMENT (self), "audio");
  guint group = gst_util_group_id_next ();
  GstClockTime frame = vs_play_format_tick_time (format, 1);

  vs_play_out_prepare (self->video, format->video_caps, video, group, frame);
  vs_play_out_prepare (self->audio, format->audio_caps, audio, group, frame);
}

static void
start_engine (GstVsPlaybackQueueSrc *self, VsDesk *desk,
    const VsOnairSettings *settings, const gchar *asrun, guint64 asrun_size)
{
  VsOnair *onair;
  VsAsrun *log = asrun && *asrun ? vs_asrun_new (asrun, asrun_size) : NULL;

  prepare_pads (self, &settings->format);
  self->n_key_units = 0;
  self->first_key_unit =
      vs_play_format_tick_at (&settings->format, NO_KEY_UNITS);
  GST_OBJECT_LOCK (self);
  self->asrun = log;
  GST_OBJECT_UNLOCK (self);
  onair = vs_onair_new (settings, desk, &vs_playback_funcs, self);
  GST_OBJECT_LOCK (self);
  self->onair = onair;
  GST_OBJECT_UNLOCK (self);
}

/* A filler waits while it is not shown, and is looped: nothing live can be. */
static gboolean
check_filler (const gchar *uri, GError **error)
{
  VsPlayKind kind;

  if (!uri || !vs_play_uri_check (uri, &kind, NULL) ||
      !vs_play_kind_is_live (kind))
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
      "A live input cannot be the filler, which is looped and waits while it "
      "is not shown; enqueue it as an item, and give filler-uri a file or a "
      "folder.");
  return FALSE;
}

/* A text may name the channel; one that says nothing does. */
static gchar *
dup_slate (const VsPlaybackSettings *settings)
{
  const gchar *slate = settings->onair.slate;
  g_autoptr (GString) text = NULL;

  if (!slate || !g_str_has_prefix (slate, VS_PLAY_SLATE_TEXT))
    return g_strdup (slate);
  text = g_string_new (
      g_str_equal (slate, VS_PLAY_SLATE_TEXT) ? DEFAULT_TEXT : slate);
  g_string_replace (
      text, "{channel}", settings->channel ? settings->channel : "", 0);
  return g_strdup (text->str);
}

static gboolean
start (GstVsPlaybackQueueSrc *self)
{
  VsOnairSettings settings;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCaps) video = NULL;
  g_autoptr (GstCaps) audio = NULL;
  g_autofree gchar *asrun = NULL;
  g_autofree gchar *slate = NULL;
  g_autofree gchar *filler = NULL;
  g_autofree gchar *assets = NULL;
  guint64 asrun_size;
  VsDesk *desk;

  GST_OBJECT_LOCK (self);
  settings = self->settings.onair;
  settings.slate = slate = dup_slate (&self->settings);
  settings.filler_uri = filler = g_strdup (settings.filler_uri);
  settings.assets = assets = g_strdup (settings.assets);
  video = gst_caps_ref (self->settings.video_caps);
  audio = gst_caps_ref (self->settings.audio_caps);
  asrun = g_strdup (self->settings.asrun_location);
  asrun_size = self->settings.asrun_size;
  self->force_key_units = self->settings.force_key_units;
  GST_OBJECT_UNLOCK (self);
  if (!check_filler (filler, &error) ||
      !vs_play_format_init (&settings.format, video, audio, &error)) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  desk = vs_playback_ensure_desk (self);
  if (desk)
    start_engine (self, desk, &settings, asrun, asrun_size);
  vs_play_format_clear (&settings.format);
  return desk != NULL;
}

static void
stop (GstVsPlaybackQueueSrc *self)
{
  GST_OBJECT_LOCK (self);
  VsOnair *onair = g_steal_pointer (&self->onair);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&onair, vs_onair_free);
  GST_OBJECT_LOCK (self);
  VsAsrun *asrun = g_steal_pointer (&self->asrun);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&asrun, vs_asrun_free);
}

static void
play (GstVsPlaybackQueueSrc *self)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (GST_ELEMENT (self));

  if (!clock)
    clock = gst_system_clock_obtain ();
  vs_onair_play (
      self->onair, clock, gst_element_get_base_time (GST_ELEMENT (self)));
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  GstVsPlaybackQueueSrc *self = GST_VS_PLAYBACK_QUEUE_SRC (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    vs_onair_pause (self->onair);
  ret = GST_ELEMENT_CLASS (gst_vs_playback_queue_src_parent_class)
            ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
          ret == GST_STATE_CHANGE_FAILURE))
    stop (self);
  if (ret == GST_STATE_CHANGE_FAILURE)
    return ret;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    play (self);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED ||
      transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    return GST_STATE_CHANGE_NO_PREROLL;
  return ret;
}

/* An application ends us with EOS; other serialised events go their way
 * between the buffers. */
static gboolean
send_event (GstElement *element, GstEvent *event)
{
  GstVsPlaybackQueueSrc *self = GST_VS_PLAYBACK_QUEUE_SRC (element);
  gboolean ours = GST_EVENT_IS_DOWNSTREAM (event) &&
                  GST_EVENT_IS_SERIALIZED (event) &&
                  GST_EVENT_TYPE (event) != GST_EVENT_FLUSH_STOP &&
                  GST_EVENT_TYPE (event) != GST_EVENT_SEGMENT &&
                  GST_EVENT_TYPE (event) != GST_EVENT_CAPS &&
                  GST_EVENT_TYPE (event) != GST_EVENT_STREAM_START;

  if (ours) {
    vs_play_out_push (
        self->video, GST_MINI_OBJECT_CAST (gst_event_ref (event)));
    vs_play_out_push (
        self->audio, GST_MINI_OBJECT_CAST (gst_event_ref (event)));
  }
  gst_event_unref (event);
  return ours;
}

static GstPad *
request (GstElement *element, const gchar *name)
{
  GstPadTemplate *template = gst_element_get_pad_template (element, name);
  g_autoptr (GstPad) there = gst_element_get_static_pad (element, name);

  return template && !there
             ? gst_element_request_pad (element, template, NULL, NULL)
             : NULL;
}

static void
link_or_release (GstPad *pad, GstElement *element, GstPad *sink)
{
  if (!sink)
    return;
  if (gst_pad_link (pad, sink) != GST_PAD_LINK_OK)
    gst_element_release_request_pad (element, sink);
  gst_object_unref (sink);
}

/* “!” links one pad. A peer that takes raw pictures and sound on pads of their
 * own, as abrladder does, gets both. */
static void
on_video_linked (GstPad *pad, GstPad *peer, gpointer data)
{
  GstVsPlaybackQueueSrc *self = data;
  g_autoptr (GstElement) element = gst_pad_get_parent_element (peer);
  GstPad *audio = vs_play_out_get_pad (self->audio);
  GstPad *sink;

  if (!element || GST_PAD_IS_SRC (peer) ||
      !gst_element_get_pad_template (element, "audio_sink") ||
      !gst_element_get_pad_template (element, "video_sink"))
    return;
  if (!g_str_has_prefix (GST_PAD_NAME (peer), "video_sink")) {
    sink = request (element, "video_sink");
    if (!sink)
      return;
    gst_pad_unlink (pad, peer);
    link_or_release (pad, element, sink);
  }
  if (!gst_pad_is_linked (audio))
    link_or_release (audio, element, request (element, "audio_sink"));
}

/* The desk may tell us something until it is gone. */
static void
dispose (GObject *object)
{
  GstVsPlaybackQueueSrc *self = GST_VS_PLAYBACK_QUEUE_SRC (object);

  g_clear_pointer (&self->desk, vs_desk_free);
  G_OBJECT_CLASS (gst_vs_playback_queue_src_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  GstVsPlaybackQueueSrc *self = GST_VS_PLAYBACK_QUEUE_SRC (object);

  vs_play_out_free (self->video);
  vs_play_out_free (self->audio);
  vs_playback_clear_settings (&self->settings);
  g_mutex_clear (&self->desk_lock);
  G_OBJECT_CLASS (gst_vs_playback_queue_src_parent_class)->finalize (object);
}

static void
gst_vs_playback_queue_src_init (GstVsPlaybackQueueSrc *self)
{
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);

  vs_playback_init_settings (&self->settings);
  g_mutex_init (&self->desk_lock);
  self->video = vs_play_out_new (GST_ELEMENT (self),
      gst_element_class_get_pad_template (klass, "video"), QUEUE_TIME);
  self->audio = vs_play_out_new (GST_ELEMENT (self),
      gst_element_class_get_pad_template (klass, "audio"), QUEUE_TIME);
  g_signal_connect (vs_play_out_get_pad (self->video), "linked",
      G_CALLBACK (on_video_linked), self);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
}

static void
gst_vs_playback_queue_src_class_init (GstVsPlaybackQueueSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (playbackqueuesrc_debug, "playbackqueuesrc", 0,
      "a queue of programmes as an endless source");
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  element_class->change_state = change_state;
  element_class->send_event = send_event;
  vs_playback_install_properties (object_class);
  vs_playback_install_signals (element_class);
  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &audio_template);
  gst_element_class_set_static_metadata (element_class, "Playback queue source",
      "Source/Network/Audio/Video",
      "Plays a queue of programmes as endless raw video and audio", "vstream");
}
