/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-job-store: jobs, durable.
 *
 * Life of a job in it: added as queued; claimed, which gives a fencing token
 * and a lease; changed by events under that token until it ends; removed.
 * vs_job_store_apply () alone changes a state, by the tables of
 * core/vs-state.h, and writes the event for listeners in the same
 * transaction. A change under an old token changes nothing and is an error.
 *
 * Threading: one thread, that of the database. Listeners are told after the
 * commit, from within the call. */
#pragma once

#include "jobs/vs-db.h"
#include "jobs/vs-job.h"

G_BEGIN_DECLS

typedef struct _VsJobStore VsJobStore;

/* What else an event brings; zeros and NULLs leave things as they are. */
typedef struct {
  gint64 lease;       /* with CLAIM */
  gint64 ready;       /* with LOSE and RETRY: not before */
  gboolean give_back; /* with LOSE: it was not the job's fault */
  const gchar *error_code, *error;
  const gchar *result;
} VsJobChange;

/* @event_id: its number in the stream of events. */
typedef void (*VsJobChanged) (
    const VsJob *job, VsState before, gint64 event_id, gpointer user_data);

VsJobStore *vs_job_store_new (VsDb *db);
void vs_job_store_free (VsJobStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsJobStore, vs_job_store_free)

VsDb *vs_job_store_get_db (VsJobStore *self);
void vs_job_store_set_listener (
    VsJobStore *self, VsJobChanged changed, gpointer user_data);

/* What else is written in the transaction that adds a job. */
typedef gboolean (*VsJobExtra) (
    VsDb *db, const VsJob *job, gpointer user_data, GError **error);

/* Fills in state and created. @extra: or NULL. */
gboolean vs_job_store_add (VsJobStore *self, VsJob *job, VsJobExtra extra,
    gpointer user_data, GError **error);

/* NULL and VS_ERROR_NOT_FOUND where there is none. */
VsJob *vs_job_store_get (VsJobStore *self, const gchar *id, GError **error);

gboolean vs_job_store_apply (VsJobStore *self, VsJob *job, VsEvent event,
    const VsJobChange *change, GError **error);

/* Moves the end of a claim. */
gboolean vs_job_store_renew (
    VsJobStore *self, VsJob *job, gint64 lease, GError **error);

/* Forgets a job that does nothing any more. */
gboolean vs_job_store_remove (VsJobStore *self, VsJob *job, GError **error);

typedef struct {
  VsState state;      /* ILLEGAL: all */
  const gchar *owner; /* NULL: all */
  const gchar *after; /* an id: only older ones */
  guint limit;
} VsJobFilter;

/* VsJob, the newest first. */
GPtrArray *vs_job_store_list (
    VsJobStore *self, const VsJobFilter *filter, GError **error);

/* VsJob of all that hold a claim. */
GPtrArray *vs_job_store_list_claimed (VsJobStore *self, GError **error);

/* The best job to be claimed at @now: of the highest priority, of the owner
 * for whom @weigh says the least, the oldest. NULL: none. */
typedef gdouble (*VsOwnerWeight) (const gchar *owner, gpointer user_data);
VsJob *vs_job_store_next (
    VsJobStore *self, gint64 now, VsOwnerWeight weigh, gpointer user_data);

/* When the next job that waits out a back-off may be claimed; 0: none. */
gint64 vs_job_store_next_ready (VsJobStore *self, gint64 now);

/* How many are in @state. */
gint64 vs_job_store_count (VsJobStore *self, VsState state);

G_END_DECLS
