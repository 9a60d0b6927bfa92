/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-outputs.h"

#include "core/vs-id.h"
#include "app/vs-location.h"
#include "core/vs-retry.h"
#include "jobs/vs-sweep.h"

#include <gio/gio.h>
#include <string.h>

/* Until then all that a killed worker had sent has arrived. */
#define SETTLE_US (60 * G_USEC_PER_SEC)

static const VsRetryPolicy retries = { G_MAXUINT, 5 * G_USEC_PER_SEC,
  G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC };

struct _VsOutputs {
  VsJobStore *jobs;
  VsDb *db;
  VsFolders *folders;
  const gchar *location; /* "s3://…", or NULL: the media folder */
  VsSweep *sweep;
  gchar *peers;
  gchar *swept; /* the place under way, or NULL */
  GSource *timer;
  gboolean failing; /* and it has been said */
};

/* "s3://bucket/prefix?…" and "JOB/N". Who writes there is named by the place:
 * what comes after a lost worker need not wait until its lease has run out. */
static gchar *
join (const gchar *location, const gchar *place)
{
  gsize length = strcspn (location, "?");
  g_autofree gchar *head = g_strndup (location, length);

  while (g_str_has_suffix (head, "/"))
    head[strlen (head) - 1] = '\0';
  return g_strconcat (head, "/", place, location[length] ? "" : "?",
      location + length, location[length] ? "&" : "", "lease-owner=", place,
      NULL);
}

static void
report (const GError *error)
{
  g_warning ("What is to be removed cannot be written down: %s",
      error ? error->message : "?");
}

/* Sweeping ---------------------------------------------------------------- */

static void sweep_next (VsOutputs *self);

static gboolean
find_due (VsOutputs *self, gchar **place, gint64 *due)
{
  VsDbRows *rows = vs_db_query (self->db,
      "SELECT place, due FROM outputs WHERE due > 0 ORDER BY due LIMIT 1", "");
  gboolean found = vs_db_rows_next (rows);

  if (found) {
    *place = g_strdup (vs_db_rows_text (rows, 0));
    *due = vs_db_rows_int (rows, 1);
  }
  (void) vs_db_rows_free (rows, NULL);
  return found;
}

static void
note_failure (VsOutputs *self, const GError *error)
{
  VsDbRows *rows = vs_db_query (self->db,
      "SELECT failures FROM outputs WHERE place = ?", "s", self->swept);
  gint64 failures = vs_db_rows_next (rows) ? vs_db_rows_int (rows, 0) : 0;
  gint64 pause = 0;

  (void) vs_db_rows_free (rows, NULL);
  if (!self->failing)
    g_warning (
        "Objects cannot be removed, and are tried again: %s", error->message);
  self->failing = TRUE;
  (void) vs_retry_next (
      &retries, (guint) MIN (failures + 1, 64), 0, g_random_double (), &pause);
  (void) vs_db_run (self->db, NULL,
      "UPDATE outputs SET failures = failures + 1, due = ? WHERE place = ?",
      "is", g_get_real_time () + pause, self->swept);
}

static void
on_swept (const GError *error, gpointer user_data)
{
  VsOutputs *self = user_data;

  if (error) {
    note_failure (self, error);
  } else {
    self->failing = FALSE;
    (void) vs_db_run (self->db, NULL,
        "DELETE FROM outputs WHERE place = ? AND rounds > 0", "s", self->swept);
    (void) vs_db_run (self->db, NULL,
        "UPDATE outputs SET rounds = rounds + 1, failures = 0, due = ? WHERE "
        "place = ?",
        "is", g_get_real_time () + SETTLE_US, self->swept);
  }
  g_clear_pointer (&self->swept, g_free);
  sweep_next (self);
}

static void
sweep_next (VsOutputs *self)
{
  g_autofree gchar *place = NULL;
  gint64 now = g_get_real_time ();
  gint64 due = 0;

  if (!self->sweep || self->swept || !find_due (self, &place, &due))
    return;
  if (due > now) {
    g_source_set_ready_time (self->timer,
        g_get_monotonic_time () + MIN (due - now, retries.most_us));
    return;
  }
  self->swept = g_steal_pointer (&place);
  vs_sweep_start (self->sweep, self->swept, on_swept, self);
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
  sweep_next (user_data);
  return G_SOURCE_CONTINUE;
}

/* Places ------------------------------------------------------------------ */

gboolean
vs_outputs_is_remote (const VsOutputs *self)
{
  return self->location != NULL;
}

const gchar *
vs_outputs_get_location (const VsOutputs *self)
{
  return self->location;
}

const gchar *
vs_outputs_get_peers (const VsOutputs *self)
{
  return self->peers;
}

gchar *
vs_outputs_make (VsOutputs *self, const gchar *place, GError **error)
{
  if (!self->location)
    return vs_folders_make (self->folders, "media", place, error);
  if (!vs_db_run (self->db, error,
          "INSERT OR REPLACE INTO outputs (place, due, rounds, failures) "
          "VALUES (?, 0, 0, 0)",
          "s", place))
    return NULL;
  return join (self->location, place);
}

void
vs_outputs_keep (VsOutputs *self, const gchar *place)
{
  g_autoptr (GError) error = NULL;

  if (self->location && !vs_db_run (self->db, &error,
                            "DELETE FROM outputs WHERE place = ?", "s", place))
    report (error);
}

/* What was made before the service had a bucket is in the folder. */
void
vs_outputs_discard (VsOutputs *self, const gchar *place)
{
  g_autoptr (GError) error = NULL;

  vs_folders_discard (self->folders, "media", place);
  if (!self->location)
    return;
  if (!vs_db_run (self->db, &error,
          "INSERT OR REPLACE INTO outputs (place, due, rounds, failures) "
          "VALUES (?, ?, 0, 0)",
          "si", place, g_get_real_time ()))
    report (error);
  sweep_next (self);
}

gboolean
vs_outputs_doom (VsOutputs *self, const gchar *job, GError **error)
{
  return !self->location ||
         vs_db_run (self->db, error,
             "INSERT OR REPLACE INTO outputs (place, due, rounds, failures) "
             "VALUES (?, 0, 0, 0)",
             "s", job);
}

/* Start ------------------------------------------------------------------- */

/* A channel's place is its own as long as it is known. */
static gboolean
has_channel (VsOutputs *self, const gchar *id)
{
  VsDbRows *rows =
      vs_db_query (self->db, "SELECT id FROM channels WHERE id = ?", "s", id);
  gboolean there = vs_db_rows_next (rows);

  return !vs_db_rows_free (rows, NULL) || there;
}

/* Is what is at @place of a job that is there, and whole or alive? What cannot
 * be asked is. */
static gboolean
is_wanted (VsOutputs *self, const gchar *place)
{
  gsize length = strcspn (place, "/");
  g_autofree gchar *id = g_strndup (place, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (VsJob) job = vs_job_store_get (self->jobs, id, &error);
  g_autofree gchar *kept = job ? vs_job_get_folder (job) : NULL;

  if (vs_id_check (id, "channel"))
    return has_channel (self, id);
  if (!job)
    return !g_error_matches (error, VS_ERROR, VS_ERROR_NOT_FOUND);
  if (place[length] == '\0')
    return TRUE;
  return g_str_equal (kept, place) &&
         (job->life == VS_LIFE_LIVE || job->state == VS_STATE_SUCCEEDED);
}

static void
reconcile (VsOutputs *self)
{
  g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (g_free);
  VsDbRows *rows =
      vs_db_query (self->db, "SELECT place FROM outputs WHERE due = 0", "");

  while (vs_db_rows_next (rows))
    g_ptr_array_add (places, g_strdup (vs_db_rows_text (rows, 0)));
  (void) vs_db_rows_free (rows, NULL);
  for (guint i = 0; i < places->len; i++) {
    const gchar *place = places->pdata[i];

    if (is_wanted (self, place))
      vs_outputs_keep (self, place);
    else
      vs_outputs_discard (self, place);
  }
}

VsOutputs *
vs_outputs_new (VsJobStore *jobs, VsFolders *folders, const VsConfig *config,
    GError **error)
{
  g_autoptr (VsOutputs) self = g_new0 (VsOutputs, 1);

  self->jobs = jobs;
  self->db = vs_job_store_get_db (jobs);
  self->folders = folders;
  self->peers = g_strdup ("");
  if (!config->output)
    return g_steal_pointer (&self);
  if (!vs_location_is_s3 (config->output)) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "[output] location: “%s” is not s3://bucket/prefix; without it media "
        "is in the state folder.",
        config->output);
    return NULL;
  }
  self->sweep = vs_sweep_new (config->output, error);
  if (!self->sweep) {
    g_prefix_error (error, "[output] location: ");
    return NULL;
  }
  self->location = config->output;
  g_free (self->peers);
  self->peers = vs_sweep_dup_peers (self->sweep);
  self->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, NULL);
  reconcile (self);
  sweep_next (self);
  return g_steal_pointer (&self);
}

void
vs_outputs_free (VsOutputs *self)
{
  if (!self)
    return;
  vs_sweep_free (self->sweep);
  if (self->timer) {
    g_source_destroy (self->timer);
    g_source_unref (self->timer);
  }
  g_free (self->swept);
  g_free (self->peers);
  g_free (self);
}
