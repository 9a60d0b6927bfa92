/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-costs: what a job of a preset takes on this machine, learned from those
 * that have run. Threading: one thread, that of the database. */
#pragma once

#include "jobs/vs-db.h"

G_BEGIN_DECLS

typedef struct {
  gdouble cores;  /* CPU seconds a second */
  guint64 memory; /* bytes, at the most */
} VsCost;

/* What is to be expected; @guess where nothing is known yet. */
VsCost vs_costs_get (VsDb *db, const gchar *preset, VsCost guess);

/* A job has run: the newest one counts for a third. */
void vs_costs_learn (VsDb *db, const gchar *preset, VsCost seen);

/* What is thought of a preset before it has run here. */
extern const VsCost vs_costs_guess;

void vs_costs_add (VsCost *sum, VsCost cost);

/* Does one more job of @cost fit beside what jobs have @used of @all, and what
 * @others take, who wait for nobody? The first always does: what is too large
 * for the machine would wait for ever. */
gboolean vs_costs_fit (VsCost used, VsCost others, VsCost cost, VsCost all);

G_END_DECLS
