/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-store-file: objects as files in a folder.
 *
 * A put arrives … is queued … one writer thread writes it to “.NAME.part”
 * beside its place … and renames it, so that a reader sees the whole object or
 * none. The queue keeps the order of all operations, which is more than the
 * contract asks. Flush syncs what was written since the last one.
 *
 * Threading: `jobs` is the only thing that callers and the writer share;
 * `unsynced` belongs to the writer. */
#include "store/vs-store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <gio/gio.h>

#include "core/vs-error.h"

typedef struct {
  gchar *path;
  int root_fd;
  GThread *writer;
  GAsyncQueue *jobs;    /* Job */
  GHashTable *unsynced; /* keys written since the last flush */
} FileStore;

typedef enum { JOB_PUT, JOB_REMOVE, JOB_FLUSH, JOB_QUIT } JobKind;

typedef struct {
  JobKind kind;
  gchar **keys;      /* one for a put */
  GPtrArray *chunks; /* GBytes */
  VsStoreDone done;
  gpointer user_data;
} Job;

static void
job_free (Job *job)
{
  g_strfreev (job->keys);
  g_clear_pointer (&job->chunks, g_ptr_array_unref);
  g_free (job);
}

/* An errno as a sentence about @path. */
static void
set_errno (GError **error, int code, const gchar *what, const gchar *root,
    const gchar *key)
{
  VsError kind = VS_ERROR_NO_OUTPUT;

  if (code == ENOSPC || code == EDQUOT)
    kind = VS_ERROR_NO_SPACE;
  else if (code == ENOENT)
    kind = VS_ERROR_NOT_FOUND;
  g_set_error (error, VS_ERROR, kind, "Could not %s “%s%s%s”: %s.%s", what,
      root, key != NULL ? "/" : "", key != NULL ? key : "", g_strerror (code),
      kind == VS_ERROR_NO_SPACE ? " Make room on that disk." : "");
}

static gboolean
ensure_parent (FileStore *self, const gchar *key, GError **error)
{
  g_autofree gchar *partial = g_strdup (key);

  for (gchar *slash = strchr (partial, '/'); slash != NULL;
       slash = strchr (slash + 1, '/')) {
    *slash = '\0';
    if (mkdirat (self->root_fd, partial, 0777) != 0 && errno != EEXIST) {
      set_errno (error, errno, "create the folder", self->path, partial);
      return FALSE;
    }
    *slash = '/';
  }
  return TRUE;
}

static gchar *
dup_part_name (const gchar *key)
{
  const gchar *slash = strrchr (key, '/');
  const gchar *base = slash != NULL ? slash + 1 : key;

  return g_strdup_printf ("%.*s.%s.part", (int) (base - key), key, base);
}

static gboolean
write_all (int fd, GPtrArray *chunks)
{
  for (guint i = 0; i < chunks->len; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (chunks->pdata[i], &size);

    while (size > 0) {
      gssize n = write (fd, data, size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      data += n;
      size -= n;
    }
  }
  return TRUE;
}

/* Opens the part file, making its folder where that is not there yet. */
static int
open_part (FileStore *self, const gchar *key, const gchar *part, GError **error)
{
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
  int fd = openat (self->root_fd, part, flags, 0666);

  if (fd < 0 && errno == ENOENT) {
    if (!ensure_parent (self, key, error))
      return -1;
    fd = openat (self->root_fd, part, flags, 0666);
  }
  if (fd < 0)
    set_errno (error, errno, "create", self->path, key);
  return fd;
}

static void
run_put (FileStore *self, const Job *job, GError **error)
{
  const gchar *key = job->keys[0];
  g_autofree gchar *part = dup_part_name (key);
  int fd = open_part (self, key, part, error);
  gboolean written;
  int code;

  if (fd < 0)
    return;
  written = write_all (fd, job->chunks);
  code = errno;
  if (written) /* starts the write-back now; flush will wait for less */
    (void) sync_file_range (fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  if (close (fd) != 0 && written) {
    written = FALSE;
    code = errno;
  }
  if (written && renameat (self->root_fd, part, self->root_fd, key) != 0) {
    written = FALSE;
    code = errno;
  }
  if (written) {
    g_hash_table_add (self->unsynced, g_strdup (key));
  } else {
    (void) unlinkat (self->root_fd, part, 0);
    set_errno (error, code, "write", self->path, key);
  }
}

/* An emptied folder goes as well; one that is not empty stays. */
static void
remove_parent (FileStore *self, const gchar *key)
{
  g_autofree gchar *folder = g_path_get_dirname (key);

  if (strcmp (folder, ".") != 0)
    (void) unlinkat (self->root_fd, folder, AT_REMOVEDIR);
}

static void
run_remove (FileStore *self, const Job *job, GError **error)
{
  for (guint i = 0; job->keys[i] != NULL; i++) {
    const gchar *key = job->keys[i];

    if (unlinkat (self->root_fd, key, 0) == 0) {
      remove_parent (self, key);
    } else if (errno != ENOENT && *error == NULL) {
      set_errno (error, errno, "remove", self->path, key);
    }
    g_hash_table_remove (self->unsynced, key);
  }
}

/* @folder NULL: the root. */
static void
sync_folder (FileStore *self, const gchar *folder, GError **error)
{
  int fd = openat (self->root_fd, folder != NULL ? folder : ".",
      O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  /* Some file systems cannot sync a folder; then rename is all there is. */
  if (fd < 0 || (fsync (fd) != 0 && errno != EINVAL && errno != EROFS))
    if (*error == NULL && errno != ENOENT)
      set_errno (error, errno, "sync", self->path, folder);
  if (fd >= 0)
    close (fd);
}

static void
run_flush (FileStore *self, GError **error)
{
  g_autoptr (GHashTable) folders =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->unsynced);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    int fd = openat (self->root_fd, key, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && fdatasync (fd) != 0 && *error == NULL)
      set_errno (error, errno, "sync", self->path, key);
    if (fd >= 0)
      close (fd);
    g_hash_table_add (folders, g_path_get_dirname (key));
  }
  g_hash_table_iter_init (&iter, folders);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    sync_folder (self, key, error);
  sync_folder (self, NULL, error);
  g_hash_table_remove_all (self->unsynced);
}

static gpointer
writer_main (gpointer data)
{
  FileStore *self = data;
  gboolean quit = FALSE;

  while (!quit) {
    Job *job = g_async_queue_pop (self->jobs);
    g_autoptr (GError) error = NULL;

    switch (job->kind) {
      case JOB_PUT:
        run_put (self, job, &error);
        break;
      case JOB_REMOVE:
        run_remove (self, job, &error);
        break;
      case JOB_FLUSH:
        run_flush (self, &error);
        break;
      case JOB_QUIT:
      default:
        quit = TRUE;
        break;
    }
    if (job->done != NULL)
      job->done (error, job->user_data);
    job_free (job);
  }
  return NULL;
}

static void
push_job (FileStore *self, JobKind kind, const gchar *const *keys,
    GPtrArray *chunks, VsStoreDone done, gpointer user_data)
{
  Job *job = g_new0 (Job, 1);

  job->kind = kind;
  job->keys = g_strdupv ((gchar **) keys);
  job->chunks = chunks;
  job->done = done;
  job->user_data = user_data;
  g_async_queue_push (self->jobs, job);
}

static void
file_store_put (gpointer data, const gchar *key, GBytes *const *chunks,
    guint n_chunks, const VsStoreMeta *meta, VsStoreDone done,
    gpointer user_data)
{
  const gchar *keys[] = { key, NULL };
  GPtrArray *copy =
      g_ptr_array_new_full (n_chunks, (GDestroyNotify) g_bytes_unref);

  for (guint i = 0; i < n_chunks; i++)
    g_ptr_array_add (copy, g_bytes_ref (chunks[i]));
  push_job (data, JOB_PUT, keys, copy, done, user_data);
}

static void
file_store_remove (gpointer data, const gchar *const *keys, VsStoreDone done,
    gpointer user_data)
{
  push_job (data, JOB_REMOVE, keys, NULL, done, user_data);
}

static GBytes *
file_store_get (gpointer data, const gchar *key, gsize max_size, GError **error)
{
  FileStore *self = data;
  g_autofree gchar *path = g_build_filename (self->path, key, NULL);
  g_autoptr (GMappedFile) file = NULL;
  g_autoptr (GBytes) mapped = NULL;
  struct stat info;

  if (stat (path, &info) != 0 || !S_ISREG (info.st_mode)) {
    set_errno (error, ENOENT, "read", self->path, key);
    return NULL;
  }
  if ((guint64) info.st_size > max_size) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_DATA,
        "“%s” has %" G_GINT64_FORMAT " bytes; no more than %" G_GSIZE_FORMAT
        " were expected.",
        path, (gint64) info.st_size, max_size);
    return NULL;
  }
  file = g_mapped_file_new (path, FALSE, error);
  if (file == NULL) {
    g_prefix_error (error, "Could not read “%s”: ", path);
    return NULL;
  }
  mapped = g_mapped_file_get_bytes (file);
  return g_bytes_new (
      g_bytes_get_data (mapped, NULL), g_bytes_get_size (mapped));
}

static void
list_folder (FileStore *self, const gchar *folder, GPtrArray *keys)
{
  g_autofree gchar *path = g_build_filename (self->path, folder, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  if (dir == NULL)
    return;
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *full = g_build_filename (path, name, NULL);
    gchar *key = *folder != '\0' ? g_strconcat (folder, "/", name, NULL)
                                 : g_strdup (name);

    if (g_file_test (full, G_FILE_TEST_IS_SYMLINK)) {
      g_free (key);
    } else if (g_file_test (full, G_FILE_TEST_IS_DIR)) {
      list_folder (self, key, keys);
      g_free (key);
    } else {
      g_ptr_array_add (keys, key);
    }
  }
}

static gint
compare_keys (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar *const *) a, *(const gchar *const *) b);
}

static gchar **
file_store_list (gpointer data, const gchar *prefix, GError **error)
{
  FileStore *self = data;
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GStrvBuilder) found = g_strv_builder_new ();

  list_folder (self, "", all);
  g_ptr_array_sort (all, compare_keys);
  for (guint i = 0; i < all->len; i++)
    if (g_str_has_prefix (all->pdata[i], prefix))
      g_strv_builder_add (found, all->pdata[i]);
  return g_strv_builder_end (found);
}

static gboolean
file_store_lock (gpointer data, GError **error)
{
  FileStore *self = data;

  if (flock (self->root_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (errno == EWOULDBLOCK) {
    g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
        "Another vstream is publishing into “%s”; stop it or choose another "
        "folder.",
        self->path);
    return FALSE;
  }
  return TRUE; /* a file system without locks */
}

typedef struct {
  GMutex lock;
  GCond cond;
  gboolean done;
  GError *error;
} Waiter;

static void
on_flush_done (const GError *error, gpointer user_data)
{
  Waiter *waiter = user_data;

  g_mutex_lock (&waiter->lock);
  waiter->done = TRUE;
  waiter->error = error != NULL ? g_error_copy (error) : NULL;
  g_cond_signal (&waiter->cond);
  g_mutex_unlock (&waiter->lock);
}

static gboolean
file_store_flush (gpointer data, GError **error)
{
  Waiter waiter = { 0 };

  g_mutex_init (&waiter.lock);
  g_cond_init (&waiter.cond);
  push_job (data, JOB_FLUSH, NULL, NULL, on_flush_done, &waiter);
  g_mutex_lock (&waiter.lock);
  while (!waiter.done)
    g_cond_wait (&waiter.cond, &waiter.lock);
  g_mutex_unlock (&waiter.lock);
  g_mutex_clear (&waiter.lock);
  g_cond_clear (&waiter.cond);
  if (waiter.error == NULL)
    return TRUE;
  g_propagate_error (error, waiter.error);
  return FALSE;
}

static void
file_store_free (gpointer data)
{
  FileStore *self = data;

  push_job (self, JOB_QUIT, NULL, NULL, NULL, NULL);
  g_thread_join (self->writer);
  g_async_queue_unref (self->jobs);
  g_hash_table_unref (self->unsynced);
  close (self->root_fd);
  g_free (self->path);
  g_free (self);
}

static const VsStoreClass file_store_class = {
  .put = file_store_put,
  .remove = file_store_remove,
  .get = file_store_get,
  .list = file_store_list,
  .lock = file_store_lock,
  .flush = file_store_flush,
  .free = file_store_free,
};

VsStore *
vs_store_file_open (const gchar *path, GError **error)
{
  FileStore *self;
  int fd;

  if (g_mkdir_with_parents (path, 0777) != 0) {
    set_errno (error, errno == ENOENT ? ENOTDIR : errno,
        "create the output folder", path, NULL);
    return NULL;
  }
  if (faccessat (AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0) {
    set_errno (error, errno, "write into the output folder", path, NULL);
    return NULL;
  }
  fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    set_errno (error, errno, "open the output folder", path, NULL);
    return NULL;
  }
  self = g_new0 (FileStore, 1);
  self->path = g_strdup (path);
  self->root_fd = fd;
  self->jobs = g_async_queue_new ();
  self->unsynced =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->writer = g_thread_new ("vs-store-file", writer_main, self);
  return vs_store_new (&file_store_class, self);
}
