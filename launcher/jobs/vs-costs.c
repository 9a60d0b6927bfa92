/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-costs.h"

#define WEIGHT (1.0 / 3)

/* Half a core more than there is slows nobody down by much, and figures that
 * are measured are never round. */
#define SLACK_CORES 0.5

const VsCost vs_costs_guess = { 1.5, G_GUINT64_CONSTANT (600) * 1024 * 1024 };

VsCost
vs_costs_get (VsDb *db, const gchar *preset, VsCost guess)
{
  VsDbRows *rows = vs_db_query (
      db, "SELECT cores, memory FROM costs WHERE preset = ?", "s", preset);
  VsCost cost = guess;

  if (vs_db_rows_next (rows)) {
    cost.cores = vs_db_rows_double (rows, 0);
    cost.memory = (guint64) vs_db_rows_int (rows, 1);
  }
  (void) vs_db_rows_free (rows, NULL);
  return cost;
}

void
vs_costs_learn (VsDb *db, const gchar *preset, VsCost seen)
{
  VsCost old = vs_costs_get (db, preset, seen);
  gdouble cores = old.cores + (seen.cores - old.cores) * WEIGHT;
  gdouble memory = (gdouble) old.memory +
                   ((gdouble) seen.memory - (gdouble) old.memory) * WEIGHT;

  /* Not knowing better is no failure of the job. */
  (void) vs_db_run (db, NULL,
      "INSERT INTO costs (preset, cores, memory, jobs) VALUES (?1, ?2, ?3, 1) "
      "ON CONFLICT (preset) DO UPDATE SET cores = ?2, memory = ?3, "
      "jobs = jobs + 1",
      "sdi", preset, cores, (gint64) memory);
}

void
vs_costs_add (VsCost *sum, VsCost cost)
{
  sum->cores += cost.cores;
  sum->memory += cost.memory;
}

gboolean
vs_costs_fit (VsCost used, VsCost others, VsCost cost, VsCost all)
{
  if (used.cores <= 0.0 && used.memory == 0)
    return TRUE;
  vs_costs_add (&used, others);
  return used.cores + cost.cores <= all.cores + SLACK_CORES &&
         used.memory + cost.memory <= all.memory;
}
