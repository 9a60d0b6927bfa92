/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A saved state from a broken disk: refused, or good enough to go on with. */
#include <glib.h>

#include "core/vs-hls.h"
#include "fuzz.h"

static void
write_all (const VsPresentation *self)
{
  g_free (vs_hls_write_multivariant (self));
  for (guint i = 0; i < self->tracks->len; i++) {
    const VsTrack *track = g_ptr_array_index (self->tracks, i);

    g_free (vs_hls_write_media (self, track));
    g_free (vs_hls_write_iframes (self, track));
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree gchar *text =
      size > 0 ? g_strndup ((const gchar *) data, size) : g_strdup ("");
  g_autoptr (GError) error = NULL;
  g_autoptr (VsPresentation) self = vs_presentation_load (text, &error);

  g_assert_true ((self == NULL) == (error != NULL));
  if (self == NULL)
    return 0;
  write_all (self);
  g_strfreev (vs_presentation_slide (self, 0));
  write_all (self);
  g_free (vs_presentation_save (self));
  return 0;
}
