/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-signer.h"

#include "jobs/vs-secret-file.h"

#include <errno.h>
#include <gio/gio.h>
#include <sys/random.h>

#define KEY_BYTES 32

struct _VsSigner {
  gchar *path;
  VsPlaybackKeys *keys; /* NULL: nothing is signed */
  GFileMonitor *monitor;
};

static gchar *
make_key (void)
{
  GString *text = g_string_new (NULL);
  guint8 bytes[KEY_BYTES];

  while (getrandom (bytes, sizeof bytes, 0) != (gssize) sizeof bytes)
    if (errno != EINTR)
      g_error ("The system gives no random numbers: %s", g_strerror (errno));
  for (guint i = 0; i < sizeof bytes; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

static VsPlaybackKeys *
read_keys (const gchar *path, GError **error)
{
  g_autofree gchar *text = vs_secret_file_read (path, error);

  return text ? vs_playback_keys_parse (text, path, error) : NULL;
}

/* A file that is being written may be read half: its end is told as well. */
static void
on_changed (GFileMonitor *monitor, GFile *file, GFile *other,
    GFileMonitorEvent event, gpointer user_data)
{
  VsSigner *self = user_data;
  g_autoptr (GError) error = NULL;
  VsPlaybackKeys *keys;

  if (event == G_FILE_MONITOR_EVENT_DELETED)
    return;
  keys = read_keys (self->path, &error);
  if (!keys) {
    g_warning ("%s The keys are as they were.", error->message);
    return;
  }
  vs_playback_keys_free (self->keys);
  self->keys = keys;
}

static gboolean
ensure_file (const gchar *path, GError **error)
{
  g_autofree gchar *key = NULL;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  key = make_key ();
  return vs_secret_file_make (path, key, error);
}

VsSigner *
vs_signer_open (const gchar *path, GError **error)
{
  g_autoptr (VsSigner) self = g_new0 (VsSigner, 1);
  g_autoptr (GFile) file = NULL;

  if (!path)
    return g_steal_pointer (&self);
  self->path = g_strdup (path);
  if (ensure_file (path, error))
    self->keys = read_keys (path, error);
  if (!self->keys) {
    g_prefix_error (error, "[playback] signing-key-file: ");
    return NULL;
  }
  file = g_file_new_for_path (path);
  self->monitor = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL);
  if (self->monitor)
    g_signal_connect (self->monitor, "changed", G_CALLBACK (on_changed), self);
  return g_steal_pointer (&self);
}

void
vs_signer_close (VsSigner *self)
{
  if (!self)
    return;
  if (self->monitor)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  vs_playback_keys_free (self->keys);
  g_free (self->path);
  g_free (self);
}

gboolean
vs_signer_is_on (const VsSigner *self)
{
  return self->keys != NULL;
}

gchar *
vs_signer_dup_url (const VsSigner *self, const gchar *id, gint64 expires_s)
{
  g_autofree gchar *token =
      self->keys ? vs_playback_sign (self->keys, id, expires_s) : NULL;

  return g_strconcat ("/play/", id, token ? "/~" : NULL, token, NULL);
}

VsPlaybackVerdict
vs_signer_check (
    const VsSigner *self, const gchar *id, const gchar *token, gint64 now_s)
{
  if (!self->keys)
    return VS_PLAYBACK_GOOD;
  return token ? vs_playback_check (self->keys, id, token, now_s)
               : VS_PLAYBACK_BAD;
}
