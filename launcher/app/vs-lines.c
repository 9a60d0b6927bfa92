/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-lines.h"

#include <string.h>

#define CHUNK_SIZE 4096

struct _VsLines {
  gint refs; /* the owner's and the pending read's */
  GInputStream *stream;
  GCancellable *cancellable;
  gsize max_line;
  GString *line;
  VsLinesFunc func; /* NULL: freed or at the end */
  gpointer user_data;
  gchar chunk[CHUNK_SIZE];
};

static void read_more (VsLines *self);

static void
unref (VsLines *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;

  g_object_unref (self->stream);
  g_object_unref (self->cancellable);
  g_string_free (self->line, TRUE);
  g_free (self);
}

static void
emit_line (VsLines *self)
{
  gsize length = self->line->len;

  if (length > 0 && self->line->str[length - 1] == '\r')
    g_string_truncate (self->line, length - 1);
  self->func (self->line->str, self->user_data);
  g_string_truncate (self->line, 0);
}

static void
emit_end (VsLines *self)
{
  VsLinesFunc func;

  if (self->func && self->line->len > 0)
    emit_line (self);
  func = self->func;
  self->func = NULL;
  if (func)
    func (NULL, self->user_data);
}

static void
append_bounded (VsLines *self, const gchar *text, gsize length)
{
  gsize room = self->max_line - MIN (self->line->len, self->max_line);

  g_string_append_len (self->line, text, (gssize) MIN (length, room));
}

static void
take_chunk (VsLines *self, gsize size)
{
  const gchar *pos = self->chunk;
  const gchar *end = pos + size;

  while (self->func && pos < end) {
    const gchar *newline = memchr (pos, '\n', (gsize) (end - pos));

    append_bounded (self, pos, (gsize) ((newline ? newline : end) - pos));
    if (!newline)
      return;
    emit_line (self);
    pos = newline + 1;
  }
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  VsLines *self = user_data;
  gssize size =
      g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (g_cancellable_is_cancelled (self->cancellable)) {
    unref (self);
    return;
  }
  if (size > 0)
    take_chunk (self, (gsize) size);
  else
    emit_end (self);
  if (size > 0 && self->func)
    read_more (self);
  unref (self);
}

static void
read_more (VsLines *self)
{
  g_atomic_int_inc (&self->refs);
  g_input_stream_read_async (self->stream, self->chunk, CHUNK_SIZE,
      G_PRIORITY_DEFAULT, self->cancellable, on_read, self);
}

VsLines *
vs_lines_new (
    GInputStream *stream, gsize max_line, VsLinesFunc func, gpointer user_data)
{
  VsLines *self = g_new0 (VsLines, 1);

  self->refs = 1;
  self->stream = g_object_ref (stream);
  self->cancellable = g_cancellable_new ();
  self->max_line = max_line;
  self->line = g_string_new (NULL);
  self->func = func;
  self->user_data = user_data;
  read_more (self);
  return self;
}

void
vs_lines_free (VsLines *self)
{
  if (!self)
    return;
  self->func = NULL;
  g_cancellable_cancel (self->cancellable);
  unref (self);
}
