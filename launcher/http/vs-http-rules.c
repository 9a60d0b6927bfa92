/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs-http-rules.h"

#include <string.h>

/* Reads digits at *@text and moves past them; FALSE where there are none.
 * What is too large is as good as the end. */
static gboolean
read_number (const gchar **text, guint64 *number)
{
  const gchar *at = *text;

  if (!g_ascii_isdigit (*at))
    return FALSE;
  *number = g_ascii_strtoull (at, NULL, 10);
  while (g_ascii_isdigit (*at))
    at++;
  *text = at;
  return TRUE;
}

static void
skip_blanks (const gchar **text)
{
  *text += strspn (*text, " \t");
}

static VsHttpRange
satisfy (guint64 first, guint64 last, guint64 size)
{
  VsHttpRange range = { VS_HTTP_RANGE_UNSATISFIABLE, 0, 0 };

  if (first >= size)
    return range;
  range.kind = VS_HTTP_RANGE_ONE;
  range.first = first;
  range.last = MIN (last, size - 1);
  return range;
}

VsHttpRange
vs_http_range_parse (const gchar *value, guint64 size)
{
  VsHttpRange none = { VS_HTTP_RANGE_NONE, 0, 0 };
  guint64 first = 0, last = G_MAXUINT64;
  gboolean has_first, has_last;

  if (value == NULL || g_ascii_strncasecmp (value, "bytes=", 6) != 0)
    return none;
  value += 6;
  skip_blanks (&value);
  has_first = read_number (&value, &first);
  if (*value++ != '-')
    return none;
  has_last = read_number (&value, &last);
  skip_blanks (&value);
  if (*value != '\0' || (!has_first && !has_last))
    return none;
  if (!has_first) /* the last so many bytes */
    return satisfy (last == 0 ? size : size - MIN (last, size), size, size);
  return last < first ? none : satisfy (first, last, size);
}

gboolean
vs_http_etag_matches (const gchar *list, const gchar *etag, gboolean weak)
{
  gsize length = strlen (etag);

  if (list == NULL)
    return FALSE;
  for (;;) {
    gboolean is_weak;
    const gchar *end;

    list += strspn (list, " \t,");
    if (*list == '*')
      return TRUE;
    is_weak = g_str_has_prefix (list, "W/");
    if (is_weak)
      list += 2;
    end = *list == '"' ? strchr (list + 1, '"') : NULL;
    if (end == NULL)
      return FALSE;
    end++;
    if ((weak || !is_weak) && (gsize) (end - list) == length &&
        strncmp (list, etag, length) == 0)
      return TRUE;
    list = end;
  }
}

/* Is there a weight, and is it nothing? */
static gboolean
is_refused (const gchar *parameters)
{
  const gchar *weight = strstr (parameters, "q=");

  return weight != NULL && g_ascii_strtod (weight + 2, NULL) <= 0.0;
}

gboolean
vs_http_accepts (const gchar *accept_encoding, const gchar *coding)
{
  g_auto (GStrv) entries = NULL;
  gboolean any = FALSE;

  if (accept_encoding == NULL)
    return FALSE;
  entries = g_strsplit (accept_encoding, ",", 32);
  for (guint i = 0; entries[i] != NULL; i++) {
    gchar *parameters = strchr (entries[i], ';');
    gboolean refused = parameters != NULL && is_refused (parameters);

    if (parameters != NULL)
      *parameters = '\0';
    g_strstrip (entries[i]);
    if (g_ascii_strcasecmp (entries[i], coding) == 0)
      return !refused;
    if (strcmp (entries[i], "*") == 0)
      any = !refused;
  }
  return any;
}

static const gchar *const MONTHS[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const gchar *const DAYS[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat",
  "Sun" };

static gint
read_month (const gchar *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (MONTHS); i++) {
    if (strncmp (text, MONTHS[i], 3) == 0)
      return (gint) i + 1;
  }
  return 0;
}

gint64
vs_http_date_parse (const gchar *text)
{
  /* "Sun, 06 Nov 1994 08:49:37 GMT" */
  static const gchar SHAPE[] = "aaa, 00 aaa 0000 00:00:00 GMT";
  g_autoptr (GDateTime) date = NULL;

  if (text == NULL || strlen (text) != sizeof SHAPE - 1)
    return -1;
  for (guint i = 0; SHAPE[i] != '\0'; i++) {
    if (SHAPE[i] == 'a'   ? !g_ascii_isalpha (text[i])
        : SHAPE[i] == '0' ? !g_ascii_isdigit (text[i])
                          : text[i] != SHAPE[i])
      return -1;
  }
  date = g_date_time_new_utc ((gint) g_ascii_strtoull (text + 12, NULL, 10),
      read_month (text + 8), (gint) g_ascii_strtoull (text + 5, NULL, 10),
      (gint) g_ascii_strtoull (text + 17, NULL, 10),
      (gint) g_ascii_strtoull (text + 20, NULL, 10),
      (gdouble) g_ascii_strtoull (text + 23, NULL, 10));
  return date == NULL ? -1 : g_date_time_to_unix (date);
}

gchar *
vs_http_date_format (gint64 unix_seconds)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (unix_seconds);

  if (date == NULL)
    return NULL;
  /* Not g_date_time_format (): names of days must not follow the locale. */
  return g_strdup_printf ("%s, %02d %s %04d %02d:%02d:%02d GMT",
      DAYS[g_date_time_get_day_of_week (date) - 1],
      g_date_time_get_day_of_month (date),
      MONTHS[g_date_time_get_month (date) - 1], g_date_time_get_year (date),
      g_date_time_get_hour (date), g_date_time_get_minute (date),
      g_date_time_get_second (date));
}

guint
vs_http_evaluate (
    const VsHttpConditions *conditions, const gchar *etag, gint64 modified)
{
  if (conditions->if_match != NULL) {
    if (!vs_http_etag_matches (conditions->if_match, etag, FALSE))
      return 412;
  } else if (conditions->if_unmodified_since != NULL) {
    gint64 since = vs_http_date_parse (conditions->if_unmodified_since);

    if (since >= 0 && modified > since)
      return 412;
  }
  if (conditions->if_none_match != NULL)
    return vs_http_etag_matches (conditions->if_none_match, etag, TRUE) ? 304
                                                                        : 200;
  if (conditions->if_modified_since != NULL &&
      modified <= vs_http_date_parse (conditions->if_modified_since))
    return 304;
  return 200;
}

gboolean
vs_http_if_range (const gchar *value, const gchar *etag, gint64 modified)
{
  if (value == NULL)
    return TRUE;
  if (*value == '"')
    return strcmp (value, etag) == 0;
  return vs_http_date_parse (value) == modified;
}
