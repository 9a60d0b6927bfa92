/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-reach: what an input of the network may lead to. Its playlists come from
 * a stranger and may name anything that GStreamer reads, files of this machine
 * among it, which would then be published. So the worker of such a job forgets
 * how files are read.
 *
 * Once, after gst_init () and before there is a pipeline; it cannot be undone.
 */
#pragma once

#include "core/vs-preset.h"

G_BEGIN_DECLS

/* Nothing is forgotten where the job itself reads a file: its input, a slate,
 * the items of a queue, what a pipeline that is written out may have. */
void vs_reach_limit (const VsPreset *preset);

G_END_DECLS
