/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of abrladder share. The threading contract stands in
 * gstabrladder.h. */
#pragma once

#include "core/vs-ladder.h"
#include "ladder/gstabrladder.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_abr_ladder_debug);

typedef struct {
  gchar *name;
  VsCodec codec;   /* VS_CODEC_NONE: the element's audio-codec */
  gboolean copy;   /* as it comes; of all audio renditions or of none */
  guint bitrate;   /* bit/s, 0: the element's audio-bitrate */
  guint channels;  /* 0: stereo */
  guint rate;      /* Hz, 0: 48000 */
  gchar *language; /* the source's track of this language; NULL: the first */
} VsLadderAudio;

typedef struct {
  gchar *name;     /* for people, or NULL: the source's */
  gchar *language; /* the source's track of this language; NULL: the next */
  gboolean is_default, is_forced;
} VsLadderText;

typedef struct {
  VsLadder *ladder; /* no rungs: the default ladder of the source */
  VsCodec codec;
  gchar *encoder; /* factory, or NULL */
  gchar *speed;
  GstClockTime gop_duration;
  VsCodec audio_codec;
  guint audio_bitrate;
  GPtrArray *audio; /* VsLadderAudio; empty: one of the element's settings */
  GPtrArray *text;  /* VsLadderText; empty: all there is, as it is */
  gboolean letterbox;
  gint fps_n, fps_d;
  gboolean autolink;
} VsLadderSettings;

/* One stream of the input: a source pad of the decoder, or a sink ghost pad
 * of ours that still has no target. */
typedef struct {
  GstPad *pad;
  GstCaps *caps;
  gchar *language;
  gchar *title;             /* of text */
  guint orientation;        /* of GstVideoOrientationMethod */
  const VsLadderText *want; /* text, where the run's settings name it */
} VsLadderInput;

/* What one rendition has put out. Counted by its last pad's thread, read by
 * the stats property: atomics. */
typedef struct {
  gchar *name;
  VsMedia media;
  guint bitrate;
  gint frames;
  gint64 bytes;
} VsLadderCount;

struct _GstAbrLadder {
  GstBin parent;

  VsLadderSettings settings; /* object lock */
  gchar *bad_setting;        /* object lock; said at the next start */

  GstPad *sink, *video, *audio;    /* ALWAYS */
  GstPad *raw_video, *raw_audio;   /* request, NULL: not asked for */
  gboolean gave_video, gave_audio; /* peers given back, to ask for again */
  gboolean swapped;                /* audio sits where video was linked */

  /* From READY to PAUSED and back. */
  VsLadderSettings run;
  GstElement *decode;
  GPtrArray *parts;     /* GstElement: what was built, upstream last */
  GPtrArray *linked;    /* GstPad: source pads that autolink made */
  GPtrArray *inputs[3]; /* VsLadderInput, by VsMedia */
  GPtrArray *texts;     /* of inputs: those published; NULL: not chosen yet */
  guint unread_text;    /* tracks that cannot be made text, until it is said */
  GPtrArray *found;     /* gchar: descriptions of what cannot be decoded */
  GPtrArray *counts;    /* VsLadderCount; object lock */
  GstPad *head[2];      /* where the decoder's pads go, by VsMedia */
  GPtrArray *streams;   /* GstPad of demuxers; object lock */
  gint seen[2];         /* streams a demuxer has shown, by VsMedia */
  gchar *first_video;   /* id of the first such stream; object lock */
  VsLadder *rungs;      /* fitted to the source */
  gint fps_n, fps_d;    /* of all before a rendition's own */
  gboolean built, failed;
  gint stopping; /* atomic; what breaks now is no fault of the input */
  /* The picture's head start. */
  GMutex lead_lock;
  GCond lead_cond;
  gboolean lead_over; /* lead_lock, once the branches run */
  /* The two raw inputs' arrival, by VsMedia. */
  GMutex raw_lock;
  gboolean raw_open, raw_ended[2];
  gulong raw_probe[2];
};

/* gstabrladder.c */
VsLadderInput *vs_ladder_input_new (GstPad *pad, GstCaps *caps);

/* vs-ladder-settings.c */
void vs_ladder_settings_init (VsLadderSettings *settings);
void vs_ladder_settings_clear (VsLadderSettings *settings);
/* A copy, made under @lock. */
void vs_ladder_settings_take (
    const VsLadderSettings *from, VsLadderSettings *to, GMutex *lock);
gboolean vs_ladder_settings_set_text (
    VsLadderSettings *settings, const gchar *text, GError **error);
gboolean vs_ladder_settings_set_ladder (
    VsLadderSettings *settings, const GValue *value, GError **error);
void vs_ladder_settings_get_ladder (
    const VsLadderSettings *settings, GValue *value);
gboolean vs_ladder_settings_set_audio (
    VsLadderSettings *settings, const GValue *value, GError **error);
void vs_ladder_settings_get_audio (
    const VsLadderSettings *settings, GValue *value);
void vs_ladder_settings_set_subtitles (
    VsLadderSettings *settings, const GValue *value);
void vs_ladder_settings_get_subtitles (
    const VsLadderSettings *settings, GValue *value);

#define GST_TYPE_ABR_LADDER_CODEC (gst_abr_ladder_codec_get_type ())
GType gst_abr_ladder_codec_get_type (void);
#define GST_TYPE_ABR_LADDER_AUDIO_CODEC (gst_abr_ladder_audio_codec_get_type ())
GType gst_abr_ladder_audio_codec_get_type (void);

/* vs-ladder-build.c: all branches, from self->inputs; at most once a run. */
void vs_ladder_build (GstAbrLadder *self);
void vs_ladder_unbuild (GstAbrLadder *self);
/* The error that says what the input has, and that none of it can be used. */
void vs_ladder_refuse (
    GstAbrLadder *self, const gchar *why, const gchar *debug);

/* Makes an element inside the ladder; NULL, and an error on the bus, where
 * its plugin is missing. */
GstElement *vs_ladder_add (
    GstAbrLadder *self, const gchar *factory, const gchar *name);
GstElement *vs_ladder_adopt (GstAbrLadder *self, GstElement *element);
/* A queue that holds a number of buffers, or a time with a cap in bytes. */
GstElement *vs_ladder_add_queue (
    GstAbrLadder *self, guint buffers, guint64 time, guint bytes);
GstElement *vs_ladder_add_caps (GstAbrLadder *self, GstCaps *caps);
/* Links what is not NULL, in order; the last one or NULL on failure. */
gboolean vs_ladder_link (GstAbrLadder *self, GstElement *const *chain, guint n);
/* Puts @input before @head. */
gboolean vs_ladder_feed (
    GstAbrLadder *self, VsLadderInput *input, GstElement *head);

/* Streams that nobody asked for have to be taken, or the others stop; and a
 * sink would stop in PAUSED, before the others have prerolled. */
void vs_ladder_drop (GstPad *pad);

/* The linked source pads of rendition @index, transfer full; index 0 is the
 * ALWAYS pad as well. */
GPtrArray *vs_ladder_outputs (GstAbrLadder *self, VsMedia media, guint index);
gboolean vs_ladder_is_wanted (GstAbrLadder *self, VsMedia media);
/* Makes @tail the target of all pads of a rendition; sends its tags and
 * name, moves its time by -@delay samples of @rate, counts it. */
gboolean vs_ladder_publish (GstAbrLadder *self, VsMedia media, guint index,
    GstElement *tail, VsLadderCount *count, GstTagList *tags, guint delay,
    guint rate);

/* The peer shows a rendition under its name, where it has a place for it. */
void vs_ladder_label_peer (GstPad *ghost, const gchar *name);

/* vs-ladder-decode.c */
gboolean vs_ladder_decode_start (GstAbrLadder *self);
void vs_ladder_decode_stop (GstAbrLadder *self);
/* TRUE: the message was dealt with, and unreffed. */
gboolean vs_ladder_decode_message (GstAbrLadder *self, GstMessage *message);

/* vs-ladder-errors.c: no error from inside @decode, a decodebin, is lost. */
void vs_ladder_errors_watch (GstElement *decode);

/* vs-ladder-avdec.c: whose buffers libav's decoders in our decodebin decode
 * into, and in how many threads. */
void vs_ladder_avdec_watch (GstAbrLadder *self);

/* vs-ladder-lead.c: before the branches are built; is there sound beside
 * pictures? */
void vs_ladder_lead_begin (GstAbrLadder *self, gboolean wanted);
/* What comes out of @queue is sound that may have to wait. */
void vs_ladder_lead_hold (GstAbrLadder *self, GstElement *queue);
/* A GOP of pictures is out, or there will be none. Any thread. */
void vs_ladder_lead_end (GstAbrLadder *self);

/* vs-ladder-raw.c: FALSE: there is no raw input. */
gboolean vs_ladder_raw_start (GstAbrLadder *self);
void vs_ladder_raw_stop (GstAbrLadder *self);

/* vs-ladder-video.c, vs-ladder-audio.c */
/* What this run makes of @source. */
VsLadder *vs_ladder_video_rungs (GstAbrLadder *self, const VsSource *source);
gboolean vs_ladder_video_fit (GstAbrLadder *self);
gboolean vs_ladder_video_build (GstAbrLadder *self);
guint vs_ladder_audio_count (GstAbrLadder *self);
gboolean vs_ladder_audio_build (GstAbrLadder *self);

/* What a rendition's peers are told: its rates, its language. */
GstTagList *vs_ladder_audio_tags (guint bitrate, const gchar *language);
VsLadderInput *vs_ladder_choose_audio (
    GstAbrLadder *self, const gchar *language);
/* Puts @input before all of @heads (GstElement); none: it is dropped. */
gboolean vs_ladder_feed_all (
    GstAbrLadder *self, VsMedia media, VsLadderInput *input, GPtrArray *heads);

/* vs-ladder-copy.c: are the renditions of @media copied, not encoded? */
gboolean vs_ladder_copies (GstAbrLadder *self, VsMedia media);
/* FALSE: the input's encoding cannot be copied; said. */
gboolean vs_ladder_copy_check (GstAbrLadder *self, VsMedia media);
/* The branch of rendition @index; its first element, or NULL. */
GstElement *vs_ladder_copy_build (GstAbrLadder *self, VsMedia media,
    guint index, const gchar *name, const VsLadderInput *input,
    GstTagList *tags);

/* vs-ladder-text.c */
/* Is it text, or what a parser makes text of? */
gboolean vs_ladder_text_is (GstCaps *caps);
gboolean vs_ladder_text_is_wanted (GstAbrLadder *self);
/* A pad of the decoder: TRUE, it is text that is to be published. */
gboolean vs_ladder_text_take (GstAbrLadder *self, GstPad *pad, GstCaps *caps);
/* Chooses, and says what is left out. */
guint vs_ladder_text_count (GstAbrLadder *self);
gboolean vs_ladder_text_build (GstAbrLadder *self);

/* vs-ladder-encoder.c */
typedef struct {
  GstElement *element;
  const gchar *parser;
  GstCaps *caps;      /* asked of the encoder's output, or NULL */
  guint key_interval; /* frames; 0: the encoder keeps it by itself */
} VsLadderEncoder;

gboolean vs_ladder_encoder_make (
    GstAbrLadder *self, const VsRung *rung, VsLadderEncoder *encoder);
/* @delay: samples that the encoder puts before the first, without saying so
 * in its timestamps. */
GstElement *vs_ladder_audio_encoder_make (GstAbrLadder *self, VsCodec codec,
    guint bitrate, const gchar *name, guint *delay, const gchar **parser);

/* vs-ladder-autolink.c */
void vs_ladder_autolink_pair (GstAbrLadder *self, GstPad *linked);
void vs_ladder_autolink_renditions (
    GstAbrLadder *self, guint n_video, guint n_audio, guint n_text);
/* Would text that there is be linked? */
gboolean vs_ladder_autolink_takes_text (GstAbrLadder *self);
/* An input without video: audio takes the place of video at a peer that only
 * goes by its first pad. */
void vs_ladder_autolink_swap (GstAbrLadder *self);
/* Takes back what autolink_renditions () linked. */
void vs_ladder_autolink_undo (GstAbrLadder *self);
/* Nothing will come on @pad: its peer is released, or gets EOS. */
void vs_ladder_give_back (GstAbrLadder *self, GstPad *pad);

/* A source pad of rendition @index from its template, added. */
GstPad *gst_abr_ladder_add_source (
    GstAbrLadder *self, VsMedia media, guint index);

G_END_DECLS
