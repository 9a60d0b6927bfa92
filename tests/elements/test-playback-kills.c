/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * playbackqueuesrc in a process that is killed by SIGKILL at random moments
 * and started again, with a queue in SQLite and in a real redis-server.
 *
 * The process under test writes each frame that came out, as its marks say,
 * into a pipe: what was written before it died is read here. Four items stand
 * in the queue, and come again when it has run empty, so that the frames of
 * all items can be counted in one row.
 *
 * VS_PLAYBACK_KILLS: how many (3 for each store). */
#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "air-watch.h"
#include "tree.h"

#define N_CLIPS 4
#define LENGTH 50 /* frames of a clip */
#define LONG 300  /* of the one that is joined */
/* The position is stored five times a second; and a busy disk takes its
 * time. */
#define AGAIN_MAX (2 * AIR_FPS)
/* Frames that were given out, and stored as played, but had not left. */
#define LOST_MAX 5
#define LIFE_MAX_US 2500000 /* before a process is killed */
#define LIMIT_US (60 * G_USEC_PER_SEC)

typedef struct {
  gint64 us; /* wall clock */
  gint clip, number;
} Record;

typedef struct {
  GPid pid;
  gint fd;
} Child;

typedef struct {
  guint kills, unseen; /* unseen: killed before the first frame */
  gint64 last;         /* the last frame shown, in the row of all items */
  guint again, lost;   /* most frames after one kill */
} Tally;

static const gchar *self_path;
static gchar *dir;
static gchar *items; /* JSON */
static gchar *long_items;

/* ---- the process that is killed ---- */

static GstPadProbeReturn
write_record (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  AirFrame frame = air_read_frame (info->data);
  Record record = { g_get_real_time (), frame.clip, frame.number };

  if (write (STDOUT_FILENO, &record, sizeof record) != sizeof record)
    _exit (1);
  return GST_PAD_PROBE_OK;
}

/* QUEUE ITEMS RESTART-MODE AS-RUN; ends by being killed. */
static int
play (gchar **args)
{
  AirWatch *watch = air_watch_new (
      "queue", args[0], "items", args[1], "asrun-location", args[3], NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (watch->source, "video");

  gst_util_set_object_arg (G_OBJECT (watch->source), "restart-mode", args[2]);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, write_record, NULL, NULL);
  air_watch_play (watch);
  for (;;)
    gst_message_unref (gst_bus_timed_pop (watch->bus, GST_CLOCK_TIME_NONE));
  return 0;
}

static void
die_with_test (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static Child
start (const gchar *queue, const gchar *list, const gchar *mode)
{
  g_autofree gchar *asrun = g_strdup_printf ("%s/asrun.json", dir);
  const gchar *argv[] = { self_path, "--play", queue, list, mode, asrun, NULL };
  g_autoptr (GError) error = NULL;
  Child child;

  g_spawn_async_with_pipes (NULL, (gchar **) argv, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD, die_with_test, NULL, &child.pid, NULL,
      &child.fd, NULL, &error);
  g_assert_no_error (error);
  return child;
}

/* FALSE: nothing came until @end, or the process is dead. */
static gboolean
read_record (const Child *child, gint64 end, Record *record)
{
  struct pollfd poll_fd = { child->fd, POLLIN, 0 };
  gint64 left = (end - g_get_monotonic_time ()) / 1000;
  gsize got = 0;

  if (left <= 0 || poll (&poll_fd, 1, (gint) left) <= 0)
    return FALSE;
  while (got < sizeof *record) {
    gssize n = read (child->fd, (gchar *) record + got, sizeof *record - got);

    if (n <= 0)
      return FALSE;
    got += n;
  }
  return TRUE;
}

static void
kill_child (Child *child)
{
  gint status;

  g_assert_cmpint (kill (child->pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child->pid, &status, 0), ==, child->pid);
  /* by us, and not by a fault of its own */
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

/* ---- what was seen ---- */

/* Where a frame stands in the row of all items: as near to the last one as its
 * clip can be. */
static gint64
place (gint64 last, const Record *record)
{
  gint64 round = N_CLIPS * LENGTH;
  gint64 at = (record->clip - 1) * LENGTH + record->number;
  gint64 turns = last < 0 ? 0 : (last - at + round / 2) / round;

  return at + MAX (turns, 0) * round;
}

static void
note (Tally *tally, const Record *record, gboolean first)
{
  gint64 at = place (tally->last, record);

  if (record->clip < 1) /* nothing to play yet, or any more */
    return;
  g_assert_cmpint (record->clip, <=, N_CLIPS);
  g_assert_cmpint (record->number, <, LENGTH);
  if (!first) { /* the next, or the same where it was held */
    g_assert_cmpint (at, >=, tally->last);
    g_assert_cmpint (at, <=, tally->last + 1);
  } else {
    if (at != tally->last + 1)
      g_test_message ("frame %" G_GINT64_FORMAT " after %" G_GINT64_FORMAT, at,
          tally->last);
    g_assert_cmpint (at, >=, tally->last + 1 - AGAIN_MAX);
    g_assert_cmpint (at, <=, tally->last + 1 + LOST_MAX);
    tally->again = MAX (tally->again, MAX (tally->last + 1 - at, 0));
    tally->lost = MAX (tally->lost, MAX (at - tally->last - 1, 0));
  }
  tally->last = at;
}

/* Plays until it is killed, at @end or once @until was shown. */
static void
run_once (const gchar *queue, Tally *tally, gint64 end, gint64 until)
{
  Child child = start (queue, items, "resume");
  gboolean seen = FALSE;
  Record record;

  while (read_record (&child, end, &record) && tally->last < until) {
    note (tally, &record, !seen);
    seen = seen || record.clip > 0;
  }
  kill_child (&child);
  while (read_record (&child, g_get_monotonic_time () + LIMIT_US, &record)) {
    note (tally, &record, !seen);
    seen = seen || record.clip > 0;
  }
  close (child.fd);
  tally->unseen += !seen;
}

/* A line for each item, in their order. The line and the queue are written by
 * two threads: where a kill came between, one may be missing or there twice. */
static void
check_asrun (const Tally *tally)
{
  g_autofree gchar *path = g_strdup_printf ("%s/asrun.json", dir);
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  gint last = -1, passed = 0;
  guint off = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    gint n = -1;

    g_assert_nonnull (strstr (lines[i], "\"reason\":\"ended\""));
    g_assert_null (strstr (lines[i], "\"start\":null"));
    g_assert_cmpint (sscanf (lines[i], "{\"id\":\"i%d\"", &n), ==, 1);
    off += n != last + 1;
    last = n;
    passed++;
  }
  g_test_message ("%d lines, %u out of turn", passed, off);
  g_assert_cmpuint (off, <=, tally->kills);
  g_assert_cmpint (
      ABS (passed - (tally->last + 1) / LENGTH), <=, (gint) tally->kills);
  g_unlink (path);
}

static guint
get_n_kills (void)
{
  const gchar *wish = g_getenv ("VS_PLAYBACK_KILLS");

  return wish ? (guint) g_ascii_strtoull (wish, NULL, 10) : 3;
}

static void
kill_often (const gchar *queue)
{
  guint n = get_n_kills ();
  Tally tally = { .last = -1 };
  gint64 until;

  for (; tally.kills < n; tally.kills++)
    run_once (queue, &tally,
        g_get_monotonic_time () + g_test_rand_int_range (50000, LIFE_MAX_US),
        G_MAXINT64);
  /* and to the end of what is on air, and the next */
  until = (tally.last / LENGTH + 1) * LENGTH + 5;
  run_once (queue, &tally, g_get_monotonic_time () + LIMIT_US, until);
  g_assert_cmpint (tally.last, >=, until);
  g_test_message ("%u kills, %u before the first frame; %" G_GINT64_FORMAT
                  " frames; most again %u, most lost %u",
      tally.kills, tally.unseen, tally.last + 1, tally.again, tally.lost);
  check_asrun (&tally);
}

static void
test_sqlite (void)
{
  g_autofree gchar *queue = g_strdup_printf ("sqlite://%s/kills.db", dir);

  kill_often (queue);
}

/* It comes back where it would be by now. */
static void
test_join (void)
{
  g_autofree gchar *queue = g_strdup_printf ("sqlite://%s/join.db", dir);
  gint64 end = g_get_monotonic_time () + LIMIT_US;
  Record last = { 0 }, first = { 0 };
  Child child = start (queue, long_items, "join");
  gint gone;

  /* once it has been stored for the first time */
  while (last.number < AIR_FPS * 3)
    g_assert_true (read_record (&child, end, &last));
  kill_child (&child);
  while (read_record (&child, end, &last))
    ;
  close (child.fd);
  child = start (queue, long_items, "join");
  while (first.clip < 1)
    g_assert_true (read_record (&child, end, &first));
  kill_child (&child);
  close (child.fd);
  gone = (first.us - last.us) * AIR_FPS / G_USEC_PER_SEC;
  g_test_message (
      "frame %d after %d, %d frames later", first.number, last.number, gone);
  g_assert_cmpint (first.clip, ==, N_CLIPS + 1);
  /* what was held on a busy machine makes it earlier, opening takes time */
  g_assert_cmpint (first.number, <=, last.number + gone + AIR_FPS);
  g_assert_cmpint (first.number, >, last.number);
}

static void
test_redis (void)
{
  g_autofree gchar *socket = g_strdup_printf ("%s/redis.sock", dir);
  g_autofree gchar *queue = g_strdup_printf ("redis+unix://%s?key=tv", socket);
  g_autofree gchar *program = g_find_program_in_path ("redis-server");
  const gchar *argv[] = { program, "--port", "0", "--unixsocket", socket,
    "--dir", dir, "--save", "", "--daemonize", "no", NULL };
  g_autoptr (GError) error = NULL;
  char line[512];
  GPid pid;
  gint fd;
  FILE *out;

  if (!program) {
    g_test_skip ("redis-server is not installed");
    return;
  }
  g_spawn_async_with_pipes (NULL, (gchar **) argv, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD, die_with_test, NULL, &pid, NULL, &fd, NULL,
      &error);
  g_assert_no_error (error);
  out = fdopen (fd, "r");
  do
    g_assert_nonnull (fgets (line, sizeof line, out));
  while (!strstr (line, "eady to accept") && !strstr (line, "now ready"));
  kill_often (queue);
  kill (pid, SIGKILL);
  waitpid (pid, NULL, 0);
  fclose (out);
}

/* As many as all runs together can show, and one more round of them. */
static void
make_items (void)
{
  guint n_items = (get_n_kills () * LIFE_MAX_US / G_USEC_PER_SEC * AIR_FPS /
                          LENGTH / N_CLIPS +
                      2) *
                  N_CLIPS;
  GString *list = g_string_new ("[");
  gchar *uris[N_CLIPS];

  for (guint i = 0; i < N_CLIPS; i++) {
    g_autofree gchar *name = g_strdup_printf ("clip%u", i);

    uris[i] = air_make_clip (dir, name, i + 1, LENGTH, TRUE);
  }
  for (guint i = 0; i < n_items; i++)
    g_string_append_printf (list, "%s{\"id\":\"i%u\",\"uri\":\"%s\"}",
        i ? "," : "", i, uris[i % N_CLIPS]);
  for (guint i = 0; i < N_CLIPS; i++)
    g_free (uris[i]);
  items = g_string_free (g_string_append_c (list, ']'), FALSE);
  g_autofree gchar *uri = air_make_clip (dir, "long", N_CLIPS + 1, LONG, TRUE);
  long_items = g_strdup_printf ("[{\"uri\":\"%s\"}]", uri);
}

int
main (int argc, char **argv)
{
  gint code;

  self_path = argv[0];
  gst_init (&argc, &argv);
  if (argc == 6 && g_str_equal (argv[1], "--play"))
    return play (argv + 2);
  g_test_init (&argc, &argv, NULL);
  dir = g_dir_make_tmp ("vs-kills-XXXXXX", NULL);
  g_assert_nonnull (dir);
  make_items ();
  g_test_add_func ("/playback-kills/sqlite", test_sqlite);
  g_test_add_func ("/playback-kills/redis", test_redis);
  g_test_add_func ("/playback-kills/join", test_join);
  code = g_test_run ();
  remove_tree (dir);
  g_free (items);
  g_free (long_items);
  g_free (dir);
  return code;
}
