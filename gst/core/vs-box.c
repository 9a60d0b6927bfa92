/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-box.h"

#include <string.h>

gsize
vs_box_open (GByteArray *out, const gchar *type)
{
  gsize box = out->len;

  vs_box_put_u32 (out, 0);
  vs_box_put_fourcc (out, type);
  return box;
}

gsize
vs_box_open_full (
    GByteArray *out, const gchar *type, guint8 version, guint32 flags)
{
  gsize box = vs_box_open (out, type);

  vs_box_put_u8 (out, version);
  vs_box_put_u24 (out, flags);
  return box;
}

void
vs_box_close (GByteArray *out, gsize box)
{
  vs_box_set_u32 (out, box, out->len - box);
}

void
vs_box_put_u8 (GByteArray *out, guint8 value)
{
  g_byte_array_append (out, &value, 1);
}

void
vs_box_put_u16 (GByteArray *out, guint16 value)
{
  guint16 big = GUINT16_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &big, sizeof (big));
}

void
vs_box_put_u24 (GByteArray *out, guint32 value)
{
  guint32 big = GUINT32_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &big + 1, 3);
}

void
vs_box_put_u32 (GByteArray *out, guint32 value)
{
  guint32 big = GUINT32_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &big, sizeof (big));
}

void
vs_box_put_u64 (GByteArray *out, guint64 value)
{
  guint64 big = GUINT64_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &big, sizeof (big));
}

void
vs_box_put_fourcc (GByteArray *out, const gchar *fourcc)
{
  g_byte_array_append (out, (const guint8 *) fourcc, 4);
}

void
vs_box_put_string (GByteArray *out, const gchar *text)
{
  g_byte_array_append (out, (const guint8 *) text, strlen (text) + 1);
}

void
vs_box_put_zeros (GByteArray *out, guint count)
{
  guint start = out->len;

  g_byte_array_set_size (out, start + count);
  if (count > 0)
    memset (out->data + start, 0, count);
}

void
vs_box_put_bytes (GByteArray *out, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (size > 0)
    g_byte_array_append (out, data, size);
}

void
vs_box_set_u32 (GByteArray *out, gsize at, guint32 value)
{
  guint32 big = GUINT32_TO_BE (value);

  g_return_if_fail (out->len >= sizeof (big) && at <= out->len - sizeof (big));
  memcpy (out->data + at, &big, sizeof (big));
}

void
vs_reader_init (VsReader *reader, const guint8 *data, gsize size)
{
  *reader = (VsReader){ .data = data, .size = size };
}

guint64
vs_reader_bits_left (const VsReader *reader)
{
  return (guint64) reader->size * 8 - reader->bit;
}

guint32
vs_reader_bits (VsReader *reader, guint count)
{
  guint32 value = 0;

  if (reader->failed || count > 32 || vs_reader_bits_left (reader) < count) {
    reader->failed = TRUE;
    return 0;
  }

  while (count > 0) {
    guint free_bits = 8 - reader->bit % 8;
    guint take = MIN (free_bits, count);
    guint8 byte = reader->data[reader->bit / 8];

    byte = (byte >> (free_bits - take)) & ((1u << take) - 1);
    value = value << take | byte;
    reader->bit += take;
    count -= take;
  }
  return value;
}

void
vs_reader_skip_bits (VsReader *reader, guint64 count)
{
  if (reader->failed || vs_reader_bits_left (reader) < count)
    reader->failed = TRUE;
  else
    reader->bit += count;
}
