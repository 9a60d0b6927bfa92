/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What comes with an upload: a form, whose parts are the same however it is
 * cut; tus headers; the name of a file. */
#include <glib.h>
#include <string.h>

#include "core/vs-form.h"
#include "core/vs-title.h"
#include "core/vs-tus.h"
#include "fuzz.h"

#define TYPE "multipart/form-data; boundary=xx"

static void
on_begin (const gchar *name, const gchar *filename, gpointer user_data)
{
  g_string_append_printf (user_data, "%s/%s{", name, filename ? filename : "");
}

static void
on_data (const guint8 *data, gsize size, gpointer user_data)
{
  g_assert_cmpuint (size, >, 0);
  g_string_append_len (user_data, (const gchar *) data, (gssize) size);
}

static void
on_end (gpointer user_data)
{
  g_string_append_c (user_data, '}');
}

static GString *
read_form (const uint8_t *data, size_t size, size_t step)
{
  static const VsFormHandlers handlers = { on_begin, on_data, on_end };
  GString *told = g_string_new (NULL);
  g_autoptr (VsForm) form = vs_form_new (TYPE, &handlers, told);
  gboolean good = TRUE;

  for (size_t at = 0; at < size && good; at += step)
    good = vs_form_give (form, data + at, MIN (step, size - at), NULL);
  g_string_append (told, !good                     ? "bad"
                         : vs_form_is_whole (form) ? "whole"
                                                   : "more");
  return told;
}

static void
check_form (const uint8_t *data, size_t size)
{
  g_autoptr (GString) at_once = read_form (data, size, size);
  g_autoptr (GString) by_bytes = read_form (data, size, 1);

  if (g_str_has_suffix (at_once->str, "whole"))
    g_assert_true (g_string_equal (at_once, by_bytes));
}

static void
check_title (const uint8_t *data, size_t size)
{
  g_autofree gchar *copy = g_strndup ((const gchar *) data, size);
  g_autofree gchar *title = vs_title_clean ((const gchar *) data, size);
  g_autofree gchar *again = vs_title_clean (title, strlen (title));

  g_assert_cmpstr (title, ==, again);
  g_assert_true (g_utf8_validate (title, -1, NULL));
  g_assert_cmpuint (strlen (title), <=, VS_TITLE_MAX);
  g_assert_null (strpbrk (title, "/\\\r\n\t\x1b\x7f"));
  g_assert_true (*title && strcmp (title, "..") != 0);
}

static void
check_headers (const gchar *text)
{
  g_auto (VsTusMetadata) metadata = { NULL };
  g_autoptr (VsForm) form = vs_form_new (text, NULL, NULL);
  g_autoptr (GError) error = NULL;
  VsTusChecksum checksum;
  guint64 number;

  if (vs_tus_parse_number (text, &number))
    g_assert_cmpuint (number, <=, G_MAXINT64);
  g_assert_true (vs_tus_parse_metadata (text, &metadata, &error) == !error);
  if (vs_tus_parse_checksum (text, &checksum, NULL))
    g_assert_cmpuint (checksum.length, <=, VS_TUS_DIGEST_MAX);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree gchar *text = NULL;

  if (size == 0)
    return 0;
  text = g_strndup ((const gchar *) data, size);
  check_form (data, size);
  check_title (data, size);
  check_headers (text);
  return 0;
}
