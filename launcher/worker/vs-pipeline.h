/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-pipeline: one pipeline, from the job to its end.
 *
 * Life: the plan of the job is checked and built; the pipeline goes to
 * PLAYING at once (never through a PAUSED of ours: hlssink2 would miss its
 * EOS); messages become events; EOS, an error or a stop ends it, and `done`
 * is called once. A stop of a live job sends EOS and waits for it, a stop of
 * a VOD job just stops, so that nothing claims to be whole. Main thread only;
 * the streaming threads reach it through the bus. */
#pragma once

#include "core/vs-preset.h"
#include "worker/vs-report.h"

G_BEGIN_DECLS

typedef struct _VsPipeline VsPipeline;

typedef void (*VsPipelineDone) (gboolean ok, gpointer user_data);

/* @preset and @report must outlive it. */
VsPipeline *vs_pipeline_new (const VsPreset *preset, VsReport *report,
    VsPipelineDone done, gpointer user_data);
void vs_pipeline_free (VsPipeline *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsPipeline, vs_pipeline_free)

/* Checks everything and reports the launch line; runs nothing. @plugin_folder
 * is where our plugin is, if GStreamer would not look there by itself. */
gboolean vs_pipeline_check (VsPipeline *self, const gchar *plugin_folder);

/* FALSE: it has not started, and why has been reported. */
gboolean vs_pipeline_start (VsPipeline *self);

void vs_pipeline_stop (VsPipeline *self);

/* Adds what the publisher has come to: members of a heartbeat. */
void vs_pipeline_describe (VsPipeline *self, JsonObject *object);

/* See vs-control.h; one that is not running answers nothing. */
void vs_pipeline_command (VsPipeline *self, JsonObject *command);

G_END_DECLS
