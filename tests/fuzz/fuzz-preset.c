/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bytes are a preset. */
#include <glib.h>
#include <string.h>

#include "core/vs-preset.h"
#include "fuzz.h"

/* Every other name is set, to itself. */
static const gchar *
lookup (const gchar *name, gpointer data)
{
  return strlen (name) % 2 ? name : NULL;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsPreset) preset =
      vs_preset_parse ((const gchar *) data, size, "p", lookup, NULL, &error);

  g_assert_true ((preset == NULL) == (error != NULL));
  if (preset == NULL) {
    g_assert_true (g_str_has_prefix (error->message, "p:"));
    g_assert_null (strchr (error->message, '\n'));
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  if (preset->launch != NULL)
    return 0;
  g_assert_true (preset->gop_us > 0);
  g_assert_true (preset->segment_us % preset->gop_us == 0);
  g_assert_true (preset->hls || preset->dash);
  g_assert_true (preset->video || preset->audio->len > 0);
  g_assert_true (preset->ladder->rungs->len == 0 ||
                 vs_ladder_validate (preset->ladder, NULL));
  return 0;
}
