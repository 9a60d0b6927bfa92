/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties of vsx264enc: installed, written and read. The caller holds
 * what guards the settings. */
#pragma once

#include "x264/vs-x264-param.h"

G_BEGIN_DECLS

void vs_x264_properties_install (GObjectClass *klass);
void vs_x264_properties_init (VsX264Settings *settings);
/* TRUE: it takes effect while the encoder runs. */
gboolean vs_x264_properties_set (
    VsX264Settings *settings, guint id, const GValue *value, gboolean *known);
gboolean vs_x264_properties_get (
    const VsX264Settings *settings, guint id, GValue *value);

G_END_DECLS
