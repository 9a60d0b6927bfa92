/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The action signals, each a command to the desk. A command that is refused
 * returns NULL or FALSE, and a warning on the bus says why. */
#include "queue/vs-playback.h"

#define GST_CAT_DEFAULT vs_play_debug ()

static void
on_notice (const gchar *message, gboolean problem, gpointer data)
{
  GstVsPlaybackQueueSrc *self = data;

  if (problem)
    GST_ELEMENT_WARNING (self, RESOURCE, FAILED, ("%s", message), (NULL));
  else
    GST_ELEMENT_INFO (self, RESOURCE, FAILED, ("%s", message), (NULL));
}

static void
refuse (GstVsPlaybackQueueSrc *self, const GError *error)
{
  if (error)
    GST_ELEMENT_WARNING (
        self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
}

static VsDesk *
open_desk (GstVsPlaybackQueueSrc *self, GError **error)
{
  g_autoptr (GstCaps) video = NULL;
  g_autoptr (GstCaps) audio = NULL;
  g_autofree gchar *location = NULL;
  VsPlayFormat format;
  VsDeskSettings settings;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->settings.queue);
  video = gst_caps_ref (self->settings.video_caps);
  audio = gst_caps_ref (self->settings.audio_caps);
  settings.join = self->settings.join;
  GST_OBJECT_UNLOCK (self);
  if (!vs_play_format_init (&format, video, audio, error))
    return NULL;
  settings.location = location;
  settings.fps_n = format.video.fps_n;
  settings.fps_d = format.video.fps_d;
  vs_play_format_clear (&format);
  return vs_desk_new (&settings, on_notice, self, error);
}

static void
enqueue_first (GstVsPlaybackQueueSrc *self, VsDesk *desk)
{
  g_autofree gchar *items = NULL;
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  items = g_strdup (self->settings.items);
  GST_OBJECT_UNLOCK (self);
  if (items && *items && !vs_desk_enqueue_first (desk, items, &error))
    refuse (self, error);
}

VsDesk *
vs_playback_ensure_desk (GstVsPlaybackQueueSrc *self)
{
  g_autoptr (GError) error = NULL;
  VsDesk *desk;

  g_mutex_lock (&self->desk_lock);
  desk = self->desk;
  if (!desk) {
    desk = open_desk (self, &error);
    GST_OBJECT_LOCK (self);
    self->desk = desk;
    GST_OBJECT_UNLOCK (self);
    if (desk)
      enqueue_first (self, desk);
  }
  g_mutex_unlock (&self->desk_lock);
  if (!desk)
    GST_ELEMENT_ERROR (
        self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
  return desk;
}

static gchar *
enqueue (GstVsPlaybackQueueSrc *self, const gchar *item)
{
  VsDesk *desk = item ? vs_playback_ensure_desk (self) : NULL;
  g_autoptr (GError) error = NULL;
  gchar *id = desk ? vs_desk_enqueue (desk, item, &error) : NULL;

  refuse (self, error);
  return id;
}

static gchar *
insert (GstVsPlaybackQueueSrc *self, const gchar *item, guint index)
{
  VsDesk *desk = item ? vs_playback_ensure_desk (self) : NULL;
  g_autoptr (GError) error = NULL;
  gchar *id = desk ? vs_desk_insert (desk, item, index, &error) : NULL;

  refuse (self, error);
  return id;
}

static gboolean
remove_item (GstVsPlaybackQueueSrc *self, const gchar *id)
{
  VsDesk *desk = id ? vs_playback_ensure_desk (self) : NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok = desk && vs_desk_remove (desk, id, &error);

  refuse (self, error);
  return ok;
}

static VsQueueCut
get_cut (GstVsPlaybackQueueSrc *self)
{
  GST_OBJECT_LOCK (self);
  VsQueueCut cut = self->settings.cut;
  GST_OBJECT_UNLOCK (self);
  return cut;
}

static gboolean
replace (GstVsPlaybackQueueSrc *self, const gchar *items)
{
  VsDesk *desk = items ? vs_playback_ensure_desk (self) : NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok = desk && vs_desk_replace (desk, items, get_cut (self), &error);

  refuse (self, error);
  return ok;
}

static gboolean
clear (GstVsPlaybackQueueSrc *self)
{
  VsDesk *desk = vs_playback_ensure_desk (self);
  g_autoptr (GError) error = NULL;
  gboolean ok = desk && vs_desk_clear (desk, get_cut (self), &error);

  refuse (self, error);
  return ok;
}

static gboolean
skip (GstVsPlaybackQueueSrc *self)
{
  VsDesk *desk = vs_playback_ensure_desk (self);
  g_autoptr (GError) error = NULL;
  gboolean ok = desk && vs_desk_skip (desk, &error);

  refuse (self, error);
  return ok;
}

static gboolean
return_to_queue (GstVsPlaybackQueueSrc *self)
{
  VsDesk *desk = vs_playback_ensure_desk (self);
  g_autoptr (GError) error = NULL;
  gboolean ok = desk && vs_desk_return (desk, &error);

  refuse (self, error);
  return ok;
}

static gchar *
interrupt (GstVsPlaybackQueueSrc *self, const gchar *item,
    const gchar *cut_name, gint64 at, const gchar *resume_name)
{
  g_autoptr (GError) error = NULL;
  VsQueueCut cut = get_cut (self);
  VsQueueResume resume;
  VsDesk *desk = item ? vs_playback_ensure_desk (self) : NULL;
  gchar *id = NULL;

  GST_OBJECT_LOCK (self);
  resume = self->settings.resume;
  GST_OBJECT_UNLOCK (self);
  if (cut_name && *cut_name && !vs_queue_parse_cut (cut_name, &cut)) {
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("There is no cut mode “%s”; there are frame, item-end and at.",
            cut_name),
        (NULL));
    return NULL;
  }
  if (resume_name && *resume_name &&
      !vs_queue_parse_resume (resume_name, &resume)) {
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("There is no resume mode “%s”; there are resume, restart, skip and "
         "join.",
            resume_name),
        (NULL));
    return NULL;
  }
  if (desk)
    id = vs_desk_interrupt (desk, item, cut, at, resume, &error);
  refuse (self, error);
  return id;
}

static gchar *
list_queue (GstVsPlaybackQueueSrc *self, guint max)
{
  VsDesk *desk = vs_playback_ensure_desk (self);
  guint length;

  return desk ? vs_desk_dup_queue (desk, max, &length) : NULL;
}

static void
add_action (GstElementClass *klass, const gchar *name, GCallback callback,
    GType result, guint n, GType first, GType second, GType third, GType fourth)
{
  GType types[4] = { first, second, third, fourth };

  g_signal_new_class_handler (name, G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, callback, NULL, NULL, NULL, result,
      n, types[0], types[1], types[2], types[3]);
}

void
vs_playback_install_signals (GstElementClass *klass)
{
  const GType none = G_TYPE_NONE, text = G_TYPE_STRING;

  add_action (
      klass, "enqueue", G_CALLBACK (enqueue), text, 1, text, none, none, none);
  add_action (klass, "insert", G_CALLBACK (insert), text, 2, text, G_TYPE_UINT,
      none, none);
  add_action (klass, "remove", G_CALLBACK (remove_item), G_TYPE_BOOLEAN, 1,
      text, none, none, none);
  add_action (klass, "replace", G_CALLBACK (replace), G_TYPE_BOOLEAN, 1, text,
      none, none, none);
  add_action (klass, "clear", G_CALLBACK (clear), G_TYPE_BOOLEAN, 0, none, none,
      none, none);
  add_action (klass, "skip", G_CALLBACK (skip), G_TYPE_BOOLEAN, 0, none, none,
      none, none);
  add_action (klass, "return-to-queue", G_CALLBACK (return_to_queue),
      G_TYPE_BOOLEAN, 0, none, none, none, none);
  add_action (klass, "interrupt", G_CALLBACK (interrupt), text, 4, text, text,
      G_TYPE_INT64, text);
  add_action (klass, "list-queue", G_CALLBACK (list_queue), text, 1,
      G_TYPE_UINT, none, none, none);
  add_action (klass, "order", G_CALLBACK (vs_playback_order), text, 1, text,
      none, none, none);
}
