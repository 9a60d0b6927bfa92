/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-filler.h"

#include <gio/gio.h>

#define GST_CAT_DEFAULT vs_play_debug ()

#define MAX_FILES 10000
/* Ticks after which it is tried again where nothing could be played. */
#define REST_TIME (10 * GST_SECOND)
/* Before the end of one the next is opened. */
#define PREROLL (5 * GST_SECOND)

/* What is read of a folder, by a thread that may outlive the filler. */
typedef struct {
  gatomicrefcount refs;
  gchar *uri;
  GMutex lock;
  GPtrArray *uris; /* under lock; NULL: still reading */
} Listing;

struct _VsFiller {
  const VsProgrammeEnv *env;
  Listing *listing; /* NULL: no filler */
  GPtrArray *uris;  /* once read */
  guint next;       /* index of the one to be opened next */
  guint failed;     /* in a row */
  guint64 rest;     /* ticks until it is tried again */
  VsProgramme *now, *then;
  gchar *failure;
};

static void
listing_unref (gpointer data)
{
  Listing *listing = data;

  if (!g_atomic_ref_count_dec (&listing->refs))
    return;
  g_clear_pointer (&listing->uris, g_ptr_array_unref);
  g_mutex_clear (&listing->lock);
  g_free (listing->uri);
  g_free (listing);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const gchar *const *) a, *(const gchar *const *) b);
}

static GPtrArray *
list_folder (GFile *folder)
{
  GPtrArray *uris = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GFileEnumerator) files = g_file_enumerate_children (folder,
      G_FILE_ATTRIBUTE_STANDARD_NAME "," G_FILE_ATTRIBUTE_STANDARD_TYPE,
      G_FILE_QUERY_INFO_NONE, NULL, NULL);
  GFileInfo *info;

  while (files && uris->len < MAX_FILES &&
         (info = g_file_enumerator_next_file (files, NULL, NULL)) != NULL) {
    const gchar *name = g_file_info_get_name (info);
    g_autoptr (GFile) file = g_file_get_child (folder, name);

    if (g_file_info_get_file_type (info) == G_FILE_TYPE_REGULAR &&
        name[0] != '.')
      g_ptr_array_add (uris, g_file_get_uri (file));
    g_object_unref (info);
  }
  g_ptr_array_sort (uris, compare);
  return uris;
}

static void
run_list (gpointer data)
{
  Listing *listing = data;
  g_autoptr (GFile) file = g_path_is_absolute (listing->uri)
                               ? g_file_new_for_path (listing->uri)
                               : g_file_new_for_uri (listing->uri);
  gboolean local = g_file_is_native (file);
  GPtrArray *uris;

  if (local && g_file_query_file_type (file, G_FILE_QUERY_INFO_NONE, NULL) ==
                   G_FILE_TYPE_DIRECTORY) {
    uris = list_folder (file);
  } else {
    uris = g_ptr_array_new_with_free_func (g_free);
    g_ptr_array_add (
        uris, local ? g_file_get_uri (file) : g_strdup (listing->uri));
  }
  g_mutex_lock (&listing->lock);
  listing->uris = uris;
  g_mutex_unlock (&listing->lock);
  listing_unref (listing);
}

VsFiller *
vs_filler_new (const gchar *uri, const VsProgrammeEnv *env)
{
  VsFiller *filler = g_new0 (VsFiller, 1);

  filler->env = env;
  if (!uri || !*uri)
    return filler;
  filler->listing = g_new0 (Listing, 1);
  g_atomic_ref_count_init (&filler->listing->refs);
  g_atomic_ref_count_inc (&filler->listing->refs);
  g_mutex_init (&filler->listing->lock);
  filler->listing->uri = g_strdup (uri);
  vs_play_reaper_run (env->reaper, "vs-filler-list", run_list, filler->listing);
  return filler;
}

void
vs_filler_free (VsFiller *filler)
{
  g_clear_pointer (&filler->now, vs_programme_free);
  g_clear_pointer (&filler->then, vs_programme_free);
  g_clear_pointer (&filler->listing, listing_unref);
  g_clear_pointer (&filler->uris, g_ptr_array_unref);
  g_free (filler->failure);
  g_free (filler);
}

static gboolean
is_known (VsFiller *filler)
{
  if (filler->uris || !filler->listing)
    return filler->uris && filler->uris->len > 0;
  g_mutex_lock (&filler->listing->lock);
  if (filler->listing->uris)
    filler->uris = g_ptr_array_ref (filler->listing->uris);
  g_mutex_unlock (&filler->listing->lock);
  if (filler->uris && filler->uris->len == 0)
    filler->failure = g_strdup ("The folder of the filler is empty.");
  return filler->uris && filler->uris->len > 0;
}

static VsProgramme *
open_next (VsFiller *filler)
{
  const gchar *uri =
      g_ptr_array_index (filler->uris, filler->next++ % filler->uris->len);
  g_autoptr (GString) json = g_string_new ("{\"uri\":\"");
  g_autoptr (VsQueueItem) item = NULL;

  for (const gchar *p = uri; *p; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_c (json, '\\');
    g_string_append_c (json, *p);
  }
  g_string_append (json, "\"}");
  item = vs_queue_item_parse (json->str, json->len, NULL);
  return item ? vs_programme_new (item, 0, filler->env) : NULL;
}

static void
note_failure (VsFiller *filler, const VsProgramme *programme)
{
  const gchar *reason = vs_programme_get_failure (programme);
  g_autofree gchar *name =
      vs_queue_item_dup_name (vs_programme_get_item (programme));

  if (!filler->failure && reason)
    filler->failure =
        g_strdup_printf ("The filler “%s” cannot be played: %s", name, reason);
  if (++filler->failed >= filler->uris->len)
    filler->rest = vs_play_format_tick_at (&filler->env->format, REST_TIME);
}

/* Runs one of the two; what is over is let go. */
static void
run_one (VsFiller *filler, VsProgramme **programme, GstClockTime wait)
{
  VsProgrammeState state;

  if (!*programme)
    return;
  state = vs_programme_run (*programme, wait);
  if (state == VS_PROGRAMME_FAILED)
    note_failure (filler, *programme);
  else if (state == VS_PROGRAMME_READY)
    filler->failed = 0;
  if (state >= VS_PROGRAMME_ENDED)
    g_clear_pointer (programme, vs_programme_free);
}

VsProgramme *
vs_filler_run (VsFiller *filler, GstClockTime wait)
{
  if (!is_known (filler))
    return NULL;
  run_one (filler, &filler->now, wait);
  run_one (filler, &filler->then, 0);
  if (!filler->now)
    filler->now = g_steal_pointer (&filler->then);
  if (filler->rest > 0 && --filler->rest > 0)
    return NULL;
  if (!filler->now)
    filler->now = open_next (filler);
  if (filler->now && !filler->then &&
      vs_programme_get_state (filler->now) == VS_PROGRAMME_READY &&
      vs_programme_get_remaining (filler->now) <=
          vs_play_format_tick_at (&filler->env->format, PREROLL))
    filler->then = open_next (filler);
  return filler->now &&
                 vs_programme_get_state (filler->now) == VS_PROGRAMME_READY
             ? filler->now
             : NULL;
}

gchar *
vs_filler_steal_failure (VsFiller *filler)
{
  return g_steal_pointer (&filler->failure);
}
