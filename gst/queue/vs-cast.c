/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue/vs-cast.h"

#define GST_CAT_DEFAULT vs_play_debug ()

/* Switches in one tick: broken items in a row are passed over, not for ever. */
#define MAX_SWITCHES 16
/* Pipelines that are still going down: no more are opened meanwhile. */
#define MAX_JOBS 16
/* Failures that nobody asked for. */
#define MAX_FAILURES 64

typedef struct {
  VsProgramme *programme;
  guint64 serial; /* of the model, while it is or was on air; 0: not yet */
  gboolean wanted, join;
} Actor;

struct _VsCast {
  const VsProgrammeEnv *env;
  guint64 preroll; /* ticks */
  gint64 preroll_us;
  GPtrArray *actors; /* Actor */
  Actor *current;    /* one of them, or NULL */
  guint64 fade;      /* ticks; 0: none */
  Actor *tail;       /* one of them, which has ended for the model, or NULL */
  const Actor *into; /* the current one, when the tail became one */
  guint64 left, length; /* ticks of the tail */
  gboolean may_fade;
  GHashTable *failures; /* id → sentence */
};

static void
actor_free (gpointer data)
{
  Actor *actor = data;

  vs_programme_free (actor->programme);
  g_free (actor);
}

VsCast *
vs_cast_new (const VsProgrammeEnv *env, GstClockTime preroll, guint64 fade)
{
  VsCast *cast = g_new0 (VsCast, 1);

  cast->env = env;
  cast->preroll = vs_play_format_tick_at (&env->format, preroll);
  cast->preroll_us = preroll / GST_USECOND;
  cast->fade = fade;
  cast->actors = g_ptr_array_new_with_free_func (actor_free);
  cast->failures =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return cast;
}

void
vs_cast_free (VsCast *cast)
{
  g_ptr_array_unref (cast->actors);
  g_hash_table_unref (cast->failures);
  g_free (cast);
}

void
vs_cast_run (VsCast *cast, GstClockTime wait)
{
  for (guint i = 0; i < cast->actors->len; i++) {
    const Actor *actor = cast->actors->pdata[i];

    vs_programme_run (actor->programme, actor == cast->current ? wait : 0);
  }
}

static const gchar *
get_id (const Actor *actor)
{
  return vs_programme_get_item (actor->programme)->id;
}

static VsProgrammeState
get_state (const Actor *actor)
{
  return vs_programme_get_state (actor->programme);
}

/* Is the actor the one for frame @position of the item? Who goes on in the
 * background is where the programme would be by now. A sender that is gone is
 * asked anew. */
static gboolean
fits (const Actor *actor, const VsQueueItem *item, guint64 position)
{
  if (vs_programme_is_live (actor->programme) &&
      get_state (actor) == VS_PROGRAMME_ENDED)
    return FALSE;
  return g_strcmp0 (get_id (actor), item->id) == 0 &&
         (actor->join || vs_programme_is_live (actor->programme) ||
             vs_programme_get_position (actor->programme) == position);
}

static void
adopt (Actor *actor, const VsQueueItem *item)
{
  if (vs_programme_get_item (actor->programme) != item)
    vs_programme_set_item (actor->programme, item);
  actor->wanted = TRUE;
}

static Actor *
find (const VsCast *cast, const VsQueueItem *item, guint64 position,
    const Actor *but)
{
  for (guint i = 0; i < cast->actors->len; i++) {
    Actor *actor = cast->actors->pdata[i];

    if (actor != but && actor != cast->tail && fits (actor, item, position))
      return actor;
  }
  return NULL;
}

static Actor *
find_serial (const VsCast *cast, const VsQueueAir *air)
{
  for (guint i = 0; i < cast->actors->len; i++) {
    Actor *actor = cast->actors->pdata[i];

    if (actor->serial == air->serial &&
        g_strcmp0 (get_id (actor), air->item->id) == 0)
      return actor;
  }
  return NULL;
}

static Actor *
hire (VsCast *cast, const VsQueueItem *item, guint64 position)
{
  Actor *actor;

  if (vs_play_reaper_count (cast->env->reaper) >= MAX_JOBS)
    return NULL;
  actor = g_new0 (Actor, 1);
  actor->programme = vs_programme_new (item, position, cast->env);
  g_ptr_array_add (cast->actors, actor);
  return actor;
}

static void
note_failure (VsCast *cast, const Actor *actor)
{
  const gchar *failure = vs_programme_get_failure (actor->programme);

  if (failure && g_hash_table_size (cast->failures) < MAX_FAILURES)
    g_hash_table_replace (
        cast->failures, g_strdup (get_id (actor)), g_strdup (failure));
}

gchar *
vs_cast_steal_failure (VsCast *cast, const gchar *id)
{
  gchar *key = NULL, *failure = NULL;

  if (id && g_hash_table_steal_extended (
                cast->failures, id, (gpointer *) &key, (gpointer *) &failure))
    g_free (key);
  return failure;
}

/* The actor of what the model says is on air. */
static void
find_current (VsCast *cast, VsQueue *queue)
{
  const VsQueueAir *air = vs_queue_get_air (queue);
  Actor *actor;

  if (!air) {
    cast->current = NULL;
    return;
  }
  actor = find_serial (cast, air);
  if (actor && !fits (actor, air->item, air->position)) {
    actor->serial = 0; /* it begins again */
    actor = NULL;
  }
  if (!actor)
    actor = find (cast, air->item, air->position, NULL);
  if (!actor)
    actor = hire (cast, air->item, air->position);
  cast->current = actor;
  if (!actor)
    return;
  actor->serial = air->serial;
  actor->join = FALSE;
}

/* What comes next: its actor, opened where its time has come, or NULL. */
static Actor *
prepare (VsCast *cast, const VsQueueNext *next, gboolean soon)
{
  Actor *actor;

  if (!next->item)
    return NULL;
  actor = find (cast, next->item, next->position,
      next->again || !next->back ? cast->current : NULL);
  if (!actor && soon)
    actor = hire (cast, next->item, next->position);
  if (actor)
    adopt (actor, next->item);
  return actor;
}

/* Returns TRUE where what was to come could not be played, and is gone. */
static gboolean
drop_failed (VsCast *cast, VsQueue *queue, Actor *actor)
{
  if (!actor || get_state (actor) != VS_PROGRAMME_FAILED)
    return FALSE;
  note_failure (cast, actor);
  return vs_queue_drop (queue, get_id (actor), VS_QUEUE_FAILED);
}

static gboolean
is_ready (const Actor *actor)
{
  return actor && get_state (actor) >= VS_PROGRAMME_READY;
}

/* An item cuts in as soon as it is ready; to nothing at once. */
static gboolean
try_cut (VsCast *cast, VsQueue *queue, gint64 now_us)
{
  VsQueueNext next;
  Actor *actor;

  if (!vs_queue_peek_cut (queue, now_us, &next))
    return FALSE;
  actor = prepare (cast, &next, next.time_us <= now_us + cast->preroll_us);
  if (actor && next.time_us > now_us)
    vs_programme_expect (actor->programme);
  if (drop_failed (cast, queue, actor))
    return TRUE;
  if (next.time_us > now_us || (next.item && !is_ready (actor)))
    return FALSE;
  return vs_queue_cut (queue, now_us);
}

/* What is on air is over. */
static gboolean
try_end (VsCast *cast, VsQueue *queue, gint64 now_us)
{
  Actor *actor = cast->current;
  gboolean failed;

  if (!actor || get_state (actor) < VS_PROGRAMME_ENDED)
    return FALSE;
  failed = get_state (actor) == VS_PROGRAMME_FAILED;
  if (failed)
    note_failure (cast, actor);
  actor->serial = 0;
  return vs_queue_end (
      queue, now_us, failed ? VS_QUEUE_FAILED : VS_QUEUE_ENDED);
}

/* As much is left of the item on air as the fade lasts, and the next one is
 * ready: from now on that is on air, and this one its tail. */
static gboolean
try_fade (VsCast *cast, VsQueue *queue, gint64 now_us)
{
  Actor *actor = cast->current, *follower;
  VsQueueNext next;
  guint64 left;

  if (cast->fade == 0 || !cast->may_fade || cast->tail || !actor ||
      get_state (actor) != VS_PROGRAMME_READY)
    return FALSE;
  left = vs_programme_get_remaining (actor->programme);
  if (left == 0 || left > cast->fade ||
      !vs_queue_peek_end (queue, now_us, &next) || !next.item || next.again ||
      next.back || next.interrupt)
    return FALSE;
  follower = prepare (cast, &next, TRUE);
  if (!follower || get_state (follower) != VS_PROGRAMME_READY)
    return FALSE;
  if (!vs_queue_end (queue, now_us, VS_QUEUE_ENDED))
    return FALSE;
  actor->serial = 0;
  actor->wanted = TRUE;
  cast->tail = actor;
  cast->into = follower;
  cast->left = cast->length = left;
  return TRUE;
}

static gboolean
try_next (VsCast *cast, VsQueue *queue, gint64 now_us)
{
  guint64 remaining =
      cast->current ? vs_programme_get_remaining (cast->current->programme) : 0;
  gboolean soon =
      remaining == VS_PROGRAMME_UNKNOWN || remaining <= cast->preroll;
  VsQueueNext next;
  Actor *actor;

  if (!vs_queue_peek_end (queue, now_us, &next))
    return FALSE;
  /* a sender is not asked a second time while it sends */
  if (next.again && cast->current &&
      vs_programme_is_live (cast->current->programme))
    return FALSE;
  actor = prepare (cast, &next, soon);
  if (actor && cast->current)
    vs_programme_expect (actor->programme);
  return drop_failed (cast, queue, actor);
}

static void
want_covered (VsCast *cast, VsQueue *queue)
{
  guint depth = vs_queue_get_depth (queue);

  for (guint i = 0; i < depth; i++) {
    const VsQueueAir *air = vs_queue_get_air_at (queue, i);
    const VsQueueAir *over = vs_queue_get_air_at (queue, i + 1);
    Actor *actor = find_serial (cast, air);

    if (!actor || actor == cast->current || !over ||
        over->resume == VS_QUEUE_RESTART || over->resume == VS_QUEUE_SKIP)
      continue;
    actor->join = over->resume == VS_QUEUE_JOIN;
    adopt (actor, air->item);
  }
}

/* A cut ends a fade. */
static void
see_fades (VsCast *cast, VsQueue *queue)
{
  const VsQueueAir *air = vs_queue_get_air (queue);

  cast->may_fade = air && !air->interrupt && !air->item->loop;
  if (cast->tail && cast->current != cast->into)
    cast->tail = NULL;
  if (cast->tail)
    cast->tail->wanted = TRUE;
}

static void
dismiss (VsCast *cast)
{
  for (guint i = cast->actors->len; i > 0; i--) {
    Actor *actor = cast->actors->pdata[i - 1];

    if (!actor->wanted && actor != cast->current)
      g_ptr_array_remove_index_fast (cast->actors, i - 1);
  }
}

/* Who is wanted is found anew in each round, since a switch changes all. */
void
vs_cast_follow (VsCast *cast, VsQueue *queue, gint64 now_us)
{
  gboolean again = TRUE;

  for (guint i = 0; again && i < MAX_SWITCHES; i++) {
    for (guint k = 0; k < cast->actors->len; k++)
      ((Actor *) cast->actors->pdata[k])->wanted = FALSE;
    find_current (cast, queue);
    see_fades (cast, queue);
    want_covered (cast, queue);
    again = try_cut (cast, queue, now_us) || try_end (cast, queue, now_us) ||
            try_next (cast, queue, now_us) || try_fade (cast, queue, now_us);
  }
  if (again) {
    GST_WARNING ("more than %u switches in one frame", MAX_SWITCHES);
    find_current (cast, queue);
  }
  if (cast->current)
    adopt (cast->current, vs_queue_get_air (queue)->item);
  dismiss (cast);
}

void
vs_cast_idle (VsCast *cast, guint n)
{
  for (guint i = 0; i < cast->actors->len; i++) {
    Actor *actor = cast->actors->pdata[i];

    if (actor != cast->tail && (actor != cast->current || !is_ready (actor)))
      vs_programme_idle (actor->programme, n, actor->join);
  }
}

VsProgramme *
vs_cast_get_current (const VsCast *cast)
{
  return cast->current ? cast->current->programme : NULL;
}

gboolean
vs_cast_may_fade (const VsCast *cast)
{
  return cast->may_fade;
}

VsProgramme *
vs_cast_get_tail (const VsCast *cast, gdouble *from, gdouble *to)
{
  if (!cast->tail)
    return NULL;
  *from = (gdouble) (cast->length - cast->left) / cast->length;
  *to = (gdouble) (cast->length - cast->left + 1) / cast->length;
  return cast->tail->programme;
}

void
vs_cast_tail_played (VsCast *cast)
{
  if (cast->left > 0 && --cast->left == 0)
    cast->tail = NULL;
}

guint
vs_cast_count (const VsCast *cast)
{
  return cast->actors->len;
}
