/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-preset: a preset file (GKeyFile) as a checked structure. Pure: text in,
 * structure out; reading the file is the caller's.
 *
 * Life: parsed once, then read only, so any thread may read it.
 *
 * The groups, keys, their kinds and defaults stand in one table in
 * vs-preset-keys.c, and docs/presets.md is held against that table by a
 * test. */
#pragma once

#include "vs-ladder.h"
#include "vs-presentation.h"

G_BEGIN_DECLS

/* More serve nobody better: what takes load is a cache before it. */
#define VS_PRESET_PROCESSES_MAX 64

typedef enum { VS_PRESET_VOD, VS_PRESET_LIVE, VS_PRESET_CHANNEL } VsPresetType;

typedef struct {
  gchar *name;
  VsCodec codec;   /* aac, opus */
  gboolean copy;   /* pass the encoded stream on as it is */
  guint bitrate;   /* bit/s */
  guint channels;  /* 0: as the source, at most 2 */
  guint rate;      /* Hz, 0: 48000 */
  gchar *language; /* NULL: the source's */
} VsPresetAudio;

typedef struct {
  gchar *name;
  gchar *language; /* NULL: the input's next track */
  gboolean is_default, is_forced;
} VsPresetText;

/* [item NAME]: what an empty queue of a channel begins with. Times of 0 were
 * not given. */
typedef struct {
  gchar *name, *uri, *title;
  gint64 in_us, out_us, duration_us;
  gboolean loop;
  gchar *ad, *ad_scte35; /* or NULL */
  gint64 ad_duration_us; /* or 0 */
} VsPresetItem;

/* [element FACTORY] KEY=VALUE: a property of any element, last word. */
typedef struct {
  gchar *factory, *property, *value;
  guint line;
} VsPresetProperty;

typedef struct {
  VsPresetType type;

  gchar *input_uri; /* NULL: none */
  gint64 input_timeout_us;
  gchar *slate;   /* "black", "bars" or the path of a picture */
  gint64 hold_us; /* how long the last picture is held, then slate */

  /* Of a channel alone. */
  gchar *queue_location, *queue_filler, *queue_slate, *queue_asrun;
  gchar *queue_assets; /* the service's folder of media; no key */
  gchar *queue_cut, *queue_resume, *queue_restart; /* as the element says */
  gboolean queue_normalize;
  gchar *queue_transition; /* as the element says; NULL: not said */
  gint64 queue_transition_us;
  GPtrArray *items;   /* VsPresetItem */
  gchar *queue_items; /* the same as a JSON list, or NULL: none */

  VsLadder *ladder; /* empty: default for the source */
  gboolean video;   /* FALSE: audio only, though the input has video */
  VsCodec codec;    /* of rungs that name none */
  gchar *encoder;   /* factory name, or NULL: the best that is there */
  gchar *speed;     /* encoder-preset of rungs that name none */

  gboolean with_audio; /* FALSE: video only, though the input has audio */
  GPtrArray *audio;    /* VsPresetAudio, at least one */

  GPtrArray *text; /* VsPresetText; empty: all that the input has */

  VsContainer container;
  gint64 segment_us, gop_us; /* segment_us is a multiple of gop_us */
  gint64 window_us, keep_us; /* window_us 0: all is listed */
  VsPresentationType presentation;
  gchar *discontinuity, *hls_ad_markers; /* words, or NULL: not said */
  gboolean dash_ad_markers;

  gchar *output_location; /* NULL: none */
  gboolean poster;        /* a picture of it beside the manifests */

  /* Where s3:// leads, of input and output; NULL: not said. */
  gchar *s3_endpoint, *s3_region, *s3_addressing, *s3_profile, *s3_ca_file;

  gboolean hls, dash;
  gchar *hls_name, *dash_name;
  gchar *listen;      /* HOST:PORT or NULL */
  gchar *serve_store; /* "proxy", "redirect" or NULL */
  guint serve_processes;
  gchar *serve_control; /* "local", "open", "off" or NULL */

  /* [pipeline] launch=, or NULL. Of the rest only type, input_uri,
   * output_location, s3_…, listen, serve_… and properties mean
   * anything beside it. */
  gchar *launch;
  GPtrArray *properties; /* VsPresetProperty */
} VsPreset;

/* @name stands in errors as the file's name ("vod.ini:12: …"). ${NAME} is
 * looked up with @getenv_func (NULL: none is known); "$$" is a dollar. An
 * unknown group or key is an error that names the line and the nearest known
 * one; a bad value names line, key, value and what is expected.
 *
 * In launch= what takes the place of ${NAME} is escaped, so that it is one
 * word of the pipeline whatever it holds; no quotes stand around it there. */
typedef const gchar *(*VsPresetGetenv) (const gchar *name, gpointer data);
VsPreset *vs_preset_parse (const gchar *text, gsize length, const gchar *name,
    VsPresetGetenv getenv_func, gpointer getenv_data, GError **error);
void vs_preset_free (VsPreset *preset);

/* All that it asks for by name is passed on as it is. */
gboolean vs_preset_copies (const VsPreset *preset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsPreset, vs_preset_free)

G_END_DECLS
