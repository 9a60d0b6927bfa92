/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-lines: a byte stream as lines, without blocking and without growing.
 *
 * Life: a reader starts to read at once, calls back for every line, at the
 * end of the stream once more with NULL, and then no more. A line longer than
 * the limit is cut there. Threading: everything happens in the thread-default
 * main context in which it was made. The reader may be freed from within its
 * own callback. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _VsLines VsLines;

/* @line has no newline and may be changed by nobody; NULL: the end. */
typedef void (*VsLinesFunc) (const gchar *line, gpointer user_data);

VsLines *vs_lines_new (
    GInputStream *stream, gsize max_line, VsLinesFunc func, gpointer user_data);
void vs_lines_free (VsLines *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VsLines, vs_lines_free)

G_END_DECLS
