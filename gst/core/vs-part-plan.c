/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-part-plan.h"

#define PARTS_A_STEP 500
#define MIB (G_GUINT64_CONSTANT (1) << 20)

guint64
vs_part_plan_size (guint64 first, guint number)
{
  guint64 size = CLAMP (first, VS_PART_SIZE_LEAST, VS_PART_SIZE_MOST);

  for (guint i = PARTS_A_STEP; i < number && size < VS_PART_SIZE_MOST;
       i += PARTS_A_STEP)
    size = (size + size / 2 + MIB - 1) / MIB * MIB;
  return MIN (size, VS_PART_SIZE_MOST);
}
