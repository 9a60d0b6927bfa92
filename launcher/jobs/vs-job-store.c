/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-job-store.h"

#include "jobs/vs-asset-store.h"
#include "jobs/vs-event-log.h"
#include "jobs/vs-hook-store.h"

#include <string.h>

#define COLUMNS                                                                \
  "seq, id, life, state, owner, priority, preset, input, spec, asset, "        \
  "attempts, token, lease, ready, created, started, finished, error_code, "    \
  "error, result, held"

/* Both wait for a worker. */
#define WAITING "state IN ('queued', 'recovering')"
#define CLAIMED                                                                \
  "state IN ('assigned', 'running', 'publishing', 'streaming', 'paused', "     \
  "'stopping')"

struct _VsJobStore {
  VsDb *db;
  VsJobChanged changed;
  gpointer user_data;
};

VsJobStore *
vs_job_store_new (VsDb *db)
{
  VsJobStore *self = g_new0 (VsJobStore, 1);

  self->db = db;
  return self;
}

void
vs_job_store_free (VsJobStore *self)
{
  g_free (self);
}

VsDb *
vs_job_store_get_db (VsJobStore *self)
{
  return self->db;
}

void
vs_job_store_set_listener (
    VsJobStore *self, VsJobChanged changed, gpointer user_data)
{
  self->changed = changed;
  self->user_data = user_data;
}

static VsJob *
read_job (VsDbRows *rows)
{
  VsJob *job = g_new0 (VsJob, 1);

  job->seq = vs_db_rows_int (rows, 0);
  job->id = g_strdup (vs_db_rows_text (rows, 1));
  job->life = vs_db_rows_int (rows, 2) == 1 ? VS_LIFE_LIVE : VS_LIFE_VOD;
  job->state = vs_state_from_name (vs_db_rows_text (rows, 3));
  job->owner = g_strdup (vs_db_rows_text (rows, 4));
  job->priority = (gint) vs_db_rows_int (rows, 5);
  job->preset = g_strdup (vs_db_rows_text (rows, 6));
  job->input = g_strdup (vs_db_rows_text (rows, 7));
  job->spec = g_strdup (vs_db_rows_text (rows, 8));
  job->asset = g_strdup (vs_db_rows_text (rows, 9));
  job->attempts = (gint) vs_db_rows_int (rows, 10);
  job->token = vs_db_rows_int (rows, 11);
  job->lease = vs_db_rows_int (rows, 12);
  job->ready = vs_db_rows_int (rows, 13);
  job->created = vs_db_rows_int (rows, 14);
  job->started = vs_db_rows_int (rows, 15);
  job->finished = vs_db_rows_int (rows, 16);
  job->error_code = g_strdup (vs_db_rows_text (rows, 17));
  job->error = g_strdup (vs_db_rows_text (rows, 18));
  job->result = g_strdup (vs_db_rows_text (rows, 19));
  job->held = vs_db_rows_int (rows, 20) != 0;
  return job;
}

static VsJob *
read_one (VsDbRows *rows, GError **error)
{
  g_autoptr (VsJob) job = vs_db_rows_next (rows) ? read_job (rows) : NULL;

  return vs_db_rows_free (rows, error) ? g_steal_pointer (&job) : NULL;
}

static GPtrArray *
read_all (VsDbRows *rows, GError **error)
{
  g_autoptr (GPtrArray) jobs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_job_free);

  while (vs_db_rows_next (rows))
    g_ptr_array_add (jobs, read_job (rows));
  return vs_db_rows_free (rows, error) ? g_steal_pointer (&jobs) : NULL;
}

static gboolean
insert (VsJobStore *self, VsJob *job, GError **error)
{
  return vs_db_run (self->db, error,
      "INSERT INTO jobs (id, life, state, owner, priority, preset, input, "
      "spec, asset, attempts, token, lease, ready, created, started, finished) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?, 0, 0)",
      "sississssi", job->id, (gint64) (job->life == VS_LIFE_LIVE),
      vs_state_name (job->state), job->owner, (gint64) job->priority,
      job->preset, job->input, job->spec, job->asset, job->created);
}

static void
tell (VsJobStore *self, const VsJob *job, VsState before, gint64 event_id)
{
  if (self->changed)
    self->changed (job, before, event_id, self->user_data);
}

static gboolean
insert_all (VsJobStore *self, VsJob *job, VsJobExtra extra, gpointer user_data,
    gint64 *event_id, GError **error)
{
  if (!insert (self, job, error))
    return FALSE;
  if (extra && !extra (self->db, job, user_data, error))
    return FALSE;
  *event_id = vs_event_log_add_job (self->db, job, error);
  return *event_id != 0 && vs_hook_store_tell_job (self->db, job, error);
}

gboolean
vs_job_store_add (VsJobStore *self, VsJob *job, VsJobExtra extra,
    gpointer user_data, GError **error)
{
  gint64 event_id = 0;

  job->created = g_get_real_time ();
  job->state = VS_STATE_QUEUED;
  if (!vs_db_begin (self->db, error))
    return FALSE;
  if (!insert_all (self, job, extra, user_data, &event_id, error)) {
    vs_db_rollback (self->db);
    return FALSE;
  }
  if (!vs_db_commit (self->db, error))
    return FALSE;
  tell (self, job, VS_STATE_ILLEGAL, event_id);
  return TRUE;
}

VsJob *
vs_job_store_get (VsJobStore *self, const gchar *id, GError **error)
{
  g_autoptr (GError) reason = NULL;
  VsJob *job =
      read_one (vs_db_query (self->db,
                    "SELECT " COLUMNS " FROM jobs WHERE id = ?", "s", id),
          &reason);

  if (reason)
    g_propagate_error (error, g_steal_pointer (&reason));
  else if (!job)
    g_set_error_literal (
        error, VS_ERROR, VS_ERROR_NOT_FOUND, "There is no such job.");
  return job;
}

static void
replace (gchar **field, const gchar *value)
{
  gchar *copy = g_strdup (value);

  g_free (*field);
  *field = copy;
}

static gboolean
is_claimed (VsState state)
{
  return state == VS_STATE_ASSIGNED || state == VS_STATE_RUNNING ||
         state == VS_STATE_PUBLISHING || state == VS_STATE_STREAMING ||
         state == VS_STATE_PAUSED || state == VS_STATE_STOPPING;
}

/* What an event does to the fields of a job, beside its state. */
static void
change_fields (VsJob *job, VsEvent event, const VsJobChange *change)
{
  gint64 now = g_get_real_time ();

  if (event == VS_EVENT_CLAIM) {
    job->token++;
    job->attempts++;
    job->lease = change->lease;
    job->started = now;
    job->finished = 0;
  } else if (!is_claimed (job->state)) {
    job->lease = 0;
  }
  if (event == VS_EVENT_PAUSE)
    job->held = TRUE;
  else if (event == VS_EVENT_RESUME || event == VS_EVENT_RETRY)
    job->held = FALSE;
  if (event == VS_EVENT_RETRY) {
    job->attempts = 0;
    job->finished = 0;
    replace (&job->error_code, NULL);
    replace (&job->error, NULL);
    replace (&job->result, NULL);
  }
  if (event == VS_EVENT_LOSE && change->give_back && job->attempts > 0)
    job->attempts--;
  if (event == VS_EVENT_LOSE || event == VS_EVENT_RETRY)
    job->ready = change->ready;
  if (vs_state_is_final (job->life, job->state) && job->finished == 0)
    job->finished = now;
  if (change->error) {
    replace (&job->error_code, change->error_code);
    replace (&job->error, change->error);
  } else if (event == VS_EVENT_FINISH) {
    replace (&job->error_code, NULL);
    replace (&job->error, NULL);
  }
  if (change->result)
    replace (&job->result, change->result);
}

/* Under the token and in the state that the caller has seen, or not at all. */
static gboolean
update (VsJobStore *self, const VsJob *job, VsState before, gint64 token,
    GError **error)
{
  if (!vs_db_run (self->db, error,
          "UPDATE jobs SET state = ?, attempts = ?, token = ?, lease = ?, "
          "ready = ?, started = ?, finished = ?, error_code = ?, error = ?, "
          "result = ?, held = ? WHERE id = ? AND state = ? AND token = ?",
          "siiiiiisssissi", vs_state_name (job->state), (gint64) job->attempts,
          job->token, job->lease, job->ready, job->started, job->finished,
          job->error_code, job->error, job->result, (gint64) job->held, job->id,
          vs_state_name (before), token))
    return FALSE;
  if (vs_db_get_changes (self->db) == 1)
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_UNAVAILABLE,
      "The job %s has been changed meanwhile.", job->id);
  return FALSE;
}

static gboolean
write_change (VsJobStore *self, const VsJob *job, VsState before, gint64 token,
    gint64 *event_id, GError **error)
{
  if (!vs_db_begin (self->db, error))
    return FALSE;
  if (update (self, job, before, token, error) &&
      vs_asset_store_follow (self->db, job, error)) {
    *event_id = vs_event_log_add_job (self->db, job, error);
    if (*event_id != 0 && vs_hook_store_tell_job (self->db, job, error))
      return vs_db_commit (self->db, error);
  }
  vs_db_rollback (self->db);
  return FALSE;
}

/* The copy of the caller is what the store has, whatever became of it. */
static void
reread (VsJobStore *self, VsJob *job)
{
  g_autoptr (VsJob) fresh = vs_job_store_get (self, job->id, NULL);
  VsJob old;

  if (!fresh)
    return;
  old = *job;
  *job = *fresh;
  *fresh = old;
}

gboolean
vs_job_store_apply (VsJobStore *self, VsJob *job, VsEvent event,
    const VsJobChange *change, GError **error)
{
  static const VsJobChange nothing = { 0 };
  VsState before = job->state;
  VsState next = vs_state_next (job->life, before, event, error);
  gint64 token = job->token;
  gint64 event_id = 0;

  if (next == VS_STATE_ILLEGAL)
    return FALSE;
  if (next == before && event != VS_EVENT_CLAIM &&
      !(event == VS_EVENT_RESUME && job->held))
    return TRUE; /* asked for twice: nothing to write */
  job->state = next;
  change_fields (job, event, change ? change : &nothing);
  if (!write_change (self, job, before, token, &event_id, error)) {
    reread (self, job);
    return FALSE;
  }
  tell (self, job, before, event_id);
  return TRUE;
}

gboolean
vs_job_store_renew (VsJobStore *self, VsJob *job, gint64 lease, GError **error)
{
  if (!vs_db_run (self->db, error,
          "UPDATE jobs SET lease = ? WHERE id = ? AND token = ?", "isi", lease,
          job->id, job->token))
    return FALSE;
  job->lease = lease;
  return TRUE;
}

gboolean
vs_job_store_remove (VsJobStore *self, VsJob *job, GError **error)
{
  if (vs_state_next (job->life, job->state, VS_EVENT_REMOVE, error) ==
      VS_STATE_ILLEGAL)
    return FALSE;
  return vs_db_run (self->db, error,
      "DELETE FROM jobs WHERE id = ? AND token = ?", "si", job->id, job->token);
}

GPtrArray *
vs_job_store_list (VsJobStore *self, const VsJobFilter *filter, GError **error)
{
  const gchar *state =
      filter->state == VS_STATE_ILLEGAL ? NULL : vs_state_name (filter->state);

  return read_all (
      vs_db_query (self->db,
          "SELECT " COLUMNS " FROM jobs WHERE (?1 IS NULL OR state = ?1) "
          "AND (?2 IS NULL OR owner = ?2) AND (?3 IS NULL OR id < ?3) "
          "ORDER BY id DESC LIMIT ?4",
          "sssi", state, filter->owner, filter->after, (gint64) filter->limit),
      error);
}

GPtrArray *
vs_job_store_list_claimed (VsJobStore *self, GError **error)
{
  return read_all (
      vs_db_query (self->db,
          "SELECT " COLUMNS " FROM jobs WHERE " CLAIMED " ORDER BY seq", ""),
      error);
}

/* The owner of the highest priority's jobs with the least weight. */
static gchar *
choose_owner (VsJobStore *self, gint64 now, gint64 *priority,
    VsOwnerWeight weigh, gpointer user_data)
{
  g_autofree gchar *best = NULL;
  gdouble least = G_MAXDOUBLE;
  VsDbRows *rows = vs_db_query (self->db,
      "SELECT owner, priority FROM jobs WHERE " WAITING " AND ready <= ?1 AND "
      "priority = (SELECT max (priority) FROM jobs WHERE " WAITING
      " AND ready <= ?1) GROUP BY owner ORDER BY min (seq)",
      "i", now);

  while (vs_db_rows_next (rows)) {
    const gchar *owner = vs_db_rows_text (rows, 0);
    gdouble weight = weigh ? weigh (owner, user_data) : 0.0;

    if (best && weight >= least)
      continue;
    least = weight;
    *priority = vs_db_rows_int (rows, 1);
    g_free (best);
    best = g_strdup (owner);
  }
  (void) vs_db_rows_free (rows, NULL);
  return g_steal_pointer (&best);
}

VsJob *
vs_job_store_next (
    VsJobStore *self, gint64 now, VsOwnerWeight weigh, gpointer user_data)
{
  gint64 priority = 0;
  g_autofree gchar *owner =
      choose_owner (self, now, &priority, weigh, user_data);

  if (!owner)
    return NULL;
  return read_one (
      vs_db_query (self->db,
          "SELECT " COLUMNS " FROM jobs WHERE " WAITING
          " AND priority = ? AND owner = ? AND ready <= ? ORDER BY seq LIMIT 1",
          "isi", priority, owner, now),
      NULL);
}

static gint64
read_int (VsDbRows *rows)
{
  gint64 value = vs_db_rows_next (rows) ? vs_db_rows_int (rows, 0) : 0;

  (void) vs_db_rows_free (rows, NULL);
  return value;
}

gint64
vs_job_store_next_ready (VsJobStore *self, gint64 now)
{
  return read_int (vs_db_query (self->db,
      "SELECT min (ready) FROM jobs WHERE " WAITING " AND ready > ?", "i",
      now));
}

gint64
vs_job_store_count (VsJobStore *self, VsState state)
{
  return read_int (
      vs_db_query (self->db, "SELECT count (*) FROM jobs WHERE state = ?", "s",
          vs_state_name (state)));
}
