/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-ladder.h"

/* Rec. ITU-T H.264 (08/2021), table A-1. Level 1b is left out: High profile
 * writes it as level_idc 9, which few players know. */
typedef struct {
  guint idc;
  guint max_mbps; /* macroblocks a second */
  guint max_fs;   /* macroblocks a frame */
  guint max_br;   /* 1000 bits a second, times cpbBrVclFactor / 1000 */
  guint max_cpb;  /* 1000 bits, likewise */
} Level;

static const Level levels[] = {
  { 10, 1485, 99, 64, 175 },
  { 11, 3000, 396, 192, 500 },
  { 12, 6000, 396, 384, 1000 },
  { 13, 11880, 396, 768, 2000 },
  { 20, 11880, 396, 2000, 2000 },
  { 21, 19800, 792, 4000, 4000 },
  { 22, 20250, 1620, 4000, 4000 },
  { 30, 40500, 1620, 10000, 10000 },
  { 31, 108000, 3600, 14000, 14000 },
  { 32, 216000, 5120, 20000, 20000 },
  { 40, 245760, 8192, 20000, 25000 },
  { 41, 245760, 8192, 50000, 62500 },
  { 42, 522240, 8704, 50000, 62500 },
  { 50, 589824, 22080, 135000, 135000 },
  { 51, 983040, 36864, 240000, 240000 },
  { 52, 2073600, 36864, 240000, 240000 },
  { 60, 4177920, 139264, 240000, 240000 },
  { 61, 8355840, 139264, 480000, 480000 },
  { 62, 16711680, 139264, 800000, 800000 },
};

/* Table A-2: cpbBrVclFactor of High profile is 1250. */
#define HIGH_FACTOR 1250

static gboolean
is_level_enough (const Level *level, const VsRung *rung)
{
  guint64 columns = (rung->width + 15) / 16;
  guint64 rows = (rung->height + 15) / 16;
  guint64 blocks = columns * rows;
  guint64 rate = MAX (rung->max_bitrate, rung->bitrate);
  guint64 fps_n = rung->fps_n ? rung->fps_n : 30;
  guint64 fps_d = rung->fps_n && rung->fps_d ? rung->fps_d : 1;

  /* A.3.1 f and g: neither side exceeds sqrt (8 × MaxFS). */
  return blocks <= level->max_fs &&
         columns * columns <= G_GUINT64_CONSTANT (8) * level->max_fs &&
         rows * rows <= G_GUINT64_CONSTANT (8) * level->max_fs &&
         blocks * fps_n <= level->max_mbps * fps_d &&
         rate <= (guint64) level->max_br * HIGH_FACTOR &&
         rung->buffer <= (guint64) level->max_cpb * HIGH_FACTOR;
}

guint
vs_ladder_h264_level (const VsRung *rung)
{
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if (is_level_enough (&levels[i], rung))
      return levels[i].idc;
  return levels[G_N_ELEMENTS (levels) - 1].idc;
}
