/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-livefeedsrc
 *
 * A live source that never ends and never stalls: it plays one feed and gives
 * out raw video of a constant frame rate and raw audio without a hole, by the
 * pipeline's clock, whatever the feed does. Where the feed has nothing to say
 * the last picture is held, then a slate is shown, with silence; the feed is
 * opened again and again, and goes on when it is back.
 *
 * |[
 * gst-launch-1.0 livefeedsrc uri=testsrc: name=f f.video ! autovideosink
 *     f.audio ! audioconvert ! autoaudiosink
 * ]| The test picture with its clock and tone.
 * |[
 * gst-launch-1.0 livefeedsrc uri="srt://:7001?mode=listener" name=f
 *     f.video ! x264enc tune=zerolatency ! hlssink2 name=h
 *     f.audio ! audioconvert ! avenc_aac ! h.audio
 * ]| Waits for an SRT contribution; the playlist grows with or without it.
 *
 * Threads: properties are kept under the object lock, and a change of state
 * takes a copy; `uri` and `paused` may change while it plays. The engine's
 * thread calls the functions named give_… and tell_…; it runs from READY to
 * PAUSED until PAUSED to READY.
 */
#include "feed/gstlivefeedsrc.h"

#include "feed/vs-feed-engine.h"
#include "playout/vs-play-out.h"
#include "playout/vs-play-uri.h"

GST_DEBUG_CATEGORY_STATIC (livefeedsrc_debug);
#define GST_CAT_DEFAULT livefeedsrc_debug

#define DEFAULT_VIDEO_CAPS                                                     \
  "video/x-raw, format=(string)I420, width=(int)1280, height=(int)720, "       \
  "framerate=(fraction)30/1"
#define DEFAULT_AUDIO_CAPS                                                     \
  "audio/x-raw, format=(string)F32LE, layout=(string)interleaved, "            \
  "rate=(int)48000, channels=(int)2"
#define DEFAULT_SLATE "black"
#define DEFAULT_TIMEOUT (10 * GST_SECOND)
#define DEFAULT_HOLD_TIME (2 * GST_SECOND)
#define DEFAULT_LATENCY (500 * GST_MSECOND)
#define DEFAULT_RECONNECT_DELAY (500 * GST_MSECOND)
#define DEFAULT_RECONNECT_DELAY_MAX (10 * GST_SECOND)
#define DEFAULT_LOOP TRUE
/* How long downstream may stand still before anything is lost. */
#define QUEUE_TIME (2 * GST_SECOND)

enum {
  PROP_0,
  PROP_URI,
  PROP_VIDEO_CAPS,
  PROP_AUDIO_CAPS,
  PROP_SLATE,
  PROP_TIMEOUT,
  PROP_HOLD_TIME,
  PROP_LATENCY,
  PROP_RECONNECT_DELAY,
  PROP_RECONNECT_DELAY_MAX,
  PROP_LOOP,
  PROP_PAUSED,
  PROP_STATE,
  PROP_STATS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

struct _GstVsLiveFeedSrc {
  GstElement parent;

  /* under the object lock */
  VsFeedSettings settings; /* but for its format, which is made at start */
  GstCaps *video_caps, *audio_caps;
  VsFeedState state;

  /* under the state lock; the engine also under the object lock */
  VsFeedEngine *engine;
  VsPlayOut *video, *audio; /* never change */
};

static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE (
    "video", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (VS_PLAY_VIDEO_CAPS));
static GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE (
    "audio", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (VS_PLAY_AUDIO_CAPS));

G_DEFINE_TYPE (GstVsLiveFeedSrc, gst_vs_live_feed_src, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (
    livefeedsrc, "livefeedsrc", GST_RANK_NONE, GST_TYPE_VS_LIVE_FEED_SRC)

#define GST_TYPE_VS_LIVE_FEED_STATE (live_feed_state_get_type ())
static GType
live_feed_state_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { VS_FEED_CONNECTING, "Nothing has come yet", "connecting" },
    { VS_FEED_STREAMING, "The feed is played", "streaming" },
    { VS_FEED_HOLDING, "The last picture is held", "holding" },
    { VS_FEED_SLATE, "The slate is shown", "slate" },
    { VS_FEED_PAUSED, "The slate is shown, as asked", "paused" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type)) {
    GType made = g_enum_register_static ("GstVsLiveFeedState", values);
    g_once_init_leave (&type, made);
  }
  return type;
}

static void
give_video (GstBuffer *buffer, gpointer data)
{
  vs_play_out_push (
      GST_VS_LIVE_FEED_SRC (data)->video, GST_MINI_OBJECT_CAST (buffer));
}

static void
give_audio (GstBuffer *buffer, gpointer data)
{
  vs_play_out_push (
      GST_VS_LIVE_FEED_SRC (data)->audio, GST_MINI_OBJECT_CAST (buffer));
}

/* The address is not in the message: it may hold a password. */
static void
tell_state (
    VsFeedState state, VsFeedState previous, const gchar *reason, gpointer data)
{
  GstVsLiveFeedSrc *self = data;

  GST_INFO_OBJECT (self, "%s, was %s: %s", vs_feed_state_get_name (state),
      vs_feed_state_get_name (previous), reason);
  GST_OBJECT_LOCK (self);
  self->state = state;
  GST_OBJECT_UNLOCK (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("vstream-feed", "state", G_TYPE_STRING,
              vs_feed_state_get_name (state), "previous", G_TYPE_STRING,
              vs_feed_state_get_name (previous), "reason", G_TYPE_STRING,
              reason, NULL)));
}

static void
tell_warning (const gchar *message, gpointer data)
{
  GstVsLiveFeedSrc *self = data;

  GST_ELEMENT_WARNING (self, RESOURCE, READ, ("%s", message), (NULL));
}

static gboolean
check_settings (GstVsLiveFeedSrc *self, VsFeedSettings *settings)
{
  g_autoptr (GError) error = NULL;
  VsPlayKind kind;

  if (!vs_play_format_init (
          &settings->format, self->video_caps, self->audio_caps, &error) ||
      (settings->uri && !vs_play_uri_check (settings->uri, &kind, &error))) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  return TRUE;
}

static void
prepare_pads (GstVsLiveFeedSrc *self, const VsPlayFormat *format)
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

static gboolean
start (GstVsLiveFeedSrc *self)
{
  static const VsFeedEngineFuncs funcs = { give_video, give_audio, tell_state,
    tell_warning };
  VsFeedSettings settings;
  gboolean ok;

  GST_OBJECT_LOCK (self);
  settings = self->settings;
  settings.uri = g_strdup (settings.uri);
  settings.slate = g_strdup (settings.slate);
  self->state = VS_FEED_CONNECTING;
  GST_OBJECT_UNLOCK (self);
  ok = check_settings (self, &settings);
  if (ok) {
    VsFeedEngine *engine;

    prepare_pads (self, &settings.format);
    engine = vs_feed_engine_new (&settings, &funcs, self);
    GST_OBJECT_LOCK (self);
    self->engine = engine;
    GST_OBJECT_UNLOCK (self);
  }
  vs_play_format_clear (&settings.format);
  g_free (settings.uri);
  g_free (settings.slate);
  return ok;
}

static void
stop (GstVsLiveFeedSrc *self)
{
  GST_OBJECT_LOCK (self);
  VsFeedEngine *engine = g_steal_pointer (&self->engine);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&engine, vs_feed_engine_free);
  GST_OBJECT_LOCK (self);
  self->state = VS_FEED_CONNECTING;
  GST_OBJECT_UNLOCK (self);
}

static void
play (GstVsLiveFeedSrc *self)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (GST_ELEMENT (self));

  if (!clock)
    clock = gst_system_clock_obtain ();
  vs_feed_engine_play (
      self->engine, clock, gst_element_get_base_time (GST_ELEMENT (self)));
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  GstVsLiveFeedSrc *self = GST_VS_LIVE_FEED_SRC (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    vs_feed_engine_pause (self->engine);
  ret = GST_ELEMENT_CLASS (gst_vs_live_feed_src_parent_class)
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
  GstVsLiveFeedSrc *self = GST_VS_LIVE_FEED_SRC (element);
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

static GstStructure *
make_stats (GstVsLiveFeedSrc *self)
{
  VsFeedStats stats = { 0 };

  GST_OBJECT_LOCK (self);
  if (self->engine)
    vs_feed_engine_get_stats (self->engine, &stats);
  GST_OBJECT_UNLOCK (self);
  return gst_structure_new ("vstream-feed-stats", "frames", G_TYPE_UINT64,
      stats.frames, "duplicated", G_TYPE_UINT64, stats.duplicated, "dropped",
      G_TYPE_UINT64, stats.dropped, "slate-frames", G_TYPE_UINT64,
      stats.slate_frames, "reconnects", G_TYPE_UINT, stats.reconnects,
      "late-ticks", G_TYPE_UINT64, stats.late_ticks, "skipped-ticks",
      G_TYPE_UINT64, stats.skipped_ticks, "samples", G_TYPE_UINT64,
      stats.samples, "silence-samples", G_TYPE_UINT64, stats.silence_samples,
      "drift", G_TYPE_INT64, stats.drift, "video-lost", G_TYPE_UINT64,
      vs_play_out_get_dropped (self->video), "audio-lost", G_TYPE_UINT64,
      vs_play_out_get_dropped (self->audio), NULL);
}

/* Under the object lock. */
static void
set_uri (GstVsLiveFeedSrc *self, const gchar *uri)
{
  g_free (self->settings.uri);
  self->settings.uri = uri && *uri ? g_strdup (uri) : NULL;
  if (self->engine)
    vs_feed_engine_set_uri (self->engine, self->settings.uri);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstVsLiveFeedSrc *self = GST_VS_LIVE_FEED_SRC (object);
  VsFeedSettings *settings = &self->settings;

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_URI:
      set_uri (self, g_value_get_string (value));
      break;
    case PROP_VIDEO_CAPS:
      if (gst_value_get_caps (value))
        gst_caps_replace (
            &self->video_caps, (GstCaps *) gst_value_get_caps (value));
      break;
    case PROP_AUDIO_CAPS:
      if (gst_value_get_caps (value))
        gst_caps_replace (
            &self->audio_caps, (GstCaps *) gst_value_get_caps (value));
      break;
    case PROP_SLATE:
      g_free (settings->slate);
      settings->slate = g_value_dup_string (value);
      break;
    case PROP_TIMEOUT:
      settings->timeout = g_value_get_uint64 (value);
      break;
    case PROP_HOLD_TIME:
      settings->hold_time = g_value_get_uint64 (value);
      break;
    case PROP_LATENCY:
      settings->latency = g_value_get_uint64 (value);
      break;
    case PROP_RECONNECT_DELAY:
      settings->reconnect_delay = g_value_get_uint64 (value);
      break;
    case PROP_RECONNECT_DELAY_MAX:
      settings->reconnect_delay_max = g_value_get_uint64 (value);
      break;
    case PROP_LOOP:
      settings->loop = g_value_get_boolean (value);
      break;
    case PROP_PAUSED:
      settings->paused = g_value_get_boolean (value);
      if (self->engine)
        vs_feed_engine_set_paused (self->engine, settings->paused);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstVsLiveFeedSrc *self = GST_VS_LIVE_FEED_SRC (object);
  const VsFeedSettings *settings = &self->settings;

  if (id == PROP_STATS) {
    g_value_take_boxed (value, make_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_URI:
      g_value_set_string (value, settings->uri);
      break;
    case PROP_VIDEO_CAPS:
      gst_value_set_caps (value, self->video_caps);
      break;
    case PROP_AUDIO_CAPS:
      gst_value_set_caps (value, self->audio_caps);
      break;
    case PROP_SLATE:
      g_value_set_string (value, settings->slate);
      break;
    case PROP_TIMEOUT:
      g_value_set_uint64 (value, settings->timeout);
      break;
    case PROP_HOLD_TIME:
      g_value_set_uint64 (value, settings->hold_time);
      break;
    case PROP_LATENCY:
      g_value_set_uint64 (value, settings->latency);
      break;
    case PROP_RECONNECT_DELAY:
      g_value_set_uint64 (value, settings->reconnect_delay);
      break;
    case PROP_RECONNECT_DELAY_MAX:
      g_value_set_uint64 (value, settings->reconnect_delay_max);
      break;
    case PROP_LOOP:
      g_value_set_boolean (value, settings->loop);
      break;
    case PROP_PAUSED:
      g_value_set_boolean (value, settings->paused);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
finalize (GObject *object)
{
  GstVsLiveFeedSrc *self = GST_VS_LIVE_FEED_SRC (object);

  vs_play_out_free (self->video);
  vs_play_out_free (self->audio);
  gst_clear_caps (&self->video_caps);
  gst_clear_caps (&self->audio_caps);
  g_free (self->settings.uri);
  g_free (self->settings.slate);
  G_OBJECT_CLASS (gst_vs_live_feed_src_parent_class)->finalize (object);
}

static VsPlayOut *
add_pad (GstVsLiveFeedSrc *self, const gchar *name)
{
  GstPadTemplate *template =
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), name);

  return vs_play_out_new (GST_ELEMENT (self), template, QUEUE_TIME);
}

static void
gst_vs_live_feed_src_init (GstVsLiveFeedSrc *self)
{
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
  self->video_caps = gst_caps_from_string (DEFAULT_VIDEO_CAPS);
  self->audio_caps = gst_caps_from_string (DEFAULT_AUDIO_CAPS);
  self->settings = (VsFeedSettings){
    .slate = g_strdup (DEFAULT_SLATE),
    .timeout = DEFAULT_TIMEOUT,
    .hold_time = DEFAULT_HOLD_TIME,
    .latency = DEFAULT_LATENCY,
    .reconnect_delay = DEFAULT_RECONNECT_DELAY,
    .reconnect_delay_max = DEFAULT_RECONNECT_DELAY_MAX,
    .loop = DEFAULT_LOOP,
  };
  self->video = add_pad (self, "video");
  self->audio = add_pad (self, "audio");
}

#define FLAGS                                                                  \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

static void
install_time (guint id, const gchar *name, const gchar *nick,
    const gchar *blurb, GstClockTime min, GstClockTime max, GstClockTime value)
{
  properties[id] =
      g_param_spec_uint64 (name, nick, blurb, min, max, value, FLAGS);
}

static void
install_times (void)
{
  install_time (PROP_TIMEOUT, "timeout", "Timeout",
      "The feed is lost, and opened again, when no data came for so long (ns)",
      100 * GST_MSECOND, GST_SECOND * 3600, DEFAULT_TIMEOUT);
  install_time (PROP_HOLD_TIME, "hold-time", "Hold time",
      "How long the last picture is held when no more come, before the slate "
      "(ns)",
      0, GST_SECOND * 3600, DEFAULT_HOLD_TIME);
  install_time (PROP_LATENCY, "latency", "Latency",
      "How long data of the feed wait, so that those that come late are in "
      "time (ns)",
      0, 10 * GST_SECOND, DEFAULT_LATENCY);
  install_time (PROP_RECONNECT_DELAY, "reconnect-delay", "Reconnect delay",
      "The wait before a lost feed is opened again; doubled at each try (ns)",
      10 * GST_MSECOND, 60 * GST_SECOND, DEFAULT_RECONNECT_DELAY);
  install_time (PROP_RECONNECT_DELAY_MAX, "reconnect-delay-max",
      "Longest reconnect delay",
      "The longest wait before a lost feed is opened again (ns)",
      10 * GST_MSECOND, 3600 * GST_SECOND, DEFAULT_RECONNECT_DELAY_MAX);
}

static void
install_properties (GObjectClass *object_class)
{
  properties[PROP_URI] = g_param_spec_string ("uri", "URI",
      "The feed: file:, http: and https: (HLS and DASH too), srt:, rtsp:, "
      "rtmp:, udp:, rtp: or testsrc:; may be changed while it plays",
      NULL,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  properties[PROP_VIDEO_CAPS] = g_param_spec_boxed ("video-caps", "Video caps",
      "What the video pad gives: size, frame rate and format; all other "
      "fields are pinned",
      GST_TYPE_CAPS, FLAGS);
  properties[PROP_AUDIO_CAPS] = g_param_spec_boxed ("audio-caps", "Audio caps",
      "What the audio pad gives: rate, channels and F32LE or S16LE",
      GST_TYPE_CAPS, FLAGS);
  properties[PROP_SLATE] = g_param_spec_string ("slate", "Slate",
      "What is shown where there is no picture: black, bars, text:… or the "
      "path of a picture",
      DEFAULT_SLATE, FLAGS);
  properties[PROP_LOOP] = g_param_spec_boolean ("loop", "Loop",
      "A file starts again at its end; else it is played once, then the slate",
      DEFAULT_LOOP, FLAGS);
  properties[PROP_PAUSED] = g_param_spec_boolean ("paused", "Paused",
      "The slate and silence are given out, while the feed goes on unseen",
      FALSE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  properties[PROP_STATE] = g_param_spec_enum ("state", "State",
      "What is being shown", GST_TYPE_VS_LIVE_FEED_STATE, VS_FEED_CONNECTING,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "frames, duplicated, dropped, slate-frames, reconnects, late-ticks, "
      "skipped-ticks, samples, silence-samples, drift (ns steered), video-lost "
      "and audio-lost (buffers that downstream did not take in time)",
      GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  install_times ();
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gst_vs_live_feed_src_class_init (GstVsLiveFeedSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      livefeedsrc_debug, "livefeedsrc", 0, "one feed as an endless source");
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  element_class->change_state = change_state;
  element_class->send_event = send_event;
  install_properties (object_class);
  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &audio_template);
  gst_element_class_set_static_metadata (element_class, "Live feed source",
      "Source/Network/Audio/Video",
      "Plays one feed as endless raw video and audio, whatever the feed does",
      "vstream");
  gst_type_mark_as_plugin_api (GST_TYPE_VS_LIVE_FEED_STATE, 0);
}
