/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The publisher before a store that is slower than the media: segments are
 * acknowledged when the test says so, everything else at once. */
#include <string.h>

#include <gio/gio.h>

#include "core/vs-error.h"
#include "core/vs-hls.h"
#include "publish/vs-publisher.h"
#include "store/vs-store-private.h"

#include "core/manifest-fixture.h"

#define SIZE 100    /* of a segment */
#define BOUND 1000  /* ten segments: five groups of two tracks */
#define SCALE 12800 /* ticks a second; a segment is one second long */
#define LIMIT_S 20  /* of a wait */
#define LAST_TO_FEED 30

typedef struct {
  gchar *key;
  VsStoreDone done;
  gpointer user_data;
} Held;

typedef struct {
  GMutex lock;
  GCond cond;
  GQueue held;         /* Held, oldest first */
  GHashTable *objects; /* key → GBytes */
  gboolean holding;
  gboolean calls_back; /* what is held, when it is called back */
  guint warnings, errors;
  VsPublisher *publisher;
} Fixture;

/* --- the store --- */

static GBytes *
join (GBytes *const *chunks, guint n)
{
  GByteArray *all = g_byte_array_new ();

  for (guint i = 0; i < n; i++)
    g_byte_array_append (all, g_bytes_get_data (chunks[i], NULL),
        (guint) g_bytes_get_size (chunks[i]));
  return g_byte_array_free_to_bytes (all);
}

static void
held_store_put (gpointer data, const gchar *key, GBytes *const *chunks,
    guint n_chunks, const VsStoreMeta *meta, VsStoreDone done,
    gpointer user_data)
{
  Fixture *f = data;
  gboolean hold;

  g_mutex_lock (&f->lock);
  hold = f->holding && g_str_has_suffix (key, ".m4s");
  g_hash_table_replace (f->objects, g_strdup (key), join (chunks, n_chunks));
  if (hold) {
    Held *held = g_new0 (Held, 1);

    held->key = g_strdup (key);
    held->done = done;
    held->user_data = user_data;
    g_queue_push_tail (&f->held, held);
    g_cond_broadcast (&f->cond);
  }
  g_mutex_unlock (&f->lock);
  if (!hold)
    done (NULL, user_data);
}

static void
held_store_remove (
    gpointer data, const gchar *const *keys, VsStoreDone done, gpointer user)
{
  Fixture *f = data;

  g_mutex_lock (&f->lock);
  for (guint i = 0; keys[i] != NULL; i++)
    g_hash_table_remove (f->objects, keys[i]);
  g_mutex_unlock (&f->lock);
  done (NULL, user);
}

static GBytes *
held_store_get (gpointer data, const gchar *key, gsize max_size, GError **error)
{
  g_set_error (error, VS_ERROR, VS_ERROR_NOT_FOUND, "“%s” is not here.", key);
  return NULL;
}

static gchar **
held_store_list (gpointer data, const gchar *prefix, GError **error)
{
  return g_new0 (gchar *, 1);
}

static void
held_store_call_back (gpointer data, const gchar *key)
{
  g_autoptr (GError) error =
      g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Called back.");
  Fixture *f = data;
  Held *found = NULL;

  g_mutex_lock (&f->lock);
  for (GList *l = f->held.head; l != NULL && f->calls_back; l = l->next)
    if (g_str_equal (((Held *) l->data)->key, key))
      found = l->data;
  g_queue_remove (&f->held, found);
  g_mutex_unlock (&f->lock);
  if (found == NULL)
    return;
  found->done (error, found->user_data);
  g_free (found->key);
  g_free (found);
}

static gboolean
held_store_true (gpointer data, GError **error)
{
  return TRUE;
}

static void
held_store_free (gpointer data)
{
}

static const VsStoreClass held_store_class = {
  .put = held_store_put,
  .remove = held_store_remove,
  .get = held_store_get,
  .list = held_store_list,
  .call_back = held_store_call_back,
  .lock = held_store_true,
  .flush = held_store_true,
  .free = held_store_free,
};

/* Acknowledges the @n oldest; waits until they are there. */
static void
acknowledge (Fixture *f, guint n)
{
  gint64 deadline = g_get_monotonic_time () + LIMIT_S * G_USEC_PER_SEC;

  while (n-- > 0) {
    Held *held;

    g_mutex_lock (&f->lock);
    while (g_queue_is_empty (&f->held))
      g_assert_true (g_cond_wait_until (&f->cond, &f->lock, deadline));
    held = g_queue_pop_head (&f->held);
    g_mutex_unlock (&f->lock);
    held->done (NULL, held->user_data);
    g_free (held->key);
    g_free (held);
  }
}

static guint
count_held (Fixture *f)
{
  guint n;

  g_mutex_lock (&f->lock);
  n = f->held.length;
  g_mutex_unlock (&f->lock);
  return n;
}

static void
release_all (Fixture *f)
{
  g_mutex_lock (&f->lock);
  f->holding = FALSE;
  g_mutex_unlock (&f->lock);
  acknowledge (f, count_held (f));
}

/* --- the publisher --- */

static void
on_warning (const GError *error, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_nonnull (strstr (error->message, "slower than the stream"));
  g_atomic_int_inc (&f->warnings);
}

static void
on_error (const GError *error, gpointer user_data)
{
  g_atomic_int_inc (&((Fixture *) user_data)->errors);
}

static void
set_up (Fixture *f, VsPresentationType type, gint64 window_us)
{
  static const VsPublisherEvents events = { .on_warning = on_warning,
    .on_error = on_error };
  const VsPublisherConfig config = { .type = type,
    .container = VS_CONTAINER_CMAF,
    .segment_ms = 1000,
    .window_us = window_us,
    .hls = TRUE,
    .dash = TRUE,
    .hls_name = (gchar *) "multivariant.m3u8",
    .dash_name = (gchar *) "manifest.mpd",
    .max_in_flight = BOUND };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) init = g_bytes_new_static ("init", 4);

  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
  g_queue_init (&f->held);
  f->objects = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  f->publisher = vs_publisher_new (vs_store_new (&held_store_class, f), &config,
      &events, f, FIXTURE_EPOCH, &error);
  g_assert_no_error (error);
  vs_publisher_set_epoch (f->publisher, FIXTURE_EPOCH);
  vs_publisher_add_track (f->publisher, VS_MEDIA_VIDEO, "video_0");
  vs_publisher_add_track (f->publisher, VS_MEDIA_VIDEO, "video_1");
  for (guint i = 0; i < 2; i++) {
    g_autoptr (VsStream) stream =
        fixture_video (160 * (i + 1), 90 * (i + 1), 100000 * (i + 1));

    vs_publisher_set_stream (f->publisher, i, 0, stream, init);
  }
}

static void
tear_down (Fixture *f)
{
  vs_publisher_free (f->publisher);
  g_assert_true (g_queue_is_empty (&f->held));
  g_hash_table_unref (f->objects);
  g_mutex_clear (&f->lock);
  g_cond_clear (&f->cond);
}

static void
feed (Fixture *f, guint from, guint to)
{
  static const guint8 data[SIZE] = { 0 };
  const VsIFrame none = { 0 };

  for (guint index = from; index < to; index++)
    for (guint track = 0; track < 2; track++) {
      g_autoptr (GBytes) bytes = g_bytes_new_static (data, SIZE);

      g_assert_true (vs_publisher_put_segment (f->publisher, track, index,
          (guint64) index * SCALE, SCALE, none, &bytes, 1));
    }
}

static void
finish (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  for (guint track = 0; track < 2; track++)
    vs_publisher_end_track (f->publisher, track, LAST_TO_FEED);
  g_assert_true (vs_publisher_finish (f->publisher, &error));
  g_assert_no_error (error);
}

static VsPublisherStats
get_stats (Fixture *f)
{
  VsPublisherStats stats;

  vs_publisher_get_stats (f->publisher, &stats);
  return stats;
}

/* --- what is published --- */

static gchar *
dup_text (Fixture *f, const gchar *key)
{
  GBytes *bytes;
  gchar *text;

  g_mutex_lock (&f->lock);
  bytes = g_hash_table_lookup (f->objects, key);
  g_assert_nonnull (bytes);
  text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_mutex_unlock (&f->lock);
  return text;
}

/* "01--4": 0, 1 and 4 are listed, 2 and 3 are gaps; of both tracks alike, from
 * the first listed on. What is listed is there, and nothing else of its kind
 * but what has left the window. */
static void
assert_listed (Fixture *f, guint first, const gchar *expected)
{
  for (guint track = 0; track < 2; track++) {
    g_autofree gchar *key = g_strdup_printf ("video_%u/playlist.m3u8", track);
    g_autofree gchar *text = dup_text (f, key);
    g_autoptr (VsHlsPlaylist) playlist =
        vs_hls_read (text, strlen (text), NULL);
    g_autoptr (GString) found = g_string_new (NULL);

    g_assert_nonnull (playlist);
    g_assert_cmpuint (playlist->media_sequence, ==, first);
    for (guint i = 0; i < playlist->segments->len; i++) {
      const VsHlsSegment *segment = playlist->segments->pdata[i];
      g_autofree gchar *object =
          g_strdup_printf ("video_%u/%s", track, segment->uri);

      g_string_append_c (found, segment->gap ? '-' : '#');
      g_assert_true (
          segment->gap != g_hash_table_contains (f->objects, object));
    }
    g_assert_cmpstr (found->str, ==, expected);
  }
}

/* --- the cases --- */

/* A store that acknowledges nothing: nobody waits, what is at the bound becomes
 * gaps, and when it is back the show goes on by itself. */
static void
test_bound (gconstpointer data)
{
  VsPresentationType type = GPOINTER_TO_INT (data);
  Fixture f = { .holding = TRUE };
  g_autofree gchar *mpd = NULL;

  set_up (&f, type, 0);
  vs_publisher_set_live (f.publisher);
  feed (&f, 0, 20);
  g_assert_cmpuint (count_held (&f), ==, BOUND / SIZE);
  g_assert_cmpuint (get_stats (&f).max_in_flight, ==, BOUND);
  g_assert_cmpuint (f.warnings, ==, 1);
  release_all (&f);
  g_assert_cmpuint (get_stats (&f).in_flight, ==, 0);
  feed (&f, 20, LAST_TO_FEED);
  finish (&f);
  assert_listed (&f, 0, "#####---------------##########");
  g_assert_cmpuint (get_stats (&f).dropped, ==, 30);
  g_assert_cmpuint (get_stats (&f).gaps, ==, 30);
  g_assert_cmpuint (f.warnings, ==, 1);
  g_assert_cmpuint (f.errors, ==, 0);
  mpd = dup_text (&f, "manifest.mpd");
  g_assert_nonnull (strstr (mpd, "<S t=\"0\" d=\"12800\" r=\"4\"/>"));
  g_assert_nonnull (strstr (mpd, "<S t=\"256000\" d=\"12800\" r=\"9\"/>"));
  tear_down (&f);
}

/* Dropping ends when half of the bound is free, not before: a store that is a
 * little too slow would never have whole groups. */
static void
test_half (void)
{
  Fixture f = { .holding = TRUE };

  set_up (&f, VS_PRESENTATION_LIVE, 0);
  vs_publisher_set_live (f.publisher);
  feed (&f, 0, 6); /* 5 is dropped */
  acknowledge (&f, 4);
  feed (&f, 6, 8);
  acknowledge (&f, 1);
  feed (&f, 8, 12); /* 10: the bound again, in its second track */
  release_all (&f);
  feed (&f, 12, LAST_TO_FEED);
  finish (&f);
  assert_listed (&f, 0, "#####---##--##################");
  g_assert_cmpuint (f.warnings, ==, 2);
  tear_down (&f);
}

/* The bound in the middle of a group: all of it is a gap, and what was stored
 * of it is removed. */
static void
test_whole (void)
{
  static const guint8 data[SIZE + 50] = { 0 };
  Fixture f = { .holding = TRUE };
  const VsIFrame none = { 0 };
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, sizeof (data));

  set_up (&f, VS_PRESENTATION_LIVE, 0);
  vs_publisher_set_live (f.publisher);
  feed (&f, 0, 4); /* 800 */
  g_assert_true (vs_publisher_put_segment (
      f.publisher, 0, 4, 4 * SCALE, SCALE, none, &bytes, 1));
  g_assert_cmpuint (count_held (&f), ==, 9);
  g_assert_true (vs_publisher_put_segment (
      f.publisher, 1, 4, 4 * SCALE, SCALE, none, &bytes, 1));
  g_assert_cmpuint (count_held (&f), ==, 9);
  g_assert_true (g_hash_table_contains (f.objects, "video_0/51200.m4s"));
  release_all (&f);
  feed (&f, 5, LAST_TO_FEED);
  finish (&f);
  assert_listed (&f, 0, "####-#########################");
  tear_down (&f);
}

/* One segment hangs: it holds up the others until it has left the window, no
 * longer; when it is stored at last, it is removed. */
static void
test_late (void)
{
  Fixture f = { .holding = TRUE };
  guint before;

  set_up (&f, VS_PRESENTATION_LIVE, 4 * G_USEC_PER_SEC);
  vs_publisher_set_live (f.publisher);
  feed (&f, 0, 1);
  f.holding = FALSE;
  before = (guint) get_stats (&f).manifests;
  feed (&f, 1, 5); /* 0 ends just where the window begins */
  g_assert_cmpuint (get_stats (&f).manifests, ==, before);
  g_assert_cmpuint (f.warnings, ==, 0);
  feed (&f, 5, 6);
  g_assert_cmpuint (get_stats (&f).manifests, >, before);
  g_assert_cmpuint (f.warnings, ==, 1);
  g_assert_cmpuint (get_stats (&f).dropped, ==, 2);
  g_assert_cmpuint (get_stats (&f).in_flight, ==, 2 * SIZE);
  assert_listed (&f, 2, "####");
  release_all (&f);
  feed (&f, 6, LAST_TO_FEED);
  finish (&f);
  g_assert_false (g_hash_table_contains (f.objects, "video_0/0.m4s"));
  g_assert_false (g_hash_table_contains (f.objects, "video_1/0.m4s"));
  g_assert_cmpuint (f.warnings, ==, 1);
  tear_down (&f);
}

/* What has left the window is called back: it takes no more room, nobody is
 * told that it failed, and what the store may have made of it is removed. */
static void
test_called_back (void)
{
  Fixture f = { .holding = TRUE, .calls_back = TRUE };

  set_up (&f, VS_PRESENTATION_LIVE, 2 * G_USEC_PER_SEC);
  vs_publisher_set_live (f.publisher);
  feed (&f, 0, 20);
  g_assert_cmpuint (count_held (&f), ==, 2 * 3); /* what the window holds */
  g_assert_cmpuint (get_stats (&f).in_flight, ==, 2 * 3 * SIZE);
  g_assert_cmpuint (get_stats (&f).dropped, ==, 2 * 17);
  g_assert_cmpuint (get_stats (&f).objects, ==, 0);
  release_all (&f);
  feed (&f, 20, LAST_TO_FEED);
  finish (&f);
  g_assert_cmpuint (f.warnings, ==, 1);
  g_assert_cmpuint (f.errors, ==, 0);
  g_assert_cmpuint (get_stats (&f).objects, ==, 2 * (LAST_TO_FEED - 17));
  for (guint index = 0; index < 17; index++) {
    g_autofree gchar *key = g_strdup_printf ("video_0/%u.m4s", index * SCALE);

    g_assert_false (g_hash_table_contains (f.objects, key));
  }
  tear_down (&f);
}

static gpointer
feed_all (gpointer data)
{
  feed (data, 0, LAST_TO_FEED);
  return NULL;
}

/* VOD, whatever the input, and an event of a file: the pipeline waits, and
 * nothing is lost. */
static void
test_waits (gconstpointer data)
{
  VsPresentationType type = GPOINTER_TO_INT (data);
  Fixture f = { .holding = TRUE };
  GThread *thread;

  set_up (&f, type, 0);
  if (type == VS_PRESENTATION_VOD)
    vs_publisher_set_live (f.publisher);
  thread = g_thread_new ("feed", feed_all, &f);
  acknowledge (&f, 2 * LAST_TO_FEED);
  g_thread_join (thread);
  finish (&f);
  assert_listed (&f, 0, "##############################");
  g_assert_cmpuint (get_stats (&f).max_in_flight, <=, BOUND);
  g_assert_cmpuint (get_stats (&f).dropped, ==, 0);
  g_assert_cmpuint (f.warnings, ==, 0);
  tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/publisher/slow/bound/live",
      GINT_TO_POINTER (VS_PRESENTATION_LIVE), test_bound);
  g_test_add_data_func ("/publisher/slow/bound/event",
      GINT_TO_POINTER (VS_PRESENTATION_EVENT), test_bound);
  g_test_add_func ("/publisher/slow/half", test_half);
  g_test_add_func ("/publisher/slow/whole", test_whole);
  g_test_add_func ("/publisher/slow/late", test_late);
  g_test_add_func ("/publisher/slow/called-back", test_called_back);
  g_test_add_data_func ("/publisher/slow/waits/vod",
      GINT_TO_POINTER (VS_PRESENTATION_VOD), test_waits);
  g_test_add_data_func ("/publisher/slow/waits/event",
      GINT_TO_POINTER (VS_PRESENTATION_EVENT), test_waits);
  return g_test_run ();
}
