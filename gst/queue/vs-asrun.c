/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-asrun.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>

#define N_KEPT 5
#define MAX_WAITING 1000 /* lines, for a disk that stands still */
#define MAX_RECORDS 10000

/* An item from its first frame on. */
typedef struct {
  gint64 start_us;
  guint64 start_frame, frames, since;
  guint interrupted;
} Record;

struct _VsAsrun {
  gchar *path;
  guint64 max_size;
  GThread *thread;
  GHashTable *records; /* id → Record; the engine's */

  GMutex lock;
  GCond cond;
  /* under lock */
  GQueue lines; /* gchar */
  gboolean stopping;
  guint64 lost;
  gchar *problem;
};

static void
append_text (GString *json, const gchar *key, const gchar *text)
{
  g_string_append_printf (json, "%s\"%s\":", json->len > 1 ? "," : "", key);
  if (!text) {
    g_string_append (json, "null");
    return;
  }
  g_string_append_c (json, '"');
  for (const gchar *p = text; *p; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_c (json, '\\');
    if ((guchar) *p < 0x20)
      g_string_append_printf (json, "\\u%04x", (guint) (guchar) *p);
    else
      g_string_append_c (json, *p);
  }
  g_string_append_c (json, '"');
}

static void
append_date (GString *json, const gchar *key, gint64 us)
{
  g_autoptr (GDateTime) date =
      us == VS_QUEUE_NO_TIME
          ? NULL
          : g_date_time_new_from_unix_utc (us / G_USEC_PER_SEC);
  g_autofree gchar *day =
      date ? g_date_time_format (date, "%Y-%m-%dT%H:%M:%S") : NULL;
  g_autofree gchar *text = day ? g_strdup_printf ("%s.%03dZ", day,
                                     (gint) (us % G_USEC_PER_SEC / 1000))
                               : NULL;

  append_text (json, key, text);
}

static void
append_number (GString *json, const gchar *key, guint64 value)
{
  g_string_append_printf (json, ",\"%s\":%" G_GUINT64_FORMAT, key, value);
}

/* ---- the writer's thread ---- */

static void
rotate (VsAsrun *asrun)
{
  for (guint i = N_KEPT; i > 0; i--) {
    g_autofree gchar *to = g_strdup_printf ("%s.%u", asrun->path, i);
    g_autofree gchar *from = i > 1
                                 ? g_strdup_printf ("%s.%u", asrun->path, i - 1)
                                 : g_strdup (asrun->path);

    g_rename (from, to);
  }
}

static void
note_problem (VsAsrun *asrun, const gchar *why)
{
  g_mutex_lock (&asrun->lock);
  asrun->lost++;
  if (!asrun->problem)
    asrun->problem = g_strdup_printf (
        "The as-run log “%s” cannot be written: %s.", asrun->path, why);
  g_mutex_unlock (&asrun->lock);
}

static void
write_line (VsAsrun *asrun, const gchar *line)
{
  GStatBuf info;
  FILE *file;
  gboolean ok;

  if (g_stat (asrun->path, &info) == 0 &&
      (guint64) info.st_size >= asrun->max_size)
    rotate (asrun);
  file = g_fopen (asrun->path, "a");
  if (!file) {
    note_problem (asrun, g_strerror (errno));
    return;
  }
  ok = fputs (line, file) >= 0;
  ok = fclose (file) == 0 && ok;
  if (!ok)
    note_problem (asrun, g_strerror (errno));
}

static gpointer
run (gpointer data)
{
  VsAsrun *asrun = data;

  g_mutex_lock (&asrun->lock);
  for (;;) {
    while (g_queue_is_empty (&asrun->lines) && !asrun->stopping)
      g_cond_wait (&asrun->cond, &asrun->lock);
    g_autofree gchar *line = g_queue_pop_head (&asrun->lines);
    if (!line)
      break;
    g_mutex_unlock (&asrun->lock);
    write_line (asrun, line);
    g_mutex_lock (&asrun->lock);
  }
  g_mutex_unlock (&asrun->lock);
  return NULL;
}

VsAsrun *
vs_asrun_new (const gchar *path, guint64 max_size)
{
  VsAsrun *asrun = g_new0 (VsAsrun, 1);

  asrun->path = g_strdup (path);
  asrun->max_size = max_size;
  asrun->records =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_mutex_init (&asrun->lock);
  g_cond_init (&asrun->cond);
  g_queue_init (&asrun->lines);
  asrun->thread = g_thread_new ("vs-asrun", run, asrun);
  return asrun;
}

void
vs_asrun_free (VsAsrun *asrun)
{
  g_mutex_lock (&asrun->lock);
  asrun->stopping = TRUE;
  g_cond_broadcast (&asrun->cond);
  g_mutex_unlock (&asrun->lock);
  g_thread_join (asrun->thread);
  g_hash_table_unref (asrun->records);
  g_mutex_clear (&asrun->lock);
  g_cond_clear (&asrun->cond);
  g_free (asrun->problem);
  g_free (asrun->path);
  g_free (asrun);
}

/* ---- the engine's thread ---- */

static gchar *
make_line (const VsOnairEvent *told, const Record *record)
{
  const VsQueueItem *item = told->event->item;
  GString *json = g_string_new ("{");
  g_autofree gchar *title = vs_queue_item_dup_name (item);

  append_text (json, "id", item->id);
  append_text (json, "title", title);
  append_date (json, "planned", item->at_us);
  append_date (json, "start", record ? record->start_us : VS_QUEUE_NO_TIME);
  append_date (json, "end", told->now_us);
  append_number (json, "start_frame", record ? record->start_frame : 0);
  append_number (json, "end_frame", told->frame);
  append_number (json, "frames", record ? record->frames : 0);
  append_number (json, "interrupted", record ? record->interrupted : 0);
  g_string_append_printf (
      json, ",\"on_air\":%s", told->event->was_on_air ? "true" : "false");
  append_text (json, "reason", vs_queue_reason_name (told->event->reason));
  append_text (json, "failure", told->failure);
  g_string_append (json, "}\n");
  return g_string_free (json, FALSE);
}

static void
push_line (VsAsrun *asrun, gchar *line)
{
  g_mutex_lock (&asrun->lock);
  if (asrun->lines.length < MAX_WAITING) {
    g_queue_push_tail (&asrun->lines, g_steal_pointer (&line));
    g_cond_signal (&asrun->cond);
  } else {
    asrun->lost++;
  }
  g_mutex_unlock (&asrun->lock);
  g_free (line);
}

static Record *
ensure_record (VsAsrun *asrun, const VsOnairEvent *told)
{
  const gchar *id = told->event->item->id;
  Record *record = g_hash_table_lookup (asrun->records, id);

  if (record || g_hash_table_size (asrun->records) >= MAX_RECORDS)
    return record;
  record = g_new0 (Record, 1);
  record->start_us = told->now_us;
  record->start_frame = told->frame;
  g_hash_table_insert (asrun->records, g_strdup (id), record);
  return record;
}

/* Frames of the output, from when it went on air until it went off. */
static void
count (Record *record, guint64 frame)
{
  if (record && record->since != G_MAXUINT64)
    record->frames += frame - record->since;
  if (record)
    record->since = G_MAXUINT64;
}

void
vs_asrun_note (VsAsrun *asrun, const VsOnairEvent *told)
{
  const VsQueueEvent *event = told->event;
  Record *record;

  if (!event->item || !event->item->id)
    return;
  switch (event->kind) {
    case VS_QUEUE_EVENT_STARTED:
    case VS_QUEUE_EVENT_RESUMED:
      record = ensure_record (asrun, told);
      if (record)
        record->since = told->frame;
      break;
    case VS_QUEUE_EVENT_INTERRUPTED:
      record = g_hash_table_lookup (asrun->records, event->item->id);
      count (record, told->frame);
      if (record)
        record->interrupted++;
      break;
    case VS_QUEUE_EVENT_FINISHED:
      record = g_hash_table_lookup (asrun->records, event->item->id);
      count (record, told->frame);
      push_line (asrun, make_line (told, record));
      g_hash_table_remove (asrun->records, event->item->id);
      break;
    case VS_QUEUE_EVENT_LOOPED:
    case VS_QUEUE_EVENT_EMPTY:
    default:
      break;
  }
}

guint64
vs_asrun_get_lost (VsAsrun *asrun)
{
  g_mutex_lock (&asrun->lock);
  guint64 lost = asrun->lost;
  g_mutex_unlock (&asrun->lock);
  return lost;
}

gchar *
vs_asrun_steal_problem (VsAsrun *asrun)
{
  g_mutex_lock (&asrun->lock);
  gchar *problem = g_steal_pointer (&asrun->problem);
  g_mutex_unlock (&asrun->lock);
  return problem;
}
