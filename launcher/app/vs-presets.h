/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-presets: where preset files are: a path, or the bare name of one that is
 * installed (VS_PRESET_DIR of the environment, then the data folder). */
#pragma once

#include "core/vs-preset.h"

G_BEGIN_DECLS

/* Reads and parses. @name is what the user gave: "vod", "vod.ini" or a path.
 * VS_ERROR_NO_INPUT where there is no such file; parser errors as they are. */
VsPreset *vs_presets_load (const gchar *name, GError **error);

/* The bare names of the installed presets, sorted. */
gchar **vs_presets_list (void);

G_END_DECLS
