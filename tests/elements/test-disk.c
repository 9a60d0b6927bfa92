/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * abrsink on a disk that is full for a while, that fails, and that is slow
 * (rows D-1 and D-2 of the faults): what is listed is always whole.
 *
 * This program has its own write () and fsync (), which go before those of the
 * C library in the plugin as well; they misbehave below one folder. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "elements/pipeline.h"
#include "tree.h"

#define ENCODED                                                                \
  "video/x-raw,width=64,height=36,framerate=25/1 ! x264enc key-int-max=12 "    \
  "tune=zerolatency speed-preset=ultrafast ! abrsink name=sink "               \
  "segment-duration=500000000 "
#define SHORT_WRITE 100 /* bytes that a full disk still takes */

/* The disk; set by the test, read by the store's thread. */
static struct {
  gchar *folder; /* constant while a pipeline runs */
  gint code;     /* errno of every write to a segment, or 0 */
  gint delay_ms; /* of every write and sync */
  gint syncs;
} disk;

static gboolean
is_there (int fd, const gchar *suffix)
{
  gchar link[64], path[1024];
  ssize_t length;

  g_snprintf (link, sizeof (link), "/proc/self/fd/%d", fd);
  length = readlink (link, path, sizeof (path) - 1);
  if (length < 0 || disk.folder == NULL)
    return FALSE;
  path[length] = '\0';
  return g_str_has_prefix (path, disk.folder) && strstr (path, suffix) != NULL;
}

static void
be_slow (void)
{
  GMutex lock;
  GCond cond;
  gint64 end =
      g_get_monotonic_time () + g_atomic_int_get (&disk.delay_ms) * 1000;

  g_mutex_init (&lock);
  g_cond_init (&cond);
  g_mutex_lock (&lock);
  while (g_cond_wait_until (&cond, &lock, end))
    ;
  g_mutex_unlock (&lock);
  g_cond_clear (&cond);
  g_mutex_clear (&lock);
}

ssize_t write (int fd, const void *data, size_t size);

ssize_t
write (int fd, const void *data, size_t size)
{
  int code = g_atomic_int_get (&disk.code);

  if (code != 0 && is_there (fd, ".m4s")) {
    if (size > SHORT_WRITE) /* as a disk does that is full in the middle */
      return syscall (SYS_write, fd, data, SHORT_WRITE);
    errno = code;
    return -1;
  }
  if (g_atomic_int_get (&disk.delay_ms) > 0 && is_there (fd, ""))
    be_slow ();
  return syscall (SYS_write, fd, data, size);
}

static int
sync_slowly (int fd, long call)
{
  if (is_there (fd, "")) {
    be_slow ();
    g_atomic_int_inc (&disk.syncs);
  }
  return (int) syscall (call, fd);
}

int fsync (int fd);

int
fsync (int fd)
{
  return sync_slowly (fd, SYS_fsync);
}

int fdatasync (int fd);

int
fdatasync (int fd)
{
  return sync_slowly (fd, SYS_fdatasync);
}

/* A run ------------------------------------------------------------------- */

typedef struct {
  GstElement *pipeline;
  GstBus *bus;
  GHashTable *sizes; /* key: size, as it was told */
  guint objects, warnings, manifests;
  gchar *error;
} Run;

static void
run_begin (Run *run, const gchar *source, const gchar *kind)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *launch = NULL;

  disk.folder = g_dir_make_tmp ("vstream-disk-XXXXXX", NULL);
  disk.code = disk.delay_ms = disk.syncs = 0;
  launch = g_strdup_printf (
      "%s ! " ENCODED "%s location=%s", source, kind, disk.folder);
  *run = (Run){ .pipeline = gst_parse_launch (launch, &error) };
  g_assert_no_error (error);
  run->bus = gst_element_get_bus (run->pipeline);
  run->sizes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
}

static void
run_end (Run *run)
{
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  gst_object_unref (run->bus);
  gst_object_unref (run->pipeline);
  g_hash_table_unref (run->sizes);
  g_free (run->error);
  remove_tree (disk.folder);
  g_clear_pointer (&disk.folder, g_free);
}

/* Every object that the playlist lists is there, and of its size. */
static guint
check_playlist (const Run *run)
{
  g_autofree gchar *path =
      g_build_filename (disk.folder, "video_0", "playlist.m3u8", NULL);
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean gap = FALSE;
  guint n = 0;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree gchar *key = g_strconcat ("video_0/", lines[i], NULL);
    g_autofree gchar *file = g_build_filename (disk.folder, key, NULL);
    GStatBuf found;

    gap |= g_str_equal (lines[i], "#EXT-X-GAP");
    if (lines[i][0] == '#' || lines[i][0] == '\0')
      continue;
    if (!gap) {
      g_assert_cmpint (g_stat (file, &found), ==, 0);
      g_assert_cmpuint ((guint64) found.st_size, ==,
          GPOINTER_TO_SIZE (g_hash_table_lookup (run->sizes, key)));
      n++;
    }
    gap = FALSE;
  }
  return n;
}

static void
take_element_message (Run *run, const GstStructure *told)
{
  guint64 size = 0;

  if (gst_structure_has_name (told, "vstream-object")) {
    gst_structure_get_uint64 (told, "size", &size);
    g_hash_table_replace (run->sizes,
        g_strdup (gst_structure_get_string (told, "key")),
        GSIZE_TO_POINTER ((gsize) size));
    run->objects++;
  } else if (gst_structure_has_name (told, "vstream-manifest")) {
    check_playlist (run);
    run->manifests++;
  }
}

/* Until @*count is @n, or EOS (FALSE) or an error (FALSE). */
static gboolean
run_until (Run *run, const guint *count, guint n)
{
  gboolean goes_on = TRUE;

  while (goes_on && (count == NULL || *count < n)) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (run->bus, PIPELINE_LIMIT,
            GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR |
                GST_MESSAGE_EOS);
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT)
      take_element_message (run, gst_message_get_structure (message));
    run->warnings += GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, &error, NULL);
      run->error = g_strdup (error->message);
    }
    goes_on =
        GST_MESSAGE_TYPE (message) != GST_MESSAGE_EOS && run->error == NULL;
  }
  return goes_on;
}

static gboolean
has_gap (void)
{
  g_autofree gchar *path =
      g_build_filename (disk.folder, "video_0", "playlist.m3u8", NULL);
  g_autofree gchar *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) &&
         strstr (text, "#EXT-X-GAP") != NULL;
}

/* Tests ------------------------------------------------------------------- */

/* D-1: a live stream has gaps while there is no room, and goes on after it. */
static void
test_full_for_a_while (void)
{
  Run run;
  guint before;

  run_begin (&run, "videotestsrc is-live=true", "type=live");
  g_assert_true (run_until (&run, &run.objects, 2));
  g_atomic_int_set (&disk.code, ENOSPC);
  g_assert_true (run_until (&run, &run.warnings, run.warnings + 2));
  g_atomic_int_set (&disk.code, 0);
  before = run.objects;
  g_assert_true (run_until (&run, &run.objects, before + 3));
  gst_element_send_event (run.pipeline, gst_event_new_eos ());
  g_assert_false (run_until (&run, NULL, 0));
  g_assert_null (run.error);
  g_assert_true (has_gap ());
  g_assert_cmpuint (check_playlist (&run), >=, before + 3);
  run_end (&run);
}

/* D-1: a VOD ends, with the place and the reason in one sentence. */
static void
test_fails (gconstpointer code)
{
  Run run;

  run_begin (&run, "videotestsrc num-buffers=500", "type=vod");
  g_assert_true (run_until (&run, &run.objects, 2));
  g_atomic_int_set (&disk.code, GPOINTER_TO_INT (code));
  g_assert_false (run_until (&run, NULL, 0));
  g_assert_nonnull (run.error);
  g_assert_nonnull (strstr (run.error, disk.folder));
  g_assert_nonnull (strstr (run.error, g_strerror (GPOINTER_TO_INT (code))));
  check_playlist (&run);
  g_assert_false (has_gap ());
  run_end (&run);
}

/* D-2: what is listed is late, but whole, and EOS comes after all is synced. */
static void
test_slow (gconstpointer kind)
{
  Run run;

  run_begin (&run, "videotestsrc num-buffers=100", kind);
  g_atomic_int_set (&disk.delay_ms, 60);
  g_assert_false (run_until (&run, NULL, 0));
  g_assert_null (run.error);
  g_assert_cmpint (g_atomic_int_get (&disk.syncs), >=, (gint) run.objects);
  g_assert_cmpuint (run.manifests, >, 2);
  g_assert_cmpuint (check_playlist (&run), ==, run.objects);
  g_assert_false (has_gap ());
  run_end (&run);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/disk/full-for-a-while", test_full_for_a_while);
  g_test_add_data_func ("/disk/full", GINT_TO_POINTER (ENOSPC), test_fails);
  g_test_add_data_func ("/disk/failing", GINT_TO_POINTER (EIO), test_fails);
  g_test_add_data_func ("/disk/slow/vod", "type=vod", test_slow);
  g_test_add_data_func ("/disk/slow/event", "type=event", test_slow);
  return g_test_run ();
}
