/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-attempt: one try at one job by one worker, watched.
 *
 * Life: started with a claimed job; the worker's events move the status on,
 * its heartbeats say that it lives, its progress says that it works. A worker
 * without a heartbeat, or without progress, for too long is killed. `ended` is
 * called once, after the process is gone and reaped; then it is freed.
 *
 * Threading: one thread, that of the default main context. An attempt is
 * freed from within `ended` by vs_attempt_free_later () only. */
#pragma once

#include "app/vs-child.h"
#include "app/vs-status.h"
#include "jobs/vs-costs.h"
#include "jobs/vs-job.h"

G_BEGIN_DECLS

typedef struct _VsAttempt VsAttempt;

typedef enum {
  VS_OUTCOME_FINISHED, /* all is published and durable */
  VS_OUTCOME_FAILED,   /* the worker said why */
  VS_OUTCOME_LOST      /* it went without a word, or was killed */
} VsOutcomeKind;

typedef struct {
  VsOutcomeKind kind;
  gint code;      /* VsError, where it failed or was lost */
  gchar *message; /* a sentence */
  VsCost cost;    /* what it took; zeros: not known */
  gdouble wall;   /* seconds */
} VsOutcome;

typedef struct {
  /* START, INPUT, SILENCE, PUBLISH: what the tables are to be asked. */
  void (*event) (VsAttempt *attempt, VsEvent event, gpointer user_data);
  /* It lives; the status may have changed. */
  void (*beat) (VsAttempt *attempt, gpointer user_data);
  void (*ended) (
      VsAttempt *attempt, const VsOutcome *outcome, gpointer user_data);
  /* Each event as it came; or NULL. */
  void (*told) (VsAttempt *attempt, JsonObject *event, gpointer user_data);
} VsAttemptHandlers;

typedef struct {
  const gchar *log_path;
  const VsChildLimits *limits;
  gint64 heartbeat_us; /* silence that is death */
  gint64 hang_us;      /* standstill that is death */
} VsAttemptPlan;

/* Takes @job. @spec: what the worker is given. */
VsAttempt *vs_attempt_start (VsJob *job, const gchar *spec,
    const VsAttemptPlan *plan, const VsAttemptHandlers *handlers,
    gpointer user_data, GError **error);

void vs_attempt_free_later (VsAttempt *self);
void vs_attempt_free (VsAttempt *self); /* kills what is left of it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsAttempt, vs_attempt_free)

VsJob *vs_attempt_get_job (VsAttempt *self);
const VsStatus *vs_attempt_get_status (const VsAttempt *self);
gint vs_attempt_get_pid (const VsAttempt *self);
/* What it has published; all but the last two only grow. */
typedef struct {
  guint64 objects, bytes;
  guint64 gaps, dropped; /* segments that are not there; of them, too late */
  guint64 s3_requests, s3_retries;
  guint64 waiting; /* bytes that the store has not acknowledged */
  gint64 last_us;  /* monotonic: when an object was acknowledged last, or it
                    * was started */
} VsPublished;
VsPublished vs_attempt_get_published (const VsAttempt *self);

VsCost vs_attempt_get_cost (const VsAttempt *self); /* expected */

/* What it takes: as measured, once it has run long enough to be; FALSE: as
 * expected. */
gboolean vs_attempt_weigh (const VsAttempt *self, VsCost *cost);
void vs_attempt_set_cost (VsAttempt *self, VsCost cost);

/* One line of JSON for the worker; FALSE: it takes none. */
gboolean vs_attempt_send (VsAttempt *self, const gchar *line);

/* Asks the worker to close what it publishes; `ended` follows. */
void vs_attempt_stop (VsAttempt *self);

/* Ends it now; @reason becomes the outcome's message. `ended` follows. */
void vs_attempt_kill (VsAttempt *self, const gchar *reason);

G_END_DECLS
