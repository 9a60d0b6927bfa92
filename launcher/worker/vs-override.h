/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-override: [element FACTORY] of a preset: properties set on every element
 * of that factory, wherever in the pipeline it turns up, before it starts.
 *
 * Threading: attached to a pipeline, elements come in from any thread; an
 * error is posted on the pipeline's bus in the VS_ERROR domain. */
#pragma once

#include "core/vs-preset.h"

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _VsOverride VsOverride;

/* @properties (VsPresetProperty) must outlive it. */
VsOverride *vs_override_new (const GPtrArray *properties);
void vs_override_free (VsOverride *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsOverride, vs_override_free)

/* All that can be known before anything is built: names and values, for the
 * factories that are installed. */
gboolean vs_override_check (const VsOverride *self, GError **error);

/* Applies to what is in @pipeline and to all that will be. */
gboolean vs_override_attach (
    VsOverride *self, GstElement *pipeline, GError **error);

/* For every factory that never came: a sentence (gchar *, owned). */
GPtrArray *vs_override_list_unused (VsOverride *self);

G_END_DECLS
