/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-watch.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDERS_MAX 128
#define WANTED                                                                 \
  (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE |      \
      IN_DELETE_SELF | IN_ONLYDIR)

struct _VsHttpWatch {
  gchar *root;
  VsHttpWatchFound found;
  gpointer user_data;
  gint fd;
  GSource *source;
  gint root_watch;     /* -1: the folder is not there */
  GHashTable *folders; /* watch → name below the root, "" for the root */
};

gchar *
vs_http_watch_format (const gchar *key, gint64 size)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) node = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "key");
  json_builder_add_string_value (builder, key);
  json_builder_set_member_name (builder, size < 0 ? "gone" : "size");
  if (size < 0)
    json_builder_add_boolean_value (builder, TRUE);
  else
    json_builder_add_int_value (builder, size);
  json_builder_set_member_name (builder, "time");
  json_builder_add_int_value (builder, g_get_real_time () / 1000);
  json_builder_end_object (builder);
  node = json_builder_get_root (builder);
  return json_to_string (node, FALSE);
}

static void
report (VsHttpWatch *self, const gchar *key, gint64 size)
{
  g_autofree gchar *json = vs_http_watch_format (key, size);

  self->found (json, self->user_data);
}

static gchar *
make_key (const gchar *folder, const gchar *name)
{
  return *folder != '\0' ? g_strconcat (folder, "/", name, NULL)
                         : g_strdup (name);
}

static gboolean
is_public (const gchar *name)
{
  return *name != '.' && g_utf8_validate (name, -1, NULL);
}

static void
report_file (VsHttpWatch *self, const gchar *key)
{
  g_autofree gchar *path = g_build_filename (self->root, key, NULL);
  GStatBuf info;

  if (g_lstat (path, &info) == 0 && S_ISREG (info.st_mode))
    report (self, key, info.st_size);
}

static gint
add_folder (VsHttpWatch *self, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (self->root, name, NULL);
  gint watch = -1;

  if (g_hash_table_size (self->folders) < FOLDERS_MAX)
    watch = inotify_add_watch (self->fd, path, WANTED);
  if (watch >= 0)
    g_hash_table_insert (
        self->folders, GINT_TO_POINTER (watch), g_strdup (name));
  return watch;
}

/* @fresh: a folder that has just appeared: what was put into it before it was
 * watched is news as well. */
static void
scan_folder (VsHttpWatch *self, const gchar *folder, gboolean fresh)
{
  g_autofree gchar *path = g_build_filename (self->root, folder, NULL);
  g_autoptr (GDir) entries = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL) {
    g_autofree gchar *key = make_key (folder, name);
    g_autofree gchar *inner = g_build_filename (self->root, key, NULL);

    if (!is_public (name))
      continue;
    if (fresh)
      report_file (self, key);
    else if (g_file_test (inner, G_FILE_TEST_IS_DIR))
      add_folder (self, key);
  }
}

static void
handle (VsHttpWatch *self, const struct inotify_event *event)
{
  const gchar *folder =
      g_hash_table_lookup (self->folders, GINT_TO_POINTER (event->wd));
  g_autofree gchar *key = NULL;

  if (folder == NULL)
    return;
  if ((event->mask & IN_IGNORED) != 0) {
    if (event->wd == self->root_watch)
      self->root_watch = -1;
    g_hash_table_remove (self->folders, GINT_TO_POINTER (event->wd));
    return;
  }
  if (event->len == 0 || !is_public (event->name))
    return;
  key = make_key (folder, event->name);
  if ((event->mask & IN_ISDIR) != 0) {
    if ((event->mask & (IN_CREATE | IN_MOVED_TO)) != 0 && *folder == '\0' &&
        add_folder (self, key) >= 0)
      scan_folder (self, key, TRUE);
  } else if ((event->mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
    report (self, key, -1);
  } else if ((event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) {
    report_file (self, key);
  }
}

static gboolean
on_readable (gint fd, GIOCondition condition, gpointer user_data)
{
  VsHttpWatch *self = user_data;
  _Alignas(struct inotify_event) gchar buffer[16 * 1024];
  gssize got = read (fd, buffer, sizeof buffer);

  for (gssize at = 0; at < got;) {
    const struct inotify_event *event = (gpointer) (buffer + at);

    handle (self, event);
    at += (gssize) (sizeof *event + event->len);
  }
  return G_SOURCE_CONTINUE;
}

VsHttpWatch *
vs_http_watch_new (
    const gchar *root, VsHttpWatchFound found, gpointer user_data)
{
  VsHttpWatch *self = g_new0 (VsHttpWatch, 1);

  self->root = g_strdup (root);
  self->found = found;
  self->user_data = user_data;
  self->root_watch = -1;
  self->folders = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->fd = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  if (self->fd < 0) { /* the page then reads the playlists alone */
    g_debug ("Cannot watch “%s”: %s.", root, g_strerror (errno));
    return self;
  }
  self->source = g_unix_fd_source_new (self->fd, G_IO_IN);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  vs_http_watch_start (self);
  return self;
}

void
vs_http_watch_start (VsHttpWatch *self)
{
  if (self->fd < 0 || self->root_watch >= 0)
    return;
  self->root_watch = add_folder (self, "");
  if (self->root_watch >= 0)
    scan_folder (self, "", FALSE);
}

void
vs_http_watch_free (VsHttpWatch *self)
{
  if (self == NULL)
    return;
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  if (self->fd >= 0)
    close (self->fd);
  g_hash_table_unref (self->folders);
  g_free (self->root);
  g_free (self);
}
