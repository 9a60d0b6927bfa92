/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-preset: a preset file (GKeyFile) as a checked structure. Pure: text in,
 * structure out; reading the file is the caller's.
 *
 * The groups, keys, their kinds and defaults stand in one table in
 * vs-preset.c, and docs/presets.md is held against that table by a test. */
#pragma once

#include "vs-ladder.h"
#include "vs-presentation.h"

G_BEGIN_DECLS

typedef enum { VS_PRESET_VOD, VS_PRESET_LIVE, VS_PRESET_CHANNEL } VsPresetType;

typedef struct {
  gchar *name;
  VsCodec codec;   /* aac, opus */
  guint bitrate;   /* bit/s */
  guint channels;  /* 0: as the source, at most 2 */
  guint rate;      /* Hz, 0: 48000 */
  gchar *language; /* NULL: the source's */
} VsPresetAudio;

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

  VsLadder *ladder; /* empty: default for the source */
  gboolean video;   /* FALSE: audio only, though the input has video */
  GPtrArray *audio; /* VsPresetAudio; empty: one AAC of 128 kbit/s */

  VsContainer container;
  gint64 segment_us, gop_us, window_us, keep_us;
  VsPresentationType presentation;

  gchar *output_location; /* NULL: none */
  gboolean hls, dash;
  gchar *hls_name, *dash_name;
  gchar *listen; /* HOST:PORT or NULL */

  gchar *launch;         /* [pipeline] launch=, or NULL */
  GPtrArray *properties; /* VsPresetProperty */
} VsPreset;

/* @name stands in errors as the file's name ("vod.ini:12: …"). ${NAME} is
 * looked up with @getenv_func (NULL: none is known); "$$" is a dollar. An
 * unknown group or key is an error that names the line and the nearest known
 * one. */
typedef const gchar *(*VsPresetGetenv) (const gchar *name, gpointer data);
VsPreset *vs_preset_parse (const gchar *text, gsize length, const gchar *name,
    VsPresetGetenv getenv_func, gpointer getenv_data, GError **error);
void vs_preset_free (VsPreset *preset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsPreset, vs_preset_free)

G_END_DECLS
