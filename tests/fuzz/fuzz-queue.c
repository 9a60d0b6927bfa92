/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first byte says what the rest is: an item, a list of items, a cursor,
 * a patch, or a format of segments. */
#include <glib.h>
#include <string.h>

#include "core/vs-queue.h"
#include "fuzz.h"

#define NOW (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)

/* What is taken is written and read back as the same. */
static void
check_item (const VsQueueItem *item)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = vs_queue_item_to_json (item);
  g_autoptr (VsQueueItem) again = vs_queue_item_parse (text, -1, &error);
  g_autofree gchar *second = NULL;
  g_autofree gchar *name = vs_queue_item_dup_name (item);

  g_assert_no_error (error);
  second = vs_queue_item_to_json (again);
  g_assert_cmpstr (text, ==, second);
  g_assert_nonnull (name);
  for (guint i = 0; item->variants != NULL && i < item->variants->len; i++) {
    g_autofree gchar *uri =
        vs_queue_item_dup_segment (item, i, item->count - 1);

    g_assert_nonnull (uri);
  }
}

static void
check_cursor (const gchar *text)
{
  g_autoptr (VsQueue) queue = vs_queue_new ("r", 25, 1);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  vs_queue_load (queue, none, text, TRUE, NOW, NULL);
  for (guint i = 0; i < 40; i++)
    vs_queue_end (queue, NOW, VS_QUEUE_ENDED);
}

static void
check_format (const gchar *text)
{
  g_autofree gchar *out = vs_queue_format_expand (text, 42);

  g_assert_cmpint (out != NULL, ==, vs_queue_format_check (text, NULL));
  g_assert_true (out == NULL || strstr (out, "42") != NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree gchar *text = NULL;
  g_autoptr (VsQueueItem) item = NULL;
  g_autoptr (GPtrArray) items = NULL;
  VsQueueItem *patched;

  if (size < 1)
    return 0;
  text = g_strndup ((const gchar *) data + 1, size - 1);
  switch (*data % 5) {
    case 0:
      item = vs_queue_item_parse (text, (gssize) strlen (text), NULL);
      break;
    case 1:
      items = vs_queue_item_parse_list (text, -1, 8, NULL);
      break;
    case 2:
      check_cursor (text);
      break;
    case 3:
      item = vs_queue_item_parse (
          "{\"id\": \"a\", \"uri\": \"a:b\", \"out\": 9}", -1, NULL);
      items =
          g_ptr_array_new_with_free_func ((GDestroyNotify) vs_queue_item_unref);
      patched = vs_queue_item_patch (item, text, -1, NULL);
      if (patched != NULL)
        g_ptr_array_add (items, patched);
      break;
    default:
      check_format (text);
      break;
  }
  if (item != NULL)
    check_item (item);
  for (guint i = 0; items != NULL && i < items->len; i++)
    check_item (g_ptr_array_index (items, i));
  return 0;
}
