/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-kept.h"

/* What an entry takes besides the bytes of its object. */
#define ENTRY_SIZE 1024

struct _VsHttpKept {
  gsize max_bytes, bytes;
  GHashTable *entries; /* name → Entry */
  GQueue recent;       /* Entry, the newest used first */
};

typedef struct {
  gchar *name;
  VsHttpFile *file;
  gsize bytes;
  gint64 until_us;
  GList link;
} Entry;

static void
entry_free (Entry *entry)
{
  g_free (entry->name);
  vs_http_file_unref (entry->file);
  g_free (entry);
}

VsHttpKept *
vs_http_kept_new (gsize max_bytes)
{
  VsHttpKept *self = g_new0 (VsHttpKept, 1);

  self->max_bytes = max_bytes;
  self->entries = g_hash_table_new_full (
      g_str_hash, g_str_equal, NULL, (GDestroyNotify) entry_free);
  g_queue_init (&self->recent);
  return self;
}

void
vs_http_kept_free (VsHttpKept *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->entries);
  g_free (self);
}

static void
forget (VsHttpKept *self, Entry *entry)
{
  g_queue_unlink (&self->recent, &entry->link);
  self->bytes -= entry->bytes;
  g_hash_table_remove (self->entries, entry->name);
}

void
vs_http_kept_put (
    VsHttpKept *self, const gchar *name, VsHttpFile *file, gint64 until_us)
{
  Entry *entry = g_hash_table_lookup (self->entries, name);

  if (entry != NULL)
    forget (self, entry);
  entry = g_new0 (Entry, 1);
  entry->name = g_strdup (name);
  entry->file = vs_http_file_ref (file);
  entry->until_us = until_us;
  entry->link.data = entry;
  entry->bytes = ENTRY_SIZE +
                 (file->body != NULL ? g_bytes_get_size (file->body) : 0) +
                 (file->gzip != NULL ? g_bytes_get_size (file->gzip) : 0);
  self->bytes += entry->bytes;
  g_queue_push_head_link (&self->recent, &entry->link);
  g_hash_table_insert (self->entries, entry->name, entry);
  while (self->bytes > self->max_bytes)
    forget (self, g_queue_peek_tail (&self->recent));
}

VsHttpFile *
vs_http_kept_get (VsHttpKept *self, const gchar *name, gint64 now_us)
{
  Entry *entry = g_hash_table_lookup (self->entries, name);

  if (entry == NULL)
    return NULL;
  if (entry->until_us <= now_us) {
    forget (self, entry);
    return NULL;
  }
  g_queue_unlink (&self->recent, &entry->link);
  g_queue_push_head_link (&self->recent, &entry->link);
  return vs_http_file_ref (entry->file);
}
