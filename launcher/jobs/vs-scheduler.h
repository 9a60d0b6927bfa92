/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-scheduler: gives jobs to workers.
 *
 * Life: started, it puts back what a crash of the service has left claimed,
 * warms GStreamer's registry up once, and from then on acts on events alone:
 * a job was added or put back, a worker ended, a back-off is over. The best
 * job that waits (vs_job_store_next ()) is started when its measured cost fits
 * beside what runs (jobs, and channels, which wait for nobody); where it does
 * not, it waits, and nothing overtakes it. Stopped, it ends all workers and
 * puts their jobs back, unharmed.
 *
 * Threading: one thread, that of the default main context. */
#pragma once

#include "app/vs-config.h"
#include "jobs/vs-attempt.h"
#include "jobs/vs-folders.h"
#include "jobs/vs-job-store.h"
#include "jobs/vs-outputs.h"
#include "jobs/vs-starter.h"

G_BEGIN_DECLS

typedef struct _VsScheduler VsScheduler;

/* The status of a running job has moved. */
typedef void (*VsProgressed) (VsAttempt *attempt, gpointer user_data);

VsScheduler *vs_scheduler_new (VsJobStore *store, VsFolders *folders,
    VsOutputs *outputs, const VsConfig *config, GError **error);
void vs_scheduler_free (VsScheduler *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsScheduler, vs_scheduler_free)

void vs_scheduler_set_listener (
    VsScheduler *self, VsProgressed progressed, gpointer user_data);

/* Called when workers may be started, by others too; set before the start. */
void vs_scheduler_set_warm (
    VsScheduler *self, void (*warm) (gpointer), gpointer user_data);

/* What else takes of the machine's cores and memory: asked whenever a job may
 * be started; set before the start. */
void vs_scheduler_set_others (
    VsScheduler *self, VsCost (*others) (gpointer), gpointer user_data);
VsCost vs_scheduler_get_others (VsScheduler *self);

VsStarter *vs_scheduler_get_starter (VsScheduler *self);

gboolean vs_scheduler_start (VsScheduler *self, GError **error);

/* Nothing new is started; workers are killed and their jobs put back. @done
 * is called when the last has gone. */
void vs_scheduler_stop (
    VsScheduler *self, void (*done) (gpointer), gpointer user_data);

/* Something may be there to be started. Cheap. */
void vs_scheduler_wake (VsScheduler *self);

/* stop, pause, resume, cancel, retry, as people ask for them. */
gboolean vs_scheduler_command (
    VsScheduler *self, VsJob *job, VsEvent event, GError **error);

/* The running attempt at a job, or NULL. */
VsAttempt *vs_scheduler_find (VsScheduler *self, const gchar *id);

/* All of them, and what they may take. */
GPtrArray *vs_scheduler_get_attempts (VsScheduler *self);
VsCost vs_scheduler_get_used (VsScheduler *self);
VsCost vs_scheduler_get_all (VsScheduler *self);
const gchar *vs_scheduler_get_sandbox (VsScheduler *self);

/* For people who measure: started and lost attempts, seconds waited, and what
 * all attempts, also those that run, have published. */
typedef struct {
  guint64 started, lost, finished, failed;
  gdouble waited; /* seconds in the queue, of all that were started */
  guint64 objects, bytes, gaps, dropped, s3_requests, s3_retries;
} VsSchedulerCounts;
VsSchedulerCounts vs_scheduler_get_counts (VsScheduler *self);

G_END_DECLS
