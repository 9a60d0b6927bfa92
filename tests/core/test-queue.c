/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules of the queue, each as a short script. A script is a line of words:
 *   +a      enqueue item a (capitals loop)       !x   interrupt, frame, resume
 *   !x:CR   with cut f, e and resume r, b, s, j  e    what is on air ends
 *   f       it fails                             s    skip     r   return
 *   -a      remove a                             C    the cut is made
 *   c       clear at once                        pN   position N
 *   tN      N seconds pass                       @a:N item a with a time
 * and the expectation: what is on air at the end, its position, the line. */
#include "core/vs-error.h"
#include "core/vs-queue.h"

#include <string.h>

#define START (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)

typedef struct {
  VsQueue *queue;
  gint64 now_us;
} World;

static const struct {
  const gchar *script, *air;
  guint64 position;
  const gchar *line;
} scripts[] = {
  { "", NULL, 0, "" },
  { "+a", NULL, 0, "a" },
  { "+a C", "a", 0, "" },
  { "+a +b C p7 e", "b", 0, "" },
  { "+a C e", NULL, 0, "" },
  { "+a C e +b C", "b", 0, "" },
  /* a looping item is not popped at its end */
  { "+A +b C p7 e", "A", 0, "b" },
  { "+A +b C p7 s C", "b", 0, "" },
  { "+A +b C f", "b", 0, "" },
  { "+A +b C -A C", "b", 0, "" },
  /* an interrupt goes before everything and keeps the queue */
  { "+a +b C p5 !x C", "x", 0, "b" },
  { "+a +b C p5 !x C p9 e", "a", 5, "b" },
  { "+a +b C p5 !x:fb C p9 e", "a", 0, "b" },
  { "+a +b C p5 !x:fs C p9 e", "b", 0, "" },
  { "+a +b C p5 !x:fj C t2 e", "a", 55, "b" },
  { "+a +b C p5 !x C p9 r C", "a", 5, "b" },
  { "+a +b C p5 !x C s C", "a", 5, "b" },
  { "+a +b C p5 !x C f", "a", 5, "b" },
  { "+a +b C p5 !X C e", "X", 0, "b" },
  { "+a +b C p5 !X C e r C", "a", 5, "b" },
  /* it waits for the end of the item, of a loop's pass as well */
  { "+a +b C p5 !x:er C", "a", 5, "b" },
  { "+a +b C p5 !x:er e", "x", 0, "b" },
  { "+a +b C p5 !x:er e e", "b", 0, "" },
  { "+A +b C p5 !x:er e e", "A", 0, "b" },
  { "!x:er C", "x", 0, "" },
  { "!x C e", NULL, 0, "" },
  /* interrupts over one another */
  { "+a C p5 !x C p3 !y C e", "x", 3, "" },
  { "+a C p5 !x C p3 !y C e e", "a", 5, "" },
  { "+a C p5 !x C p3 !y:fs C e", "a", 5, "" },
  { "+a +b C p5 !x:fs C !y C e e", "b", 0, "" },
  { "+a +b C p5 !x:fs C !y:fs C e", "b", 0, "" },
  { "+a +b C p5 !x C -a e", "b", 0, "" },
  { "+a +b C p5 !x C !y C -x e", "a", 5, "b" },
  { "+a +b C p5 !x !y C -y e", "a", 5, "b" },
  { "+a C p5 !x C c e", NULL, 0, "" },
  /* clear drops all */
  { "+a +b +c C c C", NULL, 0, "" },
  { "+a +b +c C c +d C", "d", 0, "" },
  /* times */
  { "+a +b @t:10 C t5 C p9", "a", 9, "b t" },
  { "+a +b @t:10 C t10 C", "t", 0, "b" },
  { "+a +b @t:10 C t10 C e", "b", 0, "" },
  { "+A +b @t:10 C t10 e", "t", 0, "b" },
  { "+a @t:10 @u:20 t30 C", "u", 0, "a" },
  { "+a @t:10 C p4 !x C t30 C", "x", 0, "t" },
  { "+a +b @t:10 C p4 !x C t30 C e", "t", 0, "b" },
};

static VsQueueItem *
make_item (const gchar *id, gint64 at_us)
{
  g_autofree gchar *json = g_strdup_printf (
      "{\"id\": \"%s\", \"uri\": \"file:///%s\", \"loop\": %s}", id, id,
      g_ascii_isupper (*id) ? "true" : "false");
  VsQueueItem *item = vs_queue_item_parse (json, -1, NULL);

  item->at_us = at_us;
  return item;
}

static void
interrupt (World *world, const gchar *word)
{
  g_autofree gchar *id = g_strndup (word, 1);
  g_autoptr (VsQueueItem) item = make_item (id, VS_QUEUE_NO_TIME);
  VsQueueCut cut = VS_QUEUE_CUT_FRAME;
  VsQueueResume resume = VS_QUEUE_RESUME;

  if (word[1] == ':') {
    cut = word[2] == 'e' ? VS_QUEUE_CUT_ITEM_END : VS_QUEUE_CUT_FRAME;
    resume = (VsQueueResume) (strchr ("rbsj", word[3]) - "rbsj");
  }
  g_assert_nonnull (
      vs_queue_interrupt (world->queue, item, cut, 0, resume, NULL));
}

static void
run_word (World *world, const gchar *word)
{
  VsQueue *queue = world->queue;
  g_autofree gchar *id = g_strndup (word + 1, 1);
  g_autoptr (VsQueueItem) item = NULL;

  switch (word[0]) {
    case '+':
    case '@':
      item = make_item (id,
          word[0] == '+'
              ? VS_QUEUE_NO_TIME
              : START + g_ascii_strtoll (word + 3, NULL, 10) * G_USEC_PER_SEC);
      g_assert_nonnull (vs_queue_enqueue (queue, item, NULL));
      break;
    case '!':
      interrupt (world, word + 1);
      break;
    case '-':
      g_assert_true (vs_queue_remove (queue, id, NULL));
      break;
    case 'C':
      vs_queue_cut (queue, world->now_us);
      break;
    case 'e':
    case 'f':
      g_assert_true (vs_queue_end (queue, world->now_us,
          word[0] == 'e' ? VS_QUEUE_ENDED : VS_QUEUE_FAILED));
      break;
    case 's':
      g_assert_true (vs_queue_skip (queue, NULL));
      break;
    case 'r':
      g_assert_true (vs_queue_return (queue, NULL));
      break;
    case 'c':
      vs_queue_clear (queue, VS_QUEUE_CUT_FRAME);
      break;
    case 'p':
      vs_queue_set_position (queue, g_ascii_strtoull (word + 1, NULL, 10), 0);
      break;
    default:
      world->now_us += g_ascii_strtoll (word + 1, NULL, 10) * G_USEC_PER_SEC;
      break;
  }
}

static gchar *
dup_line (const VsQueue *queue)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < vs_queue_get_length (queue); i++) {
    if (i > 0)
      g_string_append_c (out, ' ');
    g_string_append (out, vs_queue_get_nth (queue, i)->id);
  }
  return g_string_free (out, FALSE);
}

static void
test_scripts (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++) {
    g_autoptr (VsQueue) queue = vs_queue_new ("r", 25, 1);
    World world = { queue, START };
    g_auto (GStrv) words = g_strsplit (scripts[i].script, " ", -1);
    g_autofree gchar *line = NULL;
    const VsQueueAir *air;

    g_test_message ("%s", scripts[i].script);
    for (guint n = 0; words[n] != NULL; n++)
      run_word (&world, words[n]);
    air = vs_queue_get_air (queue);
    line = dup_line (queue);
    g_assert_cmpstr (air ? air->item->id : NULL, ==, scripts[i].air);
    g_assert_cmpuint (air ? air->position : 0, ==, scripts[i].position);
    g_assert_cmpstr (line, ==, scripts[i].line);
  }
}

static void
add (VsQueue *queue, const gchar *id)
{
  g_autoptr (VsQueueItem) item = make_item (id, VS_QUEUE_NO_TIME);

  g_assert_nonnull (vs_queue_enqueue (queue, item, NULL));
}

static void
assert_line (const VsQueue *queue, const gchar *expected)
{
  g_autofree gchar *line = dup_line (queue);

  g_assert_cmpstr (line, ==, expected);
}

static void
test_places (void)
{
  g_autoptr (VsQueue) queue = vs_queue_new ("r", 25, 1);
  g_autoptr (VsQueueItem) x = make_item ("x", VS_QUEUE_NO_TIME);
  g_autoptr (VsQueueItem) y = make_item ("y", VS_QUEUE_NO_TIME);
  g_autoptr (GError) error = NULL;
  guint64 version;

  add (queue, "a");
  add (queue, "b");
  add (queue, "c");
  g_assert_nonnull (vs_queue_insert (queue, x, 1, NULL));
  assert_line (queue, "a x b c");
  g_assert_true (vs_queue_move (queue, "a", 3, NULL));
  assert_line (queue, "x b c a");
  g_assert_true (vs_queue_move (queue, "a", 0, NULL));
  assert_line (queue, "a x b c");
  g_assert_true (vs_queue_move (queue, "x", 2, NULL));
  assert_line (queue, "a b x c");
  y->after = g_strdup ("b");
  g_assert_nonnull (vs_queue_enqueue (queue, y, NULL));
  assert_line (queue, "a b y x c");
  version = vs_queue_get_version (queue);
  g_assert_null (vs_queue_enqueue (queue, y, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
  g_clear_error (&error);
  g_assert_false (vs_queue_move (queue, "q", 0, &error));
  g_assert_error (error, VS_ERROR, VS_ERROR_NOT_FOUND);
  g_clear_error (&error);
  vs_queue_set_position (queue, 3, 0);
  g_assert_cmpuint (vs_queue_get_version (queue), ==, version);
}

/* A list that was read, edited and written back does not cut the programme;
 * one that cannot be taken changes nothing. */
static void
test_replace (void)
{
  g_autoptr (VsQueue) queue = vs_queue_new ("r", 25, 1);
  g_autoptr (GPtrArray) items =
      g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_item_unref);
  g_autoptr (GError) error = NULL;
  VsQueueNext next;

  add (queue, "a");
  add (queue, "b");
  g_assert_true (vs_queue_cut (queue, START));
  g_ptr_array_add (items, make_item ("a", VS_QUEUE_NO_TIME));
  g_ptr_array_add (items, make_item ("n", VS_QUEUE_NO_TIME));
  g_assert_true (vs_queue_replace (queue, items, VS_QUEUE_CUT_FRAME, NULL));
  assert_line (queue, "n");
  g_assert_false (vs_queue_peek_cut (queue, START, &next));

  g_ptr_array_add (items, make_item ("n", VS_QUEUE_NO_TIME));
  g_assert_false (vs_queue_replace (queue, items, VS_QUEUE_CUT_FRAME, &error));
  g_assert_nonnull (strstr (error->message, "item 3"));
  assert_line (queue, "n");

  g_ptr_array_set_size (items, 0);
  g_ptr_array_add (items, make_item ("o", VS_QUEUE_NO_TIME));
  g_assert_true (vs_queue_replace (queue, items, VS_QUEUE_CUT_FRAME, NULL));
  g_assert_true (vs_queue_peek_cut (queue, START, &next));
  g_assert_cmpstr (next.item->id, ==, "o");
  g_assert_true (vs_queue_cut (queue, START));
  g_assert_cmpstr (vs_queue_get_air (queue)->item->id, ==, "o");
}

/* Illegal: nothing there, and nothing changes. */
static void
test_refused (void)
{
  g_autoptr (VsQueue) queue = vs_queue_new ("r", 25, 1);
  g_autoptr (GError) error = NULL;

  g_assert_false (vs_queue_skip (queue, NULL));
  g_assert_false (vs_queue_return (queue, NULL));
  for (guint i = 0; i < VS_QUEUE_N_REASONS; i++)
    g_assert_false (vs_queue_end (queue, START, (VsQueueReason) i));
  g_assert_false (vs_queue_cut (queue, START));
  add (queue, "a");
  g_assert_true (vs_queue_cut (queue, START));
  g_assert_false (vs_queue_return (queue, NULL));
  g_assert_false (vs_queue_end (queue, START, VS_QUEUE_RETURNED));
  for (guint i = 0; i < VS_QUEUE_DEPTH_MAX - 1; i++) {
    g_autofree gchar *id = g_strdup_printf ("i%u", i);
    g_autoptr (VsQueueItem) item = make_item (id, VS_QUEUE_NO_TIME);

    g_assert_nonnull (vs_queue_interrupt (
        queue, item, VS_QUEUE_CUT_FRAME, 0, VS_QUEUE_RESUME, NULL));
  }
  {
    g_autoptr (VsQueueItem) item = make_item ("z", VS_QUEUE_NO_TIME);

    g_assert_null (vs_queue_interrupt (
        queue, item, VS_QUEUE_CUT_FRAME, 0, VS_QUEUE_RESUME, &error));
    g_assert_error (error, VS_ERROR, VS_ERROR_CONFLICT);
  }
}

static const gchar *const bad_cursors[] = { "", "[]", "{}", "{\"version\": 9}",
  "{\"version\": 1, \"on\": 7, \"waiting\": []}",
  "{\"version\": 1, \"on\": [{}], \"waiting\": []}",
  "{\"version\": 1, \"on\": [{\"item\": {\"uri\": \"a:\"}}], \"waiting\": []}",
  "{\"version\": 1, \"on\": [{\"item\": {\"id\": \"a\", \"uri\": \"a:\"}, "
  "\"position\": -1}], \"waiting\": []}",
  "{\"version\": 1, \"on\": [], \"waiting\": [{\"item\": {\"id\": \"a\", "
  "\"uri\": \"a:\"}}]}" };

static void
test_bad_cursors (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_cursors); i++) {
    g_autoptr (VsQueue) queue = vs_queue_new ("r", 25, 1);
    g_autoptr (GPtrArray) items =
        g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_item_unref);
    g_autoptr (GError) error = NULL;

    g_ptr_array_add (items, make_item ("a", VS_QUEUE_NO_TIME));
    g_assert_false (
        vs_queue_load (queue, items, bad_cursors[i], FALSE, START, &error));
    g_assert_nonnull (strstr (error->message, "cursor cannot be used"));
    assert_line (queue, "a");
    g_assert_cmpint (vs_queue_get_state (queue), ==, VS_QUEUE_IDLE);
  }
}

/* A million items: each operation at the ends costs the same as with ten. */
static void
test_million (void)
{
  g_autoptr (VsQueue) queue = vs_queue_new ("r", 25, 1);
  g_autoptr (GPtrArray) edits = NULL;
  g_autoptr (VsQueueItem) item =
      vs_queue_item_parse ("{\"uri\": \"file:///clip.mp4\"}", -1, NULL);
  const guint n = 1000000;

  for (guint i = 0; i < n; i++) {
    g_assert_nonnull (vs_queue_enqueue (queue, item, NULL));
    if (i % 1000 == 0)
      g_clear_pointer (&edits, g_ptr_array_unref);
    if (edits == NULL)
      edits = vs_queue_take_edits (queue);
  }
  g_assert_cmpuint (vs_queue_get_length (queue), ==, n);
  g_assert_true (vs_queue_cut (queue, START));
  for (guint i = 0; i < n / 10; i++) {
    g_assert_true (vs_queue_end (queue, START, VS_QUEUE_ENDED));
    g_assert_nonnull (vs_queue_insert (queue, item, 0, NULL));
    g_assert_true (vs_queue_drop (
        queue, vs_queue_get_nth (queue, n / 2)->id, VS_QUEUE_FAILED));
  }
  g_assert_cmpuint (vs_queue_get_length (queue), ==, n - 1 - n / 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/queue/scripts", test_scripts);
  g_test_add_func ("/queue/places", test_places);
  g_test_add_func ("/queue/replace", test_replace);
  g_test_add_func ("/queue/refused", test_refused);
  g_test_add_func ("/queue/bad-cursors", test_bad_cursors);
  g_test_add_func ("/queue/million", test_million);
  return g_test_run ();
}
