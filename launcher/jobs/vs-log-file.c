/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs/vs-log-file.h"

#include <stdio.h>
#include <string.h>

#define SIZE_MAX_BYTES (1024 * 1024)
#define LINE_MAX_BYTES 2000

struct _VsLogFile {
  FILE *file; /* or NULL */
  gsize size;
};

VsLogFile *
vs_log_file_open (const gchar *path)
{
  VsLogFile *self = g_new0 (VsLogFile, 1);
  glong size;

  self->file = fopen (path, "abe");
  if (!self->file)
    return self;
  size = fseek (self->file, 0, SEEK_END) == 0 ? ftell (self->file) : 0;
  self->size = (gsize) MAX (size, 0);
  return self;
}

/* One line is one line, whatever a hostile file's metadata made of it. */
static gchar *
clean (const gchar *line)
{
  g_autofree gchar *valid = g_utf8_make_valid (line, -1);
  GString *out = g_string_new (NULL);

  for (const gchar *p = valid; *p && out->len < LINE_MAX_BYTES;
       p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (g_unichar_iscntrl (c) || g_unichar_type (c) == G_UNICODE_FORMAT)
      g_string_append_printf (out, "\\u%04x", c);
    else
      g_string_append_unichar (out, c);
  }
  return g_string_free (out, FALSE);
}

void
vs_log_file_write (VsLogFile *self, const gchar *line)
{
  g_autoptr (GDateTime) now = NULL;
  g_autofree gchar *time = NULL;
  g_autofree gchar *text = NULL;
  gint written;

  if (!self->file || self->size > SIZE_MAX_BYTES)
    return;
  now = g_date_time_new_now_utc ();
  time = g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ");
  text = clean (line);
  written = fprintf (self->file, "%s %s\n", time, text);
  self->size += (gsize) MAX (written, 0);
  if (self->size > SIZE_MAX_BYTES)
    (void) fprintf (self->file, "%s The log is full.\n", time);
  (void) fflush (self->file);
}

void
vs_log_file_close (VsLogFile *self)
{
  if (!self)
    return;
  if (self->file)
    (void) fclose (self->file);
  g_free (self);
}
