/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-file.h"

#include "core/vs-presentation.h"
#include "store/vs-store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Manifests that are kept, and the largest that is. */
#define KEEP_MAX 128
#define MANIFEST_MAX (8 * 1024 * 1024)

/* A file system's clock may be as coarse as this: two versions within it can
 * look alike, so what is that young is not kept. */
#define COARSE_CLOCK_NS (50 * G_GINT64_CONSTANT (1000000))

struct _VsHttpFolder {
  gchar *root;
  gint fd;          /* of the root; -1: not there yet */
  GHashTable *kept; /* name → Kept */
  GQueue recent;    /* Kept, the newest used first */
};

typedef struct {
  gchar *name;
  struct stat version;
  VsHttpFile *file;
  GList link;
} Kept;

static void
kept_free (Kept *self)
{
  g_free (self->name);
  vs_http_file_unref (self->file);
  g_free (self);
}

VsHttpFolder *
vs_http_folder_new (const gchar *root)
{
  VsHttpFolder *self = g_new0 (VsHttpFolder, 1);

  self->root = g_strdup (root);
  self->fd = -1;
  self->kept = g_hash_table_new_full (
      g_str_hash, g_str_equal, NULL, (GDestroyNotify) kept_free);
  g_queue_init (&self->recent);
  return self;
}

void
vs_http_folder_free (VsHttpFolder *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->kept);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->root);
  g_free (self);
}

/* Is our root still what stands at its path? */
static gboolean
root_is_current (VsHttpFolder *self)
{
  struct stat ours, there;

  return self->fd >= 0 && fstat (self->fd, &ours) == 0 &&
         stat (self->root, &there) == 0 && ours.st_dev == there.st_dev &&
         ours.st_ino == there.st_ino;
}

static gboolean
open_root (VsHttpFolder *self)
{
  gint fd = open (self->root, O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return FALSE;
  if (self->fd >= 0)
    close (self->fd);
  self->fd = fd;
  return TRUE;
}

/* For kernels without openat2 (before 5.6, or where a sandbox hides it): part
 * by part, through no symbolic link at all. */
static gint
open_by_parts (gint root, const gchar *name, gint flags)
{
  g_auto (GStrv) parts = g_strsplit (name, "/", -1);
  gint folder = root;
  gint fd = -1;

  for (guint i = 0; parts[i] != NULL; i++) {
    gboolean last = parts[i + 1] == NULL;
    gint saved;

    fd = openat (folder, parts[i],
        O_NOFOLLOW | O_CLOEXEC | (last ? flags : O_PATH | O_DIRECTORY));
    saved = errno;
    if (folder != root)
      close (folder);
    errno = saved;
    if (fd < 0)
      return -1;
    folder = fd;
  }
  return fd;
}

static gint
open_beneath (gint root, const gchar *name)
{
  struct open_how how = { 0 };
  glong fd;

  /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  fd = syscall (SYS_openat2, root, name, &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM))
    return open_by_parts (root, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  return (gint) fd;
}

static gint
open_name (VsHttpFolder *self, const gchar *name)
{
  gint fd;

  if (self->fd < 0 && !open_root (self))
    return -1;
  fd = open_beneath (self->fd, name);
  /* The folder may have been removed and made again. */
  if (fd < 0 && errno == ENOENT && !root_is_current (self) && open_root (self))
    fd = open_beneath (self->fd, name);
  return fd;
}

static gboolean
is_same_version (const struct stat *a, const struct stat *b)
{
  return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
         a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
         a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
         a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
         a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static gboolean
is_manifest (const gchar *name)
{
  return g_str_has_suffix (name, ".m3u8") || g_str_has_suffix (name, ".mpd");
}

static VsHttpFile *
map_segment (gint fd, const gchar *name, const struct stat *info)
{
  g_autoptr (GMappedFile) map = g_mapped_file_new_from_fd (fd, FALSE, NULL);
  g_autoptr (GBytes) all = map ? g_mapped_file_get_bytes (map) : NULL;
  VsHttpFile *self;

  if (all == NULL)
    return NULL;
  self = vs_http_file_alloc (info->st_mtim.tv_sec);
  self->body = g_bytes_new_from_bytes (
      all, 0, MIN (g_bytes_get_size (all), (gsize) info->st_size));
  self->content_type = vs_store_content_type (name);
  self->cache_control = vs_store_cache_control (name);
  self->etag = g_strdup_printf ("\"%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER
                                "x-%" G_GINT64_MODIFIER "x%08lx\"",
      (guint64) info->st_ino, (guint64) info->st_size,
      (guint64) info->st_mtim.tv_sec, (gulong) info->st_mtim.tv_nsec);
  return self;
}

static GBytes *
read_whole (gint fd, gsize size)
{
  g_autofree guint8 *data = g_malloc (MAX (size, 1));
  gsize used = 0;

  while (used < size) {
    gssize got = read (fd, data + used, size - used);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    used += (gsize) got;
  }
  return g_bytes_new_take (g_steal_pointer (&data), used);
}

static void
keep (VsHttpFolder *self, const gchar *name, const struct stat *info,
    VsHttpFile *file)
{
  Kept *kept = g_new0 (Kept, 1);
  gint64 age =
      g_get_real_time () * 1000 -
      ((gint64) info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec);

  kept->name = g_strdup (name);
  kept->version = *info;
  kept->file = vs_http_file_ref (file);
  kept->link.data = kept;
  if (age < COARSE_CLOCK_NS) {
    kept_free (kept);
    return;
  }
  if (g_queue_get_length (&self->recent) >= KEEP_MAX) {
    Kept *oldest = g_queue_peek_tail (&self->recent);

    g_queue_unlink (&self->recent, &oldest->link);
    g_hash_table_remove (self->kept, oldest->name);
  }
  g_queue_push_head_link (&self->recent, &kept->link);
  g_hash_table_insert (self->kept, kept->name, kept);
}

static VsHttpFile *
find_kept (VsHttpFolder *self, const gchar *name, const struct stat *info)
{
  Kept *kept = g_hash_table_lookup (self->kept, name);

  if (kept == NULL)
    return NULL;
  g_queue_unlink (&self->recent, &kept->link);
  if (is_same_version (&kept->version, info)) {
    g_queue_push_head_link (&self->recent, &kept->link);
    return vs_http_file_ref (kept->file);
  }
  g_hash_table_remove (self->kept, name);
  return NULL;
}

static VsHttpFile *
read_manifest (
    VsHttpFolder *self, gint fd, const gchar *name, const struct stat *info)
{
  VsHttpFile *file = find_kept (self, name, info);
  g_autoptr (GBytes) body = NULL;

  if (file != NULL)
    return file;
  body = read_whole (fd, (gsize) info->st_size);
  file = vs_http_file_new (body, info->st_mtim.tv_sec, TRUE,
      vs_store_content_type (name), vs_store_cache_control (name));
  keep (self, name, info, file);
  return file;
}

/* What was read below the root is good for as long as its name leads to that
 * very version of it, whatever the way. One system call instead of three. */
static VsHttpFile *
find_unchanged (VsHttpFolder *self, const gchar *name)
{
  struct stat info;

  if (self->fd < 0 || !g_hash_table_contains (self->kept, name) ||
      fstatat (self->fd, name, &info, 0) != 0)
    return NULL;
  return find_kept (self, name, &info);
}

static guint
status_of (gint error)
{
  switch (error) {
    case EACCES:
    case EPERM:
      return 403;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return 503;
    default: /* EXDEV and ELOOP too: what leads outside is not there */
      return 404;
  }
}

/* What a publisher keeps for its next run; below the folder there may be the
 * outputs of several. */
gboolean
vs_http_name_is_private (const gchar *name)
{
  const gchar *slash = strrchr (name, '/');

  return strcmp (slash != NULL ? slash + 1 : name, VS_STATE_KEY) == 0;
}

VsHttpFile *
vs_http_folder_open (VsHttpFolder *self, const gchar *name, guint *status)
{
  VsHttpFile *file = NULL;
  struct stat info;
  gint fd;

  if (vs_http_name_is_private (name)) {
    *status = 404;
    return NULL;
  }
  file = find_unchanged (self, name);
  if (file != NULL)
    return file;
  fd = open_name (self, name);
  if (fd < 0) {
    *status = status_of (errno);
    return NULL;
  }
  *status = 404;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode)) {
    if (is_manifest (name) && info.st_size <= MANIFEST_MAX)
      file = read_manifest (self, fd, name, &info);
    else
      file = map_segment (fd, name, &info);
    *status = file != NULL ? 200 : 503;
  }
  close (fd);
  return file;
}
