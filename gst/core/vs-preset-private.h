/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-preset-private: between the files of vs-preset alone. */
#pragma once

#include "vs-ini.h"
#include "vs-preset-keys.h"
#include "vs-preset.h"

G_BEGIN_DECLS

/* Whether the values of @preset, read from @ini, go together; fills in those
 * that follow from others. */
gboolean vs_preset_check (const VsIni *ini, VsPreset *preset, GError **error);

G_END_DECLS
