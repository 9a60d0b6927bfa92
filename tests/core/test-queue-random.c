/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Random sequences of commands, each compared with the reference after every
 * step: what is on air and where, the line, what has a time. Announcements
 * (peek) have to come true, a store that follows the edits has to hold the
 * queue, and saving and loading at any moment may change nothing.
 *
 * VS_QUEUE_SEQUENCES sets how many (10000), VS_QUEUE_SEED where they begin. */
#include "queue-reference.h"

#define START (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)
#define STEPS 60

typedef struct {
  GRand *rand;
  VsQueue *queue;
  Reference ref;
  gint64 now;
  guint next_id;
  GPtrArray *json; /* VsQueueItem, as a store has them */
} World;

static guint
draw (World *world, guint n)
{
  return (guint) g_rand_int_range (world->rand, 0, (gint) n);
}

static RefItem
make_ref (World *world)
{
  RefItem item = { .loop = draw (world, 4) == 0,
    .length = draw (world, 3) == 0 ? 25 * (1 + draw (world, 4)) : 0 };

  g_snprintf (item.id, sizeof (item.id), "i%u", world->next_id++);
  if (draw (world, 6) == 0)
    item.at = world->now + ((gint64) draw (world, 20) - 4) * G_USEC_PER_SEC;
  return item;
}

static VsQueueItem *
make_item (const RefItem *ref)
{
  g_autofree gchar *json =
      g_strdup_printf ("{\"id\": \"%s\", \"uri\": \"a:%s\"}", ref->id, ref->id);
  VsQueueItem *item = vs_queue_item_parse (json, -1, NULL);

  item->loop = ref->loop;
  if (ref->at != 0)
    item->at_us = ref->at;
  if (ref->length > 0)
    item->out_us = ref->length * G_USEC_PER_SEC / 25;
  return item;
}

/* An id that is somewhere, most of the time. */
static const gchar *
draw_id (World *world)
{
  static gchar id[16];

  g_snprintf (id, sizeof (id), "i%u", draw (world, world->next_id + 1));
  return id;
}

/* ---- the store ---- */

static guint
find_stored (World *world, const gchar *id)
{
  for (guint i = 0; i < world->json->len; i++) {
    VsQueueItem *item = g_ptr_array_index (world->json, i);

    if (g_str_equal (item->id, id))
      return i;
  }
  return G_MAXUINT;
}

static void
store_edit (World *world, const VsQueueEdit *edit)
{
  const gchar *id = edit->item != NULL ? edit->item->id : edit->id;
  guint at = id != NULL ? find_stored (world, id) : G_MAXUINT, before;

  switch (edit->kind) {
    case VS_QUEUE_EDIT_INSERT:
      g_assert_cmpuint (at, ==, G_MAXUINT);
      before = edit->id != NULL ? find_stored (world, edit->id) : G_MAXUINT;
      g_assert_true (edit->id == NULL || before != G_MAXUINT);
      g_ptr_array_insert (world->json, before == G_MAXUINT ? -1 : (gint) before,
          vs_queue_item_ref (edit->item));
      break;
    case VS_QUEUE_EDIT_REMOVE:
      if (at != G_MAXUINT)
        g_ptr_array_remove_index (world->json, at);
      break;
    case VS_QUEUE_EDIT_UPDATE:
      if (at == G_MAXUINT)
        break; /* on air, and cleared from the list */
      g_ptr_array_remove_index (world->json, at);
      g_ptr_array_insert (
          world->json, (gint) at, vs_queue_item_ref (edit->item));
      break;
    case VS_QUEUE_EDIT_CLEAR:
    default:
      g_ptr_array_set_size (world->json, 0);
      break;
  }
}

static void
store_edits (World *world)
{
  g_autoptr (GPtrArray) edits = vs_queue_take_edits (world->queue);
  g_autoptr (GPtrArray) events = vs_queue_take_events (world->queue);

  for (guint i = 0; edits != NULL && i < edits->len; i++)
    store_edit (world, g_ptr_array_index (edits, i));
}

static void
reload (World *world)
{
  g_autofree gchar *cursor = vs_queue_save (world->queue, world->now);
  g_autoptr (GError) error = NULL;

  vs_queue_free (world->queue);
  world->queue = vs_queue_new ("r", 25, 1);
  vs_queue_load (world->queue, world->json, cursor, FALSE, world->now, &error);
  g_assert_no_error (error);
}

/* ---- commands ---- */

static void
do_add (World *world)
{
  RefItem ref = make_ref (world);
  g_autoptr (VsQueueItem) item = make_item (&ref);
  guint index = draw (world, 6);
  gint after = -1;

  if (ref.at == 0 && world->ref.line.n > 0 && draw (world, 3) == 0) {
    after = (gint) draw (world, world->ref.line.n);
    item->after = g_strdup (world->ref.line.list[after].id);
    index = (guint) after + 1;
    g_assert_nonnull (vs_queue_enqueue (world->queue, item, NULL));
  } else if (draw (world, 2) == 0) {
    index = G_MAXUINT;
    g_assert_nonnull (vs_queue_enqueue (world->queue, item, NULL));
  } else
    g_assert_nonnull (vs_queue_insert (world->queue, item, index, NULL));
  ref_add (&world->ref, index, ref);
}

static void
do_move (World *world)
{
  const gchar *id = draw_id (world);
  guint index = draw (world, 6);
  gint at = ref_find (&world->ref.line, id);

  g_assert_cmpint (vs_queue_move (world->queue, id, index, NULL), ==, at >= 0);
  if (at >= 0)
    ref_insert (
        &world->ref.line, index, ref_take (&world->ref.line, (guint) at));
}

static gboolean
ref_drop (Reference *ref, const gchar *id)
{
  RefList *const lists[] = { &ref->line, &ref->timed, &ref->waiting };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++) {
    gint at = ref_find (lists[i], id);

    if (at >= 0) {
      ref_take (lists[i], (guint) at);
      return TRUE;
    }
  }
  return FALSE;
}

static void
do_remove (World *world)
{
  const gchar *id = draw_id (world);
  gboolean gone = ref_drop (&world->ref, id);
  gint on = ref_find (&world->ref.stack, id);

  if (draw (world, 2) == 0) {
    g_assert_cmpint (
        vs_queue_drop (world->queue, id, VS_QUEUE_FAILED), ==, gone);
    return;
  }
  if (on >= 0)
    world->ref.stack.list[on].leave_now = TRUE;
  g_assert_cmpint (
      vs_queue_remove (world->queue, id, NULL), ==, gone || on >= 0);
}

static void
ref_clear (Reference *ref, VsQueueCut cut)
{
  ref->line.n = ref->timed.n = 0;
  if (ref->stack.n == 0 || ref->stack.list[0].interrupt)
    return;
  if (cut == VS_QUEUE_CUT_FRAME)
    ref->stack.list[0].leave_now = TRUE;
  else
    ref->stack.list[0].leave_at_end = TRUE;
}

static void
do_clear (World *world)
{
  VsQueueCut cut = draw (world, 2) ? VS_QUEUE_CUT_FRAME : VS_QUEUE_CUT_ITEM_END;
  g_autoptr (GPtrArray) items =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_item_unref);

  ref_clear (&world->ref, cut);
  if (draw (world, 2) == 0) {
    vs_queue_clear (world->queue, cut);
    return;
  }
  for (guint i = draw (world, 4); i > 0; i--) {
    RefItem ref = make_ref (world);

    g_ptr_array_add (items, make_item (&ref));
    ref_add (&world->ref, G_MAXUINT, ref);
  }
  g_assert_true (vs_queue_replace (world->queue, items, cut, NULL));
}

static void
do_interrupt (World *world)
{
  RefItem ref = make_ref (world);
  g_autoptr (VsQueueItem) item = NULL;
  gboolean fits =
      world->ref.stack.n + world->ref.waiting.n < VS_QUEUE_DEPTH_MAX;

  ref.at = 0;
  ref.cut = (VsQueueCut) draw (world, 3);
  ref.resume = (VsQueueResume) draw (world, 4);
  ref.cut_time = world->now + (gint64) draw (world, 8) * G_USEC_PER_SEC;
  item = make_item (&ref);
  g_assert_cmpint (vs_queue_interrupt (world->queue, item, ref.cut,
                       ref.cut_time, ref.resume, NULL) != NULL,
      ==, fits);
  if (fits)
    ref_insert (&world->ref.waiting, G_MAXUINT, ref);
}

static void
do_leave (World *world)
{
  RefItem *air = ref_air (&world->ref);

  if (draw (world, 2) == 0) {
    g_assert_cmpint (vs_queue_skip (world->queue, NULL), ==, air != NULL);
    if (air != NULL)
      air->leave_now = TRUE;
    return;
  }
  g_assert_cmpint (
      vs_queue_return (world->queue, NULL), ==, air != NULL && air->interrupt);
  if (air != NULL && air->interrupt)
    air->leave_now = TRUE;
}

/* What was announced is on air now. */
static void
assert_came_true (
    World *world, gboolean announced, const VsQueueNext *next, gchar *id)
{
  const VsQueueAir *air = vs_queue_get_air (world->queue);

  g_assert_cmpstr (air != NULL ? air->item->id : NULL, ==, id);
  if (!announced || id == NULL)
    return;
  g_assert_cmpuint (air->position, ==, next->position);
  g_assert_cmpint (air->interrupt, ==, next->interrupt);
}

static void
do_end (World *world)
{
  VsQueueReason reason = draw (world, 3) > 0
                             ? VS_QUEUE_ENDED
                             : (VsQueueReason) draw (world, VS_QUEUE_N_REASONS);
  VsQueueNext next;
  gboolean announced = vs_queue_peek_end (world->queue, world->now, &next);
  g_autofree gchar *id = announced ? g_strdup (next.item->id) : NULL;
  gboolean ended = vs_queue_end (world->queue, world->now, reason);

  g_assert_cmpint (ended, ==, ref_end (&world->ref, world->now, reason));
  if (ended && reason == VS_QUEUE_ENDED)
    assert_came_true (world, announced, &next, id);
}

static void
do_cut (World *world)
{
  VsQueueNext next;
  gboolean announced = vs_queue_peek_cut (world->queue, world->now, &next) &&
                       next.time_us <= world->now;
  g_autofree gchar *id =
      announced && next.item != NULL ? g_strdup (next.item->id) : NULL;
  gboolean cut = vs_queue_cut (world->queue, world->now);

  g_assert_cmpint (cut, ==, announced);
  g_assert_cmpint (cut, ==, ref_cut (&world->ref, world->now));
  if (cut)
    assert_came_true (world, announced, &next, id);
}

static void
do_play (World *world)
{
  RefItem *air = ref_air (&world->ref);
  guint seconds = draw (world, 4);

  world->now += seconds * G_USEC_PER_SEC;
  if (air == NULL)
    return;
  air->position += seconds * 25;
  vs_queue_set_position (world->queue, (guint64) air->position, 0);
}

static void
do_one (World *world)
{
  static void (*const commands[]) (World *) = { do_add, do_add, do_add, do_add,
    do_move, do_remove, do_clear, do_interrupt, do_leave, do_end, do_end,
    do_end, do_cut, do_cut, do_cut, do_play, do_play, reload };
  guint n = draw (world, G_N_ELEMENTS (commands));

  /* an emptied queue shows little: not too often */
  if (commands[n] != do_clear || draw (world, 4) == 0)
    commands[n](world);
}

/* ---- comparing ---- */

static void
assert_list (World *world, const RefList *list, guint from)
{
  for (guint i = 0; i < list->n; i++)
    g_assert_cmpstr (
        vs_queue_get_nth (world->queue, from + i)->id, ==, list->list[i].id);
}

static void
assert_stored (World *world)
{
  const RefItem *first =
      world->ref.stack.n > 0 ? &world->ref.stack.list[0] : NULL;
  guint line = 0, timed = 0;

  for (guint i = 0; i < world->json->len; i++) {
    VsQueueItem *item = g_ptr_array_index (world->json, i);

    if (first != NULL && g_str_equal (first->id, item->id))
      continue;
    if (item->at_us != VS_QUEUE_NO_TIME)
      timed++;
    else
      g_assert_cmpstr (item->id, ==, world->ref.line.list[line++].id);
  }
  g_assert_cmpuint (line, ==, world->ref.line.n);
  g_assert_cmpuint (timed, ==, world->ref.timed.n);
}

static void
compare (World *world)
{
  const Reference *ref = &world->ref;

  g_assert_cmpuint (vs_queue_get_depth (world->queue), ==, ref->stack.n);
  for (guint i = 0; i < ref->stack.n; i++) {
    const VsQueueAir *air = vs_queue_get_air_at (world->queue, i);

    g_assert_cmpstr (air->item->id, ==, ref->stack.list[i].id);
    g_assert_cmpint ((gint64) air->position, ==, ref->stack.list[i].position);
    g_assert_cmpint ((gint64) air->passes, ==, ref->stack.list[i].passes);
    g_assert_cmpint (air->interrupt, ==, ref->stack.list[i].interrupt);
  }
  g_assert_cmpuint (
      vs_queue_get_length (world->queue), ==, ref->line.n + ref->timed.n);
  assert_list (world, &ref->line, 0);
  assert_list (world, &ref->timed, ref->line.n);
  assert_stored (world);
}

static void
run_sequence (guint32 seed)
{
  World *world = g_new0 (World, 1);

  world->rand = g_rand_new_with_seed (seed);
  world->queue = vs_queue_new ("r", 25, 1);
  world->now = START;
  world->json =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_item_unref);
  for (guint i = 0; i < STEPS; i++) {
    do_one (world);
    store_edits (world);
    compare (world);
  }
  g_ptr_array_unref (world->json);
  vs_queue_free (world->queue);
  g_rand_free (world->rand);
  g_free (world);
}

static guint
get_number (const gchar *name, guint otherwise)
{
  const gchar *text = g_getenv (name);

  return text != NULL ? (guint) g_ascii_strtoull (text, NULL, 10) : otherwise;
}

static void
test_random (void)
{
  guint n = get_number ("VS_QUEUE_SEQUENCES", 10000);
  guint seed = get_number ("VS_QUEUE_SEED", 1);

  for (guint i = 0; i < n; i++) {
    /* the last line says what to run again */
    if (g_getenv ("VS_QUEUE_SEED") != NULL || i % 1000 == 0)
      g_test_message ("VS_QUEUE_SEED=%u", seed + i);
    run_sequence (seed + i);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/queue/random", test_random);
  return g_test_run ();
}
