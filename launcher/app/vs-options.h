/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-options: the command line, and what it makes of a preset. */
#pragma once

#include "app/vs-exit.h"
#include "app/vs-progress.h"
#include "core/vs-preset.h"

G_BEGIN_DECLS

typedef struct {
  gchar *preset, *input, *output, *serve, *serve_processes;
  gchar *config, *state, *listen; /* of the service */
  gboolean dry_run, version;
  VsLog level;
} VsOptions;

void vs_options_clear (VsOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VsOptions, vs_options_clear)

gboolean vs_options_parse (
    VsOptions *self, gint *argc, gchar ***argv, GError **error);

/* Loads the preset, lays the options over it, makes input and output exact
 * and checks them. @stage says what an error belongs to. */
VsPreset *vs_options_load (
    const VsOptions *self, VsStage *stage, GError **error);

G_END_DECLS
