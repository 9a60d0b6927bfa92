/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-meter: how far a job is, seen at the sink pads of its publisher. A
 * position query says little here: the sinks do not wait for a clock.
 *
 * Threading: made and read in the main thread, written by probes in streaming
 * threads; the lock guards all entries. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _VsMeter VsMeter;

VsMeter *vs_meter_new (GstElement *sink);
void vs_meter_free (VsMeter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsMeter, vs_meter_free)

/* The running time that every stream has reached; none: nothing came yet. */
GstClockTime vs_meter_get_position (VsMeter *self);

G_END_DECLS
