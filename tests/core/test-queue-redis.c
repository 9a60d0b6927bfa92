/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A queue in a real redis-server, which is started here on a unix socket, and
 * killed, stopped and emptied. What a person would do with
 * redis-cli is done with it. */
#include "core/vs-error.h"
#include "queue-desk.h"
#include "queue-kill.h"

#include <glib/gstdio.h>
#include <sys/prctl.h>

static gchar *self_path;

typedef struct {
  gchar *folder, *socket, *location;
  GPid pid;
  Desk *desk;
} Server;

/* ---- the server ---- */

static gchar *
cli (Server *server, const gchar *first, ...)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  gchar *out = NULL;
  va_list args;

  g_ptr_array_add (argv, (gpointer) "redis-cli");
  g_ptr_array_add (argv, (gpointer) "-s");
  g_ptr_array_add (argv, server->socket);
  va_start (args, first);
  for (const gchar *word = first; word != NULL;
       word = va_arg (args, const gchar *))
    g_ptr_array_add (argv, (gpointer) word);
  va_end (args);
  g_ptr_array_add (argv, NULL);
  g_spawn_sync (NULL, (gchar **) argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL,
      NULL, &out, NULL, NULL, &error);
  g_assert_no_error (error);
  return g_strstrip (out);
}

#define CLI(server, ...) g_free (cli (server, __VA_ARGS__, NULL))

static void
die_with_test (gpointer data)
{
  /* a test that crashes leaves no server behind */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* Returns when it listens: it says so on its standard output. */
static void
start (Server *server)
{
  const gchar *argv[] = { "redis-server", "--port", "0", "--unixsocket",
    server->socket, "--dir", server->folder, "--save", "", "--appendonly",
    "yes", "--appendfsync", "always", "--daemonize", "no", NULL };
  g_autoptr (GError) error = NULL;
  char line[512];
  gint fd;
  FILE *out;

  g_spawn_async_with_pipes (NULL, (gchar **) argv, NULL,
      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, die_with_test, NULL,
      &server->pid, NULL, &fd, NULL, &error);
  g_assert_no_error (error);
  out = fdopen (fd, "r");
  while (fgets (line, sizeof (line), out) != NULL &&
         strstr (line, "eady to accept connections") == NULL &&
         strstr (line, "now ready to accept") == NULL)
    ;
  g_assert_false (feof (out));
  fclose (out);
}

static void
stop (Server *server)
{
  if (server->pid == 0)
    return;
  kill (server->pid, SIGKILL);
  waitpid (server->pid, NULL, 0);
  server->pid = 0;
}

static void
remove_folder (const gchar *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *inner = g_build_filename (path, name, NULL);

    if (g_file_test (inner, G_FILE_TEST_IS_DIR))
      remove_folder (inner);
    else
      g_unlink (inner);
  }
  g_rmdir (path);
}

static void
set_up (Server *server, gconstpointer data)
{
  server->folder = g_dir_make_tmp ("vs-redis-XXXXXX", NULL);
  server->socket = g_build_filename (server->folder, "redis.sock", NULL);
  server->location = g_strdup_printf ("redis+unix://%s?key=tv", server->socket);
  start (server);
}

static void
tear_down (Server *server, gconstpointer data)
{
  if (server->desk != NULL)
    desk_close (server->desk);
  stop (server);
  remove_folder (server->folder);
  g_free (server->folder);
  g_free (server->socket);
  g_free (server->location);
}

/* A channel with a on air and b and c behind it, all of it stored. */
static Desk *
open_with_three (Server *server)
{
  Desk *desk = desk_open (server->location, "r1");

  desk_add (desk, "a", 0);
  desk_add (desk, "b", 1);
  desk_add (desk, "c", 2);
  g_assert_true (vs_queue_cut (desk->queue, DESK_START));
  vs_queue_set_position (desk->queue, 42, 7);
  desk_flush (desk);
  server->desk = desk;
  return desk;
}

static void
reopen (Server *server, const gchar *run)
{
  desk_close (server->desk);
  server->desk = desk_open (server->location, run);
}

static void
assert_length (Server *server, const gchar *expected)
{
  g_autofree gchar *length = cli (server, "LLEN", "tv", NULL);

  g_assert_cmpstr (length, ==, expected);
}

static void
end_item (Desk *desk)
{
  g_assert_true (vs_queue_end (desk->queue, DESK_START, VS_QUEUE_ENDED));
}

/* ---- driving ---- */

static void
test_comes_back (Server *server, gconstpointer data)
{
  Desk *desk = open_with_three (server);

  assert_length (server, "3");
  reopen (server, "r2");
  desk = server->desk;
  desk_assert (desk, "a|b c");
  g_assert_cmpuint (vs_queue_get_air (desk->queue)->position, ==, 42);
  g_assert_cmpuint (vs_queue_get_air (desk->queue)->counter, ==, 7);
  g_assert_true (vs_queue_move (desk->queue, "c", 0, NULL));
  end_item (desk);
  desk_flush (desk);
  assert_length (server, "2");
  reopen (server, "r3");
  desk_assert (server->desk, "c|b");
}

static void
test_person (Server *server, gconstpointer data)
{
  Desk *desk = open_with_three (server);
  g_autofree gchar *item = NULL, *aside = NULL;

  CLI (server, "RPUSH", "tv", "{\"uri\":\"http://h/x\"}");
  desk_wait (desk, VS_QUEUE_CHANGE_APPENDED);
  desk_assert (desk, "a|b c *x");
  item = cli (server, "LINDEX", "tv", "3", NULL);
  g_assert_nonnull (strstr (item, "\"id\": \"r1-x1\""));

  CLI (server, "RPUSH", "tv",
      "{\"segments\":\"http://h/y/seg_%05d.ts\","
      "\"count\":120,\"loop\":true}");
  desk_wait (desk, VS_QUEUE_CHANGE_APPENDED);
  g_assert_cmpuint (vs_queue_get_nth (desk->queue, 3)->count, ==, 120);

  CLI (server, "LPUSH", "tv", "{\"id\":\"z\",\"uri\":\"http://h/z\"}");
  desk_wait (desk, VS_QUEUE_CHANGE_LIST);
  g_assert_cmpstr (vs_queue_get_nth (desk->queue, 0)->id, ==, "z");
  g_assert_cmpstr (vs_queue_get_air (desk->queue)->item->id, ==, "a");

  CLI (server, "RPUSH", "tv", "nonsense");
  desk_wait (desk, VS_QUEUE_CHANGE_REFUSED);
  g_assert_nonnull (strstr (desk->message, "put aside"));
  aside = cli (server, "LRANGE", "tv:refused", "0", "-1", NULL);
  g_assert_cmpstr (aside, ==, "nonsense");
  assert_length (server, "6");

  /* the one on air goes as soon as its follower is ready */
  CLI (server, "DEL", "tv");
  desk_wait (desk, VS_QUEUE_CHANGE_LIST);
  desk_assert (desk, "a|");
  g_assert_true (vs_queue_cut (desk->queue, DESK_START));
  desk_assert (desk, "|");
}

static void
test_changes (Server *server, gconstpointer data)
{
  Desk *desk = open_with_three (server);
  g_autoptr (VsQueueItem) made = vs_queue_item_patch (
      vs_queue_get_nth (desk->queue, 0), "{\"title\": \"B\"}", -1, NULL);
  g_autofree gchar *item = NULL;

  g_assert_true (vs_queue_update (desk->queue, made, NULL));
  desk_flush (desk);
  item = cli (server, "LINDEX", "tv", "1", NULL);
  g_assert_nonnull (strstr (item, "\"title\": \"B\""));
  vs_queue_clear (desk->queue, VS_QUEUE_CUT_ITEM_END);
  desk_flush (desk);
  assert_length (server, "0");
  reopen (server, "r2");
  desk_assert (server->desk, "a|");
}

/* ---- faults ---- */

static void
test_down_at_start (Server *server, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Desk *desk;

  stop (server);
  desk = server->desk = desk_try (server->location, "r1", &error);
  g_assert_no_error (error);
  desk_wait (desk, VS_QUEUE_CHANGE_DEGRADED);
  g_assert_nonnull (strstr (desk->message, "is away"));
  g_assert_false (desk->loaded);
  start (server);
  desk_wait (desk, VS_QUEUE_CHANGE_LOADED);
  CLI (server, "RPUSH", "tv", "{\"uri\":\"http://h/x\"}");
  desk_wait (desk, VS_QUEUE_CHANGE_APPENDED);
  desk_assert (desk, "|*x");
}

/* Killed and started again: what was done meanwhile is made up for, and what
 * others did to it is kept. */
static void
test_restarted (Server *server, gconstpointer data)
{
  Desk *desk = open_with_three (server);

  stop (server);
  end_item (desk);
  desk_add (desk, "d", 9);
  desk_commit (desk);
  desk_wait (desk, VS_QUEUE_CHANGE_DEGRADED);
  g_assert_false (vs_queue_store_flush (desk->store, 0));
  start (server);
  desk_wait (desk, VS_QUEUE_CHANGE_RESTORED);
  g_assert_true (vs_queue_store_flush (desk->store, DESK_WAIT_US));
  desk_assert (desk, "b|c d");
  CLI (server, "RPUSH", "tv", "{\"uri\":\"http://h/x\"}");
  desk_wait (desk, VS_QUEUE_CHANGE_APPENDED);
  reopen (server, "r2");
  desk_assert (server->desk, "b|c d *x");
}

static void
test_stopped (Server *server, gconstpointer data)
{
  Desk *desk = open_with_three (server);

  kill (server->pid, SIGSTOP);
  end_item (desk);
  desk_add (desk, "d", 9);
  desk_commit (desk);
  desk_wait (desk, VS_QUEUE_CHANGE_DEGRADED);
  kill (server->pid, SIGCONT);
  desk_wait (desk, VS_QUEUE_CHANGE_RESTORED);
  g_assert_true (vs_queue_store_flush (desk->store, DESK_WAIT_US));
  /* whether or not the transaction without an answer was made */
  assert_length (server, "3");
  reopen (server, "r2");
  desk_assert (server->desk, "b|c d");
}

static void
test_flushed (Server *server, gconstpointer data)
{
  Desk *desk = open_with_three (server);

  CLI (server, "FLUSHALL");
  desk_wait (desk, VS_QUEUE_CHANGE_LIST);
  desk_assert (desk, "a|b c");
  assert_length (server, "3");
  end_item (desk);
  desk_flush (desk);
  reopen (server, "r2");
  desk_assert (server->desk, "b|c");
}

/* Back without its data, and somebody has pushed already. */
static void
test_forgotten (Server *server, gconstpointer data)
{
  Desk *desk = open_with_three (server);
  g_autofree gchar *aof =
      g_build_filename (server->folder, "appendonlydir", NULL);

  stop (server);
  remove_folder (aof);
  end_item (desk);
  desk_commit (desk);
  start (server);
  CLI (server, "RPUSH", "tv", "{\"uri\":\"http://h/x\"}");
  desk_wait (desk, VS_QUEUE_CHANGE_RESTORED);
  g_assert_true (vs_queue_store_flush (desk->store, DESK_WAIT_US));
  reopen (server, "r2");
  desk_assert (server->desk, "b|c *x");
}

static void
test_wrong_type (Server *server, gconstpointer data)
{
  Desk *desk = open_with_three (server);
  g_autofree gchar *value = NULL;
  g_autofree gchar *before = cli (server, "HGET", "tv:state", "batch", NULL);
  g_autofree gchar *after = NULL;

  CLI (server, "SET", "tv", "mine");
  desk_wait (desk, VS_QUEUE_CHANGE_DEGRADED);
  g_assert_nonnull (strstr (desk->message, "WRONGTYPE"));
  end_item (desk);
  desk_commit (desk);
  g_assert_false (vs_queue_store_flush (desk->store, G_USEC_PER_SEC / 10));
  value = cli (server, "GET", "tv", NULL);
  g_assert_cmpstr (value, ==, "mine");
  after = cli (server, "HGET", "tv:state", "batch", NULL);
  g_assert_cmpstr (before, ==, after);
  CLI (server, "DEL", "tv");
  desk_wait (desk, VS_QUEUE_CHANGE_RESTORED);
  g_assert_true (vs_queue_store_flush (desk->store, DESK_WAIT_US));
}

static void
test_out_of_memory (Server *server, gconstpointer data)
{
  Desk *desk = open_with_three (server);

  CLI (server, "CONFIG", "SET", "maxmemory", "1");
  end_item (desk);
  desk_add (desk, "d", 9);
  desk_commit (desk);
  desk_wait (desk, VS_QUEUE_CHANGE_DEGRADED);
  assert_length (server, "3");
  CLI (server, "CONFIG", "SET", "maxmemory", "0");
  desk_wait (desk, VS_QUEUE_CHANGE_RESTORED);
  g_assert_true (vs_queue_store_flush (desk->store, DESK_WAIT_US));
  reopen (server, "r2");
  desk_assert (server->desk, "b|c d");
}

static void
test_huge (Server *server, gconstpointer data)
{
  Desk *desk = open_with_three (server);

  CLI (server, "EVAL",
      "redis.call ('RPUSH', KEYS[1], string.rep ('x', 50000000)) return 1", "1",
      "tv");
  desk_wait (desk, VS_QUEUE_CHANGE_REFUSED);
  assert_length (server, "3");
  desk_assert (desk, "a|b c");
}

/* A server that lets in with a password, and does not tell changes. */
static void
test_password (Server *server, gconstpointer data)
{
  g_autofree gchar *plain = g_strdup (server->location);
  Desk *desk;

  CLI (server, "CONFIG", "SET", "requirepass", "secret");
  desk = server->desk = desk_try (plain, "r1", NULL);
  desk_wait (desk, VS_QUEUE_CHANGE_DEGRADED);
  g_assert_nonnull (strstr (desk->message, "NOAUTH"));
}

static void
test_deaf (Server *server, gconstpointer data)
{
  Desk *desk;

  CLI (server, "ACL", "SETUSER", "default", "-client|tracking");
  desk = open_with_three (server);
  CLI (server, "RPUSH", "tv", "{\"uri\":\"http://h/x\"}");
  desk_wait (desk, VS_QUEUE_CHANGE_APPENDED);
  desk_assert (desk, "a|b c *x");
}

static void
test_killed (Server *server, gconstpointer data)
{
  kill_many (self_path, server->location);
}

/* The server goes and comes while the channel plays: every item once, in its
 * order, whatever the store has seen of it. */
static void
test_storm (Server *server, gconstpointer data)
{
  Desk *desk = desk_open (server->location, "r1");

  server->desk = desk;
  for (guint i = 0; i < 40; i++) {
    g_autofree gchar *id = g_strdup_printf ("n%u", i);

    desk_add (desk, id, G_MAXUINT);
  }
  g_assert_true (vs_queue_cut (desk->queue, DESK_START));
  desk_flush (desk);
  for (guint i = 0; i < 30; i++) {
    g_autofree gchar *id = g_strdup_printf ("n%u", i);

    g_assert_cmpstr (vs_queue_get_air (desk->queue)->item->id, ==, id);
    end_item (desk);
    desk_commit (desk);
    if (i % 10 == 3)
      stop (server);
    if (i % 10 == 7) {
      start (server);
      desk_wait (desk, VS_QUEUE_CHANGE_RESTORED);
    }
  }
  desk_flush (desk);
  assert_length (server, "10");
  reopen (server, "r2");
  desk_assert (server->desk, "n30|n31 n32 n33 n34 n35 n36 n37 n38 n39");
}

static void
test_bad_places (void)
{
  static const gchar *const places[] = { "redis:", "redis://", "redis://h",
    "redis://h/0?key=", "redis://h/zero?key=k", "redis://h/0?kex=k",
    "redis+unix://?key=k" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (desk_try (places[i], "r", &error));
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
  }
}

int
main (int argc, char **argv)
{
  g_autofree gchar *program = g_find_program_in_path ("redis-server");

  if (argc == 4 && g_str_equal (argv[1], "--play"))
    return kill_play (argv[2], argv[3]);
  self_path = argv[0];
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/queue-redis/bad-places", test_bad_places);
  if (program == NULL) {
    g_print ("1..0 # SKIP redis-server is not installed\n");
    return 0;
  }
#define ADD(name, func)                                                        \
  g_test_add ("/queue-redis/" name, Server, NULL, set_up, func, tear_down)
  ADD ("comes-back", test_comes_back);
  ADD ("person", test_person);
  ADD ("changes", test_changes);
  ADD ("down-at-start", test_down_at_start);
  ADD ("restarted", test_restarted);
  ADD ("stopped", test_stopped);
  ADD ("flushed", test_flushed);
  ADD ("forgotten", test_forgotten);
  ADD ("wrong-type", test_wrong_type);
  ADD ("out-of-memory", test_out_of_memory);
  ADD ("huge", test_huge);
  ADD ("password", test_password);
  ADD ("deaf", test_deaf);
  ADD ("killed", test_killed);
  ADD ("storm", test_storm);
  return g_test_run ();
}
