/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-report: the worker's events, one JSON object a line, to the launcher.
 * A line is written whole before the call returns; a launcher that has gone
 * is no error here. Main thread only. */
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _VsReport VsReport;

VsReport *vs_report_new (gint fd);
void vs_report_free (VsReport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsReport, vs_report_free)

/* Adds "event": @name and sends. Takes @members, which may be NULL. */
void vs_report_send (VsReport *self, const gchar *name, JsonObject *members);

/* "info", "warning": one sentence. */
void vs_report_say (VsReport *self, const gchar *name, const gchar *message);

/* @running: something has been published already. */
void vs_report_error (
    VsReport *self, const GError *error, const gchar *detail, gboolean running);

/* An element's message as it is, under its own name. */
void vs_report_structure (VsReport *self, const GstStructure *structure);

G_END_DECLS
