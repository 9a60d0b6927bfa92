/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/vs-damage.h"

#include <string.h>

static const struct {
  const gchar *category;
  GstDebugLevel level;
} categories[] = {
  { "libav", GST_LEVEL_ERROR },
  { "videodecoder", GST_LEVEL_WARNING },
  { "audiodecoder", GST_LEVEL_WARNING },
};

static GMutex lock;
static guint n_errors;    /* guarded by lock */
static gchar *first_text; /* guarded by lock */

/* The base classes warn of other things as well; an error they begin so. */
static gboolean
is_error (const gchar *category, GstDebugLevel level, const gchar *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (categories); i++) {
    if (!g_str_equal (category, categories[i].category) ||
        level > categories[i].level)
      continue;
    return level <= GST_LEVEL_ERROR || g_str_has_prefix (text, "error: ");
  }
  return FALSE;
}

static void
on_log (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer user_data)
{
  const gchar *name = gst_debug_category_get_name (category);
  const gchar *text;

  if (level > GST_LEVEL_WARNING)
    return;
  text = gst_debug_message_get (message);
  if (!text || !is_error (name, level, text))
    return;
  g_mutex_lock (&lock);
  n_errors++;
  if (!first_text)
    first_text = g_strstrip (g_strdup (text));
  g_mutex_unlock (&lock);
}

void
vs_damage_listen (void)
{
  if (!g_getenv ("GST_DEBUG")) /* nobody asked to see what we listen to */
    gst_debug_remove_log_function (gst_debug_log_default);
  for (guint i = 0; i < G_N_ELEMENTS (categories); i++) {
    GstDebugCategory *category =
        _gst_debug_get_category (categories[i].category);

    if (!category ||
        gst_debug_category_get_threshold (category) < categories[i].level)
      gst_debug_set_threshold_for_name (
          categories[i].category, categories[i].level);
  }
  gst_debug_add_log_function (on_log, NULL, NULL);
}

gchar *
vs_damage_dup_first (guint *n)
{
  gchar *text;

  g_mutex_lock (&lock);
  *n = n_errors;
  text = g_strdup (first_text);
  g_mutex_unlock (&lock);
  return text;
}
