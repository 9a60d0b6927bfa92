/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The encoders the ladder knows, best first for each codec, and how each is
 * told the same things: bit rate, VBV, closed GOPs of a fixed length, no key
 * frame anywhere else, speed. */
#include "config.h"

#include "ladder/vs-ladder-bin.h"

#include <gst/pbutils/pbutils.h>

#define GST_CAT_DEFAULT gst_abr_ladder_debug

#define FEW_CORES 4
/* Frames, of x264's veryfast; small pictures cost little memory, and the
 * threads more that the largest rendition gets cost as much as six frames. */
#define LOOKAHEAD 13
#define LOOKAHEAD_SMALL 20
#define LOOKAHEAD_LARGEST 10
#define SMALL (1024 * 576)

typedef struct {
  const VsRung *rung;
  const gchar *speed;
  guint key_interval; /* frames */
  guint threads;
  gboolean alone;   /* the only rendition */
  gboolean largest; /* more than half of the work is its */
  gboolean patient; /* no live pictures: delay does not matter */
} Wish;

/* x264's preset names, slowest last: others are told by their place. */
static const gchar *const speeds[] = { "ultrafast", "superfast", "veryfast",
  "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo", NULL };

/* 0 fastest … 9 slowest; 2 where the name is not one of x264's. */
static guint
speed_rank (const gchar *speed)
{
  for (guint i = 0; speeds[i] != NULL; i++)
    if (g_strcmp0 (speeds[i], speed) == 0)
      return i;
  return 2;
}

static guint
kilobits (guint bits)
{
  return MAX (1, (bits + 500) / 1000);
}

static gboolean
is_small (const VsRung *rung)
{
  return rung->width * rung->height <= SMALL;
}

static gint
lookahead_of (const Wish *wish)
{
  if (is_small (wish->rung))
    return wish->patient ? LOOKAHEAD_SMALL : LOOKAHEAD;
  return wish->largest ? LOOKAHEAD_LARGEST : LOOKAHEAD;
}

/* Alone, a rendition gets x264's own choice: a thread more than cores, and one
 * that looks ahead. Beside others it gets its share of the cores; on few of
 * them a thread that looks ahead costs but frames, 10 % of the memory. It would
 * have let veryfast see some frames more than its ten, which are worth 0.1 dB:
 * so they are asked for. */
static void
share_work (GstElement *encoder, const Wish *wish)
{
  if (wish->alone)
    return;
  g_object_set (encoder, "threads", wish->threads, NULL);
  if (g_get_num_processors () > FEW_CORES)
    return;
  g_object_set (encoder, "sync-lookahead", 0, NULL);
  if (g_strcmp0 (wish->speed, "veryfast") == 0)
    g_object_set (encoder, "rc-lookahead", lookahead_of (wish), NULL);
}

/* Our own, in a module that may not be there. */
static void
set_up_vsx264 (GstElement *encoder, const Wish *wish)
{
  const VsRung *rung = wish->rung;

  gst_util_set_object_arg (G_OBJECT (encoder), "speed-preset", wish->speed);
  g_object_set (encoder, "bitrate", kilobits (rung->bitrate), "max-bitrate",
      kilobits (rung->max_bitrate), "buffer", kilobits (rung->buffer),
      "key-int-max", wish->key_interval, "fixed-gop", TRUE, "profile", "high",
      NULL);
  share_work (encoder, wish);
}

/* x264enc (1.22) sets its cap, vbv-maxrate, to its bit rate after it has read
 * the option string: max-bitrate cannot be told to it. */
static void
set_up_x264 (GstElement *encoder, const Wish *wish)
{
  const VsRung *rung = wish->rung;

  gst_util_set_object_arg (G_OBJECT (encoder), "speed-preset", wish->speed);
  g_object_set (encoder, "bitrate", kilobits (rung->bitrate),
      "vbv-buf-capacity",
      (guint) CLAMP (
          (guint64) rung->buffer * 1000 / MAX (1, rung->bitrate), 1, 10000),
      "key-int-max", wish->key_interval, "option-string",
      "scenecut=0:open-gop=0:force-cfr=1", NULL);
  g_object_set (encoder, "threads", wish->threads, NULL);
  /* On few cores a thread for the look-ahead only costs frames: 10 % of the
   * memory for nothing. */
  if (g_get_num_processors () <= FEW_CORES)
    g_object_set (encoder, "sync-lookahead", 0, NULL);
}

static void
set_up_x265 (GstElement *encoder, const Wish *wish)
{
  const VsRung *rung = wish->rung;
  g_autofree gchar *options =
      g_strdup_printf ("scenecut=0:open-gop=0:keyint=%u:min-keyint=%u:"
                       "vbv-maxrate=%u:vbv-bufsize=%u:log-level=error",
          wish->key_interval, wish->key_interval, kilobits (rung->max_bitrate),
          kilobits (rung->buffer));

  gst_util_set_object_arg (G_OBJECT (encoder), "speed-preset", wish->speed);
  g_object_set (encoder, "bitrate", kilobits (rung->bitrate), "key-int-max",
      (gint) wish->key_interval, "option-string", options, NULL);
}

static void
set_up_openh264 (GstElement *encoder, const Wish *wish)
{
  guint rank = speed_rank (wish->speed);

  gst_util_set_object_arg (G_OBJECT (encoder), "complexity",
      rank < 3   ? "low"
      : rank < 6 ? "medium"
                 : "high");
  gst_util_set_object_arg (G_OBJECT (encoder), "rate-control", "bitrate");
  g_object_set (encoder, "bitrate", wish->rung->bitrate, "max-bitrate",
      wish->rung->max_bitrate, "gop-size", wish->key_interval,
      "scene-change-detection", FALSE, NULL);
}

/* av1enc 1.22: the default max-quantizer of 0 overrides every bit rate; asked
 * for key frames, it gives none in real-time use. There "auto" keeps to the
 * distance; in the other use "disabled" does, and "auto" adds scene cuts. */
static void
set_up_av1 (GstElement *encoder, const Wish *wish)
{
  guint rank = speed_rank (wish->speed);
  gboolean realtime = rank < 3;

  gst_util_set_object_arg (G_OBJECT (encoder), "end-usage", "vbr");
  gst_util_set_object_arg (
      G_OBJECT (encoder), "usage-profile", realtime ? "realtime" : "good");
  gst_util_set_object_arg (
      G_OBJECT (encoder), "keyframe-mode", realtime ? "auto" : "disabled");
  g_object_set (encoder, "target-bitrate", kilobits (wish->rung->bitrate),
      "max-quantizer", 63, "keyframe-max-dist", (gint) wish->key_interval,
      "cpu-used", (gint) CLAMP (8 - (gint) rank + 1, 0, 8), "row-mt", TRUE,
      "threads", 2, NULL);
}

static void
set_up_vp9 (GstElement *encoder, const Wish *wish)
{
  guint rank = speed_rank (wish->speed);

  gst_util_set_object_arg (G_OBJECT (encoder), "end-usage", "vbr");
  gst_util_set_object_arg (G_OBJECT (encoder), "keyframe-mode", "disabled");
  g_object_set (encoder, "target-bitrate", (gint) wish->rung->bitrate,
      "deadline", (gint64) (rank < 5 ? 1 : 1000000), "cpu-used",
      (gint) CLAMP (8 - (gint) rank, 0, 8), "row-mt", TRUE, "threads", 2,
      "lag-in-frames", rank < 5 ? 0 : 16, "buffer-size",
      (gint) ((guint64) wish->rung->buffer * 1000 / wish->rung->bitrate), NULL);
}

static const struct {
  VsCodec codec;
  const gchar *factory, *parser, *caps; /* parser, caps: NULL: needs none */
  gboolean asks; /* key frames are asked for, one by one */
  void (*set_up) (GstElement *encoder, const Wish *wish);
} encoders[] = {
  { VS_CODEC_H264, "vsx264enc", NULL, NULL, FALSE, set_up_vsx264 },
  { VS_CODEC_H264, "x264enc", "h264parse", "video/x-h264, profile=high", FALSE,
      set_up_x264 },
  { VS_CODEC_H264, "openh264enc", "h264parse", NULL, TRUE, set_up_openh264 },
  { VS_CODEC_H265, "x265enc", "h265parse", "video/x-h265, profile=main", FALSE,
      set_up_x265 },
  { VS_CODEC_AV1, "av1enc", "av1parse", NULL, FALSE, set_up_av1 },
  { VS_CODEC_VP9, "vp9enc", "vp9parse", NULL, TRUE, set_up_vp9 },
};

static const struct {
  VsCodec codec;
  const gchar *factory, *parser, *bitrate;
  guint delay; /* samples before the first, hidden in the timestamps */
} audio_encoders[] = {
  { VS_CODEC_AAC, "fdkaacenc", "aacparse", "bitrate", 2048 },
  { VS_CODEC_AAC, "avenc_aac", "aacparse", "bitrate", 1024 },
  { VS_CODEC_AAC, "voaacenc", "aacparse", "bitrate", 1600 },
  { VS_CODEC_OPUS, "opusenc", "opusparse", "bitrate", 0 },
};

static void
refuse (GstAbrLadder *self, VsCodec codec, const gchar *tried)
{
  self->failed = TRUE;
  if (tried != NULL)
    gst_element_post_message (GST_ELEMENT (self),
        gst_missing_element_message_new (GST_ELEMENT (self), tried));
  GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN,
      ("There is no encoder for %s; install %s.", vs_codec_name (codec),
          codec == VS_CODEC_H264   ? "gstreamer1.0-plugins-ugly (x264enc)"
          : codec == VS_CODEC_AAC  ? "gstreamer1.0-libav (avenc_aac)"
          : codec == VS_CODEC_OPUS ? "gstreamer1.0-plugins-base (opusenc)"
          : codec == VS_CODEC_VP9  ? "gstreamer1.0-plugins-good (vp9enc)"
                                   : "gstreamer1.0-plugins-bad"),
      ("%s", tried != NULL ? tried : "none of the known ones is there"));
}

static guint
key_interval (const VsRung *rung, GstClockTime gop)
{
  return (guint) MAX (1,
      gst_util_uint64_scale_round (gop, rung->fps_n, rung->fps_d * GST_SECOND));
}

/* The renditions run side by side, so the cores are shared out by pixels:
 * threads that one rendition has too many cost memory and some quality. One
 * that has more than half of the work gets more than its share: all wait for
 * it, and while the thread that feeds it looks ahead, one of x264's has nothing
 * to do. A small one has two: its frames cost little memory, and x264 spends
 * its bits a little better with two (0.01 dB). */
static void
share_cores (GstAbrLadder *self, Wish *wish)
{
  guint cores = g_get_num_processors ();
  guint64 all = 0, own = (guint64) wish->rung->width * wish->rung->height;

  for (guint i = 0; i < self->rungs->rungs->len; i++) {
    const VsRung *other = g_ptr_array_index (self->rungs->rungs, i);

    all += (guint64) other->width * other->height;
  }
  wish->largest = !wish->alone && own * 2 > all;
  wish->threads = (guint) CLAMP ((cores * own + all - 1) / MAX (all, 1), 1, 63);
  if (wish->largest && cores > 1)
    wish->threads += wish->patient ? 2 : 1;
  if (wish->patient && is_small (wish->rung))
    wish->threads = MAX (wish->threads, 2);
}

gboolean
vs_ladder_encoder_make (
    GstAbrLadder *self, const VsRung *rung, VsLadderEncoder *encoder)
{
  VsCodec codec = rung->codec ? rung->codec : self->run.codec;
  Wish wish = { rung, rung->speed ? rung->speed : self->run.speed,
    key_interval (rung, self->run.gop_duration), 1,
    self->rungs->rungs->len == 1, FALSE, self->decode != NULL };
  const gchar *wanted = self->run.encoder;

  share_cores (self, &wish);
  for (guint i = 0; i < G_N_ELEMENTS (encoders); i++) {
    g_autoptr (GstElementFactory) factory = NULL;
    g_autofree gchar *name = NULL;

    if (encoders[i].codec != codec ||
        (wanted != NULL && g_strcmp0 (wanted, encoders[i].factory) != 0))
      continue;
    factory = gst_element_factory_find (encoders[i].factory);
    if (factory == NULL)
      continue;
    name = g_strdup_printf ("encoder-%s", rung->name);
    encoder->element = vs_ladder_add (self, encoders[i].factory, name);
    if (encoder->element == NULL)
      return FALSE;
    encoders[i].set_up (encoder->element, &wish);
    encoder->parser = encoders[i].parser;
    encoder->caps = encoders[i].caps != NULL
                        ? gst_caps_from_string (encoders[i].caps)
                        : NULL;
    encoder->key_interval = encoders[i].asks ? wish.key_interval : 0;
    return TRUE;
  }
  refuse (self, codec, wanted);
  return FALSE;
}

GstElement *
vs_ladder_audio_encoder_make (GstAbrLadder *self, VsCodec codec, guint bitrate,
    const gchar *name, guint *delay, const gchar **parser)
{
  for (guint i = 0; i < G_N_ELEMENTS (audio_encoders); i++) {
    g_autoptr (GstElementFactory) factory = NULL;
    g_autofree gchar *full = NULL;
    GstElement *element;

    if (audio_encoders[i].codec != codec)
      continue;
    factory = gst_element_factory_find (audio_encoders[i].factory);
    if (factory == NULL)
      continue;
    full = g_strdup_printf ("encoder-%s", name);
    element = vs_ladder_add (self, audio_encoders[i].factory, full);
    if (element != NULL)
      g_object_set (element, audio_encoders[i].bitrate, (gint) bitrate, NULL);
    *delay = audio_encoders[i].delay;
    *parser = audio_encoders[i].parser;
    return element;
  }
  refuse (self, codec, NULL);
  return NULL;
}
