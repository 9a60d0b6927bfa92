/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-registry.h"

#include "jobs/vs-sandbox.h"

#include <glib/gstdio.h>

/* One of the two lists. */
typedef struct {
  gchar *path;
  VsChild *child; /* the last one that made it, or NULL */
  gchar *asked;   /* what the plugin folders were like when that began, … */
  gchar *made;    /* … and when the one began that came to an end; or NULL */
} List;

struct _VsRegistry {
  gchar *folder, *plugins;
  List all, small;
  VsChildLimits limits; /* of who makes them */
  gboolean making;
  void (*done) (gpointer);
  gpointer user_data;
};

VsRegistry *
vs_registry_new (const gchar *folder)
{
  VsRegistry *self = g_new0 (VsRegistry, 1);

  self->folder = g_strdup (folder);
  self->plugins = g_build_filename (folder, "plugins", NULL);
  self->all.path = g_build_filename (folder, "registry.bin", NULL);
  self->small.path = g_build_filename (folder, "copies.bin", NULL);
  return self;
}

static void
clear_list (List *list)
{
  vs_child_free (list->child);
  g_free (list->path);
  g_free (list->asked);
  g_free (list->made);
}

void
vs_registry_free (VsRegistry *self)
{
  if (!self)
    return;
  clear_list (&self->all);
  clear_list (&self->small);
  g_free (self->folder);
  g_free (self->plugins);
  g_free (self);
}

static void
note_end (List *list, gint signum)
{
  g_clear_pointer (&list->made, g_free);
  if (signum == 0)
    list->made = g_steal_pointer (&list->asked);
}

/* The small list is of what the links lead to, wherever that is. */
static GStrv
dup_environment (const VsRegistry *self, const List *list, const gchar *home)
{
  GStrv environment = vs_sandbox_dup_environment (home, list->path);

  if (list == &self->all)
    return environment;
  environment = g_environ_unsetenv (environment, "GST_PLUGIN_PATH");
  environment = g_environ_unsetenv (environment, "GST_PLUGIN_PATH_1_0");
  environment = g_environ_unsetenv (environment, "GST_PLUGIN_SYSTEM_PATH_1_0");
  return g_environ_setenv (
      environment, "GST_PLUGIN_SYSTEM_PATH", self->plugins, TRUE);
}

static gboolean
start (VsRegistry *self, List *list, const VsChildHandlers *handlers)
{
  VsChildLimits own = self->limits;
  g_auto (GStrv) environment = dup_environment (self, list, self->folder);

  vs_child_free (list->child);
  own.environment = (const gchar *const *) environment;
  own.folder = self->folder;
  own.copies = list == &self->small;
  own.link_into = list == &self->all ? self->plugins : NULL;
  list->child = vs_child_spawn (NULL, &own, handlers, self, NULL);
  return list->child != NULL;
}

static void
on_small_exited (gint status, gint signum, gpointer user_data)
{
  VsRegistry *self = user_data;

  note_end (&self->small, signum);
  self->making = FALSE; /* not before: whose handler this is must stay */
}

static void
on_exited (gint status, gint signum, gpointer user_data)
{
  static const VsChildHandlers handlers = { NULL, NULL, on_small_exited };
  VsRegistry *self = user_data;
  gboolean linked = status == 0 && signum == 0;

  g_clear_pointer (&self->small.made, g_free);
  g_free (self->small.asked);
  self->small.asked = g_strdup (self->all.asked);
  note_end (&self->all, signum);
  if (self->done)
    self->done (self->user_data);
  self->making = linked && start (self, &self->small, &handlers);
}

/* A file put into it, or taken out, changes a folder's time. */
static void
add_folder (GString *text, const gchar *folder)
{
  GStatBuf info;

  if (*folder != '\0' && g_stat (folder, &info) == 0)
    g_string_append_printf (text,
        "%s %" G_GINT64_FORMAT ".%09" G_GINT64_FORMAT "\n", folder,
        (gint64) info.st_mtim.tv_sec, (gint64) info.st_mtim.tv_nsec);
}

static gchar *
describe_folders (void)
{
  static const gchar *const variables[] = { "GST_PLUGIN_PATH",
    "GST_PLUGIN_SYSTEM_PATH" };
  GString *text = g_string_new (NULL);

  add_folder (text, VS_GST_PLUGIN_DIR);
  for (guint i = 0; i < G_N_ELEMENTS (variables); i++) {
    const gchar *value = g_getenv (variables[i]);
    g_auto (GStrv) folders =
        value ? g_strsplit (value, G_SEARCHPATH_SEPARATOR_S, -1) : NULL;

    for (guint j = 0; folders && folders[j]; j++)
      add_folder (text, folders[j]);
  }
  return g_string_free (text, FALSE);
}

void
vs_registry_make (VsRegistry *self, const VsChildLimits *limits,
    void (*done) (gpointer), gpointer user_data)
{
  static const VsChildHandlers handlers = { NULL, NULL, on_exited };

  if (self->making)
    return;
  self->limits = *limits;
  self->done = done;
  self->user_data = user_data;
  g_free (self->all.asked);
  self->all.asked = describe_folders ();
  self->making = start (self, &self->all, &handlers);
  if (!self->making && done) /* the first job will say why */
    done (user_data);
}

GStrv
vs_registry_dup_environment (const VsRegistry *self, const gchar *home,
    gboolean copies, gboolean *current)
{
  g_autofree gchar *now = describe_folders ();
  gboolean small = copies && g_strcmp0 (self->small.made, now) == 0 &&
                   g_file_test (self->small.path, G_FILE_TEST_IS_REGULAR);
  GStrv environment =
      dup_environment (self, small ? &self->small : &self->all, home);

  *current = g_strcmp0 (self->all.made, now) == 0;
  if (*current)
    environment =
        g_environ_setenv (environment, "GST_REGISTRY_UPDATE", "no", TRUE);
  return environment;
}
