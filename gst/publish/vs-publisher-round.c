/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A round of manifests: written in stages, each begun when the one before it
 * is stored, so that nothing is named that is not there. */
#include "publish/vs-publisher-private.h"

#include <string.h>

#include "core/vs-hls.h"
#include "core/vs-mpd.h"

/* A growing VOD is no live show: its manifests are written at most so often. */
#define VOD_ROUND_US (G_USEC_PER_SEC)

typedef enum {
  STAGE_STATE,  /* what a restart goes on from */
  STAGE_MEDIA,  /* media playlists */
  STAGE_MASTER, /* what names them, and the MPD */
  N_STAGES
} Stage;

typedef struct {
  gchar *key;
  GBytes *bytes;
} Document;

typedef struct {
  VsPublisher *publisher;
  GPtrArray *stages[N_STAGES]; /* Document */
  Stage stage;
  gboolean
      stale;   /* an older MPD stays, and may name what has left the window */
  gint left;   /* documents of the stage under way; atomic */
  GMutex lock; /* guards error */
  GError *error;
} Round;

typedef struct {
  Round *round;
  const Document *document;
} DocumentPut;

static void
document_free (gpointer data)
{
  Document *document = data;

  g_free (document->key);
  g_bytes_unref (document->bytes);
  g_free (document);
}

/* Takes @text, which may be NULL: then there is nothing to write. */
static void
round_add (Round *round, Stage stage, const gchar *key, gchar *text)
{
  Document *document;

  if (text == NULL)
    return;
  document = g_new0 (Document, 1);
  document->key = g_strdup (key);
  document->bytes = g_bytes_new_take (text, strlen (text));
  g_ptr_array_add (round->stages[stage], document);
}

static void
add_hls (VsPublisher *self, Round *round)
{
  const VsPresentation *presentation = self->presentation;
  gchar *multivariant;

  for (guint i = 0; i < presentation->tracks->len; i++) {
    const VsTrack *track = presentation->tracks->pdata[i];

    if (track->stream == NULL || track->segments->len == 0)
      continue;
    round_add (round, STAGE_MEDIA, track->playlist,
        vs_hls_write_media (presentation, track));
    if (track->iframe_playlist != NULL)
      round_add (round, STAGE_MEDIA, track->iframe_playlist,
          vs_hls_write_iframes (presentation, track));
  }
  multivariant = vs_hls_write_multivariant (presentation);
  if (g_strcmp0 (multivariant, self->multivariant) == 0) {
    g_free (multivariant);
    return;
  }
  g_free (self->multivariant);
  self->multivariant = g_strdup (multivariant);
  round_add (round, STAGE_MASTER, self->config.hls_name, multivariant);
}

static Round *
round_new (VsPublisher *self)
{
  Round *round = g_new0 (Round, 1);

  round->publisher = self;
  g_mutex_init (&round->lock);
  for (guint i = 0; i < N_STAGES; i++)
    round->stages[i] = g_ptr_array_new_with_free_func (document_free);
  round_add (round, STAGE_STATE, VS_STATE_KEY,
      vs_presentation_save (self->presentation));
  if (self->config.hls)
    add_hls (self, round);
  if (self->config.dash) {
    gchar *mpd = vs_mpd_write (self->presentation, g_get_real_time ());

    /* nothing but gaps: there is no such MPD */
    round->stale = mpd == NULL;
    round_add (round, STAGE_MASTER, self->config.dash_name, mpd);
  }
  return round;
}

static void
round_free (Round *round)
{
  for (guint i = 0; i < N_STAGES; i++)
    g_ptr_array_unref (round->stages[i]);
  g_clear_error (&round->error);
  g_mutex_clear (&round->lock);
  g_free (round);
}

static gboolean
is_due_locked (const VsPublisher *self)
{
  if (self->round_active || !self->dirty || self->error != NULL)
    return FALSE;
  return self->presentation->type != VS_PRESENTATION_VOD ||
         self->presentation->ended || self->last_round_us == 0 ||
         g_get_monotonic_time () - self->last_round_us >= VOD_ROUND_US;
}

static void
on_removed (const GError *error, gpointer user_data)
{
  VsPublisher *self = user_data;

  if (error != NULL)
    vs_publisher_warn (self, error);
  vs_publisher_unref_pending (self);
}

void
vs_publisher_remove_keys (VsPublisher *self, GPtrArray *keys)
{
  guint n = keys->len;

  if (n == 0) {
    g_ptr_array_unref (keys);
    return;
  }
  g_ptr_array_add (keys, NULL);
  g_mutex_lock (&self->lock);
  self->pending++;
  self->stats.removed += n;
  g_mutex_unlock (&self->lock);
  vs_store_remove (
      self->store, (const gchar *const *) keys->pdata, on_removed, self);
  g_ptr_array_unref (keys);
}

static GPtrArray *
steal_keys (GPtrArray **keys)
{
  GPtrArray *stolen = *keys;

  *keys = g_ptr_array_new_with_free_func (g_free);
  return stolen;
}

/* What has left the window long enough ago, now that no manifest names it;
 * and what none ever named. */
static GPtrArray *
steal_doomed_locked (VsPublisher *self, const Round *round)
{
  GPtrArray *keys;

  if (round->error != NULL)
    return NULL;
  keys = steal_keys (&self->unnamed);
  if (!round->stale)
    g_ptr_array_extend_and_steal (keys, steal_keys (&self->doomed));
  return keys;
}

/* Nothing of the publisher may be touched after its pending count is given
 * back: it may be freed by then. */
static void
round_finish (Round *round)
{
  VsPublisher *self = round->publisher;
  g_autoptr (GError) error = NULL;
  GPtrArray *doomed;

  g_mutex_lock (&self->lock);
  doomed = steal_doomed_locked (self, round);
  error = g_steal_pointer (&round->error);
  round_free (round);
  if (error != NULL) /* it may not be there as it was meant to be */
    g_clear_pointer (&self->multivariant, g_free);
  g_mutex_unlock (&self->lock);

  if (doomed != NULL)
    vs_publisher_remove_keys (self, doomed);
  if (error != NULL && self->config.type == VS_PRESENTATION_VOD)
    vs_publisher_fail (self, error);
  else if (error != NULL)
    vs_publisher_warn (self, error);

  g_mutex_lock (&self->lock);
  self->round_active = FALSE;
  g_clear_error (&self->round_error);
  self->round_error = g_steal_pointer (&error);
  g_mutex_unlock (&self->lock);
  vs_publisher_commit (self); /* what came during this one */
  vs_publisher_unref_pending (self);
}

static void round_run_stage (Round *round);

/* One document less to wait for; the last of a stage goes on to the next, on
 * whatever thread it is. */
static void
round_document_done (Round *round)
{
  gboolean failed;

  if (!g_atomic_int_dec_and_test (&round->left))
    return;
  g_mutex_lock (&round->lock);
  failed = round->error != NULL;
  g_mutex_unlock (&round->lock);
  round->stage++;
  if (failed || round->stage == N_STAGES)
    round_finish (round);
  else
    round_run_stage (round);
}

static void
on_document_put (const GError *error, gpointer user_data)
{
  g_autofree DocumentPut *put = user_data;
  Round *round = put->round;
  VsPublisher *self = round->publisher;

  if (error == NULL) {
    g_mutex_lock (&self->lock);
    self->stats.manifests++;
    g_mutex_unlock (&self->lock);
    if (self->events.on_manifest != NULL && round->stage != STAGE_STATE)
      self->events.on_manifest (put->document->key, self->user_data);
  } else {
    g_mutex_lock (&round->lock);
    if (round->error == NULL)
      round->error = g_error_copy (error);
    g_mutex_unlock (&round->lock);
  }
  round_document_done (round);
}

static void
round_run_stage (Round *round)
{
  const GPtrArray *documents = round->stages[round->stage];
  VsStore *store = round->publisher->store;
  guint n = documents->len;

  /* One more than there are, so that nothing ends before all are asked for
   * and an empty stage ends like any other. */
  g_atomic_int_set (&round->left, (gint) n + 1);
  for (guint i = 0; i < n; i++) {
    const Document *document = documents->pdata[i];
    DocumentPut *put = g_new0 (DocumentPut, 1);

    put->round = round;
    put->document = document;
    vs_store_put (
        store, document->key, &document->bytes, 1, NULL, on_document_put, put);
  }
  round_document_done (round);
}

void
vs_publisher_start_round (VsPublisher *self)
{
  gboolean due;
  Round *round;

  g_mutex_lock (&self->lock);
  due = is_due_locked (self);
  if (due) {
    g_auto (GStrv) gone = NULL;

    if (self->presentation->type == VS_PRESENTATION_LIVE)
      gone = vs_presentation_slide (self->presentation, g_get_real_time ());
    for (guint i = 0; gone != NULL && gone[i] != NULL; i++)
      g_ptr_array_add (self->doomed, g_strdup (gone[i]));
    self->dirty = FALSE;
    self->round_active = TRUE;
    self->last_round_us = g_get_monotonic_time ();
    self->pending++;
    self->composing = TRUE;
  }
  g_mutex_unlock (&self->lock);
  if (!due)
    return;
  round = round_new (self);
  g_mutex_lock (&self->lock);
  self->composing = FALSE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  round_run_stage (round);
}
