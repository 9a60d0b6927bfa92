/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app/vs-progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PLAIN_INTERVAL_US (5 * G_USEC_PER_SEC)
#define REDRAW_INTERVAL_US (G_USEC_PER_SEC / 10)
#define BAR_CELLS 20
#define DEFAULT_COLUMNS 80

struct _VsProgress {
  VsLog level;
  gboolean terminal;
  gboolean drawn; /* the cursor stands behind a progress line */
  const gchar *last_state;
  gint64 last_us;
};

gboolean
vs_log_parse (const gchar *text, VsLog *level)
{
  static const gchar *const names[] = { "error", "warning", "info", "debug" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (names[i], text) == 0) {
      *level = (VsLog) i;
      return TRUE;
    }
  return FALSE;
}

VsProgress *
vs_progress_new (VsLog level)
{
  VsProgress *self = g_new0 (VsProgress, 1);
  const gchar *term = g_getenv ("TERM");

  self->level = level;
  self->terminal =
      isatty (STDERR_FILENO) && term && !g_str_equal (term, "dumb");
  return self;
}

void
vs_progress_free (VsProgress *self)
{
  if (!self)
    return;
  vs_progress_end (self);
  g_free (self);
}

gchar *
vs_progress_format_time (gint64 us)
{
  gint64 s = MAX (us, 0) / G_USEC_PER_SEC;
  gint64 h = s / 3600;

  if (h > 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT ":%02d:%02d", h,
        (gint) (s / 60 % 60), (gint) (s % 60));
  return g_strdup_printf ("%d:%02d", (gint) (s / 60), (gint) (s % 60));
}

static gdouble
get_fraction (const VsStatus *status)
{
  if (status->duration_us <= 0)
    return -1.0;
  return CLAMP (
      (gdouble) status->position_us / (gdouble) status->duration_us, 0.0, 1.0);
}

static gchar *
format_left (const VsStatus *status, gdouble speed)
{
  gdouble left = (gdouble) (status->duration_us - status->position_us) / speed;
  g_autofree gchar *time = vs_progress_format_time ((gint64) MAX (left, 0.0));

  return g_strdup_printf ("%s left", time);
}

static void
append_bar (GString *line, gdouble fraction)
{
  guint full = (guint) (fraction * BAR_CELLS + 0.5);

  g_string_append_c (line, '[');
  for (guint i = 0; i < BAR_CELLS; i++)
    g_string_append_c (line, i < full ? '=' : ' ');
  g_string_append (line, "] ");
}

/* Where there is an end: how far it is. */
static void
append_bounded (GString *line, const VsStatus *status, gdouble speed)
{
  g_autofree gchar *position = vs_progress_format_time (status->position_us);
  g_autofree gchar *duration = vs_progress_format_time (status->duration_us);

  g_string_append_printf (line, "%3.0f %%  %s of %s",
      100.0 * get_fraction (status), position, duration);
  if (speed > 0.0) {
    g_autofree gchar *left = format_left (status, speed);

    g_string_append_printf (line, "  %.2f×  %s", speed, left);
  }
}

static void
append_open (GString *line, const VsStatus *status, gdouble speed)
{
  g_autofree gchar *position = vs_progress_format_time (status->position_us);

  g_string_append_printf (line, "%s%s", status->live ? "live  " : "", position);
  if (speed > 0.0 && !status->live)
    g_string_append_printf (line, "  %.2f×", speed);
  if (status->objects > 0) {
    g_autofree gchar *size = g_format_size (status->bytes);

    g_string_append_printf (
        line, "  %" G_GUINT64_FORMAT " objects, %s", status->objects, size);
  }
}

/* Cuts to @columns characters, not bytes. */
static void
cut (GString *line, guint columns)
{
  const gchar *end;

  if (g_utf8_strlen (line->str, -1) <= (glong) columns)
    return;
  end = g_utf8_offset_to_pointer (line->str, (glong) columns);
  g_string_truncate (line, (gsize) (end - line->str));
}

gchar *
vs_progress_format (const VsStatus *status, gint64 now_us, guint columns)
{
  GString *line = g_string_new (NULL);
  gdouble speed = vs_status_get_speed (status, now_us);
  gboolean bounded = get_fraction (status) >= 0.0;

  if (bounded && columns >= 60)
    append_bar (line, get_fraction (status));
  if (bounded)
    append_bounded (line, status, speed);
  else
    append_open (line, status, speed);
  if (g_str_equal (status->state, "finishing"))
    g_string_append (line, "  finishing");
  if (columns > 0)
    cut (line, columns);
  return g_string_free (line, FALSE);
}

static guint
get_columns (void)
{
  struct winsize size;

  if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
    return size.ws_col - 1u; /* the last column would wrap */
  return DEFAULT_COLUMNS - 1;
}

/* Shown at once: the start and the end. */
static gboolean
is_news (const VsProgress *self, const VsStatus *status)
{
  return self->last_state != status->state &&
         !g_str_equal (status->state, "finishing");
}

void
vs_progress_update (VsProgress *self, const VsStatus *status, gint64 now_us)
{
  g_autofree gchar *line = NULL;

  if (self->level < VS_LOG_INFO || status->started_us == 0)
    return;
  if (!is_news (self, status) &&
      now_us - self->last_us <
          (self->terminal ? REDRAW_INTERVAL_US : PLAIN_INTERVAL_US))
    return;
  self->last_us = now_us;
  self->last_state = status->state;
  line =
      vs_progress_format (status, now_us, self->terminal ? get_columns () : 0);
  if (self->terminal)
    (void) fprintf (stderr, "\r%s\033[K", line);
  else
    (void) fprintf (stderr, "%s\n", g_strchug (line));
  (void) fflush (stderr);
  self->drawn = self->terminal;
}

void
vs_progress_say (VsProgress *self, VsLog level, const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  if (level > self->level)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  (void) fprintf (stderr, "%s%s\n", self->drawn ? "\r\033[K" : "", text);
  (void) fflush (stderr);
  self->drawn = FALSE;
}

void
vs_progress_end (VsProgress *self)
{
  if (self->drawn)
    (void) fputs ("\n", stderr);
  self->drawn = FALSE;
}
