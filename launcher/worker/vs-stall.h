/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-stall: tells a job that has stopped moving from one that is slow. Slow is
 * who works: encoders burn CPU time, downloads and uploads get on. Whose
 * position, objects and CPU time all stand still waits for something that
 * does not come.
 *
 * It counts looks, not hours: a process that was stopped, or a machine that
 * slept, has not looked. No clock and no thread of its own. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  gint64 position;
  guint64 n_objects;
  gint64 cpu_us;
  guint looks; /* in a row, at which nothing had moved */
} VsStall;

/* One look, once a second. TRUE: nothing has moved for @limit looks. */
gboolean vs_stall_look (VsStall *self, gint64 position, guint64 n_objects,
    gint64 cpu_us, guint limit);

/* User and system time of this process. */
gint64 vs_stall_get_cpu (void);

G_END_DECLS
