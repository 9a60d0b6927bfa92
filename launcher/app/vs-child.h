/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-child: the worker process of one job.
 *
 * Life: spawned in a process group of its own (so that ctrl-C at the terminal
 * reaches the launcher alone), it is given the job as the first line of its
 * standard input and commands as further lines; its events come back as JSON
 * lines on its standard output, and what its libraries say comes line by line
 * from its standard error. The kernel kills it when the launcher dies, and
 * the end of its input tells it as well. `exited` is called once, after the
 * last event and the last line. Main thread only. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _VsChild VsChild;

/* The first two may be NULL. */
typedef struct {
  void (*event) (JsonObject *event, gpointer user_data);
  void (*text) (const gchar *line, gpointer user_data);
  /* @signum: what killed it, 0 where it ended with @status. */
  void (*exited) (gint status, gint signum, gpointer user_data);
} VsChildHandlers;

/* How a child is held, beyond what is always so; zeros: not at all. With
 * `copies` its job decodes little or nothing, and it loads no decoder ahead;
 * with `link_into` it links the plugins of such jobs into that folder and goes.
 */
typedef struct {
  const gchar *const *wrapper;     /* words before the worker's, or NULL */
  const gchar *const *environment; /* all it gets; NULL: what we have */
  const gchar *folder;             /* where it stands, or NULL */
  gint niceness;
  guint64 max_memory;      /* bytes of address space */
  guint64 max_cpu_seconds; /* of all its threads */
  gboolean copies;
  const gchar *link_into;
} VsChildLimits;

/* Where the worker's program is. */
gchar *vs_child_find_worker (void);

/* Starts a worker under @limits (NULL: none). @job_json NULL: its input ends at
 * once, so it reads its plugins and goes. */
VsChild *vs_child_spawn (const gchar *job_json, const VsChildLimits *limits,
    const VsChildHandlers *handlers, gpointer user_data, GError **error);

/* Of the process we started: with a wrapper, that. 0: it ended at once. */
gint vs_child_get_pid (const VsChild *self);

/* Kills what is left of it. Not to be called from within a handler. */
void vs_child_free (VsChild *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsChild, vs_child_free)

/* One line of JSON to its standard input, which is written when the worker
 * reads. FALSE: it has gone, or too much waits for it. */
gboolean vs_child_send (VsChild *self, const gchar *text);

/* Asks it to end; `exited` follows. */
void vs_child_stop (VsChild *self);

/* Ends it and its children now; `exited` follows. */
void vs_child_kill (VsChild *self);

G_END_DECLS
