/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sections and names are those of ANSI/SCTE 35 2023r1. */
#include "core/vs-scte35.h"

#include <string.h>

#include "core/vs-error.h"

#define TABLE_ID 0xFC
#define HEAD 3 /* bytes before those that section_length counts */
#define CRC_SIZE 4
#define SIZE_MAX_SECTION (HEAD + 4093) /* 9.6: section_length */
#define TICKS 90000                    /* a second */
#define SPLICE_INSERT 0x05

/* CRC-32 of ISO/IEC 13818-1 annex A: over a whole section it is 0. */
static guint32
get_crc (const guint8 *data, gsize size)
{
  guint32 crc = 0xFFFFFFFF;

  for (gsize i = 0; i < size; i++) {
    crc ^= (guint32) data[i] << 24;
    for (guint bit = 0; bit < 8; bit++)
      crc = (crc & 0x80000000) != 0 ? (crc << 1) ^ 0x04C11DB7 : crc << 1;
  }
  return crc;
}

static guint8 *
decode_hex (const gchar *digits, gsize *size)
{
  guint8 *data;

  *size = strlen (digits) / 2;
  if (strlen (digits) % 2 != 0 ||
      strspn (digits, "0123456789abcdefABCDEF") != strlen (digits))
    return NULL;
  data = g_malloc (*size + 1);
  for (gsize i = 0; i < *size; i++)
    data[i] = (guint8) (g_ascii_xdigit_value (digits[2 * i]) << 4 |
                        g_ascii_xdigit_value (digits[2 * i + 1]));
  return data;
}

static guint8 *
decode_base64 (const gchar *text, gsize *size)
{
  static const gchar alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  gsize length = strlen (text), digits = strspn (text, alphabet);

  if (length % 4 != 0 || length - digits > 2 ||
      strspn (text + digits, "=") != length - digits)
    return NULL;
  return g_base64_decode (text, size);
}

static gboolean
check_section (const guint8 *data, gsize size, GError **error)
{
  const gchar *fault = NULL;

  if (size < HEAD + CRC_SIZE || size > SIZE_MAX_SECTION || data[0] != TABLE_ID)
    fault = "is no splice_info_section, which begins with 0xFC";
  else if (((gsize) (data[1] & 0x0F) << 8 | data[2]) != size - HEAD)
    fault = "is cut off, or too long: its section_length says otherwise";
  else if (get_crc (data, size) != 0)
    fault = "is damaged: its CRC is wrong";
  if (fault == NULL)
    return TRUE;
  g_set_error (
      error, VS_ERROR, VS_ERROR_BAD_VALUE, "The SCTE 35 data %s.", fault);
  return FALSE;
}

GBytes *
vs_scte35_parse (const gchar *text, GError **error)
{
  gsize size = 0;
  g_autofree guint8 *data = g_ascii_strncasecmp (text, "0x", 2) == 0
                                ? decode_hex (text + 2, &size)
                                : decode_base64 (text, &size);

  if (data == NULL) {
    g_set_error (error, VS_ERROR, VS_ERROR_BAD_VALUE,
        "The SCTE 35 data is neither of the form 0xFC30… nor base64.");
    return NULL;
  }
  if (!check_section (data, size, error))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), size);
}

gchar *
vs_scte35_to_hex (GBytes *section)
{
  static const gchar digits[] = "0123456789ABCDEF";
  gsize size;
  const guint8 *data = g_bytes_get_data (section, &size);
  GString *out = g_string_sized_new (2 * size + 3);

  g_string_append (out, "0x");
  for (gsize i = 0; i < size; i++) {
    g_string_append_c (out, digits[data[i] >> 4]);
    g_string_append_c (out, digits[data[i] & 0x0F]);
  }
  return g_string_free (out, FALSE);
}

static void
append (GByteArray *out, guint64 value, guint bytes)
{
  for (guint i = bytes; i > 0; i--) {
    guint8 byte = (guint8) (value >> (8 * (i - 1)));

    g_byte_array_append (out, &byte, 1);
  }
}

/* 9.7.3.1, from splice_event_id on */
static void
append_splice_insert (
    GByteArray *out, guint32 id, gboolean is_out, guint64 ticks)
{
  guint8 flags = 0x5F; /* program_splice, splice_immediate, reserved bits */

  flags |= is_out ? 0x80 : 0;
  flags |= ticks > 0 ? 0x20 : 0;
  append (out, id, 4);
  append (out, 0x7F, 1); /* no cancel */
  append (out, flags, 1);
  if (ticks > 0) /* break_duration () with auto_return */
    append (out, G_GUINT64_CONSTANT (0xFE) << 32 | ticks, 5);
  append (out, 0, 4); /* unique_program_id, avail_num, avails_expected */
}

GBytes *
vs_scte35_splice_insert (guint32 id, gboolean is_out, guint64 duration_us)
{
  g_autoptr (GByteArray) command = g_byte_array_new ();
  GByteArray *out = g_byte_array_new ();
  guint64 ticks = MIN (duration_us, G_GUINT64_CONSTANT (24) * 3600 * 1000000) *
                  TICKS / 1000000;

  append_splice_insert (command, id, is_out, is_out ? ticks : 0);
  append (out, TABLE_ID, 1);
  append (out, 0x3000 | (17 + command->len), 2); /* sap_type 3 */
  append (out, 0, 6); /* protocol_version, no encryption, no adjustment */
  append (out, 0, 1); /* cw_index */
  append (out, 0xFFF000 | command->len, 3); /* tier, splice_command_length */
  append (out, SPLICE_INSERT, 1);
  g_byte_array_append (out, command->data, command->len);
  append (out, 0, 2); /* descriptor_loop_length */
  append (out, get_crc (out->data, out->len), 4);
  return g_byte_array_free_to_bytes (out);
}
