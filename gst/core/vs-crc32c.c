/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-crc32c.h"

#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* reflected */

static guint32 table[256];

static void
fill_table (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    guint32 value = i;

    for (guint bit = 0; bit < 8; bit++)
      value = (value >> 1) ^ ((value & 1) != 0 ? POLYNOMIAL : 0);
    table[i] = value;
  }
}

static guint32
crc_by_table (guint32 crc, const guint8 *data, gsize size)
{
  static gsize filled;

  if (g_once_init_enter (&filled)) {
    fill_table ();
    g_once_init_leave (&filled, 1);
  }
  for (gsize i = 0; i < size; i++)
    crc = (crc >> 8) ^ table[(crc ^ data[i]) & 0xff];
  return crc;
}

#if defined(__x86_64__)
__attribute__ ((target ("sse4.2"))) static guint32
crc_by_processor (guint32 crc, const guint8 *data, gsize size)
{
  guint64 wide = crc;

  for (; size >= 8; data += 8, size -= 8) {
    guint64 word;

    memcpy (&word, data, sizeof word);
    wide = __builtin_ia32_crc32di (wide, word);
  }
  crc = (guint32) wide;
  for (; size > 0; data++, size--)
    crc = __builtin_ia32_crc32qi (crc, *data);
  return crc;
}
#endif

guint32
vs_crc32c (guint32 crc, const guint8 *data, gsize size)
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports ("sse4.2"))
    return ~crc_by_processor (~crc, data, size);
#endif
  return ~crc_by_table (~crc, data, size);
}

gchar *
vs_crc32c_dup_base64 (guint32 crc)
{
  guint32 big = GUINT32_TO_BE (crc);

  return g_base64_encode ((const guchar *) &big, sizeof big);
}
