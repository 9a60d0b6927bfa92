/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vs-log-file: what the workers of one job have said: lines with their time,
 * escaped, and no more than a megabyte of them. Threading: one thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _VsLogFile VsLogFile;

/* Goes on where an earlier attempt has ended. Never fails: a log that cannot
 * be written is no reason not to work. */
VsLogFile *vs_log_file_open (const gchar *path);
void vs_log_file_write (VsLogFile *self, const gchar *line);
void vs_log_file_close (VsLogFile *self);

G_END_DECLS
