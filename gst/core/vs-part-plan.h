/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-part-plan: how big the parts of a multipart upload are whose length
 * nobody knows. Pure.
 *
 * S3 takes 10,000 parts of 5 MiB to 5 GiB (the last may be smaller) and 5 TiB
 * an object. Parts begin at the size asked for, and grow by half every 500
 * parts, so that what is short stays cheap in memory and 5 TiB always fit. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VS_PART_COUNT_MAX 10000
#define VS_PART_SIZE_LEAST (G_GUINT64_CONSTANT (5) << 20)
#define VS_PART_SIZE_MOST (G_GUINT64_CONSTANT (5) << 30)
#define VS_PART_OBJECT_MAX (G_GUINT64_CONSTANT (5) << 40)

/* @number from 1 to 10,000; @first is the size of part 1. */
guint64 vs_part_plan_size (guint64 first, guint number);

G_END_DECLS
