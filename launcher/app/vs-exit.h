/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-exit: the exit code of the process, chosen here and nowhere else, from
 * the error and the stage in which it came. The numbers are those of
 * sysexits.h; docs/launcher.md lists them. Pure. */
#pragma once

#include "core/vs-error.h"

G_BEGIN_DECLS

typedef enum {
  VS_STAGE_OPTIONS, /* the command line */
  VS_STAGE_PRESET,  /* the preset's text */
  VS_STAGE_SETUP,   /* input, output and elements, before the first frame */
  VS_STAGE_RUN      /* the job runs */
} VsStage;

gint vs_exit_from_error (const GError *error, VsStage stage);

/* A VOD job that was stopped by @signum. */
gint vs_exit_from_signal (gint signum);

/* The names by which errors travel between the processes. */
const gchar *vs_exit_error_name (gint code);
gint vs_exit_error_from_name (const gchar *name); /* unknown: INTERNAL */

G_END_DECLS
