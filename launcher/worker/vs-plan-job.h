/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-plan-job: which pipeline a preset asks for. */
#pragma once

#include "core/vs-preset.h"
#include "worker/vs-plan.h"

G_BEGIN_DECLS

VsPlan *vs_plan_for_preset (const VsPreset *preset, GError **error);

/* Whether all elements and encoders that @plan and @preset need are there. */
gboolean vs_plan_check (
    const VsPlan *plan, const VsPreset *preset, GError **error);

/* "testsrc:" or "testsrc:?duration=10": the generated clip. */
gboolean vs_plan_is_testsrc (const gchar *uri);

/* Gives a launch pipeline its elements named "input" and "output" what the
 * preset or the command line says. */
gboolean vs_plan_set_ends (
    GstElement *pipeline, const VsPreset *preset, GError **error);

G_END_DECLS
