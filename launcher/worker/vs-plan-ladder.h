/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-plan-ladder: abrladder and abrsink of a preset, and how they hang
 * together. */
#pragma once

#include "core/vs-preset.h"
#include "worker/vs-plan.h"

G_BEGIN_DECLS

VsPlanNode *vs_plan_add_ladder (VsPlan *plan, const VsPreset *preset);
VsPlanNode *vs_plan_add_sink (VsPlan *plan, const VsPreset *preset);
void vs_plan_link_ladder (VsPlan *plan, const VsPreset *preset,
    const VsPlanNode *ladder, const VsPlanNode *sink);

G_END_DECLS
