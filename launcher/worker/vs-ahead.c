/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-ahead.h"

#include "vs-ahead-libraries.h"
#include "worker/vs-plugins.h"

#include <dlfcn.h>
#include <sched.h>

static GThread *libraries;
static GThread *behind;
static gint stopped; /* atomic */

static gpointer
load_libraries (gpointer user_data)
{
  static const gchar *const names[] = { VS_AHEAD_LIBRARIES VS_PLUGINS_LIBAV };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_atomic_int_get (&stopped))
      break;
    (void) dlopen (names[i], RTLD_LAZY | RTLD_NODELETE);
    (void) sched_yield ();
  }
  return NULL;
}

/* Libav first; the others have until the first picture is decoded. */
static gpointer
load_behind (gpointer user_data)
{
  static const gchar *const names[] = { "libav", "videorate", "vstreamx264",
    "audioconvert", "audioresample", "audiorate" };

  (void) g_thread_join (g_steal_pointer (&libraries));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GstPlugin) plugin = NULL;

    if (!g_atomic_int_get (&stopped))
      plugin = gst_plugin_load_by_name (names[i]);
  }
  return NULL;
}

void
vs_ahead_start (void)
{
  libraries = g_thread_new ("load-libraries", load_libraries, NULL);
}

void
vs_ahead_load_plugins (void)
{
  static const gchar *const first[] = { "coreelements", "vstream", "playback",
    "typefindfunctions", "isomp4", "videoparsersbad", "audioparsers" };

  for (guint i = 0; i < G_N_ELEMENTS (first); i++) {
    g_autoptr (GstPlugin) plugin = gst_plugin_load_by_name (first[i]);
  }
  behind = g_thread_new ("load-plugins", load_behind, NULL);
}

void
vs_ahead_stop (void)
{
  g_atomic_int_set (&stopped, 1);
  if (behind)
    (void) g_thread_join (g_steal_pointer (&behind));
}
