/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-job: one job as the store knows it. Plain data of the thread that got
 * it: a copy, which vs_job_store_apply () keeps in step with the store. */
#pragma once

#include "core/vs-state.h"

G_BEGIN_DECLS

#define VS_JOB_PREFIX "job"
#define VS_JOB_PRIORITY_MAX 100
#define VS_JOB_PRIORITY_DEFAULT 50

typedef struct {
  gint64 seq;
  gchar *id;
  VsLife life; /* VS_LIFE_VOD or VS_LIFE_LIVE */
  VsState state;
  gchar *owner;
  gint priority;
  gchar *preset, *input, *spec;
  gchar *asset; /* or NULL */
  gint attempts;
  gboolean held; /* paused by somebody, whichever worker has it */
  gint64 token;
  gint64 lease, ready, created, started, finished; /* µs since 1970 */
  gchar *error_code, *error;
  gchar *result; /* JSON object, or NULL */
} VsJob;

void vs_job_free (VsJob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsJob, vs_job_free)

/* A new id of this moment. */
gchar *vs_job_make_id (const gchar *prefix);

/* Below the media folder, where the attempt with this token publishes. A live
 * job goes on at one place; of a VOD job each attempt has its own, so that a
 * worker that was given up cannot write over its successor. */
gchar *vs_job_get_folder (const VsJob *self);

G_END_DECLS
