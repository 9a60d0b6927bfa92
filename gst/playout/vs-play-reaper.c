/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-reaper.h"

struct _VsPlayReaper {
  GMutex lock;
  GCond cond;
  guint n_jobs;
};

typedef struct {
  VsPlayReaper *reaper;
  void (*job) (gpointer data);
  gpointer data;
} Job;

VsPlayReaper *
vs_play_reaper_new (void)
{
  VsPlayReaper *reaper = g_atomic_rc_box_new0 (VsPlayReaper);

  g_mutex_init (&reaper->lock);
  g_cond_init (&reaper->cond);
  return reaper;
}

VsPlayReaper *
vs_play_reaper_ref (VsPlayReaper *reaper)
{
  return g_atomic_rc_box_acquire (reaper);
}

static void
reaper_clear (gpointer data)
{
  VsPlayReaper *reaper = data;

  g_mutex_clear (&reaper->lock);
  g_cond_clear (&reaper->cond);
}

void
vs_play_reaper_unref (VsPlayReaper *reaper)
{
  g_atomic_rc_box_release_full (reaper, reaper_clear);
}

static gpointer
run_job (gpointer data)
{
  g_autofree Job *job = data;

  job->job (job->data);
  g_mutex_lock (&job->reaper->lock);
  job->reaper->n_jobs--;
  g_cond_broadcast (&job->reaper->cond);
  g_mutex_unlock (&job->reaper->lock);
  vs_play_reaper_unref (job->reaper);
  return NULL;
}

void
vs_play_reaper_run (VsPlayReaper *reaper, const gchar *name,
    void (*job) (gpointer data), gpointer data)
{
  Job *made = g_new (Job, 1);

  *made = (Job){ vs_play_reaper_ref (reaper), job, data };
  g_mutex_lock (&reaper->lock);
  reaper->n_jobs++;
  g_mutex_unlock (&reaper->lock);
  g_thread_unref (g_thread_new (name, run_job, made));
}

guint
vs_play_reaper_count (VsPlayReaper *reaper)
{
  g_mutex_lock (&reaper->lock);
  guint n = reaper->n_jobs;
  g_mutex_unlock (&reaper->lock);
  return n;
}

gboolean
vs_play_reaper_wait (VsPlayReaper *reaper, gint64 timeout_us)
{
  gint64 end = g_get_monotonic_time () + timeout_us;
  gboolean done;

  g_mutex_lock (&reaper->lock);
  while (reaper->n_jobs > 0 &&
         g_cond_wait_until (&reaper->cond, &reaper->lock, end))
    ;
  done = reaper->n_jobs == 0;
  g_mutex_unlock (&reaper->lock);
  return done;
}
