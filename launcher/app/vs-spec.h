/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-spec: a job as the launcher hands it to the worker: the checked preset,
 * with the command line's overrides in it, as one line of JSON. Both ways
 * stand on the same tables, so nothing is written that is not read. Pure. */
#pragma once

#include "core/vs-preset.h"

G_BEGIN_DECLS

/* @check: only check and describe, run nothing. */
gchar *vs_spec_to_json (const VsPreset *preset, gboolean check);
VsPreset *vs_spec_from_json (
    const gchar *text, gboolean *check, GError **error);

G_END_DECLS
