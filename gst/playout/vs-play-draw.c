/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playout/vs-play-draw.h"

#include <string.h>

const VsPlayColour vs_play_black = { 16, 128, 128 };
const VsPlayColour vs_play_white = { 235, 128, 128 };

static void
fill_plane (GstVideoFrame *frame, guint component, gint x, gint y, gint width,
    gint height, guint8 value)
{
  gint w = GST_VIDEO_FRAME_COMP_WIDTH (frame, component);
  gint h = GST_VIDEO_FRAME_COMP_HEIGHT (frame, component);
  gint stride = GST_VIDEO_FRAME_COMP_STRIDE (frame, component);
  guint8 *data = GST_VIDEO_FRAME_COMP_DATA (frame, component);
  gint right = MIN (x + width, w), bottom = MIN (y + height, h);

  x = MAX (x, 0);
  for (gint row = MAX (y, 0); row < bottom && right > x; row++)
    memset (data + (gsize) row * stride + x, value, right - x);
}

void
vs_play_draw_box (GstVideoFrame *frame, gint x, gint y, gint width, gint height,
    VsPlayColour colour)
{
  fill_plane (frame, 0, x, y, width, height, colour.y);
  fill_plane (frame, 1, x / 2, y / 2, width / 2, height / 2, colour.u);
  fill_plane (frame, 2, x / 2, y / 2, width / 2, height / 2, colour.v);
}

void
vs_play_draw_bars (GstVideoFrame *frame)
{
  static const VsPlayColour bars[] = {
    { 180, 128, 128 }, /* white */
    { 168, 44, 136 },  /* yellow */
    { 145, 147, 44 },  /* cyan */
    { 133, 63, 52 },   /* green */
    { 63, 193, 204 },  /* magenta */
    { 51, 109, 212 },  /* red */
    { 28, 212, 120 },  /* blue */
  };
  gint width = GST_VIDEO_FRAME_WIDTH (frame);
  gint height = GST_VIDEO_FRAME_HEIGHT (frame);
  gint n = G_N_ELEMENTS (bars);

  for (gint i = 0; i < n; i++) {
    gint left = (width * i / n) & ~1, right = (width * (i + 1) / n + 1) & ~1;

    vs_play_draw_box (frame, left, 0, right - left, height, bars[i]);
  }
}

/* Segments of a digit, in a cell of 6 by 10 units: x, y, width, height. */
static const gint8 segments[7][4] = {
  { 1, 1, 4, 1 }, /* top */
  { 1, 1, 1, 4 }, /* upper left */
  { 4, 1, 1, 4 }, /* upper right */
  { 1, 4, 4, 1 }, /* middle */
  { 1, 5, 1, 4 }, /* lower left */
  { 4, 5, 1, 4 }, /* lower right */
  { 1, 8, 4, 1 }, /* bottom */
};

static const guint8 digits[10] = { 0x77, 0x24, 0x5d, 0x6d, 0x2e, 0x6b, 0x7b,
  0x25, 0x7f, 0x6f };

gint
vs_play_draw_digits (
    GstVideoFrame *frame, gint x, gint y, gint height, const gchar *text)
{
  gint unit = MAX (2, (height / 10) & ~1), at = x;

  vs_play_draw_box (
      frame, x, y, 6 * unit * (gint) strlen (text), 10 * unit, vs_play_black);
  for (; *text; text++, at += 6 * unit) {
    if (*text == ':')
      vs_play_draw_box (
          frame, at + 2 * unit, y + 3 * unit, unit, unit, vs_play_white);
    if (*text == ':' || *text == '.')
      vs_play_draw_box (frame, at + 2 * unit, y + (*text == ':' ? 6 : 8) * unit,
          unit, unit, vs_play_white);
    if (!g_ascii_isdigit (*text))
      continue;
    for (guint i = 0; i < G_N_ELEMENTS (segments); i++) {
      if (digits[*text - '0'] & (1 << i))
        vs_play_draw_box (frame, at + segments[i][0] * unit,
            y + segments[i][1] * unit, segments[i][2] * unit,
            segments[i][3] * unit, vs_play_white);
    }
  }
  return at - x;
}
