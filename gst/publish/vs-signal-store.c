/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/vs-signal-store.h"

#include "core/vs-error.h"
#include "store/vs-store-private.h"

typedef struct {
  VsSignalStoreOpen open_func;
  VsSignalStoreDelete delete_func;
  gpointer user_data;
} SignalStore;

static gboolean
write_object (GOutputStream *stream, GBytes *const *chunks, guint n_chunks,
    GError **error)
{
  for (guint i = 0; i < n_chunks; i++) {
    gsize size;
    gconstpointer data = g_bytes_get_data (chunks[i], &size);

    if (!g_output_stream_write_all (stream, data, size, NULL, NULL, error))
      return FALSE;
  }
  return g_output_stream_close (stream, NULL, error);
}

static void
signal_store_put (gpointer data, const gchar *key, GBytes *const *chunks,
    guint n_chunks, const VsStoreMeta *meta, VsStoreDone done,
    gpointer user_data)
{
  SignalStore *self = data;
  g_autoptr (GOutputStream) stream = self->open_func (key, self->user_data);
  g_autoptr (GError) error = NULL;

  if (stream == NULL)
    g_set_error (&error, VS_ERROR, VS_ERROR_NO_OUTPUT,
        "No handler of get-object-stream gave a stream for “%s”.", key);
  else if (!write_object (stream, chunks, n_chunks, &error))
    g_prefix_error (&error, "The application's stream for “%s” failed: ", key);
  done (error, user_data);
}

static void
signal_store_remove (gpointer data, const gchar *const *keys, VsStoreDone done,
    gpointer user_data)
{
  SignalStore *self = data;

  for (guint i = 0; keys[i] != NULL; i++)
    self->delete_func (keys[i], self->user_data);
  done (NULL, user_data);
}

/* The application's objects cannot be read back. */
static GBytes *
signal_store_get (
    gpointer data, const gchar *key, gsize max_size, GError **error)
{
  g_set_error (error, VS_ERROR, VS_ERROR_NOT_FOUND,
      "“%s” is kept by the application.", key);
  return NULL;
}

static gchar **
signal_store_list (gpointer data, const gchar *prefix, GError **error)
{
  return g_new0 (gchar *, 1);
}

static gboolean
signal_store_true (gpointer data, GError **error)
{
  return TRUE;
}

static const VsStoreClass signal_store_class = {
  .put = signal_store_put,
  .remove = signal_store_remove,
  .get = signal_store_get,
  .list = signal_store_list,
  .lock = signal_store_true,
  .flush = signal_store_true,
  .free = g_free,
};

VsStore *
vs_signal_store_new (VsSignalStoreOpen open_func,
    VsSignalStoreDelete delete_func, gpointer user_data)
{
  SignalStore *self = g_new0 (SignalStore, 1);

  self->open_func = open_func;
  self->delete_func = delete_func;
  self->user_data = user_data;
  return vs_store_new (&signal_store_class, self);
}
