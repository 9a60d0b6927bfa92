/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "x264/vs-x264-properties.h"

#include <gst/gst.h>

#define DEFAULT_BITRATE 2048
#define DEFAULT_SPEED 2 /* veryfast */
#define MOST_KBIT 2000000
#define MOST_THREADS 128
#define MOST_LOOKAHEAD 250

enum {
  PROP_0,
  PROP_BITRATE,
  PROP_MAX_BITRATE,
  PROP_BUFFER,
  PROP_SPEED_PRESET,
  PROP_TUNE,
  PROP_PROFILE,
  PROP_LEVEL,
  PROP_KEY_INT_MAX,
  PROP_FIXED_GOP,
  PROP_RC_LOOKAHEAD,
  PROP_THREADS,
  PROP_LOOKAHEAD_THREADS,
  PROP_SYNC_LOOKAHEAD,
  PROP_SLICED_THREADS,
  PROP_OPTION_STRING,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

#define AT_START                                                               \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define AT_ANY_TIME                                                            \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

/* x264's own names, in its order; made once. */
static GType
speed_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    guint n = g_strv_length ((gchar **) x264_preset_names);
    GEnumValue *values = g_new0 (GEnumValue, n + 1); /* the type keeps it */

    for (guint i = 0; i < n; i++) {
      values[i].value = (gint) i;
      values[i].value_name = x264_preset_names[i];
      values[i].value_nick = x264_preset_names[i];
    }
    g_once_init_leave (
        &type, g_enum_register_static ("GstVsX264EncSpeedPreset", values));
  }
  return type;
}

/* Rates and buffer: they may change while it runs. */
static void
make_rates (void)
{
  properties[PROP_BITRATE] = g_param_spec_uint ("bitrate", "Bit rate",
      "What the stream is to take on average, in kbit/s", 1, MOST_KBIT,
      DEFAULT_BITRATE, AT_ANY_TIME);
  properties[PROP_MAX_BITRATE] =
      g_param_spec_uint ("max-bitrate", "Maximum bit rate",
          "The rate at which the VBV buffer fills, in kbit/s: no second of the "
          "stream takes much more; 0: the bit rate (needs a buffer)",
          0, MOST_KBIT, 0, AT_ANY_TIME);
  properties[PROP_BUFFER] = g_param_spec_uint ("buffer", "Buffer",
      "Size of the VBV buffer, in kbit: how much a player has to hold so that "
      "max-bitrate is never too slow for it; 0: no cap at all",
      0, MOST_KBIT, 0, AT_ANY_TIME);
}

static void
make_stream (void)
{
  properties[PROP_PROFILE] = g_param_spec_string ("profile", "Profile",
      "The highest H.264 profile that may be used: baseline, main, high, "
      "high10, high422, high444; empty: what the caps downstream allow",
      NULL, AT_START);
  properties[PROP_LEVEL] = g_param_spec_string ("level", "Level",
      "The H.264 level, like 4.1; empty: what the caps downstream say, or the "
      "lowest that fits",
      NULL, AT_START);
  properties[PROP_KEY_INT_MAX] =
      g_param_spec_uint ("key-int-max", "Key frame interval",
          "Frames from one key frame to the next, at most; "
          "0: x264's default",
          0, G_MAXINT, 0, AT_START);
  properties[PROP_FIXED_GOP] = g_param_spec_boolean ("fixed-gop", "Fixed GOP",
      "Closed GOPs of key-int-max frames, and no key frame anywhere else "
      "unless one is asked for",
      FALSE, AT_START);
  properties[PROP_OPTION_STRING] =
      g_param_spec_string ("option-string", "Option string",
          "x264's own options, like “aq-mode=2:ref=4”. They are read last and "
          "overrule every other property but profile and level",
          NULL, AT_START);
}

static void
make_work (void)
{
  properties[PROP_SPEED_PRESET] = g_param_spec_enum ("speed-preset",
      "Speed preset", "x264's preset: speed against quality at the same rate",
      speed_type (), DEFAULT_SPEED, AT_START);
  properties[PROP_TUNE] = g_param_spec_string ("tune", "Tune",
      "x264's tunings, with commas between them: film, animation, grain, "
      "stillimage, psnr, ssim, fastdecode, zerolatency",
      NULL, AT_START);
  properties[PROP_RC_LOOKAHEAD] =
      g_param_spec_int ("rc-lookahead", "Look-ahead",
          "Frames that rate control sees before it encodes one; "
          "-1: the preset's",
          -1, MOST_LOOKAHEAD, -1, AT_START);
  properties[PROP_THREADS] = g_param_spec_uint ("threads", "Threads",
      "Frames (or slices) that are encoded at the same time; 0: as many as "
      "x264 finds right for this machine",
      0, MOST_THREADS, 0, AT_START);
  properties[PROP_LOOKAHEAD_THREADS] =
      g_param_spec_uint ("lookahead-threads", "Look-ahead threads",
          "Threads that look ahead; 0: x264's choice", 0, 16, 0, AT_START);
  properties[PROP_SYNC_LOOKAHEAD] = g_param_spec_int ("sync-lookahead",
      "Threaded look-ahead buffer",
      "Frames that the look-ahead, in a thread of its own, may be before the "
      "encoder; 0: no such thread; -1: x264's choice",
      -1, MOST_LOOKAHEAD, -1, AT_START);
  properties[PROP_SLICED_THREADS] = g_param_spec_boolean ("sliced-threads",
      "Sliced threads",
      "Threads share a frame instead of taking one each: less latency, lower "
      "quality",
      FALSE, AT_START);
}

void
vs_x264_properties_install (GObjectClass *klass)
{
  make_rates ();
  make_stream ();
  make_work ();
  g_object_class_install_properties (klass, N_PROPS, properties);
  gst_type_mark_as_plugin_api (speed_type (), 0);
}

void
vs_x264_properties_init (VsX264Settings *settings)
{
  settings->bitrate = DEFAULT_BITRATE;
  settings->speed = DEFAULT_SPEED;
  settings->lookahead = -1;
  settings->sync_lookahead = -1;
}

/* Where a property is kept: one switch for both ways. */
static gpointer
field_of (VsX264Settings *s, guint id)
{
  switch (id) {
    case PROP_BITRATE:
      return &s->bitrate;
    case PROP_MAX_BITRATE:
      return &s->max_bitrate;
    case PROP_BUFFER:
      return &s->buffer;
    case PROP_SPEED_PRESET:
      return &s->speed;
    case PROP_TUNE:
      return &s->tune;
    case PROP_PROFILE:
      return &s->profile;
    case PROP_LEVEL:
      return &s->level;
    case PROP_KEY_INT_MAX:
      return &s->key_interval;
    case PROP_FIXED_GOP:
      return &s->fixed_gop;
    case PROP_RC_LOOKAHEAD:
      return &s->lookahead;
    case PROP_THREADS:
      return &s->threads;
    case PROP_LOOKAHEAD_THREADS:
      return &s->lookahead_threads;
    case PROP_SYNC_LOOKAHEAD:
      return &s->sync_lookahead;
    case PROP_SLICED_THREADS:
      return &s->sliced_threads;
    case PROP_OPTION_STRING:
      return &s->options;
    default:
      return NULL;
  }
}

gboolean
vs_x264_properties_set (
    VsX264Settings *settings, guint id, const GValue *value, gboolean *known)
{
  gpointer field = field_of (settings, id);

  *known = field != NULL;
  if (field == NULL)
    return FALSE;
  if (G_VALUE_HOLDS_UINT (value)) {
    *(guint *) field = g_value_get_uint (value);
  } else if (G_VALUE_HOLDS_INT (value)) {
    *(gint *) field = g_value_get_int (value);
  } else if (G_VALUE_HOLDS_ENUM (value)) {
    *(gint *) field = g_value_get_enum (value);
  } else if (G_VALUE_HOLDS_BOOLEAN (value)) {
    *(gboolean *) field = g_value_get_boolean (value);
  } else {
    g_free (*(gchar **) field);
    *(gchar **) field = g_value_dup_string (value);
  }
  return id == PROP_BITRATE || id == PROP_MAX_BITRATE || id == PROP_BUFFER;
}

gboolean
vs_x264_properties_get (const VsX264Settings *settings, guint id, GValue *value)
{
  gpointer field = field_of ((VsX264Settings *) settings, id);

  if (field == NULL)
    return FALSE;
  if (G_VALUE_HOLDS_UINT (value))
    g_value_set_uint (value, *(guint *) field);
  else if (G_VALUE_HOLDS_INT (value))
    g_value_set_int (value, *(gint *) field);
  else if (G_VALUE_HOLDS_ENUM (value))
    g_value_set_enum (value, *(gint *) field);
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    g_value_set_boolean (value, *(gboolean *) field);
  else
    g_value_set_string (value, *(gchar **) field);
  return TRUE;
}
