/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-control: commands to a pipeline that runs, and their answers.
 *
 *   {"command": "queue", "id": 7, "order": {…}}   see core/vs-queue-order.h
 *   {"command": "pause", "id": 8}   {"command": "resume", "id": 9}
 *
 * Each is answered once by an event "answer" with its id and either "result",
 * an object, or "code" and "message". The answer to an interrupt, a skip and a
 * return waits for the cut, whose "frame" and "running_time" are in it, but
 * not for longer than a few seconds and not for a cut that is to be made
 * later. Orders that come before the queue's store has loaded are kept, in
 * their order, for a few seconds until it has. Of a channel an event "on_air"
 * tells what it plays, once a second and whenever that changes.
 *
 * Main thread only; the pipeline outlives it. */
#pragma once

#include "worker/vs-report.h"

G_BEGIN_DECLS

typedef struct _VsControl VsControl;

VsControl *vs_control_new (GstElement *pipeline, VsReport *report);
void vs_control_free (VsControl *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsControl, vs_control_free)

/* Without a "command" of ours it is answered as unknown. */
void vs_control_take (VsControl *self, JsonObject *command);

/* An element's message: "vstream-playback" of the queue. */
void vs_control_note (VsControl *self, const GstStructure *message);

/* What is on air, now. */
void vs_control_tell (VsControl *self);

G_END_DECLS
