/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-stall: tells a job that has stopped moving from one that is slow. Slow is
 * who works: encoders burn CPU time, downloads and uploads get on. Whose
 * position, objects and CPU time all stand still waits for something that
 * does not come. Who works four times as long and nothing comes of it will not
 * get anywhere either: there are files that are made for that.
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
  guint busy;  /* in a row, at which nothing but CPU time had */
} VsStall;

typedef enum {
  VS_STALL_MOVES,
  VS_STALL_WAITS, /* nothing has moved for @limit looks */
  VS_STALL_BUSY,  /* nothing has come of four times as many */
} VsStallVerdict;

/* One look, once a second. */
VsStallVerdict vs_stall_look (VsStall *self, gint64 position, guint64 n_objects,
    gint64 cpu_us, guint limit);

/* User and system time of this process. */
gint64 vs_stall_get_cpu (void);

G_END_DECLS
