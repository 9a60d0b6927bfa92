/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What uploads bring: names of files, tus headers, forms in pieces. */
#include "core/vs-form.h"
#include "core/vs-title.h"
#include "core/vs-tus.h"

#include <string.h>

static void
test_titles (void)
{
  static const struct {
    const gchar *raw, *title;
  } cases[] = {
    { "film.mp4", "film.mp4" },
    { "", "untitled" },
    { "..", "untitled" },
    { "/", "untitled" },
    { "../../etc/passwd", "passwd" },
    { "C:\\films\\a b.mkv", "a b.mkv" },
    { "a\r\nSet-Cookie: x.mp4", "a Set-Cookie: x.mp4" },
    { "  a \t b  ", "a b" },
    { "exe\xe2\x80\xaegpj.mp4", "exegpj.mp4" },
    { "\xe2\x81\xa6x\xe2\x81\xa9\xd8\x9c", "x" },
    { "<script>alert(1)<\\script>.mp4", "script>.mp4" },
    { "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>" },
    { "a\xff.mp4", "a\xef\xbf\xbd.mp4" },
    { "\x1b[31mred\x7f", "[31mred" },
    { "\xef\xbb\xbf"
      "bom.ts",
        "bom.ts" },
    { "Ünïcødé 日本.mov", "Ünïcødé 日本.mov" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *title =
        vs_title_clean (cases[i].raw, strlen (cases[i].raw));

    g_assert_cmpstr (title, ==, cases[i].title);
  }
}

/* Cut at a letter, not within it. */
static void
test_long_titles (void)
{
  g_autofree gchar *ascii = g_strnfill (1000, 'x');
  g_autofree gchar *huge = g_strnfill (1000000, 'x');
  g_autofree gchar *letters = g_strdup_printf ("a%0*d", 300, 0);
  g_autofree gchar *wide = NULL;
  g_autofree gchar *title = vs_title_clean (ascii, 1000);
  g_autofree gchar *cut = NULL;
  g_autofree gchar *with_nul = vs_title_clean ("a\0b.mp4", 7);
  g_auto (GStrv) parts = g_strsplit (letters, "0", -1);

  g_assert_cmpuint (strlen (title), ==, 255);
  wide = g_strjoinv ("ä", parts);
  cut = vs_title_clean (wide, strlen (wide));
  g_assert_cmpuint (strlen (cut), ==, 255);
  g_assert_true (g_utf8_validate (cut, -1, NULL));
  g_assert_cmpstr (with_nul, ==, "a b.mp4");
  g_free (vs_title_clean (huge, 1000000));
}

static void
test_numbers (void)
{
  static const gchar *const bad[] = { "", "-1", "+1", " 1", "1 ", "0x1", "1.0",
    "99999999999999999999", "9223372036854775808" };
  guint64 number = 1;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (vs_tus_parse_number (bad[i], &number));
  g_assert_false (vs_tus_parse_number (NULL, &number));
  g_assert_true (vs_tus_parse_number ("0", &number) && number == 0);
  g_assert_true (vs_tus_parse_number ("1099511627776", &number));
  g_assert_cmpuint (number, ==, G_GUINT64_CONSTANT (1) << 40);
}

static void
test_metadata (void)
{
  static const struct {
    const gchar *text, *filename;
    gboolean good;
  } cases[] = {
    { NULL, NULL, TRUE },
    { "", NULL, TRUE },
    { "filename Zi5tcDQ=", "f.mp4", TRUE },
    { "filename Zi5tcDQ=,filetype dmlkZW8=,empty", "f.mp4", TRUE },
    { "name Zi5tcDQ=", "f.mp4", TRUE },
    { "name eA==,filename Zi5tcDQ=", "f.mp4", TRUE },
    { "filename Zi5tcDQ=, name eA==", "f.mp4", TRUE },
    { "filename", "", TRUE },
    { "filename Zi5tcDQ", NULL, FALSE },
    { "filename Zi5t!DQ=", NULL, FALSE },
    { "filename Zi5tcDQ= x", NULL, FALSE },
    { ",", NULL, FALSE },
    { "file\xc3\xa4 Zi5tcDQ=", NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (VsTusMetadata) metadata = { NULL };
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", cases[i].text);
    g_assert_cmpint (vs_tus_parse_metadata (cases[i].text, &metadata, &error),
        ==, cases[i].good);
    g_assert_true (cases[i].good == (error == NULL));
    if (cases[i].good)
      g_assert_cmpstr (metadata.filename, ==, cases[i].filename);
  }
}

static void
test_checksums (void)
{
  static const gchar *const bad[] = { "", "sha1", "sha1 ", "sha1 AAAA",
    "crc32 AAAA",
    "SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0" };
  VsTusChecksum sum;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (vs_tus_parse_checksum (bad[i], &sum, &error));
    g_assert_error (error, VS_ERROR, VS_ERROR_BAD_VALUE);
  }
  g_assert_true (
      vs_tus_parse_checksum ("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", &sum, NULL));
  g_assert_cmpuint (sum.length, ==, 20);
  g_assert_cmpuint (sum.digest[0], ==, 0x2a);
}

/* Everything that a form told, as text: "name/filename{data}". */
static void
on_begin (const gchar *name, const gchar *filename, gpointer user_data)
{
  g_string_append_printf (user_data, "%s/%s{", name, filename ? filename : "-");
}

static void
on_data (const guint8 *data, gsize size, gpointer user_data)
{
  g_string_append_len (user_data, (const gchar *) data, (gssize) size);
}

static void
on_end (gpointer user_data)
{
  g_string_append_c (user_data, '}');
}

static const VsFormHandlers handlers = { on_begin, on_data, on_end };

#define TYPE "multipart/form-data; boundary=xx"
#define DISPOSITION "Content-Disposition: form-data; name="

static const struct {
  const gchar *body, *told; /* NULL: refused */
  gboolean whole;
} forms[] = {
  { "--xx\r\n" DISPOSITION
    "\"f\"; filename=\"a.mp4\"\r\n\r\nDATA\r\n--xx--\r\n",
      "f/a.mp4{DATA}", TRUE },
  { "preamble\r\n--xx \t\r\n" DISPOSITION "f\r\n\r\n\r\n--xx--epilogue",
      "f/-{}", TRUE },
  { "--xx\r\n" DISPOSITION "\"a\"\r\n\r\n1\r\n--xx\r\n" DISPOSITION
    "\"b\"; filename=\"C:\\x\\%22y%0d%0a\\\"\"\r\nContent-Type: video/mp4\r\n"
    "\r\n\r\n--x\r\n--xxy\r\n--xx--",
      NULL, FALSE },
  { "--xx\r\n" DISPOSITION "\"b\"; filename=\"C:\\x\\%22y\\\"\"\r\n\r\n"
    "\r\n--x\r\n--\r\n--xx--",
      "b/C:\\x\\\"y\"{\r\n--x\r\n--}", TRUE },
  { "--xx\r\n\r\nno fields\r\n--xx--", "/-{no fields}", TRUE },
  { "--xx\r\n" DISPOSITION "\"f\"\r\n\r\nbroken off", "f/-{broken of", FALSE },
  { "", "", FALSE },
  { "--xx--", "", TRUE },
  { "no delimiter at all", "", FALSE },
};

static void
check_form (guint i, gsize step)
{
  g_autoptr (GString) told = g_string_new (NULL);
  g_autoptr (VsForm) form = vs_form_new (TYPE, &handlers, told);
  gsize length = strlen (forms[i].body);
  gboolean good = TRUE;

  for (gsize at = 0; at < length && good; at += step)
    good = vs_form_give (form, (const guint8 *) forms[i].body + at,
        MIN (step, length - at), NULL);
  g_test_message ("form %u in pieces of %zu: %s", i, step, told->str);
  g_assert_cmpint (good, ==, forms[i].told != NULL);
  if (!good)
    return;
  g_assert_cmpint (vs_form_is_whole (form), ==, forms[i].whole);
  /* What may still become a delimiter is held back. */
  g_assert_true (forms[i].whole ? g_str_equal (told->str, forms[i].told)
                                : g_str_has_prefix (forms[i].told, "f/") ==
                                      g_str_has_prefix (told->str, "f/"));
}

static void
test_forms (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    for (gsize step = 1; step < 200; step++)
      check_form (i, step);
}

static void
test_form_types (void)
{
  static const struct {
    const gchar *type;
    gboolean good;
  } cases[] = {
    { TYPE, TRUE },
    { "Multipart/Form-Data;charset=utf-8;BOUNDARY=\"a b\"", TRUE },
    { "multipart/form-data", FALSE },
    { "multipart/form-data; boundary=", FALSE },
    { "multipart/form-data; boundary=\"a\x01\"", FALSE },
    { "multipart/form-datax; boundary=x", FALSE },
    { "multipart/mixed; boundary=x", FALSE },
    { NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (VsForm) form = vs_form_new (cases[i].type, &handlers, NULL);

    g_assert_cmpint (form != NULL, ==, cases[i].good);
  }
}

/* Heads without an end, and a hundred parts, are not waited for. */
static void
test_form_limits (void)
{
  g_autoptr (GString) told = g_string_new (NULL);
  g_autoptr (VsForm) form = vs_form_new (TYPE, &handlers, told);
  g_autoptr (VsForm) parts = vs_form_new (TYPE, &handlers, told);
  g_autoptr (GError) error = NULL;
  gboolean good = TRUE;

  good = vs_form_give (form, (const guint8 *) "--xx\r\n", 6, NULL);
  for (guint i = 0; i < 20000 && good; i++)
    good = vs_form_give (form, (const guint8 *) "x", 1, &error);
  g_assert_error (error, VS_ERROR, VS_ERROR_BAD_DATA);
  good = TRUE;
  for (guint i = 0; i < 200 && good; i++)
    good =
        vs_form_give (parts, (const guint8 *) "--xx\r\n\r\n\r\n\r\n", 12, NULL);
  g_assert_false (good);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/uploads/titles", test_titles);
  g_test_add_func ("/uploads/long-titles", test_long_titles);
  g_test_add_func ("/uploads/numbers", test_numbers);
  g_test_add_func ("/uploads/metadata", test_metadata);
  g_test_add_func ("/uploads/checksums", test_checksums);
  g_test_add_func ("/uploads/forms", test_forms);
  g_test_add_func ("/uploads/form-types", test_form_types);
  g_test_add_func ("/uploads/form-limits", test_form_limits);
  return g_test_run ();
}
