/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-registry.h"

#include "jobs/vs-sandbox.h"

#include <glib/gstdio.h>

struct _VsRegistry {
  gchar *folder, *path;
  VsChild *child; /* the last one that made it, or NULL */
  gboolean making;
  gchar *asked; /* what the plugin folders were like when that began, … */
  gchar *made;  /* … and when the one began that came to an end; or NULL */
  void (*done) (gpointer);
  gpointer user_data;
};

VsRegistry *
vs_registry_new (const gchar *folder)
{
  VsRegistry *self = g_new0 (VsRegistry, 1);

  self->folder = g_strdup (folder);
  self->path = g_build_filename (folder, "registry.bin", NULL);
  return self;
}

void
vs_registry_free (VsRegistry *self)
{
  if (!self)
    return;
  vs_child_free (self->child);
  g_free (self->folder);
  g_free (self->path);
  g_free (self->asked);
  g_free (self->made);
  g_free (self);
}

static void
on_exited (gint status, gint signum, gpointer user_data)
{
  VsRegistry *self = user_data;

  g_clear_pointer (&self->made, g_free);
  if (signum == 0)
    self->made = g_steal_pointer (&self->asked);
  if (self->done)
    self->done (self->user_data);
  self->making = FALSE; /* not before: whose handler this is must stay */
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
  VsChildLimits own = *limits;
  g_auto (GStrv) environment =
      vs_sandbox_dup_environment (self->folder, self->path);

  if (self->making)
    return;
  vs_child_free (self->child);
  own.environment = (const gchar *const *) environment;
  own.folder = self->folder;
  self->done = done;
  self->user_data = user_data;
  g_free (self->asked);
  self->asked = describe_folders ();
  self->child = vs_child_spawn (NULL, &own, &handlers, self, NULL);
  self->making = self->child != NULL;
  if (!self->child && done) /* the first job will say why */
    done (user_data);
}

GStrv
vs_registry_dup_environment (
    const VsRegistry *self, const gchar *home, gboolean *current)
{
  GStrv environment = vs_sandbox_dup_environment (home, self->path);
  g_autofree gchar *now = describe_folders ();

  *current = g_strcmp0 (self->made, now) == 0;
  if (*current)
    environment =
        g_environ_setenv (environment, "GST_REGISTRY_UPDATE", "no", TRUE);
  return environment;
}
