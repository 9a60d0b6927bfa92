/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-playback.h"

#include "store/vs-queue-store.h"

#define DEFAULT_QUEUE "memory:"
#define DEFAULT_SLATE "black"
#define DEFAULT_PREROLL_TIME (10 * GST_SECOND)
#define DEFAULT_ITEM_TIMEOUT (5 * GST_SECOND)
#define DEFAULT_HOLD_TIME (500 * GST_MSECOND)
#define DEFAULT_TRANSITION_DURATION GST_SECOND
#define DEFAULT_LOUDNESS -23.0 /* EBU R128 */
#define DEFAULT_ASRUN_SIZE (10 * 1024 * 1024)

#define FLAGS                                                                  \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define LIVE_FLAGS                                                             \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

enum {
  PROP_0,
  PROP_QUEUE,
  PROP_CHANNEL,
  PROP_ITEMS,
  PROP_VIDEO_CAPS,
  PROP_AUDIO_CAPS,
  PROP_FILLER_URI,
  PROP_SLATE,
  PROP_PREROLL_TIME,
  PROP_ITEM_TIMEOUT,
  PROP_HOLD_TIME,
  PROP_CUT_MODE,
  PROP_RESUME_MODE,
  PROP_RESTART_MODE,
  PROP_FORCE_KEY_UNITS,
  PROP_NORMALIZE_AUDIO,
  PROP_TARGET_LOUDNESS,
  PROP_TRANSITION,
  PROP_TRANSITION_DURATION,
  PROP_ASSET_LOCATION,
  PROP_ASRUN_LOCATION,
  PROP_ASRUN_SIZE,
  PROP_CURRENT_ITEM,
  PROP_QUEUE_LENGTH,
  PROP_PLAYBACK_COUNTER,
  PROP_STATS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

#define GST_TYPE_VS_CUT_MODE (cut_mode_get_type ())
static GType
cut_mode_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { VS_QUEUE_CUT_FRAME, "On the next frame", "frame" },
    { VS_QUEUE_CUT_ITEM_END, "When what is on air ends", "item-end" },
    { VS_QUEUE_CUT_AT, "At a time", "at" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type)) {
    GType made = g_enum_register_static ("GstVsCutMode", values);
    g_once_init_leave (&type, made);
  }
  return type;
}

#define GST_TYPE_VS_RESUME_MODE (resume_mode_get_type ())
static GType
resume_mode_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { VS_QUEUE_RESUME, "At the next frame", "resume" },
    { VS_QUEUE_RESTART, "From its beginning", "restart" },
    { VS_QUEUE_SKIP, "Not at all", "skip" },
    { VS_QUEUE_JOIN, "Where it would be by now", "join" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type)) {
    GType made = g_enum_register_static ("GstVsResumeMode", values);
    g_once_init_leave (&type, made);
  }
  return type;
}

#define GST_TYPE_VS_RESTART_MODE (restart_mode_get_type ())
static GType
restart_mode_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { FALSE, "At the position where it was", "resume" },
    { TRUE, "Where it would be by now", "join" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type)) {
    GType made = g_enum_register_static ("GstVsRestartMode", values);
    g_once_init_leave (&type, made);
  }
  return type;
}

#define GST_TYPE_VS_TRANSITION (transition_get_type ())
static GType
transition_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { VS_FADE_NONE, "One after the other", "none" },
    { VS_FADE_CROSS, "The end of one and the beginning of the next together",
        "crossfade" },
    { VS_FADE_BLACK, "Out to black and silence, and in again", "fade-black" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type)) {
    GType made = g_enum_register_static ("GstVsTransition", values);
    g_once_init_leave (&type, made);
  }
  return type;
}

void
vs_playback_init_settings (VsPlaybackSettings *settings)
{
  settings->queue = g_strdup (DEFAULT_QUEUE);
  settings->video_caps = gst_caps_from_string (VS_PLAYBACK_VIDEO_CAPS);
  settings->audio_caps = gst_caps_from_string (VS_PLAYBACK_AUDIO_CAPS);
  settings->onair.slate = g_strdup (DEFAULT_SLATE);
  settings->onair.preroll = DEFAULT_PREROLL_TIME;
  settings->onair.timeout = DEFAULT_ITEM_TIMEOUT;
  settings->onair.hold_time = DEFAULT_HOLD_TIME;
  settings->force_key_units = TRUE;
  settings->onair.loudness = DEFAULT_LOUDNESS;
  settings->onair.transition_duration = DEFAULT_TRANSITION_DURATION;
  settings->asrun_size = DEFAULT_ASRUN_SIZE;
}

void
vs_playback_clear_settings (VsPlaybackSettings *settings)
{
  gst_clear_caps (&settings->video_caps);
  gst_clear_caps (&settings->audio_caps);
  g_free (settings->queue);
  g_free (settings->channel);
  g_free (settings->items);
  g_free (settings->asrun_location);
  g_free (settings->onair.slate);
  g_free (settings->onair.filler_uri);
  g_free (settings->onair.assets);
}

static void
take_string (gchar **to, const GValue *value)
{
  g_free (*to);
  *to = g_value_dup_string (value);
}

static void
take_caps (GstCaps **to, const GValue *value)
{
  if (gst_value_get_caps (value))
    gst_caps_replace (to, (GstCaps *) gst_value_get_caps (value));
}

/* Under the object lock. FALSE: not one of these. */
static gboolean
set_plain (VsPlaybackSettings *settings, guint id, const GValue *value)
{
  switch (id) {
    case PROP_PREROLL_TIME:
      settings->onair.preroll = g_value_get_uint64 (value);
      return TRUE;
    case PROP_ITEM_TIMEOUT:
      settings->onair.timeout = g_value_get_uint64 (value);
      return TRUE;
    case PROP_HOLD_TIME:
      settings->onair.hold_time = g_value_get_uint64 (value);
      return TRUE;
    case PROP_CUT_MODE:
      settings->cut = g_value_get_enum (value);
      return TRUE;
    case PROP_RESUME_MODE:
      settings->resume = g_value_get_enum (value);
      return TRUE;
    case PROP_RESTART_MODE:
      settings->join = g_value_get_enum (value);
      return TRUE;
    case PROP_FORCE_KEY_UNITS:
      settings->force_key_units = g_value_get_boolean (value);
      return TRUE;
    case PROP_NORMALIZE_AUDIO:
      settings->onair.normalize = g_value_get_boolean (value);
      return TRUE;
    case PROP_TARGET_LOUDNESS:
      settings->onair.loudness = g_value_get_double (value);
      return TRUE;
    case PROP_TRANSITION:
      settings->onair.transition = g_value_get_enum (value);
      return TRUE;
    case PROP_TRANSITION_DURATION:
      settings->onair.transition_duration = g_value_get_uint64 (value);
      return TRUE;
    case PROP_ASRUN_SIZE:
      settings->asrun_size = g_value_get_uint64 (value);
      return TRUE;
    default:
      return FALSE;
  }
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstVsPlaybackQueueSrc *self = GST_VS_PLAYBACK_QUEUE_SRC (object);
  VsPlaybackSettings *settings = &self->settings;

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_QUEUE:
      take_string (&settings->queue, value);
      break;
    case PROP_CHANNEL:
      take_string (&settings->channel, value);
      break;
    case PROP_ITEMS:
      take_string (&settings->items, value);
      break;
    case PROP_VIDEO_CAPS:
      take_caps (&settings->video_caps, value);
      break;
    case PROP_AUDIO_CAPS:
      take_caps (&settings->audio_caps, value);
      break;
    case PROP_FILLER_URI:
      take_string (&settings->onair.filler_uri, value);
      break;
    case PROP_SLATE:
      take_string (&settings->onair.slate, value);
      break;
    case PROP_ASSET_LOCATION:
      take_string (&settings->onair.assets, value);
      break;
    case PROP_ASRUN_LOCATION:
      take_string (&settings->asrun_location, value);
      break;
    default:
      if (!set_plain (settings, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* What the desk knows; it is not asked under the object lock. FALSE: not one
 * of these. */
static gboolean
get_from_desk (GstVsPlaybackQueueSrc *self, guint id, GValue *value)
{
  VsDesk *desk;
  guint64 position;
  guint length;

  if (id != PROP_CURRENT_ITEM && id != PROP_QUEUE_LENGTH &&
      id != PROP_PLAYBACK_COUNTER)
    return FALSE;
  GST_OBJECT_LOCK (self);
  desk = self->desk;
  GST_OBJECT_UNLOCK (self);
  if (!desk)
    return TRUE;
  if (id == PROP_QUEUE_LENGTH) {
    g_free (vs_desk_dup_queue (desk, 0, &length));
    g_value_set_uint (value, length);
  } else {
    g_autofree gchar *json = vs_desk_dup_current (desk, &position);

    if (id == PROP_CURRENT_ITEM)
      g_value_set_string (value, json);
    else
      g_value_set_uint64 (value, position);
  }
  return TRUE;
}

/* Under the object lock. FALSE: not one of these. */
static gboolean
get_plain (const VsPlaybackSettings *settings, guint id, GValue *value)
{
  switch (id) {
    case PROP_PREROLL_TIME:
      g_value_set_uint64 (value, settings->onair.preroll);
      return TRUE;
    case PROP_ITEM_TIMEOUT:
      g_value_set_uint64 (value, settings->onair.timeout);
      return TRUE;
    case PROP_HOLD_TIME:
      g_value_set_uint64 (value, settings->onair.hold_time);
      return TRUE;
    case PROP_CUT_MODE:
      g_value_set_enum (value, settings->cut);
      return TRUE;
    case PROP_RESUME_MODE:
      g_value_set_enum (value, settings->resume);
      return TRUE;
    case PROP_RESTART_MODE:
      g_value_set_enum (value, settings->join);
      return TRUE;
    case PROP_FORCE_KEY_UNITS:
      g_value_set_boolean (value, settings->force_key_units);
      return TRUE;
    case PROP_NORMALIZE_AUDIO:
      g_value_set_boolean (value, settings->onair.normalize);
      return TRUE;
    case PROP_TARGET_LOUDNESS:
      g_value_set_double (value, settings->onair.loudness);
      return TRUE;
    case PROP_TRANSITION:
      g_value_set_enum (value, settings->onair.transition);
      return TRUE;
    case PROP_TRANSITION_DURATION:
      g_value_set_uint64 (value, settings->onair.transition_duration);
      return TRUE;
    case PROP_ASRUN_SIZE:
      g_value_set_uint64 (value, settings->asrun_size);
      return TRUE;
    default:
      return FALSE;
  }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstVsPlaybackQueueSrc *self = GST_VS_PLAYBACK_QUEUE_SRC (object);
  const VsPlaybackSettings *settings = &self->settings;

  if (id == PROP_STATS) {
    g_value_take_boxed (value, vs_playback_make_stats (self));
    return;
  }
  if (get_from_desk (self, id, value))
    return;
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_QUEUE:
      g_value_take_string (value, vs_queue_store_mask (settings->queue));
      break;
    case PROP_CHANNEL:
      g_value_set_string (value, settings->channel);
      break;
    case PROP_ITEMS:
      g_value_set_string (value, settings->items);
      break;
    case PROP_VIDEO_CAPS:
      gst_value_set_caps (value, settings->video_caps);
      break;
    case PROP_AUDIO_CAPS:
      gst_value_set_caps (value, settings->audio_caps);
      break;
    case PROP_FILLER_URI:
      g_value_set_string (value, settings->onair.filler_uri);
      break;
    case PROP_SLATE:
      g_value_set_string (value, settings->onair.slate);
      break;
    case PROP_ASSET_LOCATION:
      g_value_set_string (value, settings->onair.assets);
      break;
    case PROP_ASRUN_LOCATION:
      g_value_set_string (value, settings->asrun_location);
      break;
    default:
      if (!get_plain (settings, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
install_string (guint id, const gchar *name, const gchar *nick,
    const gchar *blurb, const gchar *value)
{
  properties[id] = g_param_spec_string (name, nick, blurb, value, FLAGS);
}

static void
install_time (guint id, const gchar *name, const gchar *nick,
    const gchar *blurb, guint64 min, guint64 value)
{
  properties[id] = g_param_spec_uint64 (
      name, nick, blurb, min, 3600 * GST_SECOND, value, FLAGS);
}

static void
install_sources (void)
{
  install_string (PROP_QUEUE, "queue", "Queue",
      "Where the queue is kept: memory:, sqlite:///path or "
      "redis://host:port/db?key=name; to be set before anything is enqueued",
      DEFAULT_QUEUE);
  install_string (PROP_CHANNEL, "channel", "Channel",
      "The channel's name, for messages and the slate", NULL);
  install_string (PROP_ITEMS, "items", "Items",
      "A JSON list of items that is enqueued when the element first starts, "
      "where the queue is empty",
      NULL);
  install_string (PROP_FILLER_URI, "filler-uri", "Filler",
      "What is played while nothing else is: a file, a folder (its files by "
      "name) or another address, again and again",
      NULL);
  install_string (PROP_SLATE, "slate", "Slate",
      "What is shown where there is no picture: black, bars, the path of a "
      "picture, or text:… ({channel} is its name, {next} when an item with a "
      "time comes)",
      DEFAULT_SLATE);
  install_string (PROP_ASSET_LOCATION, "asset-location", "Assets",
      "The folder below which the films of items with asset:ID#PLACE are",
      NULL);
  install_string (PROP_ASRUN_LOCATION, "asrun-location", "As-run log",
      "A file that gets one line of JSON for each item that was on air", NULL);
  properties[PROP_ASRUN_SIZE] = g_param_spec_uint64 ("asrun-size",
      "As-run size", "The as-run log is begun anew beyond so many bytes", 1024,
      G_MAXINT64, DEFAULT_ASRUN_SIZE, FLAGS);
  properties[PROP_VIDEO_CAPS] = g_param_spec_boxed ("video-caps", "Video caps",
      "What the video pad gives: size, frame rate and format; all other "
      "fields are pinned",
      GST_TYPE_CAPS, FLAGS);
  properties[PROP_AUDIO_CAPS] = g_param_spec_boxed ("audio-caps", "Audio caps",
      "What the audio pad gives: rate, channels and F32LE or S16LE",
      GST_TYPE_CAPS, FLAGS);
}

static void
install_rules (void)
{
  install_time (PROP_PREROLL_TIME, "preroll-time", "Preroll time",
      "How long before it is needed an item is opened (ns)", 0,
      DEFAULT_PREROLL_TIME);
  install_time (PROP_ITEM_TIMEOUT, "item-timeout", "Item time-out",
      "An item that is not ready, or says nothing, for so long has failed; an "
      "item may name its own (ns)",
      100 * GST_MSECOND, DEFAULT_ITEM_TIMEOUT);
  install_time (PROP_HOLD_TIME, "hold-time", "Hold time",
      "How long the last picture is held where an item has none, before "
      "filler or slate (ns)",
      0, DEFAULT_HOLD_TIME);
  properties[PROP_CUT_MODE] = g_param_spec_enum ("cut-mode", "Cut mode",
      "When an interrupt cuts in, unless it says so itself",
      GST_TYPE_VS_CUT_MODE, VS_QUEUE_CUT_FRAME, LIVE_FLAGS);
  properties[PROP_RESUME_MODE] =
      g_param_spec_enum ("resume-mode", "Resume mode",
          "How what was interrupted comes back, unless the interrupt says so",
          GST_TYPE_VS_RESUME_MODE, VS_QUEUE_RESUME, LIVE_FLAGS);
  properties[PROP_RESTART_MODE] =
      g_param_spec_enum ("restart-mode", "Restart mode",
          "Where the item that was on air goes on after the process was killed",
          GST_TYPE_VS_RESTART_MODE, FALSE, FLAGS);
  properties[PROP_NORMALIZE_AUDIO] = g_param_spec_boolean ("normalize-audio",
      "Normalize audio",
      "Bring each item to the same loudness (EBU R128): measured ahead where "
      "it is a file, then followed slowly",
      FALSE, FLAGS);
  properties[PROP_TARGET_LOUDNESS] =
      g_param_spec_double ("target-loudness", "Target loudness",
          "What items are brought to (LUFS)", -60, -5, DEFAULT_LOUDNESS, FLAGS);
  properties[PROP_TRANSITION] = g_param_spec_enum ("transition", "Transition",
      "How one item goes over into the next at its end; interrupts, skips and "
      "loops are cut",
      GST_TYPE_VS_TRANSITION, VS_FADE_NONE, FLAGS);
  properties[PROP_TRANSITION_DURATION] =
      g_param_spec_uint64 ("transition-duration", "Transition duration",
          "How long a transition takes, at most as long as preroll-time (ns)",
          0, 10 * GST_SECOND, DEFAULT_TRANSITION_DURATION, FLAGS);
  properties[PROP_FORCE_KEY_UNITS] =
      g_param_spec_boolean ("force-key-units", "Force key units",
          "Ask encoders for a key frame where an item begins (not in the first "
          "five seconds, which breaks x264enc)",
          TRUE, FLAGS);
}

void
vs_playback_install_properties (GObjectClass *object_class)
{
  const GParamFlags read = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  install_sources ();
  install_rules ();
  properties[PROP_CURRENT_ITEM] = g_param_spec_string ("current-item",
      "Current item", "The item on air, as JSON; NULL: none", NULL, read);
  properties[PROP_QUEUE_LENGTH] = g_param_spec_uint (
      "queue-length", "Queue length", "Items that wait", 0, G_MAXUINT, 0, read);
  properties[PROP_PLAYBACK_COUNTER] =
      g_param_spec_uint64 ("playback-counter", "Playback counter",
          "Frames of the item on air that were played, from its in point", 0,
          G_MAXUINT64, 0, read);
  properties[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "frames, held, filler-frames, slate-frames, dropped, samples, "
      "silence-samples, late-ticks, skipped-ticks, cuts, programmes, jobs, "
      "asrun-lost, video-lost, audio-lost",
      GST_TYPE_STRUCTURE, read);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  gst_type_mark_as_plugin_api (GST_TYPE_VS_CUT_MODE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_VS_RESUME_MODE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_VS_RESTART_MODE, 0);
}
