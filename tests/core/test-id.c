/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-id.h"

#include <string.h>

static void
test_format (void)
{
  static const struct {
    guint64 ms;
    guint8 random[VS_ID_RANDOM];
    const gchar *id;
  } cases[] = {
    { 0, { 0 }, "job_00000000000000000000000000" },
    { 1, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, "job_00000000010000000000000001" },
    { (G_GUINT64_CONSTANT (1) << 48) - 1,
        { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 },
        "job_7zzzzzzzzzzzzzzzzzzzzzzzzz" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *id = vs_id_format ("job", cases[i].ms, cases[i].random);

    g_assert_cmpstr (id, ==, cases[i].id);
    g_assert_true (vs_id_check (id, "job"));
    g_assert_cmpuint (vs_id_get_ms (id), ==, cases[i].ms);
  }
}

static void
test_order (void)
{
  static const guint8 most[VS_ID_RANDOM] = { 255, 255, 255, 255, 255 };
  static const guint8 least[VS_ID_RANDOM] = { 0 };

  for (guint64 ms = 1; ms < G_GUINT64_CONSTANT (1) << 47; ms = ms * 3 + 1) {
    g_autofree gchar *before = vs_id_format ("job", ms, most);
    g_autofree gchar *after = vs_id_format ("job", ms + 1, least);

    g_assert_cmpint (strcmp (before, after), <, 0);
  }
}

static void
test_check (void)
{
  static const gchar *const bad[] = { "", "job", "job_",
    "job_0000000000000000000000000", "job_000000000000000000000000000",
    "jobs_00000000000000000000000000", "ass_00000000000000000000000000",
    "job_0000000000000000000000000A", "job_0000000000000000000000000u",
    "job_8zzzzzzzzzzzzzzzzzzzzzzzzz", "job_00000000000000000000000000 ",
    "job-00000000000000000000000000", "../_00000000000000000000000000" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (vs_id_check (bad[i], "job"));
}

static void
test_cursor (void)
{
  static const guint8 random[VS_ID_RANDOM] = { 251, 255, 254, 7 };
  static const gchar *const bad[] = { "", "x", "MTo", "====", "\xff",
    "MTpqb2JfMDA", "MTphc3NfMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA" };
  g_autofree gchar *id = vs_id_format ("job", 1763672467000, random);
  g_autofree gchar *cursor = vs_cursor_encode (id);
  g_autofree gchar *back = NULL;
  g_autofree gchar *padded = g_strconcat (cursor, "=", NULL);
  g_autofree gchar *endless = g_strnfill (100000, 'A');
  g_autoptr (GError) error = NULL;

  back = vs_cursor_decode (cursor, "job", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (back, ==, id);
  g_assert_null (strpbrk (cursor, "+/=&?% "));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) reason = NULL;

    g_assert_null (vs_cursor_decode (bad[i], "job", &reason));
    g_assert_error (reason, VS_ERROR, VS_ERROR_BAD_VALUE);
  }
  g_assert_null (vs_cursor_decode (cursor, "ass", NULL));
  g_assert_null (vs_cursor_decode (padded, "job", NULL));
  g_assert_null (vs_cursor_decode (endless, "job", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/id/format", test_format);
  g_test_add_func ("/id/order", test_order);
  g_test_add_func ("/id/check", test_check);
  g_test_add_func ("/id/cursor", test_cursor);
  return g_test_run ();
}
