/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-preset-keys: the table of what a preset may hold, and how a value of
 * each kind gets into its structure. Part of vs-preset; tests hold the
 * documentation against it. Constant data, so any thread may read. */
#pragma once

#include "vs-ini.h"
#include "vs-preset.h"

G_BEGIN_DECLS

typedef enum {
  VS_KEY_TEXT,      /* gchar * */
  VS_KEY_WORD,      /* gchar *, one of choices */
  VS_KEY_NAME,      /* gchar *, of a file: no folders */
  VS_KEY_LANGUAGE,  /* gchar *, RFC 5646 */
  VS_KEY_ADDRESS,   /* gchar *, HOST:PORT */
  VS_KEY_BITRATE,   /* guint, bit/s */
  VS_KEY_DURATION,  /* gint64, µs */
  VS_KEY_FRAMERATE, /* guint [2] */
  VS_KEY_BOOLEAN,   /* gboolean */
  VS_KEY_CHOICE,    /* gint, one of choices */
  VS_KEY_INTEGER,   /* guint */
  VS_KEY_EVEN       /* guint, even */
} VsKeyKind;

typedef struct {
  const gchar *name; /* NULL ends the list */
  gint value;
} VsKeyChoice;

/* "copy" among the codecs of a rendition */
#define VS_KEY_COPY 1000

typedef struct {
  const gchar *group; /* "hls", or "video NAME": one group a rendition */
  const gchar *key;
  VsKeyKind kind;
  gsize offset;    /* in VsPreset, VsRung, VsPresetAudio or …Text */
  gint64 min, max; /* both 0: any */
  const VsKeyChoice *choices;
  const gchar *initial;   /* what it is when not given, as one would write it */
  const gchar *otherwise; /* in words, where there is no such value */
  const gchar *blurb;
} VsPresetKey;

const VsPresetKey *vs_preset_get_keys (guint *n_keys);
const VsPresetKey *vs_preset_find_key (const gchar *group, const gchar *key);

/* NULL-terminated, to be freed with g_free (). */
const gchar **vs_preset_list_keys (const gchar *group);
const gchar **vs_preset_list_groups (void);

/* What a value may be, in words: "h264, h265, av1 or vp9", "100ms to 60s". */
gchar *vs_preset_key_describe (const VsPresetKey *key);

/* Writes @value into @target; errors say what is expected, not where. */
gboolean vs_preset_key_set (const VsPresetKey *key, gpointer target,
    const gchar *value, GError **error);

/* Sets every key of @group to its initial value. */
void vs_preset_keys_init (const gchar *group, gpointer target);

G_END_DECLS
