/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-folders.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

static const gchar *const rooms[] = { "media", "logs", "scratch", "trash",
  "cache", "uploads", "archive", "queues" };

struct _VsFolders {
  gchar *state;
  gint lock;          /* descriptor, -1: none */
  guint64 discarded;  /* ever: names in the trash differ by it */
  GThreadPool *broom; /* of one thread */
};

/* What is a link is removed, not followed. */
static void
remove_tree (GFile *file)
{
  g_autoptr (GFileEnumerator) children =
      g_file_enumerate_children (file, G_FILE_ATTRIBUTE_STANDARD_NAME,
          G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
  GFile *child = NULL;

  while (children &&
         g_file_enumerator_iterate (children, NULL, &child, NULL, NULL) &&
         child)
    remove_tree (child);
  (void) g_file_delete (file, NULL, NULL);
}

static void
on_sweep (gpointer path, gpointer user_data)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  remove_tree (file);
  g_free (path);
}

gchar *
vs_folders_get_path (VsFolders *self, const gchar *room, const gchar *name)
{
  return room ? g_build_filename (self->state, room, name, NULL)
              : g_build_filename (self->state, name, NULL);
}

static gboolean
make_folder (const gchar *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0700) == 0)
    return TRUE;
  g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
      "The folder “%s” cannot be made: %s. Give another one with --state.",
      path, g_strerror (errno));
  return FALSE;
}

/* A record lock: unlike that of flock (), a child that has been forked and is
 * not yet the worker does not hold it when we are killed. */
static gboolean
take_lock (VsFolders *self, GError **error)
{
  g_autofree gchar *path = g_build_filename (self->state, "lock", NULL);
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

  self->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (self->lock >= 0 && fcntl (self->lock, F_SETLK, &lock) == 0)
    return TRUE;
  if (errno == EACCES || errno == EAGAIN)
    g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
        "“%s” belongs to a service that is running: stop it, or give another "
        "folder with --state.",
        self->state);
  else
    g_set_error (error, VS_ERROR, VS_ERROR_NO_OUTPUT,
        "“%s” cannot be locked: %s.", path, g_strerror (errno));
  return FALSE;
}

static void
discard_scratch (const gchar *name, gpointer user_data)
{
  vs_folders_discard (user_data, "scratch", name);
}

static void
sweep_trash (const gchar *name, gpointer user_data)
{
  VsFolders *self = user_data;

  g_thread_pool_push (
      self->broom, vs_folders_get_path (self, "trash", name), NULL);
}

VsFolders *
vs_folders_open (const gchar *state, GError **error)
{
  g_autoptr (VsFolders) self = g_new0 (VsFolders, 1);

  self->state = g_canonicalize_filename (state, NULL);
  self->lock = -1;
  self->discarded = (guint64) g_get_real_time ();
  if (!make_folder (self->state, error))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (rooms); i++) {
    g_autofree gchar *path = g_build_filename (self->state, rooms[i], NULL);

    if (!make_folder (path, error))
      return NULL;
  }
  if (!take_lock (self, error))
    return NULL;
  self->broom = g_thread_pool_new (on_sweep, NULL, 1, FALSE, NULL);
  vs_folders_each (self, "trash", sweep_trash, self);
  vs_folders_each (self, "scratch", discard_scratch, self);
  return g_steal_pointer (&self);
}

void
vs_folders_close (VsFolders *self)
{
  if (!self)
    return;
  if (self->broom)
    g_thread_pool_free (self->broom, FALSE, TRUE);
  if (self->lock >= 0)
    (void) close (self->lock);
  g_free (self->state);
  g_free (self);
}

gchar *
vs_folders_make (
    VsFolders *self, const gchar *room, const gchar *name, GError **error)
{
  g_autofree gchar *path = vs_folders_get_path (self, room, name);

  return make_folder (path, error) ? g_steal_pointer (&path) : NULL;
}

void
vs_folders_discard (VsFolders *self, const gchar *room, const gchar *name)
{
  g_autofree gchar *path = vs_folders_get_path (self, room, name);
  g_autofree gchar *number =
      g_strdup_printf ("%" G_GUINT64_FORMAT, ++self->discarded);
  g_autofree gchar *trash = vs_folders_get_path (self, "trash", number);

  if (g_rename (path, trash) == 0)
    g_thread_pool_push (self->broom, g_steal_pointer (&trash), NULL);
  else if (errno != ENOENT)
    g_warning ("“%s” cannot be removed: %s", path, g_strerror (errno));
}

void
vs_folders_each (
    VsFolders *self, const gchar *room, VsFolderFunc func, gpointer user_data)
{
  g_autofree gchar *path = vs_folders_get_path (self, room, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_strdup (name));
  for (guint i = 0; i < names->len; i++)
    func (names->pdata[i], user_data);
}
