/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-helpers.h"

#include "core/vs-retry.h"
#include "vs-http-helper.h"
#include "vs-http-pass.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* One that has lived for so long did not fail at its start. */
#define LONG_LIFE_US (10 * G_USEC_PER_SEC)

/* Who is asked and says nothing for so long hangs. */
#define WATCH_S 10

typedef struct {
  VsHttpHelpers *all;
  GPid pid; /* 0: there is none */
  GSocket *channel;
  GSource *heard; /* at the channel */
  GSource *watch; /* asks it whether it is there */
  GSource *again; /* when it is started once more */
  gboolean ready;
  gboolean asked;      /* and not heard since */
  guint64 given, gone; /* connections */
  gint64 since;        /* µs: of its start */
  guint failures;      /* in a row */
} Helper;

struct _VsHttpHelpers {
  VsHttpDoor *door;
  GBytes *settings;
  Helper *each;
  guint count;
};

static gboolean start (Helper *self);

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* Its channel has ended, so it is dead or about to be. What it died of. */
static gint
bury (Helper *self)
{
  gint status = 0;

  clear_source (&self->heard);
  clear_source (&self->watch);
  g_clear_object (&self->channel);
  self->ready = FALSE;
  if (self->pid != 0) {
    (void) kill (self->pid, SIGKILL);
    while (waitpid (self->pid, &status, 0) < 0 && errno == EINTR)
      continue;
  }
  self->pid = 0;
  return status;
}

static gboolean
on_again (gpointer user_data)
{
  Helper *self = user_data;

  clear_source (&self->again);
  (void) start (self);
  return G_SOURCE_REMOVE;
}

static void
start_later (Helper *self)
{
  static const VsRetryPolicy policy = { G_MAXUINT, 200 * 1000,
    10 * G_USEC_PER_SEC };
  gint64 now = g_get_monotonic_time ();
  gint64 pause = 0;

  if (now - self->since >= LONG_LIFE_US)
    self->failures = 0;
  if (self->failures > 0)
    (void) vs_retry_next (
        &policy, self->failures, 0, g_random_double (), &pause);
  self->failures++;
  self->again = g_timeout_source_new ((guint) (pause / 1000));
  g_source_set_callback (self->again, on_again, self, NULL);
  g_source_attach (self->again, g_main_context_get_thread_default ());
}

static void
on_end (Helper *self)
{
  gint status = bury (self);

  if (WIFSIGNALED (status))
    g_printerr ("vstream-launcher: a serving process was ended by signal %d; "
                "another one takes its place.\n",
        WTERMSIG (status));
  else
    g_printerr ("vstream-launcher: a serving process ended with code %d; "
                "another one takes its place.\n",
        WEXITSTATUS (status));
  start_later (self);
}

static gboolean
on_watch (gpointer user_data)
{
  Helper *self = user_data;

  if (self->asked) {
    g_printerr ("vstream-launcher: a serving process has not answered for "
                "%d s; it is ended.\n",
        WATCH_S);
    on_end (self);
    return G_SOURCE_REMOVE;
  }
  /* One whose channel is full is not asked, but not heard either. */
  (void) vs_http_pass_send (
      self->channel, VS_HTTP_PASS_QUESTION, NULL, 0, NULL);
  self->asked = self->ready;
  return G_SOURCE_CONTINUE;
}

static void
note_gone (Helper *self, const GByteArray *data)
{
  self->ready = TRUE;
  if (data->len == sizeof self->gone)
    memcpy (&self->gone, data->data, sizeof self->gone);
}

static gboolean
on_heard (GSocket *channel, GIOCondition condition, gpointer user_data)
{
  Helper *self = user_data;
  g_auto (VsHttpPassed) passed = { 0 };

  if (!vs_http_pass_receive (channel, &passed)) {
    on_end (self);
    return G_SOURCE_REMOVE;
  }
  self->asked = FALSE;
  if (passed.kind == VS_HTTP_PASS_COUNT)
    note_gone (self, passed.data);
  else if (passed.kind == VS_HTTP_PASS_CONNECTION && passed.connection != NULL)
    vs_http_door_take (self->all->door, passed.connection, passed.data->data,
        passed.data->len);
  return G_SOURCE_CONTINUE;
}

/* The same program; after an upgrade, too, when its file is another. */
static gboolean
spawn (Helper *self, GSocket *its, GError **error)
{
  const gchar *argv[] = { "/proc/self/exe", "vstream-launcher", VS_HTTP_HELPER,
    NULL };

  return g_spawn_async_with_pipes_and_fds (NULL, argv, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO, NULL, NULL,
      g_socket_get_fd (its), -1, -1, NULL, NULL, 0, &self->pid, NULL, NULL,
      NULL, error);
}

/* FALSE: not yet, but later. */
static gboolean
start (Helper *self)
{
  GSocket *ends[2] = { NULL, NULL };
  g_autoptr (GError) error = NULL;
  gboolean started = vs_http_pass_pair (ends, &error);
  g_autoptr (GSocket) its = ends[1];
  gsize size;
  gconstpointer settings = g_bytes_get_data (self->all->settings, &size);

  self->channel = ends[0];
  self->since = g_get_monotonic_time ();
  self->given = 0;
  self->gone = 0;
  self->asked = FALSE;
  started = started && spawn (self, its, &error);
  if (!started) {
    g_printerr (
        "vstream-launcher: no further serving process: %s.\n", error->message);
    (void) bury (self);
    start_later (self);
    return FALSE;
  }
  (void) vs_http_pass_send (
      self->channel, VS_HTTP_PASS_SETTINGS, settings, size, NULL);
  self->heard = g_socket_create_source (self->channel, G_IO_IN, NULL);
  g_source_set_callback (self->heard, G_SOURCE_FUNC (on_heard), self, NULL);
  g_source_attach (self->heard, g_main_context_get_thread_default ());
  self->watch = g_timeout_source_new_seconds (WATCH_S);
  g_source_set_callback (self->watch, on_watch, self, NULL);
  g_source_attach (self->watch, g_main_context_get_thread_default ());
  return TRUE;
}

/* TRUE: one of them has it. @inside: how many this process has. */
static gboolean
pass (GSocket *connection, guint inside, gpointer user_data)
{
  VsHttpHelpers *self = user_data;
  guint64 fewest = inside;
  Helper *best = NULL;

  for (guint i = 0; i < self->count; i++) {
    Helper *helper = &self->each[i];

    if (!helper->ready || helper->given - helper->gone > fewest)
      continue;
    best = helper;
    fewest = helper->given - helper->gone;
  }
  if (best == NULL || !vs_http_pass_send (best->channel,
                          VS_HTTP_PASS_CONNECTION, NULL, 0, connection))
    return FALSE;
  best->given++;
  return TRUE;
}

VsHttpHelpers *
vs_http_helpers_new (guint count, GBytes *settings, VsHttpDoor *door)
{
  static const VsHttpDoorHooks hooks = { .pass = pass };
  VsHttpHelpers *self = g_new0 (VsHttpHelpers, 1);

  self->door = door;
  self->settings = g_bytes_ref (settings);
  self->each = g_new0 (Helper, count);
  self->count = count;
  for (guint i = 0; i < count; i++) {
    self->each[i].all = self;
    (void) start (&self->each[i]);
  }
  vs_http_door_set_hooks (door, &hooks, self);
  return self;
}

void
vs_http_helpers_free (VsHttpHelpers *self)
{
  static const VsHttpDoorHooks none = { NULL };

  if (self == NULL)
    return;
  vs_http_door_set_hooks (self->door, &none, NULL);
  for (guint i = 0; i < self->count; i++) {
    clear_source (&self->each[i].again);
    (void) bury (&self->each[i]);
  }
  g_bytes_unref (self->settings);
  g_free (self->each);
  g_free (self);
}
