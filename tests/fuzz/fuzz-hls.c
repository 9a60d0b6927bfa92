/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A playlist from anywhere: read, or refused with a reason. */
#include <glib.h>

#include "core/vs-hls.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VsHlsPlaylist) playlist =
      vs_hls_read ((const gchar *) data, size, &error);

  g_assert_true ((playlist == NULL) == (error != NULL));
  if (playlist == NULL)
    return 0;
  g_assert_true (playlist->segments->len == 0 || !playlist->multivariant);
  for (guint i = 0; i < playlist->segments->len; i++) {
    const VsHlsSegment *segment = g_ptr_array_index (playlist->segments, i);

    g_assert_true (segment->uri != NULL && segment->duration >= 0);
    g_assert_cmpuint (segment->sequence, ==, playlist->media_sequence + i);
    g_assert_cmpuint (
        segment->range_offset, <=, G_MAXUINT64 - segment->range_size);
  }
  for (guint i = 0; i < playlist->variants->len; i++) {
    const VsHlsVariant *variant = g_ptr_array_index (playlist->variants, i);

    g_assert_nonnull (variant->uri);
  }
  return 0;
}
