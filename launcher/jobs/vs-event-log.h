/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-event-log: what has happened, numbered, for listeners that come back and
 * ask what they missed. The last 10,000 are kept. Threading: one thread. */
#pragma once

#include "jobs/vs-db.h"
#include "jobs/vs-job.h"

G_BEGIN_DECLS

/* In a transaction of the caller's; the number, or 0 and @error. @data: JSON,
 * which holds no secret. */
gint64 vs_event_log_add (VsDb *db, const gchar *type, const gchar *owner,
    const gchar *data, GError **error);

/* Writes that @job is now as it is; the number of the event, 0 and @error
 * where it could not be written. */
gint64 vs_event_log_add_job (VsDb *db, const VsJob *job, GError **error);

/* {"id": "job_…", "state": "…", …}, what listeners are told of @job. */
gchar *vs_event_log_describe_job (const VsJob *job);

/* Calls @func for the events after @after, the oldest first, @limit at most. */
typedef void (*VsEventFunc) (
    gint64 id, const gchar *type, const gchar *data, gpointer user_data);
void vs_event_log_read (
    VsDb *db, gint64 after, gint64 limit, VsEventFunc func, gpointer user_data);

/* The number of the last event; 0: none yet. */
gint64 vs_event_log_get_last (VsDb *db);

G_END_DECLS
