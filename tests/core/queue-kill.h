/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * queue-kill: a channel in a process of its own that is killed at random
 * moments, and its successors. The test program is started with
 * --play LOCATION RUN. VS_QUEUE_KILLS sets how often. */
#pragma once

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue-desk.h"

/* Plays items n0, n1 … for ever; a new one is enqueued for each that ends.
 * Writes what has ended, once that is stored. */
static inline int
kill_play (const gchar *location, const gchar *run)
{
  Desk *desk = desk_open (location, run);

  for (;;) {
    const VsQueueAir *air;
    g_autofree gchar *line = NULL;
    guint64 number;

    if (vs_queue_get_length (desk->queue) < 2) {
      guint64 last = 0;
      g_autofree gchar *id = NULL;

      air = vs_queue_get_air (desk->queue);
      if (vs_queue_get_length (desk->queue) > 0)
        last = g_ascii_strtoull (
            vs_queue_get_nth (desk->queue, 0)->id + 1, NULL, 10);
      else if (air != NULL)
        last = g_ascii_strtoull (air->item->id + 1, NULL, 10);
      id = g_strdup_printf ("n%" G_GUINT64_FORMAT, last + 1);
      desk_add (desk, id, G_MAXUINT);
      desk_commit (desk);
      continue;
    }
    air = vs_queue_get_air (desk->queue);
    if (air == NULL) {
      vs_queue_cut (desk->queue, DESK_START);
      continue;
    }
    line = g_strdup_printf ("%s\n", air->item->id);
    vs_queue_end (desk->queue, DESK_START, VS_QUEUE_ENDED);
    number = desk_commit (desk);
    g_assert_true (vs_queue_store_flush (desk->store, DESK_WAIT_US));
    g_assert_true (vs_queue_store_is_stored (desk->store, number));
    if (write (STDOUT_FILENO, line, strlen (line)) < 0)
      return 1;
  }
}

/* Runs it until @n items have ended and some time more, kills it, and checks
 * that it ended @next, @next + 1 …: the last one told may be stored and not
 * be told. Returns what is next now. */
static inline guint64
kill_once (const gchar *program, const gchar *location, guint run, guint n,
    guint64 next)
{
  g_autofree gchar *name = g_strdup_printf ("k%u", run);
  const gchar *argv[] = { program, "--play", location, name, NULL };
  g_autoptr (GError) error = NULL;
  GPid pid;
  gint fd, status;
  FILE *out;
  char line[64];
  guint64 first = 0, last = 0;

  g_spawn_async_with_pipes (NULL, (gchar **) argv, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &fd, NULL, &error);
  g_assert_no_error (error);
  out = fdopen (fd, "r");
  while (fgets (line, sizeof (line), out) != NULL) {
    guint64 number = g_ascii_strtoull (line + 1, NULL, 10);

    if (first == 0) {
      first = number;
      g_assert_true (next == 0 || number == next || number == next + 1);
    } else
      g_assert_cmpuint (number, ==, last + 1);
    last = number;
    if (n > 0 && --n == 0)
      kill (pid, SIGKILL);
  }
  fclose (out);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  return last + 1;
}

static inline void
kill_many (const gchar *program, const gchar *location)
{
  const gchar *count = g_getenv ("VS_QUEUE_KILLS");
  guint n = count != NULL ? (guint) g_ascii_strtoull (count, NULL, 10) : 8;
  guint64 next = 0;

  for (guint i = 0; i < n; i++)
    next = kill_once (
        program, location, i, (guint) g_test_rand_int_range (1, 40), next);
  g_test_message ("killed %u times over %" G_GUINT64_FORMAT " items", n, next);
}
