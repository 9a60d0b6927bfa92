/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-stall.h"

#include <sys/resource.h>

/* Heartbeats and waits with a limit cost a millisecond or two in a second. */
#define AT_WORK_US (20 * 1000)

/* So much longer may work take of which nothing comes. */
#define BUSY_FACTOR 4

VsStallVerdict
vs_stall_look (VsStall *self, gint64 position, guint64 n_objects, gint64 cpu_us,
    guint limit)
{
  gboolean moved = position != self->position || n_objects != self->n_objects;
  gboolean worked = cpu_us - self->cpu_us >= AT_WORK_US;

  self->position = position;
  self->n_objects = n_objects;
  self->cpu_us = cpu_us;
  self->looks = moved || worked ? 0 : self->looks + 1;
  self->busy = moved ? 0 : self->busy + 1;
  if (self->looks >= limit)
    return VS_STALL_WAITS;
  return self->busy / BUSY_FACTOR >= limit ? VS_STALL_BUSY : VS_STALL_MOVES;
}

gint64
vs_stall_get_cpu (void)
{
  struct rusage usage = { .ru_utime = { 0, 0 } };

  (void) getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC +
         usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}
