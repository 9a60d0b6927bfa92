/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-box: writing the boxes of ISO/IEC 14496-12 into a growing GByteArray, and
 * reading packed big-endian fields from untrusted bytes. Pure; no locks.
 *
 * A box is opened, filled and closed; closing sets its size:
 *
 *   gsize box = vs_box_open (out, "pasp");
 *   vs_box_put_u32 (out, 1);
 *   vs_box_put_u32 (out, 1);
 *   vs_box_close (out, box);
 *
 * A reader never leaves its bytes: a read past the end gives 0 and sets
 * `failed`, which is asked once, at the end. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Both return the box's place, for vs_box_close (). @type has four letters. */
gsize vs_box_open (GByteArray *out, const gchar *type);
gsize vs_box_open_full (
    GByteArray *out, const gchar *type, guint8 version, guint32 flags);
void vs_box_close (GByteArray *out, gsize box);

void vs_box_put_u8 (GByteArray *out, guint8 value);
void vs_box_put_u16 (GByteArray *out, guint16 value);
void vs_box_put_u24 (GByteArray *out, guint32 value);
void vs_box_put_u32 (GByteArray *out, guint32 value);
void vs_box_put_u64 (GByteArray *out, guint64 value);
void vs_box_put_fourcc (GByteArray *out, const gchar *fourcc);
void vs_box_put_string (GByteArray *out, const gchar *text); /* and its NUL */
void vs_box_put_zeros (GByteArray *out, guint count);
void vs_box_put_bytes (GByteArray *out, GBytes *bytes);

/* Sets what was written at @at before it was known. */
void vs_box_set_u32 (GByteArray *out, gsize at, guint32 value);

typedef struct {
  const guint8 *data;
  gsize size;  /* bytes */
  guint64 bit; /* the next one to read */
  gboolean failed;
} VsReader;

void vs_reader_init (VsReader *reader, const guint8 *data, gsize size);
guint32 vs_reader_bits (VsReader *reader, guint count); /* at most 32 */
void vs_reader_skip_bits (VsReader *reader, guint64 count);
guint64 vs_reader_bits_left (const VsReader *reader);

G_END_DECLS
