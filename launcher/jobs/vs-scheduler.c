/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-scheduler.h"

#include "app/vs-exit.h"
#include "core/vs-id.h"

#include <string.h>
#include <unistd.h>

/* A live job that ran so long before it was lost begins to count anew. */
#define GOOD_RUN_S 60

/* Workers that go with every restart of the service are not its fault; but
 * nothing goes on for ever. */
#define CLAIMS_MAX 1000

#define PAUSE "{\"command\": \"pause\"}"

/* The back-off doubles up to so many times. */
#define DOUBLINGS_MAX 8

struct _VsScheduler {
  VsJobStore *store;
  VsFolders *folders;
  const VsConfig *config;
  VsStarter *starter;
  GHashTable *attempts; /* id → VsAttempt */
  VsCost all;
  GSource *timer; /* the next back-off that is over */
  guint wake_id;
  gboolean warm, stopping;
  void (*on_warm) (gpointer); /* or NULL */
  gpointer warm_data;
  VsCost (*others) (gpointer); /* or NULL */
  gpointer others_data;
  void (*stopped) (gpointer);
  gpointer stopped_data;
  VsProgressed progressed;
  gpointer user_data;
  VsSchedulerCounts counts;
};

static guint64
get_machine_memory (void)
{
  glong pages = sysconf (_SC_PHYS_PAGES);
  glong size = sysconf (_SC_PAGESIZE);

  return pages > 0 && size > 0 ? (guint64) pages * (guint64) size : 0;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs timer_funcs = { NULL, NULL, dispatch, NULL };

static gboolean
on_timer (gpointer user_data)
{
  vs_scheduler_wake (user_data);
  return G_SOURCE_CONTINUE;
}

VsScheduler *
vs_scheduler_new (VsJobStore *store, VsFolders *folders, VsOutputs *outputs,
    const VsConfig *config, GError **error)
{
  g_autoptr (VsScheduler) self = g_new0 (VsScheduler, 1);

  self->store = store;
  self->folders = folders;
  self->config = config;
  self->attempts = g_hash_table_new (g_str_hash, g_str_equal);
  self->all.cores = config->cores ? config->cores : g_get_num_processors ();
  self->all.memory =
      config->memory ? config->memory : get_machine_memory () / 4 * 3;
  self->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, NULL);
  self->starter = vs_starter_new (folders, outputs, config, error);
  return self->starter ? g_steal_pointer (&self) : NULL;
}

void
vs_scheduler_free (VsScheduler *self)
{
  GHashTableIter iter;
  gpointer attempt;

  if (!self)
    return;
  g_clear_handle_id (&self->wake_id, g_source_remove);
  g_source_destroy (self->timer);
  g_source_unref (self->timer);
  g_hash_table_iter_init (&iter, self->attempts);
  while (g_hash_table_iter_next (&iter, NULL, &attempt))
    vs_attempt_free (attempt);
  g_hash_table_unref (self->attempts);
  vs_starter_free (self->starter);
  g_free (self);
}

void
vs_scheduler_set_listener (
    VsScheduler *self, VsProgressed progressed, gpointer user_data)
{
  self->progressed = progressed;
  self->user_data = user_data;
}

void
vs_scheduler_set_warm (
    VsScheduler *self, void (*warm) (gpointer), gpointer user_data)
{
  self->on_warm = warm;
  self->warm_data = user_data;
}

void
vs_scheduler_set_others (
    VsScheduler *self, VsCost (*others) (gpointer), gpointer user_data)
{
  self->others = others;
  self->others_data = user_data;
}

VsCost
vs_scheduler_get_others (VsScheduler *self)
{
  return self->others ? self->others (self->others_data) : (VsCost){ 0 };
}

VsStarter *
vs_scheduler_get_starter (VsScheduler *self)
{
  return self->starter;
}

/* Of one owner, or NULL for all. */
static VsCost
sum_costs (VsScheduler *self, const gchar *owner)
{
  VsCost sum = { 0 };
  GHashTableIter iter;
  gpointer attempt;

  g_hash_table_iter_init (&iter, self->attempts);
  while (g_hash_table_iter_next (&iter, NULL, &attempt))
    if (!owner || g_str_equal (vs_attempt_get_job (attempt)->owner, owner))
      vs_costs_add (&sum, vs_attempt_get_cost (attempt));
  return sum;
}

static gdouble
weigh_owner (const gchar *owner, gpointer user_data)
{
  return sum_costs (user_data, owner).cores;
}

static void
report (const VsJob *job, const GError *error)
{
  g_warning ("%s: %s", job->id, error->message);
}

/* With jitter, so that what failed together does not come back together. */
static gint64
get_retry_time (VsScheduler *self, const VsJob *job)
{
  guint doublings = (guint) CLAMP (job->attempts - 1, 0, DOUBLINGS_MAX);
  gint64 delay = self->config->retry_us << doublings;

  return g_get_real_time () +
         (gint64) ((gdouble) delay * g_random_double_range (0.5, 1.5));
}

/* What the table does not allow here has been overtaken by something else: a
 * cancel, say. Nothing is to be done about it. */
static void
apply (VsScheduler *self, VsJob *job, VsEvent event, const VsJobChange *change)
{
  g_autoptr (GError) error = NULL;

  if (vs_state_next (job->life, job->state, event, NULL) == VS_STATE_ILLEGAL)
    return;
  if (!vs_job_store_apply (self->store, job, event, change, &error))
    report (job, error);
}

static void
on_attempt_event (VsAttempt *attempt, VsEvent event, gpointer user_data)
{
  apply (user_data, vs_attempt_get_job (attempt), event, NULL);
}

static void
renew_lease (VsScheduler *self, VsJob *job)
{
  gint64 now = g_get_real_time ();
  gint64 lease = self->config->lease_us;

  /* A third of it is used up, or the clock has been set. */
  if (job->lease - now < lease * 2 / 3 || job->lease - now > lease)
    (void) vs_job_store_renew (self->store, job, now + lease, NULL);
}

static void
on_attempt_beat (VsAttempt *attempt, gpointer user_data)
{
  VsScheduler *self = user_data;

  renew_lease (self, vs_attempt_get_job (attempt));
  if (self->progressed)
    self->progressed (attempt, self->user_data);
}

static gboolean
may_come_right (gint code)
{
  return code == VS_ERROR_UNAVAILABLE || code == VS_ERROR_INTERNAL ||
         code == VS_ERROR_NO_SPACE;
}

static void
fail_job (VsScheduler *self, VsJob *job, const VsOutcome *outcome)
{
  g_autofree gchar *message = NULL;
  VsJobChange change = { 0 };

  if (outcome->kind == VS_OUTCOME_LOST)
    message = g_strdup_printf (
        "It was tried %d times. %s", job->attempts, outcome->message);
  change.error_code = vs_exit_error_name (outcome->code);
  change.error = message ? message : outcome->message;
  self->counts.failed++;
  apply (self, job, VS_EVENT_FAIL, &change);
}

static void
put_back (VsScheduler *self, VsJob *job, const VsOutcome *outcome)
{
  VsJobChange change = { 0 };

  change.give_back = self->stopping;
  change.ready = self->stopping ? 0 : get_retry_time (self, job);
  change.error_code = vs_exit_error_name (outcome->code);
  change.error = outcome->message;
  if (job->life == VS_LIFE_LIVE && outcome->wall > GOOD_RUN_S)
    job->attempts = 1;
  self->counts.lost++;
  apply (self, job, VS_EVENT_LOSE, &change);
}

static void
finish_job (VsScheduler *self, VsAttempt *attempt, const VsOutcome *outcome)
{
  VsJob *job = vs_attempt_get_job (attempt);
  g_autofree gchar *result = vs_status_to_json (
      vs_attempt_get_status (attempt), g_get_monotonic_time ());
  VsJobChange change = { 0 };

  change.result = result;
  self->counts.finished++;
  apply (self, job, VS_EVENT_FINISH, &change);
  vs_costs_learn (
      vs_job_store_get_db (self->store), job->preset, outcome->cost);
}

static void
judge (VsScheduler *self, VsAttempt *attempt, const VsOutcome *outcome)
{
  VsJob *job = vs_attempt_get_job (attempt);
  gboolean again =
      outcome->kind == VS_OUTCOME_LOST || may_come_right (outcome->code);

  /* Canceled meanwhile, or canceled and queued again: not held any more. */
  if (vs_state_next (job->life, job->state, VS_EVENT_LOSE, NULL) ==
      VS_STATE_ILLEGAL)
    return;
  if (outcome->kind == VS_OUTCOME_FINISHED)
    finish_job (self, attempt, outcome);
  else if (self->stopping ||
           (again && job->attempts < (gint) self->config->attempts &&
               job->token < CLAIMS_MAX))
    put_back (self, job, outcome);
  else
    fail_job (self, job, outcome);
}

static void
add_published (VsSchedulerCounts *sum, const VsAttempt *attempt)
{
  VsPublished published = vs_attempt_get_published (attempt);

  sum->objects += published.objects;
  sum->bytes += published.bytes;
  sum->gaps += published.gaps;
  sum->dropped += published.dropped;
  sum->s3_requests += published.s3_requests;
  sum->s3_retries += published.s3_retries;
}

static void
on_attempt_ended (
    VsAttempt *attempt, const VsOutcome *outcome, gpointer user_data)
{
  VsScheduler *self = user_data;
  VsJob *job = vs_attempt_get_job (attempt);
  gboolean keep;

  judge (self, attempt, outcome);
  add_published (&self->counts, attempt);
  keep = job->state == VS_STATE_SUCCEEDED || job->life == VS_LIFE_LIVE;
  vs_starter_tidy (self->starter, job, keep);
  g_hash_table_remove (self->attempts, job->id);
  vs_attempt_free_later (attempt);
  if (self->stopping && g_hash_table_size (self->attempts) == 0)
    self->stopped (self->stopped_data);
  else
    vs_scheduler_wake (self);
}

/* Paused under its last worker, a job is so under the next from its first
 * picture on. */
static void
hold (VsScheduler *self, VsAttempt *attempt)
{
  VsJob *job = vs_attempt_get_job (attempt);

  if (!job->held)
    return;
  (void) vs_attempt_send (attempt, PAUSE);
  apply (self, job, VS_EVENT_PAUSE, NULL);
}

static void
start_attempt (VsScheduler *self, VsJob *job, VsCost cost)
{
  static const VsAttemptHandlers handlers = { on_attempt_event, on_attempt_beat,
    on_attempt_ended };
  g_autoptr (GError) error = NULL;
  g_autofree gchar *id = g_strdup (job->id);
  VsAttempt *attempt =
      vs_starter_start (self->starter, job, &handlers, self, &error);
  g_autoptr (VsJob) again = NULL;
  VsOutcome outcome = { VS_OUTCOME_FAILED, 0, NULL, { 0 }, 0 };

  if (attempt) {
    vs_attempt_set_cost (attempt, cost);
    g_hash_table_insert (
        self->attempts, vs_attempt_get_job (attempt)->id, attempt);
    hold (self, attempt);
    return;
  }
  again = vs_job_store_get (self->store, id, NULL);
  if (!again)
    return;
  outcome.code = error->code;
  outcome.message = error->message;
  if (may_come_right (error->code) &&
      again->attempts < (gint) self->config->attempts)
    put_back (self, again, &outcome);
  else
    fail_job (self, again, &outcome);
  vs_starter_tidy (self->starter, again, again->life == VS_LIFE_LIVE);
}

/* FALSE: nothing waits, or there is no room for it. */
static gboolean
start_next (VsScheduler *self)
{
  gint64 now = g_get_real_time ();
  g_autoptr (VsJob) job =
      vs_job_store_next (self->store, now, weigh_owner, self);
  g_autoptr (GError) error = NULL;
  VsJobChange change = { 0 };
  VsCost cost;

  /* Canceled and queued again: its old worker is still on its way out. */
  if (!job || vs_scheduler_find (self, job->id))
    return FALSE;
  cost = vs_costs_get (
      vs_job_store_get_db (self->store), job->preset, vs_costs_guess);
  if (!vs_costs_fit (sum_costs (self, NULL), vs_scheduler_get_others (self),
          cost, self->all))
    return FALSE;
  change.lease = now + self->config->lease_us;
  if (!vs_job_store_apply (self->store, job, VS_EVENT_CLAIM, &change, &error)) {
    report (job, error);
    return FALSE;
  }
  self->counts.started++;
  self->counts.waited +=
      (gdouble) (now - MAX (job->created, job->ready)) / G_USEC_PER_SEC;
  start_attempt (self, g_steal_pointer (&job), cost);
  return TRUE;
}

static gboolean
has_room (VsScheduler *self)
{
  guint running = g_hash_table_size (self->attempts);

  return self->warm && !self->stopping &&
         (self->config->max_jobs == 0 || running < self->config->max_jobs);
}

static gboolean
on_wake (gpointer user_data)
{
  VsScheduler *self = user_data;
  gint64 now = g_get_real_time ();
  gint64 ready;

  self->wake_id = 0;
  while (has_room (self) && start_next (self))
    continue;
  ready = vs_job_store_next_ready (self->store, now);
  if (ready > 0 && !self->stopping)
    g_source_set_ready_time (
        self->timer, g_get_monotonic_time () + MAX (ready - now, 0) + 1000);
  return G_SOURCE_REMOVE;
}

void
vs_scheduler_wake (VsScheduler *self)
{
  if (self->wake_id == 0)
    self->wake_id = g_idle_add (on_wake, self);
}

static void
on_ready (gpointer user_data)
{
  VsScheduler *self = user_data;

  self->warm = TRUE;
  vs_scheduler_wake (self);
  if (self->on_warm && !self->stopping)
    self->on_warm (self->warm_data);
}

/* What a service before us held when it died. Its workers died with it; their
 * tokens are worth nothing any more. */
static void
recover (VsScheduler *self, VsJob *job)
{
  static const gchar REASON[] = "The service was restarted.";
  VsJobChange change = { 0 };

  change.give_back = TRUE;
  change.error_code = vs_exit_error_name (VS_ERROR_UNAVAILABLE);
  change.error = REASON;
  vs_starter_tidy (self->starter, job, job->life == VS_LIFE_LIVE);
  apply (self, job, VS_EVENT_LOSE, &change);
}

/* Media of no job, or of one that did not come to an end: a crash came between
 * the end of a worker and the broom. */
static void
check_media (const gchar *name, gpointer user_data)
{
  VsScheduler *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VsJob) job = vs_job_store_get (self->store, name, &error);
  g_autofree gchar *log = g_strconcat (name, ".log", NULL);

  if (vs_id_check (name, "channel")) /* vs-channels.c knows which are left */
    return;
  if (job ? job->life == VS_LIFE_LIVE || job->state == VS_STATE_SUCCEEDED
          : !g_error_matches (error, VS_ERROR, VS_ERROR_NOT_FOUND))
    return;
  vs_folders_discard (self->folders, "media", name);
  if (!job)
    vs_folders_discard (self->folders, "logs", log);
}

gboolean
vs_scheduler_start (VsScheduler *self, GError **error)
{
  g_autoptr (GPtrArray) claimed =
      vs_job_store_list_claimed (self->store, error);

  if (!claimed)
    return FALSE;
  for (guint i = 0; i < claimed->len; i++)
    recover (self, claimed->pdata[i]);
  vs_folders_each (self->folders, "media", check_media, self);
  vs_starter_warm_up (self->starter, on_ready, self);
  return TRUE;
}

void
vs_scheduler_stop (
    VsScheduler *self, void (*done) (gpointer), gpointer user_data)
{
  GHashTableIter iter;
  gpointer attempt;

  self->stopping = TRUE;
  self->stopped = done;
  self->stopped_data = user_data;
  if (g_hash_table_size (self->attempts) == 0) {
    done (user_data);
    return;
  }
  g_hash_table_iter_init (&iter, self->attempts);
  while (g_hash_table_iter_next (&iter, NULL, &attempt))
    vs_attempt_kill (attempt, "The service is being stopped.");
}

gboolean
vs_scheduler_command (
    VsScheduler *self, VsJob *job, VsEvent event, GError **error)
{
  VsAttempt *attempt = vs_scheduler_find (self, job->id);
  VsJob *held = attempt ? vs_attempt_get_job (attempt) : job;
  VsJobChange change = { 0 };

  if (!vs_job_store_apply (self->store, held, event, &change, error))
    return FALSE;
  if (attempt && event == VS_EVENT_STOP)
    vs_attempt_stop (attempt);
  else if (attempt && event == VS_EVENT_PAUSE)
    (void) vs_attempt_send (attempt, PAUSE);
  else if (attempt && event == VS_EVENT_RESUME)
    (void) vs_attempt_send (attempt, "{\"command\": \"resume\"}");
  else if (attempt && vs_state_is_final (held->life, held->state))
    vs_attempt_kill (attempt, "The job was canceled.");
  job->state = held->state;
  job->finished = held->finished;
  vs_scheduler_wake (self);
  return TRUE;
}

VsAttempt *
vs_scheduler_find (VsScheduler *self, const gchar *id)
{
  return g_hash_table_lookup (self->attempts, id);
}

GPtrArray *
vs_scheduler_get_attempts (VsScheduler *self)
{
  GPtrArray *attempts = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer attempt;

  g_hash_table_iter_init (&iter, self->attempts);
  while (g_hash_table_iter_next (&iter, NULL, &attempt))
    g_ptr_array_add (attempts, attempt);
  return attempts;
}

VsCost
vs_scheduler_get_used (VsScheduler *self)
{
  return sum_costs (self, NULL);
}

VsCost
vs_scheduler_get_all (VsScheduler *self)
{
  return self->all;
}

const gchar *
vs_scheduler_get_sandbox (VsScheduler *self)
{
  return vs_starter_get_sandbox (self->starter);
}

VsSchedulerCounts
vs_scheduler_get_counts (VsScheduler *self)
{
  VsSchedulerCounts counts = self->counts;
  GHashTableIter iter;
  gpointer attempt;

  g_hash_table_iter_init (&iter, self->attempts);
  while (g_hash_table_iter_next (&iter, NULL, &attempt))
    add_published (&counts, attempt);
  return counts;
}
