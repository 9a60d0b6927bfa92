/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-reach: what an input of the network may lead to. Its playlists come from
 * a stranger and may name anything that GStreamer reads, files of this machine
 * among it, and objects of a store of which the worker has the keys, which
 * would then be published. So the worker of such a job forgets how those are
 * read.
 *
 * Once, after gst_init () and before there is a pipeline; it cannot be undone.
 */
#pragma once

#include "core/vs-preset.h"

G_BEGIN_DECLS

/* How files are read is not forgotten where the job itself reads one: its
 * input, a slate, the items of a queue, what a pipeline that is written out may
 * have. Nor how a store is, where its input, an item or such a pipeline may be
 * an object. What items lead to is limited one by one
 * (playout/vs-play-chain.h). */
void vs_reach_limit (const VsPreset *preset);

G_END_DECLS
