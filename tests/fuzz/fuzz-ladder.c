/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Six numbers of four bytes are the source; the rest is a ladder in its short
 * form, or nothing for the default one. */
#include <glib.h>
#include <string.h>

#include "core/vs-ladder.h"
#include "fuzz.h"

static void
check (const VsLadder *ladder)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = vs_ladder_to_string (ladder);
  g_autoptr (VsLadder) again = vs_ladder_parse (text, &error);

  g_assert_no_error (error);
  g_assert_true (vs_ladder_validate (ladder, &error));
  for (guint i = 0; i < ladder->rungs->len; i++) {
    const VsRung *rung = g_ptr_array_index (ladder->rungs, i);

    g_assert_true (rung->width % 2 == 0 && rung->height % 2 == 0);
    g_assert_true (rung->fps_n > 0 && rung->fps_d > 0);
    if (rung->copy) /* its rates are the source's, whatever they are */
      continue;
    g_assert_true (rung->bitrate > 0 && rung->max_bitrate >= rung->bitrate);
    g_assert_true (rung->buffer > 0 && rung->codec == VS_CODEC_H264);
    g_assert_true (vs_ladder_h264_level (rung) >= 10);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  guint32 n[6];
  VsSource source;
  g_autofree gchar *text = NULL;
  g_autoptr (VsLadder) ladder = NULL;
  g_autoptr (VsLadder) fitted = NULL;
  g_autoptr (VsLadder) boxed = NULL;

  if (size < sizeof (n))
    return 0;
  memcpy (n, data, sizeof (n));
  source = (VsSource){ n[0], n[1], n[2], n[3], n[4], n[5] };
  text = g_strndup ((const gchar *) data + sizeof (n), size - sizeof (n));
  if (!g_utf8_validate (text, -1, NULL))
    return 0;
  ladder = *text ? vs_ladder_parse (text, NULL)
                 : vs_ladder_default (&source, VS_CODEC_H264);
  if (ladder == NULL)
    return 0;
  fitted = vs_ladder_fit (ladder, &source, VS_CODEC_H264, FALSE);
  boxed = vs_ladder_fit (ladder, &source, VS_CODEC_H264, TRUE);
  check (fitted);
  check (boxed);
  return 0;
}
