/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * memory: and what backends share. Nothing is kept: the owner's own model is
 * all there is. */
#include "store/vs-queue-backend.h"

static gboolean
load (gpointer self, GPtrArray *items, gchar **cursor, GPtrArray *refused,
    GError **error)
{
  return TRUE;
}

static gboolean
commit (gpointer self, GPtrArray *edits, const gchar *cursor, guint64 batch,
    GError **error)
{
  return TRUE;
}

static VsQueueLook
look (gpointer self, gboolean force, GPtrArray *items, GPtrArray *refused,
    GError **error)
{
  return VS_QUEUE_LOOK_SAME;
}

static gint
get_fd (gpointer self)
{
  return -1;
}

static gint64
get_interval (gpointer self)
{
  return -1;
}

static void
nothing (gpointer self)
{
}

gboolean
vs_queue_memory_open (VsQueueBackend *backend, const gchar *location,
    const gchar *run, GError **error)
{
  static const VsQueueBackendClass klass = { load, commit, look, get_fd,
    get_interval, nothing };

  backend->klass = &klass;
  backend->self = NULL;
  return TRUE;
}

static gboolean
is_taken (const gchar *id, GHashTable *seen, GHashTable *known)
{
  return g_hash_table_contains (seen, id) ||
         (known != NULL && g_hash_table_contains (known, id));
}

VsQueueItem *
vs_queue_adopt (const gchar *text, gssize length, const gchar *run,
    guint64 *next, GHashTable *seen, GHashTable *known, gboolean *changed,
    GPtrArray *refused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsQueueItem) item = vs_queue_item_parse (text, length, &error);
  VsQueueItem *named;
  gchar *id = NULL;

  *changed = TRUE;
  if (item == NULL) {
    g_ptr_array_add (refused,
        g_strdup_printf ("An entry of the queue is no item and was put "
                         "aside: %s.",
            error->message));
    return NULL;
  }
  if (item->id != NULL && !is_taken (item->id, seen, known)) {
    g_hash_table_add (seen, g_strdup (item->id));
    *changed = FALSE;
    return g_steal_pointer (&item);
  }
  do {
    g_free (id);
    id = g_strdup_printf ("%s-x%" G_GUINT64_FORMAT, run, ++*next);
  } while (is_taken (id, seen, known));
  named = vs_queue_item_with_id (item, id);
  g_hash_table_add (seen, id);
  return named;
}
