/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-progress: what the user sees while a job runs. On a terminal one line,
 * redrawn in place; elsewhere a plain line every some seconds. Everything
 * that is said meanwhile goes through here, so that it never lands in the
 * middle of that line. Main thread only. */
#pragma once

#include "app/vs-status.h"

G_BEGIN_DECLS

typedef enum { VS_LOG_ERROR, VS_LOG_WARNING, VS_LOG_INFO, VS_LOG_DEBUG } VsLog;

typedef struct _VsProgress VsProgress;

/* "error", "warning", "info", "debug". */
gboolean vs_log_parse (const gchar *text, VsLog *level);

VsProgress *vs_progress_new (VsLog level);
void vs_progress_free (VsProgress *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsProgress, vs_progress_free)

/* Draws the status if it is time for that. */
void vs_progress_update (
    VsProgress *self, const VsStatus *status, gint64 now_us);

/* A line of its own on standard error, if @level is wanted. */
void vs_progress_say (VsProgress *self, VsLog level, const gchar *format, ...)
    G_GNUC_PRINTF (3, 4);

/* The line is finished: what follows starts on a new one. */
void vs_progress_end (VsProgress *self);

/* The pure part: the line for @status, at most @columns wide (0: plain, no
 * bar and no limit). */
gchar *vs_progress_format (
    const VsStatus *status, gint64 now_us, guint columns);

/* "1:05", "1:02:05". */
gchar *vs_progress_format_time (gint64 us);

G_END_DECLS
