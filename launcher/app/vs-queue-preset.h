/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-queue-preset: what [queue] and [item NAME] of a channel's preset mean on
 * this machine. Main thread only. */
#pragma once

#include "core/vs-preset.h"

G_BEGIN_DECLS

/* File names become addresses, and the items the JSON list that an empty
 * queue begins with. Programmes that are not there are told now: an operator
 * would rather know than see them passed over on air. */
gboolean vs_queue_settle (VsPreset *preset, GError **error);

G_END_DECLS
