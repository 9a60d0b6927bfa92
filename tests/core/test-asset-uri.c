/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-asset-uri.h"

#include <string.h>

static void
test_id (void)
{
  static const struct {
    const gchar *uri, *id;
  } cases[] = {
    { "asset:a_1", "a_1" },
    { "ASSET:a_1", "a_1" },
    { "asset:a_1#job_2/1/m.m3u8", "a_1" },
    { "asset:", "" },
    { "assets:a", NULL },
    { "file:///asset:a", NULL },
    { NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *id = vs_asset_uri_dup_id (cases[i].uri);

    g_assert_cmpstr (id, ==, cases[i].id);
  }
}

static void
test_path (void)
{
  static const struct {
    const gchar *place, *path; /* NULL: refused */
  } cases[] = {
    { "job_2/1/multivariant.m3u8", "/media/job_2/1/multivariant.m3u8" },
    { "a.b-c", "/media/a.b-c" },
    { "", NULL },
    { "/etc/passwd", NULL },
    { "../vstream.db", NULL },
    { "job_2/../../vstream.db", NULL },
    { "job_2/.hidden", NULL },
    { "job_2//1", NULL },
    { "job_2/", NULL },
    { "job_2/%2e%2e/x", NULL },
    { "job 2", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *uri = vs_asset_uri_make ("a_1", cases[i].place);
    g_autoptr (GError) error = NULL;
    g_autofree gchar *path = vs_asset_uri_dup_path (uri, "/media", &error);

    g_assert_cmpstr (path, ==, cases[i].path);
    g_assert_true (
        (path == NULL) == g_error_matches (error, VS_ERROR, VS_ERROR_NO_INPUT));
  }
}

static void
test_shown (void)
{
  static const gchar *const cases[][2] = {
    { "asset:a_1#job_2/1/m.m3u8", "asset:a_1" },
    { "ASSET:a_1", "asset:a_1" },
    { "http://host/x#y", "http://host/x#y" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *shown = vs_asset_uri_dup_shown (cases[i][0]);

    g_assert_cmpstr (shown, ==, cases[i][1]);
  }
}

static void
test_nowhere (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) bare = NULL;

  g_assert_null (vs_asset_uri_dup_path ("asset:a#b", NULL, &error));
  g_assert_nonnull (strstr (error->message, "“asset:a”"));
  g_assert_null (vs_asset_uri_dup_path ("asset:a", "/media", &bare));
  g_assert_nonnull (bare);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/asset-uri/id", test_id);
  g_test_add_func ("/asset-uri/path", test_path);
  g_test_add_func ("/asset-uri/shown", test_shown);
  g_test_add_func ("/asset-uri/nowhere", test_nowhere);
  return g_test_run ();
}
